//! People's pages. Now: the one-page summary of a run, plain text that fits in an e-mail.

mod evaluation;
mod explain;
mod link;
mod review;
mod rules;
mod summary;

pub use evaluation::{evaluation_page, unverified_page};
pub use explain::{explanation_page, files_explanation_page};
pub use link::{blocking_page, link_page, model_page, suggestion_page};
pub use review::{import_page, sample_page};
pub use rules::{difference_page, rule_page, rules_page, tested_page};
pub use summary::{duration, summary, thousands};
