//! Patterns: a regular expression that a whole value must match, with a short way for the plain ones that identifiers have.

use regex::Regex;

/// A pattern made ready.
#[derive(Clone, Debug)]
pub(crate) enum Pattern {
    /// A row of character classes, one a byte: `[0-9]{9}`, `20[0-9]{2}[1-4]`, `[0-9]{2}\.[0-9]{4}`.
    Classes(Vec<[u64; 4]>),
    /// Anything else.
    Regex(Regex),
}

impl Pattern {
    /// Makes a pattern ready; it always stands for the whole value, with `^` and `$` or without.
    pub(crate) fn new(text: &str) -> Result<Self, String> {
        let regex = Regex::new(&format!("^(?:{text})$")).map_err(|error| {
            let error = error.to_string();
            format!(
                "not a regular expression: {}",
                error.lines().last().unwrap_or_default().trim_start_matches("error: ")
            )
        })?;
        Ok(classes(text).map_or(Self::Regex(regex), Self::Classes))
    }

    /// Whether the whole value matches.
    #[inline]
    pub(crate) fn matches(&self, value: &[u8]) -> bool {
        match self {
            Self::Classes(classes) => {
                value.len() == classes.len() && value.iter().zip(classes).all(|(byte, class)| has(class, *byte))
            }
            Self::Regex(regex) => std::str::from_utf8(value).is_ok_and(|value| regex.is_match(value)),
        }
    }
}

#[inline]
const fn has(class: &[u64; 4], byte: u8) -> bool {
    class[(byte >> 6) as usize] >> (byte & 63) & 1 == 1
}

/// The classes of a pattern made of plain ASCII characters and classes, each perhaps with a fixed count; `None` for every other pattern.
fn classes(text: &str) -> Option<Vec<[u64; 4]>> {
    let text = text.strip_prefix('^').unwrap_or(text);
    let mut rest = text.strip_suffix('$').unwrap_or(text).as_bytes();
    let mut classes = Vec::new();
    while let Some((first, after)) = rest.split_first() {
        let mut class = [0_u64; 4];
        let mut set = |from: u8, to: u8| (from..=to).for_each(|byte| class[usize::from(byte >> 6)] |= 1 << (byte & 63));
        rest = after;
        match first {
            b'[' => {
                let close = memchr::memchr(b']', rest)?;
                let (inner, after) = (&rest[..close], &rest[close + 1..]);
                rest = after;
                if inner.is_empty() || !inner.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-') {
                    return None;
                }
                let mut inner = inner;
                while let Some((from, after)) = inner.split_first() {
                    match after {
                        [b'-', to, after @ ..]
                            if from.is_ascii_alphanumeric() && to.is_ascii_alphanumeric() && from <= to =>
                        {
                            set(*from, *to);
                            inner = after;
                        }
                        _ if from.is_ascii_alphanumeric() => {
                            set(*from, *from);
                            inner = after;
                        }
                        _ => return None,
                    }
                }
            }
            b'\\' => {
                let (escaped, after) = rest.split_first()?;
                rest = after;
                match escaped {
                    b'.' | b'-' | b'/' => set(*escaped, *escaped),
                    // `\d` means every digit of Unicode, not the ASCII ones alone.
                    _ => return None,
                }
            }
            byte if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'/' | b' ') => set(*byte, *byte),
            _ => return None,
        }
        let mut count = 1;
        if let Some(after) = rest.strip_prefix(b"{") {
            let close = memchr::memchr(b'}', after)?;
            count = std::str::from_utf8(&after[..close]).ok()?.parse().ok().filter(|count| (1..=64).contains(count))?;
            rest = &after[close + 1..];
        }
        classes.extend(std::iter::repeat_n(class, count));
    }
    (!classes.is_empty()).then_some(classes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PLAIN: [&str; 6] =
        ["^[0-9]{9}$", "20[0-9]{2}[1-4]", "[0-9]{2}\\.[0-9]{4}", "^A[B-D]{2}-x$", "[A-Za-z0-9]{3}", "0"];

    #[test]
    fn plain_patterns_take_the_short_way_and_others_do_not() {
        for pattern in PLAIN {
            assert!(matches!(Pattern::new(pattern), Ok(Pattern::Classes(_))), "{pattern}");
        }
        for pattern in
            ["\\d{9}", "[^0-9]", "a|b", "a*", "a{1,2}", "(ab)", ".", "a?", "", "[a-]", "é", "[0-9]{5}(-[0-9]{4})?"]
        {
            assert!(matches!(Pattern::new(pattern), Ok(Pattern::Regex(_))), "{pattern}");
        }
        assert_eq!(Pattern::new("[0-9").unwrap_err(), "not a regular expression: unclosed character class");
    }

    #[test]
    fn the_whole_value_must_match() {
        let pattern = Pattern::new("a|bc").unwrap();
        assert!(pattern.matches(b"a") && pattern.matches(b"bc") && !pattern.matches(b"abc") && !pattern.matches(b"xa"));
    }

    proptest! {
        #[test]
        fn both_ways_agree(at in 0..PLAIN.len(), value in "[0-9A-Dx.-]{0,11}") {
            let short = Pattern::new(PLAIN[at]).unwrap();
            let long = Regex::new(&format!("^(?:{})$", PLAIN[at])).unwrap();
            prop_assert_eq!(short.matches(value.as_bytes()), long.is_match(&value));
        }
    }
}
