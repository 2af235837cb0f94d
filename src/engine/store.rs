//! A place: one URL or folder, behind the one door to files. Local folders now; a bucket is another arm of [`Place::parse`].

use std::fmt;
use std::io::Read;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures::TryStreamExt;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};
use url::Url;

use crate::engine::EngineError;

/// How much of a file is read at once.
const CHUNK: usize = 4 << 20;

/// A folder or a file in some store.
#[derive(Clone)]
pub struct Place {
    store: Arc<dyn ObjectStore>,
    root: Url,
    path: Path,
    shown: String,
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

/// One file found by [`Place::list`].
#[derive(Clone, Debug)]
pub struct Found {
    /// Where it is.
    pub place: Place,
    /// Its name relative to the place that was listed.
    pub name: String,
    /// Its size in bytes.
    pub bytes: u64,
}

impl Place {
    /// The place that a document or an argument names; a relative path is taken from `base`.
    pub fn parse(text: &str, base: &FilePath) -> Result<Self, EngineError> {
        let refuse = |reason: String| EngineError::Place { place: text.to_owned(), reason };
        let file = match text.split_once("://") {
            Some(("file", _)) => Url::parse(text)
                .ok()
                .and_then(|url| url.to_file_path().ok())
                .ok_or_else(|| refuse("it is not a path of this machine".to_owned()))?,
            Some((scheme, _)) => {
                return Err(refuse(format!(
                    "`{scheme}://` stores are not built in yet; use a folder or a file:// URL"
                )));
            }
            None => base.join(text),
        };
        let absolute = std::path::absolute(&file).map_err(|e| refuse(e.to_string()))?;
        let path = Path::from_absolute_path(&absolute).map_err(|e| refuse(e.to_string()))?;
        let root = Url::parse("file:///").map_err(|e| refuse(e.to_string()))?;
        Ok(Self { store: Arc::new(LocalFileSystem::new()), root, path, shown: shown(text, &absolute) })
    }

    /// A folder or file below this place; `relative` uses `/`.
    #[must_use]
    pub fn join(&self, relative: &str) -> Self {
        let path = relative.split('/').filter(|s| !s.is_empty() && *s != ".").fold(self.path.clone(), Path::join);
        let shown = format!("{}/{relative}", self.shown.trim_end_matches('/'));
        Self { store: Arc::clone(&self.store), root: self.root.clone(), path, shown }
    }

    /// The URL by which DataFusion reads this place; a folder's ends in `/`.
    #[must_use]
    pub fn folder_url(&self) -> String {
        // Percent-encode what a URL cannot hold, so that folders with blanks work.
        let mut url = self.root.clone();
        url.set_path(&format!("/{}/", self.path));
        url.to_string()
    }

    /// The URL by which DataFusion reads one file.
    #[must_use]
    pub fn file_url(&self) -> String {
        let mut url = self.root.clone();
        url.set_path(&format!("/{}", self.path));
        url.to_string()
    }

    /// The folder on this machine, where the place is local.
    #[must_use]
    pub fn local(&self) -> Option<PathBuf> {
        (self.root.scheme() == "file").then(|| PathBuf::from(format!("/{}", self.path)))
    }

    /// The store and the path in it, for a writer.
    #[must_use]
    pub fn object(&self) -> (Arc<dyn ObjectStore>, Path) {
        (Arc::clone(&self.store), self.path.clone())
    }

    /// The last part of the path.
    #[must_use]
    pub fn name(&self) -> &str {
        self.path.filename().unwrap_or_default()
    }

    fn fault(&self) -> impl FnOnce(object_store::Error) -> EngineError {
        let place = self.shown.clone();
        move |source| EngineError::Storage { place, source }
    }

    /// The whole file; for small files.
    pub async fn read(&self) -> Result<Bytes, EngineError> {
        let got = self.store.get(&self.path).await.map_err(self.fault())?;
        got.bytes().await.map_err(self.fault())
    }

    /// The whole file, or `None` where there is none.
    pub async fn read_if_there(&self) -> Result<Option<Bytes>, EngineError> {
        match self.read().await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(EngineError::Storage { source: object_store::Error::NotFound { .. }, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether the file is there.
    pub async fn exists(&self) -> Result<bool, EngineError> {
        match self.store.head(&self.path).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(self.fault()(error)),
        }
    }

    /// Writes the whole file; it appears whole or not at all.
    pub async fn write(&self, bytes: impl Into<Bytes>) -> Result<(), EngineError> {
        let payload = PutPayload::from_bytes(bytes.into());
        self.store.put(&self.path, payload).await.map(|_| ()).map_err(self.fault())
    }

    /// Every file below this place, by name.
    pub async fn list(&self) -> Result<Vec<Found>, EngineError> {
        let metas: Vec<_> = self.store.list(Some(&self.path)).try_collect().await.map_err(self.fault())?;
        let prefix = format!("{}/", self.path);
        let mut found: Vec<_> = metas
            .into_iter()
            .filter_map(|meta| {
                let name = meta.location.as_ref().strip_prefix(&prefix)?.to_owned();
                Some(Found { place: self.join(&name), name, bytes: meta.size })
            })
            .collect();
        found.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(found)
    }

    /// Removes every file below this place.
    pub async fn remove_all(&self) -> Result<(), EngineError> {
        for found in self.list().await? {
            self.store.delete(&found.place.path).await.map_err(self.fault())?;
        }
        if let Some(folder) = self.local()
            && folder.is_dir()
        {
            // Empty folders are no objects; a local store leaves them behind.
            let _ = std::fs::remove_dir_all(folder);
        }
        Ok(())
    }

    /// Moves every file below this place to another. On this machine that is one rename: the folder appears whole.
    pub async fn move_to(&self, other: &Self) -> Result<(), EngineError> {
        if let (Some(from), Some(to)) = (self.local(), other.local()) {
            let io = |source| EngineError::File { what: "move files to", place: other.shown.clone(), source };
            if let Some(parent) = to.parent() {
                std::fs::create_dir_all(parent).map_err(io)?;
            }
            return std::fs::rename(from, to).map_err(io);
        }
        for found in self.list().await? {
            let target = other.join(&found.name);
            self.store.copy(&found.place.path, &target.path).await.map_err(target.fault())?;
        }
        self.remove_all().await
    }

    /// The file in chunks of a few MiB, in order, for readers that are not asynchronous. Call it from a blocking thread.
    pub fn chunks(&self, runtime: &tokio::runtime::Handle) -> Result<Chunks, EngineError> {
        let got = runtime.block_on(self.store.get(&self.path)).map_err(self.fault())?;
        Ok(match got.payload {
            object_store::GetResultPayload::File(file, _) => Chunks::File(file),
            object_store::GetResultPayload::Stream(stream) => Chunks::Stream { runtime: runtime.clone(), stream },
        })
    }

    /// The SHA-256 of the file in hex, and its size in bytes. Call it from a blocking thread.
    pub fn sha256(&self, runtime: &tokio::runtime::Handle) -> Result<(String, u64), EngineError> {
        use sha2::Digest;
        let mut hasher = sha2::Sha256::new();
        let mut bytes = 0;
        for chunk in self.chunks(runtime)? {
            let chunk =
                chunk.map_err(|source| EngineError::File { what: "read", place: self.shown.clone(), source })?;
            bytes += chunk.len() as u64;
            hasher.update(&chunk);
        }
        Ok((hex::encode(hasher.finalize()), bytes))
    }
}

/// The chunks of one file.
pub enum Chunks {
    /// A file of this machine.
    File(std::fs::File),
    /// A stream from a bucket.
    Stream {
        /// Where the stream is driven.
        runtime: tokio::runtime::Handle,
        /// The bytes as they arrive.
        stream: futures::stream::BoxStream<'static, object_store::Result<Bytes>>,
    },
}

impl fmt::Debug for Chunks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Chunks")
    }
}

impl Iterator for Chunks {
    type Item = std::io::Result<Vec<u8>>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::File(file) => {
                let mut chunk = Vec::with_capacity(CHUNK);
                match file.by_ref().take(CHUNK as u64).read_to_end(&mut chunk) {
                    Ok(0) => None,
                    Ok(_) => Some(Ok(chunk)),
                    Err(error) => Some(Err(error)),
                }
            }
            Self::Stream { runtime, stream } => {
                let next = runtime.block_on(futures::StreamExt::next(stream))?;
                Some(next.map(|b| b.to_vec()).map_err(std::io::Error::other))
            }
        }
    }
}

/// What a person is shown: the place as they wrote it, where that is short of the full path.
fn shown(text: &str, absolute: &FilePath) -> String {
    if text.contains("://") || FilePath::new(text).is_absolute() {
        absolute.display().to_string()
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn writes_lists_and_reads_in_a_folder_with_a_blank() {
        let dir = tempfile::tempdir().unwrap();
        let place = Place::parse("a state", dir.path()).unwrap();
        place.join("b/two.txt").write("2").await.unwrap();
        place.join("one.txt").write("1").await.unwrap();
        let names: Vec<_> = place.list().await.unwrap().into_iter().map(|f| f.name).collect();
        assert_eq!(names, ["b/two.txt", "one.txt"]);
        assert_eq!(place.join("b/two.txt").read().await.unwrap(), "2");
        assert!(place.join("three.txt").read_if_there().await.unwrap().is_none());
        place.remove_all().await.unwrap();
        assert!(place.list().await.unwrap().is_empty());
    }

    #[test]
    fn a_bucket_is_refused_by_name() {
        let error = Place::parse("s3://state/wages", FilePath::new(".")).unwrap_err().to_string();
        assert!(error.contains("`s3://` stores are not built in yet"), "{error}");
    }
}
