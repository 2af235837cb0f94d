/* ---
id: PV-1S1
rule: graduation_four_year
version: 2
title: Four-year graduation (1S1)
says: >
  The state's certified four-year adjusted cohort: who is included in it, and who graduated. The indicator 1S1 counts those among
  the included who were concentrators in any year up to the cohort year, for the status stays with who left school early; its numerator is
  those of them who graduated. Cohort year, inclusion and graduation are taken from the certified file and never computed.
citation: Perkins V sec. 113(b)(2)(A)(i)(I)
grain: [person_id, reporting_year]
year: reporting_year
parameters: { lag_years: 0 }
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
  - { name: concentrator, type: boolean, label: CTE concentrator by the cohort year, sensitivity: quasi }
  - { name: in_denominator, type: boolean, label: Counts in the denominator of 1S1, sensitivity: quasi }
  - { name: in_numerator, type: boolean, label: Counts in the numerator of 1S1, sensitivity: quasi }
  - { name: basis, type: text, label: Where inclusion and graduation come from, definition: certified, sensitivity: none }
--- */
WITH several AS (
    SELECT person_id, cohort_year FROM graduation_cohort GROUP BY person_id, cohort_year HAVING count(*) > 1
),
cohort AS (
    -- One row a person and cohort year: if two records of the file are one person, the included and then the graduated one stands. Only
    -- those few persons have anything to put in order.
    SELECT g.person_id, g.cohort_year, g.district_id, g.school_id, g.included, g.graduated, 1 AS place
    FROM several AS s
    RIGHT ANTI JOIN graduation_cohort AS g ON g.person_id = s.person_id AND g.cohort_year = s.cohort_year
    UNION ALL
    SELECT g.person_id, g.cohort_year, g.district_id, g.school_id, g.included, g.graduated,
           row_number() OVER (PARTITION BY g.person_id, g.cohort_year
                              ORDER BY g.included DESC, g.graduated DESC, g.district_id, g.school_id)
    FROM several AS s
    JOIN graduation_cohort AS g ON g.person_id = s.person_id AND g.cohort_year = s.cohort_year
),
concentrators AS (
    -- Nobody is shown two years after they left, so the year of the cohort alone would lose who left early.
    SELECT person_id, min(reporting_year) AS since FROM cte_concentrator_secondary GROUP BY person_id
)
SELECT g.person_id, g.cohort_year + $lag_years AS reporting_year, g.cohort_year, g.district_id, g.school_id, g.included, g.graduated,
       c.person_id IS NOT NULL AS concentrator,
       g.included AND c.person_id IS NOT NULL AS in_denominator,
       g.included AND g.graduated AND c.person_id IS NOT NULL AS in_numerator,
       'certified' AS basis
FROM cohort AS g
LEFT JOIN concentrators AS c ON c.person_id = g.person_id AND c.since <= g.cohort_year
WHERE g.place = 1
