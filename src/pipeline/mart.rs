//! A mart with its texts, and how the run makes it: a base, the check of memberships, and cells; or one row a person under research ids.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::AsArray;
use arrow::datatypes::{DataType, Field, Int64Type, Schema, SchemaRef};
use datafusion::common::TableReference;
use datafusion::sql::parser::DFParser;
use datafusion::sql::resolve::resolve_table_references;

use crate::engine::{Dataset, EngineError};
use crate::foundation::Zone;
use crate::marts::{MartSpec, cells};
use crate::pipeline::current::quoted;
use crate::pipeline::derive::{Job, derive};
use crate::pipeline::error::PipelineError;
use crate::pipeline::ground::Ground;
use crate::pipeline::research;

/// A mart's document and its SQL.
#[derive(Clone, Debug)]
pub struct Mart {
    /// What its document says.
    pub spec: MartSpec,
    /// Its SQL.
    pub sql: String,
    /// The document's file.
    pub spec_file: PathBuf,
    /// The SQL's file.
    pub sql_file: PathBuf,
}

impl Mart {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.spec.mart
    }

    /// Where it may lie.
    #[must_use]
    pub fn zone(&self) -> Zone {
        self.spec.zone
    }

    /// The columns that name one row.
    #[must_use]
    pub fn primary_key(&self) -> Vec<String> {
        self.spec.primary_key.iter().map(|k| k.value.clone()).collect()
    }

    /// Its columns as they are published.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        crate::marts::dictionary::schema(&self.spec)
    }

    /// The tables that its SQL reads.
    pub fn reads(&self) -> Result<Vec<String>, PipelineError> {
        let mut names = Vec::new();
        for statement in DFParser::parse_sql(&self.sql).map_err(EngineError::sql(self.name()))? {
            let (tables, _) = resolve_table_references(&statement, true).map_err(EngineError::sql(self.name()))?;
            names.extend(tables.iter().map(TableReference::table).map(str::to_owned));
        }
        names.sort();
        names.dedup();
        Ok(names)
    }
}

/// Makes a mart.
pub async fn make(
    ground: &Ground<'_>,
    mart: &Mart,
    inputs: &BTreeMap<String, String>,
) -> Result<Dataset, PipelineError> {
    let key = mart.primary_key();
    let reads = mart.reads()?;
    if !mart.spec.is_cells() {
        let sql = person_sql(mart);
        let mut inputs = inputs.clone();
        inputs.insert(
            "research key".to_owned(),
            format!("{} {}", *ground.project.pipeline.research.project, ground.keys.id()),
        );
        let reads: Vec<String> = reads.into_iter().chain(["research key".to_owned()]).collect();
        let job = Job {
            kind: "mart",
            name: mart.name(),
            zone: mart.zone(),
            sql: &sql,
            schema: mart.schema(),
            key: &key,
            reads: &reads,
        };
        return derive(ground, &job, &inputs).await;
    }
    let base = format!("base of {}", mart.name());
    let engine = &ground.runner.engine;
    let plan = engine.plan(mart.name(), &mart.sql).await?;
    let at_rest = |f: &Field| {
        let kind = if *f.data_type() == DataType::Utf8View { DataType::Utf8 } else { f.data_type().clone() };
        Field::new(f.name(), kind, true)
    };
    let schema = Arc::new(Schema::new(plan.schema().fields().iter().map(|f| at_rest(f)).collect::<Vec<_>>()));
    let job = Job { kind: "base", name: &base, zone: Zone::Linked, sql: &mart.sql, schema, key: &[], reads: &reads };
    let dataset = derive(ground, &job, inputs).await?;
    memberships(ground, mart, &base).await?;
    let sql = cells::union_sql(&mart.spec, &quoted(&base));
    let inputs = BTreeMap::from([(base.clone(), dataset.meta.fingerprint.clone())]);
    let reads = [base];
    let job = Job {
        kind: "mart",
        name: mart.name(),
        zone: mart.zone(),
        sql: &sql,
        schema: mart.schema(),
        key: &key,
        reads: &reads,
    };
    derive(ground, &job, &inputs).await
}

/// Tests that persons have one value of each dimension that declares it. One query tells whether all hold; only where they do not is each
/// asked for itself, so that the message names it.
async fn memberships(ground: &Ground<'_>, mart: &Mart, base: &str) -> Result<(), PipelineError> {
    let from = quoted(base);
    let Some(all) = cells::membership_check(&mart.spec, &from) else { return Ok(()) };
    if count(ground, "memberships", &all).await? == 0 {
        return Ok(());
    }
    for check in cells::membership_checks(&mart.spec, &from) {
        let torn = count(ground, &format!("membership of {}", check.dimension), &check.sql).await?;
        if torn > 0 {
            return Err(PipelineError::Gate(format!(
                "mart `{}`: {torn} persons have several values of `{}`, which declares `membership: one`",
                mart.name(),
                check.dimension
            )));
        }
    }
    Ok(())
}

async fn count(ground: &Ground<'_>, what: &str, sql: &str) -> Result<i64, PipelineError> {
    let rows = ground.runner.engine.collect(what, sql).await?;
    Ok(rows.first().map_or(0, |b| b.column(0).as_primitive::<Int64Type>().value(0)))
}

/// The query of a person-level mart: the person under the project's id, then the declared columns in their declared types.
#[must_use]
pub fn person_sql(mart: &Mart) -> String {
    let person = quoted(&mart.spec.person);
    let published = mart.spec.id.as_ref().map_or_else(|| person.clone(), |id| quoted(&id.published));
    let id = format!("{}(arrow_cast(p.{person}, 'Utf8View')) AS {published}", research::NAME);
    let columns = mart.spec.columns.iter().map(|c| format!("p.{}", quoted(&c.name)));
    let selected: Vec<String> = std::iter::once(id).chain(columns).collect();
    format!("SELECT {}\nFROM (\n{}\n) AS p", selected.join(", "), crate::marts::persons::sql(&mart.spec, &mart.sql))
}
