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
    /// How much less of its true pairs are found than of the best served group's, of those with a thousand true pairs and more.
    pub gap: f64,
    /// How large the gap may be: the upper bound of its 95 % interval (Newcombe's, from Wilson's of both).
    pub gap_upper: f64,
}

/// The quality of every group of one column, with the gaps between them.
#[must_use]
pub fn gaps(column: &str, of: BTreeMap<String, Quality>) -> Vec<GroupQuality> {
    let large = of.values().filter(|q| q.recall.of >= FEWEST).map(|q| q.recall);
    let best = large.reduce(|a, b| if b.rate() > a.rate() { b } else { a });
    let group = |(value, quality): (String, Quality)| {
        let own = quality.recall;
        let gap = best.map_or(0.0, |best| best.rate() - own.rate());
        let upper = best.filter(|best| *best != own).map_or(0.0, |best| {
            let (above, below) = (best.interval().1 - best.rate(), own.rate() - own.interval().0);
            gap + libm::sqrt(above * above + below * below)
        });
        GroupQuality { column: column.to_owned(), value, quality, gap, gap_upper: upper }
    };
    of.into_iter().map(group).collect()
}

/// What a linkage is worth.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Evaluation {
    /// Records of whom the truth is not known: they are left out of every count.
    pub without_truth: u64,
    /// As a whole, in pairs of records.
    pub all: Quality,
    /// The same in persons: of those taken for one how many are, of those who could be told how many are whole. Of runs alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub persons: Option<Quality>,
    /// By blocking rule: of its links, those of one person.
    pub rules: BTreeMap<String, Share>,
    /// By probability: the quality if the line between links and the rest were drawn there.
    pub thresholds: Vec<(f64, Quality)>,
    /// By groups of people.
    pub groups: Vec<GroupQuality>,
}

impl Evaluation {
    /// The largest gap among groups of a thousand true pairs and more.
    #[must_use]
    pub fn widest(&self) -> Option<&GroupQuality> {
        let large = self.groups.iter().filter(|g| g.quality.recall.of >= FEWEST);
        large.max_by(|a, b| a.gap.total_cmp(&b.gap))
    }
}
