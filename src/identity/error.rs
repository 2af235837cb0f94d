//! What can go wrong while persons are given their ids.

use thiserror::Error;

/// An error of the identity room.
#[derive(Debug, Error)]
pub enum IdentityError {
    /// The person index lacks a column.
    #[error("the person index has no column `{0}`")]
    MissingColumn(String),
    /// The person index does not hold together.
    #[error("the person index is damaged: {0}")]
    Damaged(&'static str),
    /// An identity reference stands in two clusters.
    #[error("an identity reference stands in two clusters: clusters must not overlap")]
    Overlap,
    /// The counter that ids are made from is used up.
    #[error("the counter of person ids is used up")]
    CounterUsedUp,
    /// Arrow refused.
    #[error("arrow: {0}")]
    Arrow(#[from] arrow::error::ArrowError),
}
