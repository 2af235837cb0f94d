//! What can stop a run, by what a person must do about it.

use crate::engine::EngineError;
use crate::foundation::Diagnostics;
use crate::pipeline::document::Texts;
use crate::publish::PublishError;

/// A pipeline error.
#[derive(Debug, thiserror::Error)]
pub enum PipelineError {
    /// The documents are wrong.
    #[error("the documents have errors; nothing was run")]
    Documents {
        /// What is wrong with them.
        found: Diagnostics,
        /// Their texts, to quote.
        texts: Texts,
    },
    /// What was asked for cannot be answered.
    #[error("{0}")]
    Asked(String),
    /// Rules break the examples that stand beside them.
    #[error("{broken} of {all} examples are broken")]
    Examples {
        /// How many are.
        broken: usize,
        /// How many were run.
        all: usize,
    },
    /// Files have not arrived yet.
    #[error("nothing has arrived for: {}", sources.join("; "))]
    NotArrived {
        /// The sources, each with the pattern of its files.
        sources: Vec<String>,
    },
    /// What was named, or what an earlier command makes, is not there.
    #[error("not there: {}", what.join("; "))]
    NotThere {
        /// Each with where it was looked for.
        what: Vec<String>,
    },
    /// A file breaks its contract as a whole.
    #[error("{source_name}: {file} breaks its contract")]
    ContractBroken {
        /// The source.
        source_name: String,
        /// The file.
        file: String,
        /// What is wrong, a line each.
        findings: Vec<String>,
        /// Where the sender's reject file lies, where one was written.
        rejects: Option<String>,
    },
    /// A file of persons, which no contract describes, cannot be used.
    #[error("{name}: {file} cannot be used: {finding}")]
    Persons {
        /// What the linkage calls it.
        name: String,
        /// The file.
        file: String,
        /// What is wrong.
        finding: String,
    },
    /// A key is missing, damaged, readable by others, or not allowed here.
    #[error("{0}")]
    Key(String),
    /// The keys at hand are not those that something was made with.
    #[error("these are not the keys of {what}")]
    OtherKeys {
        /// What was made with others.
        what: String,
    },
    /// A quality, linkage or disclosure gate of a run.
    #[error("{0}")]
    Gate(String),
    /// What people have decided of pairs contradicts itself.
    #[error("{0}")]
    Contradiction(String),
    /// A group of people is served worse than is allowed.
    #[error("{0}")]
    Gap(String),
    /// A file of the house's own is damaged.
    #[error("{place} is damaged: {reason}")]
    Damaged {
        /// The file.
        place: String,
        /// What is wrong.
        reason: String,
    },
    /// A model cannot be trained or used.
    #[error(transparent)]
    Model(#[from] crate::linkage::model::ModelError),
    /// Publishing failed.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// Storage or SQL failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Something that should not be possible.
    #[error("internal fault: {0}")]
    Bug(String),
}

impl PipelineError {
    /// Whether the engine's operators found too little memory.
    #[must_use]
    pub fn is_out_of_memory(&self) -> bool {
        matches!(self, Self::Engine(error) if error.is_out_of_memory())
    }

    /// Wraps an error that only a fault in the program can cause.
    pub fn bug(error: impl std::fmt::Display) -> Self {
        Self::Bug(error.to_string())
    }
}
