//! Work elsewhere: the wages of those who left the state or study in another one, as the exchange of wage records between the states returns them.

use std::fmt::Write as _;

use crate::synth::chance::{Chance, Purpose};
use crate::synth::college::Study;
use crate::synth::day::{quarter, quarter_begin};
use crate::synth::person::{Kind, Person, World};
use crate::synth::portion::Portion;
use crate::synth::schooling::Schooling;
use crate::synth::sheet::Sheet;
use crate::synth::work::{Course, Elsewhere, QUARTERS};

/// The states to which people go; `ZZ` is this one.
const STATES: [&str; 8] = ["AZ", "CA", "CO", "NM", "NV", "OR", "TX", "UT"];

/// The code of an exchange between states, as it stands in the file.
const INTERCHANGE: &str = "02";

impl World {
    /// The wages that a learner earned in other states.
    pub(crate) fn elsewhere(
        &self,
        person: &Person,
        schooling: &Schooling,
        study: &Study,
        course: Course,
    ) -> Vec<Elsewhere> {
        let mut earned = Vec::new();
        if person.kind != Kind::Learner || person.canary || course.never {
            return earned;
        }
        let moved = match schooling.enrollments.last().and_then(|e| e.exit) {
            Some((_, "73064")) => return earned,
            Some((on, "01909")) => Some(on),
            _ => schooling.exit.map(|(on, _)| on).filter(|_| course.leaves_state),
        };
        let rates = &self.profile.work;
        let mut chance = Chance::new(self.seed, Purpose::Elsewhere, person.number);
        let home = *chance.pick(&STATES);
        let skill = chance.within(80, 140);
        let mut at_work = false;
        for q in QUARTERS.0.max(quarter(person.born + 16 * 365 + 5))..=QUARTERS.1 {
            let college = study
                .terms
                .iter()
                .find(|t| !t.dual && t.in_quarter(q))
                .map(|t| self.places.colleges[t.college].state)
                .filter(|state| *state != "ZZ");
            let gone = moved.is_some_and(|on| on < quarter_begin(q));
            let (state, hired, loses, low, high) = match college {
                Some(state) => (state, rates.hired_college, rates.loses_college, 100_000, 480_000),
                None if gone => (home, rates.hired_after, rates.loses_after, 260_000, 900_000),
                None => {
                    at_work = false;
                    continue;
                }
            };
            at_work = if at_work { !chance.hits(loses) } else { chance.hits(hired) };
            if at_work {
                let cents = chance.within(low, high) / 100 * skill + chance.within(0, 99);
                earned.push(Elsewhere { quarter: q, state, cents: u32::try_from(cents).unwrap_or(0) });
            }
        }
        earned
    }

    /// Writes what the other states answered of a person, where the state knows the number to ask by.
    pub(crate) fn elsewhere_rows(&self, person: &Person, earned: &[Elsewhere], known: bool, portion: &mut Portion) {
        // Who gave employers another number than colleges is asked for by a number that no employer has.
        if !known || person.second_ssn.is_some() {
            return;
        }
        let mut chance = Chance::new(self.seed, Purpose::Exchange, person.number);
        for wage in earned {
            if chance.hits(self.profile.work.exchange_silent) {
                continue;
            }
            let mut row = String::with_capacity(40);
            let (year, quarter) = (wage.quarter / 4, wage.quarter % 4 + 1);
            let (dollars, cents) = (wage.cents / 100, wage.cents % 100);
            let _ = write!(row, "{:09},{year}{quarter},{},{dollars}.{cents:02},{INTERCHANGE}", person.ssn, wage.state);
            portion.push(Sheet::OutOfState, person, &row, 0);
        }
    }
}
