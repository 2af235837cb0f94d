//! What is learned of leavers besides college and wages: the follow-up survey of the autumn after, and registered apprenticeships.

use std::fmt::Write as _;

use crate::synth::chance::{Chance, Purpose};
use crate::synth::college::Study;
use crate::synth::copies::Taker;
use crate::synth::day::{Day, day, quarter_begin, written};
use crate::synth::person::{Kind, Person, World};
use crate::synth::portion::Portion;
use crate::synth::schooling::{LAST_YEAR, Schooling};
use crate::synth::sheet::{Sheet, comma_field, yes};
use crate::synth::work::{Course, Working};

/// The last day of the records.
const LAST_DAY: Day = day(2024, 12, 31);

impl World {
    /// Writes what a leaver answered, where they were asked.
    pub(crate) fn survey_row(
        &self,
        person: &Person,
        schooling: &Schooling,
        (study, working, course): (&Study, &Working, Course),
        portion: &mut Portion,
    ) {
        let rates = &self.profile.follow_up;
        let mut chance = Chance::new(self.seed ^ 0x5eed, Purpose::FollowUp, person.number);
        let Some(exit) = schooling.counted_exit() else { return };
        let (on, q) = (exit.on, exit.second_quarter());
        let w = written(on);
        let year = if w.month >= 7 { w.year + 1 } else { w.year };
        if !(2019..=LAST_YEAR).contains(&year) || quarter_begin(q + 1) > LAST_DAY + 1 || !chance.hits(rates.asked) {
            return;
        }
        let answers = chance.hits(rates.answers);
        let copy = self.copy(person, Taker::School, on, &mut chance);
        let second = schooling.enrollments.last().is_some_and(|e| e.second_id);
        let mut row = String::with_capacity(110);
        let _ = write!(row, "{},", self.state_id(person.number, second));
        comma_field(&mut row, &copy.last);
        comma_field(&mut row, &copy.first);
        if let Some(birth) = copy.birth {
            birth.iso(&mut row);
        }
        let _ = write!(row, ",{year},{},", yes(answers));
        if answers {
            written(quarter_begin(q) + chance.within(20, 80)).iso(&mut row);
            let told_by = match chance.below(1_000_000) {
                at if at < rates.family => "FAMILY",
                at if at < rates.family + rates.staff => "STAFF",
                _ => "SELF",
            };
            let _ = write!(row, ",{told_by},{}{}", q / 4, q % 4 + 1);
            let at_college = study.terms.iter().any(|t| !t.dual && t.counts() && t.in_quarter(q));
            let serves = course.federal && chance.hits(rates.serves);
            let volunteers = chance.hits(rates.volunteers);
            let trains = !at_college && chance.hits(rates.trains);
            let employed = working.paid_in(q) || course.uncovered || (course.federal && !serves) || course.leaves_state;
            for flag in [at_college, trains, serves, volunteers, employed] {
                let _ = write!(row, ",{}", yes(flag));
            }
        } else {
            row.push_str(",,,,,,,");
        }
        portion.push(Sheet::Survey(year), person, &row, 0);
    }

    /// Writes a person's apprenticeship, if there is one; says whether it is a bridge.
    pub(crate) fn apprenticeship(
        &self,
        person: &Person,
        schooling: &Schooling,
        study: &Study,
        course: Course,
        portion: &mut Portion,
    ) -> bool {
        const TRADES: [(&str, &str); 6] = [
            ("47-2111.00", "238210"),
            ("47-2152.00", "238220"),
            ("47-2031.00", "236220"),
            ("51-4121.00", "332710"),
            ("49-3023.00", "811111"),
            ("31-1131.00", "623110"),
        ];
        let rates = &self.profile.follow_up;
        let mut chance = Chance::new(self.seed, Purpose::Apprenticeship, person.number);
        let begins = match person.kind {
            Kind::Visitor => return false,
            Kind::Worker => {
                if !chance.hits(rates.apprentice_worker) {
                    return false;
                }
                day(2019, 1, 7) + chance.within(0, 2_000)
            }
            Kind::Learner => {
                let to_college = study.terms.iter().any(|t| !t.dual);
                let Some((on, _)) = schooling.exit.filter(|_| !to_college && !course.leaves_state) else {
                    return false;
                };
                if person.canary || !chance.hits(rates.apprentice) {
                    return false;
                }
                on + chance.within(20, 700)
            }
        };
        if begins > LAST_DAY {
            return false;
        }
        let copy = self.copy(person, Taker::Board, begins, &mut chance);
        let (occupation, naics) = *chance.pick(&TRADES);
        let ends = begins + chance.within(90, 1_500);
        let status = match chance.below(10) {
            0..=2 if ends <= LAST_DAY => "CANCELLED",
            3..=8 if ends <= LAST_DAY && ends - begins > 700 => "COMPLETED",
            9 => "SUSPENDED",
            _ => "REGISTERED",
        };
        let mut row = String::with_capacity(110);
        let _ = write!(row, "AP{:08},", (person.number * 7_919 + 1_013) % 99_999_989);
        if let Some(ssn) = copy.ssn {
            let _ = write!(row, "{ssn:09}");
        }
        row.push(',');
        comma_field(&mut row, &copy.last);
        comma_field(&mut row, &copy.first);
        let us = |on: crate::synth::day::Written| format!("{:02}-{:02}-{:04}", on.month, on.day, on.year);
        let ended = if matches!(status, "CANCELLED" | "COMPLETED") { us(written(ends)) } else { String::new() };
        let born = copy.birth.map(us).unwrap_or_default();
        let _ = write!(row, "{born},{},{status},{ended},{occupation},{naics}", us(written(begins)));
        portion.push(Sheet::Apprenticeships, person, &row, 0);
        copy.is_bridge()
    }
}
