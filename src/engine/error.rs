//! What can go wrong in the engine: storage, SQL, memory, Parquet.

use datafusion::error::DataFusionError;

/// An engine error. `Display` says what happened and where; the cause follows as `source`.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// A place that this build cannot reach.
    #[error("cannot use the place `{place}`: {reason}")]
    Place {
        /// The URL or path as written.
        place: String,
        /// Why not.
        reason: String,
    },
    /// Reading, writing or listing failed.
    #[error("storage fault at {place}: {source}")]
    Storage {
        /// The object or folder.
        place: String,
        /// The store's own words.
        source: object_store::Error,
    },
    /// The file system of this machine refused.
    #[error("cannot {what} {place}: {source}")]
    File {
        /// What was being done, as in `list the folder`.
        what: &'static str,
        /// The file or folder.
        place: String,
        /// The system's own words.
        source: std::io::Error,
    },
    /// A SQL text failed to plan or to run.
    #[error("{what}: {source}")]
    Sql {
        /// Which statement, by name.
        what: String,
        /// DataFusion's own words.
        source: Box<DataFusionError>,
    },
    /// Writing or reading Parquet failed.
    #[error("parquet at {place}: {source}")]
    Parquet {
        /// The file.
        place: String,
        /// The library's own words.
        source: parquet::errors::ParquetError,
    },
    /// A batch could not be built or cast.
    #[error("{what}: {source}")]
    Arrow {
        /// What was being done.
        what: String,
        /// The library's own words.
        source: arrow::error::ArrowError,
    },
    /// A dataset's own description is missing or damaged.
    #[error("dataset at {place} is damaged: {reason}; remove that folder and run again")]
    Damaged {
        /// The dataset's folder.
        place: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl EngineError {
    /// Names the statement that DataFusion complained of.
    pub fn sql(what: impl Into<String>) -> impl FnOnce(DataFusionError) -> Self {
        let what = what.into();
        move |source| Self::Sql { what, source: Box::new(source) }
    }

    /// Names what was being done when Arrow complained.
    pub fn arrow(what: impl Into<String>) -> impl FnOnce(arrow::error::ArrowError) -> Self {
        let what = what.into();
        move |source| Self::Arrow { what, source }
    }

    /// Whether an operator asked for more memory than the run may use.
    #[must_use]
    pub fn is_out_of_memory(&self) -> bool {
        matches!(self, Self::Sql { source, .. } if matches!(source.find_root(), DataFusionError::ResourcesExhausted(_)))
    }

    /// Whether trying again later may help: a storage fault rather than a mistake.
    #[must_use]
    pub fn is_storage(&self) -> bool {
        match self {
            Self::Storage { .. } | Self::File { .. } => true,
            Self::Parquet { source, .. } => matches!(source, parquet::errors::ParquetError::External(_)),
            Self::Sql { source, .. } => {
                matches!(source.find_root(), DataFusionError::ObjectStore(_) | DataFusionError::IoError(_))
            }
            _ => false,
        }
    }
}
