//! Blocking: which pairs of records are compared at all. A rule names parts of fields that both records must share.

use std::collections::{HashMap, HashSet};

use super::parts::{Part, keys, near_entries};
use super::records::Records;
use super::texts::mixed;
use super::threads::{over, over_with};

/// One blocking rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its name.
    pub id: String,
    /// What both records must share; one that misses a part is in no block.
    pub parts: Vec<Part>,
    /// The most pairs of one block; a larger block is over-common, is skipped and counted.
    pub most: u64,
}

/// Which pairs may be one person at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Records of different files.
    Between,
    /// Records of one file.
    Within,
    /// Any two records.
    Both,
}

/// The blocks of one rule: records of one key together, ascending. A block that makes no pair is not kept.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    /// What they make.
    count: PairCount,
    /// Those that are over-common, with the pairs that they would make.
    common: Vec<(u64, Vec<u32>)>,
    rows: Vec<u32>,
    /// Where each block ends.
    ends: Vec<u32>,
    /// How many blocks there are up to the end of each partition.
    partitions: Vec<usize>,
}

/// How many pairs a rule makes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PairCount {
    /// Pairs that share the key.
    pub pairs: u64,
    /// Blocks that are over-common.
    pub over_common: u64,
    /// Pairs in them, which are not compared.
    pub skipped: u64,
}

/// Partitions that rows are dealt to by their keys.
const PARTITIONS: usize = 1 << 10;

/// The keys of every record under every rule, and the blocks they make.
#[derive(Debug)]
pub struct Blocking<'r> {
    records: &'r Records,
    scope: Scope,
    rules: &'r [Rule],
    /// The block of each record under all rules, counted from 1, record after record; 0 where it has none, or one that is over-common: what is
    /// skipped under one rule may come together under a later one.
    keys: Vec<u32>,
    blocks: Vec<Blocks>,
    /// Rules whose records are one slip apart in a field, which no key of one record tells.
    near: Vec<NearRule>,
}

/// A rule of values that are one slip apart.
#[derive(Debug)]
struct NearRule {
    rule: usize,
    field: usize,
    /// Two values that too many hold, the smaller number first.
    common: HashSet<(u32, u32)>,
}

impl<'r> Blocking<'r> {
    /// Finds the blocks of all rules.
    #[must_use]
    pub fn new(records: &'r Records, rules: &'r [Rule], scope: Scope, threads: usize) -> Self {
        let made = over(threads, rules.len(), |at| {
            let near = near_field(&rules[at]);
            let pairs = |block: &[u32]| pairs_made(records, scope, near, block);
            if let Some(field) = near {
                let entries = near_entries(records, field);
                return Blocks::new(rules[at].most, &entries.iter().copied(), pairs);
            }
            let keys = keys(records, &rules[at].parts);
            Blocks::new(rules[at].most, &keys.iter().copied().zip(0_u32..), pairs)
        });
        let mut keys = vec![0; records.len() * rules.len()];
        let mut near = Vec::new();
        for (rule, blocks) in made.iter().enumerate() {
            if let Some(field) = near_field(&rules[rule]) {
                let values = |block: &[u32]| {
                    let codes = || block.iter().map(|row| records.code(field, *row));
                    codes().min().zip(codes().max())
                };
                let common = blocks.common.iter().filter_map(|(_, block)| values(block)).collect();
                near.push(NearRule { rule, field, common });
                continue;
            }
            for (number, block) in (1..).zip(blocks.all()) {
                for row in block {
                    keys[*row as usize * rules.len() + rule] = number;
                }
            }
        }
        Self { records, scope, rules, keys, blocks: made, near }
    }

    /// Whether two records share a rule before one whose keys are these.
    #[inline]
    fn shared_before(&self, rule: usize, a: u32, b: u32) -> bool {
        let keys = self.keys_of(a)[..rule].iter().zip(self.keys_of(b)).any(|(x, y)| *x != 0 && x == y);
        keys || self.near.iter().any(|near| near.rule < rule && self.brings_near(near, a, b))
    }

    /// Whether the values of two records are one slip apart, and not over-common.
    fn brings_near(&self, near: &NearRule, a: u32, b: u32) -> bool {
        let (x, y) = (self.records.code(near.field, a), self.records.code(near.field, b));
        self.records.fields[near.field].values.are_near(x, y) && !near.common.contains(&(x.min(y), x.max(y)))
    }

    #[inline]
    fn keys_of(&self, record: u32) -> &[u32] {
        let start = record as usize * self.rules.len();
        &self.keys[start..start + self.rules.len()]
    }

    /// The rules.
    #[must_use]
    pub fn rules(&self) -> &'r [Rule] {
        self.rules
    }

    /// How many pairs each rule makes by itself.
    #[must_use]
    pub fn counts(&self) -> Vec<PairCount> {
        self.blocks.iter().map(|blocks| blocks.count).collect()
    }

    /// Hands every pair of a partition of a rule to `take`, but those that a rule before `not_of` has made already, and those whose first record
    /// is not in the sample.
    fn pairs(&self, rule: usize, partition: usize, not_of: usize, sample: Sample, mut take: impl FnMut(u32, u32)) {
        if let Some(near) = self.near.iter().find(|near| near.rule == rule) {
            for block in self.blocks[rule].of(partition) {
                self.near_pairs(near.field, block, |a, b| {
                    if sample.holds(a) && !self.shared_before(not_of, a, b) {
                        take(a, b);
                    }
                });
            }
            return;
        }
        let mut of_first = |a: u32, others: &[u32]| {
            if !sample.holds(a) {
                return;
            }
            for &b in others {
                if !self.shared_before(not_of, a, b) {
                    take(a, b);
                }
            }
        };
        for block in self.blocks[rule].of(partition) {
            let mut rest = block;
            for part in by_file(self.records, block) {
                rest = &rest[part.len()..];
                for (at, &a) in part.iter().enumerate() {
                    if self.scope != Scope::Between {
                        of_first(a, &part[at + 1..]);
                    }
                    if self.scope != Scope::Within {
                        of_first(a, rest);
                    }
                }
            }
        }
    }

    /// Hands every pair of a block of two values to `take` that holds both of them; the pairs of records of one of them are no pairs of the rule,
    /// and may be very many.
    fn near_pairs(&self, field: usize, block: &[u32], mut take: impl FnMut(u32, u32)) {
        let (one, other) = of_two_values(self.records, field, block);
        for of_one in by_file(self.records, &one) {
            for of_other in by_file(self.records, &other) {
                let same_file = self.records.file(of_one[0]) == self.records.file(of_other[0]);
                let may = match self.scope {
                    Scope::Between => !same_file,
                    Scope::Within => same_file,
                    Scope::Both => true,
                };
                for &a in of_one.iter().filter(|_| may) {
                    for &b in of_other {
                        take(a.min(b), a.max(b));
                    }
                }
            }
        }
    }

    /// Walks pairs of rules, partition by partition, on several threads; what the partitions give comes back in their order, whoever walked them.
    ///
    /// With `distinct`, a pair comes under the first rule that makes it alone; else under every rule. `sample` tells of each rule which pairs;
    /// `worker` makes what a thread keeps for itself, on which no answer may depend.
    pub fn walk<W, S: Send + Default>(
        &self,
        threads: usize,
        distinct: bool,
        sample: impl Fn(usize) -> Sample + Sync,
        worker: impl Fn() -> W + Sync,
        step: impl Fn(&mut W, &mut S, u32, u32) + Sync,
    ) -> Vec<(usize, S)> {
        over_with(threads, self.rules.len() * PARTITIONS, worker, |worker, at| {
            let (rule, partition) = (at / PARTITIONS, at % PARTITIONS);
            let mut state = S::default();
            let not_of = if distinct { rule } else { 0 };
            self.pairs(rule, partition, not_of, sample(rule), |a, b| step(worker, &mut state, a, b));
            (rule, state)
        })
    }

    /// About how many pairs of a rule are skipped, drawn from its over-common blocks: `draws` times, each pair as likely as any other of the rule.
    /// Pairs that another rule brings together all the same, or that an earlier one skips too, are left out.
    #[must_use]
    pub fn skipped(&self, rule: usize, draws: usize) -> Vec<(u32, u32)> {
        let mut ends: Vec<(u64, &[u32])> = Vec::new();
        for (pairs, block) in &self.blocks[rule].common {
            ends.push((ends.last().map_or(0, |last| last.0) + pairs, block));
        }
        let Some(&(all, _)) = ends.last() else { return Vec::new() };
        // The over-common blocks of earlier rules, by record.
        let earlier: Vec<HashMap<u32, usize>> = self.blocks[..rule]
            .iter()
            .map(|blocks| {
                let numbered = blocks.common.iter().enumerate();
                numbered.flat_map(|(number, (_, block))| block.iter().map(move |row| (*row, number))).collect()
            })
            .collect();
        let elsewhere = |a: u32, b: u32| {
            self.rule_of(a, b).is_some()
                || earlier.iter().any(|of| of.get(&a).is_some_and(|number| of.get(&b) == Some(number)))
        };
        let mut state = rule as u64 + 1;
        let mut draw = |below: u64| {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            u64::try_from((u128::from(mixed(state)) * u128::from(below)) >> 64).unwrap_or(0)
        };
        let near = near_field(&self.rules[rule]);
        let are_near = |field: usize, a: u32, b: u32| {
            self.records.fields[field].values.are_near(self.records.code(field, a), self.records.code(field, b))
        };
        let mut drawn = Vec::new();
        for _ in 0..draws {
            let at = draw(all);
            let block = ends[ends.partition_point(|(end, _)| *end <= at)].1;
            // A block of two values holds also pairs of one of them.
            let pair = (0..64).find_map(|_| {
                let (a, b) = self.drawn(block, &mut draw);
                near.is_none_or(|field| are_near(field, a, b)).then_some((a.min(b), a.max(b)))
            });
            drawn.extend(pair.filter(|(a, b)| !elsewhere(*a, *b)));
        }
        drawn
    }

    /// Two records of a block that makes pairs, each pair that may be one person as likely as any other.
    fn drawn(&self, block: &[u32], draw: &mut impl FnMut(u64) -> u64) -> (u32, u32) {
        let mut below = |count: usize| usize::try_from(draw(count as u64)).unwrap_or(0);
        let two = |of: &[u32], below: &mut dyn FnMut(usize) -> usize| {
            let (one, other) = (below(of.len()), below(of.len() - 1));
            (of[one], of[other + usize::from(other >= one)])
        };
        if self.scope == Scope::Both {
            return two(block, &mut below);
        }
        let parts: Vec<&[u32]> = by_file(self.records, block).collect();
        let partners = |part: &[u32]| match self.scope {
            Scope::Within => part.len() - 1,
            _ => block.len() - part.len(),
        };
        let mut left = below(parts.iter().map(|part| part.len() * partners(part)).sum());
        let of = parts.iter().find(|part| {
            let pairs = part.len() * partners(part);
            let here = left < pairs;
            left -= if here { 0 } else { pairs };
            here
        });
        let part = of.copied().unwrap_or(block);
        if self.scope == Scope::Within {
            return two(part, &mut below);
        }
        // A block stands file after file, so the others are what is before the part and what is behind it.
        let start = block.partition_point(|row| *row < part[0]);
        let other = below(block.len() - part.len());
        (part[below(part.len())], block[if other < start { other } else { other + part.len() }])
    }

    /// Whether a record stands in an over-common block of a rule.
    #[must_use]
    pub fn is_over_common(&self, rule: usize, record: u32) -> bool {
        self.blocks[rule].common.iter().any(|(_, block)| block.binary_search(&record).is_ok())
    }

    /// Whether a rule makes a pair, whatever the rules before it do.
    #[must_use]
    pub fn is_made_by(&self, rule: usize, a: u32, b: u32) -> bool {
        let (x, y) = (self.keys_of(a)[rule], self.keys_of(b)[rule]);
        x != 0 && x == y || self.near.iter().any(|near| near.rule == rule && self.brings_near(near, a, b))
    }

    /// The first rule that makes a pair, if any does.
    #[must_use]
    pub fn rule_of(&self, a: u32, b: u32) -> Option<usize> {
        (0..self.rules.len()).find(|rule| self.is_made_by(*rule, a, b))
    }
}

/// A share of all records, the same in every rule and run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample(u64);

impl Sample {
    /// Every record.
    pub const ALL: Self = Self(u64::MAX);

    /// About `part` of `whole` records.
    #[must_use]
    pub fn of(part: u64, whole: u64) -> Self {
        if part >= whole {
            return Self::ALL;
        }
        Self(u64::try_from((u128::from(part) << 64) / u128::from(whole)).unwrap_or(u64::MAX))
    }

    #[inline]
    fn holds(self, record: u32) -> bool {
        self == Self::ALL || mixed(u64::from(record)) < self.0
    }
}

/// The field of a rule of values that are one slip apart.
fn near_field(rule: &Rule) -> Option<usize> {
    if let [Part::Near(field)] = rule.parts[..] { Some(field) } else { None }
}

/// How many pairs a rule makes of a block. A block of two SSNs holds also the pairs of records of one of them, which are not near but equal.
fn pairs_made(records: &Records, scope: Scope, near: Option<usize>, block: &[u32]) -> u64 {
    let all = pairs_of(records, scope, block);
    let Some(field) = near else { return all };
    let (one, other) = of_two_values(records, field, block);
    all - pairs_of(records, scope, &one) - pairs_of(records, scope, &other)
}

/// The records of a block of two values of a field, by value.
fn of_two_values(records: &Records, field: usize, block: &[u32]) -> (Vec<u32>, Vec<u32>) {
    let first = records.code(field, block[0]);
    block.iter().partition(|row| records.code(field, **row) == first)
}

/// How many pairs a block makes.
pub(super) fn pairs_of(records: &Records, scope: Scope, block: &[u32]) -> u64 {
    let all = |count: usize| (count as u64) * (count as u64).saturating_sub(1) / 2;
    if block.len() < 2 {
        return 0;
    }
    let within = || by_file(records, block).map(|part| all(part.len())).sum::<u64>();
    match scope {
        Scope::Both => all(block.len()),
        Scope::Within => within(),
        Scope::Between => all(block.len()) - within(),
    }
}

/// The records of a block, file after file.
fn by_file<'b>(records: &Records, block: &'b [u32]) -> impl Iterator<Item = &'b [u32]> {
    (0..records.files()).filter_map(move |file| {
        let of = records.of_file(file);
        let (start, end) = (block.partition_point(|r| *r < of.start), block.partition_point(|r| *r < of.end));
        (start < end).then(|| &block[start..end])
    })
}

impl Blocks {
    /// The blocks of keys and their records; a key of 0 is none. `pairs` tells how many a block makes; those of more than `most` are over-common.
    fn new(most: u64, keyed_rows: &(impl Iterator<Item = (u64, u32)> + Clone), pairs: impl Fn(&[u32]) -> u64) -> Self {
        let entries = || keyed_rows.clone().filter(|(key, _)| *key != 0);
        let partition = |key: u64| usize::try_from(mixed(key) >> 54).unwrap_or(0);
        let mut places = vec![0_usize; PARTITIONS + 1];
        for (key, _) in entries() {
            places[partition(key) + 1] += 1;
        }
        for at in 1..=PARTITIONS {
            places[at] += places[at - 1];
        }
        let starts = places.clone();
        let mut keyed = vec![(0_u64, 0_u32); starts[PARTITIONS]];
        for (key, row) in entries() {
            let place = &mut places[partition(key)];
            keyed[*place] = (key, row);
            *place += 1;
        }
        let mut blocks = Self::default();
        let mut block = Vec::new();
        for at in 0..PARTITIONS {
            let keyed = &mut keyed[starts[at]..starts[at + 1]];
            keyed.sort_unstable();
            for run in keyed.chunk_by(|a, b| a.0 == b.0).filter(|run| run.len() > 1) {
                block.clear();
                block.extend(run.iter().map(|(_, row)| *row));
                let pairs = pairs(&block);
                if pairs > most {
                    blocks.count.over_common += 1;
                    blocks.count.skipped += pairs;
                    blocks.common.push((pairs, block.clone()));
                } else if pairs > 0 {
                    blocks.count.pairs += pairs;
                    blocks.rows.extend_from_slice(&block);
                    blocks.ends.push(u32::try_from(blocks.rows.len()).unwrap_or(u32::MAX));
                }
            }
            blocks.partitions.push(blocks.ends.len());
        }
        blocks
    }

    /// Every block, in the order of partitions.
    fn all(&self) -> impl Iterator<Item = &[u32]> {
        (0..self.partitions.len()).flat_map(|partition| self.of(partition))
    }

    /// The blocks of one partition.
    fn of(&self, partition: usize) -> impl Iterator<Item = &[u32]> {
        let first = if partition == 0 { 0 } else { self.partitions[partition - 1] };
        (first..self.partitions[partition]).map(|at| {
            let start = if at == 0 { 0 } else { self.ends[at - 1] };
            &self.rows[start as usize..self.ends[at] as usize]
        })
    }
}
