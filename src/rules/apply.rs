//! Applying: a rule's query as the engine runs it, with parameters bound, columns of the declared types, and the rule's id and version on each row.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::common::TableReference;
use datafusion::error::DataFusionError;
use datafusion::sql::parser::DFParser;
use datafusion::sql::resolve::resolve_table_references;

use crate::foundation::{Sensitivity, sql_text};
use crate::rules::bind::bind;
use crate::rules::resolve::program_year;
use crate::rules::{ColumnSpec, ColumnType, Rule, RuleError};

/// The column that names the rule behind a row.
pub const RULE_ID: &str = "rule_id";
/// The column that names the rule's version.
pub const RULE_VERSION: &str = "rule_version";

/// What may stand after FROM and is no table: the engine's functions that make rows.
const TABLE_FUNCTIONS: [&str; 2] = ["generate_series", "range"];

impl Rule {
    /// The rule's SQL as its author meant it: parameters bound, line breaks kept, so that an engine's line `n` is the file's line
    /// `body_line + n - 1`.
    #[must_use]
    pub fn bound(&self) -> String {
        bind(&self.body, &self.spec.parameters)
    }

    /// The query that makes the rows of this version.
    #[must_use]
    pub fn sql(&self) -> String {
        use std::fmt::Write as _;
        let spec = &self.spec;
        let mut out = String::from("SELECT ");
        for column in &spec.columns {
            let name = column.name.as_str();
            let kind = match column.kind {
                ColumnType::Decimal(p, s) => format!("Decimal128({p}, {s})"),
                other => other.arrow().to_string(),
            };
            let _ = write!(out, "arrow_cast(r.\"{name}\", '{kind}') AS \"{name}\", ");
        }
        let _ = write!(
            out,
            "arrow_cast({}, 'Utf8') AS {RULE_ID}, arrow_cast({}, 'Int32') AS {RULE_VERSION}\nFROM (\n{}\n) AS r",
            sql_text(&spec.id),
            spec.version,
            self.bound()
        );
        if let Some(year) = &spec.year {
            let _ = write!(out, "\nWHERE r.\"{}\" >= {}", year.value, program_year(spec.effective.from.value.0));
            if let Some(to) = &spec.effective.to {
                let _ = write!(out, " AND r.\"{}\" <= {}", year.value, program_year(to.value.0));
            }
        }
        out
    }

    /// The columns of the table, as the dictionary has them, the rule's id and version last.
    #[must_use]
    pub fn columns(&self) -> Vec<ColumnSpec> {
        let own = |name: &str, kind, label: &str| ColumnSpec {
            name: crate::foundation::Located::nowhere(name.to_owned()),
            kind,
            label: label.to_owned(),
            definition: String::new(),
            sensitivity: Sensitivity::None,
            code_set: None,
        };
        let mut columns = self.spec.columns.clone();
        columns.push(own(RULE_ID, ColumnType::Text, "Rule that made the row"));
        columns.push(own(RULE_VERSION, ColumnType::Int32, "Version of the rule"));
        columns
    }

    /// The schema of the table. Columns of the grain are never null.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        let grain = |name: &str| self.spec.grain.iter().any(|g| g.as_str() == name);
        let fields: Vec<Field> = self
            .columns()
            .iter()
            .map(|c| {
                let name = c.name.as_str();
                let must = grain(name) || name == RULE_ID || name == RULE_VERSION;
                Field::new(name, DataType::clone(&c.kind.arrow()), !must)
            })
            .collect();
        Arc::new(Schema::new(fields))
    }

    /// The tables that the rule reads, in order of name, each once. A function that makes rows is no table.
    pub fn reads(&self) -> Result<Vec<String>, RuleError> {
        let engine =
            |source: DataFusionError| RuleError::Engine { rule: self.spec.id.value.clone(), source: Box::new(source) };
        let mut names = Vec::new();
        for statement in DFParser::parse_sql(&self.bound()).map_err(engine)? {
            let (tables, _) = resolve_table_references(&statement, true).map_err(engine)?;
            let tables = tables.iter().map(TableReference::table).filter(|name| !TABLE_FUNCTIONS.contains(name));
            names.extend(tables.map(str::to_owned));
        }
        names.sort();
        names.dedup();
        Ok(names)
    }
}
