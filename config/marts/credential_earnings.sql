-- One row a leaver, level, exit year, quarter after the exit and program, with the best credential by the exit.
WITH in_programs AS (
    -- As for `earnings`: the programs in which a leaver concentrated by the year of the exit; of a completer, the program that was completed.
    SELECT c.person_id, 'secondary' AS level, x.exit_year AS of_year, c.program_code
    FROM secondary_exit AS x
    JOIN cte_concentrator_secondary AS c ON c.person_id = x.person_id AND c.reporting_year = x.reporting_year AND c.concentrator_year <= x.exit_year
    UNION ALL
    SELECT person_id, 'postsecondary', completion_year, program_code FROM postsecondary_completion
)
SELECT e.person_id, e.exit_year AS year, e.level, e.quarters_after, COALESCE(c.credential, 'none') AS credential,
       CASE WHEN e.concentrator THEN 'concentrator' ELSE 'other' END AS concentrator_status,
       CASE WHEN p.person_id IS NULL THEN '_none' ELSE COALESCE(g.cluster16, '_unknown') END AS career_cluster, a.gender, a.race_ethnicity,
       e.state <> 'not_observable' AS is_covered, e.employed AS is_employed, NOT e.measurable AS is_pending, e.real_wages IS NOT NULL AS is_real,
       e.wages, e.real_wages, e.rule_id, e.rule_version
-- The narrow table of each join stands on the left, where the engine holds it in memory.
FROM (SELECT person_id, gender, race_ethnicity FROM learner_attributes) AS a
RIGHT JOIN (program_cluster AS g
RIGHT JOIN (in_programs AS p
RIGHT JOIN (credential_at_exit AS c
RIGHT JOIN employment_after_exit AS e
        ON c.person_id = e.person_id AND c.level = e.level AND c.exit_year = e.exit_year)
        ON p.person_id = e.person_id AND p.level = e.level AND p.of_year = e.exit_year)
        ON g.program_code = p.program_code AND g.reporting_year = e.exit_year)
        ON a.person_id = e.person_id
