/* ---
id: LAB-DEM
rule: program_demand
version: 2
title: Openings, growth and wages behind programs, fields, clusters and areas
says: >
  What the labour market offers those who complete a program, a field of study (CIP code), a career cluster, or any program: the openings a year
  of the occupations that it prepares for. Within one row every occupation counts once, and one that lies within a group of occupations that
  is counted too does not count beside it. An occupation that several programs prepare for is counted in each of them, so rows must not be
  summed; openings are not shared out among programs. Growth is that of all the occupations together. The wage is the mean of the
  occupations' medians, weighted by employment; it is no median itself.
citation: Perkins V sec. 134(c)(2)(B)(ii); thresholds are the state's
grain: [kind, program_code, cip_code, career_cluster, area]
# In per cent of the openings: fewer completers than the one are a shortage, more than the other a surplus.
parameters: { shortage_below: 80, surplus_above: 120 }
effective: { from: 2019-07-01 }
zone: linked
owner: State labor market information office
columns:
  - { name: kind, type: text, label: What the row is about, definition: "program_code, cip_code, career_cluster or total", sensitivity: none }
  - { name: program_code, type: text, label: Program, definition: _total where the row is about no single program, sensitivity: none }
  - { name: cip_code, type: text, label: CIP code (2020), definition: "That of now; _total where the row is about no single field", sensitivity: none }
  - { name: career_cluster, type: text, label: Career cluster of the sixteen, definition: _total where the row is about no single cluster, sensitivity: none, code_set: cluster16 }
  - { name: area, type: text, label: Area, definition: _total for the whole state, sensitivity: none }
  - { name: occupations, type: int32, label: Occupations or groups counted, sensitivity: none }
  - { name: occupations_grouped, type: int32, label: Of these read at a group, sensitivity: none }
  - { name: occupations_missing, type: int32, label: Occupations without openings in the projections, definition: The openings are at least those shown, sensitivity: none }
  - { name: openings, type: int64, label: Openings a year, definition: Empty where no occupation has any number, sensitivity: none }
  - { name: openings_high_wage, type: int64, label: Openings in high-wage occupations, definition: Of those with a published wage, sensitivity: none }
  - { name: openings_in_demand, type: int64, label: Openings in occupations in demand, sensitivity: none }
  - { name: openings_high_skill, type: int64, label: Openings in high-skill occupations, sensitivity: none }
  - { name: employment_base, type: int64, label: Employment in the base year, sensitivity: none }
  - { name: employment_projected, type: int64, label: Projected employment ten years on, sensitivity: none }
  - { name: growth_percent, type: float64, label: Change over the ten years in per cent, definition: Of all counted occupations together, sensitivity: none }
  - { name: median_wage, type: "decimal(12,2)", label: Mean of the median annual wages, definition: "Weighted by employment, of occupations with a wage", sensitivity: none }
  - { name: median_wage_low, type: "decimal(12,2)", label: Lowest of the median annual wages, sensitivity: none }
  - { name: median_wage_high, type: "decimal(12,2)", label: Highest of the median annual wages, sensitivity: none }
  - { name: wage_is_bound, type: boolean, label: One of the wages is only a lower bound, sensitivity: none }
  - { name: shortage_below, type: int32, label: Shortage below so many per cent, definition: Completers in per cent of openings, sensitivity: none }
  - { name: surplus_above, type: int32, label: Surplus above so many per cent, definition: Completers in per cent of openings, sensitivity: none }
--- */
WITH taught AS (
    -- The directory bears no date; a field of an older vintage stands under the code of now, as the crosswalk to occupations does.
    SELECT p.program_code, COALESCE(v.current_code, p.cip_code) AS cip_code, COALESCE(p.cluster16, '_unknown') AS career_cluster
    FROM (SELECT code, current_code FROM code_vintage WHERE scheme = 'cip' AND year = 0 AND current_code IS NOT NULL) AS v
    RIGHT JOIN programs AS p ON v.code = p.cip_code
),
members AS (
    SELECT 'program_code' AS kind, program_code, cip_code, career_cluster, cip_code AS field FROM taught
    UNION ALL SELECT DISTINCT 'cip_code' AS kind, '_total' AS program_code, cip_code, '_total' AS career_cluster, cip_code AS field FROM taught
    UNION ALL SELECT DISTINCT 'career_cluster' AS kind, '_total' AS program_code, '_total' AS cip_code, career_cluster, cip_code AS field FROM taught
    UNION ALL SELECT DISTINCT 'total' AS kind, '_total' AS program_code, '_total' AS cip_code, '_total' AS career_cluster, cip_code AS field FROM taught
),
keys AS (
    SELECT DISTINCT m.kind, m.program_code, m.cip_code, m.career_cluster, a.area
    FROM members AS m
    CROSS JOIN (SELECT DISTINCT area FROM field_occupation) AS a
),
found AS (
    SELECT m.kind, m.program_code, m.cip_code, m.career_cluster, o.area, o.soc_code, o.projected_code, o.match, o.openings, o.employment_base,
           o.employment_projected, o.median_wage, o.wage_is_bound, o.high_wage, o.in_demand, o.high_skill
    FROM members AS m
    JOIN field_occupation AS o ON o.cip_code = m.field
),
occupations AS (
    -- One row an occupation of the projections, however many fields or crosswalk codes lead to it; its numbers are the same in all of them.
    SELECT kind, program_code, cip_code, career_cluster, area, projected_code, bool_or(match = 'group') AS is_grouped, max(openings) AS openings,
           max(employment_base) AS employment_base, max(employment_projected) AS employment_projected, max(median_wage) AS median_wage,
           bool_or(wage_is_bound) AS wage_is_bound, bool_or(high_wage) AS high_wage, bool_or(in_demand) AS in_demand, bool_or(high_skill) AS high_skill
    FROM found
    WHERE projected_code IS NOT NULL
    GROUP BY kind, program_code, cip_code, career_cluster, area, projected_code
),
counted AS (
    SELECT o.*
    FROM occupations AS o
    WHERE NOT EXISTS (SELECT 1 FROM occupations AS g
                      WHERE g.kind = o.kind AND g.program_code = o.program_code AND g.cip_code = o.cip_code AND g.career_cluster = o.career_cluster
                        AND g.area = o.area AND g.projected_code LIKE '%0' AND g.projected_code <> o.projected_code
                        AND starts_with(o.projected_code, rtrim(g.projected_code, '0')))
),
numbers AS (
    SELECT kind, program_code, cip_code, career_cluster, area, count(*) AS occupations, sum(CASE WHEN is_grouped THEN 1 ELSE 0 END) AS occupations_grouped,
           sum(openings) AS openings,
           sum(CASE WHEN high_wage THEN openings WHEN openings IS NOT NULL THEN 0 END) AS openings_high_wage,
           sum(CASE WHEN in_demand THEN openings WHEN openings IS NOT NULL THEN 0 END) AS openings_in_demand,
           sum(CASE WHEN high_skill THEN openings WHEN openings IS NOT NULL THEN 0 END) AS openings_high_skill,
           sum(employment_base) AS employment_base, sum(employment_projected) AS employment_projected,
           sum(CASE WHEN employment_projected IS NOT NULL THEN employment_base END) AS grown_from,
           sum(CASE WHEN employment_base IS NOT NULL THEN employment_projected END) AS grown_to,
           sum(median_wage * employment_base) AS wage_sum, sum(CASE WHEN median_wage IS NOT NULL THEN employment_base END) AS wage_weight,
           min(median_wage) AS median_wage_low, max(median_wage) AS median_wage_high, bool_or(wage_is_bound) AS wage_is_bound
    FROM counted
    GROUP BY kind, program_code, cip_code, career_cluster, area
),
missing AS (
    SELECT kind, program_code, cip_code, career_cluster, area, count(*) AS occupations_missing
    FROM (SELECT DISTINCT kind, program_code, cip_code, career_cluster, area, soc_code FROM found WHERE openings IS NULL) AS without
    GROUP BY kind, program_code, cip_code, career_cluster, area
)
SELECT k.kind, k.program_code, k.cip_code, k.career_cluster, k.area, COALESCE(n.occupations, 0) AS occupations,
       COALESCE(n.occupations_grouped, 0) AS occupations_grouped, COALESCE(m.occupations_missing, 0) AS occupations_missing,
       n.openings, n.openings_high_wage, n.openings_in_demand, n.openings_high_skill, n.employment_base, n.employment_projected,
       CASE WHEN n.grown_from > 0 THEN arrow_cast(100 * (n.grown_to - n.grown_from), 'Float64') / arrow_cast(n.grown_from, 'Float64') END AS growth_percent,
       CASE WHEN n.wage_weight > 0 THEN CAST(n.wage_sum / n.wage_weight AS DECIMAL(12, 2)) END AS median_wage,
       n.median_wage_low, n.median_wage_high, n.wage_is_bound, $shortage_below AS shortage_below, $surplus_above AS surplus_above
FROM keys AS k
LEFT JOIN numbers AS n ON n.kind = k.kind AND n.program_code = k.program_code AND n.cip_code = k.cip_code AND n.career_cluster = k.career_cluster
                      AND n.area = k.area
LEFT JOIN missing AS m ON m.kind = k.kind AND m.program_code = k.program_code AND m.cip_code = k.cip_code AND m.career_cluster = k.career_cluster
                      AND m.area = k.area
