//! A request as it is declared: its document and its SQL.

use std::path::PathBuf;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use crate::clearinghouse::{self, IDENTITY, Kind, RequestSpec};
use crate::pipeline::error::PipelineError;
use crate::pipeline::sql::reads;
use crate::pipeline::tables;

/// A request's document and its SQL.
#[derive(Clone, Debug)]
pub struct Request {
    /// What its document says.
    pub spec: RequestSpec,
    /// Its SQL.
    pub sql: String,
    /// The document's file.
    pub spec_file: PathBuf,
    /// The SQL's file.
    pub sql_file: PathBuf,
}

impl Request {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.spec.request
    }

    /// The tables that its SQL reads.
    pub fn reads(&self) -> Result<Vec<String>, PipelineError> {
        Ok(reads(self.name(), &self.sql)?)
    }

    /// The columns of whom it asks about: person and id, who they are, then what the SQL says of them.
    #[must_use]
    pub fn schema(&self, made: &Schema) -> SchemaRef {
        let text = |name: &str| Field::new(name, DataType::Utf8, true);
        let mut fields = vec![Field::new(clearinghouse::file::RETURN, DataType::Utf8, true)];
        fields.push(Field::new(tables::PERSON_ID, DataType::Utf8, false));
        fields.extend(IDENTITY.map(|name| match name {
            "birth_date" => Field::new(name, DataType::Date32, true),
            _ => text(name),
        }));
        for field in clearinghouse::form::fields(self.spec.form.value) {
            if made.index_of(field.name).is_ok() {
                fields.push(match field.kind {
                    Kind::Day => Field::new(field.name, DataType::Date32, true),
                    Kind::Flag => Field::new(field.name, DataType::Boolean, true),
                    Kind::Text(_) => text(field.name),
                });
            }
        }
        Arc::new(Schema::new(fields))
    }
}
