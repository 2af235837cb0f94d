//! Evaluating: a linkage of files held against the truth, as a whole, by blocking rule, by threshold and by groups of people.

use std::collections::{BTreeMap, HashMap};

use arrow::array::AsArray;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int32Type, Int64Type};

use crate::engine::{Engine, EngineError, Limits, Place};
use crate::foundation::sql_name;
use crate::linkage::quality::{Linked, Quality, Share, quality};
use crate::pipeline::error::PipelineError;
use crate::pipeline::evaluation::{Evaluation, FEWEST, gaps, whole_persons};
use crate::pipeline::files::link::Begun;
use crate::pipeline::files::outputs::all_there;
use crate::pipeline::files::texts::{TextColumns, read_texts};

/// Holds what `throughline link` wrote below `out` against the column `person` of the files themselves.
pub async fn evaluate(begun: &Begun, out: &Place, person: &str, by: &[String]) -> Result<Evaluation, PipelineError> {
    let columns: Vec<&str> = std::iter::once(person).chain(by.iter().map(String::as_str)).collect();
    let runtime = tokio::runtime::Handle::current();
    let read = tokio::task::block_in_place(|| read_texts(begun.files(), &columns, &runtime))?;
    all_there(out, &["crosswalk", "match_log"]).await?;
    let engine = Engine::new(Limits { threads: 1, ..Limits::default() })?;
    let clusters = clusters(&engine, begun, out, &read.ids, &read.files).await?;

    let mut numbers: HashMap<&str, u32> = HashMap::new();
    let persons: Vec<Option<u32>> = read.columns[0]
        .iter()
        .map(|name| {
            let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
            (!name.trim().is_empty()).then(|| *numbers.entry(name).or_insert(next))
        })
        .collect();
    drop(numbers);
    let counted = |values: Option<&Vec<String>>| {
        let one = |at: usize| {
            let group = values.map_or("", |values| values[at].trim());
            persons[at].map(|person| Linked { file: read.files[at], cluster: clusters[at], person, group })
        };
        let records: Vec<Linked<'_>> = (0..persons.len()).filter_map(one).collect();
        quality(&records, begun.scope())
    };
    let (all, _) = counted(None);
    if all.recall.of == 0 {
        return Err(PipelineError::Asked(format!(
            "nothing could be judged: by column `{person}` no two of the {} records that are compared are of one person",
            persons.len()
        )));
    }
    let mut groups = Vec::new();
    for (name, values) in by.iter().zip(&read.columns[1..]) {
        let (_, of) = counted(Some(values));
        groups.extend(gaps(name, of, FEWEST));
    }
    let (rules, thresholds) = decisions(&engine, out, &read, &persons, begun, all.recall.of).await?;
    let without_truth = persons.iter().filter(|person| person.is_none()).count() as u64;
    // Whatever a file holds of a person is to be found: nothing says which records had nothing in common.
    let whose = |(at, person): (usize, &Option<u32>)| person.map(|person| [clusters[at], person, person]);
    let persons = whole_persons(&persons.iter().enumerate().filter_map(whose).collect::<Vec<_>>());
    Ok(Evaluation { without_truth, could_be_told: false, all, persons, rules, thresholds, groups })
}

/// The cluster of every record, in the order of files and rows. A crosswalk of other files is refused.
async fn clusters(
    engine: &Engine,
    begun: &Begun,
    out: &Place,
    ids: &[String],
    files: &[usize],
) -> Result<Vec<u32>, PipelineError> {
    let place = out.join("crosswalk");
    let other = |reason: String| PipelineError::Asked(format!("{place} is of other files: {reason}"));
    engine.register_folder("crosswalk", &place).await?;
    let names: Vec<&str> = begun.files().iter().map(|f| f.name.as_str()).collect();
    let sql = "SELECT arrow_cast(source, 'Utf8') AS s, arrow_cast(record_id, 'Utf8') AS r, cluster_id FROM crosswalk";
    let mut clusters = Vec::with_capacity(ids.len());
    for batch in engine.collect("crosswalk", sql).await? {
        let (sources, records) = (batch.column(0).as_string::<i32>(), batch.column(1).as_string::<i32>());
        let numbers = batch.column(2).as_primitive::<Int64Type>();
        for row in 0..batch.num_rows() {
            let at = clusters.len();
            let fits = ids.get(at).is_some_and(|id| id == records.value(row)) && names[files[at]] == sources.value(row);
            if !fits {
                let reason = format!("its row {} is no record of these files; link them again", at + 1);
                return Err(other(reason));
            }
            clusters.push(u32::try_from(numbers.value(row)).unwrap_or(u32::MAX));
        }
    }
    if clusters.len() == ids.len() {
        return Ok(clusters);
    }
    Err(other(format!(
        "it holds {} records of {}: a file is missing in it; link the files again",
        clusters.len(),
        ids.len()
    )))
}

type ByThreshold = Vec<(f64, Quality)>;

/// The quality by blocking rule, and by where the line is drawn; the latter only where each pair is decided by itself.
async fn decisions(
    engine: &Engine,
    out: &Place,
    read: &TextColumns,
    persons: &[Option<u32>],
    begun: &Begun,
    true_pairs: u64,
) -> Result<(BTreeMap<String, Share>, ByThreshold), PipelineError> {
    let names: Vec<&str> = begun.files().iter().map(|f| f.name.as_str()).collect();
    let mut rows: HashMap<(usize, &str), usize> = HashMap::with_capacity(read.ids.len());
    for (at, id) in read.ids.iter().enumerate() {
        rows.insert((read.files[at], id), at);
    }
    engine.register_folder("match_log", &out.join("match_log")).await?;
    let texts = ["left_source", "left_id", "right_source", "right_id", "rule", "decision"];
    let texts = texts.map(|name| format!("arrow_cast({0}, 'Utf8') AS {0}", sql_name(name))).join(", ");
    let sql = format!(
        "SELECT {texts}, weight_millibits FROM match_log WHERE stopped_by IN ('', 'threshold') ORDER BY decision_id"
    );
    let mut rules: BTreeMap<String, Share> = BTreeMap::new();
    let mut decided: Vec<(i32, bool)> = Vec::new();
    for batch in engine.collect("match log", &sql).await? {
        let column = |at: usize| batch.column(at).as_string::<i32>();
        let weights = cast(batch.column(6), &DataType::Int32).map_err(EngineError::arrow("match log"))?;
        for row in 0..batch.num_rows() {
            let record = |source: usize, id: usize| {
                let file = names.iter().position(|name| *name == column(source).value(row))?;
                rows.get(&(file, column(id).value(row)))
            };
            let Some((a, b)) = record(0, 1).zip(record(2, 3)) else {
                let reason = "it names a record that is in none of these files; link them again".to_owned();
                return Err(PipelineError::Asked(format!("{} is of other files: {reason}", out.join("match_log"))));
            };
            let Some(right) = persons[*a].zip(persons[*b]).map(|(a, b)| a == b) else { continue };
            decided.push((weights.as_primitive::<Int32Type>().value(row), right));
            if column(5).value(row) == "link" {
                let share = rules.entry(column(4).value(row).to_owned()).or_default();
                share.right += u64::from(right);
                share.of += 1;
            }
        }
    }
    let thresholds = if begun.is_free_of_duplicates() {
        let cuts = [0.05, 0.2, 0.5, 0.8, 0.95, 0.99, 0.999];
        cuts.iter().map(|cut| (*cut, at_threshold(&decided, *cut, true_pairs))).collect()
    } else {
        Vec::new()
    };
    Ok((rules, thresholds))
}

/// Decisions come from the greatest weight down.
fn at_threshold(decided: &[(i32, bool)], probability: f64, true_pairs: u64) -> Quality {
    let least = crate::linkage::model::thousandths(libm::log2(probability / (1.0 - probability)));
    let links = &decided[..decided.partition_point(|(weight, _)| *weight >= least)];
    let right = links.iter().filter(|(_, right)| *right).count() as u64;
    Quality { precision: Share { right, of: links.len() as u64 }, recall: Share { right, of: true_pairs } }
}
