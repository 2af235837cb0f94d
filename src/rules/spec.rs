//! What the front matter of a rule may say.

use chrono::NaiveDate;
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use crate::foundation::ColumnType;
use crate::foundation::{Located, Sensitivity, Zone};

/// The front matter of a rule.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleSpec {
    /// The rule's id; together with the version it stands on every row that the rule makes.
    pub id: Located<String>,
    /// The table that the rule makes. Several versions of one rule make the same table for different years.
    pub rule: Located<String>,
    /// The version, from 1.
    pub version: u32,
    /// A title of a few words.
    pub title: String,
    /// What the rule says, in plain words.
    pub says: String,
    /// The law or guidance it rests on.
    pub citation: String,
    /// The columns that together name one row of the table.
    pub grain: Vec<Located<String>>,
    /// The column that holds the reporting year. A version makes the rows of the program years in which it is effective; a table without
    /// such a column is made by the version that is effective on the run's date.
    #[serde(default)]
    pub year: Option<Located<String>>,
    /// Values that the SQL reads as `$name`: whole numbers, true or false, text, or a list of these for `IN ($name)`.
    #[serde(default)]
    pub parameters: IndexMap<String, Located<serde_json::Value>>,
    /// The words that a parameter of text may be, or the items of one that is a list, where the SQL knows no others.
    #[serde(default)]
    pub choices: IndexMap<String, Vec<Located<String>>>,
    /// Tables of rules in which every row of this one must be found, each with the columns by which: concentrators are participants. A row that is
    /// not found stops the release.
    #[serde(default)]
    pub within: IndexMap<String, Vec<Located<String>>>,
    /// The days on which the rule is effective.
    pub effective: Effective,
    /// Where the table may lie.
    pub zone: Zone,
    /// Who answers for the rule.
    pub owner: String,
    /// The table's columns, in order, without the two that name the rule and its version.
    pub columns: Vec<ColumnSpec>,
}

/// The days on which a rule is effective, both included.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Effective {
    /// The first day, such as 2019-07-01.
    pub from: Located<Day>,
    /// The last day; absent while the rule stands.
    #[serde(default)]
    pub to: Option<Located<Day>>,
}

/// A day, written as 2019-07-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Day(pub NaiveDate);

impl TryFrom<String> for Day {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        NaiveDate::parse_from_str(&text, "%Y-%m-%d")
            .map(Self)
            .map_err(|_| format!("`{text}` is no day such as 2019-07-01"))
    }
}

impl From<Day> for String {
    fn from(day: Day) -> Self {
        day.0.to_string()
    }
}

/// One column of the table that a rule makes: an entry of the dictionary.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ColumnSpec {
    /// The name, at most 32 ASCII characters.
    pub name: Located<String>,
    /// The type.
    #[serde(rename = "type")]
    pub kind: ColumnType,
    /// A label of a few words.
    pub label: String,
    /// What the column means, where the label does not say it all.
    #[serde(default)]
    pub definition: String,
    /// What it may reveal of a person.
    #[serde(default)]
    pub sensitivity: Sensitivity,
    /// The code set whose codes it holds.
    #[serde(default)]
    pub code_set: Option<String>,
}
