"""Works out the pack of the Clearinghouse (college_spell, college_degree, college_search), the spells of enrollment and the research marts a second time from
the linked records, row by row in plain Python, and holds every row and every column of them against it.

It follows the written definitions (the rules' own words) and shares nothing with their SQL: intervals are merged in loops, money is reckoned in whole cents and
fractions. A mart names a learner by an id that nobody can turn back into the person, so learners are compared by everything that the marts say of them:
each id must have exactly the spells, courses, credentials and quarters of one person.

usage: research.py OUT
"""

import datetime
import math
import re
import sys
from collections import Counter, defaultdict
from decimal import Decimal
from fractions import Fraction

from clusters import Clusters
from records import Records

records = Records(sys.argv[1])
nsc, k12, cohort, terms, awards, courses = (records.linked(s) for s in (
    "nsc_detail", "k12_enrollment", "graduation_cohort", "ps_enrollment", "ps_awards", "cte_courses"))
MAX_GAP, AWAY, LEFT = 120, {"W", "D", "A"}, {"W", "D"}
FULLEST = {"F": 4, "Q": 3, "H": 2, "L": 1}


def table(rule):
    return records.rows(records.out / "store/rule" / records.steps[f"rule/{rule}"])


def hold(name, told, mine, key, rule_id=None):
    """Every row of the table is expected and every expected row is there, with every column."""
    found = {}
    for row in told:
        if rule_id:
            assert (row.pop("rule_id"), row.pop("rule_version")) == (rule_id, 1)
        place = tuple(row[k] for k in key)
        assert place not in found, f"{name}: {place} stands twice"
        found[place] = row
    expected = {tuple(row[k] for k in key): row for row in mine}
    assert len(expected) == len(mine)
    wrong = [f"{name} {k}: {'only the table has it' if k in found else 'the table has no such row'}" for k in found.keys() ^ expected.keys()]
    for k in found.keys() & expected.keys():
        assert found[k].keys() == expected[k].keys(), (name, found[k].keys() ^ expected[k].keys())
        wrong += [f"{name} {k}: {c} is {found[k][c]}, worked out {v}" for c, v in expected[k].items() if found[k][c] != v]
    assert found and not wrong, "\n".join(sorted(wrong)[:30] + [f"{len(wrong)} faults in {len(found)} rows"])
    print(f"{name}: {len(found)} rows are what the records give")


def june_30(day):
    return day.replace(month=6, day=30) if day.month in (7, 8) else day


def year_of(day):
    return day.year + (day.month >= 7)


def cip(digits):
    return digits and f"{digits[:2]}.{digits[2:]}"


def merge(of):
    """Groups rows with `first` and `last` into unbroken times: a row begins another one where more than the gap lies behind everything before."""
    groups, reached = [], None
    for row in sorted(of, key=lambda r: r["first"]):
        if reached is None or row["first"] > reached and (row["first"] - reached).days > MAX_GAP:
            groups.append([])
        groups[-1].append(row)
        reached = row["last"] if reached is None else max(reached, row["last"])
    return groups


def load_of(group):
    """The status of the last term: of the rows that begin last, the one that ends last, then the fullest."""
    last = max(r["first"] for r in group)
    group = [r for r in group if r["first"] == last]
    last = max(r["last"] for r in group)
    return max((r["status"] for r in group if r["last"] == last), key=lambda s: FULLEST.get(s, 0))


def fields_of(group):
    """The first and the last field of study: of several on a day the least and the greatest code."""
    known = [(r["first"], r["cip"]) for r in group if r["cip"]]
    return (min(known)[1], max(known)[1]) if known else (None, None)


def withdrawn(group, departures):
    began, ended = max(r["first"] for r in group), max(r["last"] for r in group)
    return any(began <= d and (d - ended).days <= MAX_GAP for d in departures)


# ---- who left school, and when -------------------------------------------------------------------------------------------------------------------------

school_days, graduations, certified = defaultdict(list), defaultdict(list), defaultdict(list)
for row in k12:
    day = june_30(row["exit_date"]) if row["exit_date"] else datetime.date(row["school_year"], 6, 30)
    school_days[row["person_id"]].append(day)
    if row["exit_type"] == "01921":
        graduations[row["person_id"]].append(day)
for row in cohort:
    if row["graduated"]:
        day = june_30(row["exit_date"]) if row["exit_date"] else datetime.date(row["cohort_year"], 6, 30)
        certified[row["person_id"]].append((row["cohort_year"], day))


def school_end(person):
    return max(school_days[person] or [day for _, day in certified[person]], default=None)


def graduation_year(person):
    if graduations[person]:
        return year_of(max(graduations[person]))
    return max((year for year, _ in certified[person]), default=None)


# ---- college_spell -------------------------------------------------------------------------------------------------------------------------------------

attended, departures, given_order, college_rows = defaultdict(list), defaultdict(list), defaultdict(list), defaultdict(list)
for row in nsc:
    if not row["record_found"]:
        continue
    person, college = row["person_id"], row["college_code"][:6] + "00"
    college_rows[person].append(college)
    if row["college_sequence"] is not None:
        given_order[person, college].append(row["college_sequence"])
    if row["graduated"] or not row["enrollment_begin"]:
        continue
    first, end = row["enrollment_begin"], school_end(person)
    key = person, college, bool(end and first <= end)
    if row["enrollment_status"] in LEFT:
        departures[key].append(first)
    if row["enrollment_status"] not in AWAY:
        attended[key].append({"first": first, "last": row["enrollment_end"] or first, "status": row["enrollment_status"], "cip": cip(row["enrollment_cip_1"]), **row})
first_days = defaultdict(dict)
for (person, college, _), rows in attended.items():
    days = first_days[person]
    days[college] = min([days.get(college, datetime.date.max), *(r["first"] for r in rows)])
college_spells = []
for (person, college, dual), rows in attended.items():
    order = sorted(first_days[person], key=lambda c: (first_days[person][c], c))
    year = graduation_year(person)
    for group in merge(rows):
        first_cip, last_cip = fields_of(group)
        fall = year and (datetime.date(year, 8, 15), datetime.date(year, 10, 31))
        college_spells.append({
            "person_id": person, "college_id": college, "spell_begin": group[0]["first"], "spell_end": max(r["last"] for r in group),
            "n_terms": len({r["first"] for r in group}), "college_sequence": min(given_order[person, college], default=None),
            "attended_order": order.index(college) + 1,
            **{c: max((r[c] for r in group if r[c]), default=None) for c in ("college_name", "college_state", "two_four_year", "public_private")},
            "last_status": load_of(group), "first_cip": first_cip, "last_cip": last_cip,
            "ended_withdrawn": withdrawn(group, departures[person, college, dual]), "dual_enrollment": dual, "school_end": school_end(person),
            "graduation_year": year,
            "fall_immediately_after": not dual and any(r["first"] <= fall[1] and r["last"] >= fall[0] for r in group) if year else None,
        })
hold("college_spell", table("college_spell"), college_spells, ("person_id", "college_id", "spell_begin"), "NSC-SPELL")
for column in ("ended_withdrawn", "dual_enrollment", "fall_immediately_after"):
    assert {True, False} <= {s[column] for s in college_spells}, column
# The order that the Clearinghouse gives is that of the first days, wherever it is filled and nothing was refused or away.
filled = [s for s in college_spells if s["college_sequence"]]
unlike = sum(s["college_sequence"] != s["attended_order"] for s in filled)
print(f"  the return's own order stands on {len(filled)} of {len(college_spells)} spells, and is another on {unlike}")

# ---- college_degree ------------------------------------------------------------------------------------------------------------------------------------

conferred = defaultdict(list)
for row in nsc:
    if row["record_found"] and row["graduated"]:
        conferred[row["person_id"], row["college_code"][:6] + "00", row["graduation_date"], row["degree_title"]].append(row)
BY_FIRST_WORD = {"ASSOCIATE": "associate", "BACHELOR": "bachelor", "MASTER": "master", "DOCTOR": "doctorate", "CERTIFICATE": "certificate"}
college_degrees = []
for (person, college, day, title), rows in conferred.items():
    cips = sorted({row[f"degree_cip_{n}"]: (n, row[f"degree_cip_{n}"]) for n in (4, 3, 2, 1) for row in rows if row[f"degree_cip_{n}"]}.values())
    cips = [cip(code) for _, code in cips]
    college_degrees.append({
        "person_id": person, "college_id": college, "graduation_date": day, "degree_title": title,
        "degree_level": BY_FIRST_WORD.get(re.split("[^A-Z]", title or "")[0]),
        **{c: max((r[c] for r in rows if r[c]), default=None) for c in ("college_name", "college_state", "two_four_year", "public_private")},
        "n_cips": len(cips), **{f"cip_{n + 1}": cips[n] if n < len(cips) else None for n in range(4)},
    })
hold("college_degree", table("college_degree"), college_degrees, ("person_id", "college_id", "graduation_date", "degree_title"), "NSC-DEGREE")
assert len({d["degree_level"] for d in college_degrees}) > 2

# ---- college_search ------------------------------------------------------------------------------------------------------------------------------------

searches, spells_of = [], defaultdict(list)
for s in college_spells:
    spells_of[s["person_id"]].append(s)
for person in {row["person_id"] for row in nsc}:
    own = sorted(spells_of[person], key=lambda s: (s["spell_begin"], s["college_id"]))
    after = [s for s in own if not s["dual_enrollment"]]
    searches.append({"person_id": person, "outcome": "found" if college_rows[person] else "not_found", "n_colleges": len(set(college_rows[person])),
                     "n_attended": len({s["college_id"] for s in own}), "first_college": own[0]["college_id"] if own else None,
                     "first_after_school": after[0]["college_id"] if after else None})
days, degrees = defaultdict(list), Counter(d["person_id"] for d in college_degrees)
for row in nsc:
    days[row["person_id"]].append(row["search_date"])
for row in searches:
    row.update(search_date=min((d for d in days[row["person_id"]] if d), default=None), n_degrees=degrees[row["person_id"]])
hold("college_search", table("college_search"), searches, ("person_id",), "NSC-SEARCH")
assert {s["outcome"] for s in searches} == {"found", "not_found"}
assert {s["person_id"] for s in college_spells} <= {s["person_id"] for s in searches if s["outcome"] == "found"}

# ---- state_college_spell, enrollment_spell -------------------------------------------------------------------------------------------------------------

NONE = dict.fromkeys(("dual_enrollment", "district_id", "first_grade", "last_grade", "exit_type", "college_state", "two_four_year", "public_private",
                      "last_status", "first_cip", "last_cip", "ended_withdrawn", "fall_immediately_after"))
spells, at = [], defaultdict(list)
for row in k12:
    last = row["exit_date"] or max(datetime.date(row["school_year"], 6, 30), row["entry_date"])
    at[row["person_id"], row["school_id"]].append({"first": row["entry_date"], "last": last, **row})
for (person, school), rows in at.items():
    for group in merge(rows):
        last = max(group, key=lambda r: (r["last"], r["exit_date"] is None, r["exit_type"] or ""))
        spells.append({
            **NONE, "person_id": person, "source": "school", "org_id": school, "spell_begin": group[0]["first"],
            "spell_end": last["last"] if last["exit_date"] else None, "n_records": len({r["first"] for r in group}),
            "district_id": max(r["district_id"] for r in group), "first_grade": min((r["first"], r["grade"]) for r in group)[1],
            "last_grade": max((r["first"], r["grade"]) for r in group)[1], "exit_type": last["exit_type"], "in_both": False,
        })
by_day, gone, in_state, left_on = defaultdict(list), defaultdict(list), defaultdict(list), defaultdict(list)
for row in terms:
    day = row["person_id"], row["college_id"], row["term_begin"]
    if row["enrollment_status"] in LEFT:
        gone[day].append(row["dual_enrolled"])
    if row["enrollment_status"] not in AWAY:
        by_day[day].append({"first": row["term_begin"], "last": row["term_end"], "status": row["enrollment_status"], "cip": row["cip_code"],
                            "dual": row["dual_enrolled"]})
for (person, college, day), rows in by_day.items():
    in_state[person, college, all(r["dual"] for r in rows)] += rows
for (person, college, day), dual in gone.items():
    left_on[person, college, all([r["dual"] for r in by_day.get((person, college, day), ())] or dual)].append(day)
level = {o["org_id"]: {"2YR": "2", "4YR": "4"}.get(o["level"]) for o in records.linked("organizations") if o["org_type"] == "college"}
for (person, college, dual), rows in in_state.items():
    for group in merge(rows):
        first_cip, last_cip = fields_of(group)
        spells.append({
            **NONE, "person_id": person, "source": "state_college", "org_id": college, "spell_begin": group[0]["first"],
            "spell_end": max(r["last"] for r in group), "n_records": len({r["first"] for r in group}), "dual_enrollment": dual,
            "two_four_year": level.get(college), "last_status": load_of(group), "first_cip": first_cip, "last_cip": last_cip,
            "ended_withdrawn": withdrawn(group, left_on[person, college, dual]), "in_both": False,
        })
state_spells = [{"college_id": s["org_id"], "n_terms": s["n_records"], **{c: s[c] for c in (
    "person_id", "spell_begin", "spell_end", "dual_enrollment", "last_status", "first_cip", "last_cip", "ended_withdrawn")}}
    for s in spells if s["source"] == "state_college"]
hold("state_college_spell", table("state_college_spell"), state_spells, ("person_id", "college_id", "spell_begin"), "RES-COLLEGE")
for s in college_spells:
    shared = {c: s[c] for c in s if c in NONE}
    spells.append({**NONE, **shared, "person_id": s["person_id"], "source": "clearinghouse", "org_id": s["college_id"], "spell_begin": s["spell_begin"],
                   "spell_end": s["spell_end"], "n_records": s["n_terms"], "in_both": False})
places = defaultdict(lambda: {"state_college": [], "clearinghouse": []})
for s in spells:
    if s["source"] != "school":
        places[s["person_id"], s["org_id"][:6]][s["source"]].append(s)
for both in places.values():
    for a in both["state_college"]:
        for b in both["clearinghouse"]:
            if a["spell_begin"] <= b["spell_end"] and b["spell_begin"] <= a["spell_end"]:
                a["in_both"] = b["in_both"] = True
hold("enrollment_spell", table("enrollment_spell"), spells, ("person_id", "source", "org_id", "spell_begin"), "RES-SPELL")
assert {True, False} <= {s["in_both"] for s in spells}
# Nothing is lost: every record of a school, and every term that counts, lies within one spell of its school or college.
assert len({(r["person_id"], r["school_id"], r["entry_date"]) for r in k12}) == sum(s["n_records"] for s in spells if s["source"] == "school")
assert len(by_day) == sum(s["n_records"] for s in spells if s["source"] == "state_college")

# ---- the marts -----------------------------------------------------------------------------------------------------------------------------------------

learners = {r["person_id"] for r in [*spells, *courses, *cohort, *nsc]}
expected = defaultdict(list)  # by mart and person: the rows without the id


def empty(row, name, reason):
    """The reason beside an empty value."""
    row[f"{name}_status"] = None if row[name] is not None else reason


for s in spells:
    row = {c: v for c, v in s.items() if c not in ("person_id", "last_status", "fall_immediately_after")}
    at_school, nsc_row = s["source"] == "school", s["source"] == "clearinghouse"
    row.update(level="secondary" if at_school else "postsecondary", term_load=s["last_status"], fall_after=s["fall_immediately_after"])
    empty(row, "spell_end", "not_observable")
    empty(row, "exit_type", "not_collected" if at_school and s["spell_end"] else "not_applicable")
    empty(row, "term_load", "not_applicable" if at_school else "not_collected")
    empty(row, "fall_after", "not_observable" if nsc_row else "not_applicable")
    row["cip_status"] = None if row["first_cip"] else "not_applicable" if at_school else "not_collected"
    expected["research_spell", s["person_id"]].append(row)

directory = {p["program_code"]: p for p in records.linked("programs")}
clusters = Clusters(records.linked("cip_cluster"), directory)
taken = defaultdict(list)
for row in courses:
    taken[row["person_id"], row["school_year"], row["school_id"], row["program_code"], row["course_code"]].append(row)
tries = defaultdict(list)
for person, year, school, program, course in sorted(taken):
    tries[person, course].append((year, school, program))
for (person, year, school, program, course), rows in taken.items():
    top = lambda name: max((r[name] for r in rows if r[name] is not None), default=None)
    done = [r for r in rows if r["completed"]]
    marks = [r["grade_mark"] for r in done if r["grade_mark"]] or [r["grade_mark"] for r in rows if r["grade_mark"]]
    of = directory.get(program) or {}
    row = {"school_year": year, "school_id": school, "program_code": program, "course_code": course, "attempt": tries[person, course].index((year, school, program)) + 1,
           "district_id": top("district_id"), "course_title": top("course_title"), "cip_code": top("cip_code") or of.get("cip_code"),
           "career_cluster": clusters.told(program, "C16", year)[0], "credits": top("credits"), "completed": bool(done), "grade_mark": min(marks, default=None),
           "end_date": top("completion_date"), "n_records": len(rows)}
    # Of several records the furthest status stands, with the definition behind it.
    furthest = max((("PARTICIPANT", "CONCENTRATOR", "COMPLETER").index(r["agency_status"]), r["agency_definition"] or "") for r in rows if r["agency_status"]) \
        if any(r["agency_status"] for r in rows) else None
    row["agency_status"] = ("PARTICIPANT", "CONCENTRATOR", "COMPLETER")[furthest[0]] if furthest else None
    row["agency_definition"] = furthest[1] or None if furthest else None
    empty(row, "cip_code", top("cip_code_status") or "not_collected")
    empty(row, "credits", "not_collected")
    empty(row, "grade_mark", top("grade_mark_status") or "not_collected")
    empty(row, "end_date", "not_collected")
    expected["research_course", person].append(row)

# What the agency calls learners beside what the rules do.
STEPS = {"PARTICIPANT": 1, "CONCENTRATOR": 2, "COMPLETER": 3}
own = {step: {(r["person_id"], r["reporting_year"], r["program_code"]) for r in records.rule(f"cte_{status}_secondary")}
       for step, status in ((1, "participant"), (2, "concentrator"), (3, "completer"))}
reported = {}
for row in courses:
    if row["agency_status"] and (row["program_code"] or row["cip_code"]):
        key = (row["person_id"], row["school_year"], row["program_code"] or row["cip_code"])
        reported[key] = max(reported.get(key, (0, "")), (STEPS[row["agency_status"]], row["agency_definition"] or ""))
names = {step: name for name, step in STEPS.items()} | {0: None}
mine = {(*key, names[step], by or None, names[max((s for s in own if key in own[s]), default=0)]) for key, (step, by) in reported.items()}
told = records.rule("reported_status")
assert mine == {(r["person_id"], r["reporting_year"], r["program_code"], r["agency_status"], r["agency_definition"], r["own_status"]) for r in told} and len(mine) == len(told)
parted = sum(status != ours for *_, status, _, ours in mine)
assert 0 < parted < len(mine) / 2, (parted, len(mine))
print(f"reported_status: {len(told)} rows are what the agency reports, and {parted} of them not what the rules say")

LEVELS = {"01": "certificate", "02": "certificate", "04": "certificate", "03": "associate", "05": "bachelor", "06": "post_bachelor_certificate", "07": "master",
          "08": "post_master_certificate", "17": "doctorate", "18": "doctorate", "19": "doctorate"}
listed = {c["credential_code"]: c for c in records.linked("credential_list")}
held = defaultdict(lambda: defaultdict(list))  # by person: what it is, and its records
for row in records.linked("credentials"):
    held[row["person_id"]]["credential", row["earned_date"], row["credential_code"], row["school_year"]].append(row)
for row in awards:
    held[row["person_id"]]["college_award", row["award_date"], row["program_code"], row["college_id"], row["award_level"]].append(row)
for row in college_degrees:
    held[row["person_id"]]["clearinghouse", row["graduation_date"], row["degree_title"], row["college_id"]].append(row)
for row in records.linked("licences"):
    if row["person_id"] in learners and row["licence_type"] != "DRIVER":
        held[row["person_id"]]["licence", row["issued"], row["licence_type"]].append(row)
for row in records.linked("apprenticeships"):
    if row["person_id"] in learners and row["status"] == "COMPLETED":
        held[row["person_id"]]["apprenticeship", row["end_date"], row["occupation"]].append(row)
for person, of in held.items():
    near = lambda source, college, day: any(
        k[0] == source and day and k[1] and k[3][:6] == college[:6] and abs((k[1] - day).days) <= 60 for k in of if k[0] == source)
    for key, rows in of.items():
        source, day = key[:2]
        row = dict.fromkeys(("credential_code", "title", "org_id", "expires", "degree_level", "award_level", "cip_code", "credential_type", "value"))
        row.update(source=source, earned_date=day, earned=True, in_both=False)
        fault = "not_collected"
        if source == "credential":
            known = listed.get(key[2]) or {}
            on = known and (not known["valid_from"] or known["valid_from"] <= day) and (not known["valid_to"] or day <= known["valid_to"])
            value = "not_listed" if not on else "high_value" if known["high_value"] else "recognized" if known["recognized"] else "listed"
            row.update(credential_code=key[2], title=known.get("name"), org_id=max((r["school_id"] for r in rows if r["school_id"]), default=None),
                       earned=any(r["passed"] for r in rows), cip_code=known.get("cip_code"))
            if key[3] >= 2020:  # the years in which the rule of credentials is effective
                row.update(credential_type=known.get("credential_type"), value=value)
        elif source == "college_award":
            of_program = directory.get(key[2]) or {}
            row.update(credential_code=key[2], title=of_program.get("title"), org_id=key[3], award_level=key[4], degree_level=LEVELS[key[4]],
                       cip_code=max((r["cip_code"] for r in rows if r["cip_code"]), default=None) or of_program.get("cip_code"),
                       in_both=near("clearinghouse", key[3], day))
            fault = max((r["cip_code_status"] for r in rows if r["cip_code_status"]), default=fault)
        elif source == "clearinghouse":
            row.update(title=key[2], org_id=key[3], degree_level=rows[0]["degree_level"], cip_code=rows[0]["cip_1"], in_both=near("college_award", key[3], day))
        else:
            row.update(credential_code=key[2])
            fault = "not_applicable"
            if source == "licence":
                row.update(expires=max((r["expires"] for r in rows if r["expires"]), default=None))
        empty(row, "earned_date", "not_collected")
        empty(row, "degree_level", "not_observable" if source == "clearinghouse" else "not_applicable")
        empty(row, "cip_code", fault)
        empty(row, "value", "not_applicable")
        expected["research_credential", person].append(row)

employers = {e["employer_account"]: e for e in records.linked("employers")}
prices = {int(p["price_year"]): Fraction(p["price_index"]) for p in records.linked("price_index")}
JOINED = {"31": "31-33", "32": "31-33", "33": "31-33", "44": "44-45", "45": "44-45", "48": "48-49", "49": "48-49"}
paid = defaultdict(Counter)
for row in records.linked("ui_wages"):
    if row["person_id"] in learners:
        paid[row["person_id"], row["year_quarter"]][row["employer_account"]] += int(row["wages"] * 100)
elsewhere = Counter()
for row in records.linked("wages_out_of_state"):
    if row["person_id"] in learners and row["wages"] > 0:
        elsewhere[row["person_id"], row["year_quarter"]] += int(row["wages"] * 100)
for (person, name) in sorted(set(paid) | set(elsewhere)):
    by_employer, other = paid.get((person, name), {}), elsewhere[person, name]
    year, positive = int(name[:4]), {a: cents for a, cents in by_employer.items() if cents > 0}
    total = sum(positive.values()) + other
    primary = min(positive, key=lambda a: (-positive[a], a), default=None)
    code = ((employers.get(primary) or {}).get("naics") or "")[:2]
    real = math.floor(total * prices[2024] / prices[year] + Fraction(1, 2)) if prices.get(2024) and prices.get(year) else None
    row = {"quarter": year * 4 + int(name[4]) - 1, "calendar_year": year, "wages": Decimal(total) / 100, "real_wages": None if real is None else Decimal(real) / 100,
           "out_of_state_wages": Decimal(other) / 100, "n_employers": len(positive), "naics_sector": JOINED.get(code, code) or None, "negative": any(c < 0 for c in by_employer.values()),
           "implausible": len(positive) > 20 or total > 25_000_000}
    empty(row, "real_wages", "not_collected")
    empty(row, "naics_sector", "not_collected" if positive or other else "not_applicable")
    expected["research_wage_quarter", person].append(row)

MARTS = {"research_spell": ("source", "org_id", "spell_begin"), "research_course": ("school_year", "school_id", "program_code", "course_code"),
         "research_credential": ("credential_no",), "research_wage_quarter": ("quarter",)}
told, ids = defaultdict(dict), {}


def text(value):
    """A value by which rows can be sorted and held against each other."""
    return f"{value:.2f}" if isinstance(value, Decimal) else str(value)


for name, key in MARTS.items():
    rows = records.mart(name)
    places = [(row["research_id"], *(row[k] for k in key)) for row in rows]
    assert len(set(places)) == len(places) and all(None not in place for place in places), f"{name}: the key is not unique"
    assert len(rows) == sum(len(of) for (mart, _), of in expected.items() if mart == name), f"{name}: {len(rows)} rows"
    names = sorted(set(rows[0]) - {"research_id", "credential_no"})
    assert all(len(c) <= 25 for c in rows[0])
    for row in rows:
        told[row["research_id"]].setdefault(name, Counter())[tuple(text(row[c]) for c in names)] += 1
    numbers = Counter(row["research_id"] for row in rows)
    if name == "research_credential":
        assert all(1 <= row["credential_no"] <= numbers[row["research_id"]] for row in rows)
    ids[name] = set(numbers)
    for (mart, _), of in expected.items():
        assert mart != name or all(set(row) == set(names) for row in of), (name, set(of[0]) ^ set(names))
    # No employer is named or numbered, in whatever column; nor is a person's own number.
    secret = {e[c] for e in employers.values() for c in ("employer_account", "ein", "name") if e[c]} | {r["person_id"] for r in k12}
    texts = {v for row in rows for c, v in row.items() if isinstance(v, str)}
    assert not texts & secret, f"{name} holds {sorted(texts & secret)[:3]}"
    assert not [c for c in rows[0] if ("employer" in c and c != "n_employers") or "account" in c or "person" in c]
    print(f"{name}: {len(rows)} rows of {len(numbers)} learners")

# Everything that the marts say of each id is what the records say of one person.
mine = defaultdict(dict)
for (name, person), rows in expected.items():
    columns = sorted(rows[0])
    mine[person][name] = Counter(tuple(text(row[c]) for c in columns) for row in rows)


def portrait(of):
    return tuple(tuple(sorted(of.get(name, Counter()).items())) for name in MARTS)


theirs, ours = Counter(map(portrait, told.values())), Counter(map(portrait, mine.values()))
for place, name in enumerate(MARTS):
    said, known = (sum((Counter(dict(one[place])) for one in of.elements()), Counter()) if of else Counter() for of in (theirs - ours, ours - theirs))
    for kind, rows in (("the mart says", said - known), ("the records say", known - said)):
        for row in list(rows)[:3]:
            print(f"{name}: {kind} {row}")
assert theirs == ours, f"{sum((theirs - ours).values())} of {len(told)} learners are otherwise"
print(f"{len(told)} learners: each id has the spells, courses, credentials and quarters of one person")

# The ids are those of learner_pathway, in which stands everybody of whom a school or college of the state has a record, in CTE or not.
pathway = {row["research_id"]: row for row in records.mart("learner_pathway")}
in_cohort = {r["person_id"] for r in cohort}
cte = {r["person_id"] for r in courses}
everywhere = set().union(*ids.values())
seen = {kind: {r["person_id"] for source in sources for r in records.linked(source)} for kind, sources in (
    ("in_secondary", ("k12_enrollment", "cte_courses", "graduation_cohort")), ("in_postsecondary", ("ps_enrollment", "ps_awards")))}
assert len(pathway) == len(seen["in_secondary"] | seen["in_postsecondary"])
for column, people in seen.items():
    assert sum(row[column] for row in pathway.values()) == len(people), column
assert sum(row["in_secondary"] and row["in_postsecondary"] for row in pathway.values()) == len(seen["in_secondary"] & seen["in_postsecondary"])
assert any(not row["sec_participant"] and not row["ps_participant"] and row["cohort_year"] is None for row in pathway.values())
assert ids["research_spell"] <= set(pathway)
assert len({i for i, row in pathway.items() if row["cohort_year"] is not None} & ids["research_spell"]) == len(in_cohort & {s["person_id"] for s in spells})
assert {i for i, row in pathway.items() if row["sec_participant"]} <= ids["research_course"]
assert len(ids["research_course"]) == len(cte)
for row in records.mart("research_course"):
    if row["completed"] and row["research_id"] in pathway and row["grade_mark"] not in ("F", "W") and row["school_year"] >= 2020:
        assert pathway[row["research_id"]]["sec_participant"], row
awarded = {i for i, row in pathway.items() if row["ps_award"]}
assert awarded <= {row["research_id"] for row in records.mart("research_credential") if row["source"] == "college_award"}
wages = {(row["research_id"], row["quarter"]): row["wages"] for row in records.mart("research_wage_quarter")}
paid_then = [(i, row["exit_quarter"] + 2) for i, row in pathway.items() if row["wages_q2"]]
assert paid_then and all(wages[i, q] == pathway[i]["wages_q2"] for i, q in paid_then)
outside = everywhere - set(pathway)
print(f"{len(everywhere & set(pathway))} of {len(pathway)} ids of learner_pathway stand here, and {len(outside)} others; {len(paid_then)} wages of the second quarter are the same")

# What leavers earned is what the rule of wages says of them.
of_rule = Counter((row["quarter"], row["wages"], row["n_employers"], row["naics_sector"], row["negative"], row["implausible"]) for row in table("wage_quarter"))
of_mart = Counter((row["quarter"], row["wages"], row["n_employers"], row["naics_sector"], row["negative"], row["implausible"]) for row in records.mart("research_wage_quarter"))
assert not of_rule - of_mart
print(f"{sum(of_rule.values())} quarters of leavers are those of wage_quarter; {sum((of_mart - of_rule).values())} more are of other learners")
