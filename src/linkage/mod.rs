//! Linkage: which identity records are one person, decided on tokens alone.
//!
//! What people have decided comes first. Ordered exact passes, strongest first, propose links, and the model what they left; guards veto on
//! conflict, judged between all members of the two clusters; every link and every near miss is a row of the match log. Candidates come from [`Grouping`]: in memory, or from the query that [`plan`] writes.
//! Clear identity never comes here, so a delivery that an agency tokenised itself is linked as a clear one would be.

pub mod check;
mod cluster;
mod decision;
mod error;
pub mod explained;
#[cfg(test)]
mod fixture;
pub mod groups;
mod guard;
pub mod link;
pub mod log;
pub mod model;
pub mod modelled;
#[cfg(test)]
mod modelled_tests;
pub mod near;
#[cfg(test)]
mod oracle;
pub mod plan;
pub mod quality;
pub mod reading;
pub mod reviewed;
pub mod rules;
#[cfg(test)]
mod scenarios;
pub mod spec;
mod table;
mod token_word;

pub use check::{Known, check, check_model};
pub use cluster::Clusters;
pub use decision::{Decision, MatchDecision, Stopped};
pub use error::LinkageError;
pub use groups::{Grouping, Groups, InMemory};
pub use guard::Judge;
pub use link::{ClusterInfo, Linked, PassCount, link, pairs_of_model};
pub use modelled::{ModelDecision, Modelled};
pub use reading::Reading;
pub use rules::Rules;
pub use spec::{GuardSpec, ModelPassSpec, PassSpec, RolesSpec, Strength};
pub use table::{IdentityRef, TokenTable};
