//! A portion: a run of people by number, and everything that they add to the files and to the truth. Portions are made side by side and
//! written in order.

use crate::synth::chance::{Purpose, hash};
use crate::synth::college::Study;
use crate::synth::day::Day;
use crate::synth::person::{Kind, Person, World};
use crate::synth::schooling::{CountedExit, Schooling};
use crate::synth::sheet::{Rows, Sheet};
use crate::synth::work::{Afterwards, Course, Elsewhere, Working};

/// A licence, typed as its Parquet file is.
#[derive(Clone, Debug)]
pub(crate) struct Licence {
    pub(crate) order: u64,
    pub(crate) person: u64,
    pub(crate) number: String,
    pub(crate) kind: &'static str,
    pub(crate) ssn: Option<String>,
    pub(crate) last: Option<String>,
    pub(crate) first: Option<String>,
    pub(crate) middle: Option<String>,
    pub(crate) birth: Option<Day>,
    pub(crate) zip: Option<String>,
    pub(crate) county: &'static str,
    pub(crate) issued: Day,
    pub(crate) expires: Day,
}

/// What became of a learner.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each is one column of the truth")]
pub(crate) struct Outcome {
    pub(crate) person: u64,
    pub(crate) cohort: i32,
    /// Counts in the four-year cohort.
    pub(crate) included: bool,
    pub(crate) graduated: bool,
    /// The school year in which the learner became a concentrator.
    pub(crate) concentrator_year: Option<i32>,
    pub(crate) participant: bool,
    pub(crate) exit_quarter: Option<i32>,
    pub(crate) placed_college: bool,
    pub(crate) placed_work: bool,
    /// Has wages of another state.
    pub(crate) placed_elsewhere: bool,
    pub(crate) federal: bool,
    pub(crate) left_state: bool,
}

/// What a run of people adds.
#[derive(Debug)]
pub(crate) struct Portion {
    seed: u64,
    pushed: u64,
    achievements: u64,
    pub(crate) rows: Vec<Rows>,
    pub(crate) licences: Vec<Licence>,
    /// The people, and whether each ever met a bridge.
    pub(crate) persons: Vec<(Person, bool)>,
    pub(crate) outcomes: Vec<Outcome>,
}

impl Portion {
    fn new(seed: u64, people: usize) -> Self {
        Self {
            seed,
            pushed: 0,
            achievements: 0,
            rows: Sheet::all().iter().map(|_| Rows::default()).collect(),
            licences: Vec::new(),
            persons: Vec::with_capacity(people),
            outcomes: Vec::with_capacity(people),
        }
    }

    /// A place in the order of rows that says nothing of the person.
    pub(crate) fn order(&self, person: &Person) -> u64 {
        hash(self.seed ^ Purpose::Order as u64, person.number, self.pushed)
    }

    /// Adds a row to a sheet.
    pub(crate) fn push(&mut self, sheet: Sheet, person: &Person, row: &str, cents: u64) {
        if sheet.is_achievement() {
            // Counted apart, so that these files leave the order of the others alone.
            let order = hash(self.seed ^ Purpose::FollowUp as u64, person.number, self.achievements);
            self.achievements += 1;
            self.rows[sheet.number()].push(sheet, order, person.number, row, cents);
            return;
        }
        let order = self.order(person);
        self.pushed += 1;
        self.rows[sheet.number()].push(sheet, order, person.number, row, cents);
    }

    /// Adds a row at a given place in the order.
    pub(crate) fn push_at(&mut self, sheet: Sheet, order: u64, person: &Person, row: &str) {
        self.rows[sheet.number()].push(sheet, order, person.number, row, 0);
    }
}

impl World {
    /// Makes the people of a run of numbers and all their records.
    pub(crate) fn portion(&self, numbers: std::ops::Range<u64>) -> Portion {
        let people = usize::try_from(numbers.end - numbers.start).unwrap_or(0);
        let mut portion = Portion::new(self.seed, people);
        for number in numbers {
            // The order of a person's rows must not depend on who stands before them in the portion.
            (portion.pushed, portion.achievements) = (0, 0);
            let person = self.person(number);
            let learner = person.kind == Kind::Learner;
            let schooling = if learner { self.schooling(&person) } else { Schooling::default() };
            let course = self.course(&person);
            let study = self.study(&person, &schooling, course.leaves_state);
            let working = self.working(&person, &schooling, &study, course);
            let elsewhere = self.elsewhere(&person, &schooling, &study, course);
            if learner {
                self.school_rows(&person, &schooling, &mut portion);
                portion.outcomes.push(outcome(&person, &schooling, &study, (&working, &elsewhere), course));
            }
            let college = self.college_rows(&person, &schooling, &study, &mut portion);
            self.clearinghouse_rows(&person, &schooling, &study, &mut portion);
            self.wage_rows(&person, &working, &mut portion);
            let licence = self.licence(&person, &schooling, &mut portion);
            let apprentice = self.apprenticeship(&person, &schooling, &study, course, &mut portion);
            if learner {
                self.survey_row(&person, &schooling, (&study, &working, course), &mut portion);
            }
            let after = Afterwards { working: &working, elsewhere: &elsewhere, course };
            let adult = self.adult_education(&person, &schooling, after, &mut portion);
            let bridge = college || licence || apprentice || adult;
            self.elsewhere_rows(&person, &elsewhere, bridge, &mut portion);
            portion.persons.push((person, bridge));
        }
        portion.licences.sort_by_key(|licence| licence.order);
        portion
    }
}

fn outcome(
    person: &Person,
    schooling: &Schooling,
    study: &Study,
    (working, elsewhere): (&Working, &[Elsewhere]),
    course: Course,
) -> Outcome {
    let exit = schooling.counted_exit();
    let second = exit.map(CountedExit::second_quarter);
    Outcome {
        person: person.number,
        cohort: person.cohort,
        included: schooling.at_cohort_end(person.cohort).is_some_and(|(_, included)| included),
        graduated: schooling.graduated(person.cohort),
        concentrator_year: schooling.concentrates_from(),
        participant: schooling.participates(),
        exit_quarter: exit.map(CountedExit::quarter),
        placed_college: second.is_some_and(|q| study.terms.iter().any(|t| !t.dual && t.counts() && t.in_quarter(q))),
        placed_work: second.is_some_and(|q| working.paid_in(q)),
        placed_elsewhere: second.is_some_and(|q| elsewhere.iter().any(|w| w.quarter == q)),
        federal: schooling.exit.is_some() && course.federal,
        left_state: World::left_state(schooling, course),
    }
}
