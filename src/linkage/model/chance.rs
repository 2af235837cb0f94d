//! Chance: how often two records of different people agree (u), from how often values come, without labels.

use super::blocking::Scope;
use super::comparison::{Agreement, Comparison, Comparisons, MISSING};
use super::records::{Records, Values};
use super::texts::mixed;
use super::threads::over;

/// Pairs drawn for the levels below exact agreement.
const DRAWS: usize = 1 << 19;
/// The most frequent values of a field, of which every two are compared.
const FREQUENT: usize = 256;
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
    /// Pairs with values that differ, of those drawn.
    pub seen: u64,
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
    let frequent = Frequent::of(records, comparison, scope);
    let draws = draws(all_pairs(records, scope));
    let jobs = draws.div_ceil(DRAWS_OF_A_JOB);
    let counts = over(threads, jobs, |job| {
        let mut memories = comparisons.memories();
        let mut counts = vec![0_u64; comparison.count()];
        let mut among_frequent = counts.clone();
        let mut draw = mixed(0x0074_6872_6f75_6768 ^ ((at * jobs + job) as u64) << 20);
        for _ in 0..DRAWS_OF_A_JOB.min(draws - job * DRAWS_OF_A_JOB) {
            if let Some((a, b)) = drawn(records, scope, &mut draw) {
                let level = usize::from(comparisons.level(&mut memories, at, a, b));
                counts[level] += 1;
                if frequent.both(records.code(comparison.field, a), records.code(comparison.field, b)) {
                    among_frequent[level] += 1;
                }
            }
        }
        [counts, among_frequent]
    });
    let sum = |nth: usize| {
        let mut sum = vec![0_u64; comparison.count()];
        for of_job in &counts {
            sum.iter_mut().zip(&of_job[nth]).for_each(|(all, one)| *all += one);
        }
        sum[usize::from(MISSING)] = 0;
        if comparison.exact_first() {
            sum[1] = 0;
        }
        sum
    };
    let (drawn, among_frequent) = (sum(0), sum(1));
    let seen: u64 = drawn.iter().sum();
    let floors = (0..comparison.count()).map(|level| floor(records, comparison, level, seen)).collect();
    let mut others = frequent.told(&drawn, &among_frequent, pairs * (1.0 - exact));
    if seen == 0 {
        // Two values that nobody was seen to have fit nothing, but for what their domain makes likely.
        others[usize::from(comparison.otherwise())] = 1.0;
    }
    Chance { exact, pairs, others, floors, seen }
}

/// The most frequent values of a field, compared each with each: what they do is counted and not drawn.
struct Frequent {
    /// By value, whether it is one of them; empty where values are not compared by themselves.
    is: Vec<bool>,
    /// By level: pairs of records that hold two of them.
    levels: Vec<f64>,
    /// By level, whether it reads another field too, so that it must be drawn.
    drawn: Vec<bool>,
}

impl Frequent {
    /// The most frequent values of texts whose levels depend on the two values alone. A level that reads another field too is drawn.
    fn of(records: &Records, comparison: &Comparison, scope: Scope) -> Self {
        let reads_another = |level: &Agreement| matches!(level, Agreement::Swapped(_) | Agreement::KnownBy(_));
        let levels = comparison.levels.iter();
        let drawn = std::iter::once(false).chain(levels.map(reads_another)).chain([false]).collect();
        let nothing = Self { is: Vec::new(), levels: vec![0.0; comparison.count()], drawn };
        let fuzzy = comparison.levels.iter().any(|level| *level != Agreement::Exact && !reads_another(level));
        let Values::Texts(texts) = &records.fields[comparison.field].values else { return nothing };
        if !fuzzy || !comparison.exact_first() {
            return nothing;
        }
        let files = records.files();
        let mut counts = vec![0_u32; (texts.len() + 1) * files];
        for file in 0..files {
            let codes = records.codes(comparison.field, records.of_file(file));
            codes.for_each(|code| counts[code as usize * files + file] += 1);
        }
        let of = |value: u32| &counts[value as usize * files..][..files];
        let all = |value: u32| of(value).iter().map(|n| u64::from(*n)).sum::<u64>();
        let mut values: Vec<u32> = (1..=u32::try_from(texts.len()).unwrap_or(0)).collect();
        values.sort_unstable_by_key(|value| (std::cmp::Reverse(all(*value)), *value));
        values.truncate(FREQUENT);
        let mut found = Self { is: vec![false; texts.len() + 1], ..nothing };
        for (at, &a) in values.iter().enumerate() {
            found.is[a as usize] = true;
            for &b in &values[..at] {
                let within: f64 = of(a).iter().zip(of(b)).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum();
                let both = all(a) as f64 * all(b) as f64;
                let pairs = match scope {
                    Scope::Both => both,
                    Scope::Within => within,
                    Scope::Between => both - within,
                };
                found.levels[usize::from(comparison.level_of_values(records, a, b))] += pairs;
            }
        }
        found
    }

    fn both(&self, a: u32, b: u32) -> bool {
        a != b && [a, b].iter().all(|value| self.is.get(*value as usize).is_some_and(|is| *is))
    }

    /// The share of each level among `differing` pairs: of frequent values as counted, of all others as drawn. What reads another field is drawn of all.
    fn told(&self, drawn: &[u64], among_frequent: &[u64], differing: f64) -> Vec<f64> {
        let share = |count: f64, of: f64| if of > 0.0 { count / of } else { 0.0 };
        let by_value = |counts: &[u64]| {
            counts.iter().zip(&self.drawn).filter(|(_, drawn)| !**drawn).map(|(n, _)| *n).sum::<u64>() as f64
        };
        let every = drawn.iter().sum::<u64>() as f64;
        let (all, among) = (by_value(drawn), by_value(among_frequent));
        let counted: f64 = self.levels.iter().sum();
        if counted <= 0.0 || all <= 0.0 {
            return drawn.iter().map(|n| share(*n as f64, every)).collect();
        }
        // Where no draw met any other value, frequent ones are all there is.
        let frequent = if all > among { share(counted, differing).min(1.0) } else { 1.0 };
        let of = |level: usize| {
            if self.drawn[level] {
                return share(drawn[level] as f64, every);
            }
            let others = share((drawn[level] - among_frequent[level]) as f64, all - among);
            share(all, every) * (frequent * share(self.levels[level], counted) + (1.0 - frequent) * others)
        };
        (0..drawn.len()).map(of).collect()
    }
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

#[cfg(test)]
mod tests {
    use super::super::tests::texts;
    use super::*;

    #[test]
    fn what_frequent_values_do_is_counted_to_the_last_pair() {
        // Nine in ten are of three names, of which two are alike; the rest are like nobody: more values than are counted, or as few as all are.
        for others in [300, 20] {
            holds_to_the_last_pair(others);
        }
    }

    fn holds_to_the_last_pair(others: usize) {
        let names = ["MARTHA", "MARTHE", "BOB"];
        let four = |at: usize| "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[at..=at].repeat(4);
        let unlike = |at: usize| four(at % 26) + &four(at / 26);
        let name = |at: usize| if at % 10 == 9 { unlike(at / 10 % others) } else { names[at % 3].to_owned() };
        let values: Vec<Option<String>> = (0..3_000).map(|at| Some(name(at))).collect();
        let records = Records::new(vec![texts("name", &values)], vec![1_500, 3_000]);
        let list = [Comparison::new("name", 0, vec![Agreement::Exact, Agreement::Similar(0.9)], false)];
        let comparisons = Comparisons::new(&records, &list);
        for scope in [Scope::Between, Scope::Within, Scope::Both] {
            let found = chance(&records, &comparisons, 0, scope, 2);
            let (mut alike, mut differing) = (0.0, 0.0);
            for (at, a) in values.iter().enumerate() {
                for (to, b) in values.iter().enumerate().skip(at + 1) {
                    let same_file = (at < 1_500) == (to < 1_500);
                    if a != b && (scope == Scope::Both || (scope == Scope::Within) == same_file) {
                        differing += 1.0;
                        let both = [a, b].map(|name| name.as_deref().unwrap_or_default());
                        alike += f64::from(u8::from(both.iter().all(|name| name.starts_with("MARTH"))));
                    }
                }
            }
            let share = alike / differing;
            // To the last pair: what is drawn comes only so near.
            assert!((found.others[2] - share).abs() < 1e-9, "{scope:?}: {} and not {share}", found.others[2]);
            assert!((found.others.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        }
    }
}
