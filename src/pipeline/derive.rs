//! Derive: rules make their tables from the linked tables, marts make theirs from those. Each is one DataFusion job, sorted by its key.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, RecordBatch};
use arrow::compute::and;
use arrow::compute::kernels::cmp::not_distinct;
use arrow::datatypes::{DataType, SchemaRef};
use datafusion::common::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use futures::StreamExt;
use tokio::sync::mpsc::{Receiver, channel};

use crate::engine::write::conform;
use crate::engine::{Dataset, DatasetWriter, EngineError, Place, WriteOptions};
use crate::foundation::{Fingerprint, Fingerprinter, Zone, sql_name};
use crate::pipeline::dense;
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
    /// The column of which each value gets files of its own: the organisation whose rows they are.
    pub divided_by: Option<&'a str>,
}

/// Runs one job unless its table is in the store, tests its key, and makes it a table of the run.
pub async fn derive(
    ground: &Ground<'_>,
    job: &Job<'_>,
    inputs: &BTreeMap<String, String>,
) -> Result<Dataset, PipelineError> {
    derive_from(ground, job, inputs, async || Ok(job.sql.to_owned())).await
}

/// The same for a job whose rows are got ready first: `ready` gives the query that stands in place of the job's own, which still names the job in
/// the store.
pub async fn derive_from(
    ground: &Ground<'_>,
    job: &Job<'_>,
    inputs: &BTreeMap<String, String>,
    ready: impl AsyncFnOnce() -> Result<String, PipelineError>,
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
    let make = async |place: Place| {
        let sql = ready().await?;
        make(ground, job, &sql, place, fingerprint.clone()).await
    };
    let dataset = ground.runner.step(&step, job.kind, job.zone, &fingerprint, make).await?;
    ground.runner.engine.register_folder(job.name, &dataset.place).await?;
    Ok(dataset)
}

async fn make(
    ground: &Ground<'_>,
    job: &Job<'_>,
    sql: &str,
    place: Place,
    fingerprint: Fingerprint,
) -> Result<Dataset, PipelineError> {
    let engine = &ground.runner.engine;
    // Text leaves the views that joins make before it is sorted: a view keeps whole buffers of its source alive, and a sort over views asks for
    // memory as if it held them all. So it is with the slices that aggregates make, see `dense`.
    engine.context().register_udf(dense::function());
    let column = |f: &arrow::datatypes::FieldRef| match f.data_type() {
        DataType::Utf8 => format!("{}(arrow_cast({1}, 'Utf8')) AS {1}", dense::NAME, sql_name(f.name())),
        _ => format!("{}({1}) AS {1}", dense::NAME, sql_name(f.name())),
    };
    let columns = job.schema.fields().iter().map(column).collect::<Vec<_>>().join(", ");
    let mut order: Vec<String> = job.key.iter().map(|k| format!("{} ASC NULLS FIRST", sql_name(k))).collect();
    if order.is_empty() {
        // Without a key the whole row is the order; a tie is then two equal rows.
        order = job.schema.fields().iter().map(|f| format!("{} ASC NULLS FIRST", sql_name(f.name()))).collect();
    }
    let sql = format!("SELECT {columns} FROM (\n{sql}\n) AS job ORDER BY {}", order.join(", "));
    let what = format!("{} `{}`", job.kind, job.name);
    let options = WriteOptions {
        sorted_by: job.key.to_vec(),
        divided_by: job.divided_by.map(str::to_owned),
        bloom: job.key.iter().filter(|k| k.ends_with("_id")).cloned().collect(),
        ..WriteOptions::default()
    };
    let mut writer = DatasetWriter::create(&place, SchemaRef::clone(&job.schema), &options).await?;
    let mut twins = Twins::new(job);
    let mut rows = ahead(engine.stream(&what, &sql).await?);
    while let Some(batch) = rows.recv().await {
        let batch = conform(&batch.map_err(EngineError::sql(what.as_str()))?, &job.schema)?;
        twins.count(&batch)?;
        writer.write(batch).await?;
    }
    if twins.found > 0 {
        drop(writer);
        place.remove_all().await?;
        let key = job.key.join(", ");
        return Err(PublishError::KeyNotUnique { mart: job.name.to_owned(), key, rows: twins.found }.into());
    }
    Ok(writer.finish(job.kind, fingerprint.as_str(), job.zone, serde_json::Map::new()).await?)
}

/// Lets the engine merge the next rows while the last ones are written.
#[must_use]
pub fn ahead(mut rows: SendableRecordBatchStream) -> Receiver<Result<RecordBatch, DataFusionError>> {
    let (sender, receiver) = channel(4);
    tokio::spawn(async move {
        while let Some(batch) = rows.next().await {
            // Nobody listens any more: the writer has failed, and says so itself.
            if sender.send(batch).await.is_err() {
                break;
            }
        }
    });
    receiver
}

/// Counts rows whose key is the key of the row before. The rows come sorted by it, so where there are none, the key names one row.
struct Twins {
    key: Vec<usize>,
    last: Option<Vec<ArrayRef>>,
    found: u64,
}

impl Twins {
    fn new(job: &Job<'_>) -> Self {
        Self { key: job.key.iter().filter_map(|k| job.schema.index_of(k).ok()).collect(), last: None, found: 0 }
    }

    fn count(&mut self, batch: &RecordBatch) -> Result<(), EngineError> {
        let rows = batch.num_rows();
        if self.key.is_empty() || rows == 0 {
            return Ok(());
        }
        let key: Vec<ArrayRef> = self.key.iter().map(|i| Arc::clone(batch.column(*i))).collect();
        let part = |from: usize, rows: usize| key.iter().map(|k| k.slice(from, rows)).collect::<Vec<_>>();
        if let Some(last) = &self.last {
            self.found += same(last, &part(0, 1))?;
        }
        self.found += same(&part(0, rows - 1), &part(1, rows - 1))?;
        self.last = Some(part(rows - 1, 1));
        Ok(())
    }
}

/// How many rows are alike in every column; two nulls are alike.
fn same(above: &[ArrayRef], below: &[ArrayRef]) -> Result<u64, EngineError> {
    let fault = || EngineError::arrow("comparing keys");
    let mut alike: Option<BooleanArray> = None;
    for (above, below) in above.iter().zip(below) {
        let equal = not_distinct(above, below).map_err(fault())?;
        alike = Some(match alike {
            Some(alike) => and(&alike, &equal).map_err(fault())?,
            None => equal,
        });
    }
    Ok(alike.map_or(0, |alike| alike.true_count() as u64))
}

#[cfg(test)]
mod tests {
    use arrow::array::{Int32Array, StringArray};
    use arrow::datatypes::{Field, Schema};

    use super::*;

    #[test]
    fn equal_keys_are_found_within_batches_and_across_them() {
        let schema =
            Arc::new(Schema::new(vec![Field::new("a", DataType::Utf8, true), Field::new("b", DataType::Int32, true)]));
        let batch = |rows: &[(Option<&str>, i32)]| {
            let a: ArrayRef = Arc::new(rows.iter().map(|r| r.0).collect::<StringArray>());
            let b: ArrayRef = Arc::new(rows.iter().map(|r| r.1).collect::<Int32Array>());
            RecordBatch::try_new(Arc::clone(&schema), vec![a, b]).unwrap()
        };
        let batches = [
            batch(&[(None, 1), (None, 1), (Some("x"), 1)]),
            batch(&[]),
            batch(&[(Some("x"), 1)]),
            batch(&[(Some("x"), 1), (Some("x"), 2), (Some("y"), 2)]),
        ];
        let found = |key: &[&str]| {
            let key: Vec<String> = key.iter().map(|k| (*k).to_owned()).collect();
            let zone = Zone::Linked;
            let schema = Arc::clone(&schema);
            let job = Job { kind: "rule", name: "t", zone, sql: "", schema, key: &key, reads: &[], divided_by: None };
            let mut twins = Twins::new(&job);
            for batch in &batches {
                twins.count(batch).unwrap();
            }
            twins.found
        };
        // One within the first batch, one over the empty batch, one over the next border.
        assert_eq!(found(&["a", "b"]), 3);
        assert_eq!(found(&["a"]), 4);
        assert_eq!(found(&[]), 0);
    }
}
