//! Splitting fixed-width text: each line is a header, detail or trailer record, cut at the places of its layout.

use crate::extract::chunk::{Marks, RECORD_CAP, is_blank, without_return};
use crate::extract::columns::{Columns, Span, offset};
use crate::extract::decode::{Decoded, ROW_ENCODING, foreign_reason};
use crate::extract::error::FileError;
use crate::extract::headers::ExpectedColumn;
use crate::extract::spec::{Encoding, FieldLayout, FixedWidthFormat, RecordLayout};
use crate::foundation::Quarantined;

/// A layout made ready.
#[derive(Debug)]
pub(crate) struct Layout {
    pub(crate) marks: Marks,
    encoding: Encoding,
    record_length: Option<usize>,
    pub(crate) header: Option<Kind>,
    detail: Kind,
    pub(crate) trailer: Option<Kind>,
    /// For each expected column, where it starts and ends.
    take: Vec<(u32, u32)>,
}

/// One kind of record.
#[derive(Debug)]
pub(crate) struct Kind {
    starts_with: Vec<u8>,
    fields: Vec<FieldLayout>,
    /// Where its last field ends.
    end: usize,
}

/// A header or trailer record that was met.
#[derive(Debug)]
pub(crate) struct Control {
    pub(crate) is_header: bool,
    pub(crate) line: u64,
    /// Field names and texts, trimmed, in the order of the layout.
    pub(crate) fields: Vec<(String, String)>,
}

/// What else a chunk of fixed-width text held.
#[derive(Debug, Default)]
pub(crate) struct Met {
    pub(crate) controls: Vec<Control>,
    /// Detail records, split or not.
    pub(crate) details: u64,
    /// The first and last line that is neither blank nor a header or trailer.
    pub(crate) first: Option<u64>,
    pub(crate) last: Option<u64>,
}

impl Kind {
    fn new(layout: &RecordLayout) -> Self {
        let starts_with = layout.starts_with.as_ref().map(|text| text.as_bytes().to_vec()).unwrap_or_default();
        let end = layout.fields.iter().map(FieldLayout::end).max().unwrap_or(0).max(starts_with.len());
        Self { starts_with, fields: layout.fields.clone(), end }
    }

    fn read(&self, record: &[u8]) -> Vec<(String, String)> {
        let characters: Vec<char> = String::from_utf8_lossy(record).chars().collect();
        let text = |field: &FieldLayout| {
            let place = field.start.saturating_sub(1)..field.end().min(characters.len());
            let text: String = characters.get(place).unwrap_or_default().iter().collect();
            text.trim().to_owned()
        };
        self.fields.iter().map(|field| (field.name.value.clone(), text(field))).collect()
    }
}

impl Layout {
    pub(crate) fn new(format: &FixedWidthFormat, expected: &[ExpectedColumn], marks: Marks) -> Result<Self, FileError> {
        let detail = Kind::new(&format.detail);
        let place = |column: &ExpectedColumn| {
            let field = detail.fields.iter().find(|field| *field.name == column.name && field.start > 0);
            field
                .map(|field| (offset(field.start - 1), offset(field.end())))
                .ok_or_else(|| FileError::NoField { column: column.name.clone() })
        };
        let take = expected.iter().map(place).collect::<Result<_, _>>()?;
        let (header, trailer) = (format.header.as_ref().map(Kind::new), format.trailer.as_ref().map(Kind::new));
        Ok(Self {
            marks,
            encoding: format.encoding,
            record_length: format.record_length,
            header,
            detail,
            trailer,
            take,
        })
    }

    /// The detail fields in the order of the layout.
    pub(crate) fn names(&self) -> Vec<String> {
        self.detail.fields.iter().map(|field| field.name.value.clone()).collect()
    }

    /// Splits a chunk. `last` says that the file ends with it.
    pub(crate) fn split(
        &self,
        chunk: &Decoded,
        mut line: u64,
        last: bool,
        out: &mut Columns,
    ) -> Result<Met, FileError> {
        let mut met = Met::default();
        let text = &chunk.bytes[..chunk.length];
        let mut start = 0;
        while start < text.len() {
            let found = memchr::memchr(self.marks.end, &text[start..]);
            let end = found.map_or(text.len(), |at| start + at);
            let record = without_return(&text[start..end], self.marks);
            if record.len() > RECORD_CAP {
                return Err(FileError::RecordTooLong { line });
            }
            if !is_blank(record) {
                self.record(chunk, record, (line, start), out, &mut met, last && found.is_none())?;
            }
            line += 1;
            start = end + 1;
        }
        Ok(met)
    }

    /// Splits one record that is not blank.
    #[inline]
    fn record(
        &self,
        chunk: &Decoded,
        record: &[u8],
        (line, start): (u64, usize),
        out: &mut Columns,
        met: &mut Met,
        cut_off: bool,
    ) -> Result<(), FileError> {
        let is_detail = record.starts_with(&self.detail.starts_with);
        let length = if chunk.ascii { record.len() } else { String::from_utf8_lossy(record).chars().count() };
        if !is_detail {
            for (is_header, kind) in [(true, &self.header), (false, &self.trailer)] {
                if let Some(kind) = kind.as_ref().filter(|kind| record.starts_with(&kind.starts_with)) {
                    if length < kind.end {
                        let says = if is_header {
                            "its header record is too short"
                        } else {
                            "its trailer record is too short"
                        };
                        return Err(FileError::Truncated { line, says });
                    }
                    met.controls.push(Control { is_header, line, fields: kind.read(record) });
                    return Ok(());
                }
            }
        }
        met.first.get_or_insert(line);
        met.last = Some(line);
        met.details += u64::from(is_detail);
        if let Some((rule, reason)) = self.fault(chunk, record, length, is_detail) {
            if cut_off && rule == "ROW-LENGTH" && length < self.detail.end {
                return Err(FileError::Truncated { line, says: "its last record is too short and has no line break" });
            }
            let raw = String::from_utf8_lossy(record).into_owned();
            out.push_broken(Quarantined { line, column: String::new(), rule: rule.to_owned(), reason, raw });
            return Ok(());
        }
        let base = offset(start);
        let place = (base, base + offset(record.len()));
        let value = |start, end| Span { start, end, block: 0 };
        if length == record.len() {
            let values = self.take.iter().map(|(from, to)| value(base + from, base + to));
            out.push(line, place, &chunk.bytes, values);
        } else {
            // Positions count characters; here some take more than one byte.
            let text = String::from_utf8_lossy(record);
            let mut places: Vec<u32> = text.char_indices().map(|(at, _)| base + offset(at)).collect();
            places.push(place.1);
            let values = self.take.iter().map(|(from, to)| value(places[*from as usize], places[*to as usize]));
            out.push(line, place, &chunk.bytes, values);
        }
        Ok(())
    }

    /// Which rule a record breaks, and why. `length` is in characters.
    #[inline]
    fn fault(&self, chunk: &Decoded, record: &[u8], length: usize, is_detail: bool) -> Option<(&'static str, String)> {
        if chunk.nul && record.contains(&0) {
            return Some(("ROW-NUL", "the record holds NUL bytes".to_owned()));
        }
        if chunk.foreign
            && let Some(reason) = foreign_reason(record, self.encoding)
        {
            return Some((ROW_ENCODING, reason));
        }
        if !is_detail {
            return Some(("ROW-TYPE", "the record does not begin as the layout says that records begin".to_owned()));
        }
        if length < self.detail.end {
            let reason = format!("the record has {length} characters and its last field ends at {}", self.detail.end);
            return Some(("ROW-LENGTH", reason));
        }
        let most = self.record_length.filter(|most| length > *most)?;
        Some(("ROW-LENGTH", format!("the record has {length} characters where the layout has {most}")))
    }
}
