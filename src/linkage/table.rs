//! The token table: the tokens dataset as columns of small numbers, in the order of identity references.
//!
//! Equal tokens of columns that are compared with each other have equal numbers; 0 is a missing token. Since rows stand in the order
//! of their references, nothing that follows depends on the order in which the dataset was written.

use std::sync::Arc;

use crate::linkage::model::ValueCounts;
use crate::linkage::near::Near;

/// A reference to an identity record.
pub type IdentityRef = [u8; 16];

/// A birth year, or a day, that is not known.
pub(crate) const UNKNOWN: i32 = i32::MIN;

/// The tokens dataset, ready to be linked.
#[derive(Debug)]
pub struct TokenTable {
    pub(crate) refs: Vec<IdentityRef>,
    pub(crate) sources: Vec<u16>,
    pub(crate) source_names: Vec<String>,
    pub(crate) birth_years: Vec<i32>,
    pub(crate) starts: Vec<i32>,
    pub(crate) ends: Vec<i32>,
    pub(crate) orgs: Vec<u32>,
    pub(crate) valid_ssn: Vec<bool>,
    pub(crate) columns: Vec<Vec<u32>>,
    pub(crate) distinct: Vec<u32>,
    /// How often the values of a column come, where that was counted before.
    pub(crate) counted: Vec<Option<ValueCounts>>,
    pub(crate) near: Arc<Near>,
}

impl TokenTable {
    /// How many identity records there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.refs.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.refs.is_empty()
    }

    /// The identity references, ascending; their places are the table's row numbers.
    #[must_use]
    pub fn refs(&self) -> &[IdentityRef] {
        &self.refs
    }

    /// The row of a reference.
    #[must_use]
    pub fn row_of(&self, reference: &IdentityRef) -> Option<u32> {
        self.refs.binary_search(reference).ok().map(row_number)
    }

    /// The name of a row's source.
    #[must_use]
    pub fn source(&self, row: u32) -> &str {
        &self.source_names[usize::from(self.sources[row as usize])]
    }

    /// Whether a row holds a valid SSN.
    #[must_use]
    pub fn has_ssn(&self, row: u32) -> bool {
        self.valid_ssn[row as usize]
    }

    pub(crate) fn source_number(&self, row: u32) -> u16 {
        self.sources[row as usize]
    }

    /// For each source number, whether it is one of `names`; all are where `names` is empty.
    pub(crate) fn among(&self, names: &[String]) -> Vec<bool> {
        self.source_names.iter().map(|s| names.is_empty() || names.contains(s)).collect()
    }

    pub(crate) fn value(&self, column: usize, row: u32) -> u32 {
        self.columns[column][row as usize]
    }

    /// The greatest number in use in a column.
    pub(crate) fn greatest(&self, column: usize) -> u32 {
        self.distinct[column]
    }

    pub(crate) fn birth_year(&self, row: u32) -> Option<i32> {
        Some(self.birth_years[row as usize]).filter(|&y| y != UNKNOWN)
    }

    /// First and last day of a row's period; a period without an end is open.
    pub(crate) fn period(&self, row: u32) -> Option<(i32, i32)> {
        let (start, end) = (self.starts[row as usize], self.ends[row as usize]);
        (start != UNKNOWN).then_some((start, if end == UNKNOWN { i32::MAX } else { end }))
    }

    pub(crate) fn org(&self, row: u32) -> u32 {
        self.orgs[row as usize]
    }

    /// Whether two SSNs, by their numbers, are equal, one digit apart or one adjacent transposition apart.
    pub(crate) fn are_near(&self, x: u32, y: u32) -> bool {
        self.near.are_near(x, y)
    }
}

#[allow(clippy::cast_possible_truncation)] // rows are counted in u32 throughout; four thousand million records do not fit one machine
pub(crate) fn row_number(row: usize) -> u32 {
    row as u32
}
