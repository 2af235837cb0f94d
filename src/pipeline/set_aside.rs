//! Rows set aside: the quarantine of one file, a dataset below the one of its accepted rows. `raw` is what the row said, and restricted.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use crate::engine::{Dataset, DatasetWriter, EngineError, Place, WriteOptions};
use crate::foundation::{Fingerprint, Quarantined, Zone};

/// Where the rows lie that were set aside of a file, given where its accepted rows lie.
#[must_use]
pub fn beside(accepted: &Place) -> Place {
    accepted.join("quarantine")
}

/// Line, column, rule, reason and the row itself.
fn schema() -> SchemaRef {
    let text = |name: &str| Field::new(name, DataType::Utf8, false);
    let line = Field::new("line", DataType::Int64, false);
    Arc::new(Schema::new(vec![line, text("column_name"), text("rule"), text("reason"), text("raw")]))
}

/// A writer of the rows set aside of a file whose accepted rows lie at `accepted`.
pub async fn writer(accepted: &Place) -> Result<DatasetWriter, EngineError> {
    let options = WriteOptions { no_statistics: true, ..WriteOptions::default() };
    DatasetWriter::create(&beside(accepted), schema(), &options).await
}

/// Rows as the dataset holds them.
pub fn batch(rows: &[Quarantined]) -> Result<RecordBatch, EngineError> {
    let text = |of: fn(&Quarantined) -> &str| Arc::new(StringArray::from_iter_values(rows.iter().map(of))) as ArrayRef;
    let lines = rows.iter().map(|r| i64::try_from(r.line).unwrap_or(i64::MAX));
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from_iter_values(lines)),
        text(|r| &r.column),
        text(|r| &r.rule),
        text(|r| &r.reason),
        text(|r| &r.raw),
    ];
    RecordBatch::try_new(schema(), columns).map_err(EngineError::arrow("quarantined rows"))
}

/// Ends the dataset.
pub async fn finish(rows: DatasetWriter, fingerprint: &Fingerprint) -> Result<Dataset, EngineError> {
    rows.finish("quarantine", fingerprint.as_str(), Zone::Restricted, serde_json::Map::new()).await
}
