/* ---
id: NSC-DEGREE
rule: college_degree
version: 1
title: Degrees, from the Clearinghouse
says: >
  The degrees of the Clearinghouse's detail return, one row a person, college, day of conferral and title; a degree that is returned twice, or in
  several rows for several majors, is one. Fields of study are its different CIP codes in the order in which they stand, at most four. The level is
  read from the title, by its first word or by `certificate` or `diploma` in it; where the title does not say it is empty. A degree without a row of
  enrollment is a degree, and an enrollment without one is none: colleges take part in each as they please, so who has no row here has not been seen
  with a degree, which is not the same as having none.
citation: StudentTracker detail report of the National Student Clearinghouse
grain: [person_id, college_id, graduation_date, degree_title]
# branches: together | apart. The words are first words of titles, in capitals and without points.
parameters:
  branches: together
  associate_words: [ASSOCIATE, ASSOCIATES, AA, AS, AAS, AAT, AGS, ASN, ADN]
  bachelor_words: [BACHELOR, BACHELORS, BACCALAUREATE, BA, BS, BSN, BBA, BFA, BED, BSW, AB]
  master_words: [MASTER, MASTERS, MA, MS, MBA, MED, MFA, MSN, MSW, MPA, MPH, MAT]
  doctor_words: [DOCTOR, DOCTORS, DOCTORATE, JURIS, JD, MD, PHD, EDD, DDS, DVM, PHARMD, DNP, DPT]
choices: { branches: [together, apart] }
effective: { from: 2019-07-01 }
zone: linked
owner: State CTE data team
columns:
  - { name: person_id, type: text, label: Person, sensitivity: quasi }
  - { name: college_id, type: text, label: College, definition: "OPEID of eight digits, 00 at the end where branches are together", sensitivity: quasi }
  - { name: graduation_date, type: date, label: Day of conferral, definition: Empty where the return has none, sensitivity: quasi }
  - { name: degree_title, type: text, label: Title of the degree, definition: As the college writes it, sensitivity: quasi }
  - { name: degree_level, type: text, label: Level of the degree, definition: "certificate, associate, bachelor, post_bachelor_certificate, master, post_master_certificate or doctorate; empty where the title does not say", sensitivity: quasi }
  - { name: college_name, type: text, label: Name of the college, definition: Of several spellings the last, sensitivity: quasi }
  - { name: college_state, type: text, label: State of the college, definition: Postal abbreviation, sensitivity: quasi }
  - { name: two_four_year, type: text, label: Level of the college, sensitivity: quasi, code_set: two_four_year }
  - { name: public_private, type: text, label: Control of the college, sensitivity: quasi, code_set: public_private }
  - { name: n_cips, type: int32, label: Fields of study, definition: "Different CIP codes, beyond the fourth too", sensitivity: quasi }
  - { name: cip_1, type: text, label: First field of study, definition: CIP code, sensitivity: quasi }
  - { name: cip_2, type: text, label: Second field of study, definition: CIP code, sensitivity: quasi }
  - { name: cip_3, type: text, label: Third field of study, definition: CIP code, sensitivity: quasi }
  - { name: cip_4, type: text, label: Fourth field of study, definition: CIP code, sensitivity: quasi }
--- */
WITH degrees AS (
    SELECT person_id, concat(substr(college_code, 1, 6), CASE WHEN $branches = 'apart' THEN substr(college_code, 8, 2) ELSE '00' END) AS college_id,
           graduation_date, degree_title, college_name, college_state, two_four_year, public_private,
           degree_cip_1 AS first, degree_cip_2 AS second, degree_cip_3 AS third, degree_cip_4 AS fourth
    FROM nsc_detail
    WHERE record_found AND graduated AND college_code IS NOT NULL
),
fields AS (
    -- The first field stands even where it is empty, so that a degree without a field is a row.
    SELECT person_id, college_id, graduation_date, degree_title, college_name, college_state, two_four_year, public_private, 1 AS place, first AS cip
    FROM degrees
    UNION ALL
    SELECT person_id, college_id, graduation_date, degree_title, college_name, college_state, two_four_year, public_private, 2 AS place, second AS cip
    FROM degrees
    WHERE second IS NOT NULL
    UNION ALL
    SELECT person_id, college_id, graduation_date, degree_title, college_name, college_state, two_four_year, public_private, 3 AS place, third AS cip
    FROM degrees
    WHERE third IS NOT NULL
    UNION ALL
    SELECT person_id, college_id, graduation_date, degree_title, college_name, college_state, two_four_year, public_private, 4 AS place, fourth AS cip
    FROM degrees
    WHERE fourth IS NOT NULL
),
different AS (
    SELECT person_id, college_id, graduation_date, degree_title, cip, min(place) AS place, max(college_name) AS college_name,
           max(college_state) AS college_state, max(two_four_year) AS two_four_year, max(public_private) AS public_private
    FROM fields
    GROUP BY person_id, college_id, graduation_date, degree_title, cip
),
numbered AS (
    SELECT d.*, row_number() OVER (PARTITION BY person_id, college_id, graduation_date, degree_title ORDER BY cip IS NULL, place, cip) AS n
    FROM different AS d
),
merged AS (
    SELECT person_id, college_id, graduation_date, degree_title, max(college_name) AS college_name, max(college_state) AS college_state,
           max(two_four_year) AS two_four_year, max(public_private) AS public_private, count(cip) AS n_cips,
           max(cip) FILTER (WHERE n = 1) AS cip_1, max(cip) FILTER (WHERE n = 2) AS cip_2, max(cip) FILTER (WHERE n = 3) AS cip_3,
           max(cip) FILTER (WHERE n = 4) AS cip_4
    FROM numbered
    GROUP BY person_id, college_id, graduation_date, degree_title
),
titled AS (
    SELECT m.*, upper(degree_title) AS title,
           split_part(translate(replace(replace(upper(trim(degree_title)), '.', ''), '''', ''), '-,/(', '    '), ' ', 1) AS word
    FROM merged AS m
)
SELECT person_id, college_id, graduation_date, degree_title,
       CASE WHEN title LIKE '%POST%MASTER%CERTIFICATE%' THEN 'post_master_certificate'
            WHEN title LIKE '%POST%BACC%CERTIFICATE%' OR title LIKE '%POST%BACHELOR%CERTIFICATE%' OR title LIKE 'GRADUATE CERTIFICATE%'
            THEN 'post_bachelor_certificate'
            WHEN word IN ($associate_words) THEN 'associate'
            WHEN word IN ($bachelor_words) THEN 'bachelor'
            WHEN word IN ($doctor_words) THEN 'doctorate'
            -- A master mechanic's certificate is a certificate.
            WHEN title LIKE '%CERTIFICATE%' OR title LIKE '%DIPLOMA%' THEN 'certificate'
            WHEN word IN ($master_words) THEN 'master' END AS degree_level,
       college_name, college_state, two_four_year, public_private, n_cips,
       substr(cip_1, 1, 2) || '.' || substr(cip_1, 3, 4) AS cip_1, substr(cip_2, 1, 2) || '.' || substr(cip_2, 3, 4) AS cip_2,
       substr(cip_3, 1, 2) || '.' || substr(cip_3, 3, 4) AS cip_3, substr(cip_4, 1, 2) || '.' || substr(cip_4, 3, 4) AS cip_4
FROM titled
