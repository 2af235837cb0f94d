//! The workbook of a review: two rows a pair, one record under the other, and a cell for the clerk's answer.

use std::io::Cursor;

use calamine::{Data, Reader, Xlsx, open_workbook_from_rs};
use rust_xlsxwriter::{DataValidation, DocProperties, ExcelDateTime, Format, FormatBorder, Workbook, XlsxError};

/// The sheet of pairs.
const PAIRS: &str = "Pairs";
/// The sheet that says what the workbook is.
const ABOUT: &str = "About";

/// One pair, as it is shown.
#[derive(Clone, Debug)]
pub struct SheetPair {
    /// Its number.
    pub number: u32,
    /// The sources of the two records.
    pub sources: [String; 2],
    /// What stands in them, in the order of the sheet's columns.
    pub values: [Vec<String>; 2],
    /// Decision, pass and weight in bits, unless the review is blind.
    pub told: Option<[String; 3]>,
}

/// What is written.
#[derive(Clone, Debug)]
pub struct Sheet<'a> {
    /// The sample's name, by which its answers find their pairs.
    pub sample: &'a str,
    /// What it was drawn from.
    pub of: &'a str,
    /// What of each record is shown.
    pub columns: &'a [&'a str],
    /// The pairs.
    pub pairs: Vec<SheetPair>,
}

/// What a clerk said of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    /// One person.
    Same,
    /// Two persons.
    Different,
    /// It cannot be told.
    Unsure,
}

impl Answer {
    /// The words a clerk may write.
    pub const WORDS: [&'static str; 3] = ["same", "different", "unsure"];

    fn parse(text: &str) -> Option<Self> {
        match text.trim().to_lowercase().as_str() {
            "same" => Some(Self::Same),
            "different" => Some(Self::Different),
            "unsure" => Some(Self::Unsure),
            _ => None,
        }
    }
}

/// A workbook that came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answers {
    /// The sample that it belongs to.
    pub sample: String,
    /// The clerk.
    pub reviewer: String,
    /// Answers by number of the pair; what was left empty is not there.
    pub answers: Vec<(u32, Answer)>,
}

/// The bytes of a workbook; the same pairs give the same bytes.
pub fn write(sheet: &Sheet<'_>) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    // The hour would make every workbook another.
    let made = ExcelDateTime::from_ymd(2000, 1, 1)?;
    book.set_properties(&DocProperties::new().set_title(sheet.sample).set_creation_datetime(&made));
    let bold = Format::new().set_bold();
    let first = Format::new().set_border_top(FormatBorder::Thin);
    let pairs = book.add_worksheet().set_name(PAIRS)?;
    let shown = sheet.pairs.first().is_some_and(|pair| pair.told.is_some());
    let mut header: Vec<&str> = vec!["pair", "answer", "note", "source"];
    header.extend(sheet.columns);
    if shown {
        header.extend(["decision", "pass", "weight in bits"]);
    }
    for (column, name) in (0_u16..).zip(&header) {
        pairs.write_string_with_format(0, column, *name, &bold)?;
        pairs.set_column_width(column, if column == 0 { 6.0 } else { 15.0 })?;
    }
    let answers = DataValidation::new().allow_list_strings(&Answer::WORDS)?;
    for (at, pair) in (0_u32..).zip(&sheet.pairs) {
        for (line, (source, values)) in (0_u32..).zip(pair.sources.iter().zip(&pair.values)) {
            let row = 1 + 2 * at + line;
            let put = |column: u16, text: &str, sheet: &mut rust_xlsxwriter::Worksheet| -> Result<(), XlsxError> {
                // Everything is text: a leading zero is part of a number that names somebody.
                if line == 0 {
                    sheet.write_string_with_format(row, column, text, &first)?;
                } else {
                    sheet.write_string(row, column, text)?;
                }
                Ok(())
            };
            if line == 0 {
                pairs.write_number_with_format(row, 0, pair.number, &first)?;
                put(1, "", pairs)?;
                put(2, "", pairs)?;
                pairs.add_data_validation(row, 1, row, 1, &answers)?;
            }
            put(3, source, pairs)?;
            for (column, value) in (4_u16..).zip(values) {
                put(column, value, pairs)?;
            }
            if let Some(told) = pair.told.as_ref().filter(|_| line == 0) {
                for (column, text) in (4 + u16::try_from(sheet.columns.len()).unwrap_or(u16::MAX)..).zip(told) {
                    put(column, text, pairs)?;
                }
            }
        }
    }
    pairs.set_freeze_panes(1, 2)?;
    let about = book.add_worksheet().set_name(ABOUT)?;
    about.set_column_width(0, 20)?.set_column_width(1, 90)?;
    let lines = [
        ("sample", sheet.sample),
        ("drawn from", sheet.of),
        ("reviewer", ""),
        (
            "",
            "Write your name beside `reviewer`. Two rows are a pair; write `same`, `different` or `unsure` in the first of them.",
        ),
        (
            "",
            "This workbook holds names and numbers of people. Keep it where such files may lie, and delete it when it is imported.",
        ),
    ];
    for (row, (name, text)) in (0_u32..).zip(lines) {
        about.write_string_with_format(row, 0, name, &bold)?;
        about.write_string(row, 1, text)?;
    }
    book.save_to_buffer()
}

/// Reads a workbook that came back. What is wrong is told with sheet and row.
pub fn read(bytes: &[u8]) -> Result<Answers, String> {
    let mut book: Xlsx<_> = open_workbook_from_rs(Cursor::new(bytes))
        .map_err(|e: calamine::XlsxError| format!("it is no workbook: {e}"))?;
    let sheet = |name: &str, book: &mut Xlsx<Cursor<&[u8]>>| {
        book.worksheet_range(name)
            .map_err(|_| format!("it has no sheet `{name}`; take the workbook that `review sample` wrote"))
    };
    let about = sheet(ABOUT, &mut book)?;
    let told = |name: &str| {
        let row = about.rows().find(|row| row.first().is_some_and(|cell| text(cell) == name))?;
        row.get(1).map(text).filter(|text| !text.is_empty())
    };
    let sample = told("sample").ok_or("sheet `About` no longer says which sample it is")?;
    let reviewer = told("reviewer").ok_or("sheet `About`: write the reviewer's name beside `reviewer`")?;
    let pairs = sheet(PAIRS, &mut book)?;
    let header: Vec<String> = pairs.rows().next().unwrap_or_default().iter().map(text).collect();
    let column = |name: &str| {
        header.iter().position(|h| h == name).ok_or_else(|| format!("sheet `{PAIRS}` has lost its column `{name}`"))
    };
    let (number, answer) = (column("pair")?, column("answer")?);
    let mut answers: Vec<(u32, Answer)> = Vec::new();
    for (row, cells) in (2..).zip(pairs.rows().skip(1)) {
        let cell = |at: usize| cells.get(at).map(text).unwrap_or_default();
        let said = cell(answer);
        if said.is_empty() {
            continue;
        }
        let number = cell(number);
        let Ok(number) = number.parse::<u32>() else {
            return Err(format!(
                "sheet `{PAIRS}`, row {row}: an answer stands beside no pair's number; it belongs in the pair's first row"
            ));
        };
        let Some(said) = Answer::parse(&said) else {
            let words = Answer::WORDS.join(", ");
            return Err(format!("sheet `{PAIRS}`, row {row}: `{said}` is no answer; write one of: {words}"));
        };
        if answers.iter().any(|(other, _)| *other == number) {
            return Err(format!("sheet `{PAIRS}`, row {row}: pair {number} is answered twice"));
        }
        answers.push((number, said));
    }
    Ok(Answers { sample, reviewer, answers })
}

fn text(cell: &Data) -> String {
    match cell {
        Data::Float(number) if number.fract() == 0.0 => format!("{number:.0}"),
        other => other.to_string().trim().to_owned(),
    }
}
