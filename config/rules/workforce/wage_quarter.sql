/* ---
id: WF-WAGE
rule: wage_quarter
version: 2
title: Wages of those who left, by quarter
says: >
  What all employers together paid in a calendar quarter to a person who left secondary education or completed a CTE program of a college; of
  anybody else nothing is kept. What an employer paid is the sum of its records of the person in the quarter; where that is below zero it counts
  as nothing and is marked. The industry and the county are those of the employer who paid most, the smallest account where several did; the
  account itself is left behind. A full quarter is one in which an employer paid who paid in the quarter before and in the quarter after as well.
  What an exchange of wage records returned of other states and of federal employers is added, unless the state says otherwise, and its sum is told
  beside. It names neither employers nor industries, so it makes none of either, and of a quarter in which it alone paid nothing is known of full
  quarters. An implausible quarter is marked and still counts. Wages hold neither military nor self-employment, nor what no exchange returns.
citation: Domain defaults for wage records; full-quarter employment as in the Quarterly Workforce Indicators
grain: [person_id, quarter]
# out_of_state: include or exclude what an exchange of wage records returned of other states and of federal employers.
# wages_through (such as "20244") states how far the data go; empty: as far as the pipeline says of the source (`data_through:`), else as far as they reach. It is asked for full quarters only.
parameters: { max_employers: 20, max_wages: "250000.00", out_of_state: include, wages_through: "" }
choices: { out_of_state: [include, exclude] }
effective: { from: 2019-07-01 }
zone: linked
owner: State CTE data team
columns:
  - { name: person_id, type: text, label: Person, sensitivity: quasi }
  - { name: quarter, type: int32, label: Calendar quarter, definition: year * 4 + quarter - 1, sensitivity: quasi }
  - { name: wages, type: "decimal(14,2)", label: Wages of the quarter, definition: All employers, sensitivity: quasi }
  - { name: out_of_state_wages, type: "decimal(14,2)", label: Wages of other states and federal employers, definition: Among the wages of the quarter, sensitivity: quasi }
  - { name: employment_source, type: text, label: Source of the wages, definition: "Of several the smallest code: 01 is this state; empty where nothing was paid", sensitivity: quasi, code_set: employment_source }
  - { name: n_employers, type: int32, label: Employers of this state who paid, sensitivity: quasi }
  - { name: naics_sector, type: text, label: Industry of the primary employer, definition: "NAICS sector of the employer who paid most; empty if not known", sensitivity: quasi, code_set: naics_sector }
  - { name: county, type: text, label: County of the primary employer, definition: Empty where no employer of this state paid, sensitivity: quasi }
  - { name: full_quarter, type: boolean, label: Full quarter, definition: "One employer paid in the quarter before, in this and in the next; empty where that quarter has not been delivered or other states alone paid", sensitivity: quasi }
  - { name: negative, type: boolean, label: Negative wages counted as none, sensitivity: quasi }
  - { name: implausible, type: boolean, label: Implausible, definition: More employers or wages than a person has, sensitivity: quasi }
--- */
WITH leavers AS (
    SELECT person_id FROM secondary_exit
    UNION
    SELECT person_id FROM postsecondary_completion
),
reach AS (
    SELECT CAST(first_quarter AS INT) / 10 * 4 + CAST(first_quarter AS INT) % 10 - 1 AS first_quarter,
           CAST(last_quarter AS INT) / 10 * 4 + CAST(last_quarter AS INT) % 10 - 1 AS last_quarter
    FROM (SELECT min(year_quarter) AS first_quarter, COALESCE(NULLIF($wages_through, ''), (SELECT max(last_quarter) FROM source_reach WHERE source = 'ui_wages'), max(year_quarter)) AS last_quarter FROM ui_wages) AS r
),
by_employer AS (
    SELECT w.person_id, CAST(w.year_quarter AS INT) / 10 * 4 + CAST(w.year_quarter AS INT) % 10 - 1 AS quarter, w.employer_account,
           sum(w.wages) AS net
    FROM leavers AS l
    JOIN ui_wages AS w ON l.person_id = w.person_id
    GROUP BY w.person_id, CAST(w.year_quarter AS INT) / 10 * 4 + CAST(w.year_quarter AS INT) % 10 - 1, w.employer_account
),
here AS (
    -- The primary employer is in the greatest "cents and account", where the account is counted down, so that the smallest stands.
    SELECT person_id, quarter, sum(CASE WHEN net > 0 THEN net ELSE 0 END) AS wages, sum(CASE WHEN net > 0 THEN 1 ELSE 0 END) AS n_employers,
           max(CASE WHEN net > 0 THEN CAST(net * 100 AS DECIMAL(38, 0)) * 10000000000 + (9999999999 - CAST(employer_account AS BIGINT)) END)
             % 10000000000 AS counted_down,
           bool_or(net < 0) AS negative
    FROM by_employer
    GROUP BY person_id, quarter
),
elsewhere AS (
    SELECT s.person_id, CAST(s.year_quarter AS INT) / 10 * 4 + CAST(s.year_quarter AS INT) % 10 - 1 AS quarter,
           sum(s.wages) AS wages, min(s.employment_source) AS employment_source
    FROM leavers AS l
    JOIN wages_out_of_state AS s ON l.person_id = s.person_id
    WHERE s.wages > 0 AND $out_of_state <> 'exclude'
    GROUP BY s.person_id, CAST(s.year_quarter AS INT) / 10 * 4 + CAST(s.year_quarter AS INT) % 10 - 1
),
quarters AS (
    -- At most one row of this state and one of all others; of two sources the smaller code stands.
    SELECT COALESCE(h.person_id, e.person_id) AS person_id, COALESCE(h.quarter, e.quarter) AS quarter,
           COALESCE(h.wages, 0) + COALESCE(e.wages, 0) AS wages, COALESCE(e.wages, 0) AS out_of_state_wages,
           LEAST(CASE WHEN h.n_employers > 0 THEN '01' END, e.employment_source) AS employment_source,
           COALESCE(h.n_employers, 0) AS n_employers, h.counted_down, COALESCE(h.negative, FALSE) AS negative
    FROM elsewhere AS e
    FULL OUTER JOIN here AS h ON e.person_id = h.person_id AND e.quarter = h.quarter
),
spells AS (
    -- The quarters in which an employer paid, a bit for each, sixty to a row, and at both ends the next one of the neighbouring row: so every
    -- quarter stands beside its two neighbours, without joining wages to themselves.
    SELECT e.person_id, e.employer_account, e.quarter / 60 + s.step AS sixty,
           bit_or(CAST(1 AS BIGINT) << CAST(e.quarter % 60 + 1 - 60 * s.step AS BIGINT)) AS paid
    FROM (SELECT 0 AS step UNION ALL SELECT 1 UNION ALL SELECT -1) AS s
    CROSS JOIN by_employer AS e
    WHERE e.net > 0 AND e.quarter % 60 + 1 - 60 * s.step BETWEEN 0 AND 61
    GROUP BY e.person_id, e.employer_account, e.quarter / 60 + s.step
),
runs AS (
    SELECT person_id, sixty, bit_or(paid & (paid << 1)) AS with_before, bit_or(paid & (paid >> 1)) AS with_after,
           bit_or(paid & (paid << 1) & (paid >> 1)) AS with_both
    FROM spells
    GROUP BY person_id, sixty
),
placed AS (
    SELECT CAST(employer_account AS BIGINT) AS account, county,
           CASE WHEN substr(naics, 1, 2) IN ('31', '32', '33') THEN '31-33' WHEN substr(naics, 1, 2) IN ('44', '45') THEN '44-45'
                WHEN substr(naics, 1, 2) IN ('48', '49') THEN '48-49' ELSE substr(naics, 1, 2) END AS naics_sector
    FROM employers
),
joined AS (
    -- The narrow table of each join stands on the left, where the engine holds it in memory.
    SELECT q.*, p.naics_sector, p.county,
           CAST(1 AS BIGINT) << CAST(q.quarter % 60 + 1 AS BIGINT) AS place, r.with_before, r.with_after, r.with_both,
           q.quarter - 1 BETWEEN d.first_quarter AND d.last_quarter AS before_known,
           q.quarter + 1 BETWEEN d.first_quarter AND d.last_quarter AS after_known
    FROM reach AS d
    CROSS JOIN (runs AS r
    RIGHT JOIN (placed AS p
    RIGHT JOIN quarters AS q ON p.account = CAST(9999999999 - q.counted_down AS BIGINT))
                             ON r.person_id = q.person_id AND r.sixty = q.quarter / 60)
)
SELECT person_id, quarter, wages, out_of_state_wages, employment_source, n_employers, naics_sector, county,
       CASE WHEN n_employers = 0 AND out_of_state_wages > 0 THEN NULL
            WHEN n_employers = 0 THEN FALSE
            WHEN with_both & place <> 0 THEN TRUE
            WHEN before_known AND after_known THEN FALSE
            -- Of a neighbour that has not been delivered nothing is known; the other one may still say no.
            WHEN before_known AND with_before & place = 0 THEN FALSE
            WHEN after_known AND with_after & place = 0 THEN FALSE END AS full_quarter,
       negative, n_employers > $max_employers OR wages > CAST($max_wages AS DECIMAL(14, 2)) AS implausible
FROM joined
