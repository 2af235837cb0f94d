//! Training: chance from frequencies, agreement of one person from patterns, and how many pairs of all are of one person. No label is read.

use super::blocking::{Blocking, PairCount, Sample, Scope};
use super::chance::{Chance, all_pairs, chance};
use super::comparison::{Comparison, Comparisons, levels_of};
use super::em::{Histogram, Learnt, learn};
use super::error::ModelError;
use super::records::Records;
use super::weights::{thousandths, weights};

/// Pairs of one rule from which patterns are counted.
const PAIRS: u64 = 1 << 18;
/// The share of agreements that may be left by an error in how many are of one person: as estimated, and as counted by those who have joined
/// most of them, but never all.
const NOISE: f64 = 0.05;
const NOISE_OF_KNOWN: f64 = 0.25;
/// So many labelled pairs with values tell of a comparison that no rule leaves free.
const FEWEST_LABELS: f64 = 30.0;
/// Draws of which a level's true matches leave so little that it may be none: standard errors of their number.
const ERRORS: f64 = 2.0;
/// The share of a level that true matches must make up for that to matter.
const MATTERS: f64 = 0.25;
/// The greatest share of pairs with values that may be of one person.
const MOST_MATCHES: f64 = 0.5;
/// From so many records on no share like that is believed.
const FEW: usize = 100;
/// How often chance and agreement are worked out in turn.
const TURNS: usize = 3;

/// A trained model: parameters only, no value of anybody.
#[derive(Clone, Debug, PartialEq)]
pub struct Trained {
    /// By comparison and level: of pairs of one person with values, how many stand there. Level 0 is not used.
    pub m: Vec<Vec<f64>>,
    /// The same of pairs of two people.
    pub u: Vec<Vec<f64>>,
    /// By comparison and level: pairs of one person that `m` rests on.
    pub matched: Vec<Vec<f64>>,
    /// By comparison and level, in thousandths of a bit.
    pub weights: Vec<Vec<i32>>,
    /// By rule: its pairs; empty in a model that was read.
    pub counts: Vec<PairCount>,
    /// Pairs that may be compared at all.
    pub pairs: f64,
    /// Pairs of one person among them, estimated.
    pub matches: f64,
}

impl Trained {
    /// The weight that a pair has before it is compared.
    #[must_use]
    pub fn prior(&self) -> i32 {
        thousandths(libm::log2(self.matches / (self.pairs - self.matches)))
    }
}

/// What is known of pairs of one person before anything is learnt, by those who have joined most of them.
#[derive(Clone, Debug, PartialEq)]
pub struct KnownMatches {
    /// How many there are.
    pub pairs: f64,
    /// By comparison: how many of them have values, and how many one value.
    pub with_values: Vec<(f64, f64)>,
}

/// What is known before anything is learnt.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Beforehand {
    /// About how many pairs are of one person. A field that some files never hold is then not taken for one that is missing by chance.
    pub matches: Option<KnownMatches>,
    /// Pairs that people hold for one person, the smaller number first.
    pub same: Vec<(u32, u32)>,
}

/// Trains a model on records.
pub fn train(
    records: &Records,
    comparisons: &Comparisons<'_>,
    blocking: &Blocking<'_>,
    scope: Scope,
    threads: usize,
    before: &Beforehand,
) -> Result<Trained, ModelError> {
    let list = comparisons.list();
    let known = before.matches.as_ref();
    let pairs = all_pairs(records, scope);
    if pairs < 1.0 {
        return Err(ModelError::NoPairs);
    }
    let counts = blocking.counts();
    if counts.iter().all(|count| count.pairs == 0) {
        return Err(ModelError::NothingBlocked { over_common: counts.iter().map(|count| count.over_common).sum() });
    }
    let histograms = histograms(comparisons, blocking, &counts, threads);
    let labelled = labelled(comparisons, &before.same);
    identified(list, &histograms, &labelled)?;
    let chances: Vec<Chance> = (0..list.len()).map(|at| chance(records, comparisons, at, scope, threads)).collect();
    // Nobody agrees by chance where values are nearly each person's own, so the field that agrees least often bounds the matches.
    let within = |matches: f64| matches.max(1.0).min(pairs / 2.0);
    let bound = || chances.iter().map(|c| c.exact * pairs).fold(f64::INFINITY, f64::min);
    let mut matches = within(known.map_or_else(bound, |known| known.pairs));
    let mut learnt: Option<(Learnt, Vec<Vec<f64>>)> = None;
    for _ in 0..TURNS {
        // Of pairs with values, the share of one person, and the share of one person and one value.
        let taken_out = |at: usize| {
            if let Some(known) = known {
                let share = |pairs: f64| pairs / chances[at].pairs.max(1.0);
                let (with_values, equal) = known.with_values[at];
                TakenOut { lambda: share(with_values), equal: share(equal), noise: NOISE_OF_KNOWN }
            } else {
                let m = learnt.as_ref().map_or(0.9, |(l, _)| l.m[at][1]);
                // Whether a value is there may go with the person, and then matches have it oftener than other pairs. Of a comparison that is
                // silent beside another field it is not known.
                let told = learnt.as_ref().filter(|_| list[at].unless.is_none());
                let lambda = told.map_or(matches / pairs, |(l, _)| {
                    (matches * (1.0 - l.missing[at]) / chances[at].pairs.max(1.0)).min(MOST_MATCHES)
                });
                TakenOut { lambda, equal: lambda * m, noise: NOISE }
            }
        };
        let m = |at: usize| learnt.as_ref().map(|(learnt, _)| learnt.m[at].as_slice());
        let of = |(at, c): (usize, &Chance)| by_level(c, list, at, taken_out(at), m(at));
        let u: Vec<Vec<f64>> = chances.iter().enumerate().map(of).collect();
        let now = learn(list, &histograms, &u, &labelled);
        matches = within(known.map_or_else(|| estimated_matches(list, blocking, &counts, &now), |known| known.pairs));
        learnt = Some((now, u));
    }
    let Some((learnt, u)) = learnt else { return Err(ModelError::NoPairs) };
    if known.is_none() && records.len() >= FEW && matches >= MOST_MATCHES * pairs {
        return Err(ModelError::MostlyOnePerson);
    }
    let weights = (0..list.len()).map(|at| weights(&learnt.m[at], &u[at])).collect();
    let Learnt { m, matched, .. } = learnt;
    Ok(Trained { m, u, matched, weights, counts, pairs, matches })
}

/// True matches among pairs with values, as shares of these.
#[derive(Clone, Copy)]
struct TakenOut {
    lambda: f64,
    /// Those that agree exactly.
    equal: f64,
    /// The share of agreements that may be left by an error in the two.
    noise: f64,
}

/// u by level: the true matches, as often at each level as `m` says once that is known, are taken out of what frequencies and draws give.
fn by_level(chance: &Chance, list: &[Comparison], at: usize, matches: TakenOut, m: Option<&[f64]>) -> Vec<f64> {
    let exact_first = list[at].levels.first() == Some(&super::comparison::Agreement::Exact);
    let left = (chance.exact - matches.equal) / (1.0 - matches.lambda);
    // Of a value that is nearly each person's own, what is left is the error of lambda itself, and says nothing.
    let exact = if left < matches.noise * chance.exact { 0.0 } else { left }.max(chance.floors[1]);
    let differing = 1.0 - if exact_first { chance.exact } else { 0.0 };
    let left_of = |level: usize, share: f64| {
        let (all, matched) = (differing * share, m.map_or(0.0, |m| matches.lambda * m[level]));
        let left = (all - matched) / (1.0 - matches.lambda);
        let error = ERRORS * libm::sqrt(all / chance.seen.max(1) as f64);
        if matched > MATTERS * all && left < error { 0.0 } else { left.max(0.0) }
    };
    let mut u: Vec<f64> = chance
        .others
        .iter()
        .zip(&chance.floors)
        .enumerate()
        .map(|(level, (share, floor))| match level {
            0 => 0.0,
            1 if exact_first => exact,
            _ => left_of(level, *share).max(*floor),
        })
        .collect();
    let all: f64 = u.iter().sum();
    for share in &mut u {
        *share /= all;
    }
    u
}

/// The patterns of each rule, of so many records that about [`PAIRS`] pairs come together.
fn histograms(
    comparisons: &Comparisons<'_>,
    blocking: &Blocking<'_>,
    counts: &[PairCount],
    threads: usize,
) -> Vec<Histogram> {
    let part = |rule: usize| Sample::of(PAIRS, counts[rule].pairs);
    let step = |memories: &mut _, patterns: &mut Vec<u64>, a: u32, b: u32| {
        patterns.push(comparisons.pattern(memories, a, b));
    };
    let mut all: Vec<Vec<u64>> = blocking.rules().iter().map(|_| Vec::new()).collect();
    for (rule, patterns) in blocking.walk(threads, false, part, || comparisons.memories(), step) {
        all[rule].extend(patterns);
    }
    let made = blocking.rules().iter().zip(all).map(|(rule, mut patterns)| {
        let frozen = comparisons.list().iter().map(|c| rule.parts.iter().any(|p| c.rests_on(p.field()))).collect();
        patterns.sort_unstable();
        let counts = patterns.chunk_by(|a, b| a == b).map(|run| (run[0], run.len() as u64)).collect();
        Histogram { frozen, counts }
    });
    made.collect()
}

/// By comparison and level: pairs that people hold for one person.
fn labelled(comparisons: &Comparisons<'_>, same: &[(u32, u32)]) -> Vec<Vec<f64>> {
    let mut memories = comparisons.memories();
    let mut counts: Vec<Vec<f64>> = comparisons.list().iter().map(|c| vec![0.0; c.count()]).collect();
    for &(a, b) in same {
        let levels = levels_of(comparisons.list(), comparisons.pattern(&mut memories, a, b));
        counts.iter_mut().zip(levels).for_each(|(counts, level)| counts[usize::from(level)] += 1.0);
    }
    counts
}

/// Each comparison must be free in a rule that makes pairs, or be told by enough labels.
fn identified(list: &[Comparison], histograms: &[Histogram], labelled: &[Vec<f64>]) -> Result<(), ModelError> {
    for (at, comparison) in list.iter().enumerate() {
        let told = labelled[at][1..].iter().sum::<f64>() >= FEWEST_LABELS;
        if !told && !histograms.iter().any(|h| !h.frozen[at] && !h.counts.is_empty()) {
            return Err(ModelError::NotIdentified { comparison: comparison.name.clone() });
        }
    }
    Ok(())
}

/// The pairs of one person: each rule holds a known number of them, and misses those that disagree in a part of it or lack one.
fn estimated_matches(list: &[Comparison], blocking: &Blocking<'_>, counts: &[PairCount], learnt: &Learnt) -> f64 {
    use super::parts::Part;
    let mut weighted = (0.0, 0.0);
    for ((rule, count), lambda) in blocking.rules().iter().zip(counts).zip(&learnt.lambda) {
        let mut kept = 1.0;
        let mut whole = true;
        for part in &rule.parts {
            whole &= matches!(part, Part::Whole(_));
            match list.iter().position(|c| c.field == part.field()) {
                // A comparison that is silent beside another field does not tell how often its own is missing.
                Some(at) if list[at].unless.is_some() => {
                    whole = false;
                    kept *= learnt.m[at][1];
                }
                Some(at) => kept *= learnt.m[at][1] * (1.0 - learnt.missing[at]),
                None => whole = false,
            }
        }
        // A rule over parts of values keeps more than is known here; it counts where there is none other. The purer a rule is, the surer.
        let weight = count.pairs as f64 * lambda / (1.001 - lambda) * if whole { 1.0 } else { 1e-6 };
        if kept > 0.0 {
            weighted.0 += weight * count.pairs as f64 * lambda / kept;
            weighted.1 += weight;
        }
    }
    if weighted.1 > 0.0 { weighted.0 / weighted.1 } else { 1.0 }
}
