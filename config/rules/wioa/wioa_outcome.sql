/* ---
id: WI-OUT
rule: wioa_outcome
version: 1
title: Outcomes of exiters under WIOA
says: >
  What became of those who left a program of the Workforce Innovation and Opportunity Act: wages in the second and in the fourth quarter after
  the exit, and how much (the median of the second is the indicator of earnings), and a recognized credential from the entry to 365 days after the
  exit. Who is excluded by the reason for exit has no row. Each is observed, not observed, or not observable with a reason, as for the placement of
  Perkins V. Wages are those of all employers of the quarter, with those of other states and federal employers where an exchange has returned them; one whose
  lines come to less than nothing counts as none. What the program reported stands beside, and counts where a state says so. The credential is
  asked of those who were trained. It may be known from the program, or from awards of colleges, credentials on the state's list, occupational
  licences and completed apprenticeships. A high-school diploma or its equivalent counts only for whoever also worked in one of the four quarters
  after the exit, or was at college on one of the 365 days after it.
citation: WIOA sec. 116(b)(2)(A)(i)(I) to (IV) and (iii); ETA-9170 (PIRL), elements 1602, 1606, 1800, 1801
grain: [person_id, exit_year, indicator]
year: exit_year
# evidence: wages, and reported for the program's word. credential_cohort: trained or all. credential_records: of reported, award, credential, licence, apprenticeship.
# out_of_state: include or exclude what an exchange of wage records returned of other states and of federal employers.
# wages_through (such as "20244") and reported_through (a day) state how far the data go; empty: as far as the pipeline says of the source (`data_through:`), else as far as they reach.
parameters:
  indicators: [employment_q2, employment_q4, credential]
  min_wages: "0.01"
  evidence: [wages]
  out_of_state: include
  credential_cohort: trained
  credential_records: [reported, award, credential, licence, apprenticeship]
  credential_types: ["2", "3", "4", "5", "6", "7", "8"]
  diploma_types: ["1"]
  occupational_licences: [CNA, COSMO, CDL, ELEC, EMT, CHILD, GUARD]
  within_days: 365
  within_quarters: 4
  not_enrolled: [W, D, A]
  wages_through: ""
  reported_through: ""
choices: { out_of_state: [include, exclude] }
effective: { from: 2016-07-01 }
zone: linked
owner: State CTE data team
columns:
  - { name: person_id, type: text, label: Person, sensitivity: quasi }
  - { name: exit_year, type: int32, label: Program year of the exit, definition: The year in which it ends, sensitivity: quasi }
  - { name: indicator, type: text, label: Indicator, definition: "employment_q2, employment_q4 or credential", sensitivity: none }
  - { name: quarter, type: int32, label: Quarter that is looked at, definition: year * 4 + quarter - 1; empty for the credential, sensitivity: quasi }
  - { name: state, type: text, label: State, definition: "observed, not_observed or not_observable", sensitivity: quasi }
  - { name: reason, type: text, label: Why it is not observable, definition: "no_bridge, before_data_begin or data_not_yet_available", sensitivity: quasi }
  - { name: source, type: text, label: Who says so, definition: "wages or reported; of the credential reported, award, credential, licence or apprenticeship; empty where it is not observed", sensitivity: quasi }
  - { name: measurable, type: boolean, label: The time has been delivered, definition: False while a source does not reach the quarter or the year after the exit, sensitivity: none }
  - { name: reported, type: boolean, label: As the program reported it, definition: "Employed; or any credential, a diploma included, on whatever day. Empty where nothing is reported", sensitivity: quasi }
  - { name: wages, type: "decimal(14,2)", label: Wages of the quarter, definition: All employers; empty where there are none and for the credential, sensitivity: quasi }
  - { name: employment_source, type: text, label: Source of the wages, definition: "Of several the smallest code: 01 is this state; empty without wages", sensitivity: quasi, code_set: employment_source }
  - { name: credential_date, type: date, label: Day of the first credential that counts, sensitivity: quasi }
--- */
WITH exits AS (
    SELECT * FROM wioa_exit WHERE NOT excluded
),
people AS (
    SELECT DISTINCT person_id FROM exits
),
wages_reach AS (
    SELECT CAST(first_quarter AS INT) / 10 * 4 + CAST(first_quarter AS INT) % 10 - 1 AS first_quarter,
           CAST(last_quarter AS INT) / 10 * 4 + CAST(last_quarter AS INT) % 10 - 1 AS last_quarter
    FROM (SELECT min(year_quarter) AS first_quarter, COALESCE(NULLIF($wages_through, ''), (SELECT max(last_quarter) FROM source_reach WHERE source = 'ui_wages'), max(year_quarter)) AS last_quarter FROM ui_wages) AS r
),
reported_reach AS (
    SELECT COALESCE(CAST(NULLIF($reported_through, '') AS DATE),
                    max(GREATEST(entry_date, COALESCE(exit_date, entry_date), COALESCE(credential_date, entry_date)))) AS last_day
    FROM adult_education
),
by_employer AS (
    SELECT w.person_id, w.year_quarter, w.employer_account, sum(w.wages) AS net
    FROM people AS l
    JOIN ui_wages AS w ON l.person_id = w.person_id
    GROUP BY w.person_id, w.year_quarter, w.employer_account
),
paid AS (
    SELECT person_id, CAST(year_quarter AS INT) / 10 * 4 + CAST(year_quarter AS INT) % 10 - 1 AS quarter, sum(wages) AS wages,
           min(employment_source) AS employment_source
    FROM (SELECT person_id, year_quarter, net AS wages, '01' AS employment_source FROM by_employer WHERE net > 0
          UNION ALL
          SELECT s.person_id, s.year_quarter, s.wages, s.employment_source
          FROM people AS l
          JOIN wages_out_of_state AS s ON l.person_id = s.person_id
          WHERE s.wages > 0 AND $out_of_state <> 'exclude') AS w
    GROUP BY person_id, CAST(year_quarter AS INT) / 10 * 4 + CAST(year_quarter AS INT) % 10 - 1
),
looked_at AS (
    -- The narrow table of each join stands on the left, where the engine holds it in memory, and the exits pass by.
    SELECT x.person_id, x.exit_year, x.indicator, x.quarter, x.reported, p.wages, p.employment_source,
           COALESCE(p.wages >= CAST($min_wages AS DECIMAL(14, 2)), FALSE) AND 'wages' IN ($evidence) AS earns,
           COALESCE(x.reported, FALSE) AND 'reported' IN ($evidence) AS said, x.reported IS NOT NULL AND 'reported' IN ($evidence) AS answered,
           CASE WHEN r.first_quarter IS NULL OR x.quarter > r.last_quarter THEN 'data_not_yet_available'
                WHEN x.quarter < r.first_quarter THEN 'before_data_begin'
                WHEN k.person_id IS NOT NULL THEN NULL
                ELSE 'no_bridge' END AS why
    FROM wages_reach AS r
    CROSS JOIN ((SELECT person_id FROM person_link WHERE has_ssn OR has_bridge) AS k
    RIGHT JOIN (paid AS p
    RIGHT JOIN (SELECT person_id, exit_year, 'employment_q2' AS indicator, exit_quarter + 2 AS quarter, reported_q2 AS reported FROM exits
                UNION ALL
                SELECT person_id, exit_year, 'employment_q4', exit_quarter + 4, reported_q4 FROM exits) AS x
            ON p.person_id = x.person_id AND p.quarter = x.quarter)
            ON k.person_id = x.person_id)
),
afterwards AS (
    -- Who worked or studied in the year after.
    SELECT e.person_id, e.exit_year
    FROM exits AS e
    JOIN paid AS p ON p.person_id = e.person_id AND p.quarter - e.exit_quarter BETWEEN 1 AND $within_quarters
    WHERE p.wages >= CAST($min_wages AS DECIMAL(14, 2))
    UNION
    SELECT e.person_id, e.exit_year
    FROM exits AS e
    JOIN ps_enrollment AS p ON p.person_id = e.person_id AND p.term_begin <= e.exit_date + $within_days AND p.term_end > e.exit_date
    WHERE p.enrollment_status IS NULL OR p.enrollment_status NOT IN ($not_enrolled)
    UNION
    SELECT e.person_id, e.exit_year
    FROM exits AS e
    JOIN nsc_detail AS n ON n.person_id = e.person_id AND n.enrollment_begin <= e.exit_date + $within_days AND n.enrollment_end > e.exit_date
    WHERE n.record_found AND n.graduated IS NOT TRUE AND (n.enrollment_status IS NULL OR n.enrollment_status NOT IN ($not_enrolled))
),
reports AS (
    SELECT person_id, credential_date AS day, credential_type IN ($diploma_types) AS diploma
    FROM adult_education
    WHERE credential_type IN ($credential_types) OR credential_type IN ($diploma_types)
),
earned AS (
    SELECT person_id, day, 'reported' AS source, diploma FROM reports
    UNION ALL
    SELECT person_id, award_date, 'award', FALSE FROM ps_awards
    UNION ALL
    SELECT c.person_id, c.earned_date, 'credential', FALSE
    FROM credential_list AS l
    JOIN credentials AS c ON l.credential_code = c.credential_code
    WHERE c.passed AND l.recognized AND (l.valid_from IS NULL OR c.earned_date >= l.valid_from) AND (l.valid_to IS NULL OR c.earned_date <= l.valid_to)
    UNION ALL
    SELECT person_id, issued, 'licence', FALSE FROM licences WHERE licence_type IN ($occupational_licences)
    UNION ALL
    SELECT person_id, end_date, 'apprenticeship', FALSE FROM apprenticeships WHERE status = 'COMPLETED'
),
counted AS (
    -- The least "day and source" is the first day.
    SELECT e.person_id, e.exit_year, min(concat(k.day, k.source)) AS first
    FROM afterwards AS a
    RIGHT JOIN (exits AS e
    JOIN earned AS k ON k.person_id = e.person_id AND k.day >= e.entry_date AND k.day <= e.exit_date + $within_days)
            ON a.person_id = e.person_id AND a.exit_year = e.exit_year
    WHERE k.source IN ($credential_records) AND (NOT k.diploma OR a.person_id IS NOT NULL)
    GROUP BY e.person_id, e.exit_year
),
trained AS (
    SELECT e.person_id, e.exit_year, c.first, s.person_id IS NOT NULL AS reported,
           COALESCE(e.exit_date + $within_days <= d.last_day AND e.exit_quarter + $within_quarters <= w.last_quarter, FALSE) AS measurable
    FROM (SELECT DISTINCT person_id FROM reports) AS s
    RIGHT JOIN (counted AS c
    RIGHT JOIN exits AS e ON c.person_id = e.person_id AND c.exit_year = e.exit_year)
            ON s.person_id = e.person_id
    CROSS JOIN reported_reach AS d
    CROSS JOIN wages_reach AS w
    WHERE e.trained OR $credential_cohort = 'all'
),
found AS (
    SELECT person_id, exit_year, indicator, quarter,
           CASE WHEN earns OR said THEN 'observed' WHEN why IS NULL OR answered THEN 'not_observed' ELSE 'not_observable' END AS state, why,
           CASE WHEN earns THEN 'wages' WHEN said THEN 'reported' END AS source,
           COALESCE(why, '') NOT IN ('data_not_yet_available', 'before_data_begin') AS measurable, reported, wages, employment_source,
           CAST(NULL AS DATE) AS credential_date
    FROM looked_at
    UNION ALL
    SELECT person_id, exit_year, 'credential', NULL,
           CASE WHEN first IS NOT NULL THEN 'observed' WHEN measurable THEN 'not_observed' ELSE 'not_observable' END, 'data_not_yet_available',
           substr(first, 11), measurable, reported, NULL, NULL, CAST(substr(first, 1, 10) AS DATE)
    FROM trained
)
SELECT person_id, exit_year, indicator, quarter, state, CASE WHEN state = 'not_observable' THEN why END AS reason, source, measurable, reported,
       wages, employment_source, credential_date
FROM found
WHERE indicator IN ($indicators)
