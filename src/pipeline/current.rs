//! Which accepted rows still count: later deliveries replace earlier ones, and checks over all rows drop some.

use std::collections::BTreeMap;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::Int64Type;

use crate::contract::spec::{DeliveryMode, DeliverySpec};
use crate::engine::{Engine, EngineError};
use crate::foundation::sql_name;
use crate::pipeline::error::PipelineError;

/// Why a row no longer counts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dropped {
    /// A later delivery replaced it.
    Superseded,
    /// It broke a rule over all rows: the rule's id and words.
    Rejected {
        /// The rule's id.
        rule: String,
        /// What it says.
        says: String,
    },
}

/// Rows that no longer count, by delivery sequence and line.
pub type DroppedRows = BTreeMap<(i64, i64), Dropped>;

fn list(names: &[&str], before: &str) -> String {
    names.iter().map(|n| format!("{before}{}", sql_name(n))).collect::<Vec<_>>().join(", ")
}

fn same(names: &[&str]) -> String {
    let pair = |n: &&str| format!("(u.{0} IS NOT DISTINCT FROM k.{0})", sql_name(n));
    names.iter().map(pair).collect::<Vec<_>>().join(" AND ")
}

/// SQL that finds the rows of `table` which a later delivery replaces: `delivery_seq`, `line`. `None` where nothing ever is.
#[must_use]
pub fn superseded_sql(table: &str, delivery: &DeliverySpec, grain: &[&str]) -> Option<String> {
    let table = sql_name(table);
    let scope: Vec<&str> = delivery.scope.iter().map(|s| s.as_str()).collect();
    // The keys that two deliveries share are few: they come first in the join, which keeps its first side in memory.
    let later = |keys: &[&str], rows: &str| {
        let columns = list(keys, "");
        format!(
            "SELECT u.delivery_seq, u.line FROM (SELECT {columns}, MAX(delivery_seq) AS newest FROM {rows} \
             GROUP BY {columns} HAVING MIN(delivery_seq) < MAX(delivery_seq)) k JOIN {table} u ON {} WHERE u.delivery_seq < k.newest",
            same(keys)
        )
    };
    match delivery.mode {
        DeliveryMode::Append => None,
        DeliveryMode::Snapshot if scope.is_empty() => Some(format!(
            "SELECT delivery_seq, line FROM {table} WHERE delivery_seq < (SELECT MAX(delivery_seq) FROM {table})"
        )),
        DeliveryMode::Snapshot => Some(later(&scope, &table)),
        DeliveryMode::Upsert if grain.is_empty() => None,
        DeliveryMode::Upsert if scope.is_empty() => Some(later(grain, &table)),
        DeliveryMode::Upsert => {
            // Only scopes that two deliveries share can hold a row that is replaced; the rest is never grouped by its grain.
            let columns = list(&scope, "");
            let shared = format!(
                "(SELECT u.* FROM (SELECT {columns} FROM {table} GROUP BY {columns} \
                 HAVING MIN(delivery_seq) < MAX(delivery_seq)) k JOIN {table} u ON {})",
                same(&scope)
            );
            Some(later(grain, &shared))
        }
    }
}

/// SQL that counts, per scope of a snapshot, the rows of the newest delivery and of the one it replaces: `newest`, `before`, `rows_newest`, `rows_before`.
#[must_use]
pub fn shrink_sql(table: &str, delivery: &DeliverySpec) -> Option<String> {
    if delivery.mode != DeliveryMode::Snapshot || delivery.max_shrink.is_none() {
        return None;
    }
    let scope: Vec<&str> = delivery.scope.iter().map(|s| s.as_str()).collect();
    let table = sql_name(table);
    let (keys, on) = if scope.is_empty() {
        ("1 AS whole".to_owned(), "whole".to_owned())
    } else {
        (list(&scope, ""), list(&scope, ""))
    };
    Some(format!(
        "WITH n AS (SELECT {keys}, delivery_seq, COUNT(*) AS row_count FROM {table} GROUP BY {on}, delivery_seq), \
         r AS (SELECT *, ROW_NUMBER() OVER (PARTITION BY {on} ORDER BY delivery_seq DESC) AS place, \
         LEAD(row_count) OVER (PARTITION BY {on} ORDER BY delivery_seq DESC) AS before_rows, \
         LEAD(delivery_seq) OVER (PARTITION BY {on} ORDER BY delivery_seq DESC) AS before_seq FROM n) \
         SELECT delivery_seq AS newest, before_seq AS before, row_count AS rows_newest, before_rows AS rows_before FROM r \
         WHERE place = 1 AND before_rows IS NOT NULL ORDER BY delivery_seq, before_seq, row_count, before_rows"
    ))
}

/// Runs SQL that gives `delivery_seq` and `line` first: the rows it finds.
pub async fn rows_of(engine: &Engine, what: &str, sql: &str) -> Result<Vec<(i64, i64)>, PipelineError> {
    let mut found = Vec::new();
    for batch in engine.collect(what, sql).await? {
        found.extend(pairs(&batch)?);
    }
    Ok(found)
}

fn pairs(batch: &RecordBatch) -> Result<Vec<(i64, i64)>, EngineError> {
    let column = |i: usize| {
        arrow::compute::cast(batch.column(i), &arrow::datatypes::DataType::Int64)
            .map_err(EngineError::arrow("row references"))
    };
    let (sequences, lines) = (column(0)?, column(1)?);
    let (sequences, lines) = (sequences.as_primitive::<Int64Type>(), lines.as_primitive::<Int64Type>());
    Ok((0..batch.num_rows()).map(|i| (sequences.value(i), lines.value(i))).collect())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::Int64Array;
    use arrow::datatypes::{DataType, Field, Schema};

    use super::*;
    use crate::engine::Limits;
    use crate::foundation::Located;

    async fn superseded(mode: DeliveryMode, scope: &[&str], rows: &[[i64; 4]]) -> Vec<(i64, i64)> {
        let engine = Engine::new(Limits::default()).unwrap();
        let names = ["year", "id", "delivery_seq", "line"];
        let schema = Arc::new(Schema::new(names.map(|n| Field::new(n, DataType::Int64, false)).to_vec()));
        let column =
            |i: usize| Arc::new(Int64Array::from_iter_values(rows.iter().map(|r| r[i]))) as arrow::array::ArrayRef;
        let batch = RecordBatch::try_new(Arc::clone(&schema), (0..4).map(column).collect()).unwrap();
        engine.register_batches("t", schema, vec![batch]).unwrap();
        let scope = scope.iter().map(|s| Located::nowhere((*s).to_owned())).collect();
        let spec = DeliverySpec { mode, scope, max_shrink: None };
        let Some(sql) = superseded_sql("t", &spec, &["year", "id"]) else { return Vec::new() };
        let mut found = rows_of(&engine, "t", &sql).await.unwrap();
        found.sort_unstable();
        found
    }

    const ROWS: [[i64; 4]; 6] =
        [[2023, 1, 1, 2], [2023, 2, 1, 3], [2024, 1, 1, 4], [2024, 1, 2, 2], [2024, 3, 2, 3], [2024, 3, 2, 4]];

    #[tokio::test]
    async fn a_snapshot_replaces_its_scope_absent_rows_included() {
        let rows = [[2024, 9, 1, 5]].iter().chain(&ROWS).copied().collect::<Vec<_>>();
        assert_eq!(superseded(DeliveryMode::Snapshot, &["year"], &rows).await, [(1, 4), (1, 5)]);
        assert_eq!(superseded(DeliveryMode::Snapshot, &[], &ROWS).await, [(1, 2), (1, 3), (1, 4)]);
    }

    #[tokio::test]
    async fn an_upsert_replaces_rows_of_its_grain_and_keeps_lines_of_one_filing() {
        assert_eq!(superseded(DeliveryMode::Upsert, &[], &ROWS).await, [(1, 4)]);
        assert_eq!(superseded(DeliveryMode::Upsert, &["year"], &ROWS).await, [(1, 4)]);
        assert_eq!(superseded(DeliveryMode::Append, &[], &ROWS).await, []);
    }
}
