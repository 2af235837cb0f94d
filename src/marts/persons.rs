//! Marts with columns of their own, of persons or over other marts: their query, with the declared columns in order and of the declared types.

use crate::foundation::sql_name;
use crate::marts::cells::Refused;
use crate::marts::spec::ColumnType;
use crate::marts::{MartSpec, cells};

/// The query of a mart of persons. Its first column is the person, under the name the SQL gives it: whoever runs the query puts the published id in its place.
/// `body` is the mart's SQL as written.
#[must_use]
pub fn sql(spec: &MartSpec, body: &str) -> String {
    let person = format!("arrow_cast(m.{0}, 'Utf8') AS {0}", sql_name(&spec.person));
    select(std::iter::once(person).chain(declared(spec)), body)
}

/// The query of a mart over marts: its columns, then every rate with all that stands beside a rate. `refused` is how many rows were refused in the sources on
/// which the table rests.
#[must_use]
pub fn over_marts_sql(spec: &MartSpec, body: &str, refused: &Refused) -> String {
    // The rule behind a rate is no column of the mart by itself: it passes under the name that the rate gives it.
    let rules = spec.rates.iter().flat_map(|rate| {
        let named =
            |column: &str, part| format!("m.{} AS {}", sql_name(column), sql_name(&cells::rate_column(rate, part)));
        [named(&rate.rule.id, "rule"), named(&rate.rule.version, "version")]
    });
    let typed = select(declared(spec).chain(rules), body);
    let columns = spec.columns.iter().map(|c| sql_name(&c.name));
    let rates = spec.rates.iter().flat_map(|rate| cells::rate_columns(rate, refused));
    select(columns.chain(rates), &typed)
}

/// The declared columns, each of its type.
fn declared(spec: &MartSpec) -> impl Iterator<Item = String> {
    spec.columns.iter().map(|column| {
        let kind = match column.kind {
            ColumnType::Decimal(p, s) => format!("Decimal128({p}, {s})"),
            other => other.arrow().to_string(),
        };
        format!("arrow_cast(m.{0}, '{kind}') AS {0}", sql_name(&column.name))
    })
}

fn select(columns: impl Iterator<Item = String>, from: &str) -> String {
    let columns: Vec<String> = columns.collect();
    format!("SELECT {}\nFROM (\n{}\n) AS m", columns.join(", "), from.trim_end().trim_end_matches(';'))
}
