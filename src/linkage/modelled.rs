//! Modelled: the model over what the exact passes left. Persons so far are compared by the best pair of their records, tokens alone.
//!
//! It is trained on the records of whole persons, those that passes have joined among them, so that it learns from easy pairs what to make of
//! hard ones. Links are taken from the greatest weight down; guards, and other persons that a record might as well belong to, stop them.

// Counts of records and pairs become shares; none comes near 2^52.
#![allow(clippy::cast_precision_loss)]

use std::cmp::Reverse;
use std::sync::Arc;

use crate::foundation::lists::Lists;
use crate::linkage::decision::{MatchDecision, Stopped, stopped_by};
use crate::linkage::guard::Judge;
use crate::linkage::model::{
    Beforehand, Blocking, Column, Comparison, Comparisons, Field, Frequencies, KnownMatches, Memories, ModelError,
    ModelFile, PairCount, Records, Scope, Scored, Scorer, Trained, ValueCounts, Values, mixed, odds, probability,
    thousandths, train,
};
use crate::linkage::rules::{ModelPass, Rules};
use crate::linkage::{Clusters, TokenTable};

/// Records that the model is trained on, about.
const TRAINED_ON: usize = 250_000;

/// Records of one person that are compared with another's, at most, where the two were in no block together.
const COMPARED: usize = 32;

/// One decision of the model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ModelDecision {
    /// The smaller row of the best pair.
    pub left: u32,
    /// The greater row.
    pub right: u32,
    /// The levels of all comparisons.
    pub pattern: u64,
    /// The weight, the prior's included, in thousandths of a bit.
    pub weight: i32,
    /// How likely it is one person, the rivals in mind.
    pub probability: f64,
    /// How much the weight leads that of the best rival.
    pub lead: Option<i32>,
    /// The row of that rival.
    pub rival: Option<u32>,
    /// What was decided.
    pub decision: MatchDecision,
    /// What stopped the link.
    pub stopped: Stopped,
}

/// What the model came to.
#[derive(Clone, Debug)]
pub struct Modelled {
    /// The model; `None` where there was nothing to learn from.
    pub trained: Option<Trained>,
    /// Why there is none.
    pub unused: Option<ModelError>,
    /// Pairs by blocking rule, those within one person included.
    pub counts: Vec<PairCount>,
    /// By blocking rule: of the pairs that are skipped, about how many are of one person.
    pub lost: Vec<f64>,
    /// Pairs of different persons that were compared.
    pub compared: u64,
    /// The least weight that links, in thousandths of a bit.
    pub line: i32,
    /// Of the links, how many are expected to be false.
    pub expected_false: f64,
    /// Of the pairs that were not linked, how many are expected to be one person.
    pub expected_missed: f64,
    /// Every decision, the greatest weight first.
    pub decisions: Vec<ModelDecision>,
}

impl Modelled {
    fn nothing(reason: ModelError) -> Self {
        Self {
            trained: None,
            unused: Some(reason),
            counts: Vec::new(),
            lost: Vec::new(),
            compared: 0,
            line: 0,
            expected_false: 0.0,
            expected_missed: 0.0,
            decisions: Vec::new(),
        }
    }

    /// How many links there are.
    #[must_use]
    pub fn links(&self) -> usize {
        self.decisions.iter().filter(|d| d.decision == MatchDecision::Link).count()
    }
}

/// Compares the persons of `clusters` and joins those that the model takes for one.
pub(crate) fn modelled(
    table: &TokenTable,
    rules: &Rules,
    model: &ModelPass,
    clusters: &mut Clusters,
    threads: usize,
) -> Modelled {
    let trained = match &model.pinned {
        Some(pinned) => pinned.clone(),
        None => match trained(table, rules, model, clusters, threads) {
            Ok(trained) => trained,
            Err(reason) => return Modelled::nothing(reason),
        },
    };
    let variants = Variants::new(table, model, clusters);
    tracing::info!(variants = variants.rows.len(), persons = variants.roots.len(), "comparing persons so far");
    let records = records(table, rules, model, &variants.rows);
    let comparisons = Comparisons::new(&records, &model.comparisons);
    let blocking = Blocking::new(&records, &model.blocking, Scope::Both, threads);
    let scorer = Scorer::new(&records, &comparisons, &trained, &frequencies(table, model));
    let review = thousandths(libm::log2(model.decide.review / (1.0 - model.decide.review)));
    let open = |a: u32, b: u32| variants.persons[a as usize] != variants.persons[b as usize];
    let (pairs, compared) = scorer.pairs_of(&blocking, review, threads, open);
    let counts = blocking.counts();
    let lost = scorer.lost(&blocking, &counts, open);
    let edges = best_pairs(&variants, pairs);
    let line = line(&edges, model.decide.false_links);
    let mut deciding = Deciding {
        judge: Judge::new(table, rules),
        guards: &model.guards,
        clusters,
        variants: &variants,
        scorer: &scorer,
        memories: comparisons.memories(),
        against: trained.prior(),
    };
    let decisions: Vec<ModelDecision> = deciding
        .decide(&edges, line)
        .into_iter()
        .map(|decision| {
            let row = |variant: u32| variants.rows[variant as usize];
            let rival = decision.rival.map(row);
            ModelDecision { left: row(decision.left), right: row(decision.right), rival, ..decision }
        })
        .collect();
    let of = |kind: fn(&ModelDecision) -> bool, share: fn(f64) -> f64| -> f64 {
        decisions.iter().filter(|d| kind(d)).map(|d| share(d.probability)).sum()
    };
    Modelled {
        unused: None,
        counts,
        lost,
        compared,
        line,
        expected_false: of(|d| d.decision == MatchDecision::Link, |p| 1.0 - p),
        expected_missed: of(|d| d.decision == MatchDecision::ClericalReview, |p| p),
        trained: Some(trained),
        decisions,
    }
}

/// Counts the pairs that the blocking rules of `model` make of the persons so far, without comparing any.
pub(crate) fn blocked(
    table: &TokenTable,
    rules: &Rules,
    model: &ModelPass,
    clusters: &mut Clusters,
    threads: usize,
) -> Vec<PairCount> {
    let variants = Variants::new(table, model, clusters);
    let records = records(table, rules, model, &variants.rows);
    Blocking::new(&records, &model.blocking, Scope::Both, threads).counts()
}

/// Trains on the records of some persons, all records of each, and scales what depends on their number to all.
fn trained(
    table: &TokenTable,
    rules: &Rules,
    model: &ModelPass,
    clusters: &mut Clusters,
    threads: usize,
) -> Result<Trained, ModelError> {
    let all = u32::try_from(table.len()).unwrap_or(u32::MAX);
    let share = if table.len() <= TRAINED_ON { u64::MAX } else { u64::MAX / all_over(table.len(), TRAINED_ON) };
    let drawn = |reference: &[u8; 16]| {
        let first = reference.first_chunk::<8>().map_or(0, |bytes| u64::from_be_bytes(*bytes));
        mixed(first) <= share
    };
    let rows: Vec<u32> = (0..all).filter(|row| drawn(&table.refs()[clusters.root(*row) as usize])).collect();
    // How many pairs are of one person is known about well enough from what the passes have joined.
    let mut pairs_at = |row: u32| {
        let size = f64::from(clusters.size(row));
        if clusters.root(row) == row { size * (size - 1.0) / 2.0 } else { 0.0 }
    };
    let pairs: f64 = rows.iter().map(|row| pairs_at(*row)).sum();
    let of_all: f64 = (0..all).map(pairs_at).sum();
    // Wages never hold what schools do: how many pairs of one person have both values is counted field by field.
    let of_field = |comparison: &Comparison| {
        let column = model.fields[comparison.field];
        let value = |row: &u32| (clusters.root(*row), table.value(column, *row));
        let mut values: Vec<(u32, u32)> = rows.iter().map(value).filter(|(_, value)| *value != 0).collect();
        values.sort_unstable();
        let pairs = |run: &[(u32, u32)]| run.len() as f64 * (run.len() as f64 - 1.0) / 2.0;
        let with_values: f64 = values.chunk_by(|a, b| a.0 == b.0).map(pairs).sum();
        let equal: f64 = values.chunk_by(|a, b| a == b).map(pairs).sum();
        (with_values, equal)
    };
    let known = KnownMatches { pairs, with_values: model.comparisons.iter().map(of_field).collect() };
    let before = Beforehand { matches: Some(known), ..Beforehand::default() };
    let records = records(table, rules, model, &rows);
    let comparisons = Comparisons::new(&records, &model.comparisons);
    let blocking = Blocking::new(&records, &model.blocking, Scope::Both, threads);
    let trained = train(&records, &comparisons, &blocking, Scope::Both, threads, &before)?;
    let pairs = f64::from(all) * (f64::from(all) - 1.0) / 2.0;
    Ok(Trained { pairs, matches: of_all.max(1.0).min(pairs / 2.0), ..trained })
}

/// How many times `part` goes into `whole`, rounded up.
fn all_over(whole: usize, part: usize) -> u64 {
    whole.div_ceil(part) as u64
}

/// How many records hold each value: as counted before, or of the whole table.
fn frequencies(table: &TokenTable, model: &ModelPass) -> Frequencies {
    let of = |comparison: &Comparison| {
        let column = model.fields[comparison.field];
        let rows = 0..u32::try_from(table.len()).unwrap_or(u32::MAX);
        let at_hand = || ValueCounts::of(table.greatest(column) as usize, rows.map(|row| table.value(column, row)));
        comparison.frequencies.then(|| table.counted[column].clone().unwrap_or_else(at_hand))
    };
    Frequencies(model.comparisons.iter().map(of).collect())
}

/// The rows of a table as records of the model.
#[must_use]
pub fn records(table: &TokenTable, rules: &Rules, model: &ModelPass, rows: &[u32]) -> Records {
    let column = |column: &usize| {
        let near = (rules.roles.ssn == Some(*column)).then(|| Arc::clone(&table.near));
        let values = Values::Tokens { values: table.greatest(*column) as usize, near };
        Column {
            field: Field { name: rules.columns()[*column].clone(), values },
            codes: rows.iter().map(|row| table.value(*column, *row)).collect(),
        }
    };
    let end = u32::try_from(rows.len()).unwrap_or(u32::MAX);
    Records::new(model.fields.iter().map(column), vec![end])
}

/// The records of every person that differ in what the model reads: of equal ones the first.
struct Variants {
    /// The row of each, ascending.
    rows: Vec<u32>,
    /// The person of each, numbered from 0 in the order of their first variants.
    persons: Vec<u32>,
    /// The variants of each person.
    of_person: Lists,
    /// The cluster's root of each person.
    roots: Vec<u32>,
}

impl Variants {
    fn new(table: &TokenTable, model: &ModelPass, clusters: &mut Clusters) -> Self {
        let mut keyed: Vec<(u32, u64, u32)> = (0..u32::try_from(table.len()).unwrap_or(u32::MAX))
            .filter_map(|row| {
                let codes = model.fields.iter().map(|column| table.value(*column, row));
                let mut any = false;
                // Two unlike records of one person meet but once in 2^64.
                let hash = codes.fold(0, |hash, code| {
                    any |= code != 0;
                    mixed(hash ^ u64::from(code)).wrapping_add(u64::from(code) + 1)
                });
                any.then(|| (clusters.root(row), hash, row))
            })
            .collect();
        keyed.sort_unstable();
        keyed.dedup_by_key(|(root, hash, _)| (*root, *hash));
        keyed.sort_unstable_by_key(|(_, _, row)| *row);
        let mut variants = Self {
            rows: Vec::with_capacity(keyed.len()),
            persons: Vec::new(),
            of_person: Lists::default(),
            roots: Vec::new(),
        };
        let mut number_of = vec![u32::MAX; table.len()];
        for (root, _, row) in keyed {
            let number = &mut number_of[root as usize];
            if *number == u32::MAX {
                *number = u32::try_from(variants.roots.len()).unwrap_or(u32::MAX);
                variants.roots.push(root);
            }
            variants.rows.push(row);
            variants.persons.push(*number);
        }
        let numbered = variants.persons.iter().copied().zip(0..);
        variants.of_person = Lists::new(variants.roots.len(), numbered);
        variants
    }
}

/// Two persons and their best pair.
#[derive(Clone, Copy, Debug)]
struct Edge {
    one: u32,
    other: u32,
    pair: Scored,
}

/// The best pair of every two persons, the greatest weight first.
fn best_pairs(variants: &Variants, pairs: Vec<Scored>) -> Vec<Edge> {
    let edge = |pair: Scored| {
        let (a, b) = (variants.persons[pair.left as usize], variants.persons[pair.right as usize]);
        Edge { one: a.min(b), other: a.max(b), pair }
    };
    let mut edges: Vec<Edge> = pairs.into_iter().map(edge).collect();
    edges.sort_unstable_by_key(|e| (e.one, e.other, Reverse(e.pair.weight), e.pair.left, e.pair.right));
    edges.dedup_by_key(|e| (e.one, e.other));
    edges.sort_unstable_by_key(|e| (Reverse(e.pair.weight), e.pair.left, e.pair.right));
    edges
}

/// The least weight at which no more than a share `most` of the pairs are expected to be false.
fn line(edges: &[Edge], most: f64) -> i32 {
    let (mut expected, mut line) = (0.0, i32::MAX);
    for (at, edge) in edges.iter().enumerate() {
        expected += 1.0 - probability(edge.pair.weight);
        let last_of_weight = edges.get(at + 1).is_none_or(|next| next.pair.weight != edge.pair.weight);
        if last_of_weight && expected <= most * (at + 1) as f64 {
            line = edge.pair.weight;
        }
    }
    line
}

struct Deciding<'a> {
    judge: Judge<'a>,
    guards: &'a [usize],
    clusters: &'a mut Clusters,
    variants: &'a Variants,
    scorer: &'a Scorer<'a>,
    memories: Memories,
    /// Below this weight two records speak against being one person.
    against: i32,
}

impl Deciding<'_> {
    /// Decides edges in their order; rows of the decisions are variants.
    fn decide(&mut self, edges: &[Edge], line: i32) -> Vec<ModelDecision> {
        // The edges of each person, best first.
        let both = (0_u32..).zip(edges).flat_map(|(at, edge)| [(edge.one, at), (edge.other, at)]);
        let of_person = Lists::new(self.variants.roots.len(), both);
        let needed = probability(line);
        let mut decisions = Vec::new();
        for edge in edges {
            let (a, b) = (self.root(edge.one), self.root(edge.other));
            if a == b {
                continue;
            }
            let mut decided = ModelDecision {
                left: edge.pair.left,
                right: edge.pair.right,
                pattern: edge.pair.pattern,
                weight: edge.pair.weight,
                probability: probability(edge.pair.weight),
                lead: None,
                rival: None,
                decision: MatchDecision::ClericalReview,
                stopped: Stopped::BelowLine,
            };
            if let Some(guard) = self.judge.veto(self.clusters, self.guards, a, b) {
                decided.decision = MatchDecision::NonLink;
                decided.stopped = stopped_by(guard);
            } else {
                let rivals = [(edge.one, edge.other), (edge.other, edge.one)]
                    .map(|(of, with)| self.rivals(edges, of_person.of(of), of, with));
                let own = odds(edge.pair.weight);
                let others: f64 = rivals.iter().map(|(odds, _)| odds).sum();
                decided.probability = own / (1.0 + own + others);
                // The greatest weight, and of equal ones the first record.
                let best =
                    rivals.iter().filter_map(|(_, best)| *best).max_by_key(|(weight, row)| (*weight, Reverse(*row)));
                decided.lead = best.map(|(weight, _)| edge.pair.weight - weight);
                decided.rival = best.map(|(_, row)| row);
                if edge.pair.weight >= line {
                    decided.stopped = Stopped::Rival;
                    if decided.probability >= needed {
                        self.clusters.union(a, b);
                        decided.decision = MatchDecision::Link;
                        decided.stopped = Stopped::No;
                    }
                }
            }
            decisions.push(decided);
        }
        decisions
    }

    fn root(&mut self, person: u32) -> u32 {
        self.clusters.root(self.variants.roots[person as usize])
    }

    /// The odds of all that `of` might be in place of `with`, and the best among them: its weight and its variant. Who may be one person with
    /// `with` is no rival.
    fn rivals(&mut self, edges: &[Edge], of_person: &[u32], of: u32, with: u32) -> (f64, Option<(i32, u32)>) {
        let (mut all, mut best): (f64, Option<(i32, u32)>) = (0.0, None);
        for &at in of_person {
            let edge = &edges[at as usize];
            let other = if edge.one == of { edge.other } else { edge.one };
            let (here, there, mine) = (self.root(other), self.root(with), self.root(of));
            if here == there || here == mine {
                continue;
            }
            // One whom a guard keeps from `of` is none either.
            let rival = self.judge.veto(self.clusters, self.guards, mine, here).is_none()
                && (self.judge.veto(self.clusters, self.guards, there, here).is_some()
                    || self.speak_against(other, with));
            if rival {
                all += odds(edge.pair.weight);
                // They come from the greatest weight down.
                let on_the_left = self.variants.persons[edge.pair.left as usize] == other;
                let variant = if on_the_left { edge.pair.left } else { edge.pair.right };
                best = best.or(Some((edge.pair.weight, variant)));
            }
        }
        (all, best)
    }

    /// Whether the best pair of two persons is less likely one person than any two records are.
    fn speak_against(&mut self, one: u32, other: u32) -> bool {
        let variants = self.variants;
        let of = |person: u32| variants.of_person.of(person).iter().take(COMPARED).copied();
        let weigh = |(a, b): (u32, u32)| self.scorer.score(&mut self.memories, a.min(b), a.max(b)).1;
        let best = of(one).flat_map(|a| of(other).map(move |b| (a, b))).map(weigh).max();
        best.is_some_and(|best| best < self.against)
    }
}

/// What a pinned model or one just trained is called in its file.
#[must_use]
pub fn model_file(linkage: &str, model: &ModelPass, standardization: &str, trained: &Trained) -> ModelFile {
    ModelFile::new(&file_name(linkage, model), model.version, standardization, &model.comparisons, trained)
}

/// The model of a file, if it was trained for this linkage, version and standardisation.
pub fn of_file(
    linkage: &str,
    model: &ModelPass,
    standardization: &str,
    file: &ModelFile,
) -> Result<Trained, ModelError> {
    file.trained(&file_name(linkage, model), model.version, standardization, &model.comparisons)
}

fn file_name(linkage: &str, model: &ModelPass) -> String {
    format!("{linkage}/{}", model.id)
}
