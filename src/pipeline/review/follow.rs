//! Following: whom people have decided on and who has another record now, because a name or number was corrected, is found by the row of the source
//! behind the record, whose natural key is still the same.

use std::collections::{BTreeMap, BTreeSet};

use crate::engine::{Dataset, Engine};
use crate::linkage::IdentityRef;
use crate::linkage::reviewed::Reviewed;
use crate::pipeline::error::PipelineError;
use crate::pipeline::ground::Ground;
use crate::pipeline::identify::Identified;
use crate::pipeline::read_back::texts;
use crate::pipeline::tables::{IDENTITY_REF, RECORD_REF};

const TABLE: &str = "followed";

/// The decisions of the review log, about the records that there are now.
pub async fn followed(
    ground: &Ground<'_>,
    tokens: &[Dataset],
    identified: &[Identified],
) -> Result<Reviewed, PipelineError> {
    let reviewed = ground.project.reviewed.clone();
    let mut gone: BTreeSet<String> = reviewed.records.keys().map(hex::encode).collect();
    if gone.is_empty() {
        return Ok(reviewed);
    }
    let engine = &ground.runner.engine;
    for dataset in tokens {
        engine.register_folder(TABLE, &dataset.place).await?;
        for (there, _) in pairs(engine, IDENTITY_REF, IDENTITY_REF, &gone).await? {
            gone.remove(&there);
        }
    }
    let of_gone = |record: &&IdentityRef| gone.contains(&hex::encode(**record));
    let rows: BTreeSet<String> =
        reviewed.records.iter().filter(|(record, _)| of_gone(record)).map(|(_, row)| hex::encode(row)).collect();
    let mut now: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for one in identified.iter().filter(|one| one.facts.meta.columns.iter().any(|c| c.name == IDENTITY_REF)) {
        engine.register_folder(TABLE, &one.facts.place).await?;
        for (row, record) in pairs(engine, RECORD_REF, IDENTITY_REF, &rows).await? {
            now.entry(row).or_default().insert(record);
        }
    }
    engine.drop_table(TABLE)?;
    Ok(reviewed.followed(|record, row| {
        let records = now.get(&hex::encode(row)).filter(|_| gone.contains(&hex::encode(record)))?;
        let [only] = &records.iter().collect::<Vec<_>>()[..] else { return None };
        IdentityRef::try_from(hex::decode(only.as_str()).ok()?).ok()
    }))
}

/// Of rows whose `column` is one of these references, that and another column, in hexadecimal digits.
pub async fn pairs(
    engine: &Engine,
    column: &str,
    other: &str,
    references: &BTreeSet<String>,
) -> Result<Vec<(String, String)>, PipelineError> {
    if references.is_empty() {
        return Ok(Vec::new());
    }
    let list = references.iter().map(|reference| format!("X'{reference}'")).collect::<Vec<_>>().join(", ");
    let hex = |column: &str| format!("encode(arrow_cast({column}, 'Binary'), 'hex')");
    let sql = format!(
        "SELECT DISTINCT {} AS a, {} AS b FROM {TABLE} WHERE arrow_cast({column}, 'Binary') IN ({list}) ORDER BY 1, 2",
        hex(column),
        hex(other)
    );
    let rows = texts(&engine.collect("records that were decided", &sql).await?)?;
    Ok(rows.into_iter().filter_map(|row| <[String; 2]>::try_from(row).ok()).map(|[a, b]| (a, b)).collect())
}

/// The first row, in the order of references, behind each of some identity records of a table of facts at this place.
pub async fn rows_behind(
    engine: &Engine,
    facts: &crate::engine::Place,
    records: &BTreeSet<String>,
) -> Result<BTreeMap<String, String>, PipelineError> {
    let Some(dataset) = Dataset::open(facts).await? else { return Ok(BTreeMap::new()) };
    if !dataset.meta.columns.iter().any(|column| column.name == IDENTITY_REF) {
        return Ok(BTreeMap::new());
    }
    engine.register_folder(TABLE, facts).await?;
    let mut found = BTreeMap::new();
    for (record, row) in pairs(engine, IDENTITY_REF, RECORD_REF, records).await? {
        found.entry(record).or_insert(row);
    }
    Ok(found)
}
