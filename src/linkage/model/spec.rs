//! What a document may say of a model: fields, blocking, comparisons, and when a pair is a link.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::foundation::Located;

/// A field that records are compared by.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FieldSpec {
    /// Its name in this document.
    pub name: Located<String>,
    /// The files' column, where it is called otherwise; `columns:` of a file says so for that file alone.
    #[serde(default)]
    pub column: Option<String>,
    /// What it holds, which says how it is made canonical.
    pub holds: Holds,
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Holds {
    /// A first name; nicknames are known.
    FirstName,
    /// A middle name or initial.
    MiddleName,
    /// A last name; parts of double surnames are known.
    LastName,
    /// A day, as a date or written `2004-05-07` or `20040507`.
    Date,
    /// A social security number; what cannot have been issued counts as missing.
    Ssn,
    /// Sex or gender.
    Sex,
    /// A ZIP code.
    PostalCode,
    /// A whole number of up to nine digits, such as a year of graduation.
    Number,
    /// Any other text, compared without case and outer blanks.
    Text,
}

impl Holds {
    /// Whether it is compared letter by letter.
    #[must_use]
    pub const fn is_text(self) -> bool {
        !matches!(self, Self::Date | Self::Ssn | Self::Number)
    }
}

/// One blocking rule: pairs that share all of its parts are compared.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BlockingSpec {
    /// The rule's name in reports and the match log; each once.
    pub id: Located<String>,
    /// What both records must share: a field, or `first 2 of FIELD`, `root of FIELD` (nicknames), `year of FIELD`, `last four of FIELD`.
    pub on: Vec<Located<String>>,
    /// A block that makes more pairs than this is over-common: it is skipped and counted.
    #[serde(default = "ten_million")]
    pub max_pairs: u64,
}

fn ten_million() -> u64 {
    10_000_000
}

/// How one field is compared.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ComparisonSpec {
    /// The field.
    pub field: Located<String>,
    /// The ways in which two values may agree, from best to least: `exact`; of names `nickname`, `initial`, `part`, `swapped with FIELD`,
    /// `known by FIELD` (a name at birth or an earlier one), `similar 0.92` (Jaro-Winkler), `first 3`; of numbers `within 2`; of dates `one digit`, `day and month swapped`, `within 2 years`, `year and month`; of SSNs
    /// `one digit`, `transposed`, `last four`. What fits none is the last level; a missing value says nothing either way.
    pub levels: Vec<Located<String>>,
    /// Whether agreement on a rare value is worth more than on a common one.
    #[serde(default)]
    pub frequencies: bool,
    /// A field that says the same better: where both records have it, this comparison says nothing, so that nothing counts twice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unless: Option<Located<String>>,
}

/// When a pair is a link.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DecideSpec {
    /// Pairs below this weight, in bits, are dropped and not remembered.
    pub floor: f64,
    /// Pairs from this probability on are links. Absent: the threshold that promises the best balance of false and missed links, by the error
    /// rates that the model itself expects.
    pub probability: Option<f64>,
    /// Pairs from this probability on that are no links stand in the match log for people to look at, with what stopped them.
    pub review: f64,
    /// Guards: fields whose disagreement stops a link whatever else agrees. Both values are there, and fit no level of the field's comparison.
    pub differs: Vec<Located<String>>,
    /// Records that one person may have at most.
    pub most_records: u32,
    /// Whether pairs that people have labelled (`--labels`) are decided as they say: `same` is one person before anything else is, `different` never,
    /// through whomever the two might be joined.
    pub keep_to_labels: bool,
}

impl Default for DecideSpec {
    fn default() -> Self {
        Self {
            floor: -5.0,
            probability: None,
            review: 0.5,
            differs: Vec::new(),
            most_records: 1_000,
            keep_to_labels: false,
        }
    }
}

/// All that a document says of a model.
#[derive(Clone, Copy, Debug)]
pub struct ModelSpec<'d> {
    /// The fields.
    pub fields: &'d [FieldSpec],
    /// The blocking rules.
    pub blocking: &'d [BlockingSpec],
    /// The comparisons.
    pub comparisons: &'d [ComparisonSpec],
    /// When a pair is a link.
    pub decide: &'d DecideSpec,
}
