-- One row a leaver, level, exit year, quarter after the exit, program and special population.
WITH in_programs AS (
    -- The programs in which a secondary leaver concentrated by the year of the exit, as for 3S1; of a completer, the program that was completed.
    SELECT c.person_id, 'secondary' AS level, x.exit_year AS of_year, c.program_code
    FROM secondary_exit AS x
    JOIN cte_concentrator_secondary AS c ON c.person_id = x.person_id AND c.reporting_year = x.reporting_year AND c.concentrator_year <= x.exit_year
    UNION ALL
    SELECT person_id, 'postsecondary', completion_year, program_code FROM postsecondary_completion
)
SELECT e.person_id, e.exit_year AS year, e.level, e.quarters_after,
       CASE WHEN e.concentrator THEN 'concentrator' ELSE 'other' END AS concentrator_status, e.district_id,
       COALESCE(p.program_code, '_none') AS program_code, CASE WHEN p.person_id IS NULL THEN '_none' ELSE COALESCE(g.cluster16, '_unknown') END AS career_cluster,
       a.gender, a.race_ethnicity, COALESCE(s.special_population, '_none') AS special_population,
       CASE WHEN e.employed THEN COALESCE(e.naics_sector, '_unknown') ELSE '_none' END AS naics_sector,
       e.state <> 'not_observable' AS is_covered, e.finding = 'below_minimum' AS is_below_minimum, e.finding = 'other_quarters' AS is_other_quarters,
       e.finding = 'elsewhere_possible' AS is_elsewhere, e.employed AS is_employed, NOT e.measurable AS is_pending,
       COALESCE(e.full_quarter, FALSE) AS is_full_quarter, e.employed AND e.full_quarter IS NULL AS is_full_pending,
       e.real_wages IS NOT NULL AS is_real, COALESCE(e.implausible, FALSE) AS is_implausible,
       e.wages, e.real_wages, e.rule_id, e.rule_version
-- The narrow table of each join stands on the left, where the engine holds it in memory.
FROM (SELECT person_id, level, special_population FROM special_population) AS s
RIGHT JOIN ((SELECT person_id, gender, race_ethnicity FROM learner_attributes) AS a
RIGHT JOIN (program_cluster AS g
RIGHT JOIN (in_programs AS p
RIGHT JOIN employment_after_exit AS e
        ON p.person_id = e.person_id AND p.level = e.level AND p.of_year = e.exit_year)
        ON g.program_code = p.program_code AND g.reporting_year = e.exit_year)
        ON a.person_id = e.person_id)
        ON s.person_id = e.person_id AND s.level = e.level
