//! A delivered file: its records are split, typed and checked one after another, and what the whole shows is found. Nothing is written here.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use futures::StreamExt;

use crate::contract::gate::{self, Stated};
use crate::contract::rejects::row_json;
use crate::contract::{CodeSet, Counts, Judge, JudgeOptions, Judged, Predicate, Totals};
use crate::engine::predicate::Predicate as Expression;
use crate::engine::{Engine, EngineError, Place};
use crate::extract::spec::{Format, ParquetFormat, XlsxFormat};
use crate::extract::{
    ExpectedColumn, FileSummary, ROW_ENCODING, ReadError, ReadOptions, SheetBatch, TextBatch, Workbook,
};
use crate::foundation::{Quarantined, SourceBatch};
use crate::pipeline::error::PipelineError;
use crate::pipeline::spec::ContractDocument;
use crate::pipeline::tables;

/// A compiled expression in the contract room's terms.
struct Compiled(Expression);

impl Predicate for Compiled {
    fn evaluate(&self, batch: &RecordBatch) -> Result<arrow::array::BooleanArray, String> {
        self.0.evaluate(batch).map_err(|e| e.to_string())
    }
}

/// The columns by which a contract's columns are found in a file.
#[must_use]
pub fn expected(contract: &ContractDocument) -> Vec<ExpectedColumn> {
    let one = |c: &crate::contract::spec::ColumnSpec| ExpectedColumn {
        name: c.name.value.clone(),
        header: c.header().to_owned(),
        aliases: c.aliases.iter().map(|a| a.value.clone()).collect(),
        pattern: c.header_pattern.as_ref().map(|p| p.value.clone()),
        optional: c.optional,
    };
    contract.columns.iter().map(one).collect()
}

/// A contract's columns among those of a file; one that may be missing, and is, has no values.
fn chosen(places: &[Option<usize>], columns: &[ArrayRef], rows: usize) -> Vec<ArrayRef> {
    let none = || arrow::array::new_null_array(&arrow::datatypes::DataType::Utf8, rows);
    places.iter().map(|place| place.map_or_else(none, |at| Arc::clone(&columns[at]))).collect()
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
        return Err(PipelineError::NotThere { what: vec![file.display().to_string()] });
    }
    let mut counts = Counts::default();
    let mut totals = Totals::default();
    let mut foreign: Option<Quarantined> = None;
    let mut take = async |one: Judged| {
        counts.add(&one.counts);
        totals.add(&one.totals);
        if foreign.is_none() {
            foreign = first_foreign(&one.quarantined).cloned();
        }
        take(one).await
    };
    let read = match &contract.format {
        Format::Parquet(format) => parquet(engine, contract, format, &place, &judge, take).await,
        Format::Xlsx(format) => workbook(contract, format, &place, &judge, take).await,
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
    let findings = findings(contract, &summary, &counts, &totals, foreign.as_ref());
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
pub fn split_and_judge(
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

/// What stopped the reading of a file.
#[derive(Debug)]
pub enum Fault {
    /// The file's own fault, in words for its sender.
    File(String),
    /// Anything else.
    Pipeline(PipelineError),
}

impl From<EngineError> for Fault {
    fn from(error: EngineError) -> Self {
        Self::Pipeline(error.into())
    }
}

impl Fault {
    /// The error of a run that read this file of this source.
    #[must_use]
    pub fn of(self, source: &str, file: &str) -> PipelineError {
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

/// Reads a Parquet file through an engine of one thread; its rows keep their types and are judged as they stand.
pub async fn parquet(
    serial: &Engine,
    contract: &ContractDocument,
    format: &ParquetFormat,
    file: &Place,
    judge: &Judge,
    mut take: impl AsyncFnMut(Judged) -> Result<(), PipelineError>,
) -> Result<FileSummary, Fault> {
    // Files of one name may be read side by side.
    let table = format!("file {file}");
    let broken = |e: EngineError| match e {
        EngineError::Sql { .. } => Fault::File(format!("the file cannot be read as Parquet: {}", first_line(&e))),
        other => Fault::from(other),
    };
    serial.register_file(&table, file).await.map_err(broken)?;
    let sql = format!("SELECT * FROM {}", crate::foundation::sql_name(&table));
    let mut rows = serial.stream(&table, &sql).await.map_err(broken)?;
    let names: Vec<String> = rows.schema().fields().iter().map(|f| f.name().clone()).collect();
    let places = crate::extract::headers::resolve(&expected(contract), &names, format.header, format.extra_columns, 1)
        .map_err(|e| Fault::File(e.to_string()))?;
    let mut summary = FileSummary { header: names.clone(), ..FileSummary::default() };
    while let Some(batch) = rows.next().await {
        let batch = batch.map_err(EngineError::sql(table.as_str())).map_err(broken)?;
        let first = summary.records + 1;
        summary.records += batch.num_rows() as u64;
        let columns = chosen(&places, batch.columns(), batch.num_rows());
        let records = SourceBatch { columns, lines: (first..=summary.records).collect(), broken: Vec::new() };
        let raw = |row: usize| row_json(&names, batch.columns(), row);
        let judged = judge.judge(&records, &raw).map_err(|e| Fault::Pipeline(PipelineError::bug(e)))?;
        take(judged).await.map_err(Fault::Pipeline)?;
    }
    summary.details = summary.records;
    Ok(summary)
}

/// Reads a workbook sheet by sheet; its cells are judged as the fields of a delimited file are. Of a refused row the reason says sheet and row.
pub async fn workbook(
    contract: &ContractDocument,
    format: &XlsxFormat,
    file: &Place,
    judge: &Judge,
    mut take: impl AsyncFnMut(Judged) -> Result<(), PipelineError>,
) -> Result<FileSummary, Fault> {
    let bytes = file.read().await?.to_vec();
    let size = bytes.len() as u64;
    let expected = expected(contract);
    let broken = |e: crate::extract::FileError| Fault::File(e.to_string());
    let mut book = Workbook::open(format, bytes).map_err(broken)?;
    let mut summary = FileSummary { bytes: size, ..FileSummary::default() };
    for at in 0..book.len() {
        let Some(sheet) = book.sheet(at, &expected).map_err(broken)? else { continue };
        if summary.header.is_empty() {
            summary.header.clone_from(&sheet.header);
        }
        summary.records += sheet.lines.len() as u64;
        let columns = chosen(&sheet.places, &sheet.columns, sheet.lines.len());
        let records = SourceBatch { columns, lines: sheet.lines.clone(), broken: Vec::new() };
        let raw = |row: usize| row_json(&sheet.header, &sheet.columns, row);
        let mut judged = judge.judge(&records, &raw).map_err(|e| Fault::Pipeline(PipelineError::bug(e)))?;
        for row in &mut judged.quarantined {
            row.reason = format!("sheet `{}`, row {}: {}", sheet.sheet, SheetBatch::row(row.line), row.reason);
        }
        take(judged).await.map_err(Fault::Pipeline)?;
    }
    summary.details = summary.records;
    if summary.header.is_empty() {
        return Err(broken(crate::extract::FileError::Empty));
    }
    Ok(summary)
}

fn first_line(error: &EngineError) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}

/// Whether a file is of another encoding as a whole: most of its rows hold what is not of it, or most of those for which it is refused.
fn is_of_another_encoding(counts: &Counts, refused: bool) -> bool {
    let rows = counts.by_rule.get(ROW_ENCODING).copied().unwrap_or(0);
    rows > 0 && (rows * 2 > counts.rows || (refused && rows * 2 > counts.quarantined))
}

/// The first row of a run that holds bytes of another encoding.
#[must_use]
pub fn first_foreign(rows: &[Quarantined]) -> Option<&Quarantined> {
    rows.iter().find(|row| row.rule == ROW_ENCODING)
}

/// Why the delivery as a whole is refused, a line each; empty where it is taken.
pub fn findings(
    contract: &ContractDocument,
    summary: &FileSummary,
    counts: &Counts,
    totals: &Totals,
    foreign: Option<&Quarantined>,
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
    let rejected = gate::rejected(&contract.gate, counts.rows, counts.quarantined);
    let encoding = foreign.filter(|_| is_of_another_encoding(counts, rejected.is_some()));
    found.extend(rejected.filter(|_| encoding.is_none()));
    let mut lines: Vec<String> = found.iter().map(ToString::to_string).collect();
    if let Some(Quarantined { line, reason, .. }) = encoding {
        let rows = counts.by_rule.get(ROW_ENCODING).copied().unwrap_or(0);
        lines.push(format!(
            "line {line}: {reason}, and {rows} of {} rows hold such bytes: the file seems to be of another encoding; ask the sender which one, and set \
             `encoding:` in the contract's format (Excel in Western countries writes windows-1252)",
            counts.rows
        ));
    }
    if summary.is_header_only() {
        lines.push("the file has its header and no records; ask the sender whether it is complete".to_owned());
    }
    lines
}
