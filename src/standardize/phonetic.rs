//! Phonetic codes: how a name sounds. Double Metaphone, its primary code, at most six letters.

use std::sync::OnceLock;

use rphonetic::DoubleMetaphone;

/// Letters kept of a code: four, the usual length, runs too many long surnames together.
const LENGTH: usize = 6;

/// The phonetic code of a canonical name, spaces left out; `None` where nothing sounds, or for a lone initial.
#[must_use]
pub fn phonetic(canonical: &str) -> Option<String> {
    static ENCODER: OnceLock<DoubleMetaphone> = OnceLock::new();
    let joined: String = canonical.split(' ').collect();
    if joined.len() < 2 || !joined.bytes().all(|b| b.is_ascii_uppercase()) {
        return None;
    }
    let code = ENCODER.get_or_init(|| DoubleMetaphone::new(Some(LENGTH))).double_metaphone(&joined).primary();
    (!code.is_empty()).then_some(code)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_name_can_be_heard(name in "[A-Z]{1,14}( [A-Z]{1,8})?") {
            if let Some(code) = phonetic(&name) {
                prop_assert!(!code.is_empty() && code.len() <= LENGTH + 1);
            }
        }
    }
}
