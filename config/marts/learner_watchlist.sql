-- What a district may see of its own learners; under which ids, the run settles.
SELECT person_id, district_id, school_id, school_year, grade, program_code, reason, units FROM learner_watch
