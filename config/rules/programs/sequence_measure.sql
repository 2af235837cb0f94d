/* ---
id: MART-SEQ
rule: sequence_measure
version: 1
title: Going on from course to course
says: >
  Who took a course and took another course of the same program in the next school year has gone on, of those who were still at a secondary school
  then. The mart `course_sequence` counts it. A course is passed where it was completed without a failing mark.
citation: A measure of the project's own; no law defines it
grain: [measure]
parameters: { failing_marks: [F, W] }
effective: { from: 2014-07-01 }
zone: linked
owner: State CTE data team
columns:
  - { name: measure, type: text, label: What is measured, sensitivity: none }
  - { name: failing_marks, type: text, label: "Marks that do not pass a course, each between bars", sensitivity: none }
--- */
SELECT 'course_sequence' AS measure, concat_ws('|', '', $failing_marks, '') AS failing_marks
