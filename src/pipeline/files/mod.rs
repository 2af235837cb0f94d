//! Files of persons linked by a model alone: the document, what is read, linked, written, and held against the truth. No learner is in it.

pub mod document;
pub mod evaluate;
pub mod explain;
pub mod frequencies;
pub mod labels;
pub mod link;
mod outputs;
pub mod persons;
pub mod review;
pub mod texts;
mod values;
