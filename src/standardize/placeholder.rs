//! Placeholders: what people and systems write where a name, an id or a date is not known.

/// Names that are not names, letters only and joined; compared after the name is canonical.
const NAMES: &[&str] = &[
    "ANON",
    "ANONYMOUS",
    "ASDF",
    "BLANK",
    "CONFIDENTIAL",
    "DECLINED",
    "DECLINEDTOSTATE",
    "DELETE",
    "DELETED",
    "DESCONOCIDO",
    "DONOTUSE",
    "DUMMY",
    "DUPLICATE",
    "EMPTY",
    "FIRSTNAME",
    "FIRSTNAMEUNKNOWN",
    "FNU",
    "INVALID",
    "LASTNAME",
    "LASTNAMEUNKNOWN",
    "LNU",
    "MISSING",
    "NAMEUNKNOWN",
    "NFN",
    "NINGUNO",
    "NLN",
    "NMI",
    "NMN",
    "NOAPLICA",
    "NOFIRSTNAME",
    "NOLASTNAME",
    "NOMIDDLE",
    "NOMIDDLEINITIAL",
    "NOMIDDLENAME",
    "NONAME",
    "NONAMEGIVEN",
    "NONE",
    "NOTAPPLICABLE",
    "NOTAVAILABLE",
    "NOTGIVEN",
    "NOTKNOWN",
    "NOTPROVIDED",
    "NOTREPORTED",
    "NULL",
    "ONLYNAME",
    "QWERTY",
    "REDACTED",
    "REFUSED",
    "SAMPLE",
    "SINNOMBRE",
    "STUDENT",
    "SUPPRESSED",
    "TBA",
    "TBD",
    "TEST",
    "TESTING",
    "TESTRECORD",
    "TESTSTUDENT",
    "TESTTEST",
    "UNAVAILABLE",
    "UNIDENTIFIED",
    "UNK",
    "UNKN",
    "UNKNOWN",
    "UNKNOWNNAME",
    "UNKNOWNUNKNOWN",
    "UNNAMED",
    "VOID",
    "WITHHELD",
];

/// First names that hospitals give to the newborn.
const NEWBORN: &[&str] = &[
    "BABY",
    "BABYBOY",
    "BABYGIRL",
    "BABYFEMALE",
    "BABYMALE",
    "BOYBABY",
    "GIRLBABY",
    "INFANT",
    "INFANTBOY",
    "INFANTGIRL",
    "FEMALE",
    "MALE",
    "NEWBORN",
    "NEWBORNBOY",
    "NEWBORNGIRL",
    "TWINA",
    "TWINB",
];

/// Whether a canonical name stands for "not known".
pub(crate) fn is_name(canonical: &str, first: bool) -> bool {
    // `N/A` folds to two letters; `NA` in one word is a Korean surname and a Vietnamese given name.
    if canonical == "N A" {
        return true;
    }
    let joined: String = canonical.split(' ').collect();
    is_one_letter_again_and_again(&joined)
        || NAMES.binary_search(&joined.as_str()).is_ok()
        || (first && NEWBORN.contains(&joined.as_str()))
}

/// `XX`, `XXX`, `ZZZZ`: two letters X or Z, three of any.
fn is_one_letter_again_and_again(joined: &str) -> bool {
    let Some(first) = joined.bytes().next() else { return false };
    let least = if matches!(first, b'X' | b'Z') { 2 } else { 3 };
    joined.len() >= least && joined.bytes().all(|b| b == first)
}

/// Whether a canonical id stands for "not known".
pub(crate) fn is_id(canonical: &str) -> bool {
    const WORDS: &[&str] = &["#N/A", "MISSING", "N/A", "NA", "NAN", "NONE", "NULL", "PENDING", "TBD", "UNK", "UNKNOWN"];
    let all = |digit: u8| canonical.bytes().all(|b| b == digit);
    all(b'0')
        || (canonical.len() >= 6 && all(b'9'))
        || WORDS.binary_search(&canonical).is_ok()
        || canonical.bytes().all(|b| !b.is_ascii_alphanumeric())
}

/// Birth dates that systems write for "not known": zeros of calendars and of programs. Year, month, day.
///
/// Dates at which people are truly born, such as 1 January 1970 or 2000, are not here: those are found by frequency.
pub const DATES: &[(i32, u32, u32)] = &[
    (1, 1, 1),
    (1111, 11, 11),
    (1582, 10, 15),
    (1753, 1, 1),
    (1800, 1, 1),
    (1899, 12, 30),
    (1899, 12, 31),
    (1900, 1, 1),
    (1901, 1, 1),
    (2099, 12, 31),
    (2999, 12, 31),
    (9999, 9, 9),
    (9999, 12, 31),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_sorted_for_their_search() {
        assert!(NAMES.is_sorted());
        for name in NAMES {
            assert!(is_name(name, false), "{name}");
        }
        assert!(is_id("UNKNOWN") && is_id("#N/A") && is_id("000") && !is_id("0001"));
    }
}
