//! Checks over all current rows, as SQL: what stands twice, and what refers to nothing.

use crate::contract::spec::{ReferenceSpec, UniqueSpec};
use crate::foundation::sql_name;

/// SQL that selects the `place` columns of every row but the first, by `place`, among those with the same values.
///
/// `table` is the name of a table; `place` are its columns that order rows totally, such as `delivery_seq` and `line`.
/// Rows with a null among the unique columns are compared with nothing.
#[must_use]
pub fn unique_sql(table: &str, unique: &UniqueSpec, place: &[&str]) -> String {
    let columns: Vec<_> = unique.columns.iter().map(|column| sql_name(column)).collect();
    let place = place.iter().map(|column| sql_name(column)).collect::<Vec<_>>().join(", ");
    let present = columns.iter().map(|column| format!("{column} IS NOT NULL"));
    let present: Vec<_> = present.chain(unique.only.iter().map(|only| sql_name(only))).collect();
    format!(
        "SELECT {place} FROM (SELECT {place}, ROW_NUMBER() OVER (PARTITION BY {} ORDER BY {place}) AS \"nth of the same\" FROM {} \
         WHERE {}) WHERE \"nth of the same\" > 1 ORDER BY {place}",
        columns.join(", "),
        sql_name(table),
        present.join(" AND ")
    )
}

/// SQL that selects the `place` columns of every row whose values stand nowhere in `target`. A row with a null among them is kept.
///
/// Many rows share few values, so the values are looked up, each once; rows are asked only which of the missing ones they carry.
#[must_use]
pub fn reference_sql(table: &str, reference: &ReferenceSpec, target: &str, place: &[&str]) -> String {
    let columns: Vec<_> = reference.columns.iter().map(|column| sql_name(column)).collect();
    let present: Vec<_> = columns.iter().map(|column| format!("{column} IS NOT NULL")).collect();
    let keys: Vec<_> = reference.key.iter().map(|key| sql_name(key)).collect();
    let equal = |a: &str, b: &str, of_b: &[String]| {
        columns.iter().zip(of_b).map(|(c, k)| format!("{a}.{c} = {b}.{k}")).collect::<Vec<_>>().join(" AND ")
    };
    let place = place.iter().map(|column| format!("t.{}", sql_name(column))).collect::<Vec<_>>().join(", ");
    let table = sql_name(table);
    format!(
        "SELECT {place} FROM (SELECT v.* FROM (SELECT DISTINCT {} FROM {table} WHERE {}) AS v LEFT ANTI JOIN {} AS k ON {}) AS m \
         JOIN {table} AS t ON {} ORDER BY {place}",
        columns.join(", "),
        present.join(" AND "),
        sql_name(target),
        equal("v", "k", &keys),
        equal("m", "t", &columns)
    )
}
