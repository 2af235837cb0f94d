//! Corrections: which records, new or withdrawn since the parent index, belong to a source person that has both.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{AsArray, FixedSizeBinaryArray};
use arrow::datatypes::{DataType, Field, Schema};
use futures::StreamExt;
use sha2::{Digest, Sha256};

use crate::engine::{Dataset, DatasetWriter, EngineError, Place, WriteOptions};
use crate::foundation::{Fingerprint, Zone, schema, sql_name};
use crate::identity::PersonIndex;
use crate::linkage::IdentityRef;
use crate::pipeline::error::PipelineError;
use crate::pipeline::ground::Ground;
use crate::pipeline::identify::Identified;
use crate::publish::Pointer;

/// Keeps which source person each identity record belongs to: by that the next run tells a correction from a withdrawal.
pub(super) async fn write_records(
    ground: &Ground<'_>,
    identified: &[Identified],
    fingerprint: &Fingerprint,
    place: &Place,
) -> Result<Dataset, PipelineError> {
    let serial = &ground.runner.serial;
    let text = |name: &str| Field::new(name, DataType::Utf8, false);
    let reference = Field::new("identity_ref", DataType::FixedSizeBinary(schema::REF_BYTES), false);
    let columns = Arc::new(Schema::new(vec![reference, text("source"), text("source_person")]));
    let options = WriteOptions { no_statistics: true, ..WriteOptions::default() };
    let mut writer = DatasetWriter::create(&place.join("records"), columns, &options).await?;
    for (source, identities) in identified.iter().filter_map(|i| Some((&i.source, i.identities.as_ref()?))) {
        let table = format!("identities {source}");
        serial.register_folder(&table, &identities.place).await?;
        let sql = format!("SELECT identity_ref, source, source_person FROM {}", sql_name(&table));
        writer.write_stream("records", serial.stream("records", &sql).await?).await?;
    }
    Ok(writer.finish("records", fingerprint.as_str(), Zone::Restricted, serde_json::Map::new()).await?)
}

/// The records, new or withdrawn since the parent index, whose source person has both: those are corrections. `now` are the references of this run,
/// ascending. Only what came and went is held in memory.
pub(super) async fn corrected(
    ground: &Ground<'_>,
    records: &Dataset,
    parent: &Pointer,
    before: &PersonIndex,
    now: &[IdentityRef],
) -> Result<BTreeSet<IdentityRef>, PipelineError> {
    let before: Vec<IdentityRef> = before.members().iter().map(|(reference, _)| *reference).collect();
    let (gone, come) = (without(&before, now), without(now, &before));
    if gone.is_empty() || come.is_empty() {
        return Ok(BTreeSet::new());
    }
    let serial = &ground.runner.serial;
    serial.register_folder("records now", &records.place).await?;
    serial.register_folder("records before", &ground.runner.root.join(&parent.index).join("records")).await?;
    let gone = source_persons(ground, "records before", &gone).await?;
    let come = source_persons(ground, "records now", &come).await?;
    let half = |some: &[(SourcePerson, IdentityRef)], others: &[(SourcePerson, IdentityRef)]| {
        let both = some.iter().filter(|(person, _)| others.binary_search_by(|other| other.0.cmp(person)).is_ok());
        both.map(|(_, reference)| *reference).collect::<Vec<_>>()
    };
    Ok(half(&gone, &come).into_iter().chain(half(&come, &gone)).collect())
}

/// Those of `some` that are not among `others`; both ascend.
fn without(some: &[IdentityRef], others: &[IdentityRef]) -> Vec<IdentityRef> {
    let mut others = others.iter().peekable();
    let missing = some.iter().filter(|reference| {
        while others.next_if(|other| other < reference).is_some() {}
        others.peek() != Some(reference)
    });
    missing.copied().collect()
}

/// A source and whom it means, hashed: two are never taken for one.
type SourcePerson = [u8; 32];

/// Whom some records belong to at their sources, in order; a record whose source does not say is left out.
async fn source_persons(
    ground: &Ground<'_>,
    table: &str,
    references: &[IdentityRef],
) -> Result<Vec<(SourcePerson, IdentityRef)>, PipelineError> {
    let sql = format!(
        "SELECT identity_ref, arrow_cast(source, 'Utf8') AS source, arrow_cast(source_person, 'Utf8') AS person FROM {}",
        sql_name(table)
    );
    let mut persons = Vec::new();
    let mut rows = ground.runner.serial.stream(table, &sql).await?;
    while let Some(batch) = rows.next().await {
        let batch = batch.map_err(EngineError::sql(table))?;
        let refs: &FixedSizeBinaryArray = batch.column(0).as_fixed_size_binary();
        let (sources, names) = (batch.column(1).as_string::<i32>(), batch.column(2).as_string::<i32>());
        for row in (0..batch.num_rows()).filter(|row| !names.value(*row).is_empty()) {
            let mut reference = [0; 16];
            reference.copy_from_slice(refs.value(row));
            if references.binary_search(&reference).is_ok() {
                let hash =
                    Sha256::new().chain_update(sources.value(row)).chain_update([0]).chain_update(names.value(row));
                persons.push((hash.finalize().into(), reference));
            }
        }
    }
    persons.sort_unstable();
    Ok(persons)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_came_and_went_is_the_difference_of_sets(some in prop::collection::btree_set(0_u8..40, 0..30), others in prop::collection::btree_set(0_u8..40, 0..30)) {
            let refs = |set: &BTreeSet<u8>| set.iter().map(|n| [*n; 16]).collect::<Vec<IdentityRef>>();
            let expected: Vec<IdentityRef> = some.difference(&others).map(|n| [*n; 16]).collect();
            prop_assert_eq!(without(&refs(&some), &refs(&others)), expected);
        }
    }
}
