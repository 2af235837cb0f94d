//! One error over all rooms. What each means for the caller of the program (its kind, hint and exit code) is decided in `cli` alone.

use crate::engine::EngineError;
use crate::pipeline::PipelineError;
use crate::publish::PublishError;
use crate::synth::SynthError;
use crate::tokenize::TokenizeError;

/// Anything that can stop the program.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A run, or the check before it.
    #[error(transparent)]
    Pipeline(#[from] PipelineError),
    /// Storage or SQL outside a run.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Publishing or reading what was published.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// Making the synthetic state.
    #[error(transparent)]
    Synth(#[from] SynthError),
    /// Keys and tokens.
    #[error(transparent)]
    Tokenize(#[from] TokenizeError),
    /// What was typed cannot be done.
    #[error("{message}")]
    Usage {
        /// What is wrong.
        message: String,
        /// What to type instead.
        help: String,
    },
}
