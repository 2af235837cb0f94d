//! Identify: the current rows of a source become event facts that name nobody, and the identity records they belong to.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, FixedSizeBinaryArray, RecordBatch};
use arrow::compute::filter_record_batch;
use arrow::datatypes::Int64Type;
use futures::StreamExt;

use crate::engine::{Dataset, DatasetWriter, EngineError, Place, WriteOptions};
use crate::foundation::{Element, Fingerprint, Fingerprinter, Zone, schema, sql_name};
use crate::pipeline::current::{Dropped, DroppedRows};
use crate::pipeline::deliveries::Accepted;
use crate::pipeline::error::PipelineError;
use crate::pipeline::ground::Ground;
use crate::pipeline::spec::ContractDocument;
use crate::pipeline::tables::SENT;
use crate::pipeline::{dropped, sent_form, tables, tokenized};
use crate::standardize::{Blank, IdentityBuilder, SPEC_VERSION, StandardizeOptions, blank_ref, record_refs};

/// Identity records that are written at once.
const RECORDS: usize = 1 << 15;

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
    let sent_tokens = if sent { Some(part(SENT).await?) } else { None };
    let rejected = part("rejected").await?;
    Ok(Identified { source: source.to_owned(), facts, identities, sent_tokens, rejected })
}

fn fingerprint(ground: &Ground<'_>, source: &str, contract: &ContractDocument, accepted: &[Accepted]) -> Fingerprint {
    let mut print = Fingerprinter::new("facts/3")
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
    let dropped::Checked { dropped, by_rule } = dropped::check(ground, source, contract, accepted).await?;
    let facts_schema = tables::facts(contract);
    let hashed =
        if contract.has_persons() { vec![tables::IDENTITY_REF.into(), tables::RECORD_REF.into()] } else { vec![] };
    let options = WriteOptions { hashed, ..WriteOptions::default() };
    let mut writer = DatasetWriter::create(&place, Arc::clone(&facts_schema), &options).await?;
    let sent = ground.project.pipeline.sources[source].tokenized;
    let mut people = People::new(ground, source, contract);
    let tokenizer = if sent { Some(tokenized::tokenizer(ground)?) } else { None };
    let blank = blank_ref(source, &ground.keys.reference_key());
    let mut unidentified = 0_u64;
    let mut superseded = 0_u64;
    let mut accepted_rows = 0_u64;
    for one in accepted {
        let sequence = i64::try_from(one.delivery.sequence).map_err(PipelineError::bug)?;
        let gone: BTreeMap<i64, &Dropped> =
            dropped.range((sequence, i64::MIN)..=(sequence, i64::MAX)).map(|((_, line), why)| (*line, why)).collect();
        superseded += gone.values().filter(|why| ***why == Dropped::Superseded).count() as u64;
        let table = dropped::accepted_table(source, one);
        let mut rows = ground.runner.serial.stream(&table, &format!("SELECT * FROM {}", sql_name(&table))).await?;
        while let Some(batch) = rows.next().await {
            let batch = batch.map_err(EngineError::sql(table.as_str()))?;
            accepted_rows += batch.num_rows() as u64;
            let batch = without(&batch, &gone)?;
            let facts = match &tokenizer {
                Some(tokenizer) => tokenized::facts(tokenizer, &batch, sequence, &facts_schema)?,
                None => people.facts(&batch, sequence, &facts_schema)?,
            };
            unidentified += rows_of_nobody(&facts, &blank);
            writer.write(facts).await?;
            ground.runner.watch.rows(&format!("identify/{source}"), accepted_rows);
        }
    }
    let zone = Zone::Restricted;
    let rejected = rejections(&place.join("rejected"), &dropped, &fingerprint).await?;
    let mut facts = serde_json::Map::new();
    facts.insert("accepted".into(), accepted_rows.into());
    facts.insert("superseded".into(), superseded.into());
    facts.insert("rejected".into(), rejected.into());
    facts.insert("unidentified".into(), unidentified.into());
    facts.insert("by_rule".into(), serde_json::to_value(&by_rule).map_err(PipelineError::bug)?);
    if sent {
        let rows = dropped::current_sql(ground, source, &dropped).await?;
        let sql = tokenized::identities_sql(&rows, &sent_form::recipe_names(&ground.project.linkage));
        let tokens = tokenized::wrap_tokens(ground, source, &sql, &blank, &place.join(SENT)).await?;
        let tokens = tokens.finish("tokens", fingerprint.as_str(), zone, serde_json::Map::new()).await?;
        facts.insert("identity_records".into(), tokens.meta.rows.into());
    } else if let Some(builder) = people.builder {
        let options = WriteOptions {
            sorted_by: vec![tables::IDENTITY_REF.into()],
            hashed: vec![tables::IDENTITY_REF.into()],
            no_statistics: true,
            ..WriteOptions::default()
        };
        let mut writer = DatasetWriter::create(&place.join("identities"), schema::identity_records(), &options).await?;
        for records in builder.finish(RECORDS, Blank::LeftOut) {
            writer.write(records.map_err(PipelineError::bug)?).await?;
        }
        let records = writer.finish("identities", fingerprint.as_str(), zone, serde_json::Map::new()).await?;
        facts.insert("identity_records".into(), records.meta.rows.into());
    }
    let (rows, parts) = writer.finish_parts().await?;
    if rows + superseded + rejected != accepted_rows {
        return Err(PipelineError::Bug(format!(
            "{source}: {accepted_rows} accepted rows became {rows} current, {superseded} superseded and {rejected} rejected ones"
        )));
    }
    Ok(writer.describe("facts", fingerprint.as_str(), zone, facts, rows, parts).await?)
}

/// How many facts belong to nobody: their rows say nothing of who they are.
fn rows_of_nobody(facts: &RecordBatch, blank: &[u8; 16]) -> u64 {
    let Some(column) = facts.column_by_name(tables::IDENTITY_REF) else { return 0 };
    let refs: &FixedSizeBinaryArray = column.as_fixed_size_binary();
    (0..refs.len()).filter(|row| refs.value(*row) == blank).count() as u64
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
