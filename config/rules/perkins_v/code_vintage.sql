/* ---
id: CLS-VINT
rule: code_vintage
version: 1
title: A code of an older vintage in the vintage that stands now
says: >
  How a code that changed is read in a record of a year, and which code stands for it now. Before the newer vintage began the code means what it meant
  in the older one; from then on it is read in the newer one where that has it, and else it came late and is read as before. Of several successors the
  primary stands; where none is named, or there is no successor, no code stands for it, and those who join by it keep it as it was reported. Two primaries of one
  code stop the release. A list without a date is read as of now, and has the year 0. Whatever code is not here did not change.
citation: NCES, CIP 2020 and its crosswalk from CIP 2010; OMB, Standard Occupational Classification 2018; OMB, NAICS 2022
grain: [scheme, code, year]
# The years for which codes are read.
parameters: { first_year: 2015, last_year: 2035 }
effective: { from: 2014-07-01 }
zone: linked
owner: State labor market information office
columns:
  - { name: scheme, type: text, label: Classification, definition: "cip, soc or naics", sensitivity: none }
  - { name: code, type: text, label: Code as it was reported, sensitivity: none }
  - { name: year, type: int32, label: Year of the record, definition: "The program year for cip, the calendar year for soc and naics; 0 for lists without a date", sensitivity: none }
  - { name: vintage, type: int32, label: Vintage in which it is read, sensitivity: none }
  - { name: change, type: text, label: What became of it, definition: "unchanged, renamed, split or retired", sensitivity: none }
  - { name: current_code, type: text, label: Code that stands for it now, definition: Empty where none does, sensitivity: none }
  - { name: is_late, type: boolean, label: Reported after its vintage had ended, sensitivity: none }
  - { name: successors, type: int32, label: Codes that took its place, sensitivity: none }
  - { name: primaries, type: int32, label: Primary ones of these, sensitivity: none }
--- */
WITH years AS (
    SELECT CAST(value AS INT) AS year FROM generate_series($first_year, $last_year)
    UNION ALL
    SELECT CAST(0 AS INT) AS year
),
changed AS (
    SELECT scheme, old_code, max(old_vintage) AS old_vintage, max(new_vintage) AS new_vintage, max(since) AS since, sum(CASE WHEN new_code <> '_none' THEN 1 ELSE 0 END) AS successors,
           sum(CASE WHEN is_primary THEN 1 ELSE 0 END) AS primaries, max(CASE WHEN is_primary THEN new_code END) AS primary_code
    FROM code_change
    GROUP BY scheme, old_code
),
kept AS (
    -- Codes of the older vintage that the newer one has too, be it for something else.
    SELECT DISTINCT scheme, new_code AS code FROM code_change WHERE new_code <> '_none'
),
dated AS (
    SELECT c.scheme, c.old_code AS code, y.year, c.old_vintage, c.new_vintage, c.successors, c.primaries, c.primary_code,
           y.year = 0 OR y.year >= c.since AS is_after, k.code IS NOT NULL AS is_kept
    FROM years AS y
    CROSS JOIN (kept AS k
    RIGHT JOIN changed AS c ON k.scheme = c.scheme AND k.code = c.old_code)
)
SELECT scheme, code, year, CASE WHEN is_after AND is_kept THEN new_vintage ELSE old_vintage END AS vintage,
       CASE WHEN is_after AND is_kept THEN 'unchanged' WHEN successors = 0 THEN 'retired' WHEN successors > 1 THEN 'split'
            WHEN primary_code = code THEN 'unchanged' ELSE 'renamed' END AS change,
       CASE WHEN is_after AND is_kept THEN code ELSE primary_code END AS current_code,
       is_after AND NOT is_kept AS is_late, successors, primaries
FROM dated
