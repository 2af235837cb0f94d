//! The ledger: every change to a person's id or records between two versions of the index, with its cause.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use crate::identity::{IdentityError, PersonId};

/// What changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// A new person.
    Minted,
    /// A new id for records that were another person's, who is still there.
    Split,
    /// The id was taken over by another.
    Merged,
    /// The person gained records: new ones, or those of `other`.
    GainedRecord,
    /// The person lost records: withdrawn, or gone to `other`.
    LostRecord,
    /// The id is out of use: all its records were withdrawn.
    Retired,
}

impl Change {
    /// The word in the ledger.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Minted => "minted",
            Self::Split => "split",
            Self::Merged => "merged",
            Self::GainedRecord => "gained_record",
            Self::LostRecord => "lost_record",
            Self::Retired => "retired",
        }
    }
}

/// Why it changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// A record was corrected by its source.
    CorrectedRecord,
    /// A record came that was not there before.
    NewRecord,
    /// A record was withdrawn.
    WithdrawnRecord,
    /// The same records were linked in another way.
    Relinked,
}

impl Cause {
    /// The word in the ledger.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CorrectedRecord => "corrected_record",
            Self::NewRecord => "new_record",
            Self::WithdrawnRecord => "withdrawn_record",
            Self::Relinked => "relinked",
        }
    }
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// The person.
    pub person_id: PersonId,
    /// What changed.
    pub change: Change,
    /// The other person, where one takes part.
    pub other_person_id: Option<PersonId>,
    /// Why.
    pub cause: Cause,
    /// How many identity records the change moved.
    pub records: u64,
}

/// The ledger's schema; primary key `index_version`, `person_id`, `change`, `other_person_id`, `cause`.
#[must_use]
pub fn ledger_schema() -> SchemaRef {
    let text = |name: &str| Field::new(name, DataType::Utf8, false);
    Arc::new(Schema::new(vec![
        Field::new("index_version", DataType::Int64, false),
        text("person_id"),
        text("change"),
        Field::new("other_person_id", DataType::Utf8, true),
        text("cause"),
        Field::new("n_records", DataType::Int64, false),
        text("run"),
    ]))
}

/// Entries as Arrow, in their order.
pub fn ledger_batch(entries: &[Entry], version: u64, run: &str) -> Result<RecordBatch, IdentityError> {
    let version = i64::try_from(version).map_err(|_| IdentityError::Damaged("the version does not fit"))?;
    let others = entries.iter().map(|e| e.other_person_id.as_ref().map(PersonId::as_str));
    let records = entries.iter().map(|e| i64::try_from(e.records).unwrap_or(i64::MAX));
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from_value(version, entries.len())),
        Arc::new(StringArray::from_iter_values(entries.iter().map(|e| e.person_id.as_str()))),
        Arc::new(StringArray::from_iter_values(entries.iter().map(|e| e.change.name()))),
        Arc::new(others.collect::<StringArray>()),
        Arc::new(StringArray::from_iter_values(entries.iter().map(|e| e.cause.name()))),
        Arc::new(Int64Array::from_iter_values(records)),
        Arc::new(StringArray::from_iter_values(entries.iter().map(|_| run))),
    ];
    Ok(RecordBatch::try_new(ledger_schema(), columns)?)
}
