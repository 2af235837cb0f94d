-- One row a year, source, field and group of learners: how many have a row, and how many of them a value in the field.
WITH cells AS (
    SELECT year, source, field, '_total' AS dimension, '_total' AS subgroup, learners FROM field_missing WHERE grouping_set = 'total'
    UNION ALL
    SELECT year, source, field, 'gender', gender, learners FROM field_missing WHERE grouping_set = 'gender'
    UNION ALL
    SELECT year, source, field, 'race_ethnicity', race_ethnicity, learners FROM field_missing WHERE grouping_set = 'race_ethnicity'
),
fields AS (
    SELECT column1 AS source, column2 AS field
    FROM (VALUES
        ('k12_enrollment', 'sex'), ('k12_enrollment', 'race_ethnicity'), ('k12_enrollment', 'econ_disadvantaged'), ('k12_enrollment', 'disability'),
        ('k12_enrollment', 'english_learner'), ('k12_enrollment', 'homeless'), ('k12_enrollment', 'foster_care'), ('k12_enrollment', 'migrant'),
        ('k12_enrollment', 'single_parent'), ('k12_enrollment', 'out_of_workforce'), ('k12_enrollment', 'military_connected'),
        ('k12_exits', 'exit_type'),
        ('cte_courses', 'cip_code'), ('cte_courses', 'credits'), ('cte_courses', 'grade_mark'), ('cte_courses', 'course_title'),
        ('cte_courses', 'completion_date'),
        ('graduates', 'diploma_type'),
        ('assessments', 'grade'), ('assessments', 'scale_score'), ('assessments', 'performance_level'), ('assessments', 'proficient'),
        ('work_based_learning', 'program_code'), ('work_based_learning', 'end_date'), ('work_based_learning', 'hours'),
        ('work_based_learning', 'paid'), ('work_based_learning', 'employer_account'), ('work_based_learning', 'employer_naics'),
        ('credentials', 'school_id'), ('credentials', 'credential_list'),
        ('follow_up_survey', 'responded'),
        ('survey_answers', 'postsecondary'), ('survey_answers', 'advanced_training'), ('survey_answers', 'military'), ('survey_answers', 'service'),
        ('survey_answers', 'employed'),
        ('ps_enrollment', 'sex'), ('ps_enrollment', 'ps_race'), ('ps_enrollment', 'cip_code'), ('ps_enrollment', 'credits_attempted'),
        ('ps_enrollment', 'credits_earned'), ('ps_enrollment', 'cte_credits'), ('ps_enrollment', 'pell'), ('ps_enrollment', 'ps_disability'),
        ('ps_awards', 'cip_code'),
        ('nsc_enrollment', 'enrollment_status'), ('nsc_enrollment', 'class_level'), ('nsc_enrollment', 'enrollment_cip_1'),
        ('nsc_enrollment', 'two_four_year'), ('nsc_enrollment', 'college_state'),
        ('nsc_degrees', 'degree_title'), ('nsc_degrees', 'degree_cip_1'),
        ('ui_wages', 'employer_naics'), ('ui_wages', 'employer_county'),
        ('apprenticeships', 'occupation'), ('apprenticeships', 'sponsor_naics'),
        ('adult_education', 'sex'), ('adult_education', 'low_income'), ('adult_education', 'english_learner'), ('adult_education', 'single_parent'),
        ('adult_education', 'displaced_homemaker'),
        ('licences', 'county'), ('licences', 'expires')) AS f
),
counted AS (
    SELECT e.year, e.source, f.field, e.dimension, e.subgroup, e.learners, e.learners - COALESCE(m.learners, 0) AS populated
    FROM cells AS e
    JOIN fields AS f ON f.source = e.source
    LEFT JOIN cells AS m ON m.year = e.year AND m.source = e.source AND m.field = f.field AND m.dimension = e.dimension AND m.subgroup = e.subgroup
    WHERE e.field = '_any'
),
shares AS (
    SELECT c.*, arrow_cast(populated, 'Float64') / arrow_cast(learners, 'Float64') AS share FROM counted AS c
)
SELECT s.year, s.source, s.field, s.dimension, s.subgroup, s.learners, s.populated, s.share, a.share AS share_of_all,
       100.0 * (s.share - a.share) AS gap_points,
       CASE WHEN s.learners >= 100 THEN 'A' WHEN s.learners >= 30 THEN 'B' WHEN s.learners >= 10 THEN 'C' ELSE 'D' END AS reliability
FROM shares AS s
JOIN shares AS a ON a.year = s.year AND a.source = s.source AND a.field = s.field AND a.dimension = '_total'
