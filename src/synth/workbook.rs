//! A workbook of the extracts: a sheet a school year, made of rows of text with tabs between the cells, the header first.

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, XlsxError};

use crate::synth::chance::hash;
use crate::synth::day::day;

/// The rows of one sheet.
#[derive(Debug)]
pub(crate) struct SheetRows<'a> {
    /// The year in which its school year ends.
    pub(crate) year: i32,
    /// The row of the header, from 1.
    pub(crate) header_row: u32,
    /// Lines of text, cells between tabs, the header's names first.
    pub(crate) rows: &'a [u8],
}

/// Columns of days that are kept as Excel keeps days; a birth date stays as it was typed.
const DAYS: [&str; 3] = ["First Day", "Last Day", "Date Earned"];
/// Columns of numbers.
const NUMBERS: [&str; 2] = ["School Year", "Hours"];

/// The bytes of a workbook; the same rows give the same bytes.
pub(crate) fn write(title: &str, sheets: &[SheetRows<'_>]) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let made = ExcelDateTime::from_ymd(2000, 1, 1)?;
    book.set_properties(&DocProperties::new().set_title(title).set_creation_datetime(&made));
    let (bold, date) = (Format::new().set_bold(), Format::new().set_num_format("m/d/yyyy"));
    for one in sheets {
        let sheet = book.add_worksheet().set_name(format!("{}-{:02}", one.year - 1, one.year % 100))?;
        if one.header_row > 1 {
            sheet.write_string_with_format(0, 0, title, &bold)?;
        }
        let text = String::from_utf8_lossy(one.rows);
        let mut lines = text.lines();
        let header: Vec<&str> = lines.next().unwrap_or_default().split('\t').collect();
        for (column, name) in (0_u16..).zip(&header) {
            sheet.write_string_with_format(one.header_row - 1, column, *name, &bold)?;
        }
        for (row, line) in (one.header_row..).zip(lines) {
            for ((column, name), value) in (0_u16..).zip(&header).zip(line.split('\t')) {
                match serial(value).filter(|_| DAYS.contains(name)) {
                    // Some clerks' cells are not formatted as days: the bare number stands there.
                    Some(serial) if hash(u64::from(row), u64::from(column), 3).is_multiple_of(40) => {
                        sheet.write_number(row, column, serial)?;
                    }
                    Some(serial) => {
                        sheet.write_number_with_format(row, column, serial, &date)?;
                    }
                    None if NUMBERS.contains(name) => {
                        sheet.write_number(row, column, value.parse::<i32>().unwrap_or_default())?;
                    }
                    None if value.is_empty() => {}
                    None => {
                        sheet.write_string(row, column, value)?;
                    }
                }
            }
        }
    }
    book.save_to_buffer()
}

/// The number by which Excel knows a day written as `2021-03-04`.
fn serial(iso: &str) -> Option<i32> {
    let mut parts = iso.split('-').map(str::parse::<i32>);
    let (Some(Ok(year)), Some(Ok(month)), Some(Ok(of_month)), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return None;
    };
    Some(day(year, month, of_month) - day(1899, 12, 30))
}
