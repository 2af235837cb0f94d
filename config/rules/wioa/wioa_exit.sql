/* ---
id: WI-EXIT
rule: wioa_exit
version: 1
title: Exiters of programs under WIOA
says: >
  Who left a program of the Workforce Innovation and Opportunity Act in a program year, with what the program reported of them. Who enters a
  program again within ninety days, or is still in another one, has not left. Of several exits in a program year the last one stands, with its
  own day of entry. Those whose reason for exit is no fault of the program (institutionalized, ill, deceased, called up from the reserve, moved as
  a foster child, in a correctional institution) are marked: they belong to no denominator. Barriers are those at entry. A value that
  was not disclosed is empty, and stands for no barrier in the mart.
citation: WIOA sec. 116(b)(2)(A) and 3(24); ETA-9170 (PIRL), elements 900, 901, 923; domain defaults
grain: [person_id, exit_year]
year: exit_year
parameters: { excluded_reasons: ["01", "02", "03", "04", "05", "07"], return_days: 90, employed_codes: ["1", "2", "3"] }
effective: { from: 2016-07-01 }
zone: linked
owner: State CTE data team
columns:
  - { name: person_id, type: text, label: Person, sensitivity: quasi }
  - { name: exit_year, type: int32, label: Program year of the exit, definition: The year in which it ends; WIOA itself calls it by the year in which it begins, sensitivity: quasi }
  - { name: entry_date, type: date, label: Day of entry, sensitivity: quasi }
  - { name: exit_date, type: date, label: Day of exit, sensitivity: quasi }
  - { name: exit_quarter, type: int32, label: Quarter of the exit, definition: year * 4 + quarter - 1, sensitivity: quasi }
  - { name: exit_reason, type: text, label: Other reason for the exit, sensitivity: quasi, code_set: pirl_exit_reason }
  - { name: excluded, type: boolean, label: Belongs to no denominator, sensitivity: quasi }
  - { name: sex, type: text, label: Sex, definition: Empty where it was not disclosed, sensitivity: quasi, code_set: sex }
  - { name: low_income, type: boolean, label: Low income, sensitivity: quasi }
  - { name: english_learner, type: boolean, label: English language learner, sensitivity: quasi }
  - { name: single_parent, type: boolean, label: Single parent, sensitivity: quasi }
  - { name: displaced_homemaker, type: boolean, label: Displaced homemaker, sensitivity: quasi }
  - { name: trained, type: boolean, label: Received training, sensitivity: quasi }
  - { name: training_cip, type: text, label: Field of the training (CIP), sensitivity: quasi }
  - { name: reported_q2, type: boolean, label: Employed in the second quarter after the exit as reported, definition: Empty where nothing is reported, sensitivity: quasi }
  - { name: reported_q4, type: boolean, label: Employed in the fourth quarter after the exit as reported, definition: Empty where nothing is reported, sensitivity: quasi }
--- */
WITH exits AS (
    SELECT x.*,
           date_part('year', exit_date) + CASE WHEN date_part('month', exit_date) >= 7 THEN 1 ELSE 0 END AS exit_year,
           date_part('year', exit_date) * 4 + date_part('quarter', exit_date) - 1 AS exit_quarter
    FROM adult_education AS x
    WHERE exit_date IS NOT NULL
      AND NOT EXISTS (
          -- A time in a program that lasts beyond this exit, begun before it or soon after.
          SELECT 1 FROM adult_education AS n
          WHERE n.person_id = x.person_id AND n.entry_date <= x.exit_date + $return_days AND (n.exit_date IS NULL OR n.exit_date > x.exit_date)
      )
),
placed AS (
    SELECT x.*, row_number() OVER (PARTITION BY person_id, exit_year ORDER BY exit_date DESC, entry_date DESC, record_ref) AS place
    FROM exits AS x
)
SELECT person_id, exit_year, entry_date, exit_date, exit_quarter, exit_reason, COALESCE(exit_reason IN ($excluded_reasons), FALSE) AS excluded,
       CASE sex WHEN '1' THEN 'M' WHEN '2' THEN 'F' END AS sex, low_income, english_learner, single_parent, displaced_homemaker,
       COALESCE(trained, FALSE) AS trained, training_cip, employed_q2 IN ($employed_codes) AS reported_q2, employed_q4 IN ($employed_codes) AS reported_q4
FROM placed
WHERE place = 1
