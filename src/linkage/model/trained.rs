//! The model file: what was learnt, and nothing of anybody. It is read back, and a run may be pinned to it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::comparison::Comparison;
use super::error::ModelError;
use super::spec::Holds;
use super::train::Trained;
use super::weights::{names, weights};

/// The file's format; another is another program's.
pub(super) const FORMAT: &str = "throughline/model/1";

/// No weight of a level is greater, in thousandths of a bit: so little is never seen.
const MOST_WEIGHT: i32 = 100_000;

/// One level.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LevelFile {
    /// The level in words.
    pub level: String,
    /// Of pairs of one person with values, how many stand here.
    pub m: f64,
    /// Of pairs of two people with values, how many stand here.
    pub u: f64,
    /// The weight, in thousandths of a bit.
    pub weight: i32,
    /// How many pairs of one person were seen here; every level counts half a pair more, so that one never seen is rare and not impossible.
    pub seen: u64,
}

/// One comparison.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ComparisonFile {
    /// The field.
    pub field: String,
    /// Whether agreement on a rare value is worth more than on a common one.
    pub frequencies: bool,
    /// The levels, best first.
    pub levels: Vec<LevelFile>,
}

/// The file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelFile {
    /// [`FORMAT`].
    pub format: String,
    /// The document it was trained for.
    pub link: String,
    /// The document's version.
    pub version: u32,
    /// The standardisation specification under which values were compared.
    pub standardization: String,
    /// Pairs that might have been compared.
    pub pairs: f64,
    /// Pairs of one person among them, estimated.
    pub matches: f64,
    /// The fingerprint of how often values came; absent where they are counted in the records at hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frequencies: Option<String>,
    /// What each field of the document holds, by name; empty where fields are tokens.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub holds: BTreeMap<String, Holds>,
    /// The comparisons.
    pub comparisons: Vec<ComparisonFile>,
}

impl ModelFile {
    /// Levels at which no pair of one person was seen, as `field: level`.
    #[must_use]
    pub fn never_seen(&self) -> Vec<String> {
        let of = |comparison: &ComparisonFile| -> Vec<String> {
            let unseen = comparison.levels.iter().filter(|level| level.seen == 0);
            unseen.map(|level| format!("{}: {}", comparison.field, level.level)).collect()
        };
        self.comparisons.iter().flat_map(of).collect()
    }

    /// What is written.
    #[must_use]
    pub fn new(link: &str, version: u32, standardization: &str, list: &[Comparison], trained: &Trained) -> Self {
        let comparisons = list.iter().enumerate().map(|(at, comparison)| {
            let levels = names(comparison).into_iter().enumerate().skip(1).map(|(level, name)| LevelFile {
                level: name,
                m: trained.m[at][level],
                u: trained.u[at][level],
                weight: trained.weights[at][level],
                seen: whole(trained.matched[at][level]),
            });
            let levels = levels.collect();
            ComparisonFile { field: comparison.name.clone(), frequencies: comparison.frequencies, levels }
        });
        Self {
            format: FORMAT.to_owned(),
            link: link.to_owned(),
            version,
            standardization: standardization.to_owned(),
            pairs: trained.pairs,
            matches: trained.matches,
            frequencies: None,
            holds: BTreeMap::new(),
            comparisons: comparisons.collect(),
        }
    }

    /// The model of a file, for the document that it was trained for.
    pub fn trained(
        &self,
        link: &str,
        version: u32,
        standardization: &str,
        list: &[Comparison],
    ) -> Result<Trained, ModelError> {
        let refuse = |reason: String| Err(ModelError::OtherModel { reason });
        if self.format != FORMAT {
            return refuse(format!("its format is `{}`, and this program reads `{FORMAT}`", self.format));
        }
        if (self.link.as_str(), self.version) != (link, version) {
            return refuse(format!(
                "it was trained for `{}` version {}, not for `{link}` version {version}",
                self.link, self.version
            ));
        }
        if self.standardization != standardization {
            let theirs = &self.standardization;
            return refuse(format!(
                "values were made canonical by specification {theirs}, and are by {standardization} now"
            ));
        }
        let same = |(file, comparison): (&ComparisonFile, &Comparison)| {
            file.field == comparison.name
                && file.frequencies == comparison.frequencies
                && file.levels.iter().map(|l| &l.level).eq(names(comparison).iter().skip(1))
        };
        if self.comparisons.len() != list.len() || !self.comparisons.iter().zip(list).all(same) {
            return refuse("its comparisons are not those of the document".to_owned());
        }
        let of = |value: fn(&LevelFile) -> f64| -> Vec<Vec<f64>> {
            let levels = |c: &ComparisonFile| std::iter::once(0.0).chain(c.levels.iter().map(value)).collect();
            self.comparisons.iter().map(levels).collect()
        };
        let own = |c: &ComparisonFile| std::iter::once(0).chain(c.levels.iter().map(|l| l.weight)).collect();
        let sound = |l: &LevelFile| {
            let share = |value: f64| value > 0.0 && value <= 1.0;
            share(l.m) && share(l.u) && l.weight.abs() <= MOST_WEIGHT
        };
        if let Some(c) = self.comparisons.iter().find(|c| !c.levels.iter().all(sound)) {
            return refuse(format!("`{}` has a level whose m, u or weight no training gives", c.field));
        }
        let told = |c: &ComparisonFile| {
            let of = |value: fn(&LevelFile) -> f64| {
                std::iter::once(0.0).chain(c.levels.iter().map(value)).collect::<Vec<f64>>()
            };
            weights(&of(|l| l.m), &of(|l| l.u))[1..].iter().eq(c.levels.iter().map(|l| &l.weight))
        };
        if let Some(c) = self.comparisons.iter().find(|c| !told(c)) {
            return refuse(format!(
                "the weights of `{}` are not those that its m and u give, so somebody has changed them",
                c.field
            ));
        }
        if !(self.pairs >= 1.0 && self.matches > 0.0 && self.matches <= self.pairs) {
            return refuse(format!("{} pairs of one person among {} cannot be", self.matches, self.pairs));
        }
        Ok(Trained {
            m: of(|l| l.m),
            u: of(|l| l.u),
            matched: of(|l| l.seen as f64),
            weights: self.comparisons.iter().map(own).collect(),
            counts: Vec::new(),
            pairs: self.pairs,
            matches: self.matches,
        })
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // counts of pairs
fn whole(count: f64) -> u64 {
    count.max(0.0) as u64
}
