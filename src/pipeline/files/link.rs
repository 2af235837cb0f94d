//! Linking files of persons by a model: a tool of its own, for any files and fields, with no learner anywhere in it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::engine::Place;
use crate::foundation::{Diagnostic, Diagnostics};
use crate::linkage::Clusters;
use crate::linkage::model::spec::{FieldSpec, Holds};
use crate::linkage::model::{
    Beforehand, Blocking, Choice, Comparisons, Constraints, Decided, Frequencies, Kept, ModelError, ModelFile,
    ModelPlan, PairCount, Part, Records, Refusal, Rule, Scope, Scored, Scorer, SuggestedRule, Threshold, Trained,
    decide, in_order, probability, suggest, thousandths, threshold, train,
};
use crate::pipeline::document::Texts;
use crate::pipeline::error::PipelineError;
use crate::pipeline::files::document::{columns_of, load};
use crate::pipeline::files::frequencies;
use crate::pipeline::files::labels::{Labels, LabelsTold};
use crate::pipeline::files::outputs::Outputs;
use crate::pipeline::files::persons::{PersonFile, Persons, format_of, read};
use crate::pipeline::spec::{LinkDocument, LinkMode};
use crate::publish::Lock;
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
    /// Pairs that people have labelled, to learn from.
    pub labels: Option<&'a Path>,
    /// Threads.
    pub threads: usize,
}

/// Blocking rules that are suggested.
#[derive(Clone, Debug, PartialEq)]
pub struct Suggestion {
    /// The rules.
    pub rules: Vec<SuggestedRule>,
    /// What a rule may be on, in the words of a document.
    pub choices: Vec<String>,
    /// Pairs that the model takes for one person.
    pub matches: u64,
    /// Pairs that the document's own rules make.
    pub own: u64,
    /// The recall that was asked for.
    pub asked: f64,
}

/// A document that was read and understood, with its files.
#[derive(Debug)]
pub struct Begun {
    document: LinkDocument,
    plan: ModelPlan,
    files: Vec<PersonFile>,
    labels: Option<PathBuf>,
    threads: usize,
}

/// What a blocking rule makes.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleResult {
    /// The rule.
    pub rule: String,
    /// Its pairs.
    pub count: PairCount,
    /// Of the pairs that are skipped, about how many are of one person; known with a model alone.
    pub lost: Option<f64>,
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
    /// Pairs by blocking rule.
    pub rules: Vec<RuleResult>,
    /// Pairs that were compared.
    pub compared: u64,
    /// Where the decision was drawn.
    pub threshold: Threshold,
    /// Pairs of one person, as the model estimates them.
    pub matches: f64,
    /// The model.
    pub model: ModelFile,
    /// How it stands to labels, where there are some.
    pub labels: Option<LabelsTold>,
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
    let labels = asked.labels.map(Path::to_path_buf);
    Ok(Begun { document, plan, files, labels, threads: asked.threads })
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

    /// The document.
    #[must_use]
    pub fn document(&self) -> &LinkDocument {
        &self.document
    }

    /// Its comparisons and blocking rules.
    #[must_use]
    pub fn plan(&self) -> &ModelPlan {
        &self.plan
    }

    /// How many threads may work.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// Reads the files.
    pub fn read(&self) -> Result<Persons, PipelineError> {
        let runtime = tokio::runtime::Handle::current();
        let (files, fields) = (&self.files, &self.document.fields);
        tokio::task::block_in_place(|| read(files, fields, self.document.synthetic, self.threads, &runtime))
    }

    /// Counts the pairs that each blocking rule makes, without comparing any.
    pub fn estimate(&self) -> Result<Vec<RuleResult>, PipelineError> {
        let persons = self.read()?;
        let blocking = Blocking::new(&persons.records, &self.plan.rules, self.scope(), self.threads);
        let of = |(rule, count): (&Rule, PairCount)| RuleResult { rule: rule.id.clone(), count, lost: None };
        Ok(self.plan.rules.iter().zip(blocking.counts()).map(of).collect())
    }

    /// Suggests blocking rules that find the share `recall` of the pairs that the model, trained with the document's own rules, takes for one person.
    pub fn suggest(&self, recall: f64) -> Result<Suggestion, PipelineError> {
        let persons = self.read()?;
        let (records, list) = (&persons.records, &self.plan.comparisons[..]);
        let blocking = Blocking::new(records, &self.plan.rules, self.scope(), self.threads);
        let comparisons = Comparisons::new(records, list);
        let before = beforehand(self.labels(&persons)?.as_ref());
        let trained = train(records, &comparisons, &blocking, self.scope(), self.threads, &before)?;
        let scorer = Scorer::new(records, &comparisons, &trained, &Frequencies::of(records, list));
        let (pairs, _) = scorer.pairs(&blocking, 0, self.threads);
        let matches: Vec<(u32, u32, f64)> = pairs.iter().map(|p| (p.left, p.right, probability(p.weight))).collect();
        let choices = self.choices();
        let rules = suggest(records, &choices, list, self.scope(), &matches, recall, self.threads);
        let own = blocking.counts().iter().map(|count| count.pairs).sum();
        let says = choices.into_iter().map(|choice| choice.says).collect();
        Ok(Suggestion { rules, choices: says, matches: matches.len() as u64, own, asked: recall })
    }

    /// Everything that a blocking rule over the document's fields may be on.
    fn choices(&self) -> Vec<Choice> {
        let of = |(at, field): (usize, &FieldSpec)| {
            let name = field.name.as_str();
            let mut parts = vec![(Part::Whole(at), name.to_owned())];
            match field.holds {
                Holds::Date => parts.push((Part::Year(at), format!("year of {name}"))),
                Holds::Ssn => parts.push((Part::LastFour(at), format!("last four of {name}"))),
                Holds::Number | Holds::Sex => {}
                _ => parts.extend([2, 4].map(|n| (Part::First(at, n), format!("first {n} of {name}")))),
            }
            if field.holds == Holds::FirstName {
                parts.push((Part::Root(at), format!("root of {name}")));
            }
            parts.into_iter().map(|(part, says)| Choice { part, says }).collect::<Vec<_>>()
        };
        // A bit of a word each.
        self.document.fields.iter().enumerate().flat_map(of).take(64).collect()
    }

    fn labels(&self, persons: &Persons) -> Result<Option<Labels>, PipelineError> {
        let runtime = tokio::runtime::Handle::current();
        self.labels.as_ref().map(|path| Labels::read(path, &self.files, persons, &runtime)).transpose()
    }

    /// Trains the model alone. How often values came is written below `folder`, where the model will stand, and the model names it.
    pub async fn train(&self, folder: &Place) -> Result<ModelFile, PipelineError> {
        let persons = self.read()?;
        let comparisons = Comparisons::new(&persons.records, &self.plan.comparisons);
        let blocking = Blocking::new(&persons.records, &self.plan.rules, self.scope(), self.threads);
        let before = beforehand(self.labels(&persons)?.as_ref());
        let trained = train(&persons.records, &comparisons, &blocking, self.scope(), self.threads, &before)?;
        let frequencies = frequencies::write(&persons.records, &self.plan.comparisons, folder).await?;
        Ok(ModelFile { frequencies, ..self.file_of(&trained) })
    }

    fn file_of(&self, trained: &Trained) -> ModelFile {
        let document = &self.document;
        let file = ModelFile::new(&document.link, document.version, SPEC_VERSION, &self.plan.comparisons, trained);
        ModelFile { holds: self.holds(), ..file }
    }

    /// What each field holds, by name.
    fn holds(&self) -> BTreeMap<String, Holds> {
        self.document.fields.iter().map(|field| (field.name.value.clone(), field.holds)).collect()
    }

    /// A model that was trained before, if it is of this document and what its fields hold.
    pub fn trained(&self, model: &ModelFile) -> Result<Trained, PipelineError> {
        let document = &self.document;
        let trained = model.trained(&document.link, document.version, SPEC_VERSION, &self.plan.comparisons)?;
        let own = self.holds();
        // A model of before fields were named in it says nothing of them.
        match own.iter().find(|(name, holds)| model.holds.get(*name).is_some_and(|theirs| theirs != *holds)) {
            Some((name, _)) => Err(ModelError::OtherModel {
                reason: format!("field `{name}` holds something else in the document than when it was trained"),
            }
            .into()),
            None => Ok(trained),
        }
    }

    /// Links the files, under a model that was trained before or one that is trained now, and writes below `out`.
    pub async fn link(&self, pinned: Option<&Pinned>, out: &Place) -> Result<LinkReport, PipelineError> {
        if self.document.decide.keep_to_labels && self.labels.is_none() {
            return Err(PipelineError::Asked(
                "the document keeps to labels (`keep_to_labels: true`), and none are given, so what people decided would be undone; name them with --labels FILE"
                    .to_owned(),
            ));
        }
        let mut clock = Clock::new();
        let persons = self.read()?;
        // Of two at once, the second would take away what the first has just written.
        let _lock = out.local().map(|folder| Lock::take(&folder, &self.document.link.value)).transpose()?;
        clock.lap("read");
        let (records, list) = (&persons.records, &self.plan.comparisons[..]);
        let blocking = Blocking::new(records, &self.plan.rules, self.scope(), self.threads);
        clock.lap("block");
        let comparisons = Comparisons::new(records, list);
        let labels = self.labels(&persons)?;
        let free: Vec<bool> = self.document.files.values().map(|f| !f.duplicates).collect();
        if let Some((labels, path)) = labels.as_ref().zip(self.labels.as_ref())
            && self.document.decide.keep_to_labels
        {
            labels.fit(&free, path, &self.files, &persons)?;
        }
        let trained = match pinned {
            Some(pinned) => self.trained(&pinned.model)?,
            None => train(records, &comparisons, &blocking, self.scope(), self.threads, &beforehand(labels.as_ref()))?,
        };
        clock.lap("train");
        let counted = pinned.and_then(|pinned| Some((&pinned.folder, pinned.model.frequencies.as_deref()?)));
        let frequencies = match counted {
            Some((folder, fingerprint)) => frequencies::read(records, list, folder, fingerprint).await?,
            None => Frequencies::of(records, list),
        };
        let scorer = Scorer::new(records, &comparisons, &trained, &frequencies);
        let (mut pairs, compared) = scorer.pairs(&blocking, thousandths(self.document.decide.floor), self.threads);
        clock.lap("score");
        let counts = if pinned.is_some() { blocking.counts() } else { trained.counts.clone() };
        let lost = scorer.lost(&blocking, &counts, |_, _| true);
        let of = |((rule, count), lost): ((&Rule, PairCount), f64)| RuleResult {
            rule: rule.id.clone(),
            count,
            lost: Some(lost),
        };
        let rules = self.plan.rules.iter().zip(counts).zip(lost).map(of).collect();
        in_order(&mut pairs);
        let review = self.document.decide.review;
        let mut memory = comparisons.memories();
        let labels_kept = labels.as_ref().filter(|_| self.document.decide.keep_to_labels);
        let same: Vec<Scored> = labels_kept
            .map_or(&[][..], |labels| &labels.same)
            .iter()
            .map(|&(left, right)| {
                let (pattern, weight) = scorer.score(&mut memory, left, right);
                Scored { left, right, weight, pattern }
            })
            .collect();
        let kept = Kept { same: &same, different: labels_kept.map_or(&[], |labels| &labels.different) };
        let constraints = Constraints {
            records,
            free_of_duplicates: &free,
            list,
            differs: &self.plan.differs,
            most_records: self.document.decide.most_records,
            review: thousandths(libm::log2(review / (1.0 - review))),
            kept,
        };
        let memories = RefCell::new(comparisons.memories());
        // Two members of a group whose own comparison speaks against them are not brought together by a third.
        let against = |a: u32, b: u32| {
            let (pattern, weight) = scorer.score(&mut memories.borrow_mut(), a.min(b), a.max(b));
            constraints.differing(pattern).or((weight < trained.prior()).then_some(Refusal::Member))
        };
        let decided = decide(&pairs, &constraints, self.threads, against);
        drop(pairs);
        let matches = self.believable(trained.matches, records);
        let drawn = self.drawn(&decided, matches);
        let clusters = persons_of(records.len(), &decided, drawn);
        clock.lap("decide");
        let named = pinned.and_then(|pinned| pinned.model.frequencies.clone());
        let model = ModelFile { frequencies: named, ..self.file_of(&trained) };
        let outputs = Outputs {
            files: &self.files,
            plan: &self.plan,
            persons: &persons,
            blocking: &blocking,
            decided: &decided,
            review,
            drawn,
            clusters: &clusters,
        };
        outputs.write(&model, out, self.threads).await?;
        frequencies::keep(counted, out).await?;
        clock.lap("write");
        let count = |file: usize| records.of_file(file).len() as u64;
        Ok(LinkReport {
            name: self.document.link.value.clone(),
            title: self.document.title.clone(),
            files: self.files.iter().enumerate().map(|(at, file)| (file.name.clone(), count(at))).collect(),
            unusable: persons.unusable.clone(),
            rules,
            compared,
            threshold: drawn,
            matches,
            model,
            labels: labels.map(|labels| labels.told(&clusters)),
            clusters: clusters.iter().max().map_or(0, |last| u64::from(*last) + 1),
            seconds: clock.laps,
        })
    }

    /// No more pairs of one person than there can be, where nobody stands twice in any file.
    #[allow(clippy::cast_precision_loss)] // counts of records
    fn believable(&self, matches: f64, records: &Records) -> f64 {
        if !self.is_free_of_duplicates() {
            return matches;
        }
        let sizes: Vec<usize> = (0..records.files()).map(|file| records.of_file(file).len()).collect();
        let most = |at: usize| sizes[..at].iter().map(|size| sizes[at].min(*size)).sum::<usize>();
        matches.min((1..sizes.len()).map(most).sum::<usize>() as f64)
    }

    /// Where the line between links and the rest is drawn.
    fn drawn(&self, decided: &[Decided], matches: f64) -> Threshold {
        let Some(asked) = self.document.decide.probability else { return threshold(decided, matches) };
        let asked = asked.clamp(1e-9, 1.0 - 1e-9);
        Threshold::at(thousandths(libm::log2(asked / (1.0 - asked))), decided, matches)
    }
}

/// What is known before training.
fn beforehand(labels: Option<&Labels>) -> Beforehand {
    Beforehand { matches: None, same: labels.map(|labels| labels.same.clone()).unwrap_or_default() }
}

/// The person of every record, numbered from 0 in the order of their first records.
fn persons_of(records: usize, decided: &[Decided], drawn: Threshold) -> Vec<u32> {
    let mut clusters = Clusters::singletons(u32::try_from(records).unwrap_or(u32::MAX));
    for link in decided.iter().filter(|one| drawn.links(one)) {
        let (a, b) = (clusters.root(link.pair.left), clusters.root(link.pair.right));
        clusters.union(a, b);
    }
    clusters.numbers()
}

/// A model that was trained before, and the folder in which it stands.
#[derive(Clone, Debug)]
pub struct Pinned {
    /// The model.
    pub model: ModelFile,
    /// Where what it counted lies beside it.
    pub folder: Place,
}

/// The folder of a file.
pub fn folder_of(file: &Path) -> Result<Place, PipelineError> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Ok(Place::parse(&folder.to_string_lossy(), Path::new("."))?)
}

/// Reads a model file.
pub async fn read_model(path: &Path) -> Result<Pinned, PipelineError> {
    let place = Place::parse(&path.to_string_lossy(), Path::new("."))?;
    let Some(bytes) = place.read_if_there().await? else {
        return Err(PipelineError::NotThere { what: vec![format!("model: {}", path.display())] });
    };
    let refuse = |reason: String| ModelError::OtherModel { reason };
    let model = serde_json::from_slice(&bytes).map_err(|e| refuse(format!("{} is no model: {e}", path.display())))?;
    Ok(Pinned { model, folder: folder_of(path)? })
}

/// Where `throughline link` writes unless told otherwise: in the project that the document, a file of this path, is of.
#[must_use]
pub fn default_out(document: &Path, root: &Path) -> PathBuf {
    // A document is named as its file is.
    let out = PathBuf::from("out").join(document.file_stem().unwrap_or_default());
    if root == Path::new(".") { out } else { root.join(out) }
}
