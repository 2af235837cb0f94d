/* ---
id: RES-SPELL
rule: enrollment_spell
version: 1
title: Spells of enrollment, at school and at college
says: >
  Every learner's spells of enrollment, in CTE or not, from three sources: the state's schools, its colleges as in `state_college_spell`, and the
  Clearinghouse as in `college_spell`. A spell is the unbroken time at one school or college: no more than the given days lie between the end of one
  record and the beginning of the next, so that a summer does not break it. A school record without an exit reaches to the 30 June of its school year,
  and a spell whose last record has none is open and has no last day. One college in two sources makes a spell in each; where they overlap in time both
  are marked, so that nobody counts them twice. Who has no spell was not seen, which is not the same as not enrolled.
citation: Domain defaults for enrollment records
grain: [person_id, source, org_id, spell_begin]
# Of schools; those of colleges are parameters of their own rules.
parameters: { max_gap_days: 120 }
effective: { from: 2019-07-01 }
zone: linked
owner: State CTE data team
columns:
  - { name: person_id, type: text, label: Person, sensitivity: quasi }
  - { name: source, type: text, label: Who says so, definition: "school, state_college or clearinghouse", sensitivity: none }
  - { name: org_id, type: text, label: School or college, definition: "School: 6 digits; college: OPEID of 8 digits", sensitivity: quasi }
  - { name: spell_begin, type: date, label: First day, sensitivity: quasi }
  - { name: spell_end, type: date, label: Last day, definition: "Empty where the last record of a school has no exit", sensitivity: quasi }
  - { name: n_records, type: int32, label: Records, definition: "Different first days: entries at a school, terms at a college", sensitivity: quasi }
  - { name: dual_enrollment, type: boolean, label: Dual enrollment, definition: "State college: as the college says; Clearinghouse: began on or before the last day in secondary school; school: empty", sensitivity: quasi }
  - { name: district_id, type: text, label: District of the school, definition: Empty for colleges, sensitivity: quasi }
  - { name: first_grade, type: text, label: First grade, definition: Empty for colleges, sensitivity: quasi, code_set: grade_level }
  - { name: last_grade, type: text, label: Last grade, definition: Empty for colleges, sensitivity: quasi, code_set: grade_level }
  - { name: exit_type, type: text, label: Type of the exit, definition: "Of the last record; empty for colleges and where there is none", sensitivity: quasi, code_set: exit_type }
  - { name: college_state, type: text, label: State of the college, definition: "Postal abbreviation, from the Clearinghouse alone", sensitivity: quasi }
  - { name: two_four_year, type: text, label: Level of the college, sensitivity: quasi, code_set: two_four_year }
  - { name: public_private, type: text, label: Control of the college, definition: From the Clearinghouse alone, sensitivity: quasi, code_set: public_private }
  - { name: last_status, type: text, label: Status in the last term, definition: Empty for schools and where it is not published, sensitivity: quasi, code_set: enrollment_status }
  - { name: first_cip, type: text, label: First field of study, definition: CIP code; empty for schools, sensitivity: quasi }
  - { name: last_cip, type: text, label: Last field of study, definition: CIP code; empty for schools, sensitivity: quasi }
  - { name: ended_withdrawn, type: boolean, label: Ended by withdrawal, definition: "College: a row of withdrawal or death begins in the last term or no longer after the spell than the gap; empty for schools", sensitivity: quasi }
  - { name: fall_immediately_after, type: boolean, label: Attended in the fall immediately after graduation, definition: From the Clearinghouse alone, sensitivity: quasi }
  - { name: in_both, type: boolean, label: Stands in the other source of colleges too, definition: The same college by the first six digits and a day in common; false for schools, sensitivity: none }
--- */
WITH records AS (
    SELECT person_id, school_id, district_id, school_year, grade, exit_type, entry_date AS first_day, exit_date IS NULL AS is_open,
           COALESCE(exit_date, greatest(make_date(school_year, 6, 30), entry_date)) AS last_day,
           entry_date > make_date(school_year - 1, 6, 30) + $max_gap_days AS is_late,
           entry_date NOT BETWEEN make_date(school_year - 1, 7, 1) AND make_date(school_year, 6, 30) AS is_odd
    FROM k12_enrollment
),
split AS (
    -- Most learners stay at a school year after year and leave it once, if at all: one spell. Only where it is otherwise is there anything to put in
    -- order: a year is missing or stands twice, an exit is not the last or not the only one, a later year began too late, or an entry lies outside
    -- its school year.
    SELECT person_id, school_id
    FROM records
    GROUP BY person_id, school_id
    HAVING bit_or(CAST(1 AS BIGINT) << CAST(school_year - 2010 AS BIGINT))
             <> ((CAST(1 AS BIGINT) << count(*)) - 1) << CAST(min(school_year) - 2010 AS BIGINT)
        OR max(CASE WHEN NOT is_open THEN first_day END) < max(first_day)
        OR sum(CASE WHEN is_open THEN 0 ELSE 1 END) > 1
        OR max(CASE WHEN is_late THEN first_day END) > min(first_day)
        OR bool_or(is_odd)
),
reached AS (
    -- Until when, and since when last, what stands before has reached. A record that begins on the day of the one before begins no spell, whichever
    -- of them comes first.
    SELECT r.*,
           max(r.last_day) OVER (PARTITION BY r.person_id, r.school_id ORDER BY r.first_day, r.grade
                                 ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before,
           max(r.first_day) OVER (PARTITION BY r.person_id, r.school_id ORDER BY r.first_day, r.grade
                                  ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS earlier
    FROM split AS s
    JOIN records AS r ON s.person_id = r.person_id AND s.school_id = r.school_id
),
numbered AS (
    SELECT r.person_id, r.school_id, r.district_id, r.grade, r.exit_type, r.first_day, r.last_day, r.is_open, 1 AS spell, 1 AS new_days
    FROM split AS s
    RIGHT ANTI JOIN records AS r ON s.person_id = r.person_id AND s.school_id = r.school_id
    UNION ALL
    SELECT person_id, school_id, district_id, grade, exit_type, first_day, last_day, is_open,
           sum(CASE WHEN COALESCE(first_day > before + $max_gap_days, TRUE) THEN 1 ELSE 0 END)
               OVER (PARTITION BY person_id, school_id ORDER BY first_day, grade ROWS UNBOUNDED PRECEDING) AS spell,
           CASE WHEN earlier = first_day THEN 0 ELSE 1 END AS new_days
    FROM reached
),
at_school AS (
    -- The grades are in the least and the greatest "day and grade", how it ended in the greatest "last day, open or not, exit type".
    SELECT person_id, school_id, min(first_day) AS spell_begin, max(last_day) AS spell_end, sum(new_days) AS n_records,
           max(district_id) AS district_id, substr(min(concat(CAST(first_day AS VARCHAR), grade)), 11) AS first_grade,
           substr(max(concat(CAST(first_day AS VARCHAR), grade)), 11) AS last_grade,
           substr(max(concat(CAST(last_day AS VARCHAR), CASE WHEN is_open THEN '1' ELSE '0' END, exit_type)), 11) AS ending
    FROM numbered
    GROUP BY person_id, school_id, spell
),
both_sources AS (
    SELECT s.person_id, s.college_id AS state_id, s.spell_begin AS state_begin, n.college_id AS nsc_id, n.spell_begin AS nsc_begin
    FROM state_college_spell AS s
    JOIN college_spell AS n ON s.person_id = n.person_id AND substr(s.college_id, 1, 6) = substr(n.college_id, 1, 6)
                               AND s.spell_begin <= n.spell_end AND s.spell_end >= n.spell_begin
),
in_state_too AS (
    SELECT person_id, nsc_id, nsc_begin FROM both_sources GROUP BY person_id, nsc_id, nsc_begin
),
in_nsc_too AS (
    SELECT person_id, state_id, state_begin FROM both_sources GROUP BY person_id, state_id, state_begin
),
levels AS (
    SELECT org_id, CASE level WHEN '2YR' THEN '2' WHEN '4YR' THEN '4' END AS two_four_year FROM organizations WHERE org_type = 'college'
)
SELECT person_id, 'school' AS source, school_id AS org_id, spell_begin, CASE WHEN substr(ending, 1, 1) = '0' THEN spell_end END AS spell_end,
       n_records, CAST(NULL AS BOOLEAN) AS dual_enrollment, district_id, NULLIF(first_grade, '') AS first_grade, NULLIF(last_grade, '') AS last_grade,
       NULLIF(substr(ending, 2), '') AS exit_type, CAST(NULL AS VARCHAR) AS college_state, CAST(NULL AS VARCHAR) AS two_four_year,
       CAST(NULL AS VARCHAR) AS public_private, CAST(NULL AS VARCHAR) AS last_status, CAST(NULL AS VARCHAR) AS first_cip,
       CAST(NULL AS VARCHAR) AS last_cip, CAST(NULL AS BOOLEAN) AS ended_withdrawn, CAST(NULL AS BOOLEAN) AS fall_immediately_after, FALSE AS in_both
FROM at_school
UNION ALL
SELECT c.person_id, 'state_college' AS source, c.college_id AS org_id, c.spell_begin, c.spell_end, c.n_terms AS n_records, c.dual_enrollment,
       CAST(NULL AS VARCHAR) AS district_id, CAST(NULL AS VARCHAR) AS first_grade, CAST(NULL AS VARCHAR) AS last_grade,
       CAST(NULL AS VARCHAR) AS exit_type, CAST(NULL AS VARCHAR) AS college_state, l.two_four_year, CAST(NULL AS VARCHAR) AS public_private,
       c.last_status, c.first_cip, c.last_cip, c.ended_withdrawn, CAST(NULL AS BOOLEAN) AS fall_immediately_after, b.person_id IS NOT NULL AS in_both
-- The narrow table of each join stands on the left, where the engine holds it in memory.
FROM levels AS l
RIGHT JOIN (in_nsc_too AS b
RIGHT JOIN state_college_spell AS c ON b.person_id = c.person_id AND b.state_id = c.college_id AND b.state_begin = c.spell_begin)
        ON l.org_id = c.college_id
UNION ALL
SELECT n.person_id, 'clearinghouse' AS source, n.college_id AS org_id, n.spell_begin, n.spell_end, n.n_terms AS n_records, n.dual_enrollment,
       CAST(NULL AS VARCHAR) AS district_id, CAST(NULL AS VARCHAR) AS first_grade, CAST(NULL AS VARCHAR) AS last_grade,
       CAST(NULL AS VARCHAR) AS exit_type, n.college_state, n.two_four_year, n.public_private, n.last_status, n.first_cip, n.last_cip,
       n.ended_withdrawn, n.fall_immediately_after, b.person_id IS NOT NULL AS in_both
FROM in_state_too AS b
RIGHT JOIN college_spell AS n ON b.person_id = n.person_id AND b.nsc_id = n.college_id AND b.nsc_begin = n.spell_begin
