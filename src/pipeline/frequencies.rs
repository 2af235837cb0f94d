//! Frequencies: how many identity records hold each token of the fields in which a rare value says more. Restricted, and named by fingerprint, so
//! that a model is pinned together with what it counted.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{AsArray, FixedSizeBinaryArray};
use arrow::datatypes::{DataType, Field, Int64Type, Schema};
use futures::StreamExt;

use crate::engine::{Dataset, DatasetWriter, EngineError, Place, WriteOptions};
use crate::foundation::{Fingerprinter, Zone, schema, sql_name, sql_text};
use crate::linkage::IdentityRef;
use crate::linkage::reading::TokenCounts;
use crate::pipeline::error::PipelineError;
use crate::pipeline::ground::Ground;
use crate::pipeline::project::Project;
use crate::pipeline::runner::store_path;

/// What the step is called in the store.
pub const STORED: &str = "frequencies";
/// What it is called in SQL.
pub const TABLE: &str = "\"counted tokens\"";
/// The fact that names the key under which tokens were made.
const KEY: &str = "key";

/// The token columns whose frequencies a project's model reads, in order.
#[must_use]
pub fn columns(project: &Project) -> Vec<&str> {
    let model = project.linkage.model.iter();
    let comparisons = model.flat_map(|m| &m.comparisons).filter(|c| c.frequencies);
    let mut columns: Vec<&str> = comparisons.map(|c| c.field.as_str()).collect();
    columns.sort_unstable();
    columns
}

/// Counts the tokens of all sources, or finds what the pinned model counted; `None` where no frequency counts.
pub async fn frequencies(ground: &Ground<'_>, all: &[Dataset]) -> Result<Option<Dataset>, PipelineError> {
    let columns = columns(ground.project);
    if columns.is_empty() {
        return Ok(None);
    }
    if let Some(counted) = ground.project.pinned.as_ref().and_then(|model| model.frequencies.as_ref()) {
        return pinned(ground, counted).await.map(Some);
    }
    let mut print = Fingerprinter::new("frequencies/1");
    for column in &columns {
        print = print.with("column", column);
    }
    for tokens in all {
        print = print.with("tokens", tokens.content());
    }
    let fingerprint = print.finish();
    let make = async |place: Place| {
        let text = Field::new("field", DataType::Utf8, false);
        let token = Field::new("token", DataType::FixedSizeBinary(schema::REF_BYTES), false);
        let fields = Arc::new(Schema::new(vec![text, token, Field::new("records", DataType::Int64, false)]));
        let options = WriteOptions {
            sorted_by: vec!["field".into(), "token".into()],
            no_statistics: true,
            ..WriteOptions::default()
        };
        let mut writer = DatasetWriter::create(&place, fields, &options).await?;
        let engine = &ground.runner.engine;
        let ssn = ground.project.linkage.roles.ssn.as_ref().map(|name| name.as_str());
        for (number, tokens) in all.iter().enumerate() {
            engine.register_folder(&format!("counted {number}"), &tokens.place).await?;
        }
        for column in &columns {
            let of = |number: usize| {
                // Linkage takes no other SSN for one either.
                let valid = if ssn == Some(*column) { " AND ssn_status = 'valid'" } else { "" };
                format!("SELECT {0} AS token FROM \"counted {number}\" WHERE {0} IS NOT NULL{valid}", sql_name(column))
            };
            let union = (0..all.len()).map(of).collect::<Vec<_>>().join(" UNION ALL ");
            let sql = format!(
                "SELECT {} AS field, token, COUNT(*) AS records FROM ({union}) GROUP BY token ORDER BY token",
                sql_text(column)
            );
            writer.write_stream(STORED, engine.stream(STORED, &sql).await?).await?;
        }
        let mut facts = serde_json::Map::new();
        facts.insert(KEY.to_owned(), ground.keys.id().into());
        Ok(writer.finish(STORED, fingerprint.as_str(), Zone::Restricted, facts).await?)
    };
    ground.runner.step(STORED, STORED, Zone::Restricted, &fingerprint, make).await.map(Some)
}

/// What a pinned model counted, in the store of this output.
async fn pinned(ground: &Ground<'_>, counted: &str) -> Result<Dataset, PipelineError> {
    let place = ground.runner.root.join(&store_path(Zone::Restricted, STORED, counted));
    let dataset = Dataset::open(&place).await?.ok_or_else(|| PipelineError::NotThere {
        what: vec![format!(
            "the frequencies that the pinned model counted: {place} (copy them from where it was trained)"
        )],
    })?;
    let key = dataset.meta.facts.get(KEY).and_then(|key| key.as_str());
    if key == Some(ground.keys.id().as_str()) {
        return Ok(dataset);
    }
    Err(PipelineError::OtherKeys { what: format!("the frequencies that the pinned model counted ({place})") })
}

/// Reads what was counted, by column.
pub async fn read(ground: &Ground<'_>, dataset: &Dataset) -> Result<BTreeMap<String, TokenCounts>, PipelineError> {
    let serial = &ground.runner.serial;
    serial.register_folder(TABLE.trim_matches('"'), &dataset.place).await?;
    let sql = format!("SELECT arrow_cast(field, 'Utf8') AS field, token, records FROM {TABLE}");
    let mut counts: BTreeMap<String, TokenCounts> = BTreeMap::new();
    let mut rows = serial.stream(STORED, &sql).await?;
    while let Some(batch) = rows.next().await {
        let batch = batch.map_err(EngineError::sql(STORED))?;
        let fields = batch.column(0).as_string::<i32>();
        let tokens: &FixedSizeBinaryArray = batch.column(1).as_fixed_size_binary();
        let records = batch.column(2).as_primitive::<Int64Type>();
        for row in 0..batch.num_rows() {
            let mut token: IdentityRef = [0; 16];
            token.copy_from_slice(tokens.value(row));
            let count = u32::try_from(records.value(row)).unwrap_or(u32::MAX);
            counts.entry(fields.value(row).to_owned()).or_default().push((token, count));
        }
    }
    Ok(counts)
}
