//! Accept: one pass over one delivered file. It is decoded, split, typed and checked; accepted rows and quarantined rows are written, none is lost.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use futures::StreamExt;

use crate::contract::gate::{self, Stated};
use crate::contract::rejects::{Receipt, Verdict, reject_file, row_json};
use crate::contract::{CodeSet, Judge, JudgeOptions, Judged, Predicate, Totals};
use crate::engine::predicate::Predicate as Expression;
use crate::engine::{Dataset, DatasetWriter, Engine, EngineError, Place, WriteOptions};
use crate::extract::spec::{Format, ParquetFormat};
use crate::extract::{ExpectedColumn, FileSummary, ReadError, ReadOptions, TextBatch};
use crate::foundation::{Fingerprint, Fingerprinter, Quarantined, SourceBatch, Zone};
use crate::pipeline::deliveries::{Accepted, Delivery};
use crate::pipeline::error::PipelineError;
use crate::pipeline::ground::Ground;
use crate::pipeline::record::FileResult;
use crate::pipeline::spec::ContractDocument;
use crate::pipeline::tables;

/// A compiled expression in the contract room's terms.
struct Compiled(Expression);

impl Predicate for Compiled {
    fn evaluate(&self, batch: &RecordBatch) -> Result<arrow::array::BooleanArray, String> {
        self.0.evaluate(batch).map_err(|e| e.to_string())
    }
}

/// Reads one delivery, unless its rows are in the store already.
pub async fn accept(ground: &Ground<'_>, delivery: &Delivery) -> Result<(Accepted, FileResult), PipelineError> {
    let contract = &ground.project.contracts[&delivery.source];
    let mut print = Fingerprinter::new("accept/1")
        .with("delivery", &delivery.sha256)
        .with("contract", ground.contract_text(&delivery.source))
        .with("as_of", ground.as_of.unwrap_or_default());
    for set in contract.columns.iter().filter_map(|c| c.code_set.as_ref()) {
        let file = format!("config/code_sets/{}.csv", **set);
        print = print.with("code set", ground.project.texts.get(file.as_ref()).unwrap_or_default());
    }
    let fingerprint = print.finish();
    let name = format!("accept/{}/{}", delivery.source, delivery.file);
    let zone = Zone::Restricted;
    let work = |place| read(ground, delivery, contract, place, fingerprint.clone(), name.clone());
    let rows = ground.runner.step(&name, "accept", zone, &fingerprint, work).await?;
    let by_rule = rows.meta.facts.get("by_rule").cloned().unwrap_or_default();
    let file = FileResult {
        source: delivery.source.clone(),
        file: delivery.file.clone(),
        records: rows.count("records"),
        accepted: rows.meta.rows,
        quarantined: rows.count("quarantined"),
        violations: serde_json::from_value(by_rule).unwrap_or_default(),
    };
    Ok((Accepted { delivery: delivery.clone(), rows }, file))
}

/// Where the quarantined rows of accepted ones lie.
#[must_use]
pub fn quarantine_of(rows: &Dataset) -> Place {
    rows.place.join("quarantine")
}

/// The columns by which a contract's columns are found in a file.
#[must_use]
pub fn expected(contract: &ContractDocument) -> Vec<ExpectedColumn> {
    let one = |c: &crate::contract::spec::ColumnSpec| ExpectedColumn {
        name: c.name.value.clone(),
        header: c.header().to_owned(),
        aliases: c.aliases.iter().map(|a| a.value.clone()).collect(),
    };
    contract.columns.iter().map(one).collect()
}

/// A contract made ready to judge rows. `as_of` is a day as `2025-06-30`.
pub fn judge(
    engine: &Engine,
    contract: &ContractDocument,
    code_sets: &BTreeMap<String, CodeSet>,
    as_of: Option<&str>,
) -> Result<Judge, PipelineError> {
    let typed = tables::typed(contract);
    let mut checks: Vec<(_, Box<dyn Predicate>)> = Vec::new();
    for check in &contract.checks {
        let expression = Expression::compile(engine, &check.expect, &typed)?;
        checks.push((check.clone(), Box::new(Compiled(expression))));
    }
    let day =
        |text: &str| text.parse::<chrono::NaiveDate>().ok().map(|d| (d - chrono::NaiveDate::default()).num_days());
    let options = JudgeOptions {
        as_of: as_of.and_then(day).and_then(|d| i32::try_from(d).ok()),
        sums: contract.controls.iter().filter_map(|c| c.sum_of.as_ref().map(|s| s.value.clone())).collect(),
    };
    Judge::new(&contract.columns, checks, code_sets, &options).map_err(PipelineError::bug)
}

/// Reads and judges a file, handing on what was judged in the order of the file: what an agency does with its own file before it tokenises it.
pub async fn read_each(
    engine: &Engine,
    contract: &ContractDocument,
    file: &std::path::Path,
    judge: Judge,
    mut take: impl AsyncFnMut(Judged) -> Result<(), PipelineError>,
) -> Result<FileSummary, PipelineError> {
    let place = Place::parse(&file.to_string_lossy(), std::path::Path::new("."))?;
    let name = place.name().to_owned();
    if !place.exists().await? {
        return Err(PipelineError::NotArrived { sources: vec![file.display().to_string()] });
    }
    let mut counts = crate::contract::Counts::default();
    let mut totals = Totals::default();
    let mut take = async |one: Judged| {
        counts.add(&one.counts);
        totals.add(&one.totals);
        take(one).await
    };
    let read = match &contract.format {
        Format::Parquet(format) => parquet(engine, contract, format, &place, &judge, take).await,
        text => {
            let runtime = tokio::runtime::Handle::current();
            let (format, expected) = (text.clone(), expected(contract));
            // A few batches may wait; the reading stops until they are taken.
            let (give, mut given) = tokio::sync::mpsc::channel::<Judged>(2);
            let read = tokio::task::spawn_blocking(move || {
                let hand_on = |one: Judged| give.blocking_send(one).map_err(PipelineError::bug);
                split_and_judge(&format, &expected, place.chunks(&runtime)?, 1, &judge, hand_on)
            });
            while let Some(one) = given.recv().await {
                take(one).await?;
            }
            read.await.map_err(PipelineError::bug)?
        }
    };
    let summary = read.map_err(|fault| fault.of(&contract.contract, &name))?;
    let findings = findings(contract, &summary, &counts, &totals);
    if findings.is_empty() {
        return Ok(summary);
    }
    Err(PipelineError::ContractBroken {
        source_name: contract.contract.value.clone(),
        file: name,
        findings,
        rejects: None,
    })
}

/// Splits a text file and judges its records on `threads` threads; `take` gets what was judged in the order of the file.
fn split_and_judge(
    format: &Format,
    expected: &[ExpectedColumn],
    input: crate::engine::store::Chunks,
    threads: usize,
    judge: &Judge,
    take: impl FnMut(Judged) -> Result<(), PipelineError>,
) -> Result<FileSummary, Fault> {
    let options = ReadOptions { threads, ..ReadOptions::default() };
    let work = |batch: TextBatch| {
        let raw = |row: usize| batch.raw.get(row);
        judge.judge(&batch.records, &raw).map_err(|e| PipelineError::Bug(e.to_string()))
    };
    crate::extract::read(format, expected, input, &options, work, take).map_err(|error| match error {
        ReadError::File(error) => Fault::File(error.to_string()),
        ReadError::Work(error) => Fault::Pipeline(error),
    })
}

/// What one file came to, while it is being written.
struct Sink {
    rows: DatasetWriter,
    quarantine: DatasetWriter,
    counts: crate::contract::Counts,
    totals: Totals,
    rejects: Vec<(Quarantined, String)>,
}

impl Sink {
    async fn open(place: &Place, schema: SchemaRef) -> Result<Self, PipelineError> {
        let options = WriteOptions { no_statistics: true, ..WriteOptions::default() };
        Ok(Self {
            rows: DatasetWriter::create(place, schema, &options).await?,
            quarantine: DatasetWriter::create(&place.join("quarantine"), quarantine_schema(), &options).await?,
            counts: crate::contract::Counts::default(),
            totals: Totals::default(),
            rejects: Vec::new(),
        })
    }

    async fn take(&mut self, judged: Judged) -> Result<(), EngineError> {
        self.counts.add(&judged.counts);
        self.totals.add(&judged.totals);
        if !judged.quarantined.is_empty() {
            self.quarantine.write(quarantine_batch(&judged.quarantined)?).await?;
            // The sender's file names so many rows; the dataset has them all.
            let room = MOST_REJECTS.saturating_sub(self.rejects.len());
            self.rejects.extend(judged.quarantined.into_iter().zip(judged.masked).take(room));
        }
        self.rows.write(judged.accepted).await
    }
}

/// The most rows that a sender's reject file names.
const MOST_REJECTS: usize = 100_000;

async fn read(
    ground: &Ground<'_>,
    delivery: &Delivery,
    contract: &ContractDocument,
    place: Place,
    fingerprint: Fingerprint,
    name: String,
) -> Result<Dataset, PipelineError> {
    let Some(file) = delivery.place.clone() else {
        let gone = format!(
            "{}: {} (sha256 {}...), which is registered and lies there no more",
            delivery.source,
            delivery.file,
            delivery.short()
        );
        return Err(PipelineError::NotArrived { sources: vec![gone] });
    };
    if ground.project.pipeline.sources[&delivery.source].tokenized {
        return crate::pipeline::tokenized::accept(ground, delivery, contract, &file, place, &fingerprint).await;
    }
    let judge = judge(&ground.runner.engine, contract, &ground.project.code_sets, ground.as_of)?;
    let sink = Sink::open(&place, judge.schema()).await?;
    let (sink, summary) = match &contract.format {
        Format::Parquet(format) => {
            let mut sink = sink;
            let take = async |one: Judged| sink.take(one).await.map_err(PipelineError::from);
            let summary = parquet(&ground.runner.serial, contract, format, &file, &judge, take).await;
            summary.map(|summary| (sink, summary))
        }
        text => text_file(ground, contract, text, file, judge, sink, name).await,
    }
    .map_err(|fault| fault.of(&delivery.source, &delivery.file))?;

    let findings = findings(contract, &summary, &sink.counts, &sink.totals);
    let rejects = tell_sender(ground, delivery, contract, &sink, &summary, &findings).await?;
    if !findings.is_empty() {
        return Err(PipelineError::ContractBroken {
            source_name: delivery.source.clone(),
            file: delivery.file.clone(),
            findings,
            rejects,
        });
    }
    let quarantined = sink.counts.quarantined;
    let quarantine =
        sink.quarantine.finish("quarantine", fingerprint.as_str(), Zone::Restricted, serde_json::Map::new()).await?;
    let mut facts = serde_json::Map::new();
    facts.insert("records".into(), summary.records.into());
    facts.insert("quarantined".into(), quarantined.into());
    facts.insert("by_rule".into(), serde_json::to_value(&sink.counts.by_rule).map_err(PipelineError::bug)?);
    let dataset = sink.rows.finish("accept", fingerprint.as_str(), Zone::Restricted, facts).await?;
    let kept = dataset.meta.rows + quarantine.meta.rows;
    if kept != summary.records {
        return Err(PipelineError::Bug(format!("{}: {} records became {kept} rows", delivery.file, summary.records)));
    }
    Ok(dataset)
}

/// What stopped the reading of a file.
enum Fault {
    File(String),
    Pipeline(PipelineError),
}

impl From<EngineError> for Fault {
    fn from(error: EngineError) -> Self {
        Self::Pipeline(error.into())
    }
}

impl Fault {
    fn of(self, source: &str, file: &str) -> PipelineError {
        match self {
            Self::Pipeline(error) => error,
            Self::File(finding) => PipelineError::ContractBroken {
                source_name: source.to_owned(),
                file: file.to_owned(),
                findings: vec![finding],
                rejects: None,
            },
        }
    }
}

/// Reads a text file on blocking threads: splitting, typing and checking side by side, writing in the order of the file.
async fn text_file(
    ground: &Ground<'_>,
    contract: &ContractDocument,
    format: &Format,
    file: Place,
    judge: Judge,
    mut sink: Sink,
    name: String,
) -> Result<(Sink, FileSummary), Fault> {
    let runtime = tokio::runtime::Handle::current();
    let (format, expected) = (format.clone(), expected(contract));
    let threads = ground.runner.engine.limits().threads;
    let progress = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(0));
    let counted = Arc::clone(&progress);
    let read = tokio::task::spawn_blocking(move || {
        let take = |judged: Judged| {
            counted.fetch_add(judged.counts.rows, std::sync::atomic::Ordering::Relaxed);
            runtime.block_on(sink.take(judged)).map_err(PipelineError::from)
        };
        let summary = split_and_judge(&format, &expected, file.chunks(&runtime)?, threads, &judge, take)?;
        Ok((sink, summary))
    });
    let mut read = read;
    loop {
        tokio::select! {
            done = &mut read => return done.map_err(|e| Fault::Pipeline(PipelineError::bug(e)))?,
            () = tokio::time::sleep(std::time::Duration::from_millis(200)) => {
                ground.runner.watch.rows(&name, progress.load(std::sync::atomic::Ordering::Relaxed));
            }
        }
    }
}

/// Reads a Parquet file through an engine of one thread; its rows keep their types and are judged as they stand.
async fn parquet(
    serial: &Engine,
    contract: &ContractDocument,
    format: &ParquetFormat,
    file: &Place,
    judge: &Judge,
    mut take: impl AsyncFnMut(Judged) -> Result<(), PipelineError>,
) -> Result<FileSummary, Fault> {
    let table = format!("file {}", file.name());
    let broken = |e: EngineError| match e {
        EngineError::Sql { .. } => Fault::File(format!("the file cannot be read as Parquet: {}", first_line(&e))),
        other => Fault::from(other),
    };
    serial.register_file(&table, file).await.map_err(broken)?;
    let sql = format!("SELECT * FROM {}", crate::pipeline::current::quoted(&table));
    let mut rows = serial.stream(&table, &sql).await.map_err(broken)?;
    let names: Vec<String> = rows.schema().fields().iter().map(|f| f.name().clone()).collect();
    let places = crate::extract::headers::resolve(&expected(contract), &names, format.header, format.extra_columns, 1)
        .map_err(|e| Fault::File(e.to_string()))?;
    let mut summary = FileSummary { header: names.clone(), ..FileSummary::default() };
    while let Some(batch) = rows.next().await {
        let batch = batch.map_err(EngineError::sql(table.as_str())).map_err(broken)?;
        let first = summary.records + 1;
        summary.records += batch.num_rows() as u64;
        let columns: Vec<ArrayRef> = places.iter().map(|at| Arc::clone(batch.column(*at))).collect();
        let records = SourceBatch { columns, lines: (first..=summary.records).collect(), broken: Vec::new() };
        let raw = |row: usize| row_json(&names, batch.columns(), row);
        let judged = judge.judge(&records, &raw).map_err(|e| Fault::Pipeline(PipelineError::bug(e)))?;
        take(judged).await.map_err(Fault::Pipeline)?;
    }
    summary.details = summary.records;
    Ok(summary)
}

fn first_line(error: &EngineError) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}

/// Why the delivery as a whole is refused, a line each; empty where it is taken.
fn findings(
    contract: &ContractDocument,
    summary: &FileSummary,
    counts: &crate::contract::Counts,
    totals: &Totals,
) -> Vec<String> {
    let trailers = !summary.trailer_fields.is_empty();
    let headers = !summary.header_fields.is_empty();
    let stated = Stated {
        header: &summary.header_fields,
        trailer: &summary.trailer_fields,
        details: summary.details,
        others: u64::from(trailers) + u64::from(headers),
    };
    let mut found = gate::controls(&contract.controls, &contract.columns, stated, totals);
    found.extend(gate::exceeded(&gate::tolerances(&contract.checks, &[], &[]), counts));
    found.extend(gate::rejected(&contract.gate, counts.rows, counts.quarantined));
    let mut lines: Vec<String> = found.iter().map(ToString::to_string).collect();
    if summary.is_header_only() {
        lines.push("the file has its header and no records; ask the sender whether it is complete".to_owned());
    }
    lines
}

/// Writes the reject file and the receipt that go back to the sender.
async fn tell_sender(
    ground: &Ground<'_>,
    delivery: &Delivery,
    contract: &ContractDocument,
    sink: &Sink,
    summary: &FileSummary,
    findings: &[String],
) -> Result<Option<String>, PipelineError> {
    let home = ground.runner.root.join(&format!("restricted/rejects/{}", contract.agency));
    let receipt = Receipt {
        contract: contract.contract.value.clone(),
        file: delivery.file.clone(),
        sha256: delivery.sha256.clone(),
        bytes: delivery.bytes,
        verdict: if findings.is_empty() { Verdict::Accepted } else { Verdict::Refused },
        rows: summary.records,
        accepted: sink.counts.accepted,
        quarantined: sink.counts.quarantined,
        by_rule: sink.counts.by_rule.clone(),
        findings: findings.to_vec(),
    };
    let json = receipt.to_json().map_err(PipelineError::bug)?;
    home.join(&format!("{}.receipt.json", delivery.file)).write(json).await?;
    if sink.rejects.is_empty() {
        return Ok(None);
    }
    let file = home.join(&format!("{}.rejects.csv", delivery.file));
    file.write(reject_file(sink.rejects.iter().map(|(row, masked)| (row, masked.as_str())))).await?;
    Ok(Some(file.to_string()))
}

/// The quarantine of a file of which no row was set aside.
pub async fn empty_quarantine(place: &Place, fingerprint: &Fingerprint) -> Result<(), PipelineError> {
    let options = WriteOptions { no_statistics: true, ..WriteOptions::default() };
    let writer = DatasetWriter::create(&place.join("quarantine"), quarantine_schema(), &options).await?;
    writer.finish("quarantine", fingerprint.as_str(), Zone::Restricted, serde_json::Map::new()).await?;
    Ok(())
}

/// Quarantined rows of one file. `raw` is restricted.
fn quarantine_schema() -> SchemaRef {
    let text = |name: &str| Field::new(name, DataType::Utf8, false);
    let line = Field::new("line", DataType::Int64, false);
    Arc::new(Schema::new(vec![line, text("column_name"), text("rule"), text("reason"), text("raw")]))
}

fn quarantine_batch(rows: &[Quarantined]) -> Result<RecordBatch, EngineError> {
    let text = |of: fn(&Quarantined) -> &str| Arc::new(StringArray::from_iter_values(rows.iter().map(of))) as ArrayRef;
    let lines = rows.iter().map(|r| i64::try_from(r.line).unwrap_or(i64::MAX));
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from_iter_values(lines)),
        text(|r| &r.column),
        text(|r| &r.rule),
        text(|r| &r.reason),
        text(|r| &r.raw),
    ];
    RecordBatch::try_new(quarantine_schema(), columns).map_err(EngineError::arrow("quarantined rows"))
}
