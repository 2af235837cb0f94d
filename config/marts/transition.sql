-- One row a secondary concentrator who left school, year of the exit and CTE program, with the college that they attended first.
WITH cips AS (
    -- Fields of an older vintage and what stands for them now.
    SELECT code, year, current_code FROM code_vintage WHERE scheme = 'cip' AND current_code IS NOT NULL
),
exits AS (
    SELECT x.person_id, x.reporting_year, x.exit_year, x.district_id, x.counted_exit_date, x.counted_exit_date + INTERVAL '1' YEAR AS year_after
    FROM (SELECT person_id, reporting_year, min(concentrator_year) AS since FROM cte_concentrator_secondary GROUP BY person_id, reporting_year) AS c
    JOIN secondary_exit AS x ON x.person_id = c.person_id AND x.reporting_year = c.reporting_year AND c.since <= x.exit_year
),
enrolments AS (
    -- What began within a year after the exit; what began before it is dual enrolment. The Clearinghouse writes college codes with a hyphen and
    -- CIP codes without a point.
    SELECT x.person_id, x.exit_year, p.term_begin AS begin, p.college_id, p.cip_code
    FROM transition_measure AS k
    CROSS JOIN (exits AS x
    JOIN ps_enrollment AS p ON p.person_id = x.person_id AND p.term_begin > x.counted_exit_date AND p.term_begin <= x.year_after)
    WHERE p.dual_enrolled IS NOT TRUE AND (p.enrollment_status IS NULL OR strpos(k.not_enrolled, concat('|', p.enrollment_status, '|')) = 0)
    UNION ALL
    SELECT x.person_id, x.exit_year, n.enrollment_begin, replace(n.college_code, '-', ''), substr(n.cip, 1, 2) || '.' || substr(n.cip, 3, 4)
    FROM exits AS x
    JOIN (SELECT person_id, college_code, enrollment_begin, enrollment_cip_1 AS cip FROM transition_measure AS k CROSS JOIN nsc_detail
          WHERE record_found AND graduated IS NOT TRUE AND (enrollment_status IS NULL OR strpos(k.not_enrolled, concat('|', enrollment_status, '|')) = 0)
          UNION ALL
          SELECT person_id, college_code, enrollment_begin, enrollment_cip_2 FROM transition_measure AS k CROSS JOIN nsc_detail
          WHERE record_found AND graduated IS NOT TRUE AND (enrollment_status IS NULL OR strpos(k.not_enrolled, concat('|', enrollment_status, '|')) = 0)
            AND enrollment_cip_2 IS NOT NULL) AS n
      ON n.person_id = x.person_id AND n.enrollment_begin > x.counted_exit_date AND n.enrollment_begin <= x.year_after
),
attended AS (
    -- The college attended first stands, as the end of the least "day and college".
    SELECT person_id, exit_year, substr(min(concat(CAST(begin AS VARCHAR), college_id)), 11) AS college_id, bool_or(cip_code IS NOT NULL) AS is_known
    FROM enrolments
    GROUP BY person_id, exit_year
),
colleges AS (
    -- The state's directory and what the Clearinghouse says of each college; of several spellings the last stands.
    SELECT college_id, COALESCE(max(directory_name), max(name)) AS name, max(state) AS state,
           COALESCE(max(directory_level), max(level)) AS level, max(control) AS control, bool_or(in_directory) AS in_directory
    FROM (
        SELECT org_id AS college_id, name AS directory_name, CAST(NULL AS VARCHAR) AS name, CAST(NULL AS VARCHAR) AS state,
               CASE level WHEN '2YR' THEN '2' WHEN '4YR' THEN '4' END AS directory_level, CAST(NULL AS VARCHAR) AS level,
               CAST(NULL AS VARCHAR) AS control, TRUE AS in_directory
        FROM organizations
        WHERE org_type = 'college'
        UNION ALL
        SELECT DISTINCT replace(college_code, '-', ''), CAST(NULL AS VARCHAR), college_name, college_state, CAST(NULL AS VARCHAR) AS no_level,
               two_four_year, public_private, FALSE
        FROM nsc_detail
        WHERE college_code IS NOT NULL
    ) AS said
    GROUP BY college_id
),
home AS (
    -- This state is the one in which the Clearinghouse sees most colleges of the directory.
    SELECT substr(max(concat(lpad(CAST(n AS VARCHAR), 9, '0'), state)), 10) AS state
    FROM (SELECT state, count(*) AS n FROM colleges WHERE in_directory AND state IS NOT NULL GROUP BY state) AS counted
),
leavers AS (
    -- A program that is not in the directory goes by its own code where that is a CIP code. The narrow table of each join stands on the left.
    SELECT x.person_id, x.exit_year, x.reporting_year, x.district_id, x.year_after, c.program_code, g.cluster16,
           COALESCE(v.current_code, g.cip_code, CASE WHEN c.program_code LIKE '__.____' THEN c.program_code END) AS cip_code
    FROM cips AS v
    RIGHT JOIN (program_cluster AS g
    RIGHT JOIN (exits AS x
    JOIN cte_concentrator_secondary AS c ON c.person_id = x.person_id AND c.reporting_year = x.reporting_year AND c.concentrator_year <= x.exit_year)
            ON g.program_code = c.program_code AND g.reporting_year = x.exit_year)
            ON v.code = COALESCE(g.cip_code, c.program_code) AND v.year = CASE WHEN g.cip_code <> c.program_code THEN 0 ELSE x.exit_year END
),
clusters AS (
    SELECT DISTINCT cip_code, reporting_year, cluster16 FROM program_cluster WHERE cluster16 IS NOT NULL
),
continued AS (
    -- How near the field at college comes to the program, the nearest of all enrolments: 1 same CIP-6, 2 CIP-4, 3 CIP-2, 4 cluster, 5 other.
    SELECT l.person_id, l.exit_year, l.program_code,
           min(CASE WHEN e.cip_code = l.cip_code THEN 1 WHEN substr(e.cip_code, 1, 5) = substr(l.cip_code, 1, 5) THEN 2
                    WHEN substr(e.cip_code, 1, 2) = substr(l.cip_code, 1, 2) THEN 3 WHEN k.cluster16 = l.cluster16 THEN 4 ELSE 5 END) AS nearness
    FROM clusters AS k
    RIGHT JOIN (leavers AS l
    -- Six months on, the year of a day is its program year.
    JOIN (SELECT DISTINCT n.person_id, n.exit_year, COALESCE(v.current_code, n.cip_code) AS cip_code
          FROM cips AS v
          RIGHT JOIN enrolments AS n ON v.code = n.cip_code AND v.year = CAST(date_part('year', n.begin + INTERVAL '6' MONTH) AS INT)
          WHERE n.cip_code IS NOT NULL) AS e
      ON e.person_id = l.person_id AND e.exit_year = l.exit_year)
            ON k.cip_code = e.cip_code AND k.reporting_year = l.exit_year
    WHERE l.cip_code IS NOT NULL
    GROUP BY l.person_id, l.exit_year, l.program_code
),
searched AS (
    SELECT person_id, reporting_year, state <> 'not_observable' AS is_searched FROM placement_3s1 WHERE placement_type = 'postsecondary'
),
reach AS (
    SELECT COALESCE((SELECT max(data_through) FROM source_reach WHERE source = 'ps_enrollment'), max(term_end)) AS last_day FROM ps_enrollment
)
SELECT l.person_id, l.exit_year AS year, l.district_id, l.program_code, COALESCE(l.cluster16, '_unknown') AS career_cluster,
       CASE WHEN t.person_id IS NULL THEN '_none' ELSE NULLIF(t.college_id, '') END AS college_id,
       CASE WHEN t.person_id IS NULL THEN '_none' ELSE s.name END AS college_name,
       CASE WHEN t.person_id IS NULL THEN '_none' WHEN s.in_directory OR s.state = h.state THEN 'in_state' ELSE s.state END AS college_state,
       CASE WHEN t.person_id IS NULL THEN '_none' ELSE s.level END AS two_four_year,
       CASE WHEN t.person_id IS NULL THEN '_none' ELSE s.control END AS public_private,
       CASE WHEN t.person_id IS NULL THEN 'none' WHEN n.nearness = 1 THEN 'same_cip6' WHEN n.nearness = 2 THEN 'same_cip4'
            WHEN n.nearness = 3 THEN 'same_cip2' WHEN n.nearness = 4 THEN 'same_cluster' WHEN n.nearness = 5 THEN 'other' END AS continuation,
       a.gender, a.race_ethnicity,
       t.person_id IS NOT NULL AS is_enrolled,
       t.person_id IS NOT NULL OR (f.is_searched AND NOT COALESCE(l.year_after > r.last_day, TRUE)) AS is_covered,
       COALESCE(l.year_after > r.last_day, TRUE) AS is_pending, COALESCE(t.is_known AND l.cip_code IS NOT NULL, FALSE) AS is_known,
       COALESCE(n.nearness <= 1, FALSE) AS is_cip6, COALESCE(n.nearness <= 2, FALSE) AS is_cip4, COALESCE(n.nearness <= 3, FALSE) AS is_cip2,
       COALESCE(n.nearness <= 4, FALSE) AS is_cluster, k.rule_id, k.rule_version
-- Beside a CROSS JOIN the many rows stand on the right: on the left each of them would come back in a batch by itself.
FROM reach AS r
CROSS JOIN home AS h
CROSS JOIN transition_measure AS k
CROSS JOIN (learner_attributes AS a
RIGHT JOIN (colleges AS s
RIGHT JOIN (continued AS n
RIGHT JOIN (attended AS t
RIGHT JOIN (leavers AS l
JOIN searched AS f ON f.person_id = l.person_id AND f.reporting_year = l.reporting_year)
        ON t.person_id = l.person_id AND t.exit_year = l.exit_year)
        ON n.person_id = l.person_id AND n.exit_year = l.exit_year AND n.program_code = l.program_code)
        ON s.college_id = t.college_id)
        ON a.person_id = l.person_id)
