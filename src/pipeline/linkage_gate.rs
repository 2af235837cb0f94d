//! Linkage gate: how groups of learners differ in what was found of them, and how wide that gap may be before a release is stopped.

use std::collections::BTreeMap;

use crate::engine::Engine;
use crate::foundation::{Diagnostic, Diagnostics, did_you_mean, sql_name};
use crate::linkage::quality::{Quality, Share};
use crate::pipeline::error::PipelineError;
use crate::pipeline::evaluation::{gaps, widest};
use crate::pipeline::ground::Ground;
use crate::pipeline::project::Project;
use crate::pipeline::read_back::texts;
use crate::pipeline::spec::GateOn;
use crate::pipeline::tables::PERSON_LINK;

/// The rule table that attributes of persons come from.
pub const ATTRIBUTES: &str = "learner_attributes";

/// Of all persons, those found in more than one source and those with a bridge from school to work.
pub type Found = [Share; 2];

/// What was found, of all persons with attributes where there are attributes, else of all persons.
pub async fn found(engine: &Engine, attributes: bool) -> Result<Found, PipelineError> {
    let sql = format!("SELECT {COUNTS} {}", from(attributes));
    let rows = texts(&engine.collect("linked persons", &sql).await?)?;
    Ok(rows.first().map(|row| shares(row)).unwrap_or_default())
}

/// The same by the value of an attribute, in the order of values.
pub async fn found_by(engine: &Engine, column: &str) -> Result<Vec<(String, Found)>, PipelineError> {
    let column = sql_name(column);
    let sql = format!(
        "SELECT {COUNTS}, COALESCE(CAST(a.{column} AS VARCHAR), 'unknown') AS value {} GROUP BY a.{column} ORDER BY 4",
        from(true)
    );
    let rows = texts(&engine.collect("linked persons by group", &sql).await?)?;
    Ok(rows.into_iter().map(|row| (row.last().cloned().unwrap_or_default(), shares(&row))).collect())
}

const COUNTS: &str = "COUNT(*) AS n, SUM(CASE WHEN l.n_sources > 1 THEN 1 ELSE 0 END) AS several, \
                      SUM(CASE WHEN l.has_bridge THEN 1 ELSE 0 END) AS bridged";

fn from(attributes: bool) -> String {
    let of_attributes = format!(" JOIN {ATTRIBUTES} a ON l.person_id = a.person_id");
    format!("FROM {PERSON_LINK} l{}", if attributes { of_attributes.as_str() } else { "" })
}

fn shares(row: &[String]) -> Found {
    let count = |at: usize| row.get(at).and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
    [Share { right: count(1), of: count(0) }, Share { right: count(2), of: count(0) }]
}

/// Stops the run where a group of learners is found so much less often than the best served group; tells what was judged.
pub async fn linkage_gate(ground: &Ground<'_>) -> Result<Vec<String>, PipelineError> {
    let Some(gate) = &ground.project.pipeline.linkage_gate else { return Ok(Vec::new()) };
    let mut notes = Vec::new();
    let engine = &ground.runner.engine;
    for column in &gate.by {
        let groups = found_by(engine, column).await?;
        let recall = |found: Found| Quality { recall: found[gate.on.place()], ..Quality::default() };
        let of: BTreeMap<String, Quality> = groups.into_iter().map(|(value, found)| (value, recall(found))).collect();
        let groups = gaps(column, of, gate.fewest);
        let Some((gap, group)) = widest(&groups, gate.fewest) else {
            notes.push(format!(
                "The linkage gate judged nothing by {}: no group has {} learners.",
                **column, gate.fewest
            ));
            continue;
        };
        notes.push(format!(
            "The linkage gate allows a gap of {} by {}; the widest is {gap:.4} ({}).",
            gate.max_gap, **column, group.value
        ));
        if gap > gate.max_gap {
            return Err(PipelineError::Gate(format!(
                "{} {}: {} of {} learners {}, {gap:.4} less than of the best served group, and `max_gap: {}` of `linkage_gate:` is allowed",
                group.column,
                group.value,
                group.quality.recall.right,
                group.quality.recall.of,
                gate.on.says(),
                gate.max_gap
            )));
        }
    }
    Ok(notes)
}

/// Checks what the document says of the gate.
pub fn check(project: &Project, found: &mut Diagnostics) {
    let Some(gate) = &project.pipeline.linkage_gate else { return };
    let columns: Vec<String> = crate::rules::tables(&project.rules)
        .ok()
        .and_then(|tables| tables.iter().find(|t| t.name == ATTRIBUTES).map(crate::rules::RuleTable::schema))
        .map(|schema| schema.fields().iter().map(|field| field.name().clone()).collect())
        .unwrap_or_default();
    for column in gate.by.iter().filter(|column| !columns.contains(&column.value)) {
        let message = format!("`{}` is no attribute of learners", **column);
        let d = Diagnostic::error("P010", &project.file, message).at(column);
        found.push(match did_you_mean(column, columns.iter().map(String::as_str)) {
            Some(near) => d.label(format!("did you mean `{near}`?")),
            None => d.help(format!("`by:` names columns of the rule table `{ATTRIBUTES}`")),
        });
    }
    if !(0.0..1.0).contains(&gate.max_gap) || gate.by.is_empty() {
        let d = Diagnostic::error(
            "P010",
            &project.file,
            "`linkage_gate:` needs attributes in `by:` and a `max_gap` from 0 to 1",
        );
        found.push(d.help("such as `linkage_gate: { by: [race_ethnicity, gender], max_gap: 0.05 }`"));
    }
}

impl GateOn {
    /// Its place in [`Found`].
    fn place(self) -> usize {
        match self {
            Self::SeveralSources => 0,
            Self::Bridge => 1,
        }
    }

    fn says(self) -> &'static str {
        match self {
            Self::SeveralSources => "were found in more than one source",
            Self::Bridge => "have a bridge from school to work",
        }
    }
}
