//! Explaining: why two identity records of the current release are one person, or are not. Its own log, index and tokens tell; no clear value
//! is read unless it is asked for with the keys, and that is registered.

use std::collections::BTreeMap;
use std::path::Path;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type, Int64Type};

use crate::engine::{Dataset, EngineError, Place};
use crate::foundation::{Zone, sql_name, sql_text};
use crate::linkage::explained::{PairExplained, explained};
use crate::linkage::model::{ModelFile, Trained};
use crate::linkage::modelled::of_file;
use crate::linkage::{IdentityRef, LinkageError, Rules, TokenTable};
use crate::pipeline::asked::current::{CLEAR, CurrentRelease};
use crate::pipeline::error::PipelineError;
use crate::pipeline::frequencies::{STORED, TABLE};
use crate::pipeline::read_back::{REFERENCE, read_json, texts};
use crate::pipeline::review::log as review_log;
use crate::pipeline::runner::store_path;
use crate::pipeline::way::way;
use crate::standardize::SPEC_VERSION;

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    /// The project's folder.
    pub root: &'a Path,
    /// The pipeline's file.
    pub pipeline: &'a Path,
    /// The output folder, where it is not the pipeline's own.
    pub out: Option<&'a str>,
    /// References of the two records, or how they begin.
    pub records: [&'a str; 2],
    /// Whether clear values are shown.
    pub clear: bool,
}

/// One record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordTold {
    /// Its reference.
    pub reference: String,
    /// Its source.
    pub source: String,
    /// Its person.
    pub person: String,
}

/// One decision of the match log.
#[derive(Clone, Debug, PartialEq)]
pub struct DecisionTold {
    /// Its number.
    pub number: i64,
    /// The pass, or the model.
    pub pass: String,
    /// What it is worth.
    pub strength: String,
    /// Both records: source and reference.
    pub records: [(String, String); 2],
    /// Parts that agreed, disagreed, were missing.
    pub parts: [String; 3],
    /// What stopped it.
    pub stopped_by: String,
    /// `link`, `vetoed` or `ambiguous`.
    pub decision: String,
    /// The weight in thousandths of a bit, the probability, and the lead over the runner-up; of the model's decisions.
    pub weight: Option<(i64, f64, Option<i64>)>,
    /// The record of the runner-up, where there is one.
    pub rival: String,
}

/// What happened to a person since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerTold {
    /// Version of the index.
    pub version: i64,
    /// Person, change, the other person, cause.
    pub texts: [String; 4],
}

/// Why two records are one person, or not.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// The release.
    pub release: String,
    /// The two records.
    pub records: [RecordTold; 2],
    /// What people have decided of the two, if they have: `must_link` or `cannot_link`.
    pub reviewed: Option<&'static str>,
    /// The links from the one to the other, where they are one person.
    pub links: Vec<DecisionTold>,
    /// Near misses between their persons, where they are not.
    pub near_misses: Vec<DecisionTold>,
    /// The two compared directly, by what the documents say today; `None` where a note says why not.
    pub pair: Option<PairExplained>,
    /// What a reader must know of the comparison.
    pub notes: Vec<String>,
    /// The ledger of their persons.
    pub ledger: Vec<LedgerTold>,
    /// Field by field what stands in the two, where that was asked for.
    pub clear: Vec<(String, [String; 2])>,
}

/// Explains two records of the current release.
pub async fn explain(asked: &Asked<'_>) -> Result<Explanation, PipelineError> {
    let at = CurrentRelease::open(asked.root, asked.pipeline, asked.out).await?;
    if asked.clear {
        at.may_see_clear()?;
    }
    let at = At(at);
    let stores = at.stores().await?;
    let records = [at.record(asked.records[0], &stores).await?, at.record(asked.records[1], &stores).await?];
    if records[0].reference == records[1].reference {
        return Err(PipelineError::Asked(format!("both are record {}; name two", records[0].reference)));
    }
    at.members(&records).await?;
    let one_person = records[0].person == records[1].person;
    let links = if one_person { at.links(&records).await? } else { Vec::new() };
    let near_misses = if one_person { Vec::new() } else { at.near_misses(&records).await? };
    let model = at.0.home.join("audit/model.json");
    let model = if model.exists().await? { Some(read_json::<ModelFile>(&model).await?) } else { None };
    let mut notes = Vec::new();
    let pair = at.pair(&records, &stores, model.as_ref(), &mut notes).await?;
    let ledger = at.ledger(&records).await?;
    let clear = if asked.clear { at.clear(&records).await? } else { Vec::new() };
    let reviewed = at.reviewed(&records);
    Ok(Explanation {
        release: at.0.pointer.release.clone(),
        reviewed,
        records,
        links,
        near_misses,
        pair,
        notes,
        ledger,
        clear,
    })
}

/// The release, and what is asked of it.
struct At(CurrentRelease);

impl At {
    /// What people have decided of the two, if they have.
    fn reviewed(&self, records: &[RecordTold; 2]) -> Option<&'static str> {
        let [one, other] = records.each_ref().map(|record| record.reference.as_str());
        let is = |(a, b): &(IdentityRef, IdentityRef)| {
            let (a, b) = (hex::encode(a), hex::encode(b));
            (a == one && b == other) || (a == other && b == one)
        };
        let reviewed = &self.0.project.reviewed;
        if reviewed.must.iter().any(is) {
            return Some(review_log::MUST);
        }
        reviewed.cannot.iter().any(is).then_some(review_log::CANNOT)
    }

    /// The tokens that the release was made of, by source; what the store no longer holds is left out.
    async fn stores(&self) -> Result<Sources, PipelineError> {
        let found = self.0.tokens().await?;
        for (source, place) in &found {
            self.0.engine.register_folder(&tokens_table(source), place).await?;
        }
        Ok(found)
    }

    /// The record whose reference begins so.
    async fn record(&self, given: &str, stores: &Sources) -> Result<RecordTold, PipelineError> {
        let begins = given.trim().trim_end_matches(['.', '\u{2026}']).to_lowercase();
        if begins.len() < 6 || begins.len() > 32 || !begins.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(PipelineError::Asked(format!(
                "`{given}` is no reference of a record: these are 32 hexadecimal digits, of which the first 6 may do; \
                 left_ref and right_ref of the match log hold them"
            )));
        }
        let sql = format!(
            "SELECT {REFERENCE} AS r, person_id FROM crosswalk WHERE {REFERENCE} LIKE '{begins}%' ORDER BY 1 LIMIT 2"
        );
        let found = texts(&self.0.engine.collect("records", &sql).await?)?;
        let [row] = &found[..] else {
            let many = if found.is_empty() { "no record's" } else { "several records'" };
            return Err(PipelineError::Asked(format!(
                "`{given}` begins {many} reference in release {}",
                self.0.pointer.release
            )));
        };
        let (reference, person) = (row[0].clone(), row[1].clone());
        let mut source = String::new();
        for name in stores.keys() {
            let table = sql_name(&tokens_table(name));
            let sql = format!("SELECT source FROM {table} WHERE {REFERENCE} = '{reference}' LIMIT 1");
            if let Some(row) = texts(&self.0.engine.collect("records", &sql).await?)?.first() {
                source.clone_from(&row[0]);
                break;
            }
        }
        Ok(RecordTold { reference, source, person })
    }

    /// Makes the records of both persons a table.
    async fn members(&self, records: &[RecordTold; 2]) -> Result<(), PipelineError> {
        let sql = format!(
            "CREATE VIEW members AS SELECT {REFERENCE} AS ref, person_id FROM crosswalk WHERE person_id IN ('{}', '{}')",
            records[0].person, records[1].person
        );
        self.0.engine.collect("records of the persons", &sql).await?;
        Ok(())
    }

    async fn decisions(&self, condition: &str) -> Result<Vec<DecisionTold>, PipelineError> {
        let texts_of = [
            "pass_id",
            "strength",
            "left_source",
            "left_ref",
            "right_source",
            "right_ref",
            "agreed_parts",
            "disagreed_parts",
            "missing_parts",
            "vetoed_by",
            "decision",
            "rival_ref",
        ];
        let columns = texts_of.map(|c| format!("arrow_cast(l.{c}, 'Utf8')")).join(", ");
        let sql = format!(
            "SELECT {columns}, l.decision_id, l.weight_millibits, l.probability, l.lead_millibits FROM match_log l \
             JOIN members a ON l.left_ref = a.ref JOIN members b ON l.right_ref = b.ref WHERE {condition} ORDER BY l.decision_id"
        );
        let mut told = Vec::new();
        for batch in self.0.engine.collect("match log", &sql).await? {
            let text = |at: usize, row: usize| {
                let column = batch.column(at).as_string::<i32>();
                if column.is_null(row) { String::new() } else { column.value(row).to_owned() }
            };
            let number = |at: usize| cast(batch.column(at), &DataType::Int64).map_err(EngineError::arrow("match log"));
            let (ids, weights, leads) = (number(12)?, number(13)?, number(15)?);
            let probabilities = batch.column(14).as_primitive::<Float64Type>();
            for row in 0..batch.num_rows() {
                let of = |column: &dyn Array| {
                    let column = column.as_primitive::<Int64Type>();
                    column.is_valid(row).then(|| column.value(row))
                };
                let t = |at: usize| text(at, row);
                told.push(DecisionTold {
                    number: of(&ids).unwrap_or(0),
                    pass: t(0),
                    strength: t(1),
                    records: [(t(2), t(3)), (t(4), t(5))],
                    parts: [t(6), t(7), t(8)],
                    stopped_by: t(9),
                    decision: t(10),
                    rival: t(11),
                    weight: of(&weights).map(|weight| (weight, probabilities.value(row), of(&leads))),
                });
            }
        }
        Ok(told)
    }

    /// The shortest way of links from the one record to the other.
    async fn links(&self, records: &[RecordTold; 2]) -> Result<Vec<DecisionTold>, PipelineError> {
        let links = self.decisions("l.decision = 'link'").await?;
        let ends: Vec<[&str; 2]> = links.iter().map(|link| link.records.each_ref().map(|(_, r)| r.as_str())).collect();
        let on_the_way = way(&ends, &records[0].reference, &records[1].reference);
        Ok(on_the_way.into_iter().map(|at| links[at].clone()).collect())
    }

    async fn near_misses(&self, records: &[RecordTold; 2]) -> Result<Vec<DecisionTold>, PipelineError> {
        let (one, other) = (&records[0].person, &records[1].person);
        let across = format!(
            "a.person_id <> b.person_id AND a.person_id IN ('{one}', '{other}') AND b.person_id IN ('{one}', '{other}')"
        );
        self.decisions(&across).await
    }

    /// The two records compared directly, by their tokens alone.
    async fn pair(
        &self,
        records: &[RecordTold; 2],
        stores: &Sources,
        model: Option<&ModelFile>,
        notes: &mut Vec<String>,
    ) -> Result<Option<PairExplained>, PipelineError> {
        let linkage = &self.0.project.linkage;
        let rules = Rules::compile(&linkage.passes, linkage.model.as_ref(), &linkage.guards, &linkage.roles)
            .map_err(PipelineError::bug)?;
        let document = format!("config/linkage/{}.yaml", *linkage.linkage);
        if self.0.has_changed(Path::new(&document)) {
            notes.push(format!(
                "{document} has changed since the release was made: what follows is by the passes, guards and rules of today."
            ));
        }
        let trained: Option<Trained> = match (&rules.model, model) {
            (Some(pass), Some(file)) => match of_file(&linkage.linkage, pass, SPEC_VERSION, file) {
                Ok(trained) => Some(trained),
                Err(reason) => {
                    notes.push(format!(
                        "The release's model does not fit the document of today, so no weights are told: {reason}."
                    ));
                    None
                }
            },
            _ => None,
        };
        let mut batches: Vec<RecordBatch> = Vec::new();
        for record in records {
            if stores.contains_key(&record.source) {
                let table = sql_name(&tokens_table(&record.source));
                let sql = format!("SELECT * FROM {table} WHERE {REFERENCE} = '{}'", record.reference);
                batches.extend(self.0.engine.collect("tokens", &sql).await?);
            }
        }
        if batches.iter().map(RecordBatch::num_rows).sum::<usize>() != 2 {
            notes.push(
                "The tokens of the two are no longer in the store; the match log above is all that is left to tell."
                    .to_owned(),
            );
            return Ok(None);
        }
        let table = match TokenTable::from_batches(&batches, &rules) {
            Ok(table) => table,
            Err(LinkageError::MissingColumn(column)) => {
                notes.push(format!(
                    "The release has no tokens `{column}`, which the document of today compares; the match log above is all that can be told."
                ));
                return Ok(None);
            }
            Err(other) => return Err(PipelineError::bug(other)),
        };
        let mut counts: BTreeMap<String, (f64, f64)> = BTreeMap::new();
        let mut counted = None;
        if let Some(fingerprint) = model.and_then(|model| model.frequencies.as_deref()) {
            // As the model has counted, which may have been before these records came.
            let place = self.0.root.join(&store_path(Zone::Restricted, STORED, fingerprint));
            if Dataset::open(&place).await?.is_some() {
                self.0.engine.register_folder(TABLE.trim_matches('"'), &place).await?;
                counted = Some(TABLE);
            } else {
                notes.push(
                    "What the model has counted is no longer in the store: how rare a value is, is told by the records at hand."
                        .to_owned(),
                );
            }
        }
        for comparison in rules.model.iter().flat_map(|model| &model.comparisons).filter(|c| c.frequencies) {
            let frequency = self.frequency(&comparison.name, &records[0], stores, counted).await?;
            counts.insert(comparison.name.clone(), frequency);
        }
        Ok(Some(explained(&table, &rules, trained.as_ref(), |name| counts.get(name).copied())))
    }

    /// How many records hold the first one's value of a token, and how many hold any.
    async fn frequency(
        &self,
        token: &str,
        record: &RecordTold,
        stores: &Sources,
        counted: Option<&str>,
    ) -> Result<(f64, f64), PipelineError> {
        let column = sql_name(token);
        let own = format!(
            "(SELECT {column} FROM {} WHERE {REFERENCE} = '{}')",
            sql_name(&tokens_table(&record.source)),
            record.reference
        );
        let what = "how often a value comes";
        let of_sources = |source: &String| {
            let table = sql_name(&tokens_table(source));
            format!(
                "SELECT CAST(COALESCE(SUM(CASE WHEN {column} = {own} THEN 1 ELSE 0 END), 0) AS DOUBLE), \
                 CAST(COUNT({column}) AS DOUBLE) FROM {table}"
            )
        };
        let mut asked: Vec<String> = stores.keys().map(of_sources).collect();
        if let Some(table) = counted {
            asked = vec![format!(
                "SELECT CAST(COALESCE(SUM(CASE WHEN token = {own} THEN records ELSE 0 END), 0) AS DOUBLE), \
                 CAST(COALESCE(SUM(records), 0) AS DOUBLE) FROM {table} WHERE field = {}",
                sql_text(token)
            )];
        }
        let (mut count, mut with) = (0.0, 0.0);
        for sql in asked {
            for batch in self.0.engine.collect(what, &sql).await? {
                count += batch.column(0).as_primitive::<Float64Type>().value(0);
                with += batch.column(1).as_primitive::<Float64Type>().value(0);
            }
        }
        Ok((count, with))
    }

    async fn ledger(&self, records: &[RecordTold; 2]) -> Result<Vec<LedgerTold>, PipelineError> {
        self.0.engine.register_folder("ledger", &self.0.root.join(&self.0.pointer.index).join("ledger")).await?;
        let persons = format!("('{}', '{}')", records[0].person, records[1].person);
        let sql = format!(
            "SELECT person_id, change, COALESCE(other_person_id, ''), cause, CAST(index_version AS VARCHAR) AS version FROM ledger \
             WHERE person_id IN {persons} OR other_person_id IN {persons} ORDER BY index_version, person_id, change, 3"
        );
        let rows = texts(&self.0.engine.collect("ledger", &sql).await?)?;
        let told = rows.into_iter().filter_map(|row| {
            let [person, change, other, cause, version] = <[String; 5]>::try_from(row).ok()?;
            Some(LedgerTold { version: version.parse().ok()?, texts: [person, change, other, cause] })
        });
        Ok(told.collect())
    }

    /// What stands in the two records, field by field.
    async fn clear(&self, records: &[RecordTold; 2]) -> Result<Vec<(String, [String; 2])>, PipelineError> {
        let references = records.each_ref().map(|record| record.reference.clone());
        let mut values = self.0.clear(&references, "explain").await?;
        let [one, other] = references.map(|r| values.remove(&r).unwrap_or_else(|| vec![String::new(); CLEAR.len()]));
        let fields = CLEAR.iter().zip(one.into_iter().zip(other)).map(|(field, (a, b))| ((*field).to_owned(), [a, b]));
        Ok(fields.filter(|(_, values)| values.iter().any(|value| !value.is_empty())).collect())
    }
}

/// Where tokens lie, by source.
type Sources = BTreeMap<String, Place>;

fn tokens_table(source: &str) -> String {
    format!("tokens of {source}")
}
