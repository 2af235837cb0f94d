//! The draw: which pairs clerks look at. The same number of each stratum as far as they go, the same ones for the same seed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::engine::{EngineError, Place};
use crate::foundation::Fingerprinter;
use crate::pipeline::error::PipelineError;
use crate::pipeline::review::workbook::{Sheet, SheetPair, write};

/// The file of what was drawn, beside the workbook.
pub const SAMPLE: &str = "sample.json";

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    /// What strata are made of.
    pub strata: &'a [String],
    /// How many pairs.
    pub pairs: usize,
    /// The seed of the draw.
    pub seed: u64,
    /// Whether pass, weight and decision are kept from the clerks.
    pub blind: bool,
    /// Whether near misses are drawn too, and not links alone.
    pub near_misses: bool,
    /// The sample's name.
    pub name: &'a str,
}

/// A pair that was drawn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DrawnPair {
    /// Its number in the workbook, from 1.
    pub pair: u32,
    /// A record: its reference, of a linkage of files `file:id`.
    pub left_ref: String,
    /// The other.
    pub right_ref: String,
    /// `link`, or what became of a near miss in the words of the match log.
    pub decision: String,
    /// Its stratum.
    pub stratum: String,
}

/// A sample as it is remembered: what no workbook need hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// Its name.
    pub sample: String,
    /// What it was drawn from: `release ...`, or `linkage ...` of files.
    #[serde(alias = "release")]
    pub of: String,
    /// The seed.
    pub seed: u64,
    /// How many pairs of the match log each stratum has.
    pub strata: BTreeMap<String, u64>,
    /// How many of them are links.
    pub links: BTreeMap<String, u64>,
    /// The pairs.
    pub pairs: Vec<DrawnPair>,
}

/// One pair of the match log that might be drawn.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// A record.
    pub left: String,
    /// The other.
    pub right: String,
    /// What brought them together.
    pub pass: String,
    /// What was decided.
    pub decision: String,
    /// What the model weighs it, in thousandths of a bit; empty where an exact pass decided.
    pub weight: String,
    /// The sources of the two records.
    pub sources: [String; 2],
    /// Its stratum.
    pub stratum: String,
}

/// A draw, to which candidates come one after another: of each stratum no more are kept than may be drawn.
#[derive(Debug)]
pub struct Drawing<'a> {
    asked: &'a Asked<'a>,
    strata: BTreeMap<String, Stratum>,
}

#[derive(Debug, Default)]
struct Stratum {
    pairs: usize,
    links: u64,
    /// Those that come first so far, each with its place in the order of this draw.
    first: Vec<(String, Candidate)>,
}

/// What was drawn.
#[derive(Debug)]
pub struct Drawn {
    /// The pairs in the order of the workbook.
    pub pairs: Vec<Candidate>,
    /// How many pairs of the match log each stratum has.
    strata: BTreeMap<String, u64>,
    links: BTreeMap<String, u64>,
}

impl<'a> Drawing<'a> {
    /// A draw to which nobody has come.
    #[must_use]
    pub fn new(asked: &'a Asked<'a>) -> Self {
        Self { asked, strata: BTreeMap::new() }
    }

    /// Takes a candidate.
    pub fn add(&mut self, candidate: Candidate) {
        let place = Fingerprinter::new("review/1")
            .with("seed", self.asked.seed.to_be_bytes())
            .with("left", &candidate.left)
            .with("right", &candidate.right)
            .finish()
            .to_string();
        let stratum = self.strata.entry(candidate.stratum.clone()).or_default();
        stratum.pairs += 1;
        stratum.links += u64::from(candidate.decision == "link");
        stratum.first.push((place, candidate));
        if stratum.first.len() > 2 * self.asked.pairs + 64 {
            stratum.keep(self.asked.pairs);
        }
    }

    /// Draws.
    pub fn finish(mut self) -> Result<Drawn, PipelineError> {
        if self.strata.is_empty() {
            return Err(PipelineError::Asked("the match log has no pair to draw from".to_owned()));
        }
        let strata = self.strata.iter().map(|(name, stratum)| (name.clone(), stratum.pairs as u64)).collect();
        let links = self.strata.iter().map(|(name, stratum)| (name.clone(), stratum.links)).collect();
        let sizes: Vec<usize> = self.strata.values().map(|stratum| stratum.pairs).collect();
        let mut drawn = Vec::new();
        for (stratum, count) in self.strata.values_mut().zip(shares(&sizes, self.asked.pairs)) {
            stratum.keep(count);
            drawn.append(&mut stratum.first);
        }
        // Pairs of one stratum do not come together: a clerk who knew it would judge by it.
        drawn.sort_by(|(a, _), (b, _)| a.chars().rev().cmp(b.chars().rev()));
        Ok(Drawn { pairs: drawn.into_iter().map(|(_, candidate)| candidate).collect(), strata, links })
    }
}

impl Stratum {
    /// Keeps so many that come first.
    fn keep(&mut self, count: usize) {
        self.first.sort_by(|(a, _), (b, _)| a.cmp(b));
        self.first.truncate(count);
    }
}

/// A sample that may be drawn: no other of its name has gone to clerks.
#[derive(Debug)]
pub struct Home {
    folder: Place,
    book: Place,
}

impl Home {
    /// The place of a sample below a folder.
    pub async fn free(folder: &Place, asked: &Asked<'_>) -> Result<Self, PipelineError> {
        let folder = folder.join(asked.name);
        let book = folder.join("pairs.xlsx");
        if book.exists().await? {
            return Err(PipelineError::Asked(format!(
                "there is a sample `{}` already, which clerks may have filled in; give this one another --name",
                asked.name
            )));
        }
        Ok(Self { folder, book })
    }

    /// Writes the workbook, and what is remembered of it; tells where the workbook lies. `values` are those of both records of each pair drawn,
    /// in the order of `columns`.
    pub async fn write(
        self,
        asked: &Asked<'_>,
        of: String,
        drawn: Drawn,
        columns: &[&str],
        values: impl Fn(&str) -> Vec<String>,
    ) -> Result<(Place, Sample), PipelineError> {
        let number = |at: usize| u32::try_from(at + 1).unwrap_or(u32::MAX);
        let pairs = drawn.pairs.iter().enumerate().map(|(at, one)| SheetPair {
            number: number(at),
            sources: one.sources.clone(),
            values: [values(&one.left), values(&one.right)],
            told: (!asked.blind).then(|| [one.decision.clone(), one.pass.clone(), in_bits(&one.weight)]),
        });
        let sheet = Sheet { sample: asked.name, of: &of, columns, pairs: pairs.collect() };
        let book = write(&sheet).map_err(PipelineError::bug)?;
        let pairs = drawn.pairs.into_iter().enumerate().map(|(at, one)| DrawnPair {
            pair: number(at),
            left_ref: one.left,
            right_ref: one.right,
            decision: one.decision,
            stratum: one.stratum,
        });
        let (strata, links) = (drawn.strata, drawn.links);
        let sample =
            Sample { sample: asked.name.to_owned(), of, seed: asked.seed, strata, links, pairs: pairs.collect() };
        let text = serde_json::to_string_pretty(&sample).map_err(PipelineError::bug)?;
        self.folder.join(SAMPLE).write(format!("{text}\n")).await?;
        // Last: where it stands, the sample is whole.
        self.book.write(book).await?;
        only_for_its_owner(&self.book)?;
        Ok((self.book, sample))
    }
}

/// A workbook with names and numbers of people is nobody else's to read, where the file system knows owners.
fn only_for_its_owner(book: &Place) -> Result<(), PipelineError> {
    #[cfg(unix)]
    if let Some(path) = book.local() {
        use std::os::unix::fs::PermissionsExt as _;
        let fault = |source| EngineError::File { what: "restrict", place: book.to_string(), source };
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).map_err(fault)?;
    }
    Ok(())
}

fn in_bits(weight: &str) -> String {
    weight.parse::<i32>().map_or(String::new(), |w| format!("{:.2}", crate::linkage::model::bits(w)))
}

/// A stratum of weights, in SQL over a match log: steps of five bits.
pub const BY_WEIGHT: &str = "CASE WHEN m.weight_millibits IS NULL THEN 'exact' ELSE \
     CAST(CAST(FLOOR(CAST(m.weight_millibits AS DOUBLE) / 5000) * 5 AS BIGINT) AS VARCHAR) || ' bits' END";

/// How many pairs of each stratum: the same of each as far as they go, what is left over to those that have more, the largest first.
fn shares(sizes: &[usize], wanted: usize) -> Vec<usize> {
    let mut shares = vec![0; sizes.len()];
    let mut left = wanted.min(sizes.iter().sum());
    while left > 0 {
        let mut open: Vec<usize> = (0..sizes.len()).filter(|at| shares[*at] < sizes[*at]).collect();
        open.sort_by_key(|at| std::cmp::Reverse(sizes[*at] - shares[*at]));
        let each = (left / open.len()).max(1);
        for at in open {
            let more = each.min(sizes[at] - shares[at]).min(left);
            shares[at] += more;
            left -= more;
        }
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strata_are_served_alike_as_far_as_they_go() {
        assert_eq!(shares(&[100, 3, 50], 30), [14, 3, 13]);
        assert_eq!(shares(&[2, 3], 30), [2, 3]);
        assert_eq!(shares(&[5, 5, 5], 2), [1, 1, 0]);
        assert_eq!(shares(&[1, 9, 5], 2), [0, 1, 1]);
        assert_eq!(shares(&[], 3), Vec::<usize>::new());
    }

    #[test]
    fn what_is_drawn_rests_on_the_seed_and_not_on_who_came_first() {
        let candidate = |number: usize| Candidate {
            left: format!("a:{number}"),
            right: format!("b:{number}"),
            pass: String::new(),
            decision: if number.is_multiple_of(3) { "review".to_owned() } else { "link".to_owned() },
            weight: String::new(),
            sources: ["a".to_owned(), "b".to_owned()],
            stratum: if number < 20 { "small".to_owned() } else { "large".to_owned() },
        };
        let drawn = |seed: u64, numbers: &mut dyn Iterator<Item = usize>| {
            let asked = Asked { strata: &[], pairs: 10, seed, blind: false, near_misses: true, name: "s" };
            let mut drawing = Drawing::new(&asked);
            numbers.for_each(|number| drawing.add(candidate(number)));
            drawing.finish().unwrap()
        };
        let names = |drawn: &Drawn| drawn.pairs.iter().map(|pair| pair.left.clone()).collect::<Vec<_>>();
        let one = drawn(5, &mut (0..1000));
        assert_eq!((one.strata["small"], one.strata["large"], one.links["small"]), (20, 980, 13));
        assert_eq!(one.pairs.iter().filter(|pair| pair.stratum == "small").count(), 5);
        assert_eq!(names(&one), names(&drawn(5, &mut (0..1000).rev())));
        assert_ne!(names(&one), names(&drawn(6, &mut (0..1000))));
    }
}
