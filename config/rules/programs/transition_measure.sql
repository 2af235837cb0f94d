/* ---
id: MART-TRANS
rule: transition_measure
version: 1
title: Going on in the field at college
says: >
  Of concentrators who left school and were at a college within a year with a known field, those who went on in the field of their program: the
  nearest of the same CIP code, its first four digits, its first two, or a program of the same career cluster. The mart `transition` counts it.
  Leave, withdrawal and death are no attendance.
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
SELECT 'transition' AS measure, concat_ws('|', '', $not_enrolled, '') AS not_enrolled
