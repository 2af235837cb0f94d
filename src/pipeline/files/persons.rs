//! Files of persons: columns of any Parquet or delimited file, made canonical and turned into the small numbers that a model compares.

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;
use std::sync::Mutex;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Date32Type};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::engine::Place;
use crate::extract::spec::{CsvFormat, ExtraColumns, Format};
use crate::extract::{ExpectedColumn, FileError, HeaderProblem, ReadError, ReadOptions, TextBatch};
use crate::foundation::SourceBatch;
use crate::foundation::interned::hash;
use crate::linkage::model::spec::FieldSpec;
use crate::linkage::model::{Records, over};
use crate::pipeline::error::PipelineError;
use crate::pipeline::files::values::Encoder;
use crate::pipeline::side_by_side::lock;

/// Rows that are read at once.
const BATCH: usize = 8_192;

/// One file to be read.
#[derive(Clone, Debug)]
pub struct PersonFile {
    /// Its name in the document.
    pub name: String,
    /// Where it lies.
    pub place: Place,
    /// How it is laid out; `None` for Parquet.
    pub format: Option<Format>,
    /// What it calls each field.
    pub columns: Vec<String>,
    /// The column that names a record.
    pub id: String,
}

/// The records of all files, and what their own files call them.
#[derive(Debug)]
pub struct Persons {
    /// What is compared.
    pub records: Records,
    /// The id of each record.
    pub ids: Ids,
    /// Values that were there and could not be used, by field: they count as missing.
    pub unusable: Vec<(String, u64)>,
}

/// Texts one after another, by number from 0.
#[derive(Debug, Default)]
pub struct Ids {
    text: String,
    ends: Vec<usize>,
}

impl Ids {
    /// One id.
    #[must_use]
    pub fn get(&self, record: u32) -> &str {
        let at = record as usize;
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        &self.text[start..self.ends[at]]
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Outer blanks pad a column; they are no part of an id.
    fn push(&mut self, id: &str) {
        self.text.push_str(id.trim());
        self.ends.push(self.text.len());
    }
}

/// Reads files on several threads. SSNs that were never issued count only where the people are made up.
pub fn read(
    files: &[PersonFile],
    fields: &[FieldSpec],
    synthetic: bool,
    threads: usize,
    runtime: &tokio::runtime::Handle,
) -> Result<Persons, PipelineError> {
    let encoders = fields.iter().map(|field| Making::Field(Box::new(Encoder::new(field, synthetic))));
    let makings: Vec<Mutex<Making>> = encoders.chain([Making::Ids(Ids::default())]).map(Mutex::new).collect();
    let ends = read_files(
        files,
        |file| file.columns.clone(),
        threads,
        runtime,
        |column, file, name, array| lock(&makings[column]).take(array, file, name),
    )?;
    let mut columns = Vec::with_capacity(fields.len());
    let mut unusable = Vec::new();
    let mut ids = Ids::default();
    for making in makings {
        match making.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner) {
            Making::Ids(read) => ids = read,
            Making::Field(encoder) => {
                if let (field, count @ 1..) = encoder.unusable() {
                    unusable.push((field.to_owned(), count));
                }
                columns.push(encoder.finish());
            }
        }
    }
    let ends: Vec<u32> = ends.into_iter().map(u32::try_from).collect::<Result<_, _>>().map_err(|_| {
        PipelineError::Asked(
            "the files hold more than four thousand million records together; link them in parts".to_owned(),
        )
    })?;
    let records = Records::new(columns, ends);
    let named = over(threads, files.len(), |file| named_once(&files[file], &ids, records.of_file(file)));
    named.into_iter().collect::<Result<Vec<()>, _>>()?;
    Ok(Persons { records, ids, unusable })
}

/// A record's id must name it, and it alone, within its file.
fn named_once(file: &PersonFile, ids: &Ids, records: Range<u32>) -> Result<(), PipelineError> {
    let number = |record: u32| record - records.start + 1;
    let of = |record: u32| hash(ids.get(record).as_bytes());
    let mut hashes: Vec<u64> = records.clone().map(of).collect();
    hashes.sort_unstable();
    let mut met: Vec<u64> = hashes.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect();
    met.dedup();
    let mut seen: HashMap<&str, u32> = HashMap::new();
    for record in records.clone() {
        let id = ids.get(record);
        if id.is_empty() {
            let finding = format!("record {} has no `{}`, which names it", number(record), file.id);
            return Err(broken(file, finding));
        }
        if met.is_empty() || met.binary_search(&of(record)).is_err() {
            continue;
        }
        if let Some(first) = seen.insert(id, record) {
            let (first, second) = (number(first), number(record));
            let finding = format!(
                "records {first} and {second} have one `{}`, `{id}`; give each record its own, or name another column in `id:`",
                file.id
            );
            return Err(broken(file, finding));
        }
    }
    Ok(())
}

/// Hands every batch of some columns, and last of the ids, to `take` with the column's number, in the order of files and rows; tells where each
/// file's records end. Parquet is read a column a job; of text all columns come from one pass, whose lines are split side by side.
pub(super) fn read_files(
    files: &[PersonFile],
    columns: impl Fn(&PersonFile) -> Vec<String> + Sync,
    threads: usize,
    runtime: &tokio::runtime::Handle,
    take: impl Fn(usize, &PersonFile, &str, &ArrayRef) -> Result<(), PipelineError> + Sync,
) -> Result<Vec<usize>, PipelineError> {
    let mut ends = Vec::with_capacity(files.len());
    let mut rows = 0;
    for run in files.chunk_by(|a, b| a.format.is_none() && b.format.is_none()) {
        let names = |file: &PersonFile| columns(file).into_iter().chain([file.id.clone()]).collect::<Vec<_>>();
        let counts = match &run[0].format {
            None => {
                let read = over(threads, names(&run[0]).len(), |at| -> Result<Vec<usize>, PipelineError> {
                    let each = run.iter().map(|file| {
                        let (name, mut rows) = (&names(file)[at], 0);
                        parquet_column(file, name, runtime, |array| {
                            rows += array.len();
                            take(at, file, name, array)
                        })?;
                        Ok(rows)
                    });
                    each.collect()
                });
                read.into_iter().collect::<Result<Vec<_>, _>>()?.pop().unwrap_or_default()
            }
            Some(format) => {
                let (file, names) = (&run[0], names(&run[0]));
                vec![text_columns(file, format, &names, threads, runtime, |at, array| {
                    take(at, file, &names[at], array)
                })?]
            }
        };
        for count in counts {
            rows += count;
            ends.push(rows);
        }
    }
    Ok(ends)
}

enum Making {
    Field(Box<Encoder>),
    Ids(Ids),
}

impl Making {
    fn take(&mut self, array: &ArrayRef, file: &PersonFile, column: &str) -> Result<(), PipelineError> {
        match self {
            Self::Field(encoder) => match array.as_primitive_opt::<Date32Type>() {
                Some(days) if encoder.takes_days() => {
                    encoder.days(days);
                    Ok(())
                }
                _ if array.data_type().is_numeric() => each_text(array, file, column, |raw| encoder.number(raw)),
                _ => each_text(array, file, column, |raw| encoder.text(raw)),
            },
            Self::Ids(ids) => each_text(array, file, column, |id| ids.push(id.unwrap_or_default())),
        }
    }
}

fn broken(file: &PersonFile, finding: String) -> PipelineError {
    PipelineError::Persons { name: file.name.clone(), file: file.place.to_string(), finding }
}

/// Hands every value of a column to `take` as text, without a copy where it is text already.
pub(super) fn each_text(
    array: &ArrayRef,
    file: &PersonFile,
    column: &str,
    mut take: impl FnMut(Option<&str>),
) -> Result<(), PipelineError> {
    match array.data_type() {
        DataType::Utf8 => array.as_string::<i32>().iter().for_each(take),
        DataType::Utf8View => array.as_string_view().iter().for_each(take),
        _ => {
            let texts = cast(array, &DataType::Utf8View)
                .map_err(|_| broken(file, format!("column `{column}` is {}, which is no text", array.data_type())))?;
            texts.as_string_view().iter().for_each(&mut take);
        }
    }
    Ok(())
}

/// Hands every batch of the columns of a text file to `take`, with the column's number; tells how many records there are.
fn text_columns(
    file: &PersonFile,
    format: &Format,
    columns: &[String],
    threads: usize,
    runtime: &tokio::runtime::Handle,
    mut take: impl FnMut(usize, &ArrayRef) -> Result<(), PipelineError>,
) -> Result<usize, PipelineError> {
    // Two fields may be of one column; a header names it once.
    let mut names = columns.to_vec();
    names.sort_unstable();
    names.dedup();
    let places: Vec<usize> = columns.iter().map(|column| names.partition_point(|name| name < column)).collect();
    let column = |name: String| ExpectedColumn {
        header: name.clone(),
        name,
        aliases: Vec::new(),
        pattern: None,
        optional: false,
    };
    let expected: Vec<ExpectedColumn> = names.into_iter().map(column).collect();
    let options = ReadOptions { threads, ..ReadOptions::default() };
    let work = |batch: TextBatch| Ok::<_, PipelineError>(batch.records);
    let mut rows = 0;
    let sink = |records: SourceBatch| {
        if let Some(first) = records.broken.first() {
            return Err(broken(file, format!("line {}: {}", first.line, first.reason)));
        }
        rows += records.lines.len();
        places.iter().enumerate().try_for_each(|(at, place)| take(at, &records.columns[*place]))
    };
    let read = crate::extract::read(format, &expected, file.place.chunks(runtime)?, &options, work, sink);
    match read {
        Ok(_) => Ok(rows),
        Err(ReadError::File(FileError::Header { line, problems })) => {
            let says: Vec<String> = problems.iter().map(without_a_contract).collect();
            Err(broken(file, format!("line {line}: {}", says.join("; "))))
        }
        Err(ReadError::File(error)) => Err(broken(file, error.to_string())),
        Err(ReadError::Work(error)) => Err(error),
    }
}

/// What is wrong with a header, where no contract says what it should be.
fn without_a_contract(problem: &HeaderProblem) -> String {
    match problem {
        HeaderProblem::Missing { header } => format!("it has no column `{header}`"),
        HeaderProblem::Renamed { header, found, .. } => {
            format!("it has no column `{header}`; did you mean `{found}`?")
        }
        other => other.to_string(),
    }
}

/// Hands every batch of one column of a Parquet file to `take`.
fn parquet_column(
    file: &PersonFile,
    column: &str,
    runtime: &tokio::runtime::Handle,
    mut take: impl FnMut(&ArrayRef) -> Result<(), PipelineError>,
) -> Result<(), PipelineError> {
    let unreadable = |e: &dyn std::fmt::Display| broken(file, format!("the file cannot be read as Parquet: {e}"));
    let reader = match file.place.local() {
        Some(path) => {
            let open =
                |source| crate::engine::EngineError::File { what: "read", place: file.place.to_string(), source };
            let opened = std::fs::File::open(path).map_err(open)?;
            return columns_of(
                ParquetRecordBatchReaderBuilder::try_new(opened).map_err(|e| unreadable(&e))?,
                file,
                column,
                take,
            );
        }
        None => runtime.block_on(file.place.read())?,
    };
    columns_of(ParquetRecordBatchReaderBuilder::try_new(reader).map_err(|e| unreadable(&e))?, file, column, &mut take)
}

fn columns_of<R: parquet::file::reader::ChunkReader + 'static>(
    builder: ParquetRecordBatchReaderBuilder<R>,
    file: &PersonFile,
    column: &str,
    mut take: impl FnMut(&ArrayRef) -> Result<(), PipelineError>,
) -> Result<(), PipelineError> {
    let unreadable = |e: &dyn std::fmt::Display| broken(file, format!("the file cannot be read as Parquet: {e}"));
    let names: Vec<&str> = builder.schema().fields().iter().map(|f| f.name().as_str()).collect();
    if !names.contains(&column) {
        let near = crate::foundation::did_you_mean(column, names.iter().copied());
        let help =
            near.map_or_else(|| format!("it has: {}", names.join(", ")), |near| format!("did you mean `{near}`?"));
        return Err(broken(file, format!("it has no column `{column}`; {help}")));
    }
    let mask = ProjectionMask::columns(builder.parquet_schema(), [column]);
    let batches = builder.with_projection(mask).with_batch_size(BATCH).build().map_err(|e| unreadable(&e))?;
    for batch in batches {
        take(batch.map_err(|e| unreadable(&e))?.column(0))?;
    }
    Ok(())
}

/// How a file is laid out, told by its ending where the document does not say; `None` is Parquet. Columns that no field names are passed over.
pub fn format_of(declared: Option<&Format>, path: &str) -> Result<Option<Format>, String> {
    let ending = Path::new(path).extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase);
    let format = match (declared, ending.as_deref()) {
        (Some(format), _) => format.clone(),
        (None, Some("parquet" | "pq")) => return Ok(None),
        (None, Some("csv")) => Format::Csv(CsvFormat::default()),
        _ => return Err("its ending is neither .parquet nor .csv; say what it is in `format:`".to_owned()),
    };
    Ok(match format {
        Format::Parquet(_) => None,
        Format::Xlsx(_) => return Err("workbooks are not read here; save the sheet as CSV".to_owned()),
        Format::Csv(csv) => Some(Format::Csv(CsvFormat { extra_columns: ExtraColumns::Ignore, ..csv })),
        fixed @ Format::FixedWidth(_) => Some(fixed),
    })
}
