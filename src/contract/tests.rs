//! What must hold of judging: no row is lost, and each rule says what it found.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Date32Array, Int32Array, RecordBatch, StringViewArray};
use arrow::datatypes::{Date32Type, Decimal128Type, Int64Type};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use proptest::prelude::*;

use crate::contract::rejects::row_json;
use crate::contract::spec::{CheckSpec, ColumnSpec};
use crate::contract::{CodeSet, Judge, JudgeOptions, Judged, Predicate};
use crate::foundation::{OnFail, Quarantined, SourceBatch};

mod delivery;
mod specification;

fn yaml<T: serde::de::DeserializeOwned>(text: &str) -> T {
    serde_saphyr::from_str(text).unwrap()
}

const COLUMNS: &str = "
- { name: id, type: text, required: true, pattern: '[0-9]{3}', label: Id }
- { name: ssn, type: text, identity: ssn, on_fail: warn, label: SSN }
- { name: born, type: date, formats: ['%m/%d/%Y', '%Y%m%d'], min: 1900-01-02, max: as_of, on_fail: null_field, label: Born }
- { name: n, type: integer, min: 0, max: 9, label: Number }
- { name: wages, type: 'decimal(7,2)', implied_decimals: 2, label: Wages }
- { name: sex, type: code, code_set: sex, on_fail: null_field, label: Sex }
- { name: cte, type: boolean, null_tokens: ['', 'NULL'], on_fail: null_field, label: CTE }
- { name: note, type: text, max_length: 5, on_fail: null_field, label: Note }
";

fn code_sets() -> BTreeMap<String, CodeSet> {
    BTreeMap::from([(
        "sex".to_owned(),
        CodeSet::parse("code,label\nM,Male\nF,Female\nNotSelectedByThePerson,Not selected\n").unwrap(),
    )])
}

/// False where `n` is above `most`; null where it is null.
struct AtMost(i64);

impl Predicate for AtMost {
    fn evaluate(&self, batch: &RecordBatch) -> Result<BooleanArray, String> {
        let n = batch.column_by_name("n").ok_or("no n")?.as_primitive::<Int64Type>();
        Ok(BooleanArray::from_unary(n, |n| n <= self.0))
    }
}

struct Fails;

impl Predicate for Fails {
    fn evaluate(&self, _: &RecordBatch) -> Result<BooleanArray, String> {
        Err("division by zero".to_owned())
    }
}

fn rule(text: &str, predicate: impl Predicate + 'static) -> (CheckSpec, Box<dyn Predicate>) {
    (yaml(text), Box::new(predicate))
}

fn judge(checks: Vec<(CheckSpec, Box<dyn Predicate>)>) -> Judge {
    // 2024-12-31
    let options = JudgeOptions { as_of: Some(20_088), sums: vec!["wages".to_owned(), "n".to_owned()] };
    Judge::new(&yaml::<Vec<ColumnSpec>>(COLUMNS), checks, &code_sets(), &options).unwrap()
}

fn batch(rows: &[[&str; 8]]) -> SourceBatch {
    let column = |at: usize| Arc::new(StringViewArray::from_iter_values(rows.iter().map(|row| row[at]))) as ArrayRef;
    SourceBatch {
        columns: (0..8).map(column).collect(),
        lines: (0..rows.len()).map(|row| row as u64 * 2 + 10).collect(),
        broken: vec![],
    }
}

const GOOD: [&str; 8] = ["001", "123456789", "9/3/2004", "5", "0012345", "F", "y", "fine"];

fn with(changes: &[(usize, &'static str)]) -> [&'static str; 8] {
    let mut row = GOOD;
    for (at, value) in changes {
        row[*at] = value;
    }
    row
}

fn judged(rows: &[[&str; 8]]) -> Judged {
    judge(vec![]).judge(&batch(rows), &|row| format!("raw {row}")).unwrap()
}

/// Each violation as `line column rule: reason`.
fn told(judged: &Judged) -> Vec<String> {
    judged.violations.iter().map(|v| format!("{} {} {}: {}", v.line, v.column, v.rule, v.reason)).collect()
}

/// The rows of a batch as text, nulls as `-`.
fn shown(batch: &RecordBatch) -> Vec<String> {
    let options = FormatOptions::new().with_null("-");
    let columns: Vec<_> =
        batch.columns().iter().map(|column| ArrayFormatter::try_new(column.as_ref(), &options).unwrap()).collect();
    (0..batch.num_rows())
        .map(|row| columns.iter().map(|column| column.value(row).to_string()).collect::<Vec<_>>().join(" "))
        .collect()
}

#[test]
fn good_rows_are_typed_and_carry_status_and_line() {
    let blank = ["002", "", "", "", "", "", "NULL", ""];
    let judged =
        judged(&[GOOD, with(&[(0, " 001 "), (2, "20040903"), (5, "NotSelectedByThePerson"), (6, "No")]), blank]);
    let names: Vec<_> = judged.accepted.schema().fields().iter().map(|field| field.name().clone()).collect();
    let wanted = "id ssn born n wages sex cte note born_status sex_status cte_status note_status line";
    assert_eq!(names.join(" "), wanted);
    assert_eq!(
        shown(&judged.accepted),
        [
            "001 123456789 2004-09-03 5 123.45 F true fine ok ok ok ok 10",
            "001 123456789 2004-09-03 5 123.45 NotSelectedByThePerson false fine ok ok ok ok 12",
            "002 - - - - - - - missing missing missing missing 14",
        ]
    );
    assert!(judged.violations.is_empty() && judged.quarantined.is_empty());
    assert_eq!((judged.totals.sum("wages"), judged.totals.sum("n")), (24_690, 10));
}

#[test]
fn each_rule_says_what_it_found_and_never_the_value() {
    let rows = [
        with(&[(0, "")]),
        with(&[(0, "12")]),
        with(&[(3, "5.0")]),
        with(&[(3, "10")]),
        with(&[(4, "123.45")]),
        with(&[(4, "99999999")]),
    ];
    let judged = judged(&rows);
    assert_eq!(
        told(&judged),
        [
            "10 id id.required: a value is required and there is none",
            "12 id id.pattern: the value does not have the form [0-9]{3}",
            "14 n n.type: the value is not a whole number",
            "16 n n.range: the value is less than 0 or greater than 9",
            "18 wages wages.type: the value is not written in digits alone, of which the last 2 are decimals",
            "20 wages wages.type: the value is not written in digits alone, of which the last 2 are decimals",
        ]
    );
    assert_eq!(judged.accepted.num_rows(), 0);
    assert_eq!(judged.quarantined[1].raw, "raw 1");
    assert_eq!(
        judged.masked,
        [
            "(empty)",
            "(1 to 4 characters)",
            "(1 to 4 characters)",
            "(1 to 4 characters)",
            "(5 to 8 characters)",
            "(5 to 8 characters)"
        ]
    );
}

#[test]
fn fields_that_may_be_nulled_keep_their_row() {
    let rows = [
        with(&[(2, "01/01/1900")]),
        with(&[(2, "1/1/2025")]),
        with(&[(2, "2/30/2004")]),
        with(&[(5, "Q")]),
        with(&[(6, "maybe")]),
        with(&[(7, "too long")]),
        with(&[(7, "ÄÖÜäö")]),
    ];
    let judged = judged(&rows);
    assert_eq!(
        told(&judged),
        [
            "10 born born.range: the value is before 1900-01-02 or after the run's own date",
            "12 born born.range: the value is before 1900-01-02 or after the run's own date",
            "14 born born.type: the value is not a date written as %m/%d/%Y or %Y%m%d",
            "16 sex sex.code: the value is no code of sex",
            "18 cte cte.type: the value is neither Y, YES, TRUE, T, 1 nor N, NO, FALSE, F, 0",
            "20 note note.length: the value is longer than 5 characters",
        ]
    );
    assert_eq!(
        shown(&judged.accepted),
        [
            "001 123456789 - 5 123.45 F true fine invalid_source ok ok ok 10",
            "001 123456789 - 5 123.45 F true fine invalid_source ok ok ok 12",
            "001 123456789 - 5 123.45 F true fine invalid_source ok ok ok 14",
            "001 123456789 2004-09-03 5 123.45 - true fine ok invalid_source ok ok 16",
            "001 123456789 2004-09-03 5 123.45 F - fine ok ok invalid_source ok 18",
            "001 123456789 2004-09-03 5 123.45 F true - ok ok ok invalid_source 20",
            "001 123456789 2004-09-03 5 123.45 F true ÄÖÜäö ok ok ok ok 22",
        ]
    );
}

#[test]
fn an_ssn_of_eight_digits_is_warned_of_and_kept() {
    let judged = judged(&[with(&[(1, "23456789")])]);
    assert_eq!(told(&judged), ["10 ssn ssn.length: the number has 8 digits; its leading zero may have been lost"]);
    assert_eq!(judged.accepted.column(1).as_string_view().value(0), "23456789");
    let padded = COLUMNS.replace("identity: ssn,", "identity: ssn, lost_zeros: true,");
    let judge = Judge::new(&yaml::<Vec<ColumnSpec>>(&padded), vec![], &code_sets(), &JudgeOptions::default()).unwrap();
    assert!(judge.judge(&batch(&[with(&[(1, "23456789")])]), &|_| String::new()).unwrap().violations.is_empty());
}

#[test]
fn without_an_as_of_date_the_future_is_not_capped() {
    let judge = Judge::new(&yaml::<Vec<ColumnSpec>>(COLUMNS), vec![], &code_sets(), &JudgeOptions::default()).unwrap();
    let judged = judge.judge(&batch(&[with(&[(2, "1/1/2099")])]), &|_| String::new()).unwrap();
    assert!(judged.violations.is_empty());
}

#[test]
fn a_row_is_quarantined_once_under_its_first_rule() {
    let judged = judged(&[with(&[(0, "x"), (3, "x"), (5, "x")]), GOOD]);
    assert_eq!(judged.quarantined.len(), 1);
    assert_eq!(judged.quarantined[0].rule, "id.pattern");
    assert_eq!(told(&judged).len(), 3);
    assert_eq!((judged.counts.rows, judged.counts.accepted, judged.counts.quarantined), (2, 1, 1));
    assert_eq!(
        judged.counts.by_rule,
        BTreeMap::from([("id.pattern".into(), 1), ("n.type".into(), 1), ("sex.code".into(), 1)])
    );
}

#[test]
fn checks_between_fields_reject_null_or_warn() {
    let checks = vec![
        rule("{ id: A, expect: n <= 7, on_fail: warn, says: A number above seven }", AtMost(7)),
        rule("{ id: B, expect: n <= 8, on_fail: reject_row, says: A number above eight }", AtMost(8)),
        rule(
            "{ id: C, expect: n <= 6, on_fail: null_field, column: born, says: No birth date with such a number }",
            AtMost(6),
        ),
    ];
    let rows = [with(&[(3, "6")]), with(&[(3, "7")]), with(&[(3, "8")]), with(&[(3, "9")]), with(&[(3, "")])];
    let judged = judge(checks).judge(&batch(&rows), &|_| String::new()).unwrap();
    let counts: Vec<_> = judged.counts.by_rule.iter().map(|(rule, rows)| (rule.as_str(), *rows)).collect();
    assert_eq!(counts, [("A", 2), ("B", 1), ("C", 3)]);
    let born = judged.accepted.column(2).as_primitive::<Date32Type>();
    assert_eq!((0..4).map(|row| born.is_valid(row)).collect::<Vec<_>>(), [true, false, false, true]);
    assert_eq!(judged.accepted.column(8).as_string_view().value(1), "invalid_source");
    assert_eq!(told(&judged)[0], "12 born C: No birth date with such a number");
    let failing = judge(vec![rule("{ id: D, expect: 1/0, says: D }", Fails)]);
    let error = failing.judge(&batch(&[GOOD]), &|_| String::new()).unwrap_err();
    assert_eq!(error.to_string(), "check D could not be evaluated: division by zero");
}

#[test]
fn typed_columns_of_parquet_are_judged_too() {
    let columns: Vec<ColumnSpec> = yaml(
        "[{ name: born, type: date, min: 1900-01-02, on_fail: null_field, label: B }, { name: n, type: integer, required: true, label: N },
          { name: w, type: 'decimal(9,2)', label: W }, { name: code, type: text, pattern: '[0-9]{2}', label: C }]",
    );
    let judge = Judge::new(
        &columns,
        vec![],
        &BTreeMap::new(),
        &JudgeOptions { sums: vec!["w".into()], ..JudgeOptions::default() },
    )
    .unwrap();
    let sent: Vec<ArrayRef> = vec![
        Arc::new(Date32Array::from(vec![Some(-25_567), Some(0), None])),
        Arc::new(Int32Array::from(vec![Some(1), None, Some(3)])),
        Arc::new(Int32Array::from(vec![7, 8, 9])),
        Arc::new(Int32Array::from(vec![12, 13, 140])),
    ];
    let names: Vec<String> = ["born", "n", "w", "code"].map(str::to_owned).into();
    let batch = SourceBatch { columns: sent.clone(), lines: vec![1, 2, 3], broken: vec![] };
    let judged = judge.judge(&batch, &|row| row_json(&names, &sent, row)).unwrap();
    assert_eq!(shown(&judged.accepted), ["- 1 7.00 12 invalid_source 1"]);
    assert_eq!(judged.quarantined[0].raw, r#"{"born":"1970-01-01","n":null,"w":"8","code":"13"}"#);
    assert_eq!(judged.accepted.column(2).as_primitive::<Decimal128Type>().value(0), 700);
    assert_eq!(judged.totals.sum("w"), 2400);
}

#[test]
fn a_judge_that_cannot_be_made_says_why() {
    let sets = code_sets();
    let made = |columns: &str, checks, sums: Vec<String>| {
        Judge::new(&yaml::<Vec<ColumnSpec>>(columns), checks, &sets, &JudgeOptions { as_of: None, sums })
            .unwrap_err()
            .to_string()
    };
    assert_eq!(made("[{ name: a, type: code, code_set: sx, label: A }]", vec![], vec![]), "there is no code set `sx`");
    let nulls = vec![rule("{ id: X, expect: a, on_fail: null_field, column: a, says: x }", Fails)];
    let says = made("[{ name: a, type: text, label: A }]", nulls, vec![]);
    assert_eq!(says, "check X says `on_fail: null_field` and names no `column:` that has it too");
    let says = made("[{ name: a, type: text, label: A }]", vec![], vec!["a".into()]);
    assert_eq!(says, "`a` is summed and is no column of numbers");
    let short = SourceBatch { columns: vec![], lines: vec![1], broken: vec![] };
    assert!(judge(vec![]).judge(&short, &|_| String::new()).is_err());
}

static UP_TO_FOUR: LazyLock<Judge> =
    LazyLock::new(|| judge(vec![rule("{ id: A, expect: n <= 4, says: above four }", AtMost(4))]));

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is sent, every row is kept or set aside, once, and all values that were kept satisfy the contract.
    #[test]
    fn rows_in_are_rows_accepted_and_quarantined(
        rows in prop::collection::vec(prop::array::uniform8(prop::sample::select(vec![
            "", " ", "001", "12", "5", "-3", "9999999", "9/3/2004", "20040903", "1/1/1900", "F", "X", "Y", "NULL", "a rather long value", "  trimmed  ", "é",
        ])), 0..40),
        broken in 0_u64..3,
    ) {
        let mut sent = batch(&rows);
        sent.broken = (0..broken).map(|at| Quarantined { line: at * 7, column: String::new(), rule: "ROW-FIELDS".into(), reason: "ragged".into(), raw: "x".into() }).collect();
        let judged = UP_TO_FOUR.judge(&sent, &|row| row.to_string()).unwrap();
        prop_assert_eq!(judged.counts.rows, judged.counts.accepted + judged.counts.quarantined);
        prop_assert_eq!(judged.counts.rows, rows.len() as u64 + broken);
        let lines = judged.accepted.column_by_name("line").unwrap().as_primitive::<Int64Type>();
        let mut seen: Vec<u64> = lines.values().iter().map(|line| line.unsigned_abs()).collect();
        prop_assert!(seen.is_sorted());
        seen.extend(judged.quarantined.iter().filter(|row| row.rule != "ROW-FIELDS").map(|row| row.line));
        seen.sort_unstable();
        prop_assert_eq!(seen, sent.lines.clone());
        prop_assert!(judged.quarantined.is_sorted_by_key(|row| row.line) && judged.violations.is_sorted_by_key(|v| v.line));
        for row in &judged.quarantined {
            let first = judged.violations.iter().find(|v| v.line == row.line && v.on_fail == OnFail::RejectRow);
            prop_assert_eq!(first.map(|v| &v.rule), Some(&row.rule));
        }
        let rejected: BTreeSet<u64> = judged.violations.iter().filter(|v| v.on_fail == OnFail::RejectRow).map(|v| v.line).collect();
        prop_assert_eq!(rejected.len() as u64 , judged.quarantined.iter().map(|row| row.line).collect::<BTreeSet<_>>().len() as u64);
        // What was kept: judged once more as text, it breaks nothing.
        let n = judged.accepted.column(3).as_primitive::<Int64Type>();
        prop_assert!(n.iter().flatten().all(|n| (0..=4).contains(&n)));
        let id = judged.accepted.column(0).as_string_view();
        prop_assert!(id.iter().all(|id| id == Some("001")));
        for row in 0..judged.accepted.num_rows() {
            let status = judged.accepted.column_by_name("born_status").unwrap().as_string_view().value(row);
            prop_assert_eq!(status == "ok", judged.accepted.column(2).is_valid(row));
        }
    }
}
