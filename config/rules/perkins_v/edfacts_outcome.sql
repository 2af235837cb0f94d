/* ---
id: EDF-CODES
rule: edfacts_outcome
version: 2
title: Outcome codes of the EDFacts files on CTE
says: >
  Which EDFacts file counts what, the outcomes that it tells apart, and the code of each. A file is counted from the indicator that it reports
  (`indicator`), from learners as the table `edfacts_learner` has them (`learner`), or from those who take part in CTE (`participation`). The
  specifications change from year to year: a state writes the codes of a year as a version of its own, from that year on.
citation: EDFacts file specifications FS082, FS083, FS142, FS154 to FS156, FS158, FS160, FS169, FS209, FS213 to FS217
grain: [file_spec, subject, outcome]
effective: { from: 2019-07-01 }
zone: linked
owner: State CTE data team
columns:
  - { name: file_spec, type: text, label: EDFacts file, sensitivity: none }
  - { name: file_title, type: text, label: What the file reports, sensitivity: none }
  - { name: counted_from, type: text, label: What is counted, definition: "indicator, learner or participation", sensitivity: none }
  - { name: indicator, type: text, label: Indicator that the file reports, definition: Empty where there is none, sensitivity: none }
  - { name: subject, type: text, label: Subject, definition: "Assessments only, else _none", sensitivity: none }
  - { name: outcome, type: text, label: Outcome, definition: As the tables of learners and indicators call it, sensitivity: none }
  - { name: code, type: text, label: Code of the outcome in the file, definition: _none where the file has no outcomes, sensitivity: none }
  - { name: shown_when_zero, type: boolean, label: Stands in the file with nobody in it, sensitivity: none }
  - { name: by_nontraditional, type: boolean, label: Has a set by preparing for a non-traditional field, sensitivity: none }
--- */
SELECT * FROM (VALUES
    ('FS082', 'Concentrators exiting', 'learner', NULL, '_none', 'exited', '_none', TRUE, TRUE),
    ('FS083', 'Concentrator graduates', 'learner', NULL, '_none', 'regular', 'REGDIP', TRUE, TRUE),
    ('FS083', 'Concentrator graduates', 'learner', NULL, '_none', 'with_credential', 'HSDPROF', TRUE, TRUE),
    ('FS083', 'Concentrator graduates', 'learner', NULL, '_none', 'equivalency', 'HSDGED', TRUE, TRUE),
    ('FS083', 'Concentrator graduates', 'learner', NULL, '_none', 'other', 'OTHCOM', TRUE, TRUE),
    ('FS142', 'Concentrators: academic achievement', 'indicator', '2S1', 'RLA', 'met', 'PROFICIENT', TRUE, TRUE),
    ('FS142', 'Concentrators: academic achievement', 'indicator', '2S1', 'RLA', 'not_met', 'NOTPROFICIENT', TRUE, TRUE),
    ('FS142', 'Concentrators: academic achievement', 'indicator', '2S2', 'M', 'met', 'PROFICIENT', TRUE, TRUE),
    ('FS142', 'Concentrators: academic achievement', 'indicator', '2S2', 'M', 'not_met', 'NOTPROFICIENT', TRUE, TRUE),
    ('FS142', 'Concentrators: academic achievement', 'indicator', '2S3', 'SCI', 'met', 'PROFICIENT', TRUE, TRUE),
    ('FS142', 'Concentrators: academic achievement', 'indicator', '2S3', 'SCI', 'not_met', 'NOTPROFICIENT', TRUE, TRUE),
    ('FS154', 'Concentrators in the four-year graduation rate', 'indicator', '1S1', '_none', 'met', 'GRAD', TRUE, TRUE),
    ('FS154', 'Concentrators in the four-year graduation rate', 'indicator', '1S1', '_none', 'not_met', 'NOTG', TRUE, TRUE),
    ('FS155', 'Participants in programs for non-traditional fields', 'learner', NULL, '_none', 'met', 'MEM', TRUE, FALSE),
    ('FS155', 'Participants in programs for non-traditional fields', 'learner', NULL, '_none', 'not_met', 'NM', TRUE, FALSE),
    ('FS156', 'Concentrators in programs for non-traditional fields', 'indicator', '4S1', '_none', 'met', 'MEM', TRUE, FALSE),
    ('FS156', 'Concentrators in programs for non-traditional fields', 'indicator', '4S1', '_none', 'not_met', 'NM', TRUE, FALSE),
    ('FS158', 'Concentrators: placement', 'learner', '3S1', '_none', 'met', 'PLACED', TRUE, TRUE),
    ('FS158', 'Concentrators: placement', 'learner', '3S1', '_none', 'not_met', 'NOTPLACED', TRUE, TRUE),
    ('FS158', 'Concentrators: placement', 'learner', '3S1', '_none', 'unlinked', 'MISSING', FALSE, TRUE),
    ('FS160', 'High school graduates: postsecondary enrollment', 'learner', NULL, '_none', 'met', 'ENROLLED', TRUE, FALSE),
    ('FS160', 'High school graduates: postsecondary enrollment', 'learner', NULL, '_none', 'not_met', 'NOTENROLLED', TRUE, FALSE),
    ('FS160', 'High school graduates: postsecondary enrollment', 'learner', NULL, '_none', 'unlinked', 'NOINFORMATION', TRUE, FALSE),
    ('FS169', 'Concentrators: type of placement', 'learner', '3S1', '_none', 'postsecondary', 'POSTSEC', TRUE, FALSE),
    ('FS169', 'Concentrators: type of placement', 'learner', '3S1', '_none', 'advanced_training', 'ADVTRAIN', TRUE, FALSE),
    ('FS169', 'Concentrators: type of placement', 'learner', '3S1', '_none', 'employment', 'EMPLOYMENT', TRUE, FALSE),
    ('FS169', 'Concentrators: type of placement', 'learner', '3S1', '_none', 'military', 'MILITARY', TRUE, FALSE),
    ('FS209', 'CTE enrollment', 'participation', NULL, '_none', 'participants', 'PARTICIPANT', TRUE, TRUE),
    ('FS209', 'CTE enrollment', 'participation', NULL, '_none', 'concentrators', 'CONCENTRATOR', TRUE, TRUE),
    ('FS213', 'Concentrators in the extended-year graduation rate', 'indicator', '1S2', '_none', 'met', 'GRAD', TRUE, TRUE),
    ('FS213', 'Concentrators in the extended-year graduation rate', 'indicator', '1S2', '_none', 'not_met', 'NOTG', TRUE, TRUE),
    ('FS214', 'Concentrators: postsecondary credential', 'indicator', '5S1', '_none', 'met', 'MET', TRUE, TRUE),
    ('FS214', 'Concentrators: postsecondary credential', 'indicator', '5S1', '_none', 'not_met', 'NOTMET', TRUE, TRUE),
    ('FS215', 'Concentrators: postsecondary credits', 'indicator', '5S2', '_none', 'met', 'MET', TRUE, TRUE),
    ('FS215', 'Concentrators: postsecondary credits', 'indicator', '5S2', '_none', 'not_met', 'NOTMET', TRUE, TRUE),
    ('FS216', 'Concentrators: work-based learning', 'indicator', '5S3', '_none', 'met', 'MET', TRUE, TRUE),
    ('FS216', 'Concentrators: work-based learning', 'indicator', '5S3', '_none', 'not_met', 'NOTMET', TRUE, TRUE),
    ('FS217', 'Concentrators: other program quality', 'indicator', '5S4', '_none', 'met', 'MET', TRUE, TRUE),
    ('FS217', 'Concentrators: other program quality', 'indicator', '5S4', '_none', 'not_met', 'NOTMET', TRUE, TRUE)
) AS o (file_spec, file_title, counted_from, indicator, subject, outcome, code, shown_when_zero, by_nontraditional)
