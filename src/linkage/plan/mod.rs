//! Plan: what linkage does, said as DataFusion queries over the tokens dataset: the groups of a pass, the pairs of a model's blocking rules, their
//! levels and weights, and the patterns that a model learns from. That is the form that can travel to a cluster; on one machine the purpose-built
//! join takes its place, and finds the same (tested).

mod functions;
mod groups;
mod pairs;
mod scores;
#[cfg(test)]
mod tests;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::DataType;

use crate::linkage::LinkageError;

pub use functions::functions;
pub use groups::{group_sql, read_groups};
pub use pairs::{pair_sql, read_pairs};
pub use scores::{pattern_sql, read_patterns, read_scores, score_sql};

/// A column of an answer, as the type that it is read as.
fn column(batch: &RecordBatch, name: &str, to: &DataType) -> Result<ArrayRef, LinkageError> {
    let array = batch.column_by_name(name).ok_or_else(|| LinkageError::MissingColumn(name.to_owned()))?;
    Ok(if array.data_type() == to { array.clone() } else { cast(array, to)? })
}
