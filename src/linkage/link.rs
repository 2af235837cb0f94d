//! Link: walks the passes, strongest first, and joins clusters where guards let it.
//!
//! Edges are taken in one total order: pass, then the smallest reference of the key, then the references within the key. So the clusters do
//! not depend on how rows came, nor on who grouped them.

use crate::linkage::decision::{Decision, MatchDecision, Stopped, stopped_by};
use crate::linkage::groups::{Grouping, Groups, LEFT, RIGHT};
use crate::linkage::guard::Judge;
use crate::linkage::model::PairCount;
use crate::linkage::modelled::{Modelled, blocked, modelled};
use crate::linkage::rules::{Pass, Rules, Stage};
use crate::linkage::spec::{Strength, Unique};
use crate::linkage::table::IdentityRef;
use crate::linkage::{Clusters, LinkageError, TokenTable};

/// What one pass did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PassCount {
    /// The pass.
    pub pass: String,
    /// Keys that at least two records hold.
    pub keys: u64,
    /// Links that joined two clusters.
    pub links: u64,
    /// Links that a guard stopped.
    pub vetoed: u64,
    /// Near misses by ambiguous keys.
    pub ambiguous: u64,
    /// Over-common keys that were skipped.
    pub over_common: u64,
}

/// What is known of the linkage of one cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterInfo {
    /// The weakest link that holds the cluster together; `None` for a record by itself.
    pub weakest: Option<Strength>,
    /// The passes that joined its records, a bit a pass in the order of the rules.
    pub passes: u64,
    /// Its records.
    pub n_records: u32,
    /// The sources its records come from.
    pub n_sources: u32,
    /// Whether one of its records holds SSN, names and birth date, so that school and wages can meet in it.
    pub bridge: bool,
    /// Whether one of its records holds a valid SSN.
    pub has_ssn: bool,
}

/// The linkage of a token table.
#[derive(Clone, Debug)]
pub struct Linked {
    /// Rows by person: each ascending, in the order of their smallest rows.
    pub clusters: Vec<Vec<u32>>,
    /// What is known of each cluster, in the same order.
    pub cluster_info: Vec<ClusterInfo>,
    /// Every decision, in order of pass, left and right row.
    pub decisions: Vec<Decision>,
    /// What each pass did.
    pub counts: Vec<PassCount>,
    /// What the model did, where there is one.
    pub modelled: Option<Modelled>,
    /// Pairs that people have decided of which a record is gone: they decide nothing.
    pub reviewed_gone: Vec<(IdentityRef, IdentityRef)>,
}

/// Links the records of a table by the passes of `rules`, candidates coming from `grouping`, and by its model. With two threads or more, the groups of the next
/// passes are found while one is walked: they do not depend on what the passes before joined.
pub fn link(
    table: &TokenTable,
    rules: &Rules,
    grouping: &dyn Grouping,
    threads: usize,
) -> Result<Linked, LinkageError> {
    let Walk { mut clusters, mut decisions, counts, .. } = passed(table, rules, grouping, threads)?;
    decisions.sort_unstable();
    let model = rules.model.as_ref();
    let span = tracing::info_span!("linking", phase = "model");
    let modelled = span.in_scope(|| model.map(|model| modelled(table, rules, model, &mut clusters, threads)));
    let clusters = clusters.sets();
    let cluster_info = describe(table, rules, &clusters, &decisions, modelled.as_ref());
    let reviewed_gone = rules.reviewed.gone(table);
    Ok(Linked { clusters, cluster_info, decisions, counts, modelled, reviewed_gone })
}

/// Counts the pairs that each blocking rule of the model makes of what the passes leave; none where there is no model.
pub fn pairs_of_model(
    table: &TokenTable,
    rules: &Rules,
    grouping: &dyn Grouping,
    threads: usize,
) -> Result<Vec<PairCount>, LinkageError> {
    let Some(model) = &rules.model else { return Ok(Vec::new()) };
    let mut clusters = passed(table, rules, grouping, threads)?.clusters;
    Ok(blocked(table, rules, model, &mut clusters, threads))
}

/// The records of a table after the review's decisions and the exact passes.
fn passed<'a>(
    table: &'a TokenTable,
    rules: &'a Rules,
    grouping: &dyn Grouping,
    threads: usize,
) -> Result<Walk<'a>, LinkageError> {
    let most = u32::MAX as usize;
    let rows =
        u32::try_from(table.len()).map_err(|_| LinkageError::TooMany { what: "records", count: table.len(), most })?;
    let mut walk = Walk {
        judge: Judge::new(table, rules),
        clusters: Clusters::singletons(rows),
        decisions: Vec::new(),
        counts: Vec::new(),
    };
    walk.reviewed(rules, &rules.reviewed.rows(table).must);
    let found = rules.passes.iter().map(|pass| grouping.groups(pass));
    if threads < 2 {
        walk.passes(rules, found)?;
    } else {
        std::thread::scope(|scope| {
            let (send, groups) = std::sync::mpsc::sync_channel(1);
            // Nobody listens any more where the walk has ended early.
            scope.spawn(move || found.map(|groups| send.send(groups)).all(|sent| sent.is_ok()));
            walk.passes(rules, groups.into_iter())
        })?;
    }
    Ok(walk)
}

struct Walk<'a> {
    judge: Judge<'a>,
    clusters: Clusters,
    decisions: Vec<Decision>,
    counts: Vec<PassCount>,
}

/// Vetoes among the holders of one key, at most: a key with more is over-common, and links no more of them.
const MOST_VETOES: u32 = 1_000;

/// A cluster among those that hold a key, with its smallest record on each side.
#[derive(Clone, Copy)]
struct Holder {
    root: u32,
    left: Option<u32>,
    right: Option<u32>,
}

impl Holder {
    /// The pair of records, one on each side, that stands for two holders in the log.
    fn pair(self, other: Self) -> Option<(u32, u32)> {
        let across = |a: Option<u32>, b: Option<u32>| a.zip(b).map(|(a, b)| (a.min(b), a.max(b)));
        let (one, two) = (across(self.left, other.right), across(other.left, self.right));
        one.into_iter().chain(two).min()
    }

    fn with(self, other: Self) -> Self {
        let least = |a: Option<u32>, b: Option<u32>| a.into_iter().chain(b).min();
        Self {
            root: self.root.min(other.root),
            left: least(self.left, other.left),
            right: least(self.right, other.right),
        }
    }
}

impl Walk<'_> {
    fn passes(
        &mut self,
        rules: &Rules,
        found: impl Iterator<Item = Result<Groups, LinkageError>>,
    ) -> Result<(), LinkageError> {
        for ((place, pass), groups) in (0_u8..).zip(&rules.passes).zip(found) {
            let groups = groups?;
            let keys = groups.len() as u64;
            self.counts.push(PassCount { pass: pass.id.clone(), keys, ..PassCount::default() });
            for group in groups.iter() {
                self.group(place, pass, group);
            }
        }
        Ok(())
    }

    /// Joins what people hold for one person, before any pass, and asks no guard.
    fn reviewed(&mut self, rules: &Rules, must: &[(u32, u32)]) {
        for &(left, right) in must {
            let (a, b) = (self.clusters.root(left), self.clusters.root(right));
            self.clusters.union(a, b);
            let (decision, stopped) = (MatchDecision::Link, Stopped::No);
            self.decisions.push(Decision {
                pass: rules.review_stage(),
                left,
                right,
                decision,
                stopped,
                key_frequency: 2,
            });
        }
    }

    fn group(&mut self, place: u8, pass: &Pass, group: &[(u32, u8)]) {
        // Most keys of later passes hold one person already.
        let root = self.clusters.root(group[0].0);
        if group[1..].iter().all(|&(row, _)| self.clusters.root(row) == root) {
            return;
        }
        let holders = self.holders(group);
        let frequency = u32::try_from(group.len()).unwrap_or(u32::MAX);
        let log = |(left, right): (u32, u32), decision, stopped| Decision {
            pass: place,
            left,
            right,
            decision,
            stopped,
            key_frequency: frequency,
        };
        if pass.max_frequency.is_some_and(|most| frequency > most) {
            if let Some(pair) = Self::near_misses(&holders).into_iter().min() {
                self.decisions.push(log(pair, MatchDecision::NonLink, Stopped::OverCommon));
                self.counts[usize::from(place)].over_common += 1;
            }
            return;
        }
        let opposed = self.opposed(pass, &holders);
        if opposed != Stopped::No {
            for pair in Self::near_misses(&holders) {
                self.decisions.push(log(pair, MatchDecision::ClericalReview, opposed));
                self.counts[usize::from(place)].ambiguous += 1;
            }
            return;
        }
        let mut joined: Vec<Holder> = Vec::new();
        let mut vetoed = 0;
        for holder in holders {
            let mut current = holder;
            let mut place_of_current = None;
            let mut at = 0;
            while at < joined.len() {
                let earlier = joined[at];
                let Some(pair) = earlier.pair(holder) else {
                    at += 1;
                    continue;
                };
                let (a, b) = (earlier.root, current.root);
                if let Some(guard) = self.judge.veto(&self.clusters, &pass.guards, a, b) {
                    // What so many of its holders refuse says nothing of the rest, and asking each of each would take for ever.
                    vetoed += 1;
                    if vetoed > MOST_VETOES {
                        self.decisions.push(log(pair, MatchDecision::NonLink, Stopped::OverCommon));
                        self.counts[usize::from(place)].over_common += 1;
                        return;
                    }
                    self.counts[usize::from(place)].vetoed += 1;
                    self.decisions.push(log(pair, MatchDecision::NonLink, stopped_by(guard)));
                    at += 1;
                    continue;
                }
                self.counts[usize::from(place)].links += 1;
                self.decisions.push(log(pair, MatchDecision::Link, Stopped::No));
                self.clusters.union(a, b);
                current = current.with(earlier);
                if let Some(kept) = place_of_current {
                    joined.remove(at);
                    joined[kept] = current;
                } else {
                    joined[at] = current;
                    place_of_current = Some(at);
                    at += 1;
                }
            }
            if place_of_current.is_none() {
                joined.push(current);
            }
        }
    }

    /// The clusters that hold a key, in the order of their roots, which are their smallest rows.
    fn holders(&mut self, group: &[(u32, u8)]) -> Vec<Holder> {
        let mut rows: Vec<(u32, u32, u8)> =
            group.iter().map(|&(row, side)| (self.clusters.root(row), row, side)).collect();
        rows.sort_unstable();
        let mut holders: Vec<Holder> = Vec::new();
        for (root, row, sides) in rows {
            let left = (sides & LEFT != 0).then_some(row);
            let right = (sides & RIGHT != 0).then_some(row);
            match holders.last_mut() {
                Some(last) if last.root == root => *last = last.with(Holder { root, left, right }),
                _ => holders.push(Holder { root, left, right }),
            }
        }
        holders
    }

    /// Whether the pass asks for a unique key and this one is not.
    fn opposed(&mut self, pass: &Pass, holders: &[Holder]) -> Stopped {
        if pass.requires_unique == Unique::OneEachSide {
            let lefts = holders.iter().filter(|h| h.left.is_some()).count();
            let rights = holders.iter().filter(|h| h.right.is_some()).count();
            if lefts > 1 || rights > 1 {
                return Stopped::NotUnique;
            }
        }
        // Of two holders a conflict is a plain veto; only a third makes the key ambiguous.
        if pass.requires_unique == Unique::No || holders.len() < 3 {
            return Stopped::No;
        }
        for (i, holder) in holders.iter().enumerate() {
            for earlier in &holders[..i] {
                if let Some(guard) = self.judge.veto(&self.clusters, &pass.guards, earlier.root, holder.root) {
                    return stopped_by(guard);
                }
            }
        }
        Stopped::No
    }

    /// For every holder but the first, the pair that ties it to the earliest it might have been linked with.
    fn near_misses(holders: &[Holder]) -> Vec<(u32, u32)> {
        let tie = |i: usize| holders[..i].iter().find_map(|earlier| earlier.pair(holders[i]));
        (1..holders.len()).filter_map(tie).collect()
    }
}

fn describe(
    table: &TokenTable,
    rules: &Rules,
    clusters: &[Vec<u32>],
    decisions: &[Decision],
    modelled: Option<&Modelled>,
) -> Vec<ClusterInfo> {
    let mut of_row = vec![0_u32; table.len()];
    for (number, cluster) in (0_u32..).zip(clusters) {
        for &row in cluster {
            of_row[row as usize] = number;
        }
    }
    let roles = &rules.roles;
    let holds = |row: u32, forms: &[usize]| forms.iter().any(|&c| table.value(c, row) != 0);
    let is_bridge = |row: u32| {
        roles.ssn.is_some_and(|ssn| table.value(ssn, row) != 0)
            && [&roles.first_any, &roles.last, &roles.birth_date].iter().all(|forms| holds(row, forms))
    };
    let mut infos: Vec<ClusterInfo> = clusters
        .iter()
        .map(|cluster| {
            let mut sources: Vec<u16> = cluster.iter().map(|&row| table.source_number(row)).collect();
            sources.sort_unstable();
            sources.dedup();
            ClusterInfo {
                weakest: None,
                passes: 0,
                n_records: u32::try_from(cluster.len()).unwrap_or(u32::MAX),
                n_sources: u32::try_from(sources.len()).unwrap_or(u32::MAX),
                bridge: cluster.iter().any(|&row| is_bridge(row)),
                has_ssn: cluster.iter().any(|&row| table.has_ssn(row)),
            }
        })
        .collect();
    let stages: Vec<Stage<'_>> = rules.stages().collect();
    for link in decisions.iter().filter(|d| d.decision == MatchDecision::Link) {
        let info = &mut infos[of_row[link.left as usize] as usize];
        info.passes |= 1 << link.pass;
        info.weakest = info.weakest.max(stages.get(usize::from(link.pass)).map(|stage| stage.strength));
    }
    let model = rules.model.as_ref().zip(modelled).into_iter();
    for (model, link) in model.flat_map(|(model, modelled)| modelled.decisions.iter().map(move |d| (model, d))) {
        if link.decision == MatchDecision::Link {
            let info = &mut infos[of_row[link.left as usize] as usize];
            info.passes |= 1 << rules.passes.len();
            info.weakest = info.weakest.max(Some(model.strength));
        }
    }
    infos
}
