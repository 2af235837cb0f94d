//! What is asked of a release that is there already: its tables, why two records are one person, how right its links are, and what clerks who look say.

pub mod current;
pub mod evaluate;
pub mod explain;
pub mod released;
pub mod review;
