-- One row a learner who left or completed, reporting year, type of placement, line of the report and program.
WITH outcomes AS (
    -- The law names the military, service and the Peace Corps as one type; a learner with two rows of a type counts once in it.
    SELECT person_id, reporting_year, 'secondary' AS level,
           CASE WHEN placement_type IN ('military', 'service') THEN 'military_service' ELSE placement_type END AS placement_type,
           CAST(NULL AS VARCHAR) AS program_code, state, measurable, rule_id, rule_version
    FROM placement_3s1
    WHERE concentrator
    UNION ALL
    SELECT person_id, reporting_year, 'postsecondary', placement_type, program_code, state, measurable, rule_id, rule_version
    FROM placement_1p1
),
in_programs AS (
    -- At school every program in which the learner was a concentrator by the year of the exit; at a college the one completed.
    SELECT o.person_id, o.reporting_year, o.level, o.placement_type, c.program_code, o.state, o.measurable, o.rule_id, o.rule_version
    FROM cte_concentrator_secondary AS c
    JOIN (SELECT o.*, x.exit_year
          FROM (SELECT person_id, reporting_year, exit_year FROM secondary_exit) AS x
          JOIN outcomes AS o ON x.person_id = o.person_id AND x.reporting_year = o.reporting_year
          WHERE o.level = 'secondary') AS o ON c.person_id = o.person_id AND c.reporting_year = o.reporting_year
                                       AND c.concentrator_year <= o.exit_year
    UNION ALL
    SELECT person_id, reporting_year, level, placement_type, program_code, state, measurable, rule_id, rule_version
    FROM outcomes
    WHERE level = 'postsecondary'
),
learners AS (
    SELECT DISTINCT person_id, level FROM outcomes
),
groups AS (
    SELECT p.person_id, p.level, 'gender' AS dimension, a.gender AS subgroup
    FROM learners AS p JOIN learner_attributes AS a ON a.person_id = p.person_id
    UNION ALL
    SELECT p.person_id, p.level, 'race_ethnicity', COALESCE(a.race_ethnicity, '_unknown')
    FROM learners AS p LEFT JOIN learner_attributes AS a ON a.person_id = p.person_id
    UNION ALL
    SELECT p.person_id, p.level, 'special_population', s.special_population
    FROM learners AS p JOIN special_population AS s ON s.person_id = p.person_id AND s.level = p.level
),
in_lines AS (
    SELECT p.person_id, p.level, l.line, l.dimension, '_all' AS subgroup FROM car_line AS l CROSS JOIN learners AS p WHERE l.dimension = 'total'
    UNION ALL
    SELECT g.person_id, g.level, l.line, g.dimension, g.subgroup
    FROM car_line AS l
    JOIN groups AS g ON g.dimension = l.dimension AND g.subgroup = l.subgroup
)
SELECT o.person_id, o.reporting_year AS year, o.level, o.placement_type, l.line, l.dimension, l.subgroup,
       o.program_code, COALESCE(g.cluster16, '_unknown') AS career_cluster, COALESCE(g.cluster14, '_unknown') AS cluster14,
       o.state = 'observed' AS is_observed, o.state <> 'not_observable' AS is_covered, NOT o.measurable AS is_pending, o.rule_id, o.rule_version
FROM program_cluster AS g
RIGHT JOIN (in_programs AS o
JOIN in_lines AS l ON l.person_id = o.person_id AND l.level = o.level)
                   ON g.program_code = o.program_code AND g.reporting_year = o.reporting_year
