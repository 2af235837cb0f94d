//! A case: example rows, and the rows that a rule must make of them. `NAME.fixtures.yaml` is a list of cases.

use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::foundation::diagnostic::yaml_complaint as complaint;
use crate::foundation::{Diagnostics, Located};

/// A row: column name to value. A decimal number and a day are text.
pub type Row = IndexMap<String, Value>;

/// The fixture file of one rule.
#[derive(Clone, Debug)]
pub struct FixtureFile {
    /// The file, relative to the project.
    pub file: PathBuf,
    /// Its cases.
    pub cases: Vec<Case>,
}

/// One case: rows in, rows out.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What the case shows, in plain words.
    pub case: Located<String>,
    /// Rows of the tables that the rule reads.
    #[serde(default)]
    pub given: IndexMap<String, Vec<Row>>,
    /// The rows that the rule must make, all of them.
    pub expect: Vec<Row>,
    /// Parameters that this case sets otherwise than the rule does, to show a boundary of them.
    #[serde(default)]
    pub parameters: IndexMap<String, Located<Value>>,
}

/// Reads the fixture file of a rule.
pub fn load_fixtures(text: &str, file: &Path) -> Result<FixtureFile, Diagnostics> {
    serde_saphyr::from_str(text).map(|cases| FixtureFile { file: file.to_owned(), cases }).map_err(|error| {
        let mut found = Diagnostics::default();
        found.push(complaint("R025", file, &error));
        found
    })
}
