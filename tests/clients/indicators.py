"""Computes the core indicators from the linked tables, row by row in plain Python, and holds the mart `indicator` against them, cell by cell.

It follows the written definitions (docs/rules.md, the rules' own words) and shares nothing with the rules' SQL: no joins, no engine, dictionaries and
loops. pyarrow only opens the files.

usage: indicators.py OUT
"""

import datetime
import json
import math
import pathlib
import sys
from collections import defaultdict
from decimal import Decimal

import pyarrow.parquet

out = pathlib.Path(sys.argv[1])
pointer = json.loads((out / "current.json").read_text())
run = json.loads(max(out.glob("runs/*/run_results.json"), key=lambda f: f.parent.name).read_text())
steps = {step["step"]: step["fingerprint"] for step in run["steps"]}


def rows(folder, files="*.parquet"):
    files = sorted(folder.glob(files))
    assert files, f"nothing in {folder}"
    return [row for file in files for row in pyarrow.parquet.read_table(file, partitioning=None).to_pylist()]


def linked(source):
    return rows(out / "store/linked" / steps[f"linked/{source}"])


k12, courses, cohort = linked("k12_enrollment"), linked("cte_courses"), linked("graduation_cohort")
terms, awards, returns, wages = linked("ps_enrollment"), linked("ps_awards"), linked("nsc_detail"), linked("ui_wages")
programs = {p["program_code"]: p for p in linked("programs")}
link = {p["person_id"]: p for p in rows(out / "restricted/store/link" / steps["link"])}


def program_year(day):
    """A program year runs from 1 July to 30 June and is called by the year in which it ends."""
    return day.year + (day.month >= 7)


def quarter(day):
    return day.year * 4 + (day.month - 1) // 3


def first_day(number):
    return datetime.date(number // 4, number % 4 * 3 + 1, 1)


# Years in which a school or a college served a learner.
served = defaultdict(set)
for row in k12 + courses:
    served[row["person_id"], "secondary"].add(row["school_year"])
for row in terms:
    if row["enrollment_status"] not in ("W", "D", "A") and not row["dual_enrolled"]:
        served[row["person_id"], "postsecondary"].add(row["academic_year"])


def shown(person, level, year):
    """A status is shown in a year of service and in the year after."""
    return year in served[person, level] or year - 1 in served[person, level]


# Secondary concentrators: two courses in a single program; a repeated course once, in its first year and with its most credit; part units add up.
taken = defaultdict(dict)
for row in courses:
    program = row["program_code"] or row["cip_code"]
    if program and row["completed"] and row["grade_mark"] not in ("F", "W"):
        units = min(Decimal(1), row["credits"] if row["credits"] is not None else Decimal(1))
        year, most = taken[row["person_id"], program].get(row["course_code"], (9999, Decimal(0)))
        taken[row["person_id"], program][row["course_code"]] = (min(year, row["school_year"]), max(most, units))
concentrated = defaultdict(dict)
for (person, program), done in taken.items():
    units = Decimal(0)
    for year, own in sorted(done.values()):
        units += own
        if units >= 2:
            concentrated[person][program] = year
            break


def programs_of(person, year):
    """The programs in which a learner is shown as a concentrator in a year."""
    reached = {program for program, since in concentrated[person].items() if since <= year}
    return reached if year >= 2020 and shown(person, "secondary", year) else set()


outcomes = []  # person, year, indicator, level, district, school, programs, met, covered, pending

# 1S1: of the concentrators included in the certified cohort, the graduates. Of several records of one person the included, the graduated stands.
best = {}
for row in cohort:
    key = (row["person_id"], row["cohort_year"])
    rank = (not row["included"], not row["graduated"], row["district_id"], row["school_id"])
    if key not in best or rank < best[key][0]:
        best[key] = (rank, row)
for (person, year), (_, row) in best.items():
    of = programs_of(person, year)
    if year >= 2020 and row["included"] and of:
        outcomes.append((person, year, "1S1", "secondary", row["district_id"], row["school_id"], of, row["graduated"], True, False))

# What can be seen of a person: wages by quarter, days at college, and until when the sources reach.
paid, studied = defaultdict(Decimal), defaultdict(list)
for row in wages:
    paid[row["person_id"], int(row["year_quarter"][:4]) * 4 + int(row["year_quarter"][4]) - 1] += row["wages"]
for row in terms:
    if row["enrollment_status"] not in ("W", "D", "A"):
        studied[row["person_id"]].append((row["term_begin"], row["term_end"], bool(row["dual_enrolled"])))
for row in returns:
    if row["record_found"] and not row["graduated"] and row["enrollment_status"] not in ("W", "D", "A") and row["enrollment_begin"]:
        studied[row["person_id"]].append((row["enrollment_begin"], row["enrollment_end"], False))
wage_quarters = {q for _, q in paid}
college_begins, college_ends = min(row["term_begin"] for row in terms), max(row["term_end"] for row in terms)
searched = {row["person_id"] for row in terms} | {row["person_id"] for row in returns}


def placed(person, number, after):
    """Whether somebody was at work or at college in a quarter, could have been seen, and cannot be measured yet."""
    begins, ends = first_day(number), first_day(number + 1)
    employed = paid.get((person, number), Decimal(0)) >= Decimal("0.01")
    days = [d for d in studied[person] if d[0] < ends and d[1] >= begins and (after is None or (not d[2] and d[0] > after))]
    early_or_late = not min(wage_quarters) <= number <= max(wage_quarters)
    no_college = begins > college_ends or ends <= college_begins
    known = link.get(person)
    bridged = known is not None and (known["has_ssn"] or known["has_bridge"])
    hidden = early_or_late or no_college or not bridged or (after is not None and person not in searched)
    met = employed or bool(days)
    return met, met or not hidden, early_or_late or no_college


# 3S1: the last exit of a program year, July and August counted as 30 June, if it ends schooling and nobody was at school again before the second
# quarter after it had ended; reported in the next year.
last = {}
for row in k12:
    if row["exit_date"]:
        day = row["exit_date"]
        counted = datetime.date(day.year, 6, 30) if day.month in (7, 8) else day
        key = (row["person_id"], program_year(counted))
        kept = last.get(key)
        rank = (-day.toordinal(), -row["entry_date"].toordinal(), row["exit_type"] or "", row["district_id"], row["school_id"])
        if kept is None or rank < kept[0]:
            last[key] = (rank, counted, row)
visits = defaultdict(list)
for row in k12:
    visits[row["person_id"]].append((row["entry_date"], row["exit_date"] or row["entry_date"]))
for (person, year), (_, counted, row) in last.items():
    if row["exit_type"] not in ("01921", "01922", "01927", "01928", "01931", "03509"):
        continue
    number = quarter(counted) + 2
    if any(until > row["exit_date"] and entered < first_day(number + 1) for entered, until in visits[person]):
        continue
    of = programs_of(person, year + 1)
    if year + 1 >= 2020 and of:
        outcomes.append((person, year + 1, "3S1", "secondary", row["district_id"], row["school_id"], of, *placed(person, number, counted)))

# Postsecondary concentrators: twelve credits within a program, at whatever colleges, or the completion of a program of fewer.
earned = defaultdict(lambda: defaultdict(Decimal))
for row in terms:
    program = row["program_code"] or row["cip_code"]
    if row["cte_credits"] and not row["dual_enrolled"]:
        earned[row["person_id"], program][row["academic_year"]] += row["cte_credits"]
college_since = {}
for key, by_year in earned.items():
    total = Decimal(0)
    for year in sorted(by_year):
        total += by_year[year]
        if total >= 12:
            college_since[key] = year
            break
for row in awards:
    key = (row["person_id"], row["program_code"])
    short = programs.get(row["program_code"], {}).get("total_credits")
    if short is not None and short < 12 and key in earned:
        college_since[key] = min(college_since.get(key, 9999), row["academic_year"])

# 1P1: the last award of a program year in a program of concentration; reported in the next year.
done = {}
for row in awards:
    program = row["program_code"] or row["cip_code"]
    person, year = row["person_id"], program_year(row["award_date"])
    since = college_since.get((person, program), 9999)
    # A concentrator is shown from 2020 on, in years of service and the year after.
    if since <= year and any(shown(person, "postsecondary", y) for y in range(max(since, 2020), 2040)):
        rank = (-row["award_date"].toordinal(), [-ord(digit) for digit in row["award_level"]], program, row["college_id"])
        if (person, year) not in done or rank < done[person, year][0]:
            done[person, year] = (rank, program, row)
for (person, year), (_, program, row) in done.items():
    if year + 1 >= 2020:
        outcomes.append((person, year + 1, "1P1", "postsecondary", None, row["college_id"], {program}, *placed(person, quarter(row["award_date"]) + 2, None)))

# Attributes: the latest secondary value that says something, else the latest of a college; Hispanic first, several races are two or more.
RACES = {"race_ai": "AM7", "race_as": "AS7", "race_bl": "BL7", "race_pi": "PI7", "race_wh": "WH7"}
POPULATIONS = {
    "disability": "disability", "econ_disadvantaged": "econ_disadvantaged", "english_learner": "english_learner", "homeless": "homeless",
    "foster_care": "foster_care", "migrant": "migrant", "single_parent": "single_parent", "out_of_workforce": "out_of_workforce",
}
gender, race, populations = {}, {}, defaultdict(set)


def latest(values, person, level, day, value):
    if value is not None and (day, value) > values.get((person, level), (datetime.date.min, "")):
        values[person, level] = (day, value)


for row in k12:
    person = row["person_id"]
    latest(gender, person, "secondary", row["entry_date"], row["sex"])
    of = [code for column, code in RACES.items() if row[column]]
    said = "HI7" if row["hispanic"] else "MU7" if len(of) > 1 else of[0] if of else None
    latest(race, person, "secondary", row["entry_date"], said)
    if row["grade"] in ("09", "10", "11", "12"):
        populations[person, "secondary"] |= {name for column, name in POPULATIONS.items() if row[column]}
        if row["military_connected"] == "ActiveDuty":
            populations[person, "secondary"].add("military_parent")
for row in terms:
    person = row["person_id"]
    latest(gender, person, "postsecondary", row["term_begin"], row["sex"])
    latest(race, person, "postsecondary", row["term_begin"], row["ps_race"])
    if row["enrollment_status"] not in ("W", "D", "A") and not row["dual_enrolled"]:
        populations[person, "postsecondary"] |= {name for column, name in (("pell", "econ_disadvantaged"), ("ps_disability", "disability")) if row[column]}


def attribute(values, person):
    for level in ("secondary", "postsecondary"):
        if (person, level) in values:
            return values[person, level][1]
    return "_unknown"


# Cells: everybody once in each.
cells = defaultdict(lambda: [set(), set(), set(), set()])
for person, year, indicator, level, district, school, of, met, covered, pending in outcomes:
    sex, origin = attribute(gender, person), attribute(race, person)
    within = populations[person, level] or {"_none"}
    clusters = {programs.get(program, {}).get("cluster16") or "_unknown" for program in of}
    named = [("total", ())]
    named += [("district_id", (district or "_unknown",)), ("school_id", (school,)), ("gender", (sex,)), ("race_ethnicity", (origin,))]
    named += [("gender+race_ethnicity", (sex, origin)), ("district_id+gender", (district or "_unknown", sex))]
    named += [("special_population", (p,)) for p in within] + [("gender+special_population", (sex, p)) for p in within]
    named += [("program_code", (p,)) for p in of] + [("career_cluster", (c,)) for c in clusters]
    for name, values in named:
        for place, counts in enumerate((True, met, covered, pending)):
            if counts:
                cells[name, year, indicator, values][place].add(person)


def wilson(successes, n):
    z = 1.959963984540054
    p = successes / n
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return max(0.0, (p + z * z / (2 * n) - half) / (1 + z * z / n)), min(1.0, (p + z * z / (2 * n) + half) / (1 + z * z / n))


release = out / "releases" / pointer["release"]
manifest = json.loads((release / "manifest.json").read_text())
table = next(t for t in manifest["tables"] if t["table"] == "indicator")
held, wrong = 0, []
names = {name for name, *_ in cells}
met_cells = set()
for row in rows(release / table["path"], "**/*.parquet"):
    if row["grouping_set"] not in names:
        continue
    key = (row["grouping_set"], row["year"], row["indicator"], tuple(row[d] for d in row["grouping_set"].split("+") if d != "total"))
    told = tuple(row[c] for c in ("denominator", "numerator", "covered_denominator", "pending"))
    mine = tuple(len(people) for people in cells[key])
    met_cells.add(key)
    held += 1
    if told != mine:
        wrong.append(f"{key}: the mart says {told}, row by row it is {mine}")
    if row["rate"] is not None:
        low, high = wilson(mine[1], mine[0]) if mine[0] else (None, None)
        near = mine[0] and abs(row["rate"] - mine[1] / mine[0]) < 1e-12 and abs(row["rate_low"] - low) < 1e-12 and abs(row["rate_high"] - high) < 1e-12
        if not near:
            wrong.append(f"{key}: rate {row['rate']} ({row['rate_low']} to {row['rate_high']})")
wrong += [f"{key}: the mart has no such cell" for key in cells if key not in met_cells]
assert not wrong, "\n".join(wrong[:40] + [f"{len(wrong)} faults in {held} cells"])
indicators = sorted({key[2] for key in met_cells})
assert indicators == ["1P1", "1S1", "3S1"], indicators
print(f"{held} cells of {', '.join(indicators)} are what {len(outcomes)} outcomes give, row by row")
