//! Tests of comparisons: values agree as people write and mistype them, and what is dropped early is what would have been dropped late.

use proptest::prelude::*;

use super::Part;
use super::blocking::{Blocking, Rule, Scope};
use super::comparison::{Agreement, Comparison, Comparisons, MISSING, levels_of};
use super::records::{Column, Field, Records, Values, day_code};
use super::score::{Frequencies, Scored, Scorer};
use super::tests::texts;
use super::texts::{Forms, Texts};
use super::train::Trained;

#[test]
fn days_and_digits_agree_as_people_mistype_them() {
    let days = |list: &[(u32, u32, u32)]| Column {
        field: Field { name: "day".to_owned(), values: Values::Days },
        codes: list.iter().map(|d| day_code(d.0, d.1, d.2)).collect(),
    };
    let numbers = |list: &[u32]| Column {
        field: Field { name: "number".to_owned(), values: Values::Digits },
        codes: list.iter().map(|n| n + 1).collect(),
    };
    let levels = vec![
        Agreement::Exact,
        Agreement::OneDigit,
        Agreement::Transposed,
        Agreement::DayMonth,
        Agreement::Years(2),
        Agreement::YearMonth,
    ];
    let list = [
        Comparison::new("day", 0, levels, false),
        Comparison::new(
            "number",
            1,
            vec![Agreement::Exact, Agreement::OneDigit, Agreement::Transposed, Agreement::LastFour],
            false,
        ),
    ];
    let cases = [
        ((2004, 5, 7), 123_456_789, 1, 1),
        ((2004, 5, 8), 123_456_780, 2, 2),
        ((2004, 5, 70), 123_456_798, 3, 3),
        ((2004, 7, 5), 999_996_789, 4, 4),
        ((2006, 5, 7), 123_456_000, 2, 5),
        ((1999, 5, 7), 213_456_789, 7, 3),
        ((2004, 5, 21), 1, 6, 5),
    ];
    for (day, number, of_day, of_number) in cases {
        let records = Records::new(vec![days(&[(2004, 5, 7), day]), numbers(&[123_456_789, number])], vec![2]);
        let comparisons = Comparisons::new(&records, &list);
        let pattern = comparisons.pattern(&mut comparisons.memories(), 0, 1);
        assert_eq!(levels_of(&list, pattern), [of_day, of_number], "{day:?} {number}");
    }
    let records = Records::new(vec![days(&[(2009, 12, 31)]), numbers(&[0])], vec![1]);
    assert_eq!(records.code(0, 0), 0x2009_1231);
}

#[test]
fn names_agree_as_people_write_them() {
    let first = ["JAMES", "JIM", "J", "JAMSE", "SMITH", "", "ZOE"];
    let last = ["SMITH", "SMITH", "GARCIA LOPEZ", "LOPEZ", "JAMES", "SMITH", "SMYTH"];
    let mut firsts = Texts::default();
    let root = |text: &str| Some(if text == "JIM" { "JAMES" } else { text }.to_owned());
    let codes = first.map(|t| firsts.number(&Forms { text: t.to_owned(), root: root(t), parts: vec![] }));
    let first =
        Column { field: Field { name: "first".to_owned(), values: Values::Texts(firsts) }, codes: codes.to_vec() };
    let last = texts("last", &last.map(|t| Some(t.to_owned())));
    let records = Records::new(vec![first, last], vec![7]);
    let of_first =
        vec![Agreement::Exact, Agreement::Nickname, Agreement::Swapped(1), Agreement::Initial, Agreement::Similar(0.9)];
    let of_last = vec![Agreement::Exact, Agreement::Part, Agreement::Swapped(0), Agreement::Similar(0.85)];
    let list = [Comparison::new("first", 0, of_first, false), Comparison::new("last", 1, of_last, false)];
    let comparisons = Comparisons::new(&records, &list);
    let mut memories = comparisons.memories();
    for (a, b, expected) in [
        (0, 1, [2, 1]),
        (0, 2, [4, 5]),
        (0, 3, [5, 5]),
        (0, 4, [3, 3]),
        (2, 3, [4, 2]),
        (0, 5, [MISSING, 1]),
        (0, 6, [6, 4]),
        // What was remembered is not what was swapped.
        (1, 4, [6, 5]),
        (0, 4, [3, 3]),
    ] {
        assert_eq!(levels_of(&list, comparisons.pattern(&mut memories, a, b)), expected, "{a} {b}");
    }
}

#[test]
fn earlier_names_and_numbers() {
    let names = |name: &str, list: &[&str]| {
        texts(name, &list.iter().map(|t| (!t.is_empty()).then(|| (*t).to_owned())).collect::<Vec<_>>())
    };
    let last = names("last", &["SMITH", "JONES", "BROWN", "SMITH", "JONES", "GREEN"]);
    let birth = names("birth", &["", "SMITH", "GREY", "GREY", "", "GREY"]);
    let years = [2024, 2025, 2023, 2042, 2024, 0];
    let year = Column {
        field: Field { name: "year".to_owned(), values: Values::Numbers },
        codes: years.iter().map(|y| if *y == 0 { 0 } else { y + 1 }).collect(),
    };
    let records = Records::new(vec![last, birth, year], vec![6]);
    let list = [
        Comparison::new("last", 0, vec![Agreement::Exact, Agreement::KnownBy(1)], false),
        Comparison::new("year", 2, vec![Agreement::Exact, Agreement::Within(1), Agreement::Transposed], false),
    ];
    assert!(list[0].rests_on(1));
    let comparisons = Comparisons::new(&records, &list);
    let mut memories = comparisons.memories();
    for (a, b, expected) in [
        (0, 1, [2, 2]),
        (0, 2, [3, 2]),
        (2, 3, [2, 4]),
        (0, 3, [1, 3]),
        (1, 4, [1, 2]),
        (2, 5, [2, MISSING]),
        (1, 5, [3, MISSING]),
        (0, 4, [3, 1]),
    ] {
        assert_eq!(levels_of(&list, comparisons.pattern(&mut memories, a, b)), expected, "{a} {b}");
        assert_eq!(levels_of(&list, comparisons.pattern(&mut memories, b, a)), expected, "{b} {a}");
    }
    // Where both have a name at birth, the year says nothing.
    let idle = [list[0].clone(), list[1].clone().unless(Some(1))];
    let comparisons = Comparisons::new(&records, &idle);
    for (a, b, expected) in [(0, 1, [2, 2]), (2, 3, [2, MISSING]), (1, 2, [3, MISSING])] {
        assert_eq!(levels_of(&idle, comparisons.pattern(&mut memories, a, b)), expected, "{a} {b}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Derived tokens of a field tell something where the whole is missing; what is hoped for before they are compared may never be too little.
    #[test]
    fn stopping_early_drops_no_pair_of_tokens(
        rows in prop::collection::vec((0..4_u32, 0..3_u32, 0..3_u32, 0..3_u32), 2..40),
        weights in prop::collection::vec(-9_000_i32..9_000, 9),
        floor in -12_000_i32..20_000,
    ) {
        let token = |name: &str, of: fn(&(u32, u32, u32, u32)) -> u32| Column {
            field: Field { name: name.to_owned(), values: Values::Tokens { values: 4, near: None } },
            codes: rows.iter().map(of).collect(),
        };
        let end = u32::try_from(rows.len()).unwrap();
        let fields = vec![token("whole", |r| r.0), token("root", |r| r.1), token("sound", |r| r.2), token("sex", |r| r.3)];
        let records = Records::new(fields, vec![end]);
        let list = [
            Comparison::new("whole", 0, vec![Agreement::Exact, Agreement::Same(1, 1), Agreement::Same(2, 1)], true),
            Comparison::new("sound", 2, vec![Agreement::Same(1, 2), Agreement::Exact], false).unless(Some(1)),
            Comparison::new("sex", 3, vec![Agreement::Exact], false).unless(Some(0)),
        ];
        // Level 0 is missing and worth nothing; nothing is asked of the others' order.
        let mut drawn = weights.into_iter();
        let of = |c: &Comparison, drawn: &mut dyn Iterator<Item = i32>| {
            std::iter::once(0).chain((1..c.count()).map(|_| drawn.next().unwrap_or(-1_500))).collect::<Vec<i32>>()
        };
        let weights: Vec<Vec<i32>> = list.iter().map(|c| of(c, &mut drawn)).collect();
        let shares: Vec<Vec<f64>> = list.iter().map(|c| vec![0.1; c.count()]).collect();
        let trained = Trained {
            m: shares.clone(), u: shares.clone(), matched: shares, weights, counts: Vec::new(), pairs: 100.0, matches: 10.0,
        };
        let comparisons = Comparisons::new(&records, &list);
        let scorer = Scorer::new(&records, &comparisons, &trained, &Frequencies::of(&records, &list));
        let rules = [Rule { id: "sex".to_owned(), parts: vec![Part::Whole(3)], most: 1_000 }];
        let blocking = Blocking::new(&records, &rules, Scope::Both, 1);
        let (mut found, _) = scorer.pairs(&blocking, floor, 1);
        found.sort_unstable_by_key(|p| (p.left, p.right));
        let mut memories = comparisons.memories();
        let together = |a: &u32, b: &u32| records.code(3, *a) != 0 && records.code(3, *a) == records.code(3, *b);
        let all = (0..end).flat_map(|a| (a + 1..end).map(move |b| (a, b))).filter(|(a, b)| together(a, b));
        let scored = all.map(|(left, right)| {
            let (pattern, weight) = scorer.score(&mut memories, left, right);
            Scored { left, right, weight, pattern }
        });
        let expected: Vec<Scored> = scored.filter(|pair| pair.weight >= floor).collect();
        prop_assert_eq!(found, expected);
    }
}
