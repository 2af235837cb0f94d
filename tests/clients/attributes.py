"""Works out `person_attributes` and `special_population` from the linked tables, report by report in plain Python, and holds the rules' tables against
them, row by row: every value that was ever reported (a plain no only beside something else), by whom, when and how often, which one stands, and
which field makes a special population.

usage: attributes.py OUT
"""

import sys
from collections import defaultdict

from outcomes import AWAY, COMBINED as ONE, RACES, SOURCES, Learners
from records import Records

FLAGS = ("disability", "econ_disadvantaged", "english_learner", "foster_care", "homeless", "migrant", "out_of_workforce", "single_parent")
PLAIN_NO = ("false", "NotMilitaryConnected")


def races(row):
    """What one report of a school says of race, by the seven categories and by the combined question."""
    of = [code for column, code in RACES.items() if row[column]]
    seven = "HI7" if row["hispanic"] else "MU7" if len(of) > 1 else of[0] if of else None
    several = len(of) + bool(row["hispanic"]) > 1
    return seven, "multiple" if several else ONE.get(seven)


def reports(t):
    """Every report: person, attribute, value, source, field, day."""
    for row in t["k12_enrollment"]:
        seven, combined = races(row)
        said = [("gender", row["sex"], "sex"), ("race_ed7", seven, "races"), ("race_spd15", combined, "races")]
        said += [(flag, None if row[flag] is None else str(row[flag]).lower(), flag) for flag in FLAGS]
        said.append(("military_parent", row["military_connected"], "military_connected"))
        yield from ((row["person_id"], *one[:2], "k12_enrollment", one[2], row["entry_date"]) for one in said if one[1] is not None)
    for row in t["ps_enrollment"]:
        said = [("gender", row["sex"], "sex"), ("race_ed7", row["ps_race"], "ps_race"), ("race_spd15", ONE.get(row["ps_race"]), "ps_race")]
        for attribute, field in (("econ_disadvantaged", "pell"), ("disability", "ps_disability")):
            said.append((attribute, None if row[field] is None else str(row[field]).lower(), field))
        yield from ((row["person_id"], *one[:2], "ps_enrollment", one[2], row["term_begin"]) for one in said if one[1] is not None)


def standing(t):
    """The value of gender and of race that stands: the latest of a school, else the latest of a college; the combined race is of the reports of the seven."""
    latest = {}
    for row in t["k12_enrollment"]:
        seven, combined = races(row)
        for attribute, value in (("gender", row["sex"]), ("race_ed7", seven), ("hispanic", combined if row["hispanic"] else None)):
            key = (row["person_id"], attribute, "k12_enrollment")
            if value is not None:
                latest[key] = max(latest.get(key, (row["entry_date"], value)), (row["entry_date"], value))
    for row in t["ps_enrollment"]:
        for attribute, value in (("gender", row["sex"]), ("race_ed7", row["ps_race"])):
            key = (row["person_id"], attribute, "ps_enrollment")
            if value is not None:
                latest[key] = max(latest.get(key, (row["term_begin"], value)), (row["term_begin"], value))
    stands = {}
    for person, attribute, source in latest:
        if attribute == "hispanic" or (source == "ps_enrollment" and (person, attribute, "k12_enrollment") in latest):
            continue
        value = latest[person, attribute, source][1]
        stands[person, attribute] = (value, source)
        if attribute == "race_ed7":
            combined = latest[person, "hispanic", source][1] if value == "HI7" and source == "k12_enrollment" else ONE[value]
            stands[person, "race_spd15"] = (combined, source)
    return stands


def populations(learners):
    """Person, level, special population: the source and the field that say so."""
    t, found = learners.t, {}
    for row in t["k12_enrollment"]:
        if row["grade"] in ("09", "10", "11", "12"):
            for name in FLAGS:
                if row[name]:
                    found[row["person_id"], "secondary", name] = ("k12_enrollment", name)
            if row["military_connected"] == "ActiveDuty":
                found[row["person_id"], "secondary", "military_parent"] = ("k12_enrollment", "military_connected")
    for row in t["ps_enrollment"]:
        if row["enrollment_status"] not in AWAY and not learners.dual(row):
            for name, field in (("econ_disadvantaged", "pell"), ("disability", "ps_disability")):
                if row[field]:
                    found[row["person_id"], "postsecondary", name] = ("ps_enrollment", field)
    for (person, level), within in learners.populations.items():
        for name in within:
            if name == "nontraditional":
                found[person, level, name] = ("nontraditional", "nt_male" if learners.gender(person) == "M" else "nt_female")
            elif (level, name) == ("postsecondary", "foster_care"):
                found[person, level, name] = ("k12_enrollment", name)
    return found


def hold(name, told, mine):
    wrong = [f"{name} {key}: {told.get(key)}, report by report {mine.get(key)}" for key in told.keys() | mine.keys() if told.get(key) != mine.get(key)]
    assert not wrong, "\n".join(sorted(wrong)[:40] + [f"{len(wrong)} faults in {len(told)} rows"])


def main(out):
    records = Records(out)
    learners = Learners({source: records.linked(source) for source in SOURCES}, records.link(), records.rule("code_change"))

    def table(rule):
        return records.rows(records.out / "store/rule" / records.steps[f"rule/{rule}"])

    found = populations(learners)
    rows = table("special_population")
    told = {(r["person_id"], r["level"], r["special_population"]): (r["source"], r["field"]) for r in rows}
    assert len(told) == len(rows)
    hold("special_population", told, found)

    days = defaultdict(list)
    for person, attribute, value, source, field, day in reports(learners.t):
        days[person, attribute, value, source, field].append(day)
    # A plain no of whom nobody ever said otherwise in that population is not kept.
    told_otherwise = {(person, attribute) for person, attribute, value, _, _ in days if value not in PLAIN_NO}
    stands, mine = standing(learners.t), {}
    for (person, attribute, value, source, field), seen in days.items():
        if (person, attribute) not in told_otherwise:
            continue
        if attribute in ("gender", "race_ed7", "race_spd15"):
            own = stands.get((person, attribute)) == (value, source)
        else:
            level = "secondary" if source == "k12_enrollment" else "postsecondary"
            member = found.get((person, level, attribute), ("", ""))[0] == source
            own = member == (value in ("true", "ActiveDuty"))
        mine[person, attribute, value, source] = (field, min(seen), max(seen), len(seen), own)
    rows = table("person_attributes")
    told = {(r["person_id"], r["attribute"], r["value"], r["source"]): tuple(r[c] for c in ("field", "first_seen", "last_seen", "times", "stands")) for r in rows}
    assert len(told) == len(rows)
    hold("person_attributes", told, mine)
    print(f"{len(found)} special populations of learners, by {len(set(found.values()))} fields, and {len(mine)} values of their attributes are what was reported")


if __name__ == "__main__":
    main(sys.argv[1])
