//! A chunk: a run of whole records of a file, with the number of its first line.

use std::io;

use memchr::{memchr_iter, memrchr, memrchr2};

use crate::extract::decode::Pieces;
use crate::extract::error::FileError;
use crate::extract::spec::Encoding;

/// The longest record in bytes. A longer one is no record but a quote that was never closed, or not text.
pub(crate) const RECORD_CAP: usize = 1 << 20;

/// How much of a file is read to see how its lines end.
const OPENING: usize = 64 * 1024;

/// A run of whole records, in UTF-8 or a one-byte encoding.
pub(crate) struct Chunk {
    /// The bytes, up to and with the last line break.
    pub(crate) bytes: Vec<u8>,
    /// The number of the first line, from 1.
    pub(crate) line: u64,
    /// Whether the file ends here.
    pub(crate) last: bool,
}

/// How records end and fields are kept together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Marks {
    /// Between fields; a line feed where there are no delimiters.
    pub(crate) delimiter: u8,
    /// Around fields, where they may be quoted.
    pub(crate) quote: Option<u8>,
    /// Behind records: a line feed, or a carriage return in files that hold no line feed.
    pub(crate) end: u8,
}

/// Cuts a file into chunks.
pub(crate) struct Chunker<I> {
    pieces: Pieces<I>,
    marks: Marks,
    target: usize,
    pending: Vec<u8>,
    line: u64,
    ended: bool,
    finished: bool,
}

impl<I: Iterator<Item = io::Result<Vec<u8>>>> Chunker<I> {
    /// Opens a file. `target` is the usual size of a chunk.
    pub(crate) fn open(
        input: I,
        encoding: Encoding,
        delimiter: u8,
        quote: Option<u8>,
        target: usize,
    ) -> Result<Self, FileError> {
        let mut pieces = Pieces::open(input, encoding)?;
        let mut pending = Vec::new();
        let mut ended = false;
        while !ended && pending.len() < OPENING {
            ended = !pieces.append_to(&mut pending)?;
        }
        let opening = &pending[..pending.len().min(OPENING)];
        let only_returns = !opening.contains(&b'\n') && opening.contains(&b'\r');
        let marks = Marks { delimiter, quote, end: if only_returns { b'\r' } else { b'\n' } };
        Ok(Self { pieces, marks, target: target.max(1), pending, line: 1, ended, finished: false })
    }

    /// How this file's records end and its fields are kept together.
    pub(crate) const fn marks(&self) -> Marks {
        self.marks
    }

    /// Bytes of the file as it lies, read so far.
    pub(crate) const fn bytes(&self) -> u64 {
        self.pieces.bytes
    }

    /// The first record that is not blank, without its line break, and its line; `None` in a file without records.
    pub(crate) fn first_record(&mut self) -> Result<Option<(Vec<u8>, u64)>, FileError> {
        loop {
            let Some(end) = self.first_end()? else {
                let record = std::mem::take(&mut self.pending);
                self.finished = true;
                if odd_quotes(&record, self.marks) || record.len() > RECORD_CAP {
                    return Err(overlong(&record, self.marks, self.line));
                }
                let record = without_return(&record, self.marks);
                return Ok((!is_blank(record)).then(|| (record.to_vec(), self.line)));
            };
            let line = self.line;
            let record = without_return(&self.pending[..end], self.marks).to_vec();
            self.line += lines(&self.pending[..=end], self.marks);
            self.pending.drain(..=end);
            if !is_blank(&record) {
                return Ok(Some((record, line)));
            }
        }
    }

    /// Where the first record's line break stands; `None` where the file ends before it.
    fn first_end(&mut self) -> Result<Option<usize>, FileError> {
        loop {
            let mut quoted = false;
            for (at, byte) in self.pending.iter().enumerate() {
                quoted ^= Some(*byte) == self.marks.quote;
                if *byte == self.marks.end && !quoted {
                    return Ok(Some(at));
                }
                if at > RECORD_CAP {
                    return Err(overlong(&self.pending, self.marks, self.line));
                }
            }
            if self.ended {
                return Ok(None);
            }
            self.ended = !self.pieces.append_to(&mut self.pending)?;
        }
    }

    /// The next chunk; `None` behind the last. After an error there is none either.
    pub(crate) fn next_chunk(&mut self) -> Option<Result<Chunk, FileError>> {
        if self.finished {
            return None;
        }
        let chunk = self.cut().transpose();
        self.finished |= !matches!(chunk, Some(Ok(_)));
        chunk
    }

    fn cut(&mut self) -> Result<Option<Chunk>, FileError> {
        let mut bytes = std::mem::take(&mut self.pending);
        let mut wanted = self.target;
        loop {
            while !self.ended && bytes.len() < wanted {
                self.ended = !self.pieces.append_to(&mut bytes)?;
            }
            if self.ended {
                self.finished = true;
                return Ok((!bytes.is_empty()).then_some(Chunk { bytes, line: self.line, last: true }));
            }
            if let Some(end) = last_end(&bytes, self.marks) {
                // The tail starts the next chunk, which is about as long as this one.
                let mut pending = Vec::with_capacity(self.target + (self.target >> 2));
                pending.extend_from_slice(&bytes[end..]);
                self.pending = pending;
                bytes.truncate(end);
                let line = self.line;
                self.line += lines(&bytes, self.marks);
                return Ok(Some(Chunk { bytes, line, last: false }));
            }
            if bytes.len() > RECORD_CAP {
                return Err(overlong(&bytes, self.marks, self.line));
            }
            wanted = bytes.len() + self.target;
        }
    }
}

fn odd_quotes(bytes: &[u8], marks: Marks) -> bool {
    marks.quote.is_some_and(|quote| memchr_iter(quote, bytes).count() % 2 == 1)
}

fn lines(bytes: &[u8], marks: Marks) -> u64 {
    memchr_iter(marks.end, bytes).count() as u64
}

/// Just behind the last line break that stands outside quotes.
fn last_end(bytes: &[u8], marks: Marks) -> Option<usize> {
    let Some(quote) = marks.quote else { return memrchr(marks.end, bytes).map(|at| at + 1) };
    let mut inside = odd_quotes(bytes, marks);
    let mut rest = bytes;
    while let Some(at) = memrchr2(marks.end, quote, rest) {
        if rest[at] == quote {
            inside = !inside;
        } else if !inside {
            return Some(at + 1);
        }
        rest = &rest[..at];
    }
    None
}

/// A record without the carriage return before its line feed.
pub(crate) fn without_return(record: &[u8], marks: Marks) -> &[u8] {
    if marks.end == b'\n' { record.strip_suffix(b"\r").unwrap_or(record) } else { record }
}

/// Whether a line holds no record: nothing at all, or the end-of-file mark of DOS.
pub(crate) fn is_blank(record: &[u8]) -> bool {
    matches!(record, [] | [0x1A])
}

/// The error of a record beyond the cap, or of one that the file's end cuts off within quotes.
///
/// Only the bytes up to the cap are looked at, so that it does not depend on how much of the record was read.
pub(crate) fn overlong(record: &[u8], marks: Marks, line: u64) -> FileError {
    let seen = &record[..record.len().min(RECORD_CAP)];
    match stray_quote(seen, marks, line) {
        Some(line) => FileError::UnclosedQuote { line },
        None => FileError::RecordTooLong { line },
    }
}

/// The line of the first quote of a record that opens a field and does not close it as it should, or stands inside an unquoted field.
pub(crate) fn stray_quote(record: &[u8], marks: Marks, mut line: u64) -> Option<u64> {
    let quote = marks.quote?;
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t') && *byte != marks.delimiter;
    let mut rest = record.iter().copied().peekable();
    loop {
        // At the start of a field.
        while rest.next_if(blank).is_some() {}
        if rest.next_if_eq(&quote).is_some() {
            let opened = line;
            loop {
                match rest.next() {
                    None => return Some(opened),
                    Some(byte) if byte == quote => {
                        if rest.next_if_eq(&quote).is_none() {
                            break;
                        }
                    }
                    Some(byte) => line += u64::from(byte == marks.end),
                }
            }
            while rest.next_if(blank).is_some() {}
            rest.next_if_eq(&b'\r');
            match rest.next() {
                None => return None,
                Some(byte) if byte == marks.delimiter => {}
                Some(byte) if byte == marks.end => line += 1,
                Some(_) => return Some(opened),
            }
        } else {
            loop {
                match rest.next() {
                    None => return None,
                    Some(byte) if byte == quote => return Some(line),
                    Some(byte) if byte == marks.delimiter => break,
                    Some(byte) if byte == marks.end => {
                        line += 1;
                        break;
                    }
                    Some(_) => {}
                }
            }
        }
    }
}
