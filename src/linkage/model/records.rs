//! Records: who is compared, a row of small numbers each, so that a pair is compared without touching a text it need not.

use std::ops::Range;
use std::sync::Arc;

use super::texts::Texts;
use crate::linkage::near::Near;

/// What a field holds, which is what can be compared of it.
#[derive(Debug)]
pub enum Values {
    /// Texts, each by its number.
    Texts(Texts),
    /// Nine digits, as the number they spell and one more.
    Digits,
    /// Whole numbers, as the number and one more.
    Numbers,
    /// Days, a digit in each four bits: `0x2004_0507`.
    Days,
    /// Tokens by their numbers: nothing is known of a value but whether it is the same, and of an SSN which others are one slip away.
    Tokens {
        /// The greatest number.
        values: usize,
        /// The neighbourhoods of SSNs.
        near: Option<Arc<Near>>,
    },
}

impl Values {
    /// How many values there may be, where they are numbered from 1; `None` where codes spell what they stand for.
    #[must_use]
    pub fn distinct(&self) -> Option<usize> {
        match self {
            Self::Texts(texts) => Some(texts.len()),
            Self::Tokens { values, .. } => Some(*values),
            Self::Digits | Self::Numbers | Self::Days => None,
        }
    }

    /// Whether two values that differ are known to be one slip apart.
    #[must_use]
    pub fn are_near(&self, a: u32, b: u32) -> bool {
        matches!(self, Self::Tokens { near: Some(near), .. } if a != b && near.are_near(a, b))
    }
}

/// One field of the records.
#[derive(Debug)]
pub struct Field {
    /// Its name in the document.
    pub name: String,
    /// What it holds.
    pub values: Values,
}

/// One column of codes, on its way into records; 0 stands for no value.
#[derive(Debug)]
pub struct Column {
    /// Whose codes they are.
    pub field: Field,
    /// A code a record, file after file.
    pub codes: Vec<u32>,
}

/// All records of all files, file after file in the order of their rows.
#[derive(Debug)]
pub struct Records {
    /// The fields, in the order of codes within a row.
    pub fields: Vec<Field>,
    ends: Vec<u32>,
    stride: usize,
    rows: Vec<u32>,
}

impl Records {
    /// Puts columns together, one after another; `ends` tells where each file's records end.
    #[must_use]
    pub fn new(columns: impl IntoIterator<Item = Column, IntoIter: ExactSizeIterator>, ends: Vec<u32>) -> Self {
        let columns = columns.into_iter();
        let count = ends.last().copied().unwrap_or(0) as usize;
        let stride = columns.len().next_multiple_of(4);
        let mut rows = vec![0; count * stride];
        let mut fields = Vec::with_capacity(columns.len());
        for (at, column) in columns.enumerate() {
            for (row, code) in rows.chunks_exact_mut(stride).zip(column.codes) {
                row[at] = code;
            }
            fields.push(column.field);
        }
        Self { fields, ends, stride, rows }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.last().copied().unwrap_or(0) as usize
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The codes of one record.
    #[must_use]
    #[inline]
    pub fn row(&self, record: u32) -> &[u32] {
        let start = record as usize * self.stride;
        &self.rows[start..start + self.stride]
    }

    /// One code.
    #[must_use]
    #[inline]
    pub fn code(&self, field: usize, record: u32) -> u32 {
        self.rows[record as usize * self.stride + field]
    }

    /// The codes of one field, record after record.
    pub fn codes(&self, field: usize, records: Range<u32>) -> impl Iterator<Item = u32> + '_ {
        records.map(move |record| self.code(field, record))
    }

    /// How many files there are.
    #[must_use]
    pub fn files(&self) -> usize {
        self.ends.len()
    }

    /// The records of one file.
    #[must_use]
    pub fn of_file(&self, file: usize) -> Range<u32> {
        let start = if file == 0 { 0 } else { self.ends[file - 1] };
        start..self.ends[file]
    }

    /// The file of a record.
    #[must_use]
    #[inline]
    pub fn file(&self, record: u32) -> usize {
        match self.ends[..] {
            [first, _] => usize::from(record >= first),
            _ => self.ends.partition_point(|end| *end <= record),
        }
    }
}

/// Three digits, a digit in each four bits, by the number they spell.
const THREE: [u16; 1000] = {
    let mut three = [0; 1000];
    let mut number = 0_u16;
    while number < 1000 {
        three[number as usize] = ((number / 100) << 8) | ((number / 10 % 10) << 4) | (number % 10);
        number += 1;
    }
    three
};

/// Nine digits, a digit in each four bits.
#[must_use]
#[inline]
pub(super) fn digits(code: u32) -> u64 {
    let number = code - 1;
    let three = |number: u32| u64::from(THREE[(number % 1000) as usize]);
    three(number / 1_000_000) << 24 | three(number / 1000) << 12 | three(number)
}

/// A day as a code.
#[must_use]
pub fn day_code(year: u32, month: u32, day: u32) -> u32 {
    let of = |number: u32, digits: u32| {
        (0..digits).fold((0, number), |(out, rest), at| (out | (rest % 10) << (4 * at), rest / 10)).0
    };
    of(year, 4) << 16 | of(month, 2) << 8 | of(day, 2)
}
