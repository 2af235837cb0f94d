//! Zones, where a dataset may lie, and sensitivities, what a column may reveal. Both are part of a dataset's type.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a dataset may lie. `restricted` is above `linked`; from `linked` the others leave, separately and never into each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Zone {
    /// Direct identity, tokens, crosswalk, quarantine.
    Restricted,
    /// Person ids and no direct identity.
    Linked,
    /// The match log: references and agreement only.
    Audit,
    /// Project-scoped ids.
    Research,
    /// What has passed disclosure control.
    Public,
    /// One organisation's own learners.
    Local,
    /// Federal files.
    Federal,
}

impl Zone {
    /// The zone's name in paths and documents.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Restricted => "restricted",
            Self::Linked => "linked",
            Self::Audit => "audit",
            Self::Research => "research",
            Self::Public => "public",
            Self::Local => "local",
            Self::Federal => "federal",
        }
    }

    /// Whether a column of this sensitivity may stand in a dataset of this zone.
    #[must_use]
    pub const fn admits(self, sensitivity: Sensitivity) -> bool {
        match self {
            Self::Restricted => true,
            Self::Linked | Self::Audit | Self::Research | Self::Local | Self::Federal => {
                matches!(sensitivity, Sensitivity::Quasi | Sensitivity::None)
            }
            Self::Public => matches!(sensitivity, Sensitivity::None),
        }
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a column may reveal of a person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sensitivity {
    /// Names a person, or is an id that an agency knows them by.
    Direct,
    /// Describes a person without naming them: race, sex, school, a date of exit.
    Quasi,
    /// A keyed hash of identity.
    Token,
    /// Says nothing of one person.
    #[default]
    None,
}
