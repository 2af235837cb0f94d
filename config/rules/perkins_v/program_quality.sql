/* ---
id: PV-5S
rule: program_quality
version: 3
title: Program quality of concentrators who graduated (5S1, 5S2, 5S3, 5S4)
says: >
  CTE concentrators who graduated from high school in the program year, and what they had attained by the day of graduation: a recognized
  postsecondary credential that was on the state's list on its day (5S1), postsecondary credits in the field of a program of theirs, earned
  in dual enrolment, by its mark or because the term began by the last counted day at school (5S2), completed work-based learning (5S3), and
  any of the three (5S4, the measure that a state adds). Each graduate has a row for each of the four, met or not. The day is the true one;
  that exits of July and August count as 30 June is said of placement, and settles only the year, which is that of the graduation itself and
  which the table of exits reports a year later. Fields are compared by the CIP codes of now, whatever the vintage in which they were written. Credits transferred by agreement without dual enrolment are not among the sources.
citation: Perkins V sec. 113(b)(2)(A)(iv)
grain: [person_id, reporting_year, indicator]
year: reporting_year
# relevant: cip6 | cip4 | cip2 (as much of the college program's CIP code equals that of the CTE program) | any (credits of any field).
parameters:
  graduate_types: ["01921"]
  grace_days: 0
  not_enrolled: [W, D, A]
  relevant: cip4
  min_hours: 0
choices: { relevant: [cip6, cip4, cip2, any] }
effective: { from: 2019-07-01 }
zone: linked
owner: State CTE data team
columns:
  - { name: person_id, type: text, label: Person, sensitivity: quasi }
  - { name: reporting_year, type: int32, label: Reporting year, definition: The program year of the graduation, sensitivity: quasi }
  - { name: indicator, type: text, label: Indicator, definition: "5S1 credential, 5S2 postsecondary credits, 5S3 work-based learning, 5S4 any of the three", sensitivity: none }
  - { name: graduation_date, type: date, label: Day of graduation, sensitivity: quasi }
  - { name: is_met, type: boolean, label: Attained, sensitivity: quasi }
  - { name: district_id, type: text, label: District of the graduation, sensitivity: quasi }
  - { name: school_id, type: text, label: School of the graduation, sensitivity: quasi }
--- */
WITH graduates AS (
    SELECT x.person_id, x.exit_year AS reporting_year, x.exit_date AS graduation_date, x.exit_date + $grace_days AS until,
           x.counted_exit_date, x.district_id, x.school_id
    FROM (SELECT DISTINCT person_id, reporting_year FROM cte_concentrator_secondary) AS c
    JOIN secondary_exit AS x ON x.person_id = c.person_id AND x.exit_year = c.reporting_year
    WHERE x.exit_type IN ($graduate_types)
),
cips AS (
    -- Fields of an older vintage and what stands for them now.
    SELECT code, year, current_code FROM code_vintage WHERE scheme = 'cip' AND current_code IS NOT NULL
),
-- Whatever was attained first was attained by a day if anything was: one row a person is enough.
credential AS (
    SELECT c.person_id, min(c.earned_date) AS day
    FROM credential_list AS l
    JOIN credentials AS c ON c.credential_code = l.credential_code
    WHERE c.passed AND l.recognized
      AND (l.valid_from IS NULL OR c.earned_date >= l.valid_from) AND (l.valid_to IS NULL OR c.earned_date <= l.valid_to)
    GROUP BY c.person_id
),
college AS (
    -- Not every college marks dual enrolment; what began by the last counted day at school belongs to that level as well, as in `learner_year`.
    SELECT g.person_id, g.reporting_year,
           COALESCE(v.current_code, p.cip_code) AS cip_code, p.term_end
    FROM cips AS v
    RIGHT JOIN (graduates AS g
    JOIN ps_enrollment AS p ON p.person_id = g.person_id)
            ON v.code = p.cip_code AND v.year = CAST(date_part('year', p.term_begin + INTERVAL '6' MONTH) AS INT)
    WHERE (p.dual_enrolled OR p.term_begin <= g.counted_exit_date) AND p.enrollment_status NOT IN ($not_enrolled) AND p.credits_earned > 0
),
earned AS (
    SELECT person_id, reporting_year, field, min(term_end) AS day
    FROM (SELECT person_id, reporting_year, term_end,
                 CASE $relevant WHEN 'cip6' THEN substr(cip_code, 1, 7) WHEN 'cip4' THEN substr(cip_code, 1, 5)
                                WHEN 'cip2' THEN substr(cip_code, 1, 2) WHEN 'any' THEN '' END AS field
          FROM college) AS c
    GROUP BY person_id, reporting_year, field
),
coded AS (
    -- A program without a code of its own goes by its CIP code.
    SELECT c.person_id, c.reporting_year,
           COALESCE(v.current_code, p.cip_code, CASE WHEN c.program_code LIKE '__.____' THEN c.program_code END) AS cip_code
    FROM cips AS v
    RIGHT JOIN (programs AS p
    RIGHT JOIN cte_concentrator_secondary AS c ON p.program_code = c.program_code)
            ON v.code = COALESCE(p.cip_code, c.program_code) AND v.year = CASE WHEN p.cip_code <> c.program_code THEN 0 ELSE c.reporting_year END
),
fields AS (
    SELECT person_id, reporting_year, CASE $relevant WHEN 'cip6' THEN substr(cip_code, 1, 7) WHEN 'cip4' THEN substr(cip_code, 1, 5)
                                                     WHEN 'cip2' THEN substr(cip_code, 1, 2) WHEN 'any' THEN '' END AS field
    FROM coded
),
credits AS (
    -- Only the few with dual enrolment stand on the left; several programs of one field are one.
    SELECT f.person_id, f.reporting_year, min(e.day) AS day
    FROM earned AS e
    JOIN fields AS f ON f.person_id = e.person_id AND f.reporting_year = e.reporting_year AND f.field = e.field
    GROUP BY f.person_id, f.reporting_year
),
work AS (
    SELECT person_id, min(start_date) AS day
    FROM work_based_learning
    WHERE completed AND COALESCE(hours, 0) >= CAST($min_hours AS DECIMAL(6, 1))
    GROUP BY person_id
),
attained AS (
    SELECT g.person_id, g.reporting_year, g.graduation_date, g.district_id, g.school_id,
           COALESCE(i.day <= g.until, FALSE) AS credential, COALESCE(d.day <= g.until, FALSE) AS credits, COALESCE(w.day <= g.until, FALSE) AS work
    FROM work AS w
    RIGHT JOIN (credits AS d
    RIGHT JOIN (credential AS i
    RIGHT JOIN graduates AS g ON i.person_id = g.person_id)
            ON d.person_id = g.person_id AND d.reporting_year = g.reporting_year)
            ON w.person_id = g.person_id
)
SELECT a.person_id, a.reporting_year, i.indicator, a.graduation_date,
       CASE i.indicator WHEN '5S1' THEN a.credential WHEN '5S2' THEN a.credits WHEN '5S3' THEN a.work
                        ELSE a.credential OR a.credits OR a.work END AS is_met,
       a.district_id, a.school_id
FROM (SELECT '5S1' AS indicator UNION ALL SELECT '5S2' UNION ALL SELECT '5S3' UNION ALL SELECT '5S4') AS i
CROSS JOIN attained AS a
