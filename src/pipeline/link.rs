//! Link: identity records become tokens, tokens become decisions and clusters, clusters become persons that keep their ids.

use std::collections::BTreeMap;

use tracing::Instrument as _;

use crate::engine::{Dataset, DatasetWriter, Place};
use crate::foundation::{Fingerprint, Fingerprinter, Zone};
use crate::identity::Assigned;
use crate::linkage::model::{ModelFile, PairCount, Rule};
use crate::linkage::modelled::{model_file, of_file};
use crate::linkage::rules::{ModelPass, REVIEW};
use crate::linkage::{InMemory, Linked, MatchDecision, Modelled, Rules, Stopped, TokenTable};
use crate::pipeline::carry;
use crate::pipeline::error::PipelineError;
use crate::pipeline::files::link::RuleResult;
use crate::pipeline::frequencies::{frequencies, read};
use crate::pipeline::give_ids::give_ids;
use crate::pipeline::ground::Ground;
use crate::pipeline::identify::Identified;
use crate::pipeline::link_parts::{Outcome, sorted};
use crate::pipeline::review::follow::followed;
use crate::pipeline::side_by_side::side_by_side;
use crate::pipeline::tables;
use crate::pipeline::token_table::token_table;
use crate::publish::Pointer;
use crate::standardize::SPEC_VERSION;

/// What linking comes to.
#[derive(Clone, Debug)]
pub struct LinkOutcome {
    /// The match log.
    pub match_log: Dataset,
    /// Every id ever published.
    pub persons: Dataset,
    /// Identity record to person.
    pub crosswalk: Dataset,
    /// What changed in the ids.
    pub ledger: Dataset,
    /// Identity record to source person, by which the next run tells a correction from a withdrawal.
    pub records: Dataset,
    /// What linkage says of each person.
    pub person_link: Dataset,
    /// The index's version.
    pub version: u64,
    /// The next person counter.
    pub next_counter: u64,
}

impl LinkOutcome {
    /// The text of the model that linked, where one did.
    #[must_use]
    pub fn model(&self) -> Option<Result<String, serde_json::Error>> {
        let file = self.person_link.meta.facts.get("model")?.get("file").filter(|file| !file.is_null())?;
        Some(serde_json::from_value::<ModelFile>(file.clone()).and_then(|file| serde_json::to_string_pretty(&file)))
    }
}

/// Links everything and gives persons their ids.
pub async fn link(
    ground: &Ground<'_>,
    all: &[Dataset],
    identified: &[Identified],
    parent: Option<&Pointer>,
) -> Result<LinkOutcome, PipelineError> {
    let linkage = &ground.project.linkage;
    let reviewed = followed(ground, all, identified).await?;
    let mut print = Fingerprinter::new("link/5").with("linkage", ground.linkage_text());
    if let Some(pinned) = &ground.project.pinned {
        print = print.with("model", serde_json::to_vec(pinned).map_err(PipelineError::bug)?);
    }
    for (name, pairs) in [("must", &reviewed.must), ("cannot", &reviewed.cannot)] {
        print = print.with("reviewed", name);
        for (left, right) in pairs {
            print = print.with("left", left).with("right", right);
        }
    }
    for tokens in all {
        print = print.with("tokens", tokens.content());
    }
    let counted = frequencies(ground, all).await?;
    if let Some(counted) = &counted {
        print = print.with("frequencies", counted.content());
    }
    let linked_as = print.clone().finish();
    let print = match parent {
        Some(parent) => print
            .with("index", &parent.index)
            .with("version", parent.index_version.to_be_bytes())
            .with("next", parent.next_counter.to_be_bytes()),
        None => print,
    };
    let fingerprint = print.with("person key", ground.keys.id()).finish();
    let make = async |place: Place| {
        let outcome = Outcome { linked_as: &linked_as, fingerprint: &fingerprint, place, counted: counted.as_ref() };
        if let Some(parent) = parent
            && let Some(before) = carry::unchanged(ground, parent, &linked_as).await?
        {
            return carry::carry(&before, parent, &outcome).await;
        }
        let mut rules = Rules::compile(&linkage.passes, linkage.model.as_ref(), &linkage.guards, &linkage.roles)
            .map_err(PipelineError::bug)?;
        rules.reviewed.clone_from(&reviewed);
        if let (Some(model), Some(file)) = (&mut rules.model, &ground.project.pinned) {
            model.pinned = Some(of_file(&linkage.linkage, model, SPEC_VERSION, file)?);
        }
        make_link(ground, all, identified, &rules, parent, outcome).await
    };
    let whole = ground.runner.step("link", "link", Zone::Restricted, &fingerprint, make).await?;
    let part = async |kind: &str| {
        let place = whole.place.join(kind);
        let missing = || PipelineError::Damaged { place: place.to_string(), reason: "it is missing".to_owned() };
        Dataset::open(&place).await?.ok_or_else(missing)
    };
    Ok(LinkOutcome {
        match_log: part("match_log").await?,
        persons: part("persons").await?,
        crosswalk: part("crosswalk").await?,
        ledger: part("ledger").await?,
        records: part("records").await?,
        version: whole.count("version"),
        next_counter: whole.count("next_counter"),
        person_link: whole,
    })
}

/// The pairs that each blocking rule of the model makes of what the passes leave.
pub async fn pairs_of_model(ground: &Ground<'_>, all: &[Dataset]) -> Result<Vec<RuleResult>, PipelineError> {
    let linkage = &ground.project.linkage;
    let mut rules = Rules::compile(&linkage.passes, linkage.model.as_ref(), &linkage.guards, &linkage.roles)
        .map_err(PipelineError::bug)?;
    rules.reviewed.clone_from(&ground.project.reviewed);
    let Some(model) = &rules.model else {
        let none = format!("linkage `{}` has no `model:`, so there is nothing to count", *linkage.linkage);
        return Err(PipelineError::Asked(none));
    };
    let table = token_table(ground, all, &rules, BTreeMap::new()).await?;
    let threads = ground.runner.engine.limits().threads;
    let counts =
        crate::linkage::pairs_of_model(&table, &rules, &InMemory(&table), threads).map_err(PipelineError::bug)?;
    let of = |(rule, count): (&Rule, PairCount)| RuleResult { rule: rule.id.clone(), count, lost: None };
    Ok(model.blocking.iter().zip(counts).map(of).collect())
}

/// What is done side by side once everything is linked.
enum Part {
    Log,
    Persons,
}

async fn make_link(
    ground: &Ground<'_>,
    all: &[Dataset],
    identified: &[Identified],
    rules: &Rules,
    parent: Option<&Pointer>,
    outcome: Outcome<'_>,
) -> Result<Dataset, PipelineError> {
    let counted = match outcome.counted {
        Some(counted) => read(ground, counted).await?,
        None => BTreeMap::new(),
    };
    let table = token_table(ground, all, rules, counted).instrument(phase("reading tokens")).await?;
    // Grouping in memory and the passes' queries give the same groups (tested in the linkage room); in memory it is several times faster
    // on one machine, so that is what the embedded engine does.
    let threads = ground.runner.engine.limits().threads;
    let passes = phase("passes").in_scope(|| crate::linkage::link(&table, rules, &InMemory(&table), threads));
    let linked: Linked = passes.map_err(PipelineError::bug)?;

    let model = trained_file(&ground.project.linkage.linkage, rules, &linked, outcome.counted);
    // The folder is cleared by the writer of the step's own dataset, so that one is opened first and finished last.
    let person_link = DatasetWriter::create(&outcome.place, tables::person_link(), &sorted("person_id")).await?;
    let made = side_by_side(threads, &[Part::Persons, Part::Log], async |part| match part {
        Part::Log => {
            let written = write_log(&table, rules, &linked, model.as_ref(), &outcome);
            written.instrument(phase("match log")).await.map(|()| None)
        }
        Part::Persons => {
            let given = give_ids(ground, &table, &linked, identified, parent, &outcome);
            given.instrument(phase("persons")).await.map(Some)
        }
    })?;
    drop(table);
    let assigned = made.into_iter().flatten().next();
    let assigned = assigned.ok_or_else(|| PipelineError::Bug("nobody gave ids to persons".to_owned()))?;
    describe(ground, rules, &linked, model.as_ref(), &assigned, &outcome, person_link).await
}

/// A part of linking, for the log of the run.
fn phase(name: &'static str) -> tracing::Span {
    tracing::info_span!("linking", phase = name)
}

async fn write_log(
    table: &TokenTable,
    rules: &Rules,
    linked: &Linked,
    model: Option<&ModelFile>,
    outcome: &Outcome<'_>,
) -> Result<(), PipelineError> {
    let schema = crate::linkage::log::schema();
    let mut log = DatasetWriter::create(&outcome.place.join("match_log"), schema, &sorted("decision_id")).await?;
    let model = model.map(serde_json::to_string_pretty).transpose().map_err(PipelineError::bug)?;
    let model = model.map(|text| Fingerprint::of(text.as_bytes()).short().to_owned());
    for batch in crate::linkage::log::batches(table, rules, linked, outcome.linked_as.as_str(), model.as_deref()) {
        log.write(batch.map_err(PipelineError::bug)?).await?;
    }
    log.finish("match_log", outcome.fingerprint.as_str(), Zone::Audit, serde_json::Map::new()).await?;
    Ok(())
}

/// The model that linked, as the release has it.
fn trained_file(linkage: &str, rules: &Rules, linked: &Linked, counted: Option<&Dataset>) -> Option<ModelFile> {
    let (model, modelled) = (rules.model.as_ref()?, linked.modelled.as_ref()?);
    let frequencies = counted.map(|counted| counted.meta.fingerprint.clone());
    let trained = modelled.trained.as_ref()?;
    Some(ModelFile { frequencies, ..model_file(linkage, model, SPEC_VERSION, trained) })
}

/// What the model learnt and expects, for the run's record and the release.
fn model_facts(
    model: &ModelPass,
    modelled: &Modelled,
    file: Option<&ModelFile>,
) -> Result<serde_json::Value, PipelineError> {
    let counts = modelled.counts.iter().zip(&modelled.lost);
    let rules = model.blocking.iter().zip(counts).map(|(rule, (count, lost))| {
        serde_json::json!({
            "rule": rule.id, "pairs": count.pairs, "over_common": count.over_common, "skipped": count.skipped, "lost": lost,
        })
    });
    let never_seen: Vec<String> = file.iter().flat_map(|file| file.never_seen()).collect();
    Ok(serde_json::json!({
        "never_seen": never_seen,
        "unused": modelled.unused.as_ref().map(ToString::to_string),
        "pinned": model.pinned.is_some(),
        "blocking": rules.collect::<Vec<_>>(),
        "compared": modelled.compared,
        "line_millibits": modelled.line,
        "links": modelled.links(),
        "expected_false": modelled.expected_false,
        "expected_missed": modelled.expected_missed,
        "file": serde_json::to_value(file).map_err(PipelineError::bug)?,
    }))
}

/// Writes what linkage says of each person, with the counts of the step.
async fn describe(
    ground: &Ground<'_>,
    rules: &Rules,
    linked: &Linked,
    file: Option<&ModelFile>,
    assigned: &Assigned,
    outcome: &Outcome<'_>,
    mut person_link: DatasetWriter,
) -> Result<Dataset, PipelineError> {
    let ids: Vec<String> = assigned.persons.iter().map(|p| p.as_str().to_owned()).collect();
    person_link.write(crate::linkage::log::persons(rules, linked, &ids).map_err(PipelineError::bug)?).await?;
    let passes = linked.counts.iter().zip(&rules.passes).map(|(count, pass)| {
        serde_json::json!({
            "pass": count.pass, "strength": pass.strength.name(), "links": count.links, "vetoed": count.vetoed,
            "ambiguous": count.ambiguous,
            // Beyond a limit of frequency nobody is expected to be told by a key; without one it names a person, and should not be refused so often.
            "crowded": if pass.max_frequency.is_none() { count.over_common } else { 0 },
        })
    });
    let mut passes: Vec<serde_json::Value> = passes.collect();
    let c = assigned.counts;
    let mut facts = serde_json::Map::new();
    if let (Some(model), Some(modelled)) = (&rules.model, &linked.modelled) {
        let of = |kind| modelled.decisions.iter().filter(|d| d.decision == kind).count();
        passes.push(serde_json::json!({
            "pass": model.id, "strength": model.strength.name(), "links": of(MatchDecision::Link),
            "vetoed": of(MatchDecision::NonLink), "ambiguous": of(MatchDecision::ClericalReview),
        }));
        facts.insert("model".into(), model_facts(model, modelled, file)?);
    }
    if !rules.reviewed.is_empty() {
        let links = linked.decisions.iter().filter(|d| d.pass == rules.review_stage()).count();
        let by_people = |stopped| matches!(stopped, Stopped::By(guard) if usize::from(guard) == rules.guards.len());
        let vetoed = linked.decisions.iter().filter(|d| by_people(d.stopped)).count()
            + linked.modelled.iter().flat_map(|m| &m.decisions).filter(|d| by_people(d.stopped)).count();
        passes.push(serde_json::json!({
            "pass": REVIEW, "strength": "A", "links": links, "vetoed": vetoed, "ambiguous": 0,
        }));
        let named = linked.reviewed_gone.iter().map(|(a, b)| format!("{} and {}", hex::encode(a), hex::encode(b)));
        facts.insert("reviewed_followed".into(), rules.reviewed.followed.into());
        facts.insert("reviewed_gone".into(), named.collect::<Vec<_>>().into());
    }
    facts.insert("passes".into(), passes.into());
    carry::remember(ground, outcome.linked_as, &mut facts);
    facts.insert("version".into(), assigned.index.version().into());
    facts.insert("next_counter".into(), assigned.index.next_counter().into());
    facts.insert("persons".into(), ids.len().into());
    for (name, count) in [
        ("carried", c.carried),
        ("minted", c.new),
        ("merged", c.merged_away),
        ("split", c.split),
        ("retired", c.retired),
    ] {
        facts.insert(name.into(), count.into());
    }
    Ok(person_link.finish("person_link", outcome.fingerprint.as_str(), Zone::Linked, facts).await?)
}
