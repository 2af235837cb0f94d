//! What can go wrong with keys and tokens. Messages name files, keys and columns, never key material and never a person's values.

use thiserror::Error;

/// An error of this room.
#[derive(Debug, Error)]
pub enum TokenizeError {
    /// A key is needed that was not given.
    #[error("no {kind} key: {needed_for} needs one; name it as env:NAME or file:PATH")]
    MissingKey {
        /// `send` or `hub`.
        kind: &'static str,
        /// What needs it.
        needed_for: &'static str,
    },
    /// A reference to a key is none of the known forms.
    #[error("`{reference}` is no reference to a key: write env:NAME, file:PATH or demo")]
    BadReference {
        /// What was written, cut to its scheme where it may hold a secret.
        reference: String,
    },
    /// The demo key was asked for real data.
    #[error("the demo key is public, so it is allowed only when every source is declared synthetic: true")]
    DemoOnRealData,
    /// The environment variable is not set.
    #[error("the environment variable {name} holds no key")]
    NoVariable {
        /// Its name.
        name: String,
    },
    /// The key file cannot be read.
    #[error("the key file {path} cannot be read: {reason}")]
    Unreadable {
        /// Its path.
        path: String,
        /// What the system says.
        reason: String,
    },
    /// The key file can be read by others.
    #[error("the key file {path} can be read by others (mode {mode:04o}); run: chmod 600 {path}")]
    OpenToOthers {
        /// Its path.
        path: String,
        /// Its mode bits.
        mode: u32,
    },
    /// The text is not a key file at all.
    #[error("{place} holds no throughline key: {reason}")]
    NotAKey {
        /// Where it was read from.
        place: String,
        /// What is not right, without key material.
        reason: &'static str,
    },
    /// The text is a key file whose check fails: it was damaged in transit.
    #[error("the key in {place} is damaged: its secret does not give its id {id}; fetch it again from who issued it")]
    Damaged {
        /// Where it was read from.
        place: String,
        /// The id it carries.
        id: String,
    },
    /// A hub key was given where a send key belongs, or the other way round.
    #[error("{place} holds a {found} key, but a {needed} key belongs here")]
    WrongKind {
        /// Where it was read from.
        place: String,
        /// The kind it is.
        found: &'static str,
        /// The kind it should be.
        needed: &'static str,
    },
    /// The key is whole, but not the one that made what is at hand.
    #[error("wrong {label} key: check value {found}, but {expected} made what is at hand")]
    WrongKey {
        /// Which key.
        label: String,
        /// The check value of the key given.
        found: String,
        /// The check value expected.
        expected: String,
    },
    /// A recipe's domain is no recipe.
    #[error("recipe `{recipe}` has the domain `{domain}`, which is no recipe")]
    UnknownDomain {
        /// The recipe.
        recipe: String,
        /// Its domain.
        domain: String,
    },
    /// The system gives no random bytes.
    #[error("the system gives no random bytes: {0}")]
    NoRandomness(String),
    /// A batch lacks a column.
    #[error("the {dataset} lack the column `{column}`")]
    NoColumn {
        /// Which dataset.
        dataset: &'static str,
        /// The column.
        column: String,
    },
    /// A column has another type than the schema of its dataset says.
    #[error("column `{column}` is {found}, but {needed} is needed")]
    WrongType {
        /// The column.
        column: String,
        /// The type found.
        found: String,
        /// The type needed.
        needed: String,
    },
    /// Identity records and derived parts have different numbers of rows.
    #[error("{parts} rows of parts stand beside {identity} identity records")]
    RowCount {
        /// Rows of identity records.
        identity: usize,
        /// Rows of parts.
        parts: usize,
    },
    /// Arrow refused an operation.
    #[error("arrow: {0}")]
    Arrow(#[from] arrow::error::ArrowError),
}

/// A result of this room.
pub(crate) type Result<T> = std::result::Result<T, TokenizeError>;
