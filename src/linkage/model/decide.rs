//! Decisions: which pairs are one person. Pairs are taken from the greatest weight down, and joined where nothing forbids it.

use super::records::Records;
use super::score::Scored;
use super::weights::{odds, thousandths};

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
pub fn join(
    pairs: &[Scored],
    records: usize,
    constraints: &Constraints<'_>,
    may: impl Fn(u32, u32) -> bool,
) -> Vec<Joined> {
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
    let mut groups = Groups::new(records, constraints);
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

/// Groups of records.
pub(super) struct Groups<'a> {
    parents: Vec<u32>,
    /// By root: a bit for each of the first 64 files of which it holds a record.
    files: Vec<u64>,
    members: Vec<Vec<u32>>,
    /// By root: how many records.
    sizes: Vec<u32>,
    constraints: &'a Constraints<'a>,
}

impl std::fmt::Debug for Groups<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Groups").field("records", &self.parents.len()).finish_non_exhaustive()
    }
}

impl<'a> Groups<'a> {
    /// Every record by itself.
    #[must_use]
    pub(super) fn new(records: usize, constraints: &'a Constraints<'a>) -> Self {
        let count = u32::try_from(records).unwrap_or(u32::MAX);
        let bit = |record: u32| {
            let file = constraints.records.file(record);
            if constraints.free_of_duplicates.get(file).copied().unwrap_or(false) { 1_u64 << (file % 64) } else { 0 }
        };
        Self {
            parents: (0..count).collect(),
            files: (0..count).map(bit).collect(),
            members: Vec::new(),
            sizes: vec![1; records],
            constraints,
        }
    }

    /// The smallest record of a record's group.
    pub(super) fn root(&mut self, mut record: u32) -> u32 {
        while self.parents[record as usize] != record {
            let up = self.parents[self.parents[record as usize] as usize];
            self.parents[record as usize] = up;
            record = up;
        }
        record
    }

    /// Joins the groups of two records unless they are one already or something forbids it; tells how many pairs that makes.
    fn join(&mut self, a: u32, b: u32, may: &impl Fn(u32, u32) -> bool) -> Option<u64> {
        let (a, b) = (self.root(a), self.root(b));
        if a == b || self.files[a as usize] & self.files[b as usize] != 0 {
            return None;
        }
        if !self.constraints.free_of_duplicates.iter().all(|free| *free) {
            if self.members.is_empty() {
                self.members = (0..self.parents.len()).map(|_| Vec::new()).collect();
            }
            let of = |root: u32| std::iter::once(root).chain(self.members[root as usize].iter().copied());
            if of(a).any(|x| of(b).any(|y| !may(x, y))) {
                return None;
            }
        }
        let (root, other) = (a.min(b), a.max(b));
        self.parents[other as usize] = root;
        self.files[root as usize] |= self.files[other as usize];
        if !self.members.is_empty() {
            let moved = std::mem::take(&mut self.members[other as usize]);
            self.members[root as usize].push(other);
            self.members[root as usize].extend(moved);
        }
        let pairs = u64::from(self.sizes[root as usize]) * u64::from(self.sizes[other as usize]);
        self.sizes[root as usize] += self.sizes[other as usize];
        Some(pairs)
    }
}
