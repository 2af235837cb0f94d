//! What must hold of reading fixed-width files.

use super::{Row, faults, fields, format, simple};
use crate::extract::FileSummary;

const LAYOUT: &str = "fixed_width: { encoding: ascii, record_length: 12,
  header: { starts_with: H, fields: [{ name: quarter, start: 2, length: 5 }] },
  detail: { starts_with: D, fields: [{ name: id, start: 2, length: 3 }, { name: wages, start: 5, length: 4 }] },
  trailer: { starts_with: T, fields: [{ name: count, start: 2, length: 3 }] } }";

fn fixed(file: &str) -> Result<(Vec<Row>, FileSummary), String> {
    simple(&format(LAYOUT), &["wages", "id"], file)
}

#[test]
fn fixed_width_is_cut_by_its_layout() {
    let (rows, summary) = fixed("H20234\nD0010100    \r\nD002 250\nT002\n").unwrap();
    assert_eq!(fields(&rows), [(2, vec!["0100", "001"]), (3, vec![" 250", "002"])]);
    assert_eq!(summary.header_fields, [("quarter".to_owned(), "20234".to_owned())]);
    assert_eq!(summary.trailer_fields, [("count".to_owned(), "002".to_owned())]);
    assert_eq!((summary.records, summary.details, summary.first_line, summary.last_line), (2, 2, 2, 3));
}

#[test]
fn fixed_width_records_of_wrong_length_or_kind_are_set_aside() {
    let (rows, summary) = fixed("H20234\nD00101\nD0020100     x\nX0030100\nD0\u{301}40100\nT004\n").unwrap();
    let wanted = [
        (2, "ROW-LENGTH: the record has 6 characters and its last field ends at 8"),
        (3, "ROW-LENGTH: the record has 14 characters where the layout has 12"),
        (4, "ROW-TYPE: the record does not begin as the layout says that records begin"),
        (5, "ROW-ENCODING: the record holds bytes that are not ascii, the first at character 3"),
    ];
    assert_eq!(faults(&rows), wanted);
    assert_eq!((summary.records, summary.broken, summary.details), (4, 4, 3));
}

#[test]
fn fixed_width_positions_count_characters() {
    let layout = "fixed_width: { encoding: E, detail: { fields: [{ name: n, start: 1, length: 4 }, { name: v, start: 5, length: 1 }] } }";
    let (rows, _) = simple(&format(&layout.replace('E', "utf-8")), &["n", "v"], "Peña1\nZoë 2\n").unwrap();
    assert_eq!(fields(&rows), [(1, vec!["Peña", "1"]), (2, vec!["Zoë ", "2"])]);
    let (rows, _) = simple(&format(&layout.replace('E', "iso-8859-1")), &["n", "v"], b"Pe\xf1a1\n").unwrap();
    assert_eq!(fields(&rows), [(1, vec!["Peña", "1"])]);
}

#[test]
fn fixed_width_files_that_are_not_whole_are_refused() {
    let says = |file: &str| fixed(file).unwrap_err();
    assert_eq!(
        says("H20234\nD0010100\n"),
        "line 2: the file is cut off: its trailer record is missing; ask the sender to send it again"
    );
    assert_eq!(
        says("H20234\nD0010100\nD00"),
        "line 3: the file is cut off: its last record is too short and has no line break; ask the sender to send it again"
    );
    assert_eq!(
        says("H20234\nT0"),
        "line 2: the file is cut off: its trailer record is too short; ask the sender to send it again"
    );
    assert_eq!(
        says("D0010100\nT001\n"),
        "line 1: the file does not begin with the header record that the layout declares; ask the sender to send it again"
    );
    let joined = "two files may have been joined: ask the sender to send one file a delivery";
    assert_eq!(says("H20234\nT000\nD0010100\n"), format!("line 3: a record stands behind the trailer; {joined}"));
    assert_eq!(
        says("H20234\nD0010100\nH20241\nT001\n"),
        format!("line 3: a header record stands behind the start of the file; {joined}")
    );
    assert_eq!(says(""), "the file is empty; ask the sender to send it again");
    let without = simple(&format(LAYOUT), &["ssn"], "H20234\nT000\n").unwrap_err();
    assert_eq!(
        without,
        "column `ssn` has no place in the layout; add it to `fixed_width.detail.fields` of the contract"
    );
}
