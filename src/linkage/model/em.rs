//! Expectation and maximisation on counts of agreement patterns: how often two records of one person agree (m), and how many pairs of each
//! blocking rule are of one person, without labels.

use super::comparison::{Comparison, MISSING, levels_of};

/// The patterns of the pairs of one rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    /// Comparisons of fields that the rule holds equal, or that rest on them: nothing is learnt of them here.
    pub frozen: Vec<bool>,
    /// Pattern and count, in the order of patterns.
    pub counts: Vec<(u64, u64)>,
}

/// What is learnt.
#[derive(Clone, Debug, PartialEq)]
pub struct Learnt {
    /// By comparison and level: of pairs of one person with values, how many stand there. Level 0 is not used.
    pub m: Vec<Vec<f64>>,
    /// By comparison and level: how many pairs of one person that rests on.
    pub matched: Vec<Vec<f64>>,
    /// By comparison: of pairs of one person, in how many a value is missing.
    pub missing: Vec<f64>,
    /// By rule: how many of its pairs are of one person.
    pub lambda: Vec<f64>,
}

/// Rounds at most, and what counts as not moving.
const ROUNDS: usize = 500;
const STILL: f64 = 1e-9;

/// Learns from the histograms of all rules at once. `u` is by comparison and level, and so are the pairs that people have `labelled` as one person.
#[must_use]
pub fn learn(list: &[Comparison], histograms: &[Histogram], u: &[Vec<f64>], labelled: &[Vec<f64>]) -> Learnt {
    let patterns: Vec<Vec<(Vec<u8>, f64)>> = histograms
        .iter()
        .map(|h| h.counts.iter().map(|(pattern, count)| (levels_of(list, *pattern), *count as f64)).collect())
        .collect();
    let mut now = Learnt {
        m: list.iter().map(first_guess).collect(),
        matched: list.iter().map(|c| vec![0.0; c.count()]).collect(),
        missing: vec![0.0; list.len()],
        lambda: vec![0.5; histograms.len()],
    };
    for _ in 0..ROUNDS {
        let next = maximised(list, histograms, &patterns, u, labelled, &now);
        let moved = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        let most = now.m.iter().zip(&next.m).map(|(a, b)| moved(a, b)).fold(moved(&now.lambda, &next.lambda), f64::max);
        now = next;
        if most < STILL {
            break;
        }
    }
    now
}

/// Mostly the first level, a little of each other.
fn first_guess(comparison: &Comparison) -> Vec<f64> {
    let levels = comparison.count() - 1;
    let rest = 0.1 / (levels.max(2) - 1) as f64;
    (0..=levels)
        .map(|level| {
            if level == 0 {
                0.0
            } else if level == 1 {
                0.9
            } else {
                rest
            }
        })
        .collect()
}

fn maximised(
    list: &[Comparison],
    histograms: &[Histogram],
    patterns: &[Vec<(Vec<u8>, f64)>],
    u: &[Vec<f64>],
    labelled: &[Vec<f64>],
    now: &Learnt,
) -> Learnt {
    // A ratio of a level is asked for in every pattern; it is worked out once.
    let ratios: Vec<Vec<f64>> = now
        .m
        .iter()
        .zip(u)
        .map(|(m, u)| m.iter().zip(u).map(|(m, u)| if *u > 0.0 { m.max(1e-12) / u } else { 1.0 }).collect())
        .collect();
    let mut matched = labelled.to_vec();
    let mut lambda = Vec::with_capacity(histograms.len());
    for ((histogram, patterns), share) in histograms.iter().zip(patterns).zip(&now.lambda) {
        let (mut ours, mut all) = (0.0, 0.0);
        for (levels, count) in patterns {
            let odds = levels.iter().enumerate().fold(share / (1.0 - share).max(1e-12), |odds, (at, level)| {
                if histogram.frozen[at] || *level == MISSING { odds } else { odds * ratios[at][usize::from(*level)] }
            });
            let expected = count * if odds.is_finite() { odds / (1.0 + odds) } else { 1.0 };
            ours += expected;
            all += count;
            for (at, level) in levels.iter().enumerate().filter(|(at, _)| !histogram.frozen[*at]) {
                matched[at][usize::from(*level)] += expected;
            }
        }
        lambda.push(if all > 0.0 { (ours / all).clamp(1e-9, 1.0 - 1e-9) } else { 0.0 });
    }
    let of_values = |counts: &Vec<f64>| counts[1..].iter().sum::<f64>();
    // Half a pair more for each level, so that a level never seen has a little.
    let m = matched.iter().zip(list).map(|(counts, comparison)| {
        let all = of_values(counts);
        if all <= 0.0 {
            // Where no two records both have a value, there is nothing to learn from.
            return first_guess(comparison);
        }
        let all = all + 0.5 * (counts.len() - 1) as f64;
        counts.iter().enumerate().map(|(level, n)| if level == 0 { 0.0 } else { (n + 0.5) / all }).collect()
    });
    let missing = matched.iter().map(|counts| {
        let all = of_values(counts) + counts[0];
        if all > 0.0 { counts[0] / all } else { 0.0 }
    });
    Learnt { m: m.collect(), missing: missing.collect(), matched: matched.clone(), lambda }
}
