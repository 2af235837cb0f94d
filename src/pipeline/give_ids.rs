//! Giving ids: clusters become persons that keep their ids, and the index has a new version.

use std::collections::BTreeSet;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use futures::StreamExt;

use crate::engine::{DatasetWriter, EngineError};
use crate::foundation::Zone;
use crate::identity::{
    Assigned, PersonIndex, ReadingIndex, assign, crosswalk_schema, ledger_batch, ledger_schema, persons_schema,
};
use crate::linkage::{Linked, TokenTable};
use crate::pipeline::corrections::{corrected, write_records};
use crate::pipeline::error::PipelineError;
use crate::pipeline::ground::Ground;
use crate::pipeline::identify::Identified;
use crate::pipeline::link_parts::{Outcome, sorted};
use crate::publish::Pointer;

/// Gives clusters the ids of persons and writes the new version of the index.
pub(super) async fn give_ids(
    ground: &Ground<'_>,
    table: &TokenTable,
    linked: &Linked,
    identified: &[Identified],
    parent: Option<&Pointer>,
    outcome: &Outcome<'_>,
) -> Result<Assigned, PipelineError> {
    let records = write_records(ground, identified, outcome.fingerprint, &outcome.place).await?;
    let refs = table.refs();
    let (parent_index, corrected) = match parent {
        Some(pointer) => {
            let index = read_index(ground, pointer).await?;
            let corrected = corrected(ground, &records, pointer, &index, refs).await?;
            (Some(index), corrected)
        }
        None => (None, BTreeSet::new()),
    };
    let clusters: Vec<Vec<[u8; 16]>> =
        linked.clusters.iter().map(|c| c.iter().map(|row| refs[*row as usize]).collect()).collect();
    let key = ground.keys.person_key();
    let next_counter = parent.map_or(1, |p| p.next_counter);
    let stands_on =
        crate::identity::Ground { parent: parent_index.as_ref(), next_counter, key: &key, corrected: &corrected };
    let assigned = assign(&clusters, &stands_on).map_err(PipelineError::bug)?;
    drop((clusters, parent_index, corrected));
    let index = &assigned.index;
    let ledger = std::iter::once_with(|| ledger_batch(&assigned.ledger, index.version(), outcome.linked_as.as_str()));
    write_part("persons", persons_schema(), "counter", std::iter::once_with(|| index.persons_batch()), outcome).await?;
    write_part("crosswalk", crosswalk_schema(), "identity_ref", index.members_batches(), outcome).await?;
    write_part("ledger", ledger_schema(), "person_id", ledger, outcome).await?;
    Ok(assigned)
}

/// Writes a part of the index.
async fn write_part<E: std::fmt::Display>(
    kind: &str,
    schema: SchemaRef,
    by: &str,
    batches: impl Iterator<Item = Result<RecordBatch, E>>,
    outcome: &Outcome<'_>,
) -> Result<(), PipelineError> {
    let mut writer = DatasetWriter::create(&outcome.place.join(kind), schema, &sorted(by)).await?;
    for batch in batches {
        writer.write(batch.map_err(PipelineError::bug)?).await?;
    }
    writer.finish(kind, outcome.fingerprint.as_str(), Zone::Restricted, serde_json::Map::new()).await?;
    Ok(())
}

async fn read_index(ground: &Ground<'_>, pointer: &Pointer) -> Result<PersonIndex, PipelineError> {
    let engine = &ground.runner.engine;
    let place = ground.runner.root.join(&pointer.index);
    let damaged =
        |e: crate::identity::IdentityError| PipelineError::Damaged { place: place.to_string(), reason: e.to_string() };
    for kind in ["persons", "crosswalk"] {
        engine.register_folder(&format!("parent {kind}"), &place.join(kind)).await?;
    }
    let persons = engine.collect("parent persons", "SELECT * FROM \"parent persons\"").await?;
    let mut index = ReadingIndex::new(pointer.index_version, pointer.next_counter, &persons).map_err(damaged)?;
    let mut members = engine.stream("parent crosswalk", "SELECT * FROM \"parent crosswalk\"").await?;
    while let Some(batch) = members.next().await {
        index.push(&batch.map_err(EngineError::sql("parent crosswalk"))?).map_err(damaged)?;
    }
    index.finish().map_err(damaged)
}
