/* ---
id: KY-QE
rule: qualifying_employment
version: 2
title: Qualifying employment in the year after the exit
says: >
  An example of a state's own rule, made a table of its own: those who left secondary education qualify where they had wages in at least two of
  the four quarters after the quarter of the exit, and at least $3,000 in these four together. One who qualifies is observed, though the last of
  the quarters may not have been delivered; one who does not is not observed only where all four have been and the learner can be found in wages.
citation: A state rule of Kentucky, as domain defaults give it
grain: [person_id, reporting_year]
year: reporting_year
within: { secondary_exit: [person_id, reporting_year] }
# wages_through (such as "20244") states how far the data go; empty: as far as the pipeline says of the source (`data_through:`), else as far as they reach.
parameters: { of_quarters: 4, min_quarters: 2, min_total: "3000.00", wages_through: "" }
effective: { from: 2019-07-01 }
zone: linked
owner: State CTE data team
columns:
  - { name: person_id, type: text, label: Person, sensitivity: quasi }
  - { name: reporting_year, type: int32, label: Reporting year, definition: The year after the program year of the exit, sensitivity: quasi }
  - { name: exit_year, type: int32, label: Program year of the exit, sensitivity: quasi }
  - { name: first_quarter, type: int32, label: First quarter that is looked at, definition: year * 4 + quarter - 1, sensitivity: quasi }
  - { name: concentrator, type: boolean, label: CTE concentrator by the year of the exit, sensitivity: quasi }
  - { name: quarters_with_wages, type: int32, label: Quarters with wages, definition: Empty where nothing was seen and not all could be, sensitivity: quasi }
  - { name: total_wages, type: "decimal(14,2)", label: Wages of these quarters together, definition: Empty where nothing was seen and not all could be, sensitivity: quasi }
  - { name: qualifies, type: boolean, label: Qualifying employment, sensitivity: quasi }
  - { name: state, type: text, label: State, definition: "observed, not_observed or not_observable", sensitivity: quasi }
  - { name: reason, type: text, label: Why it is not observable, definition: "no_bridge, before_data_begin or data_not_yet_available", sensitivity: quasi }
  - { name: measurable, type: boolean, label: All quarters have been delivered, sensitivity: none }
  - { name: district_id, type: text, label: District of the exit, sensitivity: quasi }
  - { name: school_id, type: text, label: School of the exit, sensitivity: quasi }
--- */
WITH reach AS (
    SELECT CAST(first_quarter AS INT) / 10 * 4 + CAST(first_quarter AS INT) % 10 - 1 AS first_quarter,
           CAST(last_quarter AS INT) / 10 * 4 + CAST(last_quarter AS INT) % 10 - 1 AS last_quarter
    FROM (SELECT min(year_quarter) AS first_quarter, COALESCE(NULLIF($wages_through, ''), (SELECT max(last_quarter) FROM source_reach WHERE source = 'ui_wages'), max(year_quarter)) AS last_quarter FROM ui_wages) AS r
),
earned AS (
    SELECT x.person_id, x.reporting_year, count(*) AS quarters_with_wages, sum(w.wages) AS total_wages
    FROM secondary_exit AS x
    JOIN wage_quarter AS w ON x.person_id = w.person_id
    WHERE w.wages > 0 AND w.quarter - x.exit_quarter BETWEEN 1 AND $of_quarters
    GROUP BY x.person_id, x.reporting_year
),
looked_at AS (
    -- The narrow table of each join stands on the left, where the engine holds it in memory, and the exits pass by.
    SELECT x.person_id, x.reporting_year, x.exit_year, x.exit_quarter + 1 AS first_quarter, x.district_id, x.school_id,
           c.person_id IS NOT NULL AS concentrator, e.quarters_with_wages, e.total_wages,
           COALESCE(e.quarters_with_wages >= $min_quarters AND e.total_wages >= CAST($min_total AS DECIMAL(14, 2)), FALSE) AS qualifies,
           CASE WHEN r.first_quarter IS NULL OR x.exit_quarter + $of_quarters > r.last_quarter THEN 'data_not_yet_available'
                WHEN x.exit_quarter + 1 < r.first_quarter THEN 'before_data_begin'
                WHEN k.person_id IS NOT NULL THEN NULL
                ELSE 'no_bridge' END AS why
    FROM reach AS r
    CROSS JOIN ((SELECT person_id FROM person_link WHERE has_ssn OR has_bridge) AS k
    RIGHT JOIN (earned AS e
    RIGHT JOIN ((SELECT person_id, reporting_year, min(concentrator_year) AS since FROM cte_concentrator_secondary GROUP BY person_id, reporting_year) AS c
    RIGHT JOIN secondary_exit AS x ON c.person_id = x.person_id AND c.reporting_year = x.reporting_year AND c.since <= x.exit_year)
                                   ON e.person_id = x.person_id AND e.reporting_year = x.reporting_year)
                                   ON k.person_id = x.person_id)
)
SELECT person_id, reporting_year, exit_year, first_quarter, concentrator,
       CASE WHEN why IS NULL THEN COALESCE(quarters_with_wages, 0) ELSE quarters_with_wages END AS quarters_with_wages,
       CASE WHEN why IS NULL THEN COALESCE(total_wages, 0) ELSE total_wages END AS total_wages,
       qualifies,
       CASE WHEN qualifies THEN 'observed' WHEN why IS NULL THEN 'not_observed' ELSE 'not_observable' END AS state,
       CASE WHEN qualifies THEN NULL ELSE why END AS reason,
       COALESCE(why, '') NOT IN ('data_not_yet_available', 'before_data_begin') AS measurable, district_id, school_id
FROM looked_at
