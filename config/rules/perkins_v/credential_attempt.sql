/* ---
id: PV-CRED
rule: credential_attempt
version: 1
title: Credentials attempted, and what they are worth
says: >
  Every industry credential that a learner attempted in a school year, whether it was passed, and what the state's list of credentials said of
  it on that day: of high value, else recognized, else only listed, else not listed. A credential that stood on the list before or after, but
  not on that day, is not listed. The school year is the one under which the credential was reported.
citation: WIOA sec. 3(52), which Perkins V sec. 3(43) takes over; the state's list of credentials
grain: [person_id, reporting_year, credential_code, earned_date]
year: reporting_year
# on_the_day: false takes what is on the list whatever its first and last day.
parameters: { on_the_day: true }
effective: { from: 2019-07-01 }
zone: linked
owner: State CTE data team
columns:
  - { name: person_id, type: text, label: Person, sensitivity: quasi }
  - { name: reporting_year, type: int32, label: School year, definition: The year in which the school year ends, sensitivity: quasi }
  - { name: credential_code, type: text, label: Credential, sensitivity: quasi }
  - { name: earned_date, type: date, label: Day of the credential, definition: Or of the attempt that failed, sensitivity: quasi }
  - { name: passed, type: boolean, label: Passed, sensitivity: quasi }
  - { name: credential_type, type: text, label: Type, definition: Empty where the credential never stood on the list, sensitivity: quasi, code_set: credential_type }
  - { name: is_listed, type: boolean, label: On the state's list on that day, sensitivity: quasi }
  - { name: is_recognized, type: boolean, label: Recognized postsecondary credential on that day, sensitivity: quasi }
  - { name: is_high_value, type: boolean, label: Of high value on that day, sensitivity: quasi }
  - { name: value, type: text, label: Value on that day, definition: "high_value, else recognized, else listed, else not_listed", sensitivity: quasi }
--- */
WITH attempts AS (
    -- Two records of one learner may be of the same credential and day; if one says that it was passed, it was.
    SELECT person_id, school_year, credential_code, earned_date, bool_or(passed) AS passed
    FROM credentials
    GROUP BY person_id, school_year, credential_code, earned_date
),
listed AS (
    SELECT a.person_id, a.school_year, a.credential_code, a.earned_date, a.passed, l.credential_type,
           l.credential_code IS NOT NULL
             AND (NOT $on_the_day OR ((l.valid_from IS NULL OR l.valid_from <= a.earned_date)
                                      AND (l.valid_to IS NULL OR l.valid_to >= a.earned_date))) AS is_listed,
           COALESCE(l.recognized, FALSE) AS recognized, COALESCE(l.high_value, FALSE) AS high_value
    FROM credential_list AS l
    RIGHT JOIN attempts AS a ON l.credential_code = a.credential_code
)
SELECT person_id, school_year AS reporting_year, credential_code, earned_date, passed, credential_type, is_listed,
       is_listed AND recognized AS is_recognized, is_listed AND high_value AS is_high_value,
       CASE WHEN NOT is_listed THEN 'not_listed' WHEN high_value THEN 'high_value' WHEN recognized THEN 'recognized' ELSE 'listed' END AS value
FROM listed
