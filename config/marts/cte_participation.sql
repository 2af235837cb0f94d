-- One row a learner, year, level, program and special population.
WITH taken AS (
    SELECT person_id, reporting_year, 'secondary' AS level, program_code FROM cte_participant_secondary WHERE served
    UNION ALL
    SELECT person_id, reporting_year, 'postsecondary', program_code FROM cte_participant_postsecondary WHERE served
),
reached AS (
    SELECT person_id, reporting_year, 'secondary' AS level, program_code FROM cte_concentrator_secondary WHERE served
    UNION ALL
    SELECT person_id, reporting_year, 'postsecondary', program_code FROM cte_concentrator_postsecondary WHERE served
),
status AS (
    -- The narrow table of each join stands on the left, where the engine holds it in memory.
    SELECT t.person_id, t.reporting_year, t.level, t.program_code, COALESCE(p.cluster16, '_unknown') AS career_cluster,
           COALESCE(p.cluster14, '_unknown') AS cluster14, r.person_id IS NOT NULL AS is_concentrator
    FROM program_cluster AS p
    RIGHT JOIN (reached AS r
    RIGHT JOIN taken AS t
            ON r.person_id = t.person_id AND r.reporting_year = t.reporting_year AND r.level = t.level AND r.program_code = t.program_code)
            ON p.program_code = t.program_code AND p.reporting_year = t.reporting_year
),
nontraditional AS (
    -- In however many such programs, once.
    SELECT DISTINCT person_id, reporting_year, level FROM nontraditional_status WHERE served AND is_underrepresented
),
served AS (
    -- The rules of Perkins V begin with this year; before it there is nothing to count. Each population is one bit of a number, so that the learners of a
    -- year pass by once for all of them.
    SELECT y.person_id, y.reporting_year, y.level, y.district_id, y.school_id,
           CASE WHEN disability THEN 1 ELSE 0 END + CASE WHEN econ_disadvantaged THEN 2 ELSE 0 END + CASE WHEN single_parent THEN 4 ELSE 0 END
             + CASE WHEN out_of_workforce THEN 8 ELSE 0 END + CASE WHEN english_learner THEN 16 ELSE 0 END + CASE WHEN homeless THEN 32 ELSE 0 END
             + CASE WHEN foster_care THEN 64 ELSE 0 END + CASE WHEN military_parent THEN 128 ELSE 0 END + CASE WHEN migrant THEN 256 ELSE 0 END
             + CASE WHEN n.person_id IS NULL THEN 0 ELSE 512 END AS bits
    FROM nontraditional AS n
    RIGHT JOIN (SELECT * FROM learner_year WHERE served AND reporting_year >= 2020) AS y
            ON n.person_id = y.person_id AND n.reporting_year = y.reporting_year AND n.level = y.level
),
versions AS (
    -- The rules behind the shares of a year and level.
    SELECT 'secondary' AS level, p.reporting_year, p.rule_id AS part_id, p.rule_version AS part_version, c.rule_id AS conc_id, c.rule_version AS conc_version
    FROM (SELECT reporting_year, max(rule_id) AS rule_id, max(rule_version) AS rule_version FROM cte_participant_secondary GROUP BY reporting_year) AS p
    LEFT JOIN (SELECT reporting_year, max(rule_id) AS rule_id, max(rule_version) AS rule_version FROM cte_concentrator_secondary GROUP BY reporting_year) AS c
           ON c.reporting_year = p.reporting_year
    UNION ALL
    SELECT 'postsecondary', p.reporting_year, p.rule_id, p.rule_version, c.rule_id, c.rule_version
    FROM (SELECT reporting_year, max(rule_id) AS rule_id, max(rule_version) AS rule_version FROM cte_participant_postsecondary GROUP BY reporting_year) AS p
    LEFT JOIN (SELECT reporting_year, max(rule_id) AS rule_id, max(rule_version) AS rule_version FROM cte_concentrator_postsecondary GROUP BY reporting_year) AS c
           ON c.reporting_year = p.reporting_year
),
populations AS (
    SELECT s.person_id, s.reporting_year, s.level, s.district_id, s.school_id, p.special_population
    FROM (VALUES ('disability', 1), ('econ_disadvantaged', 2), ('single_parent', 4), ('out_of_workforce', 8), ('english_learner', 16), ('homeless', 32),
                 ('foster_care', 64), ('military_parent', 128), ('migrant', 256), ('nontraditional', 512), ('_none', 0)) AS p (special_population, bit)
    JOIN served AS s ON s.bits & p.bit <> 0 OR (s.bits = 0 AND p.bit = 0)
)
SELECT s.person_id, s.reporting_year AS year, s.level, s.district_id, s.school_id, s.special_population,
       COALESCE(p.program_code, '_none') AS program_code, COALESCE(p.career_cluster, '_none') AS career_cluster,
       COALESCE(p.cluster14, '_none') AS cluster14, a.gender, a.race_ethnicity, a.race_spd15,
       p.person_id IS NOT NULL AS is_participant, COALESCE(p.is_concentrator, FALSE) AS is_concentrator,
       v.part_id, v.part_version, v.conc_id, v.conc_version
FROM versions AS v
RIGHT JOIN (learner_attributes AS a
RIGHT JOIN (status AS p
RIGHT JOIN populations AS s ON p.person_id = s.person_id AND p.reporting_year = s.reporting_year AND p.level = s.level)
                            ON a.person_id = s.person_id)
                            ON v.level = s.level AND v.reporting_year = s.reporting_year
