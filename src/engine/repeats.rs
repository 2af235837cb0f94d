//! Repeats: which rows may stand more than once, told by a hash of their values, so that exact comparison is left for few.

use arrow::array::{ArrayRef, BooleanArray};
use datafusion::common::hash_utils::{RandomState, create_hashes};

use crate::engine::EngineError;

/// The hash of a row's values under one fixed seed: equal rows of equal types have equal hashes, on any machine and in any batch.
#[derive(Clone, Copy, Debug)]
pub struct RowHash {
    kept: u64,
}

impl Default for RowHash {
    fn default() -> Self {
        Self { kept: u64::MAX }
    }
}

impl RowHash {
    /// A hash of which only the lowest bits are kept, so that unlike rows often meet.
    #[must_use]
    pub fn of_bits(bits: u32) -> Self {
        Self { kept: u64::MAX.checked_shl(bits).map_or(u64::MAX, |high| !high) }
    }

    fn hashes(self, columns: &[ArrayRef]) -> Result<Vec<u64>, EngineError> {
        let mut out = vec![0; columns.first().map_or(0, |column| column.len())];
        create_hashes(columns, &RandomState::with_seed(0x7468_726f), &mut out)
            .map_err(EngineError::sql("row hashes"))?;
        for hash in &mut out {
            *hash &= self.kept;
        }
        Ok(out)
    }
}

/// Gathers the hashes of rows: eight bytes a row.
#[derive(Debug, Default)]
pub struct Repeats {
    hash: RowHash,
    met: Vec<u64>,
}

impl Repeats {
    /// Room for so many rows.
    #[must_use]
    pub fn new(hash: RowHash, rows: usize) -> Self {
        Self { hash, met: Vec::with_capacity(rows) }
    }

    /// Adds rows, given the columns that are compared.
    pub fn add(&mut self, columns: &[ArrayRef]) -> Result<(), EngineError> {
        self.met.extend(self.hash.hashes(columns)?);
        Ok(())
    }

    /// The hashes that stand more than once.
    #[must_use]
    pub fn found(mut self) -> Repeated {
        self.met.sort_unstable();
        let twice: Vec<u64> = self.met.chunk_by(|a, b| a == b).filter(|run| run.len() > 1).map(|run| run[0]).collect();
        let mut marks = vec![0; MARKS / 64];
        for hash in &twice {
            let (word, bit) = mark(*hash);
            marks[word] |= bit;
        }
        Repeated { hash: self.hash, twice, marks }
    }
}

/// Bits of the table that answers most rows without a search.
const MARKS: usize = 1 << 20;

/// Where a hash has its mark. The lowest bits, since those are kept however few there are.
fn mark(hash: u64) -> (usize, u64) {
    let place = usize::try_from(hash % MARKS as u64).unwrap_or(0);
    (place / 64, 1 << (place % 64))
}

/// Hashes that stand more than once.
#[derive(Debug)]
pub struct Repeated {
    hash: RowHash,
    twice: Vec<u64>,
    marks: Vec<u64>,
}

impl Repeated {
    /// Whether every row stands once.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.twice.is_empty()
    }

    /// The rows whose hash stands more than once: all rows that have an equal, and perhaps a few that have none.
    pub fn among(&self, columns: &[ArrayRef]) -> Result<BooleanArray, EngineError> {
        let hashes = self.hash.hashes(columns)?;
        let stands = |hash: u64| {
            let (word, bit) = mark(hash);
            self.marks[word] & bit != 0 && self.twice.binary_search(&hash).is_ok()
        };
        Ok(hashes.into_iter().map(|hash| Some(stands(hash))).collect())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Int64Array, StringArray};
    use proptest::prelude::*;

    use super::*;

    fn columns(rows: &[(Option<i64>, Option<String>)]) -> Vec<ArrayRef> {
        vec![
            Arc::new(rows.iter().map(|r| r.0).collect::<Int64Array>()),
            Arc::new(rows.iter().map(|r| r.1.clone()).collect::<StringArray>()),
        ]
    }

    fn row() -> impl Strategy<Value = (Option<i64>, Option<String>)> {
        (proptest::option::of(0..4_i64), proptest::option::of("[ab]{0,2}"))
    }

    proptest! {
        #[test]
        fn every_row_that_has_an_equal_is_among_them(rows in prop::collection::vec(row(), 1..40), bits in 0_u32..66, cut in 0_usize..40) {
            let cut = cut.min(rows.len());
            let hash = RowHash::of_bits(bits);
            let mut repeats = Repeats::new(hash, rows.len());
            for part in [&rows[..cut], &rows[cut..]] {
                repeats.add(&columns(part)).unwrap();
            }
            let among = repeats.found().among(&columns(&rows)).unwrap();
            for (at, row) in rows.iter().enumerate() {
                let equals = rows.iter().filter(|other| *other == row).count();
                prop_assert!(equals == 1 || among.value(at), "row {at} of {rows:?}");
                // With the whole hash kept, so few rows never meet by chance.
                prop_assert!(bits < 64 || among.value(at) == (equals > 1), "row {at} of {rows:?}");
            }
        }
    }

    #[test]
    fn few_bits_make_unlike_rows_meet() {
        let rows: Vec<_> = (0..100).map(|i| (Some(i), None)).collect();
        let count = |bits: u32| {
            let mut repeats = Repeats::new(RowHash::of_bits(bits), 100);
            repeats.add(&columns(&rows)).unwrap();
            let found = repeats.found();
            (found.is_empty(), found.among(&columns(&rows)).unwrap().true_count())
        };
        assert_eq!(count(64), (true, 0));
        assert_eq!(count(0), (false, 100));
        assert!(count(3).1 > 90);
    }
}
