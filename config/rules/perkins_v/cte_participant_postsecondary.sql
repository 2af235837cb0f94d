/* ---
id: PV-P-PART
rule: cte_participant_postsecondary
version: 2
title: CTE participants, postsecondary
says: >
  A learner who has earned credit in a course of a CTE program at a college. The status is cumulative, shown for each later year in which a
  college serves the learner, and for the year after. Credits of dual enrolment, by its mark or because the term
  began on or before the last counted day at school, belong to the secondary level.
citation: Perkins V sec. 3(13)
grain: [person_id, reporting_year, program_code]
year: reporting_year
parameters: { min_credits: "0.01", dual_level: secondary }
choices: { dual_level: [secondary, postsecondary, both] }
effective: { from: 2019-07-01 }
zone: linked
owner: State CTE data team
columns:
  - { name: person_id, type: text, label: Person, sensitivity: quasi }
  - { name: reporting_year, type: int32, label: Reporting year, definition: The year in which the program year ends, sensitivity: quasi }
  - { name: program_code, type: text, label: Program, definition: "Program code, else the CIP code", sensitivity: quasi }
  - { name: credits, type: "decimal(12,2)", label: CTE credits earned in the program so far, sensitivity: quasi }
  - { name: participant_year, type: int32, label: Year of the first CTE credit, sensitivity: quasi }
  - { name: served, type: boolean, label: Served in the year, sensitivity: quasi }
  - { name: district_id, type: text, label: District, definition: Empty for colleges, sensitivity: quasi }
  - { name: school_id, type: text, label: Last college that served, sensitivity: quasi }
--- */
WITH left_school AS (
    SELECT person_id, max(counted_exit_date) AS last_day FROM secondary_exit GROUP BY person_id
),
credits AS (
    SELECT p.person_id, COALESCE(NULLIF(p.program_code, ''), p.cip_code) AS program_code, p.academic_year AS year, sum(p.cte_credits) AS credits
    FROM left_school AS x
    RIGHT JOIN ps_enrollment AS p ON x.person_id = p.person_id
    WHERE p.cte_credits > 0
      AND ($dual_level <> 'secondary' OR (p.dual_enrolled IS NOT TRUE AND (x.last_day IS NULL OR p.term_begin > x.last_day)))
    GROUP BY p.person_id, COALESCE(NULLIF(p.program_code, ''), p.cip_code), p.academic_year
)
SELECT y.person_id, y.reporting_year, c.program_code, sum(c.credits) AS credits, min(c.year) AS participant_year,
       y.served, y.district_id, y.school_id
FROM credits AS c
JOIN learner_year AS y ON y.person_id = c.person_id AND y.level = 'postsecondary' AND c.year <= y.reporting_year
WHERE c.program_code IS NOT NULL
GROUP BY y.person_id, y.reporting_year, c.program_code, y.served, y.district_id, y.school_id
HAVING sum(c.credits) >= CAST($min_credits AS DECIMAL(12, 2))
