/* ---
id: CAR-LINES
rule: car_line
version: 1
title: Lines of the Consolidated Annual Report
says: >
  In which line of the pages of the Consolidated Annual Report a group of learners stands, in the order of the form. Learners of a gender that the form
  does not have stand in the grand total alone. A state whose form has another order or other lines writes them as a version of its own.
citation: Consolidated Annual Report, OMB 1830-0569
grain: [line]
effective: { from: 2019-07-01 }
zone: linked
owner: State CTE data team
columns:
  - { name: line, type: int32, label: Line of the report, definition: 1 is the grand total, sensitivity: none }
  - { name: dimension, type: text, label: By what learners are grouped, definition: "total, gender, race_ethnicity or special_population", sensitivity: none }
  - { name: subgroup, type: text, label: Group, definition: _total for all, sensitivity: none }
  - { name: line_title, type: text, label: What the form calls the line, sensitivity: none }
--- */
SELECT CAST(line AS INT) AS line, dimension, subgroup, line_title
FROM (VALUES
    (1, 'total', '_total', 'Grand total'),
    (2, 'gender', 'M', 'Male'),
    (3, 'gender', 'F', 'Female'),
    (4, 'race_ethnicity', 'AM7', 'American Indian or Alaska Native'),
    (5, 'race_ethnicity', 'AS7', 'Asian'),
    (6, 'race_ethnicity', 'BL7', 'Black or African American'),
    (7, 'race_ethnicity', 'HI7', 'Hispanic or Latino'),
    (8, 'race_ethnicity', 'PI7', 'Native Hawaiian or Other Pacific Islander'),
    (9, 'race_ethnicity', 'WH7', 'White'),
    (10, 'race_ethnicity', 'MU7', 'Two or more races'),
    (11, 'race_ethnicity', '_unknown', 'Unknown'),
    (12, 'special_population', 'disability', 'Individuals with disabilities'),
    (13, 'special_population', 'econ_disadvantaged', 'Economically disadvantaged'),
    (14, 'special_population', 'nontraditional', 'Preparing for non-traditional fields'),
    (15, 'special_population', 'single_parent', 'Single parents'),
    (16, 'special_population', 'out_of_workforce', 'Out-of-workforce individuals'),
    (17, 'special_population', 'english_learner', 'English learners'),
    (18, 'special_population', 'homeless', 'Homeless'),
    (19, 'special_population', 'foster_care', 'In or aged out of foster care'),
    (20, 'special_population', 'military_parent', 'Parent on active duty'),
    (21, 'special_population', 'migrant', 'Migrant')
) AS l (line, dimension, subgroup, line_title)
