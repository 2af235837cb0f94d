/* ---
id: PV-3S1
rule: placement_3s1
version: 4
title: Post-program placement, second quarter after exit (3S1)
says: >
  Where those who left secondary education were in the second quarter after their exit: in postsecondary education, in advanced training, in
  military service, in national or community service or the Peace Corps, in employment, and in any of the five. Each is observed, not
  observed, or not observable with a reason: a learner without a Social Security number or a bridge record cannot be found in wages, one whom
  nobody looked for in college records cannot be found there, one who was not asked or has not answered has told nothing, and a quarter or a
  survey that has not been delivered says nothing. College enrollment counts where its dates overlap the quarter; leave, withdrawal and death
  do not count; what began before the exit is dual enrolment. The wages of all employers of the quarter are summed; an employer whose lines
  come to less than nothing counts as none. What other states and federal employers paid is added where an exchange of wage records has returned it,
  unless the state says otherwise. A registered apprenticeship of any status counts as advanced training where its dates overlap the quarter. The follow-up survey of leavers counts where its answer is
  about the quarter, and only for the types that the parameter names; what a record shows stands as administrative. Any of the five is
  observed where one of them is; whether it could have been observed is told by wages and college records alone, for a no in the survey is
  too little. The indicator counts those who were concentrators by the year of the exit.
  Of who is not observed, although they could be, it is told what is known (`finding`); that changes no count.
citation: Perkins V sec. 113(b)(2)(A)(iii) and 113(b)(3)(C)(ii)(III)
grain: [person_id, reporting_year, placement_type]
year: reporting_year
# survey_types: the types for which an answer in the survey counts, of advanced_training, military, service, postsecondary and employment; [none] for no type.
# out_of_state: include or exclude what an exchange of wage records returned of other states and of federal employers.
# wages_through (such as "20244") and postsecondary_through (a day) state how far the data go; empty: as far as the pipeline says of the source (`data_through:`), else as far as they reach.
parameters:
  quarters_after: 2
  min_wages: "0.01"
  not_enrolled: [W, D, A]
  dual_level: secondary
  search_required: true
  survey_types: [advanced_training, military, service]
  out_of_state: include
  wages_through: ""
  postsecondary_through: ""
choices: { survey_types: [postsecondary, advanced_training, military, service, employment, none], dual_level: [secondary, postsecondary, both], out_of_state: [include, exclude] }
effective: { from: 2019-07-01 }
zone: linked
owner: State CTE data team
columns:
  - { name: person_id, type: text, label: Person, sensitivity: quasi }
  - { name: reporting_year, type: int32, label: Reporting year, definition: The year after the program year of the exit, sensitivity: quasi }
  - { name: placement_type, type: text, label: Type of placement, definition: "postsecondary, advanced_training, military, service, employment, or any of them", sensitivity: none }
  - { name: placement_quarter, type: int32, label: Quarter that is looked at, definition: year * 4 + quarter - 1, sensitivity: quasi }
  - { name: concentrator, type: boolean, label: CTE concentrator by the year of the exit, sensitivity: quasi }
  - { name: state, type: text, label: State, definition: "observed, not_observed or not_observable", sensitivity: quasi }
  - { name: reason, type: text, label: Why it is not observable, definition: "no_bridge, not_searched, not_asked, no_answer, before_data_begin or data_not_yet_available", sensitivity: quasi }
  - { name: finding, type: text, label: What is known of who is not observed, definition: "not_found: asked for, and no college record is there; not_at_college: college records are there, none that counts in the quarter; elsewhere_possible: no wages of the quarter, which leave out military and self-employment, and work elsewhere that no exchange returns; said_no: the survey's answer is no", sensitivity: quasi }
  - { name: source, type: text, label: Who says so, definition: "administrative or survey; empty where it is not observed", sensitivity: quasi }
  - { name: measurable, type: boolean, label: The quarter has been delivered, definition: False while a source does not reach the quarter or the exit, sensitivity: none }
  - { name: quarter_wages, type: "decimal(14,2)", label: Wages of the quarter, definition: All employers; employment only, sensitivity: quasi }
  - { name: employment_source, type: text, label: Source of the wages, definition: "Employment found in records only; of several the smallest code: 01 is this state", sensitivity: quasi, code_set: employment_source }
  - { name: district_id, type: text, label: District of the exit, sensitivity: quasi }
  - { name: school_id, type: text, label: School of the exit, sensitivity: quasi }
--- */
WITH exits AS (
    SELECT person_id, reporting_year, exit_year, district_id, school_id, counted_exit_date,
           exit_quarter + $quarters_after AS quarter,
           concat((exit_quarter + $quarters_after) / 4, (exit_quarter + $quarters_after) % 4 + 1) AS year_quarter,
           make_date((exit_quarter + $quarters_after) / 4, (exit_quarter + $quarters_after) % 4 * 3 + 1, 1) AS first_day,
           make_date((exit_quarter + $quarters_after + 1) / 4, (exit_quarter + $quarters_after + 1) % 4 * 3 + 1, 1) AS day_after
    FROM secondary_exit
),
wages_reach AS (
    SELECT min(year_quarter) AS first_quarter, COALESCE(NULLIF($wages_through, ''), (SELECT max(last_quarter) FROM source_reach WHERE source = 'ui_wages'), max(year_quarter)) AS last_quarter FROM ui_wages
),
college_reach AS (
    SELECT min(term_begin) AS first_day, COALESCE(CAST(NULLIF($postsecondary_through, '') AS DATE), (SELECT max(data_through) FROM source_reach WHERE source = 'ps_enrollment'), max(term_end)) AS last_day
    FROM ps_enrollment
),
survey_reach AS (
    SELECT max(exit_year) AS last_year FROM follow_up_survey
),
by_employer AS (
    SELECT e.person_id, e.reporting_year, w.employer_account, sum(w.wages) AS net
    FROM exits AS e
    JOIN ui_wages AS w ON w.person_id = e.person_id AND w.year_quarter = e.year_quarter
    GROUP BY e.person_id, e.reporting_year, w.employer_account
),
seen_in AS (
    -- What the records show of the quarter. What one employer took back takes nothing from what another one paid.
    SELECT person_id, reporting_year, CASE WHEN net > 0 THEN net ELSE 0 END AS wages, CASE WHEN net > 0 THEN '01' END AS employment_source,
           FALSE AS at_college, FALSE AS in_training
    FROM by_employer
    UNION ALL
    SELECT e.person_id, e.reporting_year, s.wages, s.employment_source, FALSE, FALSE
    FROM exits AS e
    JOIN wages_out_of_state AS s ON s.person_id = e.person_id AND s.year_quarter = e.year_quarter
    WHERE s.wages > 0 AND $out_of_state <> 'exclude'
    UNION ALL
    SELECT e.person_id, e.reporting_year, NULL, NULL, TRUE, FALSE
    FROM exits AS e
    JOIN ps_enrollment AS p ON p.person_id = e.person_id AND p.term_begin < e.day_after AND p.term_end >= e.first_day
    WHERE (p.enrollment_status IS NULL OR p.enrollment_status NOT IN ($not_enrolled))
      AND ($dual_level <> 'secondary' OR (p.dual_enrolled IS NOT TRUE AND p.term_begin > e.counted_exit_date))
    UNION ALL
    -- An empty status is a college that does not publish it, not a learner who is away. A degree row is no enrollment.
    SELECT e.person_id, e.reporting_year, NULL, NULL, TRUE, FALSE
    FROM exits AS e
    JOIN nsc_detail AS n ON n.person_id = e.person_id AND n.enrollment_begin < e.day_after AND n.enrollment_end >= e.first_day
    WHERE n.record_found AND n.graduated IS NOT TRUE
      AND (n.enrollment_status IS NULL OR n.enrollment_status NOT IN ($not_enrolled))
      AND ($dual_level <> 'secondary' OR n.enrollment_begin > e.counted_exit_date)
    UNION ALL
    SELECT e.person_id, e.reporting_year, NULL, NULL, FALSE, TRUE
    FROM apprenticeships AS a
    JOIN exits AS e ON e.person_id = a.person_id AND a.start_date < e.day_after AND (a.end_date IS NULL OR a.end_date >= e.first_day)
),
outcomes AS (
    SELECT person_id, reporting_year, sum(wages) AS wages, min(employment_source) AS employment_source, bool_or(at_college) AS at_college, bool_or(in_training) AS in_training
    FROM seen_in
    GROUP BY person_id, reporting_year
),
told AS (
    -- Who was asked of this exit, and what was answered about this quarter: yes, no, or nothing.
    SELECT e.person_id, e.reporting_year, bool_or(s.exit_year = e.exit_year) AS asked,
           bool_or(s.postsecondary) FILTER (WHERE s.responded AND s.status_quarter = e.year_quarter) AS postsecondary,
           bool_or(s.advanced_training) FILTER (WHERE s.responded AND s.status_quarter = e.year_quarter) AS advanced_training,
           bool_or(s.military) FILTER (WHERE s.responded AND s.status_quarter = e.year_quarter) AS military,
           bool_or(s.service) FILTER (WHERE s.responded AND s.status_quarter = e.year_quarter) AS service,
           bool_or(s.employed) FILTER (WHERE s.responded AND s.status_quarter = e.year_quarter) AS employed
    FROM follow_up_survey AS s
    JOIN exits AS e ON e.person_id = s.person_id
    GROUP BY e.person_id, e.reporting_year
),
-- Who could be found: in wages with a Social Security number or a bridge, in college records when somebody looked.
bridged AS (
    SELECT person_id FROM person_link WHERE has_ssn OR has_bridge
),
searched AS (
    SELECT person_id, bool_or(found) AS found
    FROM (SELECT person_id, record_found AS found FROM nsc_detail
          UNION ALL
          SELECT person_id, TRUE FROM ps_enrollment) AS k
    GROUP BY person_id
),
reasons AS (
    SELECT e.person_id, e.reporting_year, e.quarter, e.district_id, e.school_id, c.person_id IS NOT NULL AS concentrator,
           o.wages, o.employment_source, COALESCE(o.wages >= CAST($min_wages AS DECIMAL(14, 2)), FALSE) AS employed, COALESCE(o.at_college, FALSE) AS at_college,
           COALESCE(o.in_training, FALSE) AS in_training, COALESCE(t.asked, FALSE) AS asked,
           CASE WHEN 'postsecondary' IN ($survey_types) THEN t.postsecondary END AS says_college,
           CASE WHEN 'advanced_training' IN ($survey_types) THEN t.advanced_training END AS says_training,
           CASE WHEN 'military' IN ($survey_types) THEN t.military END AS says_military,
           CASE WHEN 'service' IN ($survey_types) THEN t.service END AS says_service,
           CASE WHEN 'employment' IN ($survey_types) THEN t.employed END AS says_employed,
           CASE WHEN wr.last_quarter IS NULL OR e.year_quarter > wr.last_quarter THEN 'data_not_yet_available'
                WHEN e.year_quarter < wr.first_quarter THEN 'before_data_begin'
                WHEN b.person_id IS NOT NULL THEN NULL
                ELSE 'no_bridge' END AS wages_reason,
           CASE WHEN cr.last_day IS NULL OR e.first_day > cr.last_day THEN 'data_not_yet_available'
                WHEN e.day_after <= cr.first_day THEN 'before_data_begin'
                WHEN k.person_id IS NOT NULL OR NOT $search_required THEN NULL
                ELSE 'not_searched' END AS college_reason,
           CASE WHEN k.found THEN 'not_at_college' WHEN k.person_id IS NOT NULL THEN 'not_found' END AS college_finding,
           COALESCE(sr.last_year, 0) < e.exit_year AS not_surveyed_yet
    -- The narrow table of each join stands on the left, where the engine holds it in memory, and the exits pass by. Beside a CROSS JOIN the many rows stand
    -- on the right: on the left each of them would come back in a batch by itself.
    FROM wages_reach AS wr
    CROSS JOIN college_reach AS cr
    CROSS JOIN survey_reach AS sr
    CROSS JOIN (bridged AS b
    RIGHT JOIN (searched AS k
    RIGHT JOIN (told AS t
    RIGHT JOIN (outcomes AS o
    RIGHT JOIN ((SELECT person_id, reporting_year, min(concentrator_year) AS since FROM cte_concentrator_secondary GROUP BY person_id, reporting_year) AS c
    RIGHT JOIN exits AS e ON c.person_id = e.person_id AND c.reporting_year = e.reporting_year AND c.since <= e.exit_year)
                          ON o.person_id = e.person_id AND o.reporting_year = e.reporting_year)
                          ON t.person_id = e.person_id AND t.reporting_year = e.reporting_year)
                          ON k.person_id = e.person_id)
                          ON b.person_id = e.person_id)
),
types AS (
    SELECT 'postsecondary' AS placement_type, FALSE AS surveyed
    UNION ALL SELECT 'advanced_training', TRUE
    UNION ALL SELECT 'military', TRUE
    UNION ALL SELECT 'service', TRUE
    UNION ALL SELECT 'employment', FALSE
    UNION ALL SELECT 'any', FALSE
),
found AS (
    SELECT r.*, t.placement_type,
           CASE t.placement_type WHEN 'postsecondary' THEN at_college WHEN 'advanced_training' THEN in_training WHEN 'employment' THEN employed
                WHEN 'any' THEN at_college OR in_training OR employed ELSE FALSE END AS in_records,
           -- TRUE where the survey says yes, FALSE where it says no, empty where it says nothing that counts.
           CASE t.placement_type WHEN 'postsecondary' THEN says_college WHEN 'advanced_training' THEN says_training
                WHEN 'military' THEN says_military WHEN 'service' THEN says_service WHEN 'employment' THEN says_employed
                ELSE says_college OR says_training OR says_military OR says_service OR says_employed END AS says,
           CASE WHEN t.placement_type = 'employment' THEN wages_reason WHEN t.placement_type = 'postsecondary' THEN college_reason
                WHEN NOT t.surveyed THEN COALESCE(wages_reason, college_reason)
                WHEN t.placement_type NOT IN ($survey_types) THEN 'not_asked'
                WHEN not_surveyed_yet THEN 'data_not_yet_available'
                WHEN asked THEN 'no_answer'
                ELSE 'not_asked' END AS why,
           CASE WHEN t.surveyed THEN NOT not_surveyed_yet OR t.placement_type NOT IN ($survey_types)
                ELSE (t.placement_type = 'postsecondary' OR COALESCE(wages_reason, '') NOT IN ('data_not_yet_available', 'before_data_begin'))
                     AND (t.placement_type = 'employment' OR COALESCE(college_reason, '') NOT IN ('data_not_yet_available', 'before_data_begin'))
                END AS measurable,
           t.surveyed
    FROM types AS t
    CROSS JOIN reasons AS r
),
stated AS (
    SELECT f.*, CASE WHEN in_records OR says THEN 'observed'
                     WHEN why IS NULL OR (surveyed AND says IS NOT NULL) THEN 'not_observed'
                     ELSE 'not_observable' END AS state
    FROM found AS f
)
SELECT person_id, reporting_year, placement_type, quarter AS placement_quarter, concentrator, state,
       CASE WHEN state = 'not_observed' THEN CASE WHEN surveyed THEN 'said_no' WHEN placement_type = 'postsecondary' THEN college_finding
                                                  ELSE 'elsewhere_possible' END END AS finding,
       CASE WHEN state = 'not_observable' THEN why END AS reason,
       CASE WHEN in_records THEN 'administrative' WHEN says THEN 'survey' END AS source, measurable,
       CASE WHEN placement_type = 'employment' THEN wages END AS quarter_wages,
       CASE WHEN placement_type = 'employment' AND employed THEN employment_source END AS employment_source, district_id, school_id
FROM stated
