-- One row an indicator, year and line of the report.
WITH groups AS (
    SELECT year, indicator, level, 'total' AS dimension, '_total' AS subgroup, numerator, denominator, covered_denominator, pending, rate, rate_rule, rate_version
    FROM indicator WHERE grouping_set = 'total'
    UNION ALL
    SELECT year, indicator, level, 'gender', gender, numerator, denominator, covered_denominator, pending, rate, rate_rule, rate_version
    FROM indicator WHERE grouping_set = 'gender'
    UNION ALL
    SELECT year, indicator, level, 'race_ethnicity', race_ethnicity, numerator, denominator, covered_denominator, pending, rate, rate_rule, rate_version
    FROM indicator WHERE grouping_set = 'race_ethnicity'
    UNION ALL
    SELECT year, indicator, level, 'special_population', special_population, numerator, denominator, covered_denominator, pending, rate, rate_rule, rate_version
    FROM indicator WHERE grouping_set = 'special_population'
),
held AS (
    SELECT g.year, g.indicator, g.level, l.line, g.dimension, g.subgroup, g.numerator, g.denominator, g.covered_denominator, g.pending, g.rate, t.target,
           g.rate_rule, g.rate_version,
           -- 100 n / d >= 0.9 target, without a quotient.
           CASE WHEN g.rate IS NOT NULL AND t.target IS NOT NULL
                THEN CAST(g.numerator * 1000 AS DECIMAL(20, 2)) >= 9 * t.target * CAST(g.denominator AS DECIMAL(12, 0)) END AS meets_90
    FROM car_line AS l
    JOIN groups AS g ON g.dimension = l.dimension AND g.subgroup = l.subgroup
    LEFT JOIN targets AS t ON t.indicator = g.indicator AND t.reporting_year = g.year
)
SELECT year, indicator, level, line, dimension, subgroup, numerator, denominator, covered_denominator, pending, target,
       CASE WHEN target > 0 THEN 10000.0 * rate / arrow_cast(target, 'Float64') END AS pct_of_target, meets_90,
       CASE WHEN dimension = 'total' THEN NOT meets_90 END AS improvement_plan, rate_rule, rate_version
FROM held
