//! What the document of a mart may say.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use crate::foundation::ColumnType;
use crate::foundation::{Located, Sensitivity, Zone};

/// A mart: person-level where it has `columns`, a table of cells where it has `grouping`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MartSpec {
    /// The mart's name: its file, its folder in a release, its table in SQL.
    pub mart: Located<String>,
    /// A title of a few words.
    pub title: String,
    /// What the mart holds, and what it does not, in plain words.
    pub says: String,
    /// Where it may lie.
    pub zone: Zone,
    /// The file of its SQL, beside this document.
    pub sql: Located<String>,
    /// The column of the SQL that holds the person; absent in a mart over marts.
    #[serde(default)]
    pub person: Located<String>,
    /// What a mart over marts compares: marts of cells, reference sources, and tables of rules made of reference sources alone. Its SQL reads them and nothing else,
    /// and knows no person.
    #[serde(default)]
    pub over: Vec<Located<String>>,
    /// The column under which the person is published, under a project's own id; absent in a mart of cells.
    #[serde(default)]
    pub id: Option<Identifier>,
    /// The columns that together name one row of the published mart.
    pub primary_key: Vec<Located<String>>,
    /// The columns of a person-level mart, in order, without the id.
    #[serde(default)]
    pub columns: Vec<Column>,
    /// Dimensions that stand in every grouping set, such as the year: a person counts once in each combination of them.
    #[serde(default)]
    pub always: Vec<Located<String>>,
    /// The dimensions of a mart of cells.
    #[serde(default)]
    pub dimensions: Vec<Dimension>,
    /// What is counted in each cell.
    #[serde(default)]
    pub measures: Vec<Measure>,
    /// Medians over the persons of each cell.
    #[serde(default)]
    pub medians: Vec<Median>,
    /// Rates of the measures.
    #[serde(default)]
    pub rates: Vec<Rate>,
    /// Dimensions of which one value is the union of all others, such as placement of any type.
    #[serde(default)]
    pub unions: Vec<Union>,
    /// What must hold in every row, besides what the document implies.
    #[serde(default)]
    pub identities: Vec<Identity>,
    /// The grouping sets, each a list of dimensions besides those that always stand; `[]` is the total.
    #[serde(default)]
    pub grouping: Vec<Vec<Located<String>>>,
}

/// How the person's id is published.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Identifier {
    /// The column of the SQL.
    pub column: Located<String>,
    /// Its name in the published mart.
    #[serde(rename = "as")]
    pub published: Located<String>,
    /// In the local zone: the column that names the organisation. A learner is published under the id by which this organisation knows
    /// them, and only to it; a row about anybody whom it never gave an id is left out.
    #[serde(default)]
    pub of: Option<Located<String>>,
}

/// A column of a person-level mart.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// The name, at most 25 ASCII characters, 32 where it ends in `_status`.
    pub name: Located<String>,
    /// The type.
    #[serde(rename = "type")]
    pub kind: ColumnType,
    /// A label of a few words.
    pub label: String,
    /// What the column means: of whom, in which unit, as of when.
    #[serde(default)]
    pub definition: String,
    /// What it may reveal of a person.
    #[serde(default = "quasi")]
    pub sensitivity: Sensitivity,
    /// Whether it holds another person, who is published under the project's own id as the row's person is. In the research zone alone.
    #[serde(default)]
    pub person: bool,
    /// The code set whose codes it holds.
    #[serde(default)]
    pub code_set: Option<String>,
    /// Codes and labels, where no code set has them.
    #[serde(default)]
    pub values: IndexMap<String, String>,
    /// The rule table the column comes from.
    #[serde(default)]
    pub rule: Option<String>,
    /// What an empty value means; `never` where there is none. A column of the primary key needs none.
    #[serde(default)]
    pub nulls: Option<String>,
    /// The element's id in the Common Education Data Standards; without it the column is an extension.
    #[serde(default)]
    pub ceds: Option<String>,
}

const fn quasi() -> Sensitivity {
    Sensitivity::Quasi
}

/// Whether a person has one value of a dimension or may have many, within the dimensions that always stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Membership {
    /// One value: its cells add up to the total.
    One,
    /// Perhaps several: its cells overlap, and must not be summed.
    Many,
}

/// A dimension of a mart of cells.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Dimension {
    /// The column of the SQL, and of the mart.
    pub name: Located<String>,
    /// Whether a person has one value or may have many.
    pub membership: Membership,
    /// The type; a whole number only where the dimension always stands.
    #[serde(rename = "type", default = "text")]
    pub kind: ColumnType,
    /// A label of a few words.
    pub label: String,
    /// What the dimension means.
    #[serde(default)]
    pub definition: String,
    /// The code set whose codes it holds.
    #[serde(default)]
    pub code_set: Option<String>,
    /// Codes and labels, where no code set has them.
    #[serde(default)]
    pub values: IndexMap<String, String>,
    /// The element's id in the Common Education Data Standards; without it the dimension is an extension.
    #[serde(default)]
    pub ceds: Option<String>,
}

const fn text() -> ColumnType {
    ColumnType::Text
}

/// What a measure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Count {
    /// Persons, each once in a cell.
    Persons,
}

/// A measure: a count of persons in each cell.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    /// Its column in the mart.
    pub name: Located<String>,
    /// What is counted.
    pub count: Count,
    /// The boolean column of the SQL that says who counts; absent: everyone.
    #[serde(rename = "where", default)]
    pub flag: Option<Located<String>>,
    /// A label of a few words.
    pub label: String,
    /// What the measure means.
    #[serde(default)]
    pub definition: String,
}

/// A median: of one amount a person, over the persons of a cell who have one.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Median {
    /// Its column in the mart, a `decimal(14,2)`; why it is empty stands beside it in a column that ends in `_status`. Of an even number of persons it is the mean of
    /// the two in the middle, cut to whole cents.
    pub name: Located<String>,
    /// The column of the SQL that holds the amount. A person has one within the dimensions that always stand; were there several, the greatest counts.
    pub of: Located<String>,
    /// The boolean column of the SQL that says whose amount counts; absent: everyone's who has one.
    #[serde(rename = "where", default)]
    pub flag: Option<Located<String>>,
    /// The measure of those whose amount is not yet measurable; while it is above zero, the median is left empty as a rate is.
    #[serde(default)]
    pub pending: Option<Located<String>>,
    /// Whether it is the median itself, or the mean of the 45th and the 55th percentile.
    #[serde(default)]
    pub middle: Middle,
    /// A label of a few words.
    pub label: String,
    /// What the median means.
    #[serde(default)]
    pub definition: String,
}

/// What stands for the middle of amounts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Middle {
    /// The median itself, which may be one person's own amount.
    #[default]
    Exact,
    /// The mean of the 45th and the 55th percentile, as agencies of wage records ask for.
    Fuzzy,
}

/// The type of medians.
pub const MEDIAN: ColumnType = ColumnType::Decimal(14, 2);

/// A rate of two measures, divided once; in a mart over marts, of two of its columns.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// Its column in the mart; what belongs to it is named after it.
    pub name: Located<String>,
    /// The measure above the line.
    pub numerator: Located<String>,
    /// The measure below the line: the official denominator, in which one who is not linked counts as not placed.
    pub denominator: Located<String>,
    /// The measure of those in the denominator for whom the outcome is observable.
    pub covered_denominator: Located<String>,
    /// The measure of those whose outcome is not yet measurable; while it is above zero, the rate is left empty.
    #[serde(default)]
    pub pending: Option<Located<String>>,
    /// The columns of the SQL that hold the id and the version of the rule behind the rate.
    pub rule: RuleColumns,
    /// Whom the sources cannot show, in plain words; it stands beside every rate.
    #[serde(default)]
    pub coverage_note: String,
    /// Notes in its place for rows of some values, the first that fits; such as those of one indicator.
    #[serde(default)]
    pub coverage_notes: Vec<NoteFor>,
    /// A label of a few words.
    pub label: String,
    /// What the rate means.
    #[serde(default)]
    pub definition: String,
}

/// A note of the rows that hold one of some values.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoteFor {
    /// The dimension, or the column of a mart over marts.
    pub column: Located<String>,
    /// Its values.
    pub values: Vec<String>,
    /// Whom the sources cannot show in these rows.
    pub note: String,
}

/// A value of a dimension that is the union of all its others: at least the largest of them, at most all together.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Union {
    /// The dimension.
    pub over: Located<String>,
    /// The value that is the union.
    pub whole: String,
    /// The measures of which it holds.
    pub measures: Vec<Located<String>>,
}

/// Something that must hold in every row of a mart.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// What holds, in plain words.
    pub says: String,
    /// An expression over the mart's columns that is true in every row.
    pub expect: Located<String>,
    /// The rules that are told where it does not hold.
    #[serde(default)]
    pub rules: Vec<String>,
}

/// The columns that say which rule made a row.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleColumns {
    /// The rule's id.
    pub id: Located<String>,
    /// The rule's version.
    pub version: Located<String>,
}

impl MartSpec {
    /// Whether the mart is a table of cells.
    #[must_use]
    pub const fn is_cells(&self) -> bool {
        !self.grouping.is_empty()
    }

    /// Whether the mart compares cells of other marts.
    #[must_use]
    pub const fn is_over_marts(&self) -> bool {
        !self.over.is_empty()
    }

    /// A dimension by its name.
    #[must_use]
    pub fn dimension(&self, name: &str) -> Option<&Dimension> {
        self.dimensions.iter().find(|d| d.name.as_str() == name)
    }

    /// Whether a dimension stands in every grouping set.
    #[must_use]
    pub fn is_always(&self, name: &str) -> bool {
        self.always.iter().any(|a| a.as_str() == name)
    }
}
