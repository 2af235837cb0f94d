"""Works out who was a participant and a concentrator under Perkins IV, learner by learner in plain Python, and holds the tables of a run with
`rules: [perkins_iv, perkins_v, ...]` against it, row by row, the cells of the mart `perkins_iv_indicator` too; and that what Perkins V says from 2020 on is untouched by the pack below it.

usage: perkins_iv.py OUT OUT_WITHOUT
"""

import sys
from collections import defaultdict
from decimal import Decimal
from itertools import product

from clusters import Clusters
from rates import wilson
from outcomes import SOURCES, Learners
from records import Records

YEARS = range(2015, 2020)
TABLES = tuple(f"cte_{status}_{level}" for status in ("participant", "concentrator") for level in ("secondary", "postsecondary"))


def at_school(learners):
    """By learner and program, the years in which one credit and three (or two of a short program) were reached."""
    taken, participants, concentrators = defaultdict(dict), {}, {}
    for row in learners.t["cte_courses"]:
        program = row["program_code"] or row["cip_code"]
        if program and row["completed"] and row["grade_mark"] not in ("F", "W"):
            credits = Decimal(1) if row["credits"] is None else row["credits"]
            year, most = taken[row["person_id"], program].get(row["course_code"], (9999, Decimal(0)))
            taken[row["person_id"], program][row["course_code"]] = (min(year, row["school_year"]), max(most, credits))
    for key, courses in taken.items():
        total = learners.programs.get(key[1], {}).get("total_credits")
        needed = 2 if total is not None and total <= 2 else 3
        for year in sorted({year for year, _ in courses.values()}, reverse=True):
            own = sum(credits for at, credits in courses.values() if at <= year)
            if own >= 1:
                participants[key] = year
            if own >= needed:
                concentrators[key] = year
    return participants, concentrators


def at_college(learners):
    """By learner and program, the years in which one CTE credit was reached, and twelve credits of a program of twelve or the end of a shorter one."""
    terms, participants, concentrators = defaultdict(list), {}, {}
    for row in learners.t["ps_enrollment"]:
        program = row["program_code"] or row["cip_code"]
        if program and not learners.dual(row):
            terms[row["person_id"], program].append((row["academic_year"], row["cte_credits"] or Decimal(0), row["credits_earned"] or Decimal(0)))
    for key, rows in terms.items():
        total = learners.programs.get(key[1], {}).get("total_credits")
        short = total is not None and total < 12
        for year in sorted({row[0] for row in rows}, reverse=True):
            if sum(row[1] for row in rows if row[0] <= year) >= 1:
                participants[key] = year
        if key not in participants:
            continue
        if short:
            done = [row["academic_year"] for row in learners.t["ps_awards"] if (row["person_id"], row["program_code"]) == key]
        else:
            done = [year for year, _, _ in rows if sum(row[2] for row in rows if row[0] <= year) >= 12]
        if done:
            concentrators[key] = max(min(done), participants[key])
    return participants, concentrators


def outcomes(learners, concentrators, participants_of):
    """School completion, graduation and non-traditional participation: person, year, indicator, and whether it was met."""
    first = {}
    for (person, _), since in concentrators.items():
        # A concentrator is one whose status is shown in a year of Perkins IV.
        if any(since <= year for year in learners.all_years(person, "secondary") if year in YEARS):
            first[person] = min(first.get(person, 9999), since)
    for person, year, _, row in learners.exits:
        if year == 2019 and first.get(person, 9999) <= year:
            yield person, year, "3S1", row["exit_type"] in ("01921", "01922", "03509")
    cohort = defaultdict(list)
    for row in learners.t["graduation_cohort"]:
        cohort[row["person_id"], row["cohort_year"]].append((row["included"], row["graduated"]))
    for (person, year), said in cohort.items():
        if year == 2019 and max(said)[0] and first.get(person, 9999) <= year:
            yield person, year, "4S1", max(said)[1]
    for level, name in (("secondary", "6S1"), ("postsecondary", "5P1")):
        found = defaultdict(bool)
        for (person, program), since in participants_of[level].items():
            gender = learners.gender(person)
            for year in learners.served.get((person, level), {}):
                under = learners.nontraditional_for(program, year)
                if year in YEARS and since <= year and under and gender in ("M", "F"):
                    found[person, year] |= gender in under
        yield from ((person, year, name, met) for (person, year), met in found.items())


# Special populations as the law of then knew them: foster children were economically disadvantaged.
OF_THEN = {
    "disability": "disability", "econ_disadvantaged": "econ_disadvantaged", "foster_care": "econ_disadvantaged", "single_parent": "single_parent",
    "out_of_workforce": "displaced_homemaker", "english_learner": "limited_english", "migrant": "migrant",
}


def marks(learners, concentrators, participants_of):
    """Each outcome in each of its programs: person, year, indicator, level, district, program, and whether it was met there."""
    reached = defaultdict(dict)
    for (person, program), since in concentrators.items():
        # A concentrator is one whose status is shown in a year of Perkins IV, once it was reached.
        if any(since <= year for year in learners.all_years(person, "secondary") if year in YEARS):
            reached[person][program] = since
    left = {(person, year): row["district_id"] for person, year, _, row in learners.exits}
    certified = {}
    for row in sorted(learners.t["graduation_cohort"], key=lambda row: (not row["included"], not row["graduated"], row["district_id"], row["school_id"])):
        certified.setdefault((row["person_id"], row["cohort_year"]), row["district_id"])
    for person, year, name, met in outcomes(learners, concentrators, participants_of):
        if name in ("3S1", "4S1"):
            district = (left if name == "3S1" else certified)[person, year]
            yield from ((person, year, name, "secondary", district, p, met) for p, since in reached[person].items() if since <= year)
    for level, name in (("secondary", "6S1"), ("postsecondary", "5P1")):
        for (person, program), since in participants_of[level].items():
            for year, (_, place) in learners.served.get((person, level), {}).items():
                under, gender = learners.nontraditional_for(program, year), learners.gender(person)
                if year in YEARS and since <= year and under and gender in ("M", "F"):
                    yield person, year, name, level, place[0], program, gender in under


def cells(learners, clusters, told, groupings):
    """Everybody once in each cell of each grouping: who is in it, and who has met it."""
    told = list(told)
    under = defaultdict(set)
    for person, year, name, level, _, _, met in told:
        if name in ("6S1", "5P1") and met:
            under[person, level] |= {year}
    counted = defaultdict(lambda: [set(), set()])
    for person, year, name, level, district, program, met in told:
        in_year = name in ("6S1", "5P1")
        said = learners.populations_in.get((person, level, year), set()) if in_year else learners.populations.get((person, level), set())
        held = {OF_THEN[one] for one in said if one in OF_THEN}
        held |= {"nontraditional"} if (year in under[person, level] if in_year else under[person, level]) else set()
        stands = {
            "district_id": [district or "_unknown"], "career_cluster": [clusters.of(program, "C16", year)], "gender": [learners.gender(person)],
            "race_ethnicity": [learners.race(person)], "special_population": held or {"_none"},
        }
        for grouping, names in groupings.items():
            for values in product(*(stands[name] for name in names)):
                cell = counted[grouping, year, name, level, values]
                cell[0].add(person)
                cell[1] |= {person} if met else set()
    return {key: (len(everyone), len(of)) for key, (everyone, of) in counted.items()}


def main(out, without):
    records, alone = Records(out), Records(without)
    learners = Learners({source: records.linked(source) for source in SOURCES}, records.link(), records.rule("code_change"))

    def table(run, rule):
        return run.rows(run.out / "store/rule" / run.steps[f"rule/{rule}"])

    counted = []
    statuses = {"secondary": at_school(learners), "postsecondary": at_college(learners)}
    for level, (participants, concentrators) in statuses.items():
        for status, reached in (("participant", participants), ("concentrator", concentrators)):
            mine = set()
            for (person, program), since in reached.items():
                served = learners.served.get((person, level), {})
                # A participant's year is that of the first course or credit, before the one credit may be whole.
                own = since if status == "concentrator" else None
                mine |= {(person, program, year, own, year in served) for year in learners.all_years(person, level) if year in YEARS and since <= year}
            rows = [row for row in table(records, f"cte_{status}_{level}") if row["reporting_year"] < 2020]
            told = {(r["person_id"], r["program_code"], r["reporting_year"], r.get("concentrator_year"), r["served"]) for r in rows}
            assert len(told) == len(rows) and {row["rule_id"][:3] for row in rows} <= {"P4-"}, f"{status} {level}"
            assert told == mine, f"{status} {level}: {sorted(told - mine)[:5]} too many, {sorted(mine - told)[:5]} missing"
            counted.append(f"{len(mine)} of {status}s, {level}")
    mine = set(outcomes(learners, statuses["secondary"][1], {level: reached[0] for level, reached in statuses.items()}))
    rows = table(records, "perkins_iv_outcome")
    told = {(r["person_id"], r["reporting_year"], r["indicator"], r["is_met"]) for r in rows}
    assert len(told) == len(rows) and told == mine, f"{sorted(told - mine)[:5]} too many, {sorted(mine - told)[:5]} missing"
    counted += [f"{sum(one[2] == name for one in mine)} of {name}" for name in ("3S1", "4S1", "6S1", "5P1")]
    mart = records.mart("perkins_iv_indicator")
    groupings = {row["grouping_set"]: tuple(d for d in row["grouping_set"].split("+") if d != "total") for row in mart}
    assert {"total", "gender", "race_ethnicity", "special_population", "career_cluster"} <= groupings.keys(), groupings
    clusters = Clusters(records.linked("cip_cluster"), learners.programs)
    mine = cells(learners, clusters, marks(learners, statuses["secondary"][1], {level: reached[0] for level, reached in statuses.items()}), groupings)
    shown = {}
    for row in mart:
        key = (row["grouping_set"], row["year"], row["indicator"], row["level"], tuple(row[name] for name in groupings[row["grouping_set"]]))
        assert key not in shown, f"{key} stands twice"
        shown[key] = (row["denominator"], row["numerator"])
        low, high = wilson(row["numerator"], row["denominator"])
        assert abs(row["rate"] - row["numerator"] / row["denominator"]) < 1e-12 and abs(row["rate_low"] - low) < 1e-12 and abs(row["rate_high"] - high) < 1e-12, row
    wrong = [f"{key}: {shown.get(key)}, counted {mine.get(key)}" for key in shown.keys() | mine.keys() if shown.get(key) != mine.get(key)]
    assert mart and not wrong, "\n".join(sorted(wrong)[:30] + [f"{len(wrong)} faults in {len(mart)} cells"])
    counted.append(f"{len(mart)} cells of indicators")
    for rule in TABLES:
        # Persons keep their ids from run to run only where the runs have one history; here the same files give the same persons.
        later = [row for row in table(records, rule) if row["reporting_year"] >= 2020]
        assert len(later) == len(table(alone, rule)), rule
    print(f"Perkins IV, to 2019: rows {', '.join(counted)} are what the records give, and from 2020 on nothing is otherwise")


if __name__ == "__main__":
    main(*sys.argv[1:])
