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
        let mut groups = Gathered::default();
        for run in keyed.chunk_by(|a, b| a.0 == b.0) {
            groups.add(run.iter().map(|k| (k.1, k.2)));
        }
        groups.in_order()
    }
}

/// Groups as they are found, in the accidental order of their keys.
#[derive(Default)]
struct Gathered {
    members: Vec<(u32, u8)>,
    /// The smallest row of each group, and where its members begin and end.
    spans: Vec<(u32, u32, u32)>,
}

impl Gathered {
    /// Takes the rows of one key, ascending, each once; keeps them if two rows stand on two sides.
    fn add(&mut self, rows: impl Iterator<Item = (u32, u8)>) {
        let start = self.members.len();
        self.members.extend(rows);
        let group = &self.members[start..];
        if group.len() > 1 && group.iter().fold(0, |all, m| all | m.1) == LEFT | RIGHT {
            self.spans.push((group[0].0, row_count(start), row_count(self.members.len())));
        } else {
            self.members.truncate(start);
        }
    }

    /// The order of keys is an accident of how they were numbered; the order of rows is that of references.
    fn in_order(mut self) -> Groups {
        let rows = |span: &(u32, u32, u32)| &self.members[span.1 as usize..span.2 as usize];
        self.spans.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| rows(a).cmp(rows(b))));
        let mut groups = Groups { starts: Vec::with_capacity(self.spans.len()), members: Vec::new() };
        groups.members.reserve_exact(self.members.len());
        for span in &self.spans {
            groups.starts.push(row_count(groups.members.len()));
            groups.members.extend_from_slice(rows(span));
        }
        groups
    }
}

#[allow(clippy::cast_possible_truncation)] // counted in u32 throughout, as rows are
fn row_count(count: usize) -> u32 {
    count as u32
}

/// Finds the groups of a pass.
pub trait Grouping: Sync {
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
        let rows = 0..row_count(table.len());
        let mut hashed: Vec<Hashed> = Vec::with_capacity(table.len());
        let mut keys = Keys::new(table, &[&pass.left, &pass.right]);
        if pass.is_crossed() {
            for (columns, among, side) in [(&pass.left, &left, LEFT), (&pass.right, &right, RIGHT)] {
                let rows = rows.clone().filter(|&r| among[usize::from(table.source_number(r))]);
                hashed.extend(
                    rows.filter_map(|row| Some(Hashed { hash: mixed(keys.of(table, columns, row)?), row, side })),
                );
            }
        } else {
            let side = |row: u32| {
                let source = usize::from(table.source_number(row));
                u8::from(left[source]) * LEFT + u8::from(right[source]) * RIGHT
            };
            let rows = rows.map(|row| (row, side(row))).filter(|r| r.1 != 0);
            hashed.extend(
                rows.filter_map(|(row, side)| {
                    Some(Hashed { hash: mixed(keys.of(table, &pass.left, row)?), row, side })
                }),
            );
        }
        // A key of no more than 64 bits is spread, not cut: two rows of one hash have one key.
        let spread = keys.width() <= u64::BITS;
        let mut key = |one: &Hashed| {
            if spread {
                return Some(0);
            }
            let columns = if one.side == RIGHT { &pass.right } else { &pass.left };
            keys.of(table, columns, one.row)
        };
        Ok(by_hash(hashed, &mut key))
    }
}

/// A row by the hash of its key.
#[derive(Clone, Copy, Default)]
struct Hashed {
    hash: u64,
    row: u32,
    side: u8,
}

/// Spreads a key over 64 bits: each step can be undone, so keys of 64 bits stay apart.
fn mixed(key: u128) -> u64 {
    #[allow(clippy::cast_possible_truncation)] // both halves are taken
    let (low, high) = (key as u64, (key >> 64) as u64);
    let mut hash = low ^ high.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(31);
    hash = (hash ^ (hash >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    hash = (hash ^ (hash >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    hash ^ (hash >> 32)
}

/// Bits of the hash by which rows are first dealt out, so that each heap is sorted within the processor's cache.
const DEALT: u32 = 11;

/// Groups rows by key: dealt out by hash, sorted heap by heap, and rows whose hashes are equal compared by the keys themselves.
fn by_hash(hashed: Vec<Hashed>, key: &mut dyn FnMut(&Hashed) -> Option<u128>) -> Groups {
    let heap = |one: &Hashed| usize::try_from(one.hash >> (u64::BITS - DEALT)).unwrap_or(0);
    let mut starts = vec![0_usize; (1 << DEALT) + 1];
    for one in &hashed {
        starts[heap(one) + 1] += 1;
    }
    for at in 1..starts.len() {
        starts[at] += starts[at - 1];
    }
    let mut dealt = vec![Hashed::default(); hashed.len()];
    let mut next = starts.clone();
    for one in hashed {
        let place = &mut next[heap(&one)];
        dealt[*place] = one;
        *place += 1;
    }
    let mut groups = Gathered::default();
    let mut exact: Vec<(u128, u32, u8)> = Vec::new();
    for ends in starts.windows(2) {
        let heap = &mut dealt[ends[0]..ends[1]];
        heap.sort_unstable_by_key(|one| (one.hash, one.row));
        for run in heap.chunk_by(|a, b| a.hash == b.hash).filter(|run| run.len() > 1) {
            exact.clear();
            exact.extend(run.iter().filter_map(|one| Some((key(one)?, one.row, one.side))));
            if exact.iter().any(|one| one.0 != exact[0].0) {
                exact.sort_unstable();
            }
            for rows in exact.chunk_by(|a, b| a.0 == b.0) {
                groups.add(merged(rows));
            }
        }
    }
    groups.in_order()
}

/// The rows of one key, ascending, a row that stands on both sides once.
fn merged(rows: &[(u128, u32, u8)]) -> impl Iterator<Item = (u32, u8)> {
    rows.chunk_by(|a, b| a.1 == b.1).map(|same| (same[0].1, same.iter().fold(0, |all, one| all | one.2)))
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

    /// Bits of all columns together.
    fn width(&self) -> u32 {
        self.bits.iter().sum()
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
