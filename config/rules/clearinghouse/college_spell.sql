/* ---
id: NSC-SPELL
rule: college_spell
version: 1
title: Spells of enrollment at colleges, from the Clearinghouse
says: >
  The enrollment rows of the Clearinghouse's detail return as spells: one row a person, college and unbroken time. Terms of one college belong
  together while no more than the given days lie between the end of what came before and the beginning of the next, so that a summer does not break
  a spell; rows that stand twice and terms that overlap change nothing. Branches of a college are one college unless the parameter keeps them
  apart. Withdrawal and death are no attendance, and leave neither begins nor extends a spell; an empty status is a college that does not publish
  it, and counts. A term that began on or before the last day in secondary school is dual enrollment, and stands in a spell of its own, apart from
  what came after. That last day is the latest exit of the school records, July and August counted as 30 June, 30 June where an enrollment is still
  open, or the graduation of the certified cohort where there are no school records. The fall immediately after is that of the calendar year in
  which the program year of the graduation ends. Degrees are no enrollment; they stand in `college_degree`. Who is in no row was not found, which is
  not the same as not enrolled. The last day may lie after the day on which the return was made.
citation: StudentTracker detail report of the National Student Clearinghouse; fall immediately after high school as in its High School Benchmarks (15 August to 31 October)
grain: [person_id, college_id, spell_begin]
# branches: together | apart. fall_from, fall_to: month and day. graduate_exits: the exit types that are a graduation.
parameters:
  max_gap_days: 120
  branches: together
  not_enrolled: [W, D, A]
  ended_by: [W, D]
  graduate_exits: ["01921"]
  fall_from: "08-15"
  fall_to: "10-31"
choices: { branches: [together, apart] }
effective: { from: 2019-07-01 }
zone: linked
owner: State CTE data team
columns:
  - { name: person_id, type: text, label: Person, sensitivity: quasi }
  - { name: college_id, type: text, label: College, definition: "OPEID of eight digits, 00 at the end where branches are together", sensitivity: quasi }
  - { name: spell_begin, type: date, label: First day, sensitivity: quasi }
  - { name: spell_end, type: date, label: Last day, definition: The latest last day of its terms, sensitivity: quasi }
  - { name: n_terms, type: int32, label: Terms, definition: Different first days, sensitivity: quasi }
  - { name: college_sequence, type: int32, label: Order of first attendance as returned, definition: "The Clearinghouse fills it on the first row of a college only; here it stands on every spell of the college. Empty where it was never filled", sensitivity: quasi }
  - { name: attended_order, type: int32, label: Order of first attendance, definition: "By the first day at each college, as worked out here; ties by the code of the college", sensitivity: quasi }
  - { name: college_name, type: text, label: Name of the college, definition: Of several spellings the last, sensitivity: quasi }
  - { name: college_state, type: text, label: State of the college, definition: Postal abbreviation, sensitivity: quasi }
  - { name: two_four_year, type: text, label: Level of the college, sensitivity: quasi, code_set: two_four_year }
  - { name: public_private, type: text, label: Control of the college, sensitivity: quasi, code_set: public_private }
  - { name: last_status, type: text, label: Status in the last term, definition: "Of several rows the one that ends last, then the fullest; empty where the college does not publish it", sensitivity: quasi, code_set: enrollment_status }
  - { name: first_cip, type: text, label: First field of study, definition: CIP code of the first term that has one, sensitivity: quasi }
  - { name: last_cip, type: text, label: Last field of study, definition: CIP code of the last term that has one, sensitivity: quasi }
  - { name: ended_withdrawn, type: boolean, label: Ended by withdrawal, definition: "A row of withdrawal or death at the college begins in the last term or no longer after the spell than the gap", sensitivity: quasi }
  - { name: dual_enrollment, type: boolean, label: Dual enrollment, definition: Began on or before the last day in secondary school; false where no such day is known, sensitivity: quasi }
  - { name: school_end, type: date, label: Last day in secondary school, definition: Empty where neither school records nor the certified cohort have one, sensitivity: quasi }
  - { name: graduation_year, type: int32, label: Year of graduation, definition: Calendar year in which the program year of the graduation ends; empty where no graduation is known, sensitivity: quasi }
  - { name: fall_immediately_after, type: boolean, label: Attended in the fall immediately after graduation, definition: A term of the spell overlaps 15 August to 31 October of the year of graduation; never a spell of dual enrollment; empty where no graduation is known, sensitivity: quasi }
--- */
WITH school_days AS (
    -- Exits of July and August count as 30 June, and an open enrollment reaches to the 30 June of its school year.
    SELECT person_id, exit_type,
           CASE WHEN exit_date IS NULL THEN make_date(school_year, 6, 30)
                WHEN date_part('month', exit_date) IN (7, 8) THEN make_date(date_part('year', exit_date), 6, 30)
                ELSE exit_date END AS last_day,
           CAST(NULL AS DATE) AS certified_day, CAST(NULL AS INT) AS cohort_year
    FROM k12_enrollment
    UNION ALL
    SELECT person_id, CAST(NULL AS VARCHAR) AS exit_type, CAST(NULL AS DATE) AS last_day,
           CASE WHEN exit_date IS NULL THEN make_date(cohort_year, 6, 30)
                WHEN date_part('month', exit_date) IN (7, 8) THEN make_date(date_part('year', exit_date), 6, 30)
                ELSE exit_date END AS certified_day,
           cohort_year
    FROM graduation_cohort
    WHERE graduated
),
latest AS (
    SELECT person_id, max(last_day) AS last_day, max(CASE WHEN exit_type IN ($graduate_exits) THEN last_day END) AS graduated_on,
           max(certified_day) AS certified_day, max(cohort_year) AS cohort_year
    FROM school_days
    GROUP BY person_id
),
left_school AS (
    -- The certified cohort speaks where the school records say nothing.
    SELECT person_id, COALESCE(last_day, certified_day) AS school_end,
           COALESCE(CAST(date_part('year', graduated_on) AS INT) + CASE WHEN date_part('month', graduated_on) >= 7 THEN 1 ELSE 0 END, cohort_year)
               AS graduation_year
    FROM latest
),
enrolled AS (
    SELECT person_id, concat(substr(college_code, 1, 6), CASE WHEN $branches = 'apart' THEN substr(college_code, 8, 2) ELSE '00' END) AS college_id,
           college_name, college_state, two_four_year, public_private, enrollment_begin AS first_day,
           COALESCE(enrollment_end, enrollment_begin) AS last_day, enrollment_status AS status,
           substr(enrollment_cip_1, 1, 2) || '.' || substr(enrollment_cip_1, 3, 4) AS cip
    FROM nsc_detail
    WHERE record_found AND graduated IS NOT TRUE AND enrollment_begin IS NOT NULL AND college_code IS NOT NULL
),
dated AS (
    SELECT e.*, l.school_end, l.graduation_year, COALESCE(e.first_day <= l.school_end, FALSE) AS dual
    -- The narrow table of each join stands on the left, where the engine holds it in memory.
    FROM left_school AS l
    RIGHT JOIN enrolled AS e ON l.person_id = e.person_id
),
terms AS (
    -- One row a first day, so that rows which stand twice are one; a day on which somebody only withdrew is there too, and is no term. The status is
    -- the end of the greatest "last day, how full, status".
    SELECT person_id, college_id, dual, first_day, bool_or(attends) AS attends, bool_or(departs) AS departs,
           max(CASE WHEN attends THEN last_day END) AS last_day,
           substr(max(CASE WHEN attends THEN concat(CAST(last_day AS VARCHAR), CASE status WHEN 'F' THEN '4' WHEN 'Q' THEN '3' WHEN 'H' THEN '2'
                                                                                           WHEN 'L' THEN '1' ELSE '0' END, COALESCE(status, '')) END), 12) AS status,
           min(CASE WHEN attends THEN cip END) AS first_cip, max(CASE WHEN attends THEN cip END) AS last_cip,
           max(CASE WHEN attends THEN college_name END) AS college_name, max(CASE WHEN attends THEN college_state END) AS college_state,
           max(CASE WHEN attends THEN two_four_year END) AS two_four_year, max(CASE WHEN attends THEN public_private END) AS public_private,
           max(school_end) AS school_end, max(graduation_year) AS graduation_year
    FROM (SELECT d.*, status IS NULL OR status NOT IN ($not_enrolled) AS attends, COALESCE(status IN ($ended_by), FALSE) AS departs FROM dated AS d) AS r
    WHERE attends OR departs
    GROUP BY person_id, college_id, dual, first_day
),
reached AS (
    -- The last day of everything that began before.
    SELECT t.*, max(last_day) OVER (PARTITION BY person_id, college_id, dual ORDER BY first_day ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
    FROM terms AS t
),
numbered AS (
    SELECT r.*, sum(CASE WHEN attends AND COALESCE(first_day > before + $max_gap_days, TRUE) THEN 1 ELSE 0 END)
                    OVER (PARTITION BY person_id, college_id, dual ORDER BY first_day ROWS UNBOUNDED PRECEDING) AS spell
    FROM reached AS r
),
spells AS (
    -- What belongs to the first or the last term is in the least or the greatest "day and value". Who withdrew in the last term or soon after it has
    -- no later term.
    SELECT person_id, college_id, dual, min(CASE WHEN attends THEN first_day END) AS spell_begin, max(last_day) AS spell_end,
           sum(CASE WHEN attends THEN 1 ELSE 0 END) AS n_terms,
           max(college_name) AS college_name, max(college_state) AS college_state, max(two_four_year) AS two_four_year,
           max(public_private) AS public_private, substr(max(CASE WHEN attends THEN concat(CAST(first_day AS VARCHAR), status) END), 11) AS last_status,
           substr(min(CASE WHEN first_cip IS NOT NULL THEN concat(CAST(first_day AS VARCHAR), first_cip) END), 11) AS first_cip,
           substr(max(CASE WHEN last_cip IS NOT NULL THEN concat(CAST(first_day AS VARCHAR), last_cip) END), 11) AS last_cip,
           COALESCE(max(CASE WHEN departs AND first_day <= GREATEST(before, last_day) + $max_gap_days THEN first_day END)
                      >= max(CASE WHEN attends THEN first_day END), FALSE) AS ended_withdrawn,
           max(school_end) AS school_end, max(graduation_year) AS graduation_year,
           COALESCE(bool_or(attends AND first_day <= CAST(CAST(graduation_year AS VARCHAR) || '-' || $fall_to AS DATE)
                            AND last_day >= CAST(CAST(graduation_year AS VARCHAR) || '-' || $fall_from AS DATE)), FALSE) AS in_fall
    FROM numbered
    WHERE spell > 0
    GROUP BY person_id, college_id, dual, spell
),
begun AS (
    SELECT s.*, min(spell_begin) OVER (PARTITION BY person_id, college_id) AS college_begin FROM spells AS s
),
ordered AS (
    SELECT b.*, dense_rank() OVER (PARTITION BY person_id ORDER BY college_begin, college_id) AS attended_order FROM begun AS b
),
sequences AS (
    SELECT person_id, concat(substr(college_code, 1, 6), CASE WHEN $branches = 'apart' THEN substr(college_code, 8, 2) ELSE '00' END) AS college_id,
           min(college_sequence) AS college_sequence
    FROM nsc_detail
    WHERE college_sequence IS NOT NULL
    GROUP BY person_id, concat(substr(college_code, 1, 6), CASE WHEN $branches = 'apart' THEN substr(college_code, 8, 2) ELSE '00' END)
)
SELECT s.person_id, s.college_id, s.spell_begin, s.spell_end, s.n_terms, q.college_sequence, s.attended_order, s.college_name, s.college_state,
       s.two_four_year, s.public_private, NULLIF(s.last_status, '') AS last_status, s.first_cip, s.last_cip, s.ended_withdrawn,
       s.dual AS dual_enrollment, s.school_end, s.graduation_year,
       CASE WHEN s.graduation_year IS NOT NULL THEN s.in_fall AND NOT s.dual END AS fall_immediately_after
FROM sequences AS q
RIGHT JOIN ordered AS s ON q.person_id = s.person_id AND q.college_id = s.college_id
