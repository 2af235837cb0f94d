//! What a linkage document may say of passes, guards and roles. Token recipes are the tokenize room's words; one document holds both.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::foundation::Located;
use crate::linkage::model::spec::{BlockingSpec, ComparisonSpec};

/// The model, over what the exact passes left. Its fields are tokens: a delivery that an agency tokenised itself is compared as a clear one is.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ModelPassSpec {
    /// Its name among the passes of the match log.
    pub id: Located<String>,
    /// Raised whenever what the model does is changed.
    pub version: u32,
    /// How much a link by it is worth.
    #[serde(default = "suggestive")]
    pub strength: Strength,
    /// Which pairs are compared: those that share all tokens of a rule, or whose SSNs are one slip apart, `on: [near ssn]`.
    pub blocking: Vec<BlockingSpec>,
    /// How they are compared, by a token that both must have. The levels are tokens that agree, from best to least, that one among them: a
    /// token, `first_name with last_as_first` (one's with the other's), or `near ssn`.
    pub comparisons: Vec<ComparisonSpec>,
    /// Guards that may veto a link, judged between all members of the two clusters.
    #[serde(default)]
    pub guards: Vec<Located<String>>,
    /// When a pair is a link.
    #[serde(default)]
    pub decide: ModelDecideSpec,
    /// A model that an earlier run wrote (`audit/model.json` of its release), from the project's folder. Absent: every run trains its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pinned: Option<Located<String>>,
}

fn suggestive() -> Strength {
    Strength::D
}

/// When the model links two persons.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ModelDecideSpec {
    /// Of the model's links, the share that it may itself expect to be false: the line between links and the rest is drawn by it.
    pub false_links: f64,
    /// Pairs below the line are kept for review from this probability on.
    pub review: f64,
}

impl Default for ModelDecideSpec {
    fn default() -> Self {
        Self { false_links: 0.005, review: 0.5 }
    }
}

/// One exact pass: records whose recipes are all present and equal are candidates to be one person.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PassSpec {
    /// The pass's name in the match log; each once.
    pub id: Located<String>,
    /// Raised whenever what the pass does is changed.
    pub version: u32,
    /// How much a link by this pass alone is worth.
    pub strength: Strength,
    /// Recipes that must be present and equal in both records.
    #[serde(default)]
    pub on: Vec<Located<String>>,
    /// Recipes of one domain that are compared across: the left record's first with the right record's second.
    #[serde(default)]
    pub crossed: Vec<CrossSpec>,
    /// Which sources may stand on each side; absent: any two records.
    #[serde(default)]
    pub sources: Option<SidesSpec>,
    /// A key that more records than this hold is over-common: it is skipped and logged.
    #[serde(default)]
    pub max_frequency: Option<u32>,
    /// Whether a key that several persons might hold links nobody.
    #[serde(default)]
    pub requires_unique: Unique,
    /// Guards that may veto a link of this pass.
    #[serde(default)]
    pub guards: Vec<Located<String>>,
}

/// Two recipes of one domain, compared across the two records.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CrossSpec {
    /// The recipe of the left record.
    pub left: Located<String>,
    /// The recipe of the right record.
    pub right: Located<String>,
}

/// The sources of the two sides of a pass; an empty side takes every source.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SidesSpec {
    /// Sources of the left record.
    #[serde(default)]
    pub left: Vec<Located<String>>,
    /// Sources of the right record.
    #[serde(default)]
    pub right: Vec<Located<String>>,
}

/// How much a link is worth, from A (an id agrees, and so does the person) to D.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum Strength {
    /// An id agrees, and so does a name or birth date.
    A,
    /// An id alone, or full name and birth date.
    B,
    /// Names and birth date but for one known kind of error.
    C,
    /// Suggestive only.
    D,
}

impl Strength {
    /// The letter.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
            Self::D => "D",
        }
    }
}

/// What a pass demands of a key before it links anybody by it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unique {
    /// Nothing.
    #[default]
    No,
    /// No two persons who hold the key may conflict by the pass's guards; otherwise the key is ambiguous and links nobody.
    Unopposed,
    /// As `unopposed`, and each side of the pass may hold one person only.
    OneEachSide,
}

/// One guard: it vetoes a link, judged between all members of the two clusters.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GuardSpec {
    /// The guard's name in passes and in the match log; each once.
    pub id: Located<String>,
    /// What it refuses.
    pub veto: Veto,
}

/// What a guard refuses. The values it compares are those of the document's `roles`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Veto {
    /// Two valid SSNs that are neither equal nor near (no deletion neighbour in common).
    SsnConflict {
        /// Which pairs of members must agree.
        #[serde(default)]
        agree: Agree,
    },
    /// Two ids of one issuer that were active at different organisations on the same days. Ids that follow each other are allowed.
    IssuerConflict {
        /// Days of overlap that late paperwork explains.
        #[serde(default)]
        tolerance_days: i32,
    },
    /// One last name and birth date, but first names that agree in nothing, or two ids of one issuer active on the same days.
    Twins {
        /// Days of overlap that late paperwork explains.
        #[serde(default)]
        tolerance_days: i32,
        /// Which pairs of members must agree in the first name.
        #[serde(default)]
        agree: Agree,
    },
    /// First names that agree in no form, not even a loose one.
    FirstNamesDiffer {
        /// Two tokens of one domain, such as `{ left: first_name, right: last_as_first }`: where each side's first is the other side's second,
        /// the names were swapped, and do not differ.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unless_swapped: Option<CrossSpec>,
        /// Tokens of one domain, such as the name and the name without a letter: where any of one side is any of the other's, the names are alike,
        /// and do not differ.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        unless_alike: Vec<Located<String>>,
    },
    /// Of first name, last name and birth date, so many that both clusters hold agree in no form. Here a loose form of the first name counts
    /// only where a cluster holds no full one.
    PeopleDiffer {
        /// How many must disagree.
        fields: u32,
    },
    /// Both clusters hold ids of the issuer, and none in common: a pass that forgives a slip may not also take two ids for one person.
    IdsDiffer {},
    /// Two generation suffixes (JR against SR) and none in common.
    SuffixConflict {},
    /// Birth years further apart than a slip of the pen.
    ImplausibleAge {
        /// Years that are still plausible.
        years: i32,
        /// Which pairs of members must be near.
        #[serde(default)]
        agree: Agree,
    },
    /// Somebody too young for what a record says they did. Years are counted by the calendar; where the period or every birth year is missing,
    /// nothing is refused.
    TooYoung {
        /// By source: the least age, in years, at the beginning of a record's period, such as `{ ui_wages: 12 }`.
        least: BTreeMap<String, i32>,
        /// Which birth years of the other persons must be early enough.
        #[serde(default)]
        agree: Agree,
    },
    /// More records than one person can have.
    ClusterSize {
        /// The most records of one person.
        records: u32,
    },
}

/// Which pairs of members of two clusters must agree for a guard to let them be joined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Agree {
    /// Every pair: one conflicting pair of members vetoes.
    #[default]
    Every,
    /// One pair answers the conflict of others: a mistyped value that a cluster carries beside the right one does no harm.
    One,
}

/// Which recipes play which part in guards, bridges and the log.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RolesSpec {
    /// The SSN.
    #[serde(default)]
    pub ssn: Option<Located<String>>,
    /// The id that one issuer gives a person, such as the state student id.
    #[serde(default)]
    pub id: Option<Located<String>>,
    /// Full forms of the first name; two persons agree when any form agrees.
    #[serde(default)]
    pub first: Vec<Located<String>>,
    /// Loose forms of the first name, which other names share: its initial, its sound.
    #[serde(default)]
    pub first_loose: Vec<Located<String>>,
    /// Forms of the last name.
    #[serde(default)]
    pub last: Vec<Located<String>>,
    /// Forms of the birth date.
    #[serde(default)]
    pub birth_date: Vec<Located<String>>,
    /// The generation suffix.
    #[serde(default)]
    pub suffix: Option<Located<String>>,
    /// The recipes whose agreement the match log reports, in this order; absent: those that passes compare.
    #[serde(default)]
    pub evidence: Vec<Located<String>>,
}
