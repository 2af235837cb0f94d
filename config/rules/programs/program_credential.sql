/* ---
id: PRG-CRED
rule: program_credential
version: 1
title: Recognized credentials earned in the field of a program
says: >
  A CTE participant who in the program year passed a recognized credential in the field of their program. The credential must stand on the
  state's list on the day on which it was earned. Its field is that of the program where the first digits of their CIP codes agree. A
  credential that is not passed, not recognized or not on the list does not count, and one that the list gives no field counts only where any
  field will do. A learner in two programs of one field has a row in each.
citation: State measure; recognized postsecondary credential as in Perkins V sec. 3(43)
grain: [person_id, reporting_year, level, program_code]
year: reporting_year
# relevant: cip6 | cip4 | cip2 | any, how much of the CIP code of the credential must be that of the program.
parameters: { relevant: cip4, recognized_only: true }
choices: { relevant: [cip6, cip4, cip2, any] }
effective: { from: 2019-07-01 }
zone: linked
owner: State CTE data team
columns:
  - { name: person_id, type: text, label: Person, sensitivity: quasi }
  - { name: reporting_year, type: int32, label: Reporting year, definition: The program year in which the credential was earned, sensitivity: quasi }
  - { name: level, type: text, label: Level, definition: secondary or postsecondary, sensitivity: none }
  - { name: program_code, type: text, label: CTE program, definition: "Program code, else the CIP code", sensitivity: quasi }
  - { name: credentials, type: int32, label: Different credentials, sensitivity: quasi }
  - { name: has_high_value, type: boolean, label: One of them is of high value, sensitivity: quasi }
--- */
WITH earned AS (
    SELECT c.person_id, c.credential_code, l.cip_code, l.high_value,
           CAST(date_part('year', c.earned_date) AS INT) + CASE WHEN date_part('month', c.earned_date) >= 7 THEN 1 ELSE 0 END AS year
    FROM credential_list AS l
    JOIN credentials AS c ON c.credential_code = l.credential_code
    WHERE c.passed AND (l.recognized OR NOT $recognized_only)
      AND (l.valid_from IS NULL OR c.earned_date >= l.valid_from) AND (l.valid_to IS NULL OR c.earned_date <= l.valid_to)
),
participants AS (
    -- The year after the last service is one too, for a credential of the summer; a year in which a cohort alone still counts somebody is none.
    SELECT person_id, reporting_year, 'secondary' AS level, program_code FROM cte_participant_secondary WHERE only_counted IS NOT TRUE
    UNION ALL
    SELECT person_id, reporting_year, 'postsecondary', program_code FROM cte_participant_postsecondary
),
in_program AS (
    -- A program that the directory does not know is named by its CIP code.
    SELECT e.credential_code, e.cip_code AS credential_cip, e.high_value, p.person_id, p.reporting_year, p.level, p.program_code,
           COALESCE(g.cip_code, p.program_code) AS program_cip
    FROM earned AS e
    JOIN participants AS p ON e.person_id = p.person_id AND e.year = p.reporting_year
    LEFT JOIN programs AS g ON g.program_code = p.program_code
)
SELECT person_id, reporting_year, level, program_code, count(DISTINCT credential_code) AS credentials, bool_or(high_value) AS has_high_value
FROM in_program
WHERE $relevant = 'any'
   OR ($relevant = 'cip6' AND credential_cip = program_cip)
   OR ($relevant = 'cip4' AND substr(credential_cip, 1, 5) = substr(program_cip, 1, 5))
   OR ($relevant = 'cip2' AND substr(credential_cip, 1, 2) = substr(program_cip, 1, 2))
GROUP BY person_id, reporting_year, level, program_code
