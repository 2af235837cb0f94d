//! Tests of the model as a whole: it recovers what it was made of, and says the same on any number of threads.

use proptest::prelude::*;

use super::blocking::{Blocking, Rule, Sample, Scope};
use super::comparison::{Agreement, Comparison, Comparisons, levels_of};
use super::decide::{Constraints, Kept, Refusal, decide, in_order, threshold};
use super::em::{Histogram, learn};
use super::records::{Column, Field, Records, Values};
use super::score::{Frequencies, Scored, Scorer};
use super::texts::{Forms, Texts, mixed};
use super::train::{Beforehand, Trained, train};
use super::trained::{LevelFile, ModelFile};
use super::weights::weights;
use super::{ModelError, Part};

/// Numbers between 0 and 1, one after another from a seed.
pub(super) struct Chances(pub(super) u64);

impl Chances {
    #[allow(clippy::cast_precision_loss)]
    pub(super) fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        (mixed(self.0) >> 11) as f64 / (1_u64 << 53) as f64
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
    pub(super) fn below(&mut self, n: usize) -> usize {
        (self.next() * n as f64) as usize
    }
}

pub(super) fn texts(name: &str, values: &[Option<String>]) -> Column {
    let mut texts = Texts::default();
    let code = |value: &Option<String>| {
        let text = value.clone().unwrap_or_default();
        let parts = text.split(' ').map(str::to_owned).collect();
        texts.number(&Forms { root: None, parts, text })
    };
    let codes = values.iter().map(code).collect();
    Column { field: Field { name: name.to_owned(), values: Values::Texts(texts) }, codes }
}

/// Two files of `each` persons, the first `both` of each the same people: a name, a town and a number of nine digits, with errors.
fn two_files(each: usize, both: usize, seed: u64) -> (Records, usize) {
    let mut chances = Chances(seed);
    let mut rows: Vec<[Option<String>; 3]> = Vec::new();
    let person = |chances: &mut Chances| {
        let name = format!("{}{}", ["ANNA", "BERT", "CARL", "DORA", "EMIL"][chances.below(5)], chances.below(400));
        let town = format!("T{}", chances.below(60));
        (name, town, chances.below(900_000_000))
    };
    let shared: Vec<_> = (0..both).map(|_| person(&mut chances)).collect();
    for file in 0..2 {
        for at in 0..each {
            let (mut name, mut town, mut number) = shared.get(at).cloned().unwrap_or_else(|| person(&mut chances));
            if file == 1 {
                if chances.next() < 0.1 {
                    name.insert(2, 'X');
                }
                if chances.next() < 0.2 {
                    town = format!("T{}", chances.below(60));
                }
                if chances.next() < 0.05 {
                    number += 1_000;
                }
            }
            let missing = chances.next() < 0.2;
            rows.push([Some(name), Some(town), (!missing).then(|| number.to_string())]);
        }
    }
    let column = |at: usize| rows.iter().map(|row| row[at].clone()).collect::<Vec<_>>();
    let numbers: Vec<u32> = column(2).iter().map(|n| n.as_ref().map_or(0, |n| n.parse::<u32>().unwrap() + 1)).collect();
    let number = Column { field: Field { name: "number".to_owned(), values: Values::Digits }, codes: numbers };
    let each = u32::try_from(each).unwrap();
    (Records::new(vec![texts("name", &column(0)), texts("town", &column(1)), number], vec![each, each * 2]), both)
}

fn comparisons() -> Vec<Comparison> {
    let one = |name: &str, field, levels: &[Agreement], frequencies| {
        Comparison::new(name, field, levels.to_vec(), frequencies)
    };
    vec![
        one("name", 0, &[Agreement::Exact, Agreement::Similar(0.9), Agreement::First(2)], true),
        one("town", 1, &[Agreement::Exact], false),
        one("number", 2, &[Agreement::Exact, Agreement::OneDigit, Agreement::LastFour], false),
    ]
}

fn rules() -> Vec<Rule> {
    let rule = |id: &str, parts: &[Part]| Rule { id: id.to_owned(), parts: parts.to_vec(), most: 1_000_000 };
    vec![
        rule("number", &[Part::Whole(2)]),
        rule("name", &[Part::Whole(0)]),
        rule("town", &[Part::Whole(1), Part::First(0, 2)]),
    ]
}

/// Every pair of the scope that a rule makes, by looking at all of them.
fn all_pairs(records: &Records, rules: &[Rule], scope: Scope) -> Vec<(u32, u32)> {
    let shares = |a: u32, b: u32, part: &Part| match (*part, &records.fields[part.field()].values) {
        (Part::Whole(f), _) => records.code(f, a) != 0 && records.code(f, a) == records.code(f, b),
        (Part::First(f, n), Values::Texts(texts)) => {
            let (x, y) = (records.code(f, a), records.code(f, b));
            let first = |code: u32| &texts.text(code)[..texts.text(code).len().min(n)];
            x != 0 && y != 0 && first(x) == first(y)
        }
        _ => false,
    };
    let count = u32::try_from(records.len()).unwrap();
    let may = |a: u32, b: u32| match scope {
        Scope::Between => records.file(a) != records.file(b),
        Scope::Within => records.file(a) == records.file(b),
        Scope::Both => true,
    };
    let pairs = (0..count).flat_map(|a| (a + 1..count).map(move |b| (a, b)));
    pairs.filter(|&(a, b)| may(a, b) && rules.iter().any(|r| r.parts.iter().all(|p| shares(a, b, p)))).collect()
}

#[test]
fn blocking_makes_each_pair_that_shares_a_key_once_on_any_number_of_threads() {
    let (records, _) = two_files(150, 90, 3);
    let rules = rules();
    for scope in [Scope::Between, Scope::Within, Scope::Both] {
        let expected = all_pairs(&records, &rules, scope);
        assert!(expected.len() > 20, "{scope:?}: {}", expected.len());
        let of_threads = [1, 2, 5].map(|threads| {
            let blocking = Blocking::new(&records, &rules, scope, threads);
            let step = |(): &mut (), pairs: &mut Vec<(u32, u32)>, a: u32, b: u32| pairs.push((a, b));
            let found = blocking.walk(threads, true, |_| Sample::ALL, || (), step);
            let each: u64 = blocking.counts().iter().map(|c| c.pairs).sum();
            let every = blocking.walk(threads, false, |_| Sample::ALL, || (), step);
            assert_eq!(each, every.iter().map(|(_, pairs)| pairs.len() as u64).sum::<u64>());
            found.into_iter().flat_map(|(_, pairs)| pairs).collect::<Vec<_>>()
        });
        assert_eq!(of_threads[0], of_threads[1]);
        assert_eq!(of_threads[0], of_threads[2]);
        let mut found = of_threads[0].clone();
        found.sort_unstable();
        assert_eq!(found, expected, "{scope:?}");
    }
}

#[test]
fn what_is_skipped_under_one_rule_comes_together_under_another() {
    let (records, _) = two_files(400, 250, 3);
    for scope in [Scope::Between, Scope::Within, Scope::Both] {
        let mut rules = rules();
        // Towns first, most of them over-common; then names, of which some are.
        rules.rotate_right(1);
        (rules[0].most, rules[2].most) = (2, 1);
        let of_rule = |at: usize| -> Vec<(u32, u32)> {
            let every = [Rule { most: u64::MAX, ..rules[at].clone() }];
            let blocking = Blocking::new(&records, &every, scope, 1);
            let pairs = all_pairs(&records, &every, scope);
            // Blocks by the pairs that share them: a pair stays where its first record has no more partners' pairs than are allowed.
            let mut kept = Vec::new();
            let mut left = pairs;
            while let Some(&(a, _)) = left.first() {
                let (block, rest): (Vec<_>, Vec<_>) = left.iter().partition(|(x, y)| {
                    *x == a || *y == a || blocking.is_made_by(0, a, *x) || blocking.is_made_by(0, a, *y)
                });
                if block.len() as u64 <= rules[at].most {
                    kept.extend(block);
                }
                left = rest;
            }
            kept
        };
        let mut expected: Vec<(u32, u32)> = (0..rules.len()).flat_map(of_rule).collect();
        expected.sort_unstable();
        expected.dedup();
        let blocking = Blocking::new(&records, &rules, scope, 2);
        assert!(blocking.counts().iter().filter(|count| count.over_common > 0).count() == 2, "{:?}", blocking.counts());
        let step = |(): &mut (), pairs: &mut Vec<(u32, u32)>, a: u32, b: u32| pairs.push((a, b));
        let found = blocking.walk(2, true, |_| Sample::ALL, || (), step);
        let mut found: Vec<(u32, u32)> = found.into_iter().flat_map(|(_, pairs)| pairs).collect();
        found.sort_unstable();
        assert_eq!(found, expected, "{scope:?}");
        let is_town = |(a, b): &&(u32, u32)| blocking.is_over_common(0, *a) && blocking.is_over_common(0, *b);
        // Within a file nobody shares a number.
        let some = scope == Scope::Within
            || found.iter().any(|pair| is_town(&pair) && blocking.rule_of(pair.0, pair.1) == Some(1));
        assert!(some, "{scope:?}");
    }
}

#[test]
fn a_block_that_is_over_common_is_skipped_and_counted() {
    let everybody = texts("town", &vec![Some("T".to_owned()); 2_000]);
    let records = Records::new(vec![everybody], vec![1_000, 2_000]);
    let rules = [Rule { id: "town".to_owned(), parts: vec![Part::Whole(0)], most: 999_999 }];
    let count = Blocking::new(&records, &rules, Scope::Between, 2).counts()[0];
    assert_eq!((count.pairs, count.over_common, count.skipped), (0, 1, 1_000_000));
}

#[test]
fn skipped_pairs_are_drawn_however_files_share_a_block() {
    // One record of the first file, three of the second, the rest of the third.
    let records = Records::new(vec![texts("t", &vec![Some("X".to_owned()); 2_000])], vec![1, 4, 2_000]);
    for (scope, pairs) in
        [(Scope::Between, 3 + 4 * 1_996), (Scope::Within, 3 + 1_996 * 1_995 / 2), (Scope::Both, 1_999_000)]
    {
        let rules = [Rule { id: "t".to_owned(), parts: vec![Part::Whole(0)], most: 1 }];
        let blocking = Blocking::new(&records, &rules, scope, 1);
        assert_eq!(blocking.counts()[0].skipped, pairs, "{scope:?}");
        let drawn = blocking.skipped(0, 20_000);
        assert_eq!(drawn.len(), 20_000, "{scope:?}: every draw gives a pair");
        let same = |pair: &(u32, u32)| records.file(pair.0) == records.file(pair.1);
        assert!(
            drawn
                .iter()
                .all(|pair| pair.0 < pair.1 && (scope == Scope::Both || same(pair) == (scope == Scope::Within)))
        );
        if scope == Scope::Between {
            // The first record is in a fourth of them: its 1,999 of 7,987.
            let share = drawn.iter().filter(|pair| pair.0 == 0).count() as f64 / 20_000.0;
            assert!((share - 1_999.0 / 7_987.0).abs() < 0.015, "{share}");
        }
    }
}

#[test]
fn what_skipping_costs_is_told_about_right() {
    let (each, both) = (6_000, 3_600);
    let (records, _) = two_files(each, both, 11);
    let (list, all_rules) = (comparisons(), rules);
    let model = trained(&records, &list, &all_rules(), 1).unwrap();
    // Of the last rule every block of more than 40 pairs is skipped now.
    let mut rules = all_rules();
    rules[2].most = 40;
    let blocking = Blocking::new(&records, &rules, Scope::Between, 1);
    let comparisons = Comparisons::new(&records, &list);
    let scorer = Scorer::new(&records, &comparisons, &model, &Frequencies::of(&records, &list));
    let counts = blocking.counts();
    assert!(counts[2].skipped > 100_000 && counts[0].skipped + counts[1].skipped == 0, "{counts:?}");
    let lost = scorer.lost(&blocking, &counts, |_, _| true);
    let every = all_rules();
    let every = Blocking::new(&records, &every, Scope::Between, 1);
    let is_made = |a: u32, b: u32| if blocking.rule_of(a, b).is_none() { every.rule_of(a, b) } else { None };
    let each = u32::try_from(each).unwrap();
    let truly = (0..u32::try_from(both).unwrap()).filter(|a| is_made(*a, a + each) == Some(2)).count() as f64;
    assert!(truly > 30.0 && (lost[2] / truly - 1.0).abs() < 0.3, "{} of {truly}", lost[2]);
    assert!(lost[0] == 0.0 && lost[1] == 0.0, "{lost:?}");
    let none = scorer.lost(&blocking, &counts, |_, _| false);
    assert_eq!(none, [0.0; 3]);
}

#[test]
fn a_million_records_of_one_person_are_one_block_that_is_skipped() {
    let of_one = |name: &str| Column {
        field: Field { name: name.to_owned(), values: Values::Digits },
        codes: vec![123_121_235; 1_000_000],
    };
    let records = Records::new(vec![of_one("number"), of_one("other")], vec![1_000_000]);
    let rules = [0, 1].map(|field| Rule { id: field.to_string(), parts: vec![Part::Whole(field)], most: 10_000_000 });
    let list = [0, 1].map(|field| Comparison::new(&field.to_string(), field, vec![Agreement::Exact], false));
    let blocking = Blocking::new(&records, &rules, Scope::Both, 2);
    assert!(blocking.counts().iter().all(|count| (count.pairs, count.skipped) == (0, 499_999_500_000)));
    let comparisons = Comparisons::new(&records, &list);
    let error = train(&records, &comparisons, &blocking, Scope::Both, 2, &Beforehand::default()).unwrap_err();
    assert_eq!(error, ModelError::NothingBlocked { over_common: 2 });
}

fn trained(records: &Records, list: &[Comparison], rules: &[Rule], threads: usize) -> Result<Trained, ModelError> {
    let comparisons = Comparisons::new(records, list);
    let blocking = Blocking::new(records, rules, Scope::Between, threads);
    train(records, &comparisons, &blocking, Scope::Between, threads, &Beforehand::default())
}

#[test]
fn training_finds_out_how_the_files_were_made() {
    let (records, both) = two_files(6_000, 3_600, 11);
    let (list, rules) = (comparisons(), rules());
    let model = trained(&records, &list, &rules, 1).unwrap();
    assert_eq!(model, trained(&records, &list, &rules, 2).unwrap(), "the same to the last bit on two threads");
    #[allow(clippy::cast_precision_loss)]
    let both = both as f64;
    assert!((model.matches / both - 1.0).abs() < 0.05, "{} of {both}", model.matches);
    // One in ten names has a letter more, one in five towns is drawn anew among sixty, one in twenty numbers is another.
    for (at, level, m) in [(0, 1, 0.9), (0, 2, 0.1), (1, 1, 0.8 + 0.2 / 60.0), (2, 1, 0.95)] {
        assert!((model.m[at][level] - m).abs() < 0.03, "m of {at} {level}: {} not {m}", model.m[at][level]);
    }
    assert!((model.u[1][1] - 1.0 / 60.0).abs() < 0.002, "u of town: {}", model.u[1][1]);
    // By frequencies alone u of the number would be what the true matches make of it, a thousand times too much.
    assert!(model.u[2][1] < 2e-9, "u of number: {}", model.u[2][1]);
    for weights in &model.weights {
        assert!(weights[1..].is_sorted_by(|a, b| a >= b), "better levels are worth no less: {weights:?}");
    }
}

#[test]
fn maximisation_recovers_what_patterns_were_drawn_from() {
    let list: Vec<Comparison> = (0..4)
        .map(|at| Comparison::new(&format!("c{at}"), at, vec![Agreement::Exact, Agreement::Similar(0.9)], false))
        .collect();
    let m = [[0.0, 0.9, 0.07, 0.03], [0.0, 0.8, 0.1, 0.1], [0.0, 0.95, 0.04, 0.01], [0.0, 0.7, 0.2, 0.1]];
    let u = [[0.0, 0.01, 0.02, 0.97], [0.0, 0.05, 0.05, 0.9], [0.0, 0.001, 0.01, 0.989], [0.0, 0.1, 0.1, 0.8]];
    let lambdas = [0.3, 0.05];
    let mut chances = Chances(5);
    let histograms: Vec<Histogram> = [0, 3]
        .iter()
        .zip(lambdas)
        .map(|(&frozen, lambda)| {
            let mut counts = std::collections::BTreeMap::new();
            for _ in 0..60_000 {
                let of = if chances.next() < lambda { &m } else { &u };
                let pattern = (0..4).fold(0_u64, |pattern, at| {
                    let mut draw = chances.next();
                    let level = (1..4).find(|l| {
                        draw -= of[at][*l];
                        draw < 0.0
                    });
                    let level = if at == frozen { 1 } else { level.unwrap_or(3) };
                    // One value in ten is missing, whoever it is.
                    let level = if at != frozen && chances.next() < 0.1 { 0 } else { level };
                    pattern * 4 + level as u64
                });
                *counts.entry(pattern).or_insert(0) += 1;
            }
            Histogram { frozen: (0..4).map(|at| at == frozen).collect(), counts: counts.into_iter().collect() }
        })
        .collect();
    let u: Vec<Vec<f64>> = u.iter().map(|u| u.to_vec()).collect();
    let learnt = learn(&list, &histograms, &u, &vec![vec![0.0; 4]; 4]);
    for (found, drawn) in learnt.lambda.iter().zip(lambdas) {
        assert!((found - drawn).abs() < 0.01, "{found} {drawn}");
    }
    for (found, drawn) in learnt.m.iter().flatten().zip(m.iter().flatten()) {
        assert!((found - drawn).abs() < 0.02, "{found} {drawn}");
    }
    assert!(learnt.missing.iter().all(|share| (share - 0.1).abs() < 0.02), "{:?}", learnt.missing);
}

#[test]
fn what_cannot_be_learnt_is_said() {
    let (records, _) = two_files(50, 30, 1);
    let only_name = [Rule { id: "name".to_owned(), parts: vec![Part::Whole(0)], most: 1_000 }];
    let error = trained(&records, &comparisons(), &only_name, 1).unwrap_err();
    assert_eq!(error, ModelError::NotIdentified { comparison: "name".to_owned() });
    let alone = Records::new(vec![texts("name", &[Some("ANNA".to_owned())])], vec![1]);
    let list = &comparisons()[..1];
    let blocking = Blocking::new(&alone, &[], Scope::Within, 1);
    let error = train(&alone, &Comparisons::new(&alone, list), &blocking, Scope::Within, 1, &Beforehand::default())
        .unwrap_err();
    assert_eq!(error, ModelError::NoPairs);
    // Nobody shares a name with anybody; then everybody does, in one block that is too large.
    let four = |names: [&str; 4]| {
        let names = names.map(|name| Some(name.to_owned()));
        Records::new(vec![texts("name", &names), texts("other", &names)], vec![2, 4])
    };
    let two = |name: &str, field| Comparison::new(name, field, vec![Agreement::Exact], false);
    let list = [two("name", 0), two("other", 1)];
    for (names, most, over_common) in [(["A", "B", "C", "D"], 10, 0), (["A"; 4], 3, 1)] {
        let rules = [Rule { id: "name".to_owned(), parts: vec![Part::Whole(0)], most }];
        let error = trained(&four(names), &list, &rules, 1).unwrap_err();
        assert_eq!(error, ModelError::NothingBlocked { over_common });
    }
}

#[test]
fn one_pair_is_enough_to_go_on() {
    let some = |name: &str, value: &str| texts(name, &vec![Some(value.to_owned()); 2]);
    let records = Records::new(vec![some("name", "ANNA"), some("town", "X"), some("school", "Y")], vec![1, 2]);
    let list = [("name", 0), ("town", 1), ("school", 2)]
        .map(|(name, field)| Comparison::new(name, field, vec![Agreement::Exact], true));
    let rules =
        [("a", 0), ("b", 1)].map(|(id, field)| Rule { id: id.to_owned(), parts: vec![Part::Whole(field)], most: 10 });
    let model = trained(&records, &list, &rules, 1).unwrap();
    assert!((model.pairs - 1.0).abs() < 1e-12 && model.matches > 0.0 && model.matches <= model.pairs, "{model:?}");
    assert_eq!(model.prior(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn better_levels_are_never_worth_less(m in prop::collection::vec(0.0001_f64..1.0, 1..7), u in prop::collection::vec(0.0001_f64..1.0, 7)) {
        let with_missing = |of: &[f64]| std::iter::once(0.0).chain(of.iter().copied()).collect::<Vec<f64>>();
        let (m, u) = (with_missing(&m), with_missing(&u[..m.len()]));
        let weights = weights(&m, &u);
        prop_assert_eq!(weights.len(), m.len());
        prop_assert!(weights[1..].is_sorted_by(|a, b| a >= b), "{:?}", weights);
    }

    #[test]
    fn stopping_early_drops_no_pair_and_changes_no_weight(seed in 0_u64..1_000, floor in -20_000_i32..20_000) {
        let (records, _) = two_files(60, 30, seed);
        let (list, rules) = (comparisons(), rules());
        let comparisons = Comparisons::new(&records, &list);
        let blocking = Blocking::new(&records, &rules, Scope::Between, 1);
        let model = train(&records, &comparisons, &blocking, Scope::Between, 1, &Beforehand::default()).unwrap();
        let scorer = Scorer::new(&records, &comparisons, &model, &Frequencies::of(&records, &list));
        let (mut found, compared) = scorer.pairs(&blocking, floor, 2);
        found.sort_unstable_by_key(|p| (p.left, p.right));
        let mut memories = comparisons.memories();
        let all = all_pairs(&records, &rules, Scope::Between);
        prop_assert_eq!(compared, all.len() as u64);
        let expected: Vec<Scored> = all
            .into_iter()
            .map(|(left, right)| {
                let (pattern, weight) = scorer.score(&mut memories, left, right);
                let parts: i32 = scorer.parts(pattern, left).iter().map(|part| part.1).sum();
                assert_eq!(weight, model.prior() + parts);
                Scored { left, right, weight, pattern }
            })
            .filter(|pair| pair.weight >= floor)
            .collect();
        prop_assert_eq!(found, expected);
    }
}

#[test]
fn pairs_are_joined_from_the_best_down_and_nobody_twice_in_a_file_without_duplicates() {
    let records = Records::new(vec![texts("t", &vec![Some("X".to_owned()); 6])], vec![3, 6]);
    let pair = |left, right, weight| Scored { left, right, weight, pattern: 0 };
    let mut pairs =
        vec![pair(0, 3, 9_000), pair(1, 3, 20_000), pair(1, 4, 15_000), pair(0, 4, 8_000), pair(2, 5, -3_000)];
    in_order(&mut pairs);
    let strict = constraints(&records, &[true, true]);
    let decided = decide(&pairs, &strict, 2, |_, _| None);
    let found: Vec<_> = decided.iter().map(|j| (j.pair.left, j.pair.right, j.refused, j.lead(), j.rival())).collect();
    let rival = Some(Refusal::Rival);
    assert_eq!(
        found,
        [
            (1, 3, None, Some(5_000), Some(4)),
            (1, 4, rival, Some(-5_000), Some(3)),
            (0, 3, rival, Some(-11_000), Some(1)),
            (0, 4, None, Some(-7_000), Some(1)),
            (2, 5, None, None, None)
        ]
    );
    // The last but one had the better pair of record 4 before it: that it is one person is unlikely.
    assert!(decided[0].probability > 0.9 && decided[3].probability < 0.01 && decided[4].probability < 0.2);
    let line = threshold(&decided, 1.0);
    assert_eq!((line.links, line.weight), (1, 20_000));
    assert_eq!(decided.iter().filter(|one| line.links(one)).count(), 1);
    // Below the review weight nobody is told of what was refused.
    let told = decide(&pairs, &Constraints { review: 10_000, ..strict }, 2, |_, _| None);
    assert_eq!(told.iter().filter(|one| one.refused.is_some()).map(|j| j.pair.weight).collect::<Vec<_>>(), [15_000]);
    // Where people may stand twice everybody is one, unless two of them speak against it.
    let loose = constraints(&records, &[false, false]);
    assert_eq!(decide(&pairs, &loose, 2, |_, _| None).len(), 4);
    let never = |a: u32, b: u32| ((a, b) == (0, 1) || (a, b) == (1, 0)).then_some(Refusal::Member);
    let kept = decide(&pairs, &loose, 2, never);
    let kept: Vec<_> = kept.iter().map(|j| (j.pair.left, j.pair.right, j.refused)).collect();
    let member = Some(Refusal::Member);
    assert_eq!(kept, [(1, 3, None), (1, 4, None), (0, 3, member), (0, 4, member), (2, 5, None)]);
    // Nobody has more records than a person may.
    let few = decide(&pairs, &Constraints { most_records: 2, ..loose }, 2, |_, _| None);
    assert_eq!(few.iter().filter(|one| one.refused == Some(Refusal::Size)).count(), 2, "{few:?}");
}

#[test]
fn three_files_without_duplicates_are_no_rivals_of_each_other_and_no_third_record_brings_two_together() {
    let records = Records::new(vec![texts("t", &vec![Some("X".to_owned()); 4])], vec![1, 2, 4]);
    let pair = |left, right, weight| Scored { left, right, weight, pattern: 0 };
    let mut pairs = vec![pair(0, 1, 20_000), pair(1, 2, 18_000), pair(0, 2, 16_000), pair(1, 3, 4_000)];
    in_order(&mut pairs);
    let three = constraints(&records, &[true, true, true]);
    let decided = decide(&pairs, &three, 2, |_, _| None);
    // One person has a record in each: the pair of 0 and 2 is of one group by then, and 3 came too late.
    let found: Vec<_> = decided.iter().map(|j| (j.pair.left, j.pair.right, j.refused, j.rival())).collect();
    assert_eq!(found, [(0, 1, None, None), (1, 2, None, Some(3)), (1, 3, Some(Refusal::Rival), Some(2))]);
    assert!(decided[0].probability > 0.99 && decided[1].probability > 0.99, "{decided:?}");
    let against = |a: u32, b: u32| ((a.min(b), a.max(b)) == (0, 2)).then_some(Refusal::Member);
    let apart = decide(&pairs, &three, 2, against);
    assert_eq!(apart[1].refused, Some(Refusal::Member), "{apart:?}");
}

#[test]
fn a_field_that_differs_stops_a_link_whatever_else_agrees() {
    let records = Records::new(vec![texts("t", &vec![Some("X".to_owned()); 3])], vec![1, 3]);
    let list = comparisons();
    // Levels of name, town and number: the number's last level is that it fits nothing.
    let pattern = |number: u64| 3 * 5 + 5 + number;
    let pairs = [
        Scored { left: 0, right: 1, weight: 20_000, pattern: pattern(4) },
        Scored { left: 0, right: 2, weight: 10_000, pattern: pattern(0) },
    ];
    assert_eq!(levels_of(&list, pattern(4)), [1, 1, 4]);
    let guarded = Constraints { list: &list, differs: &[2], ..constraints(&records, &[true, true]) };
    let decided = decide(&pairs, &guarded, 2, |_, _| None);
    let found: Vec<_> = decided.iter().map(|one| (one.pair.right, one.refused)).collect();
    assert_eq!(found, [(1, Some(Refusal::Differs(2))), (2, None)]);
}

fn constraints<'a>(records: &'a Records, free_of_duplicates: &'a [bool]) -> Constraints<'a> {
    Constraints {
        records,
        free_of_duplicates,
        list: &[],
        differs: &[],
        most_records: 1_000,
        review: -20_000,
        kept: Kept::default(),
    }
}

#[test]
fn a_model_is_read_back_as_it_was_written_and_refused_elsewhere() {
    let (records, _) = two_files(300, 200, 2);
    let (list, rules) = (comparisons(), rules());
    let model = trained(&records, &list, &rules, 1).unwrap();
    let text = serde_json::to_string(&ModelFile::new("x", 3, "1.0.0", &list, &model)).unwrap();
    let file: ModelFile = serde_json::from_str(&text).unwrap();
    let back = file.trained("x", 3, "1.0.0", &list).unwrap();
    assert_eq!((&back.weights, &back.u, back.prior()), (&model.weights, &model.u, model.prior()));
    let mut others = list.clone();
    others[0] = Comparison::new(&list[0].name, list[0].field, list[0].levels[..1].to_vec(), list[0].frequencies);
    let changed = |change: fn(&mut LevelFile)| {
        let mut file = file.clone();
        change(&mut file.comparisons[0].levels[1]);
        file.trained("x", 3, "1.0.0", &list)
    };
    for refused in [
        file.trained("y", 3, "1.0.0", &list),
        file.trained("x", 4, "1.0.0", &list),
        file.trained("x", 3, "1.0.1", &list),
        file.trained("x", 3, "1.0.0", &others),
        ModelFile { format: "throughline/model/2".to_owned(), ..file.clone() }.trained("x", 3, "1.0.0", &list),
        changed(|level| level.weight = i32::MAX),
        changed(|level| level.u = 0.0),
        changed(|level| level.m = f64::NAN),
        ModelFile { matches: 0.0, ..file.clone() }.trained("x", 3, "1.0.0", &list),
    ] {
        assert!(matches!(refused, Err(ModelError::OtherModel { .. })), "{refused:?}");
    }
}
