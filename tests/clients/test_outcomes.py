"""Shows on tables made by hand what outcomes.py says of each clause of the definitions: boundary days, nulls, who counts once. The tables are written as
small Parquet files where a run leaves them and read again, so that records.py is shown as well.

usage: test_outcomes.py
"""

import datetime
import json
import pathlib
import tempfile
from decimal import Decimal

import pyarrow
import pyarrow.parquet

from clusters import Clusters
from indicators import faults
from rates import wilson
from outcomes import SOURCES, Learners
from records import Records

D = datetime.date.fromisoformat
COLUMNS = {
    "k12_enrollment": "district_id school_id school_year grade sex hispanic race_ai race_as race_bl race_pi race_wh entry_date exit_date exit_type "
    "econ_disadvantaged disability english_learner homeless foster_care migrant single_parent out_of_workforce military_connected",
    "cte_courses": "district_id school_id school_year course_code course_title program_code cip_code credits completed grade_mark completion_date",
    "graduation_cohort": "district_id school_id cohort_year included graduated",
    "extended_cohort": "district_id school_id cohort_year cohort_length included graduated",
    "ps_enrollment": "college_id sex term term_begin term_end academic_year program_code cip_code enrollment_status credits_attempted credits_earned "
    "cte_credits pell dual_enrolled ps_disability ps_race",
    "ps_awards": "college_id award_date academic_year award_level program_code cip_code",
    "nsc_detail": "record_found enrollment_begin enrollment_end enrollment_status graduated",
    "ui_wages": "year_quarter employer_account wages",
    "wages_out_of_state": "year_quarter state wages employment_source",
    "licences": "licence_type issued expires",
    "assessments": "district_id school_id school_year grade subject attempt test_date alternate valid performance_level proficient",
    "work_based_learning": "school_year program_code wbl_type start_date end_date hours completed",
    "credentials": "school_year credential_code earned_date passed",
    "follow_up_survey": "exit_year responded status_quarter postsecondary advanced_training military service employment",
    "apprenticeships": "start_date status end_date",
    "programs": "program_code cip_code cluster16 total_credits",
    "credential_list": "credential_code recognized valid_from valid_to",
    "nontraditional": "cip_code nt_male nt_female first_year last_year",
    "link": "has_ssn has_bridge",
}
# The directory of every case: two programs of one field, one of another, and a short one. Welding leads to a field where women are few.
PROGRAMS = [
    {"program_code": "WELD", "cip_code": "48.0508", "cluster16": "13", "total_credits": Decimal(30)},
    {"program_code": "NURSE", "cip_code": "51.3801", "cluster16": "08", "total_credits": Decimal(30)},
    {"program_code": "SHORT", "cip_code": "48.0503", "cluster16": "13", "total_credits": Decimal(9)},
]
CREDENTIALS = [
    {"credential_code": "AWS", "recognized": True},
    {"credential_code": "OLD", "recognized": True, "valid_from": D("2020-07-01"), "valid_to": D("2022-12-31")},
    {"credential_code": "LOCAL", "recognized": False},
]
FIELDS = [
    {"cip_code": "48.0508", "nt_male": False, "nt_female": True, "first_year": 2015, "last_year": None},
    {"cip_code": "51.3801", "nt_male": True, "nt_female": False, "first_year": 2015, "last_year": 2022},
    {"cip_code": "48.0503", "nt_male": False, "nt_female": False, "first_year": 2015, "last_year": None},
]


def write(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path)


def learners(changes=(), **tables):
    """Writes the tables below an output folder as a run does, and reads them."""
    given = {"programs": PROGRAMS, "credential_list": CREDENTIALS, "nontraditional": FIELDS, **tables}
    assert given.keys() <= COLUMNS.keys(), given.keys()
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder)
        steps = []
        for source in (*SOURCES, "link"):
            names = COLUMNS[source].split()
            for row in given.get(source, ()):
                assert row.keys() <= {"person_id", *names}, (source, row)
            rows = [dict.fromkeys(names) | row for row in given.get(source, ())]
            place = "restricted/store/link" if source == "link" else "store/linked"
            write(out / place / f"print-{source}" / "part-0.parquet", rows)
            steps.append({"step": "link" if source == "link" else f"linked/{source}", "fingerprint": f"print-{source}"})
        (out / "runs/1").mkdir(parents=True)
        (out / "runs/1/run_results.json").write_text(json.dumps({"steps": steps}))
        (out / "current.json").write_text('{"release": "R1"}')
        records = Records(out)
        return Learners({source: records.linked(source) for source in SOURCES}, records.link(), changes)


def at_school(person, year, exit_date=None, exit_type=None, **other):
    row = {
        "person_id": person, "district_id": "0001", "school_id": "S1", "school_year": year, "grade": "12", "sex": "F",
        "entry_date": datetime.date(year - 1, 8, 20), "exit_date": exit_date and D(exit_date), "exit_type": exit_type,
    }
    return row | other


def graduate(person, year, day="06-10", kind="01921", **other):
    return at_school(person, year, f"{year}-{day}", kind, **other)


def course(person, year, code, program="WELD", **other):
    row = {"person_id": person, "district_id": "0001", "school_id": "S1", "school_year": year, "course_code": code, "program_code": program}
    return row | {"credits": Decimal("1.00"), "completed": True, "grade_mark": "B"} | other


def two_courses(person, year, program="WELD"):
    return [course(person, year, f"{program}{n}", program) for n in (1, 2)]


def term(person, begin, end, year, credits=12, **other):
    row = {
        "person_id": person, "college_id": "C1", "sex": "F", "term_begin": D(begin), "term_end": D(end), "academic_year": year,
        "program_code": "WELD", "cip_code": "48.0508", "enrollment_status": "F", "credits_earned": Decimal(credits),
        "cte_credits": Decimal(credits), "dual_enrolled": False,
    }
    return row | other


def told(of, *names, everything=None):
    """Of the indicators named: person, indicator and year, and whether it was met."""
    found = {}
    for one in everything or of.indicators():
        if one.measure in names:
            key = (one.person, one.measure, one.year)
            assert key not in found, key
            found[key] = one.met
    return found


def persons(of, *names):
    """The same where every person has one outcome: by person."""
    return {person: met for (person, _, _), met in told(of, *names).items()}


def concentrators():
    half = {"credits": Decimal("0.50")}
    of = learners(
        cte_courses=[
            course("A", 2022, "W1"), course("A", 2022, "W1"), course("B", 2021, "W1"), course("B", 2022, "W1"), course("B", 2023, "W2"),
            course("C", 2022, "W1", **half), course("C", 2023, "W2", **half), course("C", 2024, "W3"),
            course("D", 2022, "W1", credits=Decimal("2.00")), course("E", 2022, "W1", credits=None), course("E", 2022, "W2", credits=None),
            course("F", 2022, "W1", grade_mark="F"), course("F", 2022, "W2"), course("G", 2022, "W1"), course("G", 2022, "N1", "NURSE"),
            course("H", 2022, "W1", None, cip_code="48.0508"), course("H", 2023, "W2", None, cip_code="48.0508"),
            course("I", 2022, "W1", **half), course("I", 2023, "W1"), course("I", 2024, "W2"), course("J", 2018, "W1"), course("J", 2018, "W2"),
            course("K", 2022, "W1", None), course("K", 2022, "W2", None),
        ],
    )
    # A repeated course counts once (A), in its first year (B) and with its most credit (I); half courses add up (C), two units of one course do not (D);
    # without credits a course is one (E); a failed one is none (F); a CIP code stands for the program (H).
    reached = {person: (program, year) for (person, _), programs in of.concentrated.items() for program, year in programs.items()}
    assert reached == {
        "B": ("WELD", 2023), "C": ("WELD", 2024), "E": ("WELD", 2022), "H": ("48.0508", 2023), "I": ("WELD", 2024), "J": ("WELD", 2018),
    }
    assert [of.concentrates("B", year) for year in (2022, 2023, 2024, 2025)] == [set(), {"WELD"}, {"WELD"}, set()]
    assert of.years("J", "secondary") == [] and of.years("B", "secondary") == [2021, 2022, 2023, 2024]
    assert {p for p, _ in of.participated} == set("ABCDEFGHIJ") and of.participated["B", "secondary"] == {"WELD": 2021}


def college_concentrators():
    def short(person, **other):
        row = {"person_id": person, "college_id": "C1", "award_date": D("2023-05-20"), "academic_year": 2023, "award_level": "01"}
        return row | {"program_code": "SHORT"} | other

    of = learners(
        ps_enrollment=[
            term("A", "2021-08-20", "2021-12-10", 2022, 5), term("A", "2022-08-20", "2022-12-10", 2023, 7, college_id="C2"),
            term("B", "2022-08-20", "2022-12-10", 2023, 11), term("C", "2021-08-20", "2021-12-10", 2022, 8, program_code="SHORT"),
            term("D", "2022-08-20", "2022-12-10", 2023, 12, dual_enrolled=True), term("F", "2022-08-20", "2022-12-10", 2023, 3, program_code=None),
            term("G", "2022-08-20", "2022-12-10", 2023, 3, program_code="TWELVE"),
            term("H", "2022-08-20", "2022-12-10", 2023, 12, program_code=None, cip_code=None),
        ],
        ps_awards=[short("B", program_code="WELD"), short("C"), short("E"), short("G", program_code="TWELVE")],
        programs=[*PROGRAMS, {"program_code": "TWELVE", "total_credits": Decimal(12)}],
    )
    assert {p: v for (p, _), v in of.concentrated.items() if v} == {"A": {"WELD": 2023}, "C": {"SHORT": 2023}}
    assert of.participated["A", "postsecondary"] == {"WELD": 2022} and of.participated["F", "postsecondary"] == {"48.0508": 2023}


def dual_enrolment():
    of = learners(
        k12_enrollment=[graduate(p, 2022, "06-03") for p in "ABC"] + [at_school("D", 2022), at_school("A", 2021, "2021-01-20", "01927"), graduate("E", 2022, "07-15")],
        ps_enrollment=[
            term("A", "2022-06-03", "2022-07-20", 2022), term("B", "2022-06-04", "2022-07-20", 2022), term("C", "2021-08-20", "2021-12-10", 2022, 9),
            term("C", "2022-08-20", "2022-12-10", 2023, 3), term("D", "2021-08-20", "2021-12-10", 2022), term("E", "2022-07-05", "2022-07-20", 2023),
        ],
    )
    # What began on the last day at school is dual enrolment though nobody says so (A), the day after is not (B), and of who is at school still only the
    # mark tells (D). C has three credits since then. A's last exit stands, and E's of July counts as 30 June.
    assert {p for (p, level), years in of.concentrated.items() if level == "postsecondary" and years} == {"B", "D", "E"}
    assert {p: sorted(years) for (p, level), years in of.served.items() if level == "postsecondary"} == {"B": [2022], "C": [2023], "D": [2022], "E": [2023]}


def attributes():
    of = learners(
        k12_enrollment=[
            at_school("A", 2022, sex="M", race_bl=True, grade="08", homeless=True), at_school("A", 2023, race_bl=True, race_wh=True, migrant=True),
            at_school("B", 2022, race_as=True, hispanic=True), at_school("B", 2023, sex=None, military_connected="ActiveDuty"),
            at_school("C", 2022, sex=None, military_connected="NationalGuardOrReserve"), at_school("G", 2022, race_pi=True),
        ],
        ps_enrollment=[
            term("A", "2024-01-10", "2024-05-10", 2024, sex="M", ps_race="WH7", pell=True, program_code="MATHS", cip_code="27.0101"),
            term("C", "2024-01-10", "2024-05-10", 2024, sex="X", ps_race="WH7", pell=True, dual_enrolled=True),
            term("D", "2024-01-10", "2024-05-10", 2024, sex="M", pell=True, ps_disability=True, enrollment_status="W"),
            term("E", "2024-01-10", "2024-05-10", 2024, pell=True, ps_disability=True, program_code="MATHS", cip_code="27.0101"),
        ],
    )
    assert [of.gender(p) for p in "ABCDF"] == ["F", "F", "X", "M", "_unknown"]
    assert [of.race(p) for p in "ABCDG"] == ["MU7", "HI7", "WH7", "_unknown", "PI7"]
    # B is Hispanic and Asian: several by the combined question.
    assert [of.race_combined(p) for p in "ABCDG"] == ["multiple", "multiple", "white", "_unknown", "pacific"]
    assert {key: found for key, found in of.populations.items() if found} == {
        ("A", "secondary"): {"migrant"}, ("A", "postsecondary"): {"econ_disadvantaged"}, ("B", "secondary"): {"military_parent"},
        ("E", "postsecondary"): {"econ_disadvantaged", "disability"},
    }


def foster_care_at_college():
    of = learners(
        k12_enrollment=[
            at_school("A", 2021, foster_care=False), at_school("A", 2022, foster_care=True),
            at_school("B", 2021, foster_care=True), at_school("B", 2022, foster_care=False),
            at_school("C", 2022, foster_care=True), at_school("D", 2022, foster_care=True),
        ],
        ps_enrollment=[
            term("A", "2022-08-20", "2022-12-15", 2023), term("B", "2022-08-20", "2022-12-15", 2023),
            term("D", "2022-08-20", "2022-12-15", 2023, enrollment_status="W"),
        ],
    )
    # The last year at school decides, and only of whom a college served.
    assert {person for (person, level), within in of.populations.items() if level == "postsecondary" and "foster_care" in within} == {"A"}


def populations_of_the_year():
    one = {"program_code": "WELD", "cip_code": "48.0508"}
    of = learners(
        k12_enrollment=[
            at_school("A", 2022, homeless=True, military_connected="ActiveDuty"), graduate("A", 2023, disability=True),
            at_school("B", 2022, grade="08", migrant=True), at_school("B", 2023, migrant=True, sex="M"),
            at_school("C", 2022, sex="M", homeless=True), at_school("C", 2023, sex="M"),
        ],
        cte_courses=[c for p in "ABC" for c in two_courses(p, 2022)] + [course("C", 2022, "N1", "NURSE")],
        ps_enrollment=[
            term("D", "2021-08-20", "2021-12-10", 2022, pell=True, **one), term("D", "2022-08-20", "2022-12-10", 2023, ps_disability=True, **one),
            term("E", "2021-08-20", "2021-12-10", 2022, **one), term("E", "2022-08-20", "2022-12-10", 2023, pell=True, enrollment_status="W", **one),
        ],
    )
    found = {(one.person, one.measure, one.year): of.populations_of(one) for one in of.indicators() if one.measure in ("4S1", "3P1", "3S1", "5S1")}
    ever = {"homeless", "military_parent", "disability", "nontraditional"}
    # Of 4S1 and 3P1 those of the year, in whatever grade; of a leaver those of all years (A). The field of nursing is one for men up to 2022 (C). A
    # withdrawal shows nothing (E), and in 2023 there is no row of it.
    assert found == {
        ("A", "4S1", 2022): {"homeless", "military_parent", "nontraditional"}, ("A", "4S1", 2023): {"disability", "nontraditional"},
        ("A", "5S1", 2023): ever, ("A", "3S1", 2024): ever, ("B", "4S1", 2022): {"migrant"}, ("B", "4S1", 2023): {"migrant"},
        ("C", "4S1", 2022): {"homeless", "nontraditional"}, ("C", "4S1", 2023): set(),
        ("D", "3P1", 2022): {"econ_disadvantaged", "nontraditional"}, ("D", "3P1", 2023): {"disability", "nontraditional"},
        ("E", "3P1", 2022): {"nontraditional"},
    }, found


def exits():
    def back(person, day, **other):
        return at_school(person, 2024, entry_date=D(day), **other)

    of = learners(
        k12_enrollment=[graduate(p, 2023, kind="01927") for p in "ABCDE"]
        + [back("A", "2023-12-31"), back("B", "2024-01-01"), back("C", "2023-09-01", exit_date="2023-09-05", exit_type="01908")]
        + [graduate("E", 2023, "03-01"), graduate("F", 2023, "03-01"), graduate("F", 2023, "06-10", "01908"), graduate("G", 2023, "09-01")]
        + [graduate("H", 2023, "07-01"), graduate("H", 2023, "08-31", "01927"), at_school("I", 2023)]
        + [at_school(p, 2023, "2022-10-15", "01921" if p == "K" else "01931", school_id="S2") for p in "JKLM"]
        + [at_school("J", 2023, entry_date=D("2022-10-10")), at_school("K", 2023, entry_date=D("2022-10-10")), at_school("L", 2022)]
        + [at_school("M", 2023, "2022-10-15", "01908")] + [graduate("N", 2023), at_school("N", 2024)] + [graduate("O", 2023), back("O", "2024-01-01")],
    )
    # To be at school on a day of the second quarter after is to have come back (A, C); the day after it is not (B). The last exit of the year stands (E), and
    # only if it ends schooling (F); what ends in September is of the next year (G), in July and August of this one (H). J is at another school since before,
    # K is too but graduated, L's open enrollment ended with the year before, M's closed one on the day. A graduate who comes back is held to the same
    # (N, O).
    found = {(person, year): (str(day), row["exit_type"]) for person, year, day, row in of.exits}
    assert found == {
        ("B", 2023): ("2023-06-10", "01927"), ("D", 2023): ("2023-06-10", "01927"), ("E", 2023): ("2023-06-10", "01927"),
        ("G", 2024): ("2023-09-01", "01921"), ("H", 2023): ("2023-06-30", "01927"), ("K", 2023): ("2022-10-15", "01921"),
        ("L", 2023): ("2022-10-15", "01931"), ("O", 2023): ("2023-06-10", "01921"),
    }, found


def wages_and_colleges():
    def looked_for(person, begin=None, end=None, **other):
        row = {"person_id": person, "record_found": begin is not None, "enrollment_begin": begin and D(begin), "enrollment_end": end and D(end)}
        return row | {"enrollment_status": "F", "graduated": False} | other

    number = 2023 * 4 + 3
    of = learners(
        ui_wages=[
            {"person_id": p, "year_quarter": q, "wages": Decimal(w)}
            for p, q, w in (("A", "20234", "0.01"), ("B", "20234", "0.00"), ("C", "20233", "9.00"), ("D", "20241", "9.00"), ("Z", "20222", "9.00"))
        ],
        link=[{"person_id": p, "has_ssn": p == "E", "has_bridge": p == "F"} for p in "DEF"],
        ps_enrollment=[
            term("A", "2023-08-20", "2023-10-01", 2024), term("B", "2023-12-31", "2024-05-10", 2024), term("C", "2023-06-20", "2023-09-30", 2024),
            term("D", "2024-01-01", "2024-05-10", 2024), term("E", "2023-06-20", "2023-12-10", 2024), term("F", "2023-06-21", "2023-12-10", 2024),
            term("G", "2023-08-20", "2023-12-10", 2024, enrollment_status="A"), term("H", "2023-08-20", "2023-12-10", 2024, dual_enrolled=True),
            term("Z", "2022-08-20", "2022-12-10", 2023),
        ],
        nsc_detail=[
            looked_for("I"), looked_for("J", "2023-08-20", "2023-12-10"), looked_for("K", "2023-08-20", "2023-12-10", graduated=True),
            looked_for("L", "2023-08-20", "2023-12-10", enrollment_status="D"), looked_for("M", "2023-08-20", "2023-12-10", record_found=False),
            looked_for("N", "2023-08-20", "2023-12-10", enrollment_status=None), looked_for("O", "2023-08-20"),
            looked_for("P", None, "2023-12-10", record_found=True),
        ],
    )
    assert "".join(p for p in "ABCDEF" if of.at_work(p, number)[0]) == "A"
    assert [of.at_work(p, number)[1] for p in "CDEF"] == [False, False, True, True]
    # The first and the last quarter of the wages are delivered, those before and after are not.
    assert [of.at_work("E", n)[1:] for n in (number - 7, number - 6, number + 1, number + 2)] == [(False, True), (True, False), (True, False), (False, True)]
    assert "".join(p for p in "ABCDEFGHIJKLMNOP" if of.at_college(p, number)[0]) == "ABEFHJN"
    # After an exit on 20 June only what began later counts, and no dual enrolment; who was looked for could have been seen.
    assert "".join(p for p in "ABCDEFGHIJKLMNOP" if of.at_college(p, number, D("2023-06-20"))[0]) == "ABFJN"
    assert [of.at_college(p, number, D("2023-06-20"))[1] for p in "GIQ"] == [True, True, False] and of.at_college("Q", number)[1]
    # Colleges reach from 20 August 2022 to 10 May 2024.
    assert [of.at_college("Q", n)[1:] for n in (2022 * 4 + 1, 2022 * 4 + 2, 2024 * 4 + 1, 2024 * 4 + 2)] == [
        (False, True), (True, False), (True, False), (False, True),
    ]
    edge = learners(ps_enrollment=[term("Z", "2022-07-01", "2023-04-01", 2023)])
    assert [edge.at_college("Q", n)[2] for n in (2022 * 4 + 1, 2022 * 4 + 2, 2023 * 4 + 1, 2023 * 4 + 2)] == [True, False, False, True]


def lines_of_employers():
    def line(person, account, wages):
        return {"person_id": person, "year_quarter": "20234", "employer_account": account, "wages": Decimal(wages)}

    of = learners(
        ui_wages=[line("A", "1", "300.00"), line("A", "1", "-100.00"), line("A", "2", "-500.00"), line("B", "1", "-0.01"), line("C", "1", "5"), line("C", "1", "-5")],
    )
    # Lines of one employer add up; what is below zero is nothing, and takes nothing from another employer's (A).
    number = 2023 * 4 + 3
    assert [of.paid[p, number] for p in "ABC"] == [Decimal("200.00"), 0, 0] and [of.at_work(p, number)[0] for p in "ABC"] == [True, False, False]


def work_elsewhere():
    def abroad(person, quarter, wages, source="02"):
        return {"person_id": person, "year_quarter": quarter, "state": "TX", "wages": Decimal(wages), "employment_source": source}

    of = learners(
        ui_wages=[{"person_id": p, "year_quarter": q, "employer_account": "1", "wages": Decimal(w)} for p, q, w in (("A", "20234", "-9"), ("B", "20234", "2.00"), ("Z", "20231", "1"))],
        wages_out_of_state=[abroad("A", "20234", "3.00"), abroad("B", "20234", "4.00", "03"), abroad("C", "20234", "0.00"), abroad("D", "20243", "5.00")],
    )
    # What other states paid is added, also where this state's employer took something back (A). Nothing is nothing (C), and how far wages reach is told by
    # this state's own: D is seen in a quarter that is not measurable.
    number = 2023 * 4 + 3
    assert [of.paid[p, number] for p in "ABC"] == [Decimal("3.00"), Decimal("6.00"), 0]
    assert [of.at_work(p, number)[0] for p in "ABC"] == [True, True, False]
    assert of.at_work("D", number + 3) == (True, False, True)


def status_of_leavers():
    of = learners(
        k12_enrollment=[graduate(p, 2023) for p in "ABC"] + [at_school("D", 2021)] + [graduate("D", 2023, "09-05", entry_date=D("2022-08-20"))]
        + [graduate("E", 2019)],
        cte_courses=[course("A", 2023, "W1"), course("A", 2024, "W2")] + two_courses("B", 2023) + [course("C", 2023, "W1"), course("C", 2023, "W2")]
        + two_courses("C", 2024, "NURSE") + two_courses("D", 2021) + two_courses("E", 2019),
    )
    # A completed the second course after the exit, C one more program; D left in September, which is of the next year, and two years after the status is
    # shown no more. E left in the last year before the law and is reported under it.
    found = {(one.person, one.year): set(one.programs) for one in of.placements() if one.measure == "any"}
    assert found == {("B", 2024): {"WELD"}, ("C", 2024): {"WELD"}, ("D", 2025): {"WELD"}, ("E", 2020): {"WELD"}}, found


def placed_completers():
    def award(person, day, **other):
        row = {"person_id": person, "college_id": "C1", "award_date": D(day), "award_level": "01", "program_code": "WELD"}
        return row | {"academic_year": int(day[:4])} | other

    of = learners(
        ps_enrollment=[term(p, "2022-08-20", "2022-12-10", 2023) for p in "ABCDEFGJK"] + [term("Z", "2022-08-20", "2024-05-10", 2023)]
        + [term("D", "2023-08-20", "2023-12-10", 2024, 0, program_code="MATHS", cip_code="27.0101"), term("H", "2023-08-20", "2023-12-10", 2024)]
        + [term("I", "2018-08-20", "2018-12-10", 2019)],
        ps_awards=[
            award("A", "2023-05-20"), award("A", "2023-06-30", college_id="C2"), award("B", "2023-07-01"),
            award("C", "2023-05-20", program_code="MATHS", cip_code="27.0101"),
            award("D", "2023-05-20"), award("E", "2023-05-20"), award("F", "2023-05-20", program_code=None, cip_code="48.0508"),
            award("G", "2023-05-20"), award("H", "2023-05-20"), award("I", "2019-05-20"), award("J", "2023-05-20"), award("K", "2023-05-20"),
        ],
        ui_wages=[{"person_id": p, "year_quarter": q, "wages": Decimal(9)} for p, q in (("A", "20234"), ("Z", "20191"), ("Z", "20241"))],
        link=[{"person_id": p, "has_ssn": True, "has_bridge": False} for p in "E"],
        apprenticeships=[
            {"person_id": "J", "start_date": D("2023-12-31"), "status": "REGISTERED", "end_date": None},
            {"person_id": "K", "start_date": D("2022-01-01"), "status": "COMPLETED", "end_date": D("2023-09-30")},
        ],
    )
    # The last award of the year stands (A); 1 July is of the next year (B); only in a program of concentration (C, F), and reached by then (H). D is at
    # college again; E could have been found, G could not. I left before the law, and is reported under it. J is an apprentice on the quarter's last day,
    # K was one until the day before it.
    found = {one.person: one[1:] for one in of.placed_completers()}
    assert {person: (one[0], one[4], one[6], one[7], one[8]) for person, one in found.items()} == {
        "A": (2024, "C2", True, True, False), "B": (2025, "C1", False, False, False), "D": (2024, "C1", True, True, False),
        "E": (2024, "C1", False, True, False), "G": (2024, "C1", False, False, False), "I": (2020, "C1", False, False, False),
        "J": (2024, "C1", True, True, False), "K": (2024, "C1", False, False, False),
    }, found


def graduation_in_four_years():
    def row(person, year, included=True, graduated=True, **other):
        return {"person_id": person, "district_id": "0002", "school_id": "S2", "cohort_year": year, "included": included, "graduated": graduated} | other

    of = learners(
        k12_enrollment=[graduate(p, 2023) for p in "ABCDEFG"] + [graduate("H", 2019), at_school("I", 2020, "2020-01-10", "01927")],
        cte_courses=[c for p in "ABCDG" for c in two_courses(p, 2023)] + [course("E", 2023, "W1")] + two_courses("F", 2024) + two_courses("H", 2019)
        + two_courses("I", 2020),
        graduation_cohort=[
            row("A", 2023), row("B", 2023, graduated=False), row("C", 2023, included=False, graduated=False), row("D", 2022), row("E", 2023),
            row("F", 2023), row("G", 2023, included=False, graduated=False, school_id="S3"), row("G", 2023, graduated=False, school_id="S9"),
            row("G", 2023, school_id="S8"), row("H", 2019), row("H", 2020), row("I", 2023, graduated=False),
        ],
    )
    # C is not in the cohort, D and F became concentrators later, E took one course, 2019 was before the law, H is shown in the year after. I left three
    # years before the cohort's, and a concentrator stays one.
    assert told(of, "1S1") == {
        ("A", "1S1", 2023): True, ("B", "1S1", 2023): False, ("G", "1S1", 2023): True, ("H", "1S1", 2020): True, ("I", "1S1", 2023): False,
    }
    assert next(one for one in of.indicators() if one.person == "G").school == "S8"


def graduation_in_five_years():
    def row(person, year, **other):
        base = {"person_id": person, "district_id": "0002", "school_id": "S2", "cohort_year": year, "cohort_length": 5, "included": True, "graduated": True}
        return base | other

    of = learners(
        k12_enrollment=[graduate(p, 2021) for p in "ABCDEI"] + [graduate("F", 2018), graduate("G", 2024), graduate("H", 2019)],
        cte_courses=[c for p in "ABCDEI" for c in two_courses(p, 2021)]
        + two_courses("F", 2018) + two_courses("G", 2024) + two_courses("H", 2019) + two_courses("A", 2024, "NURSE"),
        extended_cohort=[
            row("A", 2022), row("B", 2022, graduated=False), row("C", 2022, cohort_length=6), row("D", 2022, included=False, graduated=False),
            row("E", 2022, included=False, graduated=False), row("E", 2022, school_id="S8"), row("F", 2022), row("G", 2022), row("H", 2019),
            row("I", 2020), row("I", 2019),
        ],
    )
    # Reported a year after the cohort, although nobody served A in 2023, nor F since before the law; G became a concentrator later; of I's two
    # cohorts the one comes before the concentration.
    assert told(of, "1S2") == {
        ("A", "1S2", 2023): True, ("B", "1S2", 2023): False, ("E", "1S2", 2023): True, ("F", "1S2", 2023): True, ("H", "1S2", 2020): True, ("I", "1S2", 2021): True,
    }
    by = {one.person: one for one in of.indicators() if one.measure == "1S2"}
    assert (by["E"].district, by["E"].school, set(by["A"].programs)) == ("0002", "S8", {"WELD"})


def scores_of_leavers():
    def test(person, day, proficient=True, attempt=1, **other):
        row = {"person_id": person, "subject": "MATH", "attempt": attempt, "test_date": D(day), "proficient": proficient, "valid": True, "alternate": False}
        return row | {"school_year": 2023, "grade": "11"} | other

    people = "ABCDEFGHIJKLM"
    of = learners(
        k12_enrollment=[graduate(p, 2023, kind="01927") for p in people] + [graduate("N", 2023, "07-20"), graduate("O", 2023, kind="01908")]
        + [graduate("P", 2019), graduate("Q", 2022), at_school("Q", 2023, grade="12")],
        cte_courses=[c for p in people + "NOQ" if p != "M" for c in two_courses(p, 2021)] + two_courses("P", 2019),
        assessments=[
            test("A", "2023-06-10"), test("B", "2023-06-11"), test("C", "2022-04-01"), test("C", "2023-04-01", False),
            test("D", "2023-04-01", attempt=2), test("D", "2023-04-01", False), test("E", "2023-04-01", valid=False), test("F", "2023-04-01", None),
            test("G", "2023-04-01", grade="09"), test("H", "2023-04-01", grade=None), test("I", "2023-04-01", alternate=True),
            test("J", "2022-04-01", False), test("J", "2023-04-01", None), test("K", "2023-04-01", subject="SCI"),
            test("L", "2023-04-01", False, subject="RLA"), test("L", "2023-04-02", subject="SCI"), test("M", "2023-04-01"),
            test("N", "2023-06-30"), test("O", "2023-04-01"), test("P", "2019-04-01"), test("Q", "2022-04-01"),
        ],
    )
    # The day of the exit counts (A), the next does not (B); the latest stands (C), on one day the later attempt (D); what is not valid, has no result or is
    # of grade 9 never counts (E, F, G), without a grade it does (H), an alternate does (I); J's attempt without a result leaves the one before it;
    # M is no concentrator, O moved, P left before the law, Q was at school again. N left on 20 July, as counted on 30 June.
    assert told(of, "2S2") == {
        (p, "2S2", 2023): met for p, met in {"A": True, "C": False, "D": True, "H": True, "I": True, "J": False, "N": True}.items()
    }
    assert told(of, "2S1", "2S3") == {("K", "2S3", 2023): True, ("L", "2S1", 2023): False, ("L", "2S3", 2023): True}
    # In summer too the true day of the exit is the last one that counts (Q), and the next does not (R).
    late = learners(
        k12_enrollment=[graduate(p, 2023, "07-20") for p in "QR"], cte_courses=two_courses("Q", 2023) + two_courses("R", 2023),
        assessments=[test("Q", "2023-07-20"), test("R", "2023-07-21")],
    )
    assert told(late, "2S2") == {("Q", "2S2", 2023): True}


def credentials_of_graduates():
    def earned(person, code, day, passed=True):
        return {"person_id": person, "school_year": 2023, "credential_code": code, "earned_date": D(day), "passed": passed}

    of = learners(
        k12_enrollment=[graduate(p, 2023) for p in "ABCDEFGH"] + [graduate("I", 2023, kind="01922"), graduate("J", 2023, "08-01"), graduate("K", 2023)]
        + [graduate("L", 2023, "08-01")],
        cte_courses=[c for p in "ABCDEFGHIJL" for c in two_courses(p, 2023)],
        credentials=[
            earned("A", "AWS", "2023-06-10"), earned("B", "AWS", "2023-06-11"), earned("C", "AWS", "2023-01-01", False),
            earned("D", "LOCAL", "2023-01-01"), earned("E", "UNHEARD", "2023-01-01"), earned("F", "OLD", "2022-12-31"),
            earned("G", "OLD", "2023-01-01"), earned("H", "OLD", "2020-06-30"), earned("I", "AWS", "2023-01-01"), earned("J", "AWS", "2023-07-01"),
            earned("K", "AWS", "2023-01-01"), earned("L", "AWS", "2023-08-02"),
        ],
    )
    # I did not graduate, K is no concentrator; J and L graduated on 1 August, and have until that day. Everybody has a row of all four.
    met = {"A": True, "B": False, "C": False, "D": False, "E": False, "F": True, "G": False, "H": False, "J": True, "L": False}
    assert told(of, "5S1") == {(p, "5S1", 2023): value for p, value in met.items()}
    assert persons(of, "5S4") == met
    assert persons(of, "5S2") == persons(of, "5S3") == dict.fromkeys(met, False)
    first = learners(
        k12_enrollment=[graduate("A", 2023)], cte_courses=two_courses("A", 2023), credentials=[earned("A", "OLD", "2020-07-01")],
    )
    assert persons(first, "5S1") == {"A": True}


def credits_of_graduates():
    def dual(person, **other):
        other = {"dual_enrolled": True, "cip_code": "48.0503"} | other
        return term(person, "2023-01-15", other.pop("end", "2023-05-10"), 2023, other.pop("credits", 3), **other)

    people = "ABCDEFGHIJK"
    of = learners(
        k12_enrollment=[graduate(p, 2023) for p in people],
        cte_courses=[c for p in people if p not in "JK" for c in two_courses(p, 2023)]
        + two_courses("J", 2023, "51.3801") + two_courses("K", 2023, "NURSE") + [course("K", 2023, "W1")],
        ps_enrollment=[
            dual("A"), dual("B", cip_code="48.0599"), dual("C", cip_code="48.0601"), dual("D", cip_code=None), dual("E", dual_enrolled=False),
            dual("F", credits=0), dual("G", end="2023-06-10"), dual("H", end="2023-06-11"), dual("I", enrollment_status="W"),
            dual("J", cip_code="51.3801"), dual("K"),
        ],
    )
    # The same four digits suffice (A, B), other ones do not (C); what began at school is dual enrolment though it is not marked (E); the last day of the
    # term counts (G, H). J's program is no entry of the directory, K
    # has taken only one course of the field.
    assert persons(of, "5S2") == dict(zip(people, (True, True, False, False, True, False, True, False, False, False, False)))
    assert persons(of, "5S4") == persons(of, "5S2")
    # As counted the last day at school is 30 June; what began after it is dual enrolment only by its mark.
    summer = learners(
        k12_enrollment=[graduate(p, 2023, "08-10") for p in "AB"], cte_courses=two_courses("A", 2023) + two_courses("B", 2023),
        ps_enrollment=[dual(p, end="2023-08-10", term_begin=D("2023-07-01"), dual_enrolled=p == "B") for p in "AB"],
    )
    assert persons(summer, "5S2") == {"A": False, "B": True}
    none = learners(
        k12_enrollment=[graduate("A", 2023)], cte_courses=two_courses("A", 2023), ps_enrollment=[dual("A", credits_earned=None)],
    )
    assert persons(none, "5S2") == {"A": False}
    # A college that wrote welding under the code of an older vintage (A), also after it had ended (B); an old code of another field (C).
    changed = {"scheme": "cip", "is_primary": True, "since": 2023}
    older = learners(
        [changed | {"old_code": "49.0001", "new_code": "48.0508"}, changed | {"old_code": "49.0002", "new_code": "51.3801"}],
        k12_enrollment=[graduate(p, 2023) for p in "ABC"], cte_courses=[c for p in "ABC" for c in two_courses(p, 2023)],
        ps_enrollment=[dual("A", cip_code="49.0001", term_begin=D("2022-06-30")), dual("B", cip_code="49.0001"), dual("C", cip_code="49.0002")],
    )
    assert persons(older, "5S2") == {"A": True, "B": True, "C": False}


def practice_of_graduates():
    def placement(person, day, completed=True, hours=None):
        return {"person_id": person, "school_year": 2023, "wbl_type": "OnTheJob", "start_date": D(day), "completed": completed, "hours": hours}

    of = learners(
        k12_enrollment=[graduate(p, 2023) for p in "ABCD"] + [graduate("E", 2019), graduate("F", 2020)],
        cte_courses=[c for p in "ABCD" for c in two_courses(p, 2023)] + two_courses("E", 2019) + two_courses("F", 2020),
        work_based_learning=[
            placement("A", "2023-06-10", hours=Decimal("10.5")), placement("B", "2023-06-11"), placement("C", "2023-01-01", False),
            placement("D", "2021-01-01"), placement("E", "2019-01-01"), placement("F", "2020-01-01"),
        ],
    )
    expected = {("A", 2023): True, ("B", 2023): False, ("C", 2023): False, ("D", 2023): True, ("F", 2020): True}
    assert told(of, "5S3") == {(p, "5S3", year): met for (p, year), met in expected.items()}


def nontraditional_fields():
    of = learners(
        k12_enrollment=[at_school("A", 2022), at_school("A", 2023, district_id="0002", school_id="S2")]
        + [at_school(p, 2022, sex=sex) for p, sex in (("B", "M"), ("C", "X"), ("D", None), ("E", "F"), ("F", "M"), ("G", "F"), ("K", "F"), ("L", "F"))]
        + [at_school("H", 2019), at_school("N", 2020), at_school("I", 2023, sex="M"), at_school("J", 2022), at_school("M", 2022)],
        cte_courses=[c for p in "ABCDHN" for c in two_courses(p, {"H": 2019, "N": 2020}.get(p, 2022))] + [course("E", 2022, "W1")]
        + two_courses("F", 2022) + two_courses("F", 2022, "NURSE") + two_courses("G", 2022, "48.0508") + two_courses("I", 2023, "NURSE")
        + two_courses("J", 2022, "SHORT") + [course("K", 2022, "W1", completed=False)] + two_courses("L", 2023) + two_courses("M", 2022, "NURSE"),
    )
    # A in two years, and not in the year after; neither male nor female: no row (C, D); E took one course; F is in two such fields, one of them not his;
    # G's program stands under its CIP code; H was served before the law; I's field is no longer one; J's is one for nobody; L is served by a course.
    assert told(of, "4S1") == {
        ("A", "4S1", 2022): True, ("A", "4S1", 2023): True, ("B", "4S1", 2022): False, ("F", "4S1", 2022): True, ("G", "4S1", 2022): True,
        ("L", "4S1", 2023): True, ("M", "4S1", 2022): False, ("N", "4S1", 2020): True,
    }
    by = {(one.person, one.year): one for one in of.indicators() if one.measure == "4S1"}
    assert by["F", 2022].programs == {"WELD": False, "NURSE": True}
    assert [by["A", year].school for year in (2022, 2023)] == ["S1", "S2"]
    # The population takes participants too, and the year after counts: E with one course, H in 2020.
    populations = {person for (person, level), of_them in of.populations.items() if "nontraditional" in of_them}
    assert populations == {"A", "E", "F", "G", "H", "L", "N"}, populations


def nontraditional_fields_of_colleges():
    of = learners(
        ps_enrollment=[
            term("A", "2022-08-20", "2022-12-10", 2023), term("A", "2023-01-15", "2023-05-10", 2023, 3, college_id="C2"),
            term("B", "2022-08-20", "2022-12-10", 2023, 11), term("C", "2022-08-20", "2022-12-10", 2023, sex="M"),
            term("D", "2022-08-20", "2022-12-10", 2023, dual_enrolled=True), term("E", "2022-08-20", "2022-12-10", 2023, enrollment_status="W"),
        ],
    )
    assert told(of, "3P1") == {("A", "3P1", 2023): True, ("C", "3P1", 2023): False}
    one = next(one for one in of.indicators() if one.measure == "3P1" and one.person == "A")
    assert (one.district, one.school, one.level) == (None, "C2", "postsecondary")
    assert {person for (person, _), within in of.populations.items() if "nontraditional" in within} == {"A", "B"}


def place_of_a_year():
    of = learners(
        k12_enrollment=[
            at_school("A", 2023, "2023-02-01", "01908", school_id="S1"),
            at_school("A", 2023, school_id="S2", exit_date="2023-06-01", entry_date=D("2023-02-02")),
            at_school("B", 2023, "2023-06-01", "01908", school_id="S8"), at_school("B", 2023, school_id="S3"),
        ],
        cte_courses=[c | {"school_id": "S9", "completion_date": D("2023-06-20")} for p in "AB" for c in two_courses(p, 2023)],
    )
    # The later entry, then the enrollment without an end; a course only where there is no enrollment.
    assert {one.person: one.school for one in of.indicators() if one.measure == "4S1"} == {"A": "S2", "B": "S3"}


def credentials_of_college_leavers():
    def award(person, day, **other):
        return {"person_id": person, "college_id": "C1", "award_date": D(day), "academic_year": 2022, "award_level": "01", "program_code": "OTHER"} | other

    def licence(person, kind, day):
        return {"person_id": person, "licence_type": kind, "issued": D(day)}

    def apprentice(person, status, day):
        return {"person_id": person, "start_date": D("2020-01-01"), "status": status, "end_date": day and D(day)}

    def credential(person, code, day, passed=True):
        return {"person_id": person, "school_year": 2022, "credential_code": code, "earned_date": D(day), "passed": passed}

    people = "ABCDEFGHIJKLMNOPQ"
    of = learners(
        ps_enrollment=[term(p, "2021-08-20", "2021-12-10", 2022) for p in people]
        + [term("R", "2021-08-20", "2021-12-10", 2022), term("R", "2022-08-20", "2022-12-10", 2023, college_id="C2")]  # left a year later
        + [term("S", "2021-08-20", "2021-12-10", 2022), term("S", "2022-08-20", "2022-12-10", 2023, enrollment_status="W")]  # was not served again
        + [term("T", "2021-08-20", "2021-12-10", 2022, 3)]  # no concentrator
        + [term("U", "2023-08-20", "2023-12-10", 2024)]  # was served in the last year that there is, of which the autumn has come
        + [term("V", "2018-08-20", "2018-12-10", 2019), term("W", "2020-08-20", "2020-12-10", 2021), term("W", "2022-08-20", "2022-12-10", 2023, 0)]
        + [term("X", "2020-08-20", "2020-12-10", 2021, 3, dual_enrolled=True), term("X", "2021-08-20", "2021-12-10", 2022)]
        + [term("1", "2021-08-20", "2021-12-10", 2022), term("1", "2022-01-10", "2022-05-10", 2022, 0)]  # one term more
        + [term("2", "2021-08-20", "2021-12-10", 2022), term("2", "2022-01-10", "2022-05-10", 2022, 0, enrollment_status="W")]  # withdrew from it
        + [term("Y", "2021-08-20", "2021-12-10", 2022, 8, program_code="SHORT"), term("Z", "2021-08-20", "2021-12-10", 2022, 8, program_code="SHORT")],
        ps_awards=[
            award("A", "2022-12-10"), award("B", "2022-12-11"), award("C", "2021-08-20"), award("D", "2021-08-19"), award("X", "2021-06-01"),
            award("W", "2022-10-01"), award("1", "2022-12-11"), award("2", "2022-12-11"),
            award("Y", "2022-06-01", program_code="SHORT"), award("Z", "2022-10-01", program_code="SHORT", academic_year=2023),
        ],
        credentials=[
            credential("E", "AWS", "2022-01-01"), credential("F", "AWS", "2022-01-01", False), credential("G", "LOCAL", "2022-01-01"),
            credential("H", "OLD", "2023-01-01"),
        ],
        licences=[licence("I", "CNA", "2022-12-10"), licence("J", "DRIVER", "2022-01-01"), licence("K", "CDL", "2022-12-11")],
        apprenticeships=[
            apprentice("L", "COMPLETED", "2022-12-10"), apprentice("M", "COMPLETED", "2022-12-11"), apprentice("N", "CANCELLED", "2022-01-01"),
            apprentice("O", "COMPLETED", None),
        ],
    )
    met = {p: p in "ACEIL" for p in people}
    expected = {(p, 2024): value for p, value in met.items()}
    expected |= {("R", 2025): False, ("S", 2024): False, ("V", 2021): False, ("X", 2024): False, ("Y", 2024): True, ("1", 2024): True, ("2", 2024): False}
    # W left, came back and left again: what they earned by the second time was too late for the first, whose row stands.
    expected |= {("W", 2023): False, ("W", 2025): True}
    # Z became a concentrator by an award of the year after the last service, and so not by then.
    assert told(of, "2P1") == {(p, "2P1", year): value for (p, year), value in expected.items()}
    by = {one.person: one for one in of.indicators() if one.measure == "2P1"}
    assert (by["R"].school, set(by["R"].programs), by["R"].district) == ("C2", {"WELD"}, None)
    # Who left in 2023 may be back in the spring that has not come.
    assert {(one.person, one.year) for one in of.indicators() if one.measure == "2P1" and one.pending} == {("R", 2025), ("W", 2025)}
    short = learners(ps_enrollment=[term("A", "2022-01-10", "2022-05-10", 2022), term("B", "2022-01-10", "2022-05-11", 2022), term("Z", "2023-01-10", "2023-05-10", 2023)])
    # And who left a day later than the terms reach, a year on, may still earn something.
    assert {one.person: one.pending for one in short.indicators() if one.measure == "2P1"} == {"A": False, "B": True}


def placement_by_type():
    def answer(person, quarter="20234", **other):
        return {"person_id": person, "exit_year": 2023, "responded": True, "status_quarter": quarter} | dict.fromkeys(
            ("postsecondary", "advanced_training", "military", "service", "employment"), False
        ) | other

    def apprentice(person, begin, end=None):
        return {"person_id": person, "start_date": D(begin), "status": "REGISTERED", "end_date": end and D(end)}

    people = "ABCDEFGHIJKLMNOP"
    of = learners(
        k12_enrollment=[graduate(p, 2023, "06-10") for p in people] + [graduate("Q", 2024)],
        cte_courses=[c for p in people for c in two_courses(p, 2023)] + two_courses("Q", 2024),
        ps_enrollment=[term("A", "2023-08-20", "2023-12-10", 2024), term("Z", "2019-08-20", "2025-06-10", 2020)],
        ui_wages=[{"person_id": p, "year_quarter": q, "wages": Decimal("100.00")} for p, q in (("B", "20234"), ("Z", "20194"), ("Z", "20252"))],
        apprenticeships=[
            apprentice("C", "2023-12-31"), apprentice("D", "2024-01-01"), apprentice("E", "2023-06-01", "2023-10-01"),
            apprentice("F", "2023-06-01", "2023-09-30"), apprentice("P", "2023-10-01"),
        ],
        follow_up_survey=[
            answer("G", military=True), answer("H", service=True), answer("I", advanced_training=True), answer("J"),
            answer("K", responded=False, status_quarter=None), answer("L", quarter="20241", military=True), answer("M", military=None),
            answer("N", postsecondary=True, employment=True), answer("B", military=True), answer("P", advanced_training=True),
            answer("O", exit_year=2022, military=True, responded=False),
        ],
        link=[{"person_id": p, "has_ssn": True, "has_bridge": False} for p in "BGJ"],
        nsc_detail=[{"person_id": p, "record_found": False} for p in "GJ"],
    )
    found = {(one.person, one.measure): one for one in of.placements()}
    assert len(found) == 17 * 6

    def those(kind, what):
        return "".join(sorted(person for (person, measure), one in found.items() if measure == kind and getattr(one, what)))

    assert those("postsecondary", "met") == "A" and those("employment", "met") == "B"
    # An apprenticeship on any day of the quarter, from the first (E) to the last (C); the survey's word counts beside it.
    assert those("advanced_training", "met") == "CEIP" and those("advanced_training", "surveyed") == "I"
    assert those("military", "met") == those("military", "surveyed") == "BG"
    assert those("service", "met") == those("service", "surveyed") == "H"
    # The survey does not count for college and work (N); of B wages tell as much as the survey.
    assert those("any", "met") == "ABCEGHIP" and those("any", "surveyed") == "GHI"
    # A no makes it observable; no answer, an answer about another quarter (L) or an empty one (M, military) does not.
    assert those("military", "covered") == "BGHIJNP"
    assert those("service", "covered") == "BGHIJMNP"
    assert those("advanced_training", "covered") == "BCEGHIJMNP"
    # Any: found, or could have been found in wages and at college (J); a no in the survey is not enough (M).
    assert those("any", "covered") == "ABCEGHIJP"
    # The survey of 2024 has not come; wages and colleges have.
    assert those("military", "pending") == those("service", "pending") == those("advanced_training", "pending") == "Q"
    assert those("any", "pending") == those("employment", "pending") == those("postsecondary", "pending") == ""
    assert told(of, "3S1") == {(p, "3S1", 2025 if p == "Q" else 2024): p in "ABCEGHIP" for p in people + "Q"}
    # Nobody was asked at all: every exit waits.
    silent = learners(k12_enrollment=[graduate("A", 2023)], cte_courses=two_courses("A", 2023))
    assert all(one.pending and not one.met for one in silent.placements())
    # Wages end before the quarter, colleges do not: who is seen at college is placed all the same.
    late = learners(
        k12_enrollment=[graduate(p, 2023) for p in "AB"], cte_courses=two_courses("A", 2023) + two_courses("B", 2023),
        ps_enrollment=[term("A", "2023-08-20", "2023-12-10", 2024)], nsc_detail=[{"person_id": "B", "record_found": False}],
        ui_wages=[{"person_id": "Z", "year_quarter": "20233", "wages": Decimal(9)}],
    )
    found = {one.person: (one.met, one.covered, one.pending) for one in late.placements() if one.measure == "any"}
    assert found == {"A": (True, True, True), "B": (False, False, True)}


def cells():
    """Two learners in a mart written by hand, and what is said of a cell that is wrong, missing, or too many."""
    of = learners(
        k12_enrollment=[at_school("A", 2022, sex="F"), at_school("B", 2022, sex="M", disability=True)],
        cte_courses=two_courses("A", 2022) + two_courses("B", 2022) + two_courses("B", 2022, "NURSE"),
    )
    outcomes = [one for one in of.indicators() if one.measure == "4S1" and one.year == 2022]

    def cell(grouping, n, met, **values):
        low, high = wilson(met, n)
        row = {"grouping_set": grouping, "year": 2022, "indicator": "4S1", "level": "secondary", "denominator": n, "numerator": met}
        return row | {"covered_denominator": n, "pending": 0, "rate": met / n, "rate_low": low, "rate_high": high} | values

    # A woman in welding, a man in welding and in nursing: both are under-represented somewhere, in welding only she, in nursing only he.
    mart = [
        cell("total", 2, 2), cell("district_id", 2, 2, district_id="0001"), cell("gender", 1, 1, gender="F"), cell("gender", 1, 1, gender="M"),
        cell("race_ethnicity", 2, 2, race_ethnicity="_unknown"), cell("gender+race_ethnicity", 1, 1, gender="F", race_ethnicity="_unknown"),
        cell("gender+race_ethnicity", 1, 1, gender="M", race_ethnicity="_unknown"),
        cell("district_id+gender", 1, 1, district_id="0001", gender="F"), cell("district_id+gender", 1, 1, district_id="0001", gender="M"),
        cell("special_population", 2, 2, special_population="nontraditional"), cell("special_population", 1, 1, special_population="disability"),
        cell("gender+special_population", 1, 1, gender="F", special_population="nontraditional"),
        cell("gender+special_population", 1, 1, gender="M", special_population="nontraditional"),
        cell("gender+special_population", 1, 1, gender="M", special_population="disability"),
        cell("program_code", 2, 1, program_code="WELD"), cell("program_code", 1, 1, program_code="NURSE"),
        cell("career_cluster", 2, 1, career_cluster="02"), cell("career_cluster", 1, 1, career_cluster="08"),
    ]
    # Welding came into another cluster with this very year; the directory, and the entry before, say otherwise. Of nursing the directory alone speaks.
    entry = {"cip_code": "48.0508", "framework": "C16", "primary_cluster": True}
    clusters = Clusters(
        [entry | {"cluster": "13", "first_year": 2016, "last_year": 2021}, entry | {"cluster": "02", "first_year": 2022, "last_year": None}], of.programs
    )

    def said(rows):
        return faults(rows, "indicator", "rate", ("denominator", "numerator", "covered_denominator", "pending", None), outcomes, of, clusters)

    assert said(mart) == [], said(mart)
    assert len(said([mart[0] | {"numerator": 1}, *mart[1:]])) == 1
    assert len(said([mart[0] | {"rate": None}, *mart[1:]])) == 1
    assert len(said([mart[0] | {"rate_low": 0.0}, *mart[1:]])) == 1
    assert len(said(mart[:-1])) == 1
    assert "no cells by career_cluster" in said(mart[:-2])[0]
    assert "stands twice" in said([*mart, mart[0]])[0]
    assert len(said([*mart, cell("gender", 1, 1, gender="X")])) == 2


CASES = (
    concentrators, college_concentrators, dual_enrolment, attributes, foster_care_at_college, populations_of_the_year, exits, wages_and_colleges,
    lines_of_employers, work_elsewhere, status_of_leavers, placed_completers,
    graduation_in_four_years, graduation_in_five_years, scores_of_leavers, credentials_of_graduates, credits_of_graduates, practice_of_graduates,
    nontraditional_fields, nontraditional_fields_of_colleges, place_of_a_year, credentials_of_college_leavers, placement_by_type, cells,
)
if __name__ == "__main__":
    for case in CASES:
        case()
    print(f"{len(CASES)} passed, 0 failed")
