-- One row a year, level, career cluster and line of the report.
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
    SELECT year, level, career_cluster, cluster14, 'total' AS dimension, '_total' AS subgroup, participants, concentrators
    FROM cte_participation WHERE grouping_set IN ('total', 'career_cluster', 'cluster14')
    UNION ALL
    SELECT year, level, career_cluster, cluster14, 'gender', gender, participants, concentrators
    FROM cte_participation WHERE grouping_set IN ('gender', 'career_cluster+gender', 'cluster14+gender')
    UNION ALL
    SELECT year, level, career_cluster, cluster14, 'race_ethnicity', race_ethnicity, participants, concentrators
    FROM cte_participation WHERE grouping_set IN ('race_ethnicity', 'career_cluster+race_ethnicity', 'cluster14+race_ethnicity')
    UNION ALL
    SELECT year, level, career_cluster, cluster14, 'special_population', special_population, participants, concentrators
    FROM cte_participation WHERE grouping_set IN ('special_population', 'career_cluster+special_population', 'cluster14+special_population')
)
SELECT g.year, g.level, g.career_cluster, g.cluster14, l.line, g.dimension, g.subgroup, g.participants, g.concentrators
FROM lines AS l
JOIN groups AS g ON g.dimension = l.dimension AND g.subgroup = l.subgroup
WHERE g.career_cluster <> '_none' AND g.cluster14 <> '_none'
