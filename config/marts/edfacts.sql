-- One row a file, year, category set, category and outcome.
WITH groups AS (
    SELECT year, indicator, 'total' AS category_set, '_total' AS category, numerator, denominator
    FROM indicator WHERE grouping_set = 'total'
    UNION ALL
    SELECT year, indicator, 'sex', CASE WHEN gender IN ('F', 'M') THEN gender ELSE 'MISSING' END, numerator, denominator
    FROM indicator WHERE grouping_set = 'gender'
    UNION ALL
    SELECT year, indicator, 'race',
           CASE race_ethnicity WHEN 'AM7' THEN 'MAN' WHEN 'AS7' THEN 'MA' WHEN 'BL7' THEN 'MB' WHEN 'HI7' THEN 'MHL' WHEN 'PI7' THEN 'MNP'
                WHEN 'WH7' THEN 'MW' WHEN 'MU7' THEN 'MM' ELSE 'MISSING' END, numerator, denominator
    FROM indicator WHERE grouping_set = 'race_ethnicity'
    UNION ALL
    SELECT year, indicator, 'special_population',
           CASE special_population WHEN 'disability' THEN 'WDIS' WHEN 'econ_disadvantaged' THEN 'ECODIS' WHEN 'migrant' THEN 'MS'
                WHEN 'single_parent' THEN 'SPPT' WHEN 'out_of_workforce' THEN 'OUTWRKFRCSTS' WHEN 'english_learner' THEN 'LEPPERKINS'
                WHEN 'nontraditional' THEN 'NTE' WHEN 'homeless' THEN 'HOMELESS' WHEN 'foster_care' THEN 'FSTRCRSTS'
                WHEN 'military_parent' THEN 'MILCNCTDSTDNTSTS' ELSE 'MISSING' END, numerator, denominator
    FROM indicator WHERE grouping_set = 'special_population' AND special_population <> '_none'
),
counted AS (
    SELECT g.year, o.file_spec, COALESCE(o.subject, '_none') AS subject, g.category_set, g.category, o.met_code AS outcome, g.numerator AS amount
    FROM edfacts_outcome AS o
    JOIN groups AS g ON g.indicator = o.indicator
    UNION ALL
    SELECT g.year, o.file_spec, COALESCE(o.subject, '_none'), g.category_set, g.category, o.not_met_code, g.denominator - g.numerator
    FROM edfacts_outcome AS o
    JOIN groups AS g ON g.indicator = o.indicator
    UNION ALL
    SELECT year, 'FS169', '_none', 'placement',
           CASE placement_type WHEN 'postsecondary' THEN 'POSTSEC' WHEN 'advanced_training' THEN 'ADVTRAIN' WHEN 'employment' THEN 'EMPLOYMENT'
                ELSE 'MILITARY' END, 'PLACED', numerator
    FROM placement WHERE grouping_set = 'total' AND placement_type IN ('postsecondary', 'advanced_training', 'employment', 'military')
)
SELECT year, file_spec, subject, category_set, category, outcome, sum(amount) AS amount, category_set = 'total' AS total_indicator
FROM counted
GROUP BY year, file_spec, subject, category_set, category, outcome
