//! A review: pairs of a match log, drawn by strata, that people look at in a workbook; what they answer says how right the linkage is, and is kept to.
//!
//! Whose match log it is, the review does not know: [`crate::pipeline::asked::review`] is of a release, [`crate::pipeline::files::review`] of a
//! linkage of files.

pub mod answers;
pub mod draw;
pub mod follow;
pub mod log;
pub mod workbook;
