"""Works out who was a participant and a concentrator under Perkins IV, learner by learner in plain Python, and holds the tables of a run with
`rules: [perkins_iv, perkins_v, ...]` against it, row by row; and that what Perkins V says from 2020 on is untouched by the pack below it.

usage: perkins_iv.py OUT OUT_WITHOUT
"""

import sys
from collections import defaultdict
from decimal import Decimal

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
        # A concentrator is one whom a school served in a year of Perkins IV or in the year before.
        served = learners.served.get((person, "secondary"), {})
        if any(since <= year and (year in served or year - 1 in served) for year in YEARS):
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
                mine |= {(person, program, year, own, year in served) for year in YEARS if since <= year and (year in served or year - 1 in served)}
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
    for rule in TABLES:
        # Persons keep their ids from run to run only where the runs have one history; here the same files give the same persons.
        later = [row for row in table(records, rule) if row["reporting_year"] >= 2020]
        assert len(later) == len(table(alone, rule)), rule
    print(f"Perkins IV, to 2019: rows {', '.join(counted)} are what the records give, and from 2020 on nothing is otherwise")


if __name__ == "__main__":
    main(*sys.argv[1:])
