/* ---
id: LRN-POP
rule: special_population
version: 3
title: Special populations of a learner
says: >
  The special populations that a learner ever belonged to, with the source and the field that say so: at the secondary level in grades 9 to 12,
  as exit cohorts count them; at the postsecondary level in any year in which a college served them, where a Pell grant shows economic
  disadvantage and disability is that of the ADA. Of those whom a college served, what a school said in the last year in which it had them
  counts where the population is one that does not end with school: youth who are in, or have aged out of, foster care. Who prepares for a
  non-traditional field is told at each level by the CTE programs in which the learner took part in any year, and by the state's list of such
  fields. A learner may be in several, and they are never added up. Colleges tell nothing of single parents, out-of-workforce individuals,
  English learners, homeless learners and parents on active duty; nor does any other source of them.
citation: Perkins V sec. 3(48); domain defaults for attributes
grain: [person_id, level, special_population]
# from_school: the populations of the last year at school that count at a college too, of foster_care and english_learner; [none] for none.
parameters: { from_school: [foster_care] }
choices: { from_school: [foster_care, english_learner, none] }
effective: { from: 2014-07-01 }
zone: linked
owner: State CTE data team
columns:
  - { name: person_id, type: text, label: Person, sensitivity: quasi }
  - { name: level, type: text, label: Level, definition: secondary or postsecondary, sensitivity: none }
  - { name: special_population, type: text, label: Special population, sensitivity: quasi }
  - { name: source, type: text, label: Source that says so, definition: "k12_enrollment, ps_enrollment or nontraditional", sensitivity: none }
  - { name: field, type: text, label: Field that says so, definition: "Its column in the source: pell and not one of its own is what a college tells of economic disadvantage", sensitivity: none }
--- */
WITH by_school AS (
    SELECT a.person_id, f.special_population, f.field,
           CASE f.special_population WHEN 'disability' THEN ever_disability WHEN 'econ_disadvantaged' THEN ever_econ_disadvantaged
                                     WHEN 'single_parent' THEN ever_single_parent WHEN 'out_of_workforce' THEN ever_out_of_workforce
                                     WHEN 'english_learner' THEN ever_english_learner WHEN 'homeless' THEN ever_homeless
                                     WHEN 'foster_care' THEN ever_foster_care WHEN 'military_parent' THEN ever_military_parent
                                     WHEN 'migrant' THEN ever_migrant END AS is_member
    FROM (VALUES ('disability', 'disability'), ('econ_disadvantaged', 'econ_disadvantaged'), ('single_parent', 'single_parent'),
                 ('out_of_workforce', 'out_of_workforce'), ('english_learner', 'english_learner'), ('homeless', 'homeless'),
                 ('foster_care', 'foster_care'), ('military_parent', 'military_connected'), ('migrant', 'migrant')) AS f (special_population, field)
    CROSS JOIN learner_attributes AS a
),
at_college AS (
    SELECT person_id, bool_or(disability) AS disability, bool_or(econ_disadvantaged) AS econ_disadvantaged
    FROM learner_year
    WHERE level = 'postsecondary'
    GROUP BY person_id
),
last_said AS (
    -- The last bit of the greatest "year and yes" is what the last year at school says.
    SELECT e.person_id, max(e.school_year * 2 + CASE WHEN e.foster_care THEN 1 ELSE 0 END) % 2 = 1 AS foster_care,
           max(e.school_year * 2 + CASE WHEN e.english_learner THEN 1 ELSE 0 END) % 2 = 1 AS english_learner
    FROM at_college AS c
    JOIN k12_enrollment AS e ON e.person_id = c.person_id
    GROUP BY e.person_id
)
SELECT person_id, 'secondary' AS level, special_population, 'k12_enrollment' AS source, field FROM by_school WHERE is_member
UNION ALL SELECT person_id, 'postsecondary', 'disability', 'ps_enrollment', 'ps_disability' FROM at_college WHERE disability
UNION ALL SELECT person_id, 'postsecondary', 'econ_disadvantaged', 'ps_enrollment', 'pell' FROM at_college WHERE econ_disadvantaged
UNION ALL SELECT person_id, 'postsecondary', 'foster_care', 'k12_enrollment', 'foster_care' FROM last_said WHERE foster_care AND 'foster_care' IN ($from_school)
UNION ALL SELECT person_id, 'postsecondary', 'english_learner', 'k12_enrollment', 'english_learner' FROM last_said WHERE english_learner AND 'english_learner' IN ($from_school)
UNION ALL SELECT DISTINCT person_id, level, 'nontraditional', 'nontraditional', CASE nontraditional_for WHEN 'M' THEN 'nt_male' ELSE 'nt_female' END
          FROM nontraditional_status WHERE is_underrepresented
