"""Works out the federal marts a second time, in plain Python: `car_indicators` and `car_program` from the cells of `indicator` and the targets,
`car_enrollment`, `car_placement`, `edfacts_count` and `edfacts` learner by learner from the linked records, `cluster_crosswalk` from the list by CIP code,
and holds the marts against it, row by row and column by column.

What becomes of each learner is worked out in outcomes.py; who stands in which line, file and category is worked out here, from the written definitions.

usage: federal.py OUT
"""

import datetime
import sys
from collections import defaultdict
from decimal import Decimal
from fractions import Fraction

from clusters import Clusters
import rates
from outcomes import AWAY, LAW, POPULATIONS, SOURCES, Learners, program_year, quarter
from records import Records

LINES = [("total", "_total"), ("gender", "M"), ("gender", "F")]
LINES += [("race_ethnicity", race) for race in ("AM7", "AS7", "BL7", "HI7", "PI7", "WH7", "MU7", "_unknown")]
LINES += [("special_population", name) for name in (
    "disability", "econ_disadvantaged", "nontraditional", "single_parent", "out_of_workforce", "english_learner", "homeless", "foster_care",
    "military_parent", "migrant",
)]
LINE = {group: number for number, group in enumerate(LINES, 1)}

# ---- the Consolidated Annual Report --------------------------------------------------------------------------------------------------------------------


def reaches_90(numerator, denominator, target):
    """Whether a level, not rounded, is at least nine tenths of a target in per cent."""
    return Fraction(100 * numerator, denominator) >= Fraction(9, 10) * Fraction(target)


# To the last learner: 90 per cent of 45 is 40.5, which 81 of 200 reach and 80 do not, though both round to 40 or 41 per cent.
assert reaches_90(81, 200, Decimal("45.00")) and not reaches_90(80, 200, Decimal("45.00")) and not reaches_90(4049, 10000, Decimal("45"))


def car_indicators(cells, targets):
    set_for = {(row["indicator"], row["reporting_year"]): row["target"] for row in targets}
    for cell in cells:
        dimension = cell["grouping_set"]
        group = (dimension, "_total" if dimension == "total" else cell.get(dimension))
        if group not in LINE:
            continue
        n, d, pending = cell["numerator"], cell["denominator"], cell["pending"]
        target = set_for.get((cell["indicator"], cell["year"]))
        known = d > 0 and pending == 0
        meets = reaches_90(n, d, target) if known and target is not None else None
        yield {
            "year": cell["year"], "indicator": cell["indicator"], "line": LINE[group], "level": cell["level"], "dimension": dimension,
            "subgroup": group[1], "numerator": n, "denominator": d, "covered_denominator": cell["covered_denominator"],
            "pending": pending, **rates.parts("actual", n, d, cell["covered_denominator"], pending), "target": target,
            "pct_of_target": float(Fraction(10000 * n, d) / Fraction(target)) if known and target else None,
            "meets_90": meets, "improvement_plan": (None if meets is None else not meets) if group[0] == "total" else None,
            **{f"actual_{part}": cell[f"rate_{part}"] for part in ("rule", "version", "note", "quarantined")},
        }


def car_program(cells):
    """Each line of the state, of clusters and of programs beside all concentrators there and in the state."""
    told, whole = {}, {}
    for cell in cells:
        names = [name for name in cell["grouping_set"].split("+") if name != "total"]
        kind = next((name for name in ("career_cluster", "program_code") if name in names), "total")
        by = [name for name in names if name != kind]
        group = (by[0], cell[by[0]]) if by else ("total", "_total")
        if len(by) < 2 and group in LINE:
            where = (cell["year"], cell["indicator"], kind, "_total" if kind == "total" else cell[kind])
            told[(*where, group)] = cell
            if not by:
                whole[where] = cell
    for (year, indicator, kind, code, group), cell in told.items():
        n, d = cell["numerator"], cell["denominator"]
        every, state = whole[year, indicator, kind, code], whole[year, indicator, "total", "_total"]
        known = [one["denominator"] > 0 and one["pending"] == 0 for one in (cell, every, state)]
        shares = [Fraction(one["numerator"], one["denominator"]) if k else None for one, k in zip((cell, every, state), known)]
        yield {
            "year": year, "indicator": indicator, "kind": kind, "code": code, "line": LINE[group], "level": cell["level"], "dimension": group[0],
            "subgroup": group[1], "numerator": n, "denominator": d, "covered_denominator": cell["covered_denominator"],
            "pending": cell["pending"], **rates.parts("actual", n, d, cell["covered_denominator"], cell["pending"]), "all_numerator": every["numerator"],
            "all_denominator": every["denominator"],
            "gap_points": float(100 * (shares[0] - shares[1])) if known[0] and known[1] else None,
            "state_gap_points": float(100 * (shares[0] - shares[2])) if known[0] and known[2] else None,
            **{f"actual_{part}": cell[f"rate_{part}"] for part in ("rule", "version", "note", "quarantined")},
        }


def by_type(learners):
    """Who left or completed, and in which of the law's types they were placed: person, year, level, type, programs, placed, seen or could be, pending."""
    of = defaultdict(lambda: [set(), False, False, False])
    for one in learners.placements():
        kind = "military_service" if one.measure in ("military", "service") else one.measure
        mine = of[one.person, one.year, "secondary", kind]
        mine[0] |= set(one.programs)
        mine[1:] = [mine[1] or one.met, mine[2] or one.covered, mine[3] or one.pending]
    done = {}
    for row in learners.t["ps_awards"]:
        done.setdefault((row["person_id"], program_year(row["award_date"]) + 1), []).append(row)
    for one in learners.placed_completers():
        (program,) = one.programs
        # The last award of the year in the program is the completion that is looked at.
        day = max(row["award_date"] for row in done[one.person, one.year] if (row["program_code"] or row["cip_code"]) == program)
        number = quarter(day) + 2
        found = {"employment": learners.at_work(one.person, number), "postsecondary": learners.at_college(one.person, number)}
        # Apprentices are seen; of other training nobody was asked, so who is in none could not have been seen.
        found["advanced_training"] = (learners.in_training(one.person, number), False, False)
        found["any"] = (one.met, one.covered, one.pending)
        for kind, (met, could, pending) in found.items():
            of[one.person, one.year, "postsecondary", kind] = [{program}, met, met or could, pending]
    return of


def car_placement(learners, clusters):
    cells = defaultdict(lambda: [set(), set(), set(), set()])
    for (person, year, level, kind), (programs, *flags) in by_type(learners).items():
        groups = [("total", "_total"), ("gender", learners.gender(person)), ("race_ethnicity", learners.race(person))]
        groups += [("special_population", population) for population in learners.populations.get((person, level), ())]
        wheres = {("total", "_total", "_total", "_total")} | {("program_code", program, "_total", "_total") for program in programs}
        wheres |= {("career_cluster", "_total", clusters.of(program, "C16", year), "_total") for program in programs}
        wheres |= {("cluster14", "_total", "_total", clusters.of(program, "C14", year)) for program in programs}
        for group in groups:
            for where in wheres if group in LINE else ():
                people = cells[(where[0], year, level, kind, LINE[group], *where[1:])]
                for place, flag in enumerate((True, *flags)):
                    if flag:
                        people[place].add(person)
    for (grouping_set, year, level, kind, line, program, cluster16, cluster14), people in cells.items():
        d, n, covered, pending = map(len, people)
        of_rate = rates.parts("rate", n, d, covered, pending)
        yield {
            "grouping_set": grouping_set, "year": year, "level": level, "placement_type": kind, "line": line, "program_code": program,
            "career_cluster": cluster16, "cluster14": cluster14, "dimension": LINES[line - 1][0], "subgroup": "_all" if line == 1 else LINES[line - 1][1], "denominator": d,
            "numerator": n, "covered_denominator": covered, "pending": pending, **of_rate,
        }


class Enrolled:
    """Who is served in a year at a level, in which programs, and in which special populations of the year."""

    def __init__(self, learners, by_year):
        self.learners, self.by_year, self.within = learners, by_year, defaultdict(set)
        for row in learners.t["k12_enrollment"]:
            key = (row["person_id"], "secondary", row["school_year"])
            self.within[key] |= {name for name in POPULATIONS if row[name]}
            if row["military_connected"] == "ActiveDuty":
                self.within[key].add("military_parent")
        for row in learners.t["ps_enrollment"]:
            if row["enrollment_status"] not in AWAY and not row["dual_enrolled"]:
                key = (row["person_id"], "postsecondary", row["academic_year"])
                self.within[key] |= {name for column, name in (("pell", "econ_disadvantaged"), ("ps_disability", "disability")) if row[column]}

    def years(self):
        for (person, level), years in self.learners.served.items():
            for year in years:
                if year >= LAW:
                    yield person, level, year

    def takes_part(self, person, level, year):
        return {p for p, since in self.learners.participated.get((person, level), {}).items() if since <= year}

    def concentrates(self, person, level, year):
        reached = {p for p, since in self.learners.concentrated.get((person, level), {}).items() if since <= year}
        return reached & self.takes_part(person, level, year)

    def nontraditional(self, person, level, year):
        """None where nobody of the learner's programs leads to such a field, else whether one does of the learner's own gender."""
        gender = self.learners.gender(person)
        of = [self.learners.nontraditional_for(program, year) for program in self.takes_part(person, level, year)]
        of = [genders for genders in of if genders]
        return any(gender in genders for genders in of) if of and gender in ("M", "F") else None

    def populations(self, person, level, year):
        of = set(self.within.get((person, level, year), ()))
        return of | {"nontraditional"} if self.nontraditional(person, level, year) else of

    def groups(self, person, level, year):
        yield "total", "_total"
        yield "gender", self.learners.gender(person)
        yield "race_ethnicity", self.learners.race(person)
        for population in self.populations(person, level, year):
            yield "special_population", population

    def clusters(self, person, level, year):
        """Everybody in all clusters together; who takes part, in each cluster of each framework, with whether there is concentration in it."""
        of, reached = self.takes_part(person, level, year), self.concentrates(person, level, year)
        yield ("_total", "_total"), bool(of), bool(reached)
        named = defaultdict(bool)
        for program in of:
            named[self.by_year.of(program, "C16", year), "_total"] |= program in reached
            named["_total", self.by_year.of(program, "C14", year)] |= program in reached
        for cluster, concentrates in named.items():
            yield cluster, True, concentrates


def car_enrollment(enrolled):
    cells = defaultdict(lambda: [set(), set()])
    for person, level, year in enrolled.years():
        for cluster, takes_part, concentrates in enrolled.clusters(person, level, year):
            for group in enrolled.groups(person, level, year):
                if group in LINE:
                    people = cells[year, level, cluster, group]
                    if takes_part:
                        people[0].add(person)
                    if concentrates:
                        people[1].add(person)
    for (year, level, cluster, group), (participants, concentrators) in cells.items():
        yield {
            "year": year, "level": level, "career_cluster": cluster[0], "cluster14": cluster[1], "line": LINE[group], "dimension": group[0], "subgroup": group[1],
            "participants": len(participants), "concentrators": len(concentrators),
        }


# ---- EDFacts -------------------------------------------------------------------------------------------------------------------------------------------

EXITING = {"01921", "01922", "01923", "01924", "01925", "01926", "01927", "01928", "01930", "01931", "03502", "03504", "03505", "03509", "09999", "73060", "73601"}
GRADUATES = {"01921"}
REGULAR, EQUIVALENT = {"00806", "00807", "00809"}, {"00815", "00816"}
MONTHS, LAG = 16, 2
FILES = {
    # By file, subject and outcome: the code, and where the file is counted from an indicator that indicator.
    "FS082": {("_none", "exited"): "_none"},
    "FS083": {("_none", "regular"): "REGDIP", ("_none", "with_credential"): "HSDPROF", ("_none", "equivalency"): "HSDGED", ("_none", "other"): "OTHCOM"},
    "FS155": {("_none", "met"): "MEM", ("_none", "not_met"): "NM"},
    "FS158": {("_none", "met"): "PLACED", ("_none", "not_met"): "NOTPLACED", ("_none", "unlinked"): "MISSING"},
    "FS160": {("_none", "met"): "ENROLLED", ("_none", "not_met"): "NOTENROLLED", ("_none", "unlinked"): "NOINFORMATION"},
    "FS169": {("_none", kind): code for kind, code in (
        ("postsecondary", "POSTSEC"), ("advanced_training", "ADVTRAIN"), ("employment", "EMPLOYMENT"), ("military", "MILITARY"))},
    "FS209": {("_none", "participants"): "PARTICIPANT", ("_none", "concentrators"): "CONCENTRATOR"},
    "FS142": {(subject, "met"): "PROFICIENT" for subject in ("RLA", "M", "SCI")} | {(s, "not_met"): "NOTPROFICIENT" for s in ("RLA", "M", "SCI")},
    "FS154": {("_none", "met"): "GRAD", ("_none", "not_met"): "NOTG"},
    "FS156": {("_none", "met"): "MEM", ("_none", "not_met"): "NM"},
    "FS213": {("_none", "met"): "GRAD", ("_none", "not_met"): "NOTG"},
}
for quality in ("FS214", "FS215", "FS216", "FS217"):
    FILES[quality] = {("_none", "met"): "MET", ("_none", "not_met"): "NOTMET"}
OF_INDICATOR = {
    "1S1": ("FS154", "_none"), "1S2": ("FS213", "_none"), "2S1": ("FS142", "RLA"), "2S2": ("FS142", "M"), "2S3": ("FS142", "SCI"),
    "4S1": ("FS156", "_none"), "5S1": ("FS214", "_none"), "5S2": ("FS215", "_none"), "5S3": ("FS216", "_none"), "5S4": ("FS217", "_none"),
}
# What stands in a file only where somebody is it, and the files that have no set by preparing for a non-traditional field.
ONLY_IF_ANY, WITHOUT_NTE = {("FS158", "unlinked")}, {"FS155", "FS156", "FS160", "FS169"}
RACES = {"AM7": "MAN", "AS7": "MA", "BL7": "MB", "HI7": "MHL", "PI7": "MNP", "WH7": "MW", "MU7": "MM"}
CODES = {
    "disability": "WDIS", "econ_disadvantaged": "ECODIS", "migrant": "MS", "single_parent": "SPPT", "out_of_workforce": "OUTWRKFRCSTS",
    "english_learner": "LEPPERKINS", "nontraditional": "NTE", "homeless": "HOMELESS", "foster_care": "FSTRCRSTS", "military_parent": "MILCNCTDSTDNTSTS",
}


def months_after(day, months):
    """The first day of the month behind so many months after a day's own."""
    number = day.year * 12 + day.month + months
    return datetime.date(number // 12, number % 12 + 1, 1)


assert months_after(datetime.date(2021, 6, 5), 16) == datetime.date(2022, 11, 1)
assert months_after(datetime.date(2021, 8, 31), 16) == datetime.date(2023, 1, 1)


def left_in_year(learners):
    """The last exit of each program year, of whatever type, unless the learner is at school after it within that year."""
    last, visits = {}, defaultdict(list)
    for row in learners.t["k12_enrollment"]:
        visits[row["person_id"]].append(row)
        if row["exit_date"]:
            day = row["exit_date"]
            counted = datetime.date(day.year, 6, 30) if day.month in (7, 8) else day
            key = (row["person_id"], program_year(counted))
            rank = (-day.toordinal(), -row["entry_date"].toordinal(), row["exit_type"] or "~", row["district_id"], row["school_id"])
            if key not in last or rank < last[key][0]:
                last[key] = (rank, row)
    for (person, year), (_, row) in last.items():
        if not any(visit["entry_date"] < datetime.date(year, 7, 1) and learners.at_school_after(visit, row) for visit in visits[person]):
            yield person, year, row["exit_type"]


def diplomas(learners):
    found = {}
    for row in learners.t["graduation_cohort"]:
        if row["diploma_type"] is not None:
            found[row["person_id"]] = max(found.get(row["person_id"], (0, "")), (row["cohort_year"], row["diploma_type"]))
    return {person: diploma for person, (_, diploma) in found.items()}


def completion(exit_type, diploma, with_credential):
    if diploma in EQUIVALENT or (diploma is None and exit_type == "03509"):
        return "equivalency"
    if (diploma is not None and diploma not in REGULAR) or (diploma is None and exit_type != "01921"):
        return "other"
    return "with_credential" if with_credential else "regular"


assert [completion(*of) for of in (("01921", None, False), ("01921", "00806", True), ("01921", "00819", True), ("01922", None, True),
                                   ("03509", None, False), ("01921", "00815", False))] == [
    "regular", "with_credential", "other", "other", "equivalency", "equivalency"]


def by_learner(learners, enrolled):
    """Each learner in each file: person, year, file, outcome, whether it is theirs, whether it is pending."""
    with_credential = {(one.person, one.year) for one in learners.quality() if one.measure == "5S1" and one.met}
    of = diplomas(learners)
    for person, year, exit_type in left_in_year(learners):
        if exit_type in EXITING and learners.concentrates(person, year):
            yield person, year, "FS082", "exited", True, False
            if exit_type in GRADUATES:
                yield person, year, "FS083", completion(exit_type, of.get(person), (person, year) in with_credential), True, False
    for person, level, year in enrolled.years():
        member = enrolled.nontraditional(person, level, year) if level == "secondary" else None
        if member is not None:
            yield person, year, "FS155", "met" if member else "not_met", True, False
    graduates = {(person, year): counted for person, year, counted, row in learners.exits if row["exit_type"] in GRADUATES}
    types = defaultdict(lambda: [False, False])
    for one in learners.placements():
        if (one.person, one.year - 1) not in graduates:
            continue
        if one.measure == "any":
            # The default of the rule: who cannot be found is not placed.
            for outcome in ("met", "not_met", "unlinked") if one.pending else ("met",) if one.met else ("not_met",):
                yield one.person, one.year, "FS158", outcome, outcome == ("met" if one.met else "not_met"), one.pending
        else:
            # Service stands with the military.
            kind = types[one.person, one.year, "military" if one.measure == "service" else one.measure]
            kind[0] |= one.met
            kind[1] |= one.pending
    for (person, year, kind), (met, pending) in types.items():
        if met or pending:
            yield person, year, "FS169", kind, met, pending
    for (person, year), counted in graduates.items():
        until = months_after(counted, MONTHS)
        found = any(counted < begins < until and not dual for begins, _, dual in learners.studied.get(person, ()))
        outcome = "met" if found else "not_met" if person in learners.searched else "unlinked"
        first, last = learners.college_reach
        pending = until - datetime.timedelta(days=1) > last or until <= first
        # The rule reads the table of exits, which begins with those that are reported in the first year of the law.
        if year + 1 >= LAW:
            for each in ("met", "not_met", "unlinked") if pending else (outcome,):
                yield person, year + LAG, "FS160", each, each == outcome, pending


def edfacts_count(told, learners, enrolled):
    cells = defaultdict(lambda: [set(), set()])
    for person, year, file, outcome, counted, pending in told:
        within = enrolled.within.get((person, "secondary", year)) if file == "FS155" else learners.populations.get((person, "secondary"))
        groups = [("total", "_total"), ("gender", learners.gender(person)), ("race_ethnicity", learners.race(person))]
        groups += [("special_population", population) for population in within or {"_none"}]
        for group in groups:
            people = cells[year, file, outcome, *group]
            if counted:
                people[0].add(person)
            if pending:
                people[1].add(person)
    return {key: (len(counted), len(pending)) for key, (counted, pending) in cells.items()}


def category(dimension, value):
    if dimension == "gender":
        return "sex", value if value in ("F", "M") else "MISSING"
    if dimension == "race_ethnicity":
        return "race", RACES.get(value, "MISSING")
    return ("special_population", CODES[value]) if dimension == "special_population" else (dimension, value)


def edfacts(counts, cells, enrollment):
    """The rows of the files. `counts` are the cells by learner, `cells` those of the indicators, `enrollment` the lines of participants."""
    amounts = defaultdict(lambda: [0, 0])

    def add(year, file, subject, group, outcome, amount, pending):
        if group[1] != "_none":
            one = amounts[year, file, subject, *category(*group), outcome]
            one[0] += amount
            one[1] += pending

    for (year, file, outcome, *group), (amount, pending) in counts.items():
        add(year, file, "_none", group, outcome, amount, pending)
    for cell in cells:
        dimension = cell["grouping_set"]
        if cell["indicator"] in OF_INDICATOR and dimension in ("total", "gender", "race_ethnicity", "special_population"):
            file, subject = OF_INDICATOR[cell["indicator"]]
            group = (dimension, "_total" if dimension == "total" else cell[dimension])
            add(cell["year"], file, subject, group, "met", cell["numerator"], cell["pending"])
            add(cell["year"], file, subject, group, "not_met", cell["denominator"] - cell["numerator"], cell["pending"])
    for (year, group), (participants, concentrators) in enrollment.items():
        add(year, "FS209", "_none", group, "participants", participants, 0)
        add(year, "FS209", "_none", group, "concentrators", concentrators, 0)
    for year, file, subject, kind, name in {key[:5] for key in amounts}:
        if name == "NTE" and file in WITHOUT_NTE:
            continue
        for (of, outcome), code in FILES[file].items():
            amount, pending = amounts.get((year, file, subject, kind, name, outcome), (0, 0))
            if of == subject and (amount or (file, outcome) not in ONLY_IF_ANY):
                yield {
                    "year": year, "file_spec": file, "subject": subject, "category_set": kind, "category": name, "outcome": code,
                    "amount": None if pending else amount, "pending": pending, "status": "not_observable" if pending else None,
                    "total_indicator": kind == "total",
                }


def participation(enrolled):
    """Participants and concentrators at school of each year, by every group there is, and by cluster."""
    cells = defaultdict(lambda: [set(), set()])
    for person, level, year in enrolled.years():
        if level == "secondary":
            clusters = list(enrolled.clusters(person, level, year))
            groups = [(group, clusters[0]) for group in enrolled.groups(person, level, year)]
            groups += [(("career_cluster", cluster[0][0]), cluster) for cluster in clusters if cluster[0][0] != "_total"]
            for group, (_, takes_part, concentrates) in groups:
                people = cells[year, group]
                if takes_part:
                    people[0].add(person)
                if concentrates:
                    people[1].add(person)
    return {key: (len(participants), len(concentrators)) for key, (participants, concentrators) in cells.items()}


# ---- mart beside what is worked out --------------------------------------------------------------------------------------------------------------------


def faults(key, told, expected):
    mine = {tuple(row[k] for k in key): row for row in expected}
    said = {tuple(row[k] for k in key): row for row in told}
    wrong = [f"{k}: {'only the mart has it' if k in said else 'the mart has no such row'}" for k in said.keys() ^ mine.keys()]
    if len(said) != len(told):
        wrong.append(f"{len(told) - len(said)} rows stand twice")
    for k in said.keys() & mine.keys():
        for column, value in mine[k].items():
            other = said[k][column]
            same = other is not None and abs(other - value) < 1e-9 if isinstance(value, float) else other == value
            if not same:
                wrong.append(f"{k}: {column} is {other}, worked out {value}")
    return sorted(wrong)


def main(out):
    records = Records(out)
    learners = Learners({source: records.linked(source) for source in SOURCES}, records.link(), records.rule("code_change"))
    clusters = Clusters(records.linked("cip_cluster"), learners.programs)
    enrolled, cells = Enrolled(learners, clusters), records.mart("indicator")
    counts = edfacts_count(by_learner(learners, enrolled), learners, enrolled)
    count_rows = []
    for (year, file, outcome, dimension, value), (amount, pending) in counts.items():
        names = dict.fromkeys(("gender", "race_ethnicity", "special_population"), "_total")
        names |= {dimension: value} if dimension != "total" else {}
        count_rows.append({"grouping_set": dimension, "year": year, "file_spec": file, "outcome": outcome, **names, "learners": amount, "pending": pending})
    held = {
        "car_indicators": (("year", "indicator", "line"), car_indicators(cells, records.linked("targets"))),
        "car_program": (("year", "indicator", "kind", "code", "line"), car_program(cells)),
        "car_placement": (
            ("grouping_set", "year", "level", "placement_type", "line", "program_code", "career_cluster", "cluster14"),
            car_placement(learners, clusters)),
        "car_enrollment": (("year", "level", "career_cluster", "cluster14", "line"), car_enrollment(enrolled)),
        "cluster_crosswalk": (("program_code", "year"), clusters.crosswalk(range(2015, 2036))),
        "edfacts_count": (("grouping_set", "year", "file_spec", "outcome", "gender", "race_ethnicity", "special_population"), count_rows),
        "edfacts": (
            ("year", "file_spec", "subject", "category_set", "category", "outcome"), edfacts(counts, cells, participation(enrolled))),
    }
    for name, (key, expected) in held.items():
        told, expected = records.mart(name), list(expected)
        wrong = faults(key, told, expected)
        assert told and not wrong, "\n".join([f"{name}:"] + wrong[:30] + [f"{len(wrong)} faults in {len(told)} rows"])
        print(f"{name}: {len(told)} rows, {len(expected[0]) - len(key)} columns each, are what is worked out")
    # The sample shows what the marts are for: a plan that is due and one that is not, a file that is not measurable yet, every file.
    told = records.mart("car_indicators")
    assert {row["improvement_plan"] for row in told} == {True, False, None}
    told = records.mart("edfacts")
    assert {row["file_spec"] for row in told} == FILES.keys() and any(row["status"] for row in told)


if __name__ == "__main__":
    main(sys.argv[1])
