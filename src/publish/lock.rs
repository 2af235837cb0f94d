//! The lock: one run at a time on one output folder. The system frees it when the process ends, however it ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::foundation::clock;
use crate::publish::PublishError;

/// Who holds a lock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Holder {
    pipeline: String,
    user: String,
    host: String,
    pid: u32,
    since: String,
}

/// A held lock; dropping it lets it go.
#[derive(Debug)]
pub struct Lock {
    file: File,
    path: PathBuf,
}

impl Lock {
    /// Takes the lock of an output folder of this machine, or says who holds it.
    pub fn take(root: &Path, pipeline: &str) -> Result<Self, PublishError> {
        let path = root.join(".lock");
        let unwritable = |place: &Path, source| PublishError::Unwritable { place: place.display().to_string(), source };
        std::fs::create_dir_all(root).map_err(|e| unwritable(root, e))?;
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&path)
            .map_err(|e| unwritable(&path, e))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(PublishError::Locked { holder: describe(&mut file), root: root.display().to_string() });
            }
            Err(TryLockError::Error(error)) => return Err(unwritable(&path, error)),
        }
        let holder = Holder {
            pipeline: pipeline.to_owned(),
            user: first_of(&["USER", "USERNAME", "LOGNAME"]).unwrap_or_else(|| "unknown".to_owned()),
            host: host(),
            pid: std::process::id(),
            since: clock::now(),
        };
        let text = serde_json::to_string(&holder).unwrap_or_default();
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| file.write_all(text.as_bytes()))
            .map_err(|e| unwritable(&path, e))?;
        Ok(Self { file, path })
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // The file stays: removing it would let two later runs lock two different files of one name.
        let _ = self.file.set_len(0);
        let _ = self.file.unlock();
        tracing::debug!(path = %self.path.display(), "lock released");
    }
}

fn describe(file: &mut File) -> String {
    let mut text = String::new();
    let _ = file.rewind().and_then(|()| file.read_to_string(&mut text));
    serde_json::from_str::<Holder>(&text).map_or_else(
        |_| "another run".to_owned(),
        |h| format!("pipeline `{}` of {} on {} (process {}, since {})", h.pipeline, h.user, h.host, h.pid, h.since),
    )
}

fn first_of(names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()))
}

fn host() -> String {
    first_of(&["HOSTNAME", "COMPUTERNAME"])
        .or_else(|| std::fs::read_to_string("/proc/sys/kernel/hostname").ok().map(|h| h.trim().to_owned()))
        .unwrap_or_else(|| "this machine".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_told_who_holds_it_and_the_third_gets_it() {
        let dir = tempfile::tempdir().unwrap();
        let first = Lock::take(dir.path(), "statewide").unwrap();
        let error = Lock::take(dir.path(), "statewide").unwrap_err().to_string();
        assert!(error.contains("pipeline `statewide`") && error.contains(&std::process::id().to_string()), "{error}");
        drop(first);
        Lock::take(dir.path(), "statewide").unwrap();
    }
}
