//! A name: first, middle or last, made canonical, with the generation suffix that was found at its end.

use crate::standardize::{letters, placeholder};

/// A canonical name and the suffix that stood at its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Name {
    /// Upper-case ASCII words, one space between them; `None` where there is no name.
    pub name: Option<String>,
    /// `JR`, `SR`, `II`, `III`, `IV` or `V`.
    pub suffix: Option<&'static str>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    First,
    Middle,
    Last,
}

/// Titles, dropped at the beginning of a name.
const TITLES: &[&str] =
    &["MR", "MRS", "MS", "MISS", "MX", "MSTR", "DR", "PROF", "REV", "HON", "SGT", "CPT", "CAPT", "LT", "SIR"];

/// A first or given name with its suffix.
#[must_use]
pub fn first(raw: &str) -> Name {
    canonical(raw, Kind::First)
}

/// A middle name or initial with its suffix.
#[must_use]
pub fn middle(raw: &str) -> Name {
    canonical(raw, Kind::Middle)
}

/// A last name or surname with its suffix.
#[must_use]
pub fn last(raw: &str) -> Name {
    canonical(raw, Kind::Last)
}

/// A canonical first name.
#[must_use]
pub fn first_name(raw: &str) -> Option<String> {
    first(raw).name
}

/// A canonical middle name.
#[must_use]
pub fn middle_name(raw: &str) -> Option<String> {
    middle(raw).name
}

/// A canonical last name.
#[must_use]
pub fn last_name(raw: &str) -> Option<String> {
    last(raw).name
}

/// A generation suffix from a field of its own: `JR`, `SR`, `II` to `V`.
#[must_use]
pub fn suffix(raw: &str) -> Option<&'static str> {
    let joined: String = letters::words(raw).concat();
    trailing_suffix(&joined).or(match joined.as_str() {
        "JUNIOR" => Some("JR"),
        "SENIOR" => Some("SR"),
        "2" | "SECOND" => Some("II"),
        "3" | "THIRD" => Some("III"),
        "4" | "FOURTH" => Some("IV"),
        "5" | "V" | "FIFTH" => Some("V"),
        _ => None,
    })
}

/// A name without one of its letters, by its place, where that leaves three or more: what is left when that letter was mistyped.
pub(super) fn less(name: &str, place: usize) -> Option<String> {
    let left: String = name.chars().enumerate().filter(|(at, _)| *at != place).map(|(_, letter)| letter).collect();
    (left.len() >= 3 && left.len() < name.len()).then_some(left)
}

/// The first letter of a canonical name.
#[must_use]
pub fn initial(canonical: &str) -> Option<&str> {
    canonical.get(..1)
}

/// A word at the end of a name that can be nothing but a suffix.
fn trailing_suffix(word: &str) -> Option<&'static str> {
    Some(match word {
        "JR" | "JNR" => "JR",
        "SR" | "SNR" => "SR",
        "II" | "2ND" => "II",
        "III" | "3RD" => "III",
        "IV" | "4TH" => "IV",
        "5TH" => "V",
        _ => return None,
    })
}

fn canonical(raw: &str, kind: Kind) -> Name {
    let mut words = letters::words(raw);
    for word in &mut words {
        // Digits in a name are slips of the pen; only ordinals mean something.
        if trailing_suffix(word).is_none() {
            word.retain(|c| !c.is_ascii_digit());
        }
    }
    words.retain(|word| !word.is_empty());
    let mut suffix = None;
    while let Some(found) = words.last().and_then(|word| suffix_at_end(word, words.len(), kind)) {
        suffix = suffix.or(Some(found));
        words.pop();
    }
    // An ordinal that is not at the end says nothing.
    words.retain(|word| !word.starts_with(|c: char| c.is_ascii_digit()));
    let titles = words.iter().take_while(|word| TITLES.contains(&word.as_str())).count();
    words.drain(..titles);
    if kind == Kind::Last {
        words = joined_prefixes(words);
    }
    let name = words.join(" ");
    let known = !name.is_empty() && !placeholder::is_name(&name, kind == Kind::First);
    Name { name: known.then_some(name), suffix }
}

/// `V` is an initial in a first name and a suffix after a last name; a man may be called `JR`, but not by his surname.
fn suffix_at_end(word: &str, words: usize, kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::First if words == 1 => None,
        Kind::Last if words > 1 && word == "V" => Some("V"),
        _ => trailing_suffix(word),
    }
}

/// `O BRIEN` is `OBRIEN`, `MC DONALD` is `MCDONALD`, `D ANGELO` is `DANGELO`, `SAINT JOHN` is `ST JOHN`.
///
/// From the end, so that a prefix before a prefix joins what that one has become.
fn joined_prefixes(words: Vec<String>) -> Vec<String> {
    let mut out: Vec<String> = Vec::with_capacity(words.len());
    for word in words.into_iter().rev() {
        match (word.as_str(), out.last_mut()) {
            ("O" | "D" | "MC", Some(next)) if next.len() > 1 => next.insert_str(0, &word),
            ("SAINT", Some(_)) => out.push("ST".to_owned()),
            ("SAINTE", Some(_)) => out.push("STE".to_owned()),
            _ => out.push(word),
        }
    }
    out.reverse();
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Text that looks like a name, with everything that names meet.
    fn any_name() -> impl Strategy<Value = String> {
        let piece = prop::sample::select(vec![
            "O", "D", "MC", "SAINT", "ST.", "JR", "J.R.", "2nd", "V", "III", "Dr.", "Mr", "é", "ß", "Ø", "’", "'", "-",
            " ", ",", "(", ")", "\"", "N/A", "X", "1", "DE", "LA", "Núñez", "Smith", "garcia", "R", "TEST", "\u{200b}",
            "ﬁ", "Ж", ".",
        ]);
        prop_oneof![prop::collection::vec(piece, 0..8).prop_map(|p| p.concat()), any::<String>(), "[A-Za-z .'-]{0,16}"]
    }

    proptest! {
        #[test]
        fn standardising_twice_is_standardising_once(raw in any_name()) {
            for of in [first_name, middle_name, last_name] {
                if let Some(once) = of(&raw) {
                    prop_assert_eq!(of(&once), Some(once.clone()));
                    prop_assert!(once.bytes().all(|b| b.is_ascii_uppercase() || b == b' '));
                    prop_assert!(!once.contains("  ") && once.trim() == once);
                }
            }
        }

        #[test]
        fn a_suffix_is_its_own_suffix(raw in any_name()) {
            if let Some(found) = suffix(&raw) {
                prop_assert_eq!(suffix(found), Some(found));
            }
        }
    }
}
