//! Quarantine: every row that was set aside, with file, line, rule and reason, in one restricted dataset a release.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use crate::engine::{DatasetWriter, WriteOptions};
use crate::foundation::{Fingerprinter, Zone, sql_name, sql_text};
use crate::pipeline::error::PipelineError;
use crate::pipeline::ground::Ground;
use crate::pipeline::identify::Identified;
use crate::pipeline::set_aside;

/// Where the quarantine of the current release lies below the output folder.
pub const FOLDER: &str = "restricted/quarantine";

/// Quarantined rows: where they stood, which rule they broke, and the row itself, which is why this is restricted.
#[must_use]
pub fn schema() -> SchemaRef {
    let text = |name: &str| Field::new(name, DataType::Utf8, false);
    Arc::new(Schema::new(vec![
        text("source"),
        text("file"),
        Field::new("line", DataType::Int64, false),
        text("column_name"),
        text("rule"),
        text("reason"),
        text("raw"),
    ]))
}

/// Gathers the quarantined rows of all files under the release's name.
pub async fn keep(ground: &Ground<'_>, identified: &[Identified], release: &str) -> Result<(), PipelineError> {
    let engine = &ground.runner.engine;
    let mut union = Vec::new();
    for (source, all) in &ground.accepted {
        for one in all {
            let table = format!("quarantine {source} {}", one.delivery.sequence);
            engine.register_folder(&table, &set_aside::beside(&one.rows.place)).await?;
            union.push(format!(
                "SELECT {} AS source, {} AS file, line, column_name, rule, reason, raw FROM {}",
                sql_text(source),
                sql_text(&one.delivery.file),
                sql_name(&table)
            ));
        }
    }
    for one in identified {
        let table = format!("rejected {}", one.source);
        engine.register_folder(&table, &one.rejected.place).await?;
        for accepted in ground.accepted.get(&one.source).map(Vec::as_slice).unwrap_or_default() {
            union.push(format!(
                "SELECT {} AS source, {} AS file, line, '' AS column_name, rule, reason, '' AS raw FROM {} WHERE sequence = {}",
                sql_text(&one.source),
                sql_text(&accepted.delivery.file),
                sql_name(&table),
                accepted.delivery.sequence
            ));
        }
    }
    let place = ground.runner.root.join(&format!("{FOLDER}/{release}"));
    let mut writer =
        DatasetWriter::create(&place, schema(), &WriteOptions { no_statistics: true, ..WriteOptions::default() })
            .await?;
    let sql = format!("{} ORDER BY source, file, line, rule, column_name", union.join(" UNION ALL "));
    writer.write_stream("quarantine", engine.stream("quarantine", &sql).await?).await?;
    let fingerprint = Fingerprinter::new("quarantine/1").with("release", release).finish();
    writer.finish("quarantine", fingerprint.as_str(), Zone::Restricted, serde_json::Map::new()).await?;
    Ok(())
}
