-- One row an exiter, program year, indicator and barrier.
WITH barriers AS (
    SELECT person_id, exit_year, 'low_income' AS barrier FROM wioa_exit WHERE low_income
    UNION ALL
    SELECT person_id, exit_year, 'english_learner' FROM wioa_exit WHERE english_learner
    UNION ALL
    SELECT person_id, exit_year, 'single_parent' FROM wioa_exit WHERE single_parent
    UNION ALL
    SELECT person_id, exit_year, 'displaced_homemaker' FROM wioa_exit WHERE displaced_homemaker
)
SELECT o.person_id, o.exit_year AS year, o.indicator, x.sex AS gender, COALESCE(b.barrier, '_none') AS barrier,
       o.state = 'observed' AS is_observed, o.state <> 'not_observable' AS is_covered, NOT o.measurable AS is_pending,
       o.reported IS NOT NULL AS is_told, COALESCE(o.reported, FALSE) AS is_reported,
       o.wages IS NOT NULL AND o.state = 'observed' AS is_paid, COALESCE(o.employment_source <> '01', FALSE) AS is_elsewhere,
       o.wages, o.rule_id, o.rule_version
-- The narrow table of each join stands on the left, where the engine holds it in memory.
FROM barriers AS b
RIGHT JOIN (wioa_exit AS x
JOIN wioa_outcome AS o ON x.person_id = o.person_id AND x.exit_year = o.exit_year)
        ON b.person_id = o.person_id AND b.exit_year = o.exit_year
