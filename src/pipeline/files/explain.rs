//! Explaining a linkage of files: why two of its records are one person, or are not. Levels and weights are told, and no value of anybody.

use std::collections::BTreeMap;

use crate::engine::{Engine, Limits, Place};
use crate::foundation::sql_text;
use crate::linkage::explained::{Compared, ComparisonExplained, KeyExplained, WeightExplained};
use crate::linkage::model::{Blocking, Comparisons, Frequencies, ModelFile, Scope, Scorer, level_names, shares};
use crate::pipeline::error::PipelineError;
use crate::pipeline::files::frequencies;
use crate::pipeline::files::link::Begun;
use crate::pipeline::files::outputs::{MODEL, all_there};
use crate::pipeline::read_back::{read_json, texts};
use crate::pipeline::way::way;

/// A decision of the match log.
#[derive(Clone, Debug, PartialEq)]
pub struct FileDecision {
    /// Its number.
    pub number: String,
    /// The blocking rule that brought the two together.
    pub rule: String,
    /// Both records, `file:id`.
    pub records: [String; 2],
    /// `link`, `review`, `vetoed` or `below_threshold`.
    pub decision: String,
    /// What stopped a link, in the words of the log; empty for links.
    pub stopped_by: String,
    /// The record of the runner-up, `file:id`; empty without one.
    pub rival: String,
    /// Weight in thousandths of a bit, probability, lead over the runner-up in thousandths of a bit (empty without one).
    pub told: [String; 3],
}

/// Why two records of files are one person, or not.
#[derive(Clone, Debug, PartialEq)]
pub struct FilesExplained {
    /// The linkage.
    pub name: String,
    /// Both records, `file:id`, with their clusters.
    pub records: [(String, String); 2],
    /// Where they are one person: the links from the one to the other. Else: what was decided of the two, if they met.
    pub decisions: Vec<FileDecision>,
    /// The two compared.
    pub weight: WeightExplained,
    /// Every blocking rule.
    pub blocking: Vec<KeyExplained>,
    /// Why the two were never compared, whatever the rules say: the linkage goes between files, or within each.
    pub apart: Option<&'static str>,
}

/// Explains two records, each `file:id`, by what `throughline link` wrote below `out`.
pub async fn explain(begun: &Begun, out: &Place, records: [&str; 2]) -> Result<FilesExplained, PipelineError> {
    all_there(out, &["crosswalk", "match_log", MODEL]).await?;
    let model: ModelFile = read_json(&out.join(MODEL)).await?;
    let (plan, document) = (begun.plan(), begun.document());
    let list = &plan.comparisons[..];
    let trained = begun.trained(&model)?;
    let persons = begun.read()?;
    let number = |given: &str| -> Result<u32, PipelineError> {
        let unknown = |why: &str| {
            let names: Vec<&str> = begun.files().iter().map(|file| file.name.as_str()).collect();
            PipelineError::Asked(format!(
                "`{given}` {why}; a record is FILE:ID, and the files are: {}",
                names.join(", ")
            ))
        };
        let (name, id) = given.split_once(':').ok_or_else(|| unknown("names no record"))?;
        let file = begun.files().iter().position(|file| file.name == name).ok_or_else(|| unknown("is of no file"))?;
        let mut of_file = persons.records.of_file(file);
        of_file.find(|record| persons.ids.get(*record) == id.trim()).ok_or_else(|| unknown("is no record of that file"))
    };
    let pair = [number(records[0])?, number(records[1])?];
    let [a, b] = [pair[0].min(pair[1]), pair[0].max(pair[1])];
    if a == b {
        return Err(PipelineError::Asked(format!("both are record {}; name two", records[0])));
    }

    let comparisons = Comparisons::new(&persons.records, list);
    let frequencies = match &model.frequencies {
        Some(fingerprint) => frequencies::read(&persons.records, list, out, fingerprint).await?,
        None => Frequencies::of(&persons.records, list),
    };
    let scorer = Scorer::new(&persons.records, &comparisons, &trained, &frequencies);
    let (pattern, weight) = scorer.score(&mut comparisons.memories(), a, b);
    let told = list.iter().zip(scorer.parts(pattern, a)).enumerate().map(|(at, (comparison, (level, worth)))| {
        let weight = trained.weights[at][usize::from(level)];
        let level = level_names(comparison).swap_remove(usize::from(level));
        ComparisonExplained { field: comparison.name.clone(), level, weight, rarity: worth - weight }
    });
    let weight = WeightExplained { prior: trained.prior(), comparisons: told.collect(), weight };
    let blocking = Blocking::new(&persons.records, &plan.rules, begun.scope(), begun.threads());
    let explained = plan.rules.iter().enumerate().map(|(at, rule)| {
        let words = document.blocking[at].on.iter().map(|word| word.trim().to_owned());
        let failed =
            rule.parts.iter().zip(words).find_map(|(part, says)| match shares(&persons.records, *part, a, b) {
                Some(true) => None,
                Some(false) => Some((says, Compared::Differs)),
                None => Some((says, Compared::Missing)),
            });
        let skipped = failed.is_none() && blocking.is_over_common(at, a);
        let failed = if skipped { Some(("the key".to_owned(), Compared::OverCommon)) } else { failed };
        KeyExplained { id: rule.id.clone(), strength: None, failed }
    });
    let blocking = explained.collect();
    let apart = match (begun.scope(), persons.records.file(a) == persons.records.file(b)) {
        (Scope::Between, true) => {
            Some("Both are of one file, and this linkage goes between files: they were not compared.")
        }
        (Scope::Within, false) => {
            Some("They are of two files, and this linkage goes within each: they were not compared.")
        }
        _ => None,
    };

    let engine = Engine::new(Limits { threads: 1, ..Limits::default() })?;
    let log = Log::open(&engine, out).await?;
    let names = pair
        .map(|record| (begun.files()[persons.records.file(record)].name.clone(), persons.ids.get(record).to_owned()));
    let clusters = [log.cluster(&names[0]).await?, log.cluster(&names[1]).await?];
    let decisions =
        if clusters[0] == clusters[1] { log.links(&clusters[0], &names).await? } else { log.between(&names).await? };
    let [one, other] = names.map(|(file, id)| format!("{file}:{id}"));
    let [here, there] = clusters;
    let records = [(one, here), (other, there)];
    Ok(FilesExplained { name: document.link.value.clone(), records, decisions, weight, blocking, apart })
}

/// What was written of a linkage.
struct Log<'e>(&'e Engine);

/// A file and a record's id in it.
type Named = (String, String);

impl<'e> Log<'e> {
    async fn open(engine: &'e Engine, out: &Place) -> Result<Self, PipelineError> {
        engine.register_folder("crosswalk", &out.join("crosswalk")).await?;
        engine.register_folder("match_log", &out.join("match_log")).await?;
        Ok(Self(engine))
    }

    async fn cluster(&self, record: &Named) -> Result<String, PipelineError> {
        let sql = format!(
            "SELECT CAST(cluster_id AS VARCHAR) FROM crosswalk WHERE source = {} AND record_id = {}",
            sql_text(&record.0),
            sql_text(&record.1)
        );
        let rows = texts(&self.0.collect("crosswalk", &sql).await?)?;
        let cluster = rows.into_iter().flatten().next();
        cluster.ok_or_else(|| PipelineError::Damaged {
            place: "the crosswalk".to_owned(),
            reason: format!("it does not hold {}:{}; link these files again", record.0, record.1),
        })
    }

    async fn decisions(&self, condition: &str) -> Result<Vec<FileDecision>, PipelineError> {
        let columns = [
            "decision_id",
            "rule",
            "left_source",
            "left_id",
            "right_source",
            "right_id",
            "decision",
            "weight_millibits",
            "probability",
            "lead_millibits",
            "stopped_by",
            "rival_source",
            "rival_id",
        ];
        let columns = columns.map(|c| format!("CAST(l.{c} AS VARCHAR) AS told_{c}")).join(", ");
        let sql = format!("SELECT {columns} FROM match_log l {condition} ORDER BY l.decision_id");
        let rows = texts(&self.0.collect("match log", &sql).await?)?;
        let read = rows.into_iter().filter_map(|row| {
            let [number, rule, ls, li, rs, ri, decision, weight, probability, lead, stopped_by, source, id] =
                <[String; 13]>::try_from(row).ok()?;
            let records = [format!("{ls}:{li}"), format!("{rs}:{ri}")];
            let rival = if id.is_empty() { String::new() } else { format!("{source}:{id}") };
            let told = [weight, probability, lead];
            Some(FileDecision { number, rule, records, decision, stopped_by, rival, told })
        });
        Ok(read.collect())
    }

    /// The links from the one record to the other within their cluster.
    async fn links(&self, cluster: &str, records: &[Named; 2]) -> Result<Vec<FileDecision>, PipelineError> {
        let member = |side: &str| {
            format!(
                "JOIN (SELECT source, record_id FROM crosswalk WHERE cluster_id = {cluster}) {side}c \
                     ON l.{side}_source = {side}c.source AND l.{side}_id = {side}c.record_id"
            )
        };
        let within = format!("{} {} WHERE l.decision = 'link'", member("left"), member("right"));
        let all = self.decisions(&within).await?;
        let links: Vec<[&str; 2]> = all.iter().map(|d| d.records.each_ref().map(String::as_str)).collect();
        let [from, to] = records.each_ref().map(|(file, id)| format!("{file}:{id}"));
        let on_the_way = way(&links, &from, &to);
        let mut by_place: BTreeMap<usize, FileDecision> = all.iter().cloned().enumerate().collect();
        Ok(on_the_way.into_iter().filter_map(|at| by_place.remove(&at)).collect())
    }

    /// What was decided of the two, if they met.
    async fn between(&self, records: &[Named; 2]) -> Result<Vec<FileDecision>, PipelineError> {
        let side = |side: &str, record: &Named| {
            format!("l.{side}_source = {} AND l.{side}_id = {}", sql_text(&record.0), sql_text(&record.1))
        };
        let [one, other] = records;
        let condition = format!(
            "WHERE ({} AND {}) OR ({} AND {})",
            side("left", one),
            side("right", other),
            side("left", other),
            side("right", one)
        );
        self.decisions(&condition).await
    }
}
