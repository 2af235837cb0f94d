//! Deliveries: the files that agencies sent, each named by its SHA-256, and the register that keeps their order of arrival.

use std::collections::BTreeSet;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::engine::{Dataset, Place};
use crate::foundation::{Diagnostics, clock};
use crate::pipeline::delivery_log::{self, Told};
use crate::pipeline::error::PipelineError;
use crate::pipeline::project::Project;

/// Where the register lies below the output folder.
pub const REGISTER: &str = "restricted/deliveries/register.json";

/// Whether the sender may still change what a delivery says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The sender may still replace it.
    Provisional,
    /// As the sender means it to stand.
    Final,
}

/// One file that an agency sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// The source it belongs to.
    pub source: String,
    /// Its file's name.
    pub file: String,
    /// Its SHA-256, which is also its name.
    pub sha256: String,
    /// Its size.
    pub bytes: u64,
    /// The day that the delivery log names, or else the day on which it was first seen.
    pub received: String,
    /// Its place in the order of arrival, from 1: by the day of receipt, then as it was first seen. File times never order anything.
    pub sequence: u64,
    /// Provisional or final.
    pub status: Status,
    /// Whether the sender took it back, as the delivery log says; its rows no longer count.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub withdrawn: bool,
    /// Where the file lies now; `None` where it was taken away since.
    #[serde(skip)]
    pub place: Option<Place>,
}

impl PartialEq for Place {
    fn eq(&self, other: &Self) -> bool {
        self.to_string() == other.to_string()
    }
}

impl Eq for Place {}

impl Delivery {
    /// The first 12 digits of its name, for people and for folders.
    #[must_use]
    pub fn short(&self) -> &str {
        self.sha256.get(..12).unwrap_or(&self.sha256)
    }
}

/// The accepted rows of one delivery.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// The delivery.
    pub delivery: Delivery,
    /// Its accepted rows.
    pub rows: Dataset,
}

/// What discovery found.
#[derive(Clone, Debug, Default)]
pub struct Discovered {
    /// The whole register, new deliveries included, by sequence.
    pub register: Vec<Delivery>,
    /// The deliveries that this run rests on, by sequence.
    pub current: Vec<Delivery>,
    /// Deliveries seen for the first time, as `source: file`.
    pub fresh: Vec<String>,
    /// Files that hold the same bytes as an earlier delivery, as `source: file repeats file`.
    pub duplicates: Vec<String>,
    /// Sources of which nothing has arrived.
    pub missing: Vec<String>,
}

/// Lists the files of every source, hashes them, and puts new ones into the register in the order of sources and file names. What the delivery
/// log says of them comes after: a day of receipt moves a delivery to its place in the order of arrival.
pub async fn discover(project: &Project, root: &Place, as_of: Option<&str>) -> Result<Discovered, PipelineError> {
    let mut found = Discovered { register: read_register(root).await?, ..Discovered::default() };
    // The paths under which the bytes of each delivery lie now.
    let mut paths: Vec<Vec<String>> = vec![Vec::new(); found.register.len()];
    for (source, spec) in &project.pipeline.sources {
        for (path, place) in matching(project, &spec.files).await? {
            let runtime = tokio::runtime::Handle::current();
            let file = place.clone();
            let (sha256, bytes) = tokio::task::spawn_blocking(move || file.sha256(&runtime))
                .await
                .map_err(|e| PipelineError::Bug(e.to_string()))??;
            let name = place.name().to_owned();
            // The last one of these bytes: a file may have been put back, and then they have come twice.
            if let Some(at) = found.register.iter().rposition(|d| d.sha256 == sha256 && d.source == *source) {
                let known = &mut found.register[at];
                if known.place.is_none() {
                    known.place = Some(place);
                } else {
                    found.duplicates.push(format!("{source}: {name} repeats {}", known.file));
                }
                paths[at].push(path);
                continue;
            }
            found.fresh.push(format!("{source}: {name}"));
            found.register.push(Delivery {
                source: source.clone(),
                file: name,
                sha256,
                bytes,
                received: clock::today(),
                sequence: found.register.iter().map(|d| d.sequence).max().unwrap_or(0) + 1,
                status: Status::Final,
                withdrawn: false,
                place: Some(place),
            });
            paths.push(vec![path]);
        }
    }
    put_back(&mut found, &mut paths);
    tell(project, &mut found.register, &paths)?;
    let sources: BTreeSet<_> = project.pipeline.sources.keys().collect();
    let by_then = |d: &Delivery| as_of.is_none_or(|day| d.received.as_str() <= day);
    let counts = |d: &&Delivery| sources.contains(&d.source) && !d.withdrawn && by_then(d);
    found.current = found.register.iter().filter(counts).cloned().collect();
    // Bytes that came twice count once, as the later delivery.
    let later: BTreeSet<(String, String, u64)> =
        found.current.iter().map(|d| (d.source.clone(), d.sha256.clone(), d.sequence)).collect();
    let last = |d: &Delivery| {
        let of = (d.source.clone(), d.sha256.clone());
        let next = (of.0.clone(), of.1.clone(), d.sequence + 1);
        later.range(next..).next().is_none_or(|(source, sha256, _)| (source, sha256) != (&of.0, &of.1))
    };
    found.current.retain(last);
    for (source, spec) in &project.pipeline.sources {
        if !spec.optional && !found.current.iter().any(|d| d.source == *source) {
            found.missing.push(format!("{source}: {}", *spec.files));
        }
    }
    Ok(found)
}

/// Finds files that were put back: their bytes came before, another file of the same name came since, and that one lies nowhere any more. They
/// have come again, today, and count after what they take the place of.
fn put_back(found: &mut Discovered, paths: &mut Vec<Vec<String>>) {
    let newest = found.register.iter().map(|d| d.sequence).max().unwrap_or(0);
    let again: Vec<usize> = (0..found.register.len())
        .filter(|at| {
            let delivery = &found.register[*at];
            let Some(name) = delivery.place.as_ref().map(Place::name) else { return false };
            let since = found.register.iter().filter(|d| d.source == delivery.source && d.file == name);
            let last = since.max_by_key(|d| d.sequence);
            last.is_some_and(|last| last.sequence > delivery.sequence && last.place.is_none() && !last.withdrawn)
        })
        .collect();
    for (number, at) in (1..).zip(again) {
        let delivery = found.register[at].clone();
        let file = delivery.place.as_ref().map_or_else(|| delivery.file.clone(), |place| place.name().to_owned());
        found.fresh.push(format!("{}: {file}, put back", delivery.source));
        let (received, sequence) = (clock::today(), newest + number);
        found.register.push(Delivery { file, received, sequence, withdrawn: false, ..delivery });
        let here = std::mem::take(&mut paths[at]);
        paths.push(here);
    }
}

/// Writes what the delivery log says into the register. What it does not name stays as it was told before.
fn tell(project: &Project, register: &mut [Delivery], paths: &[Vec<String>]) -> Result<(), PipelineError> {
    let log = &project.delivery_log;
    let Some(file) = &project.pipeline.delivery_log else { return Ok(()) };
    for (delivery, paths) in register.iter_mut().zip(paths) {
        let told: Vec<&Told> = paths.iter().filter_map(|path| log.of(path)).collect();
        // The same bytes may lie under several names; they came with the first that was not withdrawn.
        let stands = told.iter().filter(|t| !t.withdrawn).map(|t| &t.received).min();
        if let Some(day) = stands.or_else(|| told.iter().map(|t| &t.received).min()) {
            delivery.received.clone_from(day);
        }
        if !told.is_empty() {
            delivery.withdrawn = stands.is_none() && told.len() == paths.len();
        }
    }
    let mut found = Diagnostics::default();
    for told in log.iter().filter(|t| t.withdrawn) {
        let name = told.file.rsplit('/').next().unwrap_or_default();
        let reads = |source: &String| {
            project.pipeline.sources.get(source).is_some_and(|spec| delivery_log::names(&spec.files, &told.file))
        };
        let here = paths.iter().any(|paths| paths.contains(&told.file.value));
        // Of a name that was sent several times, each in the place of the one before, no version counts.
        let gone = register.iter_mut().filter(|d| d.place.is_none() && d.file == name && reads(&d.source));
        if gone.map(|delivery| delivery.withdrawn = true).count() == 0 && !here {
            found.push(delivery_log::absent(told, Path::new(file.as_str())));
        }
    }
    if found.has_errors() {
        return Err(PipelineError::Documents { found, texts: project.texts.clone() });
    }
    register.sort_by(|a, b| (&a.received, a.sequence).cmp(&(&b.received, b.sequence)));
    for (sequence, delivery) in (1..).zip(register) {
        delivery.sequence = sequence;
    }
    Ok(())
}

async fn read_register(root: &Place) -> Result<Vec<Delivery>, PipelineError> {
    let place = root.join(REGISTER);
    let Some(bytes) = place.read_if_there().await? else { return Ok(Vec::new()) };
    serde_json::from_slice(&bytes)
        .map_err(|e| PipelineError::Damaged { place: place.to_string(), reason: e.to_string() })
}

/// Writes the register.
pub async fn write_register(root: &Place, register: &[Delivery]) -> Result<(), PipelineError> {
    let mut text = serde_json::to_vec_pretty(register).map_err(|e| PipelineError::Bug(e.to_string()))?;
    text.push(b'\n');
    root.join(REGISTER).write(text).await?;
    Ok(())
}

/// The files that a source's pattern names, by name, each with its path as the pattern finds it.
async fn matching(project: &Project, pattern: &str) -> Result<Vec<(String, Place)>, PipelineError> {
    let pattern = pattern.strip_prefix("./").unwrap_or(pattern);
    let (folder, name) = pattern.rsplit_once('/').unwrap_or((".", pattern));
    if !name.contains(['*', '?']) {
        let place = Place::parse(pattern, &project.root)?;
        return Ok(if place.exists().await? { vec![(pattern.to_owned(), place)] } else { Vec::new() });
    }
    let path = |name: &str| if folder == "." { name.to_owned() } else { format!("{folder}/{name}") };
    let folder_of_files = Place::parse(folder, &project.root)?;
    if let Some(Err(error)) = folder_of_files.local().map(std::fs::read_dir)
        && let Some(error) = unlistable(&folder_of_files, error)
    {
        return Err(error);
    }
    let listed = folder_of_files.list().await?;
    let fits = listed.into_iter().filter(|f| !f.name.contains('/') && delivery_log::fits(name, &f.name));
    Ok(fits.map(|f| (path(&f.name), f.place)).collect())
}

/// Why a folder cannot be listed; `None` where there is none yet, for then nothing has arrived. A store would pass over most of this in
/// silence, and files that are there would count as missing.
fn unlistable(folder: &Place, error: std::io::Error) -> Option<PipelineError> {
    let dangles = || folder.local().is_some_and(|path| path.is_symlink());
    if error.kind() == std::io::ErrorKind::NotFound && !dangles() {
        return None;
    }
    let place = folder.to_string();
    Some(crate::engine::EngineError::File { what: "list the folder", place, source: error }.into())
}

#[cfg(test)]
mod tests {
    use std::io::{Error, ErrorKind};

    use super::*;

    #[test]
    fn a_folder_that_may_not_be_listed_is_a_fault_of_storage_and_one_that_is_not_there_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let place = Place::parse("in", dir.path()).unwrap();
        assert!(unlistable(&place, Error::from(ErrorKind::NotFound)).is_none());
        for kind in [ErrorKind::PermissionDenied, ErrorKind::NotADirectory, ErrorKind::Other] {
            let error = unlistable(&place, Error::from(kind)).unwrap();
            assert!(matches!(&error, PipelineError::Engine(e) if e.is_storage()), "{error}");
            assert!(error.to_string().contains("cannot list the folder in: "), "{error}");
        }
        let denied = unlistable(&place, Error::from(ErrorKind::PermissionDenied)).unwrap().to_string();
        assert!(denied.contains("permission denied"), "{denied}");
    }
}
