/* ---
id: RES-COLLEGE
rule: state_college_spell
version: 1
title: Spells of enrollment at the state's colleges
says: >
  The enrollment rows of the state's colleges as spells, in CTE or not: one row a person, college and unbroken time, as `college_spell` has them from the
  Clearinghouse. No more than the given days lie between the end of what came before and the beginning of the next term, so that a summer does not break a
  spell; several programs in one term are one term. Withdrawal and death are no attendance, and leave neither begins nor extends a spell. Terms that are
  dual enrollment for the college make spells of their own; a term is dual enrollment where all its rows that count say so.
citation: Domain defaults for enrollment records; withdrawal and leave as for 3S1
grain: [person_id, college_id, spell_begin]
parameters: { max_gap_days: 120, not_enrolled: [W, D, A], ended_by: [W, D] }
effective: { from: 2019-07-01 }
zone: linked
owner: State CTE data team
columns:
  - { name: person_id, type: text, label: Person, sensitivity: quasi }
  - { name: college_id, type: text, label: College, definition: OPEID of eight digits, sensitivity: quasi }
  - { name: spell_begin, type: date, label: First day, sensitivity: quasi }
  - { name: spell_end, type: date, label: Last day, definition: The latest last day of its terms, sensitivity: quasi }
  - { name: n_terms, type: int32, label: Terms, definition: Different first days, sensitivity: quasi }
  - { name: dual_enrollment, type: boolean, label: Dual enrollment, definition: As the college says, sensitivity: quasi }
  - { name: last_status, type: text, label: Status in the last term, definition: "Of several rows the one that ends last, then the fullest", sensitivity: quasi, code_set: enrollment_status }
  - { name: first_cip, type: text, label: First field of study, definition: CIP code of the first term that has one, sensitivity: quasi }
  - { name: last_cip, type: text, label: Last field of study, definition: CIP code of the last term that has one, sensitivity: quasi }
  - { name: ended_withdrawn, type: boolean, label: Ended by withdrawal, definition: "A row of withdrawal or death at the college begins in the last term or no longer after the spell than the gap", sensitivity: quasi }
--- */
WITH rows_said AS (
    SELECT person_id, college_id, term_begin AS first_day, term_end AS last_day, enrollment_status AS status, cip_code AS cip, dual_enrolled,
           enrollment_status IS NULL OR enrollment_status NOT IN ($not_enrolled) AS attends,
           COALESCE(enrollment_status IN ($ended_by), FALSE) AS departs
    FROM ps_enrollment
),
terms AS (
    -- One row a first day; a day on which somebody only withdrew is there too, and is no term. The status is the end of the greatest "last day,
    -- how full, status".
    SELECT person_id, college_id, first_day, bool_or(attends) AS attends, bool_or(departs) AS departs,
           COALESCE(bool_and(CASE WHEN attends THEN dual_enrolled END), bool_and(dual_enrolled)) AS dual,
           max(CASE WHEN attends THEN last_day END) AS last_day,
           substr(max(CASE WHEN attends THEN concat(CAST(last_day AS VARCHAR), CASE status WHEN 'F' THEN '4' WHEN 'Q' THEN '3' WHEN 'H' THEN '2'
                                                                                           WHEN 'L' THEN '1' ELSE '0' END, COALESCE(status, '')) END), 12) AS status,
           min(CASE WHEN attends THEN cip END) AS first_cip, max(CASE WHEN attends THEN cip END) AS last_cip
    FROM rows_said
    WHERE attends OR departs
    GROUP BY person_id, college_id, first_day
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
)
-- What belongs to the first or the last term is in the least or the greatest "day and value". Who withdrew in the last term or soon after it has no
-- later term.
SELECT person_id, college_id, min(CASE WHEN attends THEN first_day END) AS spell_begin, max(last_day) AS spell_end,
       sum(CASE WHEN attends THEN 1 ELSE 0 END) AS n_terms, dual AS dual_enrollment,
       NULLIF(substr(max(CASE WHEN attends THEN concat(CAST(first_day AS VARCHAR), status) END), 11), '') AS last_status,
       substr(min(CASE WHEN first_cip IS NOT NULL THEN concat(CAST(first_day AS VARCHAR), first_cip) END), 11) AS first_cip,
       substr(max(CASE WHEN last_cip IS NOT NULL THEN concat(CAST(first_day AS VARCHAR), last_cip) END), 11) AS last_cip,
       COALESCE(max(CASE WHEN departs AND first_day <= GREATEST(before, last_day) + $max_gap_days THEN first_day END)
                  >= max(CASE WHEN attends THEN first_day END), FALSE) AS ended_withdrawn
FROM numbered
WHERE spell > 0
GROUP BY person_id, college_id, dual, spell
