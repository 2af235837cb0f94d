//! Staging: the folder in which a release is built, read back, and from which it appears whole under its name.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use crate::engine::Place;
use crate::publish::manifest::{FileEntry, Manifest};
use crate::publish::{Pointer, PublishError};

/// The manifest's file name.
pub const MANIFEST: &str = "manifest.json";
/// The checksums' file name; `sha256sum -c SHA256SUMS` accepts it from within the release.
pub const SUMS: &str = "SHA256SUMS";

/// A release being built.
#[derive(Debug)]
pub struct Staging {
    root: Place,
    name: String,
    place: Place,
}

/// A release that is out.
#[derive(Clone, Debug)]
pub struct Published {
    /// Its name.
    pub release: String,
    /// Its folder.
    pub place: Place,
    /// The SHA-256 of its manifest.
    pub manifest_sha256: String,
}

impl Staging {
    /// Starts a release of this name, throwing away what an earlier, broken-off run staged.
    pub async fn start(root: &Place, name: &str) -> Result<Self, PublishError> {
        root.join("staging").remove_all().await?;
        let place = root.join(&format!("staging/{name}"));
        Ok(Self { root: root.clone(), name: name.to_owned(), place })
    }

    /// A file or folder of the release.
    #[must_use]
    pub fn at(&self, path: &str) -> Place {
        self.place.join(path)
    }

    /// Writes one small file.
    pub async fn write(&self, path: &str, bytes: impl Into<bytes::Bytes>) -> Result<(), PublishError> {
        Ok(self.place.join(path).write(bytes).await?)
    }

    /// Every file staged so far with its hash, by path. The descriptions of datasets stay behind in the store.
    pub async fn files(&self) -> Result<Vec<FileEntry>, PublishError> {
        let mut files = Vec::new();
        for found in self.place.list().await? {
            let bytes = found.place.read().await?;
            let sha256 = hex::encode(Sha256::digest(&bytes));
            files.push(FileEntry { path: found.name, sha256, bytes: bytes.len() as u64 });
        }
        Ok(files)
    }

    /// Writes manifest and checksums, reads every file back, and moves the release to its name. The pointer still stands where it stood.
    pub async fn seal(self, manifest: &Manifest) -> Result<Published, PublishError> {
        let damaged =
            |e: serde_json::Error| PublishError::Damaged { place: MANIFEST.to_owned(), reason: e.to_string() };
        let mut text = serde_json::to_vec_pretty(manifest).map_err(damaged)?;
        text.push(b'\n');
        let manifest_sha256 = hex::encode(Sha256::digest(&text));
        self.write(MANIFEST, text).await?;
        let mut sums = String::new();
        for file in &manifest.files {
            let _ = writeln!(sums, "{}  {}", file.sha256, file.path);
        }
        let _ = writeln!(sums, "{manifest_sha256}  {MANIFEST}");
        self.write(SUMS, sums).await?;
        self.verify(manifest, &manifest_sha256).await?;

        let home = self.root.join(&format!("releases/{}", self.name));
        home.remove_all().await?;
        self.place.move_to(&home).await?;
        self.root.join("staging").remove_all().await?;
        Ok(Published { release: self.name, place: home, manifest_sha256 })
    }

    async fn verify(&self, manifest: &Manifest, manifest_sha256: &str) -> Result<(), PublishError> {
        let written = self.files().await?;
        let find = |path: &str| written.iter().find(|f| f.path == path);
        for file in &manifest.files {
            if find(&file.path).is_none_or(|w| w != file) {
                return Err(PublishError::NotAsWritten {
                    file: file.path.clone(),
                    reason: "its hash differs".to_owned(),
                });
            }
        }
        if find(MANIFEST).is_none_or(|w| w.sha256 != manifest_sha256) {
            return Err(PublishError::NotAsWritten {
                file: MANIFEST.to_owned(),
                reason: "its hash differs".to_owned(),
            });
        }
        if written.len() != manifest.files.len() + 2 {
            let reason = format!("{} files lie there and {} were written", written.len(), manifest.files.len() + 2);
            return Err(PublishError::NotAsWritten { file: self.name.clone(), reason });
        }
        Ok(())
    }
}

impl Published {
    /// Moves the pointer to this release.
    pub async fn make_current(
        &self,
        root: &Place,
        pointer: &Pointer,
        found: Option<&Pointer>,
    ) -> Result<(), PublishError> {
        pointer.replace(root, found).await
    }
}
