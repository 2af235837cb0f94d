-- One row a learner, year, file, outcome and special population.
WITH in_year AS (
    SELECT * FROM learner_year WHERE level = 'secondary' AND served
),
populations AS (
    -- FS155 counts enrolment, so the populations are those of the year; the other files follow cohorts of leavers.
    SELECT person_id, CAST(NULL AS INT) AS reporting_year, special_population FROM special_population WHERE level = 'secondary'
    UNION ALL SELECT person_id, reporting_year, 'disability' FROM in_year WHERE disability
    UNION ALL SELECT person_id, reporting_year, 'econ_disadvantaged' FROM in_year WHERE econ_disadvantaged
    UNION ALL SELECT person_id, reporting_year, 'single_parent' FROM in_year WHERE single_parent
    UNION ALL SELECT person_id, reporting_year, 'out_of_workforce' FROM in_year WHERE out_of_workforce
    UNION ALL SELECT person_id, reporting_year, 'english_learner' FROM in_year WHERE english_learner
    UNION ALL SELECT person_id, reporting_year, 'homeless' FROM in_year WHERE homeless
    UNION ALL SELECT person_id, reporting_year, 'foster_care' FROM in_year WHERE foster_care
    UNION ALL SELECT person_id, reporting_year, 'military_parent' FROM in_year WHERE military_parent
    UNION ALL SELECT person_id, reporting_year, 'migrant' FROM in_year WHERE migrant
),
learners AS (
    SELECT person_id, reporting_year, file_spec, outcome, is_counted, is_pending,
           CASE WHEN file_spec = 'FS155' THEN reporting_year ELSE 0 END AS population_year
    FROM edfacts_learner
)
SELECT l.person_id, l.reporting_year AS year, l.file_spec, l.outcome, a.gender, a.race_ethnicity,
       COALESCE(s.special_population, '_none') AS special_population, l.is_counted, l.is_pending
FROM learner_attributes AS a
RIGHT JOIN ((SELECT person_id, COALESCE(reporting_year, 0) AS population_year, special_population FROM populations) AS s
RIGHT JOIN learners AS l ON s.person_id = l.person_id AND s.population_year = l.population_year)
                         ON a.person_id = l.person_id
