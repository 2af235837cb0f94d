//! Derived parts on their way to tokens: each distinct value of a field once, and which value each record has.

use arrow::record_batch::RecordBatch;

/// Stands where a record has no value.
pub const NO_VALUE: u32 = u32::MAX;

/// The parts that come from one field of a run of identity records. Values are numbered in the order of their coming, from one run to the next.
///
/// It holds values of persons: it is never written and never printed.
pub struct PartGroup {
    /// The number of each record's value, or [`NO_VALUE`].
    pub places: Vec<u32>,
    /// The number of the first of the new values. Zero starts anew: numbers given before mean nothing more.
    pub first: u32,
    /// The parts of the values met for the first time: a nullable text column a part.
    pub new: RecordBatch,
}

impl std::fmt::Debug for PartGroup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PartGroup").field("first", &self.first).finish_non_exhaustive()
    }
}
