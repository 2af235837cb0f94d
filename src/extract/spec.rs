//! A format: what a contract may say of the file it describes — delimited text, fixed width by a layout, an Excel workbook, or Parquet.

use std::borrow::Cow;
use std::path::Path;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::foundation::{Diagnostic, Diagnostics, Located};

/// How the file is laid out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(clippy::large_enum_variant)] // there is one a contract
pub enum Format {
    /// Delimited text with a header row.
    Csv(CsvFormat),
    /// Fixed-width text by a layout.
    FixedWidth(FixedWidthFormat),
    /// An Excel workbook (.xlsx).
    Xlsx(XlsxFormat),
    /// Parquet, which carries its own types.
    Parquet(ParquetFormat),
}

/// An Excel workbook: sheets of one layout, each with a header row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct XlsxFormat {
    /// The names of the sheets that hold records; absent where all of them do. Empty sheets are passed over.
    pub sheets: Vec<String>,
    /// The row of the header in each sheet, from 1. What stands above it is passed over.
    pub header_row: u32,
    /// How strictly header names are compared with the contract's.
    pub header: HeaderMatch,
    /// What to do with columns that the contract does not name.
    pub extra_columns: ExtraColumns,
}

impl Default for XlsxFormat {
    fn default() -> Self {
        Self {
            sheets: Vec::new(),
            header_row: 1,
            header: HeaderMatch::default(),
            extra_columns: ExtraColumns::default(),
        }
    }
}

/// Delimited text with a header row.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CsvFormat {
    /// The character between fields; one ASCII character, by default a comma.
    pub delimiter: Delimiter,
    /// The character around fields that hold a delimiter or a line break, or `none`; by default `"`. It is doubled within such a field.
    pub quote: Quote,
    /// How characters are written as bytes; by default `utf-8`.
    pub encoding: Encoding,
    /// How strictly header names are compared with the contract's.
    pub header: HeaderMatch,
    /// What to do with columns that the contract does not name.
    pub extra_columns: ExtraColumns,
}

/// Parquet: names are compared as in delimited text, types come from the file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ParquetFormat {
    /// How strictly column names are compared with the contract's.
    pub header: HeaderMatch,
    /// What to do with columns that the contract does not name.
    pub extra_columns: ExtraColumns,
}

/// Fixed-width text: every line is one record, recognised by how it starts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FixedWidthFormat {
    /// How characters are written as bytes; by default `utf-8`. Positions count characters.
    #[serde(default)]
    pub encoding: Encoding,
    /// Characters in a full line without its line break. Longer lines are refused; blanks missing after the last field are not.
    #[serde(default)]
    pub record_length: Option<usize>,
    /// The record that opens the file, where there is one.
    #[serde(default)]
    pub header: Option<RecordLayout>,
    /// The records themselves.
    pub detail: RecordLayout,
    /// The record that closes the file, where there is one. A file without it is truncated.
    #[serde(default)]
    pub trailer: Option<RecordLayout>,
}

/// One kind of record in a fixed-width file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordLayout {
    /// What lines of this kind begin with. Only the detail record of a file without header and trailer may go without.
    #[serde(default)]
    pub starts_with: Option<Located<String>>,
    /// The fields, in any order.
    pub fields: Vec<FieldLayout>,
}

/// One field of a fixed-width record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FieldLayout {
    /// The field's name: a contract column in detail records, a control in header and trailer.
    pub name: Located<String>,
    /// Its first position, from 1.
    pub start: usize,
    /// Its length in characters.
    pub length: usize,
}

impl FieldLayout {
    /// The position just behind the field, from 0.
    #[must_use]
    pub fn end(&self) -> usize {
        (self.start + self.length).saturating_sub(1)
    }
}

/// How characters are written as bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    #[default]
    #[serde(rename = "utf-8")]
    Utf8,
    /// Windows code page 1252, as Excel writes it in Western countries.
    #[serde(rename = "windows-1252")]
    Windows1252,
    /// Latin 1, without the control characters 80 to 9F.
    #[serde(rename = "iso-8859-1")]
    Iso8859_1,
    /// Seven-bit ASCII.
    #[serde(rename = "ascii")]
    Ascii,
    /// UTF-16, little endian, as Excel writes "Unicode text".
    #[serde(rename = "utf-16le")]
    Utf16Le,
    /// UTF-16, big endian.
    #[serde(rename = "utf-16be")]
    Utf16Be,
}

impl Encoding {
    /// The encoding's name in documents and messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Windows1252 => "windows-1252",
            Self::Iso8859_1 => "iso-8859-1",
            Self::Ascii => "ascii",
            Self::Utf16Le => "utf-16le",
            Self::Utf16Be => "utf-16be",
        }
    }
}

/// How strictly header names are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HeaderMatch {
    /// Letter by letter.
    #[default]
    Exact,
    /// After lower-casing and dropping everything but letters and digits.
    Loose,
}

/// What to do with columns that the contract does not name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExtraColumns {
    /// Refuse the file: the sender changed its layout.
    #[default]
    Error,
    /// Read past them.
    Ignore,
}

/// The one ASCII character between fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Delimiter(pub u8);

impl Default for Delimiter {
    fn default() -> Self {
        Self(b',')
    }
}

/// The ASCII character around fields, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Quote(pub Option<u8>);

impl Default for Quote {
    fn default() -> Self {
        Self(Some(b'"'))
    }
}

fn one_ascii(text: &str) -> Option<u8> {
    match text.as_bytes() {
        [byte] if byte.is_ascii() && !matches!(byte, b'\n' | b'\r' | 0) => Some(*byte),
        _ => None,
    }
}

impl TryFrom<String> for Delimiter {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        one_ascii(&text)
            .map(Self)
            .ok_or_else(|| "a delimiter is one ASCII character, such as \",\" or \"|\" or \"\\t\"".to_owned())
    }
}

impl From<Delimiter> for String {
    fn from(delimiter: Delimiter) -> Self {
        Self::from(char::from(delimiter.0))
    }
}

impl TryFrom<String> for Quote {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        if text == "none" {
            return Ok(Self(None));
        }
        one_ascii(&text)
            .map(|byte| Self(Some(byte)))
            .ok_or_else(|| "a quote is one ASCII character or `none`".to_owned())
    }
}

impl From<Quote> for String {
    fn from(quote: Quote) -> Self {
        quote.0.map_or_else(|| "none".to_owned(), |byte| Self::from(char::from(byte)))
    }
}

impl JsonSchema for Delimiter {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Delimiter".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "maxLength": 1 })
    }
}

impl JsonSchema for Quote {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Quote".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^(.|none)$" })
    }
}

impl Format {
    /// The encoding of a text format; `None` for workbooks and Parquet.
    #[must_use]
    pub const fn encoding(&self) -> Option<Encoding> {
        match self {
            Self::Csv(csv) => Some(csv.encoding),
            Self::FixedWidth(fixed) => Some(fixed.encoding),
            Self::Xlsx(_) | Self::Parquet(_) => None,
        }
    }

    /// What is wrong with the format itself, before any file is seen. `columns` are the names of the contract's columns.
    pub fn check(&self, file: &Path, columns: &[&str], found: &mut Diagnostics) {
        match self {
            Self::Csv(csv) => {
                if csv.quote.0 == Some(csv.delimiter.0) {
                    found.push(
                        Diagnostic::error("X001", file, "the delimiter and the quote are the same character")
                            .help("give `quote:` another character, or `quote: none`"),
                    );
                }
            }
            Self::FixedWidth(fixed) => fixed.check(file, columns, found),
            Self::Xlsx(book) => {
                if book.header_row == 0 {
                    found.push(Diagnostic::error("X009", file, "the header stands in row 0").help("rows count from 1"));
                }
            }
            Self::Parquet(_) => {}
        }
    }
}

impl FixedWidthFormat {
    fn check(&self, file: &Path, columns: &[&str], found: &mut Diagnostics) {
        let others = [("header", self.header.as_ref()), ("trailer", self.trailer.as_ref())];
        for (kind, layout) in others.into_iter().chain([("detail", Some(&self.detail))]) {
            let Some(layout) = layout else { continue };
            let alone = self.header.is_none() && self.trailer.is_none();
            if layout.starts_with.as_ref().is_none_or(|s| s.is_empty()) && !alone {
                found.push(
                    Diagnostic::error("X002", file, format!("the {kind} record does not say what it starts with"))
                        .help(format!("add `starts_with:` to `{kind}:`, such as `starts_with: D`")),
                );
            }
            layout.check(file, kind, self.record_length, found);
        }
        for name in columns {
            if !self.detail.fields.iter().any(|field| field.name.value == *name) {
                found.push(
                    Diagnostic::error("X003", file, format!("column `{name}` has no place in the layout"))
                        .help("add it to `fixed_width.detail.fields` with its start and length"),
                );
            }
        }
        for field in &self.detail.fields {
            if !columns.contains(&field.name.as_str()) {
                found.push(
                    Diagnostic::error(
                        "X004",
                        file,
                        format!("field `{}` of the layout is no column of the contract", *field.name),
                    )
                    .at(&field.name)
                    .help("add it to `columns`, or leave its positions out of the layout"),
                );
            }
        }
    }
}

impl RecordLayout {
    fn check(&self, file: &Path, kind: &str, record_length: Option<usize>, found: &mut Diagnostics) {
        let mut fields: Vec<_> = self.fields.iter().collect();
        fields.sort_by_key(|field| field.start);
        for field in &fields {
            let name = &*field.name;
            if field.start == 0 || field.length == 0 {
                let message = format!("field `{name}` of the {kind} record has start or length 0");
                found.push(Diagnostic::error("X005", file, message).at(&field.name).help("positions count from 1"));
            }
            if record_length.is_some_and(|length| field.end() > length) {
                let message =
                    format!("field `{name}` of the {kind} record ends at {}, behind the record's end", field.end());
                found.push(
                    Diagnostic::error("X006", file, message)
                        .at(&field.name)
                        .help("compare `record_length` and the layout"),
                );
            }
        }
        for pair in fields.windows(2) {
            if pair[1].start <= pair[0].end() {
                let message =
                    format!("fields `{}` and `{}` of the {kind} record overlap", *pair[0].name, *pair[1].name);
                found.push(
                    Diagnostic::error("X007", file, message).at(&pair[1].name).help("correct their start or length"),
                );
            }
        }
        let mut names: Vec<_> = fields.iter().map(|field| &field.name).collect();
        names.sort_by_key(|name| (name.value.clone(), name.line, name.column));
        for pair in names.windows(2) {
            if pair[0] == pair[1] {
                let message = format!("field `{}` stands twice in the {kind} record", pair[1].value);
                found.push(Diagnostic::error("X008", file, message).at(pair[1]).help("give each field its own name"));
            }
        }
    }
}
