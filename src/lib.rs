//! Throughline links the records that a state's agencies hold about its learners, from secondary school through college to
//! work, and turns them into numbers that can be trusted, published and defended. `docs/ARCHITECTURE.md` is the tour of the house.

pub mod engine;
pub mod foundation;
