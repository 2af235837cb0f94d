//! Values of persons as any file writes them: made canonical, and turned into the small numbers that a model compares.

use arrow::array::Date32Array;

use crate::foundation::interned::Interned;
use crate::linkage::model::spec::{FieldSpec, Holds};
use crate::linkage::model::{Column, Field, Forms, Texts, Values, day_code};
use crate::standardize;

/// Turns the values of one field into codes, each distinct raw value made canonical once.
pub(super) struct Encoder {
    name: String,
    holds: Holds,
    synthetic: bool,
    codes: Vec<u32>,
    texts: Texts,
    /// Raw values met, and their codes.
    raw: Interned,
    met: Vec<u32>,
    unusable: u64,
}

impl Encoder {
    /// An encoder that has met nothing yet. SSNs that were never issued count only where the people are made up.
    pub(super) fn new(field: &FieldSpec, synthetic: bool) -> Self {
        Self {
            name: field.name.value.clone(),
            holds: field.holds,
            synthetic,
            codes: Vec::new(),
            texts: Texts::default(),
            raw: Interned::default(),
            met: Vec::new(),
            unusable: 0,
        }
    }

    /// Whether it can take days as they are.
    pub(super) fn takes_days(&self) -> bool {
        self.holds == Holds::Date
    }

    /// The values of the next records.
    pub(super) fn days(&mut self, days: &Date32Array) {
        let code = |day: Option<i32>| day.and_then(standardize::civil).map_or(0, code_of);
        self.codes.extend(days.iter().map(code));
    }

    /// The value of the next record, as it stands in the file.
    pub(super) fn text(&mut self, raw: Option<&str>) {
        let code = raw.map_or(0, |raw| self.code(raw));
        self.codes.push(code);
    }

    /// The value of the next record, as a number that has lost the zeros before it.
    pub(super) fn number(&mut self, raw: Option<&str>) {
        let digits = match self.holds {
            Holds::Ssn => 9,
            Holds::PostalCode => 5,
            _ => return self.text(raw),
        };
        let whole = raw.map(|raw| raw.strip_suffix(".0").unwrap_or(raw));
        self.text(whole.map(|whole| format!("{whole:0>digits$}")).as_deref());
    }

    /// Values that were there and could not be used, by the field's name.
    pub(super) fn unusable(&self) -> (&str, u64) {
        (&self.name, self.unusable)
    }

    fn code(&mut self, raw: &str) -> u32 {
        let code = match self.holds {
            // Nearly every one stands once: nothing is gained by remembering it.
            Holds::Ssn => ssn_code(raw, self.synthetic),
            Holds::Number => number_code(raw),
            _ => self.remembered(raw),
        };
        self.unusable += u64::from(code == 0 && !raw.trim().is_empty());
        code
    }

    fn remembered(&mut self, raw: &str) -> u32 {
        let Some((number, new)) = self.raw.intern(raw.as_bytes()) else { return 0 };
        if new {
            let code = match self.holds {
                Holds::Date => date_code(raw),
                _ => forms(self.holds, raw).map_or(0, |forms| self.texts.number(&forms)),
            };
            self.met.push(code);
        }
        self.met[number as usize]
    }

    /// The codes of all records.
    pub(super) fn finish(self) -> Column {
        let values = match self.holds {
            Holds::Ssn => Values::Digits,
            Holds::Number => Values::Numbers,
            Holds::Date => Values::Days,
            _ => Values::Texts(self.texts),
        };
        Column { field: Field { name: self.name, values }, codes: self.codes }
    }
}

fn ssn_code(raw: &str, synthetic: bool) -> u32 {
    let ssn = standardize::ssn(raw, synthetic, false);
    match (ssn.status, ssn.value) {
        (standardize::SsnStatus::Valid, Some(digits)) => digits.parse::<u32>().map_or(0, |number| number + 1),
        _ => 0,
    }
}

/// A whole number, also as a spreadsheet writes it: `2024.0`.
fn number_code(raw: &str) -> u32 {
    let raw = raw.trim();
    let whole = raw.split_once('.').filter(|(_, rest)| rest.bytes().all(|b| b == b'0')).map_or(raw, |(whole, _)| whole);
    let number = whole.bytes().all(|b| b.is_ascii_digit()).then(|| whole.parse::<u32>().ok()).flatten();
    number.filter(|number| *number < 1_000_000_000).map_or(0, |number| number + 1)
}

fn date_code(raw: &str) -> u32 {
    let raw = raw.trim();
    let formats = ["%Y-%m-%d", "%Y%m%d", "%m/%d/%Y"];
    // A time after the day, as databases write it, says nothing here.
    let day = raw.get(..10).filter(|day| day.contains('-')).unwrap_or(raw);
    // A year of two digits is of no century; read as it stands it would be of the first.
    let whole_year = |day: &chrono::NaiveDate| chrono::Datelike::year(day) >= 1000;
    let read = formats.iter().find_map(|format| chrono::NaiveDate::parse_from_str(day, format).ok().filter(whole_year));
    read.map_or_else(|| mistyped(day), code_of)
}

/// A day that no calendar has, written as days are: its digits still tell which day was meant, and are compared like any other's.
fn mistyped(day: &str) -> u32 {
    let parts: Vec<&str> = match day.len() {
        8 if day.is_ascii() => vec![&day[..4], &day[4..6], &day[6..]],
        _ => day.split('-').collect(),
    };
    let [year, month, day] = parts[..] else { return 0 };
    let number = |text: &str, length| (text.len() == length).then(|| text.parse::<u32>().ok()).flatten();
    match (number(year, 4), number(month, 2), number(day, 2)) {
        (Some(year), Some(month), Some(day)) if year >= 1000 => day_code(year, month, day),
        _ => 0,
    }
}

fn code_of(day: chrono::NaiveDate) -> u32 {
    use chrono::Datelike;
    u32::try_from(day.year())
        .ok()
        .filter(|year| (1..=9999).contains(year))
        .map_or(0, |year| day_code(year, day.month(), day.day()))
}

/// The canonical forms of a raw text.
fn forms(holds: Holds, raw: &str) -> Option<Forms> {
    let text = match holds {
        Holds::FirstName => standardize::first_name(raw),
        Holds::MiddleName => standardize::middle_name(raw),
        Holds::LastName => standardize::last_name(raw),
        Holds::Sex => standardize::sex(raw).map(str::to_owned),
        Holds::PostalCode => standardize::postal_code(raw, false),
        _ => Some(raw.trim().to_uppercase()).filter(|text| !text.is_empty()),
    }?;
    let root = if holds == Holds::FirstName { standardize::nickname_root(&text) } else { None };
    let parts = if holds == Holds::LastName { standardize::last_parts(&text) } else { Vec::new() };
    // A name of one part shares no part that is not the whole.
    let parts = if parts.len() > 1 || text.contains(' ') { parts } else { vec![text.clone()] };
    Some(Forms { text, root, parts })
}
