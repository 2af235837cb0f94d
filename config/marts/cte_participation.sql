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
    SELECT t.person_id, t.reporting_year, t.level, t.program_code, COALESCE(p.cluster16, '_unknown') AS career_cluster,
           r.person_id IS NOT NULL AS is_concentrator
    FROM taken AS t
    LEFT JOIN reached AS r
           ON r.person_id = t.person_id AND r.reporting_year = t.reporting_year AND r.level = t.level AND r.program_code = t.program_code
    LEFT JOIN programs AS p ON p.program_code = t.program_code
),
served AS (
    SELECT y.*, COALESCE(disability, FALSE) OR COALESCE(econ_disadvantaged, FALSE) OR COALESCE(single_parent, FALSE)
             OR COALESCE(out_of_workforce, FALSE) OR COALESCE(english_learner, FALSE) OR COALESCE(homeless, FALSE)
             OR COALESCE(foster_care, FALSE) OR COALESCE(military_parent, FALSE) OR COALESCE(migrant, FALSE) AS in_any
    FROM learner_year AS y
    -- The rules of Perkins V begin with this year; before it there is nothing to count.
    WHERE served AND reporting_year >= 2020
),
populations AS (
    SELECT s.person_id, s.reporting_year, s.level, s.district_id, s.school_id, c.code AS special_population
    FROM served AS s
    CROSS JOIN (VALUES ('disability'), ('econ_disadvantaged'), ('single_parent'), ('out_of_workforce'), ('english_learner'), ('homeless'),
                       ('foster_care'), ('military_parent'), ('migrant'), ('_none')) AS c(code)
    WHERE CASE c.code WHEN 'disability' THEN disability WHEN 'econ_disadvantaged' THEN econ_disadvantaged
                      WHEN 'single_parent' THEN single_parent WHEN 'out_of_workforce' THEN out_of_workforce
                      WHEN 'english_learner' THEN english_learner WHEN 'homeless' THEN homeless WHEN 'foster_care' THEN foster_care
                      WHEN 'military_parent' THEN military_parent WHEN 'migrant' THEN migrant ELSE NOT in_any END
)
SELECT s.person_id, s.reporting_year AS year, s.level, s.district_id, s.school_id, s.special_population,
       COALESCE(p.program_code, '_none') AS program_code, COALESCE(p.career_cluster, '_none') AS career_cluster,
       a.gender, a.race_ethnicity,
       p.person_id IS NOT NULL AS is_participant, COALESCE(p.is_concentrator, FALSE) AS is_concentrator
FROM populations AS s
LEFT JOIN status AS p ON p.person_id = s.person_id AND p.reporting_year = s.reporting_year AND p.level = s.level
LEFT JOIN learner_attributes AS a ON a.person_id = s.person_id
