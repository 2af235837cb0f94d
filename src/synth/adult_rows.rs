//! Adult education: who takes part in programs of the Workforce Innovation and Opportunity Act, as its participant record layout (PIRL) has them.

use std::fmt::Write as _;

use crate::synth::chance::{Chance, Purpose};
use crate::synth::copies::{Copy, Taker};
use crate::synth::day::{Day, day, quarter, written};
use crate::synth::names::Race;
use crate::synth::person::{Kind, Person, World};
use crate::synth::portion::Portion;
use crate::synth::programs::FIELDS;
use crate::synth::schooling::Schooling;
use crate::synth::sheet::{Sheet, comma_field};
use crate::synth::work::{Afterwards, QUARTERS};

/// The first and the last day of the records.
const DAYS: (Day, Day) = (day(2018, 7, 1), day(2024, 12, 31));

/// What stands for "none" and "not yet" in a field of a date.
const NO_DAY: &str = "99999999";

/// One time in a program.
#[derive(Clone, Copy, Debug)]
struct Period {
    entry: Day,
    exit: Option<Day>,
    trained: bool,
    without_diploma: bool,
}

impl World {
    /// Writes the times of a person in adult education; says whether one of their rows is a bridge.
    pub(crate) fn adult_education(
        &self,
        person: &Person,
        schooling: &Schooling,
        after: Afterwards<'_>,
        portion: &mut Portion,
    ) -> bool {
        let rates = &self.profile.adult_education;
        let mut chance = Chance::new(self.seed, Purpose::AdultEducation, person.number);
        let left = schooling.exit;
        let without_diploma = left.is_some_and(|(_, kind)| kind != "01921");
        let (rate, low, high) = match (person.kind, left) {
            (Kind::Visitor, _) => return false,
            (Kind::Worker, _) => (rates.worker, DAYS.0.max(person.born + 18 * 366), DAYS.1 - 60),
            (Kind::Learner, Some((on, _))) if without_diploma => (rates.no_diploma, on + 30, on + 900),
            (Kind::Learner, Some((on, _))) => (rates.graduate, on + 30, on + 900),
            // A few are still at school, in their last years of it.
            (Kind::Learner, None) => (rates.at_school, day(person.cohort, 1, 8), day(person.cohort, 5, 20)),
        };
        let gone = World::left_state(schooling, after.course)
            || matches!(schooling.enrollments.last().and_then(|e| e.exit), Some((_, "73064" | "01911")));
        if person.canary || gone || !chance.hits(rate) || low >= high {
            return false;
        }
        let mut bridge = false;
        let mut entry = chance.within(low, high);
        loop {
            if !(DAYS.0..=DAYS.1).contains(&entry) {
                return bridge;
            }
            let until = entry + chance.within(60, 480);
            let trained = chance.hits(rates.trained);
            let exit = (until <= DAYS.1).then_some(until);
            let copy = self.copy(person, Taker::College, entry, &mut chance);
            let period = Period { entry, exit, trained, without_diploma };
            let row = self.participant(person, &copy, period, after, &mut chance);
            portion.push(Sheet::AdultEducation, person, &row, 0);
            bridge |= copy.is_bridge();
            if !chance.hits(rates.returns) {
                return bridge;
            }
            entry = until + chance.within(120, 700);
        }
    }

    /// One row: elements of the layout by number, where it has one.
    fn participant(
        &self,
        person: &Person,
        copy: &Copy,
        period: Period,
        after: Afterwards<'_>,
        chance: &mut Chance,
    ) -> String {
        let rates = &self.profile.adult_education;
        let mut row = String::with_capacity(160);
        let _ = write!(row, "AE{:010},", (person.number * 15_485_863 + 40_487) % 9_999_999_967);
        if let Some(ssn) = copy.ssn {
            let _ = write!(row, "{ssn:09}");
        }
        row.push(',');
        comma_field(&mut row, &copy.last);
        comma_field(&mut row, &copy.first);
        row.push_str("ZZ,");
        match copy.birth {
            Some(birth) => birth.compact(&mut row),
            None => row.push_str(NO_DAY),
        }
        let sex = match copy.sex {
            Some('M') => '1',
            Some('F') => '2',
            _ => '9',
        };
        let _ = write!(row, ",{sex}");
        let learning = if matches!(person.race, Race::Hispanic | Race::Asian) { 4 } else { 1 };
        for rate in [rates.low_income, rates.english_learner * learning, rates.single_parent, rates.displaced_homemaker]
        {
            let said = if chance.hits(rates.not_disclosed) { 9 } else { u32::from(chance.hits(rate)) };
            let _ = write!(row, ",{said}");
        }
        row.push(',');
        written(period.entry).compact(&mut row);
        row.push(',');
        date(&mut row, period.exit);
        let reason = match (period.exit, chance.hits(rates.excluded)) {
            (None, _) => "",
            (Some(_), false) => "00",
            (Some(_), true) => chance.pick(&["01", "02", "02", "03", "04", "05", "06", "07"]),
        };
        let cip = if period.trained { chance.pick(&FIELDS).cip } else { "" };
        let _ = write!(row, ",{reason},{},{cip}", u8::from(period.trained));
        let (kind, on) = credential(period, (rates.credential, rates.diploma), chance);
        let _ = write!(row, ",{kind},");
        date(&mut row, on);
        for quarters in [2, 4] {
            let told = told(period.exit, quarters, after, chance.hits(rates.not_matched));
            let _ = write!(row, ",{told}");
        }
        row
    }
}

fn date(row: &mut String, on: Option<Day>) {
    match on {
        Some(on) => written(on).compact(row),
        None => row.push_str(NO_DAY),
    }
}

/// The kind of credential that was earned, 0 for none, and when. Some come later than a year after the exit.
fn credential(period: Period, (trained, diploma): (u32, u32), chance: &mut Chance) -> (u8, Option<Day>) {
    let kind = if period.without_diploma && chance.hits(diploma) {
        1
    } else if period.trained && chance.hits(trained) {
        *chance.pick(&[4, 5, 5, 6, 6, 6, 2, 7])
    } else {
        0
    };
    let on = period.exit.map_or(period.entry + 40, |exit| exit - 30 + chance.within(0, 480));
    if kind == 0 || on > DAYS.1 { (0, None) } else { (kind, Some(on.max(period.entry))) }
}

/// Employment in a quarter after the exit as the program has it: 0 no, 1 yes, 3 in military service, 9 not yet.
fn told(exit: Option<Day>, quarters: i32, after: Afterwards<'_>, lost: bool) -> u8 {
    let Some(q) = exit.map(|on| quarter(on) + quarters).filter(|q| *q <= QUARTERS.1) else { return 9 };
    let paid = after.working.paid_in(q) || after.elsewhere.iter().any(|w| w.quarter == q) || after.course.uncovered;
    match (lost, after.course.federal, paid) {
        (true, ..) | (false, false, false) => 0,
        (false, true, _) => 3,
        (false, false, true) => 1,
    }
}
