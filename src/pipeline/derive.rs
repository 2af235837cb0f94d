//! Derive: rules make their tables from the linked tables, marts make theirs from those. Each is one DataFusion job, sorted by its key.

use std::collections::BTreeMap;

use arrow::array::AsArray;
use arrow::datatypes::{DataType, Int64Type, SchemaRef};

use crate::engine::{Dataset, DatasetWriter, Place, WriteOptions};
use crate::foundation::{Fingerprint, Fingerprinter, Zone};
use crate::pipeline::current::quoted;
use crate::pipeline::error::PipelineError;
use crate::pipeline::ground::Ground;
use crate::publish::PublishError;

/// One table that SQL makes.
#[derive(Clone, Debug)]
pub struct Job<'a> {
    /// What it is, for people: `rule` or `mart`.
    pub kind: &'a str,
    /// The table's name.
    pub name: &'a str,
    /// Where it may lie.
    pub zone: Zone,
    /// The query.
    pub sql: &'a str,
    /// The columns it must have.
    pub schema: SchemaRef,
    /// The columns that name one row.
    pub key: &'a [String],
    /// The tables that the query reads.
    pub reads: &'a [String],
}

/// Runs one job unless its table is in the store, tests its key, and makes it a table of the run.
pub async fn derive(
    ground: &Ground<'_>,
    job: &Job<'_>,
    inputs: &BTreeMap<String, String>,
) -> Result<Dataset, PipelineError> {
    let mut print =
        Fingerprinter::new("derive/1").with("name", job.name).with("sql", job.sql).with("key", job.key.join(","));
    for field in job.schema.fields() {
        print = print.with("column", field.name()).with("type", field.data_type().to_string());
    }
    for name in job.reads {
        if let Some(input) = inputs.get(name) {
            print = print.with("reads", name).with("as", input);
        }
    }
    let fingerprint = print.finish();
    let step = format!("{}/{}", job.kind, job.name);
    let dataset = ground
        .runner
        .step(&step, job.kind, job.zone, &fingerprint, |place| make(ground, job, place, fingerprint.clone()))
        .await?;
    ground.runner.engine.register_folder(job.name, &dataset.place).await?;
    Ok(dataset)
}

async fn make(
    ground: &Ground<'_>,
    job: &Job<'_>,
    place: Place,
    fingerprint: Fingerprint,
) -> Result<Dataset, PipelineError> {
    let engine = &ground.runner.engine;
    // Text leaves the views that joins make before it is sorted: a view keeps whole buffers of its source alive, and a sort over views asks for
    // memory as if it held them all.
    let column = |f: &arrow::datatypes::FieldRef| match f.data_type() {
        DataType::Utf8 => format!("arrow_cast({0}, 'Utf8') AS {0}", quoted(f.name())),
        _ => quoted(f.name()),
    };
    let columns = job.schema.fields().iter().map(column).collect::<Vec<_>>().join(", ");
    let mut order: Vec<String> = job.key.iter().map(|k| format!("{} ASC NULLS FIRST", quoted(k))).collect();
    if order.is_empty() {
        // Without a key the whole row is the order; a tie is then two equal rows.
        order = job.schema.fields().iter().map(|f| format!("{} ASC NULLS FIRST", quoted(f.name()))).collect();
    }
    let sql = format!("SELECT {columns} FROM (\n{}\n) AS job ORDER BY {}", job.sql, order.join(", "));
    let what = format!("{} `{}`", job.kind, job.name);
    let options = WriteOptions {
        sorted_by: job.key.to_vec(),
        bloom: job.key.iter().filter(|k| k.ends_with("_id")).cloned().collect(),
        ..WriteOptions::default()
    };
    let mut writer = DatasetWriter::create(&place, SchemaRef::clone(&job.schema), &options).await?;
    writer.write_stream(&what, engine.stream(&what, &sql).await?).await?;
    let dataset = writer.finish(job.kind, fingerprint.as_str(), job.zone, serde_json::Map::new()).await;
    let dataset = dataset?;
    if let Err(error) = unique(ground, job, &dataset).await {
        place.remove_all().await?;
        return Err(error);
    }
    Ok(dataset)
}

/// Tests that the key names one row.
async fn unique(ground: &Ground<'_>, job: &Job<'_>, dataset: &Dataset) -> Result<(), PipelineError> {
    if job.key.is_empty() {
        return Ok(());
    }
    let engine = &ground.runner.engine;
    let table = format!("key of {}", job.name);
    engine.register_folder(&table, &dataset.place).await?;
    let key = job.key.iter().map(|k| quoted(k)).collect::<Vec<_>>().join(", ");
    let sql = format!(
        "SELECT CAST(COALESCE(SUM(n - 1), 0) AS BIGINT) FROM (SELECT COUNT(*) AS n FROM {} GROUP BY {key} HAVING COUNT(*) > 1)",
        quoted(&table)
    );
    let rows = engine.collect(&table, &sql).await?;
    engine.drop_table(&table)?;
    let double = rows.first().map_or(0, |b| b.column(0).as_primitive::<Int64Type>().value(0));
    if double == 0 {
        return Ok(());
    }
    let key = job.key.join(", ");
    Err(PublishError::KeyNotUnique { mart: job.name.to_owned(), key, rows: double.unsigned_abs() }.into())
}
