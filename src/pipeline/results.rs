//! Results: what the steps of a run left behind, gathered into its record.

use std::collections::BTreeMap;

use arrow::array::{ArrayRef, AsArray};
use arrow::datatypes::Int64Type;

use crate::engine::EngineError;
use crate::pipeline::deliveries::Discovered;
use crate::pipeline::error::PipelineError;
use crate::pipeline::ground::Ground;
use crate::pipeline::identify::Identified;
use crate::pipeline::link::LinkOutcome;
use crate::pipeline::project::Project;
use crate::pipeline::record::{FORMAT, Headline, Outcome, PassResult, PersonsResult, RunResults, SourceResult};
use crate::pipeline::runner::Order;

/// A record with what is known before the first step.
#[must_use]
pub fn start(project: &Project, began: &str, order: &Order<'_>, discovered: &Discovered, inputs: &str) -> RunResults {
    let mut notes = Vec::new();
    if project.is_synthetic() {
        notes.push("All people in this release are made up.".to_owned());
    }
    RunResults {
        format: FORMAT.to_owned(),
        program_version: env!("CARGO_PKG_VERSION").to_owned(),
        pipeline: project.pipeline.pipeline.value.clone(),
        title: project.pipeline.title.clone(),
        outcome: Outcome::Published,
        release: String::new(),
        inputs: inputs.to_owned(),
        began: began.to_owned(),
        milliseconds: 0,
        user: user(),
        threads: order.limits.threads,
        memory: order.limits.memory,
        as_of: order.as_of.clone(),
        new_deliveries: discovered.fresh.clone(),
        duplicate_deliveries: discovered.duplicates.clone(),
        files: Vec::new(),
        sources: Vec::new(),
        passes: Vec::new(),
        model: None,
        persons: PersonsResult::default(),
        tables: Vec::new(),
        requests: Vec::new(),
        headlines: Vec::new(),
        notes,
        steps: Vec::new(),
    }
}

/// What became of one source.
#[must_use]
pub fn source(identified: &Identified) -> SourceResult {
    let facts = &identified.facts;
    let by_rule = facts.meta.facts.get("by_rule").cloned().unwrap_or_default();
    let violations: BTreeMap<String, u64> = serde_json::from_value(by_rule).unwrap_or_default();
    SourceResult {
        source: identified.source.clone(),
        accepted: facts.count("accepted"),
        superseded: facts.count("superseded"),
        rejected: facts.count("rejected"),
        current: facts.meta.rows,
        identity_records: facts.count("identity_records"),
        unidentified: facts.count("unidentified"),
        violations: violations.into_iter().filter(|(_, rows)| *rows > 0).collect(),
    }
}

/// What linking came to.
pub fn linkage(results: &mut RunResults, linked: &LinkOutcome) {
    let facts = &linked.person_link;
    let passes = facts.meta.facts.get("passes").and_then(|p| p.as_array()).cloned().unwrap_or_default();
    let text =
        |pass: &serde_json::Value, name: &str| pass.get(name).and_then(|v| v.as_str()).unwrap_or_default().to_owned();
    let count = |pass: &serde_json::Value, name: &str| pass.get(name).and_then(serde_json::Value::as_u64).unwrap_or(0);
    results.passes = passes
        .iter()
        .map(|pass| PassResult {
            pass: text(pass, "pass"),
            strength: text(pass, "strength"),
            links: count(pass, "links"),
            vetoed: count(pass, "vetoed"),
            ambiguous: count(pass, "ambiguous"),
        })
        .collect();
    for pass in passes.iter().filter(|pass| count(pass, "crowded") > 0) {
        results.notes.push(format!(
            "Pass `{}` has {} held by more records than one person can have: somebody stands thousands of times in a source, or a value stands for nobody. The records \
             were left apart (vetoed_by is over_common in the match log), and the model took them for many people; take repeated rows out at the source.",
            text(pass, "pass"),
            if count(pass, "crowded") == 1 { "a key".to_owned() } else { format!("{} keys", count(pass, "crowded")) }
        ));
    }
    results.model = facts.meta.facts.get("model").and_then(|m| serde_json::from_value(m.clone()).ok());
    match facts.count("reviewed_followed") {
        0 => {}
        1 => results.notes.push("A decision of the review log follows a record that was corrected since.".to_owned()),
        n => results.notes.push(format!("{n} decisions of the review log follow records that were corrected since.")),
    }
    let gone = facts.meta.facts.get("reviewed_gone").and_then(serde_json::Value::as_array);
    for pair in gone.into_iter().flatten().filter_map(serde_json::Value::as_str) {
        results.notes.push(format!(
            "A decision of the review log names a record that is gone, and decides nothing: {pair}. Whose names or numbers were corrected has a new record: look at the two again."
        ));
    }
    results.persons = PersonsResult {
        persons: facts.count("persons"),
        carried: facts.count("carried"),
        minted: facts.count("minted"),
        merged: facts.count("merged"),
        split: facts.count("split"),
        retired: facts.count("retired"),
    };
}

/// The headlines that the pipeline asks for.
pub async fn headlines(ground: &Ground<'_>) -> Result<Vec<Headline>, PipelineError> {
    let mut headlines = Vec::new();
    for headline in &ground.project.pipeline.headlines {
        let said = numbers(ground, &format!("headline `{}`", headline.says), &headline.sql).await?;
        let number = |i: usize| said.get(i).copied().unwrap_or(0);
        headlines.push(Headline { what: headline.says.clone(), numerator: number(0), denominator: number(1) });
    }
    Ok(headlines)
}

/// What a reader should know of the data, as far as there is any of it.
pub async fn to_know(ground: &Ground<'_>) -> Result<Vec<String>, PipelineError> {
    let mut notes = Vec::new();
    for notice in &ground.project.pipeline.to_know {
        let said = numbers(ground, &format!("`{}`", notice.says), &notice.sql).await?;
        if let Some(count) = said.first().filter(|count| **count > 0) {
            notes.push(format!("{}: {count}.", notice.says));
        }
    }
    Ok(notes)
}

/// The numbers of a statement's one row; what is empty or below zero is 0.
async fn numbers(ground: &Ground<'_>, what: &str, sql: &str) -> Result<Vec<u64>, PipelineError> {
    let rows = ground.runner.engine.collect(what, sql).await?;
    let Some(batch) = rows.iter().find(|b| b.num_rows() > 0) else { return Ok(Vec::new()) };
    let number = |column: &ArrayRef| {
        let column = arrow::compute::cast(column, &arrow::datatypes::DataType::Int64);
        let column = column.map_err(EngineError::arrow(what))?;
        let column = column.as_primitive::<Int64Type>();
        Ok(column.iter().next().flatten().and_then(|number| u64::try_from(number).ok()).unwrap_or(0))
    };
    batch.columns().iter().map(number).collect()
}

/// The user who runs the program, for the run record.
pub(super) fn user() -> String {
    ["USER", "USERNAME", "LOGNAME"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()))
        .unwrap_or_else(|| "unknown".to_owned())
}
