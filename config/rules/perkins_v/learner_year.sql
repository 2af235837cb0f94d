/* ---
id: LRN-YEAR
rule: learner_year
version: 2
title: Learners by reporting year
says: >
  One row for each learner, level and year in which a school or college served them, with the organization that served them last in that
  year and the special populations they belonged to at any time in it. The year after is kept too, marked as not served, because the exit of
  one year is reported in the next; and so is every later year in which a learner is still counted: the year of the cohort, four-year or
  extended, and that in which an exit is reported. So whoever is counted in a year has a status by the rules of that year. College rows from dual enrolment belong to the secondary level and make no postsecondary
  year: those that the college marks, and those that began on or before the last counted day at school.
  Only a parent on active duty makes a learner military-connected.
citation: Perkins V sec. 3(48); domain defaults for attributes
grain: [person_id, reporting_year, level]
year: reporting_year
parameters: { dual_level: secondary, military_codes: [ActiveDuty], not_enrolled: [W, D, A], lag_years: 1 }
choices: { dual_level: [secondary, postsecondary, both] }
effective: { from: 2014-07-01 }
zone: linked
owner: State CTE data team
columns:
  - { name: person_id, type: text, label: Person, sensitivity: quasi }
  - { name: reporting_year, type: int32, label: Reporting year, definition: The year in which the program year ends, sensitivity: quasi }
  - { name: level, type: text, label: Level, definition: secondary or postsecondary, sensitivity: quasi }
  - { name: served, type: boolean, label: Served in the year, definition: "False in the year after the last service, and in later ones in which the learner is still counted", sensitivity: quasi }
  - { name: district_id, type: text, label: Last district in the year, definition: Empty for colleges, sensitivity: quasi }
  - { name: school_id, type: text, label: Last school or college in the year, sensitivity: quasi }
  - { name: grade, type: text, label: Highest grade in the year, sensitivity: quasi, code_set: grade_level }
  - { name: econ_disadvantaged, type: boolean, label: Economically disadvantaged, definition: "Postsecondary: received a Pell grant", sensitivity: quasi }
  - { name: disability, type: boolean, label: Disability, definition: "Secondary: IDEA; postsecondary: ADA", sensitivity: quasi }
  - { name: english_learner, type: boolean, label: English learner, sensitivity: quasi }
  - { name: homeless, type: boolean, label: Homeless, sensitivity: quasi }
  - { name: foster_care, type: boolean, label: In or aged out of foster care, sensitivity: quasi }
  - { name: migrant, type: boolean, label: Migrant, sensitivity: quasi }
  - { name: single_parent, type: boolean, label: Single parent, sensitivity: quasi }
  - { name: out_of_workforce, type: boolean, label: Out-of-workforce individual, sensitivity: quasi }
  - { name: military_parent, type: boolean, label: Parent on active duty, sensitivity: quasi }
  - { name: only_counted, type: boolean, label: Only still counted, definition: "Served neither in the year nor in the one before: a cohort or the report of an exit counts the learner", sensitivity: quasi }
--- */
WITH school AS (
    -- `place` sorts the rows of a year: enrolment before courses, then the latest day; the organization is its last part.
    SELECT person_id, school_year AS year,
           concat('2', COALESCE(CAST(entry_date AS VARCHAR), '0000-00-00'), COALESCE(CAST(exit_date AS VARCHAR), '9999-12-31'),
                  '|', district_id, '|', school_id) AS place,
           grade, econ_disadvantaged, disability, english_learner, homeless, foster_care, migrant, single_parent, out_of_workforce,
           military_connected IN ($military_codes) AS military_parent
    FROM k12_enrollment
    UNION ALL
    SELECT person_id, school_year,
           concat('1', COALESCE(CAST(completion_date AS VARCHAR), '0000-00-00'), '|', district_id, '|', school_id),
           CAST(NULL AS VARCHAR), CAST(NULL AS BOOLEAN), CAST(NULL AS BOOLEAN), CAST(NULL AS BOOLEAN), CAST(NULL AS BOOLEAN),
           CAST(NULL AS BOOLEAN), CAST(NULL AS BOOLEAN), CAST(NULL AS BOOLEAN), CAST(NULL AS BOOLEAN), CAST(NULL AS BOOLEAN)
    FROM cte_courses
),
left_school AS (
    SELECT person_id, max(counted_exit_date) AS last_day FROM secondary_exit GROUP BY person_id
),
college AS (
    -- Not every college marks dual enrolment; of who has left school the day tells it as well.
    SELECT p.person_id, p.academic_year AS year,
           concat('2', CAST(p.term_begin AS VARCHAR), CAST(p.term_end AS VARCHAR), '||', p.college_id) AS place, p.pell, p.ps_disability
    FROM left_school AS x
    RIGHT JOIN ps_enrollment AS p ON x.person_id = p.person_id
    WHERE p.enrollment_status NOT IN ($not_enrolled)
      AND ($dual_level <> 'secondary' OR (p.dual_enrolled IS NOT TRUE AND (x.last_day IS NULL OR p.term_begin > x.last_day)))
),
school_years AS (
    SELECT person_id, year, max(place) AS place, max(grade) AS grade,
           bool_or(econ_disadvantaged) AS econ_disadvantaged, bool_or(disability) AS disability, bool_or(english_learner) AS english_learner,
           bool_or(homeless) AS homeless, bool_or(foster_care) AS foster_care, bool_or(migrant) AS migrant,
           bool_or(single_parent) AS single_parent, bool_or(out_of_workforce) AS out_of_workforce, bool_or(military_parent) AS military_parent
    FROM school
    GROUP BY person_id, year
),
at_school AS (
    -- The years in which a school served a learner, a bit for each.
    SELECT person_id, bit_or(CAST(1 AS BIGINT) << CAST(school_year % 60 AS BIGINT)) AS years
    FROM (SELECT person_id, school_year FROM k12_enrollment UNION ALL SELECT person_id, school_year FROM cte_courses) AS y
    GROUP BY person_id
),
lags AS (
    SELECT 0 AS lag UNION SELECT $lag_years AS lag
),
school_shown AS (
    -- A year after one of service is shown where it is none itself; only the organization passes on to it.
    SELECT y.*, a.lag
    FROM lags AS a
    JOIN (at_school AS n
    RIGHT JOIN school_years AS y ON n.person_id = y.person_id)
            ON a.lag = 0 OR (n.years >> CAST((y.year + a.lag) % 60 AS BIGINT)) & 1 = 0
),
counted AS (
    SELECT person_id, cohort_year AS year FROM graduation_cohort
    UNION ALL SELECT person_id, cohort_year + cohort_length - 4 FROM extended_cohort
    UNION ALL SELECT person_id, reporting_year FROM secondary_exit
),
late AS (
    -- Counted in a year that is neither one of service nor the one after: who left early, and few others.
    SELECT DISTINCT c.person_id, c.year
    FROM at_school AS n
    JOIN counted AS c ON n.person_id = c.person_id
    WHERE (n.years >> CAST(c.year % 60 AS BIGINT)) & 1 = 0 AND (n.years >> CAST((c.year - $lag_years) % 60 AS BIGINT)) & 1 = 0
),
late_shown AS (
    -- They stand with the organization that served them last; the year comes before `place`.
    SELECT l.person_id, l.year, max(concat(s.year, s.place)) AS place
    FROM late AS l
    JOIN school AS s ON s.person_id = l.person_id AND s.year < l.year
    GROUP BY l.person_id, l.year
),
college_years AS (
    -- Of colleges, whose rows are few, the year after stands behind every year of service: '0' comes before '1' and '2'.
    SELECT person_id, year, max(place) AS place, bool_or(pell) AS pell, bool_or(ps_disability) AS ps_disability
    FROM (SELECT c.person_id, c.year + a.lag AS year, CASE WHEN a.lag = 0 THEN c.place ELSE concat('0', c.place) END AS place,
                 CASE WHEN a.lag = 0 THEN c.pell END AS pell, CASE WHEN a.lag = 0 THEN c.ps_disability END AS ps_disability
          FROM lags AS a
          CROSS JOIN college AS c) AS shown
    GROUP BY person_id, year
)
SELECT person_id, year + lag AS reporting_year, 'secondary' AS level, lag = 0 AS served,
       NULLIF(split_part(place, '|', 2), '') AS district_id, NULLIF(split_part(place, '|', 3), '') AS school_id,
       CASE WHEN lag = 0 THEN grade END AS grade, CASE WHEN lag = 0 THEN econ_disadvantaged END AS econ_disadvantaged,
       CASE WHEN lag = 0 THEN disability END AS disability, CASE WHEN lag = 0 THEN english_learner END AS english_learner,
       CASE WHEN lag = 0 THEN homeless END AS homeless, CASE WHEN lag = 0 THEN foster_care END AS foster_care,
       CASE WHEN lag = 0 THEN migrant END AS migrant, CASE WHEN lag = 0 THEN single_parent END AS single_parent,
       CASE WHEN lag = 0 THEN out_of_workforce END AS out_of_workforce, CASE WHEN lag = 0 THEN military_parent END AS military_parent,
       FALSE AS only_counted
FROM school_shown
UNION ALL
SELECT person_id, year, 'secondary', FALSE, NULLIF(split_part(place, '|', 2), ''), NULLIF(split_part(place, '|', 3), ''),
       CAST(NULL AS VARCHAR), CAST(NULL AS BOOLEAN), CAST(NULL AS BOOLEAN), CAST(NULL AS BOOLEAN), CAST(NULL AS BOOLEAN), CAST(NULL AS BOOLEAN),
       CAST(NULL AS BOOLEAN), CAST(NULL AS BOOLEAN), CAST(NULL AS BOOLEAN), CAST(NULL AS BOOLEAN), TRUE
FROM late_shown
UNION ALL
SELECT person_id, year, 'postsecondary', substr(place, 1, 1) <> '0', CAST(NULL AS VARCHAR), NULLIF(split_part(place, '|', 3), ''),
       CAST(NULL AS VARCHAR), pell, ps_disability, CAST(NULL AS BOOLEAN), CAST(NULL AS BOOLEAN), CAST(NULL AS BOOLEAN),
       CAST(NULL AS BOOLEAN), CAST(NULL AS BOOLEAN), CAST(NULL AS BOOLEAN), CAST(NULL AS BOOLEAN), FALSE
FROM college_years
