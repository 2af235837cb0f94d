//! What a contract may say of columns, checks, deliveries and the gate.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::contract::types::{ColumnType, Percent, Scalar};
use crate::contract::written::NumberForm;
use crate::foundation::{Element, Located, OnFail, Sensitivity};

/// The part of the system that a source belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sector {
    /// Schools, grades 9 to 12.
    Secondary,
    /// Colleges.
    Postsecondary,
    /// Wages, licences, credentials.
    Workforce,
    /// Directories and lists; no people.
    Reference,
}

/// How deliveries of a source follow one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryMode {
    /// A delivery replaces everything earlier within its scope, absent rows included.
    Snapshot,
    /// A row replaces the earlier row with the same grain.
    Upsert,
    /// Rows are only added.
    Append,
}

/// How deliveries of a source follow one another, and how much smaller the next one may be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeliverySpec {
    /// `snapshot`, `upsert` or `append`.
    pub mode: DeliveryMode,
    /// Columns whose values name what a snapshot replaces; without them it replaces everything.
    #[serde(default)]
    pub scope: Vec<Located<String>>,
    /// How much smaller than the delivery it replaces a snapshot may be, such as `5%`.
    #[serde(default)]
    pub max_shrink: Option<Percent>,
}

/// One column that the sender promises.
#[expect(clippy::struct_excessive_bools, reason = "each is a word of the contract that a person writes by itself")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ColumnSpec {
    /// The column's name everywhere behind the contract.
    pub name: Located<String>,
    /// What the file's header calls it; by default its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<Located<String>>,
    /// What else the header has been known to call it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<Located<String>>,
    /// A regular expression that the header's name matches whole, where years in it move on with each edition; in place of `header`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header_pattern: Option<Located<String>>,
    /// `text`, `integer`, `decimal(p,s)`, `date`, `boolean` or `code`.
    #[serde(rename = "type")]
    pub kind: Located<ColumnType>,
    /// Whether a row without a value breaks the contract.
    #[serde(default)]
    pub required: bool,
    /// Whether a whole file may come without the column: no row of it has a value then. Never of a column that is required.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
    /// What stands for no value, after trimming; by default the empty field.
    #[serde(default = "empty_token")]
    pub null_tokens: Vec<String>,
    /// A regular expression that the whole value must match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<Located<String>>,
    /// The least value: a number, or a date as `2019-07-01`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<Located<Scalar>>,
    /// The greatest value: a number, a date as `2019-07-01`, or `as_of` for the run's own date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<Located<Scalar>>,
    /// The most characters that a text may have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_length: Option<usize>,
    /// How dates are written, such as `%m/%d/%Y`, or `excel_serial`; by default `%Y-%m-%d`. The first that fits is taken.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub formats: Vec<Located<String>>,
    /// What stands for true; by default `Y`, `YES`, `TRUE`, `T`, `1` in any case.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub true_values: Vec<String>,
    /// What stands for false; by default `N`, `NO`, `FALSE`, `F`, `0` in any case.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub false_values: Vec<String>,
    /// How many of a number's last digits stand behind an unwritten decimal point.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub implied_decimals: Option<u8>,
    /// What stands in and around a number: marks of thousands, a currency, a sign that only a bound is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<NumberForm>,
    /// Whether cells may be written as `="00123"`, as spreadsheets keep text.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub excel_text: bool,
    /// The code set that a code must be in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code_set: Option<Located<String>>,
    /// The column that says when a code must be in use, a date or a school year: codes whose days in the set do not reach it break the contract.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_use_on: Option<Located<String>>,
    /// What a value that breaks the column's own checks does to its row.
    #[serde(default)]
    pub on_fail: OnFail,
    /// The element of identity that the column holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<Element>,
    /// The kind of organisation that the column names. A pipeline may ask for organisations as they stand today, `org_as_of: current`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<Organization>,
    /// What the column may reveal of a person.
    #[serde(default)]
    pub sensitivity: Sensitivity,
    /// Whether the sender's tools are known to drop leading zeros of this identifier, so that they are put back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub lost_zeros: bool,
    /// The column's name for people, for the dictionary.
    pub label: String,
    /// What the column means, where the label does not say it all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub definition: Option<String>,
    /// The element's id in the Common Education Data Standards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ceds: Option<String>,
}

/// A kind of organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Organization {
    /// A school.
    School,
    /// The district of the school, or by itself.
    District,
}

fn empty_token() -> Vec<String> {
    vec![String::new()]
}

impl ColumnSpec {
    /// What the file's header calls the column.
    #[must_use]
    pub fn header(&self) -> &str {
        self.header.as_ref().map_or(&self.name.value, |header| &header.value)
    }

    /// Whether accepted rows carry `<name>_status`.
    #[must_use]
    pub fn has_status(&self) -> bool {
        self.on_fail == OnFail::NullField
    }

    /// The name of the column's status, where it has one.
    #[must_use]
    pub fn status_name(&self) -> String {
        format!("{}_status", *self.name)
    }
}

/// A check between the fields of one row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckSpec {
    /// The rule's id, unique in the contract.
    pub id: Located<String>,
    /// A SQL boolean expression over the contract's columns. A row for which it is null is kept.
    pub expect: Located<String>,
    /// What a row that breaks it comes to.
    #[serde(default)]
    pub on_fail: OnFail,
    /// The column that becomes null where `on_fail: null_field`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<Located<String>>,
    /// What is wrong with such a row, in plain words.
    pub says: String,
    /// The share of rows that may break it before the delivery as a whole is refused; without it any share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tolerance: Option<Percent>,
}

/// Columns that together stand once among all current rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UniqueSpec {
    /// The rule's id, unique in the contract.
    pub id: Located<String>,
    /// The columns.
    pub columns: Vec<Located<String>>,
    /// A column of true and false: only rows where it is true are compared. A code may have several clusters, but one primary one.
    #[serde(default, rename = "where", skip_serializing_if = "Option::is_none")]
    pub only: Option<Located<String>>,
    /// What a later row with the same values comes to: `reject_row` or `warn`.
    #[serde(default)]
    pub on_fail: OnFail,
    /// What is wrong with such a row, in plain words.
    pub says: String,
    /// The share of rows that may break it before the delivery as a whole is refused; without it any share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tolerance: Option<Percent>,
}

/// Columns whose values must stand in another source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReferenceSpec {
    /// The rule's id, unique in the contract.
    pub id: Located<String>,
    /// The columns of this contract. A row where one of them is null is kept.
    pub columns: Vec<Located<String>>,
    /// The source they refer to.
    pub to: Located<String>,
    /// That source's columns, in the same order.
    pub key: Vec<Located<String>>,
    /// What a row that refers to nothing comes to.
    #[serde(default)]
    pub on_fail: OnFail,
    /// What is wrong with such a row, in plain words.
    pub says: String,
    /// The share of rows that may break it before the delivery as a whole is refused; without it any share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tolerance: Option<Percent>,
}

/// A total that the file's own header or trailer states.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ControlSpec {
    /// The rule's id, unique in the contract.
    pub id: Located<String>,
    /// What is counted: `detail`, the detail records; or `all`, header and trailer too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count_of: Option<Counted>,
    /// The column that is summed, over all records as sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sum_of: Option<Located<String>>,
    /// The trailer field that states the total.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trailer: Option<Located<String>>,
    /// The header field that states the total.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<Located<String>>,
    /// What is wrong where they differ, in plain words.
    pub says: String,
}

/// Which records a control counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Counted {
    /// Detail records.
    Detail,
    /// Detail records, header and trailer.
    All,
}

/// What refuses a delivery as a whole.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct GateSpec {
    /// The share of rows that may be rejected, such as `2%`; without it any share.
    pub rejected: Option<Percent>,
}
