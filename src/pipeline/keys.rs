//! The keys of a run, opened once by reference and handed to the rooms that hash.

use std::path::Path;

use crate::foundation::KeyedHash;
use crate::pipeline::error::PipelineError;
use crate::pipeline::project::Project;
use crate::standardize::RefKey;
use crate::tokenize::{Keyring, TokenizeError};

/// Opened keys.
#[derive(Clone, Debug)]
pub struct Keys {
    ring: Keyring,
    reference: RefKey,
    person: KeyedHash,
    research: KeyedHash,
}

impl Keys {
    /// Opens the keys that a pipeline names. No key, no run.
    pub fn open(project: &Project) -> Result<Self, PipelineError> {
        let refused = |error: TokenizeError| PipelineError::Key(error.to_string());
        let spec = &project.pipeline.keys;
        for (name, key) in [("hub", &spec.hub), ("send", &spec.send)] {
            if key.is_none() {
                return Err(PipelineError::Key(format!("the pipeline names no `{name}` key in `keys:`")));
            }
        }
        let ring = Keyring::open(spec, Path::new(&project.root), project.is_synthetic()).map_err(refused)?;
        let (first, second) = ring.references().map_err(refused)?;
        let person = ring.person().map_err(refused)?;
        let research = ring.research(&project.pipeline.research.project).map_err(refused)?;
        Ok(Self { reference: RefKey::new(first, second), person, research, ring })
    }

    /// The keyring, for tokens.
    #[must_use]
    pub const fn ring(&self) -> &Keyring {
        &self.ring
    }

    /// The key of references to records and identities.
    #[must_use]
    pub fn reference_key(&self) -> RefKey {
        self.reference.clone()
    }

    /// The key of person ids.
    #[must_use]
    pub fn person_key(&self) -> KeyedHash {
        self.person.clone()
    }

    /// The key of this project's research ids.
    #[must_use]
    pub fn research_key(&self) -> KeyedHash {
        self.research.clone()
    }

    /// Label and check value of every key.
    #[must_use]
    pub fn check_values(&self) -> Vec<(String, String)> {
        self.ring.key_check_values()
    }

    /// All check values as one text, for fingerprints of what rests on the keys.
    #[must_use]
    pub fn id(&self) -> String {
        self.check_values().into_iter().map(|(label, value)| format!("{label}={value}")).collect::<Vec<_>>().join(" ")
    }
}
