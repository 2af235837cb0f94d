//! What must hold of reading: the same records as a naive parser finds, whatever the chunks and threads, and a message for each bad file.

use std::io;

use arrow::array::{Array, AsArray};
use proptest::prelude::*;

use crate::extract::spec::Format;
use crate::extract::{ExpectedColumn, FileSummary, ReadError, ReadOptions, read};

mod fixed_width;

fn format(yaml: &str) -> Format {
    serde_saphyr::from_str(yaml).unwrap()
}

fn expect(names: &[&str]) -> Vec<ExpectedColumn> {
    let column = |name: &&str| ExpectedColumn {
        name: name.to_string(),
        header: name.to_string(),
        aliases: vec![],
        pattern: None,
        optional: false,
    };
    names.iter().map(column).collect()
}

/// One record: its line, and its fields or the rule it breaks; then its text.
type Row = (u64, Result<Vec<String>, String>, String);

fn run(
    format: &Format,
    names: &[&str],
    file: &[u8],
    piece: usize,
    options: &ReadOptions,
) -> Result<(Vec<Row>, FileSummary), String> {
    let input = file.chunks(piece.max(1)).map(|piece| Ok::<_, io::Error>(piece.to_vec()));
    let mut rows = Vec::new();
    let summary = read::<_, _, String>(
        format,
        &expect(names),
        input,
        options,
        |batch| {
            let records = &batch.records;
            assert!(records.lines.len() <= options.batch_rows && records.broken.len() <= options.batch_rows);
            assert!(
                records.columns.iter().all(|column| column.len() == records.lines.len() && column.null_count() == 0)
            );
            let value = |row: usize| records.columns.iter().map(|c| c.as_string_view().value(row).to_owned()).collect();
            let mut rows: Vec<Row> = records
                .lines
                .iter()
                .enumerate()
                .map(|(row, line)| (*line, Ok(value(row)), batch.raw.get(row)))
                .collect();
            rows.extend(
                records.broken.iter().map(|b| (b.line, Err(format!("{}: {}", b.rule, b.reason)), b.raw.clone())),
            );
            rows.sort_by_key(|row| row.0);
            Ok(rows)
        },
        |batch| {
            rows.extend(batch);
            Ok(())
        },
    );
    match summary {
        Ok(summary) => Ok((rows, summary)),
        Err(ReadError::File(error)) => Err(error.to_string()),
        Err(ReadError::Work(error)) => Err(error),
    }
}

fn simple(format: &Format, names: &[&str], file: impl AsRef<[u8]>) -> Result<(Vec<Row>, FileSummary), String> {
    run(format, names, file.as_ref(), usize::MAX, &ReadOptions::default())
}

fn csv(names: &[&str], file: impl AsRef<[u8]>) -> Result<(Vec<Row>, FileSummary), String> {
    simple(&format("csv: {}"), names, file)
}

/// Lines and fields of the records that were split.
fn fields(rows: &[Row]) -> Vec<(u64, Vec<&str>)> {
    let good = rows.iter().filter_map(|(line, fields, _)| fields.as_ref().ok().map(|fields| (*line, fields)));
    good.map(|(line, fields)| (line, fields.iter().map(String::as_str).collect())).collect()
}

fn faults(rows: &[Row]) -> Vec<(u64, &str)> {
    rows.iter().filter_map(|(line, fields, _)| fields.as_ref().err().map(|fault| (*line, fault.as_str()))).collect()
}

#[test]
fn a_plain_file_is_split_with_its_lines() {
    let (rows, summary) = csv(&["b", "a"], "a,b\n1,2\n\n3,\n").unwrap();
    assert_eq!(fields(&rows), [(2, vec!["2", "1"]), (4, vec!["", "3"])]);
    assert_eq!(rows[1].2, "3,");
    let wanted = FileSummary {
        bytes: 12,
        records: 2,
        details: 2,
        header: vec!["a".into(), "b".into()],
        first_line: 2,
        last_line: 4,
        ..FileSummary::default()
    };
    assert_eq!(summary, wanted);
}

#[test]
fn quotes_hold_delimiters_line_breaks_and_quotes() {
    let file = "a,b\r\n\"x, y\", \"he said \"\"no\"\" and went\" \r\n\"two\nlines\",3\r\n\"\",4";
    let (rows, _) = csv(&["a", "b"], file).unwrap();
    let wanted = [(2, vec!["x, y", "he said \"no\" and went"]), (3, vec!["two\nlines", "3"]), (5, vec!["", "4"])];
    assert_eq!(fields(&rows), wanted);
}

#[test]
fn line_breaks_marks_and_blank_lines_of_every_kind() {
    for file in ["a,b\n1,2\n", "a,b\r\n1,2\r\n", "a,b\r1,2\r", "\u{feff}a,b\n1,2\n\n\n", "a,b\n1,2\n\x1a", "a,b\n1,2"] {
        let (rows, summary) = csv(&["a", "b"], file).unwrap();
        assert_eq!(fields(&rows), [(2, vec!["1", "2"])], "{file:?}");
        assert_eq!((summary.records, summary.broken), (1, 0));
    }
    let (rows, _) = csv(&["a", "b"], "a,b\n1\r2,3\n").unwrap();
    assert_eq!(fields(&rows), [(2, vec!["1\r2", "3"])]);
}

#[test]
fn other_delimiters_and_no_quotes() {
    let piped = format("csv: { delimiter: '|', quote: none }");
    let (rows, _) = simple(&piped, &["a", "b"], "a|b\n5\" pipe|\"\n").unwrap();
    assert_eq!(fields(&rows), [(2, vec!["5\" pipe", "\""])]);
    let tabbed = format("csv: { delimiter: \"\\t\" }");
    let (rows, _) = simple(&tabbed, &["a", "b"], "a\tb\n\t\"x\ty\"\n").unwrap();
    assert_eq!(fields(&rows), [(2, vec!["", "x\ty"])]);
}

#[test]
fn encodings_are_decoded() {
    let windows = format("csv: { encoding: windows-1252 }");
    let (rows, _) = simple(&windows, &["a"], b"a\nPe\xf1a\n\x93x\x94\n").unwrap();
    assert_eq!(fields(&rows), [(2, vec!["Peña"]), (3, vec!["“x”"])]);
    let wide = format("csv: { encoding: utf-16le }");
    let file: Vec<u8> = "\u{feff}a,b\r\né,2\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let (rows, summary) = simple(&wide, &["b", "a"], &file).unwrap();
    assert_eq!(fields(&rows), [(2, vec!["2", "é"])]);
    assert_eq!(summary.bytes, file.len() as u64);
}

#[test]
fn a_header_without_records_is_told_apart_from_an_empty_file() {
    let (rows, summary) = csv(&["a", "b"], "a,b\n").unwrap();
    assert!(rows.is_empty() && summary.is_header_only());
    for file in ["", "\n\n", "\u{feff}", "\r\n"] {
        assert_eq!(csv(&["a"], file).unwrap_err(), "the file is empty; ask the sender to send it again");
    }
}

#[test]
fn broken_records_are_set_aside_with_their_text() {
    let (rows, summary) = csv(&["a", "b"], b"a,b\n1,2\n1\n1,2,3\nx\0y,2\n\xff,2\nO\"Neil \"X,2\n3,4\n").unwrap();
    assert_eq!(fields(&rows), [(2, vec!["1", "2"]), (8, vec!["3", "4"])]);
    let wanted = [
        (3, "ROW-FIELDS: the record has 1 fields where the header has 2"),
        (4, "ROW-FIELDS: the record has 3 fields where the header has 2"),
        (5, "ROW-NUL: the record holds NUL bytes"),
        (6, "ROW-ENCODING: the record holds bytes that are not utf-8, the first at character 1"),
        (7, "ROW-QUOTE: a quote on line 7 is not doubled and does not enclose its field"),
    ];
    assert_eq!(faults(&rows), wanted);
    assert_eq!((summary.records, summary.broken), (7, 5));
    assert_eq!(rows[2].2, "1,2,3");
    assert_eq!(rows[3].2, "x\0y,2");
}

#[test]
fn a_quote_that_swallows_lines_says_which() {
    let (rows, _) = csv(&["a", "b"], "a,b\n5\" pipe,1\n2,2\n6\" pipe,3\n4,4\n").unwrap();
    assert_eq!(
        faults(&rows),
        [(
            2,
            "ROW-QUOTE: a quote on line 2 is not doubled and does not enclose its field; lines 2 to 4 were read as one record"
        )]
    );
    assert_eq!(rows[0].2, "5\" pipe,1\n2,2\n6\" pipe,3");
    assert_eq!(fields(&rows), [(5, vec!["4", "4"])]);
}

#[test]
fn an_unclosed_quote_is_reported_at_its_opening_line() {
    let wanted = "line 3: a quote is opened here and never closed properly; ask the sender to double quotes inside fields, \
                  or set `quote: none` if the file does not quote";
    assert_eq!(csv(&["a", "b"], "a,b\n1,2\n1,\"2\n3,4\n").unwrap_err(), wanted);
    // A later, proper pair of quotes does not hide it.
    assert_eq!(csv(&["a", "b"], "a,b\n1,2\n1,\"2\n3,\"4\"\n5,6\n").unwrap_err(), wanted);
    // Nor does a file too long to look to the end of.
    let long = format!("a,b\n1,2\n1,\"2\n{}", "3,4\n".repeat(300_000));
    for threads in [1, 2] {
        let options = ReadOptions { threads, chunk_bytes: 1 << 16, ..ReadOptions::default() };
        assert_eq!(run(&format("csv: {}"), &["a", "b"], long.as_bytes(), 1 << 15, &options).unwrap_err(), wanted);
    }
    let header = "line 1: a quote is opened here and never closed properly; ask the sender to double quotes inside fields, \
                  or set `quote: none` if the file does not quote";
    assert_eq!(csv(&["a", "b"], "a,\"b\n1,2\n").unwrap_err(), header);
}

#[test]
fn a_record_beyond_the_cap_is_refused_however_it_is_cut() {
    let wanted = "line 3: the record is longer than 1 MiB; compare the contract's `format` with the file, or ask the sender to send it again";
    let file = format!("a,b\n1,2\n{},2\n3,4\n", "x".repeat(1 << 20));
    for chunk_bytes in [1 << 16, 1 << 24] {
        let options = ReadOptions { chunk_bytes, ..ReadOptions::default() };
        assert_eq!(run(&format("csv: {}"), &["a", "b"], file.as_bytes(), 1 << 14, &options).unwrap_err(), wanted);
    }
    let under = format!("a,b\n{},2\n", "x".repeat((1 << 20) - 2));
    assert_eq!(csv(&["a", "b"], under).unwrap().1.records, 1);
}

#[test]
fn a_wrong_encoding_is_noticed() {
    let windows = format("csv: { encoding: windows-1252 }");
    let says = |format: &Format, file: &[u8]| simple(format, &["a", "b"], file).unwrap_err();
    assert_eq!(
        says(&windows, "a,b\nPeña,José\n".as_bytes()),
        "the file is not windows-1252: all of its characters beyond ASCII read as UTF-8; set `encoding: utf-8` in the contract"
    );
    assert_eq!(
        says(&windows, "\u{feff}a,b\n".as_bytes()),
        "line 1, column 1: the file is not windows-1252: it begins with the byte order mark of UTF-8; set `encoding: utf-8` in the contract"
    );
    let utf = format("csv: {}");
    assert_eq!(
        says(&utf, b"\xff\xfea\0,\0b\0"),
        "line 1, column 1: the file is not utf-8: it begins with the byte order mark of UTF-16; set `encoding: utf-16le` in the contract"
    );
    assert_eq!(
        says(&utf, b"a\0,\0b\0\n\0"),
        "line 1, column 2: the file is not utf-8: every other byte is NUL, as in UTF-16; set `encoding: utf-16le` in the contract"
    );
    assert_eq!(
        says(&utf, b"\0a\0,\0b\0\n"),
        "line 1, column 1: the file is not utf-8: every other byte is NUL, as in UTF-16; set `encoding: utf-16be` in the contract"
    );
    assert_eq!(
        says(&utf, b"a,b\0,c\n"),
        "line 1, column 4: the file is not utf-8: its header holds NUL bytes, as UTF-16 does; \
         set `encoding: utf-16le` in the contract, or ask the sender for text"
    );
    assert_eq!(
        says(&utf, b"a,b,A\xf1o\n"),
        "line 1, column 6: the file is not utf-8: its header holds bytes that are not of it; \
         ask the sender which encoding the file has, and set `encoding` in the contract"
    );
}

#[test]
fn a_file_cut_off_in_a_record_is_refused() {
    assert_eq!(
        csv(&["a", "b"], "a,b\n1,2\n3").unwrap_err(),
        "line 3: the file is cut off: its last record has fewer fields than the header and no line break; ask the sender to send it again"
    );
}

#[test]
fn a_file_given_in_one_piece_becomes_many_chunks() {
    let file = format!("a,b\n{}", "1,2\n".repeat(1_500_000));
    let mut most = 0;
    let mut batches = 0;
    let options = ReadOptions { threads: 2, chunk_bytes: 1 << 18, ..ReadOptions::default() };
    let rows = |batch: crate::extract::TextBatch| Ok::<_, ()>(batch.records.lines.len());
    let summary =
        read(&format("csv: {}"), &expect(&["a", "b"]), [Ok(file.into_bytes())].into_iter(), &options, rows, |rows| {
            most = most.max(rows);
            batches += 1;
            Ok(())
        });
    assert_eq!(summary.unwrap().records, 1_500_000);
    assert!(batches >= 22 && most <= 1 << 16, "{batches} {most}");
}

#[test]
fn a_read_that_fails_is_told() {
    let input = [Ok(b"a,b\n1,2\n".to_vec()), Err(io::Error::other("gone"))].into_iter();
    let done = read::<_, (), ()>(
        &format("csv: {}"),
        &expect(&["a", "b"]),
        input,
        &ReadOptions::default(),
        |_| Ok(()),
        |()| Ok(()),
    );
    assert_eq!(
        done.map_err(|e| match e {
            ReadError::File(e) => e.to_string(),
            ReadError::Work(()) => String::new(),
        }),
        Err("the file could not be read to its end: gone; try again, and if it stays so look at the storage".to_owned())
    );
}

/// A parser that looks at one byte at a time and knows nothing of chunks: the oracle.
fn naive(file: &[u8], width: usize) -> Vec<(u64, Result<Vec<String>, &'static str>)> {
    let (mut rows, mut line, mut start_line, mut quoted, mut record) = (Vec::new(), 1, 1, false, Vec::new());
    let mut records = Vec::new();
    for byte in file {
        line += u64::from(*byte == b'\n');
        quoted ^= *byte == b'"';
        if *byte == b'\n' && !quoted {
            records.push((start_line, std::mem::take(&mut record)));
            start_line = line;
        } else {
            record.push(*byte);
        }
    }
    records.push((start_line, record));
    for (line, mut record) in records {
        if record.last() == Some(&b'\r') {
            record.pop();
        }
        if record.is_empty() {
            continue;
        }
        if record.contains(&0) {
            rows.push((line, Err("ROW-NUL")));
            continue;
        }
        let Ok(text) = String::from_utf8(record) else {
            rows.push((line, Err("ROW-ENCODING")));
            continue;
        };
        let (mut parts, mut quoted) = (vec![String::new()], false);
        for c in text.chars() {
            quoted ^= c == '"';
            if c == ',' && !quoted { parts.push(String::new()) } else { parts.last_mut().unwrap().push(c) }
        }
        let undone: Option<Vec<String>> = parts
            .iter()
            .map(|part| {
                if !part.contains('"') {
                    return Some(part.clone());
                }
                let inner = part.trim_matches([' ', '\t']).strip_prefix('"')?.strip_suffix('"')?;
                let undone = inner.replace("\"\"", "\u{1}");
                (!undone.contains('"')).then(|| undone.replace('\u{1}', "\""))
            })
            .collect();
        rows.push((
            line,
            undone.ok_or("ROW-QUOTE").and_then(|f| if f.len() == width { Ok(f) } else { Err("ROW-FIELDS") }),
        ));
    }
    rows
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Any bytes that hold an even number of quotes, cut anywhere and read on any number of threads, give what the naive parser finds.
    #[test]
    fn chunks_and_threads_change_nothing(
        parts in prop::collection::vec(prop::sample::select(vec![
            &b","[..], b"\n", b"\r\n", b"\"", b"\"\"", b"a", b"bb", b"a longer value of text", b"\xc3\xb1", b" ", b"\0", b"\xff", b"1,2,3\n", b"\"x,\ny\",2,3\n",
        ]), 0..60),
        piece in 1_usize..40,
        chunk_bytes in 1_usize..60,
        batch_rows in 1_usize..5,
        threads in 1_usize..3,
    ) {
        let mut body: Vec<u8> = parts.concat();
        if parts.iter().map(|part| part.split(|byte| *byte == b'"').count() - 1).sum::<usize>() % 2 == 1 {
            body.push(b'"');
        }
        body.push(b'\n');
        let file = [b"a,b,c\n", &body[..]].concat();
        let options = ReadOptions { threads, chunk_bytes, batch_rows };
        let (rows, summary) = run(&format("csv: {}"), &["a", "b", "c"], &file, piece, &options).unwrap();
        let short: Vec<_> = rows.iter().map(|(line, fields, _)| (*line, fields.clone().map_err(|fault| fault.split(':').next().unwrap().to_owned()))).collect();
        let oracle = naive(&file, 3);
        let wanted: Vec<_> = oracle.into_iter().skip(1).map(|(line, fields)| (line, fields.map_err(str::to_owned))).collect();
        prop_assert_eq!(&short, &wanted);
        prop_assert_eq!(summary.records, wanted.len() as u64);
        prop_assert_eq!(summary.bytes, file.len() as u64);
        // And the whole of it, messages and text too, is what one chunk on one thread gives.
        let whole = simple(&format("csv: {}"), &["a", "b", "c"], &file).unwrap();
        prop_assert_eq!((rows, summary), whole);
    }
}
