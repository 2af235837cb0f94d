//! Columns in the making: the fields of a chunk's records as views into the chunk's own bytes.

use std::sync::Arc;

use arrow::array::{ArrayRef, StringViewArray};
use arrow::buffer::{Buffer, ScalarBuffer};
use arrow::error::ArrowError;

use crate::extract::decode::PADDING;
use crate::foundation::{Quarantined, SourceBatch};

/// Records of one file, their columns in the order of the expected ones, with the text that each stood in.
#[derive(Clone, Debug)]
pub struct TextBatch {
    /// The records.
    pub records: SourceBatch,
    /// Their text.
    pub raw: RawRecords,
}

/// The text of a batch's records as they stood in the file, decoded.
#[derive(Clone, Debug)]
pub struct RawRecords {
    text: Buffer,
    spans: Vec<(u32, u32)>,
}

impl RawRecords {
    /// The text of one record of the batch; empty for a row that the batch does not have.
    #[must_use]
    pub fn get(&self, row: usize) -> String {
        let span = self.spans.get(row).and_then(|(start, end)| self.text.get(*start as usize..*end as usize));
        String::from_utf8_lossy(span.unwrap_or_default()).into_owned()
    }
}

/// Where a field's value stands: from, to, and in which block (0 the chunk, 1 the values that had to be unescaped).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    pub(crate) start: u32,
    pub(crate) end: u32,
    pub(crate) block: u32,
}

/// The value of a column that a file came without.
pub(crate) const NOTHING: Span = Span { start: 0, end: 0, block: 0 };

/// The records of a chunk, batch by batch.
pub(crate) struct Columns {
    width: usize,
    batch_rows: usize,
    /// How many records a batch is likely to have, so that columns need not grow.
    likely_rows: usize,
    open: Open,
    full: Vec<Open>,
    /// Values that do not stand in the chunk as they are; always [`PADDING`] zeros longer than its text.
    unescaped: Vec<u8>,
}

struct Open {
    views: Vec<Vec<u128>>,
    lines: Vec<u64>,
    spans: Vec<(u32, u32)>,
    broken: Vec<Quarantined>,
}

impl Open {
    fn new(width: usize, rows: usize) -> Self {
        let views = (0..width).map(|_| Vec::with_capacity(rows)).collect();
        Self { views, lines: Vec::with_capacity(rows), spans: Vec::with_capacity(rows), broken: Vec::new() }
    }
}

impl Columns {
    pub(crate) fn new(width: usize, batch_rows: usize, likely_rows: usize) -> Self {
        let batch_rows = batch_rows.max(1);
        let likely_rows = likely_rows.min(batch_rows);
        let open = Open::new(width, likely_rows);
        Self { width, batch_rows, likely_rows, open, full: Vec::new(), unescaped: vec![0; PADDING] }
    }

    /// Adds a record: its line, where its text stands, and its values in the order of the columns.
    #[inline]
    pub(crate) fn push(&mut self, line: u64, record: (u32, u32), text: &[u8], values: impl Iterator<Item = Span>) {
        if self.open.lines.len() >= self.batch_rows {
            self.turn();
        }
        self.open.lines.push(line);
        self.open.spans.push(record);
        for (views, value) in self.open.views.iter_mut().zip(values) {
            let block = if value.block == 0 { text } else { &self.unescaped };
            views.push(view(block, value));
        }
    }

    /// Adds a record that has no fields.
    pub(crate) fn push_broken(&mut self, broken: Quarantined) {
        // A file of nothing but broken records must not grow one batch without end.
        if self.open.broken.len() >= self.batch_rows {
            self.turn();
        }
        self.open.broken.push(broken);
    }

    /// Keeps the text of a quoted field with its doubled quotes undone.
    pub(crate) fn unescape(&mut self, field: &[u8], quote: u8) -> Span {
        let start = self.unescaped.len() - PADDING;
        self.unescaped.truncate(start);
        let mut rest = field;
        while let Some(at) = memchr::memchr(quote, rest) {
            self.unescaped.extend_from_slice(&rest[..=at]);
            rest = rest.get(at + 2..).unwrap_or_default();
        }
        self.unescaped.extend_from_slice(rest);
        let end = self.unescaped.len();
        self.unescaped.resize(end + PADDING, 0);
        Span { start: offset(start), end: offset(end), block: 1 }
    }

    fn turn(&mut self) {
        let next = Open::new(self.width, self.likely_rows);
        self.full.push(std::mem::replace(&mut self.open, next));
    }

    /// The batches, sharing the chunk's bytes.
    pub(crate) fn finish(mut self, text: Vec<u8>) -> Result<Vec<TextBatch>, ArrowError> {
        if !self.open.lines.is_empty() || !self.open.broken.is_empty() {
            self.full.push(self.open);
        }
        let text = Buffer::from_vec(text);
        let mut blocks = vec![text.clone()];
        if self.unescaped.len() > PADDING {
            blocks.push(Buffer::from_vec(self.unescaped));
        }
        let batches = self.full.into_iter().map(|open| {
            let column = |views: Vec<u128>| -> Result<ArrayRef, ArrowError> {
                Ok(Arc::new(StringViewArray::try_new(ScalarBuffer::from(views), blocks.clone(), None)?))
            };
            let columns = open.views.into_iter().map(column).collect::<Result<_, _>>()?;
            let records = SourceBatch { columns, lines: open.lines, broken: open.broken };
            Ok(TextBatch { records, raw: RawRecords { text: text.clone(), spans: open.spans } })
        });
        batches.collect()
    }
}

/// An offset within a chunk; chunks are far below 4 GiB, for a chunk grows past its target only by one record, and that is capped.
#[inline]
pub(crate) fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// The view of a value: the value itself where it has at most 12 bytes, else its first four and where it stands.
#[inline]
fn view(text: &[u8], span: Span) -> u128 {
    let start = span.start as usize;
    let length = span.end - span.start;
    // Behind every text stand zeros enough to read twelve bytes from wherever a value may start.
    let rest = text.get(start..).unwrap_or_default();
    let (Some(first), Some((_, after))) = (rest.first_chunk(), rest.split_at_checked(8)) else { return 0 };
    let Some(second) = after.first_chunk() else { return 0 };
    let (first, second) = (u64::from_le_bytes(*first), u64::from(u32::from_le_bytes(*second)));
    let (low, high) = if let Some((first_mask, second_mask)) = MASKS.get(length as usize) {
        let (first, second) = (first & first_mask, second & second_mask);
        (u64::from(length) | first << 32, first >> 32 | second << 32)
    } else {
        (u64::from(length) | first << 32, u64::from(span.block) | u64::from(span.start) << 32)
    };
    u128::from(low) | u128::from(high) << 64
}

/// For each length up to 12, which bits of a value's first eight and next four bytes belong to it.
const MASKS: [(u64, u64); 13] = {
    let mut masks = [(0, 0); 13];
    let mut length = 1;
    while length <= 12 {
        masks[length] =
            if length <= 8 { (u64::MAX >> (64 - 8 * length), 0) } else { (u64::MAX, (1 << (8 * (length - 8))) - 1) };
        length += 1;
    }
    masks
};
