//! Splitting delimited text: a chunk's bytes become records and fields, eight bytes at a step.

use crate::extract::chunk::{Marks, RECORD_CAP, is_blank, overlong, stray_quote, without_return};
use crate::extract::columns::{Columns, NOTHING, Span, offset};
use crate::extract::decode::{Decoded, ROW_ENCODING, foreign_reason};
use crate::extract::error::FileError;
use crate::extract::spec::Encoding;
use crate::foundation::Quarantined;

/// What is known of a delimited file once its header is read.
#[derive(Debug)]
pub(crate) struct Shape {
    pub(crate) marks: Marks,
    pub(crate) encoding: Encoding,
    /// Fields in the header.
    pub(crate) width: usize,
    /// For each expected column, its position among the fields; `None` for one that the file came without.
    pub(crate) take: Vec<Option<usize>>,
}

/// The fields of the header record, unquoted and trimmed.
pub(crate) fn header_fields(record: &str, marks: Marks) -> Vec<String> {
    let mut fields = vec![String::new()];
    let (mut quoted, mut doubled) = (false, false);
    for c in record.chars() {
        let is = |byte: u8| c == char::from(byte);
        if marks.quote.is_some_and(is) {
            if doubled && !quoted {
                fields.last_mut().into_iter().for_each(|field| field.push(c));
            }
            quoted = !quoted;
            doubled = !quoted;
            continue;
        }
        doubled = false;
        if is(marks.delimiter) && !quoted {
            fields.push(String::new());
        } else {
            fields.last_mut().into_iter().for_each(|field| field.push(c));
        }
    }
    fields.iter().map(|field| field.trim().to_owned()).collect()
}

/// Splits a chunk. `last` says that the file ends with it.
pub(crate) fn split(shape: &Shape, chunk: &Decoded, line: u64, last: bool, out: &mut Columns) -> Result<(), FileError> {
    let mut splitter = Splitter {
        shape,
        chunk,
        out,
        fields: Vec::with_capacity(shape.width + 1),
        quoted: Vec::new(),
        record: 0,
        field: 0,
        line,
        next_line: line,
        has_quotes: false,
    };
    match shape.marks.quote.filter(|quote| memchr::memchr(*quote, &chunk.bytes).is_some()) {
        Some(quote) => splitter.run::<true>(quote, last),
        None => splitter.run::<false>(0, last),
    }
}

struct Splitter<'a> {
    shape: &'a Shape,
    chunk: &'a Decoded,
    out: &'a mut Columns,
    /// The fields of the record so far.
    fields: Vec<Span>,
    /// Which of them hold quotes.
    quoted: Vec<usize>,
    /// Where the record starts.
    record: usize,
    /// Where the field starts.
    field: usize,
    /// The line on which the record starts.
    line: u64,
    /// The line that is being read.
    next_line: u64,
    /// Whether the field holds quotes.
    has_quotes: bool,
}

const ONES: u64 = 0x0101_0101_0101_0101;
const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;

/// The high bit of every byte of `word` that equals the byte which `pattern` repeats.
#[inline]
const fn equal(word: u64, pattern: u64) -> u64 {
    let differs = word ^ pattern;
    !(((differs & LOW) + LOW) | differs | LOW)
}

impl Splitter<'_> {
    fn run<const QUOTES: bool>(&mut self, quote: u8, last: bool) -> Result<(), FileError> {
        let Marks { delimiter, end, .. } = self.shape.marks;
        let (delimiters, ends, quotes) = (ONES * u64::from(delimiter), ONES * u64::from(end), ONES * u64::from(quote));
        let chunk = self.chunk;
        let mut inside = false;
        // The padding behind the text holds no mark, so the last word may reach into it.
        for (index, word) in chunk.bytes.chunks_exact(8).enumerate() {
            let mut bytes = [0; 8];
            bytes.copy_from_slice(word);
            let word = u64::from_le_bytes(bytes);
            let at_end = equal(word, ends);
            let at_quote = if QUOTES { equal(word, quotes) } else { 0 };
            let mut marks = equal(word, delimiters) | at_end | at_quote;
            while marks != 0 {
                let at = index * 8 + (marks.trailing_zeros() / 8) as usize;
                let bit = marks & marks.wrapping_neg();
                marks ^= bit;
                if QUOTES && at_quote & bit != 0 {
                    inside = !inside;
                    self.has_quotes = true;
                } else if at_end & bit != 0 {
                    self.next_line += 1;
                    if !(QUOTES && inside) {
                        self.end_record::<QUOTES>(at, true)?;
                        self.record = at + 1;
                        self.field = at + 1;
                        self.line = self.next_line;
                    }
                } else if !(QUOTES && inside) {
                    self.end_field::<QUOTES>(at);
                    self.field = at + 1;
                }
            }
        }
        if self.record < chunk.length {
            if QUOTES && inside {
                return Err(overlong(&chunk.bytes[self.record..chunk.length], self.shape.marks, self.line));
            }
            self.end_record::<QUOTES>(chunk.length, !last)?;
        }
        Ok(())
    }

    #[inline]
    fn end_field<const QUOTES: bool>(&mut self, at: usize) {
        if QUOTES && self.has_quotes {
            self.quoted.push(self.fields.len());
            self.has_quotes = false;
        }
        self.fields.push(Span { start: offset(self.field), end: offset(at), block: 0 });
    }

    #[inline]
    fn end_record<const QUOTES: bool>(&mut self, at: usize, terminated: bool) -> Result<(), FileError> {
        let shape = self.shape;
        let text = &self.chunk.bytes;
        let end = self.record + without_return(&text[self.record..at], shape.marks).len();
        let record = &text[self.record..end];
        // A carriage return right behind a delimiter leaves the last field empty, not negative.
        self.end_field::<QUOTES>(end.max(self.field));
        if record.len() > RECORD_CAP {
            return Err(overlong(record, shape.marks, self.line));
        }
        if self.chunk.foreign
            || self.chunk.nul
            || self.fields.len() != shape.width
            || (QUOTES && !self.quoted.is_empty())
        {
            if is_blank(record) {
                self.clear();
                return Ok(());
            }
            if let Some((rule, reason)) = self.fault(record) {
                if !terminated && self.fields.len() < shape.width {
                    let says = "its last record has fewer fields than the header and no line break";
                    return Err(FileError::Truncated { line: self.line, says });
                }
                let raw = String::from_utf8_lossy(record).into_owned();
                let (line, column) = (self.line, String::new());
                self.out.push_broken(Quarantined { line, column, rule: rule.to_owned(), reason, raw });
                self.clear();
                return Ok(());
            }
        } else if shape.width == 1 && is_blank(record) {
            self.clear();
            return Ok(());
        }
        let fields = &self.fields;
        let values = shape.take.iter().map(|place| place.map_or(NOTHING, |at| fields[at]));
        self.out.push(self.line, (offset(self.record), offset(end)), text, values);
        self.clear();
        Ok(())
    }

    fn clear(&mut self) {
        self.fields.clear();
        self.quoted.clear();
    }

    /// Looks closer at a record: undoes its quotes, or says which rule it breaks and why.
    fn fault(&mut self, record: &[u8]) -> Option<(&'static str, String)> {
        if self.chunk.nul && record.contains(&0) {
            return Some(("ROW-NUL", "the record holds NUL bytes".to_owned()));
        }
        if self.chunk.foreign
            && let Some(reason) = foreign_reason(record, self.shape.encoding)
        {
            return Some((ROW_ENCODING, reason));
        }
        let quote = self.shape.marks.quote.unwrap_or_default();
        for index in std::mem::take(&mut self.quoted) {
            let field = self.fields[index];
            let Some(inner) = inside_quotes(&self.chunk.bytes, field, quote) else {
                let line = stray_quote(record, self.shape.marks, self.line).unwrap_or(self.line);
                let to = self.next_line - 1;
                let span = if to > self.line {
                    format!("; lines {} to {to} were read as one record", self.line)
                } else {
                    String::new()
                };
                let reason = format!("a quote on line {line} is not doubled and does not enclose its field{span}");
                return Some(("ROW-QUOTE", reason));
            };
            let bytes = &self.chunk.bytes[inner.start as usize..inner.end as usize];
            self.fields[index] = if bytes.contains(&quote) { self.out.unescape(bytes, quote) } else { inner };
        }
        let (found, expected) = (self.fields.len(), self.shape.width);
        (found != expected)
            .then(|| ("ROW-FIELDS", format!("the record has {found} fields where the header has {expected}")))
    }
}

/// The text between a field's quotes, blanks around them left out; `None` where a quote stands where it may not.
fn inside_quotes(text: &[u8], field: Span, quote: u8) -> Option<Span> {
    let (mut start, mut end) = (field.start as usize, field.end as usize);
    let blank = |byte: u8| matches!(byte, b' ' | b'\t');
    while start < end && blank(text[start]) {
        start += 1;
    }
    while start < end && blank(text[end - 1]) {
        end -= 1;
    }
    if end - start < 2 || text[start] != quote || text[end - 1] != quote {
        return None;
    }
    (start, end) = (start + 1, end - 1);
    let mut rest = &text[start..end];
    while let Some(at) = memchr::memchr(quote, rest) {
        if rest.get(at + 1) != Some(&quote) {
            return None;
        }
        rest = &rest[at + 2..];
    }
    Some(Span { start: offset(start), end: offset(end), block: 0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_marks_exactly_the_equal_bytes() {
        for byte in 0..=255_u8 {
            for other in [0, 1, 0x2b, 0x2c, 0x2d, 0x7f, 0x80, 0xac, 0xff] {
                let word = u64::from_le_bytes([byte, other, byte, byte, other, byte, byte, byte]);
                let marks = equal(word, ONES * u64::from(other)).to_le_bytes();
                let wanted = |b: u8| if b == other { 0x80 } else { 0 };
                assert_eq!(marks, word.to_le_bytes().map(wanted), "{byte} {other}");
            }
        }
    }

    #[test]
    fn header_fields_are_unquoted_and_trimmed() {
        let marks = Marks { delimiter: b',', quote: Some(b'"'), end: b'\n' };
        assert_eq!(header_fields("\"Graduated?\", a ,\"b, \"\"c\"\"\",", marks), ["Graduated?", "a", "b, \"c\"", ""]);
    }
}
