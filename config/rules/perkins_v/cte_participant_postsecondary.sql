/* ---
id: PV-P-PART
rule: cte_participant_postsecondary
version: 1
title: CTE participants, postsecondary
says: >
  A learner who has earned credit in a course of a CTE program at a college. The status is cumulative, shown for each later year in which a
  college serves the learner, and for the year after. Credits earned while in high school belong to the secondary level.
citation: Perkins V sec. 3(13)
grain: [person_id, reporting_year, program_code]
year: reporting_year
parameters: { min_credits: "0.01", dual_level: secondary }
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
WITH credits AS (
    SELECT person_id, COALESCE(NULLIF(program_code, ''), cip_code) AS program_code, academic_year AS year, sum(cte_credits) AS credits
    FROM ps_enrollment
    WHERE cte_credits > 0 AND ($dual_level <> 'secondary' OR dual_enrolled IS NOT TRUE)
    GROUP BY person_id, COALESCE(NULLIF(program_code, ''), cip_code), academic_year
)
SELECT y.person_id, y.reporting_year, c.program_code, sum(c.credits) AS credits, min(c.year) AS participant_year,
       y.served, y.district_id, y.school_id
FROM credits AS c
JOIN learner_year AS y ON y.person_id = c.person_id AND y.level = 'postsecondary' AND c.year <= y.reporting_year
WHERE c.program_code IS NOT NULL
GROUP BY y.person_id, y.reporting_year, c.program_code, y.served, y.district_id, y.school_id
HAVING sum(c.credits) >= CAST($min_credits AS DECIMAL(12, 2))
