-- One row a learner, year, level, program and status in it; a learner has each status once in a cell.
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
