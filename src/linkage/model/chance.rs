//! Chance: how often two records of different people agree (u), from how often values come, without labels.

use super::blocking::{Scope, over};
use super::comparison::{Agreement, Comparison, Comparisons, MISSING};
use super::records::{Records, Values};
use super::texts::mixed;

/// Pairs drawn for the levels below exact agreement.
const DRAWS: usize = 1 << 19;
/// Draws of one job.
const DRAWS_OF_A_JOB: usize = 1 << 16;

/// How two records of different people compare in one field, as far as values alone tell.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Chance {
    /// Of pairs with values, how many have one value: `sum f_A f_B`, true matches not yet taken out.
    pub exact: f64,
    /// Pairs with values.
    pub pairs: f64,
    /// Of pairs with values that differ, how many stand at each level, by level; 0 and 1 are not used where the first level is exact.
    pub others: Vec<f64>,
    /// The least share of any level that is believed: what nobody was seen to do, or what a domain of this size gives.
    pub floors: Vec<f64>,
}

/// Pairs of records that may be compared at all.
#[must_use]
pub(super) fn all_pairs(records: &Records, scope: Scope) -> f64 {
    pairs_of(&(0..records.files()).map(|file| records.of_file(file).len() as f64).collect::<Vec<_>>(), scope)
}

/// Pairs of so many things a file.
fn pairs_of(counts: &[f64], scope: Scope) -> f64 {
    let all: f64 = counts.iter().sum();
    let both = all * (all - 1.0) / 2.0;
    let within: f64 = counts.iter().map(|n| n * (n - 1.0) / 2.0).sum();
    match scope {
        Scope::Both => both,
        Scope::Within => within,
        Scope::Between => both - within,
    }
    .max(0.0)
}

/// How often values of a field agree by chance.
#[must_use]
pub(super) fn chance(
    records: &Records,
    comparisons: &Comparisons<'_>,
    at: usize,
    scope: Scope,
    threads: usize,
) -> Chance {
    let comparison = &comparisons.list()[at];
    let (exact, pairs) = equal_share(records, comparison.field, scope);
    let draws = draws(all_pairs(records, scope));
    let jobs = draws.div_ceil(DRAWS_OF_A_JOB);
    let counts = over(threads, jobs, |job| {
        let mut memories = comparisons.memories();
        let mut counts = vec![0_u64; comparison.count()];
        let mut draw = mixed(0x0074_6872_6f75_6768 ^ ((at * jobs + job) as u64) << 20);
        for _ in 0..DRAWS_OF_A_JOB.min(draws - job * DRAWS_OF_A_JOB) {
            if let Some((a, b)) = drawn(records, scope, &mut draw) {
                counts[usize::from(comparisons.level(&mut memories, at, a, b))] += 1;
            }
        }
        counts
    });
    let mut counts: Vec<u64> =
        counts.into_iter().reduce(|all, one| all.iter().zip(one).map(|(a, b)| a + b).collect()).unwrap_or_default();
    counts[usize::from(MISSING)] = 0;
    if comparison.levels.first() == Some(&Agreement::Exact) {
        counts[1] = 0;
    }
    let seen: u64 = counts.iter().sum();
    let share = |count: u64| if seen == 0 { 0.0 } else { count as f64 / seen as f64 };
    let floors = (0..comparison.count()).map(|level| floor(records, comparison, level, seen)).collect();
    Chance { exact, pairs, others: counts.into_iter().map(share).collect(), floors }
}

/// Never more draws than there are pairs.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // bounded before it is cast
fn draws(pairs: f64) -> usize {
    pairs.clamp(1.0, DRAWS as f64) as usize
}

/// The next number of a draw.
fn next(draw: &mut u64) -> u64 {
    *draw = draw.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed(*draw)
}

/// Two records that may be compared, each as likely as any other; a draw that gives none is left out.
fn drawn(records: &Records, scope: Scope, draw: &mut u64) -> Option<(u32, u32)> {
    let all = records.len() as u64;
    let mut one = || u32::try_from((u128::from(next(draw)) * u128::from(all)) >> 64).unwrap_or(0);
    let (a, b) = (one(), one());
    let same_file = records.file(a) == records.file(b);
    let may = match scope {
        Scope::Between => !same_file,
        Scope::Within => same_file && a != b,
        Scope::Both => a != b,
    };
    may.then_some((a.min(b), a.max(b)))
}

/// The share of pairs with values that have one value, and how many pairs with values there are.
fn equal_share(records: &Records, field: usize, scope: Scope) -> (f64, f64) {
    let mut files: Vec<Vec<u32>> = (0..records.files())
        .map(|file| records.codes(field, records.of_file(file)).filter(|code| *code != 0).collect())
        .collect();
    let total = pairs_of(&files.iter().map(|codes| codes.len() as f64).collect::<Vec<_>>(), scope);
    let equal = if let Some(values) = records.fields[field].values.distinct() {
        let mut counts = vec![vec![0_u32; files.len()]; values + 1];
        for (file, codes) in files.iter().enumerate() {
            for code in codes {
                counts[*code as usize][file] += 1;
            }
        }
        counts.iter().map(|of| pairs_of(&of.iter().map(|n| f64::from(*n)).collect::<Vec<_>>(), scope)).sum()
    } else {
        for codes in &mut files {
            codes.sort_unstable();
        }
        let mut places = vec![0; files.len()];
        let mut sum = 0.0;
        // The least code that is left, and how often each file holds it.
        while let Some(least) = files.iter().zip(&places).filter_map(|(codes, at)| codes.get(*at)).min().copied() {
            let counts: Vec<f64> = files
                .iter()
                .zip(&mut places)
                .map(|(codes, at)| {
                    let run = codes[*at..].iter().take_while(|code| **code == least).count();
                    *at += run;
                    run as f64
                })
                .collect();
            sum += pairs_of(&counts, scope);
        }
        sum
    };
    (if total > 0.0 { equal / total } else { 0.0 }, total)
}

/// The least share that a level is believed to have. Of nine digits, in clear or as tokens, the domain tells; else half a pair is counted at a
/// level that none of the drawn met.
fn floor(records: &Records, comparison: &Comparison, level: usize, seen: u64) -> f64 {
    let numbers = 1e9;
    let unseen = if seen == 0 { 1e-6 } else { 0.5 / seen as f64 };
    let agreement = level.checked_sub(1).and_then(|at| comparison.levels.get(at));
    match (&records.fields[comparison.field].values, agreement) {
        (Values::Digits | Values::Tokens { near: Some(_), .. }, Some(Agreement::Exact)) => 1.0 / numbers,
        (_, Some(Agreement::Near)) => 89.0 / numbers,
        (Values::Digits, Some(Agreement::OneDigit)) => 81.0 / numbers,
        (Values::Digits, Some(Agreement::Transposed)) => 8.0 / numbers,
        (Values::Digits, Some(Agreement::LastFour)) => 1e-4,
        (Values::Days, Some(Agreement::Exact)) => 1.0 / 36_525.0,
        (_, Some(Agreement::Exact)) => 1e-7,
        _ => unseen,
    }
}
