//! Tests of what must hold between cells: right cells pass, and each kind of wrong one is found.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int32Array, Int64Array, RecordBatch, StringArray};

use super::*;

/// A mart by kind of placement, gender and program.
fn spec() -> MartSpec {
    let text = r"
mart: placement
title: T
says: S
zone: research
sql: placement.sql
person: person_id
primary_key: [grouping_set, year, kind, gender, program]
always: [year, kind]
dimensions:
  - { name: year, membership: one, type: int32, label: Year }
  - { name: kind, membership: many, label: Kind }
  - { name: gender, membership: one, label: Gender }
  - { name: program, membership: many, label: Program }
measures:
  - { name: people, count: persons, label: All }
  - { name: placed, count: persons, where: is_placed, label: Placed }
  - { name: covered, count: persons, where: is_covered, label: Covered }
rates:
  - { name: rate, numerator: placed, denominator: people, covered_denominator: covered, rule: { id: i, version: v }, label: Rate }
unions: [{ over: kind, whole: any, measures: [placed] }]
grouping: [[], [gender], [program]]
";
    serde_saphyr::from_str(text).unwrap()
}

/// Set, kind, gender, program, people, placed, covered.
type Cell = (&'static str, &'static str, &'static str, &'static str, [i64; 3]);

/// Five people of whom two are in two programs: three are placed, two at work and two at college.
const CELLS: [Cell; 15] = [
    ("total", "any", "_total", "_total", [5, 3, 4]),
    ("gender", "any", "F", "_total", [3, 2, 2]),
    ("gender", "any", "M", "_total", [2, 1, 2]),
    ("program", "any", "_total", "W1", [4, 3, 3]),
    ("program", "any", "_total", "W2", [3, 1, 2]),
    ("total", "work", "_total", "_total", [5, 2, 4]),
    ("gender", "work", "F", "_total", [3, 1, 2]),
    ("gender", "work", "M", "_total", [2, 1, 2]),
    ("program", "work", "_total", "W1", [4, 2, 3]),
    ("program", "work", "_total", "W2", [3, 1, 2]),
    ("total", "college", "_total", "_total", [5, 2, 4]),
    ("gender", "college", "F", "_total", [3, 2, 2]),
    ("gender", "college", "M", "_total", [2, 0, 2]),
    ("program", "college", "_total", "W1", [4, 2, 3]),
    ("program", "college", "_total", "W2", [3, 0, 2]),
];

fn batch(cells: &[Cell]) -> RecordBatch {
    let text = |of: fn(&Cell) -> &'static str| {
        Arc::new(cells.iter().map(|c| Some(of(c))).collect::<StringArray>()) as ArrayRef
    };
    let count = |at: usize| Arc::new(cells.iter().map(|c| c.4[at]).collect::<Int64Array>()) as ArrayRef;
    RecordBatch::try_from_iter([
        ("grouping_set", text(|c| c.0)),
        ("year", Arc::new(Int32Array::from(vec![2022; cells.len()])) as ArrayRef),
        ("kind", text(|c| c.1)),
        ("gender", text(|c| c.2)),
        ("program", text(|c| c.3)),
        ("people", count(0)),
        ("placed", count(1)),
        ("covered", count(2)),
        ("rate_rule", text(|_| "PV-3S1")),
    ])
    .unwrap()
}

/// What is found of some cells, which may come in any number of batches and any order.
fn found(cells: &[Cell]) -> Vec<(String, u64)> {
    let spec = spec();
    let mut identities = Identities::new(&spec);
    for part in cells.rchunks(4) {
        identities.push(&batch(part)).unwrap();
    }
    let breaches = identities.breaches();
    assert!(breaches.iter().all(|breach| breach.rules == ["PV-3S1"]), "the rule is named");
    breaches.into_iter().map(|breach| (breach.says, breach.cells)).collect()
}

/// The cells with the counts of one of them changed.
fn with(at: usize, counts: [i64; 3]) -> Vec<Cell> {
    let mut cells = CELLS.to_vec();
    cells[at].4 = counts;
    cells
}

#[test]
fn right_cells_break_nothing() {
    assert_eq!(found(&CELLS), []);
}

#[test]
fn each_kind_of_wrong_cell_is_found() {
    let said = |says: &str, cells| (says.to_owned(), cells);
    let genders = "the cells of `gender` add up to those of `total`";
    let programs = "the cells of `program` overlap within those of `total`";
    let within = "`placed` is at most `covered`, and that at most `people`";
    let union = "`any` is the union of all values of `kind`";
    // One woman more than there are people.
    assert_eq!(found(&with(1, [4, 2, 2])), [said(genders, 1)]);
    // A program with more people than all programs, and programs that hold fewer together than there are.
    assert_eq!(found(&with(3, [6, 3, 3])), [said(programs, 1)]);
    assert_eq!(found(&with(3, [1, 1, 1])), [said(programs, 1), said(union, 1)]);
    // Placed, and not covered; covered, and not among the people.
    assert_eq!(found(&with(4, [3, 3, 2]))[0], said(within, 1));
    assert_eq!(found(&with(4, [1, 1, 2]))[0], said(within, 1));
    // A union smaller than one of its parts, or larger than all of them.
    assert_eq!(found(&with(7, [2, 2, 2])), [said(genders, 1), said(union, 1)]);
    assert_eq!(found(&with(3, [4, 4, 4]))[0], said(programs, 1));
    // A cell that is not there.
    assert_eq!(found(&CELLS[1..]), [said(genders, 1), said(programs, 1), said(union, 1)]);
}
