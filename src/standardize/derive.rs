//! Derived parts: what tokens are made of. Derive first, hash second: every value here is computed in the clear and never written.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, PrimitiveArray, StringViewArray, StringViewBuilder};
use arrow::datatypes::{ArrowPrimitiveType, DataType, Date32Type, Field as Column, Int32Type, Schema, SchemaRef};
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use chrono::{Datelike, NaiveDate};

use crate::foundation::PartGroup;
use crate::foundation::interned::Interned;
use crate::foundation::parts::NO_VALUE;
use crate::standardize::error::{Result, StandardizeError};
use crate::standardize::reference::text;
use crate::standardize::{date, name, nickname, phonetic, school, surname};

/// Values of one field that are remembered before its memory starts anew.
const MOST: usize = 1 << 17;

/// Every part that can be derived from an identity record, by name.
pub const PARTS: &[&str] = &[
    "ssn",
    "ssn_last4",
    "state_id",
    "local_id",
    "first_name",
    "first_word",
    "first_root",
    "first_initial",
    "first_lone_initial",
    "first_less_1",
    "first_less_2",
    "first_phonetic",
    "middle_name",
    "middle_initial",
    "middle_lone_initial",
    "last_name",
    "last_joined",
    "last_core",
    "last_first_part",
    "last_last_part",
    "last_phonetic",
    "suffix",
    "birth_date",
    "birth_date_swapped",
    "birth_date_less_1_year",
    "birth_date_less_2_years",
    "birth_year",
    "birth_year_month",
    "birth_year_day",
    "birth_month_day",
    "school_cohort",
    "school_cohort_less_1",
    "district",
    "district_region",
    "sex",
    "postal_code",
    "postal_region",
];

/// A field of identity records from which parts are derived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    /// The SSN where it is valid: nothing else may be a key.
    Ssn,
    /// The local id within its issuer; without an issuer it says nothing.
    LocalId,
    /// The birth date where it is valid.
    BirthDate,
    /// The school cohort, by grade, else by a valid birth date.
    Cohort,
    /// The issuer of the local id of a record of a school, which is one with a grade.
    District,
    /// One text column.
    Text(&'static str),
}

/// The field of a part.
fn field_of(part: &str) -> Option<Field> {
    Some(match part {
        "ssn" | "ssn_last4" => Field::Ssn,
        "local_id" => Field::LocalId,
        "state_id" => Field::Text("state_id"),
        "first_name" | "first_word" | "first_root" | "first_initial" | "first_lone_initial" | "first_less_1"
        | "first_less_2" | "first_phonetic" => Field::Text("first_name"),
        "middle_name" | "middle_initial" | "middle_lone_initial" => Field::Text("middle_name"),
        "last_name" | "last_joined" | "last_core" | "last_first_part" | "last_last_part" | "last_phonetic" => {
            Field::Text("last_name")
        }
        "suffix" => Field::Text("suffix"),
        "birth_date"
        | "birth_date_swapped"
        | "birth_date_less_1_year"
        | "birth_date_less_2_years"
        | "birth_year"
        | "birth_year_month"
        | "birth_year_day"
        | "birth_month_day" => Field::BirthDate,
        "school_cohort" | "school_cohort_less_1" => Field::Cohort,
        "district" | "district_region" => Field::District,
        "sex" => Field::Text("sex"),
        "postal_code" | "postal_region" => Field::Text("postal_code"),
        _ => return None,
    })
}

/// A part of a text.
fn of_text(part: &str, value: &str) -> Option<String> {
    let long = |word: &str| (word.len() > 1).then(|| word.to_owned());
    match part {
        "ssn_last4" => value.get(5..).map(str::to_owned),
        // A lone initial is a middle or first initial, not a name that agrees or disagrees.
        "first_name" | "middle_name" => long(value),
        "first_word" => value.split(' ').next().and_then(long),
        "first_root" => nickname::nickname_root(value),
        "first_initial" | "middle_initial" => name::initial(value).map(str::to_owned),
        "first_lone_initial" | "middle_lone_initial" => (value.len() == 1).then(|| value.to_owned()),
        "first_less_1" => value.split(' ').next().and_then(|word| name::less(word, 0)),
        "first_less_2" => value.split(' ').next().and_then(|word| name::less(word, 1)),
        "first_phonetic" => value.split(' ').next().and_then(phonetic::phonetic),
        "last_joined" => Some(surname::joined(value)),
        "last_core" => Some(surname::parts(value).concat()),
        "last_first_part" => surname::parts(value).into_iter().next(),
        "last_last_part" => surname::parts(value).pop(),
        "last_phonetic" => phonetic::phonetic(value),
        "postal_region" => value.get(..3).map(str::to_owned),
        "district_region" => value.get(..2).map(str::to_owned),
        _ => Some(value.to_owned()),
    }
}

/// A part of a birth date.
fn of_date(part: &str, day: NaiveDate) -> Option<String> {
    let earlier = |years: i32| Some(format!("{:04}-{:02}-{:02}", day.year() - years, day.month(), day.day()));
    match part {
        "birth_date_less_1_year" => earlier(1),
        "birth_date_less_2_years" => earlier(2),
        "birth_year_day" => Some(format!("{:04}-{:02}", day.year(), day.day())),
        "birth_date_swapped" => date::swapped(day).map(|day| day.to_string()),
        "birth_year" => Some(format!("{:04}", day.year())),
        "birth_year_month" => Some(format!("{:04}-{:02}", day.year(), day.month())),
        "birth_month_day" => Some(format!("{:02}-{:02}", day.month(), day.day())),
        _ => Some(day.to_string()),
    }
}

fn batch(parts: &[&str], columns: Vec<ArrayRef>, rows: usize) -> Result<RecordBatch> {
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    Ok(RecordBatch::try_new_with_options(schema_of(parts), columns, &options)?)
}

fn schema_of(parts: &[&str]) -> SchemaRef {
    Arc::new(Schema::new(parts.iter().map(|part| Column::new(*part, DataType::Utf8View, true)).collect::<Vec<_>>()))
}

fn unknown(part: &str) -> StandardizeError {
    StandardizeError::UnknownPart { part: part.to_owned(), known: PARTS.join(", ") }
}

/// Derives the parts of many runs of identity records, of each distinct value once. What it remembers is bounded.
pub struct Deriver {
    fields: Vec<Memory>,
    most: usize,
}

/// What is remembered of one field.
struct Memory {
    field: Field,
    parts: Vec<String>,
    met: Interned,
}

// What it remembers is restricted: nothing of it may be printed.
impl std::fmt::Debug for Deriver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.fields.iter().map(|memory| memory.field)).finish()
    }
}

impl Deriver {
    /// A deriver of these parts, each named once or more.
    pub fn new(parts: &[&str]) -> Result<Self> {
        let mut fields: Vec<Memory> = Vec::new();
        for part in parts {
            let field = field_of(part).ok_or_else(|| unknown(part))?;
            match fields.iter_mut().find(|memory| memory.field == field) {
                Some(memory) if memory.parts.iter().any(|p| p == part) => {}
                Some(memory) => memory.parts.push((*part).to_owned()),
                None => fields.push(Memory { field, parts: vec![(*part).to_owned()], met: Interned::default() }),
            }
        }
        Ok(Self { fields, most: MOST })
    }

    /// The same with another bound on the values that are remembered.
    #[must_use]
    pub fn remembering(self, most: usize) -> Self {
        Self { most, ..self }
    }

    /// The parts of a run of identity records, a group for each field.
    pub fn derive(&mut self, identity: &RecordBatch) -> Result<Vec<PartGroup>> {
        let most = self.most;
        self.fields.iter_mut().map(|memory| memory.derive(identity, most)).collect()
    }
}

impl Memory {
    fn derive(&mut self, identity: &RecordBatch, most: usize) -> Result<PartGroup> {
        if self.met.len() >= most {
            self.met.clear();
        }
        let first = self.met.len();
        let mut new: Vec<StringViewBuilder> = self.parts.iter().map(|_| StringViewBuilder::new()).collect();
        let values = Values::of(identity, self.field)?;
        let mut places = Vec::with_capacity(identity.num_rows());
        let mut buffer = Vec::new();
        for row in 0..identity.num_rows() {
            let Some(value) = values.value(row, &mut buffer) else {
                places.push(NO_VALUE);
                continue;
            };
            let (place, is_new) = self.met.intern(value).ok_or(StandardizeError::TooManyValues)?;
            if is_new {
                for (part, column) in self.parts.iter().zip(&mut new) {
                    column.append_option(values.part(row, part, value));
                }
            }
            places.push(place);
        }
        let names: Vec<&str> = self.parts.iter().map(String::as_str).collect();
        let columns = new.into_iter().map(|mut column| Arc::new(column.finish()) as ArrayRef).collect();
        let new = batch(&names, columns, self.met.len() - first)?;
        // The memory holds fewer values than a number counts.
        Ok(PartGroup { places, first: u32::try_from(first).unwrap_or(NO_VALUE), new })
    }
}

/// The columns of one field.
enum Values {
    Text(StringViewArray),
    Valid(StringViewArray, StringViewArray),
    Within(StringViewArray, StringViewArray),
    Days(PrimitiveArray<Date32Type>, StringViewArray),
    Cohorts(PrimitiveArray<Int32Type>, PrimitiveArray<Date32Type>, StringViewArray),
    Schools(StringViewArray, PrimitiveArray<Int32Type>),
}

impl Values {
    fn of(identity: &RecordBatch, field: Field) -> Result<Self> {
        let column = |name: &str| text(by_name(identity, name)?);
        Ok(match field {
            Field::Ssn => Self::Valid(column("ssn")?, column("ssn_status")?),
            Field::LocalId => Self::Within(column("local_id")?, column("local_id_issuer")?),
            Field::BirthDate => {
                Self::Days(typed(identity, "birth_date", "a date (Date32)")?, column("birth_date_status")?)
            }
            Field::Cohort => Self::Cohorts(
                typed(identity, "school_cohort", "a year (Int32)")?,
                typed(identity, "birth_date", "a date (Date32)")?,
                column("birth_date_status")?,
            ),
            Field::District => {
                Self::Schools(column("local_id_issuer")?, typed(identity, "school_cohort", "a year (Int32)")?)
            }
            Field::Text(name) => Self::Text(column(name)?),
        })
    }

    /// The bytes by which a value is known; `None` where there is none.
    fn value<'a>(&'a self, row: usize, buffer: &'a mut Vec<u8>) -> Option<&'a [u8]> {
        let valid = |status: &StringViewArray| status.is_valid(row) && status.value(row) == "valid";
        match self {
            Self::Text(texts) => texts.is_valid(row).then(|| texts.value(row).as_bytes()),
            Self::Valid(texts, status) => (texts.is_valid(row) && valid(status)).then(|| texts.value(row).as_bytes()),
            Self::Within(texts, within) => {
                if texts.is_null(row) || within.is_null(row) {
                    return None;
                }
                // Canonical ids hold no control characters, so the separator stands only here.
                buffer.clear();
                buffer.extend_from_slice(within.value(row).as_bytes());
                buffer.push(0x1f);
                buffer.extend_from_slice(texts.value(row).as_bytes());
                Some(buffer)
            }
            Self::Days(days, status) => {
                if days.is_null(row) || !valid(status) {
                    return None;
                }
                buffer.clear();
                buffer.extend_from_slice(&days.value(row).to_be_bytes());
                Some(buffer)
            }
            Self::Cohorts(cohorts, days, status) => {
                let by_birth = || {
                    let known = days.is_valid(row) && valid(status);
                    known.then(|| date::civil(days.value(row))).flatten().map(school::cohort_of_birth)
                };
                let cohort = if cohorts.is_valid(row) { Some(cohorts.value(row)) } else { by_birth() };
                buffer.clear();
                buffer.extend_from_slice(&cohort?.to_be_bytes());
                Some(buffer)
            }
            Self::Schools(issuers, cohorts) => {
                (issuers.is_valid(row) && cohorts.is_valid(row)).then(|| issuers.value(row).as_bytes())
            }
        }
    }

    /// One part of a row's value.
    fn part(&self, row: usize, part: &str, value: &[u8]) -> Option<String> {
        match self {
            Self::Days(days, _) => date::civil(days.value(row)).and_then(|day| of_date(part, day)),
            Self::Cohorts(..) => {
                let cohort = i32::from_be_bytes(value.try_into().ok()?);
                Some((cohort - i32::from(part == "school_cohort_less_1")).to_string())
            }
            _ => std::str::from_utf8(value).ok().and_then(|value| of_text(part, value)),
        }
    }
}

fn typed<T: ArrowPrimitiveType>(identity: &RecordBatch, name: &str, needed: &'static str) -> Result<PrimitiveArray<T>> {
    let array = by_name(identity, name)?;
    let wrong = || StandardizeError::WrongType {
        column: name.to_owned(),
        element: name.to_owned(),
        found: array.data_type().to_string(),
        needed,
    };
    array.as_primitive_opt::<T>().cloned().ok_or_else(wrong)
}

fn by_name<'a>(identity: &'a RecordBatch, name: &str) -> Result<&'a ArrayRef> {
    let missing =
        || StandardizeError::NoSuchColumn { element: name.to_owned(), column: 0, columns: identity.num_columns() };
    identity.column_by_name(name).ok_or_else(missing)
}
