/* ---
id: P4-P-CONC
rule: cte_concentrator_postsecondary
version: 1
title: CTE concentrators, postsecondary (Perkins IV)
says: >
  A CTE participant who has earned at least 12 credits, academic or CTE, within a single program of 12 credits or more, or who has completed a
  CTE program of fewer than 12 credits, as it was counted under Perkins IV up to the program year 2018-19. Credits earned at several colleges
  in one program add up. A program of which the credits are not known is not a short one. Credits of dual enrolment, by its mark or because the
  term began on or before the last counted day at school, belong to the secondary level. Once reached, the status stays.
citation: Perkins IV (20 U.S.C. 2301 ff. as of 2006); Department of Education non-regulatory guidance on student definitions
grain: [person_id, reporting_year, program_code]
year: reporting_year
# credits: earned (academic and CTE) | cte. min_participation: CTE credits of a participant, as in cte_participant_postsecondary.
parameters: { min_credits: "12.00", min_participation: "1.00", credits: earned, across_colleges: true, dual_level: secondary }
choices: { credits: [earned, cte], dual_level: [secondary, postsecondary, both] }
within: { cte_participant_postsecondary: [person_id, reporting_year, program_code] }
effective: { from: 2014-07-01, to: 2019-06-30 }
zone: linked
owner: State CTE data team
columns:
  - { name: person_id, type: text, label: Person, sensitivity: quasi }
  - { name: reporting_year, type: int32, label: Reporting year, definition: The year in which the program year ends, sensitivity: quasi }
  - { name: program_code, type: text, label: Program, definition: "Program code, else the CIP code", sensitivity: quasi }
  - { name: concentrator_year, type: int32, label: Year in which the status was reached, sensitivity: quasi }
  - { name: by_completion, type: boolean, label: Reached by completing a short program, sensitivity: quasi }
  - { name: served, type: boolean, label: Served in the year, sensitivity: quasi }
  - { name: district_id, type: text, label: District, definition: Empty for colleges, sensitivity: quasi }
  - { name: school_id, type: text, label: College that reports the concentrator, sensitivity: quasi }
--- */
WITH left_school AS (
    SELECT person_id, max(counted_exit_date) AS last_day FROM secondary_exit GROUP BY person_id
),
credits AS (
    SELECT p.person_id, COALESCE(NULLIF(p.program_code, ''), p.cip_code) AS program_code,
           CASE WHEN $across_colleges THEN '' ELSE p.college_id END AS college, p.academic_year AS year,
           sum(CASE WHEN $credits = 'cte' THEN p.cte_credits ELSE p.credits_earned END) AS credits, sum(p.cte_credits) AS cte_credits
    FROM left_school AS x
    RIGHT JOIN ps_enrollment AS p ON x.person_id = p.person_id
    WHERE $dual_level <> 'secondary' OR (p.dual_enrolled IS NOT TRUE AND (x.last_day IS NULL OR p.term_begin > x.last_day))
    GROUP BY p.person_id, COALESCE(NULLIF(p.program_code, ''), p.cip_code), CASE WHEN $across_colleges THEN '' ELSE p.college_id END,
             p.academic_year
),
taken AS (
    -- From which year on the learner takes part in the program.
    SELECT c.person_id, c.program_code, c.year
    FROM credits AS c
    JOIN credits AS b ON b.person_id = c.person_id AND b.program_code = c.program_code AND b.year <= c.year
    WHERE c.program_code IS NOT NULL
    GROUP BY c.person_id, c.program_code, c.year, c.college
    HAVING sum(b.cte_credits) >= CAST($min_participation AS DECIMAL(12, 2))
),
participants AS (
    SELECT person_id, program_code, min(year) AS since FROM taken GROUP BY person_id, program_code
),
running AS (
    -- The credits of each year and of those before it.
    SELECT c.person_id, c.program_code, c.college, c.year, sum(b.credits) AS credits
    FROM credits AS c
    JOIN credits AS b ON b.person_id = c.person_id AND b.program_code = c.program_code AND b.college = c.college AND b.year <= c.year
    GROUP BY c.person_id, c.program_code, c.college, c.year
),
ways AS (
    SELECT r.person_id, r.program_code, r.year, 0 AS late
    FROM (SELECT program_code FROM programs WHERE total_credits < CAST($min_credits AS DECIMAL(12, 2))) AS p
    RIGHT ANTI JOIN running AS r ON p.program_code = r.program_code
    WHERE r.credits >= CAST($min_credits AS DECIMAL(12, 2))
    UNION ALL
    SELECT a.person_id, a.program_code, a.academic_year, 1
    FROM (SELECT program_code FROM programs WHERE total_credits < CAST($min_credits AS DECIMAL(12, 2))) AS p
    JOIN ps_awards AS a ON a.program_code = p.program_code
),
reached AS (
    SELECT w.person_id, w.program_code, GREATEST(min(w.year), t.since) AS year, min(w.year * 2 + w.late) % 2 = 1 AS by_completion
    FROM participants AS t
    JOIN ways AS w ON w.person_id = t.person_id AND w.program_code = t.program_code
    GROUP BY w.person_id, w.program_code, t.since
)
SELECT y.person_id, y.reporting_year, r.program_code, r.year AS concentrator_year, r.by_completion, y.served, y.district_id, y.school_id
FROM reached AS r
JOIN learner_year AS y ON y.person_id = r.person_id AND y.level = 'postsecondary' AND r.year <= y.reporting_year
