//! The match log and the linkage columns of persons, as Arrow. References and agreement only: no value and no token of anybody.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray, StringBuilder,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use crate::linkage::decision::{MatchDecision, Stopped};
use crate::linkage::link::Linked;
use crate::linkage::model::{level_names, levels_of};
use crate::linkage::modelled::ModelDecision;
use crate::linkage::rules::{REVIEW, Stage};
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
        Field::new("key_frequency", DataType::Int64, true),
        text("guards"),
        Field::new("vetoed_by", DataType::Utf8, true),
        text("decision"),
        Field::new("levels", DataType::Utf8, true),
        Field::new("weight_millibits", DataType::Int32, true),
        Field::new("probability", DataType::Float64, true),
        Field::new("lead_millibits", DataType::Int32, true),
        Field::new("rival_ref", DataType::Utf8, true),
        Field::new("model", DataType::Utf8, true),
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

/// A row of the log: a decision of a pass or of the model.
#[derive(Clone, Copy)]
struct Row {
    /// Its place among the stages.
    stage: usize,
    left: u32,
    right: u32,
    decision: MatchDecision,
    stopped: Stopped,
    key_frequency: Option<u32>,
    modelled: Option<ModelDecision>,
}

/// The row of a decision by its number: those of the passes, then those of the model.
fn row(rules: &Rules, linked: &Linked, at: usize) -> Option<Row> {
    if let Some(d) = linked.decisions.get(at) {
        return Some(Row {
            stage: usize::from(d.pass),
            left: d.left,
            right: d.right,
            decision: d.decision,
            stopped: d.stopped,
            key_frequency: Some(d.key_frequency),
            modelled: None,
        });
    }
    let d = linked.modelled.as_ref()?.decisions.get(at - linked.decisions.len())?;
    Some(Row {
        stage: rules.passes.len(),
        left: d.left,
        right: d.right,
        decision: d.decision,
        stopped: d.stopped,
        key_frequency: None,
        modelled: Some(*d),
    })
}

/// The match log in batches; `run` is the run's fingerprint, `model` the model's. Decisions are numbered from 1: those of the passes in order of pass, left and
/// right reference, then those of the model from the greatest weight down.
pub fn batches<'a>(
    table: &'a TokenTable,
    rules: &'a Rules,
    linked: &'a Linked,
    run: &'a str,
    model: Option<&'a str>,
) -> impl Iterator<Item = Result<RecordBatch, LinkageError>> + 'a {
    let all = linked.decisions.len() + linked.modelled.as_ref().map_or(0, |m| m.decisions.len());
    (0..all).step_by(BATCH_ROWS).map(move |start| {
        let decisions: Vec<Row> =
            (start..all.min(start + BATCH_ROWS)).filter_map(|at| row(rules, linked, at)).collect();
        batch(table, rules, &decisions, start, [Some(run), model])
    })
}

fn batch(
    table: &TokenTable,
    rules: &Rules,
    decisions: &[Row],
    first: usize,
    [run, model]: [Option<&str>; 2],
) -> Result<RecordBatch, LinkageError> {
    let ids = (first..first + decisions.len()).map(|row| i64::try_from(row + 1).unwrap_or(i64::MAX));
    let ids = Int64Array::from_iter_values(ids);
    let stages: Vec<Stage<'_>> = rules.stages().collect();
    let pass = |d: &Row| stages[d.stage];
    let text = |put: &dyn Fn(&Row, &mut String)| -> ArrayRef {
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
    let hex = |row: u32| {
        let mut words = String::with_capacity(32);
        reference(row, &mut words);
        words
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
        text(&|_, out| out.push_str(run.unwrap_or_default())),
        text(&|d, out| out.push_str(pass(d).id)),
        Arc::new(Int32Array::from_iter_values(versions)),
        text(&|d, out| out.push_str(pass(d).strength.name())),
        text(&|d, out| out.push_str(table.source(d.left))),
        text(&|d, out| reference(d.left, out)),
        text(&|d, out| out.push_str(table.source(d.right))),
        text(&|d, out| reference(d.right, out)),
        parts(|c| c.agreed),
        parts(|c| c.disagreed),
        parts(|c| c.missing),
        Arc::new(decisions.iter().map(|d| d.key_frequency.map(i64::from)).collect::<Int64Array>()),
        text(&|d, out| guards_passed(rules, pass(d).guards, d.stopped, out)),
        Arc::new(vetoed_by),
        text(&|d, out| out.push_str(d.decision.name())),
        Arc::new(decisions.iter().map(|d| Some(levels(rules, &d.modelled?))).collect::<StringArray>()),
        Arc::new(decisions.iter().map(|d| Some(d.modelled?.weight)).collect::<Int32Array>()),
        Arc::new(decisions.iter().map(|d| Some(d.modelled?.probability)).collect::<Float64Array>()),
        Arc::new(decisions.iter().map(|d| d.modelled?.lead).collect::<Int32Array>()),
        Arc::new(decisions.iter().map(|d| d.modelled?.rival.map(hex)).collect::<StringArray>()),
        Arc::new(decisions.iter().map(|d| d.modelled.and(model)).collect::<StringArray>()),
    ];
    Ok(RecordBatch::try_new(schema(), columns)?)
}

/// What the comparisons of the model said, in words: `first_name: first_root, birth_date: birth_date, ...`.
fn levels(rules: &Rules, decision: &ModelDecision) -> String {
    let Some(model) = &rules.model else { return String::new() };
    let mut out = String::new();
    for (comparison, level) in model.comparisons.iter().zip(levels_of(&model.comparisons, decision.pattern)) {
        if !out.is_empty() {
            out.push_str(", ");
        }
        out.push_str(&comparison.name);
        out.push_str(": ");
        out.push_str(level_names(comparison).get(usize::from(level)).map_or("", String::as_str));
    }
    out
}

/// How the parts of two records compare, a bit a part in the order of the rules' evidence.
#[derive(Clone, Copy, Default)]
struct Compared {
    agreed: u64,
    disagreed: u64,
    missing: u64,
}

/// Compares part by part, so that a column is walked at a time.
fn compared(table: &TokenTable, evidence: &[usize], decisions: &[Row]) -> Vec<Compared> {
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
        Stopped::By(guard) => Some(rules.guards.get(usize::from(guard)).map_or(REVIEW, |guard| guard.id.as_str())),
        Stopped::OverCommon => Some("over_common"),
        Stopped::NotUnique => Some("not_unique"),
        Stopped::BelowLine => Some("below_line"),
        Stopped::Rival => Some("rival"),
    }
}

/// Guards are asked in the pass's order, so those before the one that vetoed let the pair through.
fn guards_passed(rules: &Rules, guards: &[usize], stopped: Stopped, out: &mut String) {
    let passed = match stopped {
        Stopped::No | Stopped::BelowLine | Stopped::Rival => guards,
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
        let used = rules.stages().enumerate().filter(|(place, _)| info.passes >> place & 1 == 1);
        used.map(|(_, stage)| stage.id).collect::<Vec<_>>().join(",")
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
        let modelled = self.modelled.iter().flat_map(|m| &m.decisions).filter(|d| d.decision == kind).count();
        self.decisions.iter().filter(|d| d.decision == kind).count() + modelled
    }
}
