//! Reading a text file: header, then chunks side by side, then what the file as a whole must keep.

use std::io;
use std::sync::{Mutex, PoisonError};

use arrow::error::ArrowError;

use crate::extract::chunk::{Chunk, Chunker, Marks};
use crate::extract::columns::{Columns, TextBatch};
use crate::extract::decode::{decode, foreign_column};
use crate::extract::delimited::{self, Shape};
use crate::extract::error::{FileError, ReadError};
use crate::extract::fixed_width::{Control, Layout, Met};
use crate::extract::headers::{ExpectedColumn, resolve};
use crate::extract::order::in_order;
use crate::extract::spec::{CsvFormat, Encoding, Format};

/// How much is done at once. None of it changes what comes out.
#[derive(Clone, Copy, Debug)]
pub struct ReadOptions {
    /// Threads that split and work; with 1 everything happens on the calling thread.
    pub threads: usize,
    /// The usual size of a chunk in bytes. A few chunks a thread are in memory at a time.
    pub chunk_bytes: usize,
    /// The most records in a batch.
    pub batch_rows: usize,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self { threads: 1, chunk_bytes: 4 << 20, batch_rows: 1 << 16 }
    }
}

/// What a file held.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileSummary {
    /// Bytes of the file.
    pub bytes: u64,
    /// Records, split or broken; header and trailer not counted. A file with a header only has none.
    pub records: u64,
    /// Records that could not be split into fields.
    pub broken: u64,
    /// Records that are detail records by how they start, for the control of their count. In delimited files all are.
    pub details: u64,
    /// The names in the header row, or the detail fields of the layout.
    pub header: Vec<String>,
    /// The fields of a fixed-width header record: name and text.
    pub header_fields: Vec<(String, String)>,
    /// The fields of a fixed-width trailer record: name and text.
    pub trailer_fields: Vec<(String, String)>,
    /// The line of the first record; 0 where there is none.
    pub first_line: u64,
    /// The line on which the last record starts; 0 where there is none.
    pub last_line: u64,
}

impl FileSummary {
    /// Whether the file holds its header and nothing else.
    #[must_use]
    pub const fn is_header_only(&self) -> bool {
        self.records == 0
    }
}

/// Reads a text file: `work` is done on each batch, on `options.threads` threads, and what it makes goes to `sink` in the order of the file.
///
/// `input` gives the file's bytes in pieces of any size. Memory holds a few chunks, whatever the size of the file. Some faults show only at
/// the end of a file, so what the sink received counts only once this returns `Ok`.
pub fn read<I, T, E>(
    format: &Format,
    expected: &[ExpectedColumn],
    input: I,
    options: &ReadOptions,
    work: impl Fn(TextBatch) -> Result<T, E> + Sync,
    sink: impl FnMut(T) -> Result<(), E>,
) -> Result<FileSummary, ReadError<E>>
where
    I: Iterator<Item = io::Result<Vec<u8>>> + Send,
    T: Send,
    E: Send,
{
    match format {
        Format::Csv(csv) => {
            let mut chunker = Chunker::open(input, csv.encoding, csv.delimiter.0, csv.quote.0, options.chunk_bytes)?;
            let (shape, summary) = open_delimited(csv, expected, &mut chunker)?;
            let splitter = Splitter::Delimited(&shape);
            walk(&splitter, chunker, summary, options, expected.len(), work, sink)
        }
        Format::FixedWidth(fixed) => {
            let chunker = Chunker::open(input, fixed.encoding, b'\n', None, options.chunk_bytes)?;
            let layout = Layout::new(fixed, expected, chunker.marks())?;
            let summary = FileSummary { header: layout.names(), ..FileSummary::default() };
            let splitter = Splitter::FixedWidth(&layout, fixed.encoding);
            walk(&splitter, chunker, summary, options, expected.len(), work, sink)
        }
        Format::Parquet(_) | Format::Xlsx(_) => Err(FileError::NotText.into()),
    }
}

/// Reads the header row and finds the expected columns in it.
fn open_delimited<I: Iterator<Item = io::Result<Vec<u8>>>>(
    csv: &CsvFormat,
    expected: &[ExpectedColumn],
    chunker: &mut Chunker<I>,
) -> Result<(Shape, FileSummary), FileError> {
    let marks = chunker.marks();
    let (record, line) = chunker.first_record()?.ok_or(FileError::Empty)?;
    let header = header_row(record, line, csv.encoding, marks)?;
    let take = resolve(expected, &header, csv.header, csv.extra_columns, line)?;
    let shape = Shape { marks, encoding: csv.encoding, width: header.len(), take };
    Ok((shape, FileSummary { header, ..FileSummary::default() }))
}

fn header_row(record: Vec<u8>, line: u64, encoding: Encoding, marks: Marks) -> Result<Vec<String>, FileError> {
    let wrong = |column, sign, next: &str| {
        Err(FileError::Encoding { at: Some((line, column)), declared: encoding.name(), sign, next: next.to_owned() })
    };
    let decoded = decode(record, encoding);
    let text = &decoded.bytes[..decoded.length];
    if let Some(nul) = memchr::memchr(0, text) {
        let column = 1 + String::from_utf8_lossy(&text[..nul]).chars().count() as u64;
        return wrong(
            column,
            "its header holds NUL bytes, as UTF-16 does",
            "set `encoding: utf-16le` in the contract, or ask the sender for text",
        );
    }
    if let Some(column) = foreign_column(text, encoding) {
        return wrong(
            column,
            "its header holds bytes that are not of it",
            "ask the sender which encoding the file has, and set `encoding` in the contract",
        );
    }
    Ok(delimited::header_fields(&String::from_utf8_lossy(text), marks))
}

enum Splitter<'a> {
    Delimited(&'a Shape),
    FixedWidth(&'a Layout, Encoding),
}

/// What became of one chunk.
struct Done<T> {
    made: Vec<T>,
    records: u64,
    broken: u64,
    lines: Option<(u64, u64)>,
    met: Met,
    reads_as_utf8: Option<bool>,
}

fn walk<I, T, E>(
    splitter: &Splitter<'_>,
    mut chunker: Chunker<I>,
    mut summary: FileSummary,
    options: &ReadOptions,
    width: usize,
    work: impl Fn(TextBatch) -> Result<T, E> + Sync,
    mut sink: impl FnMut(T) -> Result<(), E>,
) -> Result<FileSummary, ReadError<E>>
where
    I: Iterator<Item = io::Result<Vec<u8>>> + Send,
    T: Send,
    E: Send,
{
    let bytes = Mutex::new(0);
    let next = || {
        let chunk = chunker.next_chunk();
        *bytes.lock().unwrap_or_else(PoisonError::into_inner) = chunker.bytes();
        chunk
    };
    let done = |chunk: Result<Chunk, FileError>| -> Result<Done<T>, ReadError<E>> {
        let chunk = chunk?;
        let columns = Columns::new(width, options.batch_rows, likely_records(&chunk, splitter));
        chunk_done(splitter, chunk, columns, &work)
    };
    let mut whole = Whole::default();
    in_order(options.threads, options.threads + 2, next, done, |done| {
        let done = done?;
        summary.records += done.records;
        summary.broken += done.broken;
        if let Some((first, last)) = done.lines {
            summary.first_line = if summary.first_line == 0 { first } else { summary.first_line };
            summary.last_line = last;
        }
        whole.take(splitter, done.met, done.reads_as_utf8)?;
        done.made.into_iter().try_for_each(&mut sink).map_err(ReadError::Work)
    })?;
    summary.bytes = *bytes.lock().unwrap_or_else(PoisonError::into_inner);
    whole.finish(splitter, &mut summary)?;
    Ok(summary)
}

/// About as many records as a chunk has, judged by its first lines; rather a few too many.
fn likely_records(chunk: &Chunk, splitter: &Splitter<'_>) -> usize {
    let end = match splitter {
        Splitter::Delimited(shape) => shape.marks.end,
        Splitter::FixedWidth(layout, _) => layout.marks.end,
    };
    let seen = &chunk.bytes[..chunk.bytes.len().min(16 * 1024)];
    let lines = memchr::memchr_iter(end, seen).count() + 1;
    chunk.bytes.len() * lines / seen.len().max(1) * 17 / 16 + 1
}

/// Decodes and splits one chunk, and does the work on its batches.
fn chunk_done<T, E>(
    splitter: &Splitter<'_>,
    chunk: Chunk,
    mut columns: Columns,
    work: &impl Fn(TextBatch) -> Result<T, E>,
) -> Result<Done<T>, ReadError<E>> {
    let Chunk { bytes, line, last } = chunk;
    let (decoded, met) = match splitter {
        Splitter::Delimited(shape) => {
            let decoded = decode(bytes, shape.encoding);
            delimited::split(shape, &decoded, line, last, &mut columns)?;
            (decoded, Met::default())
        }
        Splitter::FixedWidth(layout, encoding) => {
            let decoded = decode(bytes, *encoding);
            let met = layout.split(&decoded, line, last, &mut columns)?;
            (decoded, met)
        }
    };
    // Views are made from text that was validated, so this cannot fail but by a defect; it is told as a fault of reading.
    let defect = |error: ArrowError| FileError::Read(io::Error::other(error));
    let batches = columns.finish(decoded.bytes).map_err(defect)?;
    let mut done = Done {
        made: Vec::with_capacity(batches.len()),
        records: 0,
        broken: 0,
        lines: None,
        met,
        reads_as_utf8: decoded.reads_as_utf8,
    };
    for batch in batches {
        let records = &batch.records;
        done.broken += records.broken.len() as u64;
        done.records += (records.lines.len() + records.broken.len()) as u64;
        let lines = || records.lines.iter().copied().chain(records.broken.iter().map(|row| row.line));
        if let (Some(first), Some(last)) = (lines().min(), lines().max()) {
            done.lines = Some((done.lines.map_or(first, |(earlier, _)| earlier), last));
        }
        done.made.push(work(batch).map_err(ReadError::Work)?);
    }
    Ok(done)
}

/// What only the whole file shows.
#[derive(Default)]
struct Whole {
    header: Option<Control>,
    trailer: Option<Control>,
    first: Option<u64>,
    last: Option<u64>,
    details: u64,
    /// Whether everything above ASCII in a one-byte encoding reads as UTF-8.
    reads_as_utf8: Option<bool>,
}

impl Whole {
    fn take(&mut self, splitter: &Splitter<'_>, met: Met, reads_as_utf8: Option<bool>) -> Result<(), FileError> {
        if let Some(reads) = reads_as_utf8 {
            self.reads_as_utf8 = Some(reads && self.reads_as_utf8 != Some(false));
        }
        let Splitter::FixedWidth(layout, _) = splitter else { return Ok(()) };
        self.details += met.details;
        // The chunk's records and controls, in the order of their lines.
        let misplaced = |line, says| Err(FileError::OutOfPlace { line, says });
        for control in met.controls {
            let before = self.first.or(met.first).is_some_and(|first| first < control.line);
            if control.is_header && (before || self.header.is_some()) {
                return misplaced(control.line, "a header record stands behind the start of the file");
            }
            if self.trailer.is_some() {
                return misplaced(control.line, "a record stands behind the trailer");
            }
            if control.is_header { self.header = Some(control) } else { self.trailer = Some(control) }
        }
        self.first = self.first.or(met.first);
        self.last = met.last.or(self.last);
        if let (Some(trailer), Some(last)) = (&self.trailer, self.last)
            && last > trailer.line
        {
            return misplaced(trailer.line + 1, "a record stands behind the trailer");
        }
        if layout.header.is_some()
            && self.header.is_none()
            && let Some(line) = self.first
        {
            return Err(FileError::NoHeaderRecord { line });
        }
        Ok(())
    }

    fn finish(self, splitter: &Splitter<'_>, summary: &mut FileSummary) -> Result<(), FileError> {
        let encoding = match splitter {
            Splitter::Delimited(shape) => shape.encoding,
            Splitter::FixedWidth(_, encoding) => *encoding,
        };
        if self.reads_as_utf8 == Some(true) {
            let sign = "all of its characters beyond ASCII read as UTF-8";
            let next = "set `encoding: utf-8` in the contract".to_owned();
            return Err(FileError::Encoding { at: None, declared: encoding.name(), sign, next });
        }
        let Splitter::FixedWidth(layout, _) = splitter else {
            summary.details = summary.records;
            return Ok(());
        };
        if self.first.is_none() && self.header.is_none() && self.trailer.is_none() {
            return Err(FileError::Empty);
        }
        if layout.header.is_some() && self.header.is_none() {
            return Err(FileError::NoHeaderRecord { line: 1 });
        }
        if layout.trailer.is_some() && self.trailer.is_none() {
            let line = self.last.or(self.header.as_ref().map(|header| header.line)).unwrap_or(1);
            return Err(FileError::Truncated { line, says: "its trailer record is missing" });
        }
        summary.details = self.details;
        summary.header_fields = self.header.map(|control| control.fields).unwrap_or_default();
        summary.trailer_fields = self.trailer.map(|control| control.fields).unwrap_or_default();
        Ok(())
    }
}
