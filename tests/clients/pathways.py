"""Works out the marts `pipeline`, `pipeline_drop`, `course_sequence`, `dual_credit` and `transition` from the linked tables in SQL of its own, and holds
every cell of them against it.

It follows the written definitions and shares nothing with the project's SQL: status, exits and attributes are found anew from the linked tables, and no
table of a rule is read. The engine is another one, too.

usage: pathways.py OUT
"""

import json
import pathlib
import sys
from fractions import Fraction

import duckdb

from clusters import Clusters
from vintages import Vintages

out = pathlib.Path(sys.argv[1])
pointer = json.loads((out / "current.json").read_text())
run = json.loads(max(out.glob("runs/*/run_results.json"), key=lambda f: f.parent.name).read_text())
steps = {step["step"]: step["fingerprint"] for step in run["steps"]}
release = out / "releases" / pointer["release"]
manifest = json.loads((release / "manifest.json").read_text())
db = duckdb.connect()


def view(name, folder, pattern="*.parquet"):
    assert list(folder.glob(pattern)), f"nothing in {folder}"
    db.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet('{folder}/{pattern}', hive_partitioning = false)")


SOURCES = (
    "k12_enrollment", "cte_courses", "ps_enrollment", "nsc_detail", "ui_wages", "wages_out_of_state", "credentials", "credential_list", "nontraditional", "programs", "organizations",
    "cip_cluster", "graduation_cohort", "extended_cohort",
)
for source in SOURCES:
    view(source, out / "store/linked" / steps[f"linked/{source}"])
view("person_link", out / "restricted/store/link" / steps["link"])
MARTS = ("pipeline", "pipeline_drop", "course_sequence", "dual_credit", "transition")
for table in manifest["tables"]:
    if table["table"] in MARTS:
        view(f"mart_{table['table']}", release / table["path"], "**/*.parquet")

def dictionaries(name):
    found = db.execute(f"SELECT * FROM {name}")
    return [dict(zip([column[0] for column in found.description], row)) for row in found.fetchall()]


# The code that stands now for a field in a record of a year; a directory has no year.
view("code_change", out / "store/rule" / steps["rule/code_change"])
vintages = Vintages(dictionaries("code_change"))
db.create_function("now_of", lambda cip, y: cip and vintages.now("cip", cip, y), [str, int], str, null_handling="special")

# The cluster of each program in each year, of those too that go by their CIP code.
clusters = Clusters(dictionaries("cip_cluster"), {row["program_code"]: row for row in dictionaries("programs")})
db.execute("CREATE TABLE in_cluster (program VARCHAR, y INT, cluster VARCHAR)")
db.executemany("INSERT INTO in_cluster VALUES (?, ?, ?)", list(clusters.by_year()))
db.execute("""
-- A program year runs from 1 July to 30 June and is called by the year in which it ends; quarters are counted from the year 0.
CREATE MACRO program_year(d) AS year(d) + (month(d) >= 7)::INT;
CREATE MACRO quarter_of(d) AS year(d) * 4 + quarter(d) - 1;
CREATE MACRO first_day(q) AS make_date(q // 4, q % 4 * 3 + 1, 1);
CREATE MACRO here(status) AS COALESCE(status, '') NOT IN ('W', 'D', 'A');
CREATE MACRO dotted(cip) AS cip[1:2] || '.' || cip[3:];

CREATE TABLE course AS
SELECT person_id AS p, school_year AS y, COALESCE(NULLIF(program_code, ''), cip_code) AS program, course_code AS course, district_id AS district,
       completion_date AS day, completed, completed AND COALESCE(grade_mark, '') NOT IN ('F', 'W') AS passed, COALESCE(credits, 1.0) AS credits
FROM cte_courses WHERE person_id IS NOT NULL;
CREATE TABLE served AS SELECT person_id AS p, school_year AS y FROM k12_enrollment UNION SELECT p, y FROM course;
-- A status is shown in years of service, in the year after, and in later ones in which a cohort counts a learner, from 2020 on.
CREATE TABLE shown AS
SELECT DISTINCT p, y + d AS y FROM served, (VALUES (0), (1)) AS t(d) WHERE y + d >= 2020
UNION SELECT c.p, c.y FROM (SELECT person_id AS p, cohort_year AS y FROM graduation_cohort
                            UNION SELECT person_id, cohort_year + cohort_length - 4 FROM extended_cohort) AS c
      WHERE c.y >= 2020 AND EXISTS (SELECT 1 FROM served AS s WHERE s.p = c.p AND s.y < c.y);

-- Courses of a program in the order of years; a repeated one stands once, in its first year with its most credit, and no course is more than one unit.
CREATE TABLE units AS
SELECT p, program, y, sum(unit) OVER (PARTITION BY p, program ORDER BY y, course) AS units
FROM (SELECT p, program, course, min(y) AS y, max(LEAST(credits, 1.0)) AS unit FROM course WHERE passed AND program IS NOT NULL GROUP BY ALL);
CREATE TABLE since AS
SELECT p, program, min(y) AS participant, min(y) FILTER (units >= 2) AS concentrator, min(y) FILTER (units >= 3) AS completer FROM units GROUP BY ALL;

-- The last exit of a program year, exits of summer counted as 30 June, if it ends schooling and nobody was back before the second quarter after had ended.
CREATE TABLE exit AS
WITH dated AS (
    SELECT person_id AS p, exit_date, entry_date, exit_type, district_id AS district, school_id,
           CASE WHEN month(exit_date) IN (7, 8) THEN make_date(year(exit_date), 6, 30) ELSE exit_date END AS day
    FROM k12_enrollment WHERE exit_date IS NOT NULL
), last AS (
    SELECT *, program_year(day) AS y FROM dated
    QUALIFY row_number() OVER (PARTITION BY p, program_year(day) ORDER BY exit_date DESC, entry_date DESC, exit_type, district, school_id) = 1
)
SELECT p, y, day, district, quarter_of(day) + 2 AS q, (day + INTERVAL 1 YEAR)::DATE AS year_after
FROM last AS x
WHERE exit_type IN ('01921', '01922', '01927', '01928', '01931', '03509') AND y >= 2019
  AND NOT EXISTS (FROM k12_enrollment AS e WHERE e.person_id = x.p AND e.entry_date < first_day(quarter_of(x.day) + 3)
                  AND (e.entry_date > x.exit_date OR e.exit_date > x.exit_date
                       -- An enrollment that is open lasts until the end of its school year, but holds no graduate back.
                       OR e.exit_date IS NULL AND x.exit_type <> '01921' AND make_date(e.school_year, 6, 30) > x.exit_date));

-- Days at college that are no dual enrolment by their mark, with the college as an OPEID and the fields as CIP codes.
CREATE TABLE study AS
SELECT person_id AS p, term_begin AS b, term_end AS e, college_id AS college, [cip_code] AS cips
FROM ps_enrollment WHERE here(enrollment_status) AND NOT COALESCE(dual_enrolled, false)
UNION ALL
SELECT person_id, enrollment_begin, enrollment_end, replace(college_code, '-', ''), [dotted(enrollment_cip_1), dotted(enrollment_cip_2)]
FROM nsc_detail WHERE record_found AND NOT COALESCE(graduated, false) AND here(enrollment_status);
CREATE TABLE searched AS SELECT person_id AS p FROM ps_enrollment UNION SELECT person_id FROM nsc_detail;
CREATE TABLE bridged AS SELECT person_id AS p FROM person_link WHERE has_ssn OR has_bridge;
CREATE TABLE reach AS
SELECT (SELECT max(y) FROM course) AS courses, (SELECT max(school_year) FROM credentials) AS credentials, (SELECT min(term_begin) FROM ps_enrollment) AS begins,
       (SELECT max(term_end) FROM ps_enrollment) AS ends, (SELECT max(year_quarter) FROM ui_wages) AS wages;

-- The second quarter after the exit: seen at college, could have been seen, can be measured.
CREATE TABLE second_quarter AS
SELECT x.p, x.y, count(s.p) > 0 AS met, first_day(x.q) > r.ends OR first_day(x.q + 1) <= r.begins AS pending,
       count(s.p) > 0 OR (NOT (first_day(x.q) > r.ends OR first_day(x.q + 1) <= r.begins) AND x.p IN (FROM searched)) AS covered
FROM exit AS x CROSS JOIN reach AS r
LEFT JOIN study AS s ON s.p = x.p AND s.b > x.day AND s.b < first_day(x.q + 1) AND s.e >= first_day(x.q)
GROUP BY x.p, x.y, x.q, r.ends, r.begins;

-- Gender and race: the latest that a school said, else the latest of a college.
CREATE TABLE person AS
WITH said AS (
    SELECT person_id AS p, 2 AS level, entry_date AS day, sex,
           CASE WHEN hispanic THEN 'HI7'
                WHEN len(list_filter([race_ai, race_as, race_bl, race_pi, race_wh], lambda r: r)) > 1 THEN 'MU7'
                WHEN race_ai THEN 'AM7' WHEN race_as THEN 'AS7' WHEN race_bl THEN 'BL7' WHEN race_pi THEN 'PI7' WHEN race_wh THEN 'WH7' END AS race
    FROM k12_enrollment
    UNION ALL SELECT person_id, 1, term_begin, sex, ps_race FROM ps_enrollment
)
SELECT p, arg_max(sex, (level, day, sex)) FILTER (sex IS NOT NULL) AS gender, arg_max(race, (level, day, race)) FILTER (race IS NOT NULL) AS race_ethnicity
FROM said GROUP BY p;
CREATE TABLE population AS
SELECT DISTINCT p, name AS special_population
FROM (SELECT person_id AS p, unnest(list_filter([
          CASE WHEN disability THEN 'disability' END, CASE WHEN econ_disadvantaged THEN 'econ_disadvantaged' END,
          CASE WHEN english_learner THEN 'english_learner' END, CASE WHEN homeless THEN 'homeless' END,
          CASE WHEN foster_care THEN 'foster_care' END, CASE WHEN migrant THEN 'migrant' END, CASE WHEN single_parent THEN 'single_parent' END,
          CASE WHEN out_of_workforce THEN 'out_of_workforce' END, CASE WHEN military_connected = 'ActiveDuty' THEN 'military_parent' END],
          lambda n: n IS NOT NULL)) AS name
      FROM k12_enrollment WHERE grade IN ('09', '10', '11', '12'));
CREATE TABLE program AS SELECT program_code AS program, cip_code AS cip FROM programs;
-- Who takes part in a program whose field is non-traditional for their gender, in any year in which they are shown; of several entries the latest stands.
INSERT INTO population
WITH part AS (
    SELECT DISTINCT s.p, w.y, COALESCE(g.cip, s.program) AS cip FROM since AS s JOIN shown AS w ON w.p = s.p AND w.y >= s.participant
    LEFT JOIN program AS g ON g.program = s.program
), entry AS (
    SELECT t.p, t.y, t.cip, arg_max(CASE WHEN n.nt_male THEN 'M' WHEN n.nt_female THEN 'F' ELSE '-' END, n.first_year) AS field
    FROM part AS t JOIN nontraditional AS n ON n.cip_code = t.cip AND t.y BETWEEN n.first_year AND COALESCE(n.last_year, 9999) GROUP BY ALL
)
SELECT DISTINCT e.p, 'nontraditional' FROM entry AS e JOIN person AS a ON a.p = e.p WHERE a.gender = e.field;
-- The programs of those who left: shown in the year after the exit, in which it is reported.
CREATE TABLE left_with AS
SELECT x.p, x.y, s.program, CASE WHEN g.cip <> s.program THEN now_of(g.cip, NULL)
                                 WHEN regexp_matches(s.program, '^[0-9]{2}[.][0-9]{4}$') THEN now_of(s.program, x.y) END AS cip, k.cluster,
       COALESCE(s.concentrator <= x.y, false) AS is_concentrator
FROM exit AS x JOIN since AS s ON s.p = x.p AND s.participant <= x.y JOIN shown AS w ON w.p = x.p AND w.y = x.y + 1
LEFT JOIN program AS g ON g.program = s.program LEFT JOIN in_cluster AS k ON k.program = s.program AND k.y = x.y;
""")

held = {}


def hold(mart, base, always, measures, rates):
    """Holds every cell of a mart against a base of one row a person and combination: everybody once in each cell, and each rate divided anew."""
    wrong, cells = [], 0
    db.execute(f"CREATE OR REPLACE TEMP TABLE base AS {base}")
    dimensions = [c for (c,) in db.execute(f"SELECT column_name FROM (DESCRIBE mart_{mart})").fetchall()]
    dimensions = dimensions[1:dimensions.index(next(iter(measures)))]
    for (named,) in db.execute(f"SELECT DISTINCT grouping_set FROM mart_{mart} ORDER BY 1").fetchall():
        of = [] if named == "total" else named.split("+")
        keys = [d if d in always else f"COALESCE({d}, '_unknown')" if d in of else "'_total'" for d in dimensions]
        counts = [f"count(DISTINCT p) FILTER ({flag})" for flag in measures.values()]
        mine = f"SELECT {', '.join(keys + counts)} FROM base GROUP BY {', '.join(k for k in keys if k != chr(39) + '_total' + chr(39))}"
        told = f"SELECT {', '.join(dimensions)}, {', '.join(measures)} FROM mart_{mart} WHERE grouping_set = '{named}'"
        for what, query in (("only the mart says", f"{told} EXCEPT ALL {mine}"), ("only the check finds", f"{mine} EXCEPT ALL {told}")):
            wrong += [f"{mart}, {named}: {what} {row}" for row in db.execute(query).fetchall()]
        cells += db.execute(f"SELECT count(*) FROM ({told})").fetchone()[0]
    for rate, (above, below, covered, pending) in rates.items():
        hidden = f"{pending} > 0" if pending else "false"
        wrong += [f"{mart}: {rate} of {row}" for row in db.execute(f"""
            SELECT grouping_set, {', '.join(dimensions)}, {rate}, {above}, {below} FROM mart_{mart}
            WHERE ({rate} IS NULL) <> ({hidden} OR {below} = 0) OR abs({rate} - {above} / {below}) > 1e-12
               OR ({rate}_covered IS NULL) <> ({hidden} OR {covered} = 0) OR abs({rate}_covered - {above} / {covered}) > 1e-12
               OR {rate}_rule IS NULL OR {rate}_version IS NULL""").fetchall()]
    assert cells > 0, f"{mart} is empty"
    assert not wrong, "\n".join(wrong[:40] + [f"{len(wrong)} faults in {cells} cells of {mart}"])
    held[mart] = cells
    return cells


PEOPLE = "LEFT JOIN person AS a ON a.p = {0}.p"
POPULATIONS = "LEFT JOIN population AS n ON n.p = {0}.p"

# pipeline: entrants by the year of their first course passed, but for the first year of the data.
db.execute("""
CREATE TABLE entrant AS
SELECT p, arg_min(district, (y, COALESCE(day, DATE '9999-12-31'), district)) AS district, min(y) AS y, list(DISTINCT (program, course)) AS courses
FROM course WHERE passed AND program IS NOT NULL GROUP BY p HAVING min(y) > (SELECT min(y) FROM course);
CREATE TABLE entry_program AS
SELECT DISTINCT e.p, e.y, e.district, c.program, len(list_filter(e.courses, lambda k: k[1] = c.program)) AS here,
       (SELECT max(k) FROM (SELECT count(*) AS k FROM (SELECT unnest(e.courses) AS c) GROUP BY c[1])) AS most
FROM entrant AS e JOIN course AS c ON c.p = e.p AND c.y = e.y AND c.passed AND c.program IS NOT NULL;
CREATE TABLE status AS
SELECT s.p, s.program, bool_or(w.y >= s.concentrator) AS concentrator, bool_or(COALESCE(w.y >= s.completer, false)) AS completer
FROM since AS s JOIN shown AS w ON w.p = s.p WHERE s.concentrator IS NOT NULL GROUP BY ALL;
CREATE TABLE last_exit AS SELECT p, arg_max(day, y) AS day, quarter_of(arg_max(day, y)) AS q FROM exit GROUP BY p;
CREATE TABLE found AS
SELECT p, 5 AS step FROM (SELECT c.person_id AS p FROM credentials AS c JOIN credential_list AS l USING (credential_code)
    WHERE c.passed AND l.recognized AND c.earned_date BETWEEN COALESCE(l.valid_from, DATE '1900-01-01') AND COALESCE(l.valid_to, DATE '9999-12-31'))
UNION SELECT p, 3 FROM status WHERE concentrator UNION SELECT p, 4 FROM status WHERE completer
UNION SELECT x.p, 6 FROM last_exit AS x JOIN study AS s ON s.p = x.p AND s.b > x.day
UNION SELECT x.p, 7 FROM last_exit AS x JOIN (SELECT person_id, wages, year_quarter FROM ui_wages UNION ALL SELECT person_id, wages, year_quarter FROM wages_out_of_state) AS w
                    ON w.person_id = x.p AND w.wages > 0
                    AND w.year_quarter[1:4]::INT * 4 + w.year_quarter[5:5]::INT - 1 > x.q;
""")
STEPS = ["1_entrant", "2_second_course", "3_concentrator", "4_completer", "5_credential", "6_college", "7_work"]
cells = hold("pipeline", f"""
    WITH stepped AS (
        SELECT e.*, t.step,
               CASE t.step WHEN 1 THEN true WHEN 2 THEN e.most > 1 ELSE (e.p, t.step) IN (SELECT (p, step) FROM found) END AS reached,
               CASE t.step WHEN 1 THEN true WHEN 2 THEN e.here > 1 WHEN 3 THEN COALESCE(s.concentrator, false) WHEN 4 THEN COALESCE(s.completer, false)
                           ELSE (e.p, t.step) IN (SELECT (p, step) FROM found) END AS reached_here,
               CASE t.step WHEN 6 THEN e.p IN (FROM searched) AND e.p IN (SELECT p FROM last_exit)
                           WHEN 7 THEN e.p IN (FROM bridged) AND e.p IN (SELECT p FROM last_exit) ELSE true END AS seen,
               CASE t.step WHEN 1 THEN false WHEN 5 THEN e.y + 3 > r.credentials WHEN 6 THEN make_date(e.y + 3, 10, 1) > r.ends
                           WHEN 7 THEN (e.y + 3)::TEXT || '4' > r.wages ELSE e.y + 3 > r.courses END
                 OR (t.step IN (3, 4, 6, 7) AND e.p NOT IN (SELECT p FROM shown)) AS pending
        FROM entry_program AS e CROSS JOIN (SELECT unnest(range(1, 8)) AS step) AS t CROSS JOIN reach AS r
        LEFT JOIN status AS s ON s.p = e.p AND s.program = e.program
    )
    SELECT t.p, t.y AS year, {STEPS}[t.step] AS step, t.district AS district_id, t.program AS program_code, k.cluster AS career_cluster,
           a.gender, a.race_ethnicity, COALESCE(n.special_population, '_none') AS special_population, reached, reached_here, pending,
           reached OR (seen AND NOT pending) AS covered
    FROM stepped AS t {PEOPLE.format('t')} {POPULATIONS.format('t')} LEFT JOIN in_cluster AS k ON k.program = t.program AND k.y = t.y""",
    ["year", "step"],
    {"entrants": "true", "reached": "reached", "reached_in_program": "reached_here", "covered_denominator": "covered", "pending": "pending"},
    {"reach_rate": ("reached", "entrants", "covered_denominator", "pending"),
     "program_rate": ("reached_in_program", "entrants", "covered_denominator", "pending")})
print(f"pipeline: {cells} cells are what {db.execute('SELECT count(*) FROM entrant').fetchone()[0]} entrants give")

# pipeline_drop: from the published cells of pipeline, in whole fractions.
columns = [c for (c,) in db.execute("SELECT column_name FROM (DESCRIBE mart_pipeline)").fetchall()]
pipeline = [dict(zip(columns, row)) for row in db.execute("FROM mart_pipeline").fetchall()]
PLACES = ("district_id", "career_cluster", "program_code")
everyone, groups = {}, {}
for row in pipeline:
    named = set() if row["grouping_set"] == "total" else set(row["grouping_set"].split("+"))
    place = tuple(row[p] for p in PLACES)
    reached = row["reached"] if not named & {"career_cluster", "program_code"} else row["reached_in_program"]
    rest = named - set(PLACES)
    if not rest:
        everyone[row["year"], *place, row["step"]] = (row["entrants"], reached, row["pending"])
    elif len(rest) == 1:
        (dimension,) = rest
        groups.setdefault((row["year"], *place, dimension, row[dimension]), {})[row["step"]] = (row["entrants"], reached)
expected = {}
for key, by_step in groups.items():
    before, drops = None, {}
    for step in sorted(by_step):
        n_all, all_reached, pending = everyone[*key[:4], step]
        if pending or not all_reached:
            continue
        n, reached = by_step[step]
        share, entered = Fraction(reached, all_reached), Fraction(n, n_all)
        change = None if before is None else round(float(100 * (share - before[1])), 9)
        expected[*key, step] = {
            "n_group": n, "n_all": n_all, "group_reached": reached, "all_reached": all_reached, "entrant_share": entered, "step_share": share,
            "gap_points": 100 * (share - entered), "step_before": before and before[0], "change_points": change,
            "proportionality": share / entered, "largest_drop": False,
            "reliability": next(letter for letter, least in zip("ABCD", (100, 30, 10, 0)) if n >= least),
        }
        if change is not None and change < 0:
            drops.setdefault(change, step)
        if step < "5":
            before = (step, share)
    if drops:
        expected[*key, drops[min(drops)]]["largest_drop"] = True
columns = [c for (c,) in db.execute("SELECT column_name FROM (DESCRIBE mart_pipeline_drop)").fetchall()]
KEY = ("year", *PLACES, "dimension", "subgroup", "step")
told = {}
for row in db.execute("FROM mart_pipeline_drop").fetchall():
    row = dict(zip(columns, row))
    told[tuple(row[k] for k in KEY)] = row
wrong = [f"{key}: {'only the mart has it' if key in told else 'the mart has no such row'}" for key in told.keys() ^ expected.keys()]
for key in told.keys() & expected.keys():
    for column, mine in expected[key].items():
        theirs = told[key][column]
        same = abs(theirs - float(mine)) < 1e-8 if isinstance(mine, (Fraction, float)) and theirs is not None else theirs == mine
        if not same:
            wrong.append(f"{key}: {column} is {theirs}, by the formula {mine}")
assert told and not wrong, "\n".join(sorted(wrong)[:40] + [f"{len(wrong)} faults in {len(told)} rows of pipeline_drop"])
largest = sum(row["largest_drop"] for row in told.values())
assert 0 < largest < len(told)
print(f"pipeline_drop: {len(told)} rows are what the cells of pipeline give, {largest} of them a largest drop")

# course_sequence
cells = hold("course_sequence", f"""
    WITH taken AS (
        SELECT p, y, program, course, bool_or(completed) AS completed, bool_or(passed) AS passed,
               arg_max(district, (COALESCE(day, DATE '0001-01-01'), district)) AS district
        FROM course WHERE program IS NOT NULL GROUP BY ALL
    )
    SELECT t.p, t.y AS year, t.program AS program_code, k.cluster AS career_cluster, t.course AS course_code, t.district AS district_id, a.gender,
           ['1_first', '2_second', '3_third', '4_later'][least(4, 1 + (SELECT count(DISTINCT o.course) FROM taken AS o
               WHERE o.p = t.p AND o.program = t.program AND o.course <> t.course AND o.y < t.y))] AS place,
           COALESCE(n.course, '_none') AS next_course, t.completed, t.passed, n.p IS NOT NULL AS continued, (t.p, t.y + 1) IN (FROM served) AS at_school,
           t.y = (SELECT min(o.y) FROM taken AS o WHERE o.p = t.p AND o.program = t.program) AS first, t.y >= r.courses AS pending
    FROM taken AS t CROSS JOIN reach AS r {PEOPLE.format('t')}
    LEFT JOIN taken AS n ON n.p = t.p AND n.program = t.program AND n.y = t.y + 1 AND n.course <> t.course
    LEFT JOIN in_cluster AS k ON k.program = t.program AND k.y = t.y""",
    ["year"],
    {"takers": "true", "completed": "completed", "passed": "passed", "first_course": "first", "at_school": "at_school", "continued": "continued",
     "pending": "pending"},
    {"pass_rate": ("passed", "takers", "takers", None), "next_rate": ("continued", "at_school", "at_school", "pending")})
print(f"course_sequence: {cells} cells are what {db.execute('SELECT count(*) FROM course').fetchone()[0]} courses give")

# dual_credit
db.execute("""
-- Fields at college within a year after the exit, and in high school before it.
CREATE TABLE after AS
SELECT x.p, x.y, s.b, s.college, now_of(unnest(list_append(s.cips, NULL)), program_year(s.b)) AS cip FROM exit AS x JOIN study AS s ON s.p = x.p AND s.b > x.day AND s.b <= x.year_after;
CREATE TABLE before AS
SELECT x.p, x.y, now_of(t.cip_code, program_year(t.term_begin)) AS cip, t.credits_earned AS credits
FROM exit AS x JOIN ps_enrollment AS t ON t.person_id = x.p AND t.term_begin <= x.day WHERE here(t.enrollment_status);
""")
FIELD = "(p, y, cip[1:5]) IN (SELECT (p, y, cip[1:5]) FROM left_with WHERE cip IS NOT NULL)"
cells = hold("dual_credit", f"""
    WITH dual AS (SELECT p, y, bool_or(COALESCE(credits > 0, false)) AS credit, bool_or(COALESCE({FIELD}, false)) AS in_field FROM before GROUP BY ALL),
    college AS (SELECT p, y, bool_or(cip IS NOT NULL) AS known, bool_or(cip IS NOT NULL AND COALESCE({FIELD}, false)) AS in_field FROM after GROUP BY ALL),
    status AS (SELECT p, y, bool_or(is_concentrator) AS concentrator FROM left_with GROUP BY ALL)
    SELECT x.p, x.y AS year, CASE WHEN d.p IS NULL THEN 'none' WHEN d.in_field THEN 'dual_in_field' ELSE 'dual_other' END AS dual,
           CASE WHEN s.p IS NULL THEN 'none' WHEN s.concentrator THEN 'concentrator' ELSE 'participant' END AS cte_status, x.district AS district_id,
           CASE WHEN l.p IS NULL THEN '_none' ELSE l.program END AS program_code, CASE WHEN l.p IS NULL THEN '_none' ELSE l.cluster END AS career_cluster,
           a.gender, a.race_ethnicity, COALESCE(n.special_population, '_none') AS special_population, COALESCE(s.concentrator, false) AS concentrator,
           d.p IS NOT NULL AS is_dual, COALESCE(d.credit, false) AS credit, q.met AS q2, q.covered AS q2_covered, q.pending AS q2_pending,
           q.met OR c.p IS NOT NULL AS met, x.year_after > r.ends AS pending,
           q.met OR c.p IS NOT NULL OR (q.covered AND x.year_after <= r.ends) AS covered, c.p IS NOT NULL AND s.p IS NOT NULL AS cte,
           c.p IS NOT NULL AND s.p IS NOT NULL AND COALESCE(c.known, false) AS known, COALESCE(c.in_field, false) AS same
    FROM exit AS x CROSS JOIN reach AS r JOIN second_quarter AS q ON q.p = x.p AND q.y = x.y {PEOPLE.format('x')} {POPULATIONS.format('x')}
    LEFT JOIN dual AS d ON d.p = x.p AND d.y = x.y LEFT JOIN college AS c ON c.p = x.p AND c.y = x.y
    LEFT JOIN status AS s ON s.p = x.p AND s.y = x.y LEFT JOIN left_with AS l ON l.p = x.p AND l.y = x.y""",
    ["year"],
    {"learners": "true", "concentrators": "concentrator", "dual_enrolled": "is_dual", "credit_earners": "credit", "college_q2": "q2",
     "covered_q2": "q2_covered", "pending_q2": "q2_pending", "college_1yr": "met", "covered_1yr": "covered", "pending_1yr": "pending",
     "cte_college": "cte", "cte_known": "known", "same_field": "same"},
    {"q2_rate": ("college_q2", "learners", "covered_q2", "pending_q2"), "year_rate": ("college_1yr", "learners", "covered_1yr", "pending_1yr"),
     "field_rate": ("same_field", "cte_college", "cte_known", "pending_1yr")})
print(f"dual_credit: {cells} cells are what {db.execute('SELECT count(*) FROM exit').fetchone()[0]} exits give")

# transition
db.execute("""
CREATE TABLE seen_college AS
SELECT replace(college_code, '-', '') AS college, max(college_name) AS name, max(college_state) AS state, max(two_four_year) AS level, max(public_private) AS control
FROM nsc_detail WHERE college_code IS NOT NULL GROUP BY 1;
CREATE TABLE home_state AS
SELECT state FROM seen_college WHERE state IS NOT NULL AND college IN (SELECT org_id FROM organizations WHERE org_type = 'college')
GROUP BY state ORDER BY count(*) DESC, state DESC LIMIT 1;
CREATE TABLE first_college AS SELECT p, y, arg_min(college, (b, college)) AS college FROM after GROUP BY ALL;
""")
cells = hold("transition", f"""
    WITH near AS (
        SELECT l.p, l.y, l.program, min(CASE WHEN s.cip = l.cip THEN 1 WHEN s.cip[1:5] = l.cip[1:5] THEN 2 WHEN s.cip[1:2] = l.cip[1:2] THEN 3
               WHEN l.cluster IN (SELECT k.cluster FROM in_cluster AS k LEFT JOIN program AS g ON g.program = k.program WHERE COALESCE(g.cip, k.program) = s.cip AND k.y = l.y) THEN 4 ELSE 5 END) AS n
        FROM left_with AS l JOIN after AS s ON s.p = l.p AND s.y = l.y WHERE s.cip IS NOT NULL AND l.cip IS NOT NULL AND l.is_concentrator GROUP BY ALL
    )
    SELECT l.p, l.y AS year, x.district AS district_id, l.program AS program_code, l.cluster AS career_cluster,
           CASE WHEN f.p IS NULL THEN '_none' ELSE f.college END AS college_id,
           CASE WHEN f.p IS NULL THEN '_none' ELSE COALESCE(o.name, c.name) END AS college_name,
           CASE WHEN f.p IS NULL THEN '_none' WHEN o.org_id IS NOT NULL OR c.state = (FROM home_state) THEN 'in_state' ELSE c.state END AS college_state,
           CASE WHEN f.p IS NULL THEN '_none' WHEN o.level IN ('2YR', '4YR') THEN o.level[1:1] ELSE c.level END AS two_four_year,
           CASE WHEN f.p IS NULL THEN '_none' ELSE c.control END AS public_private,
           CASE WHEN f.p IS NULL THEN 'none' ELSE ['same_cip6', 'same_cip4', 'same_cip2', 'same_cluster', 'other'][n.n] END AS continuation,
           a.gender, a.race_ethnicity, f.p IS NOT NULL AS enrolled, x.year_after > r.ends AS pending,
           f.p IS NOT NULL OR (q.covered AND x.year_after <= r.ends) AS covered, n.n IS NOT NULL AS known, COALESCE(n.n, 9) AS n
    FROM left_with AS l JOIN exit AS x ON x.p = l.p AND x.y = l.y JOIN second_quarter AS q ON q.p = l.p AND q.y = l.y CROSS JOIN reach AS r {PEOPLE.format('l')}
    LEFT JOIN first_college AS f ON f.p = l.p AND f.y = l.y LEFT JOIN near AS n ON n.p = l.p AND n.y = l.y AND n.program = l.program
    LEFT JOIN seen_college AS c ON c.college = f.college LEFT JOIN organizations AS o ON o.org_id = f.college AND o.org_type = 'college'
    WHERE l.is_concentrator""",
    ["year"],
    {"leavers": "true", "enrolled": "enrolled", "covered_denominator": "covered", "pending": "pending", "known_field": "known", "same_cip6": "n <= 1",
     "same_cip4": "n <= 2", "same_cip2": "n <= 3", "same_cluster": "n <= 4"},
    {"college_rate": ("enrolled", "leavers", "covered_denominator", "pending"), "field_rate": ("same_cip4", "enrolled", "known_field", "pending")})
print(f"transition: {cells} cells are what {db.execute('SELECT count(DISTINCT (p, y)) FROM left_with WHERE is_concentrator').fetchone()[0]} leavers give")
