-- One row a learner, school year, CTE program, attempt at a credential and special population.
WITH concentrated AS (
    SELECT person_id, reporting_year, program_code, rule_id, rule_version FROM cte_concentrator_secondary WHERE served
),
people AS (
    SELECT person_id, reporting_year FROM concentrated
    UNION SELECT person_id, reporting_year FROM credential_attempt
),
in_programs AS (
    -- The narrow table of each join stands on the left, where the engine holds it in memory.
    SELECT t.person_id, t.reporting_year, t.program_code, COALESCE(g.cluster16, '_unknown') AS career_cluster,
           c.person_id IS NOT NULL AS is_concentrator, c.rule_id, c.rule_version
    FROM program_cluster AS g
    RIGHT JOIN (concentrated AS c
    RIGHT JOIN (SELECT * FROM cte_participant_secondary WHERE only_counted IS NOT TRUE) AS t
            ON c.person_id = t.person_id AND c.reporting_year = t.reporting_year AND c.program_code = t.program_code)
            ON g.program_code = t.program_code AND g.reporting_year = t.reporting_year
),
places AS (
    SELECT e.person_id, e.reporting_year, y.district_id
    FROM people AS e
    LEFT JOIN learner_year AS y ON y.person_id = e.person_id AND y.reporting_year = e.reporting_year AND y.level = 'secondary'
                               AND y.only_counted IS NOT TRUE
),
attempted AS (
    SELECT e.person_id, e.reporting_year, e.district_id, c.credential_code, c.credential_type, c.value, c.passed, c.is_recognized, c.is_high_value,
           c.rule_id, c.rule_version
    FROM credential_attempt AS c
    RIGHT JOIN places AS e ON c.person_id = e.person_id AND c.reporting_year = e.reporting_year
)
SELECT e.person_id, e.reporting_year AS year, COALESCE(e.district_id, '_unknown') AS district_id,
       COALESCE(e.credential_code, '_none') AS credential_code,
       CASE WHEN e.credential_code IS NULL THEN '_none' ELSE COALESCE(e.credential_type, '_unknown') END AS credential_type,
       COALESCE(e.value, '_none') AS value,
       COALESCE(p.program_code, '_none') AS program_code, COALESCE(p.career_cluster, '_none') AS career_cluster,
       a.gender, a.race_ethnicity, COALESCE(s.special_population, '_none') AS special_population,
       e.credential_code IS NOT NULL AS is_attempted, COALESCE(e.passed, FALSE) AS is_earned,
       COALESCE(e.passed AND e.is_recognized, FALSE) AS is_recognized, COALESCE(e.passed AND e.is_high_value, FALSE) AS is_high_value,
       COALESCE(p.is_concentrator, FALSE) AS is_concentrator,
       COALESCE(p.is_concentrator AND e.passed, FALSE) AS is_conc_earner,
       COALESCE(p.is_concentrator AND e.passed AND e.is_recognized, FALSE) AS is_conc_recognized,
       e.rule_id, e.rule_version, p.rule_id AS conc_rule_id, p.rule_version AS conc_rule_version
FROM learner_attributes AS a
RIGHT JOIN ((SELECT person_id, special_population FROM special_population WHERE level = 'secondary') AS s
RIGHT JOIN (attempted AS e
LEFT JOIN in_programs AS p ON p.person_id = e.person_id AND p.reporting_year = e.reporting_year)
                           ON s.person_id = e.person_id)
                           ON a.person_id = e.person_id
