//! The pointer: `current.json`, the one file that says which release is current. Readers start there.

use serde::{Deserialize, Serialize};

use crate::engine::Place;
use crate::publish::PublishError;

/// The pointer's file name in the output folder.
pub const FILE: &str = "current.json";

/// What the pointer says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pointer {
    /// The current release's name; its folder is `releases/<release>`.
    pub release: String,
    /// The SHA-256 of its manifest.
    pub manifest_sha256: String,
    /// The person index that it was made with: a folder below the output folder.
    pub index: String,
    /// That index's version, counted from 1.
    pub index_version: u64,
    /// The next person counter; it never goes back, so that no published id is issued again.
    pub next_counter: u64,
    /// The fingerprint of everything but the parent release; a run that arrives at the same one has nothing to do.
    pub inputs: String,
}

impl Pointer {
    /// Reads the pointer; `None` before the first release.
    pub async fn read(root: &Place) -> Result<Option<Self>, PublishError> {
        let place = root.join(FILE);
        let Some(bytes) = place.read_if_there().await? else { return Ok(None) };
        let damaged = |e: serde_json::Error| PublishError::Damaged { place: place.to_string(), reason: e.to_string() };
        serde_json::from_slice(&bytes).map(Some).map_err(damaged)
    }

    /// Moves the pointer from what this run found at its start to this. Refuses if someone else moved it in between.
    pub async fn replace(&self, root: &Place, found: Option<&Self>) -> Result<(), PublishError> {
        let place = root.join(FILE);
        if Self::read(root).await?.as_ref() != found {
            return Err(PublishError::PointerMoved { place: place.to_string() });
        }
        let damaged = |e: serde_json::Error| PublishError::Damaged { place: place.to_string(), reason: e.to_string() };
        let mut text = serde_json::to_vec_pretty(self).map_err(damaged)?;
        text.push(b'\n');
        place.write(text).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn moves_only_from_what_was_found() {
        let dir = tempfile::tempdir().unwrap();
        let root = Place::parse("out", dir.path()).unwrap();
        let one = Pointer {
            release: "2025-a".into(),
            manifest_sha256: "m".into(),
            index: "i".into(),
            index_version: 1,
            next_counter: 7,
            inputs: "x".into(),
        };
        let two = Pointer { release: "2025-b".into(), ..one.clone() };
        one.replace(&root, None).await.unwrap();
        assert!(matches!(two.replace(&root, None).await, Err(PublishError::PointerMoved { .. })));
        two.replace(&root, Some(&one)).await.unwrap();
        assert_eq!(Pointer::read(&root).await.unwrap(), Some(two));
    }
}
