//! What a file promised, and how it kept it: types, checks of columns and rows, what becomes of a row, and the gate of the delivery as a whole.
//!
//! [`Judge`] takes batches as they come from the file, side by side on any number of threads, and gives typed rows and quarantined ones.
//! [`gate`] says what refuses the delivery, [`whole`] writes the SQL of checks over all rows, [`rejects`] what the sender gets back.

pub mod check;
pub mod codes;
mod column;
pub mod counts;
mod date;
pub mod error;
pub mod gate;
pub mod in_use;
mod judge;
mod number;
mod pattern;
mod ready;
pub mod rejects;
pub mod spec;
mod text;
pub mod types;
pub mod whole;
pub mod written;

pub use codes::CodeSet;
pub use counts::Counts;
pub use error::ContractError;
pub use gate::{GateFinding, Totals};
pub use judge::{Judge, JudgeOptions, Judged, Predicate, accepted_schema};
pub use types::{ColumnType, Percent, Scalar};

#[cfg(test)]
mod tests;
