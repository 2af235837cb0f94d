-- One row a learner, year, measure and definition of it.
WITH measures AS (
    -- Joined by the name of the definition, so that the many courses pass by in whole batches.
    SELECT 'two_credits' AS definition, failing_marks, min_units, full_unit, TRUE AS is_in_credits FROM definition_measure
    UNION ALL
    SELECT 'cluster', failing_marks, min_units, full_unit, FALSE FROM definition_measure
),
completed AS (
    -- The cluster of a program is that of the course's own year.
    SELECT c.person_id, COALESCE(NULLIF(c.program_code, ''), c.cip_code) AS program_code, p.cluster16, c.course_code, c.school_year, c.credits, c.grade_mark
    FROM program_cluster AS p
    RIGHT JOIN cte_courses AS c ON p.program_code = COALESCE(NULLIF(c.program_code, ''), c.cip_code) AND p.reporting_year = c.school_year
    WHERE c.completed
),
taken AS (
    SELECT 'two_credits' AS definition, person_id, program_code AS scope_key, course_code, school_year, credits, grade_mark
    FROM completed
    WHERE program_code IS NOT NULL
    UNION ALL
    SELECT 'cluster', person_id, COALESCE(cluster16, '?' || program_code), course_code, school_year, credits, grade_mark
    FROM completed
    WHERE program_code IS NOT NULL
),
courses AS (
    -- Completed courses by the conditions of the rule for concentrators: what has failed does not count, and a repeated course counts once, in its first
    -- year. Two credits: a course of two counts as two; two courses: as one, and parts add up.
    SELECT t.definition, t.person_id, t.scope_key, t.course_code, min(t.school_year) AS year,
           max(CASE WHEN k.is_in_credits THEN COALESCE(t.credits, k.full_unit) ELSE LEAST(COALESCE(t.credits, k.full_unit), k.full_unit) END) AS units
    FROM measures AS k
    JOIN taken AS t ON k.definition = t.definition
    WHERE t.grade_mark IS NULL OR strpos(k.failing_marks, concat('|', t.grade_mark, '|')) = 0
    GROUP BY t.definition, t.person_id, t.scope_key, t.course_code
),
by_year AS (
    SELECT definition, person_id, scope_key, year, sum(units) AS units FROM courses GROUP BY definition, person_id, scope_key, year
),
enough AS (
    SELECT c.definition, c.person_id, c.scope_key, c.year
    FROM measures AS k
    JOIN (by_year AS c
    JOIN by_year AS b ON b.definition = c.definition AND b.person_id = c.person_id AND b.scope_key = c.scope_key AND b.year <= c.year)
      ON k.definition = c.definition
    GROUP BY c.definition, c.person_id, c.scope_key, c.year
    HAVING sum(b.units) >= max(k.min_units)
),
reached AS (
    -- The first year with enough of it, by either definition.
    SELECT person_id, min(CASE WHEN definition = 'two_credits' THEN year END) AS two_credits,
           min(CASE WHEN definition = 'cluster' THEN year END) AS cluster
    FROM enough
    GROUP BY person_id
),
reported AS (
    -- From when on the agency itself calls a learner a concentrator, in whatever program, and the years in which it says anything.
    SELECT person_id, min(reporting_year) AS since FROM reported_status WHERE agency_status IN ('CONCENTRATOR', 'COMPLETER') GROUP BY person_id
),
reported_years AS (
    SELECT DISTINCT reporting_year FROM reported_status
),
participants AS (
    SELECT DISTINCT person_id, reporting_year FROM cte_participant_secondary WHERE served
),
concentrators AS (
    SELECT DISTINCT person_id, reporting_year FROM cte_concentrator_secondary WHERE served
),
concentrator_rule AS (
    SELECT reporting_year, max(rule_id) AS rule_id, max(rule_version) AS rule_version FROM cte_concentrator_secondary GROUP BY reporting_year
),
compared_status AS (
    -- The narrow table of each join stands on the left, where the engine holds it in memory. Beside a CROSS JOIN the many rows stand on the right: on the
    -- left each of them would come back in a batch by itself.
    SELECT p.person_id, p.reporting_year AS year, d.definition,
           CASE d.definition WHEN 'two_credits' THEN COALESCE(r.two_credits <= p.reporting_year, FALSE)
                             WHEN 'cluster' THEN COALESCE(r.cluster <= p.reporting_year, FALSE)
                             ELSE c.person_id IS NOT NULL END AS is_met
    FROM (SELECT 'official' AS definition UNION ALL SELECT 'two_credits' UNION ALL SELECT 'cluster') AS d
    CROSS JOIN (reached AS r
    RIGHT JOIN (concentrators AS c
    RIGHT JOIN participants AS p ON c.person_id = p.person_id AND c.reporting_year = p.reporting_year)
                                 ON r.person_id = p.person_id)
    UNION ALL
    SELECT p.person_id, p.reporting_year, 'agency_reported', COALESCE(a.since <= p.reporting_year, FALSE)
    FROM reported AS a
    RIGHT JOIN (reported_years AS y
    JOIN participants AS p ON p.reporting_year = y.reporting_year)
            ON a.person_id = p.person_id
),
placed AS (
    -- One row a concentrator who left school, with what was seen of them and how.
    SELECT p.person_id, p.reporting_year, max(p.rule_id) AS rule_id, max(p.rule_version) AS rule_version,
           bool_or(p.placement_type = 'any' AND state = 'observed') AS is_placed,
           bool_or(p.placement_type = 'any' AND state <> 'not_observable') AS is_covered,
           bool_or(p.placement_type = 'any' AND NOT measurable) AS is_pending,
           bool_or(p.placement_type = 'employment' AND state = 'observed') AS is_employed,
           bool_or(p.placement_type = 'employment' AND state <> 'not_observable') AS is_employed_covered,
           bool_or(p.placement_type = 'employment' AND NOT measurable) AS is_employed_pending,
           bool_or(p.placement_type = 'postsecondary' AND state = 'observed') AS is_at_college,
           bool_or(p.placement_type = 'postsecondary' AND state <> 'not_observable') AS is_at_college_covered,
           bool_or(p.placement_type = 'postsecondary' AND NOT measurable) AS is_at_college_pending,
           -- An answer of a survey has no wages.
           bool_or(p.placement_type <> 'any' AND state = 'observed'
                   AND (p.placement_type <> 'employment' OR COALESCE(source, '') = 'survey' OR quarter_wages >= f.wage_floor)) AS is_placed_above_floor,
           bool_or(p.placement_type <> 'any' AND state = 'observed' AND COALESCE(source, '') <> 'survey') AS is_placed_by_records
    FROM (SELECT 'employment' AS placement_type, wage_floor FROM definition_measure) AS f
    RIGHT JOIN placement_3s1 AS p ON f.placement_type = p.placement_type
    WHERE p.concentrator
    GROUP BY p.person_id, p.reporting_year
),
measurable AS (
    -- Of a year of which a source has not delivered every quarter, those who could be found are no fair part.
    SELECT reporting_year FROM placement_3s1 WHERE concentrator AND placement_type = 'any' GROUP BY reporting_year HAVING bool_and(measurable)
),
compared_placement AS (
    SELECT p.person_id, p.reporting_year AS year, d.definition,
           COALESCE(CASE d.definition WHEN 'employment_only' THEN is_employed WHEN 'postsecondary_only' THEN is_at_college
                                      WHEN 'wage_floor' THEN is_placed_above_floor WHEN 'without_survey' THEN is_placed_by_records
                                      ELSE is_placed END, FALSE) AS is_met,
           CASE d.definition WHEN 'employment_only' THEN is_employed_covered WHEN 'postsecondary_only' THEN is_at_college_covered
                             ELSE is_covered END AS is_covered,
           CASE d.definition WHEN 'employment_only' THEN is_employed_pending WHEN 'postsecondary_only' THEN is_at_college_pending
                             ELSE is_pending END AS is_pending,
           p.rule_id, p.rule_version
    FROM (SELECT 'official' AS definition UNION ALL SELECT 'covered_only' UNION ALL SELECT 'employment_only'
          UNION ALL SELECT 'postsecondary_only' UNION ALL SELECT 'wage_floor' UNION ALL SELECT 'without_survey') AS d
    CROSS JOIN (measurable AS m
    RIGHT JOIN placed AS p ON m.reporting_year = p.reporting_year)
    WHERE d.definition <> 'covered_only' OR (p.is_covered AND m.reporting_year IS NOT NULL)
),
in_nontraditional AS (
    SELECT person_id, reporting_year, level, bool_or(is_underrepresented) AS is_underrepresented,
           max(rule_id) AS rule_id, max(rule_version) AS rule_version
    FROM nontraditional_status
    WHERE served AND is_concentrator
    GROUP BY person_id, reporting_year, level
),
of_either_gender AS (
    -- Who is neither male nor female, or of whom it is not known, has no part in what is non-traditional, in no reading of it.
    SELECT c.person_id, c.reporting_year, c.level
    FROM (SELECT person_id FROM learner_attributes WHERE gender IN ('M', 'F')) AS a
    JOIN (SELECT person_id, reporting_year, 'secondary' AS level FROM concentrators
          UNION ALL
          SELECT DISTINCT person_id, reporting_year, 'postsecondary' FROM cte_concentrator_postsecondary WHERE served) AS c
      ON a.person_id = c.person_id
),
status_rule AS (
    -- The agency's status is carried by a rule of its own.
    SELECT reporting_year, FALSE AS is_reported, rule_id, rule_version FROM concentrator_rule
    UNION ALL
    SELECT reporting_year, TRUE, max(rule_id), max(rule_version) FROM reported_status GROUP BY reporting_year
),
nontraditional_rule AS (
    SELECT reporting_year, max(rule_id) AS rule_id, max(rule_version) AS rule_version FROM nontraditional_status GROUP BY reporting_year
),
compared AS (
    SELECT s.person_id, s.year, 'concentrators' AS measure, s.definition, s.is_met, TRUE AS is_covered, FALSE AS is_pending, r.rule_id, r.rule_version
    FROM status_rule AS r
    RIGHT JOIN compared_status AS s ON r.reporting_year = s.year AND r.is_reported = (s.definition = 'agency_reported')
    UNION ALL
    SELECT person_id, cohort_year, '1S1', 'official', in_numerator, TRUE, FALSE, rule_id, rule_version
    FROM graduation_four_year
    WHERE in_denominator AND basis = 'certified'
    UNION ALL
    -- Beside the four years of a cohort stand the five years of the same cohort, which are reported a year later.
    SELECT person_id, cohort_year, '1S1', 'five_years', in_numerator, TRUE, FALSE, rule_id, rule_version
    FROM graduation_extended
    WHERE in_denominator AND cohort_length = 5
    UNION ALL
    SELECT person_id, year, '3S1', definition, is_met, is_covered, is_pending, rule_id, rule_version FROM compared_placement
    UNION ALL
    SELECT person_id, reporting_year, CASE level WHEN 'secondary' THEN '4S1' ELSE '3P1' END, 'official', is_underrepresented, TRUE, FALSE,
           rule_id, rule_version
    FROM in_nontraditional
    UNION ALL
    SELECT c.person_id, c.reporting_year, CASE c.level WHEN 'secondary' THEN '4S1' ELSE '3P1' END, 'statute', n.person_id IS NOT NULL, TRUE, FALSE,
           r.rule_id, r.rule_version
    FROM nontraditional_rule AS r
    RIGHT JOIN (in_nontraditional AS n
    RIGHT JOIN of_either_gender AS c ON n.person_id = c.person_id AND n.reporting_year = c.reporting_year AND n.level = c.level)
                                     ON r.reporting_year = c.reporting_year
)
SELECT d.person_id, d.year, d.measure, d.definition, a.gender, a.race_ethnicity, d.is_met, d.is_covered, d.is_pending, d.rule_id, d.rule_version
FROM learner_attributes AS a
RIGHT JOIN compared AS d ON a.person_id = d.person_id
