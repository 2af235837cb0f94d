//! What is released: the tables of the current release, opened for questions.

use indexmap::IndexMap;

use crate::engine::{Engine, Place};
use crate::pipeline::error::PipelineError;
use crate::pipeline::quarantine;
use crate::publish::manifest::TableEntry;
use crate::publish::staging::MANIFEST;
use crate::publish::{Manifest, Pointer};

/// One table that can be asked.
#[derive(Clone, Debug)]
pub struct ReleasedTable {
    /// Its name in SQL.
    pub name: String,
    /// Its zone.
    pub zone: String,
    /// Its rows.
    pub rows: u64,
    /// Its columns.
    pub columns: Vec<String>,
}

/// Registers every table of the current release, the dictionary, and the quarantine without the rows themselves.
pub async fn open(engine: &Engine, root: &Place) -> Result<Vec<ReleasedTable>, PipelineError> {
    let Some(pointer) = Pointer::read(root).await? else {
        return Err(PipelineError::NotThere { what: vec![format!("a release in {root}: run a pipeline first")] });
    };
    let home = root.join(&format!("releases/{}", pointer.release));
    let bytes = home.join(MANIFEST).read().await?;
    let damaged =
        |e: serde_json::Error| PipelineError::Damaged { place: home.join(MANIFEST).to_string(), reason: e.to_string() };
    let manifest: Manifest = serde_json::from_slice(&bytes).map_err(damaged)?;
    let mut tables = Vec::new();
    // A table that is divided among organisations is one to those who may see all of it.
    let mut divided: IndexMap<&str, Vec<&TableEntry>> = IndexMap::new();
    for entry in &manifest.tables {
        divided.entry(&entry.table).or_default().push(entry);
    }
    for (name, entries) in divided {
        let folders: Vec<Place> = entries.iter().map(|entry| home.join(&entry.path)).collect();
        engine.register_folders(name, &folders).await?;
        tables.push((name.to_owned(), entries[0].zone.clone(), Some(entries.iter().map(|entry| entry.rows).sum())));
    }
    for name in ["dictionary", "valuelabels"] {
        engine.register_file(name, &home.join(&format!("{name}.parquet"))).await?;
        tables.push((name.to_owned(), "none".to_owned(), None));
    }
    let folder = root.join(&format!("{}/{}", quarantine::FOLDER, pointer.release));
    engine.register_folder("quarantined rows", &folder).await?;
    let sql =
        "CREATE VIEW quarantine AS SELECT source, file, line, column_name, rule, reason FROM \"quarantined rows\"";
    engine.collect("quarantine", sql).await?;
    tables.push(("quarantine".to_owned(), "restricted".to_owned(), None));
    let mut all = Vec::new();
    for (name, zone, rows) in tables {
        let rows = match rows {
            Some(rows) => rows,
            None => count(engine, &name).await?,
        };
        let plan = engine.plan(&name, &format!("SELECT * FROM {name}")).await?;
        let columns = plan.schema().fields().iter().map(|f| f.name().clone()).collect();
        all.push(ReleasedTable { name, zone, rows, columns });
    }
    Ok(all)
}

async fn count(engine: &Engine, table: &str) -> Result<u64, PipelineError> {
    use arrow::array::AsArray;
    use arrow::datatypes::Int64Type;
    let rows = engine.collect(table, &format!("SELECT COUNT(*) FROM {table}")).await?;
    Ok(rows.first().map_or(0, |b| b.column(0).as_primitive::<Int64Type>().value(0).unsigned_abs()))
}
