//! Counts: how many rows of a file went where, and how many broke each rule.

use std::collections::BTreeMap;

/// How many rows went where. `rows` is always `accepted + quarantined`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Records in.
    pub rows: u64,
    /// Rows kept.
    pub accepted: u64,
    /// Rows set aside.
    pub quarantined: u64,
    /// Rows that broke each rule.
    pub by_rule: BTreeMap<String, u64>,
}

impl Counts {
    /// Adds the counts of another batch.
    pub fn add(&mut self, other: &Self) {
        self.rows += other.rows;
        self.accepted += other.accepted;
        self.quarantined += other.quarantined;
        for (rule, rows) in &other.by_rule {
            *self.by_rule.entry(rule.clone()).or_default() += rows;
        }
    }
}
