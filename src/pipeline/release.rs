//! The release: what the run made is gathered, described, sealed, and made current.

use std::collections::BTreeMap;

use crate::engine::dataset::Part;
use crate::engine::{Dataset, Place};
use crate::foundation::{Fingerprint, Fingerprinter, Zone};
use crate::pipeline::deliveries::write_register;
use crate::pipeline::error::PipelineError;
use crate::pipeline::ground::Ground;
use crate::pipeline::identify::Identified;
use crate::pipeline::link::LinkOutcome;
use crate::pipeline::record::{RunResults, TableResult};
use crate::pipeline::{describe, quarantine, request};
use crate::publish::manifest::{FORMAT, TableEntry};
use crate::publish::{DeliveryEntry, Manifest, Pointer, Staging};

/// What a release is made of.
#[derive(Debug)]
pub struct Outcome<'a> {
    /// The fingerprint of the inputs.
    pub inputs: &'a Fingerprint,
    /// The pointer as the run found it.
    pub current: Option<&'a Pointer>,
    /// Every source.
    pub identified: &'a [Identified],
    /// Linkage and ids.
    pub linked: &'a LinkOutcome,
    /// The marts, in the pipeline's order.
    pub marts: &'a [Dataset],
    /// Whom the request files ask about, in the pipeline's order.
    pub asked: &'a [Dataset],
}

const PUBLIC: &str = "This release publishes nothing here.\n\nA table leaves for the public only through disclosure control, which does not exist yet.\n\
    Until then cells are released in the research zone only.\n";

/// Publishes a run.
pub async fn publish(
    ground: &Ground<'_>,
    outcome: &Outcome<'_>,
    results: &mut RunResults,
) -> Result<(), PipelineError> {
    let root = &ground.runner.root;
    let pipeline = &ground.project.pipeline;
    let parent = outcome.current.map(|p| p.release.as_str()).unwrap_or_default();
    let fingerprint =
        Fingerprinter::new("release/1").with("inputs", outcome.inputs.as_str()).with("parent", parent).finish();
    let name = format!("{}-{}", *pipeline.period, fingerprint.short());

    let staging = Staging::start(root, &name).await?;
    let mut tables = Vec::new();
    for (mart, dataset) in ground.project.marts.iter().zip(outcome.marts) {
        // Ids of persons are a project's own; what holds none belongs to no project.
        let path = match mart.zone() {
            Zone::Research => format!("research/project={}/mart={}", *pipeline.research.project, mart.name()),
            zone => format!("{zone}/mart={}", mart.name()),
        };
        let entry = |path: String, rows: u64| TableEntry {
            table: mart.name().to_owned(),
            zone: mart.zone().to_string(),
            path,
            rows,
            primary_key: mart.primary_key(),
        };
        if mart.zone() == Zone::Local {
            for (organization, parts) in by_organization(dataset) {
                let path = format!("local/{organization}/mart={}", mart.name());
                dataset.copy_parts(&parts, &staging.at(&path)).await?;
                tables.push(entry(path, parts.iter().map(|part| part.rows).sum()));
            }
            continue;
        }
        dataset.copy_parts(&dataset.meta.parts, &staging.at(&path)).await?;
        tables.push(entry(path, dataset.meta.rows));
    }
    let log = &outcome.linked.match_log;
    log.copy_parts(&log.meta.parts, &staging.at("audit/match_log")).await?;
    tables.push(TableEntry {
        table: "match_log".to_owned(),
        zone: Zone::Audit.to_string(),
        path: "audit/match_log".to_owned(),
        rows: log.meta.rows,
        primary_key: vec!["decision_id".to_owned()],
    });
    if let Some(model) = outcome.linked.model() {
        staging.write("audit/model.json", format!("{}\n", model.map_err(PipelineError::bug)?)).await?;
    }
    staging.write("public/README.txt", PUBLIC).await?;
    describe::write(ground, &staging, &tables, &name).await?;

    let (index_path, index_print, ledger_print) = keep_index(root, outcome.linked).await?;
    let manifest = Manifest {
        format: FORMAT.to_owned(),
        release: name.clone(),
        pipeline: pipeline.pipeline.value.clone(),
        period: pipeline.period.value.clone(),
        purpose: pipeline.purpose.clone(),
        recipients: pipeline.recipients.clone(),
        agreements: pipeline.agreements.clone(),
        as_of: ground.as_of.map(str::to_owned),
        inputs: outcome.inputs.to_string(),
        fingerprint: fingerprint.to_string(),
        parent_release: outcome.current.map(|p| p.release.clone()),
        parent_manifest_sha256: outcome.current.map(|p| p.manifest_sha256.clone()),
        program_version: env!("CARGO_PKG_VERSION").to_owned(),
        program_sha256: program_sha256().await,
        program_commit: option_env!("THROUGHLINE_COMMIT").map(str::to_owned),
        standardization: crate::standardize::SPEC_VERSION.to_owned(),
        keys: ground.keys.check_values().into_iter().collect(),
        deliveries: deliveries(ground, results),
        configuration: configuration(ground),
        index_version: outcome.linked.version,
        index: index_print,
        ledger: ledger_print,
        review_decisions: ground.project.pipeline.review_decisions.as_ref().and_then(|file| {
            let text = ground.project.texts.get(std::path::Path::new(file.as_str()))?;
            Some(Fingerprint::of(text.as_bytes()).to_string())
        }),
        restrictions: None,
        tables: tables.clone(),
        files: staging.files().await?,
    };
    let published = staging.seal(&manifest).await?;
    quarantine::keep(ground, outcome.identified, &name).await?;
    let requests = request::keep(ground, outcome.asked, &name).await?;
    write_register(root, &ground.discovered.register).await?;
    let pointer = Pointer {
        release: name.clone(),
        manifest_sha256: published.manifest_sha256.clone(),
        index: index_path,
        index_version: outcome.linked.version,
        next_counter: outcome.linked.next_counter,
        inputs: outcome.inputs.to_string(),
    };
    published.make_current(root, &pointer, outcome.current).await?;
    results.release = name;
    results.tables = told(tables);
    results.requests = requests;
    results.notes.push(
        "The public zone is empty: until disclosure control exists, cells are released in the research zone only."
            .to_owned(),
    );
    Ok(())
}

/// What a run tells of its tables: one that is divided among organisations is told once.
fn told(tables: Vec<TableEntry>) -> Vec<TableResult> {
    let mut told: Vec<TableResult> = Vec::new();
    for t in tables {
        match told.iter_mut().find(|before| before.table == t.table) {
            Some(before) => before.rows += t.rows,
            None => told.push(TableResult { table: t.table, zone: t.zone, rows: t.rows }),
        }
    }
    told
}

/// The parts of a dataset of the local zone, by organisation, under a name that any file system takes.
fn by_organization(dataset: &Dataset) -> BTreeMap<String, Vec<Part>> {
    let mut by: BTreeMap<String, Vec<Part>> = BTreeMap::new();
    for part in &dataset.meta.parts {
        // A dataset without rows has a part that is nobody's.
        let Some(organization) = &part.of else { continue };
        by.entry(folder_name(organization)).or_default().push(part.clone());
    }
    by
}

/// An organisation's id as the name of a folder: letters, digits, `-` and `_` as they are, every other byte as `%` and two digits.
fn folder_name(id: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    id.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

/// Keeps the person index of this release, immutable, under its version; gives its path and the fingerprints of index and ledger.
async fn keep_index(root: &Place, linked: &LinkOutcome) -> Result<(String, String, String), PipelineError> {
    let print = &linked.person_link.meta.fingerprint;
    let short = print.get(..12).unwrap_or(print);
    let path = format!("restricted/index/v{:06}-{short}", linked.version);
    let home = root.join(&path);
    let mut hashes = BTreeMap::new();
    for (kind, dataset) in [
        ("persons", &linked.persons),
        ("crosswalk", &linked.crosswalk),
        ("ledger", &linked.ledger),
        ("records", &linked.records),
    ] {
        let kept = dataset.copy(&home.join(kind), dataset.meta.clone()).await?;
        let parts = kept.meta.parts.iter();
        let hash = parts.fold(Fingerprinter::new(kind), |hash, part| hash.with("part", &part.sha256));
        hashes.insert(kind, hash.finish().to_string());
    }
    let index = Fingerprinter::new("index")
        .with("persons", &hashes["persons"])
        .with("crosswalk", &hashes["crosswalk"])
        .finish();
    Ok((path, index.to_string(), hashes["ledger"].clone()))
}

fn deliveries(ground: &Ground<'_>, results: &RunResults) -> Vec<DeliveryEntry> {
    ground
        .discovered
        .current
        .iter()
        .map(|d| {
            let file = results.files.iter().find(|f| f.source == d.source && f.file == d.file);
            DeliveryEntry {
                source: d.source.clone(),
                file: d.file.clone(),
                sha256: d.sha256.clone(),
                bytes: d.bytes,
                sequence: d.sequence,
                records: file.map_or(0, |f| f.records),
                accepted: file.map_or(0, |f| f.accepted),
                quarantined: file.map_or(0, |f| f.quarantined),
            }
        })
        .collect()
}

fn configuration(ground: &Ground<'_>) -> BTreeMap<String, String> {
    let hashed = |(path, text): (&std::path::Path, &str)| {
        (path.to_string_lossy().replace('\\', "/"), Fingerprint::of(text.as_bytes()).to_string())
    };
    ground.project.documents().map(hashed).collect()
}

/// The SHA-256 of the running program, or `unknown` where the system does not show it.
async fn program_sha256() -> String {
    let hash = tokio::task::spawn_blocking(|| {
        let bytes = std::fs::read(std::env::current_exe().ok()?).ok()?;
        Some(Fingerprint::of(&bytes).to_string())
    });
    hash.await.ok().flatten().unwrap_or_else(|| "unknown".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_organisation_cannot_name_a_folder_above_its_own() {
        assert_eq!(folder_name("0101"), "0101");
        assert_eq!(folder_name("../x/Ä b"), "%2E%2E%2Fx%2F%C3%84%20b");
    }
}
