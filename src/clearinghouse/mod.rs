//! Clearinghouse: request files of the National Student Clearinghouse's StudentTracker, in its form for colleges and its form for high
//! schools. What comes back is a source like any other, with a contract and rules of its own.

pub mod check;
pub mod file;
pub mod form;
pub mod spec;

pub use check::check;
pub use file::{Asked, FEWEST, RequestFile};
pub use form::{Field, IDENTITY, Kind};
pub use spec::{Form, Inquiry, RequestSpec, ReturnField};
