/* ---
id: PV-P-CONC
rule: cte_concentrator_postsecondary
version: 2
title: CTE concentrators, postsecondary
says: >
  A learner who has earned at least 12 credits within a CTE program, or who has completed a CTE program that encompasses fewer than 12
  credits. Credits earned at several colleges in one program add up. Credits of dual enrolment, by its mark or because the term began on or
  before the last counted day at school, belong to the secondary level. Once reached, the status stays.
citation: Perkins V sec. 3(12)(B)
grain: [person_id, reporting_year, program_code]
year: reporting_year
parameters: { min_credits: "12.00", across_colleges: true, dual_level: secondary }
choices: { dual_level: [secondary, postsecondary, both] }
effective: { from: 2019-07-01 }
zone: linked
owner: State CTE data team
columns:
  - { name: person_id, type: text, label: Person, sensitivity: quasi }
  - { name: reporting_year, type: int32, label: Reporting year, definition: The year in which the program year ends, sensitivity: quasi }
  - { name: program_code, type: text, label: Program, definition: "Program code, else the CIP code", sensitivity: quasi }
  - { name: concentrator_year, type: int32, label: Year in which the status was reached, sensitivity: quasi }
  - { name: by_completion, type: boolean, label: Reached by completing a short program, definition: False where 12 credits came no later, sensitivity: quasi }
  - { name: served, type: boolean, label: Served in the year, sensitivity: quasi }
  - { name: district_id, type: text, label: District, definition: Empty for colleges, sensitivity: quasi }
  - { name: school_id, type: text, label: College that reports the concentrator, sensitivity: quasi }
--- */
WITH left_school AS (
    SELECT person_id, max(counted_exit_date) AS last_day FROM secondary_exit GROUP BY person_id
),
credits AS (
    SELECT p.person_id, COALESCE(NULLIF(p.program_code, ''), p.cip_code) AS program_code,
           CASE WHEN $across_colleges THEN '' ELSE p.college_id END AS college, p.academic_year AS year, sum(p.cte_credits) AS credits
    FROM left_school AS x
    RIGHT JOIN ps_enrollment AS p ON x.person_id = p.person_id
    WHERE p.cte_credits > 0
      AND ($dual_level <> 'secondary' OR (p.dual_enrolled IS NOT TRUE AND (x.last_day IS NULL OR p.term_begin > x.last_day)))
    GROUP BY p.person_id, COALESCE(NULLIF(p.program_code, ''), p.cip_code), CASE WHEN $across_colleges THEN '' ELSE p.college_id END,
             p.academic_year
),
running AS (
    -- The credits of each year and of those before it.
    SELECT c.person_id, c.program_code, c.college, c.year, sum(b.credits) AS credits
    FROM credits AS c
    JOIN credits AS b ON b.person_id = c.person_id AND b.program_code = c.program_code AND b.college = c.college AND b.year <= c.year
    GROUP BY c.person_id, c.program_code, c.college, c.year
),
by_credits AS (
    SELECT person_id, program_code, min(year) AS year
    FROM running
    WHERE credits >= CAST($min_credits AS DECIMAL(12, 2))
    GROUP BY person_id, program_code
),
by_award AS (
    -- A short program counts where the learner earned CTE credit in it; an award in a program without any is no CTE program.
    SELECT a.person_id, a.program_code, min(a.academic_year) AS year
    FROM ps_awards AS a
    JOIN programs AS p ON p.program_code = a.program_code AND p.total_credits < CAST($min_credits AS DECIMAL(12, 2))
    WHERE EXISTS (SELECT 1 FROM credits AS c WHERE c.person_id = a.person_id AND c.program_code = a.program_code)
    GROUP BY a.person_id, a.program_code
),
reached AS (
    SELECT person_id, program_code, min(year) AS year, min(year * 2 + late) % 2 = 1 AS by_completion
    FROM (SELECT person_id, program_code, year, 0 AS late FROM by_credits
          UNION ALL SELECT person_id, program_code, year, 1 FROM by_award) AS ways
    GROUP BY person_id, program_code
)
SELECT y.person_id, y.reporting_year, r.program_code, r.year AS concentrator_year, r.by_completion, y.served, y.district_id, y.school_id
FROM reached AS r
JOIN learner_year AS y ON y.person_id = r.person_id AND y.level = 'postsecondary' AND r.year <= y.reporting_year
WHERE r.program_code IS NOT NULL
