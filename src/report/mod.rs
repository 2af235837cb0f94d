//! People's pages. Now: the one-page summary of a run, plain text that fits in an e-mail.

mod summary;

pub use summary::{duration, summary, thousands};
