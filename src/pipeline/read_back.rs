//! Reading back what the house itself wrote: its JSON files, and rows of answers as text.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::DataType;

use crate::engine::{EngineError, Place};
use crate::pipeline::error::PipelineError;

/// The reference of a record as text.
pub const REFERENCE: &str = "encode(arrow_cast(identity_ref, 'Binary'), 'hex')";

/// Reads a file of the house's own.
pub async fn read_json<T: serde::de::DeserializeOwned>(place: &Place) -> Result<T, PipelineError> {
    let bytes = place.read().await?;
    let damaged = |e: serde_json::Error| PipelineError::Damaged { place: place.to_string(), reason: e.to_string() };
    serde_json::from_slice(&bytes).map_err(damaged)
}

/// Every row of a query as text; what is null is empty.
pub fn texts(batches: &[RecordBatch]) -> Result<Vec<Vec<String>>, PipelineError> {
    let mut rows = Vec::new();
    for batch in batches {
        let columns = batch.columns().iter().map(|c| cast(c, &DataType::Utf8)).collect::<Result<Vec<_>, _>>();
        let columns = columns.map_err(EngineError::arrow("reading rows"))?;
        let text = |column: &arrow::array::ArrayRef, row: usize| {
            let column = column.as_string::<i32>();
            if column.is_null(row) { String::new() } else { column.value(row).to_owned() }
        };
        rows.extend((0..batch.num_rows()).map(|row| columns.iter().map(|c| text(c, row)).collect::<Vec<String>>()));
    }
    Ok(rows)
}
