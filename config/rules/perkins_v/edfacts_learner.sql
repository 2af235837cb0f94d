/* ---
id: EDF-LRN
rule: edfacts_learner
version: 1
title: Learners in the EDFacts files that no indicator counts
says: >
  Who stands in which of the EDFacts files that are not counted from an indicator, and under which outcome. FS082, concentrators whose last
  exit of the year is of a type that the file counts; a transfer is none, a death is one. FS083, those of them who graduated, by diploma: with a
  recognized credential by the day of graduation, a regular one, an equivalency, any other. FS155, participants of programs that lead to a
  non-traditional field, and whether they are of the under-represented gender in any of them. FS158, concentrators who graduated the year before:
  placed, not placed, or not to be found. FS169, the types of that placement; service and the Peace Corps stand with the military, where the law
  puts them, for the file has no code of their own. FS160, all who graduated, concentrators or not: enrolled at a college within sixteen
  months, not enrolled, or no information because nobody looked for them. An outcome whose quarter or months a source does not reach is pending.
citation: EDFacts file specifications FS082, FS083, FS155, FS158, FS160 and FS169; Perkins V sec. 113(b)(3)(C)(ii)
grain: [person_id, reporting_year, file_spec, outcome]
year: reporting_year
# exiting_types: exits of FS082; graduate_types: those of FS083, FS158, FS160 and FS169. unlinked_as: NOTPLACED | MISSING, where FS158 counts
# graduates who could not be found. service_as: military | none, the type of FS169 for service and the Peace Corps. A diploma that is
# neither regular nor an equivalency is another one; without any the exit type says which. enroll_months: how long after graduation FS160 looks,
# reported college_lag_years after the year of graduation, in which these months end. postsecondary_through: as for placement.
parameters:
  exiting_types: ["01921", "01922", "01923", "01924", "01925", "01926", "01927", "01928", "01930", "01931", "03502", "03504", "03505", "03509", "09999", "73060", "73601"]
  graduate_types: ["01921"]
  summer_exits_as: june_30
  regular_diplomas: ["00806", "00807", "00809"]
  equivalencies: ["00815", "00816"]
  unlinked_as: NOTPLACED
  service_as: military
  enroll_months: 16
  college_lag_years: 2
  not_enrolled: [W, D, A]
  postsecondary_through: ""
choices: { unlinked_as: [NOTPLACED, MISSING], service_as: [military, none] }
effective: { from: 2019-07-01 }
zone: linked
owner: State CTE data team
columns:
  - { name: person_id, type: text, label: Person, sensitivity: quasi }
  - { name: reporting_year, type: int32, label: Reporting year, definition: "Of the exit (FS082, FS083), of the participation (FS155), the one after the graduation (FS158, FS169) or two after it (FS160)", sensitivity: quasi }
  - { name: file_spec, type: text, label: EDFacts file, sensitivity: none }
  - { name: outcome, type: text, label: Outcome, definition: As the table `edfacts_outcome` has it, sensitivity: quasi }
  - { name: is_counted, type: boolean, label: Stands under the outcome, sensitivity: quasi }
  - { name: is_pending, type: boolean, label: A source does not reach far enough to say, sensitivity: none }
--- */
WITH concentrators AS (
    SELECT DISTINCT person_id, reporting_year FROM cte_concentrator_secondary
),
counted AS (
    SELECT person_id, entry_date, exit_date, exit_type, district_id, school_id,
           CASE WHEN $summer_exits_as = 'june_30' AND date_part('month', exit_date) IN (7, 8)
                THEN make_date(date_part('year', exit_date), 6, 30) ELSE exit_date END AS counted_exit_date
    FROM k12_enrollment
    WHERE exit_date IS NOT NULL
),
exits AS (
    SELECT c.*, date_part('year', counted_exit_date) + CASE WHEN date_part('month', counted_exit_date) >= 7 THEN 1 ELSE 0 END AS exit_year
    FROM counted AS c
),
last_exit AS (
    SELECT c.person_id, c.reporting_year, x.exit_date, x.exit_type,
           row_number() OVER (PARTITION BY c.person_id, c.reporting_year
                              ORDER BY x.exit_date DESC, x.entry_date DESC, x.exit_type, x.district_id, x.school_id) AS place
    FROM concentrators AS c
    JOIN exits AS x ON x.person_id = c.person_id AND x.exit_year = c.reporting_year
),
exiting AS (
    -- Who is at school later in the same program year has not left in it; who comes back in the next has. As for every exit, an enrollment that
    -- nobody closed lasts to the end of its school year, and of a graduate shows only the entry.
    SELECT l.person_id, l.reporting_year, l.exit_type
    FROM last_exit AS l
    WHERE l.place = 1 AND l.exit_type IN ($exiting_types)
      AND NOT EXISTS (SELECT 1 FROM k12_enrollment AS e
                      WHERE e.person_id = l.person_id AND e.entry_date < make_date(l.reporting_year, 7, 1)
                        AND COALESCE(e.exit_date, CASE WHEN l.exit_type IN ($graduate_types) THEN e.entry_date
                                                       ELSE GREATEST(e.entry_date, make_date(e.school_year, 6, 30)) END) > l.exit_date)
),
diploma AS (
    -- The end of the greatest "cohort and diploma" is the diploma that was certified last.
    SELECT person_id, substr(max(concat(cohort_year, diploma_type)), 5) AS diploma_type
    FROM graduation_cohort
    WHERE diploma_type IS NOT NULL
    GROUP BY person_id
),
completed AS (
    -- Those who exited, with what the graduates completed. The files 082 and 083 both stand on them, so that they are found once.
    SELECT x.person_id, x.reporting_year, x.exit_type, d.diploma_type, COALESCE(q.is_met, FALSE) AS with_credential
    FROM (SELECT person_id, reporting_year, is_met FROM program_quality WHERE indicator = '5S1') AS q
    RIGHT JOIN (diploma AS d
    RIGHT JOIN exiting AS x ON d.person_id = x.person_id)
                            ON q.person_id = x.person_id AND q.reporting_year = x.reporting_year
),
nontraditional AS (
    SELECT person_id, reporting_year, bool_or(is_underrepresented) AS is_member
    FROM nontraditional_status
    WHERE level = 'secondary' AND served
    GROUP BY person_id, reporting_year
),
graduates AS (
    SELECT person_id, reporting_year, exit_year, counted_exit_date FROM secondary_exit WHERE exit_type IN ($graduate_types)
),
placed AS (
    SELECT p.person_id, p.reporting_year, p.placement_type, p.state, NOT p.measurable AS is_pending
    FROM graduates AS g
    JOIN placement_3s1 AS p ON p.person_id = g.person_id AND p.reporting_year = g.reporting_year
    WHERE p.concentrator
),
placement AS (
    SELECT person_id, reporting_year, is_pending,
           CASE WHEN state = 'observed' THEN 'met'
                WHEN state = 'not_observable' AND $unlinked_as = 'MISSING' THEN 'unlinked'
                ELSE 'not_met' END AS outcome
    FROM placed
    WHERE placement_type = 'any'
),
types AS (
    SELECT person_id, reporting_year, CASE placement_type WHEN 'service' THEN $service_as ELSE placement_type END AS outcome,
           bool_or(state = 'observed') AS is_counted, bool_or(is_pending) AS is_pending
    FROM placed
    WHERE placement_type <> 'any'
    GROUP BY person_id, reporting_year, CASE placement_type WHEN 'service' THEN $service_as ELSE placement_type END
),
college_reach AS (
    SELECT min(term_begin) AS first_day, COALESCE(CAST(NULLIF($postsecondary_through, '') AS DATE), (SELECT max(data_through) FROM source_reach WHERE source = 'ps_enrollment'), max(term_end)) AS last_day
    FROM ps_enrollment
),
looked_for AS (
    -- `months` counts from the year 0; the day after is the first of the month behind those that FS160 looks at.
    SELECT g.person_id, g.exit_year + $college_lag_years AS reporting_year, g.counted_exit_date,
           make_date((date_part('year', counted_exit_date) * 12 + date_part('month', counted_exit_date) + $enroll_months) / 12,
                     (date_part('year', counted_exit_date) * 12 + date_part('month', counted_exit_date) + $enroll_months) % 12 + 1, 1) AS day_after
    FROM graduates AS g
),
seen AS (
    SELECT l.person_id, l.reporting_year
    FROM looked_for AS l
    JOIN ps_enrollment AS p ON p.person_id = l.person_id AND p.term_begin > l.counted_exit_date AND p.term_begin < l.day_after
    WHERE p.dual_enrolled IS NOT TRUE AND (p.enrollment_status IS NULL OR p.enrollment_status NOT IN ($not_enrolled))
    UNION
    SELECT l.person_id, l.reporting_year
    FROM looked_for AS l
    JOIN nsc_detail AS n ON n.person_id = l.person_id AND n.enrollment_begin > l.counted_exit_date AND n.enrollment_begin < l.day_after
    WHERE n.record_found AND n.graduated IS NOT TRUE
      AND (n.enrollment_status IS NULL OR n.enrollment_status NOT IN ($not_enrolled))
),
searched AS (
    SELECT person_id FROM nsc_detail UNION SELECT person_id FROM ps_enrollment
),
at_college AS (
    SELECT l.person_id, l.reporting_year,
           CASE WHEN s.person_id IS NOT NULL THEN 'met' WHEN k.person_id IS NOT NULL THEN 'not_met' ELSE 'unlinked' END AS outcome,
           -- The day after may be the last that is delivered, but the day before it must be.
           COALESCE(l.day_after > r.last_day + 1 OR l.day_after <= r.first_day, TRUE) AS is_pending
    -- Beside a CROSS JOIN the many rows stand on the right: on the left each of them would come back in a batch by itself.
    FROM college_reach AS r
    CROSS JOIN (searched AS k
    RIGHT JOIN (seen AS s
    RIGHT JOIN looked_for AS l ON s.person_id = l.person_id AND s.reporting_year = l.reporting_year)
                               ON k.person_id = l.person_id)
),
-- Of a learner whose outcome is pending every outcome of the file is.
outcomes AS (
    SELECT 'FS158' AS file_spec, 'met' AS outcome
    UNION ALL SELECT 'FS158', 'not_met'
    UNION ALL SELECT 'FS158', 'unlinked'
    UNION ALL SELECT 'FS160', 'met'
    UNION ALL SELECT 'FS160', 'not_met'
    UNION ALL SELECT 'FS160', 'unlinked'
),
told AS (
    SELECT a.person_id, a.reporting_year, o.file_spec, o.outcome, a.outcome = o.outcome AS is_counted, a.is_pending
    FROM outcomes AS o
    JOIN (SELECT 'FS158' AS file_spec, person_id, reporting_year, outcome, is_pending FROM placement
          UNION ALL
          SELECT 'FS160', person_id, reporting_year, outcome, is_pending FROM at_college) AS a ON a.file_spec = o.file_spec
)
SELECT c.person_id, c.reporting_year, f.file_spec,
       CASE WHEN f.file_spec = 'FS082' THEN 'exited'
            WHEN diploma_type IN ($equivalencies) OR (diploma_type IS NULL AND exit_type = '03509') THEN 'equivalency'
            WHEN diploma_type NOT IN ($regular_diplomas) OR (diploma_type IS NULL AND exit_type <> '01921') THEN 'other'
            WHEN with_credential THEN 'with_credential' ELSE 'regular' END AS outcome, TRUE AS is_counted, FALSE AS is_pending
FROM (SELECT 'FS082' AS file_spec UNION ALL SELECT 'FS083') AS f
JOIN completed AS c ON f.file_spec = 'FS082' OR c.exit_type IN ($graduate_types)
UNION ALL
SELECT person_id, reporting_year, 'FS155', CASE WHEN is_member THEN 'met' ELSE 'not_met' END, TRUE, FALSE FROM nontraditional
UNION ALL
SELECT person_id, reporting_year, file_spec, outcome, is_counted, is_pending FROM told WHERE is_counted OR is_pending
UNION ALL
SELECT person_id, reporting_year, 'FS169', outcome, is_counted, is_pending FROM types WHERE (is_counted OR is_pending) AND outcome <> 'none'
