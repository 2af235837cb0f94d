//! Scenarios: what must happen to ids when records come, change, go, and are linked otherwise; and what must always hold.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::foundation::{KeyedHash, Secret};

type Clusters = Vec<Vec<IdentityRef>>;

fn key() -> KeyedHash {
    KeyedHash::new(&Secret::new(vec![9; 32]))
}

fn reference(n: u8) -> IdentityRef {
    let mut reference = [0; 16];
    reference[0] = n;
    reference
}

fn clusters(of: &[&[u8]]) -> Clusters {
    of.iter().map(|c| c.iter().map(|&n| reference(n)).collect()).collect()
}

fn run(clusters: &Clusters, parent: Option<&PersonIndex>) -> Assigned {
    let key = key();
    assign(clusters, &Ground { parent, next_counter: 0, key: &key, corrected: &BTreeSet::new() }).unwrap()
}

fn changes(assigned: &Assigned, id: PersonId) -> Vec<(Change, Option<PersonId>, Cause, u64)> {
    let of_id = assigned.ledger.iter().filter(|e| e.person_id == id);
    of_id.map(|e| (e.change, e.other_person_id, e.cause, e.records)).collect()
}

#[test]
fn the_first_run_mints_in_the_order_of_smallest_references() {
    let first = run(&clusters(&[&[5, 2], &[7], &[1, 9]]), None);
    let ids = [2, 3, 1].map(|counter| PersonId::of(&key(), counter));
    assert_eq!(first.persons, ids);
    assert_eq!(first.assignments, [Assignment::New; 3]);
    assert_eq!((first.index.version(), first.index.next_counter()), (1, 4));
    assert_eq!(changes(&first, ids[0]), [(Change::Minted, None, Cause::NewRecord, 2)]);
}

#[test]
fn an_untouched_person_leaves_no_trace_in_the_ledger() {
    let first = run(&clusters(&[&[1, 2], &[3]]), None);
    let second = run(&clusters(&[&[3, 4], &[2, 1]]), Some(&first.index));
    assert_eq!(second.persons, [first.persons[1], first.persons[0]]);
    assert_eq!(second.assignments, [Assignment::Carried; 2]);
    assert_eq!(changes(&second, first.persons[0]), []);
    assert_eq!(changes(&second, first.persons[1]), [(Change::GainedRecord, None, Cause::NewRecord, 1)]);
    assert_eq!(second.index.next_counter(), first.index.next_counter());
}

#[test]
fn a_new_record_that_joins_two_persons_merges_the_smaller_into_the_larger() {
    let first = run(&clusters(&[&[1], &[2, 3]]), None);
    let second = run(&clusters(&[&[1, 2, 3, 4]]), Some(&first.index));
    let (gone, kept) = (first.persons[0], first.persons[1]);
    assert_eq!(second.persons, [kept]);
    assert_eq!(second.assignments, [Assignment::Merged]);
    assert_eq!(changes(&second, gone), [(Change::Merged, Some(kept), Cause::NewRecord, 1)]);
    assert_eq!(
        changes(&second, kept),
        [(Change::GainedRecord, None, Cause::NewRecord, 1), (Change::GainedRecord, Some(gone), Cause::NewRecord, 1)]
    );
    assert_eq!(second.index.resolve(gone), Some(kept));
    // A third run does not wake the merged id.
    let third = run(&clusters(&[&[1], &[2, 3, 4]]), Some(&second.index));
    assert_eq!(third.assignments, [Assignment::Split, Assignment::Carried]);
    assert!(third.persons[0] != gone && third.persons[0] != kept);
    assert_eq!(third.index.resolve(gone), Some(kept));
}

#[test]
fn of_equal_shares_the_older_id_stays() {
    let first = run(&clusters(&[&[1], &[2]]), None);
    let second = run(&clusters(&[&[2, 1]]), Some(&first.index));
    assert_eq!(second.persons, [first.persons[0]]);
    assert_eq!(changes(&second, first.persons[1]), [(Change::Merged, Some(first.persons[0]), Cause::Relinked, 1)]);
}

#[test]
fn a_withdrawn_bridge_splits_its_person_and_the_larger_part_keeps_the_id() {
    let first = run(&clusters(&[&[1, 2, 3, 4]]), None);
    let second = run(&clusters(&[&[1], &[3, 4]]), Some(&first.index));
    let old = first.persons[0];
    assert_eq!(second.persons[1], old);
    assert_eq!(second.assignments, [Assignment::Split, Assignment::Carried]);
    assert_eq!(changes(&second, second.persons[0]), [(Change::Split, Some(old), Cause::WithdrawnRecord, 1)]);
    assert_eq!(
        changes(&second, old),
        [
            (Change::LostRecord, None, Cause::WithdrawnRecord, 1),
            (Change::LostRecord, Some(second.persons[0]), Cause::WithdrawnRecord, 1)
        ]
    );
}

#[test]
fn a_person_without_records_is_retired_and_the_id_is_never_used_again() {
    let first = run(&clusters(&[&[1], &[2]]), None);
    let second = run(&clusters(&[&[2]]), Some(&first.index));
    assert_eq!(changes(&second, first.persons[0]), [(Change::Retired, None, Cause::WithdrawnRecord, 1)]);
    assert_eq!(second.index.resolve(first.persons[0]), None);
    let third = run(&clusters(&[&[1], &[2]]), Some(&second.index));
    assert_ne!(third.persons[0], first.persons[0]);
    assert_eq!(third.persons[1], first.persons[1]);
}

#[test]
fn a_correction_is_named_as_the_cause() {
    let first = run(&clusters(&[&[1, 2], &[3]]), None);
    let corrected: BTreeSet<_> = [reference(2), reference(8)].into();
    let ground = Ground { parent: Some(&first.index), next_counter: 0, key: &key(), corrected: &corrected };
    let second = assign(&clusters(&[&[1, 8], &[3]]), &ground).unwrap();
    assert_eq!(
        changes(&second, first.persons[0]),
        [
            (Change::GainedRecord, None, Cause::CorrectedRecord, 1),
            (Change::LostRecord, None, Cause::CorrectedRecord, 1)
        ]
    );
    assert_eq!(changes(&second, first.persons[1]), []);
}

#[test]
fn after_a_rollback_the_pointers_counter_is_gone_on_with() {
    let first = run(&clusters(&[&[1]]), None);
    let published = run(&clusters(&[&[1], &[2], &[3]]), Some(&first.index));
    let ground = Ground {
        parent: Some(&first.index),
        next_counter: published.index.next_counter(),
        key: &key(),
        corrected: &BTreeSet::new(),
    };
    let after = assign(&clusters(&[&[1], &[2], &[3]]), &ground).unwrap();
    assert_eq!(after.persons[0], first.persons[0]);
    assert!(after.persons[1..].iter().all(|id| !published.persons.contains(id)));
}

#[test]
fn overlapping_or_empty_clusters_are_refused() {
    let key = key();
    let ground = Ground { parent: None, next_counter: 0, key: &key, corrected: &BTreeSet::new() };
    assert!(matches!(assign(&clusters(&[&[1, 2], &[2]]), &ground), Err(IdentityError::Overlap)));
    assert!(matches!(assign(&clusters(&[&[1], &[]]), &ground), Err(IdentityError::Damaged(_))));
}

#[test]
fn the_index_goes_through_arrow_and_back() {
    let first = run(&clusters(&[&[1], &[2, 3]]), None);
    let second = run(&clusters(&[&[1, 2, 3, 4], &[5]]), Some(&first.index)).index;
    let read = |next_counter: u64| {
        let mut index = ReadingIndex::new(2, next_counter, &[second.persons_batch().unwrap()]).unwrap();
        second.members_batches().for_each(|batch| index.push(&batch.unwrap()).unwrap());
        index.finish()
    };
    assert_eq!(read(second.next_counter()).unwrap(), second);
    assert!(matches!(read(second.next_counter() - 1), Err(IdentityError::Damaged(_))));
}

/// A partition of some of 24 records: each record's cluster, 0 for a record that is not there.
fn partition() -> impl Strategy<Value = Clusters> {
    prop::collection::vec(0..8_u8, 24).prop_map(|labels| {
        let mut sets: BTreeMap<u8, Vec<IdentityRef>> = BTreeMap::new();
        for (n, label) in (0..).zip(labels).filter(|(_, label)| *label > 0) {
            sets.entry(label).or_default().push(reference(n));
        }
        sets.into_values().collect()
    })
}

/// The greedy matching as its definition reads, by search: again and again the best pair of what is left.
fn match_by_search(parent: &PersonIndex, clusters: &Clusters) -> BTreeMap<IdentityRef, u64> {
    let mut olds: BTreeMap<u64, BTreeSet<IdentityRef>> = BTreeMap::new();
    for (reference, place) in parent.members() {
        olds.entry(parent.persons()[*place as usize].counter).or_default().insert(*reference);
    }
    let mut left: Vec<BTreeSet<IdentityRef>> = clusters.iter().map(|c| c.iter().copied().collect()).collect();
    let mut matched = BTreeMap::new();
    loop {
        let mut best: Option<(usize, u64, IdentityRef, usize)> = None;
        for (&counter, old) in &olds {
            for (place, cluster) in left.iter().enumerate() {
                let shared = old.intersection(cluster).count();
                let smallest = *cluster.first().unwrap();
                let better = |b: &(usize, u64, IdentityRef, usize)| {
                    shared > b.0 || shared == b.0 && (counter, smallest) < (b.1, b.2)
                };
                if shared > 0 && best.as_ref().is_none_or(better) {
                    best = Some((shared, counter, smallest, place));
                }
            }
        }
        let Some((_, counter, smallest, place)) = best else { return matched };
        matched.insert(smallest, counter);
        olds.remove(&counter);
        left.remove(place);
    }
}

proptest! {
    #[test]
    fn what_must_always_hold(steps in prop::collection::vec(partition(), 1..5), turn in 0..7_usize) {
        let mut parent: Option<PersonIndex> = None;
        let mut published: BTreeMap<PersonId, u64> = BTreeMap::new();
        for step in &steps {
            let now = run(step, parent.as_ref());
            // The index partitions the records exactly as the clusters do.
            for (cluster, id) in step.iter().zip(&now.persons) {
                for record in cluster {
                    prop_assert_eq!(now.index.person_of(record).unwrap().id, *id);
                }
            }
            let distinct: BTreeSet<_> = now.persons.iter().collect();
            prop_assert_eq!(distinct.len(), step.len());
            prop_assert_eq!(now.index.members().len(), step.iter().map(Vec::len).sum::<usize>());
            // No id is published twice, and none is lost from the index.
            for person in now.index.persons() {
                let counter = *published.entry(person.id).or_insert(person.counter);
                prop_assert_eq!(counter, person.counter);
            }
            prop_assert_eq!(now.index.persons().len(), published.len());
            if let Some(parent) = &parent {
                let oracle = match_by_search(parent, step);
                for (cluster, id) in step.iter().zip(&now.persons) {
                    let counter = now.index.persons().iter().find(|p| p.id == *id).unwrap().counter;
                    let carried = oracle.get(cluster.iter().min().unwrap());
                    prop_assert_eq!(carried.is_none(), counter >= parent.next_counter());
                    prop_assert!(carried.is_none_or(|c| *c == counter));
                }
                // A retired id stays retired.
                for (before, after) in parent.persons().iter().zip(now.index.persons()) {
                    prop_assert!(before.status == Status::Active || before == after);
                }
            }
            // Neither the order of clusters nor of their records matters.
            let mut turned: Clusters = step.iter().map(|c| c.iter().rev().copied().collect()).collect();
            if !turned.is_empty() {
                let by = turn % turned.len();
                turned.rotate_left(by);
            }
            let again = run(&turned, parent.as_ref());
            prop_assert_eq!(&again.index, &now.index);
            prop_assert_eq!(&again.ledger, &now.ledger);
            parent = Some(now.index);
        }
        // The partition after all steps is that of one step.
        let last = steps.last().unwrap();
        let parts = |index: &PersonIndex| {
            let mut sets: BTreeMap<u32, Vec<IdentityRef>> = BTreeMap::new();
            index.members().iter().for_each(|m| sets.entry(m.1).or_default().push(m.0));
            sets.into_values().collect::<BTreeSet<_>>()
        };
        prop_assert_eq!(parts(&parent.unwrap()), parts(&run(last, None).index));
    }

    #[test]
    fn the_ledger_accounts_for_every_record(before in partition(), after in partition()) {
        let first = run(&before, None);
        let second = run(&after, Some(&first.index));
        let mut sizes: BTreeMap<PersonId, i64> = BTreeMap::new();
        let size = |index: &PersonIndex, sign: i64, sizes: &mut BTreeMap<PersonId, i64>| {
            for (_, place) in index.members() {
                *sizes.entry(index.persons()[*place as usize].id).or_default() += sign;
            }
        };
        size(&second.index, 1, &mut sizes);
        size(&first.index, -1, &mut sizes);
        for entry in &second.ledger {
            let moved = i64::try_from(entry.records).unwrap();
            let gain = matches!(entry.change, Change::Minted | Change::Split | Change::GainedRecord);
            *sizes.entry(entry.person_id).or_default() -= if gain { moved } else { -moved };
        }
        prop_assert!(sizes.values().all(|&left| left == 0), "{sizes:?}");
    }
}
