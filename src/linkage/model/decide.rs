//! Decisions: which pairs are one person. Pairs are taken from the greatest weight down, and joined where nothing forbids it.

use super::records::Records;
use super::score::Scored;
use super::weights::{odds, thousandths};
use crate::linkage::cluster::Clusters;

/// A pair that was joined.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Joined {
    /// The pair.
    pub pair: Scored,
    /// The weight of the next best pair of either record; `None` where there is none above the floor.
    pub runner_up: Option<i32>,
    /// How likely it is one person; where nobody stands twice in a file, with every other pair of both records in mind.
    pub probability: f64,
    /// How many pairs of records become one person by it: those between the two groups that it joined.
    pub pairs: u64,
}

/// Who may be joined.
#[derive(Clone, Copy, Debug)]
pub struct Constraints<'a> {
    /// The records.
    pub records: &'a Records,
    /// By file: whether nobody stands in it twice.
    pub free_of_duplicates: &'a [bool],
}

/// Puts pairs in the order in which they are decided: by weight from the greatest, then by records.
pub fn in_order(pairs: &mut [Scored]) {
    pairs.sort_unstable_by(|a, b| b.weight.cmp(&a.weight).then_with(|| (a.left, a.right).cmp(&(b.left, b.right))));
}

/// Joins pairs in their order. A group of joined records holds at most one record of a file that is free of duplicates.
pub fn join(pairs: &[Scored], constraints: &Constraints<'_>, may: impl Fn(u32, u32) -> bool) -> Vec<Joined> {
    let records = constraints.records.len();
    let mut best = vec![[i32::MIN; 2]; records];
    let mut all_odds = vec![0.0_f64; records];
    for pair in pairs {
        let own = odds(pair.weight);
        for record in [pair.left, pair.right] {
            let best = &mut best[record as usize];
            // They come from the greatest down.
            if best[0] == i32::MIN {
                best[0] = pair.weight;
            } else if best[1] == i32::MIN {
                best[1] = pair.weight;
            }
            all_odds[record as usize] += own;
        }
    }
    // Only where a person stands once in a file is another pair of a record a rival.
    let rivals = constraints.free_of_duplicates.iter().all(|free| *free);
    let mut groups = Groups::new(constraints);
    let mut joined = Vec::new();
    // A record's first pair is its best; every later one has the best before it.
    let mut seen = vec![false; records];
    for &pair in pairs {
        let runner = |record: u32, seen: bool| best[record as usize][usize::from(!seen)];
        let runner_up = runner(pair.left, seen[pair.left as usize]).max(runner(pair.right, seen[pair.right as usize]));
        seen[pair.left as usize] = true;
        seen[pair.right as usize] = true;
        if let Some(pairs) = groups.join(pair.left, pair.right, &may) {
            let own = odds(pair.weight);
            let others = all_odds[pair.left as usize].max(all_odds[pair.right as usize]).max(own);
            let runner_up = (runner_up != i32::MIN).then_some(runner_up);
            let others = if rivals { others } else { own };
            joined.push(Joined { pair, runner_up, probability: own / (1.0 + others), pairs });
        }
    }
    joined
}

/// Where to stop: the number of joined pairs, from the greatest weight down, that promises the best balance of false and missed links.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Threshold {
    /// The least weight that links.
    pub weight: i32,
    /// Links.
    pub links: usize,
    /// Of the links, how many are expected to be right.
    pub precision: f64,
    /// Of the pairs of one person, how many are expected to be linked.
    pub recall: f64,
}

/// Chooses the threshold by the error rates that the model itself expects; `matches` is how many pairs of one person there are.
#[must_use]
pub fn threshold(joined: &[Joined], matches: f64) -> Threshold {
    let none = Threshold { weight: thousandths(1.0), links: 0, precision: 1.0, recall: 0.0 };
    let mut best = (none, 0.0);
    let mut right = 0.0;
    let mut pairs = 0.0;
    for (at, one) in joined.iter().enumerate() {
        right += one.probability * one.pairs as f64;
        pairs += one.pairs as f64;
        let last_of_weight = joined.get(at + 1).is_none_or(|next| next.pair.weight != one.pair.weight);
        let f1 = 2.0 * right / (pairs + matches.max(right));
        if last_of_weight && f1 > best.1 {
            let found = Threshold {
                weight: one.pair.weight,
                links: at + 1,
                precision: right / pairs,
                recall: right / matches.max(right),
            };
            best = (found, f1);
        }
    }
    best.0
}

/// Groups of records that are one person so far.
#[derive(Debug)]
struct Groups<'a> {
    clusters: Clusters,
    /// By root: a bit for each file without duplicates of which it holds a record.
    files: Vec<u64>,
    constraints: &'a Constraints<'a>,
}

impl<'a> Groups<'a> {
    /// Every record by itself.
    fn new(constraints: &'a Constraints<'a>) -> Self {
        let count = u32::try_from(constraints.records.len()).unwrap_or(u32::MAX);
        let bit = |record: u32| {
            let file = constraints.records.file(record);
            if constraints.free_of_duplicates.get(file).copied().unwrap_or(false) { 1_u64 << (file % 64) } else { 0 }
        };
        Self { clusters: Clusters::singletons(count), files: (0..count).map(bit).collect(), constraints }
    }

    /// Joins the groups of two records unless they are one already or something forbids it; tells how many pairs that makes.
    fn join(&mut self, a: u32, b: u32, may: &impl Fn(u32, u32) -> bool) -> Option<u64> {
        let (a, b) = (self.clusters.root(a), self.clusters.root(b));
        if a == b || self.files[a as usize] & self.files[b as usize] != 0 {
            return None;
        }
        // Where nobody stands twice anywhere a group is small, and no third record brings two together.
        let strict = self.constraints.free_of_duplicates.iter().all(|free| *free);
        if !strict && self.clusters.members(a).any(|x| self.clusters.members(b).any(|y| !may(x, y))) {
            return None;
        }
        let pairs = u64::from(self.clusters.size(a)) * u64::from(self.clusters.size(b));
        let files = self.files[a as usize] | self.files[b as usize];
        self.clusters.union(a, b);
        self.files[a.min(b) as usize] = files;
        Some(pairs)
    }
}
