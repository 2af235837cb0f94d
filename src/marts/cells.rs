//! Cells: the queries that count every person once in every cell of every grouping set.
//!
//! Grouping sets that name the same dimensions of many memberships share one query. It first brings the base down to one row a person and
//! combination of those memberships (the flags of its rows joined by "or"), then counts the persons of each combination of all its
//! dimensions, and adds those counts up for all the sets at once; so a person with two programs counts once in the total, once in each
//! program, and once in each gender.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use crate::foundation::{sql_name, sql_text};
use crate::marts::spec::{ColumnType, Dimension, MEDIAN, Median, Membership, Middle, NoteFor, Rate};
use crate::marts::{MartSpec, fuzzy_median};

/// What stands in a dimension that a grouping set rolls up.
pub const TOTAL: &str = "_total";
/// What stands in a dimension whose value nobody knows.
pub const UNKNOWN: &str = "_unknown";
/// The column that names the grouping set of a cell.
pub const GROUPING_SET: &str = "grouping_set";
/// The column that names the grouping set while cells are counted.
pub const SET: &str = "_set";
/// The name of the grouping set that names no dimension besides those that always stand.
pub const WHOLE: &str = "total";

/// What belongs to a rate, each a column named after it.
pub const RATE_PARTS: [(&str, ColumnType, &str); 12] = [
    ("low", ColumnType::Float64, "lower end of the rate's interval of 95 % (Wilson)"),
    ("high", ColumnType::Float64, "upper end of the rate's interval of 95 % (Wilson)"),
    ("coverage", ColumnType::Float64, "share of the denominator for whom the outcome is observable"),
    ("covered", ColumnType::Float64, "rate among those for whom the outcome is observable"),
    ("bound_low", ColumnType::Float64, "rate if everyone whose outcome is not observable had failed"),
    ("bound_high", ColumnType::Float64, "rate if everyone whose outcome is not observable had succeeded"),
    ("reliability", ColumnType::Text, "A: 100 or more in the denominator, B: 30 to 99, C: 10 to 29, D: fewer than 10"),
    (
        "status",
        ColumnType::Text,
        "why the rate is empty: not_applicable (nobody in the denominator) or not_observable (not yet measurable)",
    ),
    ("rule", ColumnType::Text, "id of the rule"),
    ("version", ColumnType::Int32, "version of the rule"),
    ("note", ColumnType::Text, "whom the sources cannot show"),
    ("quarantined", ColumnType::Int64, "rows that were refused in the sources on which the rate's rule rests"),
];

/// How many rows were refused in the sources behind a mart.
#[derive(Clone, Debug, Default)]
pub struct Refused {
    /// In all of them.
    pub all: u64,
    /// In those on which a rule rests, by the rule's id, where these are not all.
    pub of_rule: BTreeMap<String, u64>,
}

impl Refused {
    /// The number of a rate's row, whose rule stands in this column.
    fn sql(&self, rule: &str) -> String {
        if self.of_rule.is_empty() {
            return self.all.to_string();
        }
        let when = self.of_rule.iter().map(|(id, rows)| format!("WHEN {} THEN {rows}", sql_text(id)));
        format!("CASE {rule} {} ELSE {} END", when.collect::<Vec<_>>().join(" "), self.all)
    }
}

/// The query of all grouping sets that name the same dimensions of many memberships.
#[derive(Clone, Debug)]
pub struct GroupingQuery {
    /// The dimensions of many memberships, in the mart's order; empty for the sets that name none.
    pub many: Vec<String>,
    /// The names of its grouping sets, as they stand in `grouping_set`.
    pub sets: Vec<String>,
    /// The query. All queries of a mart have the same columns.
    pub sql: String,
}

/// A query that gives one whole number, `persons`: how many have several values of a dimension that declares one. It must be zero.
#[derive(Clone, Debug)]
pub struct MembershipCheck {
    /// The dimension.
    pub dimension: String,
    /// The query.
    pub sql: String,
}

/// The queries that make the mart's cells. `base` is what stands behind FROM: the name of the base's table, or its SQL in brackets; `refused` is how many rows were
/// refused in the sources on which it rests.
#[must_use]
pub fn sql(spec: &MartSpec, base: &str, refused: &Refused) -> Vec<GroupingQuery> {
    by_many(spec)
        .into_iter()
        .map(|(many, sets)| GroupingQuery {
            sql: query(spec, (base, refused), &many, &sets),
            sets: sets.iter().map(|set| set_name(set)).collect(),
            many,
        })
        .collect()
}

/// The grouping sets, each a list of dimensions besides those that always stand, by the dimensions of many memberships that they name.
#[must_use]
pub fn by_many(spec: &MartSpec) -> BTreeMap<Vec<String>, Vec<Vec<&str>>> {
    let mut by_many: BTreeMap<Vec<String>, Vec<Vec<&str>>> = BTreeMap::new();
    for set in &spec.grouping {
        let named = |d: &&Dimension| set.iter().any(|name| name.value == d.name.value) && !spec.is_always(&d.name);
        let set: Vec<&Dimension> = spec.dimensions.iter().filter(named).collect();
        let many = set.iter().filter(|d| d.membership == Membership::Many).map(|d| d.name.value.clone()).collect();
        by_many.entry(many).or_default().push(set.iter().map(|d| d.name.as_str()).collect());
    }
    by_many
}

/// The query that publishes cells that were counted already: `counted` is a table as [`crate::marts::Counted::Cells`] has it.
#[must_use]
pub fn published_sql(spec: &MartSpec, counted: &str, refused: &Refused) -> String {
    format!(
        "SELECT arrow_cast({set}, 'Utf8') AS {GROUPING_SET}, {columns}\nFROM {counted}",
        set = sql_name(SET),
        columns = columns(spec, &|_| true, refused),
    )
}

/// The whole mart in one query.
#[must_use]
pub fn union_sql(spec: &MartSpec, base: &str, refused: &Refused) -> String {
    let all: Vec<String> = sql(spec, base, refused).into_iter().map(|q| q.sql).collect();
    // No two cells are alike, so UNION drops none; it keeps the engine from pushing a sort through the union, where columns that are
    // constant in one branch only made it lose the order (DataFusion 55.2: "does not satisfy order requirements").
    all.join("\nUNION\n")
}

/// The name of a grouping set in `grouping_set`.
#[must_use]
pub fn set_name(dimensions: &[&str]) -> String {
    if dimensions.is_empty() { WHOLE.to_owned() } else { dimensions.join("+") }
}

/// The queries that show whether the dimensions of one membership keep what they declare.
#[must_use]
pub fn membership_checks(spec: &MartSpec, base: &str) -> Vec<MembershipCheck> {
    let keys: Vec<String> = std::iter::once(&spec.person).chain(&spec.always).map(|name| sql_name(name)).collect();
    let keys = keys.join(", ");
    let rolled = spec.dimensions.iter().filter(|d| d.membership == Membership::One && !spec.is_always(&d.name));
    rolled
        .map(|d| MembershipCheck {
            dimension: d.name.value.clone(),
            sql: format!(
                "SELECT count(*) AS persons FROM (SELECT {keys} FROM {base} GROUP BY {keys} HAVING min({value}) <> max({value})) AS torn",
                value = value(d)
            ),
        })
        .collect()
}

/// The query that gives one whole number: how many persons have several values of any of those dimensions. Where it is zero, every one of
/// [`membership_checks`] is zero; absent where there is no such dimension.
#[must_use]
pub fn membership_check(spec: &MartSpec, base: &str) -> Option<String> {
    let keys: Vec<String> = std::iter::once(&spec.person).chain(&spec.always).map(|name| sql_name(name)).collect();
    let keys = keys.join(", ");
    let rolled = spec.dimensions.iter().filter(|d| d.membership == Membership::One && !spec.is_always(&d.name));
    let values: Vec<String> = rolled.map(|d| format!("{} AS {}", value(d), sql_name(&d.name))).collect();
    (!values.is_empty()).then(|| {
        format!(
            "SELECT count(*) AS persons FROM (SELECT {keys} FROM (SELECT DISTINCT {keys}, {} FROM {base}) AS standing GROUP BY {keys} HAVING count(*) > 1) AS torn",
            values.join(", ")
        )
    })
}

/// The schema of the mart.
#[must_use]
pub fn schema(spec: &MartSpec) -> SchemaRef {
    let mut fields = vec![Field::new(GROUPING_SET, DataType::Utf8, false)];
    fields.extend(spec.dimensions.iter().map(|d| Field::new(d.name.as_str(), d.kind.arrow(), false)));
    fields.extend(spec.measures.iter().map(|m| Field::new(m.name.as_str(), DataType::Int64, false)));
    for median in &spec.medians {
        fields.push(Field::new(median.name.as_str(), MEDIAN.arrow(), true));
        fields.push(Field::new(median_status(median), DataType::Utf8, true));
    }
    for rate in &spec.rates {
        fields.push(Field::new(rate.name.as_str(), DataType::Float64, true));
        fields.extend(RATE_PARTS.iter().map(|(part, kind, _)| Field::new(rate_column(rate, part), kind.arrow(), true)));
    }
    SchemaRef::new(Schema::new(fields))
}

/// The column that says why a median is empty.
#[must_use]
pub fn median_status(median: &Median) -> String {
    format!("{}_status", median.name.value)
}

/// The column of a part of a rate.
#[must_use]
pub fn rate_column(rate: &Rate, part: &str) -> String {
    format!("{}_{part}", rate.name.value)
}

/// A dimension's value, never null.
fn value(dimension: &Dimension) -> String {
    let name = sql_name(&dimension.name);
    match dimension.kind {
        ColumnType::Text => format!("COALESCE({name}, '{UNKNOWN}')"),
        kind => format!("arrow_cast({name}, '{}')", kind.arrow()),
    }
}

fn query(spec: &MartSpec, (base, refused): (&str, &Refused), many: &[String], sets: &[Vec<&str>]) -> String {
    let is_key = |d: &Dimension| spec.is_always(&d.name) || many.contains(&d.name.value);
    let rolled: Vec<&Dimension> = spec.dimensions.iter().filter(|d| !spec.is_always(&d.name)).collect();
    let used = |d: &Dimension| sets.iter().any(|set| set.contains(&d.name.as_str()));
    format!(
        "SELECT arrow_cast({name}, 'Utf8') AS {GROUPING_SET}, {columns}\nFROM (\n{counted}\n) AS counted",
        name = sql_name(SET),
        columns = columns(spec, &used, refused),
        counted = counted(spec, sets, &rolled, &used, &persons(spec, base, &is_key, &used)),
    )
}

/// One row a person, dimensions that always stand and dimensions used; the flags joined by "or".
fn persons(
    spec: &MartSpec,
    base: &str,
    is_key: &dyn Fn(&Dimension) -> bool,
    used: &dyn Fn(&Dimension) -> bool,
) -> String {
    let mut columns = vec![sql_name(&spec.person)];
    let mut keys = vec![sql_name(&spec.person)];
    // A dimension of one membership has one value here, so as a part of the key it makes no more rows; a text is far cheaper there than
    // under `min`.
    for d in spec.dimensions.iter().filter(|d| is_key(d) || used(d)) {
        columns.push(format!("{} AS {}", value(d), sql_name(&d.name)));
        keys.push(value(d));
    }
    for measure in &spec.measures {
        let name = sql_name(&measure.name);
        match &measure.flag {
            Some(flag) => columns.push(format!("max(CASE WHEN {} THEN 1 ELSE 0 END) AS {name}", sql_name(flag))),
            None => columns.push(format!("max(1) AS {name}")),
        }
    }
    for median in &spec.medians {
        let (name, of) =
            (sql_name(&median.name), format!("arrow_cast({}, '{}')", sql_name(&median.of), MEDIAN.arrow()));
        match &median.flag {
            Some(flag) => columns.push(format!("max(CASE WHEN {} THEN {of} END) AS {name}", sql_name(flag))),
            None => columns.push(format!("max({of}) AS {name}")),
        }
    }
    for rate in &spec.rates {
        columns.push(format!("max({}) AS {}", sql_name(&rate.rule.id), sql_name(&rate_column(rate, "rule"))));
        columns.push(format!("max({}) AS {}", sql_name(&rate.rule.version), sql_name(&rate_column(rate, "version"))));
    }
    format!("SELECT {}\nFROM {base}\nGROUP BY {}", columns.join(", "), keys.join(", "))
}

/// The counts of every combination of the dimensions used. There are far fewer of them than persons, and every set adds them up.
fn finest(spec: &MartSpec, dimensions: &[String], persons: &str) -> String {
    let mut columns = dimensions.to_vec();
    columns.extend(spec.measures.iter().map(|m| format!("sum({0}) AS {0}", sql_name(&m.name))));
    columns.extend(rule_parts(spec));
    format!("SELECT {}\nFROM (\n{persons}\n) AS persons\nGROUP BY {}", columns.join(", "), dimensions.join(", "))
}

/// The rule behind each rate; every row has the same, so the greatest is the one.
fn rule_parts(spec: &MartSpec) -> impl Iterator<Item = String> {
    let parts = |rate| ["rule", "version"].map(|part| sql_name(&rate_column(rate, part)));
    spec.rates.iter().flat_map(parts).map(|part| format!("max({part}) AS {part}"))
}

/// The counts of all sets, with the name of each row's set in [`SET`].
fn counted(
    spec: &MartSpec,
    sets: &[Vec<&str>],
    rolled: &[&Dimension],
    used: &dyn Fn(&Dimension) -> bool,
    persons: &str,
) -> String {
    let used: Vec<&&Dimension> = rolled.iter().filter(|d| used(d)).collect();
    let always: Vec<String> = spec.always.iter().map(|name| sql_name(name)).collect();
    let mut columns = vec![format!("{} AS {}", name_of_set(sets, &used), sql_name(SET))];
    columns.extend(always.iter().cloned());
    columns.extend(used.iter().map(|d| sql_name(&d.name)));
    columns.extend(spec.measures.iter().map(|m| format!("sum({0}) AS {0}", sql_name(&m.name))));
    columns.extend(spec.medians.iter().map(|m| {
        let middle = if m.middle == Middle::Fuzzy { fuzzy_median::NAME } else { "median" };
        format!("{middle}({0}) AS {0}", sql_name(&m.name))
    }));
    columns.extend(rule_parts(spec));
    let groups: Vec<String> = sets
        .iter()
        .map(|set| {
            let names: Vec<String> = always.iter().cloned().chain(set.iter().map(|name| sql_name(name))).collect();
            format!("({})", names.join(", "))
        })
        .collect();
    let by = match &groups[..] {
        [one] if one == "()" => "HAVING count(*) > 0".to_owned(),
        [one] => format!("GROUP BY {}", &one[1..one.len() - 1]),
        several => format!("GROUP BY GROUPING SETS ({})", several.join(", ")),
    };
    let dimensions: Vec<String> = always.iter().cloned().chain(used.iter().map(|d| sql_name(&d.name))).collect();
    // Counts of counts are counts; a median needs every person.
    let several = sets.len() > 1 && !dimensions.is_empty() && spec.medians.is_empty();
    let rows = if several { finest(spec, &dimensions, persons) } else { persons.to_owned() };
    format!("SELECT {}\nFROM (\n{rows}\n) AS counts\n{by}", columns.join(", "))
}

/// The expression that names a row's set by what it rolls up.
fn name_of_set(sets: &[Vec<&str>], used: &[&&Dimension]) -> String {
    let text = |set: &[&str]| sql_text(&set_name(set));
    if let [set] = sets {
        return text(set);
    }
    let mut out = String::from("CASE");
    for set in sets {
        let rolls: Vec<String> = used
            .iter()
            .map(|d| format!("grouping({}) = {}", sql_name(&d.name), i32::from(!set.contains(&d.name.as_str()))))
            .collect();
        let _ = write!(out, " WHEN {} THEN {}", rolls.join(" AND "), text(set));
    }
    out + " END"
}

/// The published columns, over the counts.
fn columns(spec: &MartSpec, used: &dyn Fn(&Dimension) -> bool, refused: &Refused) -> String {
    let mut columns = Vec::new();
    for d in &spec.dimensions {
        let name = sql_name(&d.name);
        columns.push(match (spec.is_always(&d.name), used(d)) {
            (true, _) if d.kind == ColumnType::Text => format!("arrow_cast({name}, 'Utf8') AS {name}"),
            (true, _) => name,
            // No value is null before the counting, so a null here is a dimension rolled up.
            (false, true) => format!("arrow_cast(COALESCE({name}, '{TOTAL}'), 'Utf8') AS {name}"),
            (false, false) => format!("arrow_cast('{TOTAL}', 'Utf8') AS {name}"),
        });
    }
    columns.extend(spec.measures.iter().map(|m| format!("arrow_cast({0}, 'Int64') AS {0}", sql_name(&m.name))));
    for median in &spec.medians {
        let name = sql_name(&median.name);
        let pending = median.pending.as_ref().map_or_else(|| "0".to_owned(), |name| sql_name(name));
        columns.push(format!("arrow_cast(CASE WHEN {pending} = 0 THEN {name} END, '{}') AS {name}", MEDIAN.arrow()));
        columns.push(format!(
            "arrow_cast(CASE WHEN {pending} > 0 THEN 'not_observable' WHEN {name} IS NULL THEN 'not_applicable' END, 'Utf8') AS {}",
            sql_name(&median_status(median))
        ));
    }
    for rate in &spec.rates {
        columns.extend(rate_columns(rate, refused));
    }
    columns.join(", ")
}

/// An end of Wilson's interval of 95 % about a share: the lower with `-`, the upper with `+`. Roots and quotients are the same on every machine.
fn wilson(numerator: &str, denominator: &str, sign: char) -> String {
    const Z: &str = "1.959963984540054";
    let n = format!("arrow_cast({denominator}, 'Float64')");
    let p = format!("(arrow_cast({numerator}, 'Float64') / {n})");
    let half = format!("{Z} * sqrt({p} * (1.0 - {p}) / {n} + {Z} * {Z} / (4.0 * {n} * {n}))");
    let end = format!("({p} + {Z} * {Z} / (2.0 * {n}) {sign} {half}) / (1.0 + {Z} * {Z} / {n})");
    if sign == '-' { format!("greatest(0.0, {end})") } else { format!("least(1.0, {end})") }
}

/// Whom the sources cannot show, in the document's words; where all of the denominator are covered there is nobody.
fn note(rate: &Rate) -> String {
    let told = rate.coverage_note.trim();
    let all = *rate.covered_denominator == *rate.denominator;
    let usual = sql_text(if told.is_empty() && all { "Everyone in the denominator can be observed." } else { told });
    let when = |of: &NoteFor| {
        let values: Vec<String> = of.values.iter().map(|value| sql_text(value)).collect();
        format!("WHEN {} IN ({}) THEN {}", sql_name(&of.column), values.join(", "), sql_text(of.note.trim()))
    };
    let special: Vec<String> = rate.coverage_notes.iter().map(when).collect();
    if special.is_empty() { usual } else { format!("CASE {} ELSE {usual} END", special.join(" ")) }
}

/// A rate and its parts, as expressions over a row with its measures and the rule behind it.
#[must_use]
pub fn rate_columns(rate: &Rate, refused: &Refused) -> [String; 13] {
    let column = |part: &str| sql_name(&rate_column(rate, part));
    let (num, den, cov) = (sql_name(&rate.numerator), sql_name(&rate.denominator), sql_name(&rate.covered_denominator));
    let pending = rate.pending.as_ref().map_or_else(|| "0".to_owned(), |name| sql_name(name));
    let divided = |above: &str, below: &str| {
        format!(
            "CASE WHEN {pending} = 0 AND {below} > 0 THEN arrow_cast({above}, 'Float64') / arrow_cast({below}, 'Float64') END"
        )
    };
    [
        format!("{} AS {}", divided(&num, &den), sql_name(&rate.name)),
        format!("CASE WHEN {pending} = 0 AND {den} > 0 THEN {} END AS {}", wilson(&num, &den, '-'), column("low")),
        format!("CASE WHEN {pending} = 0 AND {den} > 0 THEN {} END AS {}", wilson(&num, &den, '+'), column("high")),
        format!(
            "CASE WHEN {den} > 0 THEN arrow_cast({cov}, 'Float64') / arrow_cast({den}, 'Float64') END AS {}",
            column("coverage")
        ),
        format!("{} AS {}", divided(&num, &cov), column("covered")),
        format!("{} AS {}", divided(&num, &den), column("bound_low")),
        format!("{} AS {}", divided(&format!("({num} + {den} - {cov})"), &den), column("bound_high")),
        format!(
            "arrow_cast(CASE WHEN {den} >= 100 THEN 'A' WHEN {den} >= 30 THEN 'B' WHEN {den} >= 10 THEN 'C' ELSE 'D' END, 'Utf8') AS {}",
            column("reliability")
        ),
        format!(
            "arrow_cast(CASE WHEN COALESCE({den}, 0) = 0 THEN 'not_applicable' WHEN {pending} > 0 THEN 'not_observable' END, 'Utf8') AS {}",
            column("status")
        ),
        format!("arrow_cast({0}, 'Utf8') AS {0}", column("rule")),
        format!("arrow_cast({0}, 'Int32') AS {0}", column("version")),
        format!("arrow_cast({}, 'Utf8') AS {}", note(rate), column("note")),
        format!("arrow_cast({}, 'Int64') AS {}", refused.sql(&column("rule")), column("quarantined")),
    ]
}
