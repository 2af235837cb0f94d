/* ---
id: PRG-STD
rule: program_standards
version: 1
title: What a program is held against, by year
says: >
  The thresholds of the program scorecard, one row a reporting year. A state sets its own by an override from a year on, and earlier years keep
  theirs. Nothing is judged on fewer learners than the least number. The shipped numbers are examples and no state's policy.
citation: Perkins V sec. 134(c)(2)(B), size, scope and quality; all numbers are the state's
grain: [reporting_year]
year: reporting_year
# min_concentration, min_completion and min_placement are in per cent. min_learners: the fewest on whom a rate is judged.
parameters:
  min_learners: 10
  min_participants: 15
  min_concentration: 40
  min_completion: 30
  min_credential_earners: 1
  min_placement: 60
  accept_surplus: false
effective: { from: 2019-07-01 }
zone: linked
owner: State CTE data team
columns:
  - { name: reporting_year, type: int32, label: Reporting year, definition: The year in which the program year ends, sensitivity: none }
  - { name: min_learners, type: int32, label: Fewest learners on whom a rate is judged, sensitivity: none }
  - { name: min_participants, type: int32, label: Fewest participants, sensitivity: none }
  - { name: min_concentration, type: int32, label: Concentrators in per cent of participants, sensitivity: none }
  - { name: min_completion, type: int32, label: Completers in per cent of concentrators, sensitivity: none }
  - { name: min_credential_earners, type: int32, label: Fewest earners of a recognized credential, sensitivity: none }
  - { name: min_placement, type: int32, label: Placed in per cent of leavers or completers, sensitivity: none }
  - { name: accept_surplus, type: boolean, label: A field in surplus meets the standard, sensitivity: none }
--- */
SELECT CAST(year AS INT) AS reporting_year, $min_learners AS min_learners, $min_participants AS min_participants,
       $min_concentration AS min_concentration, $min_completion AS min_completion, $min_credential_earners AS min_credential_earners,
       $min_placement AS min_placement, $accept_surplus AS accept_surplus
FROM (VALUES (2020), (2021), (2022), (2023), (2024), (2025), (2026), (2027), (2028), (2029), (2030), (2031), (2032), (2033), (2034), (2035)) AS years (year)
