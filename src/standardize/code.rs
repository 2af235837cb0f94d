//! Short codes of identity: sex, postal code, and the ids that organisations issue.

use unicode_normalization::UnicodeNormalization;

use crate::standardize::placeholder;

/// Sex as `M`, `F` or `X`.
#[must_use]
pub fn sex(raw: &str) -> Option<&'static str> {
    let word: String = raw.chars().filter(char::is_ascii_alphabetic).map(|c| c.to_ascii_uppercase()).collect();
    match word.as_str() {
        "M" | "MALE" | "BOY" | "MAN" => Some("M"),
        "F" | "FEMALE" | "GIRL" | "WOMAN" => Some("F"),
        "X" | "NB" | "NONBINARY" | "GENDERX" => Some("X"),
        _ => None,
    }
}

/// The first five digits of a postal code; `lost_zeros` puts back one leading zero.
#[must_use]
pub fn postal_code(raw: &str, lost_zeros: bool) -> Option<String> {
    let text = raw.trim();
    let five = text.split_once(['-', ' ']).map_or(text, |(five, _)| five);
    if !five.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let code = match five.len() {
        5 => five.to_owned(),
        9 => five[..5].to_owned(),
        4 if lost_zeros => format!("0{five}"),
        _ => return None,
    };
    (code != "00000" && code != "99999").then_some(code)
}

/// An id that an organisation issues: no spaces or invisible characters, upper case, leading zeros kept.
#[must_use]
pub fn id(raw: &str) -> Option<String> {
    let kept = |c: &char| !c.is_whitespace() && !c.is_control() && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{feff}');
    let value: String = if raw.is_ascii() {
        raw.chars().filter(kept).map(|c| c.to_ascii_uppercase()).collect()
    } else {
        raw.nfkc().filter(kept).flat_map(char::to_uppercase).filter(kept).collect()
    };
    (!value.is_empty() && !placeholder::is_id(&value)).then_some(value)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_id_stays_as_it_is(raw in "\\PC{0,12}") {
            if let Some(once) = id(&raw).filter(|id| id.is_ascii()) {
                prop_assert_eq!(id(&once), Some(once.clone()));
            }
        }
    }
}
