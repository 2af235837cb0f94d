//! SQL as documents hold it: the tables it reads, and its complaints as diagnostics: DataFusion's words, at the line of the file, with "did you mean" for names it does not know.

use std::path::Path;

use datafusion::common::{SchemaError, TableReference};
use datafusion::error::DataFusionError;
use datafusion::sql::parser::DFParser;
use datafusion::sql::resolve::resolve_table_references;

use crate::engine::EngineError;
use crate::foundation::{Diagnostic, did_you_mean};

/// How a complaint about a table that nothing makes begins.
pub const NO_TABLE: &str = "there is no table";

/// Where a statement stands: its file, and the line of that file on which its text begins.
#[derive(Clone, Copy, Debug)]
pub struct Statement<'a> {
    /// The file.
    pub file: &'a Path,
    /// The line of the file on which the statement's first line stands, from 1.
    pub line: usize,
    /// The statement.
    pub text: &'a str,
    /// The tables that it may read.
    pub tables: &'a [String],
}

/// The tables that a query reads, in order of name, each once; `what` names the query in errors.
pub fn reads(what: &str, sql: &str) -> Result<Vec<String>, EngineError> {
    let mut names = Vec::new();
    for statement in DFParser::parse_sql(sql).map_err(EngineError::sql(what))? {
        let (tables, _) = resolve_table_references(&statement, true).map_err(EngineError::sql(what))?;
        names.extend(tables.iter().map(TableReference::table).map(str::to_owned));
    }
    names.sort();
    names.dedup();
    Ok(names)
}

/// The diagnostic for a statement that would not plan.
#[must_use]
pub fn complaint(code: &'static str, statement: Statement<'_>, error: &EngineError) -> Diagnostic {
    let EngineError::Sql { source, .. } = error else {
        return Diagnostic::error(code, statement.file, error.to_string()).at_place(statement.line, 0, 0);
    };
    let root = source.find_root();
    let (message, near) = match root {
        DataFusionError::SchemaError(schema, _) => unknown_column(schema),
        other => {
            let text = other.strip_backtrace();
            let text = text.lines().next().unwrap_or_default();
            let text = text.trim_start_matches("Error during planning: ").trim_start_matches("SQL error: ");
            unknown_table(text, statement.tables)
        }
    };
    let written = message.split('`').nth(1).unwrap_or_default();
    let d = Diagnostic::error(code, statement.file, message.clone());
    let span = source.diagnostic().and_then(|d| d.span);
    let d = match span {
        Some(span) if span.start.line > 0 => {
            let line = usize::try_from(span.start.line).unwrap_or(1);
            let column = usize::try_from(span.start.column).unwrap_or(1);
            let length = usize::try_from(span.end.column.saturating_sub(span.start.column)).unwrap_or(1);
            d.at_place(statement.line + line - 1, column, length.max(written.len()).max(1))
        }
        _ => match position(statement.text, written) {
            Some((line, column)) => d.at_place(statement.line + line, column, written.chars().count()),
            None => d.at_place(statement.line, 0, 0),
        },
    };
    match near {
        Some(near) => d.label(format!("did you mean `{near}`?")),
        None => d,
    }
}

fn unknown_column(error: &SchemaError) -> (String, Option<String>) {
    match error {
        SchemaError::FieldNotFound { field, valid_fields } => {
            let near = did_you_mean(&field.name, valid_fields.iter().map(|f| f.name.as_str())).map(str::to_owned);
            (format!("no table of this statement has a column `{}`", field.name), near)
        }
        other => (other.to_string(), None),
    }
}

fn unknown_table(text: &str, tables: &[String]) -> (String, Option<String>) {
    let Some(name) = text.strip_prefix("table '").and_then(|t| t.strip_suffix("' not found")) else {
        return (text.to_owned(), None);
    };
    let name = name.rsplit('.').next().unwrap_or(name);
    let near = did_you_mean(name, tables.iter().map(String::as_str)).map(str::to_owned);
    (format!("{NO_TABLE} `{name}`"), near)
}

/// Line from 0 and column from 1 of the first place where a word stands.
fn position(text: &str, word: &str) -> Option<(usize, usize)> {
    if word.is_empty() {
        return None;
    }
    text.lines().enumerate().find_map(|(line, content)| {
        let at = content.find(word)?;
        Some((line, content[..at].chars().count() + 1))
    })
}
