//! The one integration binary: the house's shape, whole runs through the real program, and every way in which input can be wrong.

// A test that meets what it did not expect should fail where it stands.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs, unreachable_pub)]

mod accuracy;
mod architecture;
mod bad_documents;
mod bad_files;
mod bad_places;
mod canaries;
mod deliveries;
mod explain;
mod hand_made;
mod link_decisions;
mod link_files;
mod linkage_gate;
mod organizations;
mod outcomes;
mod own_learners;
mod persons;
mod project;
mod rebuilds;
mod review;
mod review_files;
mod rules;
mod runs;
mod tokenized;
