//! Explained: why two records are one person or not, pass by pass, guard by guard, comparison by comparison. No value of anybody is told.

use crate::linkage::guard::Judge;
use crate::linkage::model::{Blocking, Comparisons, Part, Scope, Trained, level_names, levels_of, rarity};
use crate::linkage::modelled::records;
use crate::linkage::rules::Rules;
use crate::linkage::{Clusters, Strength, TokenTable};

/// What a pass fails at that is not for the sources of the two.
pub const SOURCES: &str = "sources";

/// How a part of two records compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compared {
    /// Both hold it, and alike.
    Agrees,
    /// Both hold it, and not alike.
    Differs,
    /// One of the two lacks it.
    Missing,
    /// Both hold it, and so do too many others.
    OverCommon,
}

/// An exact pass, or a blocking rule, and the two records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyExplained {
    /// Its name.
    pub id: String,
    /// What a link by it is worth; `None` for a blocking rule.
    pub strength: Option<Strength>,
    /// The first part that does not agree, and how; `None` where all do, and the two meet.
    pub failed: Option<(String, Compared)>,
}

/// One comparison of the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComparisonExplained {
    /// The token that it is of.
    pub field: String,
    /// The level.
    pub level: String,
    /// What the level is worth, in thousandths of a bit.
    pub weight: i32,
    /// What it is worth beyond that, for how rare the value is.
    pub rarity: i32,
}

/// The model's word on two records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WeightExplained {
    /// The weight of any two records.
    pub prior: i32,
    /// Every comparison.
    pub comparisons: Vec<ComparisonExplained>,
    /// What it comes to.
    pub weight: i32,
}

/// Two records, and what linkage says of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PairExplained {
    /// Every exact pass, in order.
    pub passes: Vec<KeyExplained>,
    /// The guards that veto the two by themselves.
    pub vetoed_by: Vec<String>,
    /// Every blocking rule of the model.
    pub blocking: Vec<KeyExplained>,
    /// What the model says; `None` without one.
    pub model: Option<WeightExplained>,
}

/// Explains the two rows of a table that holds no other. `frequencies` tells of a token column how many records hold the value of the first
/// row, and how many hold any.
#[must_use]
pub fn explained(
    table: &TokenTable,
    rules: &Rules,
    trained: Option<&Trained>,
    frequencies: impl Fn(&str) -> Option<(f64, f64)>,
) -> PairExplained {
    let name = |column: usize| rules.columns()[column].clone();
    let compare = |here: usize, there: usize| match (table.value(here, 0), table.value(there, 1)) {
        (0, _) | (_, 0) => Compared::Missing,
        (a, b) if a == b => Compared::Agrees,
        _ => Compared::Differs,
    };
    let first_failing = |left: &[usize], right: &[usize]| {
        let parts = left.iter().zip(right).map(|(l, r)| (name(*l), compare(*l, *r)));
        parts.into_iter().find(|(_, compared)| *compared != Compared::Agrees)
    };
    let passes = rules.passes.iter().map(|pass| {
        let sides = [(0, 1), (1, 0)].map(|(l, r)| {
            let of = |names: &[String], row: u32| names.is_empty() || names.iter().any(|n| n == table.source(row));
            of(&pass.left_sources, l) && of(&pass.right_sources, r)
        });
        let failed = if sides.contains(&true) {
            // What is crossed may agree either way.
            first_failing(&pass.left, &pass.right).and_then(|f| first_failing(&pass.right, &pass.left).and(Some(f)))
        } else {
            Some((SOURCES.to_owned(), Compared::Differs))
        };
        KeyExplained { id: pass.id.clone(), strength: Some(pass.strength), failed }
    });
    let clusters = Clusters::singletons(2);
    let mut judge = Judge::new(table, rules);
    let vetoed_by = rules.guards.iter().enumerate().filter(|(at, _)| judge.veto(&clusters, &[*at], 0, 1).is_some());
    let mut out = PairExplained {
        passes: passes.collect(),
        vetoed_by: vetoed_by.map(|(_, guard)| guard.id.clone()).collect(),
        blocking: Vec::new(),
        model: None,
    };
    let Some(model) = &rules.model else { return out };
    let records = records(table, rules, model, &[0, 1]);
    let blocking = Blocking::new(&records, &model.blocking, Scope::Both, 1);
    out.blocking = model
        .blocking
        .iter()
        .enumerate()
        .map(|(at, rule)| {
            let failed = rule.parts.iter().find_map(|part| {
                let column = model.fields[part.field()];
                let (what, compared) = match part {
                    Part::Near(_) if compare(column, column) == Compared::Missing => {
                        (format!("near {}", name(column)), Compared::Missing)
                    }
                    Part::Near(_) if blocking.is_made_by(at, 0, 1) => return None,
                    Part::Near(_) => (format!("near {}", name(column)), Compared::Differs),
                    _ => (name(column), compare(column, column)),
                };
                (compared != Compared::Agrees).then_some((what, compared))
            });
            KeyExplained { id: rule.id.clone(), strength: None, failed }
        })
        .collect();
    let Some(trained) = trained else { return out };
    let comparisons = Comparisons::new(&records, &model.comparisons);
    let pattern = comparisons.pattern(&mut comparisons.memories(), 0, 1);
    let told = model.comparisons.iter().zip(levels_of(&model.comparisons, pattern)).enumerate();
    let told: Vec<ComparisonExplained> = told
        .map(|(at, (comparison, level))| {
            let counted = || frequencies(&comparison.name).map(|(count, with)| rarity(trained.u[at][1], count, with));
            ComparisonExplained {
                field: comparison.name.clone(),
                level: level_names(comparison).swap_remove(usize::from(level)),
                weight: trained.weights[at][usize::from(level)],
                rarity: if level == 1 && comparison.frequencies { counted().unwrap_or(0) } else { 0 },
            }
        })
        .collect();
    let prior = trained.prior();
    let weight = prior + told.iter().map(|c| c.weight + c.rarity).sum::<i32>();
    out.model = Some(WeightExplained { prior, comparisons: told, weight });
    out
}
