//! An evaluation: what a linkage is worth where the truth is known, as a whole and by groups of people.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::linkage::quality::{Quality, Share};

/// Groups with fewer true pairs than this open no gap: their rates say too little.
pub const FEWEST: u64 = 1_000;

/// The quality of a group of people.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GroupQuality {
    /// The column it is a value of.
    pub column: String,
    /// The value.
    pub value: String,
    /// Its quality.
    pub quality: Quality,
    /// How much less of its true pairs are found than of the best served group's, of those with a thousand true pairs and more; `None` where no
    /// group has so many.
    pub gap: Option<f64>,
    /// How large the gap may be: the upper bound of its 95 % interval (Newcombe's, from Wilson's of both).
    pub gap_upper: Option<f64>,
}

/// The quality of every group of one column, with the gaps to the best served one of `fewest` true pairs and more.
#[must_use]
pub fn gaps(column: &str, of: BTreeMap<String, Quality>, fewest: u64) -> Vec<GroupQuality> {
    let large = of.values().filter(|q| q.recall.of >= fewest).map(|q| q.recall);
    let best = large.reduce(|a, b| if b.rate() > a.rate() { b } else { a });
    let group = |(value, quality): (String, Quality)| {
        let own = quality.recall;
        let gap = best.map(|best| best.rate() - own.rate());
        let upper = best.zip(gap).map(|(best, gap)| {
            if best == own {
                return 0.0;
            }
            let (above, below) = (best.interval().1 - best.rate(), own.rate() - own.interval().0);
            gap + libm::sqrt(above * above + below * below)
        });
        GroupQuality { column: column.to_owned(), value, quality, gap, gap_upper: upper }
    };
    of.into_iter().map(group).collect()
}

/// The largest gap among groups of so many true pairs and more.
#[must_use]
pub fn widest(groups: &[GroupQuality], fewest: u64) -> Option<(f64, &GroupQuality)> {
    let large = groups.iter().filter(|group| group.quality.recall.of >= fewest);
    large.filter_map(|group| Some((group.gap?, group))).max_by(|a, b| a.0.total_cmp(&b.0))
}

/// What a linkage is worth.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Evaluation {
    /// Records of whom the truth is not known: they are left out of every count.
    pub without_truth: u64,
    /// Whether recall is of pairs that could be told to be of one person, and not of all.
    pub could_be_told: bool,
    /// As a whole, in pairs of records.
    pub all: Quality,
    /// The same in persons: of those taken for one how many are, of those who could be told how many are whole.
    pub persons: Quality,
    /// By blocking rule: of its links, those of one person.
    pub rules: BTreeMap<String, Share>,
    /// By probability: the quality if the line between links and the rest were drawn there.
    pub thresholds: Vec<(f64, Quality)>,
    /// By groups of people.
    pub groups: Vec<GroupQuality>,
}

/// Persons, and not pairs: of those taken for one, how many are one; of those who could be told, how many are whole. Of each record: who it was
/// taken for, who it is, and which of that person's records it could be told to belong with. Who has one record alone counts for nothing.
#[must_use]
pub fn whole_persons(records: &[[u32; 3]]) -> Quality {
    let share = |outer: usize, inner: usize| {
        let mut pairs: Vec<(u32, u32)> = records.iter().map(|record| (record[outer], record[inner])).collect();
        pairs.sort_unstable();
        let mut share = Share::default();
        for run in pairs.chunk_by(|a, b| a.0 == b.0).filter(|run| run.len() > 1) {
            share.of += 1;
            share.right += u64::from(run.iter().all(|pair| pair.1 == run[0].1));
        }
        share
    };
    Quality { precision: share(0, 1), recall: share(2, 0) }
}

impl Evaluation {
    /// The largest gap among groups of a thousand true pairs and more.
    #[must_use]
    pub fn widest(&self) -> Option<(f64, &GroupQuality)> {
        widest(&self.groups, FEWEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn persons_are_right_where_all_their_records_are() {
        // Taken for 1: records of 10 and 11. Taken for 2: two of 12, whose third was taken for 3. 13 has one record.
        let records = [[1, 10, 10], [1, 11, 11], [2, 12, 12], [2, 12, 12], [3, 12, 12], [4, 13, 13]];
        let whole = whole_persons(&records);
        assert_eq!((whole.precision, whole.recall), (Share { right: 1, of: 2 }, Share { right: 0, of: 1 }));
    }

    #[test]
    fn gaps_are_to_the_best_served_group_that_is_large_enough() {
        let of = |right, of| Quality { recall: Share { right, of }, ..Quality::default() };
        let groups = [("a", of(90, 100)), ("b", of(80, 100)), ("c", of(9, 9))];
        let groups = |fewest| gaps("g", groups.iter().map(|(n, q)| ((*n).to_owned(), *q)).collect(), fewest);
        let gap = |fewest: u64, at: usize| format!("{:.2}", groups(fewest)[at].gap.unwrap());
        assert_eq!([gap(50, 0), gap(50, 1), gap(50, 2)], ["0.00", "0.10", "-0.10"]);
        assert_eq!([gap(1, 0), gap(1, 1)], ["0.10", "0.20"]);
        assert!(groups(50)[1].gap_upper.unwrap() > 0.15);
        assert_eq!((groups(500)[1].gap, groups(500)[1].gap_upper), (None, None));
    }
}
