//! A column made ready: from the text of a field to its type, and what is wrong with it.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, PrimitiveArray, StringViewArray};
use arrow::buffer::{BooleanBuffer, Buffer, ScalarBuffer};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{ArrowPrimitiveType, DataType, Date32Type, Decimal128Type, Int64Type};
use arrow::error::ArrowError;

use crate::contract::date::DateFormat;
use crate::contract::number::{Decimals, integer};
use crate::contract::pattern::Pattern;
use crate::contract::text::{INLINE, Valid, each, inline, text, without};
use crate::contract::types::ColumnType;
use crate::contract::written::Written;
use crate::foundation::OnFail;

/// A check that every column has by its type and options. The order is the one in which a row's first is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rule {
    Required,
    Type,
    Code,
    Length,
    Pattern,
    Range,
    /// A social security number of eight digits: a warning, whatever the column's `on_fail`.
    LostZero,
}

impl Rule {
    pub(crate) const fn suffix(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Type => "type",
            Self::Code => "code",
            Self::Length | Self::LostZero => "length",
            Self::Pattern => "pattern",
            Self::Range => "range",
        }
    }
}

/// A column made ready.
#[derive(Debug)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) kind: ColumnType,
    pub(crate) on_fail: OnFail,
    pub(crate) has_status: bool,
    pub(super) required: bool,
    pub(super) null_tokens: Vec<Vec<u8>>,
    pub(super) reader: Reader,
    pub(super) min: Option<i128>,
    pub(super) max: Option<i128>,
    pub(super) max_length: Option<usize>,
    pub(super) pattern: Option<Pattern>,
    pub(super) warns_of_lost_zero: bool,
    pub(super) written: Option<Written>,
    pub(super) type_reason: String,
    pub(super) range_reason: String,
    pub(super) pattern_reason: String,
    pub(super) code_reason: String,
}

/// How a field's text becomes a value.
#[derive(Debug)]
pub(super) enum Reader {
    Text,
    Code(Words),
    Integer,
    Decimal(Decimals),
    Date(Vec<DateFormat>),
    Boolean(Words, Words),
}

/// A few words, found by their views.
#[derive(Debug)]
pub(super) struct Words {
    short: Vec<u128>,
    long: Vec<Vec<u8>>,
}

impl Words {
    pub(super) fn new<'a>(words: impl Iterator<Item = &'a str>) -> Self {
        let (short, long): (Vec<&str>, Vec<&str>) = words.partition(|word| word.len() <= INLINE);
        let mut short: Vec<u128> = short.iter().map(|word| inline(word.as_bytes())).collect();
        let mut long: Vec<Vec<u8>> = long.iter().map(|word| word.as_bytes().to_vec()).collect();
        short.sort_unstable();
        long.sort_unstable();
        Self { short, long }
    }

    #[inline]
    fn has(&self, view: u128, value: &[u8]) -> bool {
        if value.len() > INLINE {
            self.long.binary_search_by(|word| word.as_slice().cmp(value)).is_ok()
        } else if self.short.len() <= 8 {
            self.short.contains(&view)
        } else {
            self.short.binary_search(&view).is_ok()
        }
    }
}

/// A column as it was read.
pub(crate) struct Read {
    /// Values of the contract's type; null where there is none, or where it is no value of the type.
    pub(crate) array: ArrayRef,
    /// What is wrong, by row and rule.
    pub(crate) faults: Vec<(u32, Rule)>,
    /// The sum of a numeric column's values as sent, in units of its scale.
    pub(crate) sum: i128,
}

impl Column {
    /// How numbers of the column are written and held; `None` for columns that cannot be summed.
    pub(crate) fn decimals(&self) -> Option<Decimals> {
        match self.reader {
            Reader::Decimal(decimals) => Some(decimals),
            Reader::Integer => Some(Decimals { precision: 38, scale: 0, implied: None }),
            _ => None,
        }
    }

    /// What breaking a rule does to the row.
    pub(crate) const fn on_fail(&self, rule: Rule) -> OnFail {
        if matches!(rule, Rule::LostZero) { OnFail::Warn } else { self.on_fail }
    }

    /// What is wrong with a value that breaks a rule, in plain words.
    pub(crate) fn reason(&self, rule: Rule) -> String {
        match rule {
            Rule::Required => "a value is required and there is none".to_owned(),
            Rule::Type => self.type_reason.clone(),
            Rule::Code => self.code_reason.clone(),
            Rule::Length => format!("the value is longer than {} characters", self.max_length.unwrap_or_default()),
            Rule::Pattern => self.pattern_reason.clone(),
            Rule::Range => self.range_reason.clone(),
            Rule::LostZero => "the number has 8 digits; its leading zero may have been lost".to_owned(),
        }
    }

    /// Reads a column as it was sent: text, or the type that a Parquet file gives it.
    pub(crate) fn read(&self, sent: &ArrayRef) -> Result<Read, ArrowError> {
        let safe = CastOptions { safe: true, ..CastOptions::default() };
        let is_text = matches!(
            sent.data_type(),
            DataType::Utf8View | DataType::Utf8 | DataType::LargeUtf8 | DataType::Dictionary(..)
        );
        let mut read = if is_text || self.kind.is_text() {
            let sent = cast_with_options(sent, &DataType::Utf8View, &safe)?;
            match &self.written {
                Some(written) => self.read_text(&written.plain(sent.as_string_view()))?,
                None => self.read_text(sent.as_string_view())?,
            }
        } else {
            self.read_typed(sent, &cast_with_options(sent, &self.kind.data_type(), &safe)?)
        };
        if self.on_fail == OnFail::NullField {
            let rows: Vec<u32> = read
                .faults
                .iter()
                .filter(|(_, rule)| !matches!(rule, Rule::Required | Rule::LostZero))
                .map(|(row, _)| *row)
                .collect();
            read.array = without(&read.array, &rows)?;
        }
        Ok(read)
    }

    fn read_text(&self, sent: &StringViewArray) -> Result<Read, ArrowError> {
        let mut rows = Rows { column: self, valid: Valid::all(sent.len()), faults: Vec::new() };
        let mut sum = 0;
        let array: ArrayRef = match &self.reader {
            Reader::Text => {
                let views = rows.texts(sent, |_, _| true);
                text(sent, views, rows.valid)?
            }
            Reader::Code(codes) => {
                let views = rows.texts(sent, |view, value| codes.has(view, value));
                text(sent, views, rows.valid)?
            }
            Reader::Integer => {
                let values = rows.values(sent, integer, i64::MIN, i64::MAX, |value| sum += i128::from(value));
                primitive::<Int64Type>(values, rows.valid)?
            }
            Reader::Decimal(decimals) => {
                let values = rows.values(sent, |text| decimals.read(text), i128::MIN, i128::MAX, |value| sum += value);
                let array = PrimitiveArray::<Decimal128Type>::try_new(ScalarBuffer::from(values), rows.valid.finish())?;
                let scale = i8::try_from(decimals.scale).unwrap_or(i8::MAX);
                Arc::new(array.with_precision_and_scale(decimals.precision, scale)?)
            }
            Reader::Date(formats) => {
                let read = |text: &[u8]| formats.iter().find_map(|format| format.read(text));
                let values = rows.values(sent, read, i32::MIN, i32::MAX, |_| ());
                primitive::<Date32Type>(values, rows.valid)?
            }
            Reader::Boolean(yes, no) => {
                let mut bits = vec![0_u64; sent.len().div_ceil(64)];
                each(sent, |row, view, value| {
                    if rows.is_missing(row, value) {
                        return;
                    }
                    let mut folded = view.to_le_bytes();
                    folded.make_ascii_uppercase();
                    let folded = u128::from_le_bytes(folded);
                    if value.len() <= INLINE && yes.short.contains(&folded) {
                        bits[row / 64] |= 1 << (row % 64);
                    } else if value.len() > INLINE || !no.short.contains(&folded) {
                        rows.no_value(row);
                    }
                });
                let bits = BooleanBuffer::new(Buffer::from_vec(bits), 0, sent.len());
                Arc::new(BooleanArray::new(bits, rows.valid.finish()))
            }
        };
        Ok(Read { array, faults: rows.faults, sum })
    }

    /// Checks a column that came with a type of its own.
    fn read_typed(&self, sent: &ArrayRef, cast: &ArrayRef) -> Read {
        let mut faults = Vec::new();
        let mut sum = 0;
        let value = |row: usize| match self.reader {
            Reader::Integer => i128::from(cast.as_primitive::<Int64Type>().value(row)),
            Reader::Decimal(_) => cast.as_primitive::<Decimal128Type>().value(row),
            Reader::Date(_) => i128::from(cast.as_primitive::<Date32Type>().value(row)),
            _ => 0,
        };
        for row in 0..cast.len() {
            if cast.is_null(row) {
                if sent.is_valid(row) {
                    faults.push((row_number(row), Rule::Type));
                } else if self.required {
                    faults.push((row_number(row), Rule::Required));
                }
                continue;
            }
            let value = value(row);
            sum += value;
            if self.min.is_some_and(|min| value < min) || self.max.is_some_and(|max| value > max) {
                faults.push((row_number(row), Rule::Range));
            }
        }
        Read { array: Arc::clone(cast), faults, sum }
    }
}

/// The rows of a column while they are read.
struct Rows<'a> {
    column: &'a Column,
    valid: Valid,
    faults: Vec<(u32, Rule)>,
}

impl Rows<'_> {
    #[inline]
    fn is_missing(&mut self, row: usize, value: &[u8]) -> bool {
        let missing = value.is_empty() || self.column.null_tokens.iter().any(|token| token == value);
        if missing {
            self.valid.clear(row);
            if self.column.required {
                self.fault(row, Rule::Required);
            }
        }
        missing
    }

    #[cold]
    fn fault(&mut self, row: usize, rule: Rule) {
        self.faults.push((row_number(row), rule));
    }

    fn no_value(&mut self, row: usize) {
        self.valid.clear(row);
        self.fault(row, Rule::Type);
    }

    #[inline]
    fn has_form(&mut self, row: usize, value: &[u8]) {
        if let Some(most) = self.column.max_length
            && value.len() > most
            && String::from_utf8_lossy(value).chars().count() > most
        {
            self.fault(row, Rule::Length);
        }
        if self.column.pattern.as_ref().is_some_and(|pattern| !pattern.matches(value)) {
            self.fault(row, Rule::Pattern);
        }
    }

    /// Walks a text column; the views of its trimmed values where any differs from what was sent.
    fn texts(&mut self, sent: &StringViewArray, known: impl Fn(u128, &[u8]) -> bool) -> Option<Vec<u128>> {
        let mut trimmed: Option<Vec<u128>> = None;
        let plain = !self.column.warns_of_lost_zero;
        each(sent, |row, view, value| {
            let missing = self.is_missing(row, value);
            if !missing {
                if !known(view, value) {
                    self.fault(row, Rule::Code);
                }
                self.has_form(row, value);
                if !plain && value.len() == 8 && value.iter().all(u8::is_ascii_digit) {
                    self.fault(row, Rule::LostZero);
                }
            }
            if let Some(views) = &mut trimmed {
                views.push(view);
            } else if view != sent.views()[row] && !missing {
                let mut views = Vec::with_capacity(sent.len());
                views.extend_from_slice(&sent.views()[..row]);
                views.push(view);
                trimmed = Some(views);
            }
        });
        trimmed
    }

    /// Walks a column of numbers or dates.
    #[inline]
    fn values<T: Copy + Default + PartialOrd + TryFrom<i128>>(
        &mut self,
        sent: &StringViewArray,
        read: impl Fn(&[u8]) -> Option<T>,
        least: T,
        most: T,
        mut sum: impl FnMut(T),
    ) -> Vec<T> {
        let native = |bound: Option<i128>, open: T| bound.and_then(|bound| T::try_from(bound).ok()).unwrap_or(open);
        let (min, max) = (native(self.column.min, least), native(self.column.max, most));
        let mut values = Vec::with_capacity(sent.len());
        each(sent, |row, _, text| {
            let mut value = T::default();
            if !self.is_missing(row, text) {
                if let Some(found) = read(text) {
                    value = found;
                    sum(value);
                    if value < min || value > max {
                        self.fault(row, Rule::Range);
                    }
                } else {
                    self.no_value(row);
                }
            }
            values.push(value);
        });
        values
    }
}

fn row_number(row: usize) -> u32 {
    u32::try_from(row).unwrap_or(u32::MAX)
}

fn primitive<T: ArrowPrimitiveType>(values: Vec<T::Native>, valid: Valid) -> Result<ArrayRef, ArrowError> {
    Ok(Arc::new(PrimitiveArray::<T>::try_new(ScalarBuffer::from(values), valid.finish())?))
}
