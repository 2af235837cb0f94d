//! Margins: which cells add up to which, and which only overlap. Disclosure control takes its equations from here.

use crate::marts::MartSpec;
use crate::marts::cells::set_name;
use crate::marts::spec::Membership;

/// How the cells of the finer set stand to the cell of the coarser one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// They add up to it: each person has one value of the dimension.
    Equal,
    /// Each is at most it, and together they are at least it: a person may have several values of the dimension.
    Overlap,
}

/// Two grouping sets of which the finer has one dimension more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Margin {
    /// The coarser set, as it stands in `grouping_set`.
    pub coarse: String,
    /// The finer set.
    pub fine: String,
    /// The dimension that the finer set has and the coarser has not.
    pub over: String,
    /// How their cells stand to each other.
    pub relation: Relation,
}

/// All margins between the grouping sets of a mart.
#[must_use]
pub fn margins(spec: &MartSpec) -> Vec<Margin> {
    let sets: Vec<Vec<&str>> = spec
        .grouping
        .iter()
        .map(|set| {
            let named = spec.dimensions.iter().map(|d| d.name.as_str());
            named.filter(|d| set.iter().any(|name| name.value == *d) && !spec.is_always(d)).collect()
        })
        .collect();
    let mut margins = Vec::new();
    for coarse in &sets {
        for fine in sets.iter().filter(|fine| fine.len() == coarse.len() + 1) {
            let mut more = fine.iter().filter(|d| !coarse.contains(d));
            if let (Some(over), None) = (more.next(), more.next()) {
                let one = spec.dimension(over).is_some_and(|d| d.membership == Membership::One);
                margins.push(Margin {
                    coarse: set_name(coarse),
                    fine: set_name(fine),
                    over: (*over).to_owned(),
                    relation: if one { Relation::Equal } else { Relation::Overlap },
                });
            }
        }
    }
    margins
}
