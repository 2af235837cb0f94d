//! What can go wrong while the synthetic state is written.

use std::path::PathBuf;

/// The room's one error.
#[derive(Debug, thiserror::Error)]
pub enum SynthError {
    /// Too small a state: the learners that every sample must hold do not fit.
    #[error("a synthetic state needs at least {least} learners, not {asked}")]
    TooFew {
        /// How many were asked for.
        asked: u64,
        /// The least that will do.
        least: u64,
    },
    /// Too large a state: ids and synthetic social security numbers would run out.
    #[error("a synthetic state holds at most {most} learners, not {asked}")]
    TooMany {
        /// How many were asked for.
        asked: u64,
        /// The most that will do.
        most: u64,
    },
    /// A file or folder could not be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A Parquet file could not be written.
    #[error("cannot write {}: {source}", path.display())]
    Parquet {
        /// The file.
        path: PathBuf,
        /// What the writer said.
        source: parquet::errors::ParquetError,
    },
    /// A workbook could not be made.
    #[error("cannot make {}: {source}", path.display())]
    Workbook {
        /// The file.
        path: PathBuf,
        /// What the writer said.
        source: rust_xlsxwriter::XlsxError,
    },
    /// Columns of a Parquet file do not fit its schema.
    #[error("cannot build the rows of {}: {source}", path.display())]
    Arrow {
        /// The file.
        path: PathBuf,
        /// What Arrow said.
        source: arrow::error::ArrowError,
    },
    /// The built-in profile does not read.
    #[error("the built-in profile of the synthetic state does not read: {0}")]
    Profile(String),
    /// A worker stopped before its people were written.
    #[error("a worker of the synthetic state stopped early")]
    Worker,
}
