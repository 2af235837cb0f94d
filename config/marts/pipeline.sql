-- One row an entrant, program of entry, special population and step.
WITH courses AS (
    -- Different courses completed, with the year in which each was first completed, by the conditions of the rule on participants.
    SELECT person_id, COALESCE(NULLIF(program_code, ''), cip_code) AS program_code, course_code, min(school_year) AS year,
           min(concat(school_year, COALESCE(CAST(completion_date AS VARCHAR), '9999-12-31'), district_id)) AS place
    -- Beside a CROSS JOIN the many rows stand on the right: on the left each of them would come back in a batch by itself.
    FROM pipeline_measure AS k
    CROSS JOIN cte_courses
    WHERE person_id IS NOT NULL AND completed AND (grade_mark IS NULL OR strpos(k.failing_marks, concat('|', grade_mark, '|')) = 0)
    GROUP BY person_id, COALESCE(NULLIF(program_code, ''), cip_code), course_code
),
in_programs AS (
    SELECT person_id, program_code, min(year) AS year, count(*) AS courses, min(place) AS place
    FROM courses
    WHERE program_code IS NOT NULL
    GROUP BY person_id, program_code
),
entrants AS (
    -- Who stands in the first year of the data may have begun before it, so that year has no cohort.
    SELECT person_id, min(year) AS year, max(courses) AS courses, substr(min(place), 15) AS district_id
    FROM in_programs
    GROUP BY person_id
    HAVING min(year) > (SELECT min(school_year) FROM cte_courses)
),
leavers AS (
    -- The last exit stands. Its quarter is text here, as in wages, and compares with theirs.
    SELECT e.person_id, max(x.counted_exit_date) AS counted_exit_date,
           concat(max(x.exit_quarter) / 4, max(x.exit_quarter) % 4 + 1) AS year_quarter
    FROM entrants AS e
    JOIN secondary_exit AS x ON x.person_id = e.person_id
    GROUP BY e.person_id
),
seen AS (
    -- What is seen of those who left: their last begin at college that is no dual enrolment, the last quarter with wages, and whether anybody looked.
    SELECT l.person_id, max(v.day) > l.counted_exit_date AS college, max(v.year_quarter) > l.year_quarter AS employed,
           bool_or(v.kind = 8) AS bridged, bool_or(v.kind = 6) AS searched
    FROM leavers AS l
    JOIN (SELECT person_id, 6 AS kind, CAST(NULL AS VARCHAR) AS year_quarter,
                 CASE WHEN dual_enrolled IS NOT TRUE AND (enrollment_status IS NULL OR strpos(k.not_enrolled, concat('|', enrollment_status, '|')) = 0)
                      THEN term_begin END AS day
          FROM pipeline_measure AS k CROSS JOIN ps_enrollment
          UNION ALL
          SELECT person_id, 6, CAST(NULL AS VARCHAR),
                 CASE WHEN record_found AND graduated IS NOT TRUE AND (enrollment_status IS NULL OR strpos(k.not_enrolled, concat('|', enrollment_status, '|')) = 0)
                      THEN enrollment_begin END
          FROM pipeline_measure AS k CROSS JOIN nsc_detail
          UNION ALL
          SELECT person_id, 7, year_quarter, CAST(NULL AS DATE) FROM ui_wages WHERE wages > 0
          UNION ALL
          SELECT person_id, 7, year_quarter, CAST(NULL AS DATE)
          FROM pipeline_measure AS k CROSS JOIN wages_out_of_state
          WHERE wages > 0 AND k.out_of_state <> 'exclude'
          UNION ALL
          SELECT person_id, 8, CAST(NULL AS VARCHAR), CAST(NULL AS DATE) FROM person_link WHERE has_ssn OR has_bridge) AS v
      ON v.person_id = l.person_id
    GROUP BY l.person_id, l.counted_exit_date, l.year_quarter
),
marks AS (
    SELECT person_id, bool_or(mark = 2) AS rules_hold, bool_or(mark = 3) AS concentrator, bool_or(mark = 4) AS completer,
           bool_or(mark = 5) AS credential
    FROM (
        SELECT person_id, 3 AS mark FROM cte_concentrator_secondary
        UNION ALL
        SELECT person_id, 4 FROM cte_completer_secondary
        UNION ALL
        SELECT c.person_id, 5
        FROM credential_list AS l
        JOIN credentials AS c ON c.credential_code = l.credential_code
        WHERE c.passed AND l.recognized AND (l.valid_from IS NULL OR c.earned_date >= l.valid_from)
          AND (l.valid_to IS NULL OR c.earned_date <= l.valid_to)
        UNION ALL
        -- The rules on concentrators, completers and exits make no row before 2020; whoever was gone by then cannot be seen in them.
        SELECT e.person_id, 2
        FROM (SELECT person_id FROM entrants WHERE year < 2019) AS e
        JOIN learner_year AS y ON y.person_id = e.person_id
        WHERE y.level = 'secondary' AND y.reporting_year >= 2020
    ) AS marked
    GROUP BY person_id
),
program_marks AS (
    SELECT person_id, program_code, bool_or(mark = 3) AS concentrator, bool_or(mark = 4) AS completer
    FROM (
        SELECT person_id, program_code, 3 AS mark FROM cte_concentrator_secondary
        UNION ALL
        SELECT person_id, program_code, 4 FROM cte_completer_secondary
    ) AS marked
    GROUP BY person_id, program_code
),
reach AS (
    -- A cohort is read some years after its year of entry, when those who entered in grade 9 have finished grade 12: the last school year of courses
    -- and of credentials, and the second quarter after it of college and of wages, must have been delivered.
    SELECT c.last_year AS courses_year, d.last_year AS credentials_year, p.last_day AS college_day, w.last_quarter AS wages_quarter
    FROM (SELECT max(school_year) AS last_year FROM cte_courses) AS c
    CROSS JOIN (SELECT max(school_year) AS last_year FROM credentials) AS d
    CROSS JOIN (SELECT COALESCE((SELECT max(data_through) FROM source_reach WHERE source = 'ps_enrollment'), max(term_end)) AS last_day FROM ps_enrollment) AS p
    CROSS JOIN (SELECT COALESCE((SELECT max(last_quarter) FROM source_reach WHERE source = 'ui_wages'), max(year_quarter)) AS last_quarter FROM ui_wages) AS w
),
steps AS (
    -- The rule of the latest reporting year stands for a step that a rule makes.
    SELECT t.place, t.step, k.rule_id, k.rule_version
    FROM pipeline_measure AS k
    CROSS JOIN (VALUES (1, '1_entrant'), (2, '2_second_course'), (5, '5_credential'), (6, '6_college'), (7, '7_work')) AS t (place, step)
    UNION ALL
    SELECT 3, '3_concentrator', split_part(max(rule), '|', 3), CAST(split_part(max(rule), '|', 2) AS INT)
    FROM (SELECT concat(reporting_year, '|', rule_version, '|', rule_id) AS rule FROM cte_concentrator_secondary) AS r
    UNION ALL
    SELECT 4, '4_completer', split_part(max(rule), '|', 3), CAST(split_part(max(rule), '|', 2) AS INT)
    FROM (SELECT concat(reporting_year, '|', rule_version, '|', rule_id) AS rule FROM cte_completer_secondary) AS r
),
entered AS (
    -- The narrow table of each join stands on the left, where the engine holds it in memory.
    SELECT e.person_id, e.year, e.district_id, i.program_code, COALESCE(g.cluster16, '_unknown') AS career_cluster,
           a.gender, a.race_ethnicity, COALESCE(n.special_population, '_none') AS special_population,
           e.courses >= k.min_courses AS second_course, i.courses >= k.min_courses AS second_course_here,
           COALESCE(s.concentrator, FALSE) AS concentrator_here, COALESCE(s.completer, FALSE) AS completer_here,
           e.year >= 2019 OR COALESCE(m.rules_hold, FALSE) AS rules_hold,
           COALESCE(m.concentrator, FALSE) AS concentrator, COALESCE(m.completer, FALSE) AS completer,
           COALESCE(m.credential, FALSE) AS credential, COALESCE(v.college, FALSE) AS college, COALESCE(v.employed, FALSE) AS employed,
           COALESCE(v.bridged, FALSE) AS bridged, COALESCE(v.searched, FALSE) AS searched
    FROM pipeline_measure AS k
    CROSS JOIN ((SELECT person_id, special_population FROM special_population WHERE level = 'secondary') AS n
    RIGHT JOIN (learner_attributes AS a
    RIGHT JOIN (program_cluster AS g
    RIGHT JOIN (program_marks AS s
    RIGHT JOIN (seen AS v
    RIGHT JOIN (marks AS m
    RIGHT JOIN (entrants AS e
    JOIN in_programs AS i ON i.person_id = e.person_id AND i.year = e.year)
                          ON m.person_id = e.person_id)
                          ON v.person_id = e.person_id)
                          ON s.person_id = e.person_id AND s.program_code = i.program_code)
                          ON g.program_code = i.program_code AND g.reporting_year = e.year)
                          ON a.person_id = e.person_id)
                          ON n.person_id = e.person_id)
),
stepped AS (
    SELECT e.person_id, e.year, t.step, e.district_id, e.program_code, e.career_cluster, e.gender, e.race_ethnicity, e.special_population,
           CASE t.place WHEN 1 THEN TRUE WHEN 2 THEN second_course WHEN 3 THEN concentrator WHEN 4 THEN completer
                        WHEN 5 THEN credential WHEN 6 THEN college ELSE employed END AS is_reached,
           CASE t.place WHEN 1 THEN TRUE WHEN 2 THEN second_course_here WHEN 3 THEN concentrator_here WHEN 4 THEN completer_here
                        WHEN 5 THEN credential WHEN 6 THEN college ELSE employed END AS is_reached_here,
           CASE t.place WHEN 6 THEN searched WHEN 7 THEN bridged ELSE TRUE END AS is_observable,
           CASE WHEN t.place = 1 THEN FALSE
                WHEN t.place IN (3, 4, 6, 7) AND NOT rules_hold THEN TRUE
                WHEN t.place = 5 THEN COALESCE(e.year + k.read_after_years > d.credentials_year, TRUE)
                WHEN t.place = 6 THEN COALESCE(make_date(e.year + k.read_after_years, 10, 1) > d.college_day, TRUE)
                WHEN t.place = 7 THEN COALESCE(concat(e.year + k.read_after_years, '4') > d.wages_quarter, TRUE)
                ELSE e.year + k.read_after_years > d.courses_year END AS is_pending,
           t.rule_id, t.rule_version
    FROM steps AS t
    CROSS JOIN reach AS d
    CROSS JOIN pipeline_measure AS k
    CROSS JOIN entered AS e
)
SELECT person_id, year, step, district_id, program_code, career_cluster, gender, race_ethnicity, special_population,
       is_reached, is_reached_here, is_reached OR (is_observable AND NOT is_pending) AS is_covered, is_pending, rule_id, rule_version
FROM stepped
