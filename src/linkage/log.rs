//! The match log and the linkage columns of persons, as Arrow. References and agreement only: no value and no token of anybody.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Int32Array, Int64Array, RecordBatch, StringArray, StringBuilder};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use crate::linkage::link::{Decision, Linked, MatchDecision, Stopped};
use crate::linkage::{LinkageError, Rules, Strength, TokenTable};

/// Rows of one batch of the log: bounds the memory of writing it.
const BATCH_ROWS: usize = 65_536;

/// The match log: one row a link that joined two clusters and one a near miss; primary key `decision_id`, sorted by it.
#[must_use]
pub fn schema() -> SchemaRef {
    let text = |name: &str| Field::new(name, DataType::Utf8, false);
    Arc::new(Schema::new(vec![
        Field::new("decision_id", DataType::Int64, false),
        text("run"),
        text("pass_id"),
        Field::new("pass_version", DataType::Int32, false),
        text("strength"),
        text("left_source"),
        text("left_ref"),
        text("right_source"),
        text("right_ref"),
        text("agreed_parts"),
        text("disagreed_parts"),
        text("missing_parts"),
        Field::new("key_frequency", DataType::Int64, false),
        text("guards"),
        Field::new("vetoed_by", DataType::Utf8, true),
        text("decision"),
    ]))
}

/// What linkage says of each person; primary key `person_id`, sorted by it.
#[must_use]
pub fn person_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("person_id", DataType::Utf8, false),
        Field::new("link_strength", DataType::Utf8, true),
        Field::new("link_passes", DataType::Utf8, false),
        Field::new("n_records", DataType::Int32, false),
        Field::new("n_sources", DataType::Int32, false),
        Field::new("has_bridge", DataType::Boolean, false),
        Field::new("has_ssn", DataType::Boolean, false),
    ]))
}

/// The match log in batches; `run` is the run's fingerprint. Decisions are numbered from 1 in order of pass, left and right reference.
pub fn batches<'a>(
    table: &'a TokenTable,
    rules: &'a Rules,
    linked: &'a Linked,
    run: &'a str,
) -> impl Iterator<Item = Result<RecordBatch, LinkageError>> + 'a {
    let all = linked.decisions.len();
    (0..all).step_by(BATCH_ROWS).map(move |start| {
        let rows = start..all.min(start + BATCH_ROWS);
        batch(table, rules, &linked.decisions, rows, run)
    })
}

fn batch(
    table: &TokenTable,
    rules: &Rules,
    all: &[Decision],
    rows: Range<usize>,
    run: &str,
) -> Result<RecordBatch, LinkageError> {
    let ids = rows.clone().map(|row| i64::try_from(row + 1).unwrap_or(i64::MAX));
    let ids = Int64Array::from_iter_values(ids);
    let decisions = &all[rows];
    let pass = |d: &Decision| &rules.passes[usize::from(d.pass)];
    let text = |put: &dyn Fn(&Decision, &mut String)| -> ArrayRef {
        let mut texts = StringBuilder::with_capacity(decisions.len(), decisions.len() * 16);
        let mut words = String::new();
        for decision in decisions {
            words.clear();
            put(decision, &mut words);
            texts.append_value(&words);
        }
        Arc::new(texts.finish())
    };
    let reference = |row: u32, out: &mut String| {
        for byte in table.refs()[row as usize] {
            out.extend([byte >> 4, byte & 15].map(|half| char::from_digit(u32::from(half), 16).unwrap_or_default()));
        }
    };
    let compared = compared(table, &rules.roles.evidence, decisions);
    let names: Vec<&str> = rules.roles.evidence.iter().map(|&c| rules.columns()[c].as_str()).collect();
    let parts = |of: fn(&Compared) -> u64| -> ArrayRef {
        let mut texts = StringBuilder::with_capacity(decisions.len(), decisions.len() * 32);
        // Decisions of one pass agree alike: the last words often serve again.
        let mut last: Option<(u64, String)> = None;
        for one in &compared {
            let bits = of(one);
            if last.as_ref().is_none_or(|(said, _)| *said != bits) {
                let mut words = String::new();
                listed(
                    names.iter().enumerate().filter(|(at, _)| bits >> at & 1 == 1).map(|(_, name)| *name),
                    &mut words,
                );
                last = Some((bits, words));
            }
            texts.append_value(last.as_ref().map_or("", |(_, words)| words));
        }
        Arc::new(texts.finish())
    };
    let versions = decisions.iter().map(|d| i32::try_from(pass(d).version).unwrap_or(i32::MAX));
    let vetoed_by: StringArray = decisions.iter().map(|d| stopped_name(rules, d.stopped)).collect();
    let columns: Vec<ArrayRef> = vec![
        Arc::new(ids),
        text(&|_, out| out.push_str(run)),
        text(&|d, out| out.push_str(&pass(d).id)),
        Arc::new(Int32Array::from_iter_values(versions)),
        text(&|d, out| out.push_str(pass(d).strength.name())),
        text(&|d, out| out.push_str(table.source(d.left))),
        text(&|d, out| reference(d.left, out)),
        text(&|d, out| out.push_str(table.source(d.right))),
        text(&|d, out| reference(d.right, out)),
        parts(|c| c.agreed),
        parts(|c| c.disagreed),
        parts(|c| c.missing),
        Arc::new(Int64Array::from_iter_values(decisions.iter().map(|d| i64::from(d.key_frequency)))),
        text(&|d, out| guards_passed(rules, d, out)),
        Arc::new(vetoed_by),
        text(&|d, out| out.push_str(d.decision.name())),
    ];
    Ok(RecordBatch::try_new(schema(), columns)?)
}

/// How the parts of two records compare, a bit a part in the order of the rules' evidence.
#[derive(Clone, Copy, Default)]
struct Compared {
    agreed: u64,
    disagreed: u64,
    missing: u64,
}

/// Compares part by part, so that a column is walked at a time.
fn compared(table: &TokenTable, evidence: &[usize], decisions: &[Decision]) -> Vec<Compared> {
    let mut all = vec![Compared::default(); decisions.len()];
    for (at, &column) in evidence.iter().enumerate() {
        for (decision, one) in decisions.iter().zip(&mut all) {
            let bits = match (table.value(column, decision.left), table.value(column, decision.right)) {
                (0, _) | (_, 0) => &mut one.missing,
                (x, y) if x == y => &mut one.agreed,
                _ => &mut one.disagreed,
            };
            *bits |= 1 << at;
        }
    }
    all
}

fn stopped_name(rules: &Rules, stopped: Stopped) -> Option<&str> {
    match stopped {
        Stopped::No => None,
        Stopped::By(guard) => Some(&rules.guards[usize::from(guard)].id),
        Stopped::OverCommon => Some("over_common"),
        Stopped::NotUnique => Some("not_unique"),
    }
}

/// Guards are asked in the pass's order, so those before the one that vetoed let the pair through.
fn guards_passed(rules: &Rules, decision: &Decision, out: &mut String) {
    let guards = &rules.passes[usize::from(decision.pass)].guards;
    let passed = match decision.stopped {
        Stopped::No => &guards[..],
        Stopped::By(by) => {
            let end = guards.iter().position(|&g| g == usize::from(by)).unwrap_or(guards.len());
            &guards[..end]
        }
        Stopped::OverCommon | Stopped::NotUnique => &[],
    };
    listed(passed.iter().map(|&g| rules.guards[g].id.as_str()), out);
}

/// Names with commas between them.
fn listed<'n>(names: impl Iterator<Item = &'n str>, out: &mut String) {
    for (at, name) in names.enumerate() {
        if at > 0 {
            out.push(',');
        }
        out.push_str(name);
    }
}

/// The linkage columns of persons; `person_ids` stand in the order of `linked.clusters`.
pub fn persons(rules: &Rules, linked: &Linked, person_ids: &[String]) -> Result<RecordBatch, LinkageError> {
    let mut rows: Vec<_> = person_ids.iter().zip(&linked.cluster_info).collect();
    rows.sort_unstable_by_key(|row| row.0);
    let passes = rows.iter().map(|(_, info)| {
        let used = rules.passes.iter().enumerate().filter(|(place, _)| info.passes >> place & 1 == 1);
        used.map(|(_, pass)| pass.id.as_str()).collect::<Vec<_>>().join(",")
    });
    let count = |of: fn(&crate::linkage::ClusterInfo) -> u32| {
        Int32Array::from_iter_values(rows.iter().map(|(_, info)| i32::try_from(of(info)).unwrap_or(i32::MAX)))
    };
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from_iter_values(rows.iter().map(|row| row.0))),
        Arc::new(rows.iter().map(|(_, info)| info.weakest.map(Strength::name)).collect::<StringArray>()),
        Arc::new(StringArray::from_iter_values(passes)),
        Arc::new(count(|info| info.n_records)),
        Arc::new(count(|info| info.n_sources)),
        Arc::new(rows.iter().map(|(_, info)| Some(info.bridge)).collect::<BooleanArray>()),
        Arc::new(rows.iter().map(|(_, info)| Some(info.has_ssn)).collect::<BooleanArray>()),
    ];
    Ok(RecordBatch::try_new(person_schema(), columns)?)
}

impl Linked {
    /// How many decisions of a kind there are.
    #[must_use]
    pub fn count(&self, kind: MatchDecision) -> usize {
        self.decisions.iter().filter(|d| d.decision == kind).count()
    }
}
