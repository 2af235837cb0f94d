//! Source batches, violations and quarantined rows: what passes between the rooms that read files and the rooms that judge them.

use arrow::array::ArrayRef;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A run of records from one file, split but not yet judged. All vectors are parallel to the file's columns or to its records.
///
/// A column of a text format is a `Utf8View` array of the field as it stands in the file, decoded, without quotes, untrimmed, never null.
/// A column of a Parquet file keeps its own type.
#[derive(Clone, Debug)]
pub struct SourceBatch {
    /// One array a column, in the order of the file's header or layout.
    pub columns: Vec<ArrayRef>,
    /// The line on which each record starts, from 1; for Parquet the row number, from 1.
    pub lines: Vec<u64>,
    /// Records that could not be split into fields (a ragged row, bytes that are not of the encoding, an over-long record), in line order.
    pub broken: Vec<Quarantined>,
}

/// What a check does with a row that fails it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnFail {
    /// The row goes to quarantine.
    #[default]
    RejectRow,
    /// The row stays; the field becomes null and `<column>_status` says `invalid_source`.
    NullField,
    /// The row and the field stay; the violation is counted.
    Warn,
}

/// One row that broke one rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Line in the file, from 1.
    pub line: u64,
    /// Column name; empty for a rule of the whole row.
    pub column: String,
    /// The rule's id.
    pub rule: String,
    /// What the rule says, in plain words, with no value of the row in it.
    pub reason: String,
    /// What happened to the row.
    pub on_fail: OnFail,
}

/// One row that was set aside, with the first rule it broke. `raw` is restricted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantined {
    /// Line in the file, from 1.
    pub line: u64,
    /// Column name; empty for a rule of the whole row.
    pub column: String,
    /// The rule's id.
    pub rule: String,
    /// What the rule says, in plain words, with no value of the row in it.
    pub reason: String,
    /// The row as it stood in the file (text formats) or as JSON (Parquet). Restricted.
    pub raw: String,
}
