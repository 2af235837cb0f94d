//! Where the parts of a linkage go, and how they are written.

use crate::engine::{Dataset, Place, WriteOptions};
use crate::foundation::Fingerprint;

/// Where the parts of the outcome go, and what they rest on.
pub(super) struct Outcome<'a> {
    /// The fingerprint of what was decided, whatever the index was before: it names the run in the log.
    pub linked_as: &'a Fingerprint,
    /// The fingerprint of the step.
    pub fingerprint: &'a Fingerprint,
    /// Its folder.
    pub place: Place,
    /// How often tokens come, where the model asks for it.
    pub counted: Option<&'a Dataset>,
}

/// A part is sorted by its key.
pub(super) fn sorted(by: &str) -> WriteOptions {
    WriteOptions { sorted_by: vec![by.to_owned()], ..WriteOptions::default() }
}
