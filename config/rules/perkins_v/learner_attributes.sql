/* ---
id: LRN-ATTR
rule: learner_attributes
version: 2
title: Attributes of a learner
says: >
  Gender and race of each learner, one value each: the latest that a secondary school reported, else the latest that a college reported.
  A learner who is Hispanic is Hispanic of whatever race; two or more races are "two or more". The same report is kept by the combined question
  of 2024 too, in which Hispanic is a category like the others and two of them are several; Middle Eastern or North African is told only by a
  code of a college, for schools do not ask it, and by the seven categories it is White. Special populations are those a learner ever
  belonged to in grades 9 to 12, as exit cohorts count them.
citation: Perkins V sec. 3(48); 2007 ED guidance on race and ethnicity; OMB Statistical Policy Directive No. 15 of March 2024
grain: [person_id]
# mena_codes: the codes by which a source says Middle Eastern or North African; the shipped code set of colleges has none.
parameters: { mena_codes: [ME7], winner: secondary, grades: ["09", "10", "11", "12"], military_codes: [ActiveDuty] }
effective: { from: 2014-07-01 }
zone: linked
owner: State CTE data team
columns:
  - { name: person_id, type: text, label: Person, sensitivity: quasi }
  - { name: gender, type: text, label: Gender, sensitivity: quasi, code_set: sex }
  - { name: gender_source, type: text, label: Level that reported the gender, sensitivity: none }
  - { name: race_ethnicity, type: text, label: Race and ethnicity, definition: "Seven categories, Hispanic of any race first", sensitivity: quasi, code_set: race_ed7 }
  - { name: race_spd15, type: text, label: Race and ethnicity by the combined question, definition: "Of the same report as the seven categories: american_indian, asian, black, hispanic, mena (Middle Eastern or North African), pacific, white, or multiple for two or more of them", sensitivity: quasi }
  - { name: race_source, type: text, label: Level that reported the race, sensitivity: none }
  - { name: ever_econ_disadvantaged, type: boolean, label: Ever economically disadvantaged in grades 9-12, sensitivity: quasi }
  - { name: ever_disability, type: boolean, label: Ever with a disability in grades 9-12, sensitivity: quasi }
  - { name: ever_english_learner, type: boolean, label: Ever English learner in grades 9-12, sensitivity: quasi }
  - { name: ever_homeless, type: boolean, label: Ever homeless in grades 9-12, sensitivity: quasi }
  - { name: ever_foster_care, type: boolean, label: Ever in foster care in grades 9-12, sensitivity: quasi }
  - { name: ever_migrant, type: boolean, label: Ever migrant in grades 9-12, sensitivity: quasi }
  - { name: ever_single_parent, type: boolean, label: Ever single parent in grades 9-12, sensitivity: quasi }
  - { name: ever_out_of_workforce, type: boolean, label: Ever out of the workforce in grades 9-12, sensitivity: quasi }
  - { name: ever_military_parent, type: boolean, label: Ever with a parent on active duty in grades 9-12, sensitivity: quasi }
--- */
WITH school AS (
    SELECT e.*, COALESCE(CAST(entry_date AS VARCHAR), '0000-00-00') AS day,
           COALESCE(CAST(race_ai AS INT), 0) + COALESCE(CAST(race_as AS INT), 0) + COALESCE(CAST(race_bl AS INT), 0)
             + COALESCE(CAST(race_pi AS INT), 0) + COALESCE(CAST(race_wh AS INT), 0) AS races
    FROM k12_enrollment AS e
),
secondary AS (
    -- The latest value is the last part of the greatest "day and value"; what is missing takes no part.
    SELECT person_id,
           substr(max(day || sex), 11) AS gender,
           -- By the seven, and after a bar by the combined question.
           substr(max(day || CASE WHEN hispanic AND races > 0 THEN 'HI7|multiple' WHEN hispanic THEN 'HI7|hispanic' WHEN races > 1 THEN 'MU7|multiple'
                                  WHEN race_ai THEN 'AM7|american_indian' WHEN race_as THEN 'AS7|asian' WHEN race_bl THEN 'BL7|black'
                                  WHEN race_pi THEN 'PI7|pacific' WHEN race_wh THEN 'WH7|white' END), 11) AS race,
           bool_or(econ_disadvantaged) FILTER (WHERE grade IN ($grades)) AS econ_disadvantaged,
           bool_or(disability) FILTER (WHERE grade IN ($grades)) AS disability,
           bool_or(english_learner) FILTER (WHERE grade IN ($grades)) AS english_learner,
           bool_or(homeless) FILTER (WHERE grade IN ($grades)) AS homeless,
           bool_or(foster_care) FILTER (WHERE grade IN ($grades)) AS foster_care,
           bool_or(migrant) FILTER (WHERE grade IN ($grades)) AS migrant,
           bool_or(single_parent) FILTER (WHERE grade IN ($grades)) AS single_parent,
           bool_or(out_of_workforce) FILTER (WHERE grade IN ($grades)) AS out_of_workforce,
           bool_or(military_connected IN ($military_codes)) FILTER (WHERE grade IN ($grades)) AS military_parent
    FROM school
    GROUP BY person_id
),
college AS (
    SELECT person_id, substr(max(CAST(term_begin AS VARCHAR) || sex), 11) AS gender,
           substr(max(CAST(term_begin AS VARCHAR)
                      || CASE WHEN ps_race IN ($mena_codes) THEN 'WH7|mena' WHEN ps_race = 'HI7' THEN 'HI7|hispanic' WHEN ps_race = 'MU7' THEN 'MU7|multiple'
                              WHEN ps_race = 'AM7' THEN 'AM7|american_indian' WHEN ps_race = 'AS7' THEN 'AS7|asian' WHEN ps_race = 'BL7' THEN 'BL7|black'
                              WHEN ps_race = 'PI7' THEN 'PI7|pacific' WHEN ps_race = 'WH7' THEN 'WH7|white' END), 11) AS race
    FROM ps_enrollment
    GROUP BY person_id
)
SELECT COALESCE(s.person_id, c.person_id) AS person_id,
       CASE WHEN $winner = 'secondary' THEN COALESCE(s.gender, c.gender) ELSE COALESCE(c.gender, s.gender) END AS gender,
       CASE WHEN s.gender IS NULL AND c.gender IS NULL THEN NULL
            WHEN $winner = 'secondary' AND s.gender IS NOT NULL OR c.gender IS NULL THEN 'secondary' ELSE 'postsecondary' END AS gender_source,
       split_part(CASE WHEN $winner = 'secondary' THEN COALESCE(s.race, c.race) ELSE COALESCE(c.race, s.race) END, '|', 1) AS race_ethnicity,
       split_part(CASE WHEN $winner = 'secondary' THEN COALESCE(s.race, c.race) ELSE COALESCE(c.race, s.race) END, '|', 2) AS race_spd15,
       CASE WHEN s.race IS NULL AND c.race IS NULL THEN NULL
            WHEN $winner = 'secondary' AND s.race IS NOT NULL OR c.race IS NULL THEN 'secondary' ELSE 'postsecondary' END AS race_source,
       s.econ_disadvantaged AS ever_econ_disadvantaged, s.disability AS ever_disability, s.english_learner AS ever_english_learner,
       s.homeless AS ever_homeless, s.foster_care AS ever_foster_care, s.migrant AS ever_migrant, s.single_parent AS ever_single_parent,
       s.out_of_workforce AS ever_out_of_workforce, s.military_parent AS ever_military_parent
FROM secondary AS s
FULL OUTER JOIN college AS c ON c.person_id = s.person_id
