//! What compiling a project settles, for whoever runs it.

use crate::foundation::Zone;

/// What compiling settles.
#[derive(Clone, Debug, Default)]
pub struct Compiled {
    /// The tables that rules make, in an order in which each finds what it reads.
    pub rule_order: Vec<String>,
    /// Every dataset of the pipeline with its zone, in the order of the flow.
    pub zones: Vec<(String, Zone)>,
}
