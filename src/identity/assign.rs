//! Assign: clusters to persons that keep their ids.
//!
//! Old ids are matched to new clusters by shared records descending, then older id, then smallest reference, each once. Clusters left over
//! mint, in the order of their smallest references; ids left over are merged into the id that took most of their records, or retired where
//! all their records were withdrawn. Nothing here is written: an index that is not published has used no id.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashSet};

use crate::foundation::KeyedHash;
use crate::identity::flow::{Evidence, Flow, Flows};
use crate::identity::index::{IdentityRef, Person, PersonIndex, Status};
use crate::identity::ledger::{Cause, Change, Entry};
use crate::identity::{IdentityError, PersonId};

/// How a cluster came by its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Assignment {
    /// It is new, and so is its id.
    New,
    /// It keeps the id that most of its records had.
    Carried,
    /// It keeps an id, and other ids were merged into it.
    Merged,
    /// Its records had an id that went to another cluster; its own is new.
    Split,
}

/// How many clusters and ids fared how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// New persons.
    pub new: u64,
    /// Persons whose id was carried on, without a merge.
    pub carried: u64,
    /// Persons into whose id others were merged.
    pub merged: u64,
    /// Persons split from another.
    pub split: u64,
    /// Ids taken over by another.
    pub merged_away: u64,
    /// Ids whose records were all withdrawn.
    pub retired: u64,
}

/// What is handed to [`assign`] beside the clusters.
#[derive(Clone, Copy, Debug)]
pub struct Ground<'a> {
    /// The index of the parent release; `None` for the first.
    pub parent: Option<&'a PersonIndex>,
    /// The next counter as the pointer has it: after a rollback it is higher than the parent's.
    pub next_counter: u64,
    /// The key that ids are made under.
    pub key: &'a KeyedHash,
    /// References, new or withdrawn, that belong to a correction: their source person has both.
    pub corrected: &'a BTreeSet<IdentityRef>,
}

/// The new version of the index, and what changed.
#[derive(Clone, Debug)]
pub struct Assigned {
    /// The new index; its members are the crosswalk.
    pub index: PersonIndex,
    /// The id of each cluster, in the order of the clusters.
    pub persons: Vec<PersonId>,
    /// How each cluster came by it.
    pub assignments: Vec<Assignment>,
    /// Every change, sorted.
    pub ledger: Vec<Entry>,
    /// How many of each kind.
    pub counts: Counts,
}

/// Gives every cluster its id. The answer depends on the clusters as sets alone: not on their order, nor on that of their records.
pub fn assign(clusters: &[Vec<IdentityRef>], ground: &Ground<'_>) -> Result<Assigned, IdentityError> {
    let empty = PersonIndex::new(0, 1, Vec::new(), Vec::new())?;
    let parent = ground.parent.unwrap_or(&empty);
    let flows = Flows::between(parent, clusters, ground.corrected)?;
    let matched = Matched::by_shared_records(parent, &flows);
    let mut persons = parent.persons().to_vec();
    let mut next_counter = ground.next_counter.max(parent.next_counter()).max(1);
    let places = mint(&matched, &flows, &mut persons, &mut next_counter, ground.key)?;
    let mut counts = Counts::default();
    let mut heirs = vec![None; parent.persons().len()];
    for (old, person) in parent.persons().iter().enumerate() {
        if person.status != Status::Active || matched.cluster_of_old[old].is_some() {
            continue;
        }
        let best = flows.of_old(old).iter().max_by_key(|f| (f.records, Reverse(flows.smallest[f.cluster])));
        let heir = best.map(|f| f.cluster);
        heirs[old] = heir;
        persons[old].status = Status::Retired;
        persons[old].merged_into = heir.map(|c| persons[places[c] as usize].id);
        counts.merged_away += u64::from(heir.is_some());
        counts.retired += u64::from(heir.is_none());
    }
    let mut has_merged = vec![false; clusters.len()];
    heirs.iter().flatten().for_each(|&c: &usize| has_merged[c] = true);
    let assignments: Vec<Assignment> = (0..clusters.len())
        .map(|c| match (matched.old_of_cluster[c], has_merged[c], flows.main_source(c)) {
            (Some(_), true, _) => Assignment::Merged,
            (Some(_), false, _) => Assignment::Carried,
            (None, _, Some(_)) => Assignment::Split,
            (None, _, None) => Assignment::New,
        })
        .collect();
    for assignment in &assignments {
        *match assignment {
            Assignment::New => &mut counts.new,
            Assignment::Carried => &mut counts.carried,
            Assignment::Merged => &mut counts.merged,
            Assignment::Split => &mut counts.split,
        } += 1;
    }
    let ids: Vec<PersonId> = places.iter().map(|&place| persons[place as usize].id).collect();
    let ledger = Writer { parent, flows: &flows, matched: &matched, heirs: &heirs, ids: &ids }.entries();
    let members = flows.members.iter().map(|&(reference, cluster)| (reference, places[cluster])).collect();
    let index = PersonIndex::new(parent.version() + 1, next_counter, persons, members)?;
    Ok(Assigned { index, persons: ids, assignments, ledger, counts })
}

/// Which old id goes to which cluster.
struct Matched {
    old_of_cluster: Vec<Option<usize>>,
    cluster_of_old: Vec<Option<usize>>,
}

impl Matched {
    fn by_shared_records(parent: &PersonIndex, flows: &Flows) -> Self {
        let mut old_of_cluster = vec![None; flows.smallest.len()];
        let mut cluster_of_old = vec![None; parent.persons().len()];
        let mut candidates: Vec<&Flow> = flows.all().iter().collect();
        // Persons stand in the order of their counters, so a smaller place is an older id.
        candidates.sort_unstable_by_key(|f| (Reverse(f.records), f.old, flows.smallest[f.cluster]));
        for flow in candidates {
            if old_of_cluster[flow.cluster].is_none() && cluster_of_old[flow.old].is_none() {
                old_of_cluster[flow.cluster] = Some(flow.old);
                cluster_of_old[flow.old] = Some(flow.cluster);
            }
        }
        Self { old_of_cluster, cluster_of_old }
    }
}

/// Gives each cluster its place among the persons, minting where no old id came to it.
fn mint(
    matched: &Matched,
    flows: &Flows,
    persons: &mut Vec<Person>,
    next_counter: &mut u64,
    key: &KeyedHash,
) -> Result<Vec<u32>, IdentityError> {
    let place_of = |place: usize| u32::try_from(place).map_err(|_| IdentityError::CounterUsedUp);
    let mut places = vec![0; flows.smallest.len()];
    let mut without: Vec<usize> = Vec::new();
    for (cluster, old) in matched.old_of_cluster.iter().enumerate() {
        match old {
            Some(old) => places[cluster] = place_of(*old)?,
            None => without.push(cluster),
        }
    }
    without.sort_unstable_by_key(|&c| flows.smallest[c]);
    let mut issued: HashSet<PersonId> = persons.iter().map(|p| p.id).collect();
    // Counters that the parent does not know were used by releases that were rolled back: their ids were published.
    let mut known = persons.iter().map(|p| p.counter).peekable();
    for counter in 1..*next_counter {
        if known.next_if_eq(&counter).is_none() {
            issued.insert(PersonId::of(key, counter));
        }
    }
    for cluster in without {
        let (id, counter) = loop {
            let counter = *next_counter;
            *next_counter = counter.checked_add(1).ok_or(IdentityError::CounterUsedUp)?;
            let id = PersonId::of(key, counter);
            if issued.insert(id) {
                break (id, counter);
            }
        };
        places[cluster] = place_of(persons.len())?;
        persons.push(Person { id, counter, status: Status::Active, merged_into: None });
    }
    Ok(places)
}

/// Writes the ledger.
struct Writer<'a> {
    parent: &'a PersonIndex,
    flows: &'a Flows,
    matched: &'a Matched,
    heirs: &'a [Option<usize>],
    ids: &'a [PersonId],
}

impl Writer<'_> {
    fn entries(&self) -> Vec<Entry> {
        let mut entries = Vec::new();
        for flow in self.flows.all() {
            self.moved(flow, &mut entries);
        }
        for (cluster, evidence) in self.flows.came.iter().enumerate() {
            if self.flows.main_source(cluster).is_none() {
                let cause = if evidence.corrected > 0 { Cause::CorrectedRecord } else { Cause::NewRecord };
                entries.push(entry(self.ids[cluster], Change::Minted, None, cause, evidence.total()));
            } else {
                both(self.ids[cluster], Change::GainedRecord, Cause::NewRecord, *evidence, &mut entries);
            }
        }
        for (old, evidence) in self.flows.went.iter().enumerate() {
            let id = self.parent.persons()[old].id;
            if evidence.total() > 0 && self.flows.of_old(old).is_empty() {
                let cause = if evidence.corrected > 0 { Cause::CorrectedRecord } else { Cause::WithdrawnRecord };
                entries.push(entry(id, Change::Retired, None, cause, evidence.total()));
            } else {
                both(id, Change::LostRecord, Cause::WithdrawnRecord, *evidence, &mut entries);
            }
        }
        entries.sort_unstable();
        entries
    }

    /// Records that left an old id for another.
    fn moved(&self, flow: &Flow, entries: &mut Vec<Entry>) {
        let &Flow { old, cluster, records } = flow;
        if self.matched.old_of_cluster[cluster] == Some(old) {
            return;
        }
        let (from, to) = (self.parent.persons()[old].id, self.ids[cluster]);
        let minted = self.matched.old_of_cluster[cluster].is_none();
        let is_split = minted && self.flows.main_source(cluster) == Some(old);
        let is_merge = self.heirs[old] == Some(cluster);
        let cause = self.cause(flow, is_merge);
        let gain = if is_split { Change::Split } else { Change::GainedRecord };
        let loss = if is_merge { Change::Merged } else { Change::LostRecord };
        entries.push(entry(to, gain, Some(from), cause, records));
        entries.push(entry(from, loss, Some(to), cause, records));
    }

    /// What came or went about the persons that took part. New records join, withdrawn ones part: the likelier is named first.
    fn cause(&self, flow: &Flow, is_merge: bool) -> Cause {
        let came = |c: usize| self.flows.came[c];
        let went = |o: usize| self.flows.went[o];
        let came_all = came(flow.cluster) + self.matched.cluster_of_old[flow.old].map(came).unwrap_or_default();
        let went_all = went(flow.old) + self.matched.old_of_cluster[flow.cluster].map(went).unwrap_or_default();
        if came_all.corrected + went_all.corrected > 0 {
            return Cause::CorrectedRecord;
        }
        match (came_all.plain > 0, went_all.plain > 0) {
            (true, true) if is_merge => Cause::NewRecord,
            (_, true) => Cause::WithdrawnRecord,
            (true, false) => Cause::NewRecord,
            (false, false) => Cause::Relinked,
        }
    }
}

fn entry(person_id: PersonId, change: Change, other_person_id: Option<PersonId>, cause: Cause, records: u64) -> Entry {
    Entry { person_id, change, other_person_id, cause, records }
}

fn both(id: PersonId, change: Change, plain: Cause, evidence: Evidence, entries: &mut Vec<Entry>) {
    for (records, cause) in [(evidence.plain, plain), (evidence.corrected, Cause::CorrectedRecord)] {
        if records > 0 {
            entries.push(entry(id, change, None, cause, records));
        }
    }
}
