//! The current release of a pipeline, opened by those who ask about it: its documents, its run's steps, its index, and, for who holds the keys,
//! what its records say in the clear.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

use crate::engine::{Dataset, Engine, Limits, Place};
use crate::foundation::{Fingerprint, Fingerprinter, Zone, clock, sql_name};
use crate::linkage::Rules;
use crate::linkage::model::ModelFile;
use crate::linkage::modelled::of_file;
use crate::pipeline::error::PipelineError;
use crate::pipeline::keys::Keys;
use crate::pipeline::project::{Loaded, Project, load};
use crate::pipeline::read_back::{REFERENCE, read_json, texts};
use crate::pipeline::record::{ModelResult, Outcome, RunResults};
use crate::pipeline::results::user;
use crate::pipeline::runner::{StepRecord, store_path};
use crate::pipeline::tables::SENT;
use crate::publish::staging::MANIFEST;
use crate::publish::{Manifest, Pointer};
use crate::standardize::SPEC_VERSION;

/// Where it is registered who saw clear values, below the output folder: a file each time, so that two who look at once lose nothing.
const REGISTER: &str = "restricted/clear_access";

/// What a record says of who somebody is, in the order in which people read it.
pub const CLEAR: [&str; 10] = [
    "first_name",
    "middle_name",
    "last_name",
    "suffix",
    "birth_date",
    "sex",
    "postal_code",
    "ssn",
    "state_id",
    "local_id",
];

/// The current release.
#[derive(Debug)]
pub struct CurrentRelease {
    /// The documents of its pipeline as they are now.
    pub project: Project,
    /// The output folder.
    pub root: Place,
    /// What is current.
    pub pointer: Pointer,
    /// The release's folder.
    pub home: Place,
    /// What it was made of.
    pub manifest: Manifest,
    /// An engine to ask with.
    pub engine: Engine,
}

impl CurrentRelease {
    /// Opens the current release of a pipeline; `out` is its output folder, where it is not the pipeline's own.
    pub async fn open(root: &Path, pipeline: &Path, out: Option<&str>) -> Result<Self, PipelineError> {
        let Loaded { project, found, texts } = load(root, pipeline);
        let Some(project) = project else { return Err(PipelineError::Documents { found, texts }) };
        let root = match out {
            Some(out) => Place::parse(out, Path::new("."))?,
            None => Place::parse(&project.pipeline.output.root, &project.root)?,
        };
        let Some(pointer) = Pointer::read(&root).await? else {
            return Err(PipelineError::NotThere { what: vec![format!("a release in {root}: run a pipeline first")] });
        };
        let home = root.join(&format!("releases/{}", pointer.release));
        let manifest: Manifest = read_json(&home.join(MANIFEST)).await?;
        let engine = Engine::new(Limits::default())?;
        engine.register_folder("match_log", &home.join("audit/match_log")).await?;
        engine.register_folder("crosswalk", &root.join(&pointer.index).join("crosswalk")).await?;
        Ok(Self { project, root, pointer, home, manifest, engine })
    }

    /// Whether a document of the pipeline is no longer as it was when the release was made.
    #[must_use]
    pub fn has_changed(&self, document: &Path) -> bool {
        let now = self.project.texts.get(document).map(|text| Fingerprint::of(text.as_bytes()).to_string());
        self.manifest.configuration.get(&document.to_string_lossy().replace('\\', "/")) != now.as_ref()
    }

    /// Clear values are for those who hold the keys that the release was made with.
    pub fn may_see_clear(&self) -> Result<(), PipelineError> {
        let keys = Keys::open(&self.project)?;
        let same = keys.check_values().into_iter().collect::<BTreeMap<_, _>>() == self.manifest.keys;
        let other = || PipelineError::OtherKeys { what: format!("release {}", self.pointer.release) };
        if same { Ok(()) } else { Err(other()) }
    }

    /// The steps of the run that made the release.
    pub async fn steps(&self) -> Result<Vec<StepRecord>, PipelineError> {
        for found in self.root.join("runs").list().await?.iter().filter(|f| f.name.ends_with("run_results.json")) {
            // A record of another version of the program says nothing here.
            let Ok(results) = read_json::<RunResults>(&found.place).await else { continue };
            if results.release == self.pointer.release && results.outcome == Outcome::Published {
                return Ok(results.steps);
            }
        }
        Ok(Vec::new())
    }

    /// What steps `kind/name` of that run made, by name; what the store no longer holds is left out.
    pub async fn made(&self, kind: &str, zone: Zone, stored: &str) -> Result<BTreeMap<String, Place>, PipelineError> {
        let mut found = BTreeMap::new();
        for step in self.steps().await? {
            let Some(name) = step.step.strip_prefix(kind).and_then(|rest| rest.strip_prefix('/')) else { continue };
            let place = self.root.join(&store_path(zone, stored, &step.fingerprint));
            if Dataset::open(&place).await?.is_some() {
                found.insert(name.to_owned(), place);
            }
        }
        Ok(found)
    }

    /// Where the tokens of each source lie: those that the hub made, and those that agencies sent.
    pub async fn tokens(&self) -> Result<BTreeMap<String, Place>, PipelineError> {
        let mut found = self.made("tokens", Zone::Restricted, "tokens").await?;
        for (source, place) in self.made("identify", Zone::Restricted, "facts").await? {
            let sent = place.join(SENT);
            if Dataset::open(&sent).await?.is_some() {
                found.insert(source, sent);
            }
        }
        Ok(found)
    }

    /// Makes the attributes of persons a table, `learner_attributes`, and tells its columns; none where the release has no such table.
    pub async fn attributes(&self) -> Result<Vec<String>, PipelineError> {
        let name = "learner_attributes";
        let Some(place) = self.made("rule", Zone::Linked, "rule").await?.remove(name) else { return Ok(Vec::new()) };
        self.engine.register_folder(name, &place).await?;
        let plan = self.engine.plan(name, &format!("SELECT * FROM {name}")).await?;
        let names = plan.schema().fields().iter().map(|f| f.name().clone());
        Ok(names.filter(|name| !["person_id", "rule_id", "rule_version"].contains(&name.as_str())).collect())
    }

    /// Where the linkage of the release lies.
    pub async fn link_folder(&self) -> Result<Place, PipelineError> {
        let steps = self.steps().await?;
        let step = steps.iter().find(|step| step.step == "link");
        let place = step.map(|step| self.root.join(&store_path(Zone::Restricted, "link", &step.fingerprint)));
        let gone = || PipelineError::NotThere {
            what: vec!["the linkage of the release is no longer in the store".to_owned()],
        };
        place.ok_or_else(gone)
    }

    /// The model that the release was linked by, if it fits the linkage of today.
    pub async fn model_to_pin(&self) -> Result<ModelFile, PipelineError> {
        let place = self.home.join("audit/model.json");
        if !place.exists().await? {
            return Err(PipelineError::Asked(format!("release {} was linked without a model", self.pointer.release)));
        }
        let file: ModelFile = read_json(&place).await?;
        let linkage = &self.project.linkage;
        let rules = Rules::compile(&linkage.passes, linkage.model.as_ref(), &linkage.guards, &linkage.roles)
            .map_err(PipelineError::bug)?;
        if let Some(pass) = &rules.model {
            of_file(&linkage.linkage, pass, SPEC_VERSION, &file)?;
        }
        Ok(file)
    }

    /// What the model of the release said of itself, where it had one.
    pub async fn linkage_facts(&self, link: &Place) -> Result<Option<ModelResult>, PipelineError> {
        let Some(dataset) = Dataset::open(link).await? else { return Ok(None) };
        Ok(dataset.meta.facts.get("model").and_then(|facts| serde_json::from_value(facts.clone()).ok()))
    }

    /// What stands in some records, by reference: the values of [`CLEAR`], empty where missing. Who saw it is registered before it is read.
    pub async fn clear(
        &self,
        references: &[String],
        why: &str,
    ) -> Result<BTreeMap<String, Vec<String>>, PipelineError> {
        #[derive(Serialize)]
        struct Seen<'a> {
            at: String,
            user: String,
            release: &'a str,
            why: &'a str,
            records: &'a [String],
        }
        self.may_see_clear()?;
        let release = &self.pointer.release;
        let seen = Seen { at: clock::now(), user: user(), release, why, records: references };
        let line = format!("{}\n", serde_json::to_string(&seen).map_err(PipelineError::bug)?);
        let print = Fingerprinter::new("seen/1").with("process", std::process::id().to_be_bytes()).with("line", &line);
        let name = format!("{}-{}", seen.at.replace([':', '-'], ""), print.finish().short());
        self.root.join(&format!("{REGISTER}/{name}.json")).write(line).await?;

        let list = references.iter().map(|r| format!("'{r}'")).collect::<Vec<_>>().join(", ");
        let mut values = BTreeMap::new();
        for (source, place) in self.made("identify", Zone::Restricted, "facts").await? {
            let place = place.join("identities");
            if Dataset::open(&place).await?.is_none() {
                continue;
            }
            let table = format!("identities of {source}");
            self.engine.register_folder(&table, &place).await?;
            let plan = self.engine.plan(&table, &format!("SELECT * FROM {}", sql_name(&table))).await?;
            let has = |name: &str| plan.schema().fields().iter().any(|field| field.name() == name);
            let column = |name: &&str| {
                let name_of = sql_name(name);
                let value =
                    if has(name) { format!("COALESCE(CAST({name_of} AS VARCHAR), '')") } else { "''".to_owned() };
                format!("{value} AS {name_of}")
            };
            let columns = CLEAR.iter().map(column).collect::<Vec<_>>().join(", ");
            let sql = format!(
                "SELECT {REFERENCE} AS reference, {columns} FROM {} WHERE {REFERENCE} IN ({list})",
                sql_name(&table)
            );
            for mut row in texts(&self.engine.collect("clear values", &sql).await?)? {
                let reference = row.remove(0);
                values.insert(reference, row);
            }
        }
        Ok(values)
    }
}
