//! What employers and licence boards report of a person: wages by quarter, licences.

use std::fmt::Write as _;

use crate::synth::chance::{Chance, MILLION, Purpose, hash};
use crate::synth::copies::{Copy, Taker};
use crate::synth::day::{Day, day, quarter_begin};
use crate::synth::names::upper;
use crate::synth::person::{Kind, Person, World};
use crate::synth::portion::{Licence, Portion};
use crate::synth::schooling::Schooling;
use crate::synth::sheet::Sheet;
use crate::synth::work::{AMENDED, Working};

/// The last day of the records.
const LAST_DAY: Day = day(2024, 12, 31);

/// A name as a payroll system writes it: capitals, marks kept (0), blanks for marks (1) or no marks at all (2), cut to its field.
fn payroll(name: &str, marks: u32, width: usize) -> String {
    let name = upper(name).replace(',', "");
    let name: String = match marks {
        0 => name,
        1 => name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { ' ' }).collect(),
        _ => name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == ' ').collect(),
    };
    name.chars().take(width).collect()
}

impl World {
    /// Writes a person's wages.
    pub(crate) fn wage_rows(&self, person: &Person, working: &Working, portion: &mut Portion) {
        let rates = &self.profile.work;
        let mut chance = Chance::new(hash(self.seed, 9, 9), Purpose::WorkRows, person.number);
        let held: Vec<(String, u32)> = working
            .jobs
            .iter()
            .map(|(employer, since)| {
                let copy = self.copy(person, Taker::Employer, quarter_begin(*since), &mut chance);
                let first_initial = !person.canary && chance.hits(rates.first_initial);
                let with_suffix = chance.below(10) < 3 && !copy.suffix.is_empty();
                (self.payroll_name(*employer, &copy, first_initial, with_suffix), copy.ssn.unwrap_or(person.ssn))
            })
            .collect();
        for wage in &working.wages {
            let (name, ssn) = &held[wage.job];
            let employer = &self.places.employers[working.jobs[wage.job].0];
            // The canaries' first wages of a job always carry the name.
            let nameless = !person.canary && (employer.nameless || chance.hits(rates.name_blank));
            let mut row = String::with_capacity(81);
            let name = if nameless { "" } else { name };
            let (year, quarter) = (wage.quarter / 4, wage.quarter % 4 + 1);
            let _ = write!(row, "D{ssn:09}{name:<32}{year}{quarter}{}{:012}{:11}", employer.account, wage.cents, "");
            portion.push(Sheet::Wages(wage.quarter), person, &row, u64::from(wage.cents));
            if let (AMENDED, Some(cents)) = (wage.quarter, wage.amended) {
                row.replace_range(57..69, &format!("{cents:012}"));
                portion.push(Sheet::AmendedWages, person, &row, u64::from(cents));
            }
        }
    }

    fn payroll_name(&self, employer: usize, copy: &Copy, first_initial: bool, with_suffix: bool) -> String {
        let marks = self.places.employers[employer].marks;
        let last = if with_suffix { format!("{} {}", copy.last, copy.suffix) } else { copy.last.clone() };
        let width = if first_initial { 1 } else { 12 };
        format!("{:<20}{:<12}", payroll(&last, marks, 20), payroll(&copy.first, marks, width))
    }

    /// Adds a person's licence, if there is one; says whether it is a bridge.
    pub(crate) fn licence(&self, person: &Person, schooling: &Schooling, portion: &mut Portion) -> bool {
        let rates = &self.profile.bridge;
        let mut chance = Chance::new(self.seed, Purpose::Licence, person.number);
        let rate = match person.kind {
            Kind::Learner => rates.licence_learner,
            Kind::Worker => rates.licence_worker,
            Kind::Visitor => rates.licence_worker / 4,
        };
        if !chance.hits(if person.canary { MILLION } else { rate }) {
            return false;
        }
        let occupational = chance.hits(rates.occupational);
        let of_age = person.born + if occupational { 18 } else { 16 } * 365 + 5;
        let issued =
            of_age.max(day(2017, 1, 3)) + chance.within(0, if person.kind == Kind::Learner { 900 } else { 2_800 });
        let gone =
            matches!(schooling.enrollments.last().and_then(|e| e.exit), Some((on, "01909" | "73064")) if on < issued);
        if issued > LAST_DAY || gone {
            return false;
        }
        let copy = self.copy(person, Taker::Board, issued, &mut chance);
        let bridge = copy.is_bridge();
        let kind = if occupational {
            *chance.pick(&["CNA", "COSMO", "CDL", "ELEC", "EMT", "CHILD", "GUARD"])
        } else {
            "DRIVER"
        };
        let suffixed =
            if copy.suffix.is_empty() { copy.last.clone() } else { format!("{} {}", copy.last, copy.suffix) };
        portion.licences.push(Licence {
            order: portion.order(person),
            person: person.number,
            number: format!("{}{:09}", &kind[..1], (person.number * 15_485_863 + 77_003) % 999_999_937),
            kind,
            ssn: copy.ssn.map(|ssn| format!("{:03}-{:02}-{:04}", ssn / 1_000_000, ssn / 10_000 % 100, ssn % 10_000)),
            last: text(upper(&suffixed)),
            first: text(upper(&copy.first)),
            middle: text(upper(&copy.middle)),
            birth: copy.birth.and_then(crate::synth::day::Written::day),
            county: self.places.county_of_zip(copy.zip.unwrap_or(person.zip)),
            zip: copy.zip.map(|zip| format!("{zip:05}")),
            issued,
            expires: issued + 4 * 365 + 1,
        });
        bridge
    }
}

fn text(name: String) -> Option<String> {
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payroll_names_fit_their_field() {
        assert_eq!(payroll("O'Neill-García, Jr", 0, 20), "O'NEILL-GARCIA JR");
        assert_eq!(payroll("O'Neill-García, Jr", 1, 20), "O NEILL GARCIA JR");
        assert_eq!(payroll("O'Neill-García, Jr", 2, 9), "ONEILLGAR");
    }
}
