-- One row a learner whom a school or college has a record of.
WITH several AS (
    SELECT person_id FROM graduation_cohort GROUP BY person_id HAVING count(*) > 1
),
cohort AS (
    -- Few learners stand in more than one cohort; only for them is there anything to put in order.
    SELECT g.person_id, g.cohort_year, g.included, g.graduated, g.district_id, g.school_id, 1 AS place
    FROM several AS s
    RIGHT ANTI JOIN graduation_cohort AS g ON g.person_id = s.person_id
    UNION ALL
    SELECT g.person_id, g.cohort_year, g.included, g.graduated, g.district_id, g.school_id,
           row_number() OVER (PARTITION BY g.person_id
                              ORDER BY g.cohort_year DESC, g.included DESC, g.graduated DESC, g.district_id, g.school_id)
    FROM several AS s
    JOIN graduation_cohort AS g ON g.person_id = s.person_id
),
sec_part AS (
    SELECT person_id, count(DISTINCT program_code) AS programs FROM cte_participant_secondary GROUP BY person_id
),
sec_conc AS (
    -- The program reached first stands, as the end of the least "year and program".
    SELECT person_id, min(concentrator_year) AS year, substr(min(concat(concentrator_year, program_code)), 5) AS program_code
    FROM cte_concentrator_secondary
    GROUP BY person_id
),
last_exit AS (
    SELECT person_id, max(reporting_year) AS reporting_year FROM secondary_exit GROUP BY person_id
),
placed AS (
    -- Each type of placement has one row: 2 is observed, 1 not observed, 0 not observable.
    SELECT person_id, reporting_year,
           max(found) FILTER (WHERE placement_type = 'postsecondary') AS college,
           max(found) FILTER (WHERE placement_type = 'employment') AS employed,
           max(found) FILTER (WHERE placement_type = 'any') AS placed,
           max(quarter_wages) AS wages
    FROM (SELECT p.*, CASE state WHEN 'observed' THEN 2 WHEN 'not_observed' THEN 1 ELSE 0 END AS found FROM placement_3s1 AS p) AS states
    GROUP BY person_id, reporting_year
),
learners AS (
    SELECT person_id, bool_or(school) AS in_secondary, bool_or(college) AS in_postsecondary
    FROM (SELECT person_id, TRUE AS school, FALSE AS college FROM k12_enrollment
          UNION ALL SELECT person_id, TRUE, FALSE FROM cte_courses
          UNION ALL SELECT person_id, TRUE, FALSE FROM graduation_cohort
          UNION ALL SELECT person_id, FALSE, TRUE FROM ps_enrollment
          UNION ALL SELECT person_id, FALSE, TRUE FROM ps_awards) AS seen
    WHERE person_id IS NOT NULL
    GROUP BY person_id
)
SELECT l.person_id,
       a.gender, CASE WHEN a.gender IS NULL THEN 'not_collected' END AS gender_status,
       a.race_ethnicity, CASE WHEN a.race_ethnicity IS NULL THEN 'not_collected' END AS race_ethnicity_status,
       a.ever_econ_disadvantaged, a.ever_disability, a.ever_english_learner, l.in_secondary, l.in_postsecondary,
       g.cohort_year, CASE WHEN g.person_id IS NULL THEN 'not_applicable' END AS cohort_year_status,
       g.included AS cohort_included, g.graduated, g.district_id AS cohort_district_id, g.school_id AS cohort_school_id,
       sp.person_id IS NOT NULL AS sec_participant, COALESCE(sp.programs, 0) AS sec_programs,
       sc.person_id IS NOT NULL AS sec_concentrator, sc.year AS sec_concentrator_year, sc.program_code AS sec_program_code,
       x.exit_year, x.exit_type, x.exit_quarter, CASE WHEN x.person_id IS NULL THEN 'not_applicable' END AS exit_status,
       CASE p.college WHEN 2 THEN TRUE WHEN 1 THEN FALSE END AS college_q2,
       CASE WHEN p.college IS NULL THEN 'not_applicable' WHEN p.college = 0 THEN 'not_observable' END AS college_q2_status,
       CASE p.employed WHEN 2 THEN TRUE WHEN 1 THEN FALSE END AS employed_q2,
       CASE WHEN p.employed IS NULL THEN 'not_applicable' WHEN p.employed = 0 THEN 'not_observable' END AS employed_q2_status,
       p.wages AS wages_q2,
       CASE p.placed WHEN 2 THEN TRUE WHEN 1 THEN FALSE END AS placed_q2,
       CASE WHEN p.placed IS NULL THEN 'not_applicable' WHEN p.placed = 0 THEN 'not_observable' END AS placed_q2_status,
       pp.person_id IS NOT NULL AS ps_participant, pc.person_id IS NOT NULL AS ps_concentrator, w.person_id IS NOT NULL AS ps_award,
       k.link_strength, k.n_sources, k.has_bridge
FROM learners AS l
LEFT JOIN learner_attributes AS a ON a.person_id = l.person_id
LEFT JOIN cohort AS g ON g.person_id = l.person_id AND g.place = 1
LEFT JOIN sec_part AS sp ON sp.person_id = l.person_id
LEFT JOIN sec_conc AS sc ON sc.person_id = l.person_id
LEFT JOIN last_exit AS e ON e.person_id = l.person_id
LEFT JOIN secondary_exit AS x ON x.person_id = e.person_id AND x.reporting_year = e.reporting_year
LEFT JOIN placed AS p ON p.person_id = e.person_id AND p.reporting_year = e.reporting_year
LEFT JOIN (SELECT DISTINCT person_id FROM cte_participant_postsecondary) AS pp ON pp.person_id = l.person_id
LEFT JOIN (SELECT DISTINCT person_id FROM cte_concentrator_postsecondary) AS pc ON pc.person_id = l.person_id
LEFT JOIN (SELECT DISTINCT person_id FROM ps_awards) AS w ON w.person_id = l.person_id
LEFT JOIN person_link AS k ON k.person_id = l.person_id
