//! Tests of the room: cells against answers worked out by hand and against a slow count, margins, and documents that must be refused.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, Int32Array, RecordBatch, StringArray};
use arrow::util::pretty::pretty_format_batches;
use datafusion::prelude::{SessionConfig, SessionContext};
use proptest::prelude::*;

use super::*;
use crate::foundation::Located;

/// A mart of cells over the table `base`.
fn small() -> MartSpec {
    let text = r"
mart: placement
title: T
says: S
zone: research
sql: placement.sql
person: person_id
primary_key: [grouping_set, year, gender, program]
always: [year]
dimensions:
  - { name: year, membership: one, type: int32, label: Year, definition: D }
  - { name: gender, membership: one, label: Gender, definition: D }
  - { name: program, membership: many, label: Program, definition: D }
measures:
  - { name: all_persons, count: persons, label: All, definition: D }
  - { name: placed, count: persons, where: is_placed, label: Placed, definition: D }
  - { name: covered, count: persons, where: is_covered, label: Covered, definition: D }
  - { name: pending, count: persons, where: is_pending, label: Pending, definition: D }
rates:
  - name: rate
    numerator: placed
    denominator: all_persons
    covered_denominator: covered
    coverage_note: Whom nobody could find
    pending: pending
    rule: { id: rule_id, version: rule_version }
    label: Rate
grouping: [[], [gender], [program], [gender, program]]
";
    serde_saphyr::from_str(text).unwrap()
}

fn refused(all: u64) -> cells::Refused {
    cells::Refused { all, ..cells::Refused::default() }
}

/// A row of the base: person, year, gender, program, placed, covered, pending.
type Row = (&'static str, i32, Option<&'static str>, &'static str, bool, bool, bool);

fn base(rows: &[Row]) -> SessionContext {
    let text = |f: fn(&Row) -> Option<&'static str>| Arc::new(rows.iter().map(f).collect::<StringArray>()) as ArrayRef;
    let flag = |f: fn(&Row) -> bool| Arc::new(rows.iter().map(|r| Some(f(r))).collect::<BooleanArray>()) as ArrayRef;
    let batch = RecordBatch::try_from_iter_with_nullable([
        ("person_id", text(|r| Some(r.0)), true),
        ("year", Arc::new(rows.iter().map(|r| r.1).collect::<Int32Array>()) as ArrayRef, true),
        ("gender", text(|r| r.2), true),
        ("program", text(|r| Some(r.3)), true),
        ("is_placed", flag(|r| r.4), true),
        ("is_covered", flag(|r| r.5), true),
        ("is_pending", flag(|r| r.6), true),
        ("rule_id", text(|_| Some("PV-3S1")), true),
        ("rule_version", Arc::new(rows.iter().map(|_| 1).collect::<Int32Array>()) as ArrayRef, true),
    ])
    .unwrap();
    let ctx = SessionContext::new_with_config(SessionConfig::new().with_target_partitions(1));
    ctx.register_batch("base", batch).unwrap();
    ctx
}

async fn cells_of(ctx: &SessionContext, spec: &MartSpec) -> Vec<RecordBatch> {
    let order = "grouping_set, year, gender, program";
    let sql = format!("SELECT * FROM ({}) AS m ORDER BY {order}", cells::union_sql(spec, "base", &refused(7)));
    ctx.sql(&sql).await.unwrap().collect().await.unwrap()
}

/// `P1` is in two programs and placed; `P2` was not found; `P3` has no known gender and cannot be found.
const PEOPLE: [Row; 5] = [
    ("P1", 2022, Some("F"), "W1", true, true, false),
    ("P1", 2022, Some("F"), "W2", true, true, false),
    ("P2", 2022, Some("M"), "W1", false, true, false),
    ("P3", 2022, None, "W2", false, false, false),
    ("P3", 2023, None, "W2", false, false, true),
];

#[tokio::test]
async fn every_person_counts_once_in_every_cell() {
    let spec = small();
    let got = cells_of(&base(&PEOPLE), &spec).await;
    let kept: Vec<RecordBatch> = got.iter().map(|b| b.project(&[0, 1, 2, 3, 4, 5, 6, 7]).unwrap()).collect();
    let expected = "\
+----------------+------+----------+---------+-------------+--------+---------+---------+
| grouping_set   | year | gender   | program | all_persons | placed | covered | pending |
+----------------+------+----------+---------+-------------+--------+---------+---------+
| gender         | 2022 | F        | _total  | 1           | 1      | 1       | 0       |
| gender         | 2022 | M        | _total  | 1           | 0      | 1       | 0       |
| gender         | 2022 | _unknown | _total  | 1           | 0      | 0       | 0       |
| gender         | 2023 | _unknown | _total  | 1           | 0      | 0       | 1       |
| gender+program | 2022 | F        | W1      | 1           | 1      | 1       | 0       |
| gender+program | 2022 | F        | W2      | 1           | 1      | 1       | 0       |
| gender+program | 2022 | M        | W1      | 1           | 0      | 1       | 0       |
| gender+program | 2022 | _unknown | W2      | 1           | 0      | 0       | 0       |
| gender+program | 2023 | _unknown | W2      | 1           | 0      | 0       | 1       |
| program        | 2022 | _total   | W1      | 2           | 1      | 2       | 0       |
| program        | 2022 | _total   | W2      | 2           | 1      | 1       | 0       |
| program        | 2023 | _total   | W2      | 1           | 0      | 0       | 1       |
| total          | 2022 | _total   | _total  | 3           | 1      | 2       | 0       |
| total          | 2023 | _total   | _total  | 1           | 0      | 0       | 1       |
+----------------+------+----------+---------+-------------+--------+---------+---------+";
    assert_eq!(pretty_format_batches(&kept).unwrap().to_string(), expected);
}

#[tokio::test]
async fn a_rate_says_what_it_rests_on_and_is_empty_while_it_cannot_be_known() {
    let spec = small();
    let ctx = base(&PEOPLE);
    let sql = format!(
        "SELECT year, rate, rate_coverage, rate_covered, rate_reliability, rate_status, rate_rule, rate_version
         FROM ({}) AS m WHERE grouping_set = 'total' ORDER BY year",
        cells::union_sql(&spec, "base", &refused(7))
    );
    let got = ctx.sql(&sql).await.unwrap().collect().await.unwrap();
    let shown = pretty_format_batches(&got).unwrap().to_string();
    let rows: Vec<String> = shown.lines().skip(3).take(2).map(|l| l.split_whitespace().collect()).collect();
    // One of three is placed, two of three could have been found, one of those two was.
    assert_eq!(rows[0], "|2022|0.3333333333333333|0.6666666666666666|0.5|D||PV-3S1|1|");
    assert_eq!(rows[1], "|2023||0.0||D|not_observable|PV-3S1|1|");
}

#[tokio::test]
async fn a_rate_has_wilson_s_interval() {
    const NAMES: [&str; 10] = ["A", "B", "C", "D", "E", "F", "G", "H", "I", "J"];
    // Seven of ten: .3968 to .8922; none of five: 0 to .4345 (Newcombe 1998, method 3).
    let row = |person: &'static str, year: i32, placed: bool| (person, year, Some("F"), "W1", placed, true, false);
    let seven = NAMES.iter().enumerate().map(|(at, name)| row(name, 2021, at < 7));
    let rows: Vec<Row> = seven.chain(NAMES[..5].iter().map(|name| row(name, 2022, false))).collect();
    let sql = format!(
        "SELECT round(rate_low, 4) AS low, round(rate_high, 4) AS high FROM ({}) AS m WHERE grouping_set = 'total' ORDER BY year",
        cells::union_sql(&small(), "base", &refused(7))
    );
    let got = base(&rows).sql(&sql).await.unwrap().collect().await.unwrap();
    let ends = |at: usize| got.iter().flat_map(|b| texts(b.column(at))).collect::<Vec<_>>();
    assert_eq!(
        (ends(0), ends(1)),
        (vec!["0.3968".to_owned(), "0.0".to_owned()], vec!["0.8922".to_owned(), "0.4345".to_owned()])
    );
}

#[tokio::test]
async fn reliability_changes_at_10_30_and_100() {
    let spec = small();
    let names: Vec<&'static str> = (0..100).map(|n| &*Box::leak(format!("P{n:03}").into_boxed_str())).collect();
    let mut rows = Vec::new();
    for (year, n) in [(2001, 9), (2002, 10), (2003, 29), (2004, 30), (2005, 99), (2006, 100)] {
        rows.extend(names[..n].iter().map(|name| (*name, year, Some("F"), "W1", true, true, false)));
    }
    let sql = format!(
        "SELECT rate_reliability FROM ({}) AS m WHERE grouping_set = 'total' ORDER BY year",
        cells::union_sql(&spec, "base", &refused(7))
    );
    let got = base(&rows).sql(&sql).await.unwrap().collect().await.unwrap();
    let letters: String = got.iter().flat_map(|b| texts(b.column(0))).collect();
    assert_eq!(letters, "DCCBBA");
}

#[tokio::test]
async fn a_torn_membership_is_found() {
    let spec = small();
    let torn = |checks: Vec<MembershipCheck>, ctx: SessionContext| async move {
        assert_eq!(checks.iter().map(|c| c.dimension.as_str()).collect::<Vec<_>>(), ["gender"]);
        let got = ctx.sql(&checks[0].sql).await.unwrap().collect().await.unwrap();
        pretty_format_batches(&got).unwrap().to_string().contains("| 1       |")
    };
    assert!(!torn(cells::membership_checks(&spec, "base"), base(&PEOPLE)).await);
    let mut rows = PEOPLE.to_vec();
    rows[1].2 = None;
    assert!(torn(cells::membership_checks(&spec, "base"), base(&rows)).await);
}

#[tokio::test]
async fn the_cells_have_the_schema_that_the_dictionary_tells() {
    let spec = small();
    let got = cells_of(&base(&PEOPLE), &spec).await;
    let types = |s: &arrow::datatypes::Schema| {
        s.fields().iter().map(|f| (f.name().clone(), f.data_type().clone())).collect::<Vec<_>>()
    };
    assert_eq!(types(&got[0].schema()), types(&cells::schema(&spec)));
    let told: Vec<_> = dictionary(&spec).into_iter().map(|e| (e.column, e.kind.arrow())).collect();
    assert_eq!(types(&cells::schema(&spec)), told);
}

fn texts(array: &ArrayRef) -> Vec<String> {
    let array = arrow::compute::cast(array, &arrow::datatypes::DataType::Utf8).unwrap();
    let array = array.as_any().downcast_ref::<StringArray>().unwrap();
    (0..array.len()).map(|i| array.value(i).to_owned()).collect()
}

type Key = (String, String, String, String);

/// The count of persons in every cell, the slow way.
fn by_hand(rows: &[Row]) -> BTreeMap<Key, BTreeSet<&'static str>> {
    let mut cells: BTreeMap<Key, BTreeSet<&'static str>> = BTreeMap::new();
    for (person, year, gender, program, ..) in rows {
        let gender = gender.unwrap_or(UNKNOWN);
        for (set, g, p) in [
            ("total", TOTAL, TOTAL),
            ("gender", gender, TOTAL),
            ("program", TOTAL, program),
            ("gender+program", gender, program),
        ] {
            cells.entry((set.to_owned(), year.to_string(), g.to_owned(), p.to_owned())).or_default().insert(person);
        }
    }
    cells
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn cells_agree_with_a_slow_count_and_their_margins(picks in prop::collection::vec((0..9_usize, 0..2_usize, 0..4_usize), 1..60)) {
        const PERSONS: [&str; 9] = ["A", "B", "C", "D", "E", "F", "G", "H", "I"];
        const GENDERS: [Option<&str>; 9] =
            [Some("F"), Some("M"), None, Some("F"), Some("X"), Some("M"), Some("F"), None, Some("M")];
        let rows: Vec<Row> = picks
            .iter()
            .map(|(p, y, w)| (PERSONS[*p], 2021 + i32::try_from(*y).unwrap(), GENDERS[*p], ["W1", "W2", "W3", "W4"][*w], false, true, false))
            .collect();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let got = runtime.block_on(async { cells_of(&base(&rows), &small()).await });
        let mut counted: BTreeMap<Key, usize> = BTreeMap::new();
        for batch in &got {
            let keys = batch.project(&[0, 1, 2, 3]).unwrap();
            let keys: Vec<Vec<String>> = keys.columns().iter().map(texts).collect();
            for (i, n) in texts(batch.column(4)).iter().enumerate() {
                let key = (keys[0][i].clone(), keys[1][i].clone(), keys[2][i].clone(), keys[3][i].clone());
                prop_assert!(counted.insert(key, n.parse().unwrap()).is_none(), "a cell stands twice");
            }
        }
        let expected: BTreeMap<Key, usize> = by_hand(&rows).into_iter().map(|(k, v)| (k, v.len())).collect();
        prop_assert_eq!(&counted, &expected);
        for margin in margins(&small()) {
            for ((set, year, gender, program), whole) in &counted {
                if *set != margin.coarse {
                    continue;
                }
                let parts: Vec<usize> = counted
                    .iter()
                    .filter(|((s, y, g, p), _)| {
                        *s == margin.fine && y == year
                            && (margin.over == "gender" || g == gender)
                            && (margin.over == "program" || p == program)
                    })
                    .map(|(_, n)| *n)
                    .collect();
                match margin.relation {
                    Relation::Equal => prop_assert_eq!(parts.iter().sum::<usize>(), *whole),
                    Relation::Overlap => {
                        prop_assert!(parts.iter().all(|n| n <= whole));
                        prop_assert!(parts.iter().sum::<usize>() >= *whole);
                    }
                }
            }
        }
    }
}

#[test]
fn margins_are_equal_over_one_and_overlap_over_many() {
    let found: Vec<(String, String, Relation)> =
        margins(&small()).into_iter().map(|m| (m.coarse, m.fine, m.relation)).collect();
    let expect = |c: &str, f: &str, r| (c.to_owned(), f.to_owned(), r);
    assert_eq!(
        found,
        [
            expect("total", "gender", Relation::Equal),
            expect("total", "program", Relation::Overlap),
            expect("gender", "gender+program", Relation::Overlap),
            expect("program", "gender+program", Relation::Equal),
        ]
    );
}

#[test]
fn sets_of_the_same_many_dimensions_share_a_query() {
    let queries = cells::sql(&small(), "base", &refused(7));
    let told: Vec<(Vec<String>, Vec<String>)> = queries.into_iter().map(|q| (q.many, q.sets)).collect();
    let owned = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
    assert_eq!(
        told,
        [(owned(&[]), owned(&["total", "gender"])), (owned(&["program"]), owned(&["program", "gender+program"]))]
    );
}

fn codes(change: impl FnOnce(&mut MartSpec)) -> Vec<&'static str> {
    let mut spec = small();
    change(&mut spec);
    check(&spec, Path::new("m.yaml")).sorted().iter().map(|d| d.code).collect()
}

#[test]
fn bad_documents_are_refused() {
    assert_eq!(codes(|_| {}), Vec::<&str>::new());
    assert_eq!(codes(|m| m.measures[0].name.value = "All".into()), ["M001", "M010"]);
    assert_eq!(codes(|m| m.rates[0].name.value = "a_rate_of_far_too_many_words".into()), ["M001"]);
    assert_eq!(codes(|m| m.rates[0].name.value = "a_rate_of_many".into()), ["M001"]);
    assert_eq!(codes(|m| m.rates[0].name.value = "a_rate_of_two".into()), Vec::<&str>::new());
    // Its parts are columns too.
    assert!(codes(|m| m.dimensions[1].name.value = "rate_low".into()).contains(&"M002"));
    assert_eq!(codes(|m| m.measures[1].definition.clear()), ["M028"]);
    assert_eq!(codes(|m| m.dimensions[0].definition = " ".into()), ["M028"]);
    // A reason beside it would have no room left.
    assert_eq!(codes(|m| m.measures[0].name.value = "a_name_of_six_and_twenty_x".into()), ["M001", "M010"]);
    assert_eq!(codes(|m| m.measures[3].name.value = "covered".into()), ["M002", "M010"]);
    assert_eq!(codes(|m| m.primary_key.clear()), ["M006"]);
    let note = |column: &str, value: &str| spec::NoteFor {
        column: Located::nowhere(column.to_owned()),
        values: vec![value.into()],
        note: "N".into(),
    };
    assert_eq!(codes(|m| m.rates[0].coverage_notes = vec![note("gendr", "F")]), ["M010"]);
    assert_eq!(codes(|m| m.rates[0].coverage_notes = vec![note("gender", "F")]), Vec::<&str>::new());
    let known = |m: &mut MartSpec| m.dimensions[1].values.insert("F".into(), "Female".into());
    assert_eq!(
        codes(|m| {
            known(m);
            m.rates[0].coverage_notes = vec![note("gender", "F")];
        }),
        Vec::<&str>::new()
    );
    assert_eq!(
        codes(|m| {
            known(m);
            m.rates[0].coverage_notes = vec![note("gender", "W")];
        }),
        ["M010"]
    );
    assert_eq!(codes(|m| m.always.clear()), ["M007", "M008"]);
    assert_eq!(codes(|m| m.grouping.push(Vec::new())), ["M009"]);
    assert_eq!(codes(|m| m.grouping[1][0].value = "gendr".into()), ["M010"]);
    assert_eq!(codes(|m| m.grouping.clear())[..2], ["M003", "M004"]);
    assert_eq!(codes(|m| m.person.value.clear()), ["M004"]);
    // A mart over marts has columns, and neither cells of its own nor a person.
    assert_eq!(codes(|m| m.over = vec![m.mart.clone()]), ["M003"]);
}

#[test]
fn the_documents_of_the_project_are_good() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/marts");
    let mut seen = Vec::new();
    for file in std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()) {
        if file.extension().is_some_and(|e| e == "yaml") {
            let text = std::fs::read_to_string(&file).unwrap();
            let spec: MartSpec = serde_saphyr::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
            let found = check(&spec, &file);
            let shown: String = found.sorted().iter().map(|d| d.render(Some(&text))).collect();
            assert!(found.is_empty(), "{shown}");
            assert!(file.with_file_name(spec.sql.as_str()).exists(), "{}", spec.sql.value);
            seen.push(spec.mart.value);
        }
    }
    // Every mart that the statewide pipeline names has its document, and there is no document that it does not name.
    seen.sort();
    let pipeline =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines/statewide.yaml")).unwrap();
    let pipeline: serde_json::Value = serde_saphyr::from_str(&pipeline).unwrap();
    let mut named: Vec<&str> = pipeline["marts"].as_array().unwrap().iter().map(|m| m.as_str().unwrap()).collect();
    // It reads a pack that lies below and is a state's choice; .ci/run makes it.
    named.push("perkins_iv_indicator");
    named.sort_unstable();
    assert_eq!(seen, named);
}
