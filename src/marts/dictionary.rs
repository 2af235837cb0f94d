//! The dictionary: an entry for every column that a mart publishes.

use arrow::datatypes::{Field, Schema, SchemaRef};
use indexmap::IndexMap;

use crate::foundation::Sensitivity;
use crate::marts::MartSpec;
use crate::marts::cells::{self, GROUPING_SET, RATE_PARTS, TOTAL, UNKNOWN, median_status, rate_column};
use crate::marts::spec::{ColumnType, Dimension, MEDIAN, Membership};

/// What the dictionary says of one column.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The mart.
    pub table: String,
    /// The column.
    pub column: String,
    /// Its type.
    pub kind: ColumnType,
    /// A label of a few words.
    pub label: String,
    /// What it means.
    pub definition: String,
    /// What it may reveal of a person.
    pub sensitivity: Sensitivity,
    /// Whether it is part of the primary key.
    pub key: bool,
    /// The code set whose codes it holds.
    pub code_set: Option<String>,
    /// Codes and labels, where no code set has them.
    pub values: IndexMap<String, String>,
    /// The rule table it comes from.
    pub rule: Option<String>,
    /// What an empty value means; `never` where there is none.
    pub nulls: String,
    /// The element's id in the Common Education Data Standards, or `extension`.
    pub ceds: String,
}

/// What the column beside a median says.
const MEDIAN_STATUS: &str =
    "why the median is empty: not_applicable (nobody in the cell has an amount) or not_observable (not yet measurable)";
/// What stands for an element that the Common Education Data Standards do not have.
const EXTENSION: &str = "extension";
/// The parts of a rate that are empty where the rate is.
const AS_THE_RATE: [&str; 4] = ["low", "high", "bound_low", "bound_high"];

/// The dictionary of a mart, in the order of its columns.
#[must_use]
pub fn dictionary(spec: &MartSpec) -> Vec<Entry> {
    let mut all = if spec.is_cells() { of_cells(spec) } else { of_persons(spec) };
    for entry in &mut all {
        entry.key = spec.primary_key.iter().any(|key| key.value == entry.column);
        if entry.key {
            "never".clone_into(&mut entry.nulls);
        }
    }
    all
}

/// The schema of the published mart.
#[must_use]
pub fn schema(spec: &MartSpec) -> SchemaRef {
    if spec.is_cells() {
        return cells::schema(spec);
    }
    let field = |entry: &Entry| Field::new(&entry.column, entry.kind.arrow(), !entry.key);
    SchemaRef::new(Schema::new(dictionary(spec).iter().map(field).collect::<Vec<_>>()))
}

fn entry(spec: &MartSpec, column: &str, kind: ColumnType, label: &str, definition: &str) -> Entry {
    Entry {
        table: spec.mart.value.clone(),
        column: column.to_owned(),
        kind,
        label: label.to_owned(),
        definition: definition.to_owned(),
        sensitivity: Sensitivity::None,
        key: false,
        code_set: None,
        values: IndexMap::new(),
        rule: None,
        nulls: "never".to_owned(),
        ceds: EXTENSION.to_owned(),
    }
}

fn of_persons(spec: &MartSpec) -> Vec<Entry> {
    let id = spec.id.iter().map(|id| {
        let (sensitivity, definition) = match &id.of {
            None => (Sensitivity::Quasi, "The learner's id in this project; it holds in no other project"),
            Some(_) => {
                (Sensitivity::Direct, "The id by which the organisation itself knows the learner, as it reported it")
            }
        };
        Entry { sensitivity, ..entry(spec, &id.published, ColumnType::Text, "Learner", definition) }
    });
    let columns = spec.columns.iter().map(|c| Entry {
        sensitivity: c.sensitivity,
        code_set: c.code_set.clone(),
        values: c.values.clone(),
        rule: c.rule.clone(),
        nulls: c.nulls.clone().unwrap_or_default(),
        ceds: c.ceds.clone().unwrap_or_else(|| EXTENSION.to_owned()),
        ..entry(spec, &c.name, c.kind, &c.label, &c.definition)
    });
    id.chain(columns).chain(of_rates(spec)).collect()
}

fn of_cells(spec: &MartSpec) -> Vec<Entry> {
    let sets = "The dimensions that the cell names besides those that always stand; `total` where it names none";
    let mut all = vec![entry(spec, GROUPING_SET, ColumnType::Text, "Grouping set", sets)];
    all.extend(spec.dimensions.iter().map(|d| dimension(spec, d)));
    all.extend(spec.measures.iter().map(|m| entry(spec, &m.name, ColumnType::Int64, &m.label, &m.definition)));
    for median in &spec.medians {
        let status = median_status(median);
        let own = entry(spec, &median.name, MEDIAN, &median.label, &median.definition);
        all.push(Entry { nulls: format!("see {status}"), ..own });
        let (label, means) = (format!("{}: status", median.label), MEDIAN_STATUS);
        let why = entry(spec, &status, ColumnType::Text, &label, means);
        all.push(Entry { nulls: "the median stands".to_owned(), ..why });
    }
    all.extend(of_rates(spec));
    all
}

/// The entries of every rate and its parts.
fn of_rates(spec: &MartSpec) -> Vec<Entry> {
    let mut all = Vec::new();
    for rate in &spec.rates {
        let over = format!("{} divided by {}. {}", rate.numerator.value, rate.denominator.value, rate.definition);
        let empty = format!("see {}", rate_column(rate, "status"));
        let own = entry(spec, &rate.name, ColumnType::Float64, &rate.label, over.trim());
        all.push(Entry { nulls: empty.clone(), ..own });
        for (part, kind, means) in RATE_PARTS {
            let label = format!("{}: {}", rate.label, part.replace('_', " "));
            let nulls = match part {
                _ if AS_THE_RATE.contains(&part) => empty.clone(),
                "coverage" => "nobody in the denominator".to_owned(),
                "rule" | "version" => "nobody in the denominator, or the rule made no row of the year".to_owned(),
                "covered" => "nobody can be observed, or not yet measurable".to_owned(),
                "status" => "the rate stands".to_owned(),
                _ => "never".to_owned(),
            };
            all.push(Entry { nulls, ..entry(spec, &rate_column(rate, part), kind, &label, means) });
        }
    }
    all
}

fn dimension(spec: &MartSpec, d: &Dimension) -> Entry {
    let note = match d.membership {
        Membership::One => "",
        Membership::Many => "A learner may have several: the cells overlap and must not be summed",
    };
    let definition = [d.definition.as_str(), note].into_iter().filter(|s| !s.is_empty()).collect::<Vec<_>>().join(". ");
    let mut values = d.values.clone();
    if d.kind == ColumnType::Text {
        if !spec.is_always(&d.name) {
            values.insert(TOTAL.to_owned(), "All together".to_owned());
        }
        values.insert(UNKNOWN.to_owned(), "Not known".to_owned());
    }
    let ceds = d.ceds.clone().unwrap_or_else(|| EXTENSION.to_owned());
    Entry { code_set: d.code_set.clone(), values, ceds, ..entry(spec, &d.name, d.kind, &d.label, &definition) }
}
