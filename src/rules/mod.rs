//! Business rules: versioned SQL with a citation, effective dates, parameters, and fixture rows that test it.
//!
//! A rule is one `.sql` file that opens with a comment block of YAML. [`load`] reads it, [`tables`] brings the versions of every table
//! together and checks their dates, [`layered`] lays one pack over another, [`RuleTable::sql`] is the query that makes the table, and [`fixtures`] runs the examples that stand
//! beside the rule.

mod apply;
mod bind;
mod case;
mod error;
pub mod fixtures;
#[cfg(test)]
mod layer_tests;
pub mod layers;
mod parse;
mod resolve;
pub mod spec;
#[cfg(test)]
mod tests;

pub use apply::{RULE_ID, RULE_VERSION};
pub use case::{Case, FixtureFile, Row, load_fixtures};
pub use error::{CasePlace, RuleError};
pub use fixtures::run_fixture;
pub use layers::{Layers, Override, OverrideSpec, Pack, Said, layered, load_override};
pub use parse::{Rule, check_cases, load};
pub use resolve::{RuleTable, program_year, tables};
pub use spec::{ColumnSpec, ColumnType, Day, Effective, RuleSpec};
