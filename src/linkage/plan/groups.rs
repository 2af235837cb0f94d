//! The groups of a pass as a query, and its answer read back.

use std::fmt::Write as _;

use arrow::array::{AsArray, FixedSizeBinaryArray, RecordBatch};
use arrow::datatypes::{DataType, Int64Type, UInt64Type};

use crate::foundation::schema::REF_BYTES;
use crate::foundation::{sql_name, sql_text};
use crate::linkage::groups::{Groups, LEFT, RIGHT};
use crate::linkage::plan::column;
use crate::linkage::rules::{Pass, Rules};
use crate::linkage::{LinkageError, TokenTable};

/// The query that finds the groups of a pass in `table`: columns `identity_ref`, `side` (1 left, 2 right, 3 both), `group_id` and
/// `key_frequency`, sorted by group and reference. It says what [`crate::linkage::InMemory`] does, and gives the same groups.
#[must_use]
pub fn group_sql(pass: &Pass, rules: &Rules, table: &str) -> String {
    let key: Vec<String> = (1..=pass.left.len()).map(|n| format!("\"k{n}\"")).collect();
    let key = key.join(", ");
    let mut sql = String::from("WITH \"keyed\" AS (\n");
    if pass.is_crossed() {
        let left = side_sql(&pass.left, &source_sql(&pass.left_sources), &LEFT.to_string(), rules, table);
        let right = side_sql(&pass.right, &source_sql(&pass.right_sources), &RIGHT.to_string(), rules, table);
        let _ = write!(
            sql,
            "  SELECT \"identity_ref\", sum(\"side\") AS \"side\", {key} FROM (\n{left}\n    UNION ALL\n{right}\n  ) \
             GROUP BY \"identity_ref\", {key}\n"
        );
    } else {
        let (left, right) = (source_sql(&pass.left_sources), source_sql(&pass.right_sources));
        let side = format!("CASE WHEN {left} THEN {LEFT} ELSE 0 END + CASE WHEN {right} THEN {RIGHT} ELSE 0 END");
        let either = format!("({left} OR {right})");
        let _ = writeln!(sql, "{}", side_sql(&pass.left, &either, &side, rules, table));
    }
    // The frame is said: the default one is a range of values, which DataFusion does not compute for fixed-size binary.
    let _ = write!(
        sql,
        "), \"counted\" AS (\n  SELECT \"identity_ref\", \"side\", {key}, count(*) OVER (PARTITION BY {key}) AS \"key_frequency\" FROM \"keyed\"\n)\n\
         SELECT \"identity_ref\", CAST(\"side\" AS BIGINT) AS \"side\", dense_rank() OVER (ORDER BY {key} ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS \"group_id\", \"key_frequency\"\n\
         FROM \"counted\" WHERE \"key_frequency\" > 1 ORDER BY \"group_id\", \"identity_ref\""
    );
    sql
}

fn side_sql(columns: &[usize], sources: &str, side: &str, rules: &Rules, table: &str) -> String {
    let names = columns.iter().map(|&c| sql_name(&rules.columns()[c]));
    let selected: Vec<String> = names.clone().zip(1..).map(|(name, n)| format!("{name} AS \"k{n}\"")).collect();
    let mut present: Vec<String> = names.map(|name| format!("{name} IS NOT NULL")).collect();
    if rules.roles.ssn.is_some_and(|ssn| columns.contains(&ssn)) {
        present.push("\"ssn_status\" = 'valid'".to_owned());
    }
    format!(
        "    SELECT \"identity_ref\", {side} AS \"side\", {} FROM {} WHERE {sources} AND {}",
        selected.join(", "),
        sql_name(table),
        present.join(" AND ")
    )
}

fn source_sql(names: &[String]) -> String {
    if names.is_empty() {
        return "TRUE".to_owned();
    }
    let names: Vec<String> = names.iter().map(|name| sql_text(name)).collect();
    format!("\"source\" IN ({})", names.join(", "))
}

/// Reads the answer to [`group_sql`], in any order of rows.
pub fn read_groups(table: &TokenTable, batches: &[RecordBatch]) -> Result<Groups, LinkageError> {
    let mut keyed = Vec::with_capacity(batches.iter().map(RecordBatch::num_rows).sum());
    for batch in batches {
        let refs = column(batch, "identity_ref", &DataType::FixedSizeBinary(REF_BYTES))?;
        let refs: &FixedSizeBinaryArray = refs.as_fixed_size_binary();
        let sides = column(batch, "side", &DataType::Int64)?;
        let sides = sides.as_primitive::<Int64Type>();
        let groups = column(batch, "group_id", &DataType::UInt64)?;
        let groups = groups.as_primitive::<UInt64Type>();
        for place in 0..batch.num_rows() {
            let mut reference = [0; 16];
            reference.copy_from_slice(refs.value(place));
            let row = table.row_of(&reference).ok_or(LinkageError::UnknownReference)?;
            let side = u8::try_from(sides.value(place)).unwrap_or(0) & (LEFT | RIGHT);
            keyed.push((groups.value(place), row, side));
        }
    }
    Ok(Groups::from_keyed(keyed))
}
