-- One row a code that changed and year of the record, and a code of directories, whose year is 0.
WITH reported AS (
    SELECT scheme, code, min(change) AS change, max(current_code) AS current_code, sum(entries) AS entries, count(*) AS sources
    FROM reported_code
    GROUP BY scheme, code
),
keys AS (
    SELECT scheme, code, year FROM code_vintage
    UNION
    SELECT scheme, code, CAST(0 AS INT) FROM reported
)
SELECT k.scheme, k.code, k.year, v.vintage, COALESCE(v.change, r.change) AS change,
       CASE WHEN v.change IS NULL THEN r.current_code ELSE v.current_code END AS current_code,
       COALESCE(v.is_late, FALSE) AS is_late, COALESCE(v.successors, 0) AS successors, COALESCE(v.primaries, 0) AS primary_codes,
       CASE WHEN k.year = 0 THEN COALESCE(r.sources, 0) END AS sources, CASE WHEN k.year = 0 THEN COALESCE(r.entries, 0) END AS entries
FROM keys AS k
LEFT JOIN code_vintage AS v ON v.scheme = k.scheme AND v.code = k.code AND v.year = k.year
LEFT JOIN reported AS r ON r.scheme = k.scheme AND r.code = k.code
