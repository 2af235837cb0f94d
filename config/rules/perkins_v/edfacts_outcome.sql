/* ---
id: EDF-CODES
rule: edfacts_outcome
version: 1
title: Outcome codes of the EDFacts files on CTE
says: >
  Which EDFacts file reports an indicator, in which category its outcome stands, and the code of those in the numerator and of those who are
  not. The specifications change from year to year: a state writes the codes of a year as a version of its own, from that year on.
citation: EDFacts file specifications FS142, FS154, FS156, FS158, FS213 to FS217
grain: [indicator]
effective: { from: 2019-07-01 }
zone: linked
owner: State CTE data team
columns:
  - { name: indicator, type: text, label: Indicator, sensitivity: none }
  - { name: file_spec, type: text, label: EDFacts file, sensitivity: none }
  - { name: file_title, type: text, label: What the file reports, sensitivity: none }
  - { name: subject, type: text, label: Subject, definition: Assessments only, sensitivity: none }
  - { name: met_code, type: text, label: Code of those in the numerator, sensitivity: none }
  - { name: not_met_code, type: text, label: Code of the others in the denominator, sensitivity: none }
--- */
SELECT * FROM (VALUES
    ('1S1', 'FS154', 'Concentrators in the four-year graduation rate', NULL, 'GRAD', 'NOTG'),
    ('1S2', 'FS213', 'Concentrators in the extended-year graduation rate', NULL, 'GRAD', 'NOTG'),
    ('2S1', 'FS142', 'Concentrators: academic achievement', 'RLA', 'PROFICIENT', 'NOTPROFICIENT'),
    ('2S2', 'FS142', 'Concentrators: academic achievement', 'M', 'PROFICIENT', 'NOTPROFICIENT'),
    ('2S3', 'FS142', 'Concentrators: academic achievement', 'SCI', 'PROFICIENT', 'NOTPROFICIENT'),
    ('3S1', 'FS158', 'Concentrators: placement', NULL, 'PLACED', 'NOTPLACED'),
    ('4S1', 'FS156', 'Concentrators in programs for non-traditional fields', NULL, 'MEM', 'NM'),
    ('5S1', 'FS214', 'Concentrators: postsecondary credential', NULL, 'MET', 'NOTMET'),
    ('5S2', 'FS215', 'Concentrators: postsecondary credits', NULL, 'MET', 'NOTMET'),
    ('5S3', 'FS216', 'Concentrators: work-based learning', NULL, 'MET', 'NOTMET'),
    ('5S4', 'FS217', 'Concentrators: other program quality', NULL, 'MET', 'NOTMET')
) AS o (indicator, file_spec, file_title, subject, met_code, not_met_code)
