//! A copy: how one agency holds a person's identity, with the errors that it made when it took it down.

use crate::synth::chance::Chance;
use crate::synth::day::{Day, Written, written};
use crate::synth::names::{Race, typo};
use crate::synth::person::{Person, World, is_marked};

/// Who took the identity down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taker {
    /// A school: few errors, no social security number.
    School,
    /// A college.
    College,
    /// An employer: always a number, never a birth date.
    Employer,
    /// A licence board: birth dates are always days.
    Board,
}

/// An identity as an agency holds it. Empty texts are missing values.
#[derive(Clone, Debug)]
pub(crate) struct Copy {
    pub(crate) first: String,
    pub(crate) middle: String,
    pub(crate) last: String,
    pub(crate) suffix: &'static str,
    pub(crate) birth: Option<Written>,
    pub(crate) sex: Option<char>,
    pub(crate) ssn: Option<u32>,
    pub(crate) zip: Option<u32>,
}

/// Numbers that people write when they have none, or must not give one.
pub(crate) const PLACEHOLDER_SSNS: [u32; 4] = [123_456_789, 999_999_999, 78_051_120, 0];

impl Copy {
    /// Whether name, birth date and a usable number stand together: then the record is a bridge.
    pub(crate) fn is_bridge(&self) -> bool {
        let usable = self.ssn.is_some_and(|ssn| !PLACEHOLDER_SSNS.contains(&ssn));
        let day = self
            .birth
            .and_then(Written::day)
            .is_some_and(|d| d != written_day(1900, 1, 1) && d != written_day(2000, 1, 1));
        usable && day && !self.first.is_empty() && !self.last.is_empty()
    }
}

const fn written_day(year: i32, month: i32, day: i32) -> Day {
    crate::synth::day::day(year, month, day)
}

/// The rates at which one taker errs with one person.
struct Errors<'a> {
    chance: &'a mut Chance,
    percent: u32,
    share: u32,
}

impl Errors<'_> {
    fn hits(&mut self, rate: u32) -> bool {
        let rate = u64::from(rate) * u64::from(self.percent) / 100 / u64::from(self.share);
        self.chance.hits(u32::try_from(rate).unwrap_or(u32::MAX))
    }
}

impl World {
    /// Takes down a person's identity on a day. Canaries are always taken down right.
    pub(crate) fn copy(&self, person: &Person, taker: Taker, on: Day, chance: &mut Chance) -> Copy {
        let school = taker == Taker::School;
        let mut copy = Copy {
            first: person.name.first.to_owned(),
            middle: person.name.middle.to_owned(),
            last: person.surname(on).to_owned(),
            suffix: person.name.suffix,
            birth: Some(written(person.born)),
            sex: Some(person.sex),
            ssn: match taker {
                Taker::School => None,
                Taker::Employer => Some(person.second_ssn.unwrap_or(person.ssn)),
                Taker::College | Taker::Board => Some(person.ssn),
            },
            zip: Some(person.zip),
        };
        if person.canary {
            return copy;
        }
        let rates = &self.profile.copies;
        let percent = self.profile.bias.all()[person.race as usize];
        let mut errors = Errors { chance, percent, share: if school { rates.school_share.max(1) } else { 1 } };
        self.names(&mut copy, person, school, &mut errors);
        self.birth(&mut copy, taker, &mut errors);
        if errors.hits(rates.sex_flipped) {
            copy.sex = Some(if person.sex == 'F' { 'M' } else { 'F' });
        }
        if errors.hits(rates.sex_missing) {
            copy.sex = None;
        }
        self.number(&mut copy, taker, &mut errors);
        if !school && errors.chance.hits(rates.zip_moved) {
            copy.zip = Some(self.places.any_zip(errors.chance));
        }
        if errors.hits(rates.zip_typo) {
            copy.zip = copy.zip.map(|zip| digit_typo(zip, 5, errors.chance.index(5), errors.chance));
        }
        if errors.hits(rates.zip_missing) {
            copy.zip = None;
        }
        copy
    }

    fn names(&self, copy: &mut Copy, person: &Person, school: bool, errors: &mut Errors<'_>) {
        let rates = &self.profile.copies;
        if errors.hits(rates.first_typo) {
            copy.first = typo(&copy.first, errors.chance);
        }
        if errors.hits(rates.first_nickname)
            && let Some(nickname) = self.names.nickname(person.name.first, errors.chance)
        {
            nickname.clone_into(&mut copy.first);
        }
        if errors.hits(rates.first_initial) {
            copy.first = initial(&copy.first);
        }
        if errors.hits(rates.first_missing) {
            copy.first.clear();
        }
        if !school {
            self.reshape(&mut copy.last, person.race, errors);
        }
        if errors.hits(rates.last_typo) {
            copy.last = typo(&copy.last, errors.chance);
        }
        if !copy.suffix.is_empty() {
            if errors.chance.hits(rates.suffix_in_name) {
                copy.last = format!("{}, {}", copy.last, copy.suffix);
                copy.suffix = "";
            } else if errors.chance.hits(rates.suffix_missing) {
                copy.suffix = "";
            }
        }
        if errors.hits(rates.last_missing) {
            copy.last.clear();
        }
        if errors.hits(rates.names_swapped) {
            std::mem::swap(&mut copy.first, &mut copy.last);
        }
        if errors.chance.hits(rates.middle_initial) {
            copy.middle = initial(&copy.middle);
        }
        if errors.chance.hits(if school { rates.middle_missing_school } else { rates.middle_missing }) {
            copy.middle.clear();
        }
    }

    /// Drops half of a double surname, or writes a compound one together or apart.
    fn reshape(&self, last: &mut String, race: Race, errors: &mut Errors<'_>) {
        let rates = &self.profile.copies;
        let Some((head, tail)) = last.split_once([' ', '-']) else {
            if last.contains('\'') && errors.hits(rates.surname_joined) {
                *last = last.replace('\'', ["", " "][errors.chance.index(2)]);
            }
            return;
        };
        // Not `de la Cruz`: a double surname has two words that begin with a capital.
        let both =
            [head, tail].iter().all(|part| part.len() > 2 && part.chars().next().is_some_and(char::is_uppercase));
        if both && errors.hits(rates.surname_part) {
            // Where a form has room for one surname it is the first for Hispanic people, the second for others.
            let first = (race == Race::Hispanic) == (errors.chance.below(4) > 0);
            *last = if first { head } else { tail }.to_owned();
        } else if errors.hits(rates.surname_joined) {
            *last = match errors.chance.below(3) {
                0 => last.replace([' ', '-'], ""),
                1 => last.replace('-', " "),
                _ => last.replace(' ', "-"),
            };
        }
    }

    fn birth(&self, copy: &mut Copy, taker: Taker, errors: &mut Errors<'_>) {
        let rates = &self.profile.copies;
        let Some(right) = copy.birth else { return };
        if errors.hits(rates.birth_typo) {
            copy.birth = Some(birth_typo(right, taker == Taker::Board, errors.chance));
        }
        if errors.hits(rates.birth_swapped) {
            let swapped = Written { year: right.year, month: right.day, day: right.month };
            if (taker != Taker::Board || swapped.day().is_some()) && !marked(swapped) {
                copy.birth = Some(swapped);
            }
        }
        if errors.hits(rates.birth_year_off) {
            let off = Written { year: right.year + *errors.chance.pick(&[-2, -1, 1, 2]), ..right };
            if (taker != Taker::Board || off.day().is_some()) && !marked(off) {
                copy.birth = Some(off);
            }
        }
        if errors.hits(rates.birth_missing) {
            copy.birth = None;
        }
        if errors.hits(rates.birth_placeholder) {
            copy.birth = Some(written(*errors.chance.pick(&[written_day(1900, 1, 1), written_day(2000, 1, 1)])));
        }
    }

    fn number(&self, copy: &mut Copy, taker: Taker, errors: &mut Errors<'_>) {
        let rates = &self.profile.copies;
        let Some(right) = copy.ssn else { return };
        if errors.hits(rates.ssn_typo) {
            copy.ssn = Some(number_typo(right, errors.chance));
        }
        if errors.hits(rates.ssn_transposed) {
            copy.ssn = Some(number_transposed(copy.ssn.unwrap_or(right), errors.chance));
        }
        if errors.hits(rates.ssn_placeholder) {
            copy.ssn = Some(*errors.chance.pick(&PLACEHOLDER_SSNS));
        }
        if taker != Taker::Employer && errors.chance.hits(rates.ssn_missing) {
            copy.ssn = None;
        }
    }
}

fn marked(birth: Written) -> bool {
    birth.day().is_some_and(is_marked)
}

fn initial(name: &str) -> String {
    name.chars().next().map(String::from).unwrap_or_default()
}

/// Another digit at a place counted from the left.
fn digit_typo(number: u32, digits: u32, at: usize, chance: &mut Chance) -> u32 {
    let unit = 10_u32.pow(digits - 1 - u32::try_from(at).unwrap_or(0));
    let digit = number / unit % 10;
    number - digit * unit + (digit + 1 + chance.below(9)) % 10 * unit
}

/// One wrong digit of a date: any but the century's and the tens of the month.
fn birth_typo(right: Written, only_days: bool, chance: &mut Chance) -> Written {
    loop {
        let mut wrong = right;
        let off = |value: i32, unit: i32, chance: &mut Chance| {
            let digit = value / unit % 10;
            value - digit * unit + (digit + chance.within(1, 9)) % 10 * unit
        };
        match chance.below(5) {
            0 => wrong.year = off(right.year, 10, chance),
            1 => wrong.year = off(right.year, 1, chance),
            2 => wrong.month = off(right.month, 1, chance),
            3 => wrong.day = off(right.day, 10, chance),
            _ => wrong.day = off(right.day, 1, chance),
        }
        if (!only_days || wrong.day().is_some()) && !marked(wrong) {
            return wrong;
        }
    }
}

/// Whether a number is of the never-issued range that alone is used here.
pub(crate) const fn is_synthetic(ssn: u32) -> bool {
    let (area, group, serial) = (ssn / 1_000_000, ssn / 10_000 % 100, ssn % 10_000);
    900 <= area && area <= 999 && 1 <= group && group <= 49 && serial > 0
}

/// One wrong digit. Never one that could make a number which a living person has.
fn number_typo(right: u32, chance: &mut Chance) -> u32 {
    loop {
        let wrong = digit_typo(right, 9, 1 + chance.index(8), chance);
        if is_synthetic(wrong) {
            return wrong;
        }
    }
}

/// Two neighbouring digits exchanged, within the same range.
fn number_transposed(right: u32, chance: &mut Chance) -> u32 {
    for _ in 0..64 {
        let unit = 10_u32.pow(chance.below(7));
        let (low, high) = (right / unit % 10, right / unit / 10 % 10);
        let wrong = right - low * unit - high * unit * 10 + high * unit + low * unit * 10;
        if wrong != right && is_synthetic(wrong) {
            return wrong;
        }
    }
    right
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synth::chance::Purpose;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_wrong_number_stays_in_the_never_issued_range(area in 900_u32..1_000, group in 1_u32..49, serial in 1_u32..10_000, n in 0_u64..1_000) {
            let right = area * 1_000_000 + group * 10_000 + serial;
            let mut chance = Chance::new(5, Purpose::Identity, n);
            let wrong = number_typo(right, &mut chance);
            prop_assert!(is_synthetic(wrong) && wrong != right);
            let transposed = number_transposed(right, &mut chance);
            prop_assert!(is_synthetic(transposed));
        }

        #[test]
        fn a_wrong_birth_date_of_a_licence_is_still_a_day(d in 5_000..14_000, n in 0_u64..1_000) {
            let mut chance = Chance::new(5, Purpose::Identity, n);
            prop_assert!(birth_typo(written(d), true, &mut chance).day().is_some());
        }
    }
}
