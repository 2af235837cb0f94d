-- One row a concentrator who exited, reporting year, type of placement, program and special population.
WITH populations AS (
    SELECT a.person_id, c.code AS special_population
    FROM (SELECT b.*, COALESCE(ever_disability, FALSE) OR COALESCE(ever_econ_disadvantaged, FALSE) OR COALESCE(ever_single_parent, FALSE)
                   OR COALESCE(ever_out_of_workforce, FALSE) OR COALESCE(ever_english_learner, FALSE) OR COALESCE(ever_homeless, FALSE)
                   OR COALESCE(ever_foster_care, FALSE) OR COALESCE(ever_military_parent, FALSE) OR COALESCE(ever_migrant, FALSE) AS in_any
          FROM learner_attributes AS b) AS a
    CROSS JOIN (VALUES ('disability'), ('econ_disadvantaged'), ('single_parent'), ('out_of_workforce'), ('english_learner'), ('homeless'),
                       ('foster_care'), ('military_parent'), ('migrant'), ('_none')) AS c(code)
    WHERE CASE c.code WHEN 'disability' THEN ever_disability WHEN 'econ_disadvantaged' THEN ever_econ_disadvantaged
                      WHEN 'single_parent' THEN ever_single_parent WHEN 'out_of_workforce' THEN ever_out_of_workforce
                      WHEN 'english_learner' THEN ever_english_learner WHEN 'homeless' THEN ever_homeless
                      WHEN 'foster_care' THEN ever_foster_care WHEN 'military_parent' THEN ever_military_parent
                      WHEN 'migrant' THEN ever_migrant ELSE NOT in_any END
)
SELECT p.person_id, p.reporting_year AS year, p.placement_type, p.district_id, p.school_id,
       c.program_code, COALESCE(g.cluster16, '_unknown') AS career_cluster, a.gender, a.race_ethnicity,
       COALESCE(s.special_population, '_none') AS special_population,
       p.state = 'observed' AS is_observed, p.state <> 'not_observable' AS is_covered, p.state = 'not_observable' AS is_not_observable,
       NOT p.measurable AS is_pending, p.rule_id, p.rule_version
FROM placement_3s1 AS p
JOIN cte_concentrator_secondary AS c ON c.person_id = p.person_id AND c.reporting_year = p.reporting_year
LEFT JOIN programs AS g ON g.program_code = c.program_code
LEFT JOIN learner_attributes AS a ON a.person_id = p.person_id
LEFT JOIN populations AS s ON s.person_id = p.person_id
WHERE p.concentrator
