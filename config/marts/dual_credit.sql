-- One row a learner who left secondary school, year of the exit, CTE program and special population.
WITH cips AS (
    -- Fields of an older vintage and what stands for them now.
    SELECT code, year, current_code FROM code_vintage WHERE scheme = 'cip' AND current_code IS NOT NULL
),
exits AS (
    SELECT person_id, reporting_year, exit_year, district_id, counted_exit_date, counted_exit_date + INTERVAL '1' YEAR AS year_after
    FROM secondary_exit
),
in_programs AS (
    -- The programs in which the learner had taken part by the exit, by the rule of the year in which it is reported. A program that is not in the directory
    -- goes by its own code where that is a CIP code.
    SELECT x.person_id, x.exit_year, t.program_code, COALESCE(g.cluster16, '_unknown') AS career_cluster,
           substr(COALESCE(v.current_code, g.cip_code, CASE WHEN t.program_code LIKE '__.____' THEN t.program_code END), 1, 5) AS cip4
    FROM cips AS v
    RIGHT JOIN (program_cluster AS g
    RIGHT JOIN (exits AS x
    JOIN cte_participant_secondary AS t ON t.person_id = x.person_id AND t.reporting_year = x.reporting_year AND t.participant_year <= x.exit_year)
            ON g.program_code = t.program_code AND g.reporting_year = x.exit_year)
            ON v.code = COALESCE(g.cip_code, t.program_code) AND v.year = CASE WHEN g.cip_code <> t.program_code THEN 0 ELSE x.exit_year END
),
terms AS (
    -- Dual enrolment (1) began by the exit, whether or not the college marks it, and college (2) within a year after it. The Clearinghouse writes CIP codes without a point. Six months on, the
    -- year of a day is its program year.
    SELECT x.person_id, x.exit_year, CASE WHEN p.dual_enrolled OR p.term_begin <= x.counted_exit_date THEN 1 ELSE 2 END AS kind, p.cip_code,
           CAST(date_part('year', p.term_begin + INTERVAL '6' MONTH) AS INT) AS year,
           p.credits_earned > 0 AS is_earned
    FROM dual_credit_measure AS k
    CROSS JOIN (exits AS x
    JOIN ps_enrollment AS p ON p.person_id = x.person_id)
    WHERE (p.enrollment_status IS NULL OR strpos(k.not_enrolled, concat('|', p.enrollment_status, '|')) = 0)
      AND p.term_begin <= CASE WHEN p.dual_enrolled THEN x.counted_exit_date ELSE x.year_after END
    UNION ALL
    SELECT x.person_id, x.exit_year, 2, substr(n.cip, 1, 2) || '.' || substr(n.cip, 3, 4),
           CAST(date_part('year', n.enrollment_begin + INTERVAL '6' MONTH) AS INT), FALSE AS is_earned
    FROM exits AS x
    JOIN (SELECT person_id, enrollment_begin, enrollment_cip_1 AS cip FROM dual_credit_measure AS k CROSS JOIN nsc_detail
          WHERE record_found AND graduated IS NOT TRUE AND (enrollment_status IS NULL OR strpos(k.not_enrolled, concat('|', enrollment_status, '|')) = 0)
          UNION ALL
          SELECT person_id, enrollment_begin, enrollment_cip_2 FROM dual_credit_measure AS k CROSS JOIN nsc_detail
          WHERE record_found AND graduated IS NOT TRUE AND (enrollment_status IS NULL OR strpos(k.not_enrolled, concat('|', enrollment_status, '|')) = 0)
            AND enrollment_cip_2 IS NOT NULL) AS n
      ON n.person_id = x.person_id AND n.enrollment_begin > x.counted_exit_date AND n.enrollment_begin <= x.year_after
),
fields AS (
    SELECT t.person_id, t.exit_year, t.kind, substr(COALESCE(v.current_code, t.cip_code), 1, 5) AS cip4, bool_or(COALESCE(t.is_earned, FALSE)) AS is_earned
    FROM cips AS v
    RIGHT JOIN terms AS t ON v.code = t.cip_code AND v.year = t.year
    GROUP BY t.person_id, t.exit_year, t.kind, substr(COALESCE(v.current_code, t.cip_code), 1, 5)
),
studied AS (
    SELECT f.person_id, f.exit_year, bool_or(f.kind = 1) AS is_dual, bool_or(f.kind = 1 AND f.is_earned) AS is_earned,
           bool_or(f.kind = 1 AND i.person_id IS NOT NULL) AS is_dual_in_field, bool_or(f.kind = 2) AS is_college,
           bool_or(f.kind = 2 AND f.cip4 IS NOT NULL) AS is_known, bool_or(f.kind = 2 AND i.person_id IS NOT NULL) AS is_same_field
    FROM fields AS f
    LEFT JOIN in_programs AS i ON i.person_id = f.person_id AND i.exit_year = f.exit_year AND i.cip4 = f.cip4
    GROUP BY f.person_id, f.exit_year
),
placed AS (
    SELECT person_id, reporting_year, state, measurable, rule_id, rule_version FROM placement_3s1 WHERE placement_type = 'postsecondary'
),
reach AS (
    SELECT COALESCE((SELECT max(data_through) FROM source_reach WHERE source = 'ps_enrollment'), max(term_end)) AS last_day FROM ps_enrollment
),
outcomes AS (
    -- The narrow table of each join stands on the left, where the engine holds it in memory, and the exits pass by. A table of one row that stood on the
    -- right of a CROSS JOIN would come back beside each row of the left by itself, a batch a row.
    SELECT x.person_id, x.exit_year, x.district_id, c.person_id IS NOT NULL AS is_concentrator,
           COALESCE(d.is_dual, FALSE) AS is_dual, COALESCE(d.is_earned, FALSE) AS is_credit,
           CASE WHEN d.is_dual_in_field THEN 'dual_in_field' WHEN d.is_dual THEN 'dual_other' ELSE 'none' END AS dual,
           p.state = 'observed' AS is_college_q2, p.state <> 'not_observable' AS is_covered_q2, NOT p.measurable AS is_pending_q2,
           COALESCE(d.is_college, FALSE) AS is_college, COALESCE(x.year_after > r.last_day, TRUE) AS is_pending,
           COALESCE(d.is_known, FALSE) AS is_known, COALESCE(d.is_same_field, FALSE) AS is_same_field,
           p.rule_id AS q2_rule_id, p.rule_version AS q2_rule_version
    FROM reach AS r
    CROSS JOIN (studied AS d
    RIGHT JOIN ((SELECT person_id, reporting_year, min(concentrator_year) AS since FROM cte_concentrator_secondary GROUP BY person_id, reporting_year) AS c
    RIGHT JOIN (exits AS x
    JOIN placed AS p ON p.person_id = x.person_id AND p.reporting_year = x.reporting_year)
            ON c.person_id = x.person_id AND c.reporting_year = x.reporting_year AND c.since <= x.exit_year)
            ON d.person_id = x.person_id AND d.exit_year = x.exit_year)
)
SELECT o.person_id, o.exit_year AS year, o.dual,
       CASE WHEN o.is_concentrator THEN 'concentrator' WHEN i.person_id IS NOT NULL THEN 'participant' ELSE 'none' END AS cte_status,
       o.district_id, COALESCE(i.program_code, '_none') AS program_code, COALESCE(i.career_cluster, '_none') AS career_cluster,
       a.gender, a.race_ethnicity, COALESCE(s.special_population, '_none') AS special_population,
       o.is_dual, o.is_credit, o.is_concentrator,
       o.is_college_q2, o.is_covered_q2, o.is_pending_q2, o.is_college OR o.is_college_q2 AS is_college_1yr,
       o.is_college OR o.is_college_q2 OR (o.is_covered_q2 AND NOT o.is_pending) AS is_covered, o.is_pending,
       o.is_college AND i.person_id IS NOT NULL AS is_cte_college, o.is_college AND i.person_id IS NOT NULL AND o.is_known AS is_cte_known,
       o.is_same_field, o.q2_rule_id, o.q2_rule_version, k.rule_id, k.rule_version
FROM dual_credit_measure AS k
CROSS JOIN ((SELECT person_id, special_population FROM special_population WHERE level = 'secondary') AS s
RIGHT JOIN (learner_attributes AS a
RIGHT JOIN (in_programs AS i
RIGHT JOIN outcomes AS o ON i.person_id = o.person_id AND i.exit_year = o.exit_year)
                         ON a.person_id = o.person_id)
                         ON s.person_id = o.person_id)
