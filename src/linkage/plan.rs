//! Plan: the groups of a pass, and the pairs of a model, as DataFusion queries over the tokens dataset, and their answers read back.

use std::fmt::Write as _;

use arrow::array::{Array, AsArray, FixedSizeBinaryArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type, UInt64Type};

use crate::foundation::schema::REF_BYTES;
use crate::linkage::groups::{Groups, LEFT, RIGHT};
use crate::linkage::model::Part;
use crate::linkage::rules::{ModelPass, Pass, Rules};
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

/// The query that finds the pairs of a model's blocking rules in `table`: columns `left_ref` and `right_ref`, the smaller first, and `rule`, the place of
/// the first rule that brings the two together, which stands in place of a distinct. Keys that make more pairs than their rule allows are left out.
/// It says what [`Blocking`](crate::linkage::model::Blocking) does of records that stand for themselves, and finds the same pairs; rules of SSNs that
/// are one slip apart are left out, for their neighbourhoods are no columns.
#[must_use]
pub fn pair_sql(model: &ModelPass, rules: &Rules, table: &str) -> String {
    let mut sql = String::new();
    let mut pairs: Vec<String> = Vec::new();
    let mut before: Vec<usize> = Vec::new();
    for (at, rule) in model.blocking.iter().enumerate() {
        let whole = |part: &Part| if let Part::Whole(field) = part { Some(model.fields[*field]) } else { None };
        let Some(columns) = rule.parts.iter().map(whole).collect::<Option<Vec<usize>>>() else { continue };
        let keys: Vec<String> = (1..=columns.len()).map(|n| format!("\"k{n}\"")).collect();
        let keys = keys.join(", ");
        // A record's block is the number of its key; keys that are nobody else's, or too many's, make none.
        let _ = write!(
            sql,
            "{} \"b{at}\" AS (\n  SELECT \"identity_ref\", \"block\" FROM (SELECT \"identity_ref\", count(*) OVER (PARTITION BY {keys}) AS \"n\",\n    \
             CAST(dense_rank() OVER (ORDER BY {keys} ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS BIGINT) AS \"block\" FROM (\n{}))\n  \
             WHERE \"n\" > 1 AND \"n\" * (\"n\" - 1) / 2 <= {})",
            if before.is_empty() { "WITH" } else { ",\n" },
            side_sql(&columns, "TRUE", "0", rules, table),
            rule.most
        );
        let mut joins = String::new();
        let mut apart = String::new();
        for earlier in &before {
            for (side, alias) in [("l", "x"), ("r", "y")] {
                let _ = write!(
                    joins,
                    " LEFT JOIN \"b{earlier}\" \"{alias}{earlier}\" ON \"{alias}{earlier}\".\"identity_ref\" = \"{side}\".\"identity_ref\""
                );
            }
            let _ = write!(
                apart,
                " AND (\"x{earlier}\".\"block\" IS NULL OR \"x{earlier}\".\"block\" <> coalesce(\"y{earlier}\".\"block\", 0))"
            );
        }
        pairs.push(format!(
            "SELECT \"l\".\"identity_ref\" AS \"left_ref\", \"r\".\"identity_ref\" AS \"right_ref\", {at} AS \"rule\" FROM \"b{at}\" \"l\" JOIN \"b{at}\" \"r\" \
             ON \"l\".\"block\" = \"r\".\"block\" AND \"l\".\"identity_ref\" < \"r\".\"identity_ref\"{joins} WHERE TRUE{apart}"
        ));
        before.push(at);
    }
    format!("{sql}\n{} ORDER BY \"rule\", \"left_ref\", \"right_ref\"", pairs.join("\nUNION ALL\n"))
}

/// Reads the answer to [`pair_sql`]: the rule and the two rows of each pair, in order.
pub fn read_pairs(table: &TokenTable, batches: &[RecordBatch]) -> Result<Vec<(usize, u32, u32)>, LinkageError> {
    let mut pairs = Vec::with_capacity(batches.iter().map(RecordBatch::num_rows).sum());
    for batch in batches {
        let side = |name: &str| column(batch, name, &DataType::FixedSizeBinary(REF_BYTES));
        let (left, right) = (side("left_ref")?, side("right_ref")?);
        let rules = column(batch, "rule", &DataType::Int64)?;
        let rules = rules.as_primitive::<Int64Type>();
        for place in 0..batch.num_rows() {
            let row = |refs: &arrow::array::ArrayRef| {
                let refs: &FixedSizeBinaryArray = refs.as_fixed_size_binary();
                let mut reference = [0; 16];
                reference.copy_from_slice(refs.value(place));
                table.row_of(&reference).ok_or(LinkageError::UnknownReference)
            };
            pairs.push((usize::try_from(rules.value(place)).unwrap_or(usize::MAX), row(&left)?, row(&right)?));
        }
    }
    pairs.sort_unstable();
    Ok(pairs)
}

fn side_sql(columns: &[usize], sources: &str, side: &str, rules: &Rules, table: &str) -> String {
    let names = columns.iter().map(|&c| identifier(&rules.columns()[c]));
    let selected: Vec<String> = names.clone().zip(1..).map(|(name, n)| format!("{name} AS \"k{n}\"")).collect();
    let mut present: Vec<String> = names.map(|name| format!("{name} IS NOT NULL")).collect();
    if rules.roles.ssn.is_some_and(|ssn| columns.contains(&ssn)) {
        present.push("\"ssn_status\" = 'valid'".to_owned());
    }
    format!(
        "    SELECT \"identity_ref\", {side} AS \"side\", {} FROM {} WHERE {sources} AND {}",
        selected.join(", "),
        identifier(table),
        present.join(" AND ")
    )
}

fn source_sql(names: &[String]) -> String {
    if names.is_empty() {
        return "TRUE".to_owned();
    }
    let names: Vec<String> = names.iter().map(|name| format!("'{}'", name.replace('\'', "''"))).collect();
    format!("\"source\" IN ({})", names.join(", "))
}

fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
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

fn column(batch: &RecordBatch, name: &str, to: &DataType) -> Result<arrow::array::ArrayRef, LinkageError> {
    let array = batch.column_by_name(name).ok_or_else(|| LinkageError::MissingColumn(name.to_owned()))?;
    Ok(if array.data_type() == to { array.clone() } else { cast(array, to)? })
}
