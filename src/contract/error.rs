//! A contract error: why rows cannot be judged at all. What is wrong with the rows themselves is a violation, not an error.

use thiserror::Error;

/// Why rows cannot be judged.
#[derive(Debug, Error)]
pub enum ContractError {
    /// The contract itself is wrong; `check` says it with its place.
    #[error("{0}")]
    Contract(String),
    /// A code set's file is wrong.
    #[error("code set: line {line}: {says}")]
    CodeSet {
        /// Line of the file, from 1.
        line: usize,
        /// What is wrong and what to do.
        says: String,
    },
    /// A check's expression could not be evaluated.
    #[error("check {rule} could not be evaluated: {says}")]
    Predicate {
        /// The check.
        rule: String,
        /// Why.
        says: String,
    },
    /// A batch does not have the contract's columns.
    #[error("the batch does not fit the contract: {0}")]
    Batch(String),
    /// Arrow refused; a defect.
    #[error("arrow: {0}")]
    Arrow(#[from] arrow::error::ArrowError),
}
