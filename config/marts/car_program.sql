-- One row an indicator, year, program or cluster (or the state) and line of the report.
WITH cells AS (
    -- What is not grouped by cluster or program is rolled up there.
    SELECT year, indicator, level, grouping_set, gender, race_ethnicity, special_population, numerator, denominator,
           covered_denominator, pending, rate, rate_rule, rate_version,
           CASE WHEN program_code <> '_total' THEN 'program_code' WHEN career_cluster <> '_total' THEN 'career_cluster' ELSE 'total' END AS kind,
           CASE WHEN program_code <> '_total' THEN program_code ELSE career_cluster END AS code
    FROM indicator
),
groups AS (
    SELECT c.*, CASE WHEN grouping_set LIKE '%gender' THEN 'gender' WHEN grouping_set LIKE '%race_ethnicity' THEN 'race_ethnicity'
                     WHEN grouping_set LIKE '%special_population' THEN 'special_population' ELSE 'total' END AS dimension,
           CASE WHEN grouping_set LIKE '%gender' THEN gender WHEN grouping_set LIKE '%race_ethnicity' THEN race_ethnicity
                WHEN grouping_set LIKE '%special_population' THEN special_population ELSE '_total' END AS subgroup
    FROM cells AS c
    WHERE grouping_set IN ('total', 'gender', 'race_ethnicity', 'special_population',
                           'career_cluster', 'career_cluster+gender', 'career_cluster+race_ethnicity', 'career_cluster+special_population',
                           'program_code', 'program_code+gender', 'program_code+race_ethnicity', 'program_code+special_population')
),
held AS (
    SELECT g.year, g.indicator, g.level, g.kind, g.code, l.line, g.dimension, g.subgroup, g.numerator, g.denominator, g.covered_denominator, g.pending, g.rate,
           e.numerator AS all_numerator, e.denominator AS all_denominator, e.rate AS all_rate,
           s.numerator AS state_numerator, s.denominator AS state_denominator, s.rate AS state_rate, g.rate_rule, g.rate_version
    FROM car_line AS l
    JOIN groups AS g ON g.dimension = l.dimension AND g.subgroup = l.subgroup
    JOIN groups AS e ON e.year = g.year AND e.indicator = g.indicator AND e.level = g.level AND e.kind = g.kind AND e.code = g.code
                    AND e.dimension = 'total'
    JOIN groups AS s ON s.year = g.year AND s.indicator = g.indicator AND s.level = g.level AND s.kind = 'total' AND s.dimension = 'total'
)
-- Both rates over one denominator, so that the gap is divided once.
SELECT year, indicator, level, kind, code, line, dimension, subgroup, numerator, denominator, covered_denominator, pending,
       all_numerator, all_denominator,
       CASE WHEN rate IS NOT NULL AND all_rate IS NOT NULL
            THEN 100.0 * arrow_cast(numerator * all_denominator - all_numerator * denominator, 'Float64')
                 / arrow_cast(denominator * all_denominator, 'Float64') END AS gap_points,
       CASE WHEN rate IS NOT NULL AND state_rate IS NOT NULL
            THEN 100.0 * arrow_cast(numerator * state_denominator - state_numerator * denominator, 'Float64')
                 / arrow_cast(denominator * state_denominator, 'Float64') END AS state_gap_points,
       rate_rule, rate_version
FROM held
