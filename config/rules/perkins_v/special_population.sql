/* ---
id: LRN-POP
rule: special_population
version: 2
title: Special populations of a learner
says: >
  The special populations that a learner ever belonged to: at the secondary level in grades 9 to 12, as exit cohorts count them; at the
  postsecondary level in any year in which a college served them, where a Pell grant shows economic disadvantage and disability is that of
  the ADA. Who prepares for a non-traditional field is told at each level by the CTE programs in which the learner took part in any year. A
  learner may be in several, and they are never added up.
citation: Perkins V sec. 3(48); domain defaults for attributes
grain: [person_id, level, special_population]
effective: { from: 2014-07-01 }
zone: linked
owner: State CTE data team
columns:
  - { name: person_id, type: text, label: Person, sensitivity: quasi }
  - { name: level, type: text, label: Level, definition: secondary or postsecondary, sensitivity: none }
  - { name: special_population, type: text, label: Special population, sensitivity: quasi }
--- */
SELECT person_id, 'secondary' AS level, 'disability' AS special_population FROM learner_attributes WHERE ever_disability
UNION ALL SELECT person_id, 'secondary', 'econ_disadvantaged' FROM learner_attributes WHERE ever_econ_disadvantaged
UNION ALL SELECT person_id, 'secondary', 'single_parent' FROM learner_attributes WHERE ever_single_parent
UNION ALL SELECT person_id, 'secondary', 'out_of_workforce' FROM learner_attributes WHERE ever_out_of_workforce
UNION ALL SELECT person_id, 'secondary', 'english_learner' FROM learner_attributes WHERE ever_english_learner
UNION ALL SELECT person_id, 'secondary', 'homeless' FROM learner_attributes WHERE ever_homeless
UNION ALL SELECT person_id, 'secondary', 'foster_care' FROM learner_attributes WHERE ever_foster_care
UNION ALL SELECT person_id, 'secondary', 'military_parent' FROM learner_attributes WHERE ever_military_parent
UNION ALL SELECT person_id, 'secondary', 'migrant' FROM learner_attributes WHERE ever_migrant
UNION ALL SELECT DISTINCT person_id, 'postsecondary', 'disability' FROM learner_year WHERE level = 'postsecondary' AND disability
UNION ALL SELECT DISTINCT person_id, 'postsecondary', 'econ_disadvantaged' FROM learner_year WHERE level = 'postsecondary' AND econ_disadvantaged
UNION ALL SELECT DISTINCT person_id, level, 'nontraditional' FROM nontraditional_status WHERE is_underrepresented
