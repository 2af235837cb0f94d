//! What can go wrong with a model. No message holds a person's values.

/// An error of the model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// Nothing can be compared.
    #[error("there is no pair to compare: one record, or one file where pairs go between files")]
    NoPairs,
    /// No rule leaves a comparison free.
    #[error(
        "nothing can be learnt of `{comparison}`: every blocking rule that makes pairs holds it equal; add a rule over other fields"
    )]
    NotIdentified {
        /// The comparison.
        comparison: String,
    },
    /// A model file of another program, document or version.
    #[error("the model file cannot be used: {reason}")]
    OtherModel {
        /// Why not.
        reason: String,
    },
}
