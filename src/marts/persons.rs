//! Persons: the query of a person-level mart, with its columns in the declared order and of the declared types.

use crate::marts::MartSpec;
use crate::marts::spec::ColumnType;

/// The query of a mart with columns of its own. Where it is of persons its first column is the person, under the name the SQL gives it: whoever runs the query puts the
/// published id in its place. `body` is the mart's SQL as written.
#[must_use]
pub fn sql(spec: &MartSpec, body: &str) -> String {
    let mut selected = Vec::new();
    if !spec.is_over_marts() {
        selected.push(format!("arrow_cast(m.\"{0}\", 'Utf8') AS \"{0}\"", spec.person.value));
    }
    for column in &spec.columns {
        let kind = match column.kind {
            ColumnType::Decimal(p, s) => format!("Decimal128({p}, {s})"),
            other => other.arrow().to_string(),
        };
        selected.push(format!("arrow_cast(m.\"{0}\", '{kind}') AS \"{0}\"", column.name.value));
    }
    format!("SELECT {}\nFROM (\n{}\n) AS m", selected.join(", "), body.trim_end().trim_end_matches(';'))
}
