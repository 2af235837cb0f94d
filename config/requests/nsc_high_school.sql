-- One row a graduate: the last graduation, with the school that reported it. The kind of diploma is in the words of the Clearinghouse's list.
WITH last_graduation AS (
    SELECT person_id, max(exit_year) AS exit_year FROM secondary_exit WHERE exit_type = '01921' GROUP BY person_id
),
diploma AS (
    -- The end of the greatest "cohort and diploma" is the diploma that was certified last. Of whom none was certified, the exit says graduated.
    SELECT person_id, substr(max(concat(cohort_year, diploma_type)), 5) AS kind
    FROM graduation_cohort
    WHERE diploma_type IS NOT NULL
    GROUP BY person_id
),
last_year AS (
    SELECT max(exit_year) AS exit_year FROM last_graduation
)
SELECT g.person_id,
       CASE max(d.kind) WHEN '00807' THEN 'Endorsed/Advanced' WHEN '00809' THEN 'IB' WHEN '00815' THEN 'GED' WHEN '00816' THEN 'HSE other'
                                WHEN '00819' THEN 'Vocational Certificate' ELSE 'Regular' END AS diploma_type,
       max(x.exit_date) AS graduation_date, max(s.name) AS school_name,
       max(a.gender) AS gender, bool_or(a.ever_econ_disadvantaged) AS econ_disadvantaged, bool_or(a.ever_english_learner) AS english_learner,
       bool_or(a.ever_disability) AS disability
FROM last_year AS y
JOIN last_graduation AS g ON g.exit_year > y.exit_year - 8
JOIN secondary_exit AS x ON x.person_id = g.person_id AND x.exit_year = g.exit_year
LEFT JOIN diploma AS d ON d.person_id = g.person_id
LEFT JOIN organizations AS s ON s.org_id = x.school_id
LEFT JOIN learner_attributes AS a ON a.person_id = g.person_id
GROUP BY g.person_id
