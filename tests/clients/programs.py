"""Works out the marts of programs (program_supply, program_results, labor_market, access, program_scorecard) and the rules behind them a second time,
from the linked tables and from who is a participant, concentrator or completer, and holds the marts against it, row by row and column by column.

Occupations and openings are worked out in plain Python, everything that counts learners in DuckDB, with statements that share nothing with the marts:
learners are counted one by one, never added up from cells.

usage: programs.py OUT
"""

import json
import pathlib
import sys
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal

import duckdb

import rates
from clusters import Clusters
from vintages import Vintages

out = pathlib.Path(sys.argv[1])
pointer = json.loads((out / "current.json").read_text())
release = out / "releases" / pointer["release"]
manifest = json.loads((release / "manifest.json").read_text())
run = json.loads(max(out.glob("runs/*/run_results.json"), key=lambda f: f.parent.name).read_text())
db = duckdb.connect()


def view(name, folder):
    if any(folder.glob("**/*.parquet")):
        db.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet('{folder}/**/*.parquet', hive_partitioning = false)")


for step in run["steps"]:
    kind, _, name = step["step"].partition("/")
    if kind in ("linked", "rule"):
        view(name, out / "store" / kind / step["fingerprint"])
MARTS = ("program_supply", "program_results", "labor_market", "access", "program_scorecard", "indicator")
for table in manifest["tables"]:
    if table["table"] in MARTS:
        view(f"mart_{table['table']}", release / table["path"])


def rows(sql):
    found = db.execute(sql)
    names = [column[0] for column in found.description]
    return [dict(zip(names, row)) for row in found.fetchall()]


def same(mine, theirs):
    if isinstance(mine, float) and theirs is not None:
        return abs(mine - theirs) < 1e-9
    return mine == theirs


def hold(name, key, expected, table=None):
    """Every row of the table is expected and every expected row is there, with every column that is worked out."""
    told = {tuple(row[k] for k in key): row for row in rows(f"SELECT * FROM {table or 'mart_' + name}")}
    mine = {tuple(row[k] for k in key): row for row in expected}
    wrong = [f"{k}: {'only the mart has it' if k in told else 'the mart has no such row'}" for k in told.keys() ^ mine.keys()]
    for k in told.keys() & mine.keys():
        wrong += [f"{k}: {c} is {told[k][c]}, worked out {v}" for c, v in mine[k].items() if not same(v, told[k][c])]
    assert told and not wrong, "\n".join([f"{name}:"] + sorted(wrong)[:30] + [f"{len(wrong)} faults in {len(told)} rows"])
    print(f"{name}: {len(told)} rows, {len(expected[0]) - len(key)} columns each, are what is worked out")


# ---- occupations ---------------------------------------------------------------------------------------------------------------------------------------

outlook = {(r["area"], r["soc_code"]): r for r in rows("SELECT * FROM projections")}
areas = sorted({area for area, _ in outlook})
# Lists bear no date: fields and occupations of an older vintage stand under the code of now.
vintages = Vintages(rows("SELECT * FROM code_change"))
fields = defaultdict(set)
for row in rows("SELECT cip_code, soc_code FROM cip_soc"):
    soc = vintages.now("soc", row["soc_code"])
    if soc != "99-9999" and not soc.startswith("25-1"):
        fields[vintages.now("cip", row["cip_code"])].add(soc)
TRAINED = {"Some college, no degree", "Postsecondary nondegree award", "Associate's degree", "Bachelor's degree", "Master's degree",
           "Doctoral or professional degree"}


def at(area, soc):
    """The occupation in the area's projections, or the broad group that holds it."""
    for code in (soc, soc[:6] + "0"):
        if (area, code) in outlook:
            return code
    return None


def facts(area, code):
    if code is None:
        return dict.fromkeys(("openings", "employment_base", "employment_projected", "growth_percent", "median_wage", "wage_is_bound", "high_wage", "in_demand", "high_skill"))
    o, every = outlook[area, code], outlook.get((area, "00-0000"))
    wage, openings, growth = o["median_wage"], o["annual_openings"], o["growth_percent"]
    few = openings is not None and openings < 50 or growth is not None and growth < 0
    return {
        "openings": openings, "employment_base": o["employment_base"], "employment_projected": o["employment_projected"], "growth_percent": growth,
        "median_wage": wage, "wage_is_bound": o["median_wage_published"].startswith(">") if o["median_wage_published"] else None,
        "high_wage": None if wage is None or not every or every["median_wage"] is None else wage >= every["median_wage"],
        "in_demand": False if few else None if openings is None or growth is None else True,
        "high_skill": None if o["entry_education"] is None else o["entry_education"] in TRAINED,
    }


shown = {area: "_total" if area == "ZZ" else area for area in areas}
expected = []
for cip, socs in fields.items():
    for soc in socs:
        for area in areas:
            code = at(area, soc)
            match = "none" if code is None else "exact" if code == soc else "group"
            expected.append({"cip_code": cip, "soc_code": soc, "area": shown[area], "projected_code": code, "match": match, **facts(area, code)})
hold("field_occupation", ("cip_code", "soc_code", "area"), expected, "field_occupation")
assert {r["match"] for r in expected} == {"none", "exact", "group"}

programs = rows("SELECT * FROM programs")
for p in programs:
    p["field"] = vintages.now("cip", p["cip_code"])
db.create_function("field_of", lambda program, cip, year: vintages.of_program(program, cip, year), [str, str, int], str, null_handling="special")
# The cluster of each program in each year, of those too that go by their CIP code.
clusters = Clusters(rows("SELECT * FROM cip_cluster"), {p["program_code"]: p for p in programs})
db.execute("CREATE TABLE in_cluster (program_code VARCHAR, year INT, cluster VARCHAR)")
db.executemany("INSERT INTO in_cluster VALUES (?, ?, coalesce(?, '_unknown'))", list(clusters.by_year()))


def demand(cips, area):
    wanted = {soc for cip in cips for soc in fields[cip]}
    found = {soc: at(area, soc) for soc in wanted}
    codes = {code for code in found.values() if code}
    # What lies within a group that counts itself does not count beside it.
    codes = {c for c in codes if not any(g != c and g.endswith("0") and c.startswith(g.rstrip("0")) for g in codes)}
    numbers = [facts(area, code) for code in codes]

    def total(name, of=numbers):
        values = [n[name] for n in of if n[name] is not None]
        return sum(values) if values else None

    def openings(flag):
        return None if total("openings") is None else total("openings", [n for n in numbers if n[flag]]) or 0

    both = [n for n in numbers if n["employment_base"] is not None and n["employment_projected"] is not None]
    base, later = total("employment_base", both), total("employment_projected", both)
    paid = [n for n in numbers if n["median_wage"] is not None and n["employment_base"] is not None]
    wages = [n["median_wage"] for n in numbers if n["median_wage"] is not None]
    weight = sum(n["employment_base"] for n in paid)
    bounds = [n["wage_is_bound"] for n in numbers if n["wage_is_bound"] is not None]
    return {
        "occupations": len(codes), "occupations_grouped": len({found[s] for s in wanted if found[s] in codes and found[s] != s}),
        "occupations_missing": sum(1 for soc in wanted if facts(area, found[soc])["openings"] is None),
        "openings": total("openings"), "openings_high_wage": openings("high_wage"), "openings_in_demand": openings("in_demand"),
        "openings_high_skill": openings("high_skill"), "employment_base": total("employment_base"), "employment_projected": total("employment_projected"),
        "growth_percent": 100 * (later - base) / base if base else None,
        "median_wage": (sum(n["median_wage"] * n["employment_base"] for n in paid) / weight).quantize(Decimal("0.01"), ROUND_HALF_UP) if weight else None,
        "median_wage_low": min(wages, default=None), "median_wage_high": max(wages, default=None), "wage_is_bound": any(bounds) if bounds else None,
        "shortage_below": 80, "surplus_above": 120,
    }


about = [("total", "_total", "_total", "_total", {p["field"] for p in programs})]
about += [("program_code", p["program_code"], p["field"], p["cluster16"] or "_unknown", {p["field"]}) for p in programs]
about += [("cip_code", "_total", cip, "_total", {cip}) for cip in {p["field"] for p in programs}]
for cluster in {p["cluster16"] or "_unknown" for p in programs}:
    about.append(("career_cluster", "_total", "_total", cluster, {p["field"] for p in programs if (p["cluster16"] or "_unknown") == cluster}))
KEY = ("kind", "program_code", "cip_code", "career_cluster", "area")
asked = [dict(zip(KEY, (*key, shown[area]))) | demand(cips, area) for *key, cips in about for area in areas]
hold("program_demand", KEY, asked, "program_demand")

# ---- who completes -------------------------------------------------------------------------------------------------------------------------------------

db.execute("""
CREATE TABLE completions AS
SELECT d.*, CASE WHEN p.cip_code IS NOT NULL OR regexp_full_match(d.program_code, '[0-9]{2}[.][0-9]{4}')
                 THEN field_of(d.program_code, p.cip_code, d.year) ELSE '_unknown' END AS cip_code,
       COALESCE(k.cluster, '_unknown') AS career_cluster,
       COALESCE((SELECT any_value(r.area) FROM organizations o JOIN regions r USING (county) WHERE o.org_id = d.school_id), '_unknown') AS area
FROM (SELECT person_id, completer_year AS year, 'secondary' AS level, program_code, school_id
      FROM cte_completer_secondary WHERE completer_year = reporting_year AND completer_year >= 2020
      UNION ALL
      SELECT person_id, completion_year, 'postsecondary', program_code, school_id FROM postsecondary_completion WHERE completion_year >= 2020) AS d
LEFT JOIN programs p USING (program_code)
LEFT JOIN in_cluster k ON k.program_code = d.program_code AND k.year = d.year
""")
DIMENSIONS = ("level", "program_code", "cip_code", "career_cluster", "area")
SETS = [s + ([] if area is None else ["area"]) for s in ([], ["level"], ["program_code"], ["cip_code"], ["level", "cip_code"], ["career_cluster"], ["level", "career_cluster"])
        for area in (None, "area")]
expected = []
for named in SETS:
    columns = ", ".join(d if d in named else f"'_total' AS {d}" for d in DIMENSIONS)
    groups = ", ".join(["year", *named])
    expected += [{"grouping_set": "+".join(named) or "total", **row} for row in
                 rows(f"SELECT year, {columns}, count(DISTINCT person_id) AS completers FROM completions GROUP BY {groups}")]
hold("program_supply", ("grouping_set", "year", *DIMENSIONS), expected)

# ---- the labour market ---------------------------------------------------------------------------------------------------------------------------------

people = defaultdict(set)
for row in rows("SELECT * FROM completions"):
    who = (row["level"], row["person_id"])
    for area in ("_total", row["area"]):
        for kind, value in (("program_code", row["program_code"]), ("cip_code", row["cip_code"]), ("career_cluster", row["career_cluster"]), ("total", "")):
            people[row["year"], kind, value, area].add(who)
delivered = defaultdict(set)
for year, level in db.execute("SELECT DISTINCT year, level FROM completions").fetchall():
    delivered[year].add(level)
names = dict(db.execute("SELECT DISTINCT area, area_name FROM regions").fetchall()) | {"_total": "The whole state"}
directory = {p["program_code"]: p for p in programs}
expected = []
for row in asked:
    kind, area = row["kind"], row["area"]
    program = directory.get(row["program_code"])
    for year, levels in delivered.items():
        done = people.get((year, kind, row[kind] if kind != "total" else "", area), set())
        needs = {program["org_level"]} if program else {"secondary", "postsecondary"}
        openings, completers = row["openings"], len({person for _, person in done})
        status = "data_not_yet_available" if needs - levels else "no_occupation" if row["occupations"] + row["occupations_missing"] == 0 else \
            "no_projection" if openings is None else None
        share = None if status or not openings else completers * 100 / openings
        level = lambda l: len({p for w, p in done if w == l}) if l in levels or program and program["org_level"] != l else None
        expected.append(row | {
            "year": year, "area_name": names[area], "title": program and program["title"], "level": program and program["org_level"], "status": status,
            "completers": None if needs - levels else completers, "completers_secondary": level("secondary"), "completers_postsecondary": level("postsecondary"),
            "gap": None if status else openings - completers, "supply_ratio": None if share is None else completers / openings,
            "supply_class": None if status else ("surplus" if completers else "balance") if openings == 0 else
            "shortage" if share < 80 else "surplus" if share > 120 else "balance",
        })
hold("labor_market", ("kind", "year", "program_code", "cip_code", "career_cluster", "area"), expected)
labor = {(r["year"], r["program_code"] if r["kind"] == "program_code" else None, r["cip_code"], r["kind"]): r for r in expected if r["area"] == "_total"}

# ---- access --------------------------------------------------------------------------------------------------------------------------------------------

POPULATIONS = ("disability", "econ_disadvantaged", "single_parent", "out_of_workforce", "english_learner", "homeless", "foster_care", "military_parent", "migrant")
unpivot = " UNION ALL ".join(f"SELECT person_id, reporting_year, 'special_population' AS dimension, '{p}' AS subgroup FROM learner_year WHERE level = 'secondary' AND {p}" for p in POPULATIONS)
none = " AND ".join(f"{p} IS NOT TRUE" for p in POPULATIONS)
# Preparing for a non-traditional field in the year: a participant who is served, of the gender that is under-represented there.
prepares = "SELECT DISTINCT person_id, reporting_year FROM nontraditional_status WHERE level = 'secondary' AND served AND is_underrepresented"
db.execute(f"""
CREATE TABLE learners AS
SELECT y.person_id, y.reporting_year AS year, COALESCE(y.district_id, '_unknown') AS district_id, COALESCE(y.school_id, '_unknown') AS school_id, g.dimension, g.subgroup
FROM learner_year y
JOIN (SELECT person_id, reporting_year, 'total' AS dimension, '_total' AS subgroup FROM learner_year WHERE level = 'secondary'
      UNION ALL SELECT y.person_id, reporting_year, 'gender', COALESCE(gender, '_unknown') FROM learner_year y LEFT JOIN learner_attributes USING (person_id) WHERE level = 'secondary'
      UNION ALL SELECT y.person_id, reporting_year, 'race_ethnicity', COALESCE(race_ethnicity, '_unknown') FROM learner_year y LEFT JOIN learner_attributes USING (person_id) WHERE level = 'secondary'
      UNION ALL SELECT person_id, reporting_year, 'special_population', 'nontraditional' FROM ({prepares}) AS n
      UNION ALL SELECT y.person_id, y.reporting_year, 'special_population', '_none' FROM learner_year AS y
                LEFT JOIN ({prepares}) AS n ON n.person_id = y.person_id AND n.reporting_year = y.reporting_year
                WHERE level = 'secondary' AND n.person_id IS NULL AND {none}
      UNION ALL {unpivot}) AS g ON g.person_id = y.person_id AND g.reporting_year = y.reporting_year
WHERE y.level = 'secondary' AND y.served AND y.reporting_year >= 2020;
CREATE TABLE offered AS
SELECT o.school_id, o.school_year AS year, o.program_code, k.cluster AS career_cluster, count(DISTINCT o.course_code) AS courses,
       sum(o.sections) AS sections, sum(o.seats) AS seats
FROM offerings o JOIN programs p USING (program_code) JOIN in_cluster k ON k.program_code = o.program_code AND k.year = o.school_year
WHERE o.sections >= 1 AND o.school_year >= 2020 AND p.org_level = 'secondary'
GROUP BY ALL;
CREATE TABLE things AS
SELECT year, 'program_code' AS kind, program_code, '_total' AS career_cluster, title FROM programs JOIN in_cluster USING (program_code) WHERE org_level = 'secondary'
UNION ALL SELECT DISTINCT year, 'career_cluster', '_total', cluster, NULL FROM programs JOIN in_cluster USING (program_code) WHERE org_level = 'secondary'
UNION ALL SELECT DISTINCT year, 'any', '_total', '_total', NULL FROM in_cluster;
CREATE TABLE available AS
SELECT t.kind, t.program_code, t.career_cluster, f.year, f.school_id, max(f.courses) >= 3 AS has_sequence, sum(f.sections) AS sections, sum(f.seats) AS seats
FROM things t JOIN offered f ON t.year = f.year AND t.program_code IN ('_total', f.program_code) AND t.career_cluster IN ('_total', f.career_cluster)
GROUP BY ALL;
CREATE TABLE taking AS
SELECT DISTINCT s.person_id, s.reporting_year AS year, t.kind, t.program_code, t.career_cluster
FROM cte_participant_secondary s
LEFT JOIN in_cluster k ON k.program_code = s.program_code AND k.year = s.reporting_year
JOIN things t ON t.year = s.reporting_year
 AND (t.kind = 'any' OR t.kind = 'program_code' AND t.program_code = s.program_code OR t.kind = 'career_cluster' AND t.career_cluster = k.cluster)
WHERE s.served;
CREATE TABLE each_learner AS
SELECT l.*, t.kind, t.program_code, t.career_cluster, t.title, a.school_id IS NOT NULL AS is_offered, COALESCE(a.has_sequence, false) AS has_sequence, k.person_id IS NOT NULL AS takes
FROM learners l
JOIN things t ON t.year = l.year
LEFT JOIN available a ON a.kind = t.kind AND a.program_code = t.program_code AND a.career_cluster = t.career_cluster AND a.year = l.year AND a.school_id = l.school_id
LEFT JOIN taking k ON k.kind = t.kind AND k.program_code = t.program_code AND k.career_cluster = t.career_cluster AND k.year = l.year AND k.person_id = l.person_id
WHERE l.year IN (SELECT year FROM offered);
""")
expected = []
for scope, where in (("school", ["district_id", "school_id"]), ("district", ["district_id"]), ("state", [])):
    columns = ", ".join(d if d in where else f"'_total' AS {d}" for d in ("district_id", "school_id"))
    groups = ", ".join(["year", *where, "kind", "program_code", "career_cluster", "title", "dimension", "subgroup"])
    # Groups of learners stand with the state, and with districts for any program; places stand with what they offer or somebody there takes.
    only = {"school": "dimension = 'total' AND kind <> 'career_cluster' AND school_id <> '_unknown'", "district": "dimension = 'total' OR kind = 'any'", "state": "true"}[scope]
    there = "true" if scope == "state" else "kind = 'any' OR bool_or(is_offered) OR bool_or(takes)"
    expected += rows(f"""
        SELECT '{scope}' AS scope, year, {columns}, kind, program_code, career_cluster, title, dimension, subgroup,
               count(DISTINCT school_id) FILTER (WHERE school_id <> '_unknown') AS schools, count(DISTINCT school_id) FILTER (WHERE is_offered) AS schools_offering,
               count(DISTINCT person_id) AS learners, count(DISTINCT person_id) FILTER (WHERE is_offered) AS with_access,
               count(DISTINCT person_id) FILTER (WHERE has_sequence) AS with_sequence, count(DISTINCT person_id) FILTER (WHERE takes) AS participants,
               CASE WHEN dimension = 'total' AND kind <> 'career_cluster' THEN count(DISTINCT person_id) FILTER (WHERE takes AND NOT is_offered) END AS participants_elsewhere
        FROM each_learner WHERE {only} GROUP BY {groups} HAVING {there}""")
PLACE = ("scope", "year", "district_id", "school_id", "program_code", "career_cluster")
seats = defaultdict(lambda: [0, 0])
for row in rows("""SELECT a.*, d.district_id FROM available a
                   JOIN (SELECT DISTINCT year, school_id, district_id FROM learners) AS d USING (year, school_id)"""):
    for place in (("school", row["district_id"], row["school_id"]), ("district", row["district_id"], "_total"), ("state", "_total", "_total")):
        sums = seats[(place[0], row["year"], *place[1:], row["program_code"], row["career_cluster"])]
        sums[0] += row["sections"]
        sums[1] += row["seats"]
everyone = {tuple(r[k] for k in PLACE): r for r in expected if r["dimension"] == "total"}
for row in expected:
    place = tuple(row[k] for k in PLACE)
    reference = everyone[place]["with_access"] / everyone[place]["learners"]
    row |= {
        **rates.parts("access_rate", row["with_access"], row["learners"]), "access_rate_rule": "PRG-OFF", "access_rate_version": 1, "reference_rate": reference, "gap_points": 100 * (row["with_access"] / row["learners"] - reference),
        **rates.parts("part_rate", row["participants"], row["learners"]), "part_rate_rule": "PV-S-PART",
        "sections": seats[place][0] if row["dimension"] == "total" else None, "seats": seats[place][1] if row["dimension"] == "total" else None,
    }
hold("access", (*PLACE, "dimension", "subgroup"), expected)

# ---- how far learners come -----------------------------------------------------------------------------------------------------------------------------

db.execute("""
CREATE TABLE earned AS
SELECT DISTINCT c.person_id, p.level, p.program_code, p.reporting_year AS year
FROM credentials c
JOIN credential_list l USING (credential_code)
JOIN (SELECT 'secondary' AS level, person_id, reporting_year, program_code FROM cte_participant_secondary
      UNION ALL SELECT 'postsecondary', person_id, reporting_year, program_code FROM cte_participant_postsecondary) AS p
  ON p.person_id = c.person_id AND c.earned_date BETWEEN make_date(p.reporting_year - 1, 7, 1) AND make_date(p.reporting_year, 6, 30)
WHERE c.passed AND l.recognized AND c.earned_date BETWEEN COALESCE(l.valid_from, DATE '1900-01-01') AND COALESCE(l.valid_to, DATE '2999-12-31')
  AND left(l.cip_code, 5) = left(COALESCE((SELECT any_value(g.cip_code) FROM programs g WHERE g.program_code = p.program_code), p.program_code), 5);
CREATE TABLE status AS
SELECT 'secondary' AS level, person_id, reporting_year AS year, program_code, 1 AS step FROM cte_participant_secondary WHERE served
UNION ALL SELECT 'secondary', person_id, reporting_year, program_code, 2 FROM cte_concentrator_secondary WHERE served
UNION ALL SELECT 'secondary', person_id, reporting_year, program_code, 3 FROM cte_completer_secondary WHERE served
UNION ALL SELECT 'postsecondary', person_id, reporting_year, program_code, 1 FROM cte_participant_postsecondary WHERE served
UNION ALL SELECT 'postsecondary', person_id, reporting_year, program_code, 2 FROM cte_concentrator_postsecondary WHERE served
UNION ALL SELECT 'postsecondary', person_id, completion_year, program_code, 3 FROM postsecondary_completion WHERE completion_year >= 2020
UNION ALL SELECT level, person_id, year, program_code, 0 FROM earned;
""")
COUNTS = """count(DISTINCT person_id) FILTER (WHERE step >= 1) AS participants, count(DISTINCT person_id) FILTER (WHERE step >= 2) AS concentrators,
            count(DISTINCT person_id) FILTER (WHERE step = 3) AS completers, count(DISTINCT person_id) FILTER (WHERE step = 0) AS credential_earners"""
results = rows(f"SELECT 'program_code' AS grouping_set, year, level, program_code, {COUNTS} FROM status GROUP BY year, level, program_code")
everything = rows(f"SELECT 'total' AS grouping_set, year, level, '_total' AS program_code, {COUNTS} FROM status GROUP BY year, level")
for row in results + everything:
    row |= rates.parts("conc_rate", row["concentrators"], row["participants"]) | rates.parts("comp_rate", row["completers"], row["concentrators"])
    row |= {"conc_rate_rule": "PV-S-CONC", "comp_rate_rule": "PV-S-COMP"} if row["level"] == "secondary" else {"conc_rate_rule": "PV-P-CONC", "comp_rate_rule": "PV-P-COMP"}
hold("program_results", ("grouping_set", "year", "level", "program_code"), results + everything)

# ---- the scorecard -------------------------------------------------------------------------------------------------------------------------------------

of = {(r["year"], r["level"], r["program_code"]): r for r in results}
placement = {(r["year"], r["level"], r["program_code"]): r for r in
             rows("SELECT * FROM mart_indicator WHERE grouping_set = 'program_code' AND indicator = CASE level WHEN 'secondary' THEN '3S1' ELSE '1P1' END")}
measured = {(r["year"], r["level"]) for r in rows("SELECT year, level FROM mart_indicator WHERE grouping_set = 'total' AND indicator IN ('3S1', '1P1')")}
schools = {(r["year"], r["program_code"]): r for r in
           rows("SELECT year, program_code, count(*) AS offering, max(courses) AS courses, count(*) FILTER (WHERE courses >= 3) AS sequences FROM offered GROUP BY ALL")}
offering_years = {year for year, _ in schools}
expected = []
for year, level in {(r["year"], r["level"]) for r in everything}:
    for p in (p for p in programs if p["org_level"] == level):
        code, own = p["program_code"], of.get((year, level, p["program_code"]), defaultdict(int))
        before, l = of.get((year - 1, level, code)), placement.get((year, level, code))
        o, in_school = schools.get((year, code)), level == "secondary"
        field = labor.get((year, None, p["field"], "cip_code")) or demand({p["field"]}, "ZZ") | {"status": "data_not_yet_available"}
        n, c, d, e = (own[k] for k in ("participants", "concentrators", "completers", "credential_earners"))
        known = field["status"] != "data_not_yet_available"
        verdict = field["supply_class"] if known else None
        offers = {"schools_offering": o["offering"] if o else 0, "courses_offered": o["courses"] if o else 0, "schools_with_sequence": o["sequences"] if o else 0} \
            if in_school and year in offering_years else dict.fromkeys(("schools_offering", "courses_offered", "schools_with_sequence"))
        of_leavers = [l[k] for k in ("numerator", "denominator", "covered_denominator", "pending")] if l else [0, 0, 0, 0]
        status = l["rate_status"] if l else "not_applicable"
        met = {
            "size_met": n >= 15, "concentration_met": c / n >= 0.4 if n >= 10 else None, "completion_met": d / c >= 0.3 if c >= 10 else None,
            "credential_met": e >= 1 if n >= 10 and in_school else None,
            "placement_met": l["numerator"] / l["denominator"] >= 0.6 if l and l["denominator"] >= 10 and status is None else None,
            "sequence_met": None if offers["schools_with_sequence"] is None else offers["schools_with_sequence"] > 0,
            "demand_met": None if verdict is None else verdict != "surplus",
        }
        expected.append({
            "year": year, "level": level, "program_code": code, "title": p["title"], "cip_code": p["cip_code"], "career_cluster": clusters.told(code, "C16", year)[0],
            "participants": n,
            "participants_before": before["participants"] if before else None, "participants_change": n - before["participants"] if before else None,
            "concentrators": c, "completers": d, **rates.parts("conc_rate", c, n), **rates.parts("comp_rate", d, c),
            "credential_earners": e if in_school else None, "placement_indicator": "3S1" if in_school else "1P1", "placed_rate_rule": ("PV-3S1" if in_school else "PV-1P1") if (year, level) in measured else None,
            **dict(zip(("placed", "leavers", "leavers_observable", "leavers_pending"), of_leavers)), **rates.parts("placed_rate", *of_leavers), **offers,
            **{k: field[k] for k in ("openings", "openings_high_wage", "openings_in_demand", "median_wage")},
            "field_completers": field["completers"] if known else None, "supply_class": verdict, **met,
            "standards_judged": sum(1 for v in met.values() if v is not None), "standards_met": sum(1 for v in met.values() if v), "standards_rule": "PRG-STD",
        })
hold("program_scorecard", ("year", "level", "program_code"), expected)
judged = {name: {row[name] for row in expected} for name in ("size_met", "concentration_met", "completion_met", "credential_met", "sequence_met")}
assert all({True, False} <= values for values in judged.values()), judged
