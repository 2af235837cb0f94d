//! How the run makes a mart: rows counted into cells; or one row a person under research ids, or under an organisation's own.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema};
use futures::StreamExt as _;

use crate::engine::predicate::Predicate;
use crate::engine::write::conform;
use crate::engine::{Dataset, EngineError};
use crate::foundation::{Zone, sql_name};
use crate::marts::cells::Refused;
use crate::marts::{Breach, Counted, Counting, Identities, cells};
use crate::pipeline::derive::{Job, ahead, derive, derive_from};
use crate::pipeline::error::PipelineError;
use crate::pipeline::ground::Ground;
use crate::pipeline::mart::{Mart, local_sql, person_sql};
use crate::pipeline::tables::OWN_IDS;
use crate::rules::RuleTable;

/// Makes a mart.
pub async fn make_mart(
    ground: &Ground<'_>,
    mart: &Mart,
    inputs: &BTreeMap<String, String>,
) -> Result<Dataset, PipelineError> {
    let reads = mart.reads()?;
    if mart.spec.is_over_marts() {
        let sql = crate::marts::persons::over_marts_sql(&mart.spec, &mart.sql, &refused(ground, mart, &reads));
        let made = publish(ground, mart, &sql, &reads, inputs).await?;
        identities(ground, mart).await?;
        return Ok(made);
    }
    if mart.zone() == Zone::Local {
        let reads: Vec<String> = reads.into_iter().chain([OWN_IDS.to_owned()]).collect();
        return publish(ground, mart, &local_sql(mart), &reads, inputs).await;
    }
    if !mart.spec.is_cells() {
        let sql = person_sql(mart);
        let mut inputs = inputs.clone();
        inputs.insert(
            "research key".to_owned(),
            format!("{} {}", *ground.project.pipeline.research.project, ground.keys.id()),
        );
        let reads: Vec<String> = reads.into_iter().chain(["research key".to_owned()]).collect();
        return publish(ground, mart, &sql, &reads, &inputs).await;
    }
    let refused = refused(ground, mart, &reads);
    let mut inputs = inputs.clone();
    inputs.insert("base of cells".to_owned(), mart.sql.clone());
    let reads: Vec<String> = reads.into_iter().chain(["base of cells".to_owned()]).collect();
    // What a cell is, the queries say, whoever counts it.
    let (queries, key) = (cells::union_sql(&mart.spec, "base", &refused), mart.primary_key());
    let (zone, name, schema) = (mart.zone(), mart.name(), mart.schema());
    let job = Job { kind: "mart", name, zone, sql: &queries, schema, key: &key, reads: &reads, divided_by: None };
    let made = derive_from(ground, &job, &inputs, async || count(ground, mart, &refused).await).await?;
    for table in [cells_of(mart), base_of(mart)] {
        ground.runner.engine.drop_table(&table)?;
    }
    identities(ground, mart).await?;
    Ok(made)
}

/// The tables in memory of which a mart of cells is made. No document can name them.
fn cells_of(mart: &Mart) -> String {
    format!("cells of {}", mart.name())
}

fn base_of(mart: &Mart) -> String {
    format!("base of {}", mart.name())
}

/// Counts the cells of a mart; the query that publishes them. They are counted in memory, or by the queries that say the same where numbers do
/// not fit their places there.
async fn count(ground: &Ground<'_>, mart: &Mart, refused: &Refused) -> Result<String, PipelineError> {
    let fault = || EngineError::arrow(format!("counting `{}`", mart.name()));
    let engine = &ground.runner.engine;
    let mut counting = Counting::new(&mart.spec);
    let mut rows = ahead(engine.stream(mart.name(), &mart.sql).await?);
    while let Some(batch) = rows.recv().await {
        counting.push(&batch.map_err(EngineError::sql(mart.name()))?).map_err(fault())?;
    }
    match counting.finish().map_err(fault())? {
        Counted::Cells(cells) => {
            let table = cells_of(mart);
            engine.register_batches(&table, cells.schema(), vec![cells])?;
            Ok(cells::published_sql(&mart.spec, &sql_name(&table), refused))
        }
        Counted::Torn { dimension, persons } => Err(torn(mart, &dimension, persons)),
        Counted::TooWide => by_queries(ground, mart, refused).await,
    }
}

/// Makes the base of a mart a table and gives the queries over it.
async fn by_queries(ground: &Ground<'_>, mart: &Mart, refused: &Refused) -> Result<String, PipelineError> {
    let base = base_of(mart);
    let engine = &ground.runner.engine;
    let plan = engine.plan(mart.name(), &mart.sql).await?;
    let at_rest = |f: &Field| {
        let kind = if *f.data_type() == DataType::Utf8View { DataType::Utf8 } else { f.data_type().clone() };
        Field::new(f.name(), kind, true)
    };
    let schema = Arc::new(Schema::new(plan.schema().fields().iter().map(|f| at_rest(f)).collect::<Vec<_>>()));
    let rows = engine.collect(&base, &mart.sql).await?;
    let rows = rows.iter().map(|batch| conform(batch, &schema)).collect::<Result<Vec<_>, _>>()?;
    engine.register_batches(&base, schema, rows)?;
    memberships(ground, mart, &base).await?;
    Ok(cells::union_sql(&mart.spec, &sql_name(&base), refused))
}

fn torn(mart: &Mart, dimension: &str, persons: u64) -> PipelineError {
    let name = mart.name();
    PipelineError::Gate(format!(
        "mart `{name}`: {persons} persons have several values of `{dimension}`, which declares `membership: one`"
    ))
}

/// How many rows were refused in the sources on which tables rest, and on which each rule among these does.
fn refused(ground: &Ground<'_>, mart: &Mart, reads: &[String]) -> Refused {
    let rules = crate::rules::tables(&ground.project.rules).unwrap_or_default();
    let everything = behind(ground, &rules, reads);
    let all = refused_in(ground, &everything);
    let mut of_rule = BTreeMap::new();
    for table in rules.iter().filter(|table| everything.contains(table.name)) {
        let own = behind(ground, &rules, &[table.name.to_owned()]);
        // A rule that holds but constants reads nothing that could be refused, and one that a mart over marts reads itself knows no person: the rows that
        // they measure come from elsewhere.
        let measures = !mart.spec.is_over_marts() || !reads.iter().any(|read| read == table.name);
        let reads_sources = measures && own.iter().any(|name| ground.accepted.contains_key(name));
        let rows = refused_in(ground, &own);
        if reads_sources && rows != all {
            of_rule.extend(table.versions.iter().map(|rule| (rule.spec.id.value.clone(), rows)));
        }
    }
    Refused { all, of_rule }
}

/// Everything on which tables rest, themselves among it: through whatever rules and marts.
fn behind(ground: &Ground<'_>, rules: &[RuleTable<'_>], reads: &[String]) -> BTreeSet<String> {
    let (mut todo, mut seen) = (reads.to_vec(), BTreeSet::new());
    while let Some(name) = todo.pop() {
        if !seen.insert(name.clone()) {
            continue;
        }
        if let Some(table) = rules.iter().find(|table| table.name == name) {
            todo.extend(table.reads().unwrap_or_default());
        }
        if let Some(mart) = ground.project.marts.iter().find(|mart| mart.name() == name) {
            todo.extend(mart.reads().unwrap_or_default());
        }
    }
    seen
}

fn refused_in(ground: &Ground<'_>, tables: &BTreeSet<String>) -> u64 {
    let accepted = tables.iter().filter_map(|name| ground.accepted.get(name)).flatten();
    let facts = accepted.map(|accepted| accepted.rows.meta.facts.get("quarantined"));
    facts.filter_map(|rows| rows.and_then(serde_json::Value::as_u64)).sum()
}

/// Makes the mart itself, with its declared columns, by its primary key.
async fn publish(
    ground: &Ground<'_>,
    mart: &Mart,
    sql: &str,
    reads: &[String],
    inputs: &BTreeMap<String, String>,
) -> Result<Dataset, PipelineError> {
    let (zone, schema, key) = (mart.zone(), mart.schema(), mart.primary_key());
    let divided_by = mart.spec.id.as_ref().and_then(|id| id.of.as_ref()).map(|of| of.as_str());
    let job = Job { kind: "mart", name: mart.name(), zone, sql, schema, key: &key, reads, divided_by };
    derive(ground, &job, inputs).await
}

/// Tests what must hold between the cells of a mart, and in each of them. Found in the store or made now: what was once refused is there too.
async fn identities(ground: &Ground<'_>, mart: &Mart) -> Result<(), PipelineError> {
    let serial = &ground.runner.serial;
    let declared =
        mart.spec.identities.iter().map(|identity| Predicate::compile(serial, &identity.expect, &mart.schema()));
    let declared = declared.collect::<Result<Vec<_>, _>>()?;
    let mut broken = vec![0_u64; declared.len()];
    let mut between = Identities::new(&mart.spec);
    let mut rows =
        ground.runner.engine.stream(mart.name(), &format!("SELECT * FROM {}", sql_name(mart.name()))).await?;
    while let Some(batch) = rows.next().await {
        let batch = batch.map_err(EngineError::sql(mart.name()))?;
        if mart.spec.is_cells() {
            between.push(&batch).map_err(PipelineError::bug)?;
        }
        let batch = conform(&batch, &mart.schema())?;
        for (broken, predicate) in broken.iter_mut().zip(&declared) {
            let holds = predicate.evaluate(&batch)?;
            *broken += (batch.num_rows() - holds.true_count()) as u64;
        }
    }
    let of_rows = mart.spec.identities.iter().zip(broken).filter(|(_, cells)| *cells > 0);
    let of_rows =
        of_rows.map(|(identity, cells)| Breach { says: identity.says.clone(), cells, rules: identity.rules.clone() });
    let Some(breach) = between.breaches().into_iter().chain(of_rows).next() else { return Ok(()) };
    let rules = if breach.rules.is_empty() { String::new() } else { format!(" (rules {})", breach.rules.join(", ")) };
    let (name, cells) = (mart.name(), breach.cells);
    Err(PipelineError::Gate(format!("mart `{name}`: in {cells} cells it does not hold that {}{rules}", breach.says)))
}

/// Tests that persons have one value of each dimension that declares it. One query tells whether all hold; only where they do not is each
/// asked for itself, so that the message names it.
async fn memberships(ground: &Ground<'_>, mart: &Mart, base: &str) -> Result<(), PipelineError> {
    let from = sql_name(base);
    let Some(all) = cells::membership_check(&mart.spec, &from) else { return Ok(()) };
    if ground.count("memberships", &all).await? == 0 {
        return Ok(());
    }
    for check in cells::membership_checks(&mart.spec, &from) {
        let persons = ground.count(&format!("membership of {}", check.dimension), &check.sql).await?;
        if persons > 0 {
            return Err(torn(mart, &check.dimension, persons.unsigned_abs()));
        }
    }
    Ok(())
}
