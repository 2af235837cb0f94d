//! What schools report of a learner's achievements: state assessments, the five-year cohort, work-based learning, industry credentials.

use std::fmt::Write as _;

use crate::synth::chance::{Chance, Purpose};
use crate::synth::copies::{Copy, Taker};
use crate::synth::day::{Day, day, written};
use crate::synth::person::{Person, World};
use crate::synth::portion::Portion;
use crate::synth::programs::{FIELDS, secondary_code};
use crate::synth::schooling::{Enrollment, LAST_YEAR, Schooling};
use crate::synth::sheet::{Sheet, comma_field, yes};

/// The subjects of the state assessments.
const SUBJECTS: [&str; 3] = ["RLA", "MATH", "SCI"];
/// The last day of the records.
const LAST_DAY: Day = day(2024, 12, 31);

/// Id, last name, first name and birth date, as most of these files begin; the separator stands behind each.
fn who(row: &mut String, id: Option<u64>, copy: &Copy, separator: char) {
    if let Some(id) = id {
        let _ = write!(row, "{id}");
    }
    row.push(separator);
    if separator == ',' {
        comma_field(row, &copy.last);
        comma_field(row, &copy.first);
    } else {
        let _ = write!(row, "{}{separator}{}{separator}", copy.last, copy.first);
    }
    if let Some(birth) = copy.birth {
        birth.iso(row);
    }
    row.push(separator);
}

fn iso(on: Day) -> String {
    let mut out = String::with_capacity(10);
    written(on).iso(&mut out);
    out
}

/// One attempt in one subject.
struct Attempt {
    year: i32,
    number: u32,
    on: Day,
}

impl World {
    /// Writes what schools report of a learner's achievements.
    pub(crate) fn quality_rows(
        &self,
        person: &Person,
        schooling: &Schooling,
        (econ, disability): (bool, bool),
        portion: &mut Portion,
    ) {
        self.assessment_rows(person, schooling, (econ, disability), portion);
        self.extended_row(person, schooling, portion);
        self.work_based_rows(person, schooling, portion);
        self.credential_rows(person, schooling, portion);
    }

    /// The assessments of grade 11, and those taken again.
    fn assessment_rows(
        &self,
        person: &Person,
        schooling: &Schooling,
        (econ, disability): (bool, bool),
        portion: &mut Portion,
    ) {
        let rates = &self.profile.assessment;
        let mut chance = Chance::new(self.seed, Purpose::Assessments, person.number);
        let of_grade = |grade| schooling.enrollments.iter().rfind(|e| e.grade == grade);
        let Some(eleventh) = of_grade(11) else { return };
        let spring = day(eleventh.year, 4, 12) + chance.within(0, 16);
        let there = |e: &Enrollment, on: Day| e.entry <= on && e.exit.is_none_or(|(left, _)| left > on);
        if !there(eleventh, spring) || !(person.canary || chance.hits(rates.tested)) {
            return;
        }
        let copy = self.copy(person, Taker::School, spring, &mut chance);
        let alternate = disability && chance.hits(rates.alternate);
        for (subject, rate) in SUBJECTS.iter().zip([rates.proficient_rla, rates.proficient_math, rates.proficient_sci])
        {
            let rate = rate - if econ { rates.poorer / 2 } else { 0 };
            let first = Attempt { year: eleventh.year, number: 1, on: spring + chance.within(0, 5) };
            let passed =
                self.attempt(person, eleventh, (subject, rate, alternate), &first, &copy, portion, &mut chance);
            if passed || !chance.hits(rates.retakes) {
                continue;
            }
            let (within_year, autumn) = (chance.below(2) == 0, day(eleventh.year, 10, 4) + chance.within(0, 12));
            if within_year && there(eleventh, spring + 25) {
                let again = Attempt { year: eleventh.year, number: 2, on: spring + 25 };
                self.attempt(person, eleventh, (subject, rate, alternate), &again, &copy, portion, &mut chance);
            } else if let Some(twelfth) = of_grade(12).filter(|e| e.year == eleventh.year + 1 && there(e, autumn)) {
                let again = Attempt { year: twelfth.year, number: 1, on: autumn };
                self.attempt(person, twelfth, (subject, rate, alternate), &again, &copy, portion, &mut chance);
            }
        }
    }

    /// Writes one attempt; says whether it was proficient.
    #[allow(clippy::too_many_arguments, reason = "one row of a file, drawn and written at once")]
    fn attempt(
        &self,
        person: &Person,
        e: &Enrollment,
        (subject, rate, alternate): (&str, u32, bool),
        attempt: &Attempt,
        copy: &Copy,
        portion: &mut Portion,
        chance: &mut Chance,
    ) -> bool {
        let proficient = chance.hits(rate);
        let valid = person.canary || !chance.hits(self.profile.assessment.invalid);
        let level = chance.below(2) + if proficient { 3 } else { 1 };
        let score = 200 + level * 100 + chance.below(100);
        let school = &self.places.schools[e.school];
        let mut row = String::with_capacity(130);
        who(&mut row, Some(self.state_id(person.number, e.second_id)), copy, ',');
        let _ = write!(
            row,
            "{},{},{},{:02},{subject},{},{},{},{},",
            self.places.districts[school.district].id,
            school.id,
            attempt.year,
            e.grade,
            attempt.number,
            iso(attempt.on),
            yes(alternate),
            yes(valid)
        );
        if valid {
            let _ = write!(row, "{score},{level},{}", yes(proficient));
        } else {
            row.push_str(",,");
        }
        portion.push(Sheet::Assessments(attempt.year), person, &row, 0);
        valid && proficient
    }

    /// The certified row of the five-year cohort: where a learner stood a year after the cohort's.
    fn extended_row(&self, person: &Person, schooling: &Schooling, portion: &mut Portion) {
        let year = person.cohort + 1;
        if year > LAST_YEAR {
            return;
        }
        let Some((last, included)) = schooling.at_cohort_end(year) else { return };
        let mut chance = Chance::new(self.seed, Purpose::FollowUp, person.number);
        let copy = self.copy(person, Taker::School, last.entry, &mut chance);
        let school = &self.places.schools[last.school];
        let mut row = String::with_capacity(100);
        who(&mut row, Some(self.state_id(person.number, last.second_id)), &copy, ',');
        let district = &self.places.districts[school.district].id;
        let graduated = included && schooling.graduated(year);
        let _ = write!(row, "{district},{},{},5,{},{}", school.id, person.cohort, yes(included), yes(graduated));
        portion.push(Sheet::Extended(person.cohort), person, &row, 0);
    }

    /// Placements at work in grades 11 and 12 of learners who take CTE courses in the year.
    fn work_based_rows(&self, person: &Person, schooling: &Schooling, portion: &mut Portion) {
        const TYPES: [&str; 12] = [
            "PaidInternship",
            "PaidInternship",
            "NonPaidInternship",
            "CooperativeEducation",
            "CooperativeEducation",
            "JobShadowing",
            "JobShadowing",
            "ClinicalWork",
            "Mentorship",
            "ServiceLearning",
            "SchoolBasedEnterprise",
            "Apprenticeship",
        ];
        let rates = &self.profile.quality;
        let mut chance = Chance::new(self.seed, Purpose::WorkBased, person.number);
        for e in schooling.enrollments.iter().filter(|e| e.grade >= 11) {
            let Some(course) = schooling.courses.iter().rfind(|c| c.year == e.year) else { continue };
            let begins = day(e.year - 1, 9, 20) + chance.within(0, 200);
            let whole = e.entry <= begins && e.exit.is_none_or(|(left, _)| left > begins + 20);
            if !whole || !chance.hits(rates.work_based * 2) {
                continue;
            }
            let copy = self.copy(person, Taker::School, begins, &mut chance);
            let kind = *chance.pick(&TYPES);
            let hours = match kind {
                "JobShadowing" | "Mentorship" => chance.within(4, 24),
                _ => chance.within(30, 240),
            };
            let school = &self.places.schools[e.school];
            let employer = &self.places.employers[self.places.employer(&mut chance)].account;
            let completed = chance.hits(rates.work_completed);
            let ends = begins + chance.within(1, 18);
            let mut row = String::with_capacity(150);
            who(&mut row, Some(self.state_id(person.number, e.second_id)), &copy, '\t');
            let _ = write!(
                row,
                "{}\t{}\t{}\t{}\t{kind}\t{}\t{}\t{hours}\t{}\t{}\t{}",
                self.places.districts[school.district].id,
                school.id,
                e.year,
                secondary_code(course.program),
                iso(begins),
                if completed { iso(ends) } else { String::new() },
                yes(kind == "PaidInternship" || chance.hits(rates.work_paid)),
                yes(completed),
                if chance.below(12) == 0 { "" } else { employer },
            );
            portion.push(Sheet::WorkBased(e.year), person, &row, 0);
        }
    }

    /// Credentials of learners who took two CTE courses or more.
    fn credential_rows(&self, person: &Person, schooling: &Schooling, portion: &mut Portion) {
        let rates = &self.profile.quality;
        let mut chance = Chance::new(self.seed, Purpose::Credentials, person.number);
        let done: Vec<_> = schooling.courses.iter().filter(|c| c.completed).collect();
        let Some(last) = done.last().filter(|_| done.len() >= 2) else { return };
        if !chance.hits(rates.credential) {
            return;
        }
        let several = 1 + u32::from(chance.hits(rates.credential_second));
        for nth in 0..several {
            let code = self.reference.credential(FIELDS[last.program].cip, &mut chance);
            let after = chance.hits(rates.credential_after);
            let earned = if after { last.ended + chance.within(70, 400) } else { last.ended - chance.within(0, 40) };
            let earned = earned + i32::try_from(nth).unwrap_or(0);
            let w = written(earned);
            let year = if w.month >= 7 { w.year + 1 } else { w.year };
            let passed = chance.hits(rates.credential_passed);
            let without_id = !person.canary && chance.hits(rates.credential_no_id);
            if year > LAST_YEAR || earned > LAST_DAY {
                continue;
            }
            let copy = self.copy(person, Taker::School, earned, &mut chance);
            let id = (!without_id).then(|| self.state_id(person.number, last.second_id));
            let school = &self.places.schools[last.school];
            let mut row = String::with_capacity(110);
            who(&mut row, id, &copy, '\t');
            let _ = write!(row, "{}\t{year}\t{code}\t{}\t{}", school.id, iso(earned), yes(passed));
            portion.push(Sheet::Credentials(year), person, &row, 0);
        }
    }
}
