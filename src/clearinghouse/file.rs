//! A request file: a header, a row a learner, and a trailer that counts them, as tab-delimited ASCII.
//!
//! The forms are those of the Clearinghouse's own guides to StudentTracker for colleges and for high schools.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Date32Type};
use arrow::error::ArrowError;

use crate::clearinghouse::form::{Kind, fields};
use crate::clearinghouse::spec::{Form, Inquiry, RequestSpec};

/// With fewer learners the Clearinghouse does not load a file.
pub const FEWEST: u64 = 11;
/// The column of the id that comes back.
pub const RETURN: &str = "return_field";

/// What became of the learners that a request asks about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Rows in the file.
    pub asked: u64,
    /// Learners left out: without a first name, a last name, a birth date or an id that could come back.
    pub left_out: u64,
}

/// A request file while it is written.
#[derive(Debug)]
pub struct RequestFile<'a> {
    spec: &'a RequestSpec,
    rows: Vec<String>,
    searched: Vec<String>,
    left_out: u64,
}

impl<'a> RequestFile<'a> {
    /// A file without rows.
    #[must_use]
    pub fn new(spec: &'a RequestSpec) -> Self {
        Self { spec, rows: Vec::new(), searched: Vec::new(), left_out: 0 }
    }

    /// Adds learners. A batch has `return_field`, the columns of an identity, and those fields of the form that the SQL makes.
    pub fn push(&mut self, batch: &RecordBatch) -> Result<(), ArrowError> {
        let fields = fields(self.spec.form.value);
        let identity = |name: &str, most: usize| column(batch, name, Kind::Text(most));
        let (first, middle, last) =
            (identity("first_name", 20)?, identity("middle_name", 1)?, identity("last_name", 20)?);
        let (suffix, returned) = (identity("suffix", 5)?, identity(RETURN, 50)?);
        let born = column(batch, "birth_date", Kind::Day)?;
        let own = fields.iter().map(|f| column(batch, f.name, f.kind)).collect::<Result<Vec<_>, _>>()?;
        for row in 0..batch.num_rows() {
            if [&first, &last, &born, &returned].iter().any(|must| must[row].is_empty()) {
                self.left_out += 1;
                continue;
            }
            let named = [&first, &middle, &last, &suffix].map(|values| values[row].as_str());
            let own: Vec<&str> = own.iter().map(|values| values[row].as_str()).collect();
            let line = match self.spec.form.value {
                Form::College => {
                    self.searched.push(own[0].to_owned());
                    let account = &self.spec.account;
                    let branch = account.branch.as_ref().map_or("", |b| b.as_str());
                    // The second field would be the SSN, which nobody needs to send.
                    let mut line = vec!["D1", ""];
                    line.extend(named);
                    line.extend([&born[row], own[0], "", account.code.as_str(), branch, &returned[row]]);
                    line.join("\t")
                }
                Form::HighSchool => {
                    let mut line = vec!["PD3", "NO SSN"];
                    line.extend(named);
                    // Earlier last and first names are not known here.
                    line.extend(["", "", &born[row], &returned[row]]);
                    line.extend(own);
                    line.push("ED");
                    line.join("\t")
                }
            };
            self.rows.push(line);
        }
        Ok(())
    }

    /// The whole file; `day` is the file's date, written `20250601`. An error says why it cannot be sent as it is.
    pub fn finish(self, day: &str) -> Result<(String, Asked), String> {
        let asked = Asked { asked: self.rows.len() as u64, left_out: self.left_out };
        let account = &self.spec.account;
        let name = ascii(&account.name);
        let inquiry = self.spec.inquiry.as_ref().map(|i| i.value);
        if inquiry == Some(Inquiry::CO) && self.searched.windows(2).any(|pair| pair[0] != pair[1]) {
            return Err("an inquiry of type CO has one search date for all".to_owned());
        }
        let count = self.rows.len() + 2;
        let (header, trailer) = match self.spec.form.value {
            Form::College => {
                let branch = account.branch.as_ref().map_or("", |b| b.as_str());
                let inquiry = inquiry.map_or("", Inquiry::code);
                (format!("H1\t{}\t{branch}\t{name}\t{day}\t{inquiry}\tI", *account.code), format!("T1\t{count}"))
            }
            Form::HighSchool => (
                format!("PH3\t{}\t{name}\tP\t{day}\t{}", *account.code, ascii(&self.spec.diploma_period)),
                format!("PT3\t{count}"),
            ),
        };
        let lines = std::iter::once(header).chain(self.rows).chain([trailer]);
        Ok((lines.map(|line| line + "\r\n").collect(), asked))
    }
}

/// The values of a column as the form writes them; empty where they are null, or where the SQL makes no such column.
fn column(batch: &RecordBatch, name: &str, kind: Kind) -> Result<Vec<String>, ArrowError> {
    let Some(values) = batch.column_by_name(name) else { return Ok(vec![String::new(); batch.num_rows()]) };
    Ok(match kind {
        Kind::Day => {
            let days = cast(values, &DataType::Date32)?;
            let days = days.as_primitive::<Date32Type>();
            let written = |row: usize| days.value_as_date(row).map(|day| day.format("%Y%m%d").to_string());
            (0..days.len()).map(|row| if days.is_null(row) { None } else { written(row) }.unwrap_or_default()).collect()
        }
        Kind::Flag => {
            let flags = cast(values, &DataType::Boolean)?;
            let written = |flag: Option<bool>| flag.map_or("", |flag| if flag { "Y" } else { "N" }).to_owned();
            flags.as_boolean().iter().map(written).collect()
        }
        Kind::Text(most) => {
            let texts = cast(values, &DataType::Utf8)?;
            let written = |text: Option<&str>| ascii(text.unwrap_or_default()).chars().take(most).collect();
            texts.as_string::<i32>().iter().map(written).collect()
        }
    })
}

/// What is left of a text in one field of an ASCII file: letters without their marks, blanks for tabs and line breaks, nothing for the rest.
fn ascii(text: &str) -> String {
    use unicode_normalization::UnicodeNormalization as _;
    let blank = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).collect::<String>();
    blank.nfkd().filter(|c| c.is_ascii() && !c.is_ascii_control()).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, BooleanArray, Date32Array, StringArray};
    use arrow::datatypes::{Field, Schema};

    use super::*;

    fn spec(text: &str) -> RequestSpec {
        serde_saphyr::from_str(text).unwrap()
    }

    fn college(inquiry: &str) -> RequestSpec {
        spec(&format!(
            "request: r\ntitle: T\nsays: S\nform: college\naccount: {{ code: \"001234\", branch: \"00\", name: Tilán College }}\n\
             inquiry: {inquiry}\nsql: r.sql\nperson: person_id\nidentity: ps_enrollment\n"
        ))
    }

    fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
        let fields: Vec<Field> = columns.iter().map(|(n, a)| Field::new(*n, a.data_type().clone(), true)).collect();
        let columns = columns.into_iter().map(|(_, array)| array).collect();
        RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap()
    }

    fn texts(values: &[Option<&str>]) -> ArrayRef {
        Arc::new(values.iter().copied().collect::<StringArray>())
    }

    fn learners(search: &[i32]) -> RecordBatch {
        batch(vec![
            (RETURN, texts(&[Some("17"), Some("18")])),
            ("first_name", texts(&[Some("JOSÉ\tMARÍA"), Some("ANN")])),
            ("middle_name", texts(&[Some("LUIS"), None])),
            ("last_name", texts(&[Some("ABCDEFGHIJKLMNOPQRSTUVW"), None])),
            ("suffix", texts(&[Some("JR"), None])),
            ("birth_date", Arc::new(Date32Array::from(vec![12_418, 12_419]))),
            ("search_date", Arc::new(Date32Array::from(search.to_vec()))),
        ])
    }

    #[test]
    fn a_college_s_file_is_the_form_to_the_letter() {
        let spec = college("SE");
        let mut file = RequestFile::new(&spec);
        file.push(&learners(&[19_875, 19_875])).unwrap();
        let (text, asked) = file.finish("20250701").unwrap();
        // Marks go, a tab is a blank, twenty characters of a name, one of a middle name; who has no last name is not asked about.
        let expected = "H1\t001234\t00\tTilan College\t20250701\tSE\tI\r\n\
                        D1\t\tJOSE MARIA\tL\tABCDEFGHIJKLMNOPQRST\tJR\t20040101\t20240601\t\t001234\t00\t17\r\n\
                        T1\t3\r\n";
        assert_eq!(text, expected);
        assert_eq!(asked, Asked { asked: 1, left_out: 1 });
        let row = text.lines().nth(1).unwrap();
        assert_eq!(row.split('\t').count(), 12);
        assert_eq!(text.lines().next().unwrap().split('\t').count(), 7);
    }

    #[test]
    fn a_cohort_has_one_search_date() {
        let spec = college("CO");
        let mut learners = learners(&[19_875, 19_876]);
        let last = texts(&[Some("A"), Some("B")]);
        let at = learners.schema().index_of("last_name").unwrap();
        let mut columns = learners.columns().to_vec();
        columns[at] = last;
        learners = RecordBatch::try_new(learners.schema(), columns).unwrap();
        let mut file = RequestFile::new(&spec);
        file.push(&learners).unwrap();
        assert!(file.finish("20250701").unwrap_err().contains("one search date"));
    }

    #[test]
    fn a_high_school_s_file_has_28_columns_and_counts_every_row() {
        let spec = spec(
            "request: r\ntitle: T\nsays: S\nform: high_school\naccount: { code: \"10001\", name: State }\ndiploma_period: 2024-2025\n\
             sql: r.sql\nperson: person_id\nidentity: k12_enrollment\n",
        );
        let learner = batch(vec![
            (RETURN, texts(&[Some("0012345678")])),
            ("first_name", texts(&[Some("ANN")])),
            ("last_name", texts(&[Some("LEE")])),
            ("birth_date", Arc::new(Date32Array::from(vec![12_418]))),
            ("diploma_type", texts(&[Some("Regular")])),
            ("graduation_date", Arc::new(Date32Array::from(vec![19_875]))),
            ("school_name", texts(&[Some("Alder High")])),
            ("econ_disadvantaged", Arc::new(BooleanArray::from(vec![true]))),
            ("program_code", texts(&[Some("CT1001")])),
        ]);
        let mut file = RequestFile::new(&spec);
        file.push(&learner).unwrap();
        let (text, asked) = file.finish("20250701").unwrap();
        let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split('\t').collect()).collect();
        assert_eq!(lines[0], ["PH3", "10001", "State", "P", "20250701", "2024-2025"]);
        assert_eq!(lines[2], ["PT3", "3"]);
        assert_eq!(asked.asked, 1);
        assert_eq!(lines[1].len(), 28);
        // Columns I and L are days; J is the id, its zeros kept.
        let told = |at: usize| lines[1][at];
        assert_eq!((told(8), told(9), told(11), told(13)), ("20040101", "0012345678", "20240601", "Alder High"));
        assert_eq!((told(17), told(26), told(27)), ("Y", "CT1001", "ED"));
    }
}
