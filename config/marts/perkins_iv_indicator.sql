-- One row an outcome of Perkins IV, reporting year, indicator, career cluster of the program and special population.
WITH concentrated AS (
    SELECT person_id, program_code, min(concentrator_year) AS since
    FROM cte_concentrator_secondary
    WHERE reporting_year <= 2019
    GROUP BY person_id, program_code
),
outcomes AS (
    -- Of leavers and of the cohort the programs in which they concentrated by then; of non-traditional participation the program itself.
    SELECT o.person_id, o.reporting_year, o.indicator, o.level, o.district_id, c.program_code, o.is_met, o.rule_id, o.rule_version
    FROM (SELECT * FROM perkins_iv_outcome WHERE indicator IN ('3S1', '4S1')) AS o
    JOIN concentrated AS c ON c.person_id = o.person_id AND c.since <= o.reporting_year
    UNION ALL
    SELECT person_id, reporting_year, CASE level WHEN 'secondary' THEN '6S1' ELSE '5P1' END, level, district_id, program_code, is_underrepresented,
           rule_id, rule_version
    FROM perkins_iv_nontraditional
),
years AS (
    SELECT person_id, reporting_year, level, COALESCE(disability, FALSE) AS disability,
           COALESCE(econ_disadvantaged, FALSE) OR COALESCE(foster_care, FALSE) AS econ_disadvantaged, COALESCE(single_parent, FALSE) AS single_parent,
           COALESCE(out_of_workforce, FALSE) AS displaced, COALESCE(english_learner, FALSE) AS limited_english, COALESCE(migrant, FALSE) AS migrant
    FROM learner_year
    WHERE served AND reporting_year <= 2019
),
nontraditional AS (
    SELECT DISTINCT person_id, reporting_year, level FROM perkins_iv_nontraditional WHERE is_underrepresented
),
populations AS (
    -- `of_year` is the year for which a population holds, and 0 for the leavers and the cohort, which count it ever. Foster children were among the
    -- economically disadvantaged by the law of then.
    SELECT DISTINCT person_id, level, 0 AS of_year, CASE special_population WHEN 'foster_care' THEN 'econ_disadvantaged' WHEN 'out_of_workforce' THEN 'displaced_homemaker'
                                                                            WHEN 'english_learner' THEN 'limited_english' ELSE special_population END AS special_population
    FROM special_population
    WHERE special_population IN ('disability', 'econ_disadvantaged', 'foster_care', 'single_parent', 'out_of_workforce', 'english_learner', 'migrant')
    UNION ALL SELECT DISTINCT person_id, level, 0, 'nontraditional' FROM nontraditional
    UNION ALL SELECT person_id, level, reporting_year, 'disability' FROM years WHERE disability
    UNION ALL SELECT person_id, level, reporting_year, 'econ_disadvantaged' FROM years WHERE econ_disadvantaged
    UNION ALL SELECT person_id, level, reporting_year, 'single_parent' FROM years WHERE single_parent
    UNION ALL SELECT person_id, level, reporting_year, 'displaced_homemaker' FROM years WHERE displaced
    UNION ALL SELECT person_id, level, reporting_year, 'limited_english' FROM years WHERE limited_english
    UNION ALL SELECT person_id, level, reporting_year, 'migrant' FROM years WHERE migrant
    UNION ALL SELECT person_id, level, reporting_year, 'nontraditional' FROM nontraditional
)
SELECT o.person_id, o.reporting_year AS year, o.indicator, o.level, o.district_id, COALESCE(g.cluster16, '_unknown') AS career_cluster,
       a.gender, a.race_ethnicity, COALESCE(s.special_population, '_none') AS special_population, o.is_met, o.rule_id, o.rule_version
-- The narrow table of each join stands on the left, where the engine holds it in memory.
FROM populations AS s
RIGHT JOIN (learner_attributes AS a
RIGHT JOIN (program_cluster AS g
RIGHT JOIN outcomes AS o ON g.program_code = o.program_code AND g.reporting_year = o.reporting_year)
                         ON a.person_id = o.person_id)
                         ON s.person_id = o.person_id AND s.level = o.level
                            AND s.of_year = CASE WHEN o.indicator IN ('6S1', '5P1') THEN o.reporting_year ELSE 0 END
