//! The model: Fellegi-Sunter, trained without labels, over records of any declared fields.
//!
//! [`ModelPlan`] understands a document; [`Records`] hold who is compared, in small numbers; [`Blocking`] finds the pairs; [`train()`] learns from
//! them; a [`Scorer`] weighs them; [`decide()`] and [`threshold`] decide. No probability is tuned by hand, and no answer depends on the number of
//! threads.

// Counts of records and pairs become shares; none comes near 2^52.
#![allow(clippy::cast_precision_loss)]

mod blocking;
mod chance;
mod comparison;
#[cfg(test)]
mod comparison_tests;
mod decide;
mod em;
mod error;
mod parts;
mod plan;
mod records;
mod score;
mod similar;
pub mod spec;
mod suggest;
#[cfg(test)]
mod tests;
mod texts;
mod threads;
mod train;
#[cfg(test)]
mod train_tests;
mod trained;
mod weights;

pub use blocking::{Blocking, PairCount, Rule, Sample, Scope};
pub use comparison::{Agreement, Comparison, Comparisons, MISSING, Memories, levels_of};
pub use decide::{Constraints, Decided, Kept, Refusal, Threshold, decide, in_order, threshold};
pub use em::{Histogram, Learnt, learn};
pub use error::ModelError;
pub use parts::{Part, shares};
pub use plan::ModelPlan;
pub use records::{Column, Field, Records, Values, day_code};
pub use score::{Frequencies, Scored, Scorer, ValueCounts, rarity};
pub use similar::{Letters, jaro_winkler};
pub use suggest::{Choice, SuggestedRule, suggest};
pub(crate) use texts::mixed;
pub use texts::{Forms, Texts};
pub use threads::over;
pub use train::{Beforehand, KnownMatches, Trained, train};
pub use trained::ModelFile;
pub(crate) use weights::odds;
pub use weights::{bits, names as level_names, probability, thousandths, weights};
