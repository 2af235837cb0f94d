-- One row a learner, year, source and field of which no row of the year holds a value; and one with the field `_any` for each with a row at all.
WITH learners AS (
    -- Each field of a source is one bit, so that the rows of a learner and year make one number, whatever their order.
    SELECT person_id, school_year AS year, 'k12_enrollment' AS source,
           bit_or(CASE WHEN sex IS NULL THEN 0 ELSE 1 END
                  + CASE WHEN hispanic OR race_ai OR race_as OR race_bl OR race_pi OR race_wh THEN 2 ELSE 0 END
                  + CASE WHEN econ_disadvantaged IS NULL THEN 0 ELSE 4 END + CASE WHEN disability IS NULL THEN 0 ELSE 8 END
                  + CASE WHEN english_learner IS NULL THEN 0 ELSE 16 END + CASE WHEN homeless IS NULL THEN 0 ELSE 32 END
                  + CASE WHEN foster_care IS NULL THEN 0 ELSE 64 END + CASE WHEN migrant IS NULL THEN 0 ELSE 128 END
                  + CASE WHEN single_parent IS NULL THEN 0 ELSE 256 END + CASE WHEN out_of_workforce IS NULL THEN 0 ELSE 512 END
                  + CASE WHEN military_connected IS NULL OR military_connected = 'Unknown' THEN 0 ELSE 1024 END) AS bits
    FROM k12_enrollment
    WHERE school_year >= 2020
    GROUP BY person_id, school_year
    UNION ALL
    SELECT person_id, school_year, 'k12_exits',
           bit_or(CASE WHEN exit_type IS NULL THEN 0 ELSE 1 END)
    FROM k12_enrollment
    WHERE school_year >= 2020 AND exit_date IS NOT NULL
    GROUP BY person_id, school_year
    UNION ALL
    SELECT person_id, school_year, 'cte_courses',
           bit_or(CASE WHEN cip_code IS NULL THEN 0 ELSE 1 END + CASE WHEN credits IS NULL THEN 0 ELSE 2 END
                  + CASE WHEN grade_mark IS NULL THEN 0 ELSE 4 END + CASE WHEN course_title IS NULL THEN 0 ELSE 8 END
                  + CASE WHEN completion_date IS NULL THEN 0 ELSE 16 END)
    FROM cte_courses
    WHERE school_year >= 2020
    GROUP BY person_id, school_year
    UNION ALL
    SELECT person_id, cohort_year, 'graduates',
           bit_or(CASE WHEN diploma_type IS NULL THEN 0 ELSE 1 END)
    FROM graduation_cohort
    WHERE cohort_year >= 2020 AND graduated
    GROUP BY person_id, cohort_year
    UNION ALL
    SELECT person_id, school_year, 'assessments',
           bit_or(CASE WHEN grade IS NULL THEN 0 ELSE 1 END + CASE WHEN scale_score IS NULL THEN 0 ELSE 2 END
                  + CASE WHEN performance_level IS NULL THEN 0 ELSE 4 END + CASE WHEN proficient IS NULL THEN 0 ELSE 8 END)
    FROM assessments
    WHERE school_year >= 2020 AND valid
    GROUP BY person_id, school_year
    UNION ALL
    SELECT w.person_id, w.school_year, 'work_based_learning',
           bit_or(CASE WHEN w.program_code IS NULL THEN 0 ELSE 1 END + CASE WHEN w.end_date IS NULL THEN 0 ELSE 2 END
                  + CASE WHEN w.hours IS NULL THEN 0 ELSE 4 END + CASE WHEN w.paid IS NULL THEN 0 ELSE 8 END
                  + CASE WHEN w.employer_account IS NULL THEN 0 ELSE 16 END + CASE WHEN e.naics IS NULL THEN 0 ELSE 32 END)
    FROM employers AS e
    RIGHT JOIN work_based_learning AS w ON e.employer_account = w.employer_account
    WHERE w.school_year >= 2020
    GROUP BY w.person_id, w.school_year
    UNION ALL
    SELECT c.person_id, c.school_year, 'credentials',
           bit_or(CASE WHEN c.school_id IS NULL THEN 0 ELSE 1 END + CASE WHEN l.credential_code IS NULL THEN 0 ELSE 2 END)
    FROM credential_list AS l
    RIGHT JOIN credentials AS c ON l.credential_code = c.credential_code
    WHERE c.school_year >= 2020
    GROUP BY c.person_id, c.school_year
    UNION ALL
    SELECT person_id, exit_year, 'follow_up_survey',
           bit_or(CASE WHEN responded THEN 1 ELSE 0 END)
    FROM follow_up_survey
    WHERE exit_year >= 2020
    GROUP BY person_id, exit_year
    UNION ALL
    SELECT person_id, exit_year, 'survey_answers',
           bit_or(CASE WHEN postsecondary IS NULL THEN 0 ELSE 1 END + CASE WHEN advanced_training IS NULL THEN 0 ELSE 2 END
                  + CASE WHEN military IS NULL THEN 0 ELSE 4 END + CASE WHEN service IS NULL THEN 0 ELSE 8 END
                  + CASE WHEN employed IS NULL THEN 0 ELSE 16 END)
    FROM follow_up_survey
    WHERE exit_year >= 2020 AND responded
    GROUP BY person_id, exit_year
    UNION ALL
    SELECT person_id, academic_year, 'ps_enrollment',
           bit_or(CASE WHEN sex IS NULL THEN 0 ELSE 1 END + CASE WHEN ps_race IS NULL THEN 0 ELSE 2 END
                  + CASE WHEN cip_code IS NULL THEN 0 ELSE 4 END + CASE WHEN credits_attempted IS NULL THEN 0 ELSE 8 END
                  + CASE WHEN credits_earned IS NULL THEN 0 ELSE 16 END + CASE WHEN cte_credits IS NULL THEN 0 ELSE 32 END
                  + CASE WHEN pell IS NULL THEN 0 ELSE 64 END + CASE WHEN ps_disability IS NULL THEN 0 ELSE 128 END)
    FROM ps_enrollment
    WHERE academic_year >= 2020
    GROUP BY person_id, academic_year
    UNION ALL
    SELECT person_id, academic_year, 'ps_awards',
           bit_or(CASE WHEN cip_code IS NULL THEN 0 ELSE 1 END)
    FROM ps_awards
    WHERE academic_year >= 2020
    GROUP BY person_id, academic_year
    UNION ALL
    SELECT person_id, date_part('year', enrollment_begin) + CASE WHEN date_part('month', enrollment_begin) >= 7 THEN 1 ELSE 0 END, 'nsc_enrollment',
           bit_or(CASE WHEN enrollment_status IS NULL THEN 0 ELSE 1 END + CASE WHEN class_level IS NULL THEN 0 ELSE 2 END
                  + CASE WHEN enrollment_cip_1 IS NULL THEN 0 ELSE 4 END + CASE WHEN two_four_year IS NULL THEN 0 ELSE 8 END
                  + CASE WHEN college_state IS NULL THEN 0 ELSE 16 END)
    FROM nsc_detail
    WHERE enrollment_begin >= DATE '2019-07-01' AND record_found AND graduated IS NOT TRUE
    GROUP BY person_id, date_part('year', enrollment_begin) + CASE WHEN date_part('month', enrollment_begin) >= 7 THEN 1 ELSE 0 END
    UNION ALL
    SELECT person_id, date_part('year', graduation_date) + CASE WHEN date_part('month', graduation_date) >= 7 THEN 1 ELSE 0 END, 'nsc_degrees',
           bit_or(CASE WHEN degree_title IS NULL THEN 0 ELSE 1 END + CASE WHEN degree_cip_1 IS NULL THEN 0 ELSE 2 END)
    FROM nsc_detail
    WHERE graduation_date >= DATE '2019-07-01' AND graduated
    GROUP BY person_id, date_part('year', graduation_date) + CASE WHEN date_part('month', graduation_date) >= 7 THEN 1 ELSE 0 END
    UNION ALL
    SELECT w.person_id, CAST(substr(w.year_quarter, 1, 4) AS INT) + CASE WHEN substr(w.year_quarter, 5, 1) >= '3' THEN 1 ELSE 0 END, 'ui_wages',
           bit_or(CASE WHEN e.naics IS NULL THEN 0 ELSE 1 END + CASE WHEN e.county IS NULL THEN 0 ELSE 2 END)
    FROM employers AS e
    RIGHT JOIN ui_wages AS w ON e.employer_account = w.employer_account
    WHERE w.year_quarter >= '20193'
    GROUP BY w.person_id, CAST(substr(w.year_quarter, 1, 4) AS INT) + CASE WHEN substr(w.year_quarter, 5, 1) >= '3' THEN 1 ELSE 0 END
    UNION ALL
    SELECT person_id, date_part('year', start_date) + CASE WHEN date_part('month', start_date) >= 7 THEN 1 ELSE 0 END, 'apprenticeships',
           bit_or(CASE WHEN occupation IS NULL THEN 0 ELSE 1 END + CASE WHEN sponsor_naics IS NULL THEN 0 ELSE 2 END)
    FROM apprenticeships
    WHERE start_date >= DATE '2019-07-01'
    GROUP BY person_id, date_part('year', start_date) + CASE WHEN date_part('month', start_date) >= 7 THEN 1 ELSE 0 END
    UNION ALL
    SELECT person_id, date_part('year', entry_date) + CASE WHEN date_part('month', entry_date) >= 7 THEN 1 ELSE 0 END, 'adult_education',
           bit_or(CASE WHEN sex IS NULL THEN 0 ELSE 1 END + CASE WHEN low_income IS NULL THEN 0 ELSE 2 END
                  + CASE WHEN english_learner IS NULL THEN 0 ELSE 4 END + CASE WHEN single_parent IS NULL THEN 0 ELSE 8 END
                  + CASE WHEN displaced_homemaker IS NULL THEN 0 ELSE 16 END)
    FROM adult_education
    WHERE entry_date >= DATE '2019-07-01'
    GROUP BY person_id, date_part('year', entry_date) + CASE WHEN date_part('month', entry_date) >= 7 THEN 1 ELSE 0 END
    UNION ALL
    SELECT person_id, date_part('year', issued) + CASE WHEN date_part('month', issued) >= 7 THEN 1 ELSE 0 END, 'licences',
           bit_or(CASE WHEN county IS NULL THEN 0 ELSE 1 END + CASE WHEN expires IS NULL THEN 0 ELSE 2 END)
    FROM licences
    WHERE issued >= DATE '2019-07-01'
    GROUP BY person_id, date_part('year', issued) + CASE WHEN date_part('month', issued) >= 7 THEN 1 ELSE 0 END
),
fields AS (
    -- No row lacks a bit of nought, which is how everyone with a row is counted.
    SELECT column1 AS source, column2 AS field, column3 AS bit
    FROM (VALUES
        ('k12_enrollment', '_any', 0), ('k12_enrollment', 'sex', 1), ('k12_enrollment', 'race_ethnicity', 2),
        ('k12_enrollment', 'econ_disadvantaged', 4), ('k12_enrollment', 'disability', 8),
        ('k12_enrollment', 'english_learner', 16), ('k12_enrollment', 'homeless', 32),
        ('k12_enrollment', 'foster_care', 64), ('k12_enrollment', 'migrant', 128), ('k12_enrollment', 'single_parent', 256),
        ('k12_enrollment', 'out_of_workforce', 512), ('k12_enrollment', 'military_connected', 1024),
        ('k12_exits', '_any', 0), ('k12_exits', 'exit_type', 1),
        ('cte_courses', '_any', 0), ('cte_courses', 'cip_code', 1), ('cte_courses', 'credits', 2), ('cte_courses', 'grade_mark', 4),
        ('cte_courses', 'course_title', 8), ('cte_courses', 'completion_date', 16),
        ('graduates', '_any', 0), ('graduates', 'diploma_type', 1),
        ('assessments', '_any', 0), ('assessments', 'grade', 1), ('assessments', 'scale_score', 2), ('assessments', 'performance_level', 4),
        ('assessments', 'proficient', 8),
        ('work_based_learning', '_any', 0), ('work_based_learning', 'program_code', 1), ('work_based_learning', 'end_date', 2),
        ('work_based_learning', 'hours', 4), ('work_based_learning', 'paid', 8), ('work_based_learning', 'employer_account', 16),
        ('work_based_learning', 'employer_naics', 32),
        ('credentials', '_any', 0), ('credentials', 'school_id', 1), ('credentials', 'credential_list', 2),
        ('follow_up_survey', '_any', 0), ('follow_up_survey', 'responded', 1),
        ('survey_answers', '_any', 0), ('survey_answers', 'postsecondary', 1), ('survey_answers', 'advanced_training', 2),
        ('survey_answers', 'military', 4), ('survey_answers', 'service', 8), ('survey_answers', 'employed', 16),
        ('ps_enrollment', '_any', 0), ('ps_enrollment', 'sex', 1), ('ps_enrollment', 'ps_race', 2), ('ps_enrollment', 'cip_code', 4),
        ('ps_enrollment', 'credits_attempted', 8), ('ps_enrollment', 'credits_earned', 16), ('ps_enrollment', 'cte_credits', 32),
        ('ps_enrollment', 'pell', 64), ('ps_enrollment', 'ps_disability', 128),
        ('ps_awards', '_any', 0), ('ps_awards', 'cip_code', 1),
        ('nsc_enrollment', '_any', 0), ('nsc_enrollment', 'enrollment_status', 1), ('nsc_enrollment', 'class_level', 2),
        ('nsc_enrollment', 'enrollment_cip_1', 4), ('nsc_enrollment', 'two_four_year', 8), ('nsc_enrollment', 'college_state', 16),
        ('nsc_degrees', '_any', 0), ('nsc_degrees', 'degree_title', 1), ('nsc_degrees', 'degree_cip_1', 2),
        ('ui_wages', '_any', 0), ('ui_wages', 'employer_naics', 1), ('ui_wages', 'employer_county', 2),
        ('apprenticeships', '_any', 0), ('apprenticeships', 'occupation', 1), ('apprenticeships', 'sponsor_naics', 2),
        ('adult_education', '_any', 0), ('adult_education', 'sex', 1), ('adult_education', 'low_income', 2),
        ('adult_education', 'english_learner', 4), ('adult_education', 'single_parent', 8), ('adult_education', 'displaced_homemaker', 16),
        ('licences', '_any', 0), ('licences', 'county', 1), ('licences', 'expires', 2)) AS f
)
SELECT l.person_id, l.year, l.source, f.field, a.gender, a.race_ethnicity
FROM learner_attributes AS a
RIGHT JOIN (fields AS f
JOIN learners AS l ON f.source = l.source AND (l.bits & f.bit) = 0)
                   ON a.person_id = l.person_id
-- Many who have wages, licences and apprenticeships, or are in adult education, were never learners of the state's schools and colleges.
WHERE a.person_id IS NOT NULL OR l.source NOT IN ('ui_wages', 'licences', 'apprenticeships', 'adult_education')
