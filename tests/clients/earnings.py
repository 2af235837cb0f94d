"""Computes wages by quarter, employment after the exit and the mart `earnings` from the linked tables, row by row in plain Python, and holds every row
of the two rule tables and every cell of the mart against them.

It follows the written definitions (the rules' own words) and shares nothing with the rules' SQL: no joins, no engine, dictionaries and loops, money as
fractions of whole cents. pyarrow only opens the files.

usage: earnings.py OUT
"""

import datetime
import json
import math
import pathlib
import sys
from collections import defaultdict
from decimal import Decimal
from fractions import Fraction

import rates
from clusters import Clusters
from outcomes import SOURCES, Learners
import pyarrow.parquet

QUARTERS, BASE_YEAR = (2, 4, 12, 20), 2024
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


def table(rule):
    return rows(out / "store/rule" / steps[f"rule/{rule}"])


k12, courses, terms, awards, wages = (linked(s) for s in ("k12_enrollment", "cte_courses", "ps_enrollment", "ps_awards", "ui_wages"))
elsewhere_rows = linked("wages_out_of_state")
programs = {p["program_code"]: p for p in linked("programs")}
clusters = Clusters(linked("cip_cluster"), programs)
directory = {e["employer_account"]: e for e in linked("employers")}
prices = {int(p["price_year"]): Fraction(p["price_index"]) for p in linked("price_index")}
link = rows(out / "restricted/store/link" / steps["link"])
can_be_found = {p["person_id"] for p in link if p["has_ssn"] or p["has_bridge"]}
wrong = []


def program_year(day):
    return day.year + (day.month >= 7)


def quarter(day):
    return day.year * 4 + (day.month - 1) // 3


def cents(amount):
    return int(amount * 100)


# Who left secondary education: the last exit of a program year, July and August counted as 30 June, if it ends schooling and nobody was at school
# again before the second quarter after it had ended.
# What each had passed by then, and what it was worth by the list of its own day; of the best one the worth stands.
worths = ("not_listed", "listed", "recognized", "high_value")
held, best = defaultdict(list), {}
of_list = {row["credential_code"]: row for row in linked("credential_list")}
for row in linked("credentials"):
    if row["passed"]:
        entry, on = of_list.get(row["credential_code"]), row["earned_date"]
        stands = entry and (entry["valid_from"] or on) <= on <= (entry["valid_to"] or on)
        worth = worths[0] if not stands else worths[3] if entry["high_value"] else worths[2] if entry["recognized"] else worths[1]
        held[row["person_id"]].append((on, (1 + worths.index(worth), worth)))
at_school = defaultdict(list)
by_year = defaultdict(list)
for row in k12:
    at_school[row["person_id"]].append(row)
    if row["exit_date"]:
        day = row["exit_date"]
        day = day.replace(month=6, day=30) if day.month in (7, 8) else day
        by_year[row["person_id"], program_year(day)].append((row, day))
left = []  # person, level, year, quarter, district, school or college
for (person, year), exits in by_year.items():
    latest = max(row["exit_date"] for row, _ in exits)
    exits = [(row, day) for row, day in exits if row["exit_date"] == latest]
    entered = max(row["entry_date"] for row, _ in exits)
    exits = [(row, day) for row, day in exits if row["entry_date"] == entered]
    row, day = min(exits, key=lambda e: (e[0]["exit_type"], e[0]["district_id"], e[0]["school_id"]))
    if row["exit_type"] not in {"01921", "01922", "01927", "01928", "01931", "03509"}:
        continue
    third = quarter(day) + 3
    free_from = datetime.date(third // 4, third % 4 * 3 + 1, 1)
    # An enrollment without an exit lasts until 30 June of its school year; of a graduate it shows the entry alone.
    open_until = (lambda v: v["entry_date"]) if row["exit_type"] == "01921" else (lambda v: max(v["entry_date"], datetime.date(v["school_year"], 6, 30)))
    again = [v for v in at_school[person] if v["entry_date"] < free_from and (v["exit_date"] or open_until(v)) > row["exit_date"]]
    if not again and year >= 2019:
        best[person, "secondary", year] = max((worth for on, worth in held[person] if on <= row["exit_date"]), default=(0, "none"))[1]
        left.append((person, "secondary", year, quarter(day), row["district_id"], row["school_id"]))

# When somebody was served, and so is shown: in a year of service and the one after.
served = defaultdict(set)
for row in k12 + courses:
    served[row["person_id"], "secondary"] |= {row["school_year"], row["school_year"] + 1}
# Of a cohort and of an exit's report somebody is counted who left long before.
counted = [(row["person_id"], row["cohort_year"]) for row in linked("graduation_cohort")]
counted += [(row["person_id"], row["cohort_year"] + row["cohort_length"] - 4) for row in linked("extended_cohort")]
counted += [(person, year + 1) for person, level, year, *_ in left if level == "secondary"]
for person, year in counted:
    served[person, "secondary"] |= {year} if any(y < year for y in served[person, "secondary"]) else set()
for row in terms:
    if row["enrollment_status"] not in ("W", "D", "A") and not row["dual_enrolled"]:
        served[row["person_id"], "postsecondary"] |= {row["academic_year"], row["academic_year"] + 1}

# Secondary concentrators: two units of different completed courses in one program.
passed = defaultdict(lambda: defaultdict(list))
for row in courses:
    program = row["program_code"] or row["cip_code"]
    if program and row["completed"] and row["grade_mark"] not in ("F", "W"):
        units = Fraction(1) if row["credits"] is None else min(Fraction(1), Fraction(row["credits"]))
        passed[row["person_id"], program][row["course_code"]].append((row["school_year"], units))
school_programs = defaultdict(dict)
for (person, program), taken in passed.items():
    # A course counts from its first year, with the most units it ever gave.
    by_first_year = sorted((min(y for y, _ in times), max(u for _, u in times)) for times in taken.values())
    reached = [year for at, (year, _) in enumerate(by_first_year) if sum(u for y, u in by_first_year if y <= year) >= 2]
    if reached:
        school_programs[person][program] = reached[0]

# Postsecondary concentrators and their completions: twelve credits in a program, or a shorter program that was completed; the last award of a program year.
credit = defaultdict(list)
for row in terms:
    program = row["program_code"] or row["cip_code"]
    if program and row["cte_credits"] and row["cte_credits"] > 0 and not row["dual_enrolled"]:
        credit[row["person_id"], program].append((row["academic_year"], Fraction(row["cte_credits"])))
since = {}
for key, earned in credit.items():
    enough = [year for year, _ in earned if sum(c for y, c in earned if y <= year) >= 12]
    if enough:
        since[key] = min(enough)
for row in awards:
    key = row["person_id"], row["program_code"]
    whole = (programs.get(row["program_code"]) or {}).get("total_credits")
    if key in credit and whole is not None and whole < 12:
        since[key] = min(since.get(key, 9999), row["academic_year"])
completed = defaultdict(list)
for row in awards:
    program, year = row["program_code"] or row["cip_code"], program_year(row["award_date"])
    start = since.get((row["person_id"], program))
    if start is None or start > year:
        continue
    if any(y >= max(start, 2020) for y in served[row["person_id"], "postsecondary"]):
        completed[row["person_id"], year].append((row, program))
college_program = {}
for (person, year), several in completed.items():
    if year < 2019:
        continue
    for field in ("award_date", "award_level"):
        most = max(row[field] for row, _ in several)
        several = [(row, program) for row, program in several if row[field] == most]
    row, program = min(several, key=lambda s: (s[1], s[0]["college_id"]))
    left.append((person, "postsecondary", year, quarter(row["award_date"]), None, row["college_id"]))
    college_program[person, year] = program
    best[person, "postsecondary", year] = {"01": "certificate", "02": "certificate", "03": "associate", "04": "certificate", "05": "bachelor"}.get(row["award_level"], "graduate")

# Wages by quarter of those who left.
leavers = {person for person, *_ in left}
net = defaultdict(int)
delivered = set()
for row in wages:
    number = int(row["year_quarter"][:4]) * 4 + int(row["year_quarter"][4]) - 1
    delivered.add(number)
    if row["person_id"] in leavers:
        net[row["person_id"], number, row["employer_account"]] += cents(row["wages"])
first, last = min(delivered), max(delivered)
# What an exchange of wage records returned: amount and the smallest code of its sources.
elsewhere, sources = defaultdict(int), defaultdict(set)
for row in elsewhere_rows:
    key = row["person_id"], int(row["year_quarter"][:4]) * 4 + int(row["year_quarter"][4]) - 1
    if row["person_id"] in leavers and row["wages"] > 0:
        elsewhere[key] += cents(row["wages"])
        sources[key].add(row["employment_source"])
payers = defaultdict(dict)
taken_back = set()
for (person, number, account), amount in net.items():
    payers[person, number].setdefault(None, 0)
    if amount > 0:
        payers[person, number][account] = amount
    elif amount < 0:
        taken_back.add((person, number))


def paid_by(person, number, account):
    """Whether an employer paid in a quarter; None where the quarter has not been delivered."""
    if account in payers.get((person, number), ()):
        return True
    return False if first <= number <= last else None


def sector(account):
    code = ((directory.get(account) or {}).get("naics") or "")[:2]
    joined = {"31": "31-33", "32": "31-33", "33": "31-33", "44": "44-45", "45": "44-45", "48": "48-49", "49": "48-49"}
    return joined.get(code, code) or None


quarters = {}
for key in set(payers) | set(elsewhere):
    (person, number), other = key, elsewhere.get(key, 0)
    accounts = {a: amount for a, amount in payers.get(key, {}).items() if a is not None}
    most = max(accounts.values(), default=0)
    primary = min((a for a, amount in accounts.items() if amount == most), default=None)
    beside = [(paid_by(person, number - 1, a), paid_by(person, number + 1, a)) for a in accounts]
    full = True if (True, True) in beside else False if all(False in pair for pair in beside) else None
    if other and not accounts:
        full = None
    total = sum(accounts.values()) + other
    quarters[person, number] = {
        "wages": total, "out_of_state_wages": other, "employment_source": "01" if accounts else min(sources[key], default=None),
        "n_employers": len(accounts), "naics_sector": sector(primary),
        "county": (directory.get(primary) or {}).get("county"), "full_quarter": full, "negative": (person, number) in taken_back,
        "implausible": len(accounts) > 20 or total > 25_000_000,
    }


def compare(name, told, mine):
    """Holds the rows of a table against my own, both by their key."""
    for key in sorted(set(told) | set(mine), key=str):
        if told.get(key) != mine.get(key):
            wrong.append(f"{name} {key}: the table says {told.get(key)}, row by row it is {mine.get(key)}")


def as_cents(row):
    return {name: cents(value) if isinstance(value, Decimal) else value for name, value in row.items()}


told = {}
for row in table("wage_quarter"):
    assert (row.pop("rule_id"), row.pop("rule_version")) == ("WF-WAGE", 2)
    key = row.pop("person_id"), row.pop("quarter")
    assert key not in told
    told[key] = as_cents(row)
compare("wage_quarter", told, quarters)

# Employment after the exit.
earners = {person for (person, _), of in quarters.items() if of["wages"]}
outcomes = {}
for person, level, year, left_in, district, school in left:
    # Reached by the year of the exit, and shown in a year of the law.
    concentrator = level == "postsecondary" or any(
        y <= year and any(s >= max(y, 2020) for s in served[person, "secondary"]) for y in school_programs[person].values()
    )
    for after in QUARTERS:
        number = left_in + after
        seen = quarters.get((person, number))
        seen = seen if seen and seen["wages"] else {}
        late, early = number > last, number < first
        reason = "data_not_yet_available" if late else "before_data_begin" if early else None if person in can_be_found else "no_bridge"
        now, then = prices.get(BASE_YEAR), prices.get(number // 4)
        real = math.floor(seen["wages"] * now / then + Fraction(1, 2)) if seen and now and then else None
        outcomes[person, level, year, after] = {
            "reporting_year": year + 1, "quarter": number, "concentrator": concentrator,
            "state": "observed" if seen else "not_observable" if reason else "not_observed", "reason": None if seen else reason,
            "finding": None if seen or reason else "other_quarters" if person in earners else "elsewhere_possible",
            "measurable": not late and not early, "employed": bool(seen), "wages": seen.get("wages"), "real_wages": real,
            "employment_source": seen.get("employment_source"), "naics_sector": seen.get("naics_sector"), "full_quarter": seen.get("full_quarter"), "implausible": seen.get("implausible"),
            "district_id": district, "school_id": school,
        }
told = {}
for row in table("employment_after_exit"):
    assert (row.pop("rule_id"), row.pop("rule_version")) == ("WF-EXIT", 4)
    key = tuple(row.pop(name) for name in ("person_id", "level", "exit_year", "quarters_after"))
    assert key not in told
    told[key] = as_cents(row)
compare("employment_after_exit", told, outcomes)

# Attributes of learners, and the special populations they ever belonged to.
RACES = {"race_ai": "AM7", "race_as": "AS7", "race_bl": "BL7", "race_pi": "PI7", "race_wh": "WH7"}
EVER = ("disability", "econ_disadvantaged", "english_learner", "homeless", "foster_care", "migrant", "single_parent", "out_of_workforce")
said = defaultdict(list)
populations = defaultdict(set)
k12_of = defaultdict(list)
for row in k12:
    person, day = row["person_id"], row["entry_date"]
    k12_of[person].append(row)
    several = [code for column, code in RACES.items() if row[column]]
    race = "HI7" if row["hispanic"] else "MU7" if len(several) > 1 else several[0] if several else None
    said[person, "gender"].append((1, day, row["sex"]))
    said[person, "race"].append((1, day, race))
    if row["grade"] in ("09", "10", "11", "12"):
        populations[person, "secondary"] |= {name for name in EVER if row[name]}
        populations[person, "secondary"] |= {"military_parent"} if row["military_connected"] == "ActiveDuty" else set()
for row in terms:
    person, day = row["person_id"], row["term_begin"]
    said[person, "gender"].append((0, day, row["sex"]))
    said[person, "race"].append((0, day, row["ps_race"]))
    if row["enrollment_status"] not in ("W", "D", "A") and not row["dual_enrolled"]:
        populations[person, "postsecondary"] |= {name for column, name in (("pell", "econ_disadvantaged"), ("ps_disability", "disability")) if row[column]}
        # Of whom a college served, foster care in the last year at school counts too: they are in it or have aged out of it.
        own = [row for row in k12_of[person] if row["foster_care"]]
        if own and max(row["school_year"] for row in own) == max(row["school_year"] for row in k12_of[person]):
            populations[person, "postsecondary"].add("foster_care")

# Who prepares for a non-traditional field, as the indicators' own check works it out.
for (person, level), of in Learners({name: linked(name) for name in SOURCES}, link).populations.items():
    if "nontraditional" in of:
        populations[person, level].add("nontraditional")


def attribute(person, name):
    values = [value for value in said[person, name] if value[2] is not None]
    return max(values)[2] if values else "_unknown"


# Cells: everybody once in each. A person stands in every combination of values that are named.
release = out / "releases" / pointer["release"]
manifest = json.loads((release / "manifest.json").read_text())


def mart(name):
    return rows(release / next(t for t in manifest["tables"] if t["table"] == name)["path"], "**/*.parquet")


earnings = mart("earnings")
DIMENSIONS = ("concentrator_status", "district_id", "program_code", "career_cluster", "gender", "race_ethnicity", "special_population", "naics_sector")
sets = sorted({row["grouping_set"] for row in earnings})
expected = ["total", "concentrator_status", "district_id", "gender", "race_ethnicity", "naics_sector", "special_population", "career_cluster", "program_code"]
assert set(expected) <= set(sets), sets
cells = defaultdict(dict)
for (person, level, year, after), outcome in outcomes.items():
    if level == "postsecondary":
        of = {college_program[person, year]}
    else:
        of = {p for p, y in school_programs[person].items() if y <= year} if outcome["concentrator"] else set()
    stands = {
        "concentrator_status": {"concentrator" if outcome["concentrator"] else "other"},
        "district_id": {outcome["district_id"] or "_unknown"},
        "program_code": of or {"_none"},
        "career_cluster": {clusters.of(p, "C16", year) for p in of} or {"_none"},
        "gender": {attribute(person, "gender")},
        "race_ethnicity": {attribute(person, "race")},
        "special_population": populations[person, level] or {"_none"},
        "naics_sector": {(outcome["naics_sector"] or "_unknown") if outcome["employed"] else "_none"},
    }
    for name in sets:
        combinations = [{}]
        for dimension in () if name == "total" else name.split("+"):
            combinations = [{**c, dimension: value} for c in combinations for value in stands[dimension]]
        for values in combinations:
            key = name, year, level, after, *(values.get(d, "_total") for d in DIMENSIONS)
            assert person not in cells[key]
            cells[key][person] = outcome


def median(amounts):
    """The amount in the middle, or the mean of the two, cut to whole cents."""
    amounts = sorted(amounts)
    half = len(amounts) // 2
    return None if not amounts else amounts[half] if len(amounts) % 2 else (amounts[half - 1] + amounts[half]) // 2


def fuzzy(amounts):
    # The mean of the 45th percentile, rounded down to a place, and of the 55th, rounded up.
    amounts, last = sorted(amounts), len(amounts) - 1
    return (amounts[last * 45 // 100] + amounts[-(-last * 55 // 100)]) // 2 if amounts else None


def reckon(people):
    people = list(people.values())
    employed = [o for o in people if o["employed"]]
    n, covered = len(people), sum(o["state"] != "not_observable" for o in people)
    pending = sum(not o["measurable"] for o in people)
    real = [o["real_wages"] for o in employed if o["real_wages"] is not None]
    return {
        "leavers": n, "covered": covered, "below_minimum": 0, "other_quarters": sum(o["finding"] == "other_quarters" for o in people),
        "elsewhere_possible": sum(o["finding"] == "elsewhere_possible" for o in people), "employed": len(employed), "pending": pending,
        "full_quarter": sum(o["full_quarter"] is True for o in employed), "full_quarter_pending": sum(o["full_quarter"] is None for o in employed),
        "n_wages": len(employed), "n_real_wages": len(real), "implausible": sum(o["implausible"] for o in employed),
        **rates.stands("median_wages", median(o["wages"] for o in employed), pending), **rates.stands("median_real_wages", median(real), pending),
        **rates.stands("fuzzy_median_wages", fuzzy([o["wages"] for o in employed]), pending),
        **rates.parts("employed_rate", len(employed), n, covered, pending), "employed_rate_rule": "WF-EXIT", "employed_rate_version": 4,
    }


def near(told, mine):
    return abs(told - mine) < 1e-12 if isinstance(told, float) and isinstance(mine, float) else told == mine


met = set()
for row in earnings:
    key = tuple(row.pop(name) for name in ("grouping_set", "year", "level", "quarters_after", *DIMENSIONS))
    assert key not in met, f"{key} stands twice"
    met.add(key)
    # What the sources cannot show, and how many of their rows were refused, is the same beside every rate.
    assert row.pop("employed_rate_note") and row.pop("employed_rate_quarantined") >= 0
    if key not in cells:
        wrong.append(f"earnings {key}: nobody is in the cell")
        continue
    mine, told = reckon(cells[key]), as_cents(row)
    if not set(mine) == set(told) or not all(near(told[name], mine[name]) for name in mine):
        wrong.append(f"earnings {key}: the mart says {told}, row by row it is {mine}")
wrong += [f"earnings {key}: the mart has no such cell" for key in cells if key not in met]

# The same by the best credential that a leaver had.
told = {}
for row in table("credential_at_exit"):
    assert (row.pop("rule_id"), row.pop("rule_version")) == ("PRG-CREX", 1)
    assert row["reporting_year"] == row["exit_year"] + 1
    told[row["person_id"], row["level"], row["exit_year"]] = row["credential"]
compare("credential_at_exit", told, best)
by_credential = mart("credential_earnings")
names = ("credential", "concentrator_status", "career_cluster", "gender", "race_ethnicity")
sets_of_credentials = sorted({row["grouping_set"] for row in by_credential})
people = defaultdict(dict)
for (person, level, year, after), outcome in outcomes.items():
    of = {college_program[person, year]} if level == "postsecondary" else {p for p, y in school_programs[person].items() if y <= year} if outcome["concentrator"] else set()
    stands = {
        "credential": {best[person, level, year]}, "concentrator_status": {"concentrator" if outcome["concentrator"] else "other"},
        "career_cluster": {clusters.of(p, "C16", year) for p in of} or {"_none"}, "gender": {attribute(person, "gender")}, "race_ethnicity": {attribute(person, "race")},
    }
    for name in sets_of_credentials:
        combinations = [{}]
        for dimension in () if name == "total" else name.split("+"):
            combinations = [{**c, dimension: value} for c in combinations for value in stands[dimension]]
        for values in combinations:
            people[name, year, level, after, *(values.get(d, "_total") for d in names)][person] = outcome
shared = ("leavers", "covered", "employed", "pending", "n_real_wages", "median_wages", "median_wages_status", "median_real_wages", "median_real_wages_status", "employed_rate", "employed_rate_low", "employed_rate_high",
          "employed_rate_covered", "employed_rate_status", "employed_rate_reliability")
seen_cells = set()
for row in by_credential:
    key = tuple(row[name] for name in ("grouping_set", "year", "level", "quarters_after", *names))
    seen_cells.add(key)
    mine = reckon(people[key]) if key in people else {}
    told = as_cents(row)
    if not mine or not all(near(told[name], mine[name]) for name in shared):
        wrong.append(f"credential_earnings {key}: the mart says {told}, row by row it is {mine}")
    elif told["fuzzy_real_wages"] != (None if mine["pending"] else fuzzy([o["real_wages"] for o in people[key].values() if o["employed"] and o["real_wages"] is not None])):
        wrong.append(f"credential_earnings {key}: the fuzzy median is {told['fuzzy_real_wages']}")
assert len(seen_cells) == len(by_credential) and {"credential", "credential+career_cluster"} <= set(sets_of_credentials), sets_of_credentials
wrong += [f"credential_earnings {key}: the mart has no such cell" for key in people if key not in seen_cells]

# The concentrators of the second quarter are those whom 3S1 counts in employment, where the mart of placement rests on the shipped rule.
if any(t["table"] == "placement" for t in manifest["tables"]):
    same = {"denominator": "leavers", "numerator": "employed", "covered_denominator": "covered", "pending": "pending"}
    for row in mart("placement"):
        if row["grouping_set"] == "total" and row["placement_type"] == "employment" and row["placed_rate_rule"] == "PV-3S1":
            key = "concentrator_status", row["year"] - 1, "secondary", 2, "concentrator", *["_total"] * (len(DIMENSIONS) - 1)
            mine = reckon(cells[key])
            wrong += [f"placement {row['year']}: {name} is {row[name]}, here {mine[of]}" for name, of in same.items() if row[name] != mine[of]]

# A state's own rule, where the pipeline has it: wages in two of the four quarters after the exit, and three thousand dollars together.
qualified = 0
if "rule/qualifying_employment" in steps:
    told, mine = {}, {}
    for row in table("qualifying_employment"):
        assert (row.pop("rule_id"), row.pop("rule_version")) == ("KY-QE", 2)
        key = row.pop("person_id"), row.pop("reporting_year")
        told[key] = as_cents(row)
    for person, level, year, left_in, district, school in left:
        if level == "secondary":
            amounts = [quarters[person, q]["wages"] for q in range(left_in + 1, left_in + 5) if quarters.get((person, q), {}).get("wages")]
            met_all = len(amounts) >= 2 and sum(amounts) >= 300_000
            late, early = left_in + 4 > last, left_in + 1 < first
            reason = "data_not_yet_available" if late else "before_data_begin" if early else None if person in can_be_found else "no_bridge"
            known = bool(amounts) or not reason
            mine[person, year + 1] = {
                "exit_year": year, "first_quarter": left_in + 1, "concentrator": outcomes[person, level, year, 2]["concentrator"],
                "quarters_with_wages": len(amounts) if known else None, "total_wages": sum(amounts) if known else None, "qualifies": met_all,
                "state": "observed" if met_all else "not_observable" if reason else "not_observed", "reason": None if met_all else reason,
                "measurable": not late and not early, "district_id": district, "school_id": school,
            }
            qualified += met_all
    compare("qualifying_employment", told, mine)

assert not wrong, "\n".join(wrong[:40] + [f"{len(wrong)} faults"])
print(f"{len(quarters)} quarters of wages, {len(outcomes)} outcomes and {len(met)} cells of earnings in {len(sets)} grouping sets are what the records give, row by row,")
print(f"and {len(best)} best credentials of leavers and {len(by_credential)} cells of their earnings too")
if qualified:
    print(f"{qualified} exits with qualifying employment")
