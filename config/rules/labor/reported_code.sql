/* ---
id: CLS-REP
rule: reported_code
version: 1
title: Codes of fields, occupations and industries in directories and lists, and what became of them
says: >
  Every CIP, SOC and NAICS code that the directories of programs and employers and the list of credentials hold, with what the newer vintage made of
  it: unchanged, renamed, split, retired; or unknown, where it did not change and no other list has it, such as a code with a slip of the pen. Known is
  a field that the lists of clusters, of occupations by field, of non-traditional fields, or another directory names; an occupation that the list by
  field or the projections (itself or its group) name; and an industry of one of the sectors. Directories bear no date and are read as of now.
citation: A description of the sources; no law asks for it
grain: [scheme, source, code]
effective: { from: 2014-07-01 }
zone: linked
owner: State labor market information office
columns:
  - { name: scheme, type: text, label: Classification, definition: "cip, soc or naics", sensitivity: none }
  - { name: source, type: text, label: Source, sensitivity: none }
  - { name: code, type: text, label: Code as it is reported, sensitivity: none }
  - { name: entries, type: int64, label: Entries that hold it, sensitivity: none }
  - { name: change, type: text, label: What became of it, definition: "unchanged, renamed, split, retired or unknown", sensitivity: none }
  - { name: current_code, type: text, label: Code that stands for it now, definition: Empty where none does, sensitivity: none }
  - { name: is_late, type: boolean, label: Reported after its vintage had ended, sensitivity: none }
--- */
WITH listed AS (
    SELECT 'cip' AS scheme, 'programs' AS source, cip_code AS code FROM programs
    UNION ALL SELECT 'cip', 'credential_list', cip_code FROM credential_list
    UNION ALL SELECT 'soc', 'credential_list', soc_code FROM credential_list
    UNION ALL SELECT 'naics', 'employers', naics FROM employers
),
counted AS (
    SELECT scheme, source, code, count(*) AS entries FROM listed WHERE code IS NOT NULL GROUP BY scheme, source, code
),
lists AS (
    SELECT 'cip' AS scheme, 'cip_cluster' AS list, cip_code AS code FROM cip_cluster
    UNION ALL SELECT 'cip', 'cip_soc', cip_code FROM cip_soc
    UNION ALL SELECT 'cip', 'nontraditional', cip_code FROM nontraditional
    UNION ALL SELECT 'cip', 'programs', cip_code FROM programs
    UNION ALL SELECT 'cip', 'credential_list', cip_code FROM credential_list
    UNION ALL SELECT 'soc', 'cip_soc', soc_code FROM cip_soc
    UNION ALL SELECT 'soc', 'projections', soc_code FROM projections
    UNION ALL SELECT scheme, 'code_change', new_code FROM code_change
),
sectors AS (
    SELECT sector FROM (VALUES ('11'), ('21'), ('22'), ('23'), ('31'), ('32'), ('33'), ('42'), ('44'), ('45'), ('48'), ('49'), ('51'), ('52'), ('53'),
                               ('54'), ('55'), ('56'), ('61'), ('62'), ('71'), ('72'), ('81'), ('92')) AS s (sector)
),
known AS (
    -- A source does not vouch for itself.
    SELECT DISTINCT c.scheme, c.source, c.code
    FROM counted AS c
    JOIN lists AS l ON l.scheme = c.scheme AND l.list <> c.source
                   AND (l.code = c.code OR (c.scheme = 'soc' AND l.code = concat(substr(c.code, 1, 6), '0')))
    UNION
    SELECT c.scheme, c.source, c.code FROM counted AS c JOIN sectors AS s ON c.scheme = 'naics' AND s.sector = substr(c.code, 1, 2)
)
SELECT c.scheme, c.source, c.code, c.entries,
       COALESCE(v.change, CASE WHEN k.code IS NOT NULL THEN 'unchanged' ELSE 'unknown' END) AS change,
       CASE WHEN v.change IS NULL THEN k.code ELSE v.current_code END AS current_code, COALESCE(v.is_late, FALSE) AS is_late
FROM counted AS c
LEFT JOIN code_vintage AS v ON v.scheme = c.scheme AND v.code = c.code AND v.year = 0
LEFT JOIN known AS k ON k.scheme = c.scheme AND k.source = c.source AND k.code = c.code
