/* ---
id: PV-S-EXIT
rule: secondary_exit
version: 2
title: Exits from secondary education
says: >
  The last exit of a learner from secondary education in a program year, if it is of a type that ends schooling (never a transfer or a
  death) and the learner was in no secondary school again until the second quarter after it had ended. An enrollment without an exit lasts until
  30 June of its school year, so that who is at another school since before has not left; of graduates it shows only that they entered, for
  their school has certified the end. Exits of July and August count as 30 June. An exit of one program year is reported in the next.
citation: Perkins V sec. 113(b)(2)(A)(iii)
grain: [person_id, reporting_year]
year: reporting_year
# summer_exits_as: june_30 | as_is; reenrolled_before: q2_ends | q2_begins.
parameters:
  exit_types: ["01921", "01922", "01927", "01928", "01931", "03509"]
  graduate_types: ["01921"]
  summer_exits_as: june_30
  reenrolled_before: q2_ends
  quarters_after: 2
  lag_years: 1
choices: { summer_exits_as: [june_30, as_is], reenrolled_before: [q2_ends, q2_begins] }
effective: { from: 2019-07-01 }
zone: linked
owner: State CTE data team
columns:
  - { name: person_id, type: text, label: Person, sensitivity: quasi }
  - { name: reporting_year, type: int32, label: Year in which the exit is reported, sensitivity: quasi }
  - { name: exit_year, type: int32, label: Program year of the exit, sensitivity: quasi }
  - { name: exit_date, type: date, label: Exit date, sensitivity: quasi }
  - { name: counted_exit_date, type: date, label: Exit date as counted, definition: 30 June for exits of July and August, sensitivity: quasi }
  - { name: exit_quarter, type: int32, label: Quarter of the exit, definition: year * 4 + quarter - 1, sensitivity: quasi }
  - { name: exit_type, type: text, label: Exit type, sensitivity: quasi, code_set: exit_type }
  - { name: district_id, type: text, label: District of the exit, sensitivity: quasi }
  - { name: school_id, type: text, label: School of the exit, sensitivity: quasi }
--- */
WITH counted AS (
    SELECT person_id, district_id, school_id, entry_date, exit_date, exit_type,
           CASE WHEN $summer_exits_as = 'june_30' AND date_part('month', exit_date) IN (7, 8)
                THEN make_date(date_part('year', exit_date), 6, 30) ELSE exit_date END AS counted_exit_date
    FROM k12_enrollment
    WHERE exit_date IS NOT NULL
),
dated AS (
    SELECT c.*,
           date_part('year', counted_exit_date) + CASE WHEN date_part('month', counted_exit_date) >= 7 THEN 1 ELSE 0 END AS exit_year,
           date_part('year', counted_exit_date) * 4 + date_part('quarter', counted_exit_date) - 1 AS exit_quarter
    FROM counted AS c
),
several AS (
    SELECT person_id, exit_year FROM dated GROUP BY person_id, exit_year HAVING count(*) > 1
),
last_exit AS (
    -- Most learners have one exit in a year; only where there are several does their order matter.
    SELECT d.*, 1 AS place
    FROM several AS s
    RIGHT ANTI JOIN dated AS d ON d.person_id = s.person_id AND d.exit_year = s.exit_year
    UNION ALL
    SELECT d.*, row_number() OVER (PARTITION BY d.person_id, d.exit_year
                                   ORDER BY d.exit_date DESC, d.entry_date DESC, d.exit_type, d.district_id, d.school_id)
    FROM several AS s
    JOIN dated AS d ON d.person_id = s.person_id AND d.exit_year = s.exit_year
),
free AS (
    SELECT l.*, exit_quarter + $quarters_after + CASE WHEN $reenrolled_before = 'q2_ends' THEN 1 ELSE 0 END AS free_quarter
    FROM last_exit AS l
    WHERE place = 1 AND exit_type IN ($exit_types)
),
leavers AS (
    SELECT f.*, make_date(free_quarter / 4, free_quarter % 4 * 3 + 1, 1) AS free_from FROM free AS f
)
SELECT x.person_id, x.exit_year + $lag_years AS reporting_year, x.exit_year, x.exit_date, x.counted_exit_date, x.exit_quarter, x.exit_type,
       x.district_id, x.school_id
FROM leavers AS x
WHERE NOT EXISTS (
    -- An enrollment that nobody closed lasts to the end of its school year. Of a graduate it shows only the entry, and an entry after the exit
    -- is a return of a graduate too.
    SELECT 1 FROM k12_enrollment AS e
    WHERE e.person_id = x.person_id AND e.entry_date < x.free_from
      AND COALESCE(e.exit_date, CASE WHEN x.exit_type IN ($graduate_types) THEN e.entry_date
                                     ELSE GREATEST(e.entry_date, make_date(e.school_year, 6, 30)) END) > x.exit_date
)
