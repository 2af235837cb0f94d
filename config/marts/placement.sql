-- One row a concentrator who exited, reporting year, type of placement, program and special population.
WITH concentrators AS (
    -- The narrow table of each join stands on the left, where the engine holds it in memory.
    SELECT c.person_id, c.reporting_year, c.concentrator_year, c.program_code, a.gender, a.race_ethnicity
    FROM learner_attributes AS a
    RIGHT JOIN cte_concentrator_secondary AS c ON a.person_id = c.person_id
)
SELECT p.person_id, p.reporting_year AS year, p.placement_type, p.district_id, p.school_id,
       c.program_code, COALESCE(g.cluster16, '_unknown') AS career_cluster, c.gender, c.race_ethnicity,
       COALESCE(s.special_population, '_none') AS special_population,
       p.state = 'observed' AS is_observed, p.state <> 'not_observable' AS is_covered, p.state = 'not_observable' AS is_not_observable,
       p.finding = 'not_found' AS is_not_found, p.finding = 'elsewhere_possible' AS is_elsewhere_possible,
       p.source = 'survey' AS is_self_reported, NOT p.measurable AS is_pending, p.rule_id, p.rule_version
FROM (SELECT person_id, special_population FROM special_population WHERE level = 'secondary') AS s
RIGHT JOIN (program_cluster AS g
RIGHT JOIN (concentrators AS c
JOIN (SELECT p.*, x.exit_year
      FROM (SELECT person_id, reporting_year, exit_year FROM secondary_exit) AS x
      JOIN placement_3s1 AS p ON x.person_id = p.person_id AND x.reporting_year = p.reporting_year) AS p
  ON c.person_id = p.person_id AND c.reporting_year = p.reporting_year AND c.concentrator_year <= p.exit_year)
                        ON g.program_code = c.program_code AND g.reporting_year = p.reporting_year)
                        ON s.person_id = p.person_id
WHERE p.concentrator
