/* ---
id: EDF-CATS
rule: edfacts_category
version: 1
title: Category codes of the EDFacts files on CTE
says: >
  The code under which a group of learners stands in the EDFacts files, and the category set that it belongs to. What has no code stands under MISSING.
  The specifications change from year to year: a state writes the codes of a year as a version of its own, from that year on.
citation: EDFacts file specifications, category sets since the school year 2019-20
grain: [dimension, subgroup]
effective: { from: 2019-07-01 }
zone: linked
owner: State CTE data team
columns:
  - { name: dimension, type: text, label: By what learners are grouped, definition: "gender, race_ethnicity or special_population", sensitivity: none }
  - { name: category_set, type: text, label: Category set, sensitivity: none }
  - { name: subgroup, type: text, label: Group, sensitivity: none }
  - { name: code, type: text, label: Code of the group in the files, sensitivity: none }
--- */
SELECT * FROM (VALUES
    ('gender', 'sex', 'F', 'F'),
    ('gender', 'sex', 'M', 'M'),
    ('race_ethnicity', 'race', 'AM7', 'MAN'),
    ('race_ethnicity', 'race', 'AS7', 'MA'),
    ('race_ethnicity', 'race', 'BL7', 'MB'),
    ('race_ethnicity', 'race', 'HI7', 'MHL'),
    ('race_ethnicity', 'race', 'PI7', 'MNP'),
    ('race_ethnicity', 'race', 'WH7', 'MW'),
    ('race_ethnicity', 'race', 'MU7', 'MM'),
    ('special_population', 'special_population', 'disability', 'WDIS'),
    ('special_population', 'special_population', 'econ_disadvantaged', 'ECODIS'),
    ('special_population', 'special_population', 'migrant', 'MS'),
    ('special_population', 'special_population', 'single_parent', 'SPPT'),
    ('special_population', 'special_population', 'out_of_workforce', 'OUTWRKFRCSTS'),
    ('special_population', 'special_population', 'english_learner', 'LEPPERKINS'),
    ('special_population', 'special_population', 'nontraditional', 'NTE'),
    ('special_population', 'special_population', 'homeless', 'HOMELESS'),
    ('special_population', 'special_population', 'foster_care', 'FSTRCRSTS'),
    ('special_population', 'special_population', 'military_parent', 'MILCNCTDSTDNTSTS')
) AS c (dimension, category_set, subgroup, code)
