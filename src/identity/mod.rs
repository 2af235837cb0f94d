//! Identity: clusters become persons, and persons keep their ids from release to release.
//!
//! The [`PersonIndex`] says who has which id; [`assign()`] makes its next version from new clusters, and a ledger of every change. Both are
//! pure: the pointer that a release moves is the only thing that makes an id published.

mod assign;
mod error;
mod flow;
mod index;
mod ledger;
mod person_id;
#[cfg(test)]
mod scenarios;

pub use assign::{Assigned, Assignment, Counts, Ground, assign};
pub use error::IdentityError;
pub use index::{IdentityRef, Person, PersonIndex, ReadingIndex, Status, crosswalk_schema, persons_schema};
pub use ledger::{Cause, Change, Entry, ledger_batch, ledger_schema};
pub use person_id::PersonId;
