//! Letters: how a name as typed becomes upper-case ASCII words. The base of every name rule.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Marks that stand where an apostrophe is meant, and invisible characters; they vanish, so `O’Brien` is `OBRIEN`.
const VANISH: &[char] = &[
    '\'', '\u{2018}', '\u{2019}', '\u{201b}', '\u{2b9}', '\u{2bb}', '\u{2bc}', '\u{2bd}', '\u{2be}', '\u{2bf}',
    '\u{2c8}', '\u{2032}', '\u{ff07}', '`', '\u{b4}', '\u{a8}', '\u{af}', '\u{b8}', '\u{2c6}', '\u{2dc}', '\u{ad}',
    '\u{200b}', '\u{200c}', '\u{200d}', '\u{2060}', '\u{feff}', '\u{fffd}',
];

/// Brackets and quotes, opening and closing: what stands between a pair is an aside, such as a nickname.
const ASIDES: &[(char, char)] =
    &[('(', ')'), ('[', ']'), ('{', '}'), ('"', '"'), ('\u{201c}', '\u{201d}'), ('\u{ab}', '\u{bb}')];

/// The words of a text: upper-case ASCII letters and digits. Asides are left out unless nothing else is there.
pub(crate) fn words(raw: &str) -> Vec<String> {
    let outside = without_asides(raw);
    let found = split(&fold(&outside));
    if found.is_empty() && outside.len() != raw.len() { split(&fold(raw)) } else { found }
}

/// The text as upper-case ASCII letters, digits, full stops and spaces; everything else separates.
pub(crate) fn fold(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    if raw.is_ascii() {
        for c in raw.chars() {
            match c {
                'a'..='z' => out.push(c.to_ascii_uppercase()),
                'A'..='Z' | '0'..='9' | '.' => out.push(c),
                '\'' | '`' => {}
                _ => out.push(' '),
            }
        }
        return out;
    }
    for c in raw.chars().filter(|c| !VANISH.contains(c)).nfkd() {
        match c {
            'a'..='z' => out.push(c.to_ascii_uppercase()),
            'A'..='Z' | '0'..='9' | '.' => out.push(c),
            _ if c.is_ascii() => out.push(' '),
            _ if VANISH.contains(&c) || is_combining_mark(c) => {}
            // A letter that ASCII has no word for is dropped; anything else separates.
            _ => match spelled_out(c) {
                Some(letters) => out.push_str(letters),
                None if c.is_alphanumeric() => {}
                None => out.push(' '),
            },
        }
    }
    out
}

/// Letters that do not decompose into a base letter and a mark.
const fn spelled_out(c: char) -> Option<&'static str> {
    Some(match c {
        'ß' | 'ẞ' => "SS",
        'æ' | 'Æ' => "AE",
        'œ' | 'Œ' => "OE",
        'þ' | 'Þ' => "TH",
        'ø' | 'Ø' => "O",
        'ł' | 'Ł' => "L",
        'đ' | 'Đ' | 'ð' | 'Ð' => "D",
        'ħ' | 'Ħ' => "H",
        'ı' => "I",
        'ŧ' | 'Ŧ' => "T",
        'ŋ' | 'Ŋ' => "N",
        'ĸ' => "K",
        'ə' | 'Ə' => "E",
        _ => return None,
    })
}

/// Splits at spaces; a full stop separates, except between single letters (`J.R.` is `JR`, `ST.JOHN` is `ST JOHN`).
fn split(folded: &str) -> Vec<String> {
    let mut out = Vec::new();
    for token in folded.split_ascii_whitespace() {
        if token.contains('.') && token.split('.').all(|piece| piece.len() <= 1) {
            let joined = token.replace('.', "");
            if !joined.is_empty() {
                out.push(joined);
            }
        } else {
            out.extend(token.split('.').filter(|piece| !piece.is_empty()).map(str::to_owned));
        }
    }
    out
}

fn without_asides(raw: &str) -> String {
    let mut rest = raw;
    let mut out = String::with_capacity(raw.len());
    while let Some((at, open)) = rest.char_indices().find(|(_, c)| ASIDES.iter().any(|(o, _)| o == c)) {
        let inside = &rest[at + open.len_utf8()..];
        let close = ASIDES.iter().find(|(o, _)| *o == open).map_or(open, |(_, c)| *c);
        out.push_str(&rest[..at]);
        out.push(' ');
        // An opening mark without its closing one is a stray mark.
        rest = inside.find(close).map_or(inside, |end| &inside[end + close.len_utf8()..]);
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_aside_is_left_out_unless_it_is_all_there_is() {
        assert_eq!(words("Robert (Bob) Jones"), ["ROBERT", "JONES"]);
        assert_eq!(words("(Ana)"), ["ANA"]);
        assert_eq!(words("O\"Brien"), ["O", "BRIEN"]);
    }

    #[test]
    fn both_paths_fold_alike() {
        for text in ["Smith-Jones, Jr.", "o'brien", "A.B. c/d", "x_y*z"] {
            let wide = format!("{text}\u{200b}");
            assert_eq!(fold(text), fold(&wide));
        }
    }
}
