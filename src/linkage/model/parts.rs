//! Parts: what of a field two records must share to meet in a block, and the keys that parts make.

use super::records::{Records, Values};
use super::texts::mixed;

/// A part of a field that two records must share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The whole value.
    Whole(usize),
    /// So many first letters of a text.
    First(usize, usize),
    /// What a first name goes back to.
    Root(usize),
    /// The year of a day.
    Year(usize),
    /// The last four of nine digits.
    LastFour(usize),
    /// One slip apart, by the neighbourhoods of tokens; it stands alone in its rule.
    Near(usize),
}

impl Part {
    /// The field it is of.
    #[must_use]
    pub const fn field(self) -> usize {
        match self {
            Self::Whole(field)
            | Self::First(field, _)
            | Self::Root(field)
            | Self::Year(field)
            | Self::LastFour(field)
            | Self::Near(field) => field,
        }
    }
}

/// The key of every record; 0 where a part is missing.
pub(super) fn keys(records: &Records, parts: &[Part]) -> Vec<u64> {
    let count = u32::try_from(records.len()).unwrap_or(u32::MAX);
    let mut keys = vec![0_u64; records.len()];
    for (nth, part) in parts.iter().enumerate() {
        let code = part_codes(records, *part);
        for (key, code) in keys.iter_mut().zip(records.codes(part.field(), 0..count).map(code)) {
            // A key that has lost a part stays 0; unlike keys of three parts and more may meet by chance, once in 2^64.
            *key = match (nth, *key, code) {
                (_, _, 0) => 0,
                (0, _, code) => u64::from(code),
                (_, 0, _) => 0,
                (1, before, code) => before << 32 | u64::from(code),
                (_, before, code) => mixed(before).wrapping_add(u64::from(code)).max(1),
            };
        }
    }
    keys
}

/// Whether two records share a part; `None` where one of them lacks it.
#[must_use]
pub fn shares(records: &Records, part: Part, a: u32, b: u32) -> Option<bool> {
    let code = part_codes(records, part);
    let of = |record: u32| Some(code(records.code(part.field(), record))).filter(|code| *code != 0);
    of(a).zip(of(b)).map(|(x, y)| x == y)
}

/// A key for every two SSNs that are one slip apart, with the records that hold either.
pub(super) fn near_entries(records: &Records, field: usize) -> Vec<(u64, u32)> {
    let Values::Tokens { near: Some(near), .. } = &records.fields[field].values else { return Vec::new() };
    let count = u32::try_from(records.len()).unwrap_or(u32::MAX);
    let mut holders: Vec<(u32, u32)> = records.codes(field, 0..count).zip(0..).filter(|(code, _)| *code != 0).collect();
    holders.sort_unstable();
    let mut ssns: Vec<u32> = holders.iter().map(|(ssn, _)| *ssn).collect();
    ssns.dedup();
    let of = |ssn: u32| {
        let start = holders.partition_point(|(code, _)| *code < ssn);
        holders[start..].iter().take_while(move |(code, _)| *code == ssn).map(|(_, row)| *row)
    };
    let pairs = near.pairs(&ssns);
    let keyed = (1_u64..).zip(&pairs).flat_map(|(key, (x, y))| of(*x).chain(of(*y)).map(move |row| (key, row)));
    keyed.collect()
}

/// What turns the code of a field into the code of its part.
pub(super) fn part_codes(records: &Records, part: Part) -> Box<dyn Fn(u32) -> u32 + '_> {
    match (part, &records.fields[part.field()].values) {
        (Part::First(_, letters), Values::Texts(texts)) => {
            // Up to four letters are a number by themselves.
            let first = |number: u32| {
                let text = texts.text(number);
                let text = &text[..text.len().min(letters)];
                text.iter().take(4).fold(0, |code, byte| code << 8 | u32::from(*byte))
            };
            let firsts: Vec<u32> =
                (0..=texts.len()).map(|n| u32::try_from(n).map_or(0, |n| if n == 0 { 0 } else { first(n) })).collect();
            Box::new(move |code| firsts[code as usize])
        }
        (Part::Root(_), Values::Texts(texts)) => Box::new(|code| if code == 0 { 0 } else { texts.root(code) }),
        (Part::Year(_), Values::Days) => Box::new(|code| code >> 16),
        (Part::LastFour(_), Values::Digits) => Box::new(|code| if code == 0 { 0 } else { (code - 1) % 10_000 + 1 }),
        _ => Box::new(|code| code),
    }
}
