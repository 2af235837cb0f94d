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
served AS (
    -- The rules of Perkins V begin with this year; before it there is nothing to count.
    SELECT * FROM learner_year WHERE served AND reporting_year >= 2020
),
nontraditional AS (
    -- Participants stand in the year with the organization of `learner_year`; here once, in however many such programs.
    SELECT DISTINCT person_id, reporting_year, level, district_id, school_id FROM nontraditional_status WHERE served AND is_underrepresented
),
populations AS (
    SELECT person_id, reporting_year, level, district_id, school_id, 'disability' AS special_population FROM served WHERE disability
    UNION ALL SELECT person_id, reporting_year, level, district_id, school_id, 'econ_disadvantaged' FROM served WHERE econ_disadvantaged
    UNION ALL SELECT person_id, reporting_year, level, district_id, school_id, 'single_parent' FROM served WHERE single_parent
    UNION ALL SELECT person_id, reporting_year, level, district_id, school_id, 'out_of_workforce' FROM served WHERE out_of_workforce
    UNION ALL SELECT person_id, reporting_year, level, district_id, school_id, 'english_learner' FROM served WHERE english_learner
    UNION ALL SELECT person_id, reporting_year, level, district_id, school_id, 'homeless' FROM served WHERE homeless
    UNION ALL SELECT person_id, reporting_year, level, district_id, school_id, 'foster_care' FROM served WHERE foster_care
    UNION ALL SELECT person_id, reporting_year, level, district_id, school_id, 'military_parent' FROM served WHERE military_parent
    UNION ALL SELECT person_id, reporting_year, level, district_id, school_id, 'migrant' FROM served WHERE migrant
    UNION ALL SELECT person_id, reporting_year, level, district_id, school_id, 'nontraditional' FROM nontraditional
    UNION ALL SELECT s.person_id, s.reporting_year, s.level, s.district_id, s.school_id, '_none'
              FROM nontraditional AS n
              RIGHT ANTI JOIN served AS s ON n.person_id = s.person_id AND n.reporting_year = s.reporting_year AND n.level = s.level
              WHERE NOT (COALESCE(disability, FALSE) OR COALESCE(econ_disadvantaged, FALSE) OR COALESCE(single_parent, FALSE)
                         OR COALESCE(out_of_workforce, FALSE) OR COALESCE(english_learner, FALSE) OR COALESCE(homeless, FALSE)
                         OR COALESCE(foster_care, FALSE) OR COALESCE(military_parent, FALSE) OR COALESCE(migrant, FALSE))
)
SELECT s.person_id, s.reporting_year AS year, s.level, s.district_id, s.school_id, s.special_population,
       COALESCE(p.program_code, '_none') AS program_code, COALESCE(p.career_cluster, '_none') AS career_cluster,
       COALESCE(p.cluster14, '_none') AS cluster14, a.gender, a.race_ethnicity, a.race_spd15,
       p.person_id IS NOT NULL AS is_participant, COALESCE(p.is_concentrator, FALSE) AS is_concentrator
FROM learner_attributes AS a
RIGHT JOIN (status AS p
RIGHT JOIN populations AS s ON p.person_id = s.person_id AND p.reporting_year = s.reporting_year AND p.level = s.level)
                            ON a.person_id = s.person_id
