-- One row a learner, year, level, program and status in it; a learner has each status once in a cell.
WITH statuses AS (
    SELECT person_id, reporting_year AS year, 'secondary' AS level, program_code, TRUE AS is_participant, FALSE AS is_concentrator, FALSE AS is_completer,
           FALSE AS is_credentialed
    FROM cte_participant_secondary
    WHERE served
    UNION ALL
    SELECT person_id, reporting_year, 'secondary', program_code, TRUE, TRUE, FALSE, FALSE FROM cte_concentrator_secondary WHERE served
    UNION ALL
    SELECT person_id, reporting_year, 'secondary', program_code, TRUE, TRUE, TRUE, FALSE FROM cte_completer_secondary WHERE served
    UNION ALL
    SELECT person_id, reporting_year, 'postsecondary', program_code, TRUE, FALSE, FALSE, FALSE FROM cte_participant_postsecondary WHERE served
    UNION ALL
    SELECT person_id, reporting_year, 'postsecondary', program_code, TRUE, TRUE, FALSE, FALSE FROM cte_concentrator_postsecondary WHERE served
    UNION ALL
    -- Who completes in a year in which no college served them, as in the summer after the last term, is a concentrator of that year too.
    SELECT person_id, completion_year, 'postsecondary', program_code, TRUE, TRUE, TRUE, FALSE FROM postsecondary_completion WHERE completion_year >= 2020
    UNION ALL
    SELECT person_id, reporting_year, level, program_code, FALSE, FALSE, FALSE, TRUE FROM program_credential
),
versions AS (
    -- The rules behind the shares of a year and level.
    SELECT 'secondary' AS level, c.reporting_year, c.rule_id AS conc_id, c.rule_version AS conc_version, d.rule_id AS comp_id, d.rule_version AS comp_version
    FROM (SELECT reporting_year, max(rule_id) AS rule_id, max(rule_version) AS rule_version FROM cte_concentrator_secondary GROUP BY reporting_year) AS c
    LEFT JOIN (SELECT reporting_year AS reporting_year, max(rule_id) AS rule_id, max(rule_version) AS rule_version FROM cte_completer_secondary GROUP BY reporting_year) AS d
           ON d.reporting_year = c.reporting_year
    UNION ALL
    SELECT 'postsecondary' AS level, c.reporting_year, c.rule_id AS conc_id, c.rule_version AS conc_version, d.rule_id AS comp_id, d.rule_version AS comp_version
    FROM (SELECT reporting_year, max(rule_id) AS rule_id, max(rule_version) AS rule_version FROM cte_concentrator_postsecondary GROUP BY reporting_year) AS c
    LEFT JOIN (SELECT completion_year AS reporting_year, max(rule_id) AS rule_id, max(rule_version) AS rule_version FROM postsecondary_completion GROUP BY completion_year) AS d
           ON d.reporting_year = c.reporting_year
)
SELECT s.*, v.conc_id, v.conc_version, v.comp_id, v.comp_version
FROM versions AS v
RIGHT JOIN statuses AS s ON v.level = s.level AND v.reporting_year = s.year
