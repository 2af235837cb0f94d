/* ---
id: PV-CLUSTER
rule: program_cluster
version: 1
title: Career cluster of a program in a year, by both frameworks
says: >
  For each program and year the one career cluster that reports count, of the sixteen and of the modernized fourteen: the primary cluster of the
  program's CIP code in the list of that year. Where the list has none for the year, as the fourteen had not before they came and the sixteen have not
  after they went, it is what the directory of programs says, and the row says that. Of two entries of one year the later one stands, and the row says
  how many there were. A program without a code of its own goes by its CIP code.
citation: National Career Clusters Framework (Advance CTE, October 2024); Perkins V sec. 113(b)(3)(C)
grain: [program_code, reporting_year]
year: reporting_year
# The years for which clusters are told.
parameters: { first_year: 2015, last_year: 2035 }
effective: { from: 2014-07-01 }
zone: linked
owner: State CTE data team
columns:
  - { name: program_code, type: text, label: CTE program, definition: "Program code, else the CIP code", sensitivity: none }
  - { name: reporting_year, type: int32, label: Reporting year, definition: The year in which the program year ends, sensitivity: none }
  - { name: cip_code, type: text, label: CIP code, sensitivity: none }
  - { name: cluster16, type: text, label: Career cluster of the sixteen, sensitivity: none, code_set: cluster16 }
  - { name: cluster16_from, type: text, label: Who says so, definition: "cip: the list by CIP code; program: the directory of programs", sensitivity: none }
  - { name: primaries16, type: int32, label: Primary clusters of the sixteen in the list of the year, sensitivity: none }
  - { name: cluster14, type: text, label: Career cluster of the modernized fourteen, sensitivity: none, code_set: cluster14 }
  - { name: cluster14_from, type: text, label: Who says so, definition: "cip: the list by CIP code; program: the directory of programs", sensitivity: none }
  - { name: primaries14, type: int32, label: Primary clusters of the fourteen in the list of the year, sensitivity: none }
--- */
WITH years AS (
    SELECT CAST(value AS INT) AS reporting_year FROM generate_series($first_year, $last_year)
),
entries AS (
    -- The end of the greatest "first year and cluster" is what the latest entry says that holds in the year.
    SELECT c.cip_code, c.framework, y.reporting_year, substr(max(concat(c.first_year, c.cluster)), 5) AS cluster, count(*) AS primaries
    FROM cip_cluster AS c
    JOIN years AS y ON y.reporting_year >= c.first_year AND (c.last_year IS NULL OR y.reporting_year <= c.last_year)
    WHERE c.primary_cluster
    GROUP BY c.cip_code, c.framework, y.reporting_year
),
fields AS (
    SELECT program_code, cip_code, cluster16, cluster14 FROM programs
    UNION ALL
    SELECT DISTINCT c.cip_code AS program_code, c.cip_code, CAST(NULL AS VARCHAR) AS cluster16, CAST(NULL AS VARCHAR) AS cluster14
    FROM cip_cluster AS c
    WHERE NOT EXISTS (SELECT 1 FROM programs AS p WHERE p.program_code = c.cip_code)
)
SELECT f.program_code, y.reporting_year, f.cip_code,
       COALESCE(s.cluster, f.cluster16) AS cluster16,
       CASE WHEN s.cluster IS NOT NULL THEN 'cip' WHEN f.cluster16 IS NOT NULL THEN 'program' END AS cluster16_from,
       COALESCE(s.primaries, 0) AS primaries16,
       COALESCE(m.cluster, f.cluster14) AS cluster14,
       CASE WHEN m.cluster IS NOT NULL THEN 'cip' WHEN f.cluster14 IS NOT NULL THEN 'program' END AS cluster14_from,
       COALESCE(m.primaries, 0) AS primaries14
FROM fields AS f
CROSS JOIN years AS y
LEFT JOIN entries AS s ON s.cip_code = f.cip_code AND s.reporting_year = y.reporting_year AND s.framework = 'C16'
LEFT JOIN entries AS m ON m.cip_code = f.cip_code AND m.reporting_year = y.reporting_year AND m.framework = 'C14'
