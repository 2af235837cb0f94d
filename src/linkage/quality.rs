//! Quality: how right a linkage is, where the truth is known. Pairs of records are counted, never listed.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::linkage::model::Scope;

/// So many right of so many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Share {
    /// How many are right.
    pub right: u64,
    /// Of how many.
    pub of: u64,
}

impl Share {
    /// The share; nothing of nothing is 1.
    #[must_use]
    #[allow(clippy::cast_precision_loss)] // counts of pairs
    pub fn rate(self) -> f64 {
        if self.of == 0 { 1.0 } else { self.right as f64 / self.of as f64 }
    }

    /// Wilson's interval of 95 %: lower and upper bound.
    #[must_use]
    #[allow(clippy::cast_precision_loss)] // counts of pairs
    pub fn interval(self) -> (f64, f64) {
        if self.of == 0 { (0.0, 1.0) } else { wilson(self.rate(), self.of as f64) }
    }

    fn add(&mut self, right: u64, of: u64) {
        self.right += right;
        self.of += of;
    }
}

/// Wilson's interval of 95 % about a share `p` of `n`: lower and upper bound.
#[must_use]
pub fn wilson(p: f64, n: f64) -> (f64, f64) {
    let z = 1.959_963_984_540_054;
    let middle = (p + z * z / (2.0 * n)) / (1.0 + z * z / n);
    let half = z / (1.0 + z * z / n) * libm::sqrt((p * (1.0 - p)).max(0.0) / n + z * z / (4.0 * n * n));
    ((middle - half).max(0.0), (middle + half).min(1.0))
}

/// The quality of some pairs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Quality {
    /// Of the pairs that were linked, those of one person.
    pub precision: Share,
    /// Of the pairs of one person, those that were linked.
    pub recall: Share,
}

impl Quality {
    /// The harmonic mean of precision and recall. The two may be of unlike pairs: a run's recall is of those that could be told.
    #[must_use]
    pub fn f1(self) -> f64 {
        let (precision, recall) = (self.precision.rate(), self.recall.rate());
        if precision + recall > 0.0 { 2.0 * precision * recall / (precision + recall) } else { 0.0 }
    }
}

/// A record as it was linked and as it is.
#[derive(Clone, Copy, Debug)]
pub struct Linked<'a> {
    /// Its file.
    pub file: usize,
    /// Who it was taken for.
    pub cluster: u32,
    /// Who it is.
    pub person: u32,
    /// The group of people it is counted in.
    pub group: &'a str,
}

/// The quality of a linkage as a whole, and by the groups of people; a person, and a cluster, counts in the group of its first record that has one.
#[must_use]
pub fn quality(records: &[Linked<'_>], scope: Scope) -> (Quality, BTreeMap<String, Quality>) {
    let mut all = Quality::default();
    let mut groups: BTreeMap<String, Quality> = BTreeMap::new();
    let links = of_each(records, scope, |r| r.cluster, |r| r.person);
    for (group, right, of) in links {
        all.precision.add(right, of);
        groups.entry(group.to_owned()).or_default().precision.add(right, of);
    }
    for (group, found, of) in of_each(records, scope, |r| r.person, |r| r.cluster) {
        all.recall.add(found, of);
        groups.entry(group.to_owned()).or_default().recall.add(found, of);
    }
    groups.remove("");
    (all, groups)
}

/// Of each cluster (or person): its group, its pairs of one person (or cluster), all its pairs.
fn of_each<'a>(
    records: &[Linked<'a>],
    scope: Scope,
    outer: impl Fn(&Linked<'a>) -> u32,
    inner: impl Fn(&Linked<'a>) -> u32,
) -> Vec<(&'a str, u64, u64)> {
    let mut order: Vec<usize> = (0..records.len()).collect();
    order.sort_unstable_by_key(|at| (outer(&records[*at]), inner(&records[*at]), *at));
    let same = |by: &dyn Fn(&Linked<'a>) -> u32, a: usize, b: usize| by(&records[a]) == by(&records[b]);
    let runs = order.chunk_by(|a, b| same(&outer, *a, *b)).filter(|run| run.len() > 1);
    let made = runs.map(|run| {
        let first = run.iter().filter(|at| !records[**at].group.is_empty()).min();
        let right = run.chunk_by(|a, b| same(&inner, *a, *b)).map(|part| pairs(records, part, scope)).sum();
        (first.map_or("", |at| records[*at].group), right, pairs(records, run, scope))
    });
    made.collect()
}

/// How many pairs of these records may be linked at all.
fn pairs(records: &[Linked<'_>], some: &[usize], scope: Scope) -> u64 {
    let all = |n: u64| n * n.saturating_sub(1) / 2;
    let mut files: BTreeMap<usize, u64> = BTreeMap::new();
    for at in some {
        *files.entry(records[*at].file).or_default() += 1;
    }
    let within: u64 = files.values().map(|n| all(*n)).sum();
    match scope {
        Scope::Within => within,
        Scope::Both => all(some.len() as u64),
        Scope::Between => all(some.len() as u64) - within,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn counting_by_groups_is_counting_pairs(
            rows in prop::collection::vec((0..3_usize, 0..6_u32, 0..6_u32, 0..3_usize), 0..25),
            scope in prop::sample::select(vec![Scope::Between, Scope::Within, Scope::Both]),
        ) {
            let names = ["", "x", "y"];
            let mut rows = rows;
            rows.sort_by_key(|r| r.0);
            let records: Vec<Linked<'_>> =
                rows.iter().map(|r| Linked { file: r.0, cluster: r.1, person: r.2, group: names[r.3] }).collect();
            let (mut linked, mut own, mut both) = (0, 0, 0);
            for (at, a) in records.iter().enumerate() {
                for b in &records[at + 1..] {
                    let may = match scope {
                        Scope::Between => a.file != b.file,
                        Scope::Within => a.file == b.file,
                        Scope::Both => true,
                    };
                    if may {
                        linked += u64::from(a.cluster == b.cluster);
                        own += u64::from(a.person == b.person);
                        both += u64::from(a.cluster == b.cluster && a.person == b.person);
                    }
                }
            }
            let (all, groups) = quality(&records, scope);
            prop_assert_eq!(all.precision, Share { right: both, of: linked });
            prop_assert_eq!(all.recall, Share { right: both, of: own });
            let in_groups: u64 = groups.values().map(|g| g.recall.of).sum();
            prop_assert!(in_groups <= own);
        }
    }

    #[test]
    fn f1_is_the_harmonic_mean_whatever_pairs_the_two_are_of() {
        let of = |precision: (u64, u64), recall: (u64, u64)| {
            let share = |(right, of)| Share { right, of };
            Quality { precision: share(precision), recall: share(recall) }.f1()
        };
        assert!((of((8, 10), (8, 16)) - 16.0 / 26.0).abs() < 1e-12);
        assert!((of((90, 100), (30, 60)) - 0.9 / 1.4).abs() < 1e-12);
        assert_eq!(
            (of((0, 10), (0, 10)).to_bits(), of((0, 0), (0, 0)).to_bits()),
            (0.0_f64.to_bits(), 1.0_f64.to_bits())
        );
    }

    #[test]
    fn wilson_s_interval_is_the_published_one() {
        // Ten of twelve: .5520 to .9530 (Brown, Cai and DasGupta's formula, worked out by hand).
        let (low, high) = Share { right: 10, of: 12 }.interval();
        assert!((low - 0.5520).abs() < 5e-4 && (high - 0.9530).abs() < 5e-4, "{low} {high}");
        assert_eq!(Share { right: 0, of: 0 }.interval(), (0.0, 1.0));
        let (low, high) = Share { right: 5, of: 5 }.interval();
        assert!(low > 0.5 && (high - 1.0).abs() < 1e-12);
    }
}
