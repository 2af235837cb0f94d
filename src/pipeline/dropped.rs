//! What no longer counts of a source: rows that later deliveries replaced, and rows that break a rule over all rows.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array, RecordBatch};
use arrow::compute::filter_record_batch;
use arrow::datatypes::{DataType, Field, Int64Type, Schema};
use futures::StreamExt;

use crate::contract::Counts;
use crate::contract::gate;
use crate::contract::spec::{DeliveryMode, UniqueSpec};
use crate::contract::whole::{reference_sql, unique_sql};
use crate::engine::repeats::{Repeats, RowHash};
use crate::engine::{Engine, EngineError};
use crate::foundation::{Located, OnFail, sql_name};
use crate::pipeline::current::{Dropped, DroppedRows, rows_of, shrink_sql, superseded_sql};
use crate::pipeline::deliveries::Accepted;
use crate::pipeline::error::PipelineError;
use crate::pipeline::ground::Ground;
use crate::pipeline::spec::ContractDocument;
use crate::pipeline::tables;

/// What orders the rows of a source totally.
pub const PLACE: [&str; 2] = ["delivery_seq", "line"];

/// Rows that may repeat are compared in memory up to so many; beyond that the engine reads all rows again, and spills.
const MOST_IN_MEMORY: usize = 1 << 20;

/// What checking the rows of a source as a whole comes to.
#[derive(Debug, Default)]
pub struct Checked {
    /// The rows that no longer count.
    pub dropped: DroppedRows,
    /// How many rows broke each rule, whatever the rule does with them.
    pub by_rule: BTreeMap<String, u64>,
}

/// The name under which the accepted rows of a delivery are a table.
#[must_use]
pub fn accepted_table(source: &str, one: &Accepted) -> String {
    format!("accepted {source} {}", one.delivery.sequence)
}

/// Finds the rows of a source that no longer count. More rows against a rule than it tolerates refuse the source.
pub async fn check(
    ground: &Ground<'_>,
    source: &str,
    contract: &ContractDocument,
    accepted: &[Accepted],
) -> Result<Checked, PipelineError> {
    // An optional source of which nothing has come has no rows to check.
    if accepted.is_empty() {
        return Ok(Checked::default());
    }
    let engine = &ground.runner.engine;
    let all = all_view(ground, source, accepted).await?;
    let rows = usize::try_from(accepted.iter().map(|one| one.rows.meta.rows).sum::<u64>()).unwrap_or(0);
    let what = |part: &str| format!("{source}: {part}");
    let sent = ground.project.pipeline.sources[source].tokenized;
    let mut found = Checked::default();
    if accepted.len() > 1 {
        shrinkage(ground, source, contract, &all).await?;
        // A tokenised row's natural key is named by its reference alone.
        let own: Vec<&str> = contract.grain.iter().map(|g| g.as_str()).collect();
        let grain = if sent { vec![tables::RECORD_REF] } else { own };
        let scope: Vec<&str> = contract.delivery.scope.iter().map(|s| s.as_str()).collect();
        // A row that an upsert replaces stands at least twice; a snapshot replaces rows by their scope alone.
        let table = match contract.delivery.mode {
            DeliveryMode::Upsert if !grain.is_empty() => {
                repeated(engine, &all, &format!("{all}: grain"), &grain, &scope, rows, RowHash::default()).await?
            }
            _ => Some(all.clone()),
        };
        let sql = table.as_ref().and_then(|table| superseded_sql(table, &contract.delivery, &grain));
        if let Some(sql) = sql {
            let gone = rows_of(engine, &what("replaced rows"), &sql).await?;
            found.dropped.extend(gone.into_iter().map(|place| (place, Dropped::Superseded)));
        }
        forget(engine, table, &all)?;
    }
    let replaced: Vec<(i64, i64)> = found.dropped.keys().copied().collect();
    for unique in unique_checks(contract, sent) {
        let columns: Vec<&str> = unique.columns.iter().map(|c| c.as_str()).collect();
        let name = format!("{all}: {}", *unique.id);
        let only: Vec<&str> = unique.only.iter().map(|only| only.as_str()).collect();
        let places = match repeated(engine, &all, &name, &columns, &only, rows, RowHash::default()).await? {
            None => Vec::new(),
            Some(table) => {
                let current = without(engine, source, &table, &replaced).await?;
                let places = rows_of(engine, &what(&unique.id), &unique_sql(&current, &unique, &PLACE)).await?;
                forget(engine, Some(table), &all)?;
                places
            }
        };
        found.take(&unique.id, &unique.says, unique.on_fail, places);
    }
    for reference in contract.references.iter().filter(|r| !sent || r.columns.iter().all(|c| travels(contract, c))) {
        let target = ground.reference_table(&reference.to);
        let sql = reference_sql(&all, reference, &target, &PLACE);
        let mut places = rows_of(engine, &what(&reference.id), &sql).await?;
        places.retain(|place| replaced.binary_search(place).is_err());
        found.take(&reference.id, &reference.says, reference.on_fail, places);
    }
    let counts = Counts { rows: rows as u64, by_rule: found.by_rule.clone(), ..Counts::default() };
    let tolerances = gate::tolerances(&[], &contract.unique, &contract.references);
    let findings: Vec<String> = gate::exceeded(&tolerances, &counts).iter().map(ToString::to_string).collect();
    if findings.is_empty() {
        return Ok(found);
    }
    let file = format!("its {rows} accepted rows together");
    Err(PipelineError::ContractBroken { source_name: source.to_owned(), file, findings, rejects: None })
}

impl Checked {
    /// Counts the rows that break a rule, and drops them unless it only warns. A row that another rule dropped is not dropped twice.
    fn take(&mut self, rule: &str, says: &str, on_fail: OnFail, places: Vec<(i64, i64)>) {
        let mut broken = 0;
        for place in places {
            if on_fail == OnFail::Warn {
                broken += 1;
            } else if let std::collections::btree_map::Entry::Vacant(slot) = self.dropped.entry(place) {
                slot.insert(Dropped::Rejected { rule: rule.to_owned(), says: says.to_owned() });
                broken += 1;
            }
        }
        self.by_rule.insert(rule.to_owned(), broken);
    }
}

/// All accepted rows of a source as one table, each with the sequence of its delivery.
async fn all_view(ground: &Ground<'_>, source: &str, accepted: &[Accepted]) -> Result<String, PipelineError> {
    let engine = &ground.runner.engine;
    let mut union = Vec::new();
    for one in accepted {
        let table = accepted_table(source, one);
        engine.register_folder(&table, &one.rows.place).await?;
        ground.runner.serial.register_folder(&table, &one.rows.place).await?;
        union.push(format!(
            "SELECT *, CAST({} AS BIGINT) AS delivery_seq FROM {}",
            one.delivery.sequence,
            sql_name(&table)
        ));
    }
    let all = format!("all {source}");
    let sql = format!("CREATE OR REPLACE VIEW {} AS {}", sql_name(&all), union.join(" UNION ALL "));
    engine.collect(&format!("{source}: all deliveries"), &sql).await?;
    Ok(all)
}

fn travels(contract: &ContractDocument, name: &str) -> bool {
    contract.columns.iter().any(|c| *c.name == name && tables::travels(c))
}

/// The unique rules of a contract. One over columns that stayed with the agency holds over the reference made from them, where they are
/// the natural key.
fn unique_checks(contract: &ContractDocument, sent: bool) -> Vec<UniqueSpec> {
    let here = |columns: &[Located<String>]| !sent || columns.iter().all(|c| travels(contract, c));
    let checks = contract.unique.iter().filter_map(|u| match here(&u.columns) {
        true => Some(u.clone()),
        false if u.columns == contract.grain => {
            Some(UniqueSpec { columns: vec![Located::nowhere(tables::RECORD_REF.to_owned())], ..u.clone() })
        }
        false => None,
    });
    checks.collect()
}

/// The rows of `table` whose `key` may stand more than once, as a table `name` of the key, the columns `beside` it, and the place.
///
/// `None` where every key stands once; the whole table's name where too many may repeat.
async fn repeated(
    engine: &Engine,
    table: &str,
    name: &str,
    key: &[&str],
    beside: &[&str],
    rows: usize,
    hash: RowHash,
) -> Result<Option<String>, PipelineError> {
    let list = |names: &[&str]| names.iter().map(|n| sql_name(n)).collect::<Vec<_>>().join(", ");
    let mut repeats = Repeats::new(hash, rows);
    let mut stream = engine.stream(name, &format!("SELECT {} FROM {}", list(key), sql_name(table))).await?;
    while let Some(batch) = stream.next().await {
        repeats.add(batch.map_err(EngineError::sql(name))?.columns())?;
    }
    let found = repeats.found();
    if found.is_empty() {
        return Ok(None);
    }
    let others = beside.iter().chain(&PLACE).filter(|column| !key.contains(column)).copied();
    let columns: Vec<&str> = key.iter().copied().chain(others).collect();
    let mut kept: Vec<RecordBatch> = Vec::new();
    let mut count = 0;
    let mut stream = engine.stream(name, &format!("SELECT {} FROM {}", list(&columns), sql_name(table))).await?;
    let schema = stream.schema();
    while let Some(batch) = stream.next().await {
        let batch = batch.map_err(EngineError::sql(name))?;
        let among = found.among(&batch.columns()[..key.len()])?;
        if among.true_count() == 0 {
            continue;
        }
        count += among.true_count();
        if count > MOST_IN_MEMORY {
            return Ok(Some(table.to_owned()));
        }
        kept.push(owned(&filter_record_batch(&batch, &among).map_err(EngineError::arrow(name))?)?);
    }
    engine.register_batches(name, schema, kept)?;
    Ok(Some(name.to_owned()))
}

/// Gives back the memory of a table that [`repeated`] made; the table of all rows stays.
fn forget(engine: &Engine, table: Option<String>, all: &str) -> Result<(), EngineError> {
    match table {
        Some(made) if made != all => engine.drop_table(&made),
        _ => Ok(()),
    }
}

/// The same rows without the buffers of the batch that they were taken from.
fn owned(batch: &RecordBatch) -> Result<RecordBatch, EngineError> {
    let columns = batch.columns().iter().map(|column| -> ArrayRef {
        match column.as_string_view_opt() {
            Some(views) => Arc::new(views.gc()),
            None => Arc::clone(column),
        }
    });
    RecordBatch::try_new(batch.schema(), columns.collect()).map_err(EngineError::arrow("repeated rows"))
}

/// The SQL of a source's rows that still count.
pub async fn current_sql(ground: &Ground<'_>, source: &str, dropped: &DroppedRows) -> Result<String, PipelineError> {
    let places: Vec<(i64, i64)> = dropped.keys().copied().collect();
    let table = without(&ground.runner.engine, source, &format!("all {source}"), &places).await?;
    Ok(format!("SELECT * FROM {}", sql_name(&table)))
}

/// The table without the rows at some places; itself where there are none.
async fn without(engine: &Engine, source: &str, table: &str, places: &[(i64, i64)]) -> Result<String, PipelineError> {
    if places.is_empty() {
        return Ok(table.to_owned());
    }
    let gone = format!("replaced {source}");
    let fields = ["seq", "at"].map(|n| Field::new(n, DataType::Int64, false));
    let schema = Arc::new(Schema::new(fields.to_vec()));
    let column = |of: fn(&(i64, i64)) -> i64| Arc::new(Int64Array::from_iter_values(places.iter().map(of))) as ArrayRef;
    let batch = RecordBatch::try_new(Arc::clone(&schema), vec![column(|k| k.0), column(|k| k.1)]);
    engine.register_batches(&gone, schema, vec![batch.map_err(EngineError::arrow("replaced rows"))?])?;
    let current = format!("current {source}");
    let sql = format!(
        "CREATE OR REPLACE VIEW {} AS SELECT a.* FROM {} a LEFT ANTI JOIN {} g ON a.delivery_seq = g.seq AND a.line = g.at",
        sql_name(&current),
        sql_name(table),
        sql_name(&gone)
    );
    engine.collect(&current, &sql).await?;
    Ok(current)
}

/// Refuses a snapshot that holds far fewer rows than the one it replaces.
async fn shrinkage(
    ground: &Ground<'_>,
    source: &str,
    contract: &ContractDocument,
    all: &str,
) -> Result<(), PipelineError> {
    let Some(sql) = shrink_sql(all, &contract.delivery) else { return Ok(()) };
    for batch in ground.runner.engine.collect(&format!("{source}: shrinkage"), &sql).await? {
        let number = |i: usize, row: usize| {
            let column = arrow::compute::cast(batch.column(i), &DataType::Int64);
            column.map(|c| c.as_primitive::<Int64Type>().value(row)).map_err(EngineError::arrow("shrinkage"))
        };
        for row in 0..batch.num_rows() {
            let (sequence, now, before) = (number(0, row)?, number(2, row)?, number(3, row)?);
            let (now, before) = (now.unsigned_abs(), before.unsigned_abs());
            let finding = gate::shrank(&contract.delivery, before, now);
            if let Some(finding) = finding {
                return Err(PipelineError::ContractBroken {
                    source_name: source.to_owned(),
                    file: ground.delivery_file(sequence.unsigned_abs()),
                    findings: vec![finding.to_string()],
                    rejects: None,
                });
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use arrow::array::StringArray;
    use proptest::prelude::*;

    use super::*;
    use crate::contract::spec::DeliverySpec;
    use crate::engine::Limits;

    type Row = (Option<i64>, Option<String>, i64);

    fn row() -> impl Strategy<Value = Row> {
        let id = proptest::option::weighted(0.8, 0..5_i64);
        (id, proptest::option::weighted(0.8, prop::sample::select(vec!["a".to_owned(), "b".to_owned()])), 1..4_i64)
    }

    fn engine(rows: &[Row]) -> Engine {
        let engine = Engine::new(Limits::default()).unwrap();
        let schema = Arc::new(Schema::new(vec![
            Field::new("id", DataType::Int64, true),
            Field::new("year", DataType::Utf8, true),
            Field::new("delivery_seq", DataType::Int64, false),
            Field::new("line", DataType::Int64, false),
        ]));
        let columns: Vec<ArrayRef> = vec![
            Arc::new(rows.iter().map(|r| r.0).collect::<Int64Array>()),
            Arc::new(rows.iter().map(|r| r.1.clone()).collect::<StringArray>()),
            Arc::new(rows.iter().map(|r| r.2).collect::<Int64Array>()),
            Arc::new((0..).take(rows.len()).collect::<Int64Array>()),
        ];
        let batch = RecordBatch::try_new(Arc::clone(&schema), columns).unwrap();
        let cut = rows.len() / 2;
        let parts = vec![batch.slice(0, cut), batch.slice(cut, rows.len() - cut)];
        engine.register_batches("t", schema, parts).unwrap();
        engine
    }

    fn located(names: &[&str]) -> Vec<Located<String>> {
        names.iter().map(|n| Located::nowhere((*n).to_owned())).collect()
    }

    fn unique() -> UniqueSpec {
        UniqueSpec {
            id: Located::nowhere("U".to_owned()),
            columns: located(&["id", "year"]),
            on_fail: OnFail::RejectRow,
            says: String::new(),
            only: None,
            tolerance: None,
        }
    }

    /// The rows found among those whose hash repeats, and those found among all.
    async fn both(rows: &[Row], bits: u32, scope: &[&str]) -> [[Vec<(i64, i64)>; 2]; 2] {
        let engine = engine(rows);
        let key = ["id", "year"];
        let delivery = DeliverySpec { mode: DeliveryMode::Upsert, scope: located(scope), max_shrink: None };
        let few = repeated(&engine, "t", "few", &key, scope, rows.len(), RowHash::of_bits(bits)).await.unwrap();
        let mut out = Vec::new();
        for table in [Some("t".to_owned()), few] {
            let Some(table) = table else {
                out.push([Vec::new(), Vec::new()]);
                continue;
            };
            let mut replaced = rows_of(&engine, "t", &superseded_sql(&table, &delivery, &key).unwrap()).await.unwrap();
            replaced.sort_unstable();
            let twice = rows_of(&engine, "t", &unique_sql(&table, &unique(), &PLACE)).await.unwrap();
            out.push([replaced, twice]);
        }
        out.try_into().unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn asking_only_rows_whose_hash_repeats_finds_the_same_rows(
            rows in prop::collection::vec(row(), 1..24),
            bits in prop::sample::select(vec![0, 1, 3, 64]),
            scoped in any::<bool>(),
        ) {
            let scope: &[&str] = if scoped { &["year"] } else { &[] };
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let [whole, few] = runtime.block_on(both(&rows, bits, scope));
            prop_assert_eq!(whole, few);
        }
    }

    #[tokio::test]
    async fn rows_that_repeat_are_found_and_no_table_is_made_where_none_does() {
        let text = |t: &str| Some(t.to_owned());
        let rows: [Row; 4] =
            [(Some(1), text("a"), 1), (Some(1), text("a"), 2), (None, text("a"), 1), (None, text("a"), 2)];
        let [whole, few] = both(&rows, 64, &["year"]).await;
        // A null is no value that could stand twice, but a later row without it replaces an earlier one.
        assert_eq!(few, [vec![(1, 0), (1, 2)], vec![(2, 1)]]);
        assert_eq!(whole, few);
        let engine = engine(&rows[1..3]);
        let none = repeated(&engine, "t", "few", &["id", "year"], &[], 2, RowHash::default()).await.unwrap();
        assert_eq!(none, None);
    }
}
