//! College: the terms a person studies and the awards conferred, before leaving school (dual enrollment) and after.

use crate::synth::chance::{Chance, Purpose};
use crate::synth::day::{Day, day, quarter_begin, written};
use crate::synth::person::{Kind, Person, World};
use crate::synth::programs::{FIELDS, SECONDARY};
use crate::synth::schooling::Schooling;

/// The last academic year of the records, of which only the autumn is there.
pub(crate) const LAST_ACADEMIC_YEAR: i32 = 2025;
/// The first academic year of the records.
pub(crate) const FIRST_ACADEMIC_YEAR: i32 = 2019;

/// A season of study.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Season {
    Spring,
    Summer,
    Fall,
}

/// One term of one person at one college.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Term {
    pub(crate) college: usize,
    pub(crate) year: i32,
    pub(crate) season: Season,
    pub(crate) field: usize,
    /// F, Q, H, L, A or W.
    pub(crate) status: char,
    /// Credits times a hundred.
    pub(crate) attempted: u32,
    pub(crate) earned: u32,
    pub(crate) cte: u32,
    pub(crate) dual: bool,
    /// How many terms of this spell went before.
    pub(crate) nth: u32,
}

/// An award conferred.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Award {
    pub(crate) college: usize,
    pub(crate) on: Day,
    pub(crate) level: &'static str,
    pub(crate) field: usize,
}

/// Everything a person did at colleges, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Study {
    pub(crate) terms: Vec<Term>,
    pub(crate) awards: Vec<Award>,
}

impl Term {
    /// First and last day.
    pub(crate) const fn days(&self) -> (Day, Day) {
        match self.season {
            Season::Spring => (day(self.year, 1, 11), day(self.year, 5, 9)),
            Season::Summer => (day(self.year, 5, 28), day(self.year, 8, 4)),
            Season::Fall => (day(self.year, 8, 24), day(self.year, 12, 12)),
        }
    }

    /// The year in which its academic year ends.
    pub(crate) const fn academic_year(&self) -> i32 {
        self.year + if matches!(self.season, Season::Fall) { 1 } else { 0 }
    }

    /// Its code, such as `2021FA`.
    pub(crate) fn code(&self) -> String {
        format!("{}{}", self.year, ["SP", "SU", "FA"][self.season as usize])
    }

    /// Whether it overlaps a quarter.
    pub(crate) const fn in_quarter(&self, q: i32) -> bool {
        let (begin, end) = self.days();
        begin < quarter_begin(q + 1) && end >= quarter_begin(q)
    }

    /// Whether it counts as being enrolled.
    pub(crate) const fn counts(&self) -> bool {
        !matches!(self.status, 'W' | 'A' | 'D')
    }

    /// A term within the records.
    const fn is_recorded(&self) -> bool {
        self.academic_year() >= FIRST_ACADEMIC_YEAR
            && (self.academic_year() < LAST_ACADEMIC_YEAR
                || (self.year == LAST_ACADEMIC_YEAR - 1 && matches!(self.season, Season::Fall)))
    }
}

impl World {
    /// A person's study. `away` keeps those who left the state out of its colleges.
    pub(crate) fn study(&self, person: &Person, schooling: &Schooling, away: bool) -> Study {
        let mut chance = Chance::new(self.seed, Purpose::College, person.number);
        let mut study = Study::default();
        match person.kind {
            Kind::Worker => {}
            Kind::Visitor => {
                let list = if chance.hits(400_000) { &self.places.two_year } else { &self.places.four_year };
                let college = *chance.pick(list);
                let field = chance.index(FIELDS.len());
                let year = chance.within(FIRST_ACADEMIC_YEAR - 1, LAST_ACADEMIC_YEAR - 2);
                self.spell(&mut study, (college, field, year), &mut chance);
            }
            Kind::Learner => {
                self.dual(person, schooling, &mut study, &mut chance);
                if let Some(exit) = schooling.exit {
                    self.after_school(person, schooling, (exit, away), &mut study, &mut chance);
                }
            }
        }
        study.terms.retain(Term::is_recorded);
        study.awards.retain(|award| award.on < day(LAST_ACADEMIC_YEAR, 1, 1));
        study
    }

    /// College after school, at once or some years later.
    fn after_school(
        &self,
        person: &Person,
        schooling: &Schooling,
        ((exit, kind), away): ((Day, &'static str), bool),
        study: &mut Study,
        chance: &mut Chance,
    ) {
        let rates = &self.profile.college;
        let graduate = kind == "01921";
        let at_once = person.canary || (graduate && chance.hits(rates.goes_at_once));
        let later = !at_once && chance.hits(if graduate { rates.goes_later } else { rates.nongraduate_goes });
        if at_once || later {
            let leaves = written(exit);
            let first = leaves.year + i32::from(leaves.month > 8) + if later { chance.within(1, 2) } else { 0 };
            let elsewhere = !person.canary && (away || chance.hits(rates.out_of_state));
            let two_year = chance.hits(rates.two_year);
            let list = match (elsewhere, two_year) {
                (true, _) => &self.places.elsewhere,
                (false, true) => &self.places.two_year,
                (false, false) => &self.places.four_year,
            };
            let college = *chance.pick(list);
            let field = continued(schooling, chance);
            self.spell(study, (college, field, first), chance);
        }
    }

    /// College courses taken while in grades 11 and 12.
    fn dual(&self, person: &Person, schooling: &Schooling, study: &mut Study, chance: &mut Chance) {
        let rates = &self.profile.college;
        if person.canary || !chance.hits(rates.dual_enrolled) {
            return;
        }
        let college = *chance.pick(&self.places.two_year);
        let field = continued(schooling, chance);
        for e in schooling.enrollments.iter().filter(|e| e.grade >= 11) {
            let (whole_autumn, whole_spring) =
                (e.entry < day(e.year - 1, 9, 15), e.exit.is_none_or(|(on, _)| on > day(e.year, 5, 1)));
            for (season, year, there) in
                [(Season::Fall, e.year - 1, whole_autumn), (Season::Spring, e.year, whole_autumn && whole_spring)]
            {
                if there && chance.below(10) < 6 {
                    let nth = u32::try_from(study.terms.len()).unwrap_or(0);
                    let credits = chance.within(1, 2) * 300;
                    study.terms.push(self.term((college, field, nth), (year, season), credits, true, chance));
                }
            }
        }
    }

    /// Study at one college from the autumn of a year, and perhaps at a second one afterwards.
    fn spell(&self, study: &mut Study, (college, field, first): (usize, usize, i32), chance: &mut Chance) {
        let rates = &self.profile.college;
        let place = &self.places.colleges[college];
        let full = if place.four_year { 8 } else { 4 };
        let mut terms = 0;
        let (mut year, mut season) = (first, Season::Fall);
        while terms < full + u32::from(!place.four_year) {
            let credits = if place.four_year {
                chance.within(4, 5) * 300
            } else {
                *chance.pick(&[300, 600, 900, 1_200, 1_200, 1_500])
            };
            study.terms.push(self.term((college, field, terms), (year, season), credits, false, chance));
            terms += 1;
            if !chance.hits(rates.stays) || year >= LAST_ACADEMIC_YEAR {
                break;
            }
            if season == Season::Fall {
                (year, season) = (year + 1, Season::Spring);
            } else {
                if chance.hits(rates.summer) {
                    study.terms.push(self.term((college, field, terms), (year, Season::Summer), 300, false, chance));
                }
                season = Season::Fall;
            }
        }
        let level = match (place.four_year, terms >= full) {
            (true, true) if chance.hits(rates.award_four_year) => "05",
            (false, true) if chance.hits(rates.award_two_year) => *chance.pick(&["03", "03", "02"]),
            (false, false) if terms >= 2 && chance.below(4) == 0 => "01",
            _ => "",
        };
        if let (false, Some(last)) = (level.is_empty(), study.terms.last()) {
            study.awards.push(Award { college, on: last.days().1 + 6, level, field });
        }
        if !place.four_year && place.state == "ZZ" && terms >= 2 && chance.hits(rates.transfers) {
            let next = *chance.pick(&self.places.four_year);
            let from = year + i32::from(season == Season::Fall);
            self.spell(study, (next, field, from), chance);
        }
    }

    fn term(
        &self,
        (college, field, nth): (usize, usize, u32),
        (year, season): (i32, Season),
        credits: i32,
        dual: bool,
        chance: &mut Chance,
    ) -> Term {
        let rates = &self.profile.college;
        let attempted = u32::try_from(credits).unwrap_or(0);
        let usual = match attempted {
            1_200.. => 'F',
            900.. => 'Q',
            600.. => 'H',
            _ => 'L',
        };
        let canary_safe = nth == 0;
        let status = if !canary_safe && chance.hits(rates.withdraws) {
            'W'
        } else if !canary_safe && chance.hits(rates.on_leave) {
            'A'
        } else {
            usual
        };
        let earned = match status {
            'W' | 'A' => 0,
            _ if chance.below(8) == 0 => attempted - 300,
            _ => attempted,
        };
        let attempted = if status == 'A' { 0 } else { attempted };
        let cte = if FIELDS[field].cluster16.is_empty() { 0 } else { earned * 2 / 3 / 100 * 100 };
        Term { college, year, season, field, status, attempted, earned, cte, dual, nth }
    }
}

/// A field of study: often that of the school program.
fn continued(schooling: &Schooling, chance: &mut Chance) -> usize {
    match schooling.courses.last() {
        Some(course) if chance.below(10) < 4 => course.program,
        _ if chance.below(10) < 4 => SECONDARY + chance.index(FIELDS.len() - SECONDARY),
        _ => chance.index(FIELDS.len()),
    }
}
