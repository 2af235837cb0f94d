-- One row a file, year, category set, category and outcome.
WITH cells AS (
    SELECT o.file_spec, o.subject, o.outcome, i.year, i.grouping_set, i.gender, i.race_ethnicity, i.special_population, i.career_cluster,
           CASE o.outcome WHEN 'met' THEN i.numerator ELSE i.denominator - i.numerator END AS amount, i.pending
    FROM edfacts_outcome AS o
    JOIN indicator AS i ON i.indicator = o.indicator
    WHERE o.counted_from = 'indicator'
    UNION ALL
    SELECT file_spec, '_none', outcome, year, grouping_set, gender, race_ethnicity, special_population, '_total', learners, pending
    FROM edfacts_count
    UNION ALL
    SELECT o.file_spec, o.subject, o.outcome, p.year, p.grouping_set, p.gender, p.race_ethnicity, p.special_population, p.career_cluster,
           CASE o.outcome WHEN 'participants' THEN p.participants ELSE p.concentrators END, 0
    FROM edfacts_outcome AS o
    CROSS JOIN cte_participation AS p
    WHERE o.counted_from = 'participation' AND p.level = 'secondary'
),
named AS (
    SELECT c.*, CASE grouping_set WHEN 'gender' THEN gender WHEN 'race_ethnicity' THEN race_ethnicity ELSE special_population END AS subgroup
    FROM cells AS c
    WHERE grouping_set IN ('gender', 'race_ethnicity') OR (grouping_set = 'special_population' AND special_population <> '_none')
),
groups AS (
    SELECT year, file_spec, subject, outcome, 'total' AS category_set, '_total' AS category, amount, pending
    FROM cells WHERE grouping_set = 'total'
    UNION ALL
    SELECT n.year, n.file_spec, n.subject, n.outcome, s.category_set, COALESCE(k.code, 'MISSING'), n.amount, n.pending
    FROM named AS n
    JOIN (SELECT DISTINCT dimension, category_set FROM edfacts_category) AS s ON s.dimension = n.grouping_set
    LEFT JOIN edfacts_category AS k ON k.dimension = n.grouping_set AND k.subgroup = n.subgroup
    UNION ALL
    SELECT year, file_spec, subject, outcome, 'career_cluster', career_cluster, amount, pending
    FROM cells WHERE grouping_set = 'career_cluster' AND career_cluster <> '_none' AND file_spec = 'FS209'
),
categories AS (
    SELECT DISTINCT year, file_spec, subject, category_set, category FROM groups
),
-- An outcome with nobody in it stands in the file too, so each category has every outcome.
counted AS (
    SELECT c.year, c.file_spec, c.subject, c.category_set, c.category, o.outcome, o.code, o.shown_when_zero,
           COALESCE(sum(g.amount), 0) AS amount, COALESCE(sum(g.pending), 0) AS pending
    FROM categories AS c
    JOIN edfacts_outcome AS o ON o.file_spec = c.file_spec AND o.subject = c.subject
    LEFT JOIN groups AS g ON g.year = c.year AND g.file_spec = c.file_spec AND g.subject = c.subject AND g.category_set = c.category_set
                         AND g.category = c.category AND g.outcome = o.outcome
    WHERE o.by_nontraditional OR c.category NOT IN (SELECT code FROM edfacts_category WHERE subgroup = 'nontraditional')
    GROUP BY c.year, c.file_spec, c.subject, c.category_set, c.category, o.outcome, o.code, o.shown_when_zero
)
SELECT year, file_spec, subject, category_set, category, code AS outcome, CASE WHEN sum(pending) = 0 THEN sum(amount) END AS amount,
       sum(pending) AS pending, CASE WHEN sum(pending) > 0 THEN 'not_observable' END AS status, category_set = 'total' AS total_indicator
FROM counted
WHERE shown_when_zero OR amount > 0
GROUP BY year, file_spec, subject, category_set, category, code
