//! What can go wrong with a model. No message holds a person's values.

/// An error of the model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// Nothing can be compared.
    #[error("there is no pair to compare: one record, or one file where pairs go between files")]
    NoPairs,
    /// No blocking rule makes a pair.
    #[error("no blocking rule makes a pair{}", skipped(*over_common))]
    NothingBlocked {
        /// Blocks that were skipped.
        over_common: u64,
    },
    /// No rule leaves a comparison free.
    #[error(
        "nothing can be learnt of `{comparison}`: every blocking rule that makes pairs holds it equal; add a rule over other fields"
    )]
    NotIdentified {
        /// The comparison.
        comparison: String,
    },
    /// Most of all pairs look like one person.
    #[error(
        "so many of the pairs look like one person that nothing can be learnt of the others: many records hold the same values; take repeated records out, or label pairs"
    )]
    MostlyOnePerson,
    /// A model file of another program, document or version.
    #[error("the model file cannot be used: {reason}")]
    OtherModel {
        /// Why not.
        reason: String,
    },
}

fn skipped(blocks: u64) -> String {
    if blocks == 0 {
        return ": no two records share a key; look at the fields that the rules are on".to_owned();
    }
    format!(" but in {blocks} over-common blocks, which are skipped; raise `max_pairs`, or add a finer rule")
}
