//! What can go wrong while standardising. Messages name columns and types, never a person's values.

use thiserror::Error;

/// An error of this room.
#[derive(Debug, Error)]
pub enum StandardizeError {
    /// The mapping names a column that the batch does not have.
    #[error("`{element}` is mapped to column {column}, but the batch has {columns} columns")]
    NoSuchColumn {
        /// The element or key that is mapped.
        element: String,
        /// The column index asked for.
        column: usize,
        /// How many columns there are.
        columns: usize,
    },
    /// A column has a type from which its element cannot be read.
    #[error("column `{column}` is {found}, but `{element}` needs {needed}")]
    WrongType {
        /// The column's name.
        column: String,
        /// The element that is read from it.
        element: String,
        /// The type found.
        found: String,
        /// The type needed.
        needed: &'static str,
    },
    /// A part was asked for that no rule derives.
    #[error("no rule derives the part `{part}`; parts are: {known}")]
    UnknownPart {
        /// The part asked for.
        part: String,
        /// Every part there is.
        known: String,
    },
    /// Two builders of different sources or keys were to be merged.
    #[error("identity records of source `{ours}` cannot take those of `{theirs}`")]
    OtherSource {
        /// The source of the builder that takes.
        ours: String,
        /// The source of the builder that gives.
        theirs: String,
    },
    /// More distinct values than 32-bit ids can name.
    #[error("source `{source_name}` has more than 4 billion distinct identity values")]
    TooMany {
        /// The source.
        source_name: String,
    },
    /// More distinct values of one field than 32-bit numbers can name.
    #[error("one run of identity records has more than 4 billion distinct values of a field")]
    TooManyValues,
    /// Arrow refused an operation.
    #[error("arrow: {0}")]
    Arrow(#[from] arrow::error::ArrowError),
}

/// A result of this room.
pub(crate) type Result<T> = std::result::Result<T, StandardizeError>;
