//! Schooling: a learner's way through grades 9 to 12, and the CTE courses taken on the way.

use crate::synth::chance::{Chance, Purpose, hash};
use crate::synth::day::{Day, day, quarter, quarter_begin, written};
use crate::synth::person::{Person, World};
use crate::synth::programs::COURSES;

/// The last school year of the records.
pub(crate) const LAST_YEAR: i32 = 2024;

/// One enrollment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Enrollment {
    pub(crate) year: i32,
    pub(crate) grade: i32,
    pub(crate) school: usize,
    pub(crate) entry: Day,
    pub(crate) exit: Option<(Day, &'static str)>,
    /// Stands under the state id that was issued by mistake.
    pub(crate) second_id: bool,
}

/// One course taken.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Course {
    pub(crate) year: i32,
    pub(crate) school: usize,
    pub(crate) program: usize,
    /// Which course of the program, from 0.
    pub(crate) part: usize,
    pub(crate) completed: bool,
    pub(crate) ended: Day,
    pub(crate) second_id: bool,
}

/// The credits of a course of full length, times a hundred.
const FULL_UNIT: u32 = 100;

impl Course {
    /// Its credits times a hundred: the first course of some programs is of half length.
    pub(crate) const fn credits(&self) -> u32 {
        if self.part == 0 && self.program.is_multiple_of(3) { FULL_UNIT / 2 } else { FULL_UNIT }
    }
}

/// A learner's years at school.
#[derive(Clone, Debug, Default)]
pub(crate) struct Schooling {
    pub(crate) enrollments: Vec<Enrollment>,
    pub(crate) courses: Vec<Course>,
    /// The last exit for good: not a transfer, not a death, nothing after it.
    pub(crate) exit: Option<(Day, &'static str)>,
}

/// Exits that take a learner out of the graduation cohort.
const OUT_OF_COHORT: [&str; 3] = ["01909", "01911", "73064"];
/// Exits that end schooling.
const FINAL: [&str; 6] = ["01921", "01922", "01927", "01928", "01931", "03509"];

impl Schooling {
    /// What the agency's own system calls the learner in the program of a course at the end of its year, and by which of its definitions: whoever has completed as many
    /// courses, long or short. It began to say so in 2019, and asked for three courses of a concentrator until 2021.
    pub(crate) fn agency_status(&self, course: &Course) -> (&'static str, &'static str) {
        let (definition, concentrator) = match course.year {
            ..=2018 => return ("", ""),
            2019..=2021 => ("SDE-1", 3),
            _ => ("SDE-2", 2),
        };
        let same = |c: &&Course| c.completed && c.program == course.program && c.year <= course.year;
        let status = match self.courses.iter().filter(same).count() {
            0 => "",
            done if done >= 4 => "COMPLETER",
            done if done >= concentrator => "CONCENTRATOR",
            _ => "PARTICIPANT",
        };
        (status, definition)
    }

    /// Graduated with a regular diploma within four years.
    pub(crate) fn graduated(&self, cohort: i32) -> bool {
        self.exit.is_some_and(|(on, kind)| kind == "01921" && on <= day(cohort, 8, 31))
    }

    /// Completed a course of a program.
    pub(crate) fn participates(&self) -> bool {
        self.courses.iter().any(|c| c.completed)
    }

    /// The school year in which two units of one program were completed. A course taken twice counts once; half courses add up.
    pub(crate) fn concentrates_from(&self) -> Option<i32> {
        let mut done: Vec<&Course> = self.courses.iter().filter(|c| c.completed).collect();
        done.sort_by_key(|c| (c.program, c.part, c.year));
        done.dedup_by_key(|c| (c.program, c.part));
        done.sort_by_key(|c| (c.program, c.year));
        let reached = |one: &[&Course]| {
            let mut units = 0;
            let enough = |c: &&&Course| {
                units += c.credits();
                units >= 2 * FULL_UNIT
            };
            one.iter().find(enough).map(|c| c.year)
        };
        done.chunk_by(|a, b| a.program == b.program).filter_map(reached).min()
    }

    /// The last exit that an indicator counts, as domain 1.1a defines it: the last of its program year, of a type that ends schooling, and in no
    /// school again until the second quarter after it had ended. Someone who came back later and left the state still has the first one.
    pub(crate) fn counted_exit(&self) -> Option<CountedExit> {
        let exits = self.enrollments.iter().filter_map(|e| e.exit);
        let last_of_year =
            |on: Day| exits.clone().all(|(other, _)| other <= on || program_year(other) != program_year(on));
        let stayed_away = |on: Day, exit: CountedExit| {
            let free_from = quarter_begin(exit.second_quarter() + 1);
            !self.enrollments.iter().any(|e| e.exit.map_or(e.entry, |(left, _)| left) > on && e.entry < free_from)
        };
        let counts = |(on, kind): (Day, &'static str)| {
            let exit = CountedExit { on: counted(on) };
            (FINAL.contains(&kind) && last_of_year(on) && stayed_away(on, exit)).then_some(exit)
        };
        exits.clone().filter_map(counts).max_by_key(|exit| exit.on)
    }

    /// Where a learner stood at the end of the cohort's year: the last enrollment by then, and whether the learner counts in the cohort.
    pub(crate) fn at_cohort_end(&self, cohort: i32) -> Option<(&Enrollment, bool)> {
        let last = self.enrollments.iter().rev().find(|e| e.year <= cohort)?;
        Some((last, !last.exit.is_some_and(|(_, kind)| OUT_OF_COHORT.contains(&kind))))
    }
}

/// An exit that an indicator counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CountedExit {
    /// The day as it counts.
    pub(crate) on: Day,
}

impl CountedExit {
    /// The quarter of the exit.
    pub(crate) const fn quarter(self) -> i32 {
        quarter(self.on)
    }

    /// The second quarter after it, in which placement is looked for.
    pub(crate) const fn second_quarter(self) -> i32 {
        self.quarter() + 2
    }
}

/// Exits of July and August count as those of 30 June.
const fn counted(on: Day) -> Day {
    let w = written(on);
    if matches!(w.month, 7 | 8) { day(w.year, 6, 30) } else { on }
}

/// The program year of an exit: it ends on 30 June.
const fn program_year(on: Day) -> i32 {
    let w = written(counted(on));
    if w.month > 6 { w.year + 1 } else { w.year }
}

/// First and last school day of a school's year.
fn school_year(seed: u64, school: usize, year: i32) -> (Day, Day) {
    let shift = |salt| i32::try_from(hash(seed, school as u64, salt) % 14).unwrap_or(0);
    (day(year - 1, 8, 18) + shift(901), day(year, 5, 24) + shift(902))
}

/// What a year at school came to.
enum YearEnd {
    GoesOn,
    Repeats,
    Leaves,
    Returns,
}

impl World {
    /// A learner's schooling.
    pub(crate) fn schooling(&self, person: &Person) -> Schooling {
        let rates = &self.profile.school;
        let mut chance = Chance::new(self.seed, Purpose::School, person.number);
        let mut schooling = Schooling::default();
        let late = if !person.canary && chance.hits(rates.arrives_late) { chance.within(1, 3) } else { 0 };
        let (mut year, mut grade) = (person.cohort - 3 + late, 9 + late);
        let mut school = *chance.pick(&self.places.districts[person.district].schools);
        let mut second_id = false;
        while year <= (person.cohort + 1).min(LAST_YEAR) {
            let end = self.year(person, &mut schooling, (year, grade), &mut school, &mut second_id, &mut chance);
            match end {
                YearEnd::Leaves => break,
                YearEnd::Repeats => {}
                YearEnd::GoesOn | YearEnd::Returns => grade = (grade + 1).min(12),
            }
            year += 1;
            // Learner 17 moves and gets a second id in every state, however small.
            let moves = (chance.hits(rates.moves_summer) || person.number == 17) && !person.canary;
            if matches!(end, YearEnd::GoesOn) && moves && year <= LAST_YEAR {
                let close = school_year(self.seed, school, year - 1).1;
                if let Some(last) = schooling.enrollments.last_mut() {
                    last.exit = Some((close, "01908"));
                }
                let district = self.places.district(&mut chance);
                school = *chance.pick(&self.places.districts[district].schools);
                second_id |= chance.hits(rates.second_id) || person.number == 17;
            }
        }
        schooling.exit =
            schooling.enrollments.last().and_then(|last| last.exit).filter(|(_, kind)| FINAL.contains(kind));
        self.courses(person, &mut schooling);
        schooling
    }

    /// One school year: adds its enrollments.
    fn year(
        &self,
        person: &Person,
        schooling: &mut Schooling,
        (year, grade): (i32, i32),
        school: &mut usize,
        second_id: &mut bool,
        chance: &mut Chance,
    ) -> YearEnd {
        let rates = &self.profile.school;
        let (open, close) = school_year(self.seed, *school, year);
        let mut entry = open;
        if person.canary {
            let exit = (year == person.cohort).then_some((close, "01921"));
            schooling.enrollments.push(Enrollment { year, grade, school: *school, entry, exit, second_id: false });
            return if exit.is_some() { YearEnd::Leaves } else { YearEnd::GoesOn };
        }
        if chance.hits(rates.enters_late) {
            entry += chance.within(7, 60);
        }
        let mut push = |entry, exit, school, second_id| {
            schooling.enrollments.push(Enrollment { year, grade, school, entry, exit, second_id });
        };
        if chance.hits(rates.moves_midyear) {
            let leave = chance.within(entry + 20, close - 60);
            let other = self.places.district(chance);
            let next = *chance.pick(&self.places.districts[other].schools);
            let kind = if self.places.schools[next].district == self.places.schools[*school].district {
                "01907"
            } else {
                "01908"
            };
            if next != *school {
                push(entry, Some((leave, kind)), *school, *second_id);
                *school = next;
                entry = leave + chance.within(2, 12);
                *second_id |= kind == "01908" && chance.hits(rates.second_id);
            }
        }
        let during = chance.within(entry + 15, close);
        let after = |kind| Some((during, kind));
        for (rate, kind) in [(rates.dies, "73064"), (rates.leaves_state, "01909"), (rates.to_private, "01911")] {
            if chance.hits(rate) {
                push(entry, after(kind), *school, *second_id);
                return YearEnd::Leaves;
            }
        }
        let drops = match grade {
            9 | 10 => rates.drops_out / 2,
            11 => rates.drops_out,
            _ => rates.drops_out * 3 / 2,
        };
        if chance.hits(drops) {
            let kind = if chance.hits(rates.drop_equivalency) {
                "03509"
            } else if chance.hits(rates.drop_unknown) {
                "01931"
            } else {
                "01927"
            };
            push(entry, after(kind), *school, *second_id);
            let returns = kind != "03509" && year < LAST_YEAR && year <= person.cohort && chance.hits(rates.reenters);
            return if returns { YearEnd::Returns } else { YearEnd::Leaves };
        }
        if grade < 12 {
            let repeats = chance.hits(rates.repeats);
            // The year after the cohort's is the last that these records follow.
            let exit = (year > person.cohort).then_some((close, "01931"));
            push(entry, exit, *school, *second_id);
            return if exit.is_some() {
                YearEnd::Leaves
            } else if repeats {
                YearEnd::Repeats
            } else {
                YearEnd::GoesOn
            };
        }
        let kind = self.last_year(person, year, chance);
        push(entry, kind.map(|kind| (close, kind)), *school, *second_id);
        if kind.is_some() { YearEnd::Leaves } else { YearEnd::GoesOn }
    }

    /// How grade 12 ends; `None` where the learner comes back for a fifth year.
    fn last_year(&self, person: &Person, year: i32, chance: &mut Chance) -> Option<&'static str> {
        let rates = &self.profile.school;
        if year > person.cohort {
            return Some(if chance.below(10) < 7 { "01921" } else { "01931" });
        }
        let at = chance.below(1_000_000);
        let mut edge = rates.graduates;
        if at < edge {
            return Some("01921");
        }
        edge += rates.fifth_year;
        if at < edge {
            return None;
        }
        edge += rates.other_credential;
        Some(if at < edge {
            "01922"
        } else if at % 5 < 2 {
            "01931"
        } else {
            "01928"
        })
    }

    /// The CTE courses of a learner.
    fn courses(&self, person: &Person, schooling: &mut Schooling) {
        let rates = &self.profile.cte;
        let mut chance = Chance::new(self.seed, Purpose::Courses, person.number);
        if !person.canary && !chance.hits(rates.takes) {
            return;
        }
        let Some(first) = schooling.enrollments.first() else { return };
        let program = *chance.pick(&self.places.schools[first.school].offers);
        let mut want = 1;
        for rate in [rates.second_course, rates.third_course, rates.fourth_course] {
            if person.canary || chance.hits(rate) {
                want += 1;
            } else {
                break;
            }
        }
        let explores = !person.canary && chance.hits(rates.explores);
        let mut years: Vec<Enrollment> = schooling.enrollments.clone();
        years.reverse();
        years.dedup_by_key(|e| e.year);
        years.reverse();
        // Few begin in their last year; most leave a year or two before the first course.
        let start = chance.index(years.len().min(3)).min(years.len().saturating_sub(want.min(3)));
        let (mut part, mut again) = (0, None);
        for (at, e) in years.iter().enumerate().skip(start) {
            // An exit during the year ends its courses early, and uncompleted.
            let (_, close) = school_year(self.seed, e.school, e.year);
            let left = e.exit.filter(|(on, _)| *on < close - 14);
            let mut take = |program, part, chance: &mut Chance| {
                let completed = left.is_none() && (person.canary || !chance.hits(rates.fails));
                let ended =
                    left.map_or(if chance.below(4) == 0 { day(e.year - 1, 12, 18) } else { close }, |(on, _)| on);
                let ended = ended.max(e.entry);
                let (year, school, second_id) = (e.year, e.school, e.second_id);
                schooling.courses.push(Course { year, school, program, part, completed, ended, second_id });
                completed
            };
            if let Some(part) = again.take() {
                take(program, part, &mut chance);
            }
            let remaining = years.len() - at;
            let todo = if want - part >= remaining && part < want {
                (want - part).div_ceil(remaining)
            } else {
                usize::from(part < want)
            };
            for _ in 0..todo.min(2) {
                let completed = take(program, part, &mut chance);
                if !completed && chance.hits(rates.retakes) {
                    again = Some(part);
                }
                part = (part + 1).min(COURSES);
            }
            if explores && at == start {
                let offers = &self.places.schools[e.school].offers;
                let other = *chance.pick(offers);
                if other != program {
                    take(other, 0, &mut chance);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn course(program: usize, part: usize, completed: bool) -> Course {
        Course { year: 2020, school: 0, program, part, completed, ended: 0, second_id: false }
    }

    fn with(courses: Vec<Course>) -> Schooling {
        Schooling { courses, ..Schooling::default() }
    }

    #[test]
    fn a_repeated_course_counts_once_and_programs_are_not_added_up() {
        assert_eq!(with(vec![course(1, 0, true), course(1, 1, true)]).concentrates_from(), Some(2020));
        assert_eq!(with(vec![course(1, 0, true), course(1, 0, true)]).concentrates_from(), None);
        assert_eq!(with(vec![course(1, 0, true), course(2, 0, true)]).concentrates_from(), None);
        assert!(with(vec![course(1, 0, true)]).participates());
        assert!(!with(vec![course(1, 0, false)]).participates());
    }

    #[test]
    fn a_half_course_is_half_a_unit_and_the_year_is_that_of_the_course_that_completed_the_second() {
        let in_year = |year, part| Course { year, ..course(3, part, true) };
        let (half, second, third) = (in_year(2019, 0), in_year(2020, 1), in_year(2021, 2));
        assert_eq!((half.credits(), second.credits()), (50, 100));
        assert_eq!(with(vec![half, second]).concentrates_from(), None);
        assert_eq!(with(vec![half, second, third]).concentrates_from(), Some(2021));
        assert!(with(vec![half]).participates());
    }

    #[test]
    fn an_exit_counts_unless_the_learner_comes_back_before_the_second_quarter_has_ended() {
        let spell = |year, entry, exit| Enrollment { year, grade: 10, school: 0, entry, exit, second_id: false };
        let with = |enrollments: &[Enrollment]| Schooling { enrollments: enrollments.to_vec(), ..Schooling::default() };
        let dropped = spell(2021, day(2020, 8, 20), Some((day(2020, 11, 27), "01927")));
        let exit = |on| Some(CountedExit { on });
        assert_eq!(with(&[dropped]).counted_exit(), exit(day(2020, 11, 27)));
        assert_eq!(exit(day(2020, 11, 27)).map(CountedExit::second_quarter), Some(2021 * 4 + 1));
        // Back in the second quarter, and gone without an exit of its own: no exit. Back after it: the first stands.
        let back = |entry| spell(2021, entry, Some((entry + 100, "01909")));
        assert_eq!(with(&[dropped, back(day(2021, 6, 1))]).counted_exit(), None);
        assert_eq!(with(&[dropped, back(day(2021, 8, 20))]).counted_exit(), exit(day(2020, 11, 27)));
        // A transfer later in the year takes the place of an earlier exit; summer counts as June.
        let moved = spell(2021, day(2021, 2, 1), Some((day(2021, 5, 20), "01908")));
        assert_eq!(with(&[dropped, moved]).counted_exit(), None);
        let summer = spell(2021, day(2020, 8, 20), Some((day(2021, 8, 3), "01921")));
        assert_eq!(with(&[summer]).counted_exit(), exit(day(2021, 6, 30)));
    }
}
