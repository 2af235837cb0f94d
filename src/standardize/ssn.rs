//! A social security number: what is left when its punctuation is gone, and what it is worth.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

/// What an SSN is worth. Only `Valid` may be a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SsnStatus {
    /// Nine digits that the administration may have issued (or, in a synthetic source, of the range set aside for such).
    Valid,
    /// Nine digits, or another count, that it cannot have issued.
    Invalid,
    /// Printed in an advertisement, used as a filler, or one digit nine times.
    Placeholder,
    /// A taxpayer number of the revenue service (ITIN or ATIN).
    Itin,
    /// An agency's own number: one to three letters, then digits.
    Alt,
    /// Nothing there.
    Missing,
}

impl SsnStatus {
    /// The word in `ssn_status`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Invalid => "invalid",
            Self::Placeholder => "placeholder",
            Self::Itin => "itin",
            Self::Alt => "alt",
            Self::Missing => "missing",
        }
    }
}

/// A canonical SSN and its status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ssn {
    /// Digits and letters only; `None` where nothing was there.
    pub value: Option<String>,
    /// What it is worth.
    pub status: SsnStatus,
}

/// Words for "not known".
const WORDS: &[&str] =
    &["DECLINED", "MISSING", "NA", "NAN", "NONE", "NULL", "PENDING", "REFUSED", "TBD", "UNK", "UNKNOWN"];

/// Numbers that many people have written though they are nobody's.
const MISUSED: &[&str] = &["078051120", "219099999", "123456789", "012345678"];

/// Makes an SSN canonical. `synthetic` accepts areas 900 to 999 with groups 01 to 49, which are never issued;
/// `lost_zeros` puts back the leading zeros of numbers that passed through a numeric column.
#[must_use]
pub fn ssn(raw: &str, synthetic: bool, lost_zeros: bool) -> Ssn {
    // Nine digits and nothing else, as nearly all are written, need no more.
    if raw.len() == 9 && raw.bytes().all(|b| b.is_ascii_digit()) {
        return Ssn { value: Some(raw.to_owned()), status: of_digits(raw, synthetic) };
    }
    let text = raw.trim();
    let text = if text.is_ascii() { Cow::Borrowed(text) } else { text.nfkd().collect() };
    // A number that passed through a floating-point column ends in `.0`.
    let text = text.strip_suffix(".0").filter(|rest| rest.bytes().all(|b| b.is_ascii_digit())).unwrap_or(&text);
    let mut value: String = text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect();
    if value.is_empty() || WORDS.contains(&value.as_str()) {
        return Ssn { value: None, status: SsnStatus::Missing };
    }
    let digits = value.bytes().all(|b| b.is_ascii_digit());
    // No area is 000, so a true number has at least seven digits left.
    if digits && lost_zeros && matches!(value.len(), 7 | 8) {
        value = format!("{value:0>9}");
    }
    let status = if digits { of_digits(&value, synthetic) } else { of_letters(&value) };
    Ssn { value: Some(value), status }
}

fn of_letters(value: &str) -> SsnStatus {
    let prefix = value.bytes().take_while(u8::is_ascii_uppercase).count();
    let rest = &value[prefix..];
    if (1..=3).contains(&prefix) && rest.len() >= 5 && rest.bytes().all(|b| b.is_ascii_digit()) {
        SsnStatus::Alt
    } else {
        SsnStatus::Invalid
    }
}

fn of_digits(value: &str, synthetic: bool) -> SsnStatus {
    if value.len() != 9 {
        return SsnStatus::Invalid;
    }
    let number = |range: std::ops::Range<usize>| value[range].bytes().fold(0u32, |n, b| n * 10 + u32::from(b - b'0'));
    let (area, group, serial) = (number(0..3), number(3..5), number(5..9));
    let repeated = value.bytes().all(|b| b == value.as_bytes()[0]) && area != 0;
    if repeated || MISUSED.contains(&value) || (area == 987 && group == 65 && (4320..=4329).contains(&serial)) {
        return SsnStatus::Placeholder;
    }
    if group == 0 || serial == 0 {
        return SsnStatus::Invalid;
    }
    match area {
        0 | 666 => SsnStatus::Invalid,
        900.. => match group {
            50..=65 | 70..=88 | 90..=99 => SsnStatus::Itin,
            1..=49 if synthetic => SsnStatus::Valid,
            _ => SsnStatus::Invalid,
        },
        _ => SsnStatus::Valid,
    }
}
