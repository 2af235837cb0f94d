//! Tokens row by row, remembering nothing: what a maker must give, whatever it remembers.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BinaryArray, FixedSizeBinaryArray};
use arrow::compute::cast;
use arrow::record_batch::RecordBatch;

use crate::foundation::schema::REF_BYTES;
use crate::tokenize::error::{Result, TokenizeError};
use crate::tokenize::near;
use crate::tokenize::token::{Steps, Tokenizer, birth_year, named, text};

/// The sender's tokens of identity records with these parts.
pub(super) fn sent(tokenizer: &Tokenizer, identity: &RecordBatch, parts: &RecordBatch) -> Result<RecordBatch> {
    tokens(tokenizer, identity, parts, true)
}

/// The hub's.
pub(super) fn own(tokenizer: &Tokenizer, identity: &RecordBatch, parts: &RecordBatch) -> Result<RecordBatch> {
    tokenizer.hub()?;
    tokens(tokenizer, identity, parts, false)
}

fn tokens(tokenizer: &Tokenizer, identity: &RecordBatch, parts: &RecordBatch, sent: bool) -> Result<RecordBatch> {
    let rows = identity.num_rows();
    if parts.num_rows() != rows {
        return Err(TokenizeError::RowCount { identity: rows, parts: parts.num_rows() });
    }
    let schema = tokenizer.schema();
    let column = |name: &str| -> Result<ArrayRef> {
        if let Some(recipe) = tokenizer.recipes.iter().find(|recipe| recipe.name == name) {
            return of(parts, &recipe.parts, &recipe.steps, sent, "derived parts");
        }
        match name {
            "birth_year" => Ok(Arc::new(birth_year(identity)?)),
            "active_org" => of(identity, &["active_org".to_owned()], &tokenizer.active_org, sent, "identity records"),
            "ssn_near" => near(identity, &tokenizer.ssn_near, sent),
            _ => named(identity, name, "identity records"),
        }
    };
    let columns = schema.fields().iter().map(|field| Ok(cast(&column(field.name())?, field.data_type())?));
    Ok(RecordBatch::try_new(Arc::clone(&schema), columns.collect::<Result<Vec<_>>>()?)?)
}

fn of(batch: &RecordBatch, names: &[String], steps: &Steps, sent: bool, dataset: &'static str) -> Result<ArrayRef> {
    let columns = names.iter().map(|name| text(batch, name, dataset)).collect::<Result<Vec<_>>>()?;
    let token = |row: usize| {
        let mut bytes = Vec::new();
        for column in &columns {
            if column.is_null(row) {
                return None;
            }
            let value = column.value(row).as_bytes();
            bytes.extend_from_slice(&u32::try_from(value.len()).unwrap().to_be_bytes());
            bytes.extend_from_slice(value);
        }
        Some(steps.token(&bytes, sent))
    };
    let tokens = (0..batch.num_rows()).map(token);
    Ok(Arc::new(FixedSizeBinaryArray::try_from_sparse_iter_with_size(tokens, REF_BYTES)?))
}

fn near(identity: &RecordBatch, steps: &Steps, sent: bool) -> Result<ArrayRef> {
    let ssn = text(identity, "ssn", "identity records")?;
    let status = text(identity, "ssn_status", "identity records")?;
    let runs = ssn.iter().zip(&status).map(|(ssn, status)| {
        let valid = ssn.filter(|_| status == Some("valid"));
        valid.and_then(|ssn| near::tokens(ssn, |bytes| steps.token(bytes, sent)))
    });
    Ok(Arc::new(runs.collect::<BinaryArray>()))
}
