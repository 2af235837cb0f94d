"""Works out the outcomes of exiters under WIOA row by row in plain Python, and holds the rules `wioa_exit` and `wioa_outcome` and every cell of the mart
`wioa` against them.

    python tests/clients/wioa.py OUT

It reads the linked records of the last run and shares nothing with the rules' SQL: dictionaries and loops over adult education, wages of this state and
of others, college, credentials, licences and apprenticeships. The defaults of the shipped pack are written out here once more.
"""

import datetime
import sys
from collections import defaultdict
from decimal import Decimal
from fractions import Fraction

import rates
from records import Records

records = Records(sys.argv[1] if len(sys.argv) > 1 else "out")
linked = {
    source: records.linked(source)
    for source in (
        "adult_education", "ui_wages", "wages_out_of_state", "ps_enrollment", "ps_awards", "nsc_detail", "credentials", "credential_list", "licences",
        "apprenticeships",
    )
}
NO_FAULT = ("01", "02", "03", "04", "05", "07")  # reasons for exit that leave no blame with the program
BACK_WITHIN = datetime.timedelta(days=90)
A_YEAR = datetime.timedelta(days=365)
AWAY = ("W", "D", "A")
OCCUPATIONAL = ("CNA", "COSMO", "CDL", "ELEC", "EMT", "CHILD", "GUARD")
BARRIERS = ("low_income", "english_learner", "single_parent", "displaced_homemaker")
wrong = []


def program_year(day):
    return day.year + (day.month >= 7)


def quarter(day):
    return day.year * 4 + (day.month - 1) // 3


def quarter_called(name):
    return int(name[:4]) * 4 + int(name[4]) - 1


def compare(name, told, mine):
    for key in sorted(set(told) | set(mine), key=str):
        if told.get(key) != mine.get(key):
            wrong.append(f"{name} {key}: the table says {told.get(key)}, row by row it is {mine.get(key)}")


# Exits: the last of a person's program year, unless another time in a program lasts beyond it.
times = defaultdict(list)
for row in linked["adult_education"]:
    times[row["person_id"]].append(row)
exits = {}
for person, several in times.items():
    for row in several:
        left = row["exit_date"]
        if left is None:
            continue
        stays = [t for t in several if t["entry_date"] <= left + BACK_WITHIN and (t["exit_date"] is None or t["exit_date"] > left)]
        if stays:
            continue
        key = person, program_year(left)
        # The greatest day of exit and of entry, and of equals the least reference.
        rank = (-left.toordinal(), -row["entry_date"].toordinal(), row["record_ref"])
        if key not in exits or rank < exits[key][0]:
            exits[key] = rank, row
exits = {key: row for key, (_, row) in exits.items()}


def yes(code):
    return None if code is None else code in ("1", "2", "3")


mine = {
    (person, year): {
        "entry_date": row["entry_date"], "exit_date": row["exit_date"], "exit_quarter": quarter(row["exit_date"]), "exit_reason": row["exit_reason"],
        "excluded": row["exit_reason"] in NO_FAULT, "sex": {"1": "M", "2": "F"}.get(row["sex"]), **{name: row[name] for name in BARRIERS},
        "trained": bool(row["trained"]), "training_cip": row["training_cip"],
        "reported_q2": yes(row["employed_q2"]), "reported_q4": yes(row["employed_q4"]),
    }
    for (person, year), row in exits.items()
}


def rule(name, key, version):
    told = {}
    for row in records.rows(records.out / "store/rule" / records.steps[f"rule/{name}"]):
        assert (row.pop("rule_id"), row.pop("rule_version")) == version
        place = tuple(row.pop(column) for column in key)
        assert place not in told
        told[place] = row
    return told


compare("wioa_exit", rule("wioa_exit", ("person_id", "exit_year"), ("WI-EXIT", 1)), mine)

# Wages by quarter: the lines of an employer add up, and one that took back more than it paid paid nothing; other states are added.
net, paid, sources = defaultdict(Decimal), defaultdict(Decimal), defaultdict(set)
delivered = set()
for row in linked["ui_wages"]:
    number = quarter_called(row["year_quarter"])
    delivered.add(number)
    net[row["person_id"], number, row["employer_account"]] += row["wages"]
for (person, number, _), wages in net.items():
    if wages > 0:
        paid[person, number] += wages
        sources[person, number].add("01")
for row in linked["wages_out_of_state"]:
    if row["wages"] > 0:
        key = row["person_id"], quarter_called(row["year_quarter"])
        paid[key] += row["wages"]
        sources[key].add(row["employment_source"])
first, last = min(delivered), max(delivered)

studied = defaultdict(list)
for row in linked["ps_enrollment"]:
    if row["enrollment_status"] not in AWAY:
        studied[row["person_id"]].append((row["term_begin"], row["term_end"]))
for row in linked["nsc_detail"]:
    if row["record_found"] and not row["graduated"] and row["enrollment_status"] not in AWAY and row["enrollment_begin"] and row["enrollment_end"]:
        studied[row["person_id"]].append((row["enrollment_begin"], row["enrollment_end"]))

listed = {c["credential_code"]: c for c in linked["credential_list"] if c["recognized"]}
earned = defaultdict(list)
reports = set()
for row in linked["adult_education"]:
    if row["credential_type"] not in (None, "0"):
        reports.add(row["person_id"])
        if row["credential_date"]:
            earned[row["person_id"]].append((row["credential_date"], "reported", row["credential_type"] == "1"))
for row in linked["ps_awards"]:
    earned[row["person_id"]].append((row["award_date"], "award", False))
for row in linked["credentials"]:
    of = listed.get(row["credential_code"])
    day = row["earned_date"]
    if row["passed"] and of and day and (not of["valid_from"] or day >= of["valid_from"]) and (not of["valid_to"] or day <= of["valid_to"]):
        earned[row["person_id"]].append((day, "credential", False))
for row in linked["licences"]:
    if row["licence_type"] in OCCUPATIONAL:
        earned[row["person_id"]].append((row["issued"], "licence", False))
for row in linked["apprenticeships"]:
    if row["status"] == "COMPLETED" and row["end_date"]:
        earned[row["person_id"]].append((row["end_date"], "apprenticeship", False))
told_until = max(day for row in linked["adult_education"] for day in (row["entry_date"], row["exit_date"], row["credential_date"]) if day)
can_be_found = {row["person_id"] for row in records.link() if row["has_ssn"] or row["has_bridge"]}

outcomes = {}
for (person, year), of in mine.items():
    if of["excluded"]:
        continue
    for name, after, reported in (("employment_q2", 2, of["reported_q2"]), ("employment_q4", 4, of["reported_q4"])):
        number = of["exit_quarter"] + after
        wages = paid.get((person, number))
        late, early = number > last, number < first
        why = "data_not_yet_available" if late else "before_data_begin" if early else None if person in can_be_found else "no_bridge"
        outcomes[person, year, name] = {
            "quarter": number, "state": "observed" if wages else "not_observable" if why else "not_observed", "reason": None if wages else why,
            "source": "wages" if wages else None, "measurable": not late and not early, "reported": reported, "wages": wages,
            "employment_source": min(sources[person, number]) if wages else None, "credential_date": None,
        }
    if not of["trained"]:
        continue
    until = of["exit_date"] + A_YEAR
    went_on = any(paid.get((person, of["exit_quarter"] + n)) for n in (1, 2, 3, 4)) or any(
        begin <= until and end > of["exit_date"] for begin, end in studied.get(person, ())
    )
    counts = sorted((day, source) for day, source, diploma in earned.get(person, ()) if of["entry_date"] <= day <= until and (went_on or not diploma))
    measurable = until <= told_until and of["exit_quarter"] + 4 <= last
    day, source = counts[0] if counts else (None, None)
    outcomes[person, year, "credential"] = {
        "quarter": None, "state": "observed" if counts else "not_observed" if measurable else "not_observable",
        "reason": None if counts or measurable else "data_not_yet_available", "source": source, "measurable": measurable, "reported": person in reports,
        "wages": None, "employment_source": None, "credential_date": day,
    }
compare("wioa_outcome", rule("wioa_outcome", ("person_id", "exit_year", "indicator"), ("WI-OUT", 1)), outcomes)

# Cells: in total, by sex, by barrier, and by both.
cells = defaultdict(lambda: defaultdict(set))
amounts = defaultdict(dict)
for (person, year, name), o in outcomes.items():
    of = mine[person, year]
    sex = of["sex"] or "_unknown"
    barriers = [b for b in BARRIERS if of[b]] or ["_none"]
    places = {("_total", "_total"), (sex, "_total")} | {("_total", b) for b in barriers} | {(sex, b) for b in barriers}
    for place in places:
        key = (year, name, *place)
        cells[key]["denominator"].add(person)
        for measure, holds in {
            "numerator": o["state"] == "observed", "covered_denominator": o["state"] != "not_observable", "pending": not o["measurable"],
            "told": o["reported"] is not None, "reported": bool(o["reported"]), "n_wages": o["wages"] is not None,
            "elsewhere": o["employment_source"] not in (None, "01"),
        }.items():
            if holds:
                cells[key][measure].add(person)
        if o["wages"] is not None:
            amounts[key][person] = o["wages"]


def median(values):
    """The amount in the middle, or the mean of the two, cut to whole cents."""
    cents = sorted(int(value * 100) for value in values)
    return Decimal((cents[(len(cents) - 1) // 2] + cents[len(cents) // 2]) // 2) / 100 if cents else None


MEASURES = ("denominator", "numerator", "covered_denominator", "pending", "told", "reported", "elsewhere", "n_wages")
expected = {}
for key, of in cells.items():
    row = {measure: len(of[measure]) for measure in MEASURES}
    row |= rates.stands("median_wages", median(amounts[key].values()), row["pending"])
    row["rate"] = None if row["pending"] else Fraction(row["numerator"], row["denominator"])
    expected[key] = row
told = {}
for row in records.mart("wioa"):
    key = row["year"], row["indicator"], row["gender"], row["barrier"]
    assert key not in told
    told[key] = {measure: row[measure] for measure in (*MEASURES, "median_wages", "median_wages_status", "rate")}
    rate = expected.get(key, {}).get("rate")
    if rate is not None and told[key]["rate"] is not None and abs(float(rate) - float(told[key]["rate"])) < 1e-9:
        told[key]["rate"] = rate
compare("wioa", told, expected)

if wrong:
    print("\n".join(wrong[:20]))
    sys.exit(f"{len(wrong)} rows of WIOA differ")
kinds = {o["source"] for o in outcomes.values()} - {None}
assert {"wages", "reported"} <= kinds and any(o["employment_source"] == "02" for o in outcomes.values()), "the sample shows too little"
print(f"{len(mine)} exits, {len(outcomes)} outcomes and {len(expected)} cells of WIOA are what the records give, row by row")
