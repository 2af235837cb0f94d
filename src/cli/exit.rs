//! Exit codes, and what a person is told: what happened, where, and what to do next. Decided here and nowhere else.

use crate::cli::shown;
use crate::engine::EngineError;
use crate::error::Error;
use crate::linkage::model::ModelError;
use crate::pipeline::PipelineError;
use crate::publish::PublishError;
use crate::synth::SynthError;

/// Wrong usage or wrong documents.
pub(crate) const USAGE: u8 = 2;
/// Input has not arrived yet.
pub(crate) const NOT_ARRIVED: u8 = 3;
/// A file breaks its contract.
pub(crate) const CONTRACT: u8 = 4;
/// A gate: a person must look.
pub(crate) const GATE: u8 = 5;
/// Keys, privacy or an agreement forbid it.
pub(crate) const REFUSED: u8 = 6;
/// Another run holds the lock.
pub(crate) const LOCKED: u8 = 7;
/// A storage fault.
pub(crate) const STORAGE: u8 = 8;
/// A bug.
pub(crate) const BUG: u8 = 70;
/// Stopped by Ctrl-C, as shells count it.
pub(crate) const INTERRUPTED: u8 = 130;

/// Tells a person what went wrong and gives the exit code.
pub(crate) fn tell(error: &Error) -> u8 {
    if let Error::Pipeline(PipelineError::Documents { found, texts }) = error {
        shown::diagnostics(found, texts);
        return USAGE;
    }
    let (code, help) = verdict(error);
    eprintln!("error: {}", clipped(&error.to_string()));
    if let Error::Pipeline(PipelineError::ContractBroken { findings, rejects, .. }) = error {
        for finding in findings {
            eprintln!("  - {finding}");
        }
        if let Some(rejects) = rejects {
            eprintln!("  rejects for the sender: {rejects}");
        }
    }
    if !help.is_empty() {
        eprintln!("  help: {help}");
    }
    code
}

/// An engine's plan can run to pages; a person needs its beginning, and the log has the rest.
fn clipped(text: &str) -> String {
    const MOST: usize = 1_000;
    match text.char_indices().nth(MOST) {
        Some((at, _)) => format!("{} ... (the run's log has the rest)", &text[..at]),
        None => text.to_owned(),
    }
}

/// The exit code of an error, and the next step.
pub(crate) fn verdict(error: &Error) -> (u8, String) {
    match error {
        Error::Usage { help, .. } => (USAGE, help.clone()),
        Error::Pipeline(error) => pipeline(error),
        Error::Publish(error) => publish(error),
        Error::Engine(error) => engine(error),
        Error::Synth(SynthError::TooFew { .. } | SynthError::TooMany { .. }) => {
            (USAGE, "give --learners another number".to_owned())
        }
        Error::Synth(_) => (STORAGE, "look at the folder's rights and at the free space, then run again".to_owned()),
        Error::Tokenize(_) => (REFUSED, "make a key with `throughline keys new`, or ask the hub for it".to_owned()),
    }
}

fn pipeline(error: &PipelineError) -> (u8, String) {
    match error {
        // What is wrong was pointed at, and what may be asked instead is in the message.
        PipelineError::Documents { .. } | PipelineError::Asked(_) => (USAGE, String::new()),
        PipelineError::Examples { .. } => {
            (USAGE, "correct the rule, or the example where the rule is meant so".to_owned())
        }
        PipelineError::NotArrived { .. } => {
            (NOT_ARRIVED, "wait for the files, or mark the source `optional: true`; then run again".to_owned())
        }
        PipelineError::NotThere { .. } => {
            (NOT_ARRIVED, "correct the path, or make what is missing first; then run again".to_owned())
        }
        PipelineError::ContractBroken { .. } => (
            CONTRACT,
            "nothing was published; ask the sender for a corrected file and put it in this one's place".to_owned(),
        ),
        PipelineError::Persons { .. } => (
            CONTRACT,
            "nothing was written; correct the file, or what the document or the command line says of it".to_owned(),
        ),
        PipelineError::Key(_) => {
            (REFUSED, "no key, no run; make one with `throughline keys new` and name it in `keys:`".to_owned())
        }
        PipelineError::OtherKeys { .. } => (
            REFUSED,
            "give the keys that it was made with; `keys:` of the pipeline says where they are read".to_owned(),
        ),
        PipelineError::Contradiction(_) => {
            (GATE, "nothing was written; settle it in that file, by hand, then run again".to_owned())
        }
        PipelineError::Gap(_) => {
            (GATE, "look at the groups above before anything is released; --max-gap says what is allowed".to_owned())
        }
        PipelineError::Gate(_) => (GATE, "nothing was published; look at the run's summary, then decide".to_owned()),
        PipelineError::Damaged { .. } => {
            (STORAGE, "restore the file from a backup, or remove it and run again".to_owned())
        }
        PipelineError::Model(ModelError::OtherModel { .. }) => {
            (USAGE, "train a model for this document with `throughline train`, or give the one that was".to_owned())
        }
        PipelineError::Model(_) => {
            (GATE, "nothing was written; look at `throughline block` and at the document's fields".to_owned())
        }
        PipelineError::Publish(error) => publish(error),
        PipelineError::Engine(error) => engine(error),
        PipelineError::Bug(_) => (BUG, "this should not happen; please report it with the run's log".to_owned()),
    }
}

fn publish(error: &PublishError) -> (u8, String) {
    match error {
        PublishError::Locked { .. } => {
            (LOCKED, "wait for it to end; a lock ends with its process, so there is nothing to remove".to_owned())
        }
        PublishError::KeyNotUnique { .. } => {
            (GATE, "nothing was published; a rule or a mart makes a row twice".to_owned())
        }
        PublishError::Unwritable { .. } => {
            (STORAGE, "look at the folder's rights and at the free space, then run again".to_owned())
        }
        PublishError::PointerMoved { .. } | PublishError::NotAsWritten { .. } | PublishError::Damaged { .. } => {
            (STORAGE, "nothing was published; run again".to_owned())
        }
        PublishError::Engine(error) => engine(error),
    }
}

fn engine(error: &EngineError) -> (u8, String) {
    match error {
        EngineError::Place { .. } => (USAGE, "correct the place in the document".to_owned()),
        _ if error.is_out_of_memory() => {
            (STORAGE, "give the run more memory with --memory, or fewer --threads".to_owned())
        }
        _ if error.is_storage() => {
            (STORAGE, "look at the folder's rights and at the free space, then run again".to_owned())
        }
        EngineError::Damaged { .. } => (STORAGE, String::new()),
        _ => (BUG, "this should not happen; please report it with the run's log".to_owned()),
    }
}
