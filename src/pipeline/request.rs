//! Requests: whom the Clearinghouse is asked about. SQL over the run's tables says who; their identity, which nothing but the restricted zone
//! may hold, is put beside it here, and the file lies in the restricted zone until somebody sends it.

use std::collections::BTreeMap;

use futures::StreamExt as _;

use crate::clearinghouse::{self, FEWEST, IDENTITY, RequestFile};
use crate::engine::{Dataset, EngineError};
use crate::foundation::{Zone, sql_name};
use crate::pipeline::derive::{Job, derive};
use crate::pipeline::error::PipelineError;
use crate::pipeline::ground::Ground;
use crate::pipeline::identify::Identified;
use crate::pipeline::record::RequestResult;
use crate::pipeline::request_document::Request;
use crate::pipeline::tables;

/// Where the request files of a release lie below the output folder.
const FOLDER: &str = "restricted/requests";

/// Finds out who is asked about, with their identity. Of a person's identity records that one stands which says most and is latest.
pub async fn ask(
    ground: &Ground<'_>,
    request: &Request,
    identified: &[Identified],
    crosswalk: &Dataset,
    inputs: &BTreeMap<String, String>,
) -> Result<Dataset, PipelineError> {
    let engine = &ground.runner.engine;
    let source = identified.iter().find(|one| one.source == *request.spec.identity.value);
    let Some(identities) = source.and_then(|one| one.identities.as_ref()) else {
        return Err(PipelineError::Bug(format!("`{}` has no identity records", *request.spec.identity)));
    };
    let plan = engine.plan(request.name(), &request.sql).await?;
    let schema = request.schema(plan.schema().as_arrow());
    let table = format!("identities {}", *request.spec.identity);
    engine.register_folder(&table, &identities.place).await?;
    engine.register_folder("crosswalk", &crosswalk.place).await?;
    let identity: Vec<String> = IDENTITY.iter().map(|name| format!("i.{name}")).collect();
    let asked = schema.fields().iter().skip(2 + IDENTITY.len()).map(|f| format!("a.{}", sql_name(f.name())));
    let columns: Vec<String> = identity.iter().cloned().chain(asked).collect();
    let sql = format!(
        "SELECT i.{id} AS {returned}, a.{person} AS {person_id}, {columns}\n\
         FROM (\n{body}\n) AS a\n\
         JOIN (\n\
         SELECT c.person_id, r.*, row_number() OVER (\n\
             PARTITION BY c.person_id\n\
             ORDER BY r.{id} IS NULL, r.birth_date IS NULL, r.first_name IS NULL OR r.last_name IS NULL,\n\
                      r.period_end DESC NULLS LAST, r.period_start DESC NULLS LAST, r.row_count DESC, r.identity_ref) AS place\n\
         FROM {table} AS r JOIN crosswalk AS c ON c.identity_ref = r.identity_ref\n\
         ) AS i ON i.person_id = a.{person} AND i.place = 1",
        id = request.spec.return_field.column(),
        returned = clearinghouse::file::RETURN,
        person = sql_name(&request.spec.person),
        person_id = tables::PERSON_ID,
        columns = columns.join(", "),
        body = request.sql.trim_end().trim_end_matches(';'),
        table = sql_name(&table),
    );
    let mut inputs = inputs.clone();
    inputs.insert(table.clone(), identities.content());
    inputs.insert("crosswalk".to_owned(), crosswalk.content());
    let mut reads = request.reads()?;
    reads.extend([table.clone(), "crosswalk".to_owned()]);
    let name = format!("request {}", request.name());
    let key = [clearinghouse::file::RETURN, tables::PERSON_ID].map(str::to_owned);
    let zone = Zone::Restricted;
    let job = Job { kind: "request", name: &name, zone, sql: &sql, schema, key: &key, reads: &reads, divided_by: None };
    let made = derive(ground, &job, &inputs).await?;
    for table in [table.as_str(), "crosswalk", name.as_str()] {
        engine.drop_table(table)?;
    }
    Ok(made)
}

/// Writes the files of a release's requests; what became of each.
pub async fn keep(ground: &Ground<'_>, asked: &[Dataset], release: &str) -> Result<Vec<RequestResult>, PipelineError> {
    let day = file_day(ground);
    let mut results = Vec::new();
    for (request, dataset) in ground.project.requests.iter().zip(asked) {
        let engine = &ground.runner.serial;
        let table = format!("request {}", request.name());
        engine.register_folder(&table, &dataset.place).await?;
        let mut file = RequestFile::new(&request.spec);
        let mut rows = engine.stream(&table, &format!("SELECT * FROM {}", sql_name(&table))).await?;
        while let Some(batch) = rows.next().await {
            let batch = batch.map_err(EngineError::sql(table.as_str()))?;
            file.push(&batch).map_err(EngineError::arrow("a request file"))?;
        }
        let refused = |reason| PipelineError::Gate(format!("request `{}`: {reason}", request.name()));
        let (text, asked) = file.finish(&day).map_err(refused)?;
        let path = format!("{FOLDER}/{release}/{}.txt", request.name());
        let enough = asked.asked >= FEWEST;
        if enough {
            ground.runner.root.join(&path).write(text).await?;
        }
        results.push(RequestResult {
            request: request.name().to_owned(),
            file: enough.then_some(path),
            learners: asked.asked,
            left_out: asked.left_out,
        });
    }
    Ok(results)
}

/// The date that files bear: the day up to which deliveries count, else that of the last one. No clock is asked, so that a rerun writes the
/// same bytes.
fn file_day(ground: &Ground<'_>) -> String {
    let last = ground.discovered.current.iter().map(|d| d.received.as_str()).max();
    ground.as_of.or(last).unwrap_or_default().replace('-', "")
}
