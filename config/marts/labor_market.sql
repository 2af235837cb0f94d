-- One row a year, area and program, field, cluster or all of them: completers beside openings.
WITH level_years AS (
    -- A level without a single completer in a year has not been delivered yet; zero completers would be no answer.
    SELECT year, level FROM program_supply WHERE grouping_set = 'level'
),
years AS (
    SELECT year, bool_or(level = 'secondary') AS has_secondary, bool_or(level = 'postsecondary') AS has_postsecondary
    FROM level_years
    GROUP BY year
),
supply AS (
    SELECT CASE WHEN program_code <> '_total' THEN 'program_code' WHEN cip_code <> '_total' THEN 'cip_code'
                WHEN career_cluster <> '_total' THEN 'career_cluster' ELSE 'total' END AS kind,
           year, level, program_code, cip_code, career_cluster, area, completers
    FROM program_supply
),
by_key AS (
    -- Cells with and without a level side by side. A program belongs to one level, so its cells name none.
    SELECT kind, year, program_code, cip_code, career_cluster, area,
           max(CASE WHEN level = '_total' THEN completers END) AS completers,
           max(CASE WHEN level = 'secondary' THEN completers END) AS secondary,
           max(CASE WHEN level = 'postsecondary' THEN completers END) AS postsecondary
    FROM supply
    GROUP BY kind, year, program_code, cip_code, career_cluster, area
),
areas AS (
    SELECT DISTINCT area, area_name FROM regions
),
beside AS (
    SELECT d.*, y.year, p.title, p.org_level, COALESCE(a.area_name, CASE d.area WHEN '_total' THEN 'The whole state' ELSE d.area END) AS area_name,
           y.has_secondary OR p.org_level = 'postsecondary' AND d.kind = 'program_code' AS secondary_known,
           y.has_postsecondary OR p.org_level = 'secondary' AND d.kind = 'program_code' AS postsecondary_known,
           COALESCE(s.completers, 0) AS completers,
           CASE WHEN d.kind <> 'program_code' THEN s.secondary WHEN p.org_level = 'secondary' THEN s.completers END AS secondary,
           CASE WHEN d.kind <> 'program_code' THEN s.postsecondary WHEN p.org_level = 'postsecondary' THEN s.completers END AS postsecondary
    FROM program_demand AS d
    CROSS JOIN years AS y
    LEFT JOIN programs AS p ON d.kind = 'program_code' AND p.program_code = d.program_code
    LEFT JOIN areas AS a ON a.area = d.area
    -- The cells of a program name neither its field nor its cluster.
    LEFT JOIN by_key AS s ON s.kind = d.kind AND s.year = y.year AND s.area = d.area AND s.program_code = d.program_code
                         AND s.cip_code = CASE WHEN d.kind = 'program_code' THEN '_total' ELSE d.cip_code END
                         AND s.career_cluster = CASE WHEN d.kind = 'program_code' THEN '_total' ELSE d.career_cluster END
),
judged AS (
    SELECT b.*,
           CASE WHEN NOT (COALESCE(secondary_known, FALSE) AND COALESCE(postsecondary_known, FALSE)) THEN 'data_not_yet_available'
                WHEN occupations + occupations_missing = 0 THEN 'no_occupation'
                WHEN openings IS NULL THEN 'no_projection' END AS status
    FROM beside AS b
)
SELECT kind, year, program_code, cip_code, career_cluster, area, area_name, title, org_level AS level, status,
       CASE WHEN status = 'data_not_yet_available' THEN NULL ELSE completers END AS completers,
       CASE WHEN secondary_known THEN COALESCE(secondary, 0) END AS completers_secondary,
       CASE WHEN postsecondary_known THEN COALESCE(postsecondary, 0) END AS completers_postsecondary,
       openings, CASE WHEN status IS NULL THEN openings - completers END AS gap,
       CASE WHEN status IS NULL AND openings > 0 THEN arrow_cast(completers, 'Float64') / arrow_cast(openings, 'Float64') END AS supply_ratio,
       CASE WHEN status IS NOT NULL THEN NULL
            WHEN completers * 100 < openings * shortage_below THEN 'shortage'
            WHEN completers * 100 > openings * surplus_above THEN 'surplus'
            ELSE 'balance' END AS supply_class,
       occupations, occupations_grouped, occupations_missing, openings_high_wage, openings_in_demand, openings_high_skill,
       employment_base, employment_projected, growth_percent, median_wage, median_wage_low, median_wage_high, wage_is_bound,
       shortage_below, surplus_above, rule_id AS demand_rule, rule_version AS demand_rule_version
FROM judged
