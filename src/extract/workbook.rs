//! A workbook: the sheets of an Excel file become batches of text records, a sheet at a time, each with its rows' numbers.
//!
//! Every cell becomes the text that a delimited file would hold: whole numbers without a point, days as `2025-06-30`, `true` and `false`. A day that was never
//! formatted as one is a bare number, which the contract reads by `excel_serial`. Rows without any content are no records. The sheets are read one after another, and a sheet lies in memory whole, as the format demands.

use std::io::Cursor;
use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray, StringBuilder};
use calamine::{Data, ExcelDateTime, Range, Reader, Xlsx};

use crate::extract::error::FileError;
use crate::extract::headers::{ExpectedColumn, resolve};
use crate::extract::spec::XlsxFormat;

/// Lines of one sheet. A record of the second sheet's row 5 has the line 10,000,005, so that lines of one file are told apart; a sheet holds at most 1,048,576 rows.
pub const SHEET_LINES: u64 = 10_000_000;

/// The records of one sheet.
#[derive(Clone, Debug)]
pub struct SheetBatch {
    /// The sheet's name.
    pub sheet: String,
    /// Its header row.
    pub header: Vec<String>,
    /// One array of text a column of the header.
    pub columns: Vec<ArrayRef>,
    /// For each expected column, in order, its place in `columns`; `None` for one that the sheet came without.
    pub places: Vec<Option<usize>>,
    /// The line of each record: its row in the sheet, from 1, and [`SHEET_LINES`] for each sheet before.
    pub lines: Vec<u64>,
}

impl SheetBatch {
    /// The row of a line within its sheet.
    #[must_use]
    pub const fn row(line: u64) -> u64 {
        line % SHEET_LINES
    }
}

/// A workbook whose sheets are read one after another.
pub struct Workbook {
    book: Xlsx<Cursor<Vec<u8>>>,
    sheets: Vec<(u64, String)>,
    format: XlsxFormat,
}

impl Workbook {
    /// Opens a workbook and finds the sheets that its format names.
    pub fn open(format: &XlsxFormat, bytes: Vec<u8>) -> Result<Self, FileError> {
        let book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes))
            .map_err(|e: calamine::XlsxError| FileError::NoWorkbook { says: e.to_string() })?;
        let all = book.sheet_names();
        let numbered = |name: &String| all.iter().position(|at| at == name).map(|at| (at as u64, name.clone()));
        let find = |name: &String| {
            numbered(name).ok_or_else(|| FileError::NoSheet { sheet: name.clone(), found: all.join("`, `") })
        };
        let wanted = if format.sheets.is_empty() { &all } else { &format.sheets };
        let sheets = wanted.iter().map(find).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { book, sheets, format: format.clone() })
    }

    /// How many sheets are read.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sheets.len()
    }

    /// Whether no sheet is read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sheets.is_empty()
    }

    /// Reads one of the sheets; `None` where it is empty.
    pub fn sheet(&mut self, at: usize, expected: &[ExpectedColumn]) -> Result<Option<SheetBatch>, FileError> {
        let Some((number, name)) = self.sheets.get(at).cloned() else { return Ok(None) };
        let unread = |says: String| FileError::InSheet { sheet: name.clone(), says };
        let range = self.book.worksheet_range(&name).map_err(|e| unread(e.to_string()))?;
        let Some((first_row, _)) = range.start() else { return Ok(None) };
        let header_row = self.format.header_row.max(1);
        let Some(at_header) = (header_row - 1).checked_sub(first_row).map(|skip| skip as usize) else {
            return Err(unread(format!(
                "row {header_row} should hold the header and is empty; compare `header_row` of the contract's format"
            )));
        };
        let header: Vec<String> = range.rows().nth(at_header).unwrap_or_default().iter().map(plain).collect();
        // Cells that were only formatted stand behind the last name.
        let named = header.iter().rposition(|name| !name.is_empty()).map_or(0, |last| last + 1);
        let header = header[..named].to_vec();
        let places = resolve(expected, &header, self.format.header, self.format.extra_columns, u64::from(header_row))
            .map_err(|e| unread(e.to_string()))?;
        let (columns, rows) = texts(&range, at_header + 1, header.len());
        let line = |row: usize| number * SHEET_LINES + u64::from(first_row) + row as u64 + 1;
        let lines = rows.into_iter().map(line).collect();
        Ok(Some(SheetBatch { sheet: name, header, columns, places, lines }))
    }
}

/// The columns of the rows from `first` on as text, and which rows of the range they are.
fn texts(range: &Range<Data>, first: usize, columns: usize) -> (Vec<ArrayRef>, Vec<usize>) {
    let mut builders: Vec<StringBuilder> = (0..columns).map(|_| StringBuilder::new()).collect();
    let mut rows = Vec::new();
    for (at, cells) in range.rows().enumerate().skip(first) {
        if cells.iter().take(columns).all(|cell| plain(cell).is_empty()) {
            continue;
        }
        rows.push(at);
        for (builder, cell) in builders.iter_mut().zip(cells) {
            builder.append_value(plain(cell));
        }
    }
    let arrays = builders.into_iter().map(|mut builder| -> ArrayRef {
        let made: StringArray = builder.finish();
        Arc::new(made)
    });
    (arrays.collect(), rows)
}

/// A cell as the text that a delimited file would hold.
fn plain(cell: &Data) -> String {
    match cell {
        Data::Empty => String::new(),
        Data::String(text) => text.trim().to_owned(),
        // Rust writes a whole number without a point, and any other with as many digits as it takes.
        Data::Float(number) => number.to_string(),
        Data::DateTime(moment) => day(moment),
        other => other.to_string(),
    }
}

/// The day of a serial number; its time of day is left out where there is none.
fn day(moment: &ExcelDateTime) -> String {
    let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
    if (hour, minute, second) == (0, 0, 0) {
        format!("{year:04}-{month:02}-{day:02}")
    } else {
        format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
    }
}

#[cfg(test)]
#[path = "tests/workbook.rs"]
mod tests;
