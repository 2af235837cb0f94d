//! Score: how a partition stands against the truth, in pairs, counted by the sizes of groups and never pair by pair.

/// Pairs of records, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PairScore {
    /// Pairs that were put together.
    pub linked: u64,
    /// Of those, pairs of one person.
    pub correct: u64,
    /// Pairs of one person that could be told from what their records hold.
    pub linkable: u64,
    /// Of those, pairs that were put together.
    pub found: u64,
}

impl PairScore {
    /// Correct pairs among those put together; 1 where nothing was.
    #[must_use]
    pub fn precision(&self) -> f64 {
        share(self.correct, self.linked)
    }

    /// Found pairs among those that could be found; 1 where there are none.
    #[must_use]
    pub fn recall(&self) -> f64 {
        share(self.found, self.linkable)
    }
}

fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

/// Scores records given as (cluster, person, linkable component): two records of one person are linkable when their components are equal.
#[must_use]
pub fn pairs<C: Ord + Copy, P: Ord + Copy, L: Ord + Copy>(records: &[(C, P, L)]) -> PairScore {
    PairScore {
        linked: pairs_by(records, |r| r.0),
        correct: pairs_by(records, |r| (r.0, r.1)),
        linkable: pairs_by(records, |r| (r.1, r.2)),
        found: pairs_by(records, |r| (r.0, r.1, r.2)),
    }
}

fn pairs_by<T, K: Ord>(records: &[T], key: impl Fn(&T) -> K) -> u64 {
    let mut keys: Vec<K> = records.iter().map(key).collect();
    keys.sort_unstable();
    let sizes = keys.chunk_by(|a, b| a == b).map(|group| group.len() as u64);
    sizes.map(|n| n * (n - 1) / 2).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn counts_as_enumeration_does(records in prop::collection::vec((0..6_u8, 0..5_u8, 0..3_u8), 0..40)) {
            let mut by_hand = PairScore::default();
            for (i, a) in records.iter().enumerate() {
                for b in &records[..i] {
                    let (linked, same, linkable) = (a.0 == b.0, a.1 == b.1, a.1 == b.1 && a.2 == b.2);
                    by_hand.linked += u64::from(linked);
                    by_hand.correct += u64::from(linked && same);
                    by_hand.linkable += u64::from(linkable);
                    by_hand.found += u64::from(linked && linkable);
                }
            }
            prop_assert_eq!(pairs(&records), by_hand);
        }
    }

    #[test]
    fn one_wrong_merge_costs_precision_and_one_miss_costs_recall() {
        // Persons 1 (three records, one of them apart) and 2 (one record, put to the first).
        let score = pairs(&[("x", 1, 0), ("x", 1, 0), ("y", 1, 0), ("x", 2, 0)]);
        assert_eq!(score, PairScore { linked: 3, correct: 1, linkable: 3, found: 1 });
        assert!((score.precision() - 1.0 / 3.0).abs() < 1e-12);
    }
}
