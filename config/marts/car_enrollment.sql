-- One row a year, level, career cluster and line of the report.
WITH groups AS (
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
FROM car_line AS l
JOIN groups AS g ON g.dimension = l.dimension AND g.subgroup = l.subgroup
WHERE g.career_cluster <> '_none' AND g.cluster14 <> '_none'
