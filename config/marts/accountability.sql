-- One row a learner of the cohort, measure and special population.
SELECT r.person_id, r.reporting_year AS year, r.measure, r.basis, r.district_id, r.school_id, a.gender, a.race_ethnicity,
       COALESCE(s.special_population, '_none') AS special_population, r.is_met, r.rule_id, r.rule_version
FROM (SELECT person_id, special_population FROM special_population WHERE level = 'secondary') AS s
RIGHT JOIN (learner_attributes AS a
RIGHT JOIN career_ready AS r ON a.person_id = r.person_id)
                             ON s.person_id = r.person_id
