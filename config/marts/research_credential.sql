-- One row a learner and credential, award, degree, licence or apprenticeship.
WITH learners AS (
    SELECT person_id FROM enrollment_spell
    UNION SELECT person_id FROM cte_courses
    UNION SELECT person_id FROM graduation_cohort
    UNION SELECT person_id FROM nsc_detail
),
passed AS (
    -- Two records of one learner may be of the same credential and day; if one says that it was passed, it was.
    SELECT person_id, school_year, credential_code, earned_date, bool_or(passed) AS earned, max(school_id) AS school_id
    FROM credentials
    GROUP BY person_id, school_year, credential_code, earned_date
),
awards AS (
    SELECT person_id, college_id, award_date, award_level, program_code, max(cip_code) AS cip_code, max(cip_code_status) AS cip_code_status
    FROM ps_awards
    GROUP BY person_id, college_id, award_date, award_level, program_code
),
both_sources AS (
    SELECT a.person_id, a.college_id AS state_id, a.award_date, d.college_id AS nsc_id, d.graduation_date
    FROM awards AS a
    JOIN college_degree AS d ON a.person_id = d.person_id AND substr(a.college_id, 1, 6) = substr(d.college_id, 1, 6)
                                AND d.graduation_date >= a.award_date - 60 AND d.graduation_date <= a.award_date + 60
),
all_of_them AS (
    SELECT p.person_id, 'credential' AS source, p.credential_code, l.name AS title, p.school_id AS org_id, p.earned_date,
           CAST(NULL AS DATE) AS expires, p.earned, CAST(NULL AS VARCHAR) AS degree_level, CAST(NULL AS VARCHAR) AS award_level, l.cip_code,
           CAST(NULL AS VARCHAR) AS cip_fault, p.school_year, FALSE AS in_both
    FROM credential_list AS l
    RIGHT JOIN passed AS p ON l.credential_code = p.credential_code
    UNION ALL
    SELECT a.person_id, 'college_award' AS source, a.program_code AS credential_code, g.title, a.college_id AS org_id, a.award_date AS earned_date,
           CAST(NULL AS DATE) AS expires, TRUE AS earned,
           CASE WHEN a.award_level IN ('01', '02', '04') THEN 'certificate' WHEN a.award_level = '03' THEN 'associate'
                WHEN a.award_level = '05' THEN 'bachelor' WHEN a.award_level = '06' THEN 'post_bachelor_certificate'
                WHEN a.award_level = '07' THEN 'master' WHEN a.award_level = '08' THEN 'post_master_certificate'
                WHEN a.award_level IN ('17', '18', '19') THEN 'doctorate' END AS degree_level,
           a.award_level, COALESCE(a.cip_code, g.cip_code) AS cip_code, a.cip_code_status AS cip_fault, CAST(NULL AS INT) AS school_year,
           b.person_id IS NOT NULL AS in_both
    FROM programs AS g
    RIGHT JOIN ((SELECT DISTINCT person_id, state_id, award_date FROM both_sources) AS b
    RIGHT JOIN awards AS a ON b.person_id = a.person_id AND b.state_id = a.college_id AND b.award_date = a.award_date)
            ON g.program_code = a.program_code
    UNION ALL
    SELECT d.person_id, 'clearinghouse' AS source, CAST(NULL AS VARCHAR) AS credential_code, d.degree_title AS title, d.college_id AS org_id,
           d.graduation_date AS earned_date, CAST(NULL AS DATE) AS expires, TRUE AS earned, d.degree_level, CAST(NULL AS VARCHAR) AS award_level,
           d.cip_1 AS cip_code, CAST(NULL AS VARCHAR) AS cip_fault, CAST(NULL AS INT) AS school_year, b.person_id IS NOT NULL AS in_both
    FROM (SELECT DISTINCT person_id, nsc_id, graduation_date FROM both_sources) AS b
    RIGHT JOIN college_degree AS d ON b.person_id = d.person_id AND b.nsc_id = d.college_id AND b.graduation_date = d.graduation_date
    UNION ALL
    SELECT c.person_id, 'licence' AS source, c.licence_type AS credential_code, CAST(NULL AS VARCHAR) AS title, CAST(NULL AS VARCHAR) AS org_id,
           c.issued AS earned_date, max(c.expires) AS expires, TRUE AS earned, CAST(NULL AS VARCHAR) AS degree_level,
           CAST(NULL AS VARCHAR) AS award_level, CAST(NULL AS VARCHAR) AS cip_code, CAST(NULL AS VARCHAR) AS cip_fault,
           CAST(NULL AS INT) AS school_year, FALSE AS in_both
    -- The narrow table of each join stands on the left, where the engine holds it in memory.
    FROM licences AS c
    JOIN learners AS l ON l.person_id = c.person_id
    WHERE c.licence_type <> 'DRIVER'
    GROUP BY c.person_id, c.licence_type, c.issued
    UNION ALL
    SELECT a.person_id, 'apprenticeship' AS source, a.occupation AS credential_code, CAST(NULL AS VARCHAR) AS title,
           CAST(NULL AS VARCHAR) AS org_id, a.end_date AS earned_date, CAST(NULL AS DATE) AS expires, TRUE AS earned,
           CAST(NULL AS VARCHAR) AS degree_level, CAST(NULL AS VARCHAR) AS award_level, CAST(NULL AS VARCHAR) AS cip_code,
           CAST(NULL AS VARCHAR) AS cip_fault, CAST(NULL AS INT) AS school_year, FALSE AS in_both
    FROM apprenticeships AS a
    JOIN learners AS l ON l.person_id = a.person_id
    WHERE a.status = 'COMPLETED'
    GROUP BY a.person_id, a.occupation, a.end_date
),
numbered AS (
    SELECT m.*, row_number() OVER (PARTITION BY person_id ORDER BY source, earned_date, credential_code, title, org_id, award_level, school_year)
                    AS credential_no
    FROM all_of_them AS m
)
SELECT n.person_id, n.credential_no, n.source, n.credential_code, n.title, n.org_id, n.earned_date,
       CASE WHEN n.earned_date IS NULL THEN 'not_collected' END AS earned_date_status, n.expires, n.earned, n.degree_level,
       CASE WHEN n.degree_level IS NOT NULL THEN NULL WHEN n.source = 'clearinghouse' THEN 'not_observable' ELSE 'not_applicable' END
           AS degree_level_status,
       n.award_level, n.cip_code,
       CASE WHEN n.cip_code IS NOT NULL THEN NULL WHEN n.source IN ('licence', 'apprenticeship') THEN 'not_applicable'
            ELSE COALESCE(n.cip_fault, 'not_collected') END AS cip_code_status,
       v.credential_type, v.value, CASE WHEN v.value IS NULL THEN 'not_applicable' END AS value_status, n.in_both
FROM credential_attempt AS v
RIGHT JOIN numbered AS n ON v.person_id = n.person_id AND v.reporting_year = n.school_year AND v.credential_code = n.credential_code
                            AND v.earned_date = n.earned_date AND n.source = 'credential'
