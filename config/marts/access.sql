-- One row a year, place, program or cluster, and group of learners: how many go to a school that offers it, and how many take part.
WITH cells AS (
    SELECT CASE WHEN district_id = '_total' THEN 'state' WHEN school_id = '_total' THEN 'district' ELSE 'school' END AS scope,
           year, district_id, school_id, program_code, career_cluster,
           CASE WHEN gender <> '_total' THEN 'gender' WHEN race_ethnicity <> '_total' THEN 'race_ethnicity'
                WHEN special_population <> '_total' THEN 'special_population' ELSE 'total' END AS dimension,
           CASE WHEN gender <> '_total' THEN gender WHEN race_ethnicity <> '_total' THEN race_ethnicity ELSE special_population END AS subgroup,
           learners, participants, part_rate_rule, part_rate_version
    FROM cte_participation
    WHERE level = 'secondary'
      AND grouping_set IN ('total', 'gender', 'race_ethnicity', 'special_population',
                           'program_code', 'program_code+gender', 'program_code+race_ethnicity', 'program_code+special_population',
                           'career_cluster', 'career_cluster+gender', 'career_cluster+race_ethnicity', 'career_cluster+special_population',
                           'district_id', 'district_id+gender', 'district_id+race_ethnicity', 'district_id+special_population',
                           'district_id+program_code', 'district_id+career_cluster',
                           'district_id+school_id', 'district_id+school_id+gender', 'district_id+school_id+race_ethnicity',
                           'district_id+school_id+special_population', 'district_id+school_id+program_code')
),
taught AS (
    -- In every year, for the cluster of a program is that of the year.
    SELECT p.program_code, p.title, g.reporting_year AS year, COALESCE(g.cluster16, '_unknown') AS career_cluster
    FROM programs AS p
    JOIN program_cluster AS g ON g.program_code = p.program_code
    WHERE p.org_level = 'secondary'
),
things AS (
    -- `_total` as in the cells: of a program its cluster is rolled up, of a cluster its programs.
    SELECT year, program_code, '_total' AS career_cluster FROM taught
    UNION ALL SELECT DISTINCT year, '_total' AS program_code, career_cluster FROM taught
    UNION ALL SELECT DISTINCT year, '_total' AS program_code, '_total' AS career_cluster FROM taught
),
offers AS (
    SELECT o.school_id, o.reporting_year AS year, o.program_code, t.career_cluster, o.sections, o.seats, o.has_sequence, o.rule_id, o.rule_version
    FROM taught AS t
    JOIN program_offering AS o ON o.program_code = t.program_code AND o.reporting_year = t.year
),
offered AS (
    SELECT school_id, year, program_code, '_total' AS career_cluster, sections, seats, has_sequence FROM offers
    UNION ALL
    SELECT school_id, year, '_total' AS program_code, career_cluster, sum(sections), sum(seats), bool_or(has_sequence)
    FROM offers GROUP BY school_id, year, career_cluster
    UNION ALL
    SELECT school_id, year, '_total' AS program_code, '_total' AS career_cluster, sum(sections), sum(seats), bool_or(has_sequence)
    FROM offers GROUP BY school_id, year
),
years AS (
    -- A year for which no school sent its offerings says nothing of access.
    SELECT year, max(rule_id) AS rule_id, max(rule_version) AS rule_version FROM offers GROUP BY year
),
learners AS (
    SELECT c.scope, c.year, c.district_id, c.school_id, c.dimension, c.subgroup, c.learners, c.participants,
           c.part_rate_rule, c.part_rate_version, y.rule_id AS offer_rule, y.rule_version AS offer_version
    FROM years AS y
    JOIN cells AS c ON c.year = y.year
    WHERE c.program_code = '_total' AND c.career_cluster = '_total'
),
reached AS (
    -- A learner stands with one district and one school in a year, so the cells of schools add up.
    SELECT l.year, l.district_id, l.school_id, o.program_code, o.career_cluster, l.dimension, l.subgroup, l.learners, o.has_sequence, o.sections, o.seats
    FROM offered AS o
    JOIN learners AS l ON o.school_id = l.school_id AND o.year = l.year
    WHERE l.scope = 'school'
),
reach AS (
    SELECT 'school' AS scope, year, district_id, school_id, program_code, career_cluster, dimension, subgroup, 1 AS schools_offering,
           learners AS with_access, CASE WHEN has_sequence THEN learners ELSE 0 END AS with_sequence, sections, seats
    FROM reached
    WHERE dimension = 'total' AND career_cluster = '_total'
    UNION ALL
    SELECT 'district', year, district_id, '_total', program_code, career_cluster, dimension, subgroup, count(*),
           sum(learners), sum(CASE WHEN has_sequence THEN learners ELSE 0 END), sum(sections), sum(seats)
    FROM reached
    WHERE dimension = 'total' OR (program_code = '_total' AND career_cluster = '_total')
    GROUP BY year, district_id, program_code, career_cluster, dimension, subgroup
    UNION ALL
    SELECT 'state', year, '_total', '_total', program_code, career_cluster, dimension, subgroup, count(*),
           sum(learners), sum(CASE WHEN has_sequence THEN learners ELSE 0 END), sum(sections), sum(seats)
    FROM reached
    GROUP BY year, program_code, career_cluster, dimension, subgroup
),
elsewhere AS (
    -- Participants of a program, and of any, in schools that do not offer it.
    SELECT c.year, c.district_id, c.school_id, c.program_code, c.participants
    FROM years AS y
    JOIN cells AS c ON c.year = y.year
    WHERE c.scope = 'school' AND c.dimension = 'total' AND c.program_code <> '_none' AND c.participants > 0
      AND NOT EXISTS (SELECT 1 FROM offered AS o
                      WHERE o.school_id = c.school_id AND o.year = c.year AND o.program_code = c.program_code AND o.career_cluster = '_total')
),
outside AS (
    SELECT 'school' AS scope, year, district_id, school_id, program_code, participants FROM elsewhere
    UNION ALL
    SELECT 'district', year, district_id, '_total', program_code, sum(participants) FROM elsewhere GROUP BY year, district_id, program_code
    UNION ALL
    SELECT 'state', year, '_total', '_total', program_code, sum(participants) FROM elsewhere GROUP BY year, program_code
),
schools AS (
    SELECT 'district' AS scope, year, district_id, dimension, subgroup, count(*) AS schools
    FROM learners WHERE scope = 'school' AND school_id <> '_unknown' GROUP BY year, district_id, dimension, subgroup
    UNION ALL
    SELECT 'state', year, '_total', dimension, subgroup, count(*)
    FROM learners WHERE scope = 'school' AND school_id <> '_unknown' GROUP BY year, dimension, subgroup
),
keys AS (
    -- The state has a row for everything; districts and schools have one for what is offered or taken there, and for any program at all.
    SELECT l.scope, l.year, l.district_id, l.school_id, t.program_code, t.career_cluster, l.dimension, l.subgroup
    FROM things AS t
    JOIN learners AS l ON l.year = t.year
    WHERE l.scope = 'state'
    UNION
    SELECT scope, year, district_id, school_id, '_total' AS program_code, '_total' AS career_cluster, dimension, subgroup
    FROM learners
    WHERE scope = 'district' OR (scope = 'school' AND dimension = 'total' AND school_id <> '_unknown')
    UNION
    SELECT scope, year, district_id, school_id, program_code, career_cluster, dimension, subgroup FROM reach
    WHERE scope <> 'state' AND school_id <> '_unknown'
    UNION
    SELECT c.scope, c.year, c.district_id, c.school_id, c.program_code, c.career_cluster, c.dimension, c.subgroup
    FROM years AS y
    JOIN (things AS t
    JOIN cells AS c ON c.year = t.year AND c.program_code = t.program_code AND c.career_cluster = t.career_cluster)
            ON c.year = y.year
    WHERE c.participants > 0 AND c.scope <> 'state' AND c.dimension = 'total' AND c.school_id <> '_unknown'
),
beside AS (
    SELECT k.*, CASE WHEN k.scope = 'school' THEN 1 ELSE COALESCE(s.schools, 0) END AS schools, COALESCE(r.schools_offering, 0) AS schools_offering,
           l.learners, l.part_rate_rule, l.part_rate_version, l.offer_rule, l.offer_version, COALESCE(r.with_access, 0) AS with_access, COALESCE(r.with_sequence, 0) AS with_sequence, r.sections, r.seats,
           COALESCE(p.participants, 0) AS participants,
           CASE WHEN k.dimension = 'total' AND k.career_cluster = '_total' THEN COALESCE(o.participants, 0) END AS participants_elsewhere
    FROM keys AS k
    JOIN learners AS l ON l.scope = k.scope AND l.year = k.year AND l.district_id = k.district_id AND l.school_id = k.school_id
                      AND l.dimension = k.dimension AND l.subgroup = k.subgroup
    LEFT JOIN cells AS p ON p.scope = k.scope AND p.year = k.year AND p.district_id = k.district_id AND p.school_id = k.school_id
                        AND p.program_code = k.program_code AND p.career_cluster = k.career_cluster AND p.dimension = k.dimension AND p.subgroup = k.subgroup
    LEFT JOIN reach AS r ON r.scope = k.scope AND r.year = k.year AND r.district_id = k.district_id AND r.school_id = k.school_id
                        AND r.program_code = k.program_code AND r.career_cluster = k.career_cluster AND r.dimension = k.dimension AND r.subgroup = k.subgroup
    LEFT JOIN outside AS o ON o.scope = k.scope AND o.year = k.year AND o.district_id = k.district_id AND o.school_id = k.school_id
                          AND o.program_code = k.program_code
    LEFT JOIN schools AS s ON s.scope = k.scope AND s.year = k.year AND s.district_id = k.district_id AND s.dimension = k.dimension AND s.subgroup = k.subgroup
),
rated AS (
    SELECT b.*, arrow_cast(with_access, 'Float64') / arrow_cast(learners, 'Float64') AS access_rate
    FROM beside AS b
    WHERE learners > 0
),
everyone AS (
    -- The share of all learners of the place; a place without a row is one where nobody has access.
    SELECT r.scope, r.year, r.district_id, r.school_id, r.program_code, r.career_cluster,
           arrow_cast(r.with_access, 'Float64') / arrow_cast(l.learners, 'Float64') AS access_rate
    FROM reach AS r
    JOIN learners AS l ON l.scope = r.scope AND l.year = r.year AND l.district_id = r.district_id AND l.school_id = r.school_id
    WHERE r.dimension = 'total' AND l.dimension = 'total'
)
SELECT g.scope, g.year, g.district_id, g.school_id,
       CASE WHEN g.program_code <> '_total' THEN 'program_code' WHEN g.career_cluster <> '_total' THEN 'career_cluster' ELSE 'any' END AS kind,
       g.program_code, g.career_cluster, t.title, g.dimension, g.subgroup, g.schools, g.schools_offering, g.learners, g.with_access, g.with_sequence,
       COALESCE(e.access_rate, 0.0) AS reference_rate, 100.0 * (g.access_rate - COALESCE(e.access_rate, 0.0)) AS gap_points,
       g.participants, g.participants_elsewhere, g.part_rate_rule, g.part_rate_version, g.offer_rule, g.offer_version,
       CASE WHEN g.dimension = 'total' THEN COALESCE(g.sections, 0) END AS sections, CASE WHEN g.dimension = 'total' THEN COALESCE(g.seats, 0) END AS seats
FROM rated AS g
LEFT JOIN everyone AS e ON e.scope = g.scope AND e.year = g.year AND e.district_id = g.district_id AND e.school_id = g.school_id
                       AND e.program_code = g.program_code AND e.career_cluster = g.career_cluster
LEFT JOIN taught AS t ON t.program_code = g.program_code AND t.year = g.year
