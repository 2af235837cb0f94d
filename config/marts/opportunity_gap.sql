-- One row a group of learners and measure: its share or rate beside that of everyone, by the published formulas of gap analysis.
WITH participation AS (
    SELECT year, level, district_id, career_cluster, 'gender' AS dimension, gender AS subgroup, learners, participants, concentrators
    FROM cte_participation WHERE grouping_set IN ('gender', 'district_id+gender', 'career_cluster+gender')
    UNION ALL
    SELECT year, level, district_id, career_cluster, 'race_ethnicity', race_ethnicity, learners, participants, concentrators
    FROM cte_participation WHERE grouping_set IN ('race_ethnicity', 'district_id+race_ethnicity', 'career_cluster+race_ethnicity')
    UNION ALL
    SELECT year, level, district_id, career_cluster, 'special_population', special_population, learners, participants, concentrators
    FROM cte_participation WHERE grouping_set IN ('special_population', 'district_id+special_population', 'career_cluster+special_population')
      -- Only who takes part in CTE can be preparing for a non-traditional field, and so leave those in no population: a share beside that of all
      -- learners would say nothing of either.
      AND special_population NOT IN ('nontraditional', '_none')
    UNION ALL
    SELECT year, level, district_id, career_cluster, 'gender+race_ethnicity', concat(gender, '+', race_ethnicity), learners, participants, concentrators
    FROM cte_participation WHERE grouping_set = 'gender+race_ethnicity'
),
everyone AS (
    SELECT year, level, district_id, career_cluster, learners, participants, concentrators
    FROM cte_participation WHERE grouping_set IN ('total', 'district_id', 'career_cluster')
),
represented AS (
    -- Who is among the participants and concentrators of a cluster or district, beside who is among all learners there. The groups are those of all
    -- learners: one that is wholly absent from a cluster has no cell of it, and the widest gap. Both genders of a race stand in the state alone.
    SELECT m.measure, e.year, e.level, e.district_id, e.career_cluster, p.dimension, p.subgroup,
           COALESCE(CASE m.measure WHEN 'participants' THEN g.participants ELSE g.concentrators END, 0) AS above,
           CASE m.measure WHEN 'participants' THEN e.participants ELSE e.concentrators END AS below,
           p.learners AS reference_above, a.learners AS reference_below
    FROM everyone AS e
    JOIN everyone AS a ON a.year = e.year AND a.level = e.level AND a.district_id = e.district_id AND a.career_cluster = '_total'
    JOIN participation AS p ON p.year = e.year AND p.level = e.level AND p.district_id = e.district_id AND p.career_cluster = '_total'
    LEFT JOIN participation AS g ON g.year = e.year AND g.level = e.level AND g.district_id = e.district_id AND g.career_cluster = e.career_cluster
                                AND g.dimension = p.dimension AND g.subgroup = p.subgroup
    CROSS JOIN (SELECT 'participants' AS measure UNION ALL SELECT 'concentrators') AS m
    WHERE e.career_cluster <> '_none' AND (e.career_cluster = '_total' OR p.dimension <> 'gender+race_ethnicity')
),
reached AS (
    SELECT indicator, year, level, district_id, career_cluster, 'gender' AS dimension, gender AS subgroup, numerator, denominator, rate
    FROM indicator WHERE grouping_set IN ('gender', 'district_id+gender', 'career_cluster+gender')
    UNION ALL
    SELECT indicator, year, level, district_id, career_cluster, 'race_ethnicity', race_ethnicity, numerator, denominator, rate
    FROM indicator WHERE grouping_set IN ('race_ethnicity', 'district_id+race_ethnicity', 'career_cluster+race_ethnicity')
    UNION ALL
    SELECT indicator, year, level, district_id, career_cluster, 'special_population', special_population, numerator, denominator, rate
    FROM indicator WHERE grouping_set IN ('special_population', 'district_id+special_population')
    UNION ALL
    SELECT indicator, year, level, district_id, career_cluster, 'gender+race_ethnicity', concat(gender, '+', race_ethnicity), numerator, denominator, rate
    FROM indicator WHERE grouping_set = 'gender+race_ethnicity'
),
by_all AS (
    SELECT indicator, year, level, district_id, career_cluster, numerator, denominator, rate
    FROM indicator WHERE grouping_set IN ('total', 'district_id', 'career_cluster')
),
highest AS (
    -- The best served group of each dimension, of those that are at least one in fifty.
    SELECT g.indicator, g.year, g.level, g.district_id, g.career_cluster, g.dimension, max(g.rate) AS rate
    FROM reached AS g
    JOIN by_all AS e ON e.indicator = g.indicator AND e.year = g.year AND e.level = g.level AND e.district_id = g.district_id
                    AND e.career_cluster = g.career_cluster
    WHERE g.denominator * 50 >= e.denominator
    GROUP BY g.indicator, g.year, g.level, g.district_id, g.career_cluster, g.dimension
),
measured AS (
    SELECT 'representation' AS kind, measure, year, level, district_id, career_cluster, dimension, subgroup,
           reference_above AS n_group, above, below, reference_above, reference_below, CAST(NULL AS DOUBLE) AS highest
    FROM represented
    WHERE below > 0 AND reference_above > 0
    UNION ALL
    SELECT 'rate', g.indicator, g.year, g.level, g.district_id, g.career_cluster, g.dimension, g.subgroup,
           g.denominator AS n_group, g.numerator, g.denominator AS below, e.numerator AS reference_above, e.denominator AS reference_below, h.rate
    FROM reached AS g
    JOIN by_all AS e ON e.indicator = g.indicator AND e.year = g.year AND e.level = g.level AND e.district_id = g.district_id
                    AND e.career_cluster = g.career_cluster
    LEFT JOIN highest AS h ON h.indicator = g.indicator AND h.year = g.year AND h.level = g.level AND h.district_id = g.district_id
                          AND h.career_cluster = g.career_cluster AND h.dimension = g.dimension
    WHERE g.rate IS NOT NULL AND e.rate IS NOT NULL
),
compared AS (
    SELECT m.*, arrow_cast(above, 'Float64') / arrow_cast(below, 'Float64') AS value,
           arrow_cast(reference_above, 'Float64') / arrow_cast(reference_below, 'Float64') AS reference,
           CASE WHEN kind = 'rate' THEN greatest(1.96 * sqrt(0.25 / arrow_cast(below, 'Float64')), 0.03) END AS margin,
           -- Of a rate, the share of a group among those who succeed beside its share among all; of representation, the two shares.
           CASE WHEN reference_above = 0 THEN NULL
                ELSE arrow_cast(above * reference_below, 'Float64') / arrow_cast(below * reference_above, 'Float64') END AS proportionality,
           CASE WHEN highest > 0 THEN arrow_cast(above, 'Float64') / arrow_cast(below, 'Float64') / highest END AS of_highest,
           -- In whole numbers, so that parity that is reached to the last learner asks for none.
           greatest(0, (reference_above * below - above * reference_below + reference_below - 1) / reference_below) AS to_parity
    FROM measured AS m
),
flagged AS (
    SELECT c.*,
           CASE WHEN kind = 'rate' THEN value + margin <= reference ELSE proportionality < 0.8 END AS flagged,
           CASE WHEN kind = 'rate'
                THEN greatest(0, arrow_cast(ceil(round((reference - margin) * arrow_cast(below, 'Float64') - arrow_cast(above, 'Float64'), 9)), 'Int64'))
           END AS to_clear
    FROM compared AS c
)
SELECT f.kind, f.measure, f.year, f.level, f.district_id, f.career_cluster, f.dimension, f.subgroup,
       f.n_group, f.above AS group_count, f.below AS group_of, f.value, f.reference, 100.0 * (f.value - f.reference) AS gap_points,
       f.margin, f.flagged, f.proportionality, f.proportionality < 0.8 AS low_proportionality,
       -- Rounded, so that four fifths to the last learner are not below.
       f.of_highest, round(f.of_highest, 12) < 0.8 AS below_80_percent, f.to_parity, f.to_clear,
       -- A share is no surer than the fewer of whom it is made: the group, and those among whom it is counted.
       CASE WHEN least(f.n_group, f.below) >= 100 THEN 'A' WHEN least(f.n_group, f.below) >= 30 THEN 'B' WHEN least(f.n_group, f.below) >= 10 THEN 'C' ELSE 'D' END AS reliability,
       b.years AS flagged_years
FROM flagged AS f
JOIN (
    -- In how many of the year and the two before it the gap was flagged.
    SELECT o.kind, o.measure, o.year, o.level, o.district_id, o.career_cluster, o.dimension, o.subgroup,
           sum(CASE WHEN w.flagged THEN 1 ELSE 0 END) AS years
    FROM flagged AS o
    JOIN flagged AS w ON w.kind = o.kind AND w.measure = o.measure AND w.level = o.level AND w.district_id = o.district_id
                     AND w.career_cluster = o.career_cluster AND w.dimension = o.dimension AND w.subgroup = o.subgroup
                     AND w.year <= o.year AND w.year > o.year - 3
    GROUP BY o.kind, o.measure, o.year, o.level, o.district_id, o.career_cluster, o.dimension, o.subgroup
) AS b ON b.kind = f.kind AND b.measure = f.measure AND b.year = f.year AND b.level = f.level AND b.district_id = f.district_id
      AND b.career_cluster = f.career_cluster AND b.dimension = f.dimension AND b.subgroup = f.subgroup
