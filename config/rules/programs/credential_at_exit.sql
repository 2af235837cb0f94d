/* ---
id: PRG-CREX
rule: credential_at_exit
version: 1
title: The best credential that a leaver had
says: >
  Of those who left secondary education, the best industry credential that they had passed by the day of the exit, the true one: of high value, else
  recognized, else listed, by the state's list on the day of the credential, else one that was not listed, else none. Of those who completed a CTE
  program of a college, the level of the award that counts as the completion. It stands beside earnings after the exit, in the mart `credential_earnings`.
citation: WIOA sec. 3(52), which Perkins V sec. 3(43) takes over; the state's list of credentials; CEDS 000002
grain: [person_id, level, exit_year]
year: reporting_year
# on_the_day: false takes what is on the list whatever its first and last day. The award levels that are certificates, and those behind a bachelor's degree.
parameters: { lag_years: 1, on_the_day: true, certificates: ["01", "02", "04"], graduate: ["06", "07", "08", "17", "18", "19"] }
effective: { from: 2019-07-01 }
zone: linked
owner: State CTE data team
columns:
  - { name: person_id, type: text, label: Person, sensitivity: quasi }
  - { name: level, type: text, label: Level, definition: "secondary: exits; postsecondary: completions of CTE programs", sensitivity: none }
  - { name: exit_year, type: int32, label: Program year of the exit or completion, definition: The year in which it ends, sensitivity: quasi }
  - { name: reporting_year, type: int32, label: Reporting year, definition: The year after the program year of the exit, sensitivity: quasi }
  - { name: credential, type: text, label: Best credential or award, definition: "high_value, recognized, listed, not_listed or none; certificate, associate, bachelor, graduate or award of another level", sensitivity: quasi }
--- */
WITH passed AS (
    -- The first digit puts them in order, the greatest is the best.
    SELECT c.person_id, c.earned_date,
           CASE WHEN l.credential_code IS NULL
                  OR ($on_the_day AND (c.earned_date < COALESCE(l.valid_from, c.earned_date) OR c.earned_date > COALESCE(l.valid_to, c.earned_date))) THEN '1not_listed'
                WHEN l.high_value THEN '4high_value' WHEN l.recognized THEN '3recognized' ELSE '2listed' END AS credential
    FROM credential_list AS l
    RIGHT JOIN credentials AS c ON l.credential_code = c.credential_code
    WHERE c.passed
),
best AS (
    SELECT x.person_id, x.exit_year, max(p.credential) AS credential
    FROM passed AS p
    JOIN secondary_exit AS x ON p.person_id = x.person_id AND p.earned_date <= x.exit_date
    GROUP BY x.person_id, x.exit_year
)
SELECT x.person_id, 'secondary' AS level, x.exit_year, x.exit_year + $lag_years AS reporting_year, COALESCE(substr(b.credential, 2), 'none') AS credential
FROM best AS b
RIGHT JOIN secondary_exit AS x ON b.person_id = x.person_id AND b.exit_year = x.exit_year
UNION ALL
SELECT person_id, 'postsecondary', completion_year, completion_year + $lag_years,
       CASE WHEN award_level IN ($certificates) THEN 'certificate' WHEN award_level = '03' THEN 'associate' WHEN award_level = '05' THEN 'bachelor'
            WHEN award_level IN ($graduate) THEN 'graduate' ELSE 'award' END
FROM postsecondary_completion
