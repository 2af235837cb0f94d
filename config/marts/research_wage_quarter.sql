-- One row a learner and calendar quarter with wages.
WITH learners AS (
    SELECT person_id FROM enrollment_spell
    UNION SELECT person_id FROM cte_courses
    UNION SELECT person_id FROM graduation_cohort
    UNION SELECT person_id FROM nsc_detail
),
by_employer AS (
    -- The narrow table of each join stands on the left, where the engine holds it in memory, and the wages pass by.
    SELECT w.person_id, w.year_quarter, w.employer_account, sum(w.wages) AS net
    FROM learners AS l
    JOIN ui_wages AS w ON l.person_id = w.person_id
    GROUP BY w.person_id, w.year_quarter, w.employer_account
),
here AS (
    -- The primary employer is in the greatest "cents and account", where the account is counted down, so that the smallest stands.
    SELECT person_id, CAST(substr(year_quarter, 1, 4) AS INT) AS calendar_year,
           CAST(substr(year_quarter, 1, 4) AS INT) * 4 + CAST(substr(year_quarter, 5, 1) AS INT) - 1 AS quarter,
           sum(CASE WHEN net > 0 THEN net ELSE 0 END) AS wages, sum(CASE WHEN net > 0 THEN 1 ELSE 0 END) AS n_employers,
           max(CASE WHEN net > 0 THEN CAST(net * 100 AS DECIMAL(38, 0)) * 10000000000 + (9999999999 - CAST(employer_account AS BIGINT)) END)
             % 10000000000 AS counted_down,
           bool_or(net < 0) AS negative
    FROM by_employer
    GROUP BY person_id, year_quarter
),
elsewhere AS (
    SELECT s.person_id, CAST(substr(s.year_quarter, 1, 4) AS INT) AS calendar_year,
           CAST(substr(s.year_quarter, 1, 4) AS INT) * 4 + CAST(substr(s.year_quarter, 5, 1) AS INT) - 1 AS quarter, sum(s.wages) AS wages
    FROM learners AS l
    JOIN wages_out_of_state AS s ON l.person_id = s.person_id
    WHERE s.wages > 0
    GROUP BY s.person_id, s.year_quarter
),
quarters AS (
    -- What an exchange of wage records returned is added, as in wage_quarter.
    SELECT COALESCE(h.person_id, e.person_id) AS person_id, COALESCE(h.calendar_year, e.calendar_year) AS calendar_year,
           COALESCE(h.quarter, e.quarter) AS quarter, COALESCE(h.wages, 0) + COALESCE(e.wages, 0) AS wages, COALESCE(e.wages, 0) AS out_of_state_wages,
           COALESCE(h.n_employers, 0) AS n_employers, h.counted_down, COALESCE(h.negative, FALSE) AS negative
    FROM elsewhere AS e
    FULL OUTER JOIN here AS h ON e.person_id = h.person_id AND e.quarter = h.quarter
),
sectors AS (
    SELECT CAST(employer_account AS BIGINT) AS account,
           CASE WHEN substr(naics, 1, 2) IN ('31', '32', '33') THEN '31-33' WHEN substr(naics, 1, 2) IN ('44', '45') THEN '44-45'
                WHEN substr(naics, 1, 2) IN ('48', '49') THEN '48-49' ELSE substr(naics, 1, 2) END AS naics_sector
    FROM employers
),
prices AS (
    SELECT i.price_year, i.price_index AS own, b.price_index AS base
    FROM price_index AS i
    JOIN price_index AS b ON b.price_year = 2024
)
SELECT q.person_id, q.quarter, q.calendar_year, q.wages, CAST(q.wages * i.base / i.own AS DECIMAL(14, 2)) AS real_wages,
       CASE WHEN i.own IS NULL THEN 'not_collected' END AS real_wages_status, q.out_of_state_wages, q.n_employers, s.naics_sector,
       CASE WHEN s.naics_sector IS NOT NULL THEN NULL WHEN q.n_employers = 0 AND q.out_of_state_wages = 0 THEN 'not_applicable' ELSE 'not_collected' END AS naics_sector_status,
       q.negative, q.n_employers > 20 OR q.wages > CAST('250000.00' AS DECIMAL(14, 2)) AS implausible
FROM prices AS i
RIGHT JOIN (sectors AS s
RIGHT JOIN quarters AS q ON s.account = CAST(9999999999 - q.counted_down AS BIGINT))
        ON i.price_year = q.calendar_year
