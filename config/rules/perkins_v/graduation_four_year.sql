/* ---
id: PV-1S1
rule: graduation_four_year
version: 3
title: Four-year graduation (1S1)
says: >
  The state's certified four-year adjusted cohort: who is included in it, and who graduated. The indicator 1S1 counts those among
  the included who are concentrators by the rule of the cohort year, which reads all years up to it, so that the status stays with who left
  school early; its numerator is those of them who graduated. Cohort year, inclusion and graduation are taken from the certified file. Of a cohort year of which no certified
  file has come, they are worked out from enrollment: the cohort of who enters grade 9 is that of three years later, who is first seen in a
  later grade belongs to the cohort of that grade, who last left for another state or a private school or died is not included, and who left
  with a diploma by the end of August of the cohort year graduated; who stands in the certified cohort of another year belongs there. Such rows are marked as derived; they enter no indicator and no federal
  report, and stand in the state's own accountability alone. Nothing is worked out of a cohort whose ninth or twelfth grade was not delivered.
citation: Perkins V sec. 113(b)(2)(A)(i)(I); ESEA sec. 8101(25)
grain: [person_id, reporting_year]
year: reporting_year
# derive_missing: false makes no derived rows. graduated_by: the last day (month-day) of the cohort year on which a diploma counts.
parameters:
  lag_years: 0
  derive_missing: true
  graduate_types: ["01921"]
  removal_types: ["01909", "01911", "01923", "73064"]
  graduated_by: "08-31"
effective: { from: 2019-07-01 }
zone: linked
owner: State CTE data team
columns:
  - { name: person_id, type: text, label: Person, sensitivity: quasi }
  - { name: reporting_year, type: int32, label: Reporting year, definition: The year in which the program year ends, sensitivity: quasi }
  - { name: cohort_year, type: int32, label: Cohort year, sensitivity: quasi }
  - { name: district_id, type: text, label: District that is accountable, sensitivity: quasi }
  - { name: school_id, type: text, label: School that is accountable, sensitivity: quasi }
  - { name: included, type: boolean, label: Included in the cohort, sensitivity: quasi }
  - { name: graduated, type: boolean, label: Graduated with a regular diploma, sensitivity: quasi }
  - { name: graduation_date, type: date, label: Day of graduation, definition: Empty where the certified file has none, sensitivity: quasi }
  - { name: concentrator, type: boolean, label: CTE concentrator by the cohort year, sensitivity: quasi }
  - { name: in_denominator, type: boolean, label: Counts in the denominator of 1S1, sensitivity: quasi }
  - { name: in_numerator, type: boolean, label: Counts in the numerator of 1S1, sensitivity: quasi }
  - { name: basis, type: text, label: Where inclusion and graduation come from, definition: "certified, or derived from enrollment where no certified file of the cohort year has come", sensitivity: none }
  - { name: status_year, type: int32, label: Year whose rule gives the status, definition: "The cohort year; of derived rows the last year by then in which the learner is shown", sensitivity: quasi }
--- */
WITH several AS (
    SELECT person_id, cohort_year FROM graduation_cohort GROUP BY person_id, cohort_year HAVING count(*) > 1
),
certified AS (
    -- One row a person and cohort year: if two records of the file are one person, the included and then the graduated one stands. Only
    -- those few persons have anything to put in order.
    SELECT g.person_id, g.cohort_year, g.district_id, g.school_id, g.included, g.graduated, g.exit_date, 1 AS place
    FROM several AS s
    RIGHT ANTI JOIN graduation_cohort AS g ON g.person_id = s.person_id AND g.cohort_year = s.cohort_year
    UNION ALL
    SELECT g.person_id, g.cohort_year, g.district_id, g.school_id, g.included, g.graduated, g.exit_date,
           row_number() OVER (PARTITION BY g.person_id, g.cohort_year
                              ORDER BY g.included DESC, g.graduated DESC, g.district_id, g.school_id)
    FROM several AS s
    JOIN graduation_cohort AS g ON g.person_id = s.person_id AND g.cohort_year = s.cohort_year
),
delivered AS (
    SELECT min(school_year) AS first_year, max(school_year) AS last_year FROM k12_enrollment
),
expected AS (
    -- The least "year and grade" is where a learner was first seen. Who stands in a certified cohort of any year belongs to that one.
    SELECT k.person_id,
           CAST(substr(min(concat(k.school_year, k.grade)), 1, 4) AS INT) + 12 - CAST(substr(min(concat(k.school_year, k.grade)), 5) AS INT) AS cohort_year
    FROM (SELECT DISTINCT person_id FROM graduation_cohort) AS g
    RIGHT ANTI JOIN k12_enrollment AS k ON g.person_id = k.person_id
    WHERE k.grade IN ('09', '10', '11', '12')
    GROUP BY k.person_id
),
uncertified AS (
    SELECT DISTINCT e.cohort_year, make_date(e.cohort_year, CAST(split_part($graduated_by, '-', 1) AS INT), CAST(split_part($graduated_by, '-', 2) AS INT)) AS until
    FROM delivered AS d
    CROSS JOIN expected AS e
    WHERE $derive_missing AND e.cohort_year >= d.first_year + 3 AND e.cohort_year <= d.last_year
      AND NOT EXISTS (SELECT 1 FROM graduation_cohort AS g WHERE g.cohort_year = e.cohort_year)
),
stays AS (
    -- The greatest "first and last day" is the last stay; an exit after the cohort's time is none yet.
    SELECT e.person_id, u.cohort_year,
           max(concat(k.entry_date, CASE WHEN k.exit_date <= u.until THEN CAST(k.exit_date AS VARCHAR) ELSE '9999-12-31' END, '|',
                      CASE WHEN k.exit_date <= u.until THEN k.exit_type END, '|', k.district_id, '|', k.school_id)) AS last_stay,
           max(CASE WHEN k.exit_type IN ($graduate_types) AND k.exit_date <= u.until THEN k.exit_date END) AS graduation_date
    FROM uncertified AS u
    JOIN expected AS e ON e.cohort_year = u.cohort_year
    JOIN k12_enrollment AS k ON k.person_id = e.person_id AND k.entry_date <= u.until
    GROUP BY e.person_id, u.cohort_year
),
cohort AS (
    SELECT person_id, cohort_year, district_id, school_id, included, graduated, CASE WHEN graduated THEN exit_date END AS graduation_date,
           'certified' AS basis
    FROM certified
    WHERE place = 1
    UNION ALL
    SELECT person_id, cohort_year, split_part(last_stay, '|', 3), split_part(last_stay, '|', 4),
           graduation_date IS NOT NULL OR split_part(last_stay, '|', 2) NOT IN ($removal_types), graduation_date IS NOT NULL, graduation_date, 'derived'
    FROM stays
),
last_shown AS (
    -- Whoever stands in a certified cohort has a status in its year. Of who stands in none, the last year by then in which they are shown tells it.
    SELECT u.person_id, u.cohort_year, max(y.reporting_year) AS year
    FROM stays AS u
    JOIN learner_year AS y ON y.person_id = u.person_id AND y.reporting_year <= u.cohort_year
    WHERE y.level = 'secondary'
    GROUP BY u.person_id, u.cohort_year
),
dated AS (
    SELECT g.*, CASE g.basis WHEN 'certified' THEN g.cohort_year ELSE l.year END AS status_year
    FROM last_shown AS l
    RIGHT JOIN cohort AS g ON l.person_id = g.person_id AND l.cohort_year = g.cohort_year
),
concentrators AS (
    SELECT DISTINCT person_id, reporting_year FROM cte_concentrator_secondary
)
SELECT g.person_id, g.cohort_year + $lag_years AS reporting_year, g.cohort_year, g.district_id, g.school_id, g.included, g.graduated,
       g.graduation_date, c.person_id IS NOT NULL AS concentrator,
       g.included AND c.person_id IS NOT NULL AS in_denominator,
       g.included AND g.graduated AND c.person_id IS NOT NULL AS in_numerator,
       g.basis, g.status_year
FROM concentrators AS c
RIGHT JOIN dated AS g ON c.person_id = g.person_id AND c.reporting_year = g.status_year
