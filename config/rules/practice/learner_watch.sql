/* ---
id: PR-WATCH
rule: learner_watch
version: 2
title: Learners whom a school can still help
says: >
  Learners served in the last school year of which enrollments or CTE courses have come, whose last enrollment in it, if there is any, has no end, and what they still lack: one course
  to be a concentrator in a program (one_course_short), or, being concentrators, completed work-based learning (no_work_based_learning) or a
  recognized credential (no_credential). Whoever left in whatever way is not named: by graduation, by a move to another school or state, by
  death. A learner may stand here several times. It is a list to act on, not a measure: nothing is reported from it.
citation: Perkins V sec. 134(c) and 135(b), comprehensive local needs assessment and local uses of funds
grain: [person_id, program_code, reason]
# min_courses, full_unit, pass_required and failing_marks are those of the concentrator rule: change them together. final_types: exits after which
# nobody is at school, though another enrollment of the year was never closed.
parameters:
  min_courses: 2
  full_unit: "1.00"
  pass_required: true
  failing_marks: [F, W]
  final_types: ["01921", "01922", "01923", "03509", "73064"]
effective: { from: 2019-07-01 }
zone: linked
owner: State CTE data team
columns:
  - { name: person_id, type: text, label: Person, sensitivity: quasi }
  - { name: school_year, type: int32, label: School year, definition: The last for which enrollments have come, sensitivity: quasi }
  - { name: district_id, type: text, label: Last district in the year, sensitivity: quasi }
  - { name: school_id, type: text, label: Last school in the year, sensitivity: quasi }
  - { name: grade, type: text, label: Highest grade in the year, sensitivity: quasi, code_set: grade_level }
  - { name: program_code, type: text, label: CTE program, definition: "State program code, else the CIP code", sensitivity: quasi }
  - { name: reason, type: text, label: What is lacking, definition: "one_course_short, no_work_based_learning or no_credential", sensitivity: quasi }
  - { name: units, type: "decimal(8,2)", label: Units completed in the program, definition: "A full course is one; parts add up", sensitivity: quasi }
--- */
WITH last_year AS (
    SELECT max(reporting_year) AS school_year FROM learner_year WHERE level = 'secondary' AND served
),
left_school AS (
    -- Exits as the indicators count them leave out who died or moved away, so the enrollments themselves decide: the one entered last, which is the
    -- greatest "entry and end".
    SELECT e.person_id
    FROM last_year AS l
    JOIN k12_enrollment AS e ON e.school_year = l.school_year
    GROUP BY e.person_id
    HAVING right(max(concat(COALESCE(CAST(e.entry_date AS VARCHAR), '0000-00-00'), COALESCE(CAST(e.exit_date AS VARCHAR), '9999-12-31'))), 10)
             <> '9999-12-31'
        OR bool_or(COALESCE(e.exit_date IS NOT NULL AND e.exit_type IN ($final_types), FALSE))
),
learners AS (
    SELECT y.person_id, y.reporting_year AS school_year, y.district_id, y.school_id, y.grade
    FROM left_school AS x
    RIGHT ANTI JOIN (
        SELECT y.* FROM last_year AS l JOIN learner_year AS y ON y.reporting_year = l.school_year WHERE y.level = 'secondary' AND y.served
    ) AS y ON x.person_id = y.person_id
),
courses AS (
    -- A repeated course counts once, with the most it was ever worth, and never for more than a full unit.
    SELECT person_id, COALESCE(NULLIF(program_code, ''), cip_code) AS program_code, course_code,
           max(LEAST(COALESCE(credits, CAST($full_unit AS DECIMAL(4, 2))), CAST($full_unit AS DECIMAL(4, 2)))) AS units
    FROM cte_courses
    WHERE completed AND (NOT $pass_required OR grade_mark IS NULL OR grade_mark NOT IN ($failing_marks))
    GROUP BY person_id, COALESCE(NULLIF(program_code, ''), cip_code), course_code
),
progress AS (
    SELECT person_id, program_code, sum(units) AS units FROM courses WHERE program_code IS NOT NULL GROUP BY person_id, program_code
),
concentrators AS (
    SELECT c.person_id, c.program_code
    FROM last_year AS l
    JOIN cte_concentrator_secondary AS c ON c.reporting_year = l.school_year
),
lacking AS (
    SELECT p.person_id, p.program_code, 'one_course_short' AS reason
    FROM concentrators AS c
    RIGHT ANTI JOIN (
        SELECT person_id, program_code
        FROM progress
        WHERE units >= ($min_courses - 1) * CAST($full_unit AS DECIMAL(4, 2)) AND units < $min_courses * CAST($full_unit AS DECIMAL(4, 2))
    ) AS p ON c.person_id = p.person_id AND c.program_code = p.program_code
    UNION ALL
    SELECT c.person_id, c.program_code, 'no_work_based_learning' AS reason
    FROM (SELECT DISTINCT person_id FROM work_based_learning WHERE completed) AS w
    RIGHT ANTI JOIN concentrators AS c ON w.person_id = c.person_id
    UNION ALL
    SELECT c.person_id, c.program_code, 'no_credential' AS reason
    FROM (SELECT DISTINCT person_id FROM credential_attempt WHERE passed AND is_recognized) AS a
    RIGHT ANTI JOIN concentrators AS c ON a.person_id = c.person_id
)
SELECT y.person_id, y.school_year, y.district_id, y.school_id, y.grade, k.program_code, k.reason, p.units
FROM learners AS y
JOIN lacking AS k ON k.person_id = y.person_id
JOIN progress AS p ON p.person_id = k.person_id AND p.program_code = k.program_code
