//! Fixtures: running the examples that stand beside a rule. A table that a case does not name is empty, a column that a row does not name is null,
//! and only the columns that the expectation names are compared, whatever the order of the rows.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::hash::BuildHasher;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, FixedSizeBinaryArray, RecordBatch, StringArray, new_null_array};
use arrow::compute::{CastOptions, cast, cast_with_options};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::datasource::MemTable;
use datafusion::error::DataFusionError;
use datafusion::prelude::SessionContext;
use indexmap::IndexMap;
use serde_json::Value;

use crate::rules::case::{Case, FixtureFile, Row};
use crate::rules::error::CasePlace;
use crate::rules::{Rule, RuleError};

/// Runs one case. `tables` are the schemas of everything that a rule may read: sources, other rules' tables and references; each is
/// that it reads is registered anew in `ctx`, filled with the case's rows.
pub async fn run_fixture<S: BuildHasher>(
    ctx: &SessionContext,
    rule: &Rule,
    fixtures: &FixtureFile,
    case: &Case,
    tables: &HashMap<String, SchemaRef, S>,
) -> Result<(), RuleError> {
    let mut rule = rule.clone();
    rule.spec.parameters.extend(case.parameters.clone());
    let engine =
        |source: DataFusionError| RuleError::Engine { rule: rule.spec.id.value.clone(), source: Box::new(source) };
    let at = CasePlace { file: fixtures.file.clone(), line: case.case.line, case: case.case.value.clone() };
    let reads = rule.reads()?;
    if let Some(table) = case.given.keys().find(|table| !reads.contains(table) || !tables.contains_key(*table)) {
        return Err(RuleError::UnknownTable { at: Box::new(at), table: table.clone() });
    }
    for name in &reads {
        let Some(schema) = tables.get(name) else { continue };
        // Fixtures leave out what does not matter to the case, so every column may be null.
        let fields: Vec<Field> = schema.fields().iter().map(|f| f.as_ref().clone().with_nullable(true)).collect();
        let schema = Arc::new(Schema::new(fields));
        let rows = case.given.get(name).map_or(&[][..], Vec::as_slice);
        let batch = at.batch(name, &schema, rows)?;
        ctx.deregister_table(name.as_str()).map_err(engine)?;
        let table = MemTable::try_new(schema, vec![vec![batch]]).map_err(engine)?;
        ctx.register_table(name.as_str(), Arc::new(table)).map_err(engine)?;
    }
    let got = ctx.sql(&rule.sql()).await.map_err(engine)?.collect().await.map_err(engine)?;
    let mut columns: Vec<&str> = Vec::new();
    for name in case.expect.iter().flat_map(IndexMap::keys) {
        if !columns.contains(&name.as_str()) {
            columns.push(name);
        }
    }
    let schema = rule.schema();
    let wanted = at.batch(&rule.spec.rule, &schema_of(&schema, &columns, &at, &rule.spec.rule)?, &case.expect)?;
    let difference =
        difference(&rows_of(&[wanted], &columns).map_err(engine)?, &rows_of(&got, &columns).map_err(engine)?);
    if difference.is_empty() {
        return Ok(());
    }
    Err(RuleError::Mismatch { at: Box::new(at), rule: rule.spec.id.value.clone(), difference })
}

impl CasePlace {
    fn batch(&self, table: &str, schema: &SchemaRef, rows: &[Row]) -> Result<RecordBatch, RuleError> {
        if let Some(column) = rows.iter().flat_map(Row::keys).find(|name| schema.index_of(name).is_err()) {
            return Err(self.unknown(table, column));
        }
        let columns = schema
            .fields()
            .iter()
            .map(|field| {
                let texts: Vec<Option<String>> = rows.iter().map(|row| row.get(field.name()).and_then(text)).collect();
                column(&texts, field.data_type()).map_err(|row| RuleError::Value {
                    at: Box::new(self.clone()),
                    column: format!("{table}.{}", field.name()),
                    row: row + 1,
                    expected: field.data_type().to_string(),
                })
            })
            .collect::<Result<Vec<_>, _>>()?;
        let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(rows.len()));
        RecordBatch::try_new_with_options(schema.clone(), columns, &options).map_err(|error| RuleError::Engine {
            rule: table.to_owned(),
            source: Box::new(DataFusionError::ArrowError(Box::new(error), None)),
        })
    }

    fn unknown(&self, table: &str, column: &str) -> RuleError {
        RuleError::UnknownColumn { at: Box::new(self.clone()), table: table.to_owned(), column: column.to_owned() }
    }
}

fn schema_of(schema: &SchemaRef, columns: &[&str], at: &CasePlace, table: &str) -> Result<SchemaRef, RuleError> {
    let fields = columns
        .iter()
        .map(|name| {
            schema.field_with_name(name).map(|f| f.clone().with_nullable(true)).map_err(|_| at.unknown(table, name))
        })
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Arc::new(Schema::new(fields)))
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(s) => Some(s.clone()),
        other => Some(other.to_string()),
    }
}

/// A column of texts as an array of its type; the row whose text is not of that type where there is one.
fn column(texts: &[Option<String>], kind: &DataType) -> Result<ArrayRef, usize> {
    if texts.iter().all(Option::is_none) {
        return Ok(new_null_array(kind, texts.len()));
    }
    if let DataType::FixedSizeBinary(width) = kind {
        // A reference is written as any short text and filled up with zeros.
        let width = usize::try_from(*width).unwrap_or(0);
        let padded = texts.iter().map(|t| {
            t.as_ref().map(|t| {
                let mut bytes = t.as_bytes().to_vec();
                bytes.resize(width, 0);
                bytes
            })
        });
        let size = i32::try_from(width).unwrap_or(0);
        return FixedSizeBinaryArray::try_from_sparse_iter_with_size(padded, size)
            .map(|a| Arc::new(a) as ArrayRef)
            .map_err(|_| 0);
    }
    let array: ArrayRef = Arc::new(texts.iter().map(Option::as_deref).collect::<StringArray>());
    let strict = CastOptions { safe: false, ..CastOptions::default() };
    cast_with_options(&array, kind, &strict).map_err(|_| {
        let loose = cast(&array, kind).ok();
        (0..texts.len()).find(|row| array.is_valid(*row) && loose.as_ref().is_none_or(|l| l.is_null(*row))).unwrap_or(0)
    })
}

/// The rows of some columns as sorted lines of text.
fn rows_of(batches: &[RecordBatch], columns: &[&str]) -> Result<Vec<String>, DataFusionError> {
    let options = FormatOptions::default().with_null("null");
    let mut rows = Vec::new();
    for batch in batches {
        let arrays: Vec<&ArrayRef> = columns.iter().filter_map(|name| batch.column_by_name(name)).collect();
        let shown = arrays.iter().map(|a| ArrayFormatter::try_new(a, &options)).collect::<Result<Vec<_>, _>>()?;
        for row in 0..batch.num_rows() {
            let line: Vec<String> =
                columns.iter().zip(&shown).map(|(name, f)| format!("{name}={}", f.value(row))).collect();
            rows.push(line.join(" "));
        }
    }
    rows.sort();
    Ok(rows)
}

/// Rows that are missing or too many, counted as often as they stand.
fn difference(wanted: &[String], got: &[String]) -> String {
    let mut count: BTreeMap<&str, i64> = BTreeMap::new();
    for row in wanted {
        *count.entry(row).or_default() += 1;
    }
    for row in got {
        *count.entry(row).or_default() -= 1;
    }
    let mut out = String::new();
    for (row, n) in count {
        match n {
            0 => {}
            1.. => {
                let _ = writeln!(out, "  missing:  {row}");
            }
            _ => {
                let _ = writeln!(out, "  too many: {row}");
            }
        }
    }
    out
}
