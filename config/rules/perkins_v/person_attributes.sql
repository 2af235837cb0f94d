/* ---
id: LRN-PROV
rule: person_attributes
version: 3
title: Every reported gender, race and special population of a learner
says: >
  Every value of gender and race that a school or college ever reported of a learner, and what they reported of the special populations that
  anybody ever said the learner is in, with its source and field, the first and the last day on which it was reported and how often, and the one
  that stands. A plain no, which is most of what is reported of special populations, is kept where somebody said something else of the same learner
  and population, and left out where nobody ever did. Race is kept by two schemes: the seven categories of
  2007, in which a learner who is Hispanic is Hispanic of whatever race, and the one combined question of 2024, in which Hispanic is a category
  like the others and two of them are several. What was not reported is no value, and a plain no is none of race.
  Of the combined question, Middle Eastern or North African is told only by a code of a college; schools do not ask it. Who prepares for a
  non-traditional field is worked out and not reported.
citation: OMB Statistical Policy Directive No. 15 of 1997 and of March 2024; 2007 ED guidance on race and ethnicity; Perkins V sec. 3(48)
grain: [person_id, attribute, value, source]
# mena_codes as in learner_attributes. not_military: the codes that are the plain no of military_parent, as false is of all others.
parameters: { mena_codes: [ME7], military_codes: [ActiveDuty], not_military: [NotMilitaryConnected] }
effective: { from: 2014-07-01 }
zone: linked
owner: State CTE data team
columns:
  - { name: person_id, type: text, label: Person, sensitivity: quasi }
  - { name: attribute, type: text, label: Attribute, definition: "gender, race_ed7 (seven categories), race_spd15 (the combined question of 2024), or a special population: disability, econ_disadvantaged, english_learner, foster_care, homeless, migrant, military_parent, out_of_workforce, single_parent", sensitivity: none }
  - { name: value, type: text, label: Value, definition: "gender and race_ed7: codes of sex and race_ed7. race_spd15: those of learner_attributes; a college's MU7 is multiple, its HI7 hispanic, for it tells no race beside it. Special populations: true, and false where somebody said true; of military_parent the code of military_connected, the plain no where somebody said another", sensitivity: quasi }
  - { name: source, type: text, label: Source, definition: "k12_enrollment or ps_enrollment", sensitivity: none }
  - { name: field, type: text, label: Field, definition: "Its column in the source; races for the Hispanic flag and those of the five races", sensitivity: none }
  - { name: first_seen, type: date, label: First day, definition: Day of entry or first day of the term, sensitivity: quasi }
  - { name: last_seen, type: date, label: Last day, definition: Day of entry or first day of the term, sensitivity: quasi }
  - { name: times, type: int32, label: Rows that report it, sensitivity: none }
  - { name: stands, type: boolean, label: Stands for the learner, definition: "The value that the attributes of a learner chose, in the source it came from: one row a person and attribute. Of race_spd15 that of the same report as race_ed7. Of a special population, what says yes stands where the learner is in it by this source at any time that counts, and what says no elsewhere", sensitivity: none }
--- */
WITH school AS (
    -- Learners whose reports never change, which is nearly all, have one row here.
    SELECT person_id, sex, hispanic, race_ai, race_as, race_bl, race_pi, race_wh,
           COALESCE(CAST(race_ai AS INT), 0) + COALESCE(CAST(race_as AS INT), 0) + COALESCE(CAST(race_bl AS INT), 0)
             + COALESCE(CAST(race_pi AS INT), 0) + COALESCE(CAST(race_wh AS INT), 0) AS races,
           min(entry_date) AS first_seen, max(entry_date) AS last_seen, count(*) AS times
    FROM k12_enrollment
    GROUP BY person_id, sex, hispanic, race_ai, race_as, race_bl, race_pi, race_wh
),
reported AS (
    SELECT person_id, 'k12_enrollment' AS source, sex,
           CASE WHEN hispanic THEN 'HI7' WHEN races > 1 THEN 'MU7' WHEN race_ai THEN 'AM7' WHEN race_as THEN 'AS7'
                WHEN race_bl THEN 'BL7' WHEN race_pi THEN 'PI7' WHEN race_wh THEN 'WH7' END AS ed7,
           CASE WHEN races > 1 OR hispanic AND races > 0 THEN 'multiple' WHEN hispanic THEN 'hispanic' WHEN race_ai THEN 'american_indian'
                WHEN race_as THEN 'asian' WHEN race_bl THEN 'black' WHEN race_pi THEN 'pacific' WHEN race_wh THEN 'white' END AS spd15,
           first_seen, last_seen, times
    FROM school
    UNION ALL
    SELECT person_id, 'ps_enrollment', sex, CASE WHEN ps_race IN ($mena_codes) THEN 'WH7' ELSE ps_race END,
           CASE WHEN ps_race IN ($mena_codes) THEN 'mena' WHEN ps_race = 'MU7' THEN 'multiple' WHEN ps_race = 'HI7' THEN 'hispanic'
                WHEN ps_race = 'AM7' THEN 'american_indian' WHEN ps_race = 'AS7' THEN 'asian' WHEN ps_race = 'BL7' THEN 'black'
                WHEN ps_race = 'PI7' THEN 'pacific' WHEN ps_race = 'WH7' THEN 'white' END,
           min(term_begin), max(term_begin), count(*)
    FROM ps_enrollment
    GROUP BY person_id, sex, ps_race
),
chosen AS (
    SELECT person_id, gender, CASE gender_source WHEN 'secondary' THEN 'k12_enrollment' ELSE 'ps_enrollment' END AS gender_source,
           race_ethnicity, race_spd15, CASE race_source WHEN 'secondary' THEN 'k12_enrollment' ELSE 'ps_enrollment' END AS race_source
    FROM learner_attributes
),
compared AS (
    -- The narrow table of each join stands on the left, where the engine holds it in memory.
    SELECT r.*, r.sex = c.gender AND r.source = c.gender_source AS gender_stands,
           r.ed7 = c.race_ethnicity AND r.source = c.race_source AS ed7_stands, r.spd15 = c.race_spd15 AND r.source = c.race_source AS spd15_stands
    FROM chosen AS c
    RIGHT JOIN reported AS r ON c.person_id = r.person_id
),
valued AS (
    SELECT r.person_id, a.attribute, r.source, CASE a.attribute WHEN 'gender' THEN r.sex WHEN 'race_ed7' THEN r.ed7 ELSE r.spd15 END AS value,
           CASE a.attribute WHEN 'gender' THEN r.gender_stands WHEN 'race_ed7' THEN r.ed7_stands ELSE r.spd15_stands END AS stands,
           r.first_seen, r.last_seen, r.times
    FROM (SELECT 'gender' AS attribute UNION ALL SELECT 'race_ed7' UNION ALL SELECT 'race_spd15') AS a
    CROSS JOIN compared AS r
),
populations AS (
    -- Each population is two bits of a number: the lower one is set where a plain no was reported, the upper one where something else was.
    SELECT column1 AS attribute, column2 AS no, column2 * 2 AS yes
    FROM (VALUES ('disability', 1), ('econ_disadvantaged', 4), ('english_learner', 16), ('foster_care', 64), ('homeless', 256), ('migrant', 1024),
                 ('military_parent', 4096), ('out_of_workforce', 16384), ('single_parent', 65536)) AS p
),
said AS (
    SELECT person_id, 'k12_enrollment' AS source, military_connected, entry_date AS day,
           COALESCE(CAST(disability AS INT) + 1, 0) + COALESCE(CAST(econ_disadvantaged AS INT) + 1, 0) * 4
             + COALESCE(CAST(english_learner AS INT) + 1, 0) * 16 + COALESCE(CAST(foster_care AS INT) + 1, 0) * 64
             + COALESCE(CAST(homeless AS INT) + 1, 0) * 256 + COALESCE(CAST(migrant AS INT) + 1, 0) * 1024
             + CASE WHEN military_connected IS NULL THEN 0 WHEN military_connected IN ($not_military) THEN 1 ELSE 2 END * 4096
             + COALESCE(CAST(out_of_workforce AS INT) + 1, 0) * 16384 + COALESCE(CAST(single_parent AS INT) + 1, 0) * 65536 AS bits
    FROM k12_enrollment
    UNION ALL
    SELECT person_id, 'ps_enrollment', CAST(NULL AS VARCHAR), term_begin,
           COALESCE(CAST(ps_disability AS INT) + 1, 0) + COALESCE(CAST(pell AS INT) + 1, 0) * 4
    FROM ps_enrollment
),
ever AS (
    SELECT person_id, bit_or(bits) AS bits
    FROM said
    -- 174762 is every upper bit. Of whom none was ever set, there is nothing to keep.
    WHERE bits & 174762 <> 0
    GROUP BY person_id
),
flags AS (
    -- As with races, learners of whom the same is said each year have one row here. One number in place of nine columns keeps the groups small.
    SELECT person_id, source, bits, military_connected, min(day) AS first_seen, max(day) AS last_seen, count(*) AS times
    FROM said
    GROUP BY person_id, source, bits, military_connected
),
informative AS (
    SELECT f.*, e.bits AS ever
    FROM ever AS e
    JOIN flags AS f ON e.person_id = f.person_id
),
told AS (
    SELECT f.person_id, p.attribute, f.source,
           CASE WHEN p.attribute = 'military_parent' THEN f.military_connected WHEN f.bits & p.yes <> 0 THEN 'true' ELSE 'false' END AS value,
           f.first_seen, f.last_seen, f.times
    FROM populations AS p
    JOIN informative AS f ON f.ever & p.yes <> 0 AND f.bits & (p.yes + p.no) <> 0
),
counted AS (
    SELECT person_id, attribute, value, source, min(first_seen) AS first_seen, max(last_seen) AS last_seen, sum(times) AS times,
           value = 'true' OR (attribute = 'military_parent' AND value IN ($military_codes)) AS is_yes
    FROM told
    GROUP BY person_id, attribute, value, source
),
members AS (
    -- What a school said counts at the secondary level; that some of it lasts at college is no other value.
    SELECT person_id, special_population, source FROM special_population
    WHERE (level = 'secondary' AND source = 'k12_enrollment') OR (level = 'postsecondary' AND source = 'ps_enrollment')
)
SELECT person_id, attribute, value, source,
       CASE WHEN attribute = 'gender' THEN 'sex' WHEN source = 'k12_enrollment' THEN 'races' ELSE 'ps_race' END AS field,
       min(first_seen) AS first_seen, max(last_seen) AS last_seen, sum(times) AS times, COALESCE(bool_or(stands), FALSE) AS stands
FROM valued
WHERE value IS NOT NULL
GROUP BY person_id, attribute, value, source
UNION ALL
SELECT p.person_id, p.attribute, p.value, p.source,
       CASE WHEN p.attribute = 'military_parent' THEN 'military_connected' WHEN p.source = 'k12_enrollment' THEN p.attribute
            WHEN p.attribute = 'disability' THEN 'ps_disability' ELSE 'pell' END,
       p.first_seen, p.last_seen, p.times, p.is_yes = (m.person_id IS NOT NULL)
FROM members AS m
RIGHT JOIN counted AS p ON m.person_id = p.person_id AND m.special_population = p.attribute AND m.source = p.source
