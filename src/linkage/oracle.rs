//! Oracle: the same decisions by search over all pairs, and what no order of rows may change.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::fixture::{Document, Record, batches, linked, statewide, table};
use super::*;
use crate::linkage::groups::{LEFT, RIGHT};
use crate::linkage::rules::Pass;
use crate::linkage::spec::{Agree, Unique, Veto};

/// People out of few names, dates and numbers, so that everything collides with everything.
fn people() -> impl Strategy<Value = Vec<Record>> {
    let source = prop::sample::select(vec!["k12_enrollment", "ps_enrollment", "ui_wages", "licences"]);
    let pick = |of: &[&str]| {
        let of: Vec<String> = of.iter().map(|&v| v.to_owned()).collect();
        prop::option::weighted(0.8, prop::sample::select(of))
    };
    let ids = (
        prop::option::of((1..5_u8).prop_map(|n| n.to_string())),
        prop::option::of((1..5_u8).prop_map(|n| n.to_string())),
        pick(&["900010001", "900010002", "955512345"]),
    );
    let names = (pick(&["ANN", "ANNA", "BILL", "WILLIAM", "LEE"]), pick(&["LEE", "GARCIA LOPEZ", "GARCIA", "ANN"]));
    let more = (
        pick(&["ROSE", "R"]),
        prop::option::weighted(0.2, prop::sample::select(vec!["JR".to_owned(), "SR".to_owned()])),
    );
    let birth = prop::option::weighted(0.8, (2001..2004_i32, 4..6_u32, 4..6_u32));
    let place = (
        prop::option::of(prop::sample::select(vec!["A", "B"])),
        prop::option::of((DECEMBER..DECEMBER + 60, prop::option::of(DECEMBER + 30..DECEMBER + 90))),
    );
    let record = (source, ids, names, more, birth, place).prop_map(|(source, ids, names, more, birth, place)| Record {
        cohort: None,
        source,
        state_id: ids.0,
        local_id: ids.1,
        ssn: ids.2,
        first: names.0,
        last: names.1,
        middle: more.0,
        suffix: more.1,
        birth,
        sex: Some("F"),
        postal: Some("1".into()),
        org: place.0,
        period: place.1,
        number: 0,
    });
    prop::collection::vec(record, 0..14).prop_map(|mut records| {
        (0..).zip(&mut records).for_each(|(n, r)| r.number = n);
        records
    })
}

/// The first of December 2014: a month later, who was born in 2003 is twelve by the calendar.
const DECEMBER: i32 = 16_405;

/// The rules read naively: sets of rows, all pairs, nothing clever.
struct Naive<'a> {
    table: &'a TokenTable,
    rules: &'a Rules,
    sets: Vec<BTreeSet<u32>>,
    /// The SSN of each row, empty where it has none.
    ssns: Vec<String>,
}

/// One digit apart, or one adjacent transposition.
fn one_slip_apart(a: &str, b: &str) -> bool {
    let differ: Vec<usize> = (0..a.len()).filter(|&i| a.as_bytes()[i] != b.as_bytes()[i]).collect();
    match differ[..] {
        [_] => true,
        [i, j] => j == i + 1 && a.as_bytes()[i] == b.as_bytes()[j] && a.as_bytes()[j] == b.as_bytes()[i],
        _ => false,
    }
}

type Set = BTreeSet<u32>;

impl Naive<'_> {
    fn key(&self, columns: &[usize], row: u32) -> Option<Vec<u32>> {
        columns.iter().map(|&c| Some(self.table.value(c, row)).filter(|&v| v != 0)).collect()
    }

    fn groups(&self, pass: &Pass) -> Vec<BTreeMap<u32, u8>> {
        let mut groups: BTreeMap<Vec<u32>, BTreeMap<u32, u8>> = BTreeMap::new();
        for row in 0..u32::try_from(self.table.len()).unwrap() {
            let source = self.table.source(row).to_owned();
            for (columns, sources, side) in
                [(&pass.left, &pass.left_sources, LEFT), (&pass.right, &pass.right_sources, RIGHT)]
            {
                if (sources.is_empty() || sources.contains(&source))
                    && let Some(key) = self.key(columns, row)
                {
                    *groups.entry(key).or_default().entry(row).or_default() |= side;
                }
            }
        }
        let both = |g: &BTreeMap<u32, u8>| g.len() > 1 && g.values().fold(0, |a, s| a | s) == LEFT | RIGHT;
        let mut groups: Vec<_> = groups.into_values().filter(both).collect();
        groups.sort_by(|a, b| a.iter().cmp(b.iter()));
        groups
    }

    fn values(&self, set: &Set, columns: &[usize]) -> Set {
        let all = set.iter().flat_map(|&row| columns.iter().map(move |&c| self.table.value(c, row)));
        all.filter(|&v| v != 0).collect()
    }

    fn apart(&self, a: &Set, b: &Set, columns: &[usize]) -> bool {
        let (a, b) = (self.values(a, columns), self.values(b, columns));
        !a.is_empty() && !b.is_empty() && a.is_disjoint(&b)
    }

    fn at_once(&self, a: &Set, b: &Set, tolerance: i32, other_org: bool) -> bool {
        let Some(id) = self.rules.roles.id else { return false };
        let t = self.table;
        a.iter().flat_map(|&m| b.iter().map(move |&n| (m, n))).any(|(m, n)| {
            let (x, y) = (t.value(id, m), t.value(id, n));
            let (Some(p), Some(q)) = (t.period(m), t.period(n)) else { return false };
            let days = (i64::from(p.1).min(i64::from(q.1)) - i64::from(p.0).max(i64::from(q.0))) + 1;
            let orgs = t.org(m) != 0 && t.org(n) != 0 && t.org(m) != t.org(n);
            x != 0 && y != 0 && x != y && days > i64::from(tolerance) && (orgs || !other_org)
        })
    }

    fn refuses(&self, veto: &Veto, a: &Set, b: &Set) -> bool {
        let roles = &self.rules.roles;
        let pairs = || a.iter().flat_map(|&m| b.iter().map(move |&n| (m, n)));
        match veto {
            Veto::SsnConflict { agree } => {
                let ssn = roles.ssn.unwrap();
                let near = |m: u32, n: u32| one_slip_apart(&self.ssns[m as usize], &self.ssns[n as usize]);
                let answers: Vec<bool> = pairs()
                    .filter(|&(m, n)| self.table.value(ssn, m) != 0 && self.table.value(ssn, n) != 0)
                    .map(|(m, n)| self.table.value(ssn, m) == self.table.value(ssn, n) || near(m, n))
                    .collect();
                match agree {
                    Agree::Every => answers.contains(&false),
                    Agree::One => !answers.is_empty() && !answers.contains(&true),
                }
            }
            Veto::IssuerConflict { tolerance_days } => self.at_once(a, b, *tolerance_days, true),
            Veto::Twins { tolerance_days, agree } => {
                let same = |columns: &[usize]| !self.values(a, columns).is_disjoint(&self.values(b, columns));
                let named = |row: u32| self.values(&BTreeSet::from([row]), &roles.first_any);
                let names_apart = match agree {
                    Agree::One => self.apart(a, b, &roles.first_any),
                    Agree::Every => pairs()
                        .any(|(m, n)| !named(m).is_empty() && !named(n).is_empty() && named(m).is_disjoint(&named(n))),
                };
                same(&roles.last)
                    && same(&roles.birth_date)
                    && (names_apart || self.at_once(a, b, *tolerance_days, false))
            }
            Veto::FirstNamesDiffer { .. } => self.apart(a, b, &roles.first_any),
            Veto::PeopleDiffer { fields } => {
                let full = |set| !self.values(set, &roles.first).is_empty();
                let first = if full(a) && full(b) { &roles.first } else { &roles.first_any };
                let fields_apart = [first, &roles.last, &roles.birth_date].map(|forms| self.apart(a, b, forms));
                fields_apart.iter().filter(|&&x| x).count() >= *fields as usize
            }
            Veto::IdsDiffer {} => self.apart(a, b, &[roles.id.unwrap()]),
            Veto::SuffixConflict {} => self.apart(a, b, &[roles.suffix.unwrap()]),
            Veto::ImplausibleAge { years, agree } => {
                let born = |row: u32| self.table.birth_year(row);
                let gaps: Vec<bool> = pairs().filter_map(|(m, n)| Some((born(m)? - born(n)?).abs() > *years)).collect();
                match agree {
                    Agree::Every => gaps.contains(&true),
                    Agree::One => !gaps.is_empty() && !gaps.contains(&false),
                }
            }
            Veto::TooYoung { least, agree } => {
                let years = |set: &Set| -> Vec<i32> { set.iter().filter_map(|&m| self.table.birth_year(m)).collect() };
                let too_young = |born: &[i32], row: u32| {
                    let (Some(least), Some((start, _))) = (least.get(self.table.source(row)), self.table.period(row))
                    else {
                        return false;
                    };
                    let jan_1 =
                        |year: i32| chrono::NaiveDate::from_ymd_opt(year + least, 1, 1).unwrap().to_epoch_days();
                    let early = born.iter().filter(|&&year| jan_1(year) <= start).count();
                    match agree {
                        Agree::Every => early < born.len(),
                        Agree::One => early == 0 && !born.is_empty(),
                    }
                };
                let (x, y) = (years(a), years(b));
                a.iter().any(|&row| too_young(&y, row)) || b.iter().any(|&row| too_young(&x, row))
            }
            Veto::ClusterSize { records } => a.len() + b.len() > *records as usize,
        }
    }

    fn veto(&self, pass: &Pass, a: &Set, b: &Set) -> bool {
        pass.guards.iter().any(|&g| self.refuses(&self.rules.guards[g].veto, a, b))
    }

    fn set_of(&self, row: u32) -> usize {
        self.sets.iter().position(|s| s.contains(&row)).unwrap()
    }

    fn walk(&mut self, pass: &Pass) {
        for group in self.groups(pass) {
            let mut holders: Vec<usize> = group.keys().map(|&row| self.set_of(row)).collect();
            holders.sort_by_key(|&s| self.sets[s].first().copied());
            holders.dedup();
            if pass.max_frequency.is_some_and(|most| group.len() > most as usize) {
                continue;
            }
            let on = |s: usize, side: u8| self.sets[s].iter().any(|row| group.get(row).is_some_and(|x| x & side != 0));
            if pass.requires_unique == Unique::OneEachSide
                && [LEFT, RIGHT].iter().any(|&side| holders.iter().filter(|&&s| on(s, side)).count() > 1)
            {
                continue;
            }
            let conflict = |i: usize, j: usize| self.veto(pass, &self.sets[holders[i]], &self.sets[holders[j]]);
            if pass.requires_unique != Unique::No
                && holders.len() > 2
                && (0..holders.len()).any(|i| (0..i).any(|j| conflict(j, i)))
            {
                continue;
            }
            // Each holder in turn meets what the earlier ones have become, in the order in which those first came.
            let sides: Vec<[bool; 2]> = holders.iter().map(|&s| [on(s, LEFT), on(s, RIGHT)]).collect();
            let mut joined: Vec<(Vec<usize>, usize)> = Vec::new();
            for i in 0..holders.len() {
                let mut current = vec![i];
                let mut kept: Option<usize> = None;
                let mut at = 0;
                while at < joined.len() {
                    let across = joined[at].0.iter().any(|&j| sides[j][0] && sides[i][1] || sides[j][1] && sides[i][0]);
                    let union = |members: &[usize]| -> Set {
                        members.iter().flat_map(|&j| self.sets[holders[j]].iter().copied()).collect()
                    };
                    if !across || self.veto(pass, &union(&joined[at].0), &union(&current)) {
                        at += 1;
                        continue;
                    }
                    current.extend(joined[at].0.iter().copied());
                    match kept {
                        None => {
                            kept = Some(at);
                            joined[at].0.clone_from(&current);
                            at += 1;
                        }
                        Some(k) => {
                            joined.remove(at);
                            joined[k].0.clone_from(&current);
                        }
                    }
                }
                if kept.is_none() {
                    joined.push((current, i));
                }
            }
            for (members, _) in joined {
                let mut union = Set::new();
                for &j in &members {
                    union.append(&mut std::mem::take(&mut self.sets[holders[j]]));
                }
                self.sets[holders[members[0]]] = union;
            }
            self.sets.retain(|s| !s.is_empty());
        }
    }
}

fn naive(document: &Document, records: &[Record]) -> Vec<Vec<u32>> {
    let (table, rules) = (table(document, records), document.rules());
    let rows = u32::try_from(table.len()).unwrap();
    let mut ssns = vec![String::new(); table.len()];
    for record in records {
        let row = table.row_of(&record.reference()).unwrap();
        ssns[row as usize] = record.ssn.clone().unwrap_or_default();
    }
    let sets = (0..rows).map(|r| [r].into()).collect();
    let mut naive = Naive { table: &table, rules: &rules, sets, ssns };
    for pass in &rules.passes {
        naive.walk(pass);
    }
    let mut sets: Vec<Vec<u32>> = naive.sets.into_iter().map(|s| s.into_iter().collect()).collect();
    sets.sort();
    sets
}

/// The statewide document, and one whose guards are strict where its own are lenient.
fn strict() -> Document {
    let mut document = statewide();
    for guard in &mut document.guards {
        match &mut guard.veto {
            Veto::SsnConflict { agree }
            | Veto::Twins { agree, .. }
            | Veto::ImplausibleAge { agree, .. }
            | Veto::TooYoung { agree, .. } => {
                *agree = Agree::Every;
            }
            Veto::ClusterSize { records } => *records = 5,
            _ => {}
        }
    }
    document
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn search_over_all_pairs_gives_the_same_clusters(records in people(), lenient in any::<bool>()) {
        let document = if lenient { statewide() } else { strict() };
        let (_, linked) = linked(&document, &records);
        prop_assert_eq!(&linked.clusters, &naive(&document, &records));
        // Spanning links only: every one joined two clusters.
        let links = linked.count(MatchDecision::Link);
        prop_assert_eq!(links, records.len() - linked.clusters.len());
    }

    #[test]
    fn the_order_of_rows_says_nothing(records in people(), turn in 0..13_usize, size in 1..9_usize) {
        let document = statewide();
        let rules = document.rules();
        let (_, linked) = linked(&document, &records);
        let mut turned = records.clone();
        turned.reverse();
        if !turned.is_empty() {
            let by = turn % turned.len();
            turned.rotate_left(by);
        }
        let table = TokenTable::from_batches(&batches(&document, &turned, size), &rules).unwrap();
        let again = link(&table, &rules, &InMemory(&table), 1).unwrap();
        prop_assert_eq!(&again.clusters, &linked.clusters);
        prop_assert_eq!(&again.decisions, &linked.decisions);
        prop_assert_eq!(&again.cluster_info, &linked.cluster_info);
    }
}

/// Enough people that most groups of most passes are not empty.
pub(super) fn crowd() -> Vec<Record> {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let draws = (0..12).flat_map(|_| people().new_tree(&mut runner).unwrap().current());
    (0..).zip(draws).map(|(number, record)| Record { number, ..record }).collect()
}
