//! Checks over all current rows, as SQL: what stands twice, and what refers to nothing.

use std::fmt::Write as _;

use crate::contract::spec::{ReferenceSpec, UniqueSpec};

/// SQL that selects the `place` columns of every row but the first, by `place`, among those with the same values.
///
/// `table` is the name of a table; `place` are its columns that order rows totally, such as `delivery_seq` and `line`.
/// Rows with a null among the unique columns are compared with nothing.
#[must_use]
pub fn unique_sql(table: &str, unique: &UniqueSpec, place: &[&str]) -> String {
    let columns: Vec<_> = unique.columns.iter().map(|column| quoted(column)).collect();
    let place = place.iter().map(|column| quoted(column)).collect::<Vec<_>>().join(", ");
    let present: Vec<_> = columns.iter().map(|column| format!("{column} IS NOT NULL")).collect();
    format!(
        "SELECT {place} FROM (SELECT {place}, ROW_NUMBER() OVER (PARTITION BY {} ORDER BY {place}) AS \"nth of the same\" FROM {} \
         WHERE {}) WHERE \"nth of the same\" > 1 ORDER BY {place}",
        columns.join(", "),
        quoted(table),
        present.join(" AND ")
    )
}

/// SQL that selects the `place` columns of every row whose values stand nowhere in `target`. A row with a null among them is kept.
#[must_use]
pub fn reference_sql(table: &str, reference: &ReferenceSpec, target: &str, place: &[&str]) -> String {
    let columns: Vec<_> = reference.columns.iter().map(|column| format!("t.{}", quoted(column))).collect();
    let mut on = String::new();
    for (at, (column, key)) in columns.iter().zip(&reference.key).enumerate() {
        let and = if at > 0 { " AND " } else { "" };
        let _ = write!(on, "{and}{column} = k.{}", quoted(key));
    }
    let present: Vec<_> = columns.iter().map(|column| format!("{column} IS NOT NULL")).collect();
    let place: Vec<_> = place.iter().map(|column| format!("t.{}", quoted(column))).collect();
    let place = place.join(", ");
    format!(
        "SELECT {place} FROM {} AS t LEFT ANTI JOIN {} AS k ON {on} WHERE {} ORDER BY {place}",
        quoted(table),
        quoted(target),
        present.join(" AND ")
    )
}

/// A name as a quoted SQL identifier.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
