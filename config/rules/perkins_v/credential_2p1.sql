/* ---
id: PV-2P1
rule: credential_2p1
version: 1
title: Recognized postsecondary credential of those who left a college (2P1)
says: >
  Postsecondary CTE concentrators who left, and whether they earned a recognized postsecondary credential while they took part or within a
  year after the program year in which they left. A concentrator has left when the year after the last one in which a college served them
  has been delivered, and no college served them in it; only this last leave counts. What counts: a degree or certificate of a college, of
  any program; a credential that is recognized and was on the state's list on its day; an occupational licence; a completed registered
  apprenticeship. It is dated from the first term at college, dual enrolment apart, to the given number of days after 30 June of the year of
  the leave. A leave of one program year is reported two years later.
citation: Perkins V sec. 113(b)(2)(B)(ii) and 3(43)
grain: [person_id, reporting_year]
year: reporting_year
parameters:
  within_days: 365
  lag_years: 2
  occupational_licences: [CNA, COSMO, CDL, ELEC, EMT, CHILD, GUARD]
effective: { from: 2019-07-01 }
zone: linked
owner: State CTE data team
columns:
  - { name: person_id, type: text, label: Person, sensitivity: quasi }
  - { name: reporting_year, type: int32, label: Year in which the leave is reported, sensitivity: quasi }
  - { name: exit_year, type: int32, label: Program year of the leave, definition: The last in which a college served the learner, sensitivity: quasi }
  - { name: is_met, type: boolean, label: Earned a credential that counts, sensitivity: quasi }
  - { name: credential_source, type: text, label: Kind of the credential, definition: "award, credential, licence or apprenticeship: the first of these in this order", sensitivity: quasi }
  - { name: credential_date, type: date, label: Day of the credential, definition: The first of that kind, sensitivity: quasi }
  - { name: school_id, type: text, label: Last college that served, sensitivity: quasi }
--- */
WITH reach AS (
    SELECT max(academic_year) AS last_year FROM ps_enrollment
),
concentrators AS (
    SELECT person_id, min(concentrator_year) AS since FROM cte_concentrator_postsecondary GROUP BY person_id
),
last_years AS (
    -- Of each learner the greatest "year and college"; a year has one row.
    SELECT person_id, max(concat(reporting_year, COALESCE(school_id, ''))) AS place
    FROM learner_year
    WHERE level = 'postsecondary' AND served
    GROUP BY person_id
),
-- The narrow table of each join stands on the left, where the engine holds it in memory.
leavers AS (
    SELECT l.person_id, CAST(substr(l.place, 1, 4) AS INT) AS exit_year, NULLIF(substr(l.place, 5), '') AS school_id,
           make_date(CAST(substr(l.place, 1, 4) AS INT), 6, 30) + $within_days AS last_day
    FROM concentrators AS c
    JOIN last_years AS l ON l.person_id = c.person_id AND c.since <= CAST(substr(l.place, 1, 4) AS INT)
    CROSS JOIN reach AS r
    WHERE CAST(substr(l.place, 1, 4) AS INT) < r.last_year
),
begun AS (
    SELECT l.person_id, l.last_day, min(p.term_begin) AS first_day
    FROM leavers AS l
    JOIN ps_enrollment AS p ON p.person_id = l.person_id
    WHERE p.dual_enrolled IS NOT TRUE
    GROUP BY l.person_id, l.last_day
),
earned AS (
    SELECT person_id, 1 AS place, award_date AS day FROM ps_awards
    UNION ALL
    SELECT c.person_id, 2, c.earned_date
    FROM credential_list AS l
    JOIN credentials AS c ON l.credential_code = c.credential_code
    WHERE c.passed AND l.recognized AND (l.valid_from IS NULL OR c.earned_date >= l.valid_from) AND (l.valid_to IS NULL OR c.earned_date <= l.valid_to)
    UNION ALL
    SELECT person_id, 3, issued FROM licences WHERE licence_type IN ($occupational_licences)
    UNION ALL
    SELECT person_id, 4, end_date FROM apprenticeships WHERE status = 'COMPLETED'
),
counted AS (
    -- The least "kind and day" is the first day of the first kind.
    SELECT b.person_id, min(concat(e.place, e.day)) AS first
    FROM begun AS b
    JOIN earned AS e ON e.person_id = b.person_id AND e.day >= b.first_day AND e.day <= b.last_day
    GROUP BY b.person_id
)
SELECT l.person_id, l.exit_year + $lag_years AS reporting_year, l.exit_year, c.first IS NOT NULL AS is_met,
       CASE substr(c.first, 1, 1) WHEN '1' THEN 'award' WHEN '2' THEN 'credential' WHEN '3' THEN 'licence' WHEN '4' THEN 'apprenticeship' END
           AS credential_source,
       CAST(substr(c.first, 2) AS DATE) AS credential_date, l.school_id
FROM counted AS c
RIGHT JOIN leavers AS l ON l.person_id = c.person_id
