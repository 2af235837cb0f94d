//! Own ids: the ids by which organisations know their learners, with the person whom linkage found behind each. Restricted; the one way by
//! which a mart of the local zone names a learner, and only to the organisation that gave the id.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema};

use crate::engine::Dataset;
use crate::foundation::{Zone, sql_name};
use crate::pipeline::derive::{Job, derive};
use crate::pipeline::error::PipelineError;
use crate::pipeline::ground::Ground;
use crate::pipeline::identify::Identified;
use crate::pipeline::organizations::{Organizations, TODAY};
use crate::pipeline::tables::OWN_IDS;

/// Makes the table: a row for each person, organisation and id that stand in a source's identity records.
pub async fn own_ids(
    ground: &Ground<'_>,
    identified: &[Identified],
    crosswalk: &Dataset,
    organizations: Option<&Organizations>,
) -> Result<Dataset, PipelineError> {
    let engine = &ground.runner.engine;
    let mut inputs = BTreeMap::from([("crosswalk".to_owned(), crosswalk.content())]);
    engine.register_folder("crosswalk", &crosswalk.place).await?;
    let mut records = Vec::new();
    for one in identified {
        let Some(identities) = &one.identities else { continue };
        let table = format!("identities {}", one.source);
        engine.register_folder(&table, &identities.place).await?;
        records.push(format!(
            "SELECT identity_ref, local_id_issuer AS organization, local_id FROM {} WHERE local_id IS NOT NULL AND local_id_issuer IS NOT NULL",
            sql_name(&table)
        ));
        inputs.insert(table, identities.content());
    }
    // Who took over an organisation has its learners' ids too.
    let (organization, today) = match organizations {
        Some(today) => {
            today.register(ground)?;
            inputs.insert(TODAY.to_owned(), today.fingerprint().to_string());
            (
                "COALESCE(o.current_id, r.organization)",
                format!("\nLEFT JOIN {} AS o ON o.org_id = r.organization", sql_name(TODAY)),
            )
        }
        None => ("r.organization", String::new()),
    };
    let sql = format!(
        "SELECT DISTINCT {organization} AS organization, c.person_id, r.local_id\nFROM (\n{}\n) AS r\nJOIN crosswalk AS c ON c.identity_ref = r.identity_ref{today}",
        records.join("\nUNION ALL ")
    );
    let key = ["organization", "person_id", "local_id"].map(str::to_owned);
    let schema = Arc::new(Schema::new(key.iter().map(|n| Field::new(n, DataType::Utf8, false)).collect::<Vec<_>>()));
    let reads: Vec<String> = inputs.keys().cloned().collect();
    let zone = Zone::Restricted;
    let job = Job { kind: "own", name: OWN_IDS, zone, sql: &sql, schema, key: &key, reads: &reads, divided_by: None };
    let made = derive(ground, &job, &inputs).await?;
    for table in inputs.keys() {
        engine.drop_table(table)?;
    }
    Ok(made)
}
