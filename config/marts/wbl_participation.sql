-- One row a learner, school year, CTE program, placement of work-based learning and special population.
WITH concentrated AS (
    SELECT person_id, reporting_year, program_code, rule_id, rule_version FROM cte_concentrator_secondary WHERE served
),
placements AS (
    -- Of the employer only industry and county pass on, never the account.
    SELECT w.person_id, w.school_year AS reporting_year, w.program_code, w.wbl_type, w.hours, w.paid, w.completed,
           CASE WHEN substr(e.naics, 1, 2) IN ('31', '32', '33') THEN '31-33' WHEN substr(e.naics, 1, 2) IN ('44', '45') THEN '44-45'
                WHEN substr(e.naics, 1, 2) IN ('48', '49') THEN '48-49' ELSE COALESCE(substr(e.naics, 1, 2), '_unknown') END AS naics_sector,
           COALESCE(e.county, '_unknown') AS county
    FROM employers AS e
    RIGHT JOIN work_based_learning AS w ON e.employer_account = w.employer_account
    WHERE w.school_year >= 2020
),
hours AS (
    SELECT person_id, reporting_year, sum(hours) AS hours FROM placements GROUP BY person_id, reporting_year
),
people AS (
    SELECT person_id, reporting_year FROM concentrated
    UNION SELECT person_id, reporting_year FROM hours
),
named AS (
    SELECT DISTINCT person_id, reporting_year, program_code FROM placements WHERE program_code IS NOT NULL
),
standing AS (
    -- The programs in which a learner concentrates and those that a placement names.
    SELECT person_id, reporting_year, program_code FROM concentrated
    UNION SELECT person_id, reporting_year, program_code FROM named
),
in_programs AS (
    -- The narrow table of each join stands on the left, where the engine holds it in memory.
    SELECT t.person_id, t.reporting_year, t.program_code, COALESCE(g.cluster16, '_unknown') AS career_cluster,
           c.person_id IS NOT NULL AS is_concentrator, n.person_id IS NOT NULL AS is_named, c.rule_id, c.rule_version
    FROM program_cluster AS g
    RIGHT JOIN (named AS n
    RIGHT JOIN (concentrated AS c
    RIGHT JOIN standing AS t
            ON c.person_id = t.person_id AND c.reporting_year = t.reporting_year AND c.program_code = t.program_code)
            ON n.person_id = t.person_id AND n.reporting_year = t.reporting_year AND n.program_code = t.program_code)
            ON g.program_code = t.program_code AND g.reporting_year = t.reporting_year
),
places AS (
    SELECT e.person_id, e.reporting_year, y.district_id, y.school_id
    FROM people AS e
    LEFT JOIN learner_year AS y ON y.person_id = e.person_id AND y.reporting_year = e.reporting_year AND y.level = 'secondary'
                               AND y.only_counted IS NOT TRUE
),
learnt AS (
    SELECT e.person_id, e.reporting_year, e.district_id, e.school_id, w.wbl_type, w.naics_sector, w.county, w.completed, w.paid,
           w.person_id IS NOT NULL AS is_with_wbl, COALESCE(h.hours, 0) >= 40 AS is_40_hours
    FROM hours AS h
    RIGHT JOIN (placements AS w
    RIGHT JOIN places AS e ON w.person_id = e.person_id AND w.reporting_year = e.reporting_year)
                           ON h.person_id = e.person_id AND h.reporting_year = e.reporting_year
)
SELECT e.person_id, e.reporting_year AS year, e.district_id, e.school_id,
       COALESCE(p.program_code, '_none') AS program_code, COALESCE(p.career_cluster, '_none') AS career_cluster,
       COALESCE(e.wbl_type, '_none') AS wbl_type, COALESCE(e.naics_sector, '_none') AS naics_sector, COALESCE(e.county, '_none') AS county,
       a.gender, a.race_ethnicity, COALESCE(s.special_population, '_none') AS special_population,
       e.is_with_wbl, COALESCE(p.is_named, FALSE) AS is_in_program, COALESCE(e.completed, FALSE) AS is_completed,
       COALESCE(e.paid, FALSE) AS is_paid, e.is_40_hours,
       COALESCE(p.is_concentrator, FALSE) AS is_concentrator, COALESCE(p.is_concentrator, FALSE) AND e.is_with_wbl AS is_conc_with_wbl,
       p.rule_id, p.rule_version
FROM learner_attributes AS a
RIGHT JOIN ((SELECT person_id, special_population FROM special_population WHERE level = 'secondary') AS s
RIGHT JOIN (learnt AS e
LEFT JOIN in_programs AS p ON p.person_id = e.person_id AND p.reporting_year = e.reporting_year)
                           ON s.person_id = e.person_id)
                           ON a.person_id = e.person_id
