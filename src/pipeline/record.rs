//! The run record: what a run did, when, and how it ended. It alone holds times; it lies beside the releases, not in them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::pipeline::runner::StepRecord;

/// The record's own format.
pub const FORMAT: &str = "throughline/run_results/1";

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// A release was published.
    Published,
    /// Nothing had changed since the current release.
    NothingToDo,
}

/// What became of one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FileResult {
    /// The source it belongs to.
    pub source: String,
    /// Its name.
    pub file: String,
    /// Records in it; records = accepted + quarantined.
    pub records: u64,
    /// Records accepted.
    pub accepted: u64,
    /// Records set aside.
    pub quarantined: u64,
    /// Rules that rows broke, with how many rows broke each.
    pub violations: std::collections::BTreeMap<String, u64>,
}

/// What became of the rows of one source over all its files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SourceResult {
    /// The source.
    pub source: String,
    /// Accepted rows of all its deliveries; accepted = current + superseded + rejected.
    pub accepted: u64,
    /// Rows that a later delivery replaced.
    pub superseded: u64,
    /// Rows that broke a rule over all rows.
    pub rejected: u64,
    /// Rows that count.
    pub current: u64,
    /// Identity records made from them.
    pub identity_records: u64,
    /// Rows that count and say nothing of who they are: no person has them.
    pub unidentified: u64,
    /// Rules over all rows that rows broke, with how many rows broke each; a rule that only warns drops none of them.
    pub violations: std::collections::BTreeMap<String, u64>,
}

/// What the model over the passes did.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ModelResult {
    /// Why it was not used: there was nothing to learn from.
    pub unused: Option<String>,
    /// Whether it was trained before.
    pub pinned: bool,
    /// Pairs of different persons that were compared.
    pub compared: u64,
    /// The least weight that links, in thousandths of a bit.
    pub line_millibits: i64,
    /// Its links.
    pub links: u64,
    /// Of these, how many it expects to be false.
    pub expected_false: f64,
    /// Of the pairs that wait for review, how many it expects to be one person.
    pub expected_missed: f64,
    /// Pairs of its blocking rules, and what their over-common keys cost.
    #[serde(default)]
    pub blocking: Vec<BlockingResult>,
    /// Levels at which no pair of one person was seen, `field: level`: their weights rest on half a pair.
    #[serde(default)]
    pub never_seen: Vec<String>,
}

/// What one blocking rule of the model made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BlockingResult {
    /// The rule.
    pub rule: String,
    /// Its pairs.
    pub pairs: u64,
    /// Keys that make more pairs than the rule allows.
    pub over_common: u64,
    /// Pairs of these, which are not compared.
    pub skipped: u64,
    /// Of those, about how many are of one person.
    pub lost: f64,
}

/// What one pass did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PassResult {
    /// The pass.
    pub pass: String,
    /// What a link by it is worth.
    pub strength: String,
    /// Links it made.
    pub links: u64,
    /// Links that a guard vetoed.
    pub vetoed: u64,
    /// Keys that several persons might hold, and so linked nobody.
    pub ambiguous: u64,
}

/// What became of person ids.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PersonsResult {
    /// Persons in the index.
    pub persons: u64,
    /// Ids carried over from the index before.
    pub carried: u64,
    /// Ids given for the first time.
    pub minted: u64,
    /// Ids that became part of another.
    pub merged: u64,
    /// Persons that came apart.
    pub split: u64,
    /// Ids whose records are all gone.
    pub retired: u64,
}

/// One published table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TableResult {
    /// Its name.
    pub table: String,
    /// Its zone.
    pub zone: String,
    /// Its rows.
    pub rows: u64,
}

/// What became of a request file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RequestResult {
    /// The request.
    pub request: String,
    /// The file below the output folder; none where there are too few learners for a file to be loaded.
    pub file: Option<String>,
    /// Learners asked about.
    pub learners: u64,
    /// Learners left out, for want of a name, a birth date or an id that could come back.
    pub left_out: u64,
}

/// A headline number of the summary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Headline {
    /// What it is.
    pub what: String,
    /// Numerator.
    pub numerator: u64,
    /// Denominator.
    pub denominator: u64,
}

/// `run_results.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunResults {
    /// `throughline/run_results/1`.
    pub format: String,
    /// The program's version.
    pub program_version: String,
    /// The pipeline.
    pub pipeline: String,
    /// Its title.
    pub title: String,
    /// How it ended.
    pub outcome: Outcome,
    /// The current release when it ended.
    pub release: String,
    /// The fingerprint of the inputs.
    pub inputs: String,
    /// When it began, UTC.
    pub began: String,
    /// How long it took, in milliseconds.
    pub milliseconds: u64,
    /// The user who ran it.
    pub user: String,
    /// Threads it used.
    pub threads: usize,
    /// Memory its operators might use, in bytes.
    pub memory: usize,
    /// The date up to which deliveries counted.
    pub as_of: Option<String>,
    /// Deliveries seen for the first time.
    pub new_deliveries: Vec<String>,
    /// Files that repeat an earlier delivery and were passed over.
    pub duplicate_deliveries: Vec<String>,
    /// What became of each file.
    pub files: Vec<FileResult>,
    /// What became of each source's rows.
    pub sources: Vec<SourceResult>,
    /// What each pass did.
    pub passes: Vec<PassResult>,
    /// What the model did, where the linkage has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelResult>,
    /// What became of person ids.
    pub persons: PersonsResult,
    /// What was published.
    pub tables: Vec<TableResult>,
    /// The request files written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requests: Vec<RequestResult>,
    /// A few numbers for a first look.
    pub headlines: Vec<Headline>,
    /// What a reader must know.
    pub notes: Vec<String>,
    /// Every step.
    pub steps: Vec<StepRecord>,
}
