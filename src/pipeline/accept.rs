//! Accept: one pass over one delivered file. It is decoded, split, typed and checked; accepted rows and quarantined rows are written, none is lost.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;

use crate::contract::rejects::{Receipt, Verdict, reject_file};
use crate::contract::{Counts, Judge, Judged, Totals};
use crate::engine::{Dataset, DatasetWriter, EngineError, Place, WriteOptions};
use crate::extract::FileSummary;
use crate::extract::spec::Format;
use crate::foundation::{Fingerprint, Fingerprinter, Quarantined, Zone};
use crate::pipeline::delivered::{Fault, findings, first_foreign, parquet, split_and_judge, workbook};
use crate::pipeline::deliveries::{Accepted, Delivery};
use crate::pipeline::error::PipelineError;
use crate::pipeline::ground::Ground;
use crate::pipeline::record::FileResult;
use crate::pipeline::set_aside;
use crate::pipeline::spec::ContractDocument;

pub use crate::pipeline::delivered::{expected, judge, read_each};

/// Reads one delivery, unless its rows are in the store already.
pub async fn accept(ground: &Ground<'_>, delivery: &Delivery) -> Result<(Accepted, FileResult), PipelineError> {
    let contract = &ground.project.contracts[&delivery.source];
    let mut print = Fingerprinter::new("accept/2")
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

/// What one file came to, while it is being written.
struct Sink {
    rows: DatasetWriter,
    quarantine: DatasetWriter,
    counts: Counts,
    totals: Totals,
    rejects: Vec<(Quarantined, String)>,
    /// The first row that holds bytes of another encoding.
    foreign: Option<Quarantined>,
}

impl Sink {
    async fn open(place: &Place, schema: SchemaRef) -> Result<Self, PipelineError> {
        let options = WriteOptions { no_statistics: true, ..WriteOptions::default() };
        Ok(Self {
            rows: DatasetWriter::create(place, schema, &options).await?,
            quarantine: set_aside::writer(place).await?,
            counts: Counts::default(),
            totals: Totals::default(),
            rejects: Vec::new(),
            foreign: None,
        })
    }

    async fn take(&mut self, judged: Judged) -> Result<(), EngineError> {
        self.counts.add(&judged.counts);
        self.totals.add(&judged.totals);
        if !judged.quarantined.is_empty() {
            self.quarantine.write(set_aside::batch(&judged.quarantined)?).await?;
            if self.foreign.is_none() {
                self.foreign = first_foreign(&judged.quarantined).cloned();
            }
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
        Format::Xlsx(format) => {
            let mut sink = sink;
            let take = async |one: Judged| sink.take(one).await.map_err(PipelineError::from);
            let summary = workbook(contract, format, &file, &judge, take).await;
            summary.map(|summary| (sink, summary))
        }
        text => text_file(ground, contract, text, file, judge, sink, name).await,
    }
    .map_err(|fault| fault.of(&delivery.source, &delivery.file))?;

    let findings = findings(contract, &summary, &sink.counts, &sink.totals, sink.foreign.as_ref());
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
    let quarantine = set_aside::finish(sink.quarantine, &fingerprint).await?;
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
