-- One row a learner, year, course taken and course that followed it in the next year.
WITH taken AS (
    -- A course that a learner takes at two schools in one year is one row, with the district where it ended last.
    SELECT person_id, COALESCE(NULLIF(program_code, ''), cip_code) AS program_code, course_code, school_year AS year,
           bool_or(completed) AS is_completed,
           bool_or(completed AND (grade_mark IS NULL OR strpos(k.failing_marks, concat('|', grade_mark, '|')) = 0)) AS is_passed,
           substr(max(concat(COALESCE(CAST(completion_date AS VARCHAR), '0000-00-00'), district_id)), 11) AS district_id
    -- Beside a CROSS JOIN the many rows stand on the right: on the left each of them would come back in a batch by itself.
    FROM sequence_measure AS k
    CROSS JOIN cte_courses
    WHERE person_id IS NOT NULL AND COALESCE(NULLIF(program_code, ''), cip_code) IS NOT NULL
    GROUP BY person_id, COALESCE(NULLIF(program_code, ''), cip_code), course_code, school_year
),
firsts AS (
    SELECT person_id, COALESCE(NULLIF(program_code, ''), cip_code) AS program_code, course_code, min(school_year) AS year
    FROM cte_courses
    GROUP BY person_id, COALESCE(NULLIF(program_code, ''), cip_code), course_code
),
placed AS (
    -- How many other courses of the program the learner had first taken in earlier years, and the first year of any.
    SELECT t.person_id, t.program_code, t.course_code, t.year, t.is_completed, t.is_passed, t.district_id,
           sum(CASE WHEN f.year < t.year AND f.course_code <> t.course_code THEN 1 ELSE 0 END) AS earlier, min(f.year) AS first_year
    FROM taken AS t
    JOIN firsts AS f ON f.person_id = t.person_id AND f.program_code = t.program_code
    GROUP BY t.person_id, t.program_code, t.course_code, t.year, t.is_completed, t.is_passed, t.district_id
),
followed AS (
    SELECT DISTINCT person_id, COALESCE(NULLIF(program_code, ''), cip_code) AS program_code, course_code, school_year - 1 AS year_before
    FROM cte_courses
),
at_school AS (
    SELECT person_id, reporting_year - 1 AS year_before FROM learner_year WHERE level = 'secondary' AND served
),
reach AS (
    SELECT max(school_year) AS last_year FROM cte_courses
)
SELECT t.person_id, t.year, t.program_code, COALESCE(g.cluster16, '_unknown') AS career_cluster, t.course_code,
       CASE t.earlier WHEN 0 THEN '1_first' WHEN 1 THEN '2_second' WHEN 2 THEN '3_third' ELSE '4_later' END AS place,
       COALESCE(n.course_code, '_none') AS next_course, t.district_id, a.gender,
       t.is_completed, t.is_passed, t.first_year = t.year AS is_first, n.course_code IS NOT NULL AS is_continued,
       s.person_id IS NOT NULL AS is_at_school, t.year >= r.last_year AS is_pending, k.rule_id, k.rule_version
-- The narrow table of each join stands on the left, where the engine holds it in memory.
FROM reach AS r
CROSS JOIN sequence_measure AS k
CROSS JOIN (program_cluster AS g
RIGHT JOIN (learner_attributes AS a
RIGHT JOIN (placed AS t
LEFT JOIN followed AS n ON n.person_id = t.person_id AND n.program_code = t.program_code AND n.year_before = t.year AND n.course_code <> t.course_code
LEFT JOIN at_school AS s ON s.person_id = t.person_id AND s.year_before = t.year)
        ON a.person_id = t.person_id)
        ON g.program_code = t.program_code AND g.reporting_year = t.year)
