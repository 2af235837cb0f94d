-- One row an outcome of a concentrator, reporting year, indicator, program and special population.
WITH outcomes AS (
    SELECT person_id, reporting_year, '1S1' AS indicator, 'secondary' AS level, district_id, school_id, cohort_year AS program_year,
           CAST(NULL AS VARCHAR) AS program_code, in_numerator AS is_met, TRUE AS is_covered, FALSE AS is_pending, rule_id, rule_version
    FROM graduation_four_year
    WHERE in_denominator
    UNION ALL
    SELECT person_id, reporting_year, '3S1', 'secondary', district_id, school_id, reporting_year AS program_year, NULL,
           state = 'observed', state <> 'not_observable', NOT measurable, rule_id, rule_version
    FROM placement_3s1
    WHERE concentrator AND placement_type = 'any'
    UNION ALL
    SELECT person_id, reporting_year, '1P1', 'postsecondary', NULL, school_id, reporting_year AS program_year, program_code,
           state = 'observed', state <> 'not_observable', NOT measurable, rule_id, rule_version
    FROM placement_1p1
    WHERE placement_type = 'any'
),
in_programs AS (
    -- The programs in which a secondary learner concentrated by the year; of a completer, the program that was completed.
    SELECT o.*, COALESCE(o.program_code, c.program_code) AS program
    FROM outcomes AS o
    LEFT JOIN cte_concentrator_secondary AS c
           ON o.level = 'secondary' AND c.person_id = o.person_id AND c.reporting_year = o.program_year
)
SELECT o.person_id, o.reporting_year AS year, o.indicator, o.level, o.district_id, o.school_id, o.program AS program_code,
       g.cluster16 AS career_cluster, a.gender, a.race_ethnicity, COALESCE(s.special_population, '_none') AS special_population,
       o.is_met, o.is_covered, o.is_pending, o.rule_id, o.rule_version
FROM in_programs AS o
LEFT JOIN learner_attributes AS a ON a.person_id = o.person_id
LEFT JOIN programs AS g ON g.program_code = o.program
LEFT JOIN special_population AS s ON s.person_id = o.person_id AND s.level = o.level
