//! A project: every document that one pipeline rests on, read and found to fit together, before a byte of data is read.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::clearinghouse::RequestSpec;
use crate::contract::CodeSet;
use crate::foundation::{Diagnostic, Diagnostics, Located, Zone, did_you_mean};
use crate::linkage::Rules as LinkageRules;
use crate::linkage::model::ModelFile;
use crate::linkage::modelled::of_file;
use crate::linkage::reviewed::Reviewed;
use crate::linkage::spec::RolesSpec;
use crate::pipeline::delivery_log::DeliveryLog;
use crate::pipeline::document::{Texts, named_as_its_file, names};
use crate::pipeline::mart::Mart;
use crate::pipeline::request_document::Request;
use crate::pipeline::review::log as review_log;
use crate::pipeline::spec::{ContractDocument, LinkageDocument, OrgAsOf, PipelineDocument};
use crate::rules::{FixtureFile, Layers, Pack, Rule, Said, layered};
use crate::standardize::SPEC_VERSION;

/// How the files end that hold examples of rules.
const FIXTURES: &str = ".fixtures.yaml";
/// How the files end that set parameters of an earlier pack's rules.
const OVERRIDE: &str = ".override.yaml";

/// One pipeline with all its documents.
#[derive(Debug)]
pub struct Project {
    /// The project's folder; relative paths start here.
    pub root: PathBuf,
    /// The pipeline's file.
    pub file: PathBuf,
    /// The pipeline.
    pub pipeline: PipelineDocument,
    /// What is known of the days on which its files came.
    pub delivery_log: DeliveryLog,
    /// The contracts of its sources, by source.
    pub contracts: BTreeMap<String, ContractDocument>,
    /// The code sets of those contracts, by name.
    pub code_sets: BTreeMap<String, CodeSet>,
    /// How it links.
    pub linkage: LinkageDocument,
    /// What people have decided of pairs of records.
    pub reviewed: Reviewed,
    /// The model that the linkage is pinned to.
    pub pinned: Option<ModelFile>,
    /// Its rules, every version, of all packs laid over one another.
    pub rules: Vec<Rule>,
    /// What each pack says by itself.
    pub said: Vec<Said>,
    /// Its marts.
    pub marts: Vec<Mart>,
    /// Its request files.
    pub requests: Vec<Request>,
    /// The texts of all of these.
    pub texts: Texts,
}

impl Project {
    /// Whether every source is made up, so that the demo key may be used.
    #[must_use]
    pub fn is_synthetic(&self) -> bool {
        self.pipeline.sources.values().all(|s| s.synthetic)
    }

    /// The documents that a run rests on, by path, with their texts. Examples of rules make no row.
    pub fn documents(&self) -> impl Iterator<Item = (&Path, &str)> {
        self.texts.iter().filter(|(file, _)| !file.to_string_lossy().ends_with(FIXTURES))
    }

    /// The file of a source's contract.
    #[must_use]
    pub fn contract_file(&self, source: &str) -> PathBuf {
        let name = self.pipeline.sources.get(source).map_or(source, |s| s.contract.as_str());
        contract_file(name)
    }

    /// Whether a mart shows organisations their own learners under their own ids.
    #[must_use]
    pub fn names_own_learners(&self) -> bool {
        self.marts.iter().any(|mart| mart.zone() == Zone::Local)
    }

    /// As of when organisations stand.
    #[must_use]
    pub fn org_as_of(&self) -> OrgAsOf {
        self.pipeline.org_as_of.as_ref().map(|as_of| as_of.value).unwrap_or_default()
    }

    /// The pipeline's sources that are about persons, in the pipeline's order.
    pub fn person_sources(&self) -> impl Iterator<Item = &str> {
        self.pipeline
            .sources
            .keys()
            .map(String::as_str)
            .filter(|s| self.contracts.get(*s).is_some_and(ContractDocument::has_persons))
    }
}

fn contract_file(name: &str) -> PathBuf {
    PathBuf::from(format!("config/contracts/{name}.yaml"))
}

/// What loading comes to: the project where all documents could be read, the findings, and the texts to quote them with.
#[derive(Debug)]
pub struct Loaded {
    /// The project, unless a document could not be read.
    pub project: Option<Project>,
    /// What is wrong.
    pub found: Diagnostics,
    /// The texts that were read when the project could not be made.
    pub texts: Texts,
}

/// Reads a pipeline and every document it names. All findings come together.
#[must_use]
pub fn load(root: &Path, file: &Path) -> Loaded {
    let mut found = Diagnostics::default();
    let mut texts = Texts::default();
    let Some(pipeline) = texts.yaml::<PipelineDocument>(root, file, &mut found) else {
        return Loaded { project: None, found, texts };
    };
    named_as_its_file(&pipeline.pipeline, file, &mut found);
    let delivery_log = load_delivery_log(root, file, &pipeline, &mut texts, &mut found);

    let reviewed = load_reviewed(root, file, &pipeline, &mut texts, &mut found);
    let mut contracts = BTreeMap::new();
    for (source, spec) in &pipeline.sources {
        let path = contract_file(&spec.contract);
        if !root.join(&path).exists() {
            found.push(unknown_document(root, file, &spec.contract, "contract", "config/contracts", ".yaml"));
            continue;
        }
        if let Some(contract) = texts.yaml::<ContractDocument>(root, &path, &mut found) {
            named_as_its_file(&contract.contract, &path, &mut found);
            contracts.insert(source.clone(), contract);
        }
    }
    let code_sets = load_code_sets(root, &pipeline, &contracts, &mut texts, &mut found);

    let path = PathBuf::from(format!("config/linkage/{}.yaml", *pipeline.linkage));
    let linkage = if root.join(&path).exists() {
        texts.yaml::<LinkageDocument>(root, &path, &mut found)
    } else {
        found.push(unknown_document(root, file, &pipeline.linkage, "linkage", "config/linkage", ".yaml"));
        None
    };
    if let Some(linkage) = &linkage {
        named_as_its_file(&linkage.linkage, &path, &mut found);
    }
    let pinned = linkage.as_ref().and_then(|linkage| load_pinned(root, &path, linkage, &mut texts, &mut found));
    let packs = load_packs(root, file, &pipeline, &mut texts, &mut found);
    let Layers { effective: rules, said } = layered(&packs, &mut found);
    let marts = load_marts(root, file, &pipeline, &mut texts, &mut found);
    let requests = load_requests(root, file, &pipeline, &mut texts, &mut found);

    let all_contracts = contracts.len() == pipeline.sources.len();
    match (linkage, all_contracts) {
        (Some(linkage), true) => {
            let (root, file) = (root.to_owned(), file.to_owned());
            let project = Project {
                root,
                file,
                pipeline,
                delivery_log,
                contracts,
                code_sets,
                linkage,
                reviewed,
                pinned,
                rules,
                said,
                marts,
                requests,
                texts,
            };
            Loaded { project: Some(project), found, texts: Texts::default() }
        }
        _ => Loaded { project: None, found, texts },
    }
}

fn load_delivery_log(
    root: &Path,
    file: &Path,
    pipeline: &PipelineDocument,
    texts: &mut Texts,
    found: &mut Diagnostics,
) -> DeliveryLog {
    let Some(name) = &pipeline.delivery_log else { return DeliveryLog::default() };
    let path = PathBuf::from(name.as_str());
    if !root.join(&path).exists() {
        let d = Diagnostic::error("P008", file, format!("there is no delivery log `{}`", **name)).at(name);
        found.push(d.help("begin one with the line `file,received,status`, or take `delivery_log:` out"));
        return DeliveryLog::default();
    }
    let Some(text) = texts.read(root, &path, found) else { return DeliveryLog::default() };
    let log = DeliveryLog::parse(&text, &path, found);
    let patterns: Vec<&str> = pipeline.sources.values().map(|source| source.files.as_str()).collect();
    log.check(root, &patterns, &path, found);
    log
}

fn load_reviewed(
    root: &Path,
    file: &Path,
    pipeline: &PipelineDocument,
    texts: &mut Texts,
    found: &mut Diagnostics,
) -> Reviewed {
    let Some(name) = &pipeline.review_decisions else { return Reviewed::default() };
    let path = PathBuf::from(name.as_str());
    if !root.join(&path).exists() {
        let d = Diagnostic::error("P009", file, format!("there is no review log `{}`", **name)).at(name);
        found.push(d.help("`throughline review import` writes one; or take `review_decisions:` out"));
        return Reviewed::default();
    }
    texts.read(root, &path, found).map(|text| review_log::parse(&text, &path, found)).unwrap_or_default()
}

fn load_code_sets(
    root: &Path,
    pipeline: &PipelineDocument,
    contracts: &BTreeMap<String, ContractDocument>,
    texts: &mut Texts,
    found: &mut Diagnostics,
) -> BTreeMap<String, CodeSet> {
    let mut sets = BTreeMap::new();
    for (source, contract) in contracts {
        let file = contract_file(&pipeline.sources[source].contract);
        for name in contract.columns.iter().filter_map(|c| c.code_set.as_ref()) {
            if sets.contains_key(&name.value) {
                continue;
            }
            let path = PathBuf::from(format!("config/code_sets/{}.csv", **name));
            if !root.join(&path).exists() {
                found.push(unknown_document(root, &file, name, "code set", "config/code_sets", ".csv"));
                continue;
            }
            let Some(text) = texts.read(root, &path, found) else { continue };
            match CodeSet::parse(&text) {
                Ok(set) => {
                    sets.insert(name.value.clone(), set);
                }
                Err(error) => found.push(
                    Diagnostic::error("P006", &path, error.to_string())
                        .help("a code set has the columns code,label,valid_from,valid_to"),
                ),
            }
        }
    }
    sets
}

/// The packs of a pipeline, the first at the bottom.
fn load_packs(
    root: &Path,
    file: &Path,
    pipeline: &PipelineDocument,
    texts: &mut Texts,
    found: &mut Diagnostics,
) -> Vec<Pack> {
    let mut packs = Vec::new();
    for name in &pipeline.rules {
        let folder = format!("config/rules/{}", **name);
        let mut pack = Pack { name: name.value.clone(), ..Pack::default() };
        let (rules, overrides) = (names(root, &folder, ".sql"), names(root, &folder, OVERRIDE));
        if rules.is_empty() && overrides.is_empty() {
            found.push(Diagnostic::error("P005", file, format!("there is no rule pack `{}`", **name)).at(name).help(
                format!(
                    "a pack is a folder of .sql files, or of {OVERRIDE} files that change an earlier one: {folder}"
                ),
            ));
        }
        for name in rules {
            let path = PathBuf::from(format!("{folder}/{name}.sql"));
            let Some(text) = texts.read(root, &path, found) else { continue };
            match crate::rules::load(&text, &path) {
                Ok(mut rule) => {
                    rule.fixtures = load_fixtures(root, &folder, &name, rule.spec.id.as_str(), texts, found);
                    for wrong in crate::rules::check_cases(&rule) {
                        found.push(wrong);
                    }
                    pack.rules.push(rule);
                }
                Err(diagnostics) => found.extend(diagnostics),
            }
        }
        for name in overrides {
            let path = PathBuf::from(format!("{folder}/{name}{OVERRIDE}"));
            let Some(text) = texts.read(root, &path, found) else { continue };
            let fixtures = load_fixtures(root, &folder, &name, &name, texts, found);
            match crate::rules::load_override(&text, &path, fixtures) {
                Ok(one) => pack.overrides.push(one),
                Err(diagnostics) => found.extend(diagnostics),
            }
        }
        packs.push(pack);
    }
    packs
}

/// The examples beside a rule. One without any is an error: nobody could tell what it means, or whether a change changes it.
fn load_fixtures(
    root: &Path,
    folder: &str,
    name: &str,
    rule: &str,
    texts: &mut Texts,
    found: &mut Diagnostics,
) -> FixtureFile {
    let file = PathBuf::from(format!("{folder}/{name}{FIXTURES}"));
    let mut fixtures = FixtureFile { file: file.clone(), cases: Vec::new() };
    if root.join(&file).exists() {
        let Some(text) = texts.read(root, &file, found) else { return fixtures };
        match crate::rules::load_fixtures(&text, &file) {
            Ok(read) => fixtures = read,
            Err(diagnostics) => {
                found.extend(diagnostics);
                return fixtures;
            }
        }
    }
    if fixtures.cases.is_empty() {
        found.push(
            Diagnostic::error("R017", &file, format!("the rule {rule} has no fixtures")).help(
                "write examples into this file, a list of `case:`, `given:` and `expect:`; `throughline rules test` runs them",
            ),
        );
    }
    fixtures
}

fn load_marts(
    root: &Path,
    file: &Path,
    pipeline: &PipelineDocument,
    texts: &mut Texts,
    found: &mut Diagnostics,
) -> Vec<Mart> {
    let mut marts = Vec::new();
    for name in &pipeline.marts {
        let yaml = PathBuf::from(format!("config/marts/{}.yaml", **name));
        if !root.join(&yaml).exists() {
            found.push(unknown_document(root, file, name, "mart", "config/marts", ".yaml"));
            continue;
        }
        let Some(spec) = texts.yaml::<crate::marts::MartSpec>(root, &yaml, found) else { continue };
        named_as_its_file(&spec.mart, &yaml, found);
        let sql = PathBuf::from(format!("config/marts/{}", *spec.sql));
        let Some(text) = texts.read(root, &sql, found) else { continue };
        marts.push(Mart { spec, sql: text, spec_file: yaml, sql_file: sql });
    }
    marts
}

fn load_requests(
    root: &Path,
    file: &Path,
    pipeline: &PipelineDocument,
    texts: &mut Texts,
    found: &mut Diagnostics,
) -> Vec<Request> {
    let mut requests = Vec::new();
    for name in &pipeline.requests {
        let yaml = PathBuf::from(format!("config/requests/{}.yaml", **name));
        if !root.join(&yaml).exists() {
            found.push(unknown_document(root, file, name, "request", "config/requests", ".yaml"));
            continue;
        }
        let Some(spec) = texts.yaml::<RequestSpec>(root, &yaml, found) else { continue };
        named_as_its_file(&spec.request, &yaml, found);
        let sql = PathBuf::from(format!("config/requests/{}", *spec.sql));
        let Some(text) = texts.read(root, &sql, found) else { continue };
        requests.push(Request { spec, sql: text, spec_file: yaml, sql_file: sql });
    }
    requests
}

/// The model that a linkage names, if it was trained for it.
fn load_pinned(
    root: &Path,
    file: &Path,
    linkage: &LinkageDocument,
    texts: &mut Texts,
    found: &mut Diagnostics,
) -> Option<ModelFile> {
    let model = linkage.model.as_ref()?;
    let pinned = model.pinned.as_ref()?;
    let text = texts.read(root, Path::new(pinned.as_str()), found)?;
    let wrong = |reason: String| {
        Diagnostic::error("M011", file, format!("`{}` is no model for this linkage: {reason}", **pinned))
            .at(pinned)
            .help("take audit/model.json from a release of this linkage and version, or leave `pinned:` out")
    };
    let read: ModelFile = match serde_json::from_str(&text) {
        Ok(read) => read,
        Err(error) => {
            found.push(wrong(error.to_string()));
            return None;
        }
    };
    let rules = LinkageRules::compile(&[], Some(model), &linkage.guards, &RolesSpec::default()).ok()?;
    let fits = of_file(&linkage.linkage, rules.model.as_ref()?, SPEC_VERSION, &read);
    if let Err(error) = fits {
        found.push(wrong(error.to_string()));
        return None;
    }
    Some(read)
}

fn unknown_document(
    root: &Path,
    file: &Path,
    name: &Located<String>,
    kind: &str,
    folder: &str,
    ending: &str,
) -> Diagnostic {
    let there = names(root, folder, ending);
    let d = Diagnostic::error("P005", file, format!("there is no {kind} `{}`", **name)).at(name);
    let d = match did_you_mean(name, there.iter().map(String::as_str)) {
        Some(near) => d.label(format!("did you mean `{near}`?")),
        None => d,
    };
    d.help(format!("it would be the file {folder}/{}{ending}", **name))
}
