//! What the front matter of a rule may say.

use std::fmt;
use std::str::FromStr;

use arrow::datatypes::DataType;
use chrono::NaiveDate;
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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

/// The type of a column: `text`, `int32`, `int64`, `boolean`, `date`, `float64` or `decimal(p,s)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub enum ColumnType {
    /// Text.
    Text,
    /// A whole number of 32 bits, such as a year.
    Int32,
    /// A whole number of 64 bits, such as a count.
    Int64,
    /// True or false.
    Boolean,
    /// A day.
    Date,
    /// A rate.
    Float64,
    /// Money or credits: digits in all, digits behind the point.
    Decimal(u8, i8),
}

impl ColumnType {
    /// The Arrow type.
    #[must_use]
    pub const fn arrow(self) -> DataType {
        match self {
            Self::Text => DataType::Utf8,
            Self::Int32 => DataType::Int32,
            Self::Int64 => DataType::Int64,
            Self::Boolean => DataType::Boolean,
            Self::Date => DataType::Date32,
            Self::Float64 => DataType::Float64,
            Self::Decimal(p, s) => DataType::Decimal128(p, s),
        }
    }
}

impl fmt::Display for ColumnType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text => f.write_str("text"),
            Self::Int32 => f.write_str("int32"),
            Self::Int64 => f.write_str("int64"),
            Self::Boolean => f.write_str("boolean"),
            Self::Date => f.write_str("date"),
            Self::Float64 => f.write_str("float64"),
            Self::Decimal(p, s) => write!(f, "decimal({p},{s})"),
        }
    }
}

impl FromStr for ColumnType {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let decimal = || {
            let (p, s) = text.strip_prefix("decimal(")?.strip_suffix(')')?.split_once(',')?;
            let (p, s) = (p.trim().parse().ok()?, s.trim().parse().ok()?);
            ((1..=38).contains(&p) && (0..=38).contains(&s)).then_some(Self::Decimal(p, s))
        };
        match text {
            "text" => Ok(Self::Text),
            "int32" => Ok(Self::Int32),
            "int64" => Ok(Self::Int64),
            "boolean" => Ok(Self::Boolean),
            "date" => Ok(Self::Date),
            "float64" => Ok(Self::Float64),
            _ => decimal().ok_or_else(|| {
                format!(
                    "`{text}` is no column type; known are text, int32, int64, boolean, date, float64, decimal(p,s)"
                )
            }),
        }
    }
}

impl TryFrom<String> for ColumnType {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<ColumnType> for String {
    fn from(kind: ColumnType) -> Self {
        kind.to_string()
    }
}
