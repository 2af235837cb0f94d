/* ---
id: PV-P-COMP
rule: postsecondary_completion
version: 1
title: Completions of CTE programs, postsecondary
says: >
  The last award of a learner in a program year, in a CTE program in which they had become a concentrator by then. An award in any other
  program is no completion of a CTE program. A completion of one program year is reported in the next.
citation: Perkins V sec. 113(b)(2)(B)(i)
grain: [person_id, reporting_year]
year: reporting_year
parameters: { lag_years: 1 }
within: { cte_concentrator_postsecondary: [person_id, program_code] }
effective: { from: 2019-07-01 }
zone: linked
owner: State CTE data team
columns:
  - { name: person_id, type: text, label: Person, sensitivity: quasi }
  - { name: reporting_year, type: int32, label: Year in which the completion is reported, sensitivity: quasi }
  - { name: completion_year, type: int32, label: Program year of the completion, sensitivity: quasi }
  - { name: completion_date, type: date, label: Day of the award, sensitivity: quasi }
  - { name: completion_quarter, type: int32, label: Quarter of the award, definition: year * 4 + quarter - 1, sensitivity: quasi }
  - { name: program_code, type: text, label: Program, definition: "Program code, else the CIP code", sensitivity: quasi }
  - { name: award_level, type: text, label: Award level, sensitivity: quasi, code_set: award_level }
  - { name: school_id, type: text, label: College that conferred the award, sensitivity: quasi }
--- */
WITH awards AS (
    SELECT person_id, award_date, award_level, college_id, COALESCE(NULLIF(program_code, ''), cip_code) AS program_code,
           date_part('year', award_date) + CASE WHEN date_part('month', award_date) >= 7 THEN 1 ELSE 0 END AS completion_year,
           date_part('year', award_date) * 4 + date_part('quarter', award_date) - 1 AS completion_quarter
    FROM ps_awards
),
concentrators AS (
    SELECT person_id, program_code, min(concentrator_year) AS since FROM cte_concentrator_postsecondary GROUP BY person_id, program_code
),
last_award AS (
    SELECT a.*, row_number() OVER (PARTITION BY a.person_id, a.completion_year
                                   ORDER BY a.award_date DESC, a.award_level DESC, a.program_code, a.college_id) AS place
    FROM concentrators AS c
    JOIN awards AS a ON a.person_id = c.person_id AND a.program_code = c.program_code AND c.since <= a.completion_year
)
SELECT person_id, completion_year + $lag_years AS reporting_year, completion_year, award_date AS completion_date, completion_quarter,
       program_code, award_level, college_id AS school_id
FROM last_award
WHERE place = 1
