-- One row an outcome of a concentrator, reporting year, indicator, program and special population.
WITH outcomes AS (
    -- Without a program of its own: those of the learner in the year are looked up below.
    SELECT person_id, reporting_year, indicator, district_id, school_id,
           is_proficient AS is_met, TRUE AS is_covered, FALSE AS is_pending, rule_id, rule_version
    FROM academic_proficiency
    UNION ALL
    SELECT person_id, reporting_year, indicator, district_id, school_id,
           is_met, TRUE, FALSE, rule_id, rule_version
    FROM program_quality
),
placed AS (
    -- The exit says in which year it was; a year later the learner may have become a concentrator of one more program.
    SELECT p.person_id, p.reporting_year, x.exit_year, p.district_id, p.school_id,
           p.state = 'observed' AS is_met, p.state <> 'not_observable' AS is_covered, NOT p.measurable AS is_pending, p.rule_id, p.rule_version
    FROM (SELECT person_id, reporting_year, exit_year FROM secondary_exit) AS x
    JOIN placement_3s1 AS p ON x.person_id = p.person_id AND x.reporting_year = p.reporting_year
    WHERE p.concentrator AND p.placement_type = 'any'
),
postsecondary_since AS (
    SELECT person_id, program_code, min(concentrator_year) AS since FROM cte_concentrator_postsecondary GROUP BY person_id, program_code
),
in_programs AS (
    SELECT o.person_id, o.reporting_year, o.indicator, 'secondary' AS level, o.district_id, o.school_id, c.program_code,
           o.is_met, o.is_covered, o.is_pending, o.rule_id, o.rule_version
    FROM outcomes AS o
    LEFT JOIN cte_concentrator_secondary AS c ON c.person_id = o.person_id AND c.reporting_year = o.reporting_year
    UNION ALL
    SELECT p.person_id, p.reporting_year, '3S1', 'secondary', p.district_id, p.school_id, c.program_code,
           p.is_met, p.is_covered, p.is_pending, p.rule_id, p.rule_version
    FROM placed AS p
    JOIN cte_concentrator_secondary AS c ON c.person_id = p.person_id AND c.reporting_year = p.reporting_year AND c.concentrator_year <= p.exit_year
    UNION ALL
    SELECT g.person_id, g.reporting_year, '1S1', 'secondary', g.district_id, g.school_id, c.program_code,
           g.in_numerator, TRUE, FALSE, g.rule_id, g.rule_version
    FROM graduation_four_year AS g
    JOIN cte_concentrator_secondary AS c ON c.person_id = g.person_id AND c.reporting_year = g.cohort_year
    -- What was worked out where no certified file has come enters no indicator, and so no federal report.
    WHERE g.in_denominator AND g.basis = 'certified'
    UNION ALL
    SELECT g.person_id, g.reporting_year, '1S2', 'secondary', g.district_id, g.school_id, c.program_code,
           g.in_numerator, TRUE, FALSE, g.rule_id, g.rule_version
    FROM graduation_extended AS g
    JOIN cte_concentrator_secondary AS c ON c.person_id = g.person_id AND c.reporting_year = g.cohort_year + g.cohort_length - 4
    WHERE g.in_denominator
    UNION ALL
    SELECT person_id, reporting_year, CASE level WHEN 'secondary' THEN '4S1' ELSE '3P1' END, level, district_id, school_id, program_code,
           is_underrepresented, TRUE, FALSE, rule_id, rule_version
    FROM nontraditional_status
    WHERE served AND is_concentrator
    UNION ALL
    SELECT person_id, reporting_year, '1P1', 'postsecondary', CAST(NULL AS VARCHAR), school_id, program_code,
           state = 'observed', state <> 'not_observable', NOT measurable, rule_id, rule_version
    FROM placement_1p1
    WHERE placement_type = 'any'
    UNION ALL
    SELECT p.person_id, p.reporting_year, '2P1', 'postsecondary', CAST(NULL AS VARCHAR), p.school_id, c.program_code,
           p.is_met, TRUE, NOT p.measurable, p.rule_id, p.rule_version
    FROM credential_2p1 AS p
    JOIN postsecondary_since AS c ON c.person_id = p.person_id AND c.since <= p.exit_year
),
in_the_year AS (
    -- 4S1 and 3P1 look at those who were served in the year, and at the special populations they belonged to in it.
    SELECT DISTINCT person_id, reporting_year, level FROM nontraditional_status WHERE served AND is_concentrator
),
of_the_year AS (
    -- One pass over the learners of the year for all populations.
    SELECT y.person_id, y.level, y.reporting_year, f.special_population
    FROM (VALUES ('disability'), ('econ_disadvantaged'), ('single_parent'), ('out_of_workforce'), ('english_learner'), ('homeless'), ('foster_care'),
                 ('military_parent'), ('migrant')) AS f (special_population)
    JOIN (in_the_year AS i
    JOIN learner_year AS y ON y.person_id = i.person_id AND y.reporting_year = i.reporting_year AND y.level = i.level)
      ON CASE f.special_population WHEN 'disability' THEN y.disability WHEN 'econ_disadvantaged' THEN y.econ_disadvantaged
                                   WHEN 'single_parent' THEN y.single_parent WHEN 'out_of_workforce' THEN y.out_of_workforce
                                   WHEN 'english_learner' THEN y.english_learner WHEN 'homeless' THEN y.homeless
                                   WHEN 'foster_care' THEN y.foster_care WHEN 'military_parent' THEN y.military_parent
                                   WHEN 'migrant' THEN y.migrant END
),
populations AS (
    -- `of_year` is the year for which a population holds, and 0 for the cohorts that count it ever.
    SELECT person_id, level, 0 AS of_year, special_population FROM special_population
    UNION ALL SELECT person_id, level, reporting_year, special_population FROM of_the_year
    UNION ALL SELECT DISTINCT n.person_id, n.level, n.reporting_year, 'nontraditional'
              FROM in_the_year AS i
              JOIN nontraditional_status AS n ON n.person_id = i.person_id AND n.reporting_year = i.reporting_year AND n.level = i.level
              WHERE n.is_underrepresented
)
SELECT o.person_id, o.reporting_year AS year, o.indicator, o.level, o.district_id, o.school_id, o.program_code,
       COALESCE(g.cluster16, '_unknown') AS career_cluster, a.gender, a.race_ethnicity, a.race_spd15, COALESCE(s.special_population, '_none') AS special_population,
       o.is_met, o.is_covered, o.is_pending, o.rule_id, o.rule_version
FROM populations AS s
RIGHT JOIN (learner_attributes AS a
RIGHT JOIN (program_cluster AS g
RIGHT JOIN in_programs AS o ON g.program_code = o.program_code AND g.reporting_year = o.reporting_year)
                            ON a.person_id = o.person_id)
                            ON s.person_id = o.person_id AND s.level = o.level
                               AND s.of_year = CASE WHEN o.indicator IN ('4S1', '3P1') THEN o.reporting_year ELSE 0 END
