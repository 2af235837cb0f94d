//! Workbooks as agencies make them: titles above the header, several sheets, dates in three ways, empty rows, and what is wrong with them.

use arrow::array::AsArray;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook as Book, Worksheet};

use super::*;
use crate::extract::spec::{ExtraColumns, HeaderMatch};

fn expected(names: &[&str]) -> Vec<ExpectedColumn> {
    let one = |name: &&str| ExpectedColumn {
        name: (*name).to_owned(),
        header: (*name).to_owned(),
        aliases: vec![],
        pattern: None,
        optional: false,
    };
    names.iter().map(one).collect()
}

fn format(header_row: u32) -> XlsxFormat {
    XlsxFormat { sheets: vec![], header_row, header: HeaderMatch::Exact, extra_columns: ExtraColumns::Error }
}

/// Fills a sheet.
type Fill<'a> = &'a dyn Fn(&mut Worksheet);

fn book(sheets: &[(&str, Fill<'_>)]) -> Vec<u8> {
    let mut book = Book::new();
    for (name, fill) in sheets {
        fill(book.add_worksheet().set_name(*name).unwrap());
    }
    book.save_to_buffer().unwrap()
}

fn rows(batch: &SheetBatch) -> Vec<Vec<String>> {
    let value = |row: usize, at: &usize| batch.columns[*at].as_string::<i32>().value(row).to_owned();
    (0..batch.lines.len()).map(|row| batch.places.iter().map(|at| value(row, at.as_ref().unwrap())).collect()).collect()
}

fn read(bytes: Vec<u8>, format: &XlsxFormat, names: &[&str]) -> Result<Vec<SheetBatch>, String> {
    let mut book = Workbook::open(format, bytes).map_err(|e| e.to_string())?;
    let sheets = (0..book.len()).map(|at| book.sheet(at, &expected(names)).map_err(|e| e.to_string()));
    let sheets: Result<Vec<_>, _> = sheets.collect::<Vec<_>>().into_iter().collect();
    Ok(sheets?.into_iter().flatten().collect())
}

#[test]
fn cells_become_the_text_that_a_delimited_file_would_hold() {
    let bytes = book(&[
        ("2021", &|sheet| {
            sheet.write_string(0, 0, "Placements of the year").unwrap();
            sheet.write_row(2, 0, ["id", "day", "hours", "paid"]).unwrap();
            sheet.write_string(3, 0, "0101").unwrap();
            let date = Format::new().set_num_format("m/d/yyyy");
            let day = ExcelDateTime::from_ymd(2021, 3, 4).unwrap();
            sheet.write_datetime_with_format(3, 1, day, &date).unwrap();
            sheet.write_number(3, 2, 12.5).unwrap();
            sheet.write_boolean(3, 3, true).unwrap();
            // Row 5 is empty, row 6 holds a day that nobody formatted as one.
            sheet.write_string(4, 2, "  ").unwrap();
            sheet.write_number(5, 0, 101).unwrap();
            sheet.write_number(5, 1, 44_259).unwrap();
            sheet.write_number(5, 2, 44_259).unwrap();
        }),
        ("empty", &|_| {}),
        ("2022", &|sheet| {
            sheet.write_row(2, 0, ["day", "paid", "hours", "id"]).unwrap();
            sheet.write_row(3, 0, ["2022-01-02", "Y", "3", " 0102 "]).unwrap();
        }),
    ]);
    let sheets = read(bytes, &format(3), &["id", "day", "hours", "paid"]).unwrap();
    assert_eq!(sheets.len(), 2);
    assert_eq!(rows(&sheets[0]), [["0101", "2021-03-04", "12.5", "true"], ["101", "44259", "44259", ""]]);
    assert_eq!(sheets[0].lines, [4, 6]);
    assert_eq!(rows(&sheets[1]), [["0102", "2022-01-02", "3", "Y"]]);
    assert_eq!(sheets[1].lines, [20_000_004]);
    assert_eq!(SheetBatch::row(sheets[1].lines[0]), 4);
}

#[test]
fn sheets_may_be_named_and_columns_passed_over() {
    let fill = |sheet: &mut Worksheet| {
        sheet.write_row(0, 0, ["id", "note"]).unwrap();
        sheet.write_row(1, 0, ["7", "x"]).unwrap();
    };
    let bytes = book(&[
        ("About", &|sheet| {
            sheet.write_string(0, 0, "read me").unwrap();
        }),
        ("Data", &fill),
    ]);
    let named = XlsxFormat { sheets: vec!["Data".to_owned()], extra_columns: ExtraColumns::Ignore, ..format(1) };
    let sheets = read(bytes.clone(), &named, &["id"]).unwrap();
    assert_eq!((rows(&sheets[0]), sheets[0].lines.as_slice()), (vec![vec!["7".to_owned()]], &[10_000_002_u64][..]));
    let gone = XlsxFormat { sheets: vec!["2024".to_owned()], ..format(1) };
    insta::assert_snapshot!(read(bytes, &gone, &["id"]).unwrap_err(), @"the workbook has no sheet `2024`: it has `About`, `Data`; ask the sender, or correct `sheets:` in the contract's format");
}

#[test]
fn what_is_wrong_with_a_workbook_is_said_with_its_sheet() {
    let bytes = book(&[("2021", &|sheet| {
        sheet.write_row(0, 0, ["id", "weeks"]).unwrap();
        sheet.write_row(1, 0, ["7", "1"]).unwrap();
    })]);
    insta::assert_snapshot!(read(bytes.clone(), &format(1), &["id", "hours"]).unwrap_err(), @"sheet `2021`: line 1: the header differs from the contract: column `hours` is missing: ask the sender to send it, or take it out of the contract; column 2, `weeks`, is not in the contract: add it there, or set `extra_columns: ignore` in its format");
    let later = book(&[("2021", &|sheet| {
        sheet.write_row(4, 0, ["id", "weeks"]).unwrap();
    })]);
    insta::assert_snapshot!(read(later, &format(2), &["id", "weeks"]).unwrap_err(), @"sheet `2021`: row 2 should hold the header and is empty; compare `header_row` of the contract's format");
    assert!(
        read(b"id,weeks\n1,2\n".to_vec(), &format(1), &["id"])
            .unwrap_err()
            .starts_with("the file is no Excel workbook (.xlsx): ")
    );
}
