//! Throughline links the records that a state's agencies hold about its learners, from secondary school through college to
//! work, and turns them into numbers that can be trusted, published and defended. `docs/ARCHITECTURE.md` is the tour of the house.

pub mod clearinghouse;
pub mod cli;
pub mod contract;
pub mod engine;
pub mod error;
pub mod extract;
pub mod foundation;
pub mod identity;
pub mod linkage;
pub mod marts;
pub mod pipeline;
pub mod publish;
pub mod report;
pub mod rules;
pub mod standardize;
pub mod synth;
pub mod tokenize;
