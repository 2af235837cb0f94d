/* ---
id: PV-3S1
rule: placement_3s1
version: 1
title: Post-program placement, second quarter after exit (3S1)
says: >
  Where those who left secondary education were in the second quarter after their exit: in postsecondary education, in employment, and in any
  of the two. Each is observed, not observed, or not observable with a reason: a learner without a Social Security number or a bridge record cannot be found in
  wages, one whom nobody looked for in college records cannot be found there, and a quarter that has not been delivered says nothing. College enrollment counts where its
  dates overlap the quarter; leave, withdrawal and death do not count; what began before the exit is dual enrolment. The wages of all employers of
  the quarter are summed. Military and national service are not among the sources. The indicator counts concentrators.
citation: Perkins V sec. 113(b)(2)(A)(iii) and 113(b)(3)(C)(ii)(III)
grain: [person_id, reporting_year, placement_type]
year: reporting_year
# wages_through (such as "20244") and postsecondary_through (a day) state how far the data go; empty: as far as they reach.
parameters:
  quarters_after: 2
  min_wages: "0.01"
  not_enrolled: [W, D, A]
  dual_level: secondary
  search_required: true
  wages_through: ""
  postsecondary_through: ""
effective: { from: 2019-07-01 }
zone: linked
owner: State CTE data team
columns:
  - { name: person_id, type: text, label: Person, sensitivity: quasi }
  - { name: reporting_year, type: int32, label: Reporting year, definition: The year after the program year of the exit, sensitivity: quasi }
  - { name: placement_type, type: text, label: Type of placement, definition: "postsecondary, employment, or any of them", sensitivity: none }
  - { name: placement_quarter, type: int32, label: Quarter that is looked at, definition: year * 4 + quarter - 1, sensitivity: quasi }
  - { name: concentrator, type: boolean, label: CTE concentrator, sensitivity: quasi }
  - { name: state, type: text, label: State, definition: "observed, not_observed or not_observable", sensitivity: quasi }
  - { name: reason, type: text, label: Why it is not observable, definition: "no_bridge, not_searched, before_data_begin or data_not_yet_available", sensitivity: quasi }
  - { name: measurable, type: boolean, label: The quarter has been delivered, definition: False while a source does not reach the quarter, sensitivity: none }
  - { name: quarter_wages, type: "decimal(14,2)", label: Wages of the quarter, definition: All employers; employment only, sensitivity: quasi }
  - { name: district_id, type: text, label: District of the exit, sensitivity: quasi }
  - { name: school_id, type: text, label: School of the exit, sensitivity: quasi }
--- */
WITH exits AS (
    SELECT person_id, reporting_year, district_id, school_id, counted_exit_date,
           exit_quarter + $quarters_after AS quarter,
           concat((exit_quarter + $quarters_after) / 4, (exit_quarter + $quarters_after) % 4 + 1) AS year_quarter,
           make_date((exit_quarter + $quarters_after) / 4, (exit_quarter + $quarters_after) % 4 * 3 + 1, 1) AS first_day,
           make_date((exit_quarter + $quarters_after + 1) / 4, (exit_quarter + $quarters_after + 1) % 4 * 3 + 1, 1) AS day_after
    FROM secondary_exit
),
wages_reach AS (
    SELECT min(year_quarter) AS first_quarter, COALESCE(NULLIF($wages_through, ''), max(year_quarter)) AS last_quarter FROM ui_wages
),
college_reach AS (
    SELECT min(term_begin) AS first_day, COALESCE(CAST(NULLIF($postsecondary_through, '') AS DATE), max(term_end)) AS last_day
    FROM ps_enrollment
),
seen_in AS (
    SELECT e.person_id, e.reporting_year, w.wages, FALSE AS at_college
    FROM exits AS e
    JOIN ui_wages AS w ON w.person_id = e.person_id AND w.year_quarter = e.year_quarter
    UNION ALL
    SELECT e.person_id, e.reporting_year, NULL, TRUE
    FROM exits AS e
    JOIN ps_enrollment AS p ON p.person_id = e.person_id AND p.term_begin < e.day_after AND p.term_end >= e.first_day
    WHERE (p.enrollment_status IS NULL OR p.enrollment_status NOT IN ($not_enrolled))
      AND ($dual_level <> 'secondary' OR (p.dual_enrolled IS NOT TRUE AND p.term_begin > e.counted_exit_date))
    UNION ALL
    -- An empty status is a college that does not publish it, not a learner who is away. A degree row is no enrollment.
    SELECT e.person_id, e.reporting_year, NULL, TRUE
    FROM exits AS e
    JOIN nsc_detail AS n ON n.person_id = e.person_id AND n.enrollment_begin < e.day_after AND n.enrollment_end >= e.first_day
    WHERE n.record_found AND n.graduated IS NOT TRUE
      AND (n.enrollment_status IS NULL OR n.enrollment_status NOT IN ($not_enrolled))
      AND ($dual_level <> 'secondary' OR n.enrollment_begin > e.counted_exit_date)
),
outcomes AS (
    SELECT person_id, reporting_year, sum(wages) AS wages, bool_or(at_college) AS at_college
    FROM seen_in
    GROUP BY person_id, reporting_year
),
known AS (
    -- Who could be found: in wages with a Social Security number or a bridge, in college records when somebody looked.
    SELECT person_id, bool_or(bridged) AS bridged, bool_or(searched) AS searched
    FROM (SELECT person_id, has_ssn OR has_bridge AS bridged, CAST(NULL AS BOOLEAN) AS searched FROM person_link
          UNION ALL
          SELECT person_id, CAST(NULL AS BOOLEAN), TRUE FROM nsc_detail
          UNION ALL
          SELECT person_id, CAST(NULL AS BOOLEAN), TRUE FROM ps_enrollment) AS k
    GROUP BY person_id
),
reasons AS (
    SELECT e.person_id, e.reporting_year, e.quarter, e.district_id, e.school_id, c.person_id IS NOT NULL AS concentrator,
           o.wages, COALESCE(o.wages >= CAST($min_wages AS DECIMAL(14, 2)), FALSE) AS employed, COALESCE(o.at_college, FALSE) AS at_college,
           CASE WHEN wr.last_quarter IS NULL OR e.year_quarter > wr.last_quarter THEN 'data_not_yet_available'
                WHEN e.year_quarter < wr.first_quarter THEN 'before_data_begin'
                WHEN k.bridged THEN NULL
                ELSE 'no_bridge' END AS wages_reason,
           CASE WHEN cr.last_day IS NULL OR e.first_day > cr.last_day THEN 'data_not_yet_available'
                WHEN e.day_after <= cr.first_day THEN 'before_data_begin'
                WHEN k.searched OR NOT $search_required THEN NULL
                ELSE 'not_searched' END AS college_reason
    -- The narrow table of each join stands on the left, where the engine holds it in memory, and the exits pass by.
    FROM known AS k
    RIGHT JOIN (outcomes AS o
    RIGHT JOIN ((SELECT DISTINCT person_id, reporting_year FROM cte_concentrator_secondary) AS c
    RIGHT JOIN exits AS e ON c.person_id = e.person_id AND c.reporting_year = e.reporting_year)
                          ON o.person_id = e.person_id AND o.reporting_year = e.reporting_year)
                          ON k.person_id = e.person_id
    CROSS JOIN wages_reach AS wr
    CROSS JOIN college_reach AS cr
),
found AS (
    SELECT r.*, t.placement_type,
           CASE t.placement_type WHEN 'employment' THEN employed WHEN 'postsecondary' THEN at_college ELSE employed OR at_college END AS seen,
           CASE t.placement_type WHEN 'employment' THEN wages_reason WHEN 'postsecondary' THEN college_reason
                ELSE COALESCE(wages_reason, college_reason) END AS why,
           CASE WHEN t.placement_type = 'postsecondary' THEN TRUE
                ELSE COALESCE(wages_reason, '') NOT IN ('data_not_yet_available', 'before_data_begin') END
           AND CASE WHEN t.placement_type = 'employment' THEN TRUE
                    ELSE COALESCE(college_reason, '') NOT IN ('data_not_yet_available', 'before_data_begin') END AS measurable
    FROM reasons AS r
    CROSS JOIN (SELECT 'employment' AS placement_type UNION ALL SELECT 'postsecondary' UNION ALL SELECT 'any') AS t
)
SELECT person_id, reporting_year, placement_type, quarter AS placement_quarter, concentrator,
       CASE WHEN seen THEN 'observed' WHEN why IS NULL THEN 'not_observed' ELSE 'not_observable' END AS state,
       CASE WHEN seen THEN NULL ELSE why END AS reason, measurable,
       CASE WHEN placement_type = 'employment' THEN wages END AS quarter_wages, district_id, school_id
FROM found
