//! Tokenised deliveries at the hub: the agency's tokens and references take the hub's step, and from there on the source is like any other.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, FixedSizeBinaryArray, Int64Array, RecordBatch};
use arrow::compute::filter_record_batch;
use arrow::datatypes::{DataType, SchemaRef};
use futures::StreamExt;
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};

use crate::engine::{Dataset, DatasetWriter, EngineError, Place, WriteOptions};
use crate::foundation::{Fingerprint, Zone, schema, sql_name};
use crate::pipeline::deliveries::Delivery;
use crate::pipeline::error::PipelineError;
use crate::pipeline::ground::Ground;
use crate::pipeline::sent_form::{CHECKS, column, expect, recipe_names, sent_name, sent_schema};
use crate::pipeline::set_aside;
use crate::pipeline::spec::ContractDocument;
use crate::pipeline::tables::{IDENTITY_REF, RECORD_REF};
use crate::standardize::SPEC_VERSION;
use crate::tokenize::Tokenizer;

/// The hub's tokenizer.
pub fn tokenizer(ground: &Ground<'_>) -> Result<Tokenizer, PipelineError> {
    Tokenizer::new(&ground.project.linkage.tokens, ground.keys.ring(), SPEC_VERSION)
        .map_err(|e| PipelineError::Key(e.to_string()))
}

/// Takes in a file that an agency tokenised: its footer is held against this run's contract, recipes and key, and its rows are kept as they are.
pub async fn accept(
    ground: &Ground<'_>,
    delivery: &Delivery,
    contract: &ContractDocument,
    file: &Place,
    place: Place,
    fingerprint: &Fingerprint,
) -> Result<Dataset, PipelineError> {
    let broken = |finding: String| PipelineError::ContractBroken {
        source_name: delivery.source.clone(),
        file: delivery.file.clone(),
        findings: vec![finding],
        rejects: None,
    };
    let metadata = footer(file).await.map_err(|e| broken(format!("the file cannot be read as Parquet: {e}")))?;
    let pairs = metadata.file_metadata().key_value_metadata();
    let said = pairs.into_iter().flatten().find(|kv| kv.key == CHECKS).and_then(|kv| kv.value.as_deref());
    expect(said, &contract.contract, &ground.project.linkage, &tokenizer(ground)?)?;

    let table = format!("file {}", file.name());
    let serial = &ground.runner.serial;
    serial.register_file(&table, file).await?;
    let schema = sent_schema(contract, &recipe_names(&ground.project.linkage));
    let columns: Vec<String> = schema.fields().iter().map(|f| sql_name(f.name())).collect();
    let sql = format!("SELECT {} FROM {}", columns.join(", "), sql_name(&table));
    let rows = serial
        .stream(&table, &sql)
        .await
        .map_err(|e| broken(format!("its columns are not those of the contract: {e}")))?;
    let options = WriteOptions { no_statistics: true, ..WriteOptions::default() };
    let mut writer = DatasetWriter::create(&place, schema, &options).await?;
    writer.write_stream(&table, rows).await?;
    let mut facts = serde_json::Map::new();
    let records = metadata.file_metadata().num_rows();
    facts.insert("records".into(), records.into());
    facts.insert("quarantined".into(), 0.into());
    // Rows that the agency set aside stayed with it.
    set_aside::finish(set_aside::writer(&place).await?, fingerprint).await?;
    let dataset = writer.finish("accept", fingerprint.as_str(), Zone::Restricted, facts).await?;
    if i64::try_from(dataset.meta.rows).ok() == Some(records) {
        return Ok(dataset);
    }
    Err(PipelineError::Bug(format!("{}: {records} rows became {}", delivery.file, dataset.meta.rows)))
}

async fn footer(file: &Place) -> Result<ParquetMetaData, String> {
    let mut reader = ParquetMetaDataReader::new();
    let parsed = match file.local() {
        Some(path) => reader.try_parse(&std::fs::File::open(path).map_err(|e| e.to_string())?),
        None => reader.try_parse(&file.read().await.map_err(|e| e.to_string())?),
    };
    parsed.and_then(|()| reader.finish()).map_err(|e| e.to_string())
}

/// Facts of rows that came tokenised: what travels, and both references under the hub's step too.
pub fn facts(
    tokenizer: &Tokenizer,
    batch: &RecordBatch,
    sequence: i64,
    schema: &SchemaRef,
) -> Result<RecordBatch, PipelineError> {
    let column = |name: &str| {
        batch.column_by_name(name).ok_or_else(|| PipelineError::Bug(format!("a tokenised row without `{name}`")))
    };
    let mut columns: Vec<ArrayRef> = Vec::new();
    for field in schema.fields() {
        let array: ArrayRef = match field.name().as_str() {
            "delivery_seq" => Arc::new(Int64Array::from_value(sequence, batch.num_rows())),
            name @ (IDENTITY_REF | RECORD_REF) => {
                Arc::new(tokenizer.wrap_references(column(name)?).map_err(PipelineError::bug)?)
            }
            name => Arc::clone(column(name)?),
        };
        columns
            .push(arrow::compute::cast(&array, field.data_type()).map_err(EngineError::arrow(field.name().as_str()))?);
    }
    Ok(RecordBatch::try_new(Arc::clone(schema), columns).map_err(EngineError::arrow("facts"))?)
}

/// The tokens of the identity records of a tokenised source, as sent: one row a record, its period and rows counted over all rows that still
/// stand. `rows` is the SQL of those rows.
#[must_use]
pub fn identities_sql(rows: &str, recipes: &[String]) -> String {
    let columns = schema::tokens(recipes);
    let chosen = columns.fields().iter().map(|field| {
        let (name, sent) = (sql_name(field.name()), sql_name(&sent_name(field.name())));
        match field.name().as_str() {
            "row_count" => format!("COUNT(*) OVER (PARTITION BY {IDENTITY_REF}) AS {name}"),
            "period_start" => format!("MIN({sent}) OVER (PARTITION BY {IDENTITY_REF}) AS {name}"),
            "period_end" => format!("MAX({sent}) OVER (PARTITION BY {IDENTITY_REF}) AS {name}"),
            _ => format!("{sent} AS {name}"),
        }
    });
    let names: Vec<String> = columns.fields().iter().map(|f| sql_name(f.name())).collect();
    format!(
        "SELECT {} FROM (SELECT {}, ROW_NUMBER() OVER (PARTITION BY {IDENTITY_REF} ORDER BY token_period_end DESC NULLS LAST, \
         delivery_seq DESC, line DESC) AS nth FROM ({rows})) WHERE nth = 1",
        names.join(", "),
        chosen.collect::<Vec<_>>().join(", ")
    )
}

/// Wraps the sent tokens of a source, one row an identity record, and writes them sorted as the tokens of clear records are. The record of rows
/// that say nothing of who they are, known by its reference `blank`, is left out: it is nobody.
///
/// Wrapping changes the references, and with them the order; the sorting is the engine's, which spills where memory is short.
pub async fn wrap_tokens(
    ground: &Ground<'_>,
    source: &str,
    sql: &str,
    blank: &[u8; 16],
    place: &Place,
) -> Result<DatasetWriter, PipelineError> {
    let engine = &ground.runner.engine;
    let tokenizer = tokenizer(ground)?;
    let recipes = recipe_names(&ground.project.linkage);
    let schema = schema::tokens(&recipes);
    let hashed = tokenizer.hashed_columns();
    let unsorted = WriteOptions { hashed, no_statistics: true, ..WriteOptions::default() };
    let sorted = WriteOptions { sorted_by: vec![IDENTITY_REF.into()], ..unsorted.clone() };
    // The folder is cleared by the writer that is finished last, so that one is opened first.
    let mut writer = DatasetWriter::create(place, Arc::clone(&schema), &sorted).await?;
    let scratch = place.join("wrapped");
    let mut wrapping = DatasetWriter::create(&scratch, Arc::clone(&schema), &unsorted).await?;
    let mut rows = engine.stream("sent tokens", sql).await?;
    while let Some(batch) = rows.next().await {
        let batch = batch.map_err(EngineError::sql("sent tokens"))?;
        let batch = crate::engine::write::conform(&batch, &schema)?;
        let wrapped = tokenizer.wrap(&batch).map_err(PipelineError::bug)?;
        let refs: &FixedSizeBinaryArray = column(&wrapped, IDENTITY_REF)?.as_fixed_size_binary();
        let somebody: BooleanArray = (0..refs.len()).map(|row| Some(refs.value(row) != blank)).collect();
        wrapping.write(filter_record_batch(&wrapped, &somebody).map_err(EngineError::arrow("sent tokens"))?).await?;
    }
    drop(rows);
    wrapping.finish_parts().await?;
    let table = format!("wrapped {source}");
    engine.register_folder(&table, &scratch).await?;
    // A sort over views asks for memory as if each held the whole buffer that it lies in.
    let columns = schema.fields().iter().map(|field| match field.data_type() {
        DataType::Utf8 | DataType::Binary => {
            format!("arrow_cast({0}, '{1}') AS {0}", sql_name(field.name()), field.data_type())
        }
        _ => sql_name(field.name()),
    });
    let columns = columns.collect::<Vec<_>>().join(", ");
    let sql = format!("SELECT {columns} FROM {} ORDER BY {IDENTITY_REF}", sql_name(&table));
    writer.write_stream("wrapped tokens", engine.stream("wrapped tokens", &sql).await?).await?;
    engine.drop_table(&table)?;
    scratch.remove_all().await?;
    Ok(writer)
}
