/* ---
id: PV-S-PART
rule: cte_participant_secondary
version: 1
title: CTE participants, secondary
says: >
  A learner who has completed at least one course in a CTE program. The status is cumulative: it is shown for each later year in which a
  school serves the learner, for the year after, and for later ones in which a cohort or an exit still counts the learner. A single program is the state's program code, else the CIP code. A repeated course
  counts once, and a failed one does not count.
citation: Perkins V sec. 3(13)
grain: [person_id, reporting_year, program_code]
year: reporting_year
parameters: { min_courses: 1, pass_required: true, failing_marks: [F, W] }
effective: { from: 2019-07-01 }
zone: linked
owner: State CTE data team
columns:
  - { name: person_id, type: text, label: Person, sensitivity: quasi }
  - { name: reporting_year, type: int32, label: Reporting year, definition: The year in which the program year ends, sensitivity: quasi }
  - { name: program_code, type: text, label: CTE program, definition: "State program code, else the CIP code", sensitivity: quasi }
  - { name: courses, type: int32, label: Different courses completed so far, sensitivity: quasi }
  - { name: courses_in_year, type: int32, label: Courses first completed in the year, sensitivity: quasi }
  - { name: participant_year, type: int32, label: Year of the first completed course, sensitivity: quasi }
  - { name: served, type: boolean, label: Served in the year, sensitivity: quasi }
  - { name: district_id, type: text, label: Last district that served, sensitivity: quasi }
  - { name: school_id, type: text, label: Last school that served, sensitivity: quasi }
  - { name: only_counted, type: boolean, label: Only still counted, definition: "Served neither in the year nor in the one before: a cohort or the report of an exit counts the learner", sensitivity: quasi }
--- */
WITH courses AS (
    SELECT person_id, COALESCE(NULLIF(program_code, ''), cip_code) AS program_code, course_code, min(school_year) AS year
    FROM cte_courses
    WHERE completed AND (NOT $pass_required OR grade_mark IS NULL OR grade_mark NOT IN ($failing_marks))
    GROUP BY person_id, COALESCE(NULLIF(program_code, ''), cip_code), course_code
)
SELECT y.person_id, y.reporting_year, c.program_code, count(*) AS courses,
       sum(CASE WHEN c.year = y.reporting_year THEN 1 ELSE 0 END) AS courses_in_year, min(c.year) AS participant_year,
       y.served, y.district_id, y.school_id, y.only_counted
FROM courses AS c
JOIN learner_year AS y ON y.person_id = c.person_id AND y.level = 'secondary' AND c.year <= y.reporting_year
WHERE c.program_code IS NOT NULL
GROUP BY y.person_id, y.reporting_year, c.program_code, y.served, y.district_id, y.school_id, y.only_counted
HAVING count(*) >= $min_courses
