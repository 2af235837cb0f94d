//! Evaluating a run: the linkage of the current release held against the truth; or, where nobody knows it, how groups of people differ in what
//! was found of them, and what the model expects of itself.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Serialize;

use crate::engine::Place;
use crate::foundation::{Zone, sql_name, sql_text};
use crate::linkage::Clusters;
use crate::linkage::model::Scope;
use crate::linkage::quality::{Linked, Quality, Share, quality};
use crate::pipeline::asked::current::CurrentRelease;
use crate::pipeline::error::PipelineError;
use crate::pipeline::evaluation::{Evaluation, FEWEST, gaps, whole_persons};
use crate::pipeline::linkage_gate::{ATTRIBUTES, Found, found, found_by};
use crate::pipeline::read_back::{REFERENCE, read_json, texts};
use crate::pipeline::record::ModelResult;
use crate::pipeline::tables::PERSON_LINK;
use crate::pipeline::tables::SENT;

/// The attribute that names themselves give.
const NAME_PATTERN: &str = "name_pattern";

/// One identity record.
struct Record {
    reference: String,
    source: usize,
    /// What it holds that could show whose it is.
    held: Vec<String>,
    name_pattern: &'static str,
}

/// Holds the current release against a table of the truth with the columns `file`, `line` and `person`.
pub async fn evaluate_run(release: &CurrentRelease, truth: &Place, by: &[String]) -> Result<Evaluation, PipelineError> {
    let truths = truths(release, truth).await?;
    let persons_of = persons_of(release).await?;
    let records = records(release).await?;
    let attributes = attributes(release, by).await?;

    let mut person_numbers: HashMap<&str, u32> = HashMap::new();
    let mut cluster_numbers: HashMap<&str, u32> = HashMap::new();
    let mut known: Vec<(usize, u32, u32)> = Vec::with_capacity(records.len());
    for (at, record) in records.iter().enumerate() {
        let (Some(person), Some(cluster)) = (truths.get(&record.reference), persons_of.get(&record.reference)) else {
            continue;
        };
        let person = number(&mut person_numbers, person);
        known.push((at, number(&mut cluster_numbers, cluster), person));
    }
    let components = components(&records, &known);
    let counted = |group: &dyn Fn(usize) -> &'static str, names: Option<&[String]>| {
        let of = |who: &dyn Fn(usize) -> u32| {
            let linked: Vec<Linked<'_>> = known
                .iter()
                .enumerate()
                .map(|(place, (at, cluster, _))| Linked {
                    file: records[*at].source,
                    cluster: *cluster,
                    person: who(place),
                    group: names.map_or(group(*at), |names| names[*at].as_str()),
                })
                .collect();
            quality(&linked, Scope::Both)
        };
        // Precision by who people are, recall by what their records could show.
        let (all, groups) = of(&|place| known[place].2);
        let (found, found_groups) = of(&|place| components[place]);
        let both =
            |precision: Quality, recall: Quality| Quality { precision: precision.precision, recall: recall.recall };
        let groups: BTreeMap<String, Quality> = found_groups
            .into_iter()
            .map(|(name, recall)| {
                let precision = groups.get(&name).copied().unwrap_or_default();
                (name, both(precision, recall))
            })
            .collect();
        (both(all, found), groups)
    };
    let (all, _) = counted(&|_| "", None);
    if all.recall.of == 0 {
        return Err(PipelineError::Asked(format!(
            "nothing could be judged: {truth} says of no two of the release's {} records that they are one person; compare its `file` and `line` with the deliveries",
            records.len()
        )));
    }
    let mut groups = Vec::new();
    for (place, column) in by.iter().enumerate() {
        let (_, of) = if column == NAME_PATTERN {
            counted(&|at| records[at].name_pattern, None)
        } else {
            let values = attributes.get(place).map(|of_person| {
                let value = |record: &Record| persons_of.get(&record.reference).and_then(|p| of_person.get(p)).cloned();
                records.iter().map(|record| value(record).unwrap_or_default()).collect::<Vec<String>>()
            });
            counted(&|_| "", values.as_deref())
        };
        groups.extend(gaps(column, of, FEWEST));
    }
    let (rules, thresholds) = decisions(release, &truths).await?;
    let without_truth = (records.len() - known.len()) as u64;
    let whose = |(place, (_, cluster, person)): (usize, &(usize, u32, u32))| [*cluster, *person, components[place]];
    let persons = whole_persons(&known.iter().enumerate().map(whose).collect::<Vec<_>>());
    Ok(Evaluation { without_truth, could_be_told: true, all, persons, rules, thresholds, groups })
}

fn number<'a>(numbers: &mut HashMap<&'a str, u32>, name: &'a str) -> u32 {
    let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
    *numbers.entry(name).or_insert(next)
}

/// The true person of every identity record that the truth knows.
async fn truths(release: &CurrentRelease, truth: &Place) -> Result<HashMap<String, String>, PipelineError> {
    if !truth.exists().await? {
        return Err(PipelineError::NotThere { what: vec![format!("truth: {truth}")] });
    }
    let engine = &release.engine;
    let unfit = || {
        PipelineError::Asked(format!(
            "{truth} is no truth: it must be a Parquet file with the columns file, line and person (and source, where two sources have files of one name)"
        ))
    };
    engine.register_file("truth", truth).await.map_err(|_| unfit())?;
    engine.plan("truth", "SELECT file, line, person FROM truth").await.map_err(|_| unfit())?;
    let by_source = engine.plan("truth", "SELECT source FROM truth").await.is_ok();
    let deliveries = deliveries(release).await?;
    let mut truths = HashMap::new();
    let mut read: BTreeMap<String, String> = BTreeMap::new();
    for (source, place) in release.made("identify", Zone::Restricted, "facts").await? {
        let table = format!("facts of {source}");
        engine.register_folder(&table, &place).await?;
        let plan = engine.plan(&table, &format!("SELECT * FROM {}", sql_name(&table))).await?;
        if !plan.schema().fields().iter().any(|field| field.name() == "identity_ref") {
            continue;
        }
        let held = format!("SELECT DISTINCT CAST(delivery_seq AS BIGINT) AS n FROM {}", sql_name(&table));
        let held: BTreeSet<String> =
            texts(&engine.collect("deliveries of facts", &held).await?)?.into_iter().flatten().collect();
        let mut rows = Vec::new();
        for (_, file, sequence) in deliveries.iter().filter(|(_, _, sequence)| held.contains(&sequence.to_string())) {
            let whose = if by_source { format!("{source} {file}") } else { file.clone() };
            if let Some(other) = read.insert(whose, source.clone()) {
                return Err(PipelineError::Asked(format!(
                    "two deliveries, of {other} and {source}, are files called `{file}`, and the truth cannot tell which it is of{}",
                    if by_source { "" } else { "; give it a column `source`" }
                )));
            }
            rows.push(format!("({sequence}, {})", sql_text(file)));
        }
        if rows.is_empty() {
            continue;
        }
        let own =
            if by_source { format!("AND arrow_cast(t.source, 'Utf8') = {}", sql_text(&source)) } else { String::new() };
        let sql = format!(
            "SELECT {REFERENCE} AS reference, CAST(MIN(t.person) AS VARCHAR) AS person FROM {} f \
             JOIN (SELECT column1 AS sequence, column2 AS file FROM (VALUES {})) d ON f.delivery_seq = d.sequence \
             JOIN truth t ON regexp_replace(arrow_cast(t.file, 'Utf8'), '^.*/', '') = d.file AND t.line = f.line {own} \
             WHERE identity_ref IS NOT NULL GROUP BY identity_ref",
            sql_name(&table),
            rows.join(", ")
        );
        for row in texts(&engine.collect("truth of records", &sql).await?)? {
            let [reference, person] = <[String; 2]>::try_from(row).unwrap_or_default();
            truths.insert(reference, person);
        }
    }
    Ok(truths)
}

/// Every delivery that is registered: its source, its file's own name, its number.
async fn deliveries(release: &CurrentRelease) -> Result<Vec<(String, String, i64)>, PipelineError> {
    let place = release.root.join("restricted/deliveries/register.json");
    let register: Vec<serde_json::Value> = read_json(&place).await?;
    let of = |delivery: &serde_json::Value| {
        let text = |name: &str| delivery.get(name)?.as_str();
        Some((text("source")?.to_owned(), base(text("file")?).to_owned(), delivery.get("sequence")?.as_i64()?))
    };
    let damaged = || PipelineError::Damaged { place: place.to_string(), reason: "a delivery lacks a field".to_owned() };
    register.iter().map(|delivery| of(delivery).ok_or_else(damaged)).collect()
}

/// A file's own name.
fn base(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

async fn persons_of(release: &CurrentRelease) -> Result<HashMap<String, String>, PipelineError> {
    let sql = format!("SELECT {REFERENCE} AS reference, person_id FROM crosswalk");
    let rows = texts(&release.engine.collect("persons of records", &sql).await?)?;
    Ok(rows.into_iter().filter_map(|row| <[String; 2]>::try_from(row).ok()).map(|[r, p]| (r, p)).collect())
}

/// Every identity record of the release, with what it holds; no value of it is kept.
async fn records(release: &CurrentRelease) -> Result<Vec<Record>, PipelineError> {
    let mut records = Vec::new();
    for (source, (name, place)) in release.made("identify", Zone::Restricted, "facts").await?.into_iter().enumerate() {
        // Who an agency sent as tokens is known by these alone.
        let mut holds = None;
        for kind in ["identities", SENT] {
            let place = place.join(kind);
            if crate::engine::Dataset::open(&place).await?.is_some() {
                holds = Some((kind, place));
                break;
            }
        }
        let Some((kind, place)) = holds else { continue };
        let table = format!("{kind} of {name}");
        release.engine.register_folder(&table, &place).await?;
        let plan = release.engine.plan(&table, &format!("SELECT * FROM {}", sql_name(&table))).await?;
        let has = |column: &str| plan.schema().fields().iter().any(|field| field.name() == column);
        let there = |column: &str| if has(column) { format!("{column} IS NOT NULL") } else { "FALSE".to_owned() };
        let valid = |column: &str| if has(column) { format!("{column} = 'valid'") } else { "FALSE".to_owned() };
        let issuer = if has("local_id_issuer") { "COALESCE(local_id_issuer, '')" } else { "''" };
        let last = if kind != SENT && has("last_name") { "COALESCE(last_name, '')" } else { "''" };
        let sql = format!(
            "SELECT {REFERENCE} AS reference, \
             CASE WHEN {} THEN 'ssn' ELSE '' END AS a, CASE WHEN {} THEN 'state id' ELSE '' END AS b, \
             CASE WHEN {} THEN 'id of ' || {issuer} ELSE '' END AS c, \
             CASE WHEN {} AND {} AND {} THEN 'name and birth date' ELSE '' END AS d, \
             CASE WHEN {last} = '' THEN '' WHEN {last} LIKE '% %' OR {last} LIKE '%-%' THEN 'two' \
                  WHEN character_length({last}) <= 3 THEN 'short' ELSE 'one' END AS e FROM {}",
            valid("ssn_status"),
            there("state_id"),
            there("local_id"),
            there("first_name"),
            there("last_name"),
            valid("birth_date_status"),
            sql_name(&table)
        );
        for row in texts(&release.engine.collect("identity records", &sql).await?)? {
            let Ok([reference, a, b, c, d, pattern]) = <[String; 6]>::try_from(row) else { continue };
            let held = [a, b, c, d].into_iter().filter(|what| !what.is_empty()).collect();
            let name_pattern = match pattern.as_str() {
                "two" => "two surnames",
                "short" => "short surname",
                "one" => "one surname",
                _ => "",
            };
            records.push(Record { reference, source, held, name_pattern });
        }
    }
    // In the order of references, whatever the store's.
    records.sort_by(|a, b| a.reference.cmp(&b.reference));
    Ok(records)
}

/// The values of each attribute by person; none for the pattern of names.
async fn attributes(release: &CurrentRelease, by: &[String]) -> Result<Vec<HashMap<String, String>>, PipelineError> {
    let columns = release.attributes().await?;
    let mut out = Vec::with_capacity(by.len());
    for asked in by {
        if asked == NAME_PATTERN {
            out.push(HashMap::new());
            continue;
        }
        let column = attribute(&columns, asked, &[NAME_PATTERN])?;
        let sql = format!("SELECT person_id, CAST({} AS VARCHAR) AS value FROM {ATTRIBUTES}", sql_name(column));
        let rows = texts(&release.engine.collect("attributes", &sql).await?)?;
        out.push(rows.into_iter().filter_map(|row| <[String; 2]>::try_from(row).ok()).map(|[p, v]| (p, v)).collect());
    }
    Ok(out)
}

/// The attribute that is asked for, `race` for `race_ethnicity`; `more` is what else might have been.
pub fn attribute<'c>(columns: &'c [String], asked: &str, more: &[&str]) -> Result<&'c str, PipelineError> {
    let wanted = if asked == "race" { "race_ethnicity" } else { asked };
    if let Some(column) = columns.iter().find(|column| *column == wanted) {
        return Ok(column);
    }
    if columns.is_empty() {
        let instead =
            if more.is_empty() { String::new() } else { format!("; without it there is: {}", more.join(", ")) };
        return Err(PipelineError::Asked(format!(
            "`{asked}` cannot be told: the release has no table `{ATTRIBUTES}`{instead}"
        )));
    }
    let race = columns.iter().any(|column| column == "race_ethnicity").then_some("race");
    let known = || more.iter().copied().chain(race).chain(columns.iter().map(String::as_str));
    let near = crate::foundation::did_you_mean(asked, known()).map(|near| format!("; did you mean `{near}`?"));
    let near = near.unwrap_or_else(|| format!("; there are: {}", known().collect::<Vec<_>>().join(", ")));
    Err(PipelineError::Asked(format!("`{asked}` is no attribute of learners{near}")))
}

/// Of each known record, which of its person's records could be told to be one person's: they hold something in common, or are chained by others.
fn components(records: &[Record], known: &[(usize, u32, u32)]) -> Vec<u32> {
    let mut sets = Clusters::singletons(u32::try_from(known.len()).unwrap_or(u32::MAX));
    let mut first: HashMap<(u32, &str), u32> = HashMap::new();
    for (place, (at, _, person)) in (0_u32..).zip(known) {
        for what in &records[*at].held {
            let other = *first.entry((*person, what)).or_insert(place);
            let (a, b) = (sets.root(place), sets.root(other));
            sets.union(a, b);
        }
    }
    (0_u32..).take(known.len()).map(|place| sets.root(place)).collect()
}

type ByThreshold = Vec<(f64, Quality)>;

/// Of each pass's links, those of one person; and of the model's candidates, what each line would have linked.
async fn decisions(
    release: &CurrentRelease,
    truths: &HashMap<String, String>,
) -> Result<(BTreeMap<String, Share>, ByThreshold), PipelineError> {
    let sql = "SELECT left_ref, right_ref, pass_id, decision, COALESCE(vetoed_by, '') AS by, \
               COALESCE(CAST(probability AS VARCHAR), '') AS p FROM match_log ORDER BY decision_id";
    let mut rules: BTreeMap<String, Share> = BTreeMap::new();
    let mut candidates: Vec<(f64, bool)> = Vec::new();
    for row in texts(&release.engine.collect("match log", sql).await?)? {
        let Ok([left, right, pass, decision, by, probability]) = <[String; 6]>::try_from(row) else { continue };
        let Some(right) = truths.get(&left).zip(truths.get(&right)).map(|(a, b)| a == b) else { continue };
        if decision == "link" {
            let share = rules.entry(pass).or_default();
            share.right += u64::from(right);
            share.of += 1;
        }
        if decision == "link" || by == "below_line" || by == "rival" {
            candidates.extend(probability.parse::<f64>().ok().map(|p| (p, right)));
        }
    }
    let all = candidates.iter().filter(|(_, right)| *right).count() as u64;
    let at = |cut: f64| {
        let of = candidates.iter().filter(|(p, _)| *p >= cut).count() as u64;
        let right = candidates.iter().filter(|(p, right)| *p >= cut && *right).count() as u64;
        (cut, Quality { precision: Share { right, of }, recall: Share { right, of: all } })
    };
    let cuts = [0.5, 0.8, 0.9, 0.95, 0.99, 0.999];
    Ok((rules, if candidates.is_empty() { Vec::new() } else { cuts.into_iter().map(at).collect() }))
}

/// What can be said of a linkage whose truth nobody knows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Unverified {
    /// The release.
    pub release: String,
    /// What the model expects of its own links.
    pub model: Option<ModelResult>,
    /// Of all persons with attributes, those found in more than one source, and those with a bridge between school and wages.
    pub all: Found,
    /// The same by attribute and value.
    pub groups: Vec<(String, String, Found)>,
}

/// How groups of people differ in what was found of them.
pub async fn without_truth(release: &CurrentRelease, by: &[String]) -> Result<Unverified, PipelineError> {
    let columns = release.attributes().await?;
    let link = release.link_folder().await?;
    release.engine.register_folder(PERSON_LINK, &link).await?;
    let model = release.linkage_facts(&link).await?;
    let all = found(&release.engine, !columns.is_empty()).await?;
    let mut groups = Vec::new();
    for asked in by {
        let of = found_by(&release.engine, attribute(&columns, asked, &[])?).await?;
        groups.extend(of.into_iter().map(|(value, found)| (asked.clone(), value, found)));
    }
    Ok(Unverified { release: release.pointer.release.clone(), model, all, groups })
}
