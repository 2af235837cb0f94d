/* ---
id: PV-2P1
rule: credential_2p1
version: 2
title: Recognized postsecondary credential of those who left a college (2P1)
says: >
  Postsecondary CTE concentrators who left, and whether they earned a recognized postsecondary credential while they took part or within a
  year after. A concentrator has left in a program year in which a college served them, if none served them in the next; whoever comes back
  later has left all the same, and may leave again, so that a row once reported stands. What counts: a degree or certificate of a college, of
  any program; a credential that is recognized and was on the state's list on its day; an occupational licence; a completed registered
  apprenticeship. It is dated from the first term at college, dual enrolment apart, to the given number of days after the end of the last term
  of that year that served them: who completed the program has its award, which counts itself. A leave of one program year is reported two
  years later, and is not yet measurable before the terms of the year after, up to its spring, and of the whole time given have been delivered.
citation: Perkins V sec. 113(b)(2)(B)(ii) and 3(43)
grain: [person_id, reporting_year]
year: reporting_year
# year_whole_on: a program year has been delivered when terms have come that end on this day of it (month-day) or later. postsecondary_through (a
# day) states how far the terms go; empty: as far as they reach.
parameters:
  within_days: 365
  lag_years: 2
  not_enrolled: [W, D, A]
  dual_level: secondary
  year_whole_on: "05-01"
  postsecondary_through: ""
  occupational_licences: [CNA, COSMO, CDL, ELEC, EMT, CHILD, GUARD]
choices: { dual_level: [secondary, postsecondary, both] }
effective: { from: 2019-07-01 }
zone: linked
owner: State CTE data team
columns:
  - { name: person_id, type: text, label: Person, sensitivity: quasi }
  - { name: reporting_year, type: int32, label: Year in which the leave is reported, sensitivity: quasi }
  - { name: exit_year, type: int32, label: Program year of the leave, definition: The last in which a college served the learner before one in which none did, sensitivity: quasi }
  - { name: is_met, type: boolean, label: Earned a credential that counts, sensitivity: quasi }
  - { name: credential_source, type: text, label: Kind of the credential, definition: "award, credential, licence or apprenticeship: the first of these in this order", sensitivity: quasi }
  - { name: credential_date, type: date, label: Day of the credential, definition: The first of that kind, sensitivity: quasi }
  - { name: measurable, type: boolean, label: The time has been delivered, definition: False while the terms do not reach the spring of the next year and the end of the time given, sensitivity: none }
  - { name: school_id, type: text, label: Last college that served in that year, sensitivity: quasi }
--- */
WITH reach AS (
    SELECT max(academic_year) AS last_year, COALESCE(CAST(NULLIF($postsecondary_through, '') AS DATE), (SELECT max(data_through) FROM source_reach WHERE source = 'ps_enrollment'), max(term_end)) AS last_day
    FROM ps_enrollment
),
concentrators AS (
    SELECT person_id, min(concentrator_year) AS since FROM cte_concentrator_postsecondary GROUP BY person_id
),
served AS (
    SELECT person_id, reporting_year AS year, school_id FROM learner_year WHERE level = 'postsecondary' AND served
),
leaves AS (
    -- Of a year of which no term has come at all, nobody is said to have been away.
    SELECT y.person_id, y.year, y.school_id, r.last_day
    -- Beside a CROSS JOIN the many rows stand on the right: on the left each of them would come back in a batch by itself.
    FROM reach AS r
    CROSS JOIN ((SELECT person_id, year - 1 AS year FROM served) AS n
    RIGHT ANTI JOIN served AS y ON n.person_id = y.person_id AND n.year = y.year)
    WHERE y.year < r.last_year
),
-- The narrow table of each join stands on the left, where the engine holds it in memory.
leavers AS (
    SELECT l.*
    FROM concentrators AS c
    JOIN leaves AS l ON l.person_id = c.person_id AND c.since <= l.year
),
left_school AS (
    SELECT person_id, max(counted_exit_date) AS last_day FROM secondary_exit GROUP BY person_id
),
terms AS (
    -- Dual enrolment as in `learner_year`; a term that was not attended belongs to the stay, but does not make it longer.
    SELECT p.person_id, p.academic_year, p.term_begin,
           CASE WHEN p.enrollment_status IS NULL OR p.enrollment_status NOT IN ($not_enrolled) THEN p.term_end END AS term_end
    FROM left_school AS x
    RIGHT JOIN (SELECT p.* FROM (SELECT DISTINCT person_id FROM leavers) AS l JOIN ps_enrollment AS p ON p.person_id = l.person_id) AS p
            ON x.person_id = p.person_id
    WHERE $dual_level <> 'secondary' OR (p.dual_enrolled IS NOT TRUE AND (x.last_day IS NULL OR p.term_begin > x.last_day))
),
dated AS (
    SELECT l.person_id, l.year, l.school_id, min(t.term_begin) AS first_day,
           max(CASE WHEN t.academic_year = l.year THEN t.term_end END) + $within_days AS last_day,
           make_date(l.year + 1, CAST(split_part($year_whole_on, '-', 1) AS INT), CAST(split_part($year_whole_on, '-', 2) AS INT)) AS whole_on,
           l.last_day AS delivered
    FROM leavers AS l
    JOIN terms AS t ON t.person_id = l.person_id
    GROUP BY l.person_id, l.year, l.school_id, l.last_day
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
    SELECT d.person_id, d.year, min(concat(e.place, e.day)) AS first
    FROM dated AS d
    JOIN earned AS e ON e.person_id = d.person_id AND e.day >= d.first_day AND e.day <= d.last_day
    GROUP BY d.person_id, d.year
)
SELECT d.person_id, d.year + $lag_years AS reporting_year, d.year AS exit_year, c.first IS NOT NULL AS is_met,
       CASE substr(c.first, 1, 1) WHEN '1' THEN 'award' WHEN '2' THEN 'credential' WHEN '3' THEN 'licence' WHEN '4' THEN 'apprenticeship' END
           AS credential_source,
       CAST(substr(c.first, 2) AS DATE) AS credential_date,
       COALESCE(d.delivered >= d.whole_on AND d.delivered >= d.last_day, FALSE) AS measurable, d.school_id
FROM counted AS c
RIGHT JOIN dated AS d ON c.person_id = d.person_id AND c.year = d.year
