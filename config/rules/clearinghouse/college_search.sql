/* ---
id: NSC-SEARCH
rule: college_search
version: 1
title: Who was searched for at the Clearinghouse, and what came back
says: >
  One row a person for whom the Clearinghouse was searched: found, where any row of theirs is a record, else not found. Not found is never `not
  enrolled`: the college may not take part, the learner or the college may have blocked the record, or the name and the birth date sent may not be
  those that the college has. The return does not tell a blocked record from one that is not there, so there is no outcome `blocked`. Who stands in
  no row was not searched for at all. Colleges in the return are those of any row, a degree, a withdrawal or leave too; attended is a college with a
  spell in `college_spell`. Where there were several searches the earliest day stands, from which on records were looked for.
citation: StudentTracker detail report of the National Student Clearinghouse
grain: [person_id]
# branches: together | apart, as in college_spell.
parameters: { branches: together }
choices: { branches: [together, apart] }
effective: { from: 2019-07-01 }
zone: linked
owner: State CTE data team
columns:
  - { name: person_id, type: text, label: Person, sensitivity: quasi }
  - { name: outcome, type: text, label: What came back, definition: "found or not_found; not_found is not `not enrolled`", sensitivity: quasi }
  - { name: search_date, type: date, label: Day from which records were searched, definition: The earliest of several, sensitivity: quasi }
  - { name: n_colleges, type: int32, label: Colleges in the return, sensitivity: quasi }
  - { name: n_attended, type: int32, label: Colleges attended, sensitivity: quasi }
  - { name: n_degrees, type: int32, label: Degrees, sensitivity: quasi }
  - { name: first_college, type: text, label: College first attended, definition: "Dual enrollment included; empty where none was attended", sensitivity: quasi }
  - { name: first_after_school, type: text, label: College first attended after secondary school, definition: Dual enrollment left out; empty where none was, sensitivity: quasi }
--- */
WITH colleges AS (
    SELECT person_id, college_id, bool_or(record_found) AS found, min(search_date) AS search_date
    FROM (SELECT person_id, record_found, search_date,
                 substr(college_code, 1, 6) || CASE WHEN $branches = 'apart' THEN substr(college_code, 8, 2) ELSE '00' END AS college_id
          FROM nsc_detail) AS n
    GROUP BY person_id, college_id
),
searched AS (
    SELECT person_id, bool_or(found) AS found, min(search_date) AS search_date, count(CASE WHEN found THEN college_id END) AS n_colleges
    FROM colleges
    GROUP BY person_id
),
attended AS (
    -- The college attended first is the end of the least "day and college".
    SELECT person_id, count(DISTINCT college_id) AS n_attended,
           substr(min(concat(CAST(spell_begin AS VARCHAR), college_id)), 11) AS first_college,
           substr(min(CASE WHEN NOT dual_enrollment THEN concat(CAST(spell_begin AS VARCHAR), college_id) END), 11) AS first_after_school
    FROM college_spell
    GROUP BY person_id
),
degrees AS (
    SELECT person_id, count(*) AS n_degrees FROM college_degree GROUP BY person_id
)
SELECT s.person_id, CASE WHEN s.found THEN 'found' ELSE 'not_found' END AS outcome, s.search_date, s.n_colleges,
       COALESCE(a.n_attended, 0) AS n_attended, COALESCE(d.n_degrees, 0) AS n_degrees, a.first_college, a.first_after_school
FROM degrees AS d
RIGHT JOIN (attended AS a
RIGHT JOIN searched AS s ON a.person_id = s.person_id)
        ON d.person_id = s.person_id
