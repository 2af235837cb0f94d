//! What the document of a request may say.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::foundation::Located;

/// `config/requests/NAME.yaml`: whom the Clearinghouse is asked about, and in which form.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestSpec {
    /// The request's name; also the document's file and the file that is written.
    pub request: Located<String>,
    /// A title of a few words.
    pub title: String,
    /// Who is asked about and why, in plain words.
    pub says: String,
    /// The form of the file.
    pub form: Located<Form>,
    /// Who asks, as the Clearinghouse knows them.
    pub account: AccountSpec,
    /// What is asked; colleges only.
    #[serde(default)]
    pub inquiry: Option<Located<Inquiry>>,
    /// The period of the diplomas as the header words it, such as `2024-2025`; high schools only.
    #[serde(default)]
    pub diploma_period: String,
    /// The file of its SQL, beside this document: a row a learner.
    pub sql: Located<String>,
    /// The column of the SQL that holds the person.
    pub person: Located<String>,
    /// The source whose records name the learners.
    pub identity: Located<String>,
    /// What the Clearinghouse is to give back with each row, so that the return finds its learner.
    #[serde(default)]
    pub return_field: ReturnField,
}

/// Who asks.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountSpec {
    /// High schools: the account code. Colleges: the six digits of the school code.
    pub code: Located<String>,
    /// Colleges: the two digits of the branch.
    #[serde(default)]
    pub branch: Option<Located<String>>,
    /// The name, at most 40 characters for colleges.
    pub name: Located<String>,
}

/// The forms of StudentTracker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// For colleges and universities: header `H1`, rows `D1`, trailer `T1`.
    College,
    /// For high schools and districts: header `PH3`, rows `PD3`, trailer `PT3`.
    HighSchool,
}

/// What a college asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Inquiry {
    /// Subsequent enrollment: where learners went afterwards.
    SE,
    /// Prior attendance: where they were before.
    PA,
    /// Declined admission: where those went who did not come.
    DA,
    /// A longitudinal cohort: all search dates are the same day.
    CO,
    /// Subsequent enrollment, for a subset of them.
    SB,
}

impl Inquiry {
    /// The two letters of the header.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::SE => "SE",
            Self::PA => "PA",
            Self::DA => "DA",
            Self::CO => "CO",
            Self::SB => "SB",
        }
    }
}

/// Which id comes back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReturnField {
    /// The state's id of the student.
    #[default]
    StateId,
    /// The id within the district or college.
    LocalId,
    /// The id by which the source knows the person.
    SourcePerson,
}

impl ReturnField {
    /// The column of identity records.
    #[must_use]
    pub const fn column(self) -> &'static str {
        match self {
            Self::StateId => "state_id",
            Self::LocalId => "local_id",
            Self::SourcePerson => "source_person",
        }
    }
}
