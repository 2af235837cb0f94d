/* ---
id: LAB-OCC
rule: field_occupation
version: 2
title: Occupations that a field of study prepares for, with their outlook by area
says: >
  Each occupation that the crosswalk gives a field of study, in each area of the projections. Where the projections do not name the
  occupation itself, they are read at the nearest group of occupations that holds it, no wider than the parameter says. Teachers at colleges
  stand in the crosswalk beside nearly every field and are left out, as is the mark that a field prepares for no one occupation. An occupation
  that the projections hold back or do not name in an area keeps its row, without numbers.
citation: Perkins V sec. 134(c)(2)(B)(ii), alignment with in-demand sectors and occupations; thresholds are the state's
grain: [cip_code, soc_code, area]
# roll_up: none | broad (31-1120) | minor (31-1100, 31-1000) | major (31-0000), the widest group that may stand for an occupation.
# state_area: how the projections name the whole state. high_wage_percent: of the median of all occupations in the area.
# in_demand: at least so many openings a year and at least such growth over the ten years.
parameters:
  state_area: ZZ
  all_occupations: 00-0000
  no_match: [99-9999]
  drop_postsecondary_teachers: true
  roll_up: broad
  high_wage_percent: 100
  in_demand_openings: 50
  in_demand_growth: "0.0"
  high_skill_education:
    - Some college, no degree
    - Postsecondary nondegree award
    - Associate's degree
    - Bachelor's degree
    - Master's degree
    - Doctoral or professional degree
choices: { roll_up: [none, broad, minor, major] }
effective: { from: 2019-07-01 }
zone: linked
owner: State labor market information office
columns:
  - { name: cip_code, type: text, label: CIP code (2020), sensitivity: none }
  - { name: soc_code, type: text, label: Occupation (SOC 2018), definition: "As the crosswalk names it, in the vintage of now", sensitivity: none }
  - { name: area, type: text, label: Area, definition: _total for the whole state, sensitivity: none }
  - { name: projected_code, type: text, label: Occupation or group in the projections, definition: Empty where the projections hold none, sensitivity: none }
  - { name: match, type: text, label: How it was found, definition: "exact, group or none", sensitivity: none }
  - { name: openings, type: int64, label: Openings a year, sensitivity: none }
  - { name: employment_base, type: int64, label: Employment in the base year, sensitivity: none }
  - { name: employment_projected, type: int64, label: Projected employment ten years on, sensitivity: none }
  - { name: growth_percent, type: "decimal(6,1)", label: Change over the ten years in per cent, sensitivity: none }
  - { name: median_wage, type: "decimal(12,2)", label: Median annual wage, definition: The published bound where the median lies above it, sensitivity: none }
  - { name: wage_is_bound, type: boolean, label: Only a lower bound of the wage is published, sensitivity: none }
  - { name: high_wage, type: boolean, label: High wage, definition: Median of at least the set share of that of all occupations in the area, sensitivity: none }
  - { name: in_demand, type: boolean, label: In demand, definition: Openings and growth reach what is set, sensitivity: none }
  - { name: high_skill, type: boolean, label: High skill, definition: Typically needs education after high school, sensitivity: none }
--- */
WITH now AS (
    -- Fields and occupations of an older vintage, as a list without a date has them, and what stands for them now.
    SELECT scheme, code, current_code FROM code_vintage WHERE year = 0 AND current_code IS NOT NULL
),
listed AS (
    SELECT COALESCE(f.current_code, c.cip_code) AS cip_code, COALESCE(o.current_code, c.soc_code) AS soc_code
    FROM cip_soc AS c
    LEFT JOIN now AS f ON f.scheme = 'cip' AND f.code = c.cip_code
    LEFT JOIN now AS o ON o.scheme = 'soc' AND o.code = c.soc_code
),
wanted AS (
    SELECT DISTINCT cip_code, soc_code
    FROM listed
    WHERE soc_code NOT IN ($no_match) AND NOT ($drop_postsecondary_teachers AND starts_with(soc_code, '25-1'))
),
areas AS (
    SELECT DISTINCT area FROM projections
),
candidates AS (
    -- The occupation itself, then ever wider groups: 31-1121, 31-1120, 31-1100, 31-1000, 31-0000.
    SELECT cip_code, soc_code, soc_code AS code, 0 AS step FROM wanted
    UNION ALL SELECT cip_code, soc_code, concat(substr(soc_code, 1, 6), '0'), 1 FROM wanted WHERE $roll_up IN ('broad', 'minor', 'major')
    UNION ALL SELECT cip_code, soc_code, concat(substr(soc_code, 1, 5), '00'), 2 FROM wanted WHERE $roll_up IN ('minor', 'major')
    UNION ALL SELECT cip_code, soc_code, concat(substr(soc_code, 1, 4), '000'), 3 FROM wanted WHERE $roll_up IN ('minor', 'major')
    UNION ALL SELECT cip_code, soc_code, concat(substr(soc_code, 1, 3), '0000'), 4 FROM wanted WHERE $roll_up = 'major'
),
nearest AS (
    -- The step is one digit, so the least text is the nearest group.
    SELECT c.cip_code, c.soc_code, p.area, substr(min(concat(c.step, c.code)), 2) AS code
    FROM candidates AS c
    JOIN projections AS p ON p.soc_code = c.code
    GROUP BY c.cip_code, c.soc_code, p.area
)
SELECT w.cip_code, w.soc_code, CASE WHEN a.area = $state_area THEN '_total' ELSE a.area END AS area,
       n.code AS projected_code,
       CASE WHEN n.code IS NULL THEN 'none' WHEN n.code = w.soc_code THEN 'exact' ELSE 'group' END AS match,
       p.annual_openings AS openings, p.employment_base, p.employment_projected, p.growth_percent, p.median_wage,
       starts_with(p.median_wage_published, '>') AS wage_is_bound,
       p.median_wage * 100 >= e.median_wage * $high_wage_percent AS high_wage,
       p.annual_openings >= $in_demand_openings AND p.growth_percent >= CAST($in_demand_growth AS DECIMAL(6, 1)) AS in_demand,
       p.entry_education IN ($high_skill_education) AS high_skill
FROM wanted AS w
CROSS JOIN areas AS a
LEFT JOIN nearest AS n ON n.cip_code = w.cip_code AND n.soc_code = w.soc_code AND n.area = a.area
LEFT JOIN projections AS p ON p.area = a.area AND p.soc_code = n.code
LEFT JOIN projections AS e ON e.area = a.area AND e.soc_code = $all_occupations
