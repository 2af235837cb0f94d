-- One row a group of learners, cohort, place and step: its share among those who reached the step beside its share among the entrants.
WITH grouped AS (
    -- Across programs a step counts in whatever program it was reached; within a program or cluster, in the program of entry.
    SELECT year, step, district_id, career_cluster, program_code, 'gender' AS dimension, gender AS subgroup, entrants,
           CASE WHEN grouping_set IN ('gender', 'district_id+gender') THEN reached ELSE reached_in_program END AS reached
    FROM pipeline
    WHERE grouping_set IN ('gender', 'district_id+gender', 'career_cluster+gender', 'program_code+gender')
    UNION ALL
    SELECT year, step, district_id, career_cluster, program_code, 'race_ethnicity', race_ethnicity, entrants,
           CASE WHEN grouping_set IN ('race_ethnicity', 'district_id+race_ethnicity') THEN reached ELSE reached_in_program END
    FROM pipeline
    WHERE grouping_set IN ('race_ethnicity', 'district_id+race_ethnicity', 'career_cluster+race_ethnicity', 'program_code+race_ethnicity')
    UNION ALL
    SELECT year, step, district_id, career_cluster, program_code, 'special_population', special_population, entrants, reached
    FROM pipeline
    WHERE grouping_set IN ('special_population', 'district_id+special_population')
),
everyone AS (
    -- A step that is pending for anybody there has no shares yet, and one that nobody reached has none at all.
    SELECT year, step, district_id, career_cluster, program_code, entrants,
           CASE WHEN grouping_set IN ('total', 'district_id') THEN reached ELSE reached_in_program END AS reached
    FROM pipeline
    WHERE grouping_set IN ('total', 'district_id', 'career_cluster', 'program_code') AND pending = 0
),
shares AS (
    SELECT g.year, g.step, CAST(substr(g.step, 1, 1) AS INT) AS place, g.district_id, g.career_cluster, g.program_code, g.dimension, g.subgroup,
           g.entrants AS n_group, g.reached AS group_reached, e.entrants AS n_all, e.reached AS all_reached,
           arrow_cast(g.entrants, 'Float64') / arrow_cast(e.entrants, 'Float64') AS entrant_share,
           arrow_cast(g.reached, 'Float64') / arrow_cast(e.reached, 'Float64') AS step_share,
           arrow_cast(g.reached * e.entrants, 'Float64') / arrow_cast(g.entrants * e.reached, 'Float64') AS proportionality
    FROM grouped AS g
    JOIN everyone AS e ON e.year = g.year AND e.step = g.step AND e.district_id = g.district_id AND e.career_cluster = g.career_cluster
                      AND e.program_code = g.program_code
    WHERE e.reached > 0
),
side_by_side AS (
    -- The shares of all steps in one row. The step before is the nearest earlier one of the program that has a share: credential, college and work
    -- stand side by side, and each is held against the last step of the program. Everybody has entered, so the first step has a share.
    SELECT year, district_id, career_cluster, program_code, dimension, subgroup,
           max(step_share) FILTER (WHERE place = 1) AS share_1, max(step_share) FILTER (WHERE place = 2) AS share_2,
           max(step_share) FILTER (WHERE place = 3) AS share_3, max(step_share) FILTER (WHERE place = 4) AS share_4,
           max(step_share) FILTER (WHERE place = 5) AS share_5, max(step_share) FILTER (WHERE place = 6) AS share_6,
           max(step_share) FILTER (WHERE place = 7) AS share_7,
           max(step) FILTER (WHERE place <= 2) AS before_3, max(step) FILTER (WHERE place <= 3) AS before_4,
           max(step) FILTER (WHERE place <= 4) AS before_5
    FROM shares
    GROUP BY year, district_id, career_cluster, program_code, dimension, subgroup
),
changes AS (
    -- Rounded, so that of equal drops none is greater by the last digit of a division.
    SELECT year, district_id, career_cluster, program_code, dimension, subgroup, before_3, before_4, before_5,
           round(100.0 * (share_2 - share_1), 9) AS change_2,
           round(100.0 * (share_3 - COALESCE(share_2, share_1)), 9) AS change_3,
           round(100.0 * (share_4 - COALESCE(share_3, share_2, share_1)), 9) AS change_4,
           round(100.0 * (share_5 - COALESCE(share_4, share_3, share_2, share_1)), 9) AS change_5,
           round(100.0 * (share_6 - COALESCE(share_4, share_3, share_2, share_1)), 9) AS change_6,
           round(100.0 * (share_7 - COALESCE(share_4, share_3, share_2, share_1)), 9) AS change_7
    FROM side_by_side
),
drops AS (
    SELECT c.*, least(COALESCE(change_2, 0.0), COALESCE(change_3, 0.0), COALESCE(change_4, 0.0), COALESCE(change_5, 0.0), COALESCE(change_6, 0.0),
                      COALESCE(change_7, 0.0)) AS greatest_drop
    FROM changes AS c
)
SELECT s.year, s.district_id, s.career_cluster, s.program_code, s.dimension, s.subgroup, s.step, s.n_group, s.n_all, s.group_reached, s.all_reached,
       s.entrant_share, s.step_share, 100.0 * (s.step_share - s.entrant_share) AS gap_points,
       CASE s.place WHEN 1 THEN NULL WHEN 2 THEN '1_entrant' WHEN 3 THEN d.before_3 WHEN 4 THEN d.before_4 ELSE d.before_5 END AS step_before,
       CASE s.place WHEN 2 THEN change_2 WHEN 3 THEN change_3 WHEN 4 THEN change_4 WHEN 5 THEN change_5 WHEN 6 THEN change_6
                    WHEN 7 THEN change_7 END AS change_points,
       s.proportionality,
       -- Of equal drops the earliest stands.
       d.greatest_drop < 0 AND s.place = CASE d.greatest_drop WHEN change_2 THEN 2 WHEN change_3 THEN 3 WHEN change_4 THEN 4 WHEN change_5 THEN 5
                                                              WHEN change_6 THEN 6 ELSE 7 END AS largest_drop,
       CASE WHEN s.n_group >= 100 THEN 'A' WHEN s.n_group >= 30 THEN 'B' WHEN s.n_group >= 10 THEN 'C' ELSE 'D' END AS reliability
FROM shares AS s
JOIN drops AS d ON d.year = s.year AND d.district_id = s.district_id AND d.career_cluster = s.career_cluster
               AND d.program_code = s.program_code AND d.dimension = s.dimension AND d.subgroup = s.subgroup
