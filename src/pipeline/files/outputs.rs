//! What a linkage of files writes: the crosswalk, the match log and the model.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray, StringBuilder, UInt32Array,
};
use arrow::compute::take;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use crate::engine::{Dataset, DatasetWriter, EngineError, Place, WriteOptions};
use crate::foundation::{Fingerprint, Zone};
use crate::linkage::model::{
    Blocking, Decided, ModelFile, ModelPlan, Refusal, Threshold, level_names, levels_of, thousandths,
};
use crate::pipeline::error::PipelineError;
use crate::pipeline::files::persons::{PersonFile, Persons};
use crate::pipeline::side_by_side::side_by_side;

/// What brings two records together, or keeps them apart, where people have said it.
const LABELS: &str = "labels";

/// The file of the model.
pub(super) const MODEL: &str = "model.json";

/// Whether what a linkage wrote below `out` is there: the named datasets, and the model.
pub(super) async fn all_there(out: &Place, names: &[&str]) -> Result<(), PipelineError> {
    let mut missing = Vec::new();
    for name in names {
        let place = out.join(name);
        let is_there = if *name == MODEL { place.exists().await? } else { Dataset::open(&place).await?.is_some() };
        if !is_there {
            missing.push(format!("{name} in {out}; run `throughline link` first"));
        }
    }
    if missing.is_empty() { Ok(()) } else { Err(PipelineError::NotThere { what: missing }) }
}

/// Rows of one batch that is written.
const ROWS: usize = 65_536;

/// A record of which file and which person: `source`, `record_id`, `cluster_id`.
#[must_use]
fn crosswalk_schema() -> SchemaRef {
    let text = |name: &str| Field::new(name, DataType::Utf8, false);
    Arc::new(Schema::new(vec![text("source"), text("record_id"), Field::new("cluster_id", DataType::Int64, false)]))
}

/// One row a decision, the greatest weight first.
#[must_use]
fn log_schema() -> SchemaRef {
    let text = |name: &str| Field::new(name, DataType::Utf8, false);
    Arc::new(Schema::new(vec![
        Field::new("decision_id", DataType::Int64, false),
        text("left_source"),
        text("left_id"),
        text("right_source"),
        text("right_id"),
        text("rule"),
        text("levels"),
        Field::new("weight_millibits", DataType::Int32, false),
        Field::new("probability", DataType::Float64, false),
        Field::new("lead_millibits", DataType::Int32, true),
        Field::new("rival_source", DataType::Utf8, true),
        Field::new("rival_id", DataType::Utf8, true),
        text("decision"),
        text("stopped_by"),
        text("model"),
    ]))
}

/// What was decided, to be written.
#[derive(Debug)]
pub(super) struct Outputs<'a> {
    /// The files.
    pub files: &'a [PersonFile],
    /// The comparisons and rules.
    pub plan: &'a ModelPlan,
    /// The records, and what their files call them.
    pub persons: &'a Persons,
    /// Which pairs were compared.
    pub blocking: &'a Blocking<'a>,
    /// Pairs that were decided, the greatest weight first.
    pub decided: &'a [Decided],
    /// From this probability on, pairs that are no links are for people to look at.
    pub review: f64,
    /// Where links end.
    pub drawn: Threshold,
    /// The person of every record.
    pub clusters: &'a [u32],
}

#[derive(Clone, Copy)]
enum Part {
    Crosswalk,
    Log,
}

impl Outputs<'_> {
    /// Writes crosswalk, match log and model below `out`. They are written beside what stands there, and take its place together when they are whole.
    pub(super) async fn write(&self, model: &ModelFile, out: &Place, threads: usize) -> Result<(), PipelineError> {
        let text = serde_json::to_string_pretty(model).map_err(PipelineError::bug)?;
        let fingerprint = Fingerprint::of(text.as_bytes());
        let staged = out.join("staging");
        staged.remove_all().await?;
        side_by_side(threads, &[Part::Crosswalk, Part::Log], async |part| match part {
            Part::Crosswalk => self.crosswalk(&staged.join("crosswalk"), &fingerprint).await,
            Part::Log => self.log(&staged.join("match_log"), &fingerprint).await,
        })?;
        for name in ["crosswalk", "match_log"] {
            out.join(name).remove_all().await?;
            staged.join(name).move_to(&out.join(name)).await?;
        }
        staged.remove_all().await?;
        Ok(out.join(MODEL).write(format!("{text}\n")).await?)
    }

    fn sources(&self) -> StringArray {
        StringArray::from_iter_values(self.files.iter().map(|file| &file.name))
    }

    async fn crosswalk(&self, place: &Place, fingerprint: &Fingerprint) -> Result<(), PipelineError> {
        let schema = crosswalk_schema();
        let records = &self.persons.records;
        let options = WriteOptions { hashed: vec!["record_id".to_owned()], ..WriteOptions::default() };
        let mut writer = DatasetWriter::create(place, Arc::clone(&schema), &options).await?;
        for (file, name) in self.files.iter().enumerate() {
            let of = records.of_file(file);
            for start in of.clone().step_by(ROWS) {
                let rows = start..of.end.min(start.saturating_add(u32::try_from(ROWS).unwrap_or(u32::MAX)));
                let columns: Vec<ArrayRef> = vec![
                    Arc::new(StringArray::from_iter_values(rows.clone().map(|_| &name.name))),
                    Arc::new(StringArray::from_iter_values(rows.clone().map(|row| self.persons.ids.get(row)))),
                    Arc::new(Int64Array::from_iter_values(rows.map(|row| i64::from(self.clusters[row as usize])))),
                ];
                let batch =
                    RecordBatch::try_new(Arc::clone(&schema), columns).map_err(EngineError::arrow("crosswalk"))?;
                writer.write(batch).await?;
            }
        }
        writer.finish("crosswalk", fingerprint.as_str(), Zone::Restricted, serde_json::Map::new()).await?;
        Ok(())
    }

    async fn log(&self, place: &Place, fingerprint: &Fingerprint) -> Result<(), PipelineError> {
        let schema = log_schema();
        let hashed = ["left_id", "right_id"].map(str::to_owned).to_vec();
        let options = WriteOptions { hashed, ..WriteOptions::default() };
        let mut writer = DatasetWriter::create(place, Arc::clone(&schema), &options).await?;
        let patterns = self.patterns();
        for (at, decisions) in self.decided.chunks(ROWS).enumerate() {
            writer.write(self.log_batch(&schema, at * ROWS, decisions, &patterns, fingerprint.short())?).await?;
        }
        writer.finish("match_log", fingerprint.as_str(), Zone::Audit, serde_json::Map::new()).await?;
        Ok(())
    }

    /// Every pattern that stands in the log, in order, and what it says.
    fn patterns(&self) -> (Vec<u64>, StringArray) {
        let list = &self.plan.comparisons[..];
        let mut patterns: Vec<u64> = self.decided.iter().map(|one| one.pair.pattern).collect();
        patterns.sort_unstable();
        patterns.dedup();
        let named: Vec<Vec<String>> = list.iter().map(level_names).collect();
        let says = patterns.iter().map(|pattern| {
            let levels = levels_of(list, *pattern);
            let parts = list.iter().zip(&named).zip(levels);
            parts
                .map(|((c, names), level)| format!("{}: {}", c.name, names[usize::from(level)]))
                .collect::<Vec<_>>()
                .join(", ")
        });
        let says = StringArray::from_iter_values(says);
        (patterns, says)
    }

    /// What was decided of a pair, and what stopped it, in the words of the log.
    fn told(&self, one: &Decided) -> (&'static str, String) {
        let close = one.pair.weight >= thousandths(libm::log2(self.review / (1.0 - self.review)));
        match one.refused {
            None if self.drawn.links(one) => ("link", String::new()),
            None => (if close { "review" } else { "below_threshold" }, "threshold".to_owned()),
            Some(Refusal::Rival) => ("review", "rival".to_owned()),
            Some(Refusal::Member) => ("vetoed", "member".to_owned()),
            Some(Refusal::Size) => ("vetoed", "most_records".to_owned()),
            Some(Refusal::Labelled) => ("vetoed", LABELS.to_owned()),
            Some(Refusal::Differs(at)) => ("vetoed", self.plan.comparisons[at].name.clone()),
        }
    }

    fn log_batch(
        &self,
        schema: &SchemaRef,
        first: usize,
        decisions: &[Decided],
        patterns: &(Vec<u64>, StringArray),
        model: &str,
    ) -> Result<RecordBatch, PipelineError> {
        let records = &self.persons.records;
        let fault = || EngineError::arrow("match log");
        let from = |texts: &StringArray, of: &dyn Fn(&Decided) -> usize| -> Result<ArrayRef, EngineError> {
            let places: UInt32Array = decisions.iter().map(|d| u32::try_from(of(d)).ok()).collect();
            take(texts, &places, None).map_err(fault())
        };
        let ids = |of: fn(&Decided) -> u32| -> ArrayRef {
            let mut texts = StringBuilder::with_capacity(decisions.len(), decisions.len() * 8);
            for decision in decisions {
                texts.append_value(self.persons.ids.get(of(decision)));
            }
            Arc::new(texts.finish())
        };
        let sources = self.sources();
        let named = self.plan.rules.iter().map(|rule| rule.id.as_str());
        let rules = StringArray::from_iter_values(named.chain([LABELS]));
        let rivals: Vec<Option<u32>> = decisions.iter().map(Decided::rival).collect();
        let rival_sources = rivals.iter().map(|rival| rival.map(|r| self.files[records.file(r)].name.as_str()));
        let rival_ids = rivals.iter().map(|rival| rival.map(|r| self.persons.ids.get(r)));
        let told: Vec<(&str, String)> = decisions.iter().map(|d| self.told(d)).collect();
        let rule_of = |d: &Decided| {
            let labels = self.plan.rules.len();
            if d.labelled { labels } else { self.blocking.rule_of(d.pair.left, d.pair.right).unwrap_or(labels) }
        };
        let numbers = (first..first + decisions.len()).map(|at| i64::try_from(at + 1).unwrap_or(i64::MAX));
        let columns: Vec<ArrayRef> = vec![
            Arc::new(Int64Array::from_iter_values(numbers)),
            from(&sources, &|d| records.file(d.pair.left))?,
            ids(|d| d.pair.left),
            from(&sources, &|d| records.file(d.pair.right))?,
            ids(|d| d.pair.right),
            from(&rules, &rule_of)?,
            from(&patterns.1, &|d| patterns.0.partition_point(|p| *p < d.pair.pattern))?,
            Arc::new(Int32Array::from_iter_values(decisions.iter().map(|d| d.pair.weight))),
            Arc::new(Float64Array::from_iter_values(decisions.iter().map(|d| d.probability))),
            Arc::new(decisions.iter().map(Decided::lead).collect::<Int32Array>()),
            Arc::new(rival_sources.collect::<StringArray>()),
            Arc::new(rival_ids.collect::<StringArray>()),
            Arc::new(StringArray::from_iter_values(told.iter().map(|(decision, _)| decision))),
            Arc::new(StringArray::from_iter_values(told.iter().map(|(_, stopped)| stopped))),
            Arc::new(StringArray::from_iter_values(decisions.iter().map(|_| model))),
        ];
        Ok(RecordBatch::try_new(Arc::clone(schema), columns).map_err(fault())?)
    }
}
