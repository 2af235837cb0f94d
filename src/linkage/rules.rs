//! Rules: passes, guards and roles with their recipes resolved to columns, ready for a token table.

use std::collections::BTreeMap;

use crate::linkage::LinkageError;
use crate::linkage::spec::{GuardSpec, PassSpec, RolesSpec, SidesSpec, Strength, Unique, Veto};

/// A pass with its recipes as columns.
#[derive(Clone, Debug)]
pub struct Pass {
    /// Its name.
    pub id: String,
    /// Its version.
    pub version: u32,
    /// Its strength.
    pub strength: Strength,
    /// Columns of the left record's key.
    pub left: Vec<usize>,
    /// Columns of the right record's key; the same as `left` where nothing is crossed.
    pub right: Vec<usize>,
    /// Sources of the left side; empty for all.
    pub left_sources: Vec<String>,
    /// Sources of the right side; empty for all.
    pub right_sources: Vec<String>,
    /// Over-common above this.
    pub max_frequency: Option<u32>,
    /// What the pass demands of a key.
    pub requires_unique: Unique,
    /// Guards, as places in [`Rules::guards`].
    pub guards: Vec<usize>,
}

impl Pass {
    /// Whether the left and the right key are made of different columns.
    #[must_use]
    pub fn is_crossed(&self) -> bool {
        self.left != self.right
    }
}

/// A guard with its name.
#[derive(Clone, Debug)]
pub struct Guard {
    /// Its name.
    pub id: String,
    /// What it refuses.
    pub veto: Veto,
}

/// The roles as columns.
#[derive(Clone, Debug, Default)]
pub struct Roles {
    /// The SSN.
    pub ssn: Option<usize>,
    /// The issuer's id.
    pub id: Option<usize>,
    /// Full forms of the first name.
    pub first: Vec<usize>,
    /// Full and loose forms of the first name.
    pub first_any: Vec<usize>,
    /// Forms of the last name.
    pub last: Vec<usize>,
    /// Forms of the birth date.
    pub birth_date: Vec<usize>,
    /// The suffix.
    pub suffix: Option<usize>,
    /// What the log reports.
    pub evidence: Vec<usize>,
}

/// Passes, guards and roles, resolved.
#[derive(Clone, Debug)]
pub struct Rules {
    columns: Vec<String>,
    /// The passes, strongest first.
    pub passes: Vec<Pass>,
    /// The guards.
    pub guards: Vec<Guard>,
    /// The roles.
    pub roles: Roles,
}

impl Rules {
    /// Resolves the names; `check` has already told the author of anything wrong, this refuses only what would make no sense.
    pub fn compile(passes: &[PassSpec], guards: &[GuardSpec], roles: &RolesSpec) -> Result<Self, LinkageError> {
        let mut columns = Columns::default();
        let guards: Vec<Guard> =
            guards.iter().map(|g| Guard { id: g.id.value.clone(), veto: g.veto.clone() }).collect();
        let passes = passes.iter().map(|p| pass(p, &guards, &mut columns)).collect::<Result<Vec<_>, _>>()?;
        // Packed forms: a cluster's passes are bits of a u64, a decision's parts are bits of a u64.
        most("passes", passes.len(), 64)?;
        most("guards", guards.len(), 255)?;
        let compared = || passes.iter().flat_map(|p| p.left.iter().chain(&p.right)).copied();
        let mut evidence: Vec<usize> = roles.evidence.iter().map(|n| columns.place(n)).collect();
        if evidence.is_empty() {
            evidence = compared().collect();
            evidence.sort_unstable();
            evidence.dedup();
        }
        most("parts in the match log", evidence.len(), 64)?;
        let roles = Roles {
            ssn: roles.ssn.as_ref().map(|n| columns.place(n)),
            id: roles.id.as_ref().map(|n| columns.place(n)),
            first: roles.first.iter().map(|n| columns.place(n)).collect(),
            first_any: roles.first.iter().chain(&roles.first_loose).map(|n| columns.place(n)).collect(),
            last: roles.last.iter().map(|n| columns.place(n)).collect(),
            birth_date: roles.birth_date.iter().map(|n| columns.place(n)).collect(),
            suffix: roles.suffix.as_ref().map(|n| columns.place(n)),
            evidence,
        };
        Ok(Self { columns: columns.names, passes, guards, roles })
    }

    /// The recipes that are needed, in the order of their column numbers.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// For each column, the first column with which its values are compared: columns of one answer share their numbers of values.
    pub(crate) fn value_groups(&self) -> Vec<usize> {
        let mut group: Vec<usize> = (0..self.columns.len()).collect();
        let mut unite = |a: usize, b: usize| {
            let (keep, drop) = (group[a].min(group[b]), group[a].max(group[b]));
            for g in &mut group {
                if *g == drop {
                    *g = keep;
                }
            }
        };
        for pass in &self.passes {
            for (&l, &r) in pass.left.iter().zip(&pass.right) {
                unite(l, r);
            }
        }
        for role in [&self.roles.first_any, &self.roles.last, &self.roles.birth_date] {
            for pair in role.windows(2) {
                unite(pair[0], pair[1]);
            }
        }
        group
    }
}

fn most(what: &'static str, count: usize, most: usize) -> Result<(), LinkageError> {
    if count > most { Err(LinkageError::TooMany { what, count, most }) } else { Ok(()) }
}

#[derive(Default)]
struct Columns {
    names: Vec<String>,
    places: BTreeMap<String, usize>,
}

impl Columns {
    fn place(&mut self, name: &str) -> usize {
        if let Some(&place) = self.places.get(name) {
            return place;
        }
        self.places.insert(name.to_owned(), self.names.len());
        self.names.push(name.to_owned());
        self.names.len() - 1
    }
}

fn pass(spec: &PassSpec, guards: &[Guard], columns: &mut Columns) -> Result<Pass, LinkageError> {
    let mut left: Vec<usize> = spec.on.iter().map(|n| columns.place(n)).collect();
    let mut right = left.clone();
    for cross in &spec.crossed {
        left.push(columns.place(&cross.left));
        right.push(columns.place(&cross.right));
    }
    let place = |name: &str| {
        let unknown = || LinkageError::UnknownGuard { pass: spec.id.value.clone(), guard: name.to_owned() };
        guards.iter().position(|g| g.id == name).ok_or_else(unknown)
    };
    let none = SidesSpec::default();
    let sides = spec.sources.as_ref().unwrap_or(&none);
    let names = |side: &[crate::foundation::Located<String>]| {
        let mut names: Vec<String> = side.iter().map(|s| s.value.clone()).collect();
        names.sort();
        names.dedup();
        names
    };
    Ok(Pass {
        id: spec.id.value.clone(),
        version: spec.version,
        strength: spec.strength,
        left,
        right,
        left_sources: names(&sides.left),
        right_sources: names(&sides.right),
        max_frequency: spec.max_frequency,
        requires_unique: spec.requires_unique,
        guards: spec.guards.iter().map(|g| place(g)).collect::<Result<_, _>>()?,
    })
}
