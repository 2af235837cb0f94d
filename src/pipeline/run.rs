//! A run: from the files that have arrived to a release, step by step.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Instant;

use crate::engine::{Dataset, Engine, Limits, Place};
use crate::foundation::{Diagnostic, Diagnostics, Fingerprint, Fingerprinter, Located, Zone, clock};
use crate::pipeline::accept;
use crate::pipeline::attach::{Crosswalk, attach};
use crate::pipeline::compile::compile;
use crate::pipeline::compiled::Compiled;
use crate::pipeline::deliveries::{Discovered, discover};
use crate::pipeline::derive::{Job, derive};
use crate::pipeline::document::Texts;
use crate::pipeline::error::PipelineError;
use crate::pipeline::files::link::RuleResult;
use crate::pipeline::ground::Ground;
use crate::pipeline::identify::{Identified, identify};
use crate::pipeline::in_turn::in_turn;
use crate::pipeline::keys::Keys;
use crate::pipeline::link::{link, pairs_of_model};
use crate::pipeline::linkage_gate::linkage_gate;
use crate::pipeline::make_mart::make_mart;
use crate::pipeline::mart::Mart;
use crate::pipeline::organizations::Organizations;
use crate::pipeline::own_ids::own_ids;
use crate::pipeline::project::{Loaded, Project, load};
use crate::pipeline::record::{Outcome, RunResults};
use crate::pipeline::request::ask;
use crate::pipeline::runner::{Order, Runner};
use crate::pipeline::side_by_side::{lock, side_by_side};
use crate::pipeline::tables::OWN_IDS;
use crate::pipeline::tokens::tokens;
use crate::pipeline::within::within;
use crate::pipeline::{files, frequencies, release, research, results, source_reach, tables};
use crate::publish::{Lock, Pointer};

/// A run that may begin: documents checked, keys open, lock held.
#[derive(Debug)]
pub struct Begun {
    project: Project,
    compiled: Compiled,
    keys: Keys,
    root: Place,
    warnings: Diagnostics,
    began: String,
    _lock: Option<Lock>,
}

/// What checking comes to.
#[derive(Debug)]
pub struct Checked {
    /// What is wrong.
    pub found: Diagnostics,
    /// The texts to quote.
    pub texts: Texts,
    /// How many documents were read.
    pub documents: usize,
    /// Every dataset with its zone.
    pub zones: Vec<(String, Zone)>,
}

/// Loads, resolves and type-checks everything that a pipeline rests on, without reading data.
pub async fn check(root: &Path, file: &Path) -> Checked {
    if files::document::is_one(root, file) {
        let (mut texts, mut found) = (Texts::default(), Diagnostics::default());
        files::document::check(root, file, &mut texts, &mut found);
        return Checked { found, texts, documents: 1, zones: Vec::new() };
    }
    let Loaded { project, mut found, texts } = load(root, file);
    let Some(project) = project else {
        let documents = texts.iter().count();
        return Checked { found, texts, documents, zones: Vec::new() };
    };
    let compiled = compile(&project, &mut found).await;
    if let (Some(reason), Some(log)) = (contradiction(&project), &project.pipeline.review_decisions) {
        let d = Diagnostic::error("V003", log.as_str(), reason);
        found.push(d.help("a run would stop here; take out one of the decisions"));
    }
    let documents = project.texts.iter().count();
    Checked { found, texts: project.texts, documents, zones: compiled.zones }
}

/// How the review log contradicts itself, if it does.
fn contradiction(project: &Project) -> Option<String> {
    let (left, right) = project.reviewed.contradiction()?;
    let log = project.pipeline.review_decisions.as_ref().map_or("the file", |file| file.value.as_str());
    Some(format!(
        "the review log contradicts itself ({log}): records {} and {} may not be one person, and are made one by the pairs that must be",
        hex::encode(left),
        hex::encode(right)
    ))
}

/// Checks the documents, opens the keys and takes the lock.
pub async fn begin(root: &Path, file: &Path, out: Option<&str>) -> Result<Begun, PipelineError> {
    let Loaded { project, mut found, texts } = load(root, file);
    let Some(project) = project else { return Err(PipelineError::Documents { found, texts }) };
    let compiled = compile(&project, &mut found).await;
    if found.has_errors() {
        return Err(PipelineError::Documents { found, texts: project.texts });
    }
    if let Some(reason) = contradiction(&project) {
        return Err(PipelineError::Contradiction(reason));
    }
    let keys = Keys::open(&project)?;
    let place = match out {
        Some(out) => Place::parse(out, Path::new("."))?,
        None => Place::parse(&project.pipeline.output.root, &project.root)?,
    };
    let lock = match place.local() {
        Some(folder) => Some(Lock::take(&folder, &project.pipeline.pipeline)?),
        None => None,
    };
    Ok(Begun { project, compiled, keys, root: place, warnings: found, began: clock::now(), _lock: lock })
}

impl Begun {
    /// Findings that do not forbid the run.
    #[must_use]
    pub fn warnings(&self) -> &Diagnostics {
        &self.warnings
    }

    /// The texts to quote.
    #[must_use]
    pub fn texts(&self) -> &Texts {
        &self.project.texts
    }

    /// Where the run's record and log go, on this machine.
    #[must_use]
    pub fn record_folder(&self) -> Option<PathBuf> {
        let name = self.began.replace([':', '-'], "");
        self.root.local().map(|root| root.join("runs").join(format!("{name}-{}", std::process::id())))
    }

    /// Runs the pipeline to a release, or finds that there is nothing to do.
    pub async fn run(&self, order: Order<'_>) -> Result<RunResults, PipelineError> {
        let clock = Instant::now();
        let current = Pointer::read(&self.root).await?;
        let discovered = discover(&self.project, &self.root, order.as_of.as_deref()).await?;
        if !discovered.missing.is_empty() {
            return Err(PipelineError::NotArrived { sources: discovered.missing });
        }
        let inputs = self.inputs(&discovered, order.as_of.as_deref());
        let mut results = results::start(&self.project, &self.began, &order, &discovered, inputs.as_str());
        if let Some(pointer) = current.as_ref().filter(|p| p.inputs == inputs.as_str()) {
            results.outcome = Outcome::NothingToDo;
            pointer.release.clone_into(&mut results.release);
            results.milliseconds = elapsed(clock);
            return Ok(results);
        }
        let mut ground = self.ground(&order, &discovered)?;
        order.watch.planned(self.steps(&discovered));
        Box::pin(self.walk(&mut ground, current.as_ref(), &inputs, &mut results)).await?;
        results.steps = ground.runner.records();
        results.milliseconds = elapsed(clock);
        Ok(results)
    }

    /// What the steps stand on.
    fn ground<'a>(&'a self, order: &'a Order<'a>, discovered: &'a Discovered) -> Result<Ground<'a>, PipelineError> {
        let engine = Engine::new(order.limits.clone())?;
        engine.context().register_udf(research::function(self.keys.research_key(), self.keys.id()));
        engine.context().register_udaf(crate::marts::fuzzy_median::function());
        let serial = Engine::new(Limits { threads: 1, ..order.limits.clone() })?;
        Ok(Ground {
            project: &self.project,
            compiled: &self.compiled,
            keys: &self.keys,
            runner: Runner::new(engine, serial, self.root.clone(), order.watch),
            discovered,
            as_of: order.as_of.as_deref(),
            accepted: BTreeMap::new(),
        })
    }

    /// Goes as far as the tokens, which a run then finds in the store, and counts the pairs that the model would compare; publishes nothing.
    pub async fn block(&self, order: Order<'_>) -> Result<Vec<RuleResult>, PipelineError> {
        let discovered = discover(&self.project, &self.root, order.as_of.as_deref()).await?;
        if !discovered.missing.is_empty() {
            return Err(PipelineError::NotArrived { sources: discovered.missing });
        }
        let inputs = self.inputs(&discovered, order.as_of.as_deref());
        let mut results = results::start(&self.project, &self.began, &order, &discovered, inputs.as_str());
        let mut ground = self.ground(&order, &discovered)?;
        order.watch.planned(discovered.current.len() + self.project.pipeline.sources.len());
        let (_, all_tokens) = self.tokens_of_all(&mut ground, &mut results)?;
        pairs_of_model(&ground, &all_tokens).await
    }

    /// How many steps the run will have.
    fn steps(&self, discovered: &Discovered) -> usize {
        let sources = self.project.pipeline.sources.len();
        let persons = self.project.person_sources().count();
        discovered.current.len()
            + 2 * sources
            + persons
            + usize::from(self.counts_frequencies())
            + 1
            + self.compiled.rule_order.len()
            + usize::from(self.project.names_own_learners())
            + self.project.marts.len()
            + self.project.requests.len()
            + 1
    }

    /// Whether how often tokens come is a step of its own: a pinned model has counted them before.
    fn counts_frequencies(&self) -> bool {
        let before = self.project.pinned.as_ref().is_some_and(|model| model.frequencies.is_some());
        !before && !frequencies::columns(&self.project).is_empty()
    }

    /// The fingerprint of everything that the run rests on but the release before it.
    fn inputs(&self, discovered: &Discovered, as_of: Option<&str>) -> Fingerprint {
        let mut print = Fingerprinter::new("inputs/1")
            .with("program", env!("CARGO_PKG_VERSION"))
            .with("standardization", crate::standardize::SPEC_VERSION)
            .with("keys", self.keys.id())
            .with("as_of", as_of.unwrap_or_default());
        for delivery in &discovered.current {
            print = print
                .with("source", &delivery.source)
                .with("delivery", &delivery.sha256)
                .with("sequence", delivery.sequence.to_be_bytes());
        }
        for (file, text) in self.project.documents() {
            print = print.with("file", file.to_string_lossy().as_bytes()).with("text", text);
        }
        print.finish()
    }

    async fn walk(
        &self,
        ground: &mut Ground<'_>,
        current: Option<&Pointer>,
        inputs: &Fingerprint,
        results: &mut RunResults,
    ) -> Result<(), PipelineError> {
        let threads = ground.runner.engine.limits().threads;
        let (identified, all_tokens) = self.tokens_of_all(ground, results)?;
        let linked = Box::pin(link(ground, &all_tokens, &identified, current)).await?;
        results::linkage(results, &linked);

        let mut inputs_of_sql = BTreeMap::new();
        let crosswalk = Crosswalk::read(ground, &linked.crosswalk).await?;
        let print = &linked.crosswalk.content();
        let largest_first = by_rows(&identified);
        let organizations = Organizations::read(ground, &identified).await?;
        let today = organizations.as_ref();
        let tables =
            side_by_side(threads, &largest_first, async |one| attach(ground, one, &crosswalk, print, today).await)?;
        if let Some(today) = today {
            let day = ground.as_of.unwrap_or("today");
            let said =
                format!("Schools and districts stand as of {day}: {} of them became another one.", today.changed());
            results.notes.push(said);
        }
        for (one, table) in largest_first.into_iter().zip(&tables) {
            ground.runner.engine.register_folder(&one.source, &table.place).await?;
            inputs_of_sql.insert(one.source.clone(), table.content());
        }
        drop(crosswalk);
        ground.runner.engine.register_folder(tables::PERSON_LINK, &linked.person_link.place).await?;
        inputs_of_sql.insert(tables::PERSON_LINK.to_owned(), linked.person_link.content());
        ground.runner.engine.register_folder(tables::PERSON_CHANGE, &linked.ledger.place).await?;
        inputs_of_sql.insert(tables::PERSON_CHANGE.to_owned(), linked.ledger.content());
        inputs_of_sql.insert(tables::SOURCE_REACH.to_owned(), source_reach::register(ground)?.to_string());
        self.apply_rules(ground, &mut inputs_of_sql).await?;
        results.notes.extend(linkage_gate(ground).await?);
        if self.project.names_own_learners() {
            let own = own_ids(ground, &identified, &linked.crosswalk, organizations.as_ref()).await?;
            inputs_of_sql.insert(OWN_IDS.to_owned(), own.content());
        }
        let marts = self.make_marts(ground, &inputs_of_sql)?;
        let mut asked = Vec::new();
        for request in &self.project.requests {
            asked.push(ask(ground, request, &identified, &linked.crosswalk, &inputs_of_sql).await?);
        }
        results.headlines = results::headlines(ground).await?;
        results.notes.extend(results::to_know(ground).await?);
        let outcome = release::Outcome {
            inputs,
            current,
            identified: &identified,
            linked: &linked,
            marts: &marts,
            asked: &asked,
        };
        release::publish(ground, &outcome, results).await
    }

    /// Accepts every delivery, and makes facts, identity records and tokens of every source.
    fn tokens_of_all(
        &self,
        ground: &mut Ground<'_>,
        results: &mut RunResults,
    ) -> Result<(Vec<Identified>, Vec<Dataset>), PipelineError> {
        let threads = ground.runner.engine.limits().threads;
        let deliveries: Vec<_> = self
            .project
            .pipeline
            .sources
            .keys()
            .flat_map(|source| ground.discovered.current.iter().filter(move |d| d.source == *source))
            .collect();
        ground.accepted = self.project.pipeline.sources.keys().map(|s| (s.clone(), Vec::new())).collect();
        let all =
            side_by_side(threads, &deliveries, async |delivery| Box::pin(accept::accept(ground, delivery)).await)?;
        for (accepted, file) in all {
            results.files.push(file);
            ground.accepted.entry(accepted.delivery.source.clone()).or_default().push(accepted);
        }
        let (identified, tokens) = self.identify_all(ground)?;
        results.sources.extend(identified.iter().map(results::source));
        Ok((identified, tokens))
    }

    /// Facts, identity records and tokens of every source. Sources that others refer to come first, so that references can be looked up.
    fn identify_all(&self, ground: &Ground<'_>) -> Result<(Vec<Identified>, Vec<Dataset>), PipelineError> {
        let refers = |source: &str| self.project.contracts[source].references.iter().any(|r| *r.to != *source);
        let rows = |source: &str| ground.accepted[source].iter().map(|a| a.rows.meta.rows).sum::<u64>();
        let threads = ground.runner.engine.limits().threads;
        let sources = self.project.pipeline.sources.keys();
        let (later, first): (Vec<&String>, Vec<&String>) = sources.partition(|s| refers(s));
        let mut done = BTreeMap::new();
        for mut together in [first, later] {
            // The largest begins first, so that no thread is left alone with it.
            together.sort_by_key(|source| Reverse(rows(source)));
            let made = side_by_side(threads, &together, async |source| {
                let one = identify(ground, source, &ground.accepted[*source]).await?;
                ground.runner.engine.register_folder(&ground.reference_table(source), &one.facts.place).await?;
                let tokens = tokens(ground, &one).await?;
                Ok((one, tokens))
            })?;
            done.extend(made.into_iter().map(|(one, tokens)| (one.source.clone(), (one, tokens))));
        }
        let (identified, tokens): (Vec<Identified>, Vec<Option<Dataset>>) =
            self.project.pipeline.sources.keys().filter_map(|s| done.remove(s)).unzip();
        Ok((identified, tokens.into_iter().flatten().collect()))
    }

    async fn apply_rules(
        &self,
        ground: &Ground<'_>,
        inputs: &mut BTreeMap<String, String>,
    ) -> Result<(), PipelineError> {
        let found = |found: Diagnostics| PipelineError::Documents { found, texts: self.project.texts.clone() };
        let rule_tables = crate::rules::tables(&self.project.rules).map_err(found)?;
        let day = ground.as_of.and_then(|d| d.parse().ok()).unwrap_or(chrono::NaiveDate::MAX);
        // One after another: two at once kept the threads no busier, at a million learners.
        for name in &self.compiled.rule_order {
            let Some(table) = rule_tables.iter().find(|t| t.name == name) else { continue };
            let reads = table.reads().map_err(PipelineError::bug)?;
            let key: Vec<String> = table.versions[0].spec.grain.iter().map(|g| g.value.clone()).collect();
            let sql = table.sql(day);
            let zone = table.versions[0].spec.zone;
            let schema = table.schema();
            let job = Job { kind: "rule", name, zone, sql: &sql, schema, key: &key, reads: &reads, divided_by: None };
            let dataset = derive(ground, &job, inputs).await?;
            inputs.insert(name.clone(), dataset.content());
        }
        within(ground, &rule_tables).await
    }

    fn make_marts(
        &self,
        ground: &Ground<'_>,
        inputs: &BTreeMap<String, String>,
    ) -> Result<Vec<Dataset>, PipelineError> {
        // Those that compare others come after them.
        let (later, mut jobs): (Vec<&Mart>, Vec<&Mart>) =
            self.project.marts.iter().partition(|m| m.spec.is_over_marts());
        jobs.extend(later);
        let place = |name: &Located<String>| jobs.iter().position(|mart| mart.name() == name.value);
        let rests_on: Vec<Vec<usize>> =
            jobs.iter().map(|mart| mart.spec.over.iter().filter_map(place).collect()).collect();
        let known = Mutex::new(inputs.clone());
        let threads = ground.runner.engine.limits().threads;
        let made = in_turn(threads, &jobs, &rests_on, async |mart| {
            let inputs = lock(&known).clone();
            let dataset = make_mart(ground, mart, &inputs).await?;
            lock(&known).insert(mart.name().to_owned(), dataset.content());
            Ok(dataset)
        })?;
        let mut made: BTreeMap<&str, Dataset> = jobs.iter().map(|mart| mart.name()).zip(made).collect();
        Ok(self.project.marts.iter().filter_map(|mart| made.remove(mart.name())).collect())
    }
}

/// The largest first, so that no thread is left alone with it.
fn by_rows(identified: &[Identified]) -> Vec<&Identified> {
    let mut all: Vec<&Identified> = identified.iter().collect();
    all.sort_by_key(|one| Reverse(one.facts.meta.rows));
    all
}

fn elapsed(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}
