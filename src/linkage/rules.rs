//! Rules: passes, guards and roles with their recipes resolved to columns, ready for a token table.

use std::collections::BTreeMap;

use crate::linkage::LinkageError;
use crate::linkage::model::{Agreement, Comparison, Part, Rule, Trained};
use crate::linkage::reviewed::Reviewed;
use crate::linkage::spec::{
    GuardSpec, ModelDecideSpec, ModelPassSpec, PassSpec, RolesSpec, SidesSpec, Strength, Unique, Veto,
};
use crate::linkage::token_word::TokenWord;

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
    /// The columns that tell swapped names, where these are no conflict.
    pub swapped: Option<(usize, usize)>,
    /// The columns that tell names which are alike, where these are no conflict.
    pub alike: Vec<usize>,
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

/// The model with its tokens as columns.
#[derive(Clone, Debug)]
pub struct ModelPass {
    /// Its name.
    pub id: String,
    /// Its version.
    pub version: u32,
    /// Its strength.
    pub strength: Strength,
    /// The table's column of each field of the model.
    pub fields: Vec<usize>,
    /// How fields are compared.
    pub comparisons: Vec<Comparison>,
    /// Which pairs are compared.
    pub blocking: Vec<Rule>,
    /// Guards, as places in [`Rules::guards`].
    pub guards: Vec<usize>,
    /// When a pair is a link.
    pub decide: ModelDecideSpec,
    /// A model that an earlier run trained; absent: it is trained now.
    pub pinned: Option<Trained>,
}

/// What people have decided is called so in the match log, as a pass and as what stopped a link.
pub const REVIEW: &str = "review";

/// What links records: a pass, or the model that follows them.
#[derive(Clone, Copy, Debug)]
pub struct Stage<'r> {
    /// Its name.
    pub id: &'r str,
    /// Its version.
    pub version: u32,
    /// Its strength.
    pub strength: Strength,
    /// Guards, as places in [`Rules::guards`].
    pub guards: &'r [usize],
}

/// Passes, guards and roles, resolved.
#[derive(Clone, Debug)]
pub struct Rules {
    columns: Vec<String>,
    /// The passes, strongest first.
    pub passes: Vec<Pass>,
    /// The model that follows them.
    pub model: Option<ModelPass>,
    /// The guards.
    pub guards: Vec<Guard>,
    /// What people have decided of pairs.
    pub reviewed: Reviewed,
    /// The roles.
    pub roles: Roles,
}

impl Rules {
    /// Resolves the names; `check` has already told the author of anything wrong, this refuses only what would make no sense.
    pub fn compile(
        passes: &[PassSpec],
        model: Option<&ModelPassSpec>,
        guards: &[GuardSpec],
        roles: &RolesSpec,
    ) -> Result<Self, LinkageError> {
        let mut columns = Columns::default();
        let guards: Vec<Guard> = guards.iter().map(|g| guard(g, &mut columns)).collect();
        let passes = passes.iter().map(|p| pass(p, &guards, &mut columns)).collect::<Result<Vec<_>, _>>()?;
        let model = model.map(|m| model_pass(m, &guards, &mut columns)).transpose()?;
        // Packed forms: a cluster's passes are bits of a u64, the model and review the last two; a decision's parts are bits of a u64.
        most("passes", passes.len(), 62)?;
        most("guards", guards.len(), 254)?;
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
        Ok(Self { columns: columns.names, passes, model, guards, reviewed: Reviewed::default(), roles })
    }

    /// The passes in their order, then the model, then what people have decided.
    pub fn stages(&self) -> impl Iterator<Item = Stage<'_>> {
        let of = |id, version, strength, guards| Stage { id, version, strength, guards };
        let passes = self.passes.iter().map(move |p| of(p.id.as_str(), p.version, p.strength, &p.guards[..]));
        let model = match &self.model {
            Some(m) => of(m.id.as_str(), m.version, m.strength, &m.guards[..]),
            None => of("model", 0, Strength::D, &[]),
        };
        passes.chain([model, of(REVIEW, 1, Strength::A, &[])])
    }

    /// The place of what people have decided among the stages.
    #[must_use]
    pub fn review_stage(&self) -> u8 {
        // `compile` takes no more passes than a byte counts.
        u8::try_from(self.passes.len() + 1).unwrap_or(u8::MAX)
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
        if let Some(model) = &self.model {
            for level in model.comparisons.iter().flat_map(|c| &c.levels) {
                if let Agreement::Same(here, there) = *level {
                    unite(model.fields[here], model.fields[there]);
                }
            }
        }
        for (here, there) in self.guards.iter().filter_map(|guard| guard.swapped) {
            unite(here, there);
        }
        for pair in self.guards.iter().flat_map(|guard| guard.alike.windows(2)) {
            unite(pair[0], pair[1]);
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

fn guard(spec: &GuardSpec, columns: &mut Columns) -> Guard {
    let (mut swapped, mut alike) = (None, Vec::new());
    if let Veto::FirstNamesDiffer { unless_swapped, unless_alike } = &spec.veto {
        swapped = unless_swapped.as_ref().map(|cross| (columns.place(&cross.left), columns.place(&cross.right)));
        alike = unless_alike.iter().map(|name| columns.place(name)).collect();
    }
    Guard { id: spec.id.value.clone(), veto: spec.veto.clone(), swapped, alike }
}

/// The place of a guard that a pass names.
fn guard_place(guards: &[Guard], pass: &str, name: &str) -> Result<usize, LinkageError> {
    let unknown = || LinkageError::UnknownGuard { pass: pass.to_owned(), guard: name.to_owned() };
    guards.iter().position(|g| g.id == name).ok_or_else(unknown)
}

fn model_pass(spec: &ModelPassSpec, guards: &[Guard], columns: &mut Columns) -> Result<ModelPass, LinkageError> {
    let mut fields: Vec<usize> = Vec::new();
    let mut field = |name: &str| {
        let column = columns.place(name);
        fields.iter().position(|c| *c == column).unwrap_or_else(|| {
            fields.push(column);
            fields.len() - 1
        })
    };
    let mut comparisons = Vec::with_capacity(spec.comparisons.len());
    for one in &spec.comparisons {
        let own = field(&one.field);
        let mut levels = Vec::with_capacity(one.levels.len());
        for word in &one.levels {
            levels.push(match TokenWord::parse(word) {
                TokenWord::Same(token) if token == one.field.as_str() => Agreement::Exact,
                TokenWord::Same(token) => Agreement::Same(field(token), field(token)),
                TokenWord::With(here, there) => Agreement::Same(field(here), field(there)),
                TokenWord::Near(_) => Agreement::Near,
            });
        }
        let says = one.levels.iter().map(|word| word.trim().to_owned()).collect();
        let frequencies = one.frequencies;
        let unless = one.unless.as_ref().map(|other| field(other));
        comparisons.push(Comparison { name: one.field.value.clone(), field: own, levels, says, frequencies, unless });
    }
    let mut blocking = Vec::with_capacity(spec.blocking.len());
    for rule in &spec.blocking {
        let mut parts = Vec::with_capacity(rule.on.len());
        for word in &rule.on {
            parts.push(match TokenWord::parse(word) {
                TokenWord::Near(token) => Part::Near(field(token)),
                TokenWord::Same(token) | TokenWord::With(token, _) => Part::Whole(field(token)),
            });
        }
        blocking.push(Rule { id: rule.id.value.clone(), parts, most: rule.max_pairs });
    }
    Ok(ModelPass {
        id: spec.id.value.clone(),
        version: spec.version,
        strength: spec.strength,
        fields,
        comparisons,
        blocking,
        guards: spec.guards.iter().map(|g| guard_place(guards, &spec.id, g)).collect::<Result<_, _>>()?,
        decide: spec.decide,
        pinned: None,
    })
}

fn pass(spec: &PassSpec, guards: &[Guard], columns: &mut Columns) -> Result<Pass, LinkageError> {
    let mut left: Vec<usize> = spec.on.iter().map(|n| columns.place(n)).collect();
    let mut right = left.clone();
    for cross in &spec.crossed {
        left.push(columns.place(&cross.left));
        right.push(columns.place(&cross.right));
    }
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
        guards: spec.guards.iter().map(|g| guard_place(guards, &spec.id, g)).collect::<Result<_, _>>()?,
    })
}
