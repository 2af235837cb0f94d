//! Guards: what stops a link, judged between all members of the two clusters it would join.

use chrono::Datelike as _;

use crate::linkage::rules::{Guard, Rules};
use crate::linkage::spec::{Agree, Veto};
use crate::linkage::{Clusters, TokenTable};

/// Judges pairs of clusters. Holds scratch space, so that judging millions of pairs does not allocate.
#[derive(Debug)]
pub struct Judge<'a> {
    table: &'a TokenTable,
    rules: &'a Rules,
    left: Vec<u32>,
    right: Vec<u32>,
    /// By guard and source, the least age; empty of guards that know none.
    least_ages: Vec<Vec<Option<i32>>>,
    /// Pairs that people hold for two persons, both ways round, in order.
    cannot: Vec<(u32, u32)>,
}

impl<'a> Judge<'a> {
    /// A judge of one table under one set of rules.
    #[must_use]
    pub fn new(table: &'a TokenTable, rules: &'a Rules) -> Self {
        let cannot = rules.reviewed.rows(table).cannot;
        let mut cannot: Vec<(u32, u32)> = cannot.into_iter().flat_map(|(a, b)| [(a, b), (b, a)]).collect();
        cannot.sort_unstable();
        let least_ages = |guard: &Guard| match &guard.veto {
            Veto::TooYoung { least, .. } => {
                table.source_names.iter().map(|source| least.get(source).copied()).collect()
            }
            _ => Vec::new(),
        };
        let least_ages = rules.guards.iter().map(least_ages).collect();
        Self { table, rules, left: Vec::new(), right: Vec::new(), least_ages, cannot }
    }

    /// The first of `guards` that vetoes joining the clusters of `a` and `b`, as its place in [`Rules::guards`]; the place behind the last where
    /// people do.
    pub fn veto(&mut self, clusters: &Clusters, guards: &[usize], a: u32, b: u32) -> Option<usize> {
        let rules = self.rules;
        if !self.cannot.is_empty() && self.held_for_two(clusters, a, b) {
            return Some(rules.guards.len());
        }
        guards.iter().copied().find(|&g| self.refuses(clusters, g, a, b))
    }

    /// Whether people hold a member of the one and a member of the other for two persons.
    fn held_for_two(&self, clusters: &Clusters, a: u32, b: u32) -> bool {
        let against = |row: u32| {
            let start = self.cannot.partition_point(|(one, _)| *one < row);
            self.cannot[start..].iter().take_while(move |(one, _)| *one == row).map(|(_, other)| *other)
        };
        clusters.members(a).flat_map(against).any(|row| clusters.members(b).any(|member| member == row))
    }

    fn refuses(&mut self, clusters: &Clusters, guard: usize, a: u32, b: u32) -> bool {
        let roles = &self.rules.roles;
        let least = &self.least_ages[guard];
        let guard = &self.rules.guards[guard];
        match guard.veto {
            Veto::SsnConflict { agree } => roles.ssn.is_some_and(|ssn| self.ssn_conflict(clusters, ssn, agree, a, b)),
            Veto::IssuerConflict { tolerance_days } => {
                let apart = |m: u32, n: u32| {
                    let (m, n) = (self.table.org(m), self.table.org(n));
                    m != 0 && n != 0 && m != n
                };
                roles.id.is_some_and(|id| self.ids_at_once(clusters, id, tolerance_days, apart, a, b))
            }
            Veto::Twins { tolerance_days, agree } => {
                self.compare(clusters, &roles.last, a, b) == Some(true)
                    && self.compare(clusters, &roles.birth_date, a, b) == Some(true)
                    && (roles.id.is_some_and(|id| self.ids_at_once(clusters, id, tolerance_days, |_, _| true, a, b))
                        || self.first_names_differ(clusters, &roles.first_any, agree, a, b))
            }
            Veto::FirstNamesDiffer { .. } => {
                self.compare(clusters, &roles.first_any, a, b) == Some(false)
                    && !guard.swapped.is_some_and(|columns| self.swapped(clusters, columns, a, b))
                    && self.compare(clusters, &guard.alike, a, b) != Some(true)
            }
            Veto::PeopleDiffer { fields } => {
                let first = match self.compare(clusters, &roles.first, a, b) {
                    None => self.compare(clusters, &roles.first_any, a, b),
                    full => full,
                };
                let last = self.compare(clusters, &roles.last, a, b);
                let birth_date = self.compare(clusters, &roles.birth_date, a, b);
                [first, last, birth_date].iter().filter(|same| **same == Some(false)).count() >= fields as usize
            }
            Veto::IdsDiffer {} => roles.id.is_some_and(|id| self.compare(clusters, &[id], a, b) == Some(false)),
            Veto::SuffixConflict {} => {
                roles.suffix.is_some_and(|suffix| self.compare(clusters, &[suffix], a, b) == Some(false))
            }
            Veto::ImplausibleAge { years, agree } => self.implausible_age(clusters, years, agree, a, b),
            Veto::TooYoung { agree, .. } => {
                self.too_young(clusters, least, agree, a, b) || self.too_young(clusters, least, agree, b, a)
            }
            Veto::ClusterSize { records } => clusters.size(a).saturating_add(clusters.size(b)) > records,
        }
    }

    /// Gathers the distinct values of some columns in both clusters; false where either has none.
    fn gather(&mut self, clusters: &Clusters, columns: &[usize], a: u32, b: u32) -> bool {
        let table = self.table;
        for (side, root) in [(&mut self.left, a), (&mut self.right, b)] {
            side.clear();
            for row in clusters.members(root) {
                side.extend(columns.iter().map(|&c| table.value(c, row)).filter(|&v| v != 0));
            }
            side.sort_unstable();
            side.dedup();
        }
        !self.left.is_empty() && !self.right.is_empty()
    }

    /// Whether any form agrees between any members; `None` where either cluster has no form at all.
    fn compare(&mut self, clusters: &Clusters, forms: &[usize], a: u32, b: u32) -> Option<bool> {
        self.gather(clusters, forms, a, b).then(|| meet(&self.left, &self.right))
    }

    /// Whether two members, one of each cluster, hold each other's first value as their second.
    fn swapped(&self, clusters: &Clusters, (here, there): (usize, usize), a: u32, b: u32) -> bool {
        let table = self.table;
        let same = |x: u32, y: u32| x != 0 && x == y;
        let swap = |m: u32, n: u32| {
            same(table.value(here, m), table.value(there, n)) && same(table.value(here, n), table.value(there, m))
        };
        clusters.members(a).any(|m| clusters.members(b).any(|n| swap(m, n)))
    }

    fn ssn_conflict(&mut self, clusters: &Clusters, ssn: usize, agree: Agree, a: u32, b: u32) -> bool {
        if !self.gather(clusters, &[ssn], a, b) || self.left == self.right && self.left.len() == 1 {
            return false;
        }
        if agree == Agree::One && meet(&self.left, &self.right) {
            return false;
        }
        let near = |x: u32, y: u32| self.table.are_near(x, y);
        conflict(agree, &self.left, &self.right, near)
    }

    fn ids_at_once(
        &self,
        clusters: &Clusters,
        id: usize,
        tolerance: i32,
        apart: impl Fn(u32, u32) -> bool,
        a: u32,
        b: u32,
    ) -> bool {
        let table = self.table;
        let active = |root: u32| {
            clusters.members(root).filter_map(move |row| {
                let value = table.value(id, row);
                table.period(row).filter(|_| value != 0).map(|period| (row, value, period))
            })
        };
        active(a).any(|(m, x, (m_start, m_end))| {
            active(b).any(|(n, y, (n_start, n_end))| {
                let overlap = m_end.min(n_end).saturating_sub(m_start.max(n_start)).saturating_add(1);
                x != y && overlap > tolerance && apart(m, n)
            })
        })
    }

    fn first_names_differ(&mut self, clusters: &Clusters, first: &[usize], agree: Agree, a: u32, b: u32) -> bool {
        if agree == Agree::One {
            return self.compare(clusters, first, a, b) == Some(false);
        }
        let table = self.table;
        let forms = |row: u32| first.iter().map(move |&c| table.value(c, row)).filter(|&v| v != 0);
        let named = |root: u32| clusters.members(root).filter(|&row| forms(row).next().is_some());
        named(a).any(|m| named(b).any(|n| !forms(m).any(|x| forms(n).any(|y| x == y))))
    }

    /// Whether the members of `born` were too young for what a record of `did` says.
    fn too_young(&self, clusters: &Clusters, least: &[Option<i32>], agree: Agree, born: u32, did: u32) -> bool {
        let table = self.table;
        let years = clusters.members(born).filter_map(|row| table.birth_year(row));
        let born = match agree {
            Agree::Every => years.max(),
            Agree::One => years.min(),
        };
        let too_young = |born: i32, row: u32| {
            let least = least.get(usize::from(table.source_number(row))).copied().flatten();
            least.zip(table.period(row)).is_some_and(|(least, (start, _))| year_of(start) - born < least)
        };
        born.is_some_and(|born| clusters.members(did).any(|row| too_young(born, row)))
    }

    fn implausible_age(&mut self, clusters: &Clusters, years: i32, agree: Agree, a: u32, b: u32) -> bool {
        let table = self.table;
        let born = |root: u32| clusters.members(root).filter_map(|row| table.birth_year(row));
        match agree {
            Agree::Every => born(a).any(|x| born(b).any(|y| x.abs_diff(y) > years.unsigned_abs())),
            Agree::One => {
                let mut compared = false;
                let plausible = born(a).any(|x| {
                    born(b).any(|y| {
                        compared = true;
                        x.abs_diff(y) <= years.unsigned_abs()
                    })
                });
                compared && !plausible
            }
        }
    }
}

/// The calendar year of a day, counted from 1970.
fn year_of(day: i32) -> i32 {
    chrono::NaiveDate::from_epoch_days(day).map_or(0, |day| day.year())
}

/// Whether two ascending lists share a value.
fn meet(left: &[u32], right: &[u32]) -> bool {
    left.iter().any(|value| right.binary_search(value).is_ok())
}

fn conflict(agree: Agree, left: &[u32], right: &[u32], same: impl Fn(u32, u32) -> bool) -> bool {
    match agree {
        Agree::Every => left.iter().any(|&x| right.iter().any(|&y| !same(x, y))),
        Agree::One => !left.iter().any(|&x| right.iter().any(|&y| same(x, y))),
    }
}
