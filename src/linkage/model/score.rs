//! Scores: what all comparisons of a pair come to, as one weight.

use super::blocking::{Blocking, PairCount, Sample};
use super::comparison::{Comparison, Comparisons, Memories, levels_of};
use super::records::{Records, Values};
use super::train::Trained;
use super::weights::{of_frequency, probability};

/// Skipped pairs that are drawn to tell what skipping costs.
const DRAWS: usize = 1 << 16;

/// Scores pairs under a trained model.
#[derive(Debug)]
pub struct Scorer<'r> {
    records: &'r Records,
    comparisons: &'r Comparisons<'r>,
    weights: &'r [Vec<i32>],
    prior: i32,
    /// By comparison: what agreement on each value is worth beyond agreement on any; empty where frequencies do not count.
    values: Vec<Vec<i32>>,
    /// What is known of each comparison before it is made, in their order.
    steps: Vec<Step>,
    /// The comparisons, those first that cost least.
    order: Vec<usize>,
}

/// One comparison within a score.
#[derive(Debug)]
struct Step {
    field: usize,
    /// Whether equal values are the first level.
    exact_first: bool,
    /// The weight of that level.
    exact: i32,
    /// The greatest weight of two values that differ.
    differing: i32,
    /// The greatest weight of two records of which one lacks the value: 0, unless a part of it may tell more.
    lacking: i32,
    /// Whether a part of the value may tell where the value is missing.
    parts: bool,
    /// What one level more adds to the pattern.
    place: u64,
}

/// A pair that was compared and not dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scored {
    /// The record of the smaller number.
    pub left: u32,
    /// The other.
    pub right: u32,
    /// The prior's weight and all comparisons', in thousandths of a bit: the logarithm of the odds that they are one person.
    pub weight: i32,
    /// The levels of all comparisons.
    pub pattern: u64,
}

impl<'r> Scorer<'r> {
    /// A scorer of these records.
    #[must_use]
    pub fn new(
        records: &'r Records,
        comparisons: &'r Comparisons<'r>,
        trained: &'r Trained,
        frequencies: &Frequencies,
    ) -> Self {
        let list = comparisons.list();
        let values = (0..list.len()).map(|at| frequencies.worth(at, trained.u[at][1])).collect();
        let costs = |at: usize| match records.fields[list[at].field].values {
            _ if list[at].levels.len() < 2 => 0,
            Values::Digits | Values::Numbers | Values::Tokens { .. } => 1,
            Values::Days => 2,
            Values::Texts(_) => 3 + list[at].levels.len(),
        };
        let mut order: Vec<usize> = (0..list.len()).collect();
        order.sort_by_key(|at| costs(*at));
        let mut place = 1;
        let mut steps: Vec<Step> = Vec::with_capacity(list.len());
        for (comparison, weights) in list.iter().zip(&trained.weights).rev() {
            let exact_first = comparison.exact_first();
            let others = &weights[if exact_first { 2 } else { 1 }..];
            let differing = others.iter().copied().max().unwrap_or(0);
            let parts =
                matches!(records.fields[comparison.field].values, Values::Tokens { .. }) && comparison.levels.len() > 1;
            let lacking = if parts { differing.max(0) } else { 0 };
            steps.push(Step {
                field: comparison.field,
                exact_first,
                exact: weights[1],
                differing,
                lacking,
                parts,
                place,
            });
            place *= comparison.count() as u64;
        }
        steps.reverse();
        Self { records, comparisons, weights: &trained.weights, prior: trained.prior(), values, steps, order }
    }

    /// The pattern and the weight of a pair, unless the weight is below `floor`, which is often known before everything is compared.
    fn at_least(&self, memories: &mut Memories, left: u32, right: u32, floor: i32) -> Option<(u64, i32)> {
        let (one, other) = (self.records.row(left), self.records.row(right));
        // What is equal or missing is known at once; for what differs, hope for the best.
        let mut weight = self.prior;
        let mut pattern = 0;
        let mut open = 0_u64;
        for (at, step) in self.steps.iter().enumerate() {
            let (a, b) = (one[step.field], other[step.field]);
            if self.comparisons.list()[at].is_idle(one, other) {
                continue;
            }
            if a == 0 || b == 0 {
                if step.parts {
                    open |= 1 << at;
                    weight += step.lacking;
                }
                continue;
            }
            if a == b && step.exact_first {
                pattern += step.place;
                weight += step.exact + self.values[at].get(a as usize).copied().unwrap_or(0);
            } else {
                open |= 1 << at;
                weight += step.differing;
            }
        }
        for &at in self.order.iter().filter(|at| open >> **at & 1 == 1) {
            if weight < floor {
                return None;
            }
            let step = &self.steps[at];
            let level = self.comparisons.level_of(memories, at, one, other);
            pattern += step.place * u64::from(level);
            let lacks = one[step.field] == 0 || other[step.field] == 0;
            weight += self.weights[at][usize::from(level)] - if lacks { step.lacking } else { step.differing };
            if level == 1 {
                weight += self.values[at].get(one[step.field] as usize).copied().unwrap_or(0);
            }
        }
        (weight >= floor).then_some((pattern, weight))
    }

    /// The pattern and the weight of a pair.
    pub fn score(&self, memories: &mut Memories, left: u32, right: u32) -> (u64, i32) {
        let pattern = self.comparisons.pattern(memories, left, right);
        (pattern, self.weight(pattern, left))
    }

    /// The weight of a pair whose pattern is known.
    #[must_use]
    pub fn weight(&self, pattern: u64, left: u32) -> i32 {
        let row = self.records.row(left);
        let mut rest = pattern;
        let mut weight = self.prior;
        for ((comparison, weights), values) in self.comparisons.list().iter().zip(self.weights).zip(&self.values).rev()
        {
            let count = weights.len() as u64;
            let level = usize::try_from(rest % count).unwrap_or(0);
            rest /= count;
            weight += weights[level];
            if level == 1 && !values.is_empty() {
                weight += values[row[comparison.field] as usize];
            }
        }
        weight
    }

    /// The level of each comparison of a pair and what it is worth, in their order.
    #[must_use]
    pub fn parts(&self, pattern: u64, left: u32) -> Vec<(u8, i32)> {
        let row = self.records.row(left);
        let levels = levels_of(self.comparisons.list(), pattern);
        let of = |(at, level): (usize, u8)| {
            let more =
                if level == 1 { self.values[at].get(row[self.comparisons.list()[at].field] as usize) } else { None };
            (level, self.weights[at][usize::from(level)] + more.copied().unwrap_or(0))
        };
        levels.into_iter().enumerate().map(of).collect()
    }

    /// Of the pairs that over-common blocks keep from being compared, how many are expected to be of one person; by rule, no pair under two. Told by
    /// some of them, the same ones each time. Pairs that are not `open` are of one person already and count for nothing.
    #[must_use]
    pub fn lost(&self, blocking: &Blocking<'_>, counts: &[PairCount], open: impl Fn(u32, u32) -> bool) -> Vec<f64> {
        let mut memories = self.comparisons.memories();
        let mut of = |(rule, count): (usize, &PairCount)| {
            if count.skipped == 0 {
                return 0.0;
            }
            let pairs = blocking.skipped(rule, DRAWS).into_iter().filter(|(a, b)| open(*a, *b));
            let expected: f64 = pairs.map(|(a, b)| probability(self.score(&mut memories, a, b).1)).sum();
            // A sum of nothing is minus nothing.
            (0.0 + expected) / DRAWS as f64 * count.skipped as f64
        };
        counts.iter().enumerate().map(&mut of).collect()
    }

    /// Every pair of the blocking whose weight is at least `floor`, in the order of rules and blocks, and how many were compared.
    #[must_use]
    pub fn pairs(&self, blocking: &Blocking<'_>, floor: i32, threads: usize) -> (Vec<Scored>, u64) {
        self.pairs_of(blocking, floor, threads, |_, _| true)
    }

    /// The same of those pairs alone that are `open`.
    #[must_use]
    pub fn pairs_of(
        &self,
        blocking: &Blocking<'_>,
        floor: i32,
        threads: usize,
        open: impl Fn(u32, u32) -> bool + Sync,
    ) -> (Vec<Scored>, u64) {
        let step = |memories: &mut Memories, state: &mut (Vec<Scored>, u64), left: u32, right: u32| {
            if !open(left, right) {
                return;
            }
            state.1 += 1;
            if let Some((pattern, weight)) = self.at_least(memories, left, right, floor) {
                state.0.push(Scored { left, right, weight, pattern });
            }
        };
        let found = blocking.walk(threads, true, |_| Sample::ALL, || self.comparisons.memories(), step);
        let compared = found.iter().map(|(_, state)| state.1).sum();
        (found.into_iter().flat_map(|(_, state)| state.0).collect(), compared)
    }
}

/// How often the values of a field come.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ValueCounts {
    /// How many records hold each value, its number the place; 0 is no value.
    pub counts: Vec<u32>,
    /// How many records hold any, of values that nobody here holds too.
    pub with: f64,
}

impl ValueCounts {
    /// Counts values that stand one after another.
    #[must_use]
    pub fn of(values: usize, codes: impl Iterator<Item = u32>) -> Self {
        let mut counts = vec![0_u32; values + 1];
        codes.for_each(|code| counts[code as usize] += 1);
        counts[0] = 0;
        let with = counts.iter().map(|n| f64::from(*n)).sum();
        Self { counts, with }
    }
}

/// How often values come, by comparison; `None` where frequencies do not count.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Frequencies(pub Vec<Option<ValueCounts>>);

impl Frequencies {
    /// How often the values of these records come.
    #[must_use]
    pub fn of(records: &Records, list: &[Comparison]) -> Self {
        let all = u32::try_from(records.len()).unwrap_or(u32::MAX);
        let of = |comparison: &Comparison| {
            let distinct = records.fields[comparison.field].values.distinct();
            let values = distinct.filter(|_| comparison.frequencies)?;
            Some(ValueCounts::of(values, records.codes(comparison.field, 0..all)))
        };
        Self(list.iter().map(of).collect())
    }

    /// What agreement on each value of a comparison is worth beyond agreement on any, of which u is `exact`.
    fn worth(&self, at: usize, exact: f64) -> Vec<i32> {
        let Some(ValueCounts { counts, with }) = self.0.get(at).and_then(Option::as_ref) else { return Vec::new() };
        std::iter::once(0).chain(counts[1..].iter().map(|n| rarity(exact, f64::from(*n), *with))).collect()
    }
}

/// What agreement on a value that `count` of `with` records hold is worth beyond agreement on any, of which u is `exact`; in thousandths of a bit.
#[must_use]
pub fn rarity(exact: f64, count: f64, with: f64) -> i32 {
    of_frequency(exact, count.max(1.0) / with.max(1.0))
}
