//! What the sender gets back: a file of the rejected rows, without their values, and a receipt.

use std::collections::BTreeMap;

use arrow::array::{Array, ArrayRef};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use schemars::JsonSchema;
use serde::Serialize;

use crate::contract::error::ContractError;
use crate::contract::gate::GateFinding;
use crate::foundation::{Quarantined, csv_field};

/// The header of a reject file.
pub const REJECT_HEADER: &str = "line,column,rule,reason,value\r\n";

/// How long a value is, roughly, which is all that a reject file says of it.
#[must_use]
pub fn length_class(value: &str) -> &'static str {
    match value.trim_ascii().chars().count() {
        0 => "(empty)",
        1..=4 => "(1 to 4 characters)",
        5..=8 => "(5 to 8 characters)",
        9..=16 => "(9 to 16 characters)",
        _ => "(over 16 characters)",
    }
}

/// One line of a reject file. `masked` is what [`length_class`] says, or nothing.
#[must_use]
pub fn reject_line(row: &Quarantined, masked: &str) -> String {
    let Quarantined { line, column, rule, reason, .. } = row;
    format!("{line},{},{},{},{}\r\n", csv_field(column), csv_field(rule), csv_field(reason), csv_field(masked))
}

/// A reject file as CSV: where each rejected row stands and why it was rejected.
#[must_use]
pub fn reject_file<'a>(rows: impl IntoIterator<Item = (&'a Quarantined, &'a str)>) -> Vec<u8> {
    let mut text = REJECT_HEADER.to_owned();
    rows.into_iter().for_each(|(row, masked)| text.push_str(&reject_line(row, masked)));
    text.into_bytes()
}

/// What the sender may file: what was received, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Receipt {
    /// The contract.
    pub contract: String,
    /// The file's name as it was received.
    pub file: String,
    /// SHA-256 of the file.
    pub sha256: String,
    /// Bytes of the file.
    pub bytes: u64,
    /// `accepted` or `refused`.
    pub verdict: Verdict,
    /// Records in the file.
    pub rows: u64,
    /// Rows kept.
    pub accepted: u64,
    /// Rows set aside.
    pub quarantined: u64,
    /// Rows that broke each rule.
    pub by_rule: BTreeMap<String, u64>,
    /// Why the delivery as a whole was refused.
    pub findings: Vec<String>,
}

/// Whether a delivery as a whole is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It is.
    Accepted,
    /// It is not.
    Refused,
}

impl Receipt {
    /// The findings of the gate as lines for people.
    #[must_use]
    pub fn findings(found: &[GateFinding]) -> Vec<String> {
        found.iter().map(ToString::to_string).collect()
    }

    /// The receipt as JSON.
    pub fn to_json(&self) -> Result<Vec<u8>, ContractError> {
        let mut json = serde_json::to_vec_pretty(self).map_err(|error| ContractError::Batch(error.to_string()))?;
        json.push(b'\n');
        Ok(json)
    }
}

/// A row of typed columns as JSON, for the quarantine of Parquet files. Restricted, as the row is.
#[must_use]
pub fn row_json(names: &[String], columns: &[ArrayRef], row: usize) -> String {
    let options = FormatOptions::new();
    let value = |column: &ArrayRef| {
        if row >= column.len() || column.is_null(row) {
            return serde_json::Value::Null;
        }
        let text = ArrayFormatter::try_new(column.as_ref(), &options).map(|formatter| formatter.value(row).to_string());
        text.map_or(serde_json::Value::Null, serde_json::Value::String)
    };
    let fields = names.iter().zip(columns).map(|(name, column)| (name.clone(), value(column)));
    serde_json::Value::Object(fields.collect()).to_string()
}
