//! A mart as it is declared: its document and its SQL.

use std::path::PathBuf;

use arrow::datatypes::SchemaRef;

use crate::foundation::{Zone, sql_name};
use crate::marts::MartSpec;
use crate::pipeline::error::PipelineError;
use crate::pipeline::research;
use crate::pipeline::sql::reads;
use crate::pipeline::tables::OWN_IDS;

/// A mart's document and its SQL.
#[derive(Clone, Debug)]
pub struct Mart {
    /// What its document says.
    pub spec: MartSpec,
    /// Its SQL.
    pub sql: String,
    /// The document's file.
    pub spec_file: PathBuf,
    /// The SQL's file.
    pub sql_file: PathBuf,
}

impl Mart {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.spec.mart
    }

    /// Where it may lie.
    #[must_use]
    pub fn zone(&self) -> Zone {
        self.spec.zone
    }

    /// The columns that name one row.
    #[must_use]
    pub fn primary_key(&self) -> Vec<String> {
        self.spec.primary_key.iter().map(|k| k.value.clone()).collect()
    }

    /// Its columns as they are published.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        crate::marts::dictionary::schema(&self.spec)
    }

    /// The tables that its SQL reads.
    pub fn reads(&self) -> Result<Vec<String>, PipelineError> {
        Ok(reads(self.name(), &self.sql)?)
    }
}

/// The query of a person-level mart: the person under the project's id, then the declared columns in their declared types.
#[must_use]
pub fn person_sql(mart: &Mart) -> String {
    let person = sql_name(&mart.spec.person);
    let published = mart.spec.id.as_ref().map_or_else(|| person.clone(), |id| sql_name(&id.published));
    let id = format!("{}(arrow_cast(p.{person}, 'Utf8View')) AS {published}", research::NAME);
    let columns = mart.spec.columns.iter().map(|c| {
        let name = sql_name(&c.name);
        if c.person {
            format!("{}(arrow_cast(p.{name}, 'Utf8View')) AS {name}", research::NAME)
        } else {
            format!("p.{name}")
        }
    });
    let selected: Vec<String> = std::iter::once(id).chain(columns).collect();
    format!("SELECT {}\nFROM (\n{}\n) AS p", selected.join(", "), crate::marts::persons::sql(&mart.spec, &mart.sql))
}

/// The query of a mart of the local zone: each row goes to the organisation it names, under the id by which that organisation knows the
/// learner. Where it knows them by several, a row for each; a row about anybody else's learner is nobody's to see, and falls away.
#[must_use]
pub fn local_sql(mart: &Mart) -> String {
    let (Some(id), person) = (&mart.spec.id, sql_name(&mart.spec.person)) else { return person_sql(mart) };
    let Some(of) = &id.of else { return person_sql(mart) };
    let own = format!("o.local_id AS {}", sql_name(&id.published));
    let columns = mart.spec.columns.iter().map(|c| format!("p.{}", sql_name(&c.name)));
    let selected: Vec<String> = std::iter::once(own).chain(columns).collect();
    format!(
        "SELECT {}\nFROM (\n{}\n) AS p\nJOIN {} AS o ON o.person_id = p.{person} AND o.organization = p.{}",
        selected.join(", "),
        crate::marts::persons::sql(&mart.spec, &mart.sql),
        sql_name(OWN_IDS),
        sql_name(of),
    )
}
