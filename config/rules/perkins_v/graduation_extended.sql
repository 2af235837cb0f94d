/* ---
id: PV-1S2
rule: graduation_extended
version: 1
title: Extended-year graduation (1S2)
says: >
  The state's certified extended-year adjusted cohort: who is included in it, and who graduated within the years that the cohort was given.
  It is reported as many years after the cohort year as it was given beyond four. The indicator 1S2 counts those among the included who were
  concentrators by the rule of the year in which their cohort is complete, which reads all years up to it; its numerator is those of them who graduated. Cohort year, inclusion and graduation
  are taken from the certified file and never computed.
citation: Perkins V sec. 113(b)(2)(A)(i)(II)
grain: [person_id, reporting_year]
year: reporting_year
parameters: { cohort_length: 5, lag_years: 0 }
effective: { from: 2019-07-01 }
zone: linked
owner: State CTE data team
columns:
  - { name: person_id, type: text, label: Person, sensitivity: quasi }
  - { name: reporting_year, type: int32, label: Reporting year, definition: The year in which the program year ends, sensitivity: quasi }
  - { name: cohort_year, type: int32, label: Cohort year, definition: The year of on-time graduation, sensitivity: quasi }
  - { name: cohort_length, type: int32, label: Years that the cohort was given, sensitivity: none }
  - { name: district_id, type: text, label: District that is accountable, sensitivity: quasi }
  - { name: school_id, type: text, label: School that is accountable, sensitivity: quasi }
  - { name: included, type: boolean, label: Included in the cohort, sensitivity: quasi }
  - { name: graduated, type: boolean, label: Graduated within those years with a regular diploma, sensitivity: quasi }
  - { name: concentrator, type: boolean, label: CTE concentrator by the year in which the cohort is complete, sensitivity: quasi }
  - { name: in_denominator, type: boolean, label: Counts in the denominator of 1S2, sensitivity: quasi }
  - { name: in_numerator, type: boolean, label: Counts in the numerator of 1S2, sensitivity: quasi }
  - { name: basis, type: text, label: Where inclusion and graduation come from, definition: certified, sensitivity: none }
--- */
WITH given AS (
    SELECT person_id, cohort_year, cohort_length, cohort_year + cohort_length - 4 + $lag_years AS reporting_year,
           district_id, school_id, included, graduated
    FROM extended_cohort
    WHERE cohort_length = $cohort_length
),
several AS (
    SELECT person_id, cohort_year FROM given GROUP BY person_id, cohort_year HAVING count(*) > 1
),
cohort AS (
    -- One row a person and cohort year: if two records of the file are one person, the included and then the graduated one stands. Only
    -- those few persons have anything to put in order.
    SELECT g.*, 1 AS place
    FROM several AS s
    RIGHT ANTI JOIN given AS g ON g.person_id = s.person_id AND g.cohort_year = s.cohort_year
    UNION ALL
    SELECT g.*, row_number() OVER (PARTITION BY g.person_id, g.cohort_year
                                   ORDER BY g.included DESC, g.graduated DESC, g.district_id, g.school_id)
    FROM several AS s
    JOIN given AS g ON g.person_id = s.person_id AND g.cohort_year = s.cohort_year
),
concentrators AS (
    SELECT DISTINCT person_id, reporting_year AS year FROM cte_concentrator_secondary
)
SELECT g.person_id, g.reporting_year, g.cohort_year, g.cohort_length, g.district_id, g.school_id, g.included, g.graduated,
       c.person_id IS NOT NULL AS concentrator,
       g.included AND c.person_id IS NOT NULL AS in_denominator,
       g.included AND g.graduated AND c.person_id IS NOT NULL AS in_numerator,
       'certified' AS basis
FROM cohort AS g
LEFT JOIN concentrators AS c ON c.person_id = g.person_id AND c.year = g.cohort_year + g.cohort_length - 4
WHERE g.place = 1
