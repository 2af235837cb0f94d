-- One row a learner, year, level and program that they completed in the year.
WITH completed AS (
    SELECT person_id, reporting_year, 'secondary' AS level, program_code, school_id
    FROM cte_completer_secondary
    WHERE completer_year = reporting_year
    UNION ALL
    -- The rules of Perkins V begin with this year.
    SELECT person_id, completion_year, 'postsecondary', program_code, school_id
    FROM postsecondary_completion
    WHERE completion_year >= 2020
),
places AS (
    SELECT o.org_id, r.area
    FROM organizations AS o
    JOIN regions AS r ON r.county = o.county
)
SELECT c.person_id, c.reporting_year AS year, c.level, c.program_code,
       -- A program that the directory does not know may be named by its CIP code. Fields stand in the vintage of now.
       COALESCE(v.current_code, p.cip_code, CASE WHEN c.program_code LIKE '__.____' THEN c.program_code END) AS cip_code, p.cluster16 AS career_cluster, o.area
FROM places AS o
RIGHT JOIN ((SELECT code, year, current_code FROM code_vintage WHERE scheme = 'cip' AND current_code IS NOT NULL) AS v
RIGHT JOIN (program_cluster AS p
RIGHT JOIN completed AS c ON p.program_code = c.program_code AND p.reporting_year = c.reporting_year)
                          ON v.code = COALESCE(p.cip_code, c.program_code)
                             AND v.year = CASE WHEN p.cip_code <> c.program_code THEN 0 ELSE c.reporting_year END)
                          ON o.org_id = c.school_id
