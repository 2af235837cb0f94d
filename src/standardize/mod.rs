//! Standardising: source fields become canonical elements, and rows become identity records.
//!
//! The rules are written in `docs/standardization.md` and tested by `config/standardize/vectors.csv`; both carry [`SPEC_VERSION`].
//! A change of any canonical value is a new version, because tokens rest on it.
//!
//! [`IdentityBuilder`] takes batches and gives identity records; [`record_refs`] names event rows; [`Deriver`] works out the parts
//! that tokens are made of.

mod canonical;
mod code;
mod date;
mod derive;
mod error;
mod identity;
mod letters;
mod memo;
mod name;
mod nickname;
mod phonetic;
mod placeholder;
mod records;
mod reference;
mod school;
mod ssn;
mod surname;
#[cfg(test)]
mod tests;

pub use canonical::StandardizeOptions;
pub use code::{id, postal_code, sex};
pub use date::{DateStatus, birth_date, civil, days, frequent_dates, swapped};
pub use derive::{Deriver, PARTS};
pub use error::StandardizeError;
pub use identity::{Blank, IdentityBuilder, blank_ref};
pub use name::{Name, first, first_name, initial, last, last_name, middle, middle_name, suffix};
pub use nickname::nickname_root;
pub use phonetic::phonetic;
pub use placeholder::DATES as PLACEHOLDER_DATES;
pub use records::IdentityBatches;
pub use reference::{RefKey, record_refs};
pub use ssn::{Ssn, SsnStatus, ssn};
pub use surname::{joined as last_joined, parts as last_parts};

/// The version of the standardisation specification. It is part of every recipe key.
pub const SPEC_VERSION: &str = "1.0.0";
