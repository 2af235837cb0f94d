//! Deliveries: the files that agencies sent, each named by its SHA-256, and the register that keeps their order of arrival.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::engine::{Dataset, Place};
use crate::foundation::clock;
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
    /// The day on which it was first seen, or the day the register was told.
    pub received: String,
    /// Its place in the order of arrival, from 1. File times never order anything.
    pub sequence: u64,
    /// Provisional or final.
    pub status: Status,
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
    /// Files that hold the same bytes as an earlier delivery, as `source: file repeats file`.
    pub duplicates: Vec<String>,
    /// Sources of which nothing has arrived.
    pub missing: Vec<String>,
}

/// Lists the files of every source, hashes them, and puts new ones into the register in the order of sources and file names.
pub async fn discover(project: &Project, root: &Place, as_of: Option<&str>) -> Result<Discovered, PipelineError> {
    let mut found = Discovered { register: read_register(root).await?, ..Discovered::default() };
    for (source, spec) in &project.pipeline.sources {
        let files = matching(project, &spec.files).await?;
        for place in files {
            let runtime = tokio::runtime::Handle::current();
            let file = place.clone();
            let (sha256, bytes) = tokio::task::spawn_blocking(move || file.sha256(&runtime))
                .await
                .map_err(|e| PipelineError::Bug(e.to_string()))??;
            let name = place.name().to_owned();
            match found.register.iter_mut().find(|d| d.sha256 == sha256 && d.source == *source) {
                Some(known) if known.place.is_none() => {
                    known.place = Some(place);
                }
                Some(known) => found.duplicates.push(format!("{source}: {name} repeats {}", known.file)),
                None => {
                    let sequence = found.register.iter().map(|d| d.sequence).max().unwrap_or(0) + 1;
                    let (source, received) = (source.clone(), clock::today());
                    let status = Status::Final;
                    found.register.push(Delivery {
                        source,
                        file: name,
                        sha256,
                        bytes,
                        received,
                        sequence,
                        status,
                        place: Some(place),
                    });
                }
            }
        }
    }
    let sources: BTreeSet<_> = project.pipeline.sources.keys().collect();
    let counts = |d: &&Delivery| sources.contains(&d.source) && as_of.is_none_or(|day| d.received.as_str() <= day);
    found.current = found.register.iter().filter(counts).cloned().collect();
    for (source, spec) in &project.pipeline.sources {
        if !spec.optional && !found.current.iter().any(|d| d.source == *source) {
            found.missing.push(format!("{source}: {}", *spec.files));
        }
    }
    Ok(found)
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

/// The files that a source's pattern names, by name.
async fn matching(project: &Project, pattern: &str) -> Result<Vec<Place>, PipelineError> {
    let (folder, name) = pattern.rsplit_once('/').unwrap_or((".", pattern));
    if !name.contains(['*', '?']) {
        let place = Place::parse(pattern, &project.root)?;
        return Ok(if place.exists().await? { vec![place] } else { Vec::new() });
    }
    let folder = Place::parse(folder, &project.root)?;
    let listed = folder.list().await?;
    Ok(listed.into_iter().filter(|f| !f.name.contains('/') && matches(name, &f.name)).map(|f| f.place).collect())
}

/// Whether a file name fits a pattern of `*` (any run of characters) and `?` (any one).
fn matches(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    let (mut p, mut n, mut star, mut mark) = (0, 0, None, 0);
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some(p);
                mark = n;
                p += 1;
            }
            Some(c) if *c == '?' || *c == name[n] => {
                p += 1;
                n += 1;
            }
            _ => match star {
                Some(s) => {
                    p = s + 1;
                    mark += 1;
                    n = mark;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns() {
        assert!(matches("enrollment_*.csv", "enrollment_2019.csv"));
        assert!(matches("UIWAGE_????Q?*.txt", "UIWAGE_2023Q2_AMENDED.txt"));
        assert!(!matches("enrollment_*.csv", "enrollment_2019.csv.tmp"));
        assert!(matches("*", "anything"));
        assert!(!matches("a?c", "ac"));
    }
}
