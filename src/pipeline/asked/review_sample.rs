//! A review sample: pairs of the match log, drawn by strata, for clerks who look at two records and say whether they are one person.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::engine::Place;
use crate::foundation::{Fingerprinter, sql_name};
use crate::pipeline::asked::current::{CurrentRelease, texts};
use crate::pipeline::asked::evaluate::attribute;
use crate::pipeline::asked::review_workbook::{Sheet, SheetPair, write};
use crate::pipeline::error::PipelineError;

/// Where samples lie, below the output folder: they hold names.
pub const FOLDER: &str = "restricted/review";

/// What a stratum may be made of, beside columns of the table of learners' attributes.
const STRATA: [&str; 5] = ["pass", "strength", "weight", "sources", "decision"];

/// The table that attributes of persons come from.
const ATTRIBUTES: &str = "learner_attributes";

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
    /// The records.
    pub left_ref: String,
    /// The other.
    pub right_ref: String,
    /// `link`, `vetoed` or `ambiguous`.
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
    /// The release that it was drawn from.
    pub release: String,
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
struct Candidate {
    order: String,
    left: String,
    right: String,
    pass: String,
    decision: String,
    weight: String,
    sources: [String; 2],
    stratum: String,
}

/// Draws a sample and writes its workbook; tells where it lies and what was drawn.
pub async fn sample(release: &CurrentRelease, asked: &Asked<'_>) -> Result<(Place, Sample), PipelineError> {
    release.may_see_clear()?;
    let home = release.root.join(&format!("{FOLDER}/{}", asked.name));
    let book = home.join("pairs.xlsx");
    if book.exists().await? {
        return Err(PipelineError::Asked(format!(
            "there is a sample `{}` already, which clerks may have filled in; give this one another --name",
            asked.name
        )));
    }
    let candidates = candidates(release, asked).await?;
    if candidates.is_empty() {
        return Err(PipelineError::Asked("the match log has no pair to draw from".to_owned()));
    }
    let mut strata: BTreeMap<&str, Vec<&Candidate>> = BTreeMap::new();
    for candidate in &candidates {
        strata.entry(&candidate.stratum).or_default().push(candidate);
    }
    for pairs in strata.values_mut() {
        pairs.sort_by(|a, b| a.order.cmp(&b.order));
    }
    let sizes: Vec<usize> = strata.values().map(Vec::len).collect();
    let mut drawn: Vec<&Candidate> = Vec::new();
    for (pairs, count) in strata.values().zip(shares(&sizes, asked.pairs)) {
        drawn.extend(&pairs[..count]);
    }
    // Pairs of one stratum do not come together: a clerk who knew it would judge by it.
    drawn.sort_by(|a, b| a.order.chars().rev().cmp(b.order.chars().rev()));
    let number = |at: usize| u32::try_from(at + 1).unwrap_or(u32::MAX);
    let sample = Sample {
        sample: asked.name.to_owned(),
        release: release.pointer.release.clone(),
        seed: asked.seed,
        strata: strata.iter().map(|(name, pairs)| ((*name).to_owned(), pairs.len() as u64)).collect(),
        links: strata.iter().map(|(name, pairs)| ((*name).to_owned(), links(pairs))).collect(),
        pairs: drawn
            .iter()
            .enumerate()
            .map(|(at, one)| DrawnPair {
                pair: number(at),
                left_ref: one.left.clone(),
                right_ref: one.right.clone(),
                decision: one.decision.clone(),
                stratum: one.stratum.clone(),
            })
            .collect(),
    };
    let mut references: Vec<String> = drawn.iter().flat_map(|one| [one.left.clone(), one.right.clone()]).collect();
    references.sort();
    references.dedup();
    let values = release.clear(&references, &format!("review sample {}", asked.name)).await?;
    let of = |reference: &str| values.get(reference).cloned().unwrap_or_default();
    let pairs = drawn.iter().enumerate().map(|(at, one)| SheetPair {
        number: number(at),
        sources: one.sources.clone(),
        values: [of(&one.left), of(&one.right)],
        told: if asked.blind { None } else { Some([one.decision.clone(), one.pass.clone(), one.weight.clone()]) },
    });
    let sheet = Sheet { sample: asked.name, release: &release.pointer.release, pairs: pairs.collect() };
    book.write(write(&sheet).map_err(PipelineError::bug)?).await?;
    let text = serde_json::to_string_pretty(&sample).map_err(PipelineError::bug)?;
    home.join("sample.json").write(format!("{text}\n")).await?;
    Ok((book, sample))
}

fn links(pairs: &[&Candidate]) -> u64 {
    pairs.iter().filter(|pair| pair.decision == "link").count() as u64
}

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

async fn candidates(release: &CurrentRelease, asked: &Asked<'_>) -> Result<Vec<Candidate>, PipelineError> {
    let mut parts = Vec::new();
    let mut join = String::new();
    let mut attributes: Vec<String> = Vec::new();
    for name in asked.strata {
        parts.push(match name.as_str() {
            "pass" => "m.pass_id".to_owned(),
            "strength" => "m.strength".to_owned(),
            "decision" => "m.decision".to_owned(),
            "sources" => "m.left_source || '+' || m.right_source".to_owned(),
            "weight" => "CASE WHEN m.weight_millibits IS NULL THEN 'exact' ELSE \
                         CAST(CAST(FLOOR(CAST(m.weight_millibits AS DOUBLE) / 5000) * 5 AS BIGINT) AS VARCHAR) || ' bits' END"
                .to_owned(),
            other => {
                if attributes.is_empty() {
                    attributes = release.attributes().await?;
                    join = format!(
                        " LEFT JOIN (SELECT {} AS ref, person_id FROM crosswalk) c ON m.left_ref = c.ref \
                         LEFT JOIN {} a ON a.person_id = c.person_id",
                        crate::pipeline::asked::current::REFERENCE,
                        sql_name(ATTRIBUTES)
                    );
                }
                let column = attribute(&attributes, other, &STRATA)?;
                format!("COALESCE(CAST(a.{} AS VARCHAR), 'unknown')", sql_name(column))
            }
        });
    }
    let stratum = if parts.is_empty() { "'all'".to_owned() } else { parts.join(" || ' / ' || ") };
    let which = if asked.near_misses { "" } else { " WHERE m.decision = 'link'" };
    let sql = format!(
        "SELECT m.left_ref, m.right_ref, m.pass_id, m.decision, COALESCE(CAST(m.weight_millibits AS VARCHAR), '') AS weight, \
         m.left_source, m.right_source, {stratum} AS stratum FROM match_log m{join}{which} ORDER BY m.decision_id"
    );
    let rows = texts(&release.engine.collect("pairs to draw from", &sql).await?)?;
    let mut seen = std::collections::BTreeSet::new();
    let mut candidates = Vec::new();
    for row in rows {
        let Ok([left, right, pass, decision, weight, one, other, stratum]) = <[String; 8]>::try_from(row) else {
            continue;
        };
        // The passes may have come upon one pair several times; the last word on it is a link's.
        if !seen.insert((left.clone(), right.clone(), decision == "link")) {
            continue;
        }
        let order = Fingerprinter::new("review/1")
            .with("seed", asked.seed.to_be_bytes())
            .with("left", &left)
            .with("right", &right)
            .finish()
            .to_string();
        let weight = weight.parse::<i32>().map_or(String::new(), |w| format!("{:.2}", crate::linkage::model::bits(w)));
        candidates.push(Candidate { order, left, right, pass, decision, weight, sources: [one, other], stratum });
    }
    Ok(candidates)
}

#[cfg(test)]
mod tests {
    use super::shares;

    #[test]
    fn strata_are_served_alike_as_far_as_they_go() {
        assert_eq!(shares(&[100, 3, 50], 30), [14, 3, 13]);
        assert_eq!(shares(&[2, 3], 30), [2, 3]);
        assert_eq!(shares(&[5, 5, 5], 2), [1, 1, 0]);
        assert_eq!(shares(&[1, 9, 5], 2), [0, 1, 1]);
        assert_eq!(shares(&[], 3), Vec::<usize>::new());
    }
}
