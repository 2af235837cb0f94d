//! Marts: what is published. A person-level mart is one row a learner; a mart of cells counts persons by dimensions.
//!
//! A mart is a YAML document and a text of SQL beside it. The SQL gives one row a person, or one row a person and combination of
//! memberships; from the second kind [`cells::sql`] makes the queries that count every person once in every cell of every grouping set.

pub mod cells;
pub mod check;
pub mod counting;
#[cfg(test)]
mod counting_tests;
pub mod dictionary;
pub mod fuzzy_median;
mod identities;
#[cfg(test)]
mod identity_tests;
mod margins;
pub mod persons;
pub mod spec;
#[cfg(test)]
mod status_tests;
mod tally;
#[cfg(test)]
mod tests;

pub use cells::{GroupingQuery, MembershipCheck, TOTAL, UNKNOWN};
pub use check::check;
pub use counting::{Counted, Counting};
pub use dictionary::{Entry, dictionary};
pub use identities::{Breach, Identities};
pub use margins::{Margin, Relation, margins};
pub use spec::{ColumnType, MartSpec};
