//! Reviewed: what people who looked have decided of pairs of records. It stands above every pass, guard and model.

use std::collections::BTreeMap;

use crate::linkage::table::IdentityRef;
use crate::linkage::{Clusters, TokenTable};

/// Pairs that people have decided.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reviewed {
    /// One person, whatever else is said.
    pub must: Vec<(IdentityRef, IdentityRef)>,
    /// Two persons, whatever else is said, and through whomever they might be joined.
    pub cannot: Vec<(IdentityRef, IdentityRef)>,
}

impl Reviewed {
    /// Whether nothing was decided.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.must.is_empty() && self.cannot.is_empty()
    }

    /// The first pair that may not be one person, and is made one by the pairs that must be.
    #[must_use]
    pub fn contradiction(&self) -> Option<(IdentityRef, IdentityRef)> {
        contradiction(&self.must, &self.cannot)
    }

    /// The pairs that name a record that a table does not hold: they decide nothing.
    #[must_use]
    pub fn gone(&self, table: &TokenTable) -> Vec<(IdentityRef, IdentityRef)> {
        let gone = |(a, b): &&(IdentityRef, IdentityRef)| table.row_of(a).and(table.row_of(b)).is_none();
        self.must.iter().chain(&self.cannot).filter(gone).copied().collect()
    }

    /// The pairs as rows of a table, smaller row first, in order; those of which a record is gone are left out.
    #[must_use]
    pub fn rows(&self, table: &TokenTable) -> ReviewedRows {
        let rows = |pairs: &[(IdentityRef, IdentityRef)]| {
            let row = |(a, b): &(IdentityRef, IdentityRef)| {
                let (a, b) = (table.row_of(a)?, table.row_of(b)?);
                Some((a.min(b), a.max(b)))
            };
            let mut rows: Vec<(u32, u32)> = pairs.iter().filter_map(row).collect();
            rows.sort_unstable();
            rows.dedup();
            rows
        };
        ReviewedRows { must: rows(&self.must), cannot: rows(&self.cannot) }
    }
}

/// The first pair that is two persons, and one by pairs that are one person.
#[must_use]
pub fn contradiction<K: Ord + Clone>(same: &[(K, K)], different: &[(K, K)]) -> Option<(K, K)> {
    let mut numbers: BTreeMap<&K, u32> = BTreeMap::new();
    for record in same.iter().chain(different).flat_map(|(a, b)| [a, b]) {
        let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
        numbers.entry(record).or_insert(next);
    }
    let mut clusters = Clusters::singletons(u32::try_from(numbers.len()).unwrap_or(u32::MAX));
    for (a, b) in same {
        let (a, b) = (clusters.root(numbers[a]), clusters.root(numbers[b]));
        clusters.union(a, b);
    }
    different.iter().find(|(a, b)| clusters.root(numbers[a]) == clusters.root(numbers[b])).cloned()
}

/// The same by rows of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReviewedRows {
    /// Pairs that must be one person.
    pub must: Vec<(u32, u32)>,
    /// Pairs that may not be.
    pub cannot: Vec<(u32, u32)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reference(number: u8) -> IdentityRef {
        let mut reference = [0; 16];
        reference[15] = number;
        reference
    }

    fn pairs(list: &[(u8, u8)]) -> Vec<(IdentityRef, IdentityRef)> {
        list.iter().map(|(a, b)| (reference(*a), reference(*b))).collect()
    }

    #[test]
    fn a_contradiction_is_found_through_others() {
        let mut reviewed = Reviewed { must: pairs(&[(1, 2), (3, 4), (2, 5)]), cannot: pairs(&[(1, 3), (9, 8)]) };
        assert_eq!(reviewed.contradiction(), None);
        reviewed.must.extend(pairs(&[(5, 4)]));
        assert_eq!(reviewed.contradiction(), Some((reference(1), reference(3))));
        assert!(Reviewed::default().is_empty() && Reviewed::default().contradiction().is_none());
    }
}
