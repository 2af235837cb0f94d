//! Checks over all current rows, as SQL: what stands twice, and what refers to nothing.

use crate::contract::spec::{ReferenceSpec, UniqueSpec};

/// SQL that selects the `place` columns of every row but the first, by `place`, among those with the same values.
///
/// `table` is the name of a table; `place` are its columns that order rows totally, such as `delivery_seq` and `line`.
/// Rows with a null among the unique columns are compared with nothing.
#[must_use]
pub fn unique_sql(table: &str, unique: &UniqueSpec, place: &[&str]) -> String {
    let columns: Vec<_> = unique.columns.iter().map(|column| quoted(column)).collect();
    let place = place.iter().map(|column| quoted(column)).collect::<Vec<_>>().join(", ");
    let present = columns.iter().map(|column| format!("{column} IS NOT NULL"));
    let present: Vec<_> = present.chain(unique.only.iter().map(|only| quoted(only))).collect();
    format!(
        "SELECT {place} FROM (SELECT {place}, ROW_NUMBER() OVER (PARTITION BY {} ORDER BY {place}) AS \"nth of the same\" FROM {} \
         WHERE {}) WHERE \"nth of the same\" > 1 ORDER BY {place}",
        columns.join(", "),
        quoted(table),
        present.join(" AND ")
    )
}

/// SQL that selects the `place` columns of every row whose values stand nowhere in `target`. A row with a null among them is kept.
///
/// Many rows share few values, so the values are looked up, each once; rows are asked only which of the missing ones they carry.
#[must_use]
pub fn reference_sql(table: &str, reference: &ReferenceSpec, target: &str, place: &[&str]) -> String {
    let columns: Vec<_> = reference.columns.iter().map(|column| quoted(column)).collect();
    let present: Vec<_> = columns.iter().map(|column| format!("{column} IS NOT NULL")).collect();
    let keys: Vec<_> = reference.key.iter().map(|key| quoted(key)).collect();
    let equal = |a: &str, b: &str, of_b: &[String]| {
        columns.iter().zip(of_b).map(|(c, k)| format!("{a}.{c} = {b}.{k}")).collect::<Vec<_>>().join(" AND ")
    };
    let place = place.iter().map(|column| format!("t.{}", quoted(column))).collect::<Vec<_>>().join(", ");
    let table = quoted(table);
    format!(
        "SELECT {place} FROM (SELECT v.* FROM (SELECT DISTINCT {} FROM {table} WHERE {}) AS v LEFT ANTI JOIN {} AS k ON {}) AS m \
         JOIN {table} AS t ON {} ORDER BY {place}",
        columns.join(", "),
        present.join(" AND "),
        quoted(target),
        equal("v", "k", &keys),
        equal("m", "t", &columns)
    )
}

/// A name as a quoted SQL identifier.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
