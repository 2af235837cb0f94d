//! A file error: why a file as a whole cannot be read, where, and what to do next. No message holds a value of the file.

use std::fmt;

use thiserror::Error;

/// Why a file as a whole cannot be read.
#[derive(Debug, Error)]
pub enum FileError {
    /// The place the file lies at could not be read.
    #[error("the file could not be read to its end: {0}; try again, and if it stays so look at the storage")]
    Read(#[source] std::io::Error),
    /// Not a single record, not even a header.
    #[error("the file is empty; ask the sender to send it again")]
    Empty,
    /// The first line is no header at all. It is not quoted, for it may be a person's record.
    #[error(
        "line {line}: the first line is not the header: none of the {expected} expected column names stands in it; \
         ask the sender for a file with a header row, and compare the contract's `delimiter`"
    )]
    NoHeader {
        /// Where the header should be.
        line: u64,
        /// How many names were expected.
        expected: usize,
    },
    /// The header differs from the contract.
    #[error("line {line}: the header differs from the contract: {}", list(.problems))]
    Header {
        /// The header's line.
        line: u64,
        /// Every difference.
        problems: Vec<HeaderProblem>,
    },
    /// The file is not of the encoding that the contract declares.
    #[error("{}the file is not {declared}: {sign}; {next}", place(*at))]
    Encoding {
        /// The line and column where it shows first, where known.
        at: Option<(u64, u64)>,
        /// The declared encoding.
        declared: &'static str,
        /// What shows it.
        sign: &'static str,
        /// What to do.
        next: String,
    },
    /// A quote is opened and not closed as it should be.
    #[error(
        "line {line}: a quote is opened here and never closed properly; ask the sender to double quotes inside fields, \
         or set `quote: none` if the file does not quote"
    )]
    UnclosedQuote {
        /// The line of the opening quote.
        line: u64,
    },
    /// A record longer than any real one.
    #[error(
        "line {line}: the record is longer than 1 MiB; compare the contract's `format` with the file, or ask the sender to send it again"
    )]
    RecordTooLong {
        /// The line on which the record starts.
        line: u64,
    },
    /// The file stops in the middle.
    #[error("line {line}: the file is cut off: {says}; ask the sender to send it again")]
    Truncated {
        /// The last line.
        line: u64,
        /// What is missing.
        says: &'static str,
    },
    /// The layout declares a header record and the first line is none.
    #[error(
        "line {line}: the file does not begin with the header record that the layout declares; ask the sender to send it again"
    )]
    NoHeaderRecord {
        /// The first line.
        line: u64,
    },
    /// A header record in the middle, or a record behind the trailer.
    #[error("line {line}: {says}; two files may have been joined: ask the sender to send one file a delivery")]
    OutOfPlace {
        /// Where.
        line: u64,
        /// What stands there.
        says: &'static str,
    },
    /// A column has no place in the layout.
    #[error("column `{column}` has no place in the layout; add it to `fixed_width.detail.fields` of the contract")]
    NoField {
        /// The column.
        column: String,
    },
    /// The file is no workbook, or one that cannot be opened.
    #[error("the file is no Excel workbook (.xlsx): {says}; ask the sender to save it as one, without a password")]
    NoWorkbook {
        /// What the reader of workbooks says.
        says: String,
    },
    /// A sheet that the contract names is not there.
    #[error(
        "the workbook has no sheet `{sheet}`: it has `{found}`; ask the sender, or correct `sheets:` in the contract's format"
    )]
    NoSheet {
        /// The sheet looked for.
        sheet: String,
        /// The sheets that are there.
        found: String,
    },
    /// A sheet cannot be read.
    #[error("sheet `{sheet}`: {says}")]
    InSheet {
        /// The sheet.
        sheet: String,
        /// What is wrong with it.
        says: String,
    },
    /// A file of another kind was given to the reader of text.
    #[error("the contract declares a format that is not read as text; this is a defect of the program")]
    NotText,
}

impl FileError {
    /// The line at fault, where there is one.
    #[must_use]
    pub const fn line(&self) -> Option<u64> {
        match self {
            Self::Read(_)
            | Self::Empty
            | Self::NoField { .. }
            | Self::NoWorkbook { .. }
            | Self::NoSheet { .. }
            | Self::InSheet { .. }
            | Self::NotText => None,
            Self::Encoding { at, .. } => match at {
                Some((line, _)) => Some(*line),
                None => None,
            },
            Self::NoHeader { line, .. }
            | Self::Header { line, .. }
            | Self::UnclosedQuote { line }
            | Self::RecordTooLong { line }
            | Self::Truncated { line, .. }
            | Self::NoHeaderRecord { line }
            | Self::OutOfPlace { line, .. } => Some(*line),
        }
    }
}

fn place(at: Option<(u64, u64)>) -> String {
    at.map(|(line, column)| format!("line {line}, column {column}: ")).unwrap_or_default()
}

fn list(problems: &[HeaderProblem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// One difference between a header and the contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeaderProblem {
    /// A column is missing.
    Missing {
        /// The name looked for in the header.
        header: String,
    },
    /// A column is missing and another stands there that looks like it.
    Renamed {
        /// The name looked for.
        header: String,
        /// The name found.
        found: String,
        /// Its position in the header, from 1.
        position: usize,
    },
    /// A column that the contract does not name.
    Extra {
        /// Its name.
        found: String,
        /// Its position in the header, from 1.
        position: usize,
    },
    /// Two columns of the file answer to one column of the contract.
    Twice {
        /// The contract's column.
        column: String,
        /// Their positions, from 1.
        positions: (usize, usize),
    },
}

impl fmt::Display for HeaderProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { header } => {
                write!(f, "column `{header}` is missing: ask the sender to send it, or take it out of the contract")
            }
            Self::Renamed { header, found, position } => write!(
                f,
                "column `{header}` is missing and column {position} is named `{found}`: if it was renamed, add `{found}` to the column's `aliases`"
            ),
            Self::Extra { found, position } if found.is_empty() => write!(
                f,
                "column {position} has no name: ask the sender to take it out, or set `extra_columns: ignore` in the contract's format"
            ),
            Self::Extra { found, position } => write!(
                f,
                "column {position}, `{found}`, is not in the contract: add it there, or set `extra_columns: ignore` in its format"
            ),
            Self::Twice { column, positions: (first, second) } => {
                write!(f, "columns {first} and {second} both answer to `{column}`: ask the sender which one counts")
            }
        }
    }
}

/// Why reading stopped: the file's fault, or that of the work done on its records.
#[derive(Debug)]
pub enum ReadError<E> {
    /// The file cannot be read.
    File(FileError),
    /// The work on a batch failed.
    Work(E),
}

impl<E> From<FileError> for ReadError<E> {
    fn from(error: FileError) -> Self {
        Self::File(error)
    }
}

impl<E: fmt::Display> fmt::Display for ReadError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(error) => error.fmt(f),
            Self::Work(error) => error.fmt(f),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> std::error::Error for ReadError<E> {}
