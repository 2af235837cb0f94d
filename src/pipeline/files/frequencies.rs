//! Frequencies: how many records of the files that a model was trained on held each value of the fields in which a rare one says more. They hold
//! values of persons, so they are no part of the model, which names them by their fingerprint: a dataset of their own beside it.

use std::sync::Arc;

use arrow::array::{AsArray, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Int64Type, Schema, SchemaRef};

use crate::engine::{Dataset, DatasetWriter, Engine, EngineError, Limits, Place, WriteOptions};
use crate::foundation::{Fingerprinter, Zone};
use crate::linkage::model::{Comparison, Frequencies, Records, ValueCounts, Values};
use crate::pipeline::error::PipelineError;

/// What the dataset is called.
const STORED: &str = "frequencies";

/// One row a field and value that some record holds, sorted by both.
fn schema() -> SchemaRef {
    let text = |name: &str| Field::new(name, DataType::Utf8, false);
    Arc::new(Schema::new(vec![text("field"), text("value"), Field::new("records", DataType::Int64, false)]))
}

/// Where the frequencies of a model lie that stands in `folder`.
fn place_of(folder: &Place, fingerprint: &str) -> Place {
    folder.join(&format!("{STORED}/{fingerprint}"))
}

/// Writes how often values come in `records` below `folder` and tells the fingerprint; `None` where no comparison reads it.
pub async fn write(records: &Records, list: &[Comparison], folder: &Place) -> Result<Option<String>, PipelineError> {
    let mut rows: Vec<(&str, &str, u32)> = Vec::new();
    for (comparison, counted) in list.iter().zip(Frequencies::of(records, list).0) {
        let (Some(counted), Values::Texts(texts)) = (counted, &records.fields[comparison.field].values) else {
            continue;
        };
        for (number, count) in (0_u32..).zip(counted.counts).filter(|(_, count)| *count > 0) {
            // Values were made canonical from text.
            let value = std::str::from_utf8(texts.whole(number)).map_err(PipelineError::bug)?;
            rows.push((&comparison.name, value, count));
        }
    }
    if rows.is_empty() {
        return Ok(None);
    }
    rows.sort_unstable();
    let mut print = Fingerprinter::new("frequencies of files/1");
    for (field, value, count) in &rows {
        print = print.with("field", field).with("value", value).with("records", count.to_be_bytes());
    }
    let fingerprint = print.finish();
    let options = WriteOptions {
        sorted_by: vec!["field".to_owned(), "value".to_owned()],
        no_statistics: true,
        ..WriteOptions::default()
    };
    let place = place_of(folder, fingerprint.as_str());
    let mut writer = DatasetWriter::create(&place, schema(), &options).await?;
    let batch = RecordBatch::try_new(
        schema(),
        vec![
            Arc::new(StringArray::from_iter_values(rows.iter().map(|row| row.0))),
            Arc::new(StringArray::from_iter_values(rows.iter().map(|row| row.1))),
            Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| i64::from(row.2)))),
        ],
    );
    writer.write(batch.map_err(EngineError::arrow(STORED))?).await?;
    writer.finish(STORED, fingerprint.as_str(), Zone::Restricted, serde_json::Map::new()).await?;
    Ok(Some(fingerprint.to_string()))
}

/// Leaves below `to`, where a linkage is written, what its model in `from` counted, and nothing where it counted at hand: what is there would be
/// of a model that is gone.
pub async fn keep(from: Option<(&Place, &str)>, to: &Place) -> Result<(), PipelineError> {
    let all = to.join(STORED);
    let Some((from, fingerprint)) = from else { return Ok(all.remove_all().await?) };
    let (from, to) = (place_of(from, fingerprint), place_of(to, fingerprint));
    // A linkage may be written where its model stands.
    if from.to_string() == to.to_string() {
        return Ok(());
    }
    all.remove_all().await?;
    if let Some(counted) = Dataset::open(&from).await? {
        counted.copy(&to, counted.meta.clone()).await?;
    }
    Ok(())
}

/// Reads the frequencies that a model in `folder` names, for the values of `records`.
pub async fn read(
    records: &Records,
    list: &[Comparison],
    folder: &Place,
    fingerprint: &str,
) -> Result<Frequencies, PipelineError> {
    let place = place_of(folder, fingerprint);
    if Dataset::open(&place).await?.is_none() {
        let what =
            format!("the frequencies that the model counted: {place} (they lie beside the model that `train` wrote)");
        return Err(PipelineError::NotThere { what: vec![what] });
    }
    let engine = Engine::new(Limits { threads: 1, ..Limits::default() })?;
    engine.register_folder(STORED, &place).await?;
    let of = |comparison: &Comparison| {
        let distinct = records.fields[comparison.field].values.distinct();
        let counts = vec![0; distinct? + 1];
        comparison.frequencies.then_some(ValueCounts { counts, with: 0.0 })
    };
    let mut frequencies = Frequencies(list.iter().map(of).collect());
    let sql = format!("SELECT arrow_cast(field, 'Utf8') AS f, arrow_cast(value, 'Utf8') AS v, records FROM {STORED}");
    for batch in engine.collect(STORED, &sql).await? {
        let (fields, values) = (batch.column(0).as_string::<i32>(), batch.column(1).as_string::<i32>());
        let counts = batch.column(2).as_primitive::<Int64Type>();
        for row in 0..batch.num_rows() {
            let Some(at) = list.iter().position(|comparison| comparison.name == fields.value(row)) else { continue };
            let (Some(counted), Values::Texts(texts)) =
                (&mut frequencies.0[at], &records.fields[list[at].field].values)
            else {
                continue;
            };
            let count = u32::try_from(counts.value(row)).unwrap_or(u32::MAX);
            counted.with += f64::from(count);
            // A value that nobody here holds tells only how many there were.
            if let number @ 1.. = texts.find(values.value(row).as_bytes()) {
                counted.counts[number as usize] = count;
            }
        }
    }
    Ok(frequencies)
}
