//! The schemas of the datasets at which rooms meet. A room that writes one and a room that reads it both take it from here.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

/// Bytes of a token, of a record reference, of an identity reference: 128 bits.
pub const REF_BYTES: i32 = 16;

fn reference(name: &str, nullable: bool) -> Field {
    Field::new(name, DataType::FixedSizeBinary(REF_BYTES), nullable)
}

/// Identity records (restricted): one row per source, source person and distinct set of identity values; primary key `identity_ref`.
///
/// `school_cohort` is the year in which who was in that grade in that school year finishes grade 12. Names are canonical (upper-case ASCII); `*_status` is `valid`, `missing`, `invalid` or `placeholder` (SSN also `itin`, `alt`).
#[must_use]
pub fn identity_records() -> SchemaRef {
    let text = |name: &str| Field::new(name, DataType::Utf8, true);
    let must = |name: &str| Field::new(name, DataType::Utf8, false);
    Arc::new(Schema::new(vec![
        reference("identity_ref", false),
        must("source"),
        must("source_person"),
        text("state_id"),
        text("local_id"),
        text("local_id_issuer"),
        text("ssn"),
        must("ssn_status"),
        text("first_name"),
        text("middle_name"),
        text("last_name"),
        text("suffix"),
        Field::new("birth_date", DataType::Date32, true),
        must("birth_date_status"),
        text("sex"),
        text("postal_code"),
        text("active_org"),
        Field::new("period_start", DataType::Date32, true),
        Field::new("period_end", DataType::Date32, true),
        Field::new("school_cohort", DataType::Int32, true),
        Field::new("row_count", DataType::Int64, false),
    ]))
}

/// Tokens (restricted): one row an identity record, a `FixedSizeBinary(16)` column a recipe (null where a part is missing), and what guards need.
///
/// `ssn_near` holds the 16-byte tokens of the SSN's neighbourhood one after another. `recipes` are the column names in the recipes' order.
#[must_use]
pub fn tokens(recipes: &[String]) -> SchemaRef {
    let mut fields = vec![
        reference("identity_ref", false),
        Field::new("source", DataType::Utf8, false),
        Field::new("ssn_status", DataType::Utf8, false),
        Field::new("birth_date_status", DataType::Utf8, false),
        Field::new("birth_year", DataType::Int32, true),
        Field::new("period_start", DataType::Date32, true),
        Field::new("period_end", DataType::Date32, true),
        reference("active_org", true),
        Field::new("row_count", DataType::Int64, false),
        Field::new("ssn_near", DataType::Binary, true),
    ];
    fields.extend(recipes.iter().map(|name| reference(name, true)));
    Arc::new(Schema::new(fields))
}
