//! Derived parts: what tokens are made of. Derive first, hash second: every value here is computed in the clear and never written.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringViewArray, StringViewBuilder};
use arrow::datatypes::{DataType, Date32Type, Field, Schema};
use arrow::record_batch::RecordBatch;
use chrono::{Datelike, NaiveDate};

use crate::standardize::error::{Result, StandardizeError};
use crate::standardize::interned::Interned;
use crate::standardize::reference::text;
use crate::standardize::{date, name, nickname, phonetic, surname};

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
    "first_phonetic",
    "middle_name",
    "middle_initial",
    "last_name",
    "last_joined",
    "last_core",
    "last_first_part",
    "last_last_part",
    "last_phonetic",
    "suffix",
    "birth_date",
    "birth_date_swapped",
    "birth_year",
    "birth_year_month",
    "birth_month_day",
    "sex",
    "postal_code",
];

/// The parts asked for, a nullable `Utf8View` column each, row by row beside the identity records.
pub fn derive(identity: &RecordBatch, parts: &[&str]) -> Result<RecordBatch> {
    let fields: Vec<Field> = parts.iter().map(|part| Field::new(*part, DataType::Utf8View, true)).collect();
    let columns = parts.iter().map(|part| derived(identity, part)).collect::<Result<Vec<_>>>()?;
    let options = arrow::record_batch::RecordBatchOptions::new().with_row_count(Some(identity.num_rows()));
    Ok(RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options)?)
}

fn derived(identity: &RecordBatch, part: &str) -> Result<ArrayRef> {
    let owned = |value: &str| Some(value.to_owned());
    match part {
        "ssn" => valid_ssn(identity, |ssn| ssn),
        "ssn_last4" => valid_ssn(identity, |ssn| ssn.get(5..).unwrap_or_default()),
        "state_id" => of(identity, "state_id", owned),
        "local_id" => local_id(identity),
        // A lone initial is a middle or first initial, not a name that agrees or disagrees.
        "first_name" => of(identity, "first_name", |v| (v.len() > 1).then(|| v.to_owned())),
        "first_word" => of(identity, "first_name", |v| v.split(' ').next().filter(|w| w.len() > 1).map(str::to_owned)),
        "first_root" => of(identity, "first_name", nickname::nickname_root),
        "first_initial" => of(identity, "first_name", |v| name::initial(v).map(str::to_owned)),
        "first_phonetic" => of(identity, "first_name", |v| v.split(' ').next().and_then(phonetic::phonetic)),
        "middle_name" => of(identity, "middle_name", |v| (v.len() > 1).then(|| v.to_owned())),
        "middle_initial" => of(identity, "middle_name", |v| name::initial(v).map(str::to_owned)),
        "last_name" => of(identity, "last_name", owned),
        "last_joined" => of(identity, "last_name", |v| Some(surname::joined(v))),
        "last_core" => of(identity, "last_name", |v| Some(surname::parts(v).concat())),
        "last_first_part" => of(identity, "last_name", |v| surname::parts(v).into_iter().next()),
        "last_last_part" => of(identity, "last_name", |v| surname::parts(v).pop()),
        "last_phonetic" => of(identity, "last_name", phonetic::phonetic),
        "suffix" => of(identity, "suffix", owned),
        "birth_date" => birth(identity, |d| Some(d.to_string())),
        "birth_date_swapped" => birth(identity, |d| date::swapped(d).map(|d| d.to_string())),
        "birth_year" => birth(identity, |d| Some(format!("{:04}", d.year()))),
        "birth_year_month" => birth(identity, |d| Some(format!("{:04}-{:02}", d.year(), d.month()))),
        "birth_month_day" => birth(identity, |d| Some(format!("{:02}-{:02}", d.month(), d.day()))),
        "sex" => of(identity, "sex", owned),
        "postal_code" => of(identity, "postal_code", owned),
        _ => Err(StandardizeError::UnknownPart { part: part.to_owned(), known: PARTS.join(", ") }),
    }
}

/// A column of the identity records as text.
fn column(identity: &RecordBatch, name: &str) -> Result<StringViewArray> {
    text(&by_name(identity, name)?)
}

fn by_name(identity: &RecordBatch, name: &str) -> Result<ArrayRef> {
    let missing =
        || StandardizeError::NoSuchColumn { element: name.to_owned(), column: 0, columns: identity.num_columns() };
    identity.column_by_name(name).cloned().ok_or_else(missing)
}

/// A part of one text column; each distinct value is worked out once.
fn of(identity: &RecordBatch, name: &str, make: impl Fn(&str) -> Option<String>) -> Result<ArrayRef> {
    let values = column(identity, name)?;
    let mut met = Interned::default();
    let mut parts: Vec<Option<String>> = Vec::new();
    let mut out = StringViewBuilder::with_capacity(values.len());
    for value in &values {
        match value.map(|value| (value, met.intern(value.as_bytes()))) {
            None => out.append_null(),
            Some((value, None)) => out.append_option(make(value)),
            Some((value, Some((id, new)))) => {
                if new {
                    parts.push(make(value));
                }
                out.append_option(parts[id as usize].as_deref());
            }
        }
    }
    Ok(Arc::new(out.finish()))
}

/// The SSN where it is valid: nothing else may be a key.
fn valid_ssn(identity: &RecordBatch, make: impl Fn(&str) -> &str) -> Result<ArrayRef> {
    let (ssn, status) = (column(identity, "ssn")?, column(identity, "ssn_status")?);
    let valid = ssn.iter().zip(&status).map(|(ssn, status)| ssn.filter(|_| status == Some("valid")).map(&make));
    Ok(Arc::new(valid.collect::<StringViewArray>()))
}

/// The local id within its issuer; without an issuer it says nothing.
fn local_id(identity: &RecordBatch) -> Result<ArrayRef> {
    let (id, issuer) = (column(identity, "local_id")?, column(identity, "local_id_issuer")?);
    // Canonical ids hold no control characters, so the separator stands only here.
    let both = id.iter().zip(&issuer).map(|(id, issuer)| Some(format!("{}\u{1f}{}", issuer?, id?)));
    Ok(Arc::new(both.collect::<StringViewArray>()))
}

/// A part of the birth date where it is valid; each distinct date is worked out once.
fn birth(identity: &RecordBatch, make: impl Fn(NaiveDate) -> Option<String>) -> Result<ArrayRef> {
    let dates = by_name(identity, "birth_date")?;
    let Some(dates) = dates.as_primitive_opt::<Date32Type>() else {
        return Err(StandardizeError::WrongType {
            column: "birth_date".to_owned(),
            element: "birth_date".to_owned(),
            found: dates.data_type().to_string(),
            needed: "a date (Date32)",
        });
    };
    let status = column(identity, "birth_date_status")?;
    let mut parts: BTreeMap<i32, Option<String>> = BTreeMap::new();
    let mut out = StringViewBuilder::with_capacity(dates.len());
    for (day, status) in dates.iter().zip(&status) {
        match day.filter(|_| status == Some("valid")) {
            None => out.append_null(),
            Some(day) => {
                let part = parts.entry(day).or_insert_with(|| date::civil(day).and_then(&make));
                out.append_option(part.as_deref());
            }
        }
    }
    Ok(Arc::new(out.finish()))
}
