//! Groups: which rows hold one key of a pass, whoever finds them.

use crate::linkage::rules::Pass;
use crate::linkage::{LinkageError, TokenTable};

/// A row stands on the left side of its key.
pub const LEFT: u8 = 1;
/// A row stands on the right side of its key.
pub const RIGHT: u8 = 2;

/// Rows by key. A group has at least one row on each side and at least two rows; a row stands at most once in a group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Groups {
    starts: Vec<u32>,
    members: Vec<(u32, u8)>,
}

impl Groups {
    /// How many groups there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    /// Each group's rows, ascending, with their sides; groups stand in the order of their rows.
    pub fn iter(&self) -> impl Iterator<Item = &[(u32, u8)]> {
        let ends = self.starts.iter().skip(1).copied().chain([row_count(self.members.len())]);
        self.starts.iter().zip(ends).map(|(&start, end)| &self.members[start as usize..end as usize])
    }

    /// Groups out of (key, row, side) in any order: rows of one key come together, rows on both sides become one member.
    #[must_use]
    pub fn from_keyed<K: Ord + Copy>(mut keyed: Vec<(K, u32, u8)>) -> Self {
        keyed.sort_unstable();
        keyed.dedup_by(|later, kept| {
            let same = later.0 == kept.0 && later.1 == kept.1;
            if same {
                kept.2 |= later.2;
            }
            same
        });
        let mut spans: Vec<(usize, usize)> = Vec::new();
        let mut start = 0;
        while start < keyed.len() {
            let end = start + keyed[start..].iter().take_while(|k| k.0 == keyed[start].0).count();
            let sides = keyed[start..end].iter().fold(0, |all, k| all | k.2);
            if end - start > 1 && sides == LEFT | RIGHT {
                spans.push((start, end));
            }
            start = end;
        }
        // The order of keys is an accident of how they were numbered; the order of rows is that of references.
        let rows = |&(start, end): &(usize, usize)| keyed[start..end].iter().map(|k| (k.1, k.2));
        spans.sort_unstable_by(|a, b| rows(a).cmp(rows(b)));
        let mut groups = Self::default();
        for span in &spans {
            groups.starts.push(row_count(groups.members.len()));
            groups.members.extend(rows(span));
        }
        groups
    }
}

#[allow(clippy::cast_possible_truncation)] // counted in u32 throughout, as rows are
fn row_count(count: usize) -> u32 {
    count as u32
}

/// Finds the groups of a pass.
pub trait Grouping {
    /// The groups of one pass.
    fn groups(&self, pass: &Pass) -> Result<Groups, LinkageError>;
}

/// Grouping by sorting keys in memory.
#[derive(Debug)]
pub struct InMemory<'a>(pub &'a TokenTable);

impl Grouping for InMemory<'_> {
    fn groups(&self, pass: &Pass) -> Result<Groups, LinkageError> {
        let table = self.0;
        let left = table.among(&pass.left_sources);
        let right = table.among(&pass.right_sources);
        if pass.is_crossed() {
            let mut keys = Keys::new(table, &[&pass.left, &pass.right]);
            let rows = 0..row_count(table.len());
            let lefts = rows.clone().filter(|&r| left[usize::from(table.source_number(r))]);
            let mut keyed: Vec<(u128, u32, u8)> =
                lefts.filter_map(|r| keys.of(table, &pass.left, r).map(|k| (k, r, LEFT))).collect();
            let rights = rows.filter(|&r| right[usize::from(table.source_number(r))]);
            keyed.extend(rights.filter_map(|r| keys.of(table, &pass.right, r).map(|k| (k, r, RIGHT))));
            return Ok(Groups::from_keyed(keyed));
        }
        let mut keys = Keys::new(table, &[&pass.left]);
        let side = |row: u32| {
            let source = usize::from(table.source_number(row));
            u8::from(left[source]) * LEFT + u8::from(right[source]) * RIGHT
        };
        let rows = (0..row_count(table.len())).filter(|&r| side(r) != 0);
        Ok(Groups::from_keyed(rows.filter_map(|r| keys.of(table, &pass.left, r).map(|k| (k, r, side(r)))).collect()))
    }
}

/// Exact keys of several columns in 128 bits: each column takes as many bits as its numbers need, and columns that do not fit are first
/// numbered together.
struct Keys {
    bits: Vec<u32>,
    folded: std::collections::HashMap<u128, u128>,
}

impl Keys {
    fn new(table: &TokenTable, keys: &[&Vec<usize>]) -> Self {
        let parts = keys.first().map_or(0, |k| k.len());
        let widest = |part: usize| keys.iter().map(|k| table.greatest(k[part])).max().unwrap_or(0);
        Self {
            bits: (0..parts).map(|part| u32::BITS - widest(part).leading_zeros()).collect(),
            folded: std::collections::HashMap::new(),
        }
    }

    fn of(&mut self, table: &TokenTable, columns: &[usize], row: u32) -> Option<u128> {
        let mut key = 0_u128;
        let mut used = 0;
        for (&column, &bits) in columns.iter().zip(&self.bits) {
            let value = table.value(column, row);
            if value == 0 {
                return None;
            }
            if used + bits > u128::BITS {
                // Every row folds at the same part, so a folded key never meets one that was not.
                let next = self.folded.len() as u128;
                key = *self.folded.entry(key).or_insert(next);
                used = 64;
            }
            key = key << bits | u128::from(value);
            used += bits;
        }
        Some(key)
    }
}
