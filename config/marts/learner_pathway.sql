-- One row a learner in a graduation cohort or in CTE.
WITH cohort AS (
    SELECT person_id, cohort_year, included, graduated, district_id, school_id,
           row_number() OVER (PARTITION BY person_id
                              ORDER BY cohort_year DESC, included DESC, graduated DESC, district_id, school_id) AS place
    FROM graduation_cohort
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
    SELECT person_id, reporting_year,
           max(CASE WHEN placement_type = 'postsecondary' THEN state END) AS college,
           max(CASE WHEN placement_type = 'employment' THEN state END) AS employed,
           max(CASE WHEN placement_type = 'any' THEN state END) AS placed,
           max(quarter_wages) AS wages
    FROM placement_3s1
    GROUP BY person_id, reporting_year
),
learners AS (
    SELECT person_id FROM cohort WHERE person_id IS NOT NULL
    UNION SELECT person_id FROM cte_participant_secondary
    UNION SELECT person_id FROM cte_participant_postsecondary
)
SELECT l.person_id,
       a.gender, CASE WHEN a.gender IS NULL THEN 'not_collected' END AS gender_status,
       a.race_ethnicity, CASE WHEN a.race_ethnicity IS NULL THEN 'not_collected' END AS race_ethnicity_status,
       a.ever_econ_disadvantaged, a.ever_disability, a.ever_english_learner,
       g.cohort_year, CASE WHEN g.person_id IS NULL THEN 'not_applicable' END AS cohort_year_status,
       g.included AS cohort_included, g.graduated, g.district_id AS cohort_district_id, g.school_id AS cohort_school_id,
       sp.person_id IS NOT NULL AS sec_participant, COALESCE(sp.programs, 0) AS sec_programs,
       sc.person_id IS NOT NULL AS sec_concentrator, sc.year AS sec_concentrator_year, sc.program_code AS sec_program_code,
       x.exit_year, x.exit_type, x.exit_quarter, CASE WHEN x.person_id IS NULL THEN 'not_applicable' END AS exit_status,
       CASE p.college WHEN 'observed' THEN TRUE WHEN 'not_observed' THEN FALSE END AS college_q2,
       CASE WHEN p.college IS NULL THEN 'not_applicable' WHEN p.college = 'not_observable' THEN 'not_observable' END AS college_q2_status,
       CASE p.employed WHEN 'observed' THEN TRUE WHEN 'not_observed' THEN FALSE END AS employed_q2,
       CASE WHEN p.employed IS NULL THEN 'not_applicable' WHEN p.employed = 'not_observable' THEN 'not_observable' END AS employed_q2_status,
       p.wages AS wages_q2,
       CASE p.placed WHEN 'observed' THEN TRUE WHEN 'not_observed' THEN FALSE END AS placed_q2,
       CASE WHEN p.placed IS NULL THEN 'not_applicable' WHEN p.placed = 'not_observable' THEN 'not_observable' END AS placed_q2_status,
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
