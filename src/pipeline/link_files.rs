//! Linking files of persons by a model: a tool of its own, for any files and fields, with no learner anywhere in it.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use arrow::array::{
    ArrayRef, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray, StringBuilder, UInt32Array,
};
use arrow::compute::take;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use crate::engine::{DatasetWriter, EngineError, Place, WriteOptions};
use crate::foundation::{Diagnostic, Diagnostics, Fingerprint, Zone};
use crate::linkage::model::spec::ModelSpec;
use crate::linkage::model::{
    BIT, Blocking, Comparisons, Constraints, Joined, ModelFile, ModelPlan, PairCount, Scope, Scorer, Threshold,
    Trained, in_order, join, level_names, levels_of, probability, thousandths, threshold, train,
};
use crate::pipeline::document::Texts;
use crate::pipeline::error::PipelineError;
use crate::pipeline::person_files::{PersonFile, Persons, format_of, read};
use crate::pipeline::side_by_side::side_by_side;
use crate::pipeline::spec::{LinkDocument, LinkMode};
use crate::standardize::SPEC_VERSION;

/// Rows of one batch that is written.
const ROWS: usize = 65_536;

/// The most files of one linkage: a group of records keeps a bit for each.
const MOST_FILES: usize = 64;

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
    let document: Option<LinkDocument> = texts.yaml(asked.root, file, &mut found);
    let Some(document) = document else { return Err(PipelineError::Documents { found, texts }) };
    let spec = ModelSpec { fields: &document.fields, blocking: &document.blocking, comparisons: &document.comparisons };
    let plan = ModelPlan::new(spec, file, &mut found);
    let free = document.files.values().filter(|f| !f.duplicates).count();
    if document.mode == LinkMode::LinkOnly && document.files.len() < 2 {
        let message = "`mode: link_only` links records of different files, and there are fewer than two";
        found.push(Diagnostic::error("M006", file, message).help("add a file, or use `mode: dedupe_only`"));
    }
    if document.mode == LinkMode::DedupeOnly && free > 0 {
        let message = "`mode: dedupe_only` finds records of one person within a file, and a file is said to have none";
        found.push(Diagnostic::error("M006", file, message).help("say `duplicates: true` of every file"));
    }
    if document.files.len() > MOST_FILES {
        let message = format!("{} files, and at most {MOST_FILES} are linked at once", document.files.len());
        found.push(Diagnostic::error("M006", file, message).help("put files of one source together"));
    }
    for name in asked.files.iter().map(|(name, _)| name).filter(|name| !document.files.contains_key(*name)) {
        let message = format!("`--file {name}=...` names no file of the document");
        let known: Vec<&str> = document.files.keys().map(String::as_str).collect();
        found.push(Diagnostic::error("M007", file, message).help(format!("its files are: {}", known.join(", "))));
    }
    let mut files = Vec::new();
    for (name, one) in &document.files {
        let given = asked.files.iter().find(|(given, _)| given == name);
        // A file of the command line is one of the folder that the user stands in; the document's own are the project's.
        let (path, base) = given.map_or((one.path.as_str(), asked.root), |(_, path)| (path.as_str(), Path::new(".")));
        let place = Place::parse(path, base)?;
        match format_of(one.format.as_ref(), path) {
            Ok(format) => files.push(PersonFile { name: name.clone(), place, format, id: one.id.clone() }),
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
        return Err(PipelineError::NotArrived { sources: missing });
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
        let trained = train(&persons.records, &comparisons, &blocking, self.scope(), self.threads)?;
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
            None => train(records, &comparisons, &blocking, self.scope(), self.threads)?,
        };
        clock.lap("train");
        let scorer = Scorer::new(records, &comparisons, &trained);
        let (mut pairs, compared) = scorer.pairs(&blocking, thousandths(self.document.decide.floor), self.threads);
        clock.lap("score");
        in_order(&mut pairs);
        let free: Vec<bool> = self.document.files.values().map(|f| !f.duplicates).collect();
        let constraints = Constraints { records, free_of_duplicates: &free };
        let memories = RefCell::new(comparisons.memories());
        // Two members of a group whose own comparison speaks against them are not brought together by a third.
        let may = |a: u32, b: u32| scorer.score(&mut memories.borrow_mut(), a.min(b), a.max(b)).1 >= trained.prior();
        let joined = join(&pairs, records.len(), &constraints, may);
        drop(pairs);
        let drawn = self.drawn(&joined, trained.matches);
        let clusters = clusters(records.len(), &joined[..drawn.links]);
        clock.lap("decide");
        let model = self.file_of(&trained);
        let decided = Decided {
            begun: self,
            persons: &persons,
            blocking: &blocking,
            joined: &joined,
            drawn,
            clusters: &clusters,
        };
        decided.write(&model, out).await?;
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
fn clusters(records: usize, links: &[Joined]) -> Vec<u32> {
    let count = u32::try_from(records).unwrap_or(u32::MAX);
    let mut up: Vec<u32> = (0..count).collect();
    let root = |up: &mut Vec<u32>, mut at: u32| {
        while up[at as usize] != at {
            up[at as usize] = up[up[at as usize] as usize];
            at = up[at as usize];
        }
        at
    };
    for link in links {
        let (a, b) = (root(&mut up, link.pair.left), root(&mut up, link.pair.right));
        up[a.max(b) as usize] = a.min(b);
    }
    let mut numbers = vec![0; records];
    let mut next = 0;
    for record in 0..count {
        let first = root(&mut up, record);
        numbers[record as usize] = if first == record {
            next += 1;
            next - 1
        } else {
            numbers[first as usize]
        };
    }
    numbers
}

/// A record of which file and which person: `source`, `record_id`, `cluster_id`.
#[must_use]
pub fn crosswalk_schema() -> SchemaRef {
    let text = |name: &str| Field::new(name, DataType::Utf8, false);
    Arc::new(Schema::new(vec![text("source"), text("record_id"), Field::new("cluster_id", DataType::Int64, false)]))
}

/// One row a decision, the greatest weight first.
#[must_use]
pub fn log_schema() -> SchemaRef {
    let text = |name: &str| Field::new(name, DataType::Utf8, false);
    Arc::new(Schema::new(vec![
        Field::new("decision_id", DataType::Int64, false),
        text("left_source"),
        text("left_id"),
        text("right_source"),
        text("right_id"),
        text("rule"),
        text("levels"),
        Field::new("weight_millibits", DataType::Int32, false),
        Field::new("probability", DataType::Float64, false),
        Field::new("lead_millibits", DataType::Int32, true),
        text("decision"),
        text("model"),
    ]))
}

/// What is written.
struct Decided<'a> {
    begun: &'a Begun,
    persons: &'a Persons,
    blocking: &'a Blocking<'a>,
    joined: &'a [Joined],
    drawn: Threshold,
    clusters: &'a [u32],
}

#[derive(Clone, Copy)]
enum Part {
    Crosswalk,
    Log,
}

impl Decided<'_> {
    async fn write(&self, model: &ModelFile, out: &Place) -> Result<(), PipelineError> {
        let text = serde_json::to_string_pretty(model).map_err(PipelineError::bug)?;
        let fingerprint = Fingerprint::of(text.as_bytes());
        side_by_side(self.begun.threads, &[Part::Crosswalk, Part::Log], async |part| match part {
            Part::Crosswalk => self.crosswalk(&out.join("crosswalk"), &fingerprint).await,
            Part::Log => self.log(&out.join("match_log"), &fingerprint).await,
        })?;
        Ok(out.join("model.json").write(format!("{text}\n")).await?)
    }

    fn sources(&self) -> StringArray {
        StringArray::from_iter_values(self.begun.files.iter().map(|file| &file.name))
    }

    async fn crosswalk(&self, place: &Place, fingerprint: &Fingerprint) -> Result<(), PipelineError> {
        let schema = crosswalk_schema();
        let records = &self.persons.records;
        let options = WriteOptions { hashed: vec!["record_id".to_owned()], ..WriteOptions::default() };
        let mut writer = DatasetWriter::create(place, Arc::clone(&schema), &options).await?;
        for (file, name) in self.begun.files.iter().enumerate() {
            let of = records.of_file(file);
            for start in of.clone().step_by(ROWS) {
                let rows = start..of.end.min(start.saturating_add(u32::try_from(ROWS).unwrap_or(u32::MAX)));
                let columns: Vec<ArrayRef> = vec![
                    Arc::new(StringArray::from_iter_values(rows.clone().map(|_| &name.name))),
                    Arc::new(StringArray::from_iter_values(rows.clone().map(|row| self.persons.ids.get(row)))),
                    Arc::new(Int64Array::from_iter_values(rows.map(|row| i64::from(self.clusters[row as usize])))),
                ];
                let batch =
                    RecordBatch::try_new(Arc::clone(&schema), columns).map_err(EngineError::arrow("crosswalk"))?;
                writer.write(batch).await?;
            }
        }
        writer.finish("crosswalk", fingerprint.as_str(), Zone::Restricted, serde_json::Map::new()).await?;
        Ok(())
    }

    async fn log(&self, place: &Place, fingerprint: &Fingerprint) -> Result<(), PipelineError> {
        let schema = log_schema();
        let hashed = ["left_id", "right_id"].map(str::to_owned).to_vec();
        let options = WriteOptions { hashed, ..WriteOptions::default() };
        let mut writer = DatasetWriter::create(place, Arc::clone(&schema), &options).await?;
        let patterns = self.patterns();
        for (at, decisions) in self.joined.chunks(ROWS).enumerate() {
            writer.write(self.log_batch(&schema, at * ROWS, decisions, &patterns, fingerprint.short())?).await?;
        }
        writer.finish("match_log", fingerprint.as_str(), Zone::Audit, serde_json::Map::new()).await?;
        Ok(())
    }

    /// Every pattern that stands in the log, in order, and what it says.
    fn patterns(&self) -> (Vec<u64>, StringArray) {
        let list = &self.begun.plan.comparisons[..];
        let mut patterns: Vec<u64> = self.joined.iter().map(|one| one.pair.pattern).collect();
        patterns.sort_unstable();
        patterns.dedup();
        let named: Vec<Vec<String>> = list.iter().map(level_names).collect();
        let says = patterns.iter().map(|pattern| {
            let levels = levels_of(list, *pattern);
            let parts = list.iter().zip(&named).zip(levels);
            parts
                .map(|((c, names), level)| format!("{}: {}", c.name, names[usize::from(level)]))
                .collect::<Vec<_>>()
                .join(", ")
        });
        let says = StringArray::from_iter_values(says);
        (patterns, says)
    }

    fn log_batch(
        &self,
        schema: &SchemaRef,
        first: usize,
        decisions: &[Joined],
        patterns: &(Vec<u64>, StringArray),
        model: &str,
    ) -> Result<RecordBatch, PipelineError> {
        let records = &self.persons.records;
        let fault = || EngineError::arrow("match log");
        let from = |texts: &StringArray, of: &dyn Fn(&Joined) -> usize| -> Result<ArrayRef, EngineError> {
            let places: UInt32Array = decisions.iter().map(|d| u32::try_from(of(d)).ok()).collect();
            take(texts, &places, None).map_err(fault())
        };
        let ids = |of: fn(&Joined) -> u32| -> ArrayRef {
            let mut texts = StringBuilder::with_capacity(decisions.len(), decisions.len() * 8);
            for decision in decisions {
                texts.append_value(self.persons.ids.get(of(decision)));
            }
            Arc::new(texts.finish())
        };
        let sources = self.sources();
        let rules = StringArray::from_iter_values(self.begun.plan.rules.iter().map(|rule| &rule.id));
        let words = StringArray::from_iter_values(["link", "below_threshold"]);
        let rule_of = |d: &Joined| self.blocking.rule_of(d.pair.left, d.pair.right).unwrap_or(usize::MAX);
        let numbers = (first..first + decisions.len()).map(|at| i64::try_from(at + 1).unwrap_or(i64::MAX));
        let columns: Vec<ArrayRef> = vec![
            Arc::new(Int64Array::from_iter_values(numbers)),
            from(&sources, &|d| records.file(d.pair.left))?,
            ids(|d| d.pair.left),
            from(&sources, &|d| records.file(d.pair.right))?,
            ids(|d| d.pair.right),
            from(&rules, &rule_of)?,
            from(&patterns.1, &|d| patterns.0.partition_point(|p| *p < d.pair.pattern))?,
            Arc::new(Int32Array::from_iter_values(decisions.iter().map(|d| d.pair.weight))),
            Arc::new(Float64Array::from_iter_values(decisions.iter().map(|d| probability(d.pair.weight)))),
            Arc::new(decisions.iter().map(|d| d.runner_up.map(|next| d.pair.weight - next)).collect::<Int32Array>()),
            from(&words, &|d| usize::from(d.pair.weight < self.drawn.weight))?,
            Arc::new(StringArray::from_iter_values(decisions.iter().map(|_| model))),
        ];
        Ok(RecordBatch::try_new(Arc::clone(schema), columns).map_err(fault())?)
    }
}

/// Reads a model file.
pub async fn read_model(path: &Path) -> Result<ModelFile, PipelineError> {
    let place = Place::parse(&path.to_string_lossy(), Path::new("."))?;
    let Some(bytes) = place.read_if_there().await? else {
        return Err(PipelineError::NotArrived { sources: vec![format!("model: {}", path.display())] });
    };
    let refuse = |reason: String| crate::linkage::model::ModelError::OtherModel { reason };
    Ok(serde_json::from_slice(&bytes).map_err(|e| refuse(format!("{} is no model: {e}", path.display())))?)
}

/// Where `throughline link` writes unless told otherwise.
#[must_use]
pub fn default_out(begun: &Begun) -> PathBuf {
    PathBuf::from("out").join(begun.document.link.as_str())
}

/// A weight in bits.
#[must_use]
pub fn bits(weight: i32) -> f64 {
    f64::from(weight) / BIT
}
