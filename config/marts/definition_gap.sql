-- One row a measure, alternative definition, year and group of learners: its rate beside that of the official definition.
WITH cells AS (
    SELECT year, measure, definition, '_total' AS dimension, '_total' AS subgroup, numerator, denominator, covered_denominator, pending, rate, rate_rule, rate_version
    FROM definition_comparison WHERE grouping_set = 'total'
    UNION ALL
    SELECT year, measure, definition, 'gender', gender, numerator, denominator, covered_denominator, pending, rate, rate_rule, rate_version
    FROM definition_comparison WHERE grouping_set = 'gender'
    UNION ALL
    SELECT year, measure, definition, 'race_ethnicity', race_ethnicity, numerator, denominator, covered_denominator, pending, rate, rate_rule, rate_version
    FROM definition_comparison WHERE grouping_set = 'race_ethnicity'
),
of_all AS (
    -- By how many points the definition changes the rate of everyone.
    SELECT a.year, a.measure, a.definition, 100.0 * (a.rate - o.rate) AS points
    FROM cells AS a
    JOIN cells AS o ON o.year = a.year AND o.measure = a.measure AND o.definition = 'official' AND o.dimension = '_total'
    WHERE a.dimension = '_total'
)
SELECT a.measure, a.definition, a.year, a.dimension, a.subgroup, a.numerator, a.denominator, a.covered_denominator, a.pending, a.rate_rule, a.rate_version,
       o.numerator AS official_numerator, o.denominator AS official_denominator, o.covered_denominator AS official_covered, o.pending AS official_pending,
       o.rate_rule AS official_rule, o.rate_version AS official_version,
       100.0 * (a.rate - o.rate) AS gap_points, e.points AS gap_points_of_all,
       CASE WHEN LEAST(a.denominator, o.denominator) >= 100 THEN 'A' WHEN LEAST(a.denominator, o.denominator) >= 30 THEN 'B'
            WHEN LEAST(a.denominator, o.denominator) >= 10 THEN 'C' ELSE 'D' END AS reliability
FROM cells AS a
JOIN cells AS o ON o.year = a.year AND o.measure = a.measure AND o.definition = 'official' AND o.dimension = a.dimension AND o.subgroup = a.subgroup
JOIN of_all AS e ON e.year = a.year AND e.measure = a.measure AND e.definition = a.definition
WHERE a.definition <> 'official'
