//! Attach: event facts get the person they belong to and become the linked tables that rules read.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, FixedSizeBinaryArray, RecordBatch, StringBuilder};
use arrow::compute::filter_record_batch;
use futures::StreamExt;

use crate::engine::{Dataset, DatasetWriter, EngineError, Place, WriteOptions};
use crate::foundation::{Fingerprinter, Zone, sql_name};
use crate::pipeline::error::PipelineError;
use crate::pipeline::ground::Ground;
use crate::pipeline::identify::Identified;
use crate::pipeline::organizations::Organizations;
use crate::pipeline::tables;
use crate::standardize::blank_ref;

/// Identity records and their persons, in memory: 16 bytes and 17 more a record.
#[derive(Debug, Default)]
pub struct Crosswalk {
    refs: Vec<u128>,
    persons: Vec<[u8; 17]>,
    /// Where the references begin that share their first bits. References are keyed hashes, so each heap is as small as any.
    starts: Vec<usize>,
}

/// Bits by which references are found.
const FIRST_BITS: u32 = 16;

fn first_bits(reference: u128) -> usize {
    usize::try_from(reference >> (u128::BITS - FIRST_BITS)).unwrap_or(0)
}

impl Crosswalk {
    /// Reads a crosswalk dataset.
    pub async fn read(ground: &Ground<'_>, dataset: &Dataset) -> Result<Self, PipelineError> {
        let engine = &ground.runner.serial;
        engine.register_folder("crosswalk", &dataset.place).await?;
        let mut rows = engine.stream("crosswalk", "SELECT identity_ref, person_id FROM crosswalk").await?;
        let mut crosswalk = Self::default();
        while let Some(batch) = rows.next().await {
            let batch = batch.map_err(EngineError::sql("crosswalk"))?;
            let refs: &FixedSizeBinaryArray = batch.column(0).as_fixed_size_binary();
            let ids = arrow::compute::cast(batch.column(1), &arrow::datatypes::DataType::Utf8)
                .map_err(EngineError::arrow("crosswalk"))?;
            let ids = ids.as_string::<i32>();
            for row in 0..batch.num_rows() {
                let mut reference = [0; 16];
                reference.copy_from_slice(refs.value(row));
                let mut person = [0; 17];
                let text = ids.value(row).as_bytes();
                if text.len() != person.len() {
                    return Err(PipelineError::Bug("a person id of another length".to_owned()));
                }
                person.copy_from_slice(text);
                crosswalk.refs.push(u128::from_be_bytes(reference));
                crosswalk.persons.push(person);
            }
        }
        if !crosswalk.refs.is_sorted() {
            let reason = "its rows are not sorted".to_owned();
            return Err(PipelineError::Damaged { place: dataset.place.to_string(), reason });
        }
        let refs = &crosswalk.refs;
        crosswalk.starts = (0..=1 << FIRST_BITS).map(|bits| refs.partition_point(|r| first_bits(*r) < bits)).collect();
        Ok(crosswalk)
    }

    fn person(&self, reference: &[u8]) -> Option<&str> {
        let reference = u128::from_be_bytes(reference.try_into().ok()?);
        let bits = first_bits(reference);
        let (start, end) = (self.starts[bits], self.starts[bits + 1]);
        let place = start + self.refs[start..end].binary_search(&reference).ok()?;
        std::str::from_utf8(&self.persons[place]).ok()
    }
}

/// Makes the linked table of one source.
pub async fn attach(
    ground: &Ground<'_>,
    identified: &Identified,
    crosswalk: &Crosswalk,
    crosswalk_print: &str,
    organizations: Option<&Organizations>,
) -> Result<Dataset, PipelineError> {
    let source = &identified.source;
    let contract = &ground.project.contracts[source];
    let mut print = Fingerprinter::new("linked/2").with("facts", identified.facts.content());
    if contract.has_persons() {
        print = print.with("crosswalk", crosswalk_print);
    }
    let organizations = organizations.filter(|_| Organizations::are_in(contract));
    if let Some(organizations) = organizations {
        print = print.with("organizations", organizations.fingerprint().as_str());
    }
    let fingerprint = print.finish();
    let schema = tables::linked(contract);
    let nobody = contract.has_persons().then(|| blank_ref(source, &ground.keys.reference_key()));
    let name = format!("linked/{source}");
    let make = async |place: Place| {
        let hashed = if contract.has_persons() { vec![tables::RECORD_REF.to_owned()] } else { Vec::new() };
        let options = WriteOptions { hashed, ..WriteOptions::default() };
        let mut writer = DatasetWriter::create(&place, Arc::clone(&schema), &options).await?;
        let table = format!("facts {source}");
        ground.runner.serial.register_folder(&table, &identified.facts.place).await?;
        let mut rows = ground.runner.serial.stream(&table, &format!("SELECT * FROM {}", sql_name(&table))).await?;
        let mut done = 0;
        while let Some(batch) = rows.next().await {
            let batch = batch.map_err(EngineError::sql(table.as_str()))?;
            done += batch.num_rows() as u64;
            // Delivery and line stay behind in the restricted zone.
            let places: Vec<usize> = (0..schema.fields().len()).collect();
            let batch = batch.project(&places).map_err(EngineError::arrow("linked rows"))?;
            let batch = match &nobody {
                Some(nobody) => with_person(&somebody(&batch, nobody)?, crosswalk)?,
                None => batch,
            };
            let batch = match organizations {
                Some(organizations) => organizations.resolve(&batch, contract)?,
                None => batch,
            };
            writer.write(crate::engine::write::conform(&batch, &schema)?).await?;
            ground.runner.watch.rows(&name, done);
        }
        Ok(writer.finish("linked", fingerprint.as_str(), Zone::Linked, serde_json::Map::new()).await?)
    };
    ground.runner.step(&name, "linked", Zone::Linked, &fingerprint, make).await
}

/// The rows that say who they are about. The others stay in the facts and are counted there: nobody can say whose outcome they would be.
fn somebody(batch: &RecordBatch, nobody: &[u8; 16]) -> Result<RecordBatch, PipelineError> {
    let at = batch.schema().index_of(tables::IDENTITY_REF).map_err(EngineError::arrow("facts"))?;
    let refs: &FixedSizeBinaryArray = batch.column(at).as_fixed_size_binary();
    let keep: BooleanArray = (0..refs.len()).map(|row| Some(refs.value(row) != nobody)).collect();
    if keep.true_count() == keep.len() {
        return Ok(batch.clone());
    }
    Ok(filter_record_batch(batch, &keep).map_err(EngineError::arrow("rows of somebody"))?)
}

/// Facts end in `identity_ref` and `record_ref`; the first is replaced by the person.
fn with_person(batch: &RecordBatch, crosswalk: &Crosswalk) -> Result<RecordBatch, PipelineError> {
    let at = batch.schema().index_of(tables::IDENTITY_REF).map_err(EngineError::arrow("facts"))?;
    let refs: &FixedSizeBinaryArray = batch.column(at).as_fixed_size_binary();
    let mut persons = StringBuilder::with_capacity(refs.len(), refs.len() * 17);
    for row in 0..refs.len() {
        let person = crosswalk.person(refs.value(row));
        persons.append_value(
            person.ok_or_else(|| PipelineError::Bug("a fact's identity record has no person".to_owned()))?,
        );
    }
    let mut columns: Vec<ArrayRef> = batch.columns().to_vec();
    columns[at] = Arc::new(persons.finish());
    let mut fields: Vec<_> = batch.schema().fields().iter().map(|f| f.as_ref().clone()).collect();
    fields[at] = arrow::datatypes::Field::new(tables::PERSON_ID, arrow::datatypes::DataType::Utf8, false);
    let schema = Arc::new(arrow::datatypes::Schema::new(fields));
    Ok(RecordBatch::try_new(schema, columns).map_err(EngineError::arrow("linked rows"))?)
}
