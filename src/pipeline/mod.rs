//! The pipeline: the only room that knows the others. It loads documents, compiles them, plans the steps, runs them, and keeps the record.

pub mod accept;
pub mod attach;
pub mod check_contract;
pub mod check_linkage;
pub mod compile;
pub mod current;
pub mod delivered;
pub mod deliveries;
pub mod delivery_log;
pub mod derive;
pub mod describe;
pub mod document;
pub mod error;
pub mod ground;
pub mod identify;
pub mod keys;
pub mod link;
pub mod mart;
pub mod project;
pub mod quarantine;
pub mod record;
pub mod release;
pub mod released;
pub mod research;
pub mod results;
pub mod run;
pub mod runner;
pub mod schemas;
pub mod spec;
pub mod sql;
pub mod tables;
pub mod tokenize;
pub mod tokenized;

pub use document::{Texts, names};
pub use error::PipelineError;
pub use run::{Begun, Checked, Order, begin, check};
