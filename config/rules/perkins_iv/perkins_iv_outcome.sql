/* ---
id: P4-OUT
rule: perkins_iv_outcome
version: 2
title: Core indicators of Perkins IV that these sources allow (3S1, 4S1, 6S1, 5P1)
says: >
  School completion (3S1): of concentrators who left secondary education in the year, who earned a diploma, an equivalency certificate or another
  credential that the state takes for one. Graduation (4S1): of concentrators included in the state's certified four-year cohort of the year, who
  graduated. Non-traditional participation (6S1 at school, 5P1 at college): of participants who were served in the year in a program that leads
  to a non-traditional field, who are of the gender that is under-represented in one of them. The codes are those of Perkins IV, under which 4S1 was no indicator of non-traditional fields; these rows stand in a table of their own
  and enter no report of Perkins V.
citation: Perkins IV sec. 113(b)(2); Department of Education non-regulatory guidance on student definitions and measurement approaches
grain: [person_id, reporting_year, indicator]
year: reporting_year
parameters: { completion_types: ["01921", "01922", "03509"] }
effective: { from: 2014-07-01, to: 2019-06-30 }
zone: linked
owner: State CTE data team
columns:
  - { name: person_id, type: text, label: Person, sensitivity: quasi }
  - { name: reporting_year, type: int32, label: Reporting year, definition: The year in which the program year ends, sensitivity: quasi }
  - { name: indicator, type: text, label: Indicator of Perkins IV, definition: "3S1 school completion, 4S1 graduation, 6S1 and 5P1 non-traditional participation", sensitivity: none }
  - { name: level, type: text, label: Level, definition: secondary or postsecondary, sensitivity: none }
  - { name: is_met, type: boolean, label: Counts in the numerator, sensitivity: quasi }
  - { name: district_id, type: text, label: District, definition: "That of the exit, the accountable one, or the last that served; empty for colleges", sensitivity: quasi }
  - { name: school_id, type: text, label: School or college, sensitivity: quasi }
--- */
WITH concentrators AS (
    -- Rows of later years are of another law, under which fewer courses were enough.
    SELECT person_id, min(concentrator_year) AS since FROM cte_concentrator_secondary WHERE reporting_year <= 2019 GROUP BY person_id
),
cohort AS (
    -- If two records of the file are one person, the included and then the graduated one stands.
    SELECT g.*, row_number() OVER (PARTITION BY g.person_id, g.cohort_year
                                   ORDER BY g.included DESC, g.graduated DESC, g.district_id, g.school_id) AS place
    FROM (SELECT person_id, cohort_year, district_id, school_id, included, graduated FROM graduation_cohort WHERE cohort_year <= 2019) AS g
)
SELECT x.person_id, x.exit_year AS reporting_year, '3S1' AS indicator, 'secondary' AS level, x.exit_type IN ($completion_types) AS is_met,
       x.district_id, x.school_id
FROM concentrators AS c
JOIN secondary_exit AS x ON x.person_id = c.person_id AND c.since <= x.exit_year
UNION ALL
SELECT g.person_id, g.cohort_year, '4S1', 'secondary', g.graduated, g.district_id, g.school_id
FROM concentrators AS c
JOIN cohort AS g ON g.person_id = c.person_id AND c.since <= g.cohort_year
WHERE g.place = 1 AND g.included
UNION ALL
SELECT person_id, reporting_year, CASE level WHEN 'secondary' THEN '6S1' ELSE '5P1' END, level, bool_or(is_underrepresented), district_id, school_id
FROM perkins_iv_nontraditional
GROUP BY person_id, reporting_year, level, district_id, school_id
