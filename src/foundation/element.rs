//! Elements of identity: what a column may say of who someone is. A contract maps source columns to them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One canonical element of identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Element {
    /// An id that the state issues and that holds in every district.
    StateId,
    /// An id that one organisation issues; it compares only within its issuer.
    LocalId,
    /// The organisation that issued the local id.
    LocalIdIssuer,
    /// Social security number.
    Ssn,
    /// First or given name.
    FirstName,
    /// Middle name or initial.
    MiddleName,
    /// Last name or surname.
    LastName,
    /// Generation suffix: Jr, III.
    Suffix,
    /// Birth date.
    BirthDate,
    /// Sex as the source reports it.
    Sex,
    /// Postal code of residence.
    PostalCode,
    /// The organisation where the person was active in the record's period.
    ActiveOrg,
    /// First day of the record's period.
    PeriodStart,
    /// Last day of the record's period.
    PeriodEnd,
    /// Grade level in the record's school year: `KG`, `01` to `12`. With the school year it says about when somebody was born.
    GradeLevel,
    /// School year of the record, the year in which it ends.
    SchoolYear,
}

impl Element {
    /// Every element, in the order of the identity record's columns.
    pub const ALL: [Self; 16] = [
        Self::StateId,
        Self::LocalId,
        Self::LocalIdIssuer,
        Self::Ssn,
        Self::FirstName,
        Self::MiddleName,
        Self::LastName,
        Self::Suffix,
        Self::BirthDate,
        Self::Sex,
        Self::PostalCode,
        Self::ActiveOrg,
        Self::PeriodStart,
        Self::PeriodEnd,
        Self::GradeLevel,
        Self::SchoolYear,
    ];

    /// The element's name in documents and as a column of identity records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::StateId => "state_id",
            Self::LocalId => "local_id",
            Self::LocalIdIssuer => "local_id_issuer",
            Self::Ssn => "ssn",
            Self::FirstName => "first_name",
            Self::MiddleName => "middle_name",
            Self::LastName => "last_name",
            Self::Suffix => "suffix",
            Self::BirthDate => "birth_date",
            Self::Sex => "sex",
            Self::PostalCode => "postal_code",
            Self::ActiveOrg => "active_org",
            Self::PeriodStart => "period_start",
            Self::PeriodEnd => "period_end",
            Self::GradeLevel => "grade_level",
            Self::SchoolYear => "school_year",
        }
    }
}
