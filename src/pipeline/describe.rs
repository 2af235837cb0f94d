//! Describing a release: the dictionary of its columns, the labels of its codes, and the data package that lists its files.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use crate::engine::{DatasetWriter, EngineError, WriteOptions};
use crate::foundation::csv_field;
use crate::marts::Relation;
use crate::marts::cells::TOTAL;
use crate::marts::dictionary;
use crate::pipeline::error::PipelineError;
use crate::pipeline::ground::Ground;
use crate::publish::Staging;
use crate::publish::manifest::TableEntry;

/// The columns of the match log, for the dictionary: name, label, definition.
pub const MATCH_LOG: [(&str, &str, &str); 24] = [
    ("decision_id", "Decision", "number of the decision within the run, from 1, in order of pass and references"),
    ("run", "Linkage run", "fingerprint of the tokens, passes and guards that the decision rests on"),
    ("pass_id", "Pass", "the pass that proposed the link"),
    ("pass_version", "Pass version", "version of the pass"),
    (
        "strength",
        "Strength",
        "what a link by this pass is worth: A an id and the person agree, B an id or full name and birth date, C one known kind of error, D suggestive",
    ),
    ("left_source", "Left source", "source of the record with the smaller reference"),
    (
        "left_ref",
        "Left record",
        "reference of the identity record, stable over redeliveries; says nothing of the person",
    ),
    ("right_source", "Right source", "source of the other record"),
    ("right_ref", "Right record", "reference of the other identity record"),
    ("agreed_parts", "Parts that agreed", "names of the parts, never their values"),
    ("disagreed_parts", "Parts that disagreed", "names of the parts, never their values"),
    ("missing_parts", "Parts that were missing", "parts that one of the records does not have"),
    ("key_frequency", "Key frequency", "how many records hold the key"),
    ("guards", "Guards passed", "guards that were asked and did not veto"),
    ("vetoed_by", "Vetoed by", "the guard that vetoed, or why the key linked nobody; empty for links"),
    ("decision", "Decision kind", "link, vetoed or ambiguous"),
    (
        "levels",
        "Levels",
        "what each comparison of the model said: the token that agreed, missing or otherwise; empty for exact passes",
    ),
    (
        "weight_millibits",
        "Match weight",
        "what all comparisons and the prior come to, in thousandths of a bit: the logarithm of the odds that the two are one person; empty for exact passes",
    ),
    ("probability", "Match probability", "how likely the two are one person, rivals in mind; empty for exact passes"),
    (
        "lead_millibits",
        "Lead",
        "how much the weight is above that of the best other person whom one of the two might be, in thousandths of a bit; empty without a rival",
    ),
    ("rival_ref", "Rival", "the record of that best other person; empty without a rival"),
    ("model", "Model", "the model's fingerprint; empty for exact passes"),
    ("person_id", "Person", "person of the left record"),
    ("superseded_by", "Superseded by", "later decision that replaced this one"),
];

/// Writes dictionary, value labels and data package into a release.
pub async fn write(
    ground: &Ground<'_>,
    staging: &Staging,
    tables: &[TableEntry],
    release: &str,
) -> Result<(), PipelineError> {
    let lines = lines(ground);
    let header = [
        "table_name",
        "column_name",
        "type",
        "label",
        "definition",
        "universe",
        "rule",
        "code_set",
        "sensitivity",
        "nulls",
        "source",
        "ceds",
    ];
    table(staging, "dictionary", &header, &lines).await?;
    let header = ["code_set", "code", "label", "valid_from", "valid_to"];
    table(staging, "valuelabels", &header, &labels(ground)).await?;
    let header = ["table_name", "relation", "whole_set", "part_set", "dimension", "whole_value", "measure", "says"];
    table(staging, "equations", &header, &equations(ground)).await?;
    for (name, text) in LOADERS {
        staging.write(name, text).await?;
    }
    let package = package(staging, tables, &lines, release).await?;
    staging.write("datapackage.json", package).await?;
    Ok(())
}

/// Readers of a release that put labels beside codes, for those who do not want to write one.
const LOADERS: [(&str, &str); 2] =
    [("load.py", include_str!("../publish/load.py")), ("load.R", include_str!("../publish/load.R"))];

/// How the cells of marts stand to each other: the equations and inequalities that disclosure control must keep.
fn equations(ground: &Ground<'_>) -> Vec<Vec<String>> {
    let mut lines = Vec::new();
    for mart in ground.project.marts.iter().filter(|mart| mart.spec.is_cells()) {
        let mut line = |relation: &str, sets: [&str; 2], over: [&str; 2], measure: &str, says: String| {
            let told = [mart.name(), relation, sets[0], sets[1], over[0], over[1], measure];
            lines.push(told.into_iter().map(str::to_owned).chain([says]).collect());
        };
        for margin in crate::marts::margins(&mart.spec) {
            let (relation, says) = match margin.relation {
                Relation::Equal => ("equal", "the parts add up to the whole"),
                Relation::Overlap => ("overlap", "each part is at most the whole, and all together are at least it"),
            };
            for measure in &mart.spec.measures {
                let sets = [margin.coarse.as_str(), margin.fine.as_str()];
                line(relation, sets, [&margin.over, TOTAL], &measure.name, says.to_owned());
            }
        }
        for union in &mart.spec.unions {
            for measure in &union.measures {
                let says =
                    format!("{} is the union of the other values: at least the largest, at most all", union.whole);
                line("overlap", ["*", "*"], [&union.over, &union.whole], measure, says);
            }
        }
        for rate in &mart.spec.rates {
            let says = format!("{} <= {} <= {}", *rate.numerator, *rate.covered_denominator, *rate.denominator);
            line("within", ["*", "*"], ["", ""], &rate.numerator, says);
        }
    }
    lines
}

fn lines(ground: &Ground<'_>) -> Vec<Vec<String>> {
    let mut lines = Vec::new();
    for mart in &ground.project.marts {
        let reads = mart.reads().unwrap_or_default().join(", ");
        for entry in dictionary(&mart.spec) {
            lines.push(vec![
                entry.table,
                entry.column,
                entry.kind.to_string(),
                entry.label,
                entry.definition,
                mart.spec.says.clone(),
                entry.rule.unwrap_or_default(),
                entry.code_set.unwrap_or_default(),
                sensitivity(entry.sensitivity).to_owned(),
                entry.nulls,
                reads.clone(),
                entry.ceds,
            ]);
        }
    }
    for field in crate::linkage::log::schema().fields() {
        let known = MATCH_LOG.iter().find(|(name, _, _)| name == field.name());
        let (label, definition) = known.map_or(("", ""), |(_, label, definition)| (*label, *definition));
        let kind = match field.data_type() {
            DataType::Int32 => "int32",
            DataType::Int64 => "int64",
            _ => "text",
        };
        let text = |t: &str| t.to_owned();
        let universe = text("every link and every vetoed or ambiguous near miss");
        lines.push(vec![
            text("match_log"),
            field.name().clone(),
            text(kind),
            text(label),
            text(definition),
            universe,
            String::new(),
            String::new(),
            text("none"),
            text("it does not apply"),
            text("identity records"),
            text("extension"),
        ]);
    }
    lines
}

/// The labels of every code set that a contract of the run uses, and of the values that marts name themselves.
fn labels(ground: &Ground<'_>) -> Vec<Vec<String>> {
    let mut lines: BTreeSet<Vec<String>> = BTreeSet::new();
    for (name, set) in &ground.project.code_sets {
        for code in set.codes() {
            lines.insert(vec![
                name.clone(),
                code.code.clone(),
                code.label.clone(),
                day(code.valid_from),
                day(code.valid_to),
            ]);
        }
    }
    for mart in &ground.project.marts {
        let named = |name: &str| format!("{}.{name}", mart.name());
        let columns = mart.spec.columns.iter().map(|c| (&c.name, &c.values));
        for (name, values) in columns.chain(mart.spec.dimensions.iter().map(|d| (&d.name, &d.values))) {
            for (code, label) in values {
                lines.insert(vec![named(name), code.clone(), label.clone(), String::new(), String::new()]);
            }
        }
    }
    lines.into_iter().collect()
}

/// A day in days since 1970-01-01 as `2019-07-01`; empty for none.
fn day(days: Option<i32>) -> String {
    let day = days.and_then(|d| chrono::NaiveDate::default().checked_add_signed(chrono::TimeDelta::days(i64::from(d))));
    day.map(|d| d.to_string()).unwrap_or_default()
}

/// A table of texts, as Parquet for programs and as CSV for people.
async fn table(staging: &Staging, name: &str, header: &[&str], lines: &[Vec<String>]) -> Result<(), PipelineError> {
    let schema: SchemaRef =
        Arc::new(Schema::new(header.iter().map(|h| Field::new(*h, DataType::Utf8, false)).collect::<Vec<_>>()));
    let columns = (0..header.len())
        .map(|i| Arc::new(StringArray::from_iter_values(lines.iter().map(|l| l[i].as_str()))) as ArrayRef)
        .collect();
    let batch = RecordBatch::try_new(Arc::clone(&schema), columns).map_err(EngineError::arrow(name))?;
    let place = staging.at(&format!("{name}.parts"));
    let mut writer = DatasetWriter::create(&place, schema, &WriteOptions::default()).await?;
    writer.write(batch).await?;
    let (_, parts) = writer.finish_parts().await?;
    for part in parts {
        let bytes = place.join(&part.file).read().await?;
        staging.write(&format!("{name}.parquet"), bytes).await?;
    }
    place.remove_all().await?;
    let mut csv = header.join(",");
    csv.push('\n');
    for line in lines {
        csv.push_str(&line.iter().map(|t| csv_field(t)).collect::<Vec<_>>().join(","));
        csv.push('\n');
    }
    staging.write(&format!("{name}.csv"), csv).await?;
    Ok(())
}

/// `datapackage.json`: the tables with their files, columns and keys, as the Data Package standard words them.
async fn package(
    staging: &Staging,
    tables: &[TableEntry],
    lines: &[Vec<String>],
    release: &str,
) -> Result<Vec<u8>, PipelineError> {
    let files = staging.files().await?;
    let mut resources = Vec::new();
    for (at, table) in tables.iter().enumerate() {
        if tables[..at].iter().any(|before| before.table == table.table) {
            continue;
        }
        // A table that is divided among organisations is one resource of many files.
        let prefixes: Vec<String> =
            tables.iter().filter(|t| t.table == table.table).map(|t| format!("{}/", t.path)).collect();
        let of_table = |path: &&str| prefixes.iter().any(|prefix| path.starts_with(prefix));
        let paths: Vec<&str> = files.iter().map(|f| f.path.as_str()).filter(of_table).collect();
        let fields: Vec<_> = lines
            .iter()
            .filter(|l| l[0] == table.table)
            .map(|l| serde_json::json!({ "name": l[1], "type": package_type(&l[2]), "title": l[3], "description": l[4] }))
            .collect();
        resources.push(serde_json::json!({
            "name": table.table, "path": paths, "format": "parquet", "mediatype": "application/vnd.apache.parquet",
            "schema": { "fields": fields, "primaryKey": table.primary_key },
        }));
    }
    let package = serde_json::json!({ "name": release.to_lowercase(), "resources": resources });
    let mut text = serde_json::to_vec_pretty(&package).map_err(PipelineError::bug)?;
    text.push(b'\n');
    Ok(text)
}

fn sensitivity(sensitivity: crate::foundation::Sensitivity) -> &'static str {
    use crate::foundation::Sensitivity;
    match sensitivity {
        Sensitivity::Direct => "direct",
        Sensitivity::Quasi => "quasi",
        Sensitivity::Token => "token",
        Sensitivity::None => "none",
    }
}

fn package_type(kind: &str) -> &'static str {
    match kind {
        "int32" | "int64" => "integer",
        "float64" => "number",
        "boolean" => "boolean",
        "date" => "date",
        other if other.starts_with("decimal") => "number",
        _ => "string",
    }
}
