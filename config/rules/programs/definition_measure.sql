/* ---
id: MART-DEFS
rule: definition_measure
version: 1
title: What measures are under alternative definitions
says: >
  The mart `definition_comparison` counts measures of Perkins V as others define them too. A concentrator is then who has two credits in one program,
  of courses of any size, or two courses in one career cluster, a course counting once and for one at most; a course with a failing mark does not
  count, as in the rule on concentrators. And an employed leaver of 3S1 is then who earned in the quarter at least three quarters of a full-time wage
  at the federal minimum: .75 x 40 hours x 13 weeks x $7.25. A state with a higher minimum sets its own.
citation: Perkins V sec. 3(12)(A) and 113(b)(2)(A)(iii); domain notes 1.1, 1.2. The alternatives are the project's own; no law defines them
grain: [measure]
# min_units: credits in a program, or courses in a cluster. full_unit: what a course counts for whose credits are not known, and at most for in a cluster.
parameters: { failing_marks: [F, W], min_units: "2.00", full_unit: "1.00", wage_floor: "2827.50" }
effective: { from: 2014-07-01 }
zone: linked
owner: State CTE data team
columns:
  - { name: measure, type: text, label: What is measured, sensitivity: none }
  - { name: failing_marks, type: text, label: "Marks that do not pass a course, each between bars", sensitivity: none }
  - { name: min_units, type: "decimal(4,2)", label: Credits or courses that make a concentrator, sensitivity: none }
  - { name: full_unit, type: "decimal(4,2)", label: Credits of a full course, sensitivity: none }
  - { name: wage_floor, type: "decimal(14,2)", label: Least wages of the quarter, definition: In dollars; who earned them exactly has reached them, sensitivity: none }
--- */
SELECT 'definition_comparison' AS measure, concat_ws('|', '', $failing_marks, '') AS failing_marks,
       CAST($min_units AS DECIMAL(4, 2)) AS min_units, CAST($full_unit AS DECIMAL(4, 2)) AS full_unit, CAST($wage_floor AS DECIMAL(14, 2)) AS wage_floor
