/* ---
id: PV-1P1
rule: placement_1p1
version: 3
title: Post-program placement, second quarter after completion (1P1)
says: >
  Where those who completed a CTE program of a college were in the second quarter after: still or again in postsecondary education, in
  advanced training, in employment, and in any of the three. Each is observed, not observed, or not observable with a reason, as for the secondary level: without a
  Social Security number or a bridge record nobody can be found in wages, and a quarter that has not been delivered says nothing. College
  enrollment counts where its dates overlap the quarter; leave, withdrawal and death do not count. The wages of all employers of the quarter
  are summed; an employer whose lines come to less than nothing counts as none. What other states and federal employers paid is added where an exchange
  of wage records has returned it, unless the state says otherwise. A registered apprenticeship of any status counts as advanced
  training where its dates overlap the quarter; of other training nobody was asked. Whether any of the three could have been observed is told
  by wages and college records alone. Military and national service are not among the sources.
citation: Perkins V sec. 113(b)(2)(B)(i)
grain: [person_id, reporting_year, placement_type]
year: reporting_year
# out_of_state: include or exclude what an exchange of wage records returned of other states and of federal employers.
# wages_through (such as "20244") and postsecondary_through (a day) state how far the data go; empty: as far as the pipeline says of the source (`data_through:`), else as far as they reach.
parameters:
  quarters_after: 2
  min_wages: "0.01"
  not_enrolled: [W, D, A]
  out_of_state: include
  wages_through: ""
  postsecondary_through: ""
choices: { out_of_state: [include, exclude] }
effective: { from: 2019-07-01 }
zone: linked
owner: State CTE data team
columns:
  - { name: person_id, type: text, label: Person, sensitivity: quasi }
  - { name: reporting_year, type: int32, label: Reporting year, definition: The year after the program year of the completion, sensitivity: quasi }
  - { name: placement_type, type: text, label: Type of placement, definition: "postsecondary, advanced_training, employment, or any of them", sensitivity: none }
  - { name: placement_quarter, type: int32, label: Quarter that is looked at, definition: year * 4 + quarter - 1, sensitivity: quasi }
  - { name: state, type: text, label: State, definition: "observed, not_observed or not_observable", sensitivity: quasi }
  - { name: finding, type: text, label: What is known of who is not observed, definition: "not_at_college: no college record that counts in the quarter; elsewhere_possible: no wages of the quarter, which leave out military and self-employment, and work elsewhere that no exchange returns", sensitivity: quasi }
  - { name: reason, type: text, label: Why it is not observable, definition: "no_bridge, not_asked, before_data_begin or data_not_yet_available", sensitivity: quasi }
  - { name: measurable, type: boolean, label: The quarter has been delivered, definition: False while a source does not reach the quarter, sensitivity: none }
  - { name: quarter_wages, type: "decimal(14,2)", label: Wages of the quarter, definition: All employers; employment only, sensitivity: quasi }
  - { name: employment_source, type: text, label: Source of the wages, definition: "Employment only; of several the smallest code: 01 is this state", sensitivity: quasi, code_set: employment_source }
  - { name: program_code, type: text, label: Program that was completed, sensitivity: quasi }
  - { name: school_id, type: text, label: College of the completion, sensitivity: quasi }
--- */
WITH completers AS (
    SELECT person_id, reporting_year, program_code, school_id, completion_quarter + $quarters_after AS quarter,
           concat((completion_quarter + $quarters_after) / 4, (completion_quarter + $quarters_after) % 4 + 1) AS year_quarter,
           make_date((completion_quarter + $quarters_after) / 4, (completion_quarter + $quarters_after) % 4 * 3 + 1, 1) AS first_day,
           make_date((completion_quarter + $quarters_after + 1) / 4, (completion_quarter + $quarters_after + 1) % 4 * 3 + 1, 1) AS day_after
    FROM postsecondary_completion
),
wages_reach AS (
    SELECT min(year_quarter) AS first_quarter, COALESCE(NULLIF($wages_through, ''), (SELECT max(last_quarter) FROM source_reach WHERE source = 'ui_wages'), max(year_quarter)) AS last_quarter FROM ui_wages
),
college_reach AS (
    SELECT min(term_begin) AS first_day, COALESCE(CAST(NULLIF($postsecondary_through, '') AS DATE), (SELECT max(data_through) FROM source_reach WHERE source = 'ps_enrollment'), max(term_end)) AS last_day
    FROM ps_enrollment
),
by_employer AS (
    SELECT c.person_id, c.reporting_year, w.employer_account, sum(w.wages) AS net
    FROM completers AS c
    JOIN ui_wages AS w ON w.person_id = c.person_id AND w.year_quarter = c.year_quarter
    GROUP BY c.person_id, c.reporting_year, w.employer_account
),
seen_in AS (
    -- What one employer took back takes nothing from what another one paid.
    SELECT person_id, reporting_year, CASE WHEN net > 0 THEN net ELSE 0 END AS wages, CASE WHEN net > 0 THEN '01' END AS employment_source,
           FALSE AS at_college, FALSE AS in_training
    FROM by_employer
    UNION ALL
    SELECT c.person_id, c.reporting_year, s.wages, s.employment_source, FALSE, FALSE
    FROM completers AS c
    JOIN wages_out_of_state AS s ON s.person_id = c.person_id AND s.year_quarter = c.year_quarter
    WHERE s.wages > 0 AND $out_of_state <> 'exclude'
    UNION ALL
    SELECT c.person_id, c.reporting_year, NULL, NULL, TRUE, FALSE
    FROM completers AS c
    JOIN ps_enrollment AS p ON p.person_id = c.person_id AND p.term_begin < c.day_after AND p.term_end >= c.first_day
    WHERE p.enrollment_status IS NULL OR p.enrollment_status NOT IN ($not_enrolled)
    UNION ALL
    -- An empty status is a college that does not publish it, not a learner who is away. A degree row is no enrollment.
    SELECT c.person_id, c.reporting_year, NULL, NULL, TRUE, FALSE
    FROM completers AS c
    JOIN nsc_detail AS n ON n.person_id = c.person_id AND n.enrollment_begin < c.day_after AND n.enrollment_end >= c.first_day
    WHERE n.record_found AND n.graduated IS NOT TRUE
      AND (n.enrollment_status IS NULL OR n.enrollment_status NOT IN ($not_enrolled))
    UNION ALL
    SELECT c.person_id, c.reporting_year, NULL, NULL, FALSE, TRUE
    FROM apprenticeships AS a
    JOIN completers AS c ON c.person_id = a.person_id AND a.start_date < c.day_after AND (a.end_date IS NULL OR a.end_date >= c.first_day)
),
outcomes AS (
    SELECT person_id, reporting_year, sum(wages) AS wages, min(employment_source) AS employment_source, bool_or(at_college) AS at_college, bool_or(in_training) AS in_training
    FROM seen_in
    GROUP BY person_id, reporting_year
),
reasons AS (
    SELECT c.*, o.wages, o.employment_source, COALESCE(o.wages >= CAST($min_wages AS DECIMAL(14, 2)), FALSE) AS employed, COALESCE(o.at_college, FALSE) AS at_college,
           COALESCE(o.in_training, FALSE) AS in_training,
           CASE WHEN w.last_quarter IS NULL OR c.year_quarter > w.last_quarter THEN 'data_not_yet_available'
                WHEN c.year_quarter < w.first_quarter THEN 'before_data_begin'
                WHEN l.has_ssn OR l.has_bridge THEN NULL
                ELSE 'no_bridge' END AS wages_reason,
           CASE WHEN r.last_day IS NULL OR c.first_day > r.last_day THEN 'data_not_yet_available'
                WHEN c.day_after <= r.first_day THEN 'before_data_begin' END AS college_reason
    -- Beside a CROSS JOIN the many rows stand on the right: on the left each of them would come back in a batch by itself.
    FROM wages_reach AS w
    CROSS JOIN college_reach AS r
    CROSS JOIN (completers AS c
    LEFT JOIN outcomes AS o ON o.person_id = c.person_id AND o.reporting_year = c.reporting_year
    LEFT JOIN person_link AS l ON l.person_id = c.person_id)
),
found AS (
    SELECT r.*, t.placement_type,
           CASE t.placement_type WHEN 'employment' THEN employed WHEN 'postsecondary' THEN at_college WHEN 'advanced_training' THEN in_training
                ELSE employed OR at_college OR in_training END AS seen,
           CASE t.placement_type WHEN 'employment' THEN wages_reason WHEN 'postsecondary' THEN college_reason
                WHEN 'advanced_training' THEN 'not_asked' ELSE COALESCE(wages_reason, college_reason) END AS why,
           (t.placement_type IN ('postsecondary', 'advanced_training')
            OR COALESCE(wages_reason, '') NOT IN ('data_not_yet_available', 'before_data_begin'))
           AND (t.placement_type IN ('employment', 'advanced_training')
                OR COALESCE(college_reason, '') NOT IN ('data_not_yet_available', 'before_data_begin')) AS measurable
    FROM (SELECT 'employment' AS placement_type UNION ALL SELECT 'postsecondary' UNION ALL SELECT 'advanced_training'
          UNION ALL SELECT 'any') AS t
    CROSS JOIN reasons AS r
)
SELECT person_id, reporting_year, placement_type, quarter AS placement_quarter,
       CASE WHEN seen THEN 'observed' WHEN why IS NULL THEN 'not_observed' ELSE 'not_observable' END AS state,
       CASE WHEN NOT seen AND why IS NULL THEN CASE placement_type WHEN 'postsecondary' THEN 'not_at_college' ELSE 'elsewhere_possible' END END AS finding,
       CASE WHEN seen THEN NULL ELSE why END AS reason, measurable,
       CASE WHEN placement_type = 'employment' THEN wages END AS quarter_wages,
       CASE WHEN placement_type = 'employment' AND employed THEN employment_source END AS employment_source, program_code, school_id
FROM found
