/* ---
id: P4-S-CONC
rule: cte_concentrator_secondary
version: 1
title: CTE concentrators, secondary (Perkins IV)
says: >
  A learner who has earned at least three credits in a single CTE program, or two where the whole program is of two credits or fewer, as it
  was counted under Perkins IV up to the program year 2018-19. Credits may be earned in several years, schools and districts; a repeated
  course counts once, a failed one does not count, and a course whose credits are not known counts as one credit. Once reached, the status
  stays, and the learner is reported by the last district that served them, wherever the status was reached.
citation: Perkins IV (20 U.S.C. 2301 ff. as of 2006); Department of Education non-regulatory guidance on student definitions
grain: [person_id, reporting_year, program_code]
year: reporting_year
# concentrator_org: last | where_achieved.
parameters:
  min_credits: 3
  short_program_credits: 2
  unknown_credits: "1.00"
  pass_required: true
  failing_marks: [F, W]
  concentrator_org: last
choices: { concentrator_org: [last, where_achieved] }
within: { cte_participant_secondary: [person_id, reporting_year, program_code] }
effective: { from: 2014-07-01, to: 2019-06-30 }
zone: linked
owner: State CTE data team
columns:
  - { name: person_id, type: text, label: Person, sensitivity: quasi }
  - { name: reporting_year, type: int32, label: Reporting year, definition: The year in which the program year ends, sensitivity: quasi }
  - { name: program_code, type: text, label: CTE program, definition: "State program code, else the CIP code", sensitivity: quasi }
  - { name: concentrator_year, type: int32, label: Year in which the status was reached, sensitivity: quasi }
  - { name: served, type: boolean, label: Served in the year, sensitivity: quasi }
  - { name: district_id, type: text, label: District that reports the concentrator, sensitivity: quasi }
  - { name: school_id, type: text, label: School that reports the concentrator, sensitivity: quasi }
--- */
WITH courses AS (
    SELECT person_id, COALESCE(NULLIF(program_code, ''), cip_code) AS program_code, course_code, min(school_year) AS year,
           max(COALESCE(credits, CAST($unknown_credits AS DECIMAL(4, 2)))) AS credits,
           min(concat(school_year, '|', district_id, '|', school_id)) AS place
    FROM cte_courses
    WHERE completed AND (NOT $pass_required OR grade_mark IS NULL OR grade_mark NOT IN ($failing_marks))
    GROUP BY person_id, COALESCE(NULLIF(program_code, ''), cip_code), course_code
),
running AS (
    -- The credits of each course and of those before it. A course code stands once for a person and program, so the order is total.
    SELECT c.person_id, c.program_code, c.year, c.place, c.course_code, sum(b.credits) AS credits
    FROM courses AS c
    JOIN courses AS b ON b.person_id = c.person_id AND b.program_code = c.program_code
                     AND (b.year < c.year OR (b.year = c.year AND b.course_code <= c.course_code))
    GROUP BY c.person_id, c.program_code, c.course_code, c.year, c.place
),
reached AS (
    -- A program that is not in the directory, or of which the credits are not known, is not a short one.
    SELECT r.person_id, r.program_code, min(r.year) AS year, min(r.place) AS place
    FROM programs AS p
    RIGHT JOIN running AS r ON p.program_code = r.program_code
    WHERE r.credits >= CASE WHEN p.total_credits <= CAST($short_program_credits AS DECIMAL(5, 2))
                            THEN CAST($short_program_credits AS DECIMAL(5, 2)) ELSE CAST($min_credits AS DECIMAL(5, 2)) END
    GROUP BY r.person_id, r.program_code
)
SELECT y.person_id, y.reporting_year, r.program_code, r.year AS concentrator_year, y.served,
       CASE WHEN $concentrator_org = 'where_achieved' THEN split_part(r.place, '|', 2) ELSE y.district_id END AS district_id,
       CASE WHEN $concentrator_org = 'where_achieved' THEN split_part(r.place, '|', 3) ELSE y.school_id END AS school_id
FROM reached AS r
JOIN learner_year AS y ON y.person_id = r.person_id AND y.level = 'secondary' AND r.year <= y.reporting_year
