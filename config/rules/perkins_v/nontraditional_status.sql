/* ---
id: PV-NT
rule: nontraditional_status
version: 1
title: CTE participants in programs that lead to a non-traditional field
says: >
  Participants of CTE programs, at both levels, whose program leads to a field that is non-traditional for men or for women in the reporting
  year, and whether the learner is of that gender. The program's CIP code stands in the state's list with the years in which the entry
  holds; of two entries of one year the later one stands. A learner whose gender is neither male nor female, or not known, has no row.
citation: Perkins V sec. 3(33), 113(b)(2)(A)(v) and 113(b)(2)(B)(iii)
grain: [person_id, reporting_year, level, program_code]
year: reporting_year
effective: { from: 2019-07-01 }
zone: linked
owner: State CTE data team
columns:
  - { name: person_id, type: text, label: Person, sensitivity: quasi }
  - { name: reporting_year, type: int32, label: Reporting year, definition: The year in which the program year ends, sensitivity: quasi }
  - { name: level, type: text, label: Level, definition: secondary or postsecondary, sensitivity: quasi }
  - { name: program_code, type: text, label: CTE program, definition: "Program code, else the CIP code", sensitivity: quasi }
  - { name: served, type: boolean, label: Served in the year, definition: "False in the year after the last service, and in later ones in which the learner is still counted", sensitivity: quasi }
  - { name: is_concentrator, type: boolean, label: Concentrator in the program in the year, sensitivity: quasi }
  - { name: nontraditional_for, type: text, label: Gender for which the field is non-traditional, sensitivity: none, code_set: sex }
  - { name: is_underrepresented, type: boolean, label: Of that gender, sensitivity: quasi }
  - { name: gender, type: text, label: Gender, definition: M or F, sensitivity: quasi, code_set: sex }
  - { name: district_id, type: text, label: Last district that served, definition: Empty for colleges, sensitivity: quasi }
  - { name: school_id, type: text, label: Last school or college that served, sensitivity: quasi }
--- */
WITH years AS (
    SELECT DISTINCT reporting_year FROM cte_participant_secondary
    UNION
    SELECT DISTINCT reporting_year FROM cte_participant_postsecondary
),
entries AS (
    -- The end of the greatest "first year and flags" is what the latest entry says that holds in the year.
    SELECT n.cip_code, y.reporting_year,
           substr(max(concat(n.first_year, CASE WHEN n.nt_male THEN 'M' WHEN n.nt_female THEN 'F' ELSE '-' END)), 5) AS nontraditional_for
    FROM nontraditional AS n
    JOIN years AS y ON y.reporting_year >= n.first_year AND (n.last_year IS NULL OR y.reporting_year <= n.last_year)
    GROUP BY n.cip_code, y.reporting_year
),
fields AS (
    -- A program without a code of its own goes by its CIP code.
    SELECT p.program_code, e.reporting_year, e.nontraditional_for
    FROM entries AS e
    JOIN programs AS p ON p.cip_code = e.cip_code
    WHERE e.nontraditional_for <> '-'
    UNION ALL
    SELECT e.cip_code, e.reporting_year, e.nontraditional_for
    FROM entries AS e
    WHERE e.nontraditional_for <> '-' AND NOT EXISTS (SELECT 1 FROM programs AS p WHERE p.program_code = e.cip_code)
),
-- The narrow table of each join stands on the left, where the engine holds it in memory.
participants AS (
    SELECT t.person_id, t.reporting_year, t.level, t.program_code, t.served, f.nontraditional_for, t.district_id, t.school_id
    FROM fields AS f
    JOIN (SELECT person_id, reporting_year, 'secondary' AS level, program_code, served, district_id, school_id FROM cte_participant_secondary
          UNION ALL
          SELECT person_id, reporting_year, 'postsecondary', program_code, served, district_id, school_id FROM cte_participant_postsecondary) AS t
      ON t.program_code = f.program_code AND t.reporting_year = f.reporting_year
),
concentrators AS (
    SELECT c.person_id, c.reporting_year, c.level, c.program_code
    FROM fields AS f
    JOIN (SELECT person_id, reporting_year, 'secondary' AS level, program_code FROM cte_concentrator_secondary
          UNION ALL
          SELECT person_id, reporting_year, 'postsecondary', program_code FROM cte_concentrator_postsecondary) AS c
      ON c.program_code = f.program_code AND c.reporting_year = f.reporting_year
)
SELECT t.person_id, t.reporting_year, t.level, t.program_code, t.served, c.person_id IS NOT NULL AS is_concentrator,
       t.nontraditional_for, a.gender = t.nontraditional_for AS is_underrepresented, a.gender, t.district_id, t.school_id
FROM (SELECT person_id, gender FROM learner_attributes WHERE gender IN ('M', 'F')) AS a
JOIN (concentrators AS c
RIGHT JOIN participants AS t
        ON c.person_id = t.person_id AND c.reporting_year = t.reporting_year AND c.level = t.level AND c.program_code = t.program_code)
        ON a.person_id = t.person_id
