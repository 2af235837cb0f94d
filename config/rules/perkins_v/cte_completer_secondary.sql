/* ---
id: PV-S-COMP
rule: cte_completer_secondary
version: 2
title: CTE completers, secondary
says: >
  A concentrator who has completed at least three courses in the single CTE program. Perkins V knows no completer: it is a state's own
  threshold. Courses are counted as for concentrators: a repeated course counts once, a failed one does not count, and courses of less than
  a full unit add up. A state may ask for a capstone course of the program instead, told by its title. Once reached, the status stays, and it
  is reported where the concentrator is.
citation: State definition; CEDS 000036
grain: [person_id, reporting_year, program_code]
year: reporting_year
# completion: units | capstone (a course of the program that was passed and whose title begins with one of capstone_titles, of which there may be
# a hundred, in capitals or not). The others are those of cte_concentrator_secondary, to be set as there; a cluster is that of the course's year.
parameters:
  completion: units
  min_units: 3
  capstone_titles: [Capstone]
  scope: program
  unit: course
  full_unit: "1.00"
  part_units: add_up
  pass_required: true
  failing_marks: [F, W]
choices: { completion: [units, capstone], scope: [program, cluster], unit: [course, credit], part_units: [add_up, whole] }
within: { cte_concentrator_secondary: [person_id, reporting_year, program_code] }
effective: { from: 2019-07-01 }
zone: linked
owner: State CTE data team
columns:
  - { name: person_id, type: text, label: Person, sensitivity: quasi }
  - { name: reporting_year, type: int32, label: Reporting year, definition: The year in which the program year ends, sensitivity: quasi }
  - { name: program_code, type: text, label: CTE program, definition: "State program code, else the CIP code", sensitivity: quasi }
  - { name: completer_year, type: int32, label: Year in which the status was reached, definition: Never before the learner was a concentrator, sensitivity: quasi }
  - { name: served, type: boolean, label: Served in the year, sensitivity: quasi }
  - { name: district_id, type: text, label: District that reports the concentrator, sensitivity: quasi }
  - { name: school_id, type: text, label: School that reports the concentrator, sensitivity: quasi }
--- */
WITH completed AS (
    SELECT c.person_id, COALESCE(NULLIF(c.program_code, ''), c.cip_code) AS program_code,
           CASE WHEN $scope = 'cluster' THEN COALESCE(p.cluster16, '?' || COALESCE(NULLIF(c.program_code, ''), c.cip_code))
                ELSE COALESCE(NULLIF(c.program_code, ''), c.cip_code) END AS scope_key,
           c.course_code, c.course_title, c.grade_mark, c.school_year,
           CASE WHEN $part_units = 'whole' THEN CAST($full_unit AS DECIMAL(4, 2))
                WHEN $unit = 'credit' THEN COALESCE(c.credits, CAST($full_unit AS DECIMAL(4, 2)))
                ELSE LEAST(COALESCE(c.credits, CAST($full_unit AS DECIMAL(4, 2))), CAST($full_unit AS DECIMAL(4, 2))) END AS units
    FROM program_cluster AS p
    RIGHT JOIN cte_courses AS c ON p.program_code = COALESCE(NULLIF(c.program_code, ''), c.cip_code) AND p.reporting_year = c.school_year
    WHERE c.completed AND (NOT $pass_required OR c.grade_mark IS NULL OR c.grade_mark NOT IN ($failing_marks))
),
courses AS (
    SELECT person_id, scope_key, course_code, min(school_year) AS year, max(units) AS units
    FROM completed
    WHERE program_code IS NOT NULL
    GROUP BY person_id, scope_key, course_code
),
years AS (
    SELECT person_id, scope_key, year, sum(units) AS units FROM courses GROUP BY person_id, scope_key, year
),
running AS (
    -- The units of each year and of those before it.
    SELECT y.person_id, y.scope_key, y.year
    FROM years AS y
    JOIN years AS b ON b.person_id = y.person_id AND b.scope_key = y.scope_key AND b.year <= y.year
    GROUP BY y.person_id, y.scope_key, y.year
    HAVING sum(b.units) >= CAST($min_units AS DECIMAL(5, 2)) * CAST($full_unit AS DECIMAL(4, 2))
),
titles AS (
    -- The list as one text, a title a line, taken apart again: a list has no rows of its own. What is empty is no title.
    SELECT DISTINCT lower(split_part(listed, chr(10), CAST(n.value AS INT))) AS title
    FROM (SELECT concat_ws(chr(10), $capstone_titles) AS listed) AS l
    CROSS JOIN generate_series(1, 100) AS n
    WHERE split_part(listed, chr(10), CAST(n.value AS INT)) <> ''
),
reached AS (
    SELECT person_id, scope_key, min(year) AS year
    FROM running
    WHERE $completion = 'units'
    GROUP BY person_id, scope_key
    UNION ALL
    -- A capstone must be passed even where other courses need only be completed.
    SELECT c.person_id, c.scope_key, min(c.school_year)
    FROM titles AS w
    JOIN completed AS c ON starts_with(lower(c.course_title), w.title)
    WHERE $completion = 'capstone' AND (c.grade_mark IS NULL OR c.grade_mark NOT IN ($failing_marks))
    GROUP BY c.person_id, c.scope_key
),
taken AS (
    SELECT DISTINCT person_id, scope_key, program_code FROM completed
)
SELECT c.person_id, c.reporting_year, c.program_code, GREATEST(r.year, c.concentrator_year) AS completer_year, c.served, c.district_id, c.school_id
FROM reached AS r
JOIN taken AS t ON t.person_id = r.person_id AND t.scope_key = r.scope_key
JOIN cte_concentrator_secondary AS c ON c.person_id = t.person_id AND c.program_code = t.program_code AND r.year <= c.reporting_year
