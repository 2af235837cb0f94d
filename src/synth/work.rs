//! Work: the jobs of a person and the wages of each quarter.

use crate::synth::chance::{Chance, Purpose, hash};
use crate::synth::college::Study;
use crate::synth::day::{quarter, quarter_begin};
use crate::synth::person::{Kind, Person, World};
use crate::synth::schooling::Schooling;

/// The first and last quarter of the wage records, as `year * 4 + quarter - 1`.
pub(crate) const QUARTERS: (i32, i32) = (2019 * 4 + 2, 2024 * 4 + 3);
/// The quarter that some employers filed again.
pub(crate) const AMENDED: i32 = 2023 * 4 + 1;

/// Why someone is, or is not, in the wage records after school.
#[derive(Clone, Copy, Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "four facts about a life, each independent of the others")]
pub(crate) struct Course {
    pub(crate) leaves_state: bool,
    pub(crate) federal: bool,
    pub(crate) uncovered: bool,
    pub(crate) never: bool,
}

/// Wages of one job in one quarter, in cents.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wage {
    pub(crate) quarter: i32,
    /// Which job of the person, from 0.
    pub(crate) job: usize,
    pub(crate) cents: u32,
    /// What the employer filed again, where it did.
    pub(crate) amended: Option<u32>,
}

/// A person's jobs (employers, in order) and wages.
#[derive(Clone, Debug, Default)]
pub(crate) struct Working {
    pub(crate) jobs: Vec<(usize, i32)>,
    pub(crate) wages: Vec<Wage>,
}

impl Working {
    /// Whether wages stand in a quarter once it is amended.
    pub(crate) fn paid_in(&self, q: i32) -> bool {
        self.wages.iter().any(|w| w.quarter == q && w.amended.unwrap_or(w.cents) > 0)
    }
}

/// Wages of one quarter in one other state, of all its employers, in cents.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Elsewhere {
    pub(crate) quarter: i32,
    pub(crate) state: &'static str,
    pub(crate) cents: u32,
}

/// What someone did in the quarters after, as the program is told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Afterwards<'a> {
    pub(crate) working: &'a Working,
    pub(crate) elsewhere: &'a [Elsewhere],
    pub(crate) course: Course,
}

impl World {
    /// Draws what becomes of a person after school.
    pub(crate) fn course(&self, person: &Person) -> Course {
        let rates = &self.profile.work;
        let mut chance = Chance::new(self.seed, Purpose::Work, person.number);
        if person.canary || person.kind != Kind::Learner {
            return Course::default();
        }
        let leaves_state = chance.hits(rates.leaves_state);
        let federal = chance.hits(rates.federal);
        let uncovered = chance.hits(rates.uncovered);
        Course { leaves_state, federal, uncovered, never: chance.hits(rates.never_works) }
    }

    /// A person's jobs and wages.
    pub(crate) fn working(&self, person: &Person, schooling: &Schooling, study: &Study, course: Course) -> Working {
        let mut working = Working::default();
        if course.never || (person.kind == Kind::Visitor && !person.number.is_multiple_of(3)) {
            return working;
        }
        let rates = &self.profile.work;
        let mut chance = Chance::new(self.seed, Purpose::WorkRows, person.number);
        let exit = schooling.exit.map(|(on, _)| on);
        let gone = match schooling.enrollments.last().and_then(|e| e.exit) {
            Some((on, "01909" | "73064")) => on,
            _ => i32::MAX,
        };
        let skill = chance.within(80, 140);
        let (mut main, mut second): (Option<usize>, Option<(usize, i32)>) = (None, None);
        let mut born_16 = quarter(person.born + 16 * 365 + 5);
        if person.kind != Kind::Learner {
            // Workers come to the state and leave it.
            born_16 = QUARTERS.0 + chance.within(-12, 18);
        }
        let until = if person.kind == Kind::Learner || chance.below(2) == 0 {
            i32::MAX
        } else {
            born_16 + chance.within(4, 20)
        };
        for q in QUARTERS.0.max(born_16)..=QUARTERS.1.min(until) {
            let begin = quarter_begin(q);
            let after = person.kind != Kind::Learner || exit.is_some_and(|on| on < begin);
            let left = begin > gone || (after && (course.leaves_state || course.federal || course.uncovered));
            let term = study.terms.iter().find(|t| !t.dual && t.in_quarter(q));
            let far = term.is_some_and(|t| self.places.colleges[t.college].state != "ZZ");
            if left || far {
                (main, second) = (None, None);
                continue;
            }
            let (hired, loses, low, high) = match (after, term) {
                (false, _) => (rates.hired_school, rates.loses_school, 60_000, 240_000),
                (true, Some(_)) => (rates.hired_college, rates.loses_college, 100_000, 480_000),
                (true, None) => (rates.hired_after, rates.loses_after, 260_000, 900_000),
            };
            let sure = person.canary && after;
            let new = match main {
                Some(_) if !sure && chance.hits(loses) => {
                    main = None;
                    false
                }
                Some(_) => chance.hits(rates.changes),
                None => sure || chance.hits(hired),
            };
            if new {
                main = Some(working.jobs.len());
                working.jobs.push((self.places.employer(&mut chance), q));
            }
            match second {
                Some((_, ends)) if q > ends => second = None,
                None if main.is_some() && chance.hits(rates.second_job) => {
                    second = Some((working.jobs.len(), q + chance.within(0, 2)));
                    working.jobs.push((self.places.employer(&mut chance), q));
                }
                _ => {}
            }
            let older = if person.kind == Kind::Worker { 220 } else { 100 }
                + if study.awards.iter().any(|a| a.on < begin) { 45 } else { 0 };
            let pay = chance.within(low, high) / 100 * skill / 100 * older + chance.within(0, 99);
            let pay = u32::try_from(pay).unwrap_or(0);
            for (job, cents) in [(main, pay), (second.map(|(job, _)| job), pay / 3)] {
                if let Some(job) = job
                    && !working.wages.iter().any(|w| w.quarter == q && working.jobs[w.job].0 == working.jobs[job].0)
                {
                    let amended = self.amended(working.jobs[job].0, q, cents, person);
                    working.wages.push(Wage { quarter: q, job, cents, amended });
                }
            }
        }
        working
    }

    /// What an employer that filed a quarter again says now.
    fn amended(&self, employer: usize, q: i32, cents: u32, person: &Person) -> Option<u32> {
        if q != AMENDED || !self.places.employers[employer].amended {
            return None;
        }
        let rates = &self.profile.work;
        let mut chance = Chance::new(hash(self.seed, employer as u64, 77), Purpose::Amended, person.number);
        Some(if person.canary {
            cents
        } else if chance.hits(rates.amended_zeroed) {
            0
        } else if chance.hits(rates.amended_changed) {
            cents / 100 * (80 + chance.below(60)) + chance.below(100)
        } else {
            cents
        })
    }

    /// Whether a person leaves the state, by school records or by life.
    pub(crate) fn left_state(schooling: &Schooling, course: Course) -> bool {
        let by_school = matches!(schooling.enrollments.last().and_then(|e| e.exit), Some((_, "01909")));
        by_school || (schooling.exit.is_some() && course.leaves_state)
    }
}
