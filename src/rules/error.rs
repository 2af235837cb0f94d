//! What can go wrong when a rule is resolved or its fixtures run. What is wrong with a document is a diagnostic, not an error.

use std::fmt;
use std::path::PathBuf;

/// An error of the rules room. It names files, tables and columns, never a value of a learner's row.
#[derive(Debug, thiserror::Error)]
pub enum RuleError {
    /// A fixture fills a table that the rule does not read, or that nothing makes.
    #[error("{at} fills a table `{table}` that the rule does not read")]
    UnknownTable {
        /// The case.
        at: Box<CasePlace>,
        /// The table.
        table: String,
    },
    /// A fixture names a column that its table has not got.
    #[error("{at} names a column `{column}` that table `{table}` has not got")]
    UnknownColumn {
        /// The case.
        at: Box<CasePlace>,
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// A fixture's value is not of its column's type.
    #[error("{at} gives `{column}` in row {row} a value that is no {expected}")]
    Value {
        /// The case.
        at: Box<CasePlace>,
        /// The table and column, with a point between.
        column: String,
        /// The row, from 1.
        row: usize,
        /// The type it should have.
        expected: String,
    },
    /// The rule gave other rows than the fixture expects. Fixture rows are invented, so they may be shown.
    #[error("{at} of rule {rule} differs\n{difference}")]
    Mismatch {
        /// The case.
        at: Box<CasePlace>,
        /// The rule's id.
        rule: String,
        /// Rows that are missing or too many, one a line.
        difference: String,
    },
    /// The engine refused the rule's SQL.
    #[error("rule {rule}: {source}")]
    Engine {
        /// The rule's id.
        rule: String,
        /// What the engine said.
        source: Box<datafusion::error::DataFusionError>,
    },
}

/// A case of a fixture file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CasePlace {
    /// The file.
    pub file: PathBuf,
    /// Line of the case, from 1.
    pub line: usize,
    /// What the case shows.
    pub case: String,
}

impl fmt::Display for CasePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: fixture `{}`", self.file.display(), self.line, self.case)
    }
}
