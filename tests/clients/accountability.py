"""Works out the mart `accountability` from the linked tables, learner by learner in plain Python, and holds it against the mart, cell by cell. Who was a
concentrator, who is of which group, and who stands in the certified cohort is told by outcomes.py; what graduates attained is told here.

usage: accountability.py OUT
"""

import datetime
import math
import sys
from collections import defaultdict
from decimal import Decimal

from indicators import counted
from rates import wilson
from outcomes import AWAY, LAW, SOURCES, Learners, outcome, within
from records import Records

ATTAINED = ("concentrator", "completer", "credential_listed", "credential_recognized", "dual_credit", "work_based_learning")
READY = ("completer", "credential_recognized", "dual_credit", "work_based_learning")


def completed(learners):
    """The first year in which each learner had three units of a program; a repeated course once, in its first year and with its most credit."""
    taken = defaultdict(dict)
    for row in learners.t["cte_courses"]:
        program = row["program_code"] or row["cip_code"]
        if program and row["completed"] and row["grade_mark"] not in ("F", "W"):
            units = min(Decimal(1), Decimal(1) if row["credits"] is None else row["credits"])
            year, most = taken[row["person_id"], program].get(row["course_code"], (9999, Decimal(0)))
            taken[row["person_id"], program][row["course_code"]] = (min(year, row["school_year"]), max(most, units))
    first = {}
    for (person, program), courses in taken.items():
        for year in sorted({year for year, _ in courses.values()}):
            if sum(units for at, units in courses.values() if at <= year) >= 3:
                # The status is shown in years of the law alone: whoever had left before has none.
                if any(shown >= year for shown in learners.years(person, "secondary")):
                    first[person] = min(first.get(person, 9999), year)
                break
    return first


def worked_out(t, elsewhere):
    """The cohorts as enrollment shows them: person, cohort year, included, the day of the diploma if there is one by the end of August, the last stay."""
    stays = defaultdict(list)
    for row in t["k12_enrollment"]:
        stays[row["person_id"]].append(row)
    delivered = {row["school_year"] for row in t["k12_enrollment"]}
    for person, rows in stays.items():
        high = [(row["school_year"], row["grade"]) for row in rows if row["grade"] in ("09", "10", "11", "12")]
        if not high or person in elsewhere:
            continue
        year = min(high)[0] + 12 - int(min(high)[1])
        until = datetime.date(year, 8, 31)
        if not min(delivered) + 3 <= year <= max(delivered):
            continue
        own = [row for row in rows if row["entry_date"] <= until]
        diplomas = [row["exit_date"] for row in own if row["exit_type"] == "01921" and row["exit_date"] and row["exit_date"] <= until]

        def order(row):
            left = row["exit_date"] is not None and row["exit_date"] <= until
            how = (row["exit_type"] or "") if left else ""
            return row["entry_date"], row["exit_date"] if left else datetime.date.max, how, row["district_id"], row["school_id"]

        last = max(own, key=order)
        yield person, year, bool(diplomas) or order(last)[2] not in ("01909", "01911", "01923", "73064"), max(diplomas, default=None), last


def attainments(learners):
    """One outcome a learner of the cohort and measure."""
    t, best = learners.t, {}
    for row in t["graduation_cohort"]:
        key = (row["person_id"], row["cohort_year"])
        rank = (not row["included"], not row["graduated"], row["district_id"], row["school_id"])
        if key not in best or rank < best[key][0]:
            best[key] = (rank, row)
    listed = {row["credential_code"]: row for row in t["credential_list"]}
    earned, terms, practice = defaultdict(list), defaultdict(list), defaultdict(list)
    for row in t["credentials"]:
        on = listed.get(row["credential_code"])
        if row["passed"] and on and within(row["earned_date"], on["valid_from"], on["valid_to"]):
            earned[row["person_id"]].append((row["earned_date"], on["recognized"]))
    for row in t["ps_enrollment"]:
        if row["enrollment_status"] not in AWAY and (row["credits_earned"] or 0) > 0:
            terms[row["person_id"]].append(row)
    for row in t["work_based_learning"]:
        if row["completed"]:
            practice[row["person_id"]].append(row["start_date"])
    first = completed(learners)
    certified = {year for _, year in best}
    cohort = [(person, year, row["included"], row["graduated"] and (row["exit_date"] or datetime.date(year, 6, 30)), row)
              for (person, year), (_, row) in best.items()]
    cohort += [one for one in worked_out(t, {person for person, _ in best}) if one[1] not in certified]
    for person, year, included, day, row in cohort:
        if year < LAW or not included:
            continue
        place = (row["district_id"], row["school_id"])
        yield outcome(person, year, "graduated", "secondary", place, ["_none"], bool(day))
        # Of a cohort that no file certified nothing says that somebody is counted in it, and so the last status stands.
        of = [year] if year in certified else [y for y in learners.years(person, "secondary") if y <= year]
        concentrator = any(learners.concentrates(person, y) for y in of)
        if concentrator:
            yield outcome(person, year, "concentrator_graduated", "secondary", place, ["_none"], bool(day))
        if not day:
            continue
        met = {
            "concentrator": concentrator,
            "completer": first.get(person, 9999) <= year,
            "credential_listed": any(on <= day for on, _ in earned.get(person, ())),
            "credential_recognized": any(on <= day and recognized for on, recognized in earned.get(person, ())),
            "dual_credit": any(
                term["term_end"] <= day and (term["dual_enrolled"] or term["term_begin"] <= day) for term in terms.get(person, ())
            ),
            "work_based_learning": any(on <= day for on in practice.get(person, ())),
        }
        for measure in ATTAINED:
            yield outcome(person, year, measure, "secondary", place, ["_none"], met[measure])
        yield outcome(person, year, "career_ready", "secondary", place, ["_none"], any(met[measure] for measure in READY))


def main(out):
    records = Records(out)
    learners = Learners({source: records.linked(source) for source in SOURCES}, records.link(), records.rule("code_change"))
    mart, outcomes = records.mart("accountability"), list(attainments(learners))
    groupings = {row["grouping_set"]: tuple(d for d in row["grouping_set"].split("+") if d != "total") for row in mart}
    assert {"total", "district_id", "district_id+school_id", "special_population", "race_ethnicity"} <= groupings.keys(), groupings
    cells = counted(outcomes, learners, None, groupings)
    wrong, met = [], set()
    for row in mart:
        key = (row["grouping_set"], row["year"], row["measure"], "secondary", tuple(row[name] for name in groupings[row["grouping_set"]]))
        met.add(key)
        people, attained = (len(group) for group in cells[key][:2]) if key in cells else (0, 0)
        if (row["denominator"], row["numerator"]) != (people, attained):
            wrong.append(f"{key}: {row['numerator']} of {row['denominator']}, learner by learner {attained} of {people}")
        elif not math.isclose(row["rate"], attained / people) or not math.isclose(row["rate_low"], wilson(attained, people)[0], abs_tol=1e-12):
            wrong.append(f"{key}: rate {row['rate']}, from {row['rate_low']}")
    wrong += [f"{key}: the mart has no such cell" for key in cells if key not in met]
    assert not wrong, "\n".join(wrong[:40] + [f"{len(wrong)} faults in {len(mart)} cells"])
    assert {row["measure"] for row in mart} == {"graduated", "concentrator_graduated", *ATTAINED, "career_ready"}
    # No certified file, no indicator; and what was worked out is marked.
    certified = {row["cohort_year"] for row in learners.t["graduation_cohort"]}
    assert all((row["basis"] == "certified") == (row["year"] in certified) for row in mart)
    indicators = records.mart("indicator")
    assert {row["year"] for row in indicators if row["indicator"] == "1S1"} <= certified
    own = {(row["year"], row["numerator"], row["denominator"]) for row in mart if row["measure"] == "concentrator_graduated" and row["grouping_set"] == "total"}
    told = {(row["year"], row["numerator"], row["denominator"]) for row in indicators if row["indicator"] == "1S1" and row["grouping_set"] == "total"}
    assert told == {cell for cell in own if cell[0] in certified}, (told, own)
    derived = sorted({row["year"] for row in mart if row["basis"] == "derived"})
    print(f"{len(mart)} cells of accountability are what {len(outcomes)} outcomes give, learner by learner; cohorts worked out: {derived or 'none'}")


if __name__ == "__main__":
    main(sys.argv[1])
