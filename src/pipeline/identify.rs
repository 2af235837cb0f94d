//! Identify: the current rows of a source become event facts that name nobody, and the identity records they belong to.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use arrow::datatypes::Int64Type;
use futures::StreamExt;

use crate::contract::spec::UniqueSpec;
use crate::engine::{Dataset, DatasetWriter, EngineError, Place, WriteOptions};
use crate::foundation::{Element, Fingerprint, Fingerprinter, Located, Zone, schema};
use crate::pipeline::current::{Dropped, DroppedRows, drop_rows, quoted, shrink_sql, superseded_sql};
use crate::pipeline::deliveries::Accepted;
use crate::pipeline::error::PipelineError;
use crate::pipeline::ground::Ground;
use crate::pipeline::spec::ContractDocument;
use crate::pipeline::{tables, tokenized};
use crate::standardize::{IdentityBuilder, SPEC_VERSION, StandardizeOptions, record_refs};

/// What orders the rows of a source totally.
const PLACE: [&str; 2] = ["delivery_seq", "line"];

/// What became of a source.
#[derive(Clone, Debug)]
pub struct Identified {
    /// The source.
    pub source: String,
    /// Event facts in the order of deliveries and lines.
    pub facts: Dataset,
    /// Identity records, where the source is about persons.
    pub identities: Option<Dataset>,
    /// The tokens of its identity records, where the agency sent tokens in place of identities; wrapped already.
    pub sent_tokens: Option<Dataset>,
    /// Rows that broke a rule over all rows.
    pub rejected: Dataset,
}

/// Resolves which rows count, checks them over the whole, and makes facts and identity records of them.
pub async fn identify(ground: &Ground<'_>, source: &str, accepted: &[Accepted]) -> Result<Identified, PipelineError> {
    let contract = &ground.project.contracts[source];
    let fingerprint = fingerprint(ground, source, contract, accepted);
    let name = format!("identify/{source}");
    let facts = ground
        .runner
        .step(&name, "facts", Zone::Restricted, &fingerprint, |place| {
            make(ground, source, accepted, place, fingerprint.clone())
        })
        .await?;
    let part = async |kind: &str| {
        let place = facts.place.join(kind);
        let missing = || PipelineError::Damaged { place: place.to_string(), reason: "it is missing".to_owned() };
        Dataset::open(&place).await?.ok_or_else(missing)
    };
    let sent = ground.project.pipeline.sources[source].tokenized;
    let identities = if contract.has_persons() && !sent { Some(part("identities").await?) } else { None };
    let sent_tokens = if sent { Some(part("sent").await?) } else { None };
    let rejected = part("rejected").await?;
    Ok(Identified { source: source.to_owned(), facts, identities, sent_tokens, rejected })
}

fn fingerprint(ground: &Ground<'_>, source: &str, contract: &ContractDocument, accepted: &[Accepted]) -> Fingerprint {
    let mut print = Fingerprinter::new("facts/2")
        .with("source", source)
        .with("standardization", SPEC_VERSION)
        .with("references", ground.keys.id())
        .with("synthetic", [u8::from(ground.project.pipeline.sources[source].synthetic)])
        .with("contract", ground.contract_text(source));
    for one in accepted {
        print =
            print.with("accepted", &one.rows.meta.fingerprint).with("sequence", one.delivery.sequence.to_be_bytes());
    }
    if ground.project.pipeline.sources[source].tokenized {
        print = print.with("linkage", ground.linkage_text());
    }
    for reference in &contract.references {
        print = print.with("refers", ground.accepted_fingerprints(&reference.to));
    }
    print.finish()
}

async fn make(
    ground: &Ground<'_>,
    source: &str,
    accepted: &[Accepted],
    place: Place,
    fingerprint: Fingerprint,
) -> Result<Dataset, PipelineError> {
    let contract = &ground.project.contracts[source];
    let dropped = dropped_rows(ground, source, contract, accepted).await?;
    let facts_schema = tables::facts(contract);
    let mut writer = DatasetWriter::create(&place, Arc::clone(&facts_schema), &WriteOptions::default()).await?;
    let sent = ground.project.pipeline.sources[source].tokenized;
    let mut people = People::new(ground, source, contract);
    let tokenizer = if sent { Some(tokenized::tokenizer(ground)?) } else { None };
    let mut superseded = 0_u64;
    let mut accepted_rows = 0_u64;
    for one in accepted {
        let sequence = i64::try_from(one.delivery.sequence).map_err(PipelineError::bug)?;
        let gone: BTreeMap<i64, &Dropped> =
            dropped.range((sequence, i64::MIN)..=(sequence, i64::MAX)).map(|((_, line), why)| (*line, why)).collect();
        superseded += gone.values().filter(|why| ***why == Dropped::Superseded).count() as u64;
        let table = accepted_table(source, one);
        let mut rows = ground.runner.serial.stream(&table, &format!("SELECT * FROM {}", quoted(&table))).await?;
        while let Some(batch) = rows.next().await {
            let batch = batch.map_err(EngineError::sql(table.as_str()))?;
            accepted_rows += batch.num_rows() as u64;
            let batch = without(&batch, &gone)?;
            writer
                .write(match &tokenizer {
                    Some(tokenizer) => tokenized::facts(tokenizer, &batch, sequence, &facts_schema)?,
                    None => people.facts(&batch, sequence, &facts_schema)?,
                })
                .await?;
            ground.runner.watch.rows(&format!("identify/{source}"), accepted_rows);
        }
    }
    let zone = Zone::Restricted;
    let rejected = rejections(&place.join("rejected"), &dropped, &fingerprint).await?;
    let mut facts = serde_json::Map::new();
    facts.insert("accepted".into(), accepted_rows.into());
    facts.insert("superseded".into(), superseded.into());
    facts.insert("rejected".into(), rejected.into());
    if sent {
        let rows = current_sql(ground, source, &dropped).await?;
        let sql = tokenized::identities_sql(&rows, &crate::pipeline::tokenize::recipe_names(&ground.project.linkage));
        let tokens = tokenized::wrap_tokens(ground, &sql, &place.join("sent")).await?;
        let tokens = tokens.finish("tokens", fingerprint.as_str(), zone, serde_json::Map::new()).await?;
        facts.insert("identity_records".into(), tokens.meta.rows.into());
    } else if let Some(builder) = people.builder {
        let records = builder.finish().map_err(PipelineError::bug)?;
        facts.insert("identity_records".into(), records.num_rows().into());
        let options =
            WriteOptions { sorted_by: vec!["identity_ref".into()], no_statistics: true, ..WriteOptions::default() };
        let mut writer = DatasetWriter::create(&place.join("identities"), schema::identity_records(), &options).await?;
        writer.write(records).await?;
        writer.finish("identities", fingerprint.as_str(), zone, serde_json::Map::new()).await?;
    }
    let (rows, parts) = writer.finish_parts().await?;
    if rows + superseded + rejected != accepted_rows {
        return Err(PipelineError::Bug(format!(
            "{source}: {accepted_rows} accepted rows became {rows} current, {superseded} superseded and {rejected} rejected ones"
        )));
    }
    Ok(writer.describe("facts", fingerprint.as_str(), zone, facts, rows, parts).await?)
}

/// The name under which the accepted rows of a delivery are a table.
fn accepted_table(source: &str, one: &Accepted) -> String {
    format!("accepted {source} {}", one.delivery.sequence)
}

async fn dropped_rows(
    ground: &Ground<'_>,
    source: &str,
    contract: &ContractDocument,
    accepted: &[Accepted],
) -> Result<DroppedRows, PipelineError> {
    let engine = &ground.runner.engine;
    let mut union = Vec::new();
    for one in accepted {
        let table = accepted_table(source, one);
        engine.register_folder(&table, &one.rows.place).await?;
        ground.runner.serial.register_folder(&table, &one.rows.place).await?;
        union.push(format!(
            "SELECT *, CAST({} AS BIGINT) AS delivery_seq FROM {}",
            one.delivery.sequence,
            quoted(&table)
        ));
    }
    let all = format!("all {source}");
    let what = |part: &str| format!("{source}: {part}");
    engine
        .collect(
            &what("all deliveries"),
            &format!("CREATE OR REPLACE VIEW {} AS {}", quoted(&all), union.join(" UNION ALL ")),
        )
        .await?;
    let mut dropped = DroppedRows::new();
    if accepted.len() > 1 {
        shrinkage(ground, source, contract, &all).await?;
        // A tokenised row's natural key is named by its reference alone.
        let own: Vec<&str> = contract.grain.iter().map(|g| g.as_str()).collect();
        let grain = if ground.project.pipeline.sources[source].tokenized { vec![tables::RECORD_REF] } else { own };
        if let Some(sql) = superseded_sql(&all, &contract.delivery, &grain) {
            drop_rows(engine, &what("replaced rows"), &sql, &Dropped::Superseded, &mut dropped).await?;
        }
    }
    let mut current = all;
    let whole_checks = !contract.unique.is_empty() || !contract.references.is_empty();
    if whole_checks && !dropped.is_empty() {
        current = current_view(ground, source, &current, &dropped).await?;
    }
    let sent = ground.project.pipeline.sources[source].tokenized;
    let travels = |name: &str| contract.columns.iter().any(|c| *c.name == name && tables::travels(c));
    let here = |columns: &[Located<String>]| !sent || columns.iter().all(|c| travels(c));
    // A check over columns that stayed with the agency holds over the reference made from them, where they are the natural key.
    let unique: Vec<UniqueSpec> = contract
        .unique
        .iter()
        .filter_map(|u| match here(&u.columns) {
            true => Some(u.clone()),
            false if u.columns == contract.grain => {
                Some(UniqueSpec { columns: vec![Located::nowhere(tables::RECORD_REF.to_owned())], ..u.clone() })
            }
            false => None,
        })
        .collect();
    let unique =
        unique.iter().map(|u| (&u.id, u.on_fail, &u.says, crate::contract::whole::unique_sql(&current, u, &PLACE)));
    let refers = contract
        .references
        .iter()
        .filter(|r| here(&r.columns))
        .map(|r| (&r.id, r.on_fail, &r.says, reference_sql(ground, &current, r)));
    let rows = accepted.iter().map(|one| one.rows.meta.rows).sum();
    let mut counts = crate::contract::Counts { rows, ..crate::contract::Counts::default() };
    for (id, on_fail, says, sql) in unique.chain(refers).collect::<Vec<_>>() {
        let why = Dropped::Rejected { rule: id.value.clone(), says: says.clone() };
        // A rule that only warns drops nothing, yet its tolerance holds.
        let mut warned = DroppedRows::new();
        let warns = on_fail == crate::foundation::OnFail::Warn;
        let broken = drop_rows(engine, &what(id), &sql, &why, if warns { &mut warned } else { &mut dropped }).await?;
        counts.by_rule.insert(id.value.clone(), broken);
    }
    let tolerances = crate::contract::gate::tolerances(&[], &contract.unique, &contract.references);
    let findings: Vec<String> =
        crate::contract::gate::exceeded(&tolerances, &counts).iter().map(ToString::to_string).collect();
    if !findings.is_empty() {
        let file = format!("its {} accepted rows together", counts.rows);
        return Err(PipelineError::ContractBroken { source_name: source.to_owned(), file, findings, rejects: None });
    }
    Ok(dropped)
}

fn reference_sql(ground: &Ground<'_>, current: &str, reference: &crate::contract::spec::ReferenceSpec) -> String {
    let target = ground.reference_table(&reference.to);
    crate::contract::whole::reference_sql(current, reference, &target, &PLACE)
}

/// The SQL of a source's rows that still count.
async fn current_sql(ground: &Ground<'_>, source: &str, dropped: &DroppedRows) -> Result<String, PipelineError> {
    let all = format!("all {source}");
    let table = if dropped.is_empty() { all } else { current_view(ground, source, &all, dropped).await? };
    Ok(format!("SELECT * FROM {}", quoted(&table)))
}

async fn current_view(
    ground: &Ground<'_>,
    source: &str,
    all: &str,
    dropped: &DroppedRows,
) -> Result<String, PipelineError> {
    let engine = &ground.runner.engine;
    let gone = format!("replaced {source}");
    let fields = ["seq", "at"].map(|n| arrow::datatypes::Field::new(n, arrow::datatypes::DataType::Int64, false));
    let schema = Arc::new(arrow::datatypes::Schema::new(fields.to_vec()));
    let column = |of: fn(&(i64, i64)) -> i64| {
        Arc::new(arrow::array::Int64Array::from_iter_values(dropped.keys().map(of))) as ArrayRef
    };
    let batch = RecordBatch::try_new(Arc::clone(&schema), vec![column(|k| k.0), column(|k| k.1)]);
    engine.register_batches(&gone, schema, vec![batch.map_err(EngineError::arrow("replaced rows"))?])?;
    let current = format!("current {source}");
    let sql = format!(
        "CREATE OR REPLACE VIEW {} AS SELECT a.* FROM {} a LEFT ANTI JOIN {} g ON a.delivery_seq = g.seq AND a.line = g.at",
        quoted(&current),
        quoted(all),
        quoted(&gone)
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
            let column = arrow::compute::cast(batch.column(i), &arrow::datatypes::DataType::Int64);
            column.map(|c| c.as_primitive::<Int64Type>().value(row)).map_err(EngineError::arrow("shrinkage"))
        };
        for row in 0..batch.num_rows() {
            let (sequence, now, before) = (number(0, row)?, number(2, row)?, number(3, row)?);
            let (now, before) = (now.unsigned_abs(), before.unsigned_abs());
            let finding = crate::contract::gate::shrank(&contract.delivery, before, now);
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

fn without(batch: &RecordBatch, gone: &BTreeMap<i64, &Dropped>) -> Result<RecordBatch, PipelineError> {
    if gone.is_empty() {
        return Ok(batch.clone());
    }
    let lines = lines(batch)?.as_primitive::<Int64Type>();
    let keep: BooleanArray = (0..lines.len()).map(|i| Some(!gone.contains_key(&lines.value(i)))).collect();
    Ok(filter_record_batch(batch, &keep).map_err(EngineError::arrow("leaving replaced rows out"))?)
}

fn lines(batch: &RecordBatch) -> Result<&ArrayRef, PipelineError> {
    batch.column_by_name("line").ok_or_else(|| PipelineError::Bug("accepted rows without lines".to_owned()))
}

/// Rows that broke a rule over all rows: `sequence`, `line`, `rule`, `reason`.
async fn rejections(place: &Place, dropped: &DroppedRows, fingerprint: &Fingerprint) -> Result<u64, PipelineError> {
    use arrow::array::{Int64Array, StringArray};
    use arrow::datatypes::{DataType, Field, Schema};
    let rejected: Vec<_> = dropped
        .iter()
        .filter_map(|(key, why)| match why {
            Dropped::Superseded => None,
            Dropped::Rejected { rule, says } => Some((key, rule, says)),
        })
        .collect();
    let schema = Arc::new(Schema::new(vec![
        Field::new("sequence", DataType::Int64, false),
        Field::new("line", DataType::Int64, false),
        Field::new("rule", DataType::Utf8, false),
        Field::new("reason", DataType::Utf8, false),
    ]));
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from_iter_values(rejected.iter().map(|r| r.0.0))),
        Arc::new(Int64Array::from_iter_values(rejected.iter().map(|r| r.0.1))),
        Arc::new(StringArray::from_iter_values(rejected.iter().map(|r| r.1))),
        Arc::new(StringArray::from_iter_values(rejected.iter().map(|r| r.2))),
    ];
    let batch = RecordBatch::try_new(Arc::clone(&schema), columns).map_err(EngineError::arrow("rejected rows"))?;
    let mut writer = DatasetWriter::create(place, schema, &WriteOptions::default()).await?;
    writer.write(batch).await?;
    let dataset = writer.finish("rejected", fingerprint.as_str(), Zone::Restricted, serde_json::Map::new()).await?;
    Ok(dataset.meta.rows)
}

/// Makes facts of rows, and gathers who they are about.
struct People {
    builder: Option<IdentityBuilder>,
    key: crate::standardize::RefKey,
    source: String,
    grain: Vec<usize>,
    travelling: Vec<usize>,
}

impl People {
    fn new(ground: &Ground<'_>, source: &str, contract: &ContractDocument) -> Self {
        let position = |name: &str| contract.position(name);
        let key = ground.keys.reference_key();
        let builder = contract.has_persons().then(|| {
            let mapping: Vec<(Element, usize)> =
                contract.columns.iter().enumerate().filter_map(|(i, c)| Some((c.identity?, i))).collect();
            let person = contract.source_person.iter().filter_map(|p| position(p)).collect();
            let options = StandardizeOptions {
                synthetic: ground.project.pipeline.sources[source].synthetic,
                lost_zeros: contract.columns.iter().any(|c| c.identity == Some(Element::Ssn) && c.lost_zeros),
                ..StandardizeOptions::default()
            };
            IdentityBuilder::new(source, mapping, person, options, key.clone())
        });
        let accepted = tables::accepted(contract);
        let travelling = tables::travelling(contract).iter().filter_map(|f| accepted.index_of(f.name()).ok()).collect();
        let grain = contract.grain.iter().filter_map(|g| position(g)).collect();
        Self { builder, key, source: source.to_owned(), grain, travelling }
    }

    fn facts(
        &mut self,
        batch: &RecordBatch,
        sequence: i64,
        schema: &arrow::datatypes::SchemaRef,
    ) -> Result<RecordBatch, PipelineError> {
        let mut columns: Vec<ArrayRef> = self.travelling.iter().map(|i| Arc::clone(batch.column(*i))).collect();
        if let Some(builder) = &mut self.builder {
            columns.push(Arc::new(builder.push(batch).map_err(PipelineError::bug)?));
            let records = record_refs(&self.key, &self.source, batch, &self.grain).map_err(PipelineError::bug)?;
            columns.push(Arc::new(records));
        }
        columns.push(Arc::new(arrow::array::Int64Array::from_value(sequence, batch.num_rows())));
        columns.push(Arc::clone(lines(batch)?));
        let cast = |(array, field): (ArrayRef, &arrow::datatypes::FieldRef)| {
            if array.data_type() == field.data_type() {
                Ok(array)
            } else {
                arrow::compute::cast(&array, field.data_type())
                    .map_err(EngineError::arrow(format!("column `{}`", field.name())))
            }
        };
        let columns = columns.into_iter().zip(schema.fields()).map(cast).collect::<Result<Vec<_>, _>>()?;
        Ok(RecordBatch::try_new(Arc::clone(schema), columns).map_err(EngineError::arrow("facts"))?)
    }
}
