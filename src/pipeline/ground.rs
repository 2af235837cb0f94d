//! The ground that every step stands on: documents, keys, the walker of steps, the deliveries and their accepted rows.

use std::collections::BTreeMap;
use std::path::PathBuf;

use arrow::array::AsArray as _;
use arrow::datatypes::Int64Type;

use crate::pipeline::compiled::Compiled;
use crate::pipeline::deliveries::{Accepted, Discovered};
use crate::pipeline::error::PipelineError;
use crate::pipeline::keys::Keys;
use crate::pipeline::project::Project;
use crate::pipeline::runner::Runner;

/// What every step stands on.
pub struct Ground<'a> {
    /// The documents.
    pub project: &'a Project,
    /// What compiling settled.
    pub compiled: &'a Compiled,
    /// The keys.
    pub keys: &'a Keys,
    /// The walker of steps.
    pub runner: Runner<'a>,
    /// The deliveries.
    pub discovered: &'a Discovered,
    /// The date up to which deliveries count.
    pub as_of: Option<&'a str>,
    /// The accepted rows of each source, by source.
    pub accepted: BTreeMap<String, Vec<Accepted>>,
}

impl std::fmt::Debug for Ground<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ground").field("as_of", &self.as_of).finish_non_exhaustive()
    }
}

impl Ground<'_> {
    /// The text of a source's contract, which its steps rest on.
    #[must_use]
    pub fn contract_text(&self, source: &str) -> &str {
        self.project.texts.get(&self.project.contract_file(source)).unwrap_or_default()
    }

    /// The text of the linkage document.
    #[must_use]
    pub fn linkage_text(&self) -> &str {
        let file = PathBuf::from(format!("config/linkage/{}.yaml", *self.project.linkage.linkage));
        self.project.texts.get(&file).unwrap_or_default()
    }

    /// The fingerprints of a source's accepted rows, as one text.
    #[must_use]
    pub fn accepted_fingerprints(&self, source: &str) -> String {
        let all = self.accepted.get(source).map(Vec::as_slice).unwrap_or_default();
        all.iter().map(|a| a.rows.meta.fingerprint.as_str()).collect::<Vec<_>>().join(" ")
    }

    /// The table under which a source's current rows can be referred to.
    #[must_use]
    pub fn reference_table(&self, source: &str) -> String {
        format!("facts {source}")
    }

    /// The file name of a delivery.
    #[must_use]
    pub fn delivery_file(&self, sequence: u64) -> String {
        let delivery = self.discovered.current.iter().find(|d| d.sequence == sequence);
        delivery.map(|d| d.file.clone()).unwrap_or_default()
    }

    /// The one whole number that a query gives.
    pub async fn count(&self, what: &str, sql: &str) -> Result<i64, PipelineError> {
        let rows = self.runner.engine.collect(what, sql).await?;
        Ok(rows.first().map_or(0, |batch| batch.column(0).as_primitive::<Int64Type>().value(0)))
    }
}
