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
    /// By record, the row of its source that was behind it when it was decided on, where that is known.
    pub records: BTreeMap<IdentityRef, IdentityRef>,
    /// Pairs that are about other records now than when they were decided.
    pub followed: u64,
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

    /// The same decisions about the records that there are now: `now` tells of a record, and the row behind it, which one has taken its place.
    #[must_use]
    pub fn followed(mut self, now: impl Fn(&IdentityRef, &IdentityRef) -> Option<IdentityRef>) -> Self {
        let mut count = 0;
        for (left, right) in self.must.iter_mut().chain(&mut self.cannot) {
            let next = |record: &IdentityRef| self.records.get(record).and_then(|row| now(record, row));
            let (new_left, new_right) = (next(left).unwrap_or(*left), next(right).unwrap_or(*right));
            // Two that have become one record are no pair any more.
            if (new_left, new_right) != (*left, *right) && new_left != new_right {
                (*left, *right) = (new_left, new_right);
                count += 1;
            }
        }
        self.followed = count;
        self
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
        let (must, cannot) = (pairs(&[(1, 2), (3, 4), (2, 5)]), pairs(&[(1, 3), (9, 8)]));
        let mut reviewed = Reviewed { must, cannot, ..Reviewed::default() };
        assert_eq!(reviewed.contradiction(), None);
        reviewed.must.extend(pairs(&[(5, 4)]));
        assert_eq!(reviewed.contradiction(), Some((reference(1), reference(3))));
        // Record 5 was corrected: the row behind it is record 6 now. What became one record is left as it stands.
        reviewed.records = BTreeMap::from([(reference(5), reference(50)), (reference(9), reference(90))]);
        let now = |record: &IdentityRef, row: &IdentityRef| match (record[15], row[15]) {
            (5, 50) => Some(reference(6)),
            (9, 90) => Some(reference(8)),
            _ => None,
        };
        let followed = reviewed.followed(now);
        assert_eq!(followed.must, pairs(&[(1, 2), (3, 4), (2, 6), (6, 4)]));
        assert_eq!((followed.cannot, followed.followed), (pairs(&[(1, 3), (9, 8)]), 2));
        assert!(Reviewed::default().is_empty() && Reviewed::default().contradiction().is_none());
    }
}
