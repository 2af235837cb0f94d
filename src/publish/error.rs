//! What can go wrong while publishing.

use crate::engine::EngineError;

/// A publishing error.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// Another run holds the output folder.
    #[error("{holder} is running on {root}")]
    Locked {
        /// Who holds it: pipeline, user, host, pid and since when.
        holder: String,
        /// The output folder.
        root: String,
    },
    /// The output folder cannot be written.
    #[error("cannot write to {place}: {source}")]
    Unwritable {
        /// The folder or file.
        place: String,
        /// The system's own words.
        source: std::io::Error,
    },
    /// A staged file is not what was written.
    #[error("staged file {file} is not what was written: {reason}")]
    NotAsWritten {
        /// The file, relative to the release.
        file: String,
        /// What differs.
        reason: String,
    },
    /// A mart's rows do not have the primary key that it states.
    #[error("mart `{mart}` states the primary key ({key}) and {rows} of its rows share one with another row")]
    KeyNotUnique {
        /// The mart.
        mart: String,
        /// Its key.
        key: String,
        /// Rows too many.
        rows: u64,
    },
    /// A pointer or manifest that cannot be read.
    #[error("{place} is damaged: {reason}; restore it from a backup, or point `current.json` at an older release")]
    Damaged {
        /// The file.
        place: String,
        /// What is wrong.
        reason: String,
    },
    /// The pointer moved while this run was going on.
    #[error("{place} was changed by someone else during this run; nothing was published; run again")]
    PointerMoved {
        /// The pointer.
        place: String,
    },
    /// A storage fault.
    #[error(transparent)]
    Engine(#[from] EngineError),
}
