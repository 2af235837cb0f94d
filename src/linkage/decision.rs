//! A decision: what was decided of a pair of records, and what stopped it.

/// What was decided of a pair of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MatchDecision {
    /// One person.
    Link,
    /// More than one person might hold the key: nobody is linked by it, a person may look.
    ClericalReview,
    /// Stopped by a guard.
    NonLink,
}

impl MatchDecision {
    /// The word in the match log.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::ClericalReview => "ambiguous",
            Self::NonLink => "vetoed",
        }
    }
}

/// What stopped a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stopped {
    /// Nothing did.
    No,
    /// A guard, as its place in the rules.
    By(u8),
    /// More records hold the key than the pass allows.
    OverCommon,
    /// More than one person on a side of the pass holds the key.
    NotUnique,
    /// The model holds it for too unlikely.
    BelowLine,
    /// Another person fits as well, or nearly.
    Rival,
}

/// One decision, packed: a link that joined two clusters, or a near miss.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Decision {
    /// The pass, as its place in the rules.
    pub pass: u8,
    /// The smaller row.
    pub left: u32,
    /// The greater row.
    pub right: u32,
    /// What was decided.
    pub decision: MatchDecision,
    /// What stopped the link.
    pub stopped: Stopped,
    /// How many records hold the key.
    pub key_frequency: u32,
}

/// What stopped a link where a guard did, by its place in the rules.
pub(crate) fn stopped_by(guard: usize) -> Stopped {
    // `Rules::compile` takes no more guards than a byte counts.
    Stopped::By(u8::try_from(guard).unwrap_or(u8::MAX))
}
