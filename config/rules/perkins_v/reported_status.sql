/* ---
id: PV-S-REP
rule: reported_status
version: 1
title: CTE status that the agency itself reports, beside ours
says: >
  What the agency calls a learner in a program at the end of a school year, by which of its own definitions, and what the rules of that year call them. A learner
  with several courses of a program in the year has one row: the furthest status stands, with its definition. A course without a status says nothing, and no
  status is carried into later years. Nothing rests on it: no indicator, no report; it shows where two definitions part.
citation: Perkins V sec. 3(12), 3(13); agency definitions in their own words
grain: [person_id, reporting_year, program_code]
year: reporting_year
effective: { from: 2014-07-01 }
zone: linked
owner: State CTE data team
columns:
  - { name: person_id, type: text, label: Person, sensitivity: quasi }
  - { name: reporting_year, type: int32, label: Reporting year, definition: The school year of the courses, sensitivity: quasi }
  - { name: program_code, type: text, label: CTE program, definition: "State program code, else the CIP code", sensitivity: quasi }
  - { name: agency_status, type: text, label: Status by the agency, sensitivity: quasi, code_set: cte_status }
  - { name: agency_definition, type: text, label: The agency's definition behind it, definition: Its name and version in the agency's words, sensitivity: none }
  - { name: own_status, type: text, label: Status by the rules of the year, definition: "Empty where they give none, as before the law's first year", sensitivity: quasi, code_set: cte_status }
--- */
WITH told AS (
    -- The greatest "step and definition" is the furthest status with the definition behind it.
    SELECT person_id, school_year, COALESCE(NULLIF(program_code, ''), cip_code) AS program_code,
           max(concat(CASE agency_status WHEN 'COMPLETER' THEN 3 WHEN 'CONCENTRATOR' THEN 2 ELSE 1 END, agency_definition)) AS furthest
    FROM cte_courses
    WHERE agency_status IS NOT NULL AND COALESCE(NULLIF(program_code, ''), cip_code) IS NOT NULL
    GROUP BY person_id, school_year, COALESCE(NULLIF(program_code, ''), cip_code)
)
SELECT t.person_id, t.school_year AS reporting_year, t.program_code,
       CASE substr(t.furthest, 1, 1) WHEN '3' THEN 'COMPLETER' WHEN '2' THEN 'CONCENTRATOR' ELSE 'PARTICIPANT' END AS agency_status,
       NULLIF(substr(t.furthest, 2), '') AS agency_definition,
       CASE WHEN d.person_id IS NOT NULL THEN 'COMPLETER' WHEN c.person_id IS NOT NULL THEN 'CONCENTRATOR' WHEN p.person_id IS NOT NULL THEN 'PARTICIPANT' END AS own_status
FROM cte_completer_secondary AS d
RIGHT JOIN (cte_concentrator_secondary AS c
RIGHT JOIN (cte_participant_secondary AS p
RIGHT JOIN told AS t ON p.person_id = t.person_id AND p.reporting_year = t.school_year AND p.program_code = t.program_code)
                     ON c.person_id = t.person_id AND c.reporting_year = t.school_year AND c.program_code = t.program_code)
                     ON d.person_id = t.person_id AND d.reporting_year = t.school_year AND d.program_code = t.program_code
