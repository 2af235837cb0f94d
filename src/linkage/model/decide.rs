//! Decisions: which pairs are one person. Pairs are taken from the greatest weight down, and joined where nothing forbids it.

use std::collections::BTreeMap;

use super::comparison::{Comparison, levels_of};
use super::records::Records;
use super::score::Scored;
use super::threads::{beside, over};
use super::weights::{odds, thousandths};
use crate::linkage::cluster::Clusters;

/// What was decided of a pair of two groups.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decided {
    /// The pair.
    pub pair: Scored,
    /// What kept the two apart; `None` where they were joined.
    pub refused: Option<Refusal>,
    /// The best other pair of either record with a record of the same file; `None` where there is none above the floor.
    pub runner_up: Option<Scored>,
    /// How likely it is one person, with every other pair in mind that a file without duplicates makes a rival.
    pub probability: f64,
    /// How many pairs of records become one person by it: those between the two groups that it joined; 0 where it joined none.
    pub pairs: u64,
    /// Whether people have said that it is one person: then it is, whatever it weighs.
    pub labelled: bool,
}

impl Decided {
    /// How far the pair leads its runner-up, in thousandths of a bit.
    #[must_use]
    pub fn lead(&self) -> Option<i32> {
        self.runner_up.map(|next| self.pair.weight - next.weight)
    }

    /// The record that one of the two might be in place of the other.
    #[must_use]
    pub fn rival(&self) -> Option<u32> {
        let of = |next: Scored| {
            if [self.pair.left, self.pair.right].contains(&next.left) { next.right } else { next.left }
        };
        self.runner_up.map(of)
    }
}

/// What kept two records apart that were alike enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A file without duplicates has another record that fits better.
    Rival,
    /// Two members of their groups speak against each other.
    Member,
    /// A field whose disagreement stops a link, as the place of its comparison.
    Differs(usize),
    /// Their groups would have more records together than a person may.
    Size,
    /// People have said of two members of their groups that they are two persons.
    Labelled,
}

/// Who may be joined.
#[derive(Clone, Copy, Debug)]
pub struct Constraints<'a> {
    /// The records.
    pub records: &'a Records,
    /// By file: whether nobody stands in it twice.
    pub free_of_duplicates: &'a [bool],
    /// The comparisons.
    pub list: &'a [Comparison],
    /// Comparisons whose last level, values that fit nothing, stops a link.
    pub differs: &'a [usize],
    /// Records that a person may have at most.
    pub most_records: u32,
    /// From this weight on, pairs that were refused are told.
    pub review: i32,
    /// What people have said and is kept to.
    pub kept: Kept<'a>,
}

/// What people have said of pairs of records, and is kept to.
#[derive(Clone, Copy, Debug, Default)]
pub struct Kept<'a> {
    /// Pairs that are one person before anything else is.
    pub same: &'a [Scored],
    /// Pairs that never are, the smaller record first, in order.
    pub different: &'a [(u32, u32)],
}

impl Kept<'_> {
    fn forbids(&self, a: u32, b: u32) -> bool {
        self.different.binary_search(&(a.min(b), a.max(b))).is_ok()
    }

    fn is_nothing(&self) -> bool {
        self.same.is_empty() && self.different.is_empty()
    }
}

impl Constraints<'_> {
    /// What of a pattern stops a link whatever else agrees.
    #[must_use]
    pub fn differing(&self, pattern: u64) -> Option<Refusal> {
        if self.differs.is_empty() {
            return None;
        }
        let levels = levels_of(self.list, pattern);
        self.differs.iter().find(|at| levels[**at] == self.list[**at].otherwise()).map(|at| Refusal::Differs(*at))
    }
}

/// Puts pairs in the order in which they are decided: by weight from the greatest, then by records.
pub fn in_order(pairs: &mut [Scored]) {
    // One number in place of three comparisons: the weight turned round, then the records.
    let turned = |weight: i32| u128::from(!weight.cast_unsigned() ^ 0x8000_0000);
    pairs.sort_unstable_by_key(|pair| turned(pair.weight) << 64 | u128::from(pair.left) << 32 | u128::from(pair.right));
}

/// What became of a pair, by its place in the order.
struct Outcome {
    at: u32,
    refused: Option<Refusal>,
    /// Pairs of records that became one person by it.
    pairs: u64,
}

/// Pairs whose rivals a thread looks up at once.
const LOOKED_UP: usize = 1 << 14;

/// Decides pairs in their order: those that join two groups, and those from the review weight on that are kept apart. A group holds at most one
/// record of a file that is free of duplicates, and no two members of whom `against` says that they are two people.
pub fn decide(
    pairs: &[Scored],
    constraints: &Constraints<'_>,
    threads: usize,
    against: impl Fn(u32, u32) -> Option<Refusal>,
) -> Vec<Decided> {
    // Joining goes from pair to pair on one thread; rivals are of the pairs alone, so they are gathered beside it and looked up afterwards.
    let joining = || joined(pairs, constraints, against);
    let (others, (mut decided, outcomes)) = beside(threads, || Others::new(pairs, constraints), joining);
    let chunks: Vec<&[Outcome]> = outcomes.chunks(LOOKED_UP).collect();
    let told = |outcome: &Outcome| {
        let (runner_up, probability) = others.of(pairs, outcome.at);
        let &Outcome { at, refused, pairs: made } = outcome;
        Decided { pair: pairs[at as usize], refused, runner_up, probability, pairs: made, labelled: false }
    };
    decided.reserve(outcomes.len());
    decided.extend(
        over(threads, chunks.len(), |at| chunks[at].iter().map(told).collect::<Vec<_>>()).into_iter().flatten(),
    );
    decided
}

/// Joins the groups of labelled pairs, then those of pairs in their order; tells what became of both.
fn joined(
    pairs: &[Scored],
    constraints: &Constraints<'_>,
    against: impl Fn(u32, u32) -> Option<Refusal>,
) -> (Vec<Decided>, Vec<Outcome>) {
    let mut groups = Groups::new(constraints);
    let mut labelled = Vec::new();
    for &pair in constraints.kept.same {
        let (a, b) = (groups.clusters.root(pair.left), groups.clusters.root(pair.right));
        if a != b {
            let pairs = groups.join(a, b);
            labelled.push(Decided { pair, refused: None, runner_up: None, probability: 1.0, pairs, labelled: true });
        }
    }
    let mut outcomes = Vec::new();
    for (pair, at) in pairs.iter().zip(0_u32..) {
        let (a, b) = (groups.clusters.root(pair.left), groups.clusters.root(pair.right));
        if a == b {
            continue;
        }
        let refused = groups.refusal(pair, a, b, &against);
        if refused.is_some() && pair.weight < constraints.review {
            continue;
        }
        let pairs = if refused.is_none() { groups.join(a, b) } else { 0 };
        outcomes.push(Outcome { at, refused, pairs });
    }
    (labelled, outcomes)
}

/// No pair.
const NONE: u32 = u32::MAX;

/// By record and file of the other: the two best pairs, and the odds of all of them.
struct Others<'a> {
    constraints: &'a Constraints<'a>,
    files: usize,
    places: Vec<Other>,
}

/// The two best pairs of a record with a file, and the odds of all; side by side, for they are asked for together and in no order.
#[derive(Clone, Copy)]
struct Other {
    best: [u32; 2],
    odds: f64,
}

impl<'a> Others<'a> {
    fn new(pairs: &[Scored], constraints: &'a Constraints<'a>) -> Self {
        let files = constraints.records.files();
        let places = constraints.records.len() * files;
        let mut others = Self { constraints, files, places: vec![Other { best: [NONE; 2], odds: 0.0 }; places] };
        for (pair, at) in pairs.iter().zip(0_u32..) {
            let own = odds(pair.weight);
            for place in others.places(pair) {
                let other = &mut others.places[place];
                // They come from the greatest down.
                if let Some(free) = other.best.iter_mut().find(|best| **best == NONE) {
                    *free = at;
                }
                other.odds += own;
            }
        }
        others
    }

    fn places(&self, pair: &Scored) -> [usize; 2] {
        let place = |of: u32, with: u32| of as usize * self.files + self.constraints.records.file(with);
        [place(pair.left, pair.right), place(pair.right, pair.left)]
    }

    /// The runner-up of a pair, and how likely the pair is one person.
    fn of(&self, pairs: &[Scored], at: u32) -> (Option<Scored>, f64) {
        let pair = pairs[at as usize];
        let own = odds(pair.weight);
        let places = self.places(&pair).map(|place| self.places[place]);
        let next = places.map(|other| other.best.into_iter().find(|best| *best != at && *best != NONE));
        // The smaller place is the greater weight.
        let runner_up = next.into_iter().flatten().min().map(|next| pairs[next as usize]);
        // Only where a person stands once in the other's file is another pair a rival.
        let free = |of: u32| self.constraints.free_of_duplicates[self.constraints.records.file(of)];
        let all = [free(pair.right), free(pair.left)].into_iter().zip(places);
        let rivals = all.map(|(free, other)| if free { other.odds } else { own }).fold(own, f64::max);
        (runner_up, own / (1.0 + rivals))
    }
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

impl Threshold {
    /// Whether a pair that was decided is a link.
    #[must_use]
    pub fn links(&self, one: &Decided) -> bool {
        one.labelled || one.refused.is_none() && one.pair.weight >= self.weight
    }

    /// The line at this weight, with what is expected of it; `matches` is how many pairs of one person there are.
    #[must_use]
    pub fn at(weight: i32, decided: &[Decided], matches: f64) -> Self {
        let mut line = Self { weight, links: 0, precision: 1.0, recall: 0.0 };
        let (mut right, mut pairs) = (0.0, 0.0);
        let links = |one: &&Decided| one.labelled || one.refused.is_none() && one.pair.weight >= weight;
        for one in decided.iter().filter(links) {
            line.links += 1;
            right += one.probability * one.pairs as f64;
            pairs += one.pairs as f64;
        }
        if pairs > 0.0 {
            line.precision = right / pairs;
        }
        line.recall = right / matches.max(right).max(1.0);
        line
    }
}

/// Chooses the threshold by the error rates that the model itself expects; `matches` is how many pairs of one person there are.
#[must_use]
pub fn threshold(decided: &[Decided], matches: f64) -> Threshold {
    let mut best = (thousandths(1.0), 0.0);
    let (mut right, mut pairs) = (0.0, 0.0);
    let mut joined = decided.iter().filter(|one| one.refused.is_none() && !one.labelled).peekable();
    while let Some(one) = joined.next() {
        right += one.probability * one.pairs as f64;
        pairs += one.pairs as f64;
        let last_of_weight = joined.peek().is_none_or(|next| next.pair.weight != one.pair.weight);
        let f1 = 2.0 * right / (pairs + matches.max(right));
        if last_of_weight && f1 > best.1 {
            best = (one.pair.weight, f1);
        }
    }
    Threshold::at(best.0, if best.1 > 0.0 { decided } else { &[] }, matches)
}

/// Groups of records that are one person so far.
#[derive(Debug)]
struct Groups<'a> {
    clusters: Clusters,
    /// By root: a bit for each file without duplicates of which it holds a record.
    files: Vec<u64>,
    /// What members keep apart, by roots: what two groups refuse they refuse as parts of greater ones, so they are not asked again.
    apart: BTreeMap<(u32, u32), Refusal>,
    /// Whether a group is two records at most, so that the pair is all there is to ask.
    couples: bool,
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
        let two = constraints.records.files() <= 2 && constraints.free_of_duplicates.iter().all(|free| *free);
        let couples = two && constraints.kept.is_nothing();
        let files = (0..count).map(bit).collect();
        Self { clusters: Clusters::singletons(count), files, apart: BTreeMap::new(), couples, constraints }
    }

    /// What keeps the groups of a pair apart, given by their roots.
    fn refusal(
        &mut self,
        pair: &Scored,
        a: u32,
        b: u32,
        against: &impl Fn(u32, u32) -> Option<Refusal>,
    ) -> Option<Refusal> {
        if self.files[a as usize] & self.files[b as usize] != 0 {
            return Some(Refusal::Rival);
        }
        if self.constraints.kept.forbids(pair.left, pair.right) {
            return Some(Refusal::Labelled);
        }
        if let Some(differs) = self.constraints.differing(pair.pattern) {
            return Some(differs);
        }
        if self.clusters.size(a).saturating_add(self.clusters.size(b)) > self.constraints.most_records {
            return Some(Refusal::Size);
        }
        if self.couples {
            return None;
        }
        let roots = (a.min(b), a.max(b));
        if let Some(refused) = self.apart.get(&roots) {
            return Some(*refused);
        }
        let (clusters, between) = (&self.clusters, (pair.left, pair.right));
        let mut members = clusters.members(a).flat_map(|x| clusters.members(b).map(move |y| (x, y)));
        let refused = members.find_map(|(x, y)| {
            let itself = (x.min(y), x.max(y)) == between;
            let kept = || self.constraints.kept.forbids(x, y).then_some(Refusal::Labelled);
            if itself { None } else { kept().or_else(|| against(x, y)) }
        });
        if let Some(refused) = refused {
            self.apart.insert(roots, refused);
        }
        refused
    }

    /// Joins two groups, given by their roots; tells how many pairs that makes.
    fn join(&mut self, a: u32, b: u32) -> u64 {
        let pairs = u64::from(self.clusters.size(a)) * u64::from(self.clusters.size(b));
        let files = self.files[a as usize] | self.files[b as usize];
        self.clusters.union(a, b);
        self.files[a.min(b) as usize] = files;
        pairs
    }
}
