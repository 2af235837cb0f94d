//! A person: who someone truly is. Everything here is drawn from the seed and the person's number alone, so that any person can be
//! made again wherever another one needs them.

use crate::synth::chance::{Chance, Purpose};
use crate::synth::day::{Day, day};
use crate::synth::names::{FullName, Names, Race};
use crate::synth::places::Places;
use crate::synth::profile::Profile;
use crate::synth::reference::Reference;

/// The first and last cohort year.
pub(crate) const COHORTS: (i32, i32) = (2019, 2024);

/// A learner whose identity is marked, so that a test can find it wherever it leaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Canary {
    /// First name.
    pub first_name: &'static str,
    /// Last name.
    pub last_name: &'static str,
    /// Social security number, nine digits.
    pub ssn: &'static str,
    /// Birth date, `YYYY-MM-DD`.
    pub birth_date: &'static str,
}

/// The marked learners. They are learners 0 to 4 of every synthetic state; their records hold no errors, and no other person ever has one of their
/// names, numbers or birth dates. School records keep the letter case given here, wage records are in capitals.
pub const CANARIES: [Canary; 5] = [
    Canary { first_name: "Qwelthabet", last_name: "Zzyxcanary", ssn: "987497001", birth_date: "2000-10-03" },
    Canary { first_name: "Vexomund", last_name: "Kanarienvogt", ssn: "987497013", birth_date: "2001-11-17" },
    Canary { first_name: "Jhoqualine", last_name: "Oiseaujaune", ssn: "987497029", birth_date: "2003-02-23" },
    Canary { first_name: "Tzipwendo", last_name: "Pajarillozq", ssn: "987497037", birth_date: "2004-04-09" },
    Canary { first_name: "Bryqsanne", last_name: "Gelbfinkhaus", ssn: "987497041", birth_date: "2005-06-27" },
];

/// Why a person stands in the records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Learner,
    Worker,
    Visitor,
}

/// The truth about a person.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) number: u64,
    pub(crate) kind: Kind,
    pub(crate) canary: bool,
    pub(crate) sex: char,
    pub(crate) race: Race,
    pub(crate) name: FullName,
    /// From when on another surname holds.
    pub(crate) new_surname: Option<(Day, String)>,
    pub(crate) born: Day,
    pub(crate) ssn: u32,
    /// The number given to employers, where it is another one.
    pub(crate) second_ssn: Option<u32>,
    pub(crate) district: usize,
    pub(crate) zip: u32,
    /// Year of on-time graduation; 0 for those who are no learners.
    pub(crate) cohort: i32,
    pub(crate) twin_of: Option<u64>,
    pub(crate) sibling_of: Option<u64>,
}

impl Person {
    /// The surname on a day.
    pub(crate) fn surname(&self, on: Day) -> &str {
        match &self.new_surname {
            Some((from, name)) if on >= *from => name,
            _ => &self.name.last,
        }
    }
}

/// Everything that people are made from.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) seed: u64,
    pub(crate) learners: u64,
    pub(crate) workers: u64,
    pub(crate) visitors: u64,
    pub(crate) profile: Profile,
    pub(crate) names: Names,
    pub(crate) places: Places,
    pub(crate) reference: Reference,
}

/// Areas 900 to 999 and groups 01 to 48: never issued, and no taxpayer numbers. Group 49 is left to the canaries.
const SSN_SLOTS: u64 = 100 * 48 * 9_999;

impl World {
    /// Learners, workers and visitors together.
    pub(crate) fn persons(&self) -> u64 {
        self.learners + self.workers + self.visitors
    }

    /// The person of a number: learners first, then workers, then visitors.
    pub(crate) fn person(&self, number: u64) -> Person {
        if number < self.learners {
            return self.learner(number);
        }
        let kind = if number < self.learners + self.workers { Kind::Worker } else { Kind::Visitor };
        let mut person = self.alone(number);
        let mut chance = Chance::new(self.seed, Purpose::Family, number);
        person.kind = kind;
        person.cohort = 0;
        person.born = match kind {
            Kind::Worker => day(1955, 1, 1) + chance.within(0, 16_000),
            _ => day(1998, 1, 1) + chance.within(0, 2_900),
        };
        self.marry(&mut person, day(1990, 1, 1), day(2024, 12, 31));
        self.unmark(&mut person);
        person
    }

    /// The state id of a learner: the first, or the one issued by mistake.
    pub(crate) fn state_id(&self, number: u64, second: bool) -> u64 {
        let k = number + if second { self.learners } else { 0 };
        1_000_000_000 + (k * 7_368_787 + self.seed % 1_000_003 * 1_009) % 8_999_999_999
    }

    fn ssn(&self, k: u64) -> u32 {
        let slot = (k * 15_485_863 + self.seed % 1_000_003 * 31) % SSN_SLOTS;
        let (area, rest) = (900 + slot / (48 * 9_999), slot % (48 * 9_999));
        u32::try_from(area * 1_000_000 + (1 + rest / 9_999) * 10_000 + 1 + rest % 9_999).unwrap_or(900_010_001)
    }

    /// A person as if they had no family.
    fn alone(&self, number: u64) -> Person {
        let rates = &self.profile.people;
        let mut chance = Chance::new(self.seed, Purpose::Identity, number);
        let weights = rates.race_weights.all();
        let mut at = chance.below(weights.iter().sum());
        let mut race = Race::White;
        for (candidate, weight) in Race::ALL.into_iter().zip(weights) {
            if at < weight {
                race = candidate;
                break;
            }
            at -= weight;
        }
        let female = chance.hits(500_000);
        let sex = if chance.hits(rates.sex_x) {
            'X'
        } else if female {
            'F'
        } else {
            'M'
        };
        let name = self.names.draw(race, female, rates, &mut chance);
        let district = self.places.district(&mut chance);
        let zip = Places::zip(district, &mut chance);
        let cohort = chance.within(COHORTS.0, COHORTS.1);
        let born = birth(cohort, &mut chance);
        let second_ssn = chance.hits(rates.two_ssns).then(|| self.ssn(self.persons() + number));
        Person {
            number,
            kind: Kind::Learner,
            canary: false,
            sex,
            race,
            name,
            new_surname: None,
            born,
            ssn: self.ssn(number),
            second_ssn,
            district,
            zip,
            cohort,
            twin_of: None,
            sibling_of: None,
        }
    }

    fn learner(&self, number: u64) -> Person {
        let rates = &self.profile.people;
        let mut person = self.alone(number);
        if let Some(canary) = usize::try_from(number).ok().and_then(|n| CANARIES.get(n)) {
            person.canary = true;
            person.name =
                FullName { first: canary.first_name, middle: "", last: canary.last_name.to_owned(), suffix: "" };
            person.ssn = canary.ssn.parse().unwrap_or(person.ssn);
            person.second_ssn = None;
            person.cohort = COHORTS.0 + i32::try_from(number).unwrap_or(0);
            person.born = parse(canary.birth_date);
            return person;
        }
        let mut chance = Chance::new(self.seed, Purpose::Family, number);
        // Learner 11 shares a number and learner 13 has two in every state, however small.
        if number % 2 == 1 && number > CANARIES.len() as u64 {
            if chance.hits(rates.sibling) {
                let other = self.alone(number - 1);
                person.race = other.race;
                person.name.last.clone_from(&other.name.last);
                person.district = other.district;
                person.zip = other.zip;
                person.sibling_of = Some(number - 1);
                if chance.hits(rates.twin) {
                    person.twin_of = Some(number - 1);
                    person.cohort = other.cohort;
                    person.born = other.born;
                } else {
                    let span = COHORTS.1 - COHORTS.0 + 1;
                    person.cohort = COHORTS.0 + (other.cohort - COHORTS.0 + chance.within(1, span - 1)) % span;
                    person.born = birth(person.cohort, &mut chance);
                }
                while person.name.first == other.name.first
                    || (person.race == Race::Hispanic && person.name.first.len() < 2)
                {
                    person.name.first = self.names.other_first(person.race, person.sex == 'F', rates, &mut chance);
                }
            } else if number == 11 || chance.hits(rates.shared_ssn) {
                person.ssn = self.ssn(number - 1);
            }
        }
        if number == 13 {
            person.second_ssn = Some(self.ssn(self.persons() + number));
        }
        if chance.hits(rates.school_surname_change) {
            let on = day(person.cohort - 3, 9, 1) + chance.within(0, 1_200);
            person.new_surname = Some((on, self.names.other_surname(person.race, rates, &mut chance)));
        } else {
            let from = day(person.cohort - 1, 6, 1);
            self.marry(&mut person, from, day(2024, 12, 31));
        }
        self.unmark(&mut person);
        person
    }

    /// Lets a woman change her surname.
    fn marry(&self, person: &mut Person, from: Day, to: Day) {
        let rates = &self.profile.people;
        let mut chance = Chance::new(self.seed, Purpose::Amended, person.number);
        if person.sex == 'F' && chance.hits(rates.surname_change) {
            let on = chance.within(from, to);
            let other = self.names.other_surname(person.race, rates, &mut chance);
            let hyphen = chance.hits(rates.surname_change_hyphen)
                && !person.name.last.contains([' ', '-'])
                && !other.contains([' ', '-']);
            let name = if hyphen { format!("{}-{other}", person.name.last) } else { other };
            person.new_surname = Some((on, name));
        }
    }

    /// Keeps the canaries' birth dates to themselves.
    fn unmark(&self, person: &mut Person) {
        while is_marked(person.born) {
            person.born += 1 + i32::from(self.seed % 2 == 1);
        }
    }
}

/// Whether a day is the birth date of a canary.
pub(crate) fn is_marked(born: Day) -> bool {
    CANARIES.iter().any(|canary| parse(canary.birth_date) == born)
}

fn parse(iso: &str) -> Day {
    let mut parts = iso.split('-').map(|part| part.parse::<i32>().unwrap_or(1));
    let mut next = || parts.next().unwrap_or(1);
    day(next(), next(), next())
}

/// A birth date that fits a cohort: mostly of the twelve months, some a year older, few a year younger.
fn birth(cohort: i32, chance: &mut Chance) -> Day {
    let usual = day(cohort - 19, 9, 1) + chance.within(0, 364);
    match chance.below(100) {
        0..6 => usual - 365,
        6 => usual + 365,
        _ => usual,
    }
}
