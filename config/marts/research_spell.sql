-- One row a learner and spell of enrollment, with the reasons for what is empty.
SELECT person_id, source, CASE WHEN source = 'school' THEN 'secondary' ELSE 'postsecondary' END AS level, org_id, spell_begin,
       spell_end, CASE WHEN spell_end IS NULL THEN 'not_observable' END AS spell_end_status, n_records, dual_enrollment, district_id,
       first_grade, last_grade, exit_type,
       CASE WHEN exit_type IS NOT NULL THEN NULL WHEN source = 'school' AND spell_end IS NOT NULL THEN 'not_collected' ELSE 'not_applicable' END
           AS exit_type_status,
       college_state, two_four_year, public_private, last_status AS term_load,
       CASE WHEN last_status IS NOT NULL THEN NULL WHEN source = 'school' THEN 'not_applicable' ELSE 'not_collected' END AS term_load_status,
       first_cip, last_cip,
       CASE WHEN first_cip IS NOT NULL THEN NULL WHEN source = 'school' THEN 'not_applicable' ELSE 'not_collected' END AS cip_status,
       ended_withdrawn, fall_immediately_after AS fall_after,
       CASE WHEN fall_immediately_after IS NOT NULL THEN NULL WHEN source = 'clearinghouse' THEN 'not_observable' ELSE 'not_applicable' END
           AS fall_after_status,
       in_both
FROM enrollment_spell
