/* ---
id: PRG-OFF
rule: program_offering
version: 1
title: CTE programs that a school offers in a year
says: >
  A school offers a program in a year where at least one course of it is offered with at least one section. It offers a sequence where it
  offers at least as many different courses of the program in that year as a sequence needs. What is planned without a section is not offered.
citation: Perkins V sec. 134(c)(2)(B), size, scope and quality; the length of a sequence is the state's
grain: [school_id, reporting_year, program_code]
year: reporting_year
parameters: { min_sections: 1, min_courses: 1, sequence_courses: 3 }
effective: { from: 2019-07-01 }
zone: linked
owner: State CTE data team
columns:
  - { name: school_id, type: text, label: School, sensitivity: none }
  - { name: reporting_year, type: int32, label: Reporting year, definition: The year in which the program year ends, sensitivity: none }
  - { name: program_code, type: text, label: CTE program, sensitivity: none }
  - { name: district_id, type: text, label: District of the school, sensitivity: none }
  - { name: courses, type: int32, label: Different courses offered, sensitivity: none }
  - { name: sections, type: int32, label: Sections, sensitivity: none }
  - { name: seats, type: int32, label: Seats, sensitivity: none }
  - { name: has_sequence, type: boolean, label: Enough courses for a sequence, sensitivity: none }
  - { name: sequence_courses, type: int32, label: Courses that make a sequence, sensitivity: none }
--- */
WITH offered AS (
    SELECT school_id, school_year, program_code, count(DISTINCT course_code) AS courses, sum(sections) AS sections, sum(seats) AS seats
    FROM offerings
    WHERE sections >= $min_sections
    GROUP BY school_id, school_year, program_code
    HAVING count(DISTINCT course_code) >= $min_courses
)
SELECT f.school_id, f.school_year AS reporting_year, f.program_code, o.parent_id AS district_id, f.courses, f.sections, f.seats,
       f.courses >= $sequence_courses AS has_sequence, $sequence_courses AS sequence_courses
FROM organizations AS o
RIGHT JOIN offered AS f ON o.org_id = f.school_id
