/* ---
id: P4-NT
rule: perkins_iv_nontraditional
version: 1
title: CTE participants in programs that lead to a non-traditional field (Perkins IV)
says: >
  Participants of CTE programs, at both levels, who were served in the year and whose program leads to a field that was non-traditional for men or for
  women in the year, and whether the learner is of that gender, as it was counted under Perkins IV up to the program year 2018-19. Of two entries of one
  year the later one stands. A learner whose gender is neither male nor female, or not known, has no row.
citation: Perkins IV sec. 3(20), 113(b)(2)(A)(vi) and 113(b)(2)(B)(v)
grain: [person_id, reporting_year, level, program_code]
year: reporting_year
effective: { from: 2014-07-01, to: 2019-06-30 }
zone: linked
owner: State CTE data team
columns:
  - { name: person_id, type: text, label: Person, sensitivity: quasi }
  - { name: reporting_year, type: int32, label: Reporting year, definition: The year in which the program year ends, sensitivity: quasi }
  - { name: level, type: text, label: Level, definition: secondary or postsecondary, sensitivity: none }
  - { name: program_code, type: text, label: CTE program, definition: "Program code, else the CIP code", sensitivity: quasi }
  - { name: is_underrepresented, type: boolean, label: Of the gender that is under-represented in the field, sensitivity: quasi }
  - { name: district_id, type: text, label: Last district that served, definition: Empty for colleges, sensitivity: quasi }
  - { name: school_id, type: text, label: Last school or college that served, sensitivity: quasi }
--- */
WITH participants AS (
    SELECT person_id, reporting_year, 'secondary' AS level, program_code, district_id, school_id FROM cte_participant_secondary
    WHERE served AND reporting_year <= 2019
    UNION ALL
    SELECT person_id, reporting_year, 'postsecondary', program_code, district_id, school_id FROM cte_participant_postsecondary
    WHERE served AND reporting_year <= 2019
),
years AS (
    SELECT DISTINCT reporting_year FROM participants
),
entries AS (
    -- The end of the greatest "first year and flags" is what the latest entry says that holds in the year.
    SELECT n.cip_code, y.reporting_year,
           substr(max(concat(n.first_year, CASE WHEN n.nt_male THEN 'M' WHEN n.nt_female THEN 'F' ELSE '-' END)), 5) AS gender
    FROM nontraditional AS n
    JOIN years AS y ON y.reporting_year >= n.first_year AND (n.last_year IS NULL OR y.reporting_year <= n.last_year)
    GROUP BY n.cip_code, y.reporting_year
),
fields AS (
    -- A program without a code of its own goes by its CIP code.
    SELECT p.program_code, e.reporting_year, e.gender FROM entries AS e JOIN programs AS p ON p.cip_code = e.cip_code WHERE e.gender <> '-'
    UNION ALL
    SELECT e.cip_code, e.reporting_year, e.gender FROM entries AS e
    WHERE e.gender <> '-' AND NOT EXISTS (SELECT 1 FROM programs AS p WHERE p.program_code = e.cip_code)
)
SELECT t.person_id, t.reporting_year, t.level, t.program_code, a.gender = f.gender AS is_underrepresented, t.district_id, t.school_id
FROM (SELECT person_id, gender FROM learner_attributes WHERE gender IN ('M', 'F')) AS a
JOIN (fields AS f
JOIN participants AS t ON t.program_code = f.program_code AND t.reporting_year = f.reporting_year)
  ON a.person_id = t.person_id
