/* ---
id: LRN-PROV
rule: person_attributes
version: 2
title: Every reported gender, race and special population of a learner
says: >
  Every value of gender, race and the special populations that a school or college ever reported of a learner, with its source and field, the
  first and the last day on which it was reported and how often, and the one that stands. Race is kept by two schemes: the seven categories of
  2007, in which a learner who is Hispanic is Hispanic of whatever race, and the one combined question of 2024, in which Hispanic is a category
  like the others and two of them are several. What was not reported is no value; a plain no is one of a special population, and none of race.
  Of the combined question, Middle Eastern or North African is told only by a code of a college; schools do not ask it. Who prepares for a
  non-traditional field is worked out and not reported.
citation: OMB Statistical Policy Directive No. 15 of 1997 and of March 2024; 2007 ED guidance on race and ethnicity; Perkins V sec. 3(48)
grain: [person_id, attribute, value, source]
# mena_codes as in learner_attributes.
parameters: { mena_codes: [ME7], military_codes: [ActiveDuty] }
effective: { from: 2014-07-01 }
zone: linked
owner: State CTE data team
columns:
  - { name: person_id, type: text, label: Person, sensitivity: quasi }
  - { name: attribute, type: text, label: Attribute, definition: "gender, race_ed7 (seven categories), race_spd15 (the combined question of 2024), or a special population: disability, econ_disadvantaged, english_learner, foster_care, homeless, migrant, military_parent, out_of_workforce, single_parent", sensitivity: none }
  - { name: value, type: text, label: Value, definition: "gender and race_ed7: codes of sex and race_ed7. race_spd15: those of learner_attributes; a college's MU7 is multiple, its HI7 hispanic, for it tells no race beside it. Special populations: true or false; of military_parent the code of military_connected", sensitivity: quasi }
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
valued AS (
    SELECT r.person_id, a.attribute, r.source, CASE a.attribute WHEN 'gender' THEN r.sex WHEN 'race_ed7' THEN r.ed7 ELSE r.spd15 END AS value,
           r.first_seen, r.last_seen, r.times
    FROM (SELECT 'gender' AS attribute UNION ALL SELECT 'race_ed7' UNION ALL SELECT 'race_spd15') AS a
    CROSS JOIN reported AS r
),
counted AS (
    SELECT person_id, attribute, value, source, min(first_seen) AS first_seen, max(last_seen) AS last_seen, sum(times) AS times
    FROM valued
    WHERE value IS NOT NULL
    GROUP BY person_id, attribute, value, source
),
chosen AS (
    SELECT a.person_id, a.gender, CASE a.gender_source WHEN 'secondary' THEN 'k12_enrollment' ELSE 'ps_enrollment' END AS gender_source,
           a.race_ethnicity, CASE a.race_source WHEN 'secondary' THEN 'k12_enrollment' ELSE 'ps_enrollment' END AS race_source, a.race_spd15 AS spd15
    FROM learner_attributes AS a
),
flags AS (
    -- As with races, learners of whom the same is said each year have one row here.
    SELECT person_id, 'k12_enrollment' AS source, disability, econ_disadvantaged, english_learner, foster_care, homeless, migrant, out_of_workforce,
           single_parent, military_connected, min(entry_date) AS first_seen, max(entry_date) AS last_seen, count(*) AS times
    FROM k12_enrollment
    GROUP BY person_id, disability, econ_disadvantaged, english_learner, foster_care, homeless, migrant, out_of_workforce, single_parent,
             military_connected
    UNION ALL
    SELECT person_id, 'ps_enrollment', ps_disability, pell, NULL, NULL, NULL, NULL, NULL, NULL, NULL, min(term_begin), max(term_begin), count(*)
    FROM ps_enrollment
    GROUP BY person_id, ps_disability, pell
),
told AS (
    SELECT f.person_id, a.attribute, f.source,
           CASE a.attribute WHEN 'disability' THEN CAST(f.disability AS VARCHAR) WHEN 'econ_disadvantaged' THEN CAST(f.econ_disadvantaged AS VARCHAR)
                            WHEN 'english_learner' THEN CAST(f.english_learner AS VARCHAR) WHEN 'foster_care' THEN CAST(f.foster_care AS VARCHAR)
                            WHEN 'homeless' THEN CAST(f.homeless AS VARCHAR) WHEN 'migrant' THEN CAST(f.migrant AS VARCHAR)
                            WHEN 'out_of_workforce' THEN CAST(f.out_of_workforce AS VARCHAR)
                            WHEN 'single_parent' THEN CAST(f.single_parent AS VARCHAR) ELSE f.military_connected END AS value,
           f.first_seen, f.last_seen, f.times
    FROM (SELECT 'disability' AS attribute UNION ALL SELECT 'econ_disadvantaged' UNION ALL SELECT 'english_learner' UNION ALL SELECT 'foster_care'
          UNION ALL SELECT 'homeless' UNION ALL SELECT 'migrant' UNION ALL SELECT 'military_parent' UNION ALL SELECT 'out_of_workforce'
          UNION ALL SELECT 'single_parent') AS a
    CROSS JOIN flags AS f
),
populations AS (
    SELECT person_id, attribute, value, source, min(first_seen) AS first_seen, max(last_seen) AS last_seen, sum(times) AS times,
           value = 'true' OR (attribute = 'military_parent' AND value IN ($military_codes)) AS is_yes
    FROM told
    WHERE value IS NOT NULL
    GROUP BY person_id, attribute, value, source
),
members AS (
    -- What a school said counts at the secondary level; that some of it lasts at college is no other value.
    SELECT person_id, special_population, source FROM special_population
    WHERE (level = 'secondary' AND source = 'k12_enrollment') OR (level = 'postsecondary' AND source = 'ps_enrollment')
)
SELECT v.person_id, v.attribute, v.value, v.source,
       CASE WHEN v.attribute = 'gender' THEN 'sex' WHEN v.source = 'k12_enrollment' THEN 'races' ELSE 'ps_race' END AS field,
       v.first_seen, v.last_seen, v.times,
       COALESCE(CASE v.attribute WHEN 'gender' THEN v.value = c.gender AND v.source = c.gender_source
                                 WHEN 'race_ed7' THEN v.value = c.race_ethnicity AND v.source = c.race_source
                                 ELSE v.value = c.spd15 AND v.source = c.race_source END, FALSE) AS stands
FROM chosen AS c
RIGHT JOIN counted AS v ON c.person_id = v.person_id
UNION ALL
SELECT p.person_id, p.attribute, p.value, p.source,
       CASE WHEN p.attribute = 'military_parent' THEN 'military_connected' WHEN p.source = 'k12_enrollment' THEN p.attribute
            WHEN p.attribute = 'disability' THEN 'ps_disability' ELSE 'pell' END,
       p.first_seen, p.last_seen, p.times, p.is_yes = (m.person_id IS NOT NULL)
FROM members AS m
RIGHT JOIN populations AS p ON m.person_id = p.person_id AND m.special_population = p.attribute AND m.source = p.source
