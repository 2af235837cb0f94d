//! Counting in memory beside the queries that say the same, over rows drawn at random.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Decimal128Array, Int32Array, RecordBatch, StringArray};
use arrow::datatypes::DataType;
use arrow::util::pretty::pretty_format_batches;
use datafusion::prelude::{SessionConfig, SessionContext};
use proptest::prelude::*;

use crate::marts::{Counted, Counting, MartSpec, cells};

/// Two dimensions that always stand, two of one membership, two of many, three rates under two rules, two medians.
fn spec() -> MartSpec {
    let rate = |name: &str, id: &str| {
        format!(
            "  - {{ name: {name}, numerator: placed, denominator: everyone, covered_denominator: covered, coverage_note: N, pending: pending, \
             rule: {{ id: {id}, version: {id}_version }}, label: R }}\n"
        )
    };
    let text = format!(
        "mart: m\ntitle: T\nsays: S\nzone: research\nsql: m.sql\nperson: person_id\nprimary_key: [grouping_set, year, kind, gender, race, program, group_of]\n\
         always: [year, kind]\ndimensions:\n\
         \x20 - {{ name: year, membership: one, type: int32, label: Y }}\n\
         \x20 - {{ name: kind, membership: one, label: K }}\n\
         \x20 - {{ name: gender, membership: one, label: G }}\n\
         \x20 - {{ name: race, membership: one, label: R }}\n\
         \x20 - {{ name: program, membership: many, label: P }}\n\
         \x20 - {{ name: group_of, membership: many, label: S }}\n\
         measures:\n\
         \x20 - {{ name: everyone, count: persons, label: A }}\n\
         \x20 - {{ name: placed, count: persons, where: is_placed, label: B }}\n\
         \x20 - {{ name: covered, count: persons, where: is_covered, label: C }}\n\
         \x20 - {{ name: pending, count: persons, where: is_pending, label: D }}\n\
         medians:\n\
         \x20 - {{ name: wages, of: amount, where: is_placed, pending: pending, label: W }}\n\
         \x20 - {{ name: all_wages, of: amount, label: V }}\n\
         \x20 - {{ name: fuzzy_wages, of: amount, where: is_placed, middle: fuzzy, label: F }}\n\
         rates:\n{}{}\
         grouping: [[], [gender], [gender, race], [program], [race, program], [group_of], [gender, group_of], [program, group_of]]\n",
        rate("one_rate", "rule_a"),
        rate("other_rate", "rule_b"),
    );
    serde_saphyr::from_str(&text).unwrap()
}

/// A row: person, year, kind, program, group, flags, amount, rule.
type Row = (usize, i32, usize, usize, usize, u8, Option<i64>, usize);

fn base(rows: &[Row], whole: bool) -> RecordBatch {
    let text =
        |f: &dyn Fn(&Row) -> Option<&'static str>| Arc::new(rows.iter().map(f).collect::<StringArray>()) as ArrayRef;
    let flag = |bit: u8| {
        let held = |r: &Row| if r.5 & 8 == 8 && bit == 0 { None } else { Some(r.5 >> bit & 1 == 1) };
        Arc::new(rows.iter().map(held).collect::<BooleanArray>()) as ArrayRef
    };
    // Gender and race are the person's own, so each has one.
    let amounts = rows.iter().map(|r| r.6.map(i128::from)).collect::<Decimal128Array>();
    let amounts = amounts.with_precision_and_scale(12, 2).unwrap();
    let version = |add: i32| {
        Arc::new(rows.iter().map(|r| Some(i32::try_from(r.7).unwrap() + add)).collect::<Int32Array>()) as ArrayRef
    };
    let torn = |r: &Row| if whole { r.0 } else { r.3 };
    let batch = RecordBatch::try_from_iter_with_nullable([
        ("person_id", text(&|r| [Some("A"), Some("B"), Some("C"), Some("D"), Some("E"), Some("F"), None][r.0]), true),
        ("year", Arc::new(rows.iter().map(|r| r.1).collect::<Int32Array>()) as ArrayRef, true),
        ("kind", text(&|r| [Some("x"), Some("y"), None][r.2]), true),
        ("gender", text(&|r| [Some("F"), Some("M"), None, Some("F"), Some("M"), Some("M"), Some("F")][torn(r)]), true),
        ("race", text(&|r| [Some("WH"), Some("BL"), Some("WH"), None, Some("AS"), Some("WH"), Some("BL")][r.0]), true),
        ("program", text(&|r| [Some("W1"), Some("W2"), Some("W3"), None][r.3]), true),
        ("group_of", text(&|r| [Some("el"), Some("ed"), Some("_none")][r.4]), true),
        ("is_placed", flag(0), true),
        ("is_covered", flag(1), true),
        ("is_pending", flag(2), true),
        ("amount", Arc::new(amounts) as ArrayRef, true),
        ("rule_a", text(&|r| [Some("R-1"), Some("R-2"), None][r.7]), true),
        ("rule_a_version", version(1), true),
        ("rule_b", text(&|_| Some("R-9")), true),
        ("rule_b_version", version(7), true),
    ]);
    batch.unwrap()
}

async fn published(ctx: &SessionContext, sql: &str) -> String {
    let sql = format!("SELECT * FROM ({sql}) AS m ORDER BY grouping_set, year, kind, gender, race, program, group_of");
    let rows = ctx.sql(&sql).await.unwrap().collect().await.unwrap();
    pretty_format_batches(&rows).unwrap().to_string()
}

fn counted(spec: &MartSpec, batch: &RecordBatch) -> Counted {
    let mut counting = Counting::new(spec);
    // Rows come in pieces, as they do from the engine.
    for start in (0..batch.num_rows()).step_by(7) {
        counting.push(&batch.slice(start, 7.min(batch.num_rows() - start))).unwrap();
    }
    counting.finish().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn counting_says_what_the_queries_say(
        rows in prop::collection::vec(
            (0..7_usize, 2021..2024_i32, 0..3_usize, 0..4_usize, 0..3_usize, 0..16_u8, prop::option::of(-500..90_000_i64), 0..3_usize), 1..80)
    ) {
        let spec = spec();
        let batch = base(&rows, true);
        let Counted::Cells(cells) = counted(&spec, &batch) else { panic!("they fit, and nobody is torn") };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (ours, theirs) = runtime.block_on(async {
            let ctx = SessionContext::new_with_config(SessionConfig::new().with_target_partitions(1));
            ctx.register_udaf(crate::marts::fuzzy_median::function());
            ctx.register_batch("base", batch).unwrap();
            ctx.register_batch("counted", cells).unwrap();
            let ours = published(&ctx, &cells::published_sql(&spec, "counted", &cells::Refused { all: 7, ..cells::Refused::default() })).await;
            (ours, published(&ctx, &cells::union_sql(&spec, "base", &cells::Refused { all: 7, ..cells::Refused::default() })).await)
        });
        prop_assert_eq!(ours, theirs);
    }
}

#[test]
fn a_person_with_two_genders_is_told() {
    let two: [Row; 3] =
        [(0, 2021, 0, 0, 0, 1, None, 0), (0, 2021, 0, 1, 0, 1, None, 0), (0, 2022, 0, 2, 0, 1, None, 0)];
    let Counted::Torn { dimension, persons } = counted(&spec(), &base(&two, false)) else { panic!("torn") };
    assert_eq!((dimension.as_str(), persons), ("gender", 1));
    // In another year a person may have another: those cells are never added to these.
    let apart: [Row; 2] = [two[0], two[2]];
    assert!(matches!(counted(&spec(), &base(&apart, false)), Counted::Cells(_)));
}

#[test]
fn a_base_without_rows_has_no_cells() {
    let Counted::Cells(cells) = counted(&spec(), &base(&[], true)) else { panic!("no rows fit") };
    assert_eq!(cells.num_rows(), 0);
    assert_eq!(cells.column_by_name("wages").unwrap().data_type(), &DataType::Decimal128(14, 2));
}

#[test]
fn more_measures_than_there_is_room_for_are_left_to_the_queries() {
    let mut spec = spec();
    for n in 0..40 {
        let mut more = spec.measures[0].clone();
        more.name.value = format!("m{n}");
        spec.measures.push(more);
    }
    assert!(matches!(counted(&spec, &base(&[(0, 2021, 0, 0, 0, 1, None, 0)], true)), Counted::TooWide));
}
