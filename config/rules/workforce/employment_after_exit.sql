/* ---
id: WF-EXIT
rule: employment_after_exit
version: 4
title: Employment and wages after the exit
says: >
  Whether those who left secondary education, and those who completed a CTE program of a college, had wages in the second, fourth, twelfth and
  twentieth quarter after, and how much. The second and the fourth are those of WIOA (employment, and the median earnings of the second among
  those employed); three and five years after follow. Each quarter is observed, not observed, or not observable with a reason, as for 3S1:
  without a Social Security number or a bridge record nobody can be found in wages, and a quarter that has not been delivered says nothing.
  All leavers are shown; a secondary one is a concentrator where 3S1 counts one, and who completed a CTE program at a college is one always.
  Wages are those of one quarter, of all employers, and are never made up to a year. In real dollars they are those of the base year by the
  consumer price index, year by year; without an index of the year they are left empty. Quarters whose wages are implausible are marked and count.
  What other states and federal employers paid is among the wages where `wage_quarter` has it, unless the state says otherwise.
  Of who could have been found and was not, `finding` says what the records show: wages that do not reach the least amount, wages of other quarters alone,
  or none at all. None of it means out of work.
citation: WIOA sec. 116(b)(2)(A)(i); Perkins V sec. 113(b)(2); domain defaults for wage records
grain: [person_id, level, exit_year, quarters_after]
year: reporting_year
# out_of_state: include or exclude what an exchange of wage records returned of other states and of federal employers.
# wages_through (such as "20244") states how far the data go; empty: as far as the pipeline says of the source (`data_through:`), else as far as they reach.
parameters: { quarters: [2, 4, 12, 20], min_wages: "0.01", base_year: 2024, lag_years: 1, out_of_state: include, wages_through: "" }
choices: { out_of_state: [include, exclude] }
effective: { from: 2019-07-01 }
zone: linked
owner: State CTE data team
columns:
  - { name: person_id, type: text, label: Person, sensitivity: quasi }
  - { name: level, type: text, label: Level, definition: "secondary: exits; postsecondary: completions of CTE programs", sensitivity: none }
  - { name: exit_year, type: int32, label: Program year of the exit or completion, definition: The year in which it ends, sensitivity: quasi }
  - { name: quarters_after, type: int32, label: Quarters after the exit, sensitivity: none }
  - { name: reporting_year, type: int32, label: Reporting year, definition: The year after the program year of the exit, sensitivity: quasi }
  - { name: quarter, type: int32, label: Quarter that is looked at, definition: year * 4 + quarter - 1, sensitivity: quasi }
  - { name: concentrator, type: boolean, label: CTE concentrator by the year of the exit, sensitivity: quasi }
  - { name: state, type: text, label: State, definition: "observed, not_observed or not_observable", sensitivity: quasi }
  - { name: reason, type: text, label: Why it is not observable, definition: "no_bridge, before_data_begin or data_not_yet_available", sensitivity: quasi }
  - { name: finding, type: text, label: What is known of who was not observed, definition: "below_minimum: wages of the quarter do not reach the least amount; other_quarters: wages of other quarters, none of this; elsewhere_possible: no wages of any quarter", sensitivity: quasi }
  - { name: measurable, type: boolean, label: The quarter has been delivered, definition: False while the wages do not reach the quarter, sensitivity: none }
  - { name: employed, type: boolean, label: Wages in the quarter, sensitivity: quasi }
  - { name: wages, type: "decimal(14,2)", label: Wages of the quarter, definition: All employers; empty where not employed, sensitivity: quasi }
  - { name: real_wages, type: "decimal(14,2)", label: Wages of the quarter in dollars of the base year, definition: Empty where not employed or without an index of the year, sensitivity: quasi }
  - { name: employment_source, type: text, label: Source of the wages, definition: "Of several the smallest code: 01 is this state; empty where not employed", sensitivity: quasi, code_set: employment_source }
  - { name: naics_sector, type: text, label: Industry of the primary employer, definition: Empty where not employed or not known, sensitivity: quasi, code_set: naics_sector }
  - { name: full_quarter, type: boolean, label: Full quarter, definition: "One employer paid in the quarter before, in this and in the next; empty where not employed, where that quarter has not been delivered, or where other states alone paid", sensitivity: quasi }
  - { name: implausible, type: boolean, label: Implausible, definition: Empty where not employed, sensitivity: quasi }
  - { name: district_id, type: text, label: District of the exit, definition: Empty for colleges, sensitivity: quasi }
  - { name: school_id, type: text, label: School of the exit or college of the completion, sensitivity: quasi }
--- */
WITH exits AS (
    SELECT person_id, 'secondary' AS level, exit_year, exit_year + $lag_years AS reporting_year, exit_quarter, district_id, school_id, reporting_year AS status_year
    FROM secondary_exit
    UNION ALL
    SELECT person_id, 'postsecondary', completion_year, completion_year + $lag_years, completion_quarter, CAST(NULL AS VARCHAR), school_id, NULL
    FROM postsecondary_completion
),
counted AS (
    SELECT person_id, quarter, employment_source, naics_sector, full_quarter, implausible, wages
    FROM (SELECT person_id, quarter, employment_source, naics_sector, full_quarter, implausible,
                 wages - CASE WHEN $out_of_state = 'exclude' THEN COALESCE(out_of_state_wages, 0) ELSE 0 END AS wages
          FROM wage_quarter) AS w
    WHERE wages > 0
),
earners AS (
    -- Who has wages of some quarter.
    SELECT DISTINCT person_id FROM counted
),
leavers AS (
    -- The narrow table of each join stands on the left, where the engine holds it in memory, and the exits pass by.
    SELECT x.*, x.level = 'postsecondary' OR c.person_id IS NOT NULL AS concentrator, k.person_id IS NOT NULL AS bridged, e.person_id IS NOT NULL AS earns
    FROM earners AS e
    RIGHT JOIN ((SELECT person_id FROM person_link WHERE has_ssn OR has_bridge) AS k
    RIGHT JOIN ((SELECT person_id, reporting_year, min(concentrator_year) AS since FROM cte_concentrator_secondary GROUP BY person_id, reporting_year) AS c
    RIGHT JOIN exits AS x ON c.person_id = x.person_id AND c.reporting_year = x.status_year AND c.since <= x.exit_year)
                          ON k.person_id = x.person_id)
                          ON e.person_id = x.person_id
),
paid AS (
    SELECT x.person_id, x.level, x.exit_year, w.quarter, w.wages, w.employment_source, w.naics_sector, w.full_quarter, w.implausible,
           w.wages >= CAST($min_wages AS DECIMAL(14, 2)) AS is_enough
    FROM exits AS x
    JOIN counted AS w ON x.person_id = w.person_id
    WHERE w.quarter - x.exit_quarter IN ($quarters)
),
reach AS (
    SELECT CAST(first_quarter AS INT) / 10 * 4 + CAST(first_quarter AS INT) % 10 - 1 AS first_quarter,
           CAST(last_quarter AS INT) / 10 * 4 + CAST(last_quarter AS INT) % 10 - 1 AS last_quarter
    FROM (SELECT min(year_quarter) AS first_quarter, COALESCE(NULLIF($wages_through, ''), (SELECT max(last_quarter) FROM source_reach WHERE source = 'ui_wages'), max(year_quarter)) AS last_quarter FROM ui_wages) AS r
),
prices AS (
    SELECT i.price_year, i.price_index AS own, b.price_index AS base
    FROM price_index AS i
    JOIN price_index AS b ON b.price_year = $base_year
    WHERE i.price_index > 0
),
digits AS (
    -- Every number of quarters below a hundred, of which the parameter names some.
    SELECT d.n FROM (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS d (n)
),
looked_at AS (
    SELECT l.*, a.quarters_after, l.exit_quarter + a.quarters_after AS quarter
    FROM (SELECT tens.n * 10 + ones.n AS quarters_after FROM digits AS tens CROSS JOIN digits AS ones) AS a
    CROSS JOIN leavers AS l
    WHERE a.quarters_after IN ($quarters)
),
found AS (
    SELECT l.*, COALESCE(p.is_enough, FALSE) AS employed, p.person_id IS NOT NULL AS is_paid, p.wages,
           CAST(p.wages * i.base / i.own AS DECIMAL(14, 2)) AS real_wages, p.employment_source, p.naics_sector, p.full_quarter, p.implausible,
           CASE WHEN r.first_quarter IS NULL OR l.quarter > r.last_quarter THEN 'data_not_yet_available'
                WHEN l.quarter < r.first_quarter THEN 'before_data_begin'
                WHEN l.bridged THEN NULL
                ELSE 'no_bridge' END AS why
    FROM reach AS r
    CROSS JOIN (prices AS i
    RIGHT JOIN (paid AS p
    RIGHT JOIN looked_at AS l ON p.person_id = l.person_id AND p.level = l.level AND p.exit_year = l.exit_year AND p.quarter = l.quarter)
                              ON i.price_year = l.quarter / 4)
)
SELECT person_id, level, exit_year, quarters_after, reporting_year, quarter, concentrator,
       CASE WHEN employed THEN 'observed' WHEN why IS NULL THEN 'not_observed' ELSE 'not_observable' END AS state,
       CASE WHEN employed THEN NULL ELSE why END AS reason,
       CASE WHEN employed OR why IS NOT NULL THEN NULL WHEN is_paid THEN 'below_minimum' WHEN earns THEN 'other_quarters' ELSE 'elsewhere_possible' END AS finding,
       COALESCE(why, '') NOT IN ('data_not_yet_available', 'before_data_begin') AS measurable, employed,
       CASE WHEN employed THEN wages END AS wages, CASE WHEN employed THEN real_wages END AS real_wages,
       CASE WHEN employed THEN employment_source END AS employment_source, CASE WHEN employed THEN naics_sector END AS naics_sector,
       CASE WHEN employed THEN full_quarter END AS full_quarter, CASE WHEN employed THEN implausible END AS implausible, district_id, school_id
FROM found
