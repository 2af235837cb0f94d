/* ---
id: MART-DUAL
rule: dual_credit_measure
version: 1
title: College within a year after school, with and without dual enrolment
says: >
  Who left school and was at a college within a year, and, of those in CTE whose field there is known, who was there in the field of a program of
  theirs by the first four digits of the CIP code. The mart `dual_credit` counts both beside dual enrolment before the exit. Leave, withdrawal and
  death are no attendance.
citation: A measure of the project's own; no law defines it
grain: [measure]
parameters: { not_enrolled: [W, D, A] }
effective: { from: 2014-07-01 }
zone: linked
owner: State CTE data team
columns:
  - { name: measure, type: text, label: What is measured, sensitivity: none }
  - { name: not_enrolled, type: text, label: "Statuses that are no attendance at college, each between bars", sensitivity: none }
--- */
SELECT 'dual_credit' AS measure, concat_ws('|', '', $not_enrolled, '') AS not_enrolled
