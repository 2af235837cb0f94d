//! The runner: walks steps, keeps what is already made, and tells whoever watches.

use std::future::Future;
use std::sync::Mutex;
use std::time::Instant;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::engine::{Dataset, Engine, Limits, Place};
use crate::foundation::{Fingerprint, Zone};
use crate::pipeline::error::PipelineError;

/// Whether a step was run or its dataset was there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepStatus {
    /// Run now.
    Made,
    /// Found in the store.
    Reused,
}

/// One step of a run, for the run record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StepRecord {
    /// The step, such as `accept/ui_wages/UIWAGE_2023Q2.txt`.
    pub step: String,
    /// The fingerprint of its output.
    pub fingerprint: String,
    /// Whether it was run.
    pub status: StepStatus,
    /// Rows of its output.
    pub rows: u64,
    /// Wall time in milliseconds.
    pub milliseconds: u64,
}

/// Someone who watches a run: a progress bar, a plain log, or nobody.
pub trait Watch: Send + Sync {
    /// The run has this many steps.
    fn planned(&self, steps: usize);
    /// A step begins.
    fn started(&self, step: &str);
    /// A step has passed this many rows so far.
    fn rows(&self, step: &str, rows: u64);
    /// A step is done.
    fn done(&self, record: &StepRecord);
}

/// Nobody watches.
#[derive(Clone, Copy, Debug)]
pub struct Unwatched;

impl Watch for Unwatched {
    fn planned(&self, _: usize) {}
    fn started(&self, _: &str) {}
    fn rows(&self, _: &str, _: u64) {}
    fn done(&self, _: &StepRecord) {}
}

/// How a run is to go.
pub struct Order<'a> {
    /// Count only deliveries received by this day.
    pub as_of: Option<String>,
    /// What it may use of the machine.
    pub limits: Limits,
    /// Who watches.
    pub watch: &'a dyn Watch,
}

impl std::fmt::Debug for Order<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Order").field("as_of", &self.as_of).field("limits", &self.limits).finish_non_exhaustive()
    }
}

/// Walks the steps of one run.
pub struct Runner<'a> {
    /// DataFusion over all threads; its tables are the run's tables.
    pub engine: Engine,
    /// DataFusion on one thread, for reading rows in the order in which they lie.
    pub serial: Engine,
    /// The output folder.
    pub root: Place,
    /// Who watches.
    pub watch: &'a dyn Watch,
    records: Mutex<Vec<StepRecord>>,
}

impl std::fmt::Debug for Runner<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runner").field("root", &self.root).finish_non_exhaustive()
    }
}

/// Where a dataset of the store lies. What is restricted lies below `restricted`, which may have a disk of its own.
#[must_use]
pub fn store_path(zone: Zone, kind: &str, fingerprint: &str) -> String {
    match zone {
        Zone::Restricted => format!("restricted/store/{kind}/{fingerprint}"),
        _ => format!("store/{kind}/{fingerprint}"),
    }
}

impl<'a> Runner<'a> {
    /// A runner that has walked nothing yet.
    pub fn new(engine: Engine, serial: Engine, root: Place, watch: &'a dyn Watch) -> Self {
        Self { engine, serial, root, watch, records: Mutex::new(Vec::new()) }
    }

    /// Runs a step unless its dataset is in the store. `name` is for people, `kind` is the folder of the store.
    pub async fn step<F, R>(
        &self,
        name: &str,
        kind: &str,
        zone: Zone,
        fingerprint: &Fingerprint,
        work: F,
    ) -> Result<Dataset, PipelineError>
    where
        F: FnOnce(Place) -> R,
        R: Future<Output = Result<Dataset, PipelineError>>,
    {
        let begun = Instant::now();
        self.watch.started(name);
        let span = tracing::info_span!("step", step = name, fingerprint = fingerprint.short());
        let place = self.root.join(&store_path(zone, kind, fingerprint.as_str()));
        let (dataset, status) = match Dataset::open(&place).await? {
            Some(dataset) => (dataset, StepStatus::Reused),
            None => (tracing::Instrument::instrument(work(place), span).await?, StepStatus::Made),
        };
        self.note(StepRecord {
            step: name.to_owned(),
            fingerprint: fingerprint.to_string(),
            status,
            rows: dataset.meta.rows,
            milliseconds: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
        });
        Ok(dataset)
    }

    fn note(&self, record: StepRecord) {
        tracing::info!(
            step = %record.step,
            status = ?record.status,
            rows = record.rows,
            milliseconds = record.milliseconds,
            "step done"
        );
        self.watch.done(&record);
        if let Ok(mut records) = self.records.lock() {
            records.push(record);
        }
    }

    /// The steps so far, by name.
    #[must_use]
    pub fn records(&self) -> Vec<StepRecord> {
        let mut records = self.records.lock().map(|r| r.clone()).unwrap_or_default();
        records.sort_by(|a, b| a.step.cmp(&b.step));
        records
    }
}
