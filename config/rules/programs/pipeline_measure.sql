/* ---
id: MART-PIPE
rule: pipeline_measure
version: 2
title: Steps from the first course to college and work, and when a cohort is read
says: >
  A cohort are those who completed their first CTE course in a year. The mart `pipeline` follows them: second course, concentration and completion
  as the rules on these say, a recognized credential on its day, any college after the last exit that is no dual enrolment, wages in any quarter
  after it, with those of other states where an exchange of wage records has returned them. A course with a failing mark does not count, and leave, withdrawal and death are no attendance. A cohort is read some years after
  its year of entry, when those who entered in grade 9 have finished grade 12; before that it is pending.
citation: A measure of the project's own; no law defines it
grain: [measure]
parameters: { failing_marks: [F, W], not_enrolled: [W, D, A], min_courses: 2, read_after_years: 3, out_of_state: include }
choices: { out_of_state: [include, exclude] }
effective: { from: 2014-07-01 }
zone: linked
owner: State CTE data team
columns:
  - { name: measure, type: text, label: What is measured, sensitivity: none }
  - { name: failing_marks, type: text, label: "Marks that do not pass a course, each between bars", sensitivity: none }
  - { name: not_enrolled, type: text, label: "Statuses that are no attendance at college, each between bars", sensitivity: none }
  - { name: min_courses, type: int32, label: Courses that make the second step, sensitivity: none }
  - { name: read_after_years, type: int32, label: Years from entry until a cohort is read, sensitivity: none }
  - { name: out_of_state, type: text, label: Wages of other states, definition: include or exclude, sensitivity: none }
--- */
SELECT 'pipeline' AS measure, concat_ws('|', '', $failing_marks, '') AS failing_marks, concat_ws('|', '', $not_enrolled, '') AS not_enrolled,
       $min_courses AS min_courses, $read_after_years AS read_after_years, $out_of_state AS out_of_state
