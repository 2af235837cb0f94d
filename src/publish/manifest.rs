//! The manifest: the hashes of everything a release rests on and of everything it holds. It holds no time of day.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The manifest's own format.
pub const FORMAT: &str = "throughline/manifest/1";

/// One delivery that the release rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeliveryEntry {
    /// The source it belongs to.
    pub source: String,
    /// Its file's name.
    pub file: String,
    /// Its SHA-256, which is also its name.
    pub sha256: String,
    /// Its size.
    pub bytes: u64,
    /// Its place in the order in which deliveries arrived.
    pub sequence: u64,
    /// Records in the file.
    pub records: u64,
    /// Records accepted.
    pub accepted: u64,
    /// Records quarantined; records = accepted + quarantined.
    pub quarantined: u64,
}

/// One file of the release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FileEntry {
    /// Its path below the release.
    pub path: String,
    /// Its SHA-256.
    pub sha256: String,
    /// Its size.
    pub bytes: u64,
}

/// One published table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TableEntry {
    /// Its name.
    pub table: String,
    /// Its zone.
    pub zone: String,
    /// Its folder below the release.
    pub path: String,
    /// Its rows.
    pub rows: u64,
    /// Its primary key, which was tested.
    pub primary_key: Vec<String>,
}

/// A release's manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Manifest {
    /// `throughline/manifest/1`.
    pub format: String,
    /// The release's name.
    pub release: String,
    /// The pipeline that made it.
    pub pipeline: String,
    /// The period it is called by.
    pub period: String,
    /// Why the data were used.
    pub purpose: Option<String>,
    /// Who receives it.
    pub recipients: Vec<String>,
    /// The agreements it rests on.
    pub agreements: Vec<String>,
    /// The date up to which deliveries counted, where one was given.
    pub as_of: Option<String>,
    /// The fingerprint of all inputs but the parent release.
    pub inputs: String,
    /// The fingerprint of the whole run, parent release included.
    pub fingerprint: String,
    /// The release before it.
    pub parent_release: Option<String>,
    /// The SHA-256 of that release's manifest.
    pub parent_manifest_sha256: Option<String>,
    /// The program's version.
    pub program_version: String,
    /// The SHA-256 of the program itself.
    pub program_sha256: String,
    /// The Git commit it was built from, where the build said so.
    pub program_commit: Option<String>,
    /// The version of the standardisation specification.
    pub standardization: String,
    /// Key check values, by key; they show which key was used and nothing of it.
    pub keys: BTreeMap<String, String>,
    /// The deliveries, in the order of arrival.
    pub deliveries: Vec<DeliveryEntry>,
    /// The SHA-256 of every document, by path.
    pub configuration: BTreeMap<String, String>,
    /// The person index: its version and its fingerprint.
    pub index_version: u64,
    /// The fingerprint of the person index.
    pub index: String,
    /// The fingerprint of the ledger of person ids.
    pub ledger: String,
    /// The SHA-256 of the review decisions; none until review exists.
    pub review_decisions: Option<String>,
    /// The SHA-256 of the restrictions; none until restrictions exist.
    pub restrictions: Option<String>,
    /// What was published.
    pub tables: Vec<TableEntry>,
    /// Every file of the release but this one and SHA256SUMS.
    pub files: Vec<FileEntry>,
}
