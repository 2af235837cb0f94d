//! The token table of a run: every source's tokens, read a column at a time, so that linking holds numbers and never the tokens themselves.

use std::collections::BTreeMap;

use arrow::array::RecordBatch;
use futures::StreamExt;

use crate::engine::{Dataset, Engine, EngineError};
use crate::foundation::sql_name;
use crate::linkage::reading::{FIRST, FirstPass, NEAR, TokenCounts};
use crate::linkage::{LinkageError, Reading, Rules, TokenTable};
use crate::pipeline::error::PipelineError;
use crate::pipeline::ground::Ground;
use crate::pipeline::side_by_side::side_by_side;

/// Reads the tokens of all sources, which stay in one order throughout: source after source, rows as they lie.
pub async fn token_table(
    ground: &Ground<'_>,
    all: &[Dataset],
    rules: &Rules,
    counted: BTreeMap<String, TokenCounts>,
) -> Result<TokenTable, PipelineError> {
    let engine = &ground.runner.serial;
    let mut tables = Vec::with_capacity(all.len());
    for (i, tokens) in all.iter().enumerate() {
        let table = format!("tokens {i}");
        engine.register_folder(&table, &tokens.place).await?;
        tables.push(table);
    }
    let mut rows = FirstPass::default();
    each(engine, &tables, &FIRST, |batch| rows.push(batch)).await?;
    let mut reading = Reading::new(rows, rules).map_err(PipelineError::bug)?.counting(counted);
    let threads = ground.runner.engine.limits().threads;
    let read = side_by_side(threads, &reading.groups(), async |group| {
        let mut numbered = reading.column_group(group);
        for &column in group {
            each(engine, &tables, &[&rules.columns()[column]], |batch| numbered.push(column, batch)).await?;
        }
        Ok(numbered.finish())
    })?;
    for numbered in read {
        reading.take(numbered);
    }
    each(engine, &tables, &[NEAR], |batch| reading.near(batch)).await?;
    Ok(reading.finish())
}

/// Hands every batch of some columns on, in the order of tables and rows.
async fn each(
    engine: &Engine,
    tables: &[String],
    columns: &[&str],
    mut take: impl FnMut(&RecordBatch) -> Result<(), LinkageError>,
) -> Result<(), PipelineError> {
    let columns = columns.iter().map(|c| sql_name(c)).collect::<Vec<_>>().join(", ");
    for table in tables {
        let mut rows = engine.stream(table, &format!("SELECT {columns} FROM {}", sql_name(table))).await?;
        while let Some(batch) = rows.next().await {
            take(&batch.map_err(EngineError::sql(table.as_str()))?).map_err(PipelineError::bug)?;
        }
    }
    Ok(())
}
