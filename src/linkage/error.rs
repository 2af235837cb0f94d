//! What can go wrong while linking. No message holds a person's values: tokens and references are not clear identity, and are not shown either.

use thiserror::Error;

/// An error of the linkage room.
#[derive(Debug, Error)]
pub enum LinkageError {
    /// The tokens dataset lacks a column that a pass, a guard or the log needs.
    #[error("the tokens dataset has no column `{0}`")]
    MissingColumn(String),
    /// A column has another type than the tokens schema gives it.
    #[error("column `{column}` of the tokens dataset is {found}, expected {expected}")]
    ColumnType {
        /// The column.
        column: String,
        /// What it is.
        found: String,
        /// What it should be.
        expected: String,
    },
    /// Two rows of the tokens dataset have one identity reference.
    #[error("the tokens dataset holds an identity reference twice, at row {0} in the order of references")]
    DuplicateReference(usize),
    /// A group names an identity reference that the tokens dataset does not hold.
    #[error("a candidate group names an identity reference that the tokens dataset does not hold")]
    UnknownReference,
    /// A pass names a guard that is not declared.
    #[error("pass `{pass}` names guard `{guard}`, which is not declared")]
    UnknownGuard {
        /// The pass.
        pass: String,
        /// The guard.
        guard: String,
    },
    /// More passes, sources, guards or parts than the packed forms hold.
    #[error("too many {what}: {count}, at most {most}")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// How many there are.
        count: usize,
        /// How many there may be.
        most: usize,
    },
    /// Arrow refused.
    #[error("arrow: {0}")]
    Arrow(#[from] arrow::error::ArrowError),
}
