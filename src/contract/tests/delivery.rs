//! What must hold of a delivery as a whole: the gate, what the sender gets back, and the SQL over all rows.

use std::collections::BTreeMap;

use datafusion::prelude::SessionContext;

use super::{GOOD, judged, shown, with, yaml};
use crate::contract::GateFinding;
use crate::contract::gate::{self, Stated};
use crate::contract::rejects::{Receipt, Verdict, length_class, reject_file};
use crate::contract::spec::{CheckSpec, ColumnSpec, ControlSpec, DeliverySpec, GateSpec, ReferenceSpec, UniqueSpec};
use crate::contract::whole::{reference_sql, unique_sql};

fn controls() -> (Vec<ControlSpec>, Vec<ColumnSpec>) {
    let controls = yaml(
        "[{ id: C1, count_of: detail, trailer: count, says: Count differs }, { id: C2, sum_of: wages, trailer: total, says: Total differs }]",
    );
    (controls, yaml("[{ name: wages, type: 'decimal(12,2)', implied_decimals: 2, label: Wages }]"))
}

fn controlled(count: &str, total: &str, sum: i128, unread: u64) -> Vec<String> {
    let (controls, columns) = controls();
    let trailer = [("count".to_owned(), count.to_owned()), ("total".to_owned(), total.to_owned())];
    let mut totals = gate::Totals::default();
    totals.add_column("wages", sum, unread);
    let found =
        gate::controls(&controls, &columns, Stated { header: &[], trailer: &trailer, details: 3, others: 2 }, &totals);
    found.iter().map(ToString::to_string).collect()
}

#[test]
fn controls_are_held_against_the_trailer() {
    assert_eq!(controlled("000000003", "000000000123456", 123_456, 0), Vec::<String>::new());
    assert_eq!(controlled("3", "1234.56", 123_456, 0), Vec::<String>::new());
    assert_eq!(
        controlled("000000004", "000000000123457", 123_456, 0),
        [
            "C1: Count differs (expected 4 by trailer field `count`, found 3)",
            "C2: Total differs (expected 1234.57 by trailer field `total`, found 1234.56)"
        ]
    );
    assert_eq!(
        controlled("", "many", 5, 1),
        [
            "C1: Count differs (expected trailer field `count` to state it, found no such field; the records give 3)",
            "C2: Total differs (expected a number in trailer field `total`, found text that is no number)"
        ]
    );
    let unread = [
        "C2: Total differs (expected 0.05 by trailer field `total`, found 0.05, and 1 records whose value is no number)",
    ];
    assert_eq!(controlled("3", "5", 5, 1), unread);
}

#[test]
fn the_gate_counts_rejected_rows_tolerances_and_shrinking() {
    let gate_spec: GateSpec = yaml("{ rejected: 2% }");
    assert_eq!(gate::rejected(&gate_spec, 100, 2), None);
    let found = gate::rejected(&gate_spec, 100, 3).map(|found| found.to_string());
    let wanted = "gate.rejected: More rows were rejected than the contract allows (expected at most 2% of the rows, found 3 of 100 rows (3.00%))";
    assert_eq!(found.as_deref(), Some(wanted));
    assert_eq!(gate::rejected(&GateSpec::default(), 1, 1), None);

    let checks: Vec<CheckSpec> =
        yaml("[{ id: A, expect: x, says: A differs, tolerance: 50% }, { id: B, expect: x, says: B differs }]");
    let mut counts = judged(&[GOOD, GOOD]).counts;
    let tolerances = gate::tolerances(&checks, &[], &[]);
    counts.by_rule = BTreeMap::from([("A".into(), 1), ("B".into(), 2)]);
    assert_eq!(gate::exceeded(&tolerances, &counts), vec![]);
    counts.by_rule = BTreeMap::from([("A".into(), 2)]);
    let found: Vec<String> = Receipt::findings(&gate::exceeded(&tolerances, &counts));
    assert_eq!(found, ["A: A differs (expected at most 50% of the rows, found 2 of 2 rows (100.00%))"]);

    let delivery: DeliverySpec = yaml("{ mode: snapshot, max_shrink: 50% }");
    assert_eq!(gate::shrank(&delivery, 100, 50), None);
    assert_eq!(gate::shrank(&delivery, 0, 50), None);
    let found: Option<GateFinding> = gate::shrank(&delivery, 100, 49);
    let wanted = "delivery.max_shrink: The snapshot is much smaller than the one it replaces (expected at most 50% fewer than the 100 rows before, found 49 rows (51.00% fewer))";
    assert_eq!(found.map(|found| found.to_string()).as_deref(), Some(wanted));
    assert_eq!(gate::shrank(&yaml("{ mode: upsert, max_shrink: 50% }"), 100, 1), None);
}

#[test]
fn the_sender_gets_lines_and_reasons_and_no_value() {
    let judged = judged(&[with(&[(0, "GARCIA, ANA")]), GOOD]);
    let file = reject_file(judged.quarantined.iter().zip(judged.masked.iter().map(String::as_str)));
    let text = String::from_utf8(file).unwrap();
    assert_eq!(
        text,
        "line,column,rule,reason,value\r\n10,id,id.pattern,the value does not have the form [0-9]{3},(9 to 16 characters)\r\n"
    );
    assert!(!text.contains("GARCIA"));
    assert_eq!(length_class("  "), "(empty)");
    let receipt = Receipt {
        contract: "c".into(),
        file: "f.csv".into(),
        sha256: "00".into(),
        bytes: 9,
        verdict: Verdict::Refused,
        rows: 2,
        accepted: 1,
        quarantined: 1,
        by_rule: judged.counts.by_rule,
        findings: vec![],
    };
    let json = String::from_utf8(receipt.to_json().unwrap()).unwrap();
    assert!(json.contains("\"verdict\": \"refused\"") && json.contains("\"id.pattern\": 1") && json.ends_with("}\n"));
}

fn sql(text: &str) -> Vec<String> {
    let context = SessionContext::new();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let tables = [
            "CREATE TABLE \"Rows\" AS SELECT * FROM (VALUES ('a', 1, 1, 10), ('a', 1, 2, 3), ('b', 1, 1, 11), ('a', 1, 1, 12), (NULL, 1, 1, 13), (NULL, 1, 1, 14)) AS v(\"the key\", n, delivery_seq, line)",
            "CREATE TABLE directory AS SELECT * FROM (VALUES ('a', 1), (NULL, 2)) AS v(org_id, m)",
        ];
        for table in tables {
            context.sql(table).await.unwrap().collect().await.unwrap();
        }
        let batches = context.sql(text).await.unwrap().collect().await.unwrap();
        batches.iter().flat_map(shown).collect()
    })
}

#[test]
fn what_stands_twice_or_refers_to_nothing_is_found_in_sql() {
    let place = ["delivery_seq", "line"];
    let unique: UniqueSpec = yaml("{ id: U, columns: [the key, n], says: twice }");
    assert_eq!(sql(&unique_sql("Rows", &unique, &place)), ["1 12", "2 3"]);
    let reference: ReferenceSpec =
        yaml("{ id: R, columns: [the key, n], to: directory, key: [org_id, m], says: nowhere }");
    assert_eq!(sql(&reference_sql("Rows", &reference, "directory", &place)), ["1 11"]);
}
