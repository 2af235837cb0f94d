/* ---
id: CLS-CHG
rule: code_change
version: 1
title: Codes that changed between two vintages of a classification
says: >
  For fields of study (CIP 2010 to 2020), occupations (SOC 2010 to 2018) and industries (NAICS 2017 to 2022) the codes that the newer vintage no longer
  has or reads otherwise, and what took their place: one code, or several of which one is the primary, the one that most of what the old code held
  went to. A code without any successor went out of use, and what it held cannot be told from the code: mail order (454110) went to the industries of
  what is sold. The list was written by hand, occupations and industries largely from memory, and holds what career and technical education meets: hold
  it against the official crosswalks before a published figure rests on it, and write a version of your own where a state needs more. A code that is not here did not change.
citation: NCES, CIP 2020 and its crosswalk from CIP 2010; OMB, Standard Occupational Classification 2018; OMB, NAICS 2022
grain: [scheme, old_code, new_code]
# From which year on records are written in the newer vintage: the program year for CIP, the calendar year for SOC and NAICS. Agencies move at their own
# pace, so each may be set otherwise. schemes: those that are read at all.
parameters: { schemes: [cip, soc, naics], cip_since: 2020, soc_since: 2018, naics_since: 2022 }
effective: { from: 2014-07-01 }
zone: linked
owner: State labor market information office
columns:
  - { name: scheme, type: text, label: Classification, definition: "cip, soc or naics", sensitivity: none }
  - { name: old_code, type: text, label: Code of the older vintage, sensitivity: none }
  - { name: new_code, type: text, label: Code of the newer vintage, definition: _none where no code takes its place, sensitivity: none }
  - { name: is_primary, type: boolean, label: The successor that stands for it, sensitivity: none }
  - { name: title, type: text, label: What the old code meant, sensitivity: none }
  - { name: old_vintage, type: int32, label: Older vintage, sensitivity: none }
  - { name: new_vintage, type: int32, label: Newer vintage, sensitivity: none }
  - { name: since, type: int32, label: First year of the newer vintage, sensitivity: none }
--- */
SELECT scheme, old_code, new_code, is_primary, title,
       CAST(CASE scheme WHEN 'naics' THEN 2017 ELSE 2010 END AS INT) AS old_vintage,
       CAST(CASE scheme WHEN 'cip' THEN 2020 WHEN 'soc' THEN 2018 ELSE 2022 END AS INT) AS new_vintage,
       CAST(CASE scheme WHEN 'cip' THEN $cip_since WHEN 'soc' THEN $soc_since ELSE $naics_since END AS INT) AS since
FROM (VALUES
    ('cip', '01.0309', '01.1004', TRUE, 'Viticulture and Enology'),
    ('cip', '15.0503', '15.1701', TRUE, 'Energy Management and Systems Technology'),
    ('cip', '15.0505', '15.1703', TRUE, 'Solar Energy Technology'),
    ('cip', '19.0000', '19.1001', TRUE, 'Work and Family Studies'),
    ('cip', '43.0106', '43.0406', TRUE, 'Forensic Science and Technology'),
    ('cip', '43.0111', '43.0402', TRUE, 'Criminalistics and Criminal Science'),
    ('cip', '43.0116', '43.0403', TRUE, 'Cyber/Computer Forensics and Counterterrorism'),
    ('cip', '43.0117', '43.0405', TRUE, 'Financial Forensics and Fraud Investigation'),
    ('cip', '43.0118', '43.0408', TRUE, 'Law Enforcement Intelligence Analysis'),
    ('cip', '45.1401', '45.1103', TRUE, 'Rural Sociology'),
    ('cip', '51.0808', '01.8301', TRUE, 'Veterinary/Animal Health Technology'),
    ('cip', '51.1104', '01.1302', TRUE, 'Pre-Veterinary Studies'),
    ('cip', '51.1901', '51.1202', TRUE, 'Osteopathic Medicine'),
    ('cip', '51.2101', '51.1203', TRUE, 'Podiatric Medicine'),
    ('cip', '51.2401', '01.8001', TRUE, 'Veterinary Medicine'),
    ('cip', '51.2501', '01.8101', TRUE, 'Veterinary Sciences, General'),
    ('cip', '51.3817', '51.3203', TRUE, 'Nursing Education'),
    ('soc', '11-2031', '11-2032', TRUE, 'Public Relations and Fundraising Managers'),
    ('soc', '11-2031', '11-2033', FALSE, 'Public Relations and Fundraising Managers'),
    ('soc', '11-3011', '11-3012', TRUE, 'Administrative Services Managers'),
    ('soc', '11-3011', '11-3013', FALSE, 'Administrative Services Managers'),
    ('soc', '13-2021', '13-2023', TRUE, 'Appraisers and Assessors of Real Estate'),
    ('soc', '13-2021', '13-2022', FALSE, 'Appraisers and Assessors of Real Estate'),
    ('soc', '15-1111', '15-1221', TRUE, 'Computer and Information Research Scientists'),
    ('soc', '15-1121', '15-1211', TRUE, 'Computer Systems Analysts'),
    ('soc', '15-1122', '15-1212', TRUE, 'Information Security Analysts'),
    ('soc', '15-1131', '15-1251', TRUE, 'Computer Programmers'),
    ('soc', '15-1132', '15-1252', TRUE, 'Software Developers, Applications'),
    ('soc', '15-1133', '15-1252', TRUE, 'Software Developers, Systems Software'),
    ('soc', '15-1134', '15-1254', TRUE, 'Web Developers'),
    ('soc', '15-1134', '15-1255', FALSE, 'Web Developers'),
    ('soc', '15-1141', '15-1242', TRUE, 'Database Administrators'),
    ('soc', '15-1141', '15-1243', FALSE, 'Database Administrators'),
    ('soc', '15-1142', '15-1244', TRUE, 'Network and Computer Systems Administrators'),
    ('soc', '15-1143', '15-1241', TRUE, 'Computer Network Architects'),
    ('soc', '15-1151', '15-1232', TRUE, 'Computer User Support Specialists'),
    ('soc', '15-1152', '15-1231', TRUE, 'Computer Network Support Specialists'),
    ('soc', '15-1199', '15-1299', TRUE, 'Computer Occupations, All Other'),
    ('soc', '15-1199', '15-1243', FALSE, 'Computer Occupations, All Other'),
    ('soc', '15-1199', '15-1253', FALSE, 'Computer Occupations, All Other'),
    ('soc', '19-3031', '19-3033', TRUE, 'Clinical, Counseling, and School Psychologists'),
    ('soc', '19-3031', '19-3034', FALSE, 'Clinical, Counseling, and School Psychologists'),
    ('soc', '19-4011', '19-4012', TRUE, 'Agricultural and Food Science Technicians'),
    ('soc', '19-4011', '19-4013', FALSE, 'Agricultural and Food Science Technicians'),
    ('soc', '21-1011', '21-1018', TRUE, 'Substance Abuse and Behavioral Disorder Counselors'),
    ('soc', '21-1014', '21-1018', TRUE, 'Mental Health Counselors'),
    ('soc', '23-2091', '27-3092', TRUE, 'Court Reporters'),
    ('soc', '25-4021', '25-4022', TRUE, 'Librarians'),
    ('soc', '27-3021', '27-3023', TRUE, 'Broadcast News Analysts'),
    ('soc', '27-3022', '27-3023', TRUE, 'Reporters and Correspondents'),
    ('soc', '29-1061', '29-1211', TRUE, 'Anesthesiologists'),
    ('soc', '29-1062', '29-1215', TRUE, 'Family and General Practitioners'),
    ('soc', '29-1063', '29-1216', TRUE, 'Internists, General'),
    ('soc', '29-1064', '29-1218', TRUE, 'Obstetricians and Gynecologists'),
    ('soc', '29-1065', '29-1221', TRUE, 'Pediatricians, General'),
    ('soc', '29-1066', '29-1223', TRUE, 'Psychiatrists'),
    ('soc', '29-1069', '29-1229', TRUE, 'Physicians and Surgeons, All Other'),
    ('soc', '29-1069', '29-1212', FALSE, 'Physicians and Surgeons, All Other'),
    ('soc', '29-1069', '29-1213', FALSE, 'Physicians and Surgeons, All Other'),
    ('soc', '29-1069', '29-1214', FALSE, 'Physicians and Surgeons, All Other'),
    ('soc', '29-1069', '29-1217', FALSE, 'Physicians and Surgeons, All Other'),
    ('soc', '29-1069', '29-1222', FALSE, 'Physicians and Surgeons, All Other'),
    ('soc', '29-1069', '29-1224', FALSE, 'Physicians and Surgeons, All Other'),
    ('soc', '29-2041', '29-2042', TRUE, 'Emergency Medical Technicians and Paramedics'),
    ('soc', '29-2041', '29-2043', FALSE, 'Emergency Medical Technicians and Paramedics'),
    ('soc', '29-2071', '29-2072', TRUE, 'Medical Records and Health Information Technicians'),
    ('soc', '29-2071', '29-9021', FALSE, 'Medical Records and Health Information Technicians'),
    ('soc', '31-1011', '31-1121', TRUE, 'Home Health Aides'),
    ('soc', '31-1013', '31-1133', TRUE, 'Psychiatric Aides'),
    ('soc', '31-1014', '31-1131', TRUE, 'Nursing Assistants'),
    ('soc', '31-1015', '31-1132', TRUE, 'Orderlies'),
    ('soc', '35-3021', '35-3023', TRUE, 'Combined Food Preparation and Serving Workers'),
    ('soc', '35-3022', '35-3023', TRUE, 'Counter Attendants'),
    ('soc', '39-9021', '31-1122', TRUE, 'Personal Care Aides'),
    ('soc', '51-4011', '51-9161', TRUE, 'Computer-Controlled Machine Tool Operators'),
    ('soc', '51-4012', '51-9162', TRUE, 'Computer Numerically Controlled Machine Tool Programmers'),
    ('naics', '212221', '212220', TRUE, 'Gold Ore Mining'),
    ('naics', '212222', '212220', TRUE, 'Silver Ore Mining'),
    ('naics', '442110', '449110', TRUE, 'Furniture Stores'),
    ('naics', '443141', '449210', TRUE, 'Household Appliance Stores'),
    ('naics', '443142', '449210', TRUE, 'Electronics Stores'),
    ('naics', '444130', '444140', TRUE, 'Hardware Stores'),
    ('naics', '445120', '445131', TRUE, 'Convenience Stores'),
    ('naics', '446110', '456110', TRUE, 'Pharmacies and Drug Stores'),
    ('naics', '447110', '457110', TRUE, 'Gasoline Stations with Convenience Stores'),
    ('naics', '448110', '458110', TRUE, 'Men''s Clothing Stores'),
    ('naics', '448120', '458110', TRUE, 'Women''s Clothing Stores'),
    ('naics', '448130', '458110', TRUE, 'Children''s and Infants'' Clothing Stores'),
    ('naics', '448140', '458110', TRUE, 'Family Clothing Stores'),
    ('naics', '448210', '458210', TRUE, 'Shoe Stores'),
    ('naics', '448310', '458310', TRUE, 'Jewelry Stores'),
    ('naics', '451110', '459110', TRUE, 'Sporting Goods Stores'),
    ('naics', '451211', '459210', TRUE, 'Book Stores'),
    ('naics', '452210', '455110', TRUE, 'Department Stores'),
    ('naics', '452311', '455211', TRUE, 'Warehouse Clubs and Supercenters'),
    ('naics', '453110', '459310', TRUE, 'Florists'),
    ('naics', '453910', '459910', TRUE, 'Pet and Pet Supplies Stores'),
    ('naics', '454110', '_none', FALSE, 'Electronic Shopping and Mail-Order Houses'),
    ('naics', '511110', '513110', TRUE, 'Newspaper Publishers'),
    ('naics', '511120', '513120', TRUE, 'Periodical Publishers'),
    ('naics', '511130', '513130', TRUE, 'Book Publishers'),
    ('naics', '511140', '513140', TRUE, 'Directory and Mailing List Publishers'),
    ('naics', '511191', '513191', TRUE, 'Greeting Card Publishers'),
    ('naics', '511199', '513199', TRUE, 'All Other Publishers'),
    ('naics', '511210', '513210', TRUE, 'Software Publishers'),
    ('naics', '517311', '517111', TRUE, 'Wired Telecommunications Carriers'),
    ('naics', '517312', '517112', TRUE, 'Wireless Telecommunications Carriers'),
    ('naics', '517911', '517121', TRUE, 'Telecommunications Resellers'),
    ('naics', '519130', '516210', TRUE, 'Internet Publishing and Broadcasting and Web Search Portals'),
    ('naics', '519130', '519290', FALSE, 'Internet Publishing and Broadcasting and Web Search Portals')
) AS changes (scheme, old_code, new_code, is_primary, title)
WHERE scheme IN ($schemes)
