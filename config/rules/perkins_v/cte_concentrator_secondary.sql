/* ---
id: PV-S-CONC
rule: cte_concentrator_secondary
version: 2
title: CTE concentrators, secondary
says: >
  A learner who has completed at least two courses in a single CTE program. Courses may be taken in several years, schools and districts;
  a repeated course counts once, a failed one does not count, and courses of less than a full unit add up. Once reached, the status stays,
  and the learner is reported by the last district that served them, wherever the status was reached. Where a state counts by career cluster,
  a course belongs to the cluster that its program has in the course's own year.
citation: Perkins V sec. 3(12)(A)
grain: [person_id, reporting_year, program_code]
year: reporting_year
# scope: program | cluster; unit: course (a course of full_unit credits or more is one unit) | credit;
# part_units: add_up (two half courses are one) | whole (every course is one); concentrator_org: last | where_achieved.
parameters:
  min_courses: 2
  scope: program
  unit: course
  full_unit: "1.00"
  part_units: add_up
  pass_required: true
  failing_marks: [F, W]
  concentrator_org: last
choices: { scope: [program, cluster], unit: [course, credit], part_units: [add_up, whole], concentrator_org: [last, where_achieved] }
within: { cte_participant_secondary: [person_id, reporting_year, program_code] }
effective: { from: 2019-07-01 }
zone: linked
owner: State CTE data team
columns:
  - { name: person_id, type: text, label: Person, sensitivity: quasi }
  - { name: reporting_year, type: int32, label: Reporting year, definition: The year in which the program year ends, sensitivity: quasi }
  - { name: program_code, type: text, label: CTE program, definition: "State program code, else the CIP code", sensitivity: quasi }
  - { name: concentrator_year, type: int32, label: Year in which the status was reached, sensitivity: quasi }
  - { name: served, type: boolean, label: Served in the year, sensitivity: quasi }
  - { name: district_id, type: text, label: District that reports the concentrator, sensitivity: quasi }
  - { name: school_id, type: text, label: School that reports the concentrator, sensitivity: quasi }
--- */
WITH completed AS (
    SELECT c.person_id, COALESCE(NULLIF(c.program_code, ''), c.cip_code) AS program_code,
           CASE WHEN $scope = 'cluster' THEN COALESCE(p.cluster16, '?' || COALESCE(NULLIF(c.program_code, ''), c.cip_code))
                ELSE COALESCE(NULLIF(c.program_code, ''), c.cip_code) END AS scope_key,
           c.course_code, c.school_year, c.district_id, c.school_id,
           CASE WHEN $part_units = 'whole' THEN CAST($full_unit AS DECIMAL(4, 2))
                WHEN $unit = 'credit' THEN COALESCE(c.credits, CAST($full_unit AS DECIMAL(4, 2)))
                ELSE LEAST(COALESCE(c.credits, CAST($full_unit AS DECIMAL(4, 2))), CAST($full_unit AS DECIMAL(4, 2))) END AS units
    FROM program_cluster AS p
    RIGHT JOIN cte_courses AS c ON p.program_code = COALESCE(NULLIF(c.program_code, ''), c.cip_code) AND p.reporting_year = c.school_year
    WHERE c.completed AND (NOT $pass_required OR c.grade_mark IS NULL OR c.grade_mark NOT IN ($failing_marks))
),
courses AS (
    SELECT person_id, scope_key, course_code, min(school_year) AS year, max(units) AS units,
           min(concat(school_year, '|', district_id, '|', school_id)) AS place
    FROM completed
    WHERE program_code IS NOT NULL
    GROUP BY person_id, scope_key, course_code
),
running AS (
    -- The units of each course and of those before it. A course code stands once for a person and scope, so the order is total.
    SELECT c.person_id, c.scope_key, c.year, c.place, c.course_code, sum(b.units) AS units
    FROM courses AS c
    JOIN courses AS b ON b.person_id = c.person_id AND b.scope_key = c.scope_key
                     AND (b.year < c.year OR (b.year = c.year AND b.course_code <= c.course_code))
    GROUP BY c.person_id, c.scope_key, c.course_code, c.year, c.place
),
reached AS (
    SELECT person_id, scope_key, min(year) AS year, min(place) AS place
    FROM running
    WHERE units >= $min_courses * CAST($full_unit AS DECIMAL(4, 2))
    GROUP BY person_id, scope_key
),
taken AS (
    SELECT person_id, scope_key, program_code, min(school_year) AS year
    FROM completed
    GROUP BY person_id, scope_key, program_code
)
SELECT y.person_id, y.reporting_year, t.program_code, r.year AS concentrator_year, y.served,
       CASE WHEN $concentrator_org = 'where_achieved' THEN split_part(r.place, '|', 2) ELSE y.district_id END AS district_id,
       CASE WHEN $concentrator_org = 'where_achieved' THEN split_part(r.place, '|', 3) ELSE y.school_id END AS school_id
FROM reached AS r
JOIN taken AS t ON t.person_id = r.person_id AND t.scope_key = r.scope_key
JOIN learner_year AS y ON y.person_id = r.person_id AND y.level = 'secondary' AND r.year <= y.reporting_year AND t.year <= y.reporting_year
