//! Linking files of persons by a model: a tool of its own, for any files and fields, with no learner anywhere in it.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::engine::Place;
use crate::foundation::{Diagnostic, Diagnostics};
use crate::linkage::Clusters;
use crate::linkage::model::{
    Blocking, Comparisons, Constraints, Frequencies, Joined, ModelFile, ModelPlan, PairCount, Scope, Scorer, Threshold,
    Trained, in_order, join, thousandths, threshold, train,
};
use crate::pipeline::document::Texts;
use crate::pipeline::error::PipelineError;
use crate::pipeline::files::document::{columns_of, load};
use crate::pipeline::files::outputs::Decided;
use crate::pipeline::files::persons::{PersonFile, Persons, format_of, read};
use crate::pipeline::spec::{LinkDocument, LinkMode};
use crate::standardize::SPEC_VERSION;

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    /// The project's folder.
    pub root: &'a Path,
    /// The document, from the project's folder.
    pub document: &'a Path,
    /// Files in place of the document's own, by name.
    pub files: &'a [(String, String)],
    /// Threads.
    pub threads: usize,
}

/// A document that was read and understood, with its files.
#[derive(Debug)]
pub struct Begun {
    document: LinkDocument,
    plan: ModelPlan,
    files: Vec<PersonFile>,
    threads: usize,
}

/// What a linkage came to.
#[derive(Clone, Debug)]
pub struct LinkReport {
    /// The document's name and title.
    pub name: String,
    /// Its title.
    pub title: String,
    /// Records by file.
    pub files: Vec<(String, u64)>,
    /// Values that were there and could not be used, by field.
    pub unusable: Vec<(String, u64)>,
    /// Pairs by blocking rule; empty where the model was read and not trained.
    pub rules: Vec<(String, PairCount)>,
    /// Pairs that were compared.
    pub compared: u64,
    /// Where the decision was drawn.
    pub threshold: Threshold,
    /// Pairs of one person, as the model estimates them.
    pub matches: f64,
    /// The model.
    pub model: ModelFile,
    /// Persons.
    pub clusters: u64,
    /// Seconds by phase.
    pub seconds: Vec<(&'static str, f64)>,
}

/// Reads and checks a document; nothing of its files is read but that they are there.
pub async fn begin(asked: &Asked<'_>) -> Result<Begun, PipelineError> {
    let mut found = Diagnostics::default();
    let mut texts = Texts::default();
    let file = asked.document;
    let Some((document, plan)) = load(asked.root, file, &mut texts, &mut found) else {
        return Err(PipelineError::Documents { found, texts });
    };
    for name in asked.files.iter().map(|(name, _)| name).filter(|name| !document.files.contains_key(*name)) {
        let message = format!("`--file {name}=...` names no file of the document");
        let known: Vec<&str> = document.files.keys().map(String::as_str).collect();
        found.push(Diagnostic::error("M007", file, message).help(format!("its files are: {}", known.join(", "))));
    }
    for (at, (name, _)) in asked.files.iter().enumerate() {
        if asked.files[..at].iter().any(|(before, _)| before == name) {
            let message = format!("`--file {name}=...` is given twice");
            found.push(Diagnostic::error("M007", file, message).help("name each file once"));
        }
    }
    let mut files = Vec::new();
    for (name, one) in &document.files {
        let given = asked.files.iter().find(|(given, _)| given == name);
        // A file of the command line is one of the folder that the user stands in; the document's own are the project's.
        let (path, base) = given.map_or((one.path.as_str(), asked.root), |(_, path)| (path.as_str(), Path::new(".")));
        let place = Place::parse(path, base)?;
        match format_of(one.format.as_ref(), path) {
            Ok(format) => {
                let columns = columns_of(&document.fields, one);
                files.push(PersonFile { name: name.clone(), place, format, columns, id: one.id.clone() });
            }
            Err(reason) => {
                found.push(Diagnostic::error("M008", file, format!("file `{name}`: {reason}")).at(&one.path));
            }
        }
    }
    if found.has_errors() {
        return Err(PipelineError::Documents { found, texts });
    }
    let mut missing = Vec::new();
    for file in &files {
        if !file.place.exists().await? {
            missing.push(format!("{}: {}", file.name, file.place));
        }
    }
    if !missing.is_empty() {
        return Err(PipelineError::NotThere { what: missing });
    }
    Ok(Begun { document, plan, files, threads: asked.threads })
}

/// Seconds by phase.
struct Clock {
    since: Instant,
    laps: Vec<(&'static str, f64)>,
}

impl Clock {
    fn new() -> Self {
        Self { since: Instant::now(), laps: Vec::new() }
    }

    fn lap(&mut self, phase: &'static str) {
        self.laps.push((phase, self.since.elapsed().as_secs_f64()));
        self.since = Instant::now();
    }
}

impl Begun {
    /// The files.
    #[must_use]
    pub fn files(&self) -> &[PersonFile] {
        &self.files
    }

    /// Whether nobody stands twice in any file.
    #[must_use]
    pub fn is_free_of_duplicates(&self) -> bool {
        self.document.files.values().all(|file| !file.duplicates)
    }

    /// Which pairs may be one person.
    #[must_use]
    pub fn scope(&self) -> Scope {
        match self.document.mode {
            LinkMode::LinkOnly => Scope::Between,
            LinkMode::DedupeOnly => Scope::Within,
            LinkMode::LinkAndDedupe => Scope::Both,
        }
    }

    fn read(&self) -> Result<Persons, PipelineError> {
        let runtime = tokio::runtime::Handle::current();
        let (files, fields) = (&self.files, &self.document.fields);
        tokio::task::block_in_place(|| read(files, fields, self.document.synthetic, self.threads, &runtime))
    }

    /// Counts the pairs that each blocking rule makes, without comparing any.
    pub fn estimate(&self) -> Result<Vec<(String, PairCount)>, PipelineError> {
        let persons = self.read()?;
        let blocking = Blocking::new(&persons.records, &self.plan.rules, self.scope(), self.threads);
        let counts = blocking.counts(self.threads);
        Ok(self.plan.rules.iter().map(|rule| rule.id.clone()).zip(counts).collect())
    }

    /// Trains the model alone.
    pub fn train(&self) -> Result<ModelFile, PipelineError> {
        let persons = self.read()?;
        let comparisons = Comparisons::new(&persons.records, &self.plan.comparisons);
        let blocking = Blocking::new(&persons.records, &self.plan.rules, self.scope(), self.threads);
        let trained = train(&persons.records, &comparisons, &blocking, self.scope(), self.threads, None)?;
        Ok(self.file_of(&trained))
    }

    fn file_of(&self, trained: &Trained) -> ModelFile {
        let document = &self.document;
        ModelFile::new(&document.link, document.version, SPEC_VERSION, &self.plan.comparisons, trained)
    }

    /// Links the files, under a model that was trained before or one that is trained now, and writes below `out`.
    pub async fn link(&self, pinned: Option<&ModelFile>, out: &Place) -> Result<LinkReport, PipelineError> {
        let mut clock = Clock::new();
        let persons = self.read()?;
        clock.lap("read");
        let (records, list) = (&persons.records, &self.plan.comparisons[..]);
        let blocking = Blocking::new(records, &self.plan.rules, self.scope(), self.threads);
        clock.lap("block");
        let comparisons = Comparisons::new(records, list);
        let trained = match pinned {
            Some(model) => model.trained(&self.document.link, self.document.version, SPEC_VERSION, list)?,
            None => train(records, &comparisons, &blocking, self.scope(), self.threads, None)?,
        };
        clock.lap("train");
        let scorer = Scorer::new(records, &comparisons, &trained, &Frequencies::of(records, list));
        let (mut pairs, compared) = scorer.pairs(&blocking, thousandths(self.document.decide.floor), self.threads);
        clock.lap("score");
        in_order(&mut pairs);
        let free: Vec<bool> = self.document.files.values().map(|f| !f.duplicates).collect();
        let constraints = Constraints { records, free_of_duplicates: &free };
        let memories = RefCell::new(comparisons.memories());
        // Two members of a group whose own comparison speaks against them are not brought together by a third.
        let may = |a: u32, b: u32| scorer.score(&mut memories.borrow_mut(), a.min(b), a.max(b)).1 >= trained.prior();
        let joined = join(&pairs, &constraints, may);
        drop(pairs);
        let drawn = self.drawn(&joined, trained.matches);
        let clusters = persons_of(records.len(), &joined[..drawn.links]);
        clock.lap("decide");
        let model = self.file_of(&trained);
        let decided = Decided {
            files: &self.files,
            plan: &self.plan,
            persons: &persons,
            blocking: &blocking,
            joined: &joined,
            drawn,
            clusters: &clusters,
        };
        decided.write(&model, out, self.threads).await?;
        clock.lap("write");
        let count = |file: usize| records.of_file(file).len() as u64;
        Ok(LinkReport {
            name: self.document.link.value.clone(),
            title: self.document.title.clone(),
            files: self.files.iter().enumerate().map(|(at, file)| (file.name.clone(), count(at))).collect(),
            unusable: persons.unusable.clone(),
            rules: self.plan.rules.iter().map(|rule| rule.id.clone()).zip(trained.counts.iter().copied()).collect(),
            compared,
            threshold: drawn,
            matches: trained.matches,
            model,
            clusters: clusters.iter().max().map_or(0, |last| u64::from(*last) + 1),
            seconds: clock.laps,
        })
    }

    /// Where the line between links and the rest is drawn.
    fn drawn(&self, joined: &[Joined], matches: f64) -> Threshold {
        let Some(asked) = self.document.decide.probability else { return threshold(joined, matches) };
        let asked = asked.clamp(1e-9, 1.0 - 1e-9);
        let weight = thousandths(libm::log2(asked / (1.0 - asked)));
        let links = joined.partition_point(|one| one.pair.weight >= weight);
        let right: f64 = joined[..links].iter().map(|one| one.probability * one.pairs as f64).sum();
        let pairs: u64 = joined[..links].iter().map(|one| one.pairs).sum();
        let precision = if pairs == 0 { 1.0 } else { right / pairs as f64 };
        Threshold { weight, links, precision, recall: right / matches.max(right).max(1.0) }
    }
}

/// The person of every record, numbered from 0 in the order of their first records.
fn persons_of(records: usize, links: &[Joined]) -> Vec<u32> {
    let mut clusters = Clusters::singletons(u32::try_from(records).unwrap_or(u32::MAX));
    for link in links {
        let (a, b) = (clusters.root(link.pair.left), clusters.root(link.pair.right));
        clusters.union(a, b);
    }
    clusters.numbers()
}

/// Reads a model file.
pub async fn read_model(path: &Path) -> Result<ModelFile, PipelineError> {
    let place = Place::parse(&path.to_string_lossy(), Path::new("."))?;
    let Some(bytes) = place.read_if_there().await? else {
        return Err(PipelineError::NotThere { what: vec![format!("model: {}", path.display())] });
    };
    let refuse = |reason: String| crate::linkage::model::ModelError::OtherModel { reason };
    Ok(serde_json::from_slice(&bytes).map_err(|e| refuse(format!("{} is no model: {e}", path.display())))?)
}

/// Where `throughline link` writes unless told otherwise: in the project that the document is of.
#[must_use]
pub fn default_out(begun: &Begun, root: &Path) -> PathBuf {
    let out = PathBuf::from("out").join(begun.document.link.as_str());
    if root == Path::new(".") { out } else { root.join(out) }
}
