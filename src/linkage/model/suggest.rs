//! Suggesting: blocking rules that find a wanted share of the pairs of one person and compare as few others as they can.

use super::blocking::{Scope, pairs_of};
use super::comparison::Comparison;
use super::parts::{Part, part_codes};
use super::records::Records;
use super::texts::mixed;
use super::threads::over;

/// A block of more pairs than this is over-common; a rule that has one is not suggested.
const MOST: u64 = 10_000_000;
/// A rule that finds less than this by itself is not looked at.
const LEAST: f64 = 0.05;
/// Parts of one rule at most.
const PARTS: usize = 3;

/// A part that a rule may be on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The part.
    pub part: Part,
    /// As a document says it, such as `first 2 of last_name`.
    pub says: String,
}

/// A rule that is suggested.
#[derive(Clone, Debug, PartialEq)]
pub struct SuggestedRule {
    /// Places among the choices.
    pub on: Vec<usize>,
    /// Pairs it makes.
    pub pairs: u64,
    /// The share of the pairs of one person that it finds by itself.
    pub finds: f64,
    /// The share that it finds with those before it.
    pub together: f64,
}

/// A pair taken for one person: which choices it agrees in, a bit each, and how likely it is one.
type Agreeing = (u64, f64);

/// Suggests rules over some choices (at most 64) that find the share `asked` of `matches`, pairs with the probability that each is of one person.
/// Every comparison is left free by one rule, so that the model can be trained on them. Where the share cannot be reached, all that helps comes.
#[must_use]
pub fn suggest(
    records: &Records,
    choices: &[Choice],
    comparisons: &[Comparison],
    scope: Scope,
    matches: &[(u32, u32, f64)],
    asked: f64,
    threads: usize,
) -> Vec<SuggestedRule> {
    let all = u32::try_from(records.len()).unwrap_or(u32::MAX);
    let columns: Vec<Vec<u32>> = over(threads, choices.len(), |at| {
        let part = choices[at].part;
        records.codes(part.field(), 0..all).map(part_codes(records, part)).collect()
    });
    let agreeing = |&(a, b, probability): &(u32, u32, f64)| {
        let agrees = |column: &Vec<u32>| column[a as usize] != 0 && column[a as usize] == column[b as usize];
        let bits = columns.iter().enumerate().fold(0, |bits, (at, column)| bits | u64::from(agrees(column)) << at);
        (bits, probability)
    };
    let agreeing: Vec<Agreeing> = matches.iter().map(agreeing).collect();
    let candidates = candidates(records, choices, &columns, scope, &agreeing, threads);
    let mut chosen = covering(&candidates, &agreeing, asked, records.len());
    for comparison in comparisons {
        let leaves_free = |one: &Candidate| !one.on.iter().any(|at| comparison.rests_on(choices[*at].part.field()));
        if !chosen.iter().any(|at| leaves_free(&candidates[*at])) {
            let least = (0..candidates.len()).filter(|at| leaves_free(&candidates[*at]));
            chosen.extend(least.min_by_key(|at| candidates[*at].pairs));
        }
    }
    let mut so_far: Vec<u64> = Vec::new();
    let told = chosen.into_iter().map(|at| {
        let one = &candidates[at];
        so_far.push(one.bits());
        SuggestedRule {
            on: one.on.clone(),
            pairs: one.pairs,
            finds: share(&agreeing, &[one.bits()]),
            together: share(&agreeing, &so_far),
        }
    });
    told.collect()
}

/// A rule that might be chosen.
#[derive(Clone, Debug)]
struct Candidate {
    on: Vec<usize>,
    pairs: u64,
}

impl Candidate {
    fn bits(&self) -> u64 {
        self.on.iter().fold(0, |bits, at| bits | 1 << at)
    }
}

/// The share of the pairs that some of the rules find; a rule is its bits.
fn share(agreeing: &[Agreeing], rules: &[u64]) -> f64 {
    let found = |(bits, _): &&Agreeing| rules.iter().any(|rule| bits & rule == *rule);
    let weight = |some: &mut dyn Iterator<Item = &Agreeing>| some.map(|(_, probability)| probability).sum::<f64>();
    let of = weight(&mut agreeing.iter());
    if of > 0.0 { weight(&mut agreeing.iter().filter(found)) / of } else { 0.0 }
}

/// Rules of one part, and of one part more wherever a rule makes more pairs than there are records.
fn candidates(
    records: &Records,
    choices: &[Choice],
    columns: &[Vec<u32>],
    scope: Scope,
    agreeing: &[Agreeing],
    threads: usize,
) -> Vec<Candidate> {
    let mut open: Vec<Vec<usize>> = (0..choices.len()).map(|at| vec![at]).collect();
    let mut found = Vec::new();
    for parts in 1..=PARTS {
        open.retain(|on| share(agreeing, &[on.iter().fold(0, |bits, at| bits | 1 << at)]) >= LEAST);
        let counted = over(threads, open.len(), |at| pairs(records, columns, scope, &open[at]));
        let mut next: Vec<Vec<usize>> = Vec::new();
        for (on, counted) in open.into_iter().zip(counted) {
            if let Some(pairs) = counted {
                found.push(Candidate { on: on.clone(), pairs });
            }
            if parts < PARTS && counted.is_none_or(|pairs| pairs > records.len() as u64) {
                let taken = |at: &usize| on.iter().any(|o| choices[*o].part.field() == choices[*at].part.field());
                let more = (0..choices.len()).filter(|at| !taken(at));
                next.extend(more.map(|at| {
                    let mut longer = on.clone();
                    longer.push(at);
                    longer.sort_unstable();
                    longer
                }));
            }
        }
        next.sort_unstable();
        next.dedup();
        open = next;
    }
    found
}

/// How many pairs a rule makes; `None` where a block of it is over-common.
fn pairs(records: &Records, columns: &[Vec<u32>], scope: Scope, on: &[usize]) -> Option<u64> {
    let key = |row: usize| {
        on.iter().try_fold(0_u64, |key, at| match columns[*at][row] {
            0 => None,
            code => Some(mixed(key).wrapping_add(u64::from(code))),
        })
    };
    let rows = 0..u32::try_from(records.len()).unwrap_or(u32::MAX);
    let mut keyed: Vec<(u64, u32)> = rows.filter_map(|row| Some((key(row as usize)?, row))).collect();
    keyed.sort_unstable();
    let mut block = Vec::new();
    keyed.chunk_by(|a, b| a.0 == b.0).filter(|run| run.len() > 1).try_fold(0, |all, run| {
        block.clear();
        block.extend(run.iter().map(|(_, row)| *row));
        let pairs = pairs_of(records, scope, &block);
        (pairs <= MOST).then_some(all + pairs)
    })
}

/// Places of candidates that find the share asked for: the one that finds most for its pairs first, until it is reached; then those that the others
/// make needless are taken out, the costliest first.
fn covering(candidates: &[Candidate], agreeing: &[Agreeing], asked: f64, records: usize) -> Vec<usize> {
    let mut chosen: Vec<usize> = Vec::new();
    let bits = |chosen: &[usize]| chosen.iter().map(|at| candidates[*at].bits()).collect::<Vec<u64>>();
    let mut left: Vec<Agreeing> = agreeing.to_vec();
    let of: f64 = agreeing.iter().map(|(_, probability)| probability).sum();
    // A rule costs something by itself, or a dozen tiny ones would stand in the place of one.
    let of_a_rule = records as f64 / 10.0;
    loop {
        let missing: f64 = left.iter().map(|(_, probability)| probability).sum();
        if of <= 0.0 || 1.0 - missing / of >= asked {
            break;
        }
        let worth = |at: usize| {
            let rule = candidates[at].bits();
            let found = left.iter().filter(|(bits, _)| bits & rule == rule).map(|(_, probability)| probability);
            found.sum::<f64>() / (candidates[at].pairs as f64 + of_a_rule)
        };
        let best =
            (0..candidates.len()).map(|at| (worth(at), at)).max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
        let Some((worth, at)) = best.filter(|(worth, _)| *worth > 0.0) else { break };
        debug_assert!(worth.is_finite());
        chosen.push(at);
        let rule = candidates[at].bits();
        left.retain(|(bits, _)| bits & rule != rule);
    }
    let reached = share(agreeing, &bits(&chosen)).min(asked);
    let mut by_cost = chosen.clone();
    by_cost.sort_by_key(|at| std::cmp::Reverse(candidates[*at].pairs));
    for at in by_cost {
        let without: Vec<usize> = chosen.iter().copied().filter(|other| *other != at).collect();
        if !without.is_empty() && share(agreeing, &bits(&without)) >= reached {
            chosen = without;
        }
    }
    chosen
}
