/* ---
id: ACC-READY
rule: career_ready
version: 1
title: Graduates and what they attained, for state accountability
says: >
  Everyone who is included in the four-year cohort and whether they graduated, concentrators among them apart; and of every graduate whether they had become a CTE
  concentrator and a completer by the cohort year, and whether by the day of graduation they had earned a credential that was on the state's
  list on its day, one that the list calls a recognized postsecondary credential, credit at a college in any field (dual credit), and had
  completed work-based learning. Career ready is who attained any of those that the parameter names. The day is that of the certified file,
  and 30 June of the cohort year where it has none. Each learner stands at the school and district that are accountable by the file. Where no
  certified file of the year has come, the cohort that was worked out from enrollment stands in its place, and is marked.
citation: A state's own accountability system under ESEA sec. 1111(c)(4)(B)(v); no law defines these measures
grain: [person_id, reporting_year, measure]
year: reporting_year
# among: graduates | cohort (everyone in the cohort is in the denominators of what was attained). measures: those of which rows are made.
# ready_by: of concentrator, completer, credential_listed, credential_recognized, dual_credit and work_based_learning those that make ready.
parameters:
  among: graduates
  measures: [graduated, concentrator_graduated, concentrator, completer, credential_listed, credential_recognized, dual_credit, work_based_learning, career_ready]
  ready_by: [completer, credential_recognized, dual_credit, work_based_learning]
  grace_days: 0
  min_credits: "0.01"
  min_hours: 0
  not_enrolled: [W, D, A]
choices:
  measures: [graduated, concentrator_graduated, concentrator, completer, credential_listed, credential_recognized, dual_credit, work_based_learning, career_ready]
  ready_by: [concentrator, completer, credential_listed, credential_recognized, dual_credit, work_based_learning]
  among: [graduates, cohort]
effective: { from: 2019-07-01 }
zone: linked
owner: State CTE data team
columns:
  - { name: person_id, type: text, label: Person, sensitivity: quasi }
  - { name: reporting_year, type: int32, label: Reporting year, definition: The year in which the program year ends, sensitivity: quasi }
  - { name: measure, type: text, label: Measure, definition: "graduated, concentrator_graduated, concentrator, completer, credential_listed, credential_recognized, dual_credit, work_based_learning or career_ready", sensitivity: none }
  - { name: is_met, type: boolean, label: Attained, sensitivity: quasi }
  - { name: district_id, type: text, label: District that is accountable, sensitivity: quasi }
  - { name: school_id, type: text, label: School that is accountable, sensitivity: quasi }
  - { name: basis, type: text, label: Where the cohort comes from, definition: "certified, or derived from enrollment where no certified file of the year has come", sensitivity: none }
--- */
WITH cohort AS (
    SELECT person_id, reporting_year, cohort_year, status_year, graduated, concentrator, district_id, school_id, basis,
           COALESCE(graduation_date, make_date(cohort_year, 6, 30)) AS day, COALESCE(graduation_date, make_date(cohort_year, 6, 30)) + $grace_days AS until
    FROM graduation_four_year
    WHERE included
),
-- Whatever was attained first was attained by a day if anything was: one row a person is enough.
completer AS (
    SELECT person_id, reporting_year, min(completer_year) AS year FROM cte_completer_secondary GROUP BY person_id, reporting_year
),
credential AS (
    SELECT c.person_id, min(c.earned_date) AS listed, min(CASE WHEN l.recognized THEN c.earned_date END) AS recognized
    FROM credential_list AS l
    JOIN credentials AS c ON c.credential_code = l.credential_code
    WHERE c.passed AND (l.valid_from IS NULL OR c.earned_date >= l.valid_from) AND (l.valid_to IS NULL OR c.earned_date <= l.valid_to)
    GROUP BY c.person_id
),
dual AS (
    -- Not every college marks dual enrolment; what began by the graduation is that as well.
    SELECT g.person_id, g.reporting_year
    FROM cohort AS g
    JOIN ps_enrollment AS p ON p.person_id = g.person_id
    WHERE (p.dual_enrolled OR p.term_begin <= g.day) AND p.term_end <= g.until AND p.enrollment_status NOT IN ($not_enrolled) AND p.credits_earned > 0
    GROUP BY g.person_id, g.reporting_year
    HAVING sum(p.credits_earned) >= CAST($min_credits AS DECIMAL(12, 2))
),
work AS (
    SELECT person_id, min(start_date) AS day
    FROM work_based_learning
    WHERE completed AND COALESCE(hours, 0) >= CAST($min_hours AS DECIMAL(6, 1))
    GROUP BY person_id
),
attained AS (
    SELECT g.person_id, g.reporting_year, g.graduated, g.district_id, g.school_id, g.basis, COALESCE(g.concentrator, FALSE) AS concentrator,
           COALESCE(c.year <= g.cohort_year, FALSE) AS completer, COALESCE(i.listed <= g.until, FALSE) AS listed,
           COALESCE(i.recognized <= g.until, FALSE) AS recognized, d.person_id IS NOT NULL AS dual, COALESCE(w.day <= g.until, FALSE) AS work
    FROM work AS w
    RIGHT JOIN (dual AS d
    RIGHT JOIN (credential AS i
    RIGHT JOIN (completer AS c
    RIGHT JOIN cohort AS g ON c.person_id = g.person_id AND c.reporting_year = g.status_year)
                           ON i.person_id = g.person_id)
                           ON d.person_id = g.person_id AND d.reporting_year = g.reporting_year)
                           ON w.person_id = g.person_id
),
measures AS (
    SELECT measure
    FROM (SELECT 'graduated' AS measure UNION ALL SELECT 'concentrator_graduated' UNION ALL SELECT 'concentrator' UNION ALL SELECT 'completer' UNION ALL SELECT 'credential_listed'
          UNION ALL SELECT 'credential_recognized' UNION ALL SELECT 'dual_credit' UNION ALL SELECT 'work_based_learning'
          UNION ALL SELECT 'career_ready') AS m
    WHERE measure IN ($measures)
)
SELECT a.person_id, a.reporting_year, m.measure,
       CASE m.measure WHEN 'graduated' THEN a.graduated WHEN 'concentrator_graduated' THEN a.graduated WHEN 'concentrator' THEN a.concentrator WHEN 'completer' THEN a.completer
                      WHEN 'credential_listed' THEN a.listed WHEN 'credential_recognized' THEN a.recognized
                      WHEN 'dual_credit' THEN a.dual WHEN 'work_based_learning' THEN a.work
                      ELSE (a.concentrator AND 'concentrator' IN ($ready_by)) OR (a.completer AND 'completer' IN ($ready_by))
                           OR (a.listed AND 'credential_listed' IN ($ready_by)) OR (a.recognized AND 'credential_recognized' IN ($ready_by))
                           OR (a.dual AND 'dual_credit' IN ($ready_by)) OR (a.work AND 'work_based_learning' IN ($ready_by)) END AS is_met,
       a.district_id, a.school_id, a.basis
FROM measures AS m
CROSS JOIN attained AS a
WHERE m.measure = 'graduated' OR (m.measure = 'concentrator_graduated' AND a.concentrator)
   OR (m.measure NOT IN ('graduated', 'concentrator_graduated') AND ($among = 'cohort' OR a.graduated))
