"""Works out what the core indicators and the types of placement say of each learner, from linked records, row by row in plain Python.

It follows the written definitions (docs/rules.md, the rules' own words) and shares nothing with the rules' SQL: no joins, no engine, dictionaries and
loops. A program year runs from 1 July to 30 June and is called by the year in which it ends.
"""

import datetime
import re
from collections import defaultdict, namedtuple
from decimal import Decimal

from vintages import Vintages

SOURCES = (
    "k12_enrollment", "cte_courses", "graduation_cohort", "ps_enrollment", "ps_awards", "nsc_detail", "ui_wages", "wages_out_of_state", "licences", "extended_cohort",
    "assessments", "work_based_learning", "credentials", "follow_up_survey", "apprenticeships", "programs", "credential_list", "nontraditional",
)
LAW = 2020  # the first reporting year of Perkins V
AWAY = ("W", "D", "A")  # withdrawn, died, on leave: enrolled, but not at college
LEAVES = ("01921", "01922", "01927", "01928", "01931", "03509")  # exits that end schooling
GRADUATES = ("01921",)
SUBJECTS = {"RLA": "2S1", "MATH": "2S2", "SCI": "2S3"}
TYPES = ("postsecondary", "advanced_training", "military", "service", "employment")
SURVEYED = ("advanced_training", "military", "service")
RACES = {"race_ai": "AM7", "race_as": "AS7", "race_bl": "BL7", "race_pi": "PI7", "race_wh": "WH7"}
# The combined question of 2024; Middle Eastern or North African stands in none of these sources.
COMBINED = {
    "AM7": "american_indian", "AS7": "asian", "BL7": "black", "HI7": "hispanic", "PI7": "pacific", "WH7": "white", "MU7": "multiple",
}
POPULATIONS = (
    "disability", "econ_disadvantaged", "english_learner", "homeless", "foster_care", "migrant", "single_parent", "out_of_workforce",
)

# What becomes of a learner in a year: `programs` says of each program whether the outcome was met there, which differs from program to program only for
# fields that are non-traditional. `surveyed` is an outcome that only the learner's own answer tells.
Outcome = namedtuple("Outcome", "person year measure level district school programs met covered pending surveyed")


def outcome(person, year, measure, level, place, programs, met, covered=True, pending=False, surveyed=False):
    within = programs if isinstance(programs, dict) else dict.fromkeys(programs, met)
    return Outcome(person, year, measure, level, *place, within, met, covered, pending, surveyed)


def program_year(day):
    return day.year + (day.month >= 7)


def quarter(day):
    return day.year * 4 + (day.month - 1) // 3


def quarter_called(name):
    """The number of the quarter that a source calls 20244."""
    return int(name[:4]) * 4 + int(name[4]) - 1


def first_day(number):
    return datetime.date(number // 4, number % 4 * 3 + 1, 1)


def within(day, first, last):
    return (first is None or day >= first) and (last is None or day <= last)


class Learners:
    """What the records of all sources say of learners. `tables` has a list of rows a source, `link` one row a person."""

    def __init__(self, tables, link, changes=()):
        self.t, self.vintages = tables, Vintages(changes)
        self.link = {row["person_id"]: row for row in link}
        self.programs = {row["program_code"]: row for row in tables["programs"]}
        self.see_exits()
        self.see_service()
        self.see_secondary_programs()
        self.see_college_programs()
        self.see_attributes()
        self.see_nontraditional()
        self.see_work_and_study()

    def dual(self, row):
        """Whether a term is dual enrolment, of the secondary level: the college says so, or it began no later than the last day at school."""
        left = self.last_day_at_school.get(row["person_id"])
        return bool(row["dual_enrolled"]) or (left is not None and row["term_begin"] <= left)

    # Where and when learners were served.

    def see_service(self):
        self.served = defaultdict(dict)  # person and level: by year, where the learner was served last
        for row in self.t["k12_enrollment"]:
            last = row["exit_date"] or datetime.date.max
            self.serve(row["person_id"], "secondary", row["school_year"], (1, row["entry_date"], last), (row["district_id"], row["school_id"]))
        for row in self.t["cte_courses"]:
            # Courses say where a learner was only where no enrollment does.
            day = row["completion_date"] or datetime.date.min
            self.serve(row["person_id"], "secondary", row["school_year"], (0, day, day), (row["district_id"], row["school_id"]))
        for row in self.t["ps_enrollment"]:
            if row["enrollment_status"] not in AWAY and not self.dual(row):
                days = (1, row["term_begin"], row["term_end"])
                self.serve(row["person_id"], "postsecondary", row["academic_year"], days, (None, row["college_id"]))

        # Whom no school serves any more is counted in the years of a cohort, the extended one too, and of an exit's report.
        self.counted = defaultdict(set)
        for row in self.t["graduation_cohort"]:
            self.counted[row["person_id"], "secondary"].add(row["cohort_year"])
        for row in self.t["extended_cohort"]:
            self.counted[row["person_id"], "secondary"].add(row["cohort_year"] + row["cohort_length"] - 4)
        for person, year, *_ in self.exits:
            self.counted[person, "secondary"].add(year + 1)

    def serve(self, person, level, year, days, place):
        before = self.served[person, level].get(year)
        if before is None or (days, place) > before:
            self.served[person, level][year] = (days, place)

    def shown(self, person, level, year):
        """A status is shown in a year of service, in the year after, and in later ones in which the learner is counted, since the law came into force."""
        return year in self.years(person, level)

    def years(self, person, level):
        """Every year in which a status of the learner can be shown."""
        return sorted(y for y in self.all_years(person, level) if y >= LAW)

    def all_years(self, person, level):
        """Those, and what there were before this law."""
        served = self.served.get((person, level), {})
        return {y for year in served for y in (year, year + 1)} | {y for y in self.counted.get((person, level), ()) if any(year < y for year in served)}

    # Who took part in which programs. participated and concentrated: by person and level, the year of each program in which the status was reached.

    def see_secondary_programs(self):
        self.participated, self.concentrated = defaultdict(dict), defaultdict(dict)
        # Two courses of a single program; a repeated course once, in its first year and with its most credit; part units add up.
        taken = defaultdict(dict)
        for row in self.t["cte_courses"]:
            program = row["program_code"] or row["cip_code"]
            if program and row["completed"] and row["grade_mark"] not in ("F", "W"):
                units = min(Decimal(1), row["credits"] if row["credits"] is not None else Decimal(1))
                year, most = taken[row["person_id"], program].get(row["course_code"], (9999, Decimal(0)))
                taken[row["person_id"], program][row["course_code"]] = (min(year, row["school_year"]), max(most, units))
        for (person, program), done in taken.items():
            self.participated[person, "secondary"][program] = min(year for year, _ in done.values())
            units = Decimal(0)
            for year, own in sorted(done.values()):
                units += own
                if units >= 2:
                    self.concentrated[person, "secondary"][program] = year
                    break

    def see_college_programs(self):
        # Twelve credits within a program, at whatever colleges, or the completion of a program of fewer.
        earned = defaultdict(lambda: defaultdict(Decimal))
        for row in self.t["ps_enrollment"]:
            program = row["program_code"] or row["cip_code"]
            if program and row["cte_credits"] and not self.dual(row):
                earned[row["person_id"], program][row["academic_year"]] += row["cte_credits"]
        for (person, program), by_year in earned.items():
            self.participated[person, "postsecondary"][program] = min(by_year)
            total = Decimal(0)
            for year in sorted(by_year):
                total += by_year[year]
                if total >= 12:
                    self.concentrated[person, "postsecondary"][program] = year
                    break
        for row in self.t["ps_awards"]:
            person, program = row["person_id"], row["program_code"]
            credits = self.programs.get(program, {}).get("total_credits")
            if credits is not None and credits < 12 and (person, program) in earned:
                since = self.concentrated[person, "postsecondary"]
                since[program] = min(since.get(program, 9999), row["academic_year"])

    def concentrates(self, person, year, level="secondary"):
        """The programs in which a learner is shown as a concentrator in a year."""
        reached = self.concentrated.get((person, level), {})
        return {program for program, since in reached.items() if since <= year} if self.shown(person, level, year) else set()

    def concentrated_as_of(self, person, year, level="secondary"):
        """The programs whose status a learner had reached by a year, though it be shown in others, of which one is of the law."""
        years = self.years(person, level)
        return {program for program, since in self.concentrated.get((person, level), {}).items() if since <= year and any(y >= since for y in years)}

    # Attributes: the latest secondary value that says something, else the latest of a college; Hispanic first, several races are two or more.

    def see_attributes(self):
        # populations: ever, by person and level; populations_in: those of one year, by person, level and year.
        self.genders, self.races, self.populations, self.populations_in = {}, {}, defaultdict(set), defaultdict(set)
        self.combined = {}  # as races, with the combined question behind it
        for row in self.t["k12_enrollment"]:
            person = row["person_id"]
            self.tell(self.genders, person, "secondary", row["entry_date"], row["sex"])
            of = [code for column, code in RACES.items() if row[column]]
            said = "HI7" if row["hispanic"] else "MU7" if len(of) > 1 else of[0] if of else None
            self.tell(self.races, person, "secondary", row["entry_date"], said)
            several = len(of) + bool(row["hispanic"]) > 1
            self.tell(self.combined, person, "secondary", row["entry_date"], said and f"{said} {'multiple' if several else COMBINED[said]}")
            held = {name for name in POPULATIONS if row[name]} | ({"military_parent"} if row["military_connected"] == "ActiveDuty" else set())
            self.populations_in[person, "secondary", row["school_year"]] |= held
            if row["grade"] in ("09", "10", "11", "12"):
                self.populations[person, "secondary"] |= held
        for row in self.t["ps_enrollment"]:
            person = row["person_id"]
            self.tell(self.genders, person, "postsecondary", row["term_begin"], row["sex"])
            self.tell(self.races, person, "postsecondary", row["term_begin"], row["ps_race"])
            said = row["ps_race"]
            self.tell(self.combined, person, "postsecondary", row["term_begin"], said and f"{said} {COMBINED[said]}")
            if row["enrollment_status"] not in AWAY and not self.dual(row):
                of = {name for column, name in (("pell", "econ_disadvantaged"), ("ps_disability", "disability")) if row[column]}
                self.populations[person, "postsecondary"] |= of
                self.populations_in[person, "postsecondary", row["academic_year"]] |= of
        # Foster care of the last year at school lasts, for the law counts who has aged out of it.
        last = defaultdict(int)
        for row in self.t["k12_enrollment"]:
            last[row["person_id"]] = max(last[row["person_id"]], row["school_year"])
        for row in self.t["k12_enrollment"]:
            person = row["person_id"]
            if row["foster_care"] and row["school_year"] == last[person] and (person, "postsecondary") in self.served:
                self.populations[person, "postsecondary"].add("foster_care")

    def populations_of(self, one):
        """The special populations with which an outcome counts: those of the year for who was served in it (4S1, 3P1), and ever for all others."""
        if one.measure in ("4S1", "3P1"):
            return self.populations_in.get((one.person, one.level, one.year), set())
        return self.populations.get((one.person, one.level), set())

    def tell(self, values, person, level, day, value):
        if value is not None and (day, value) > values.get((person, level), (datetime.date.min, "")):
            values[person, level] = (day, value)

    def attribute(self, values, person):
        for level in ("secondary", "postsecondary"):
            if (person, level) in values:
                return values[person, level][1]
        return "_unknown"

    def gender(self, person):
        return self.attribute(self.genders, person)

    def race_combined(self, person):
        return self.attribute(self.combined, person).split(" ")[-1]

    def race(self, person):
        return self.attribute(self.races, person)

    # Programs that lead to fields in which a gender is under-represented. A learner who is neither male nor female takes no part.

    def see_nontraditional(self):
        self.fields = defaultdict(list)
        for row in self.t["nontraditional"]:
            self.fields[row["cip_code"]].append(row)
        for (person, level), since in self.participated.items():
            for year in self.years(person, level):
                if any(self.gender(person) in self.nontraditional_for(program, year) for program in since if since[program] <= year):
                    self.populations[person, level].add("nontraditional")
                    self.populations_in[person, level, year].add("nontraditional")

    def cip(self, program):
        """The CIP code of a program in the directory; a program that stands under its CIP code needs no entry."""
        if program in self.programs:
            return self.programs[program]["cip_code"]
        return program if re.fullmatch(r"[0-9]{2}\.[0-9]{4}", program) else None

    def nontraditional_for(self, program, year):
        of = [row for row in self.fields.get(self.cip(program), ()) if within(year, row["first_year"], row["last_year"])]
        return {gender for row in of for gender, column in (("M", "nt_male"), ("F", "nt_female")) if row[column]}

    def nontraditional(self):
        """4S1 and 3P1: of those who concentrate in a program that leads to such a field, the under-represented."""
        for (person, level), where in self.served.items():
            gender = self.gender(person)
            for year in where:
                if year < LAW or gender not in ("M", "F"):
                    continue
                began = self.participated.get((person, level), {})
                of = {p: self.nontraditional_for(p, year) for p in self.concentrates(person, year, level) if began.get(p, 9999) <= year}
                counted = {program: gender in genders for program, genders in of.items() if genders}
                if counted:
                    name = "4S1" if level == "secondary" else "3P1"
                    yield outcome(person, year, name, level, where[year][1], counted, any(counted.values()))

    # Exits from school: the last of a program year, July and August counted as 30 June, if it ends schooling and nobody was at school again before
    # the second quarter after it had ended. An enrollment without an exit lasts until 30 June of its school year, and does not hold a graduate back.

    def see_exits(self):
        last, visits = {}, defaultdict(list)
        for row in self.t["k12_enrollment"]:
            visits[row["person_id"]].append(row)
            if row["exit_date"]:
                day = row["exit_date"]
                counted = datetime.date(day.year, 6, 30) if day.month in (7, 8) else day
                key = (row["person_id"], program_year(counted))
                rank = (-day.toordinal(), -row["entry_date"].toordinal(), row["exit_type"] or "", row["district_id"], row["school_id"])
                if key not in last or rank < last[key][0]:
                    last[key] = (rank, counted, row)
        self.exits = []  # person, year of the exit, day as counted, row
        for (person, year), (_, counted, row) in last.items():
            free = first_day(quarter(counted) + 3)
            back = any(v["entry_date"] < free and self.at_school_after(v, row) for v in visits[person])
            if row["exit_type"] in LEAVES and not back:
                self.exits.append((person, year, counted, row))
        # Exits are counted by the law from the last year before it, which its first year reports.
        self.last_day_at_school = {}
        for person, year, counted, _ in self.exits:
            if year + 1 >= LAW:
                self.last_day_at_school[person] = max(counted, self.last_day_at_school.get(person, counted))

    def at_school_after(self, visit, left):
        """Whether an enrollment shows somebody at school after the day on which another one ended."""
        day = left["exit_date"]
        if visit["exit_date"]:
            return visit["exit_date"] > day
        if visit["entry_date"] > day:
            return True
        return left["exit_type"] not in GRADUATES and datetime.date(visit["school_year"], 6, 30) > day

    # What can be seen of a person: wages by quarter, days at college, and until when the sources reach.

    def see_work_and_study(self):
        self.paid, self.studied = defaultdict(Decimal), defaultdict(list)
        # The lines of one employer add up; one that took back more than it paid in a quarter paid nothing.
        by_employer = defaultdict(Decimal)
        for row in self.t["ui_wages"]:
            by_employer[row["person_id"], quarter_called(row["year_quarter"]), row["employer_account"]] += row["wages"]
        for (person, number, _), wages in by_employer.items():
            self.paid[person, number] += max(wages, Decimal(0))
        # How far wages reach is told by the state's own.
        quarters = {number for _, number in self.paid}
        self.wages_reach = (min(quarters), max(quarters)) if quarters else None
        for row in self.t["wages_out_of_state"]:
            self.paid[row["person_id"], quarter_called(row["year_quarter"])] += max(row["wages"], Decimal(0))
        for row in self.t["ps_enrollment"]:
            if row["enrollment_status"] not in AWAY:
                self.studied[row["person_id"]].append((row["term_begin"], row["term_end"], bool(row["dual_enrolled"])))
        for row in self.t["nsc_detail"]:
            seen = row["record_found"] and not row["graduated"] and row["enrollment_status"] not in AWAY
            if seen and row["enrollment_begin"] and row["enrollment_end"]:
                self.studied[row["person_id"]].append((row["enrollment_begin"], row["enrollment_end"], False))
        terms = self.t["ps_enrollment"]
        self.college_reach = (min(row["term_begin"] for row in terms), max(row["term_end"] for row in terms)) if terms else None
        self.searched = {row["person_id"] for row in terms + self.t["nsc_detail"]}
        self.trained, self.answers = defaultdict(list), defaultdict(list)
        for row in self.t["apprenticeships"]:
            self.trained[row["person_id"]].append((row["start_date"], row["end_date"]))
        for row in self.t["follow_up_survey"]:
            if row["responded"] and row["status_quarter"]:
                self.answers[row["person_id"], quarter_called(row["status_quarter"])].append(row)
        self.survey_reach = max((row["exit_year"] for row in self.t["follow_up_survey"]), default=0)

    def at_work(self, person, number):
        """Whether somebody was at work in a quarter, could have been seen there, and cannot be measured yet."""
        late = self.wages_reach is None or not self.wages_reach[0] <= number <= self.wages_reach[1]
        known = self.link.get(person)
        bridged = known is not None and (known["has_ssn"] or known["has_bridge"])
        return self.paid.get((person, number), Decimal(0)) >= Decimal("0.01"), bool(bridged) and not late, late

    def at_college(self, person, number, after=None):
        """The same of a college. After an exit from school what began before it is dual enrolment, and only who was searched for can be seen."""
        begins, ends = first_day(number), first_day(number + 1)
        days = [d for d in self.studied.get(person, ()) if d[0] < ends and d[1] >= begins]
        if after is not None:
            days = [d for d in days if not d[2] and d[0] > after]
        late = self.college_reach is None or begins > self.college_reach[1] or ends <= self.college_reach[0]
        return bool(days), not late and (after is None or person in self.searched), late

    def in_training(self, person, number):
        """Whether an apprenticeship, of whatever status, has a day in a quarter."""
        begins, ends = first_day(number), first_day(number + 1)
        return any(d[0] < ends and (d[1] is None or d[1] >= begins) for d in self.trained.get(person, ()))

    def placements(self):
        """3S1, by type and of any, of who was a concentrator by the year of the exit; reported in the year after."""
        for person, exit_year, counted, row in self.exits:
            year, number = exit_year + 1, quarter(counted) + 2
            of = {program for program in self.concentrates(person, year) if self.concentrated[person, "secondary"][program] <= exit_year}
            if not of:
                continue
            training = self.in_training(person, number)
            worked, work_seen, no_work = self.at_work(person, number)
            studied, study_seen, no_study = self.at_college(person, number, counted)
            told = {"employment": worked, "postsecondary": studied, "advanced_training": training, "military": False, "service": False}
            answers = self.answers.get((person, number), ())
            said = {kind: any(answer[kind] for answer in answers) for kind in SURVEYED}
            denied = {kind: any(answer[kind] is False for answer in answers) for kind in SURVEYED}
            seen = {"employment": (work_seen, no_work), "postsecondary": (study_seen, no_study)}
            seen |= {kind: (denied[kind], self.survey_reach < exit_year) for kind in SURVEYED}
            seen["any"] = (work_seen and study_seen, no_work or no_study)
            told["any"], said["any"] = any(told.values()), any(said.values())
            for kind in (*TYPES, "any"):
                met = told[kind] or said.get(kind, False)
                could, pending = seen[kind]
                place = (row["district_id"], row["school_id"])
                yield outcome(person, year, kind, "secondary", place, of, met, met or could, pending, met and not told[kind])

    def placed_completers(self):
        """1P1: the last award of a program year in a program of concentration; reported in the next year."""
        done = {}
        for row in self.t["ps_awards"]:
            program, person, year = row["program_code"] or row["cip_code"], row["person_id"], program_year(row["award_date"])
            since = self.concentrated.get((person, "postsecondary"), {}).get(program, 9999)
            if since <= year and any(y >= since for y in self.years(person, "postsecondary")):
                rank = (-row["award_date"].toordinal(), [-ord(digit) for digit in row["award_level"]], program, row["college_id"])
                if (person, year) not in done or rank < done[person, year][0]:
                    done[person, year] = (rank, program, row)
        for (person, year), (_, program, row) in done.items():
            if year + 1 >= LAW:
                number = quarter(row["award_date"]) + 2
                worked, work_seen, no_work = self.at_work(person, number)
                studied, study_seen, no_study = self.at_college(person, number)
                met = worked or studied or self.in_training(person, number)
                covered = met or (work_seen and study_seen)
                place = (None, row["college_id"])
                yield outcome(person, year + 1, "1P1", "postsecondary", place, {program}, met, covered, no_work or no_study)

    def graduations(self):
        """1S1 and 1S2: of the concentrators included in the certified cohort, the graduates. Of several records of one person the included, then the
        graduated stands. The extended cohort is reported a year later. Who was a concentrator by then counts, wherever they are now: the status stays."""
        for source, name, extra in (("graduation_cohort", "1S1", 0), ("extended_cohort", "1S2", 1)):
            best = {}
            for row in self.t[source]:
                if extra and row["cohort_length"] != 5:
                    continue
                key = (row["person_id"], row["cohort_year"])
                rank = (not row["included"], not row["graduated"], row["district_id"], row["school_id"])
                if key not in best or rank < best[key][0]:
                    best[key] = (rank, row)
            for (person, cohort), (_, row) in best.items():
                year = cohort + extra
                of = self.concentrates(person, year)
                if year >= LAW and row["included"] and of:
                    yield outcome(person, year, name, "secondary", (row["district_id"], row["school_id"]), of, row["graduated"])

    def proficiency(self):
        """2S1 to 2S3: concentrators who left in the year and of whom an attempt counts. A missing score is never a failed one."""
        attempts = defaultdict(list)
        for row in self.t["assessments"]:
            if row["valid"] and row["proficient"] is not None and row["grade"] in ("10", "11", "12", None):
                attempts[row["person_id"], row["subject"]].append((row["test_date"], row["attempt"], row["proficient"]))
        for person, year, _, row in self.exits:
            of = self.concentrates(person, year)
            for subject, name in SUBJECTS.items():
                until = [attempt for attempt in attempts.get((person, subject), ()) if attempt[0] <= row["exit_date"]]
                if of and until:
                    yield outcome(person, year, name, "secondary", (row["district_id"], row["school_id"]), of, max(until)[2])

    # Credentials that count: passed, recognized, and on the state's list on that day.

    def recognized(self):
        listed = {row["credential_code"]: row for row in self.t["credential_list"]}
        days = defaultdict(list)
        for row in self.t["credentials"]:
            on = listed.get(row["credential_code"])
            if row["passed"] and on and on["recognized"] and within(row["earned_date"], on["valid_from"], on["valid_to"]):
                days[row["person_id"]].append(row["earned_date"])
        return days

    def quality(self):
        """5S1 to 5S4: what concentrators who graduated had attained by the day of graduation, the true one: that exits of summer count as of June is said
        of 3S1, and settles only the year here."""
        credentials, credits, practice = self.recognized(), defaultdict(list), defaultdict(list)
        for row in self.t["ps_enrollment"]:
            if row["enrollment_status"] not in AWAY and (row["credits_earned"] or 0) > 0 and row["cip_code"]:
                credits[row["person_id"]].append((row["term_end"], self.vintages.now("cip", row["cip_code"], program_year(row["term_begin"]))[:5], row))
        for row in self.t["work_based_learning"]:
            if row["completed"]:
                practice[row["person_id"]].append(row["start_date"])
        for person, year, counted, row in self.exits:
            of, graduated = self.concentrates(person, year), row["exit_date"]
            if row["exit_type"] not in GRADUATES or not of:
                continue
            fields = {self.vintages.of_program(program, self.programs[program]["cip_code"], year)[:5] for program in of if program in self.programs}
            met = {
                "5S1": any(day <= graduated for day in credentials.get(person, ())),
                "5S2": any(
                    day <= graduated and field in fields and (term["dual_enrolled"] or term["term_begin"] <= counted)
                    for day, field, term in credits.get(person, ())
                ),
                "5S3": any(day <= graduated for day in practice.get(person, ())),
            }
            met["5S4"] = any(met.values())
            for name, attained in met.items():
                yield outcome(person, year, name, "secondary", (row["district_id"], row["school_id"]), of, attained)

    def credentialed(self):
        """2P1: concentrators who left college, and whether they earned something that counts from their first term to a year after the last one of the
        year in which they were served before a year in which they were not. It is reported two years later, whatever they do then."""
        terms = self.t["ps_enrollment"]
        last_year, reach = max((row["academic_year"] for row in terms), default=0), max((row["term_end"] for row in terms), default=None)
        begin, end = {}, {}
        for row in terms:
            if self.dual(row):
                continue
            person, of_year = row["person_id"], (row["person_id"], row["academic_year"])
            begin[person] = min(begin.get(person, datetime.date.max), row["term_begin"])
            if row["enrollment_status"] not in AWAY:
                end[of_year] = max(end.get(of_year, datetime.date.min), row["term_end"])
        days = self.recognized()
        for row in self.t["ps_awards"]:
            days[row["person_id"]].append(row["award_date"])
        for row in self.t["licences"]:
            if row["licence_type"] != "DRIVER":
                days[row["person_id"]].append(row["issued"])
        for row in self.t["apprenticeships"]:
            if row["status"] == "COMPLETED" and row["end_date"]:
                days[row["person_id"]].append(row["end_date"])
        for (person, level), where in self.served.items():
            if level != "postsecondary":
                continue
            for left in where:
                of = self.concentrated_as_of(person, left, level)
                if left + 1 in where or left + 1 > last_year or left + 2 < LAW or not of:
                    continue
                until = end[person, left] + datetime.timedelta(days=365)
                met = any(within(day, begin[person], until) for day in days.get(person, ()))
                # The next year is known when its spring has come, and the credentials when the year after the last term is over.
                pending = reach < max(datetime.date(left + 1, 5, 1), until)
                yield outcome(person, left + 2, "2P1", level, where[left][1], of, met, pending=pending)

    def indicators(self):
        for way in (self.graduations, self.proficiency, self.quality, self.nontraditional, self.placed_completers, self.credentialed):
            yield from way()
        yield from (one._replace(measure="3S1") for one in self.placements() if one.measure == "any")
