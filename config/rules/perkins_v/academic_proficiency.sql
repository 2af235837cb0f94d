/* ---
id: PV-2S
rule: academic_proficiency
version: 2
title: Academic proficiency of concentrators (2S1, 2S2, 2S3)
says: >
  CTE concentrators who left secondary education in the program year and have an attempt that counts at the high-school assessment of the
  subject, and whether the attempt that stands was proficient: reading or language arts (2S1), mathematics (2S2), science (2S3). An attempt
  counts if it is valid, says whether it is proficient, was taken in one of the grades or in one that is not known, and not after the
  day of the exit, the true one though it be in July or August; the latest stands. A learner without such an attempt has no row: a missing
  score is never "not proficient". A state may take those assessed in the year instead of those who left in it. The year is that of the exit
  itself, as counted, which the table of exits reports a year later.
citation: Perkins V sec. 113(b)(2)(A)(ii)
grain: [person_id, reporting_year, subject]
year: reporting_year
# academic_cohort: exited_in_year | assessed_in_year; attempt: latest | first | highest (a proficient one, then the highest level, then the
# latest); alternate_assessment: include | exclude.
parameters:
  academic_cohort: exited_in_year
  attempt: latest
  alternate_assessment: include
  grades: ["10", "11", "12"]
choices: { academic_cohort: [exited_in_year, assessed_in_year], attempt: [latest, first, highest], alternate_assessment: [include, exclude] }
effective: { from: 2019-07-01 }
zone: linked
owner: State CTE data team
columns:
  - { name: person_id, type: text, label: Person, sensitivity: quasi }
  - { name: reporting_year, type: int32, label: Reporting year, definition: "The program year of the exit, or that of the assessment", sensitivity: quasi }
  - { name: subject, type: text, label: Subject, sensitivity: none, code_set: assessment_subject }
  - { name: indicator, type: text, label: Indicator, definition: "2S1, 2S2 or 2S3", sensitivity: none }
  - { name: is_proficient, type: boolean, label: Proficient or above in the attempt that stands, sensitivity: quasi }
  - { name: performance_level, type: int32, label: Performance level of that attempt, sensitivity: quasi }
  - { name: test_date, type: date, label: Day of that attempt, sensitivity: quasi }
  - { name: alternate, type: boolean, label: That attempt was an alternate assessment, sensitivity: quasi }
  - { name: district_id, type: text, label: District, definition: "That of the exit, or the one that reports the concentrator", sensitivity: quasi }
  - { name: school_id, type: text, label: School, definition: "That of the exit, or the one that reports the concentrator", sensitivity: quasi }
--- */
WITH concentrators AS (
    -- One row a person and year, whatever the programs: the place is that of the status reached last.
    SELECT person_id, reporting_year, max(concat(concentrator_year, '|', district_id, '|', school_id)) AS place
    FROM cte_concentrator_secondary
    GROUP BY person_id, reporting_year
),
counting AS (
    SELECT person_id, school_year, subject, test_date, attempt, proficient, performance_level, alternate
    FROM assessments
    WHERE valid AND proficient IS NOT NULL AND subject IN ('RLA', 'MATH', 'SCI') AND (grade IS NULL OR grade IN ($grades))
      AND ($alternate_assessment = 'include' OR alternate IS NOT TRUE)
),
-- The narrow table of each join stands on the left, where the engine holds it in memory.
leavers AS (
    SELECT x.person_id, x.exit_year, x.exit_date, x.district_id, x.school_id
    FROM (SELECT person_id, reporting_year FROM concentrators) AS c
    JOIN secondary_exit AS x ON x.person_id = c.person_id AND x.exit_year = c.reporting_year
),
attempts AS (
    SELECT l.person_id, l.exit_year AS reporting_year, l.district_id, l.school_id,
           a.subject, a.test_date, a.attempt, a.proficient, a.performance_level, a.alternate
    FROM leavers AS l
    JOIN counting AS a ON a.person_id = l.person_id AND a.test_date <= l.exit_date
    WHERE $academic_cohort = 'exited_in_year'
    UNION ALL
    SELECT c.person_id, c.reporting_year, NULLIF(split_part(c.place, '|', 2), ''), NULLIF(split_part(c.place, '|', 3), ''),
           a.subject, a.test_date, a.attempt, a.proficient, a.performance_level, a.alternate
    FROM concentrators AS c
    JOIN counting AS a ON a.person_id = c.person_id AND a.school_year = c.reporting_year
    WHERE $academic_cohort = 'assessed_in_year'
),
written AS (
    -- Each attempt as text: day (10 characters), number (3), proficient (1), level (2), alternate (1). The number tells attempts of one day
    -- apart; should two records of one person still be alike, the rest settles which stands.
    SELECT person_id, reporting_year, subject, district_id, school_id,
           concat(CAST(test_date AS VARCHAR), lpad(CAST(attempt AS VARCHAR), 3, '0'), CASE WHEN proficient THEN '1' ELSE '0' END,
                  lpad(COALESCE(CAST(performance_level AS VARCHAR), '0'), 2, '0'), CASE WHEN alternate THEN '1' ELSE '0' END) AS said,
           CASE WHEN $attempt = 'highest'
                THEN concat(CASE WHEN proficient THEN '1' ELSE '0' END, lpad(COALESCE(CAST(performance_level AS VARCHAR), '0'), 2, '0'))
                ELSE '' END AS rank
    FROM attempts
),
standing AS (
    -- The place is one and the same in every row of a person and year.
    SELECT person_id, reporting_year, subject, district_id, school_id,
           CASE WHEN $attempt = 'first' THEN min(said) ELSE right(max(concat(rank, said)), 17) END AS said
    FROM written
    GROUP BY person_id, reporting_year, subject, district_id, school_id
)
SELECT person_id, reporting_year, subject, CASE subject WHEN 'RLA' THEN '2S1' WHEN 'MATH' THEN '2S2' WHEN 'SCI' THEN '2S3' END AS indicator,
       substr(said, 14, 1) = '1' AS is_proficient, NULLIF(CAST(substr(said, 15, 2) AS INT), 0) AS performance_level,
       CAST(substr(said, 1, 10) AS DATE) AS test_date, substr(said, 17, 1) = '1' AS alternate, district_id, school_id
FROM standing
