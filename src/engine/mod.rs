//! The engine: DataFusion, the one door to files, and the writer of datasets. It knows nothing of learners.

pub mod arithmetic;
pub mod dataset;
pub mod error;
mod one_row;
pub mod predicate;
pub mod repeats;
pub mod reproducible;
pub mod session;
pub mod store;
pub mod write;

pub use dataset::{Dataset, DatasetMeta};
pub use error::EngineError;
pub use session::{Engine, Limits};
pub use store::Place;
pub use write::{DatasetWriter, WriteOptions};
