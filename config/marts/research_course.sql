-- One row a learner, school year, school, program and course.
WITH taken AS (
    -- The best mark is the first of the alphabet: A to F, passed, withdrawn; of a course that was completed only marks of completed records count.
    SELECT person_id, school_year, school_id, program_code, course_code, max(district_id) AS district_id, max(course_title) AS course_title,
           max(cip_code) AS cip_code, max(cip_code_status) AS cip_code_status, max(credits) AS credits, bool_or(completed) AS completed,
           COALESCE(min(CASE WHEN completed THEN grade_mark END), min(grade_mark)) AS grade_mark, max(grade_mark_status) AS grade_mark_status,
           max(completion_date) AS end_date, max(agency_status_step) AS agency_step, count(*) AS n_records
    FROM (SELECT c.*, CASE agency_status WHEN 'COMPLETER' THEN concat('3', agency_definition) WHEN 'CONCENTRATOR' THEN concat('2', agency_definition)
                                         WHEN 'PARTICIPANT' THEN concat('1', agency_definition) END AS agency_status_step
          FROM cte_courses AS c) AS c
    GROUP BY person_id, school_year, school_id, program_code, course_code
),
several AS (
    SELECT person_id, course_code FROM taken GROUP BY person_id, course_code HAVING count(*) > 1
),
again AS (
    -- Few courses are taken twice; only those have anything to put in order.
    SELECT t.person_id, t.school_year, t.school_id, t.program_code, t.course_code,
           row_number() OVER (PARTITION BY t.person_id, t.course_code ORDER BY t.school_year, t.school_id, t.program_code) AS attempt
    FROM several AS s
    JOIN taken AS t ON s.person_id = t.person_id AND s.course_code = t.course_code
)
SELECT t.person_id, t.school_year, t.school_id, t.program_code, t.course_code, COALESCE(a.attempt, 1) AS attempt, t.district_id, t.course_title,
       COALESCE(t.cip_code, g.cip_code) AS cip_code,
       CASE WHEN t.cip_code IS NULL AND g.cip_code IS NULL THEN COALESCE(t.cip_code_status, 'not_collected') END AS cip_code_status,
       g.cluster16 AS career_cluster, t.credits, CASE WHEN t.credits IS NULL THEN 'not_collected' END AS credits_status, t.completed,
       t.grade_mark, CASE WHEN t.grade_mark IS NULL THEN COALESCE(t.grade_mark_status, 'not_collected') END AS grade_mark_status,
       t.end_date, CASE WHEN t.end_date IS NULL THEN 'not_collected' END AS end_date_status,
       CASE substr(t.agency_step, 1, 1) WHEN '3' THEN 'COMPLETER' WHEN '2' THEN 'CONCENTRATOR' WHEN '1' THEN 'PARTICIPANT' END AS agency_status,
       NULLIF(substr(t.agency_step, 2), '') AS agency_definition, t.n_records
-- The narrow table of each join stands on the left, where the engine holds it in memory.
FROM program_cluster AS g
RIGHT JOIN (again AS a
RIGHT JOIN taken AS t ON a.person_id = t.person_id AND a.school_year = t.school_year AND a.school_id = t.school_id
                         AND a.program_code = t.program_code AND a.course_code = t.course_code)
        ON g.program_code = t.program_code AND g.reporting_year = t.school_year
