-- One row an indicator, year and line of the report.
WITH lines AS (
    SELECT * FROM (VALUES
        ('total', '_total', 1), ('gender', 'M', 2), ('gender', 'F', 3),
        ('race_ethnicity', 'AM7', 4), ('race_ethnicity', 'AS7', 5), ('race_ethnicity', 'BL7', 6), ('race_ethnicity', 'HI7', 7),
        ('race_ethnicity', 'PI7', 8), ('race_ethnicity', 'WH7', 9), ('race_ethnicity', 'MU7', 10), ('race_ethnicity', '_unknown', 11),
        ('special_population', 'disability', 12), ('special_population', 'econ_disadvantaged', 13),
        ('special_population', 'nontraditional', 14), ('special_population', 'single_parent', 15),
        ('special_population', 'out_of_workforce', 16), ('special_population', 'english_learner', 17),
        ('special_population', 'homeless', 18), ('special_population', 'foster_care', 19),
        ('special_population', 'military_parent', 20), ('special_population', 'migrant', 21)) AS l (dimension, subgroup, line)
),
groups AS (
    SELECT year, indicator, level, 'total' AS dimension, '_total' AS subgroup, numerator, denominator, rate, rate_status, rate_rule, rate_rule_version
    FROM indicator WHERE grouping_set = 'total'
    UNION ALL
    SELECT year, indicator, level, 'gender', gender, numerator, denominator, rate, rate_status, rate_rule, rate_rule_version
    FROM indicator WHERE grouping_set = 'gender'
    UNION ALL
    SELECT year, indicator, level, 'race_ethnicity', race_ethnicity, numerator, denominator, rate, rate_status, rate_rule, rate_rule_version
    FROM indicator WHERE grouping_set = 'race_ethnicity'
    UNION ALL
    SELECT year, indicator, level, 'special_population', special_population, numerator, denominator, rate, rate_status, rate_rule, rate_rule_version
    FROM indicator WHERE grouping_set = 'special_population'
),
held AS (
    SELECT g.year, g.indicator, g.level, l.line, g.dimension, g.subgroup, g.numerator, g.denominator, g.rate, g.rate_status, t.target,
           g.rate_rule, g.rate_rule_version,
           -- 100 n / d >= 0.9 target, without a quotient.
           CASE WHEN g.rate IS NOT NULL AND t.target IS NOT NULL
                THEN CAST(g.numerator * 1000 AS DECIMAL(20, 2)) >= 9 * t.target * CAST(g.denominator AS DECIMAL(12, 0)) END AS meets_90
    FROM lines AS l
    JOIN groups AS g ON g.dimension = l.dimension AND g.subgroup = l.subgroup
    LEFT JOIN targets AS t ON t.indicator = g.indicator AND t.reporting_year = g.year
)
SELECT year, indicator, level, line, dimension, subgroup, numerator, denominator, rate AS actual, rate_status AS status, target,
       CASE WHEN target > 0 THEN 10000.0 * rate / arrow_cast(target, 'Float64') END AS pct_of_target, meets_90,
       CASE WHEN line = 1 THEN NOT meets_90 END AS improvement_plan, rate_rule AS rule, rate_rule_version AS rule_version
FROM held
