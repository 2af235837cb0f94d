//! Flows: how many records went from which old id to which new cluster, which came, and which were withdrawn.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::ops::Add;

use crate::identity::IdentityError;
use crate::identity::index::{IdentityRef, PersonIndex};

/// Records that an old id and a new cluster share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Flow {
    /// The old id, as its place in the parent's persons.
    pub(crate) old: usize,
    /// The new cluster.
    pub(crate) cluster: usize,
    /// How many records they share.
    pub(crate) records: u64,
}

/// Records that came or went, apart by whether they belong to a correction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Evidence {
    pub(crate) plain: u64,
    pub(crate) corrected: u64,
}

impl Evidence {
    pub(crate) const fn total(self) -> u64 {
        self.plain + self.corrected
    }

    fn count(&mut self, corrected: bool) {
        *if corrected { &mut self.corrected } else { &mut self.plain } += 1;
    }
}

impl Add for Evidence {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self { plain: self.plain + other.plain, corrected: self.corrected + other.corrected }
    }
}

/// All flows between a parent index and new clusters.
pub(crate) struct Flows {
    /// The new members, ascending, with their clusters.
    pub(crate) members: Vec<(IdentityRef, usize)>,
    /// The smallest reference of each cluster.
    pub(crate) smallest: Vec<IdentityRef>,
    /// Records of each cluster that the parent did not have.
    pub(crate) came: Vec<Evidence>,
    /// Records of each old id that no cluster has.
    pub(crate) went: Vec<Evidence>,
    list: Vec<Flow>,
    spans: Vec<(usize, usize)>,
    main_sources: Vec<Option<usize>>,
}

impl Flows {
    pub(crate) fn between(
        parent: &PersonIndex,
        clusters: &[Vec<IdentityRef>],
        corrected: &BTreeSet<IdentityRef>,
    ) -> Result<Self, IdentityError> {
        let smallest = clusters.iter().map(|c| c.iter().min().copied());
        let smallest: Option<Vec<IdentityRef>> = smallest.collect();
        let smallest = smallest.ok_or(IdentityError::Damaged("a cluster has no records"))?;
        let all = clusters.iter().enumerate().flat_map(|(number, c)| c.iter().map(move |&r| (r, number)));
        let mut members: Vec<(IdentityRef, usize)> = all.collect();
        members.sort_unstable();
        if members.windows(2).any(|w| w[0].0 == w[1].0) {
            return Err(IdentityError::Overlap);
        }
        let mut came = vec![Evidence::default(); clusters.len()];
        let mut went = vec![Evidence::default(); parent.persons().len()];
        let mut shared: Vec<(usize, usize)> = Vec::new();
        let mut old = parent.members().iter().peekable();
        for &(reference, cluster) in &members {
            while let Some(gone) = old.next_if(|o| o.0 < reference) {
                went[gone.1 as usize].count(corrected.contains(&gone.0));
            }
            match old.next_if(|o| o.0 == reference) {
                Some(kept) => shared.push((kept.1 as usize, cluster)),
                None => came[cluster].count(corrected.contains(&reference)),
            }
        }
        for gone in old {
            went[gone.1 as usize].count(corrected.contains(&gone.0));
        }
        shared.sort_unstable();
        let runs = shared.chunk_by(|a, b| a == b);
        let flows: Vec<Flow> =
            runs.map(|run| Flow { old: run[0].0, cluster: run[0].1, records: run.len() as u64 }).collect();
        let mut spans = vec![(0, 0); parent.persons().len()];
        let mut start = 0;
        for run in flows.chunk_by(|a, b| a.old == b.old) {
            spans[run[0].old] = (start, start + run.len());
            start += run.len();
        }
        let mut main: Vec<Option<Flow>> = vec![None; clusters.len()];
        for flow in &flows {
            let best = &mut main[flow.cluster];
            if best.is_none_or(|b| (flow.records, Reverse(flow.old)) > (b.records, Reverse(b.old))) {
                *best = Some(*flow);
            }
        }
        let main_sources = main.into_iter().map(|flow| flow.map(|f| f.old)).collect();
        Ok(Self { members, smallest, came, went, list: flows, spans, main_sources })
    }

    /// Every flow, by old id and cluster.
    pub(crate) fn all(&self) -> &[Flow] {
        &self.list
    }

    /// The flows out of one old id.
    pub(crate) fn of_old(&self, old: usize) -> &[Flow] {
        let (start, end) = self.spans[old];
        &self.list[start..end]
    }

    /// The old id that most of a cluster's records had; the older one of equals.
    pub(crate) fn main_source(&self, cluster: usize) -> Option<usize> {
        self.main_sources[cluster]
    }
}
