-- One row a learner, exit or completion of a year, and special population.
WITH cohorts AS (
    SELECT person_id, exit_year AS year, 'secondary' AS level, district_id, rule_id, rule_version FROM secondary_exit
    UNION ALL
    SELECT person_id, completion_year, 'postsecondary', CAST(NULL AS VARCHAR), rule_id, rule_version FROM postsecondary_completion
),
known AS (
    SELECT person_id, bool_or(has_ssn) AS has_ssn, bool_or(has_bridge) AS has_bridge, bool_or(in_k12) AS in_k12,
           bool_or(searched) AS searched, bool_or(in_college) AS in_college, bool_or(in_wages) AS in_wages, bool_or(in_licences) AS in_licences
    FROM (SELECT person_id, has_ssn, has_bridge, CAST(NULL AS BOOLEAN) AS in_k12, CAST(NULL AS BOOLEAN) AS searched,
                 CAST(NULL AS BOOLEAN) AS in_college, CAST(NULL AS BOOLEAN) AS in_wages, CAST(NULL AS BOOLEAN) AS in_licences
          FROM person_link
          UNION ALL
          SELECT person_id, CAST(NULL AS BOOLEAN), CAST(NULL AS BOOLEAN), TRUE, CAST(NULL AS BOOLEAN), CAST(NULL AS BOOLEAN),
                 CAST(NULL AS BOOLEAN), CAST(NULL AS BOOLEAN)
          FROM k12_enrollment
          UNION ALL
          SELECT person_id, CAST(NULL AS BOOLEAN), CAST(NULL AS BOOLEAN), CAST(NULL AS BOOLEAN), TRUE, TRUE, CAST(NULL AS BOOLEAN),
                 CAST(NULL AS BOOLEAN)
          FROM ps_enrollment
          UNION ALL
          -- A row of the Clearinghouse that found nothing shows that somebody looked.
          SELECT person_id, CAST(NULL AS BOOLEAN), CAST(NULL AS BOOLEAN), CAST(NULL AS BOOLEAN), TRUE, record_found, CAST(NULL AS BOOLEAN),
                 CAST(NULL AS BOOLEAN)
          FROM nsc_detail
          UNION ALL
          SELECT person_id, CAST(NULL AS BOOLEAN), CAST(NULL AS BOOLEAN), CAST(NULL AS BOOLEAN), CAST(NULL AS BOOLEAN), CAST(NULL AS BOOLEAN),
                 TRUE, CAST(NULL AS BOOLEAN)
          FROM ui_wages
          UNION ALL
          SELECT person_id, CAST(NULL AS BOOLEAN), CAST(NULL AS BOOLEAN), CAST(NULL AS BOOLEAN), CAST(NULL AS BOOLEAN), CAST(NULL AS BOOLEAN),
                 CAST(NULL AS BOOLEAN), TRUE
          FROM licences) AS k
    GROUP BY person_id
)
SELECT c.person_id, c.year, c.level, c.district_id, a.gender, a.race_ethnicity, COALESCE(s.special_population, '_none') AS special_population,
       COALESCE(k.has_ssn, FALSE) AS is_with_ssn, COALESCE(k.has_bridge, FALSE) AS is_with_bridge,
       -- Whoever was found in wages could be found there, even by a number that is no valid one.
       COALESCE(k.has_ssn, FALSE) OR COALESCE(k.has_bridge, FALSE) OR COALESCE(k.in_wages, FALSE) AS is_bridged,
       COALESCE(k.searched, FALSE) AS is_searched, COALESCE(k.in_k12, FALSE) AS is_in_k12, COALESCE(k.in_college, FALSE) AS is_in_college,
       COALESCE(k.in_wages, FALSE) AS is_in_wages, COALESCE(k.in_licences, FALSE) AS is_in_licences, c.rule_id, c.rule_version
FROM learner_attributes AS a
RIGHT JOIN (special_population AS s
RIGHT JOIN (cohorts AS c
LEFT JOIN known AS k ON k.person_id = c.person_id)
                     ON s.person_id = c.person_id AND s.level = c.level)
                     ON a.person_id = c.person_id
