//! Answers that came back: how right they say the linkage is, and what they decide that was not decided before.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::engine::Place;
use crate::foundation::csv_field;
use crate::linkage::quality::Share;
use crate::linkage::reviewed::contradiction;
use crate::pipeline::error::PipelineError;
use crate::pipeline::read_back::read_json;
use crate::pipeline::review::draw::{DrawnPair, SAMPLE, Sample};
use crate::pipeline::review::workbook::{Answer, Answers, read};

/// What a review says.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Imported {
    /// The sample.
    pub sample: String,
    /// Who looked.
    pub reviewers: Vec<String>,
    /// Pairs of the sample.
    pub pairs: usize,
    /// Pairs that were answered with same or different by all who answered.
    pub settled: usize,
    /// Pairs that somebody is unsure of.
    pub unsure: Vec<u32>,
    /// Pairs on which reviewers disagree: no decision is taken of them.
    pub disagreed: Vec<u32>,
    /// Of links that were settled, those of one person, by stratum.
    pub strata: BTreeMap<String, Share>,
    /// Links of strata of which none was settled: nothing is known of these.
    pub untold: u64,
    /// The precision of all other links, strata weighted by how many links they have.
    pub precision: Option<f64>,
    /// Wilson's interval of 95 % about it, for as many pairs as the strata's are worth together.
    pub interval: Option<(f64, f64)>,
    /// Of near misses that were settled, those of one person.
    pub missed: Share,
    /// Pairs that are decided in the log already, and of which reviewers now disagree or are unsure.
    pub doubted: Vec<u32>,
    /// Cohen's kappa of two reviewers.
    pub kappa: Option<f64>,
    /// Decisions that were not in the log before.
    pub decided: usize,
    /// The log.
    pub log: String,
    /// What makes later runs keep to it, where they do not yet.
    pub advice: Option<String>,
}

/// Reads workbooks of one sample.
pub async fn read_books(books: &[PathBuf]) -> Result<Vec<Answers>, PipelineError> {
    let mut all: Vec<Answers> = Vec::new();
    for book in books {
        let place = Place::parse(&book.to_string_lossy(), Path::new("."))?;
        let Some(bytes) = place.read_if_there().await? else {
            return Err(PipelineError::NotThere { what: vec![format!("workbook: {}", book.display())] });
        };
        let answers = read(&bytes).map_err(|reason| PipelineError::Asked(format!("{}: {reason}", book.display())))?;
        if let Some(first) = all.first().filter(|first| first.sample != answers.sample) {
            let both = format!("`{}` and `{}`", first.sample, answers.sample);
            return Err(PipelineError::Asked(format!(
                "the workbooks are of two samples, {both}; import them one by one"
            )));
        }
        if all.iter().any(|other| other.reviewer == answers.reviewer) {
            return Err(PipelineError::Asked(format!("two workbooks are of one reviewer, `{}`", answers.reviewer)));
        }
        all.push(answers);
    }
    if all.iter().all(|answers| answers.answers.is_empty()) {
        return Err(PipelineError::Asked(
            "no pair is answered: write `same`, `different` or `unsure` beside pairs, save the workbook and import it again".to_owned(),
        ));
    }
    Ok(all)
}

/// The sample that workbooks are of, which lies below `folder`.
pub async fn sample_of(folder: &Place, all: &[Answers]) -> Result<Sample, PipelineError> {
    let name = all.first().map_or("", |first| first.sample.as_str());
    let place = folder.join(&format!("{name}/{SAMPLE}"));
    if !place.exists().await? {
        return Err(PipelineError::Asked(format!("there is no sample `{name}` in {folder}")));
    }
    let sample: Sample = read_json(&place).await?;
    for answers in all {
        if let Some((number, _)) = answers.answers.iter().find(|(n, _)| !sample.pairs.iter().any(|p| p.pair == *n)) {
            return Err(PipelineError::Asked(format!("{}: sample `{name}` has no pair {number}", answers.reviewer)));
        }
    }
    Ok(sample)
}

/// What all who answered a pair say of it: same or different, where they agree and are sure.
fn settled(all: &[Answers], pair: u32) -> Result<Option<bool>, Answer> {
    let said: Vec<Answer> =
        all.iter().filter_map(|a| a.answers.iter().find(|(n, _)| *n == pair).map(|(_, answer)| *answer)).collect();
    let Some(&first) = said.first() else { return Ok(None) };
    if said.contains(&Answer::Unsure) {
        return Err(Answer::Unsure);
    }
    if said.iter().any(|answer| *answer != first) {
        return Err(Answer::Different);
    }
    Ok(Some(first == Answer::Same))
}

/// What workbooks say of their sample; nothing is decided yet.
#[must_use]
#[allow(clippy::cast_precision_loss)] // counts of pairs
pub fn judged(sample: &Sample, all: &[Answers]) -> Imported {
    let mut out = Imported {
        sample: sample.sample.clone(),
        reviewers: all.iter().map(|a| a.reviewer.clone()).collect(),
        pairs: sample.pairs.len(),
        settled: 0,
        unsure: Vec::new(),
        disagreed: Vec::new(),
        strata: BTreeMap::new(),
        untold: 0,
        precision: None,
        interval: None,
        missed: Share::default(),
        doubted: Vec::new(),
        kappa: if let [one, other] = all { kappa(one, other) } else { None },
        decided: 0,
        log: String::new(),
        advice: None,
    };
    for pair in &sample.pairs {
        match settled(all, pair.pair) {
            Ok(None) => {}
            Err(Answer::Unsure) => out.unsure.push(pair.pair),
            Err(_) => out.disagreed.push(pair.pair),
            Ok(Some(same)) => {
                out.settled += 1;
                let share = if pair.decision == "link" {
                    out.strata.entry(pair.stratum.clone()).or_default()
                } else {
                    &mut out.missed
                };
                share.right += u64::from(same);
                share.of += 1;
            }
        }
    }
    let size = |stratum: &str| sample.links.get(stratum).copied().unwrap_or(0) as f64;
    out.untold = sample.links.iter().filter(|(name, _)| !out.strata.contains_key(*name)).map(|(_, links)| links).sum();
    let whole: f64 = out.strata.keys().map(|name| size(name)).sum();
    if whole > 0.0 {
        let (mut precision, mut variance) = (0.0, 0.0);
        for (name, share) in &out.strata {
            let (weight, p, n) = (size(name) / whole, share.rate(), share.of as f64);
            precision += weight * p;
            variance += weight * weight * p * (1.0 - p) / n;
        }
        let asked: f64 = out.strata.values().map(|share| share.of as f64).sum();
        // As many pairs as would have told as much if they had been drawn from all links alike.
        let worth = if variance > 0.0 { (precision * (1.0 - precision) / variance).min(asked) } else { asked };
        out.precision = Some(precision);
        out.interval = Some(crate::linkage::quality::wilson(precision, worth));
    }
    out
}

/// Cohen's kappa of the pairs that both answered; `None` where there is none, or where chance alone would have them agree on all.
#[allow(clippy::cast_precision_loss)] // counts of pairs
fn kappa(one: &Answers, other: &Answers) -> Option<f64> {
    let both: Vec<(Answer, Answer)> = one
        .answers
        .iter()
        .filter_map(|(pair, a)| other.answers.iter().find(|(n, _)| n == pair).map(|(_, b)| (*a, *b)))
        .collect();
    let n = both.len() as f64;
    if both.is_empty() {
        return None;
    }
    let agreed = both.iter().filter(|(a, b)| a == b).count() as f64 / n;
    let by_chance: f64 = [Answer::Same, Answer::Different, Answer::Unsure]
        .iter()
        .map(|answer| {
            let a = both.iter().filter(|(a, _)| a == answer).count() as f64 / n;
            let b = both.iter().filter(|(_, b)| b == answer).count() as f64 / n;
            a * b
        })
        .sum();
    (by_chance < 1.0).then(|| (agreed - by_chance) / (1.0 - by_chance))
}

/// Pairs of records that people have decided before, by reference.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// One person.
    pub same: Vec<(String, String)>,
    /// Two persons.
    pub different: Vec<(String, String)>,
}

impl Known {
    /// The pairs that are decided already, and of which reviewers now disagree or are unsure.
    #[must_use]
    pub fn doubted(&self, sample: &Sample, all: &[Answers]) -> Vec<u32> {
        let is_known = |pair: &&DrawnPair| self.same.iter().chain(&self.different).any(|of| is_pair(pair, of));
        let doubted = sample.pairs.iter().filter(|pair| settled(all, pair.pair).is_err());
        doubted.filter(is_known).map(|pair| pair.pair).collect()
    }

    /// The pairs that were settled now and not before, and whether each is one person. What contradicts what is known in `log`, or itself, stops
    /// here: nothing is to be written.
    pub fn decided<'s>(
        mut self,
        sample: &'s Sample,
        all: &[Answers],
        log: &str,
    ) -> Result<Vec<(&'s DrawnPair, bool)>, PipelineError> {
        let mut new = Vec::new();
        for pair in &sample.pairs {
            let Ok(Some(same)) = settled(all, pair.pair) else { continue };
            let (known, against) =
                if same { (&mut self.same, &self.different) } else { (&mut self.different, &self.same) };
            if against.iter().any(|of| is_pair(pair, of)) {
                return Err(PipelineError::Contradiction(format!(
                    "pair {} of sample `{}` is decided the other way round in {log} already (records {} and {}); settle it there by hand",
                    pair.pair, sample.sample, pair.left_ref, pair.right_ref
                )));
            }
            if !known.iter().any(|of| is_pair(pair, of)) {
                known.push((pair.left_ref.clone(), pair.right_ref.clone()));
                new.push((pair, same));
            }
        }
        if let Some((left, right)) = contradiction(&self.same, &self.different) {
            return Err(PipelineError::Contradiction(format!(
                "with these answers {log} would contradict itself: records {left} and {right} may not be one person, and are made one by others; \
                 nothing was written"
            )));
        }
        Ok(new)
    }
}

fn is_pair(pair: &DrawnPair, (a, b): &(String, String)) -> bool {
    (pair.left_ref == *a && pair.right_ref == *b) || (pair.left_ref == *b && pair.right_ref == *a)
}

/// A log with rows added, each told by the names of the log's own columns; a file without a last line's end gets one.
#[must_use]
pub fn with_rows<R: Fn(&str) -> String>(mut text: String, rows: impl IntoIterator<Item = R>) -> String {
    // As spreadsheets may write them.
    let bare = |name: &str| name.trim_matches(['\u{feff}', '"', ' ', '\r']).to_owned();
    let header: Vec<String> = text.lines().next().unwrap_or_default().split(',').map(bare).collect();
    if !text.ends_with('\n') {
        text.push('\n');
    }
    for row in rows {
        let fields: Vec<String> = header.iter().map(|name| csv_field(&row(name)).into_owned()).collect();
        text.push_str(&fields.join(","));
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(reviewer: &str, list: &[(u32, Answer)]) -> Answers {
        Answers { sample: "s".to_owned(), reviewer: reviewer.to_owned(), answers: list.to_vec() }
    }

    #[test]
    fn kappa_is_cohen_s() {
        // Cohen's table of 20 and 5, 10 and 15 of fifty: agreement .70, by chance .50, kappa .40.
        let cells = [(20, Answer::Same, Answer::Same), (5, Answer::Same, Answer::Different)];
        let cells = cells
            .into_iter()
            .chain([(10, Answer::Different, Answer::Same), (15, Answer::Different, Answer::Different)]);
        let mut both = (Vec::new(), Vec::new());
        for (count, a, b) in cells {
            for _ in 0..count {
                let pair = u32::try_from(both.0.len()).unwrap();
                both.0.push((pair, a));
                both.1.push((pair, b));
            }
        }
        let found = kappa(&answers("a", &both.0), &answers("b", &both.1)).unwrap();
        assert!((found - 0.4).abs() < 1e-12, "{found}");
        assert_eq!(kappa(&answers("a", &[]), &answers("b", &[])), None);
        let agreed = [(1, Answer::Same)];
        assert_eq!(kappa(&answers("a", &agreed), &answers("b", &agreed)), None);
    }

    #[test]
    fn strata_count_by_how_many_links_they_have() {
        let pair = |number: u32, stratum: &str, decision: &str| DrawnPair {
            pair: number,
            left_ref: format!("{number:032x}"),
            right_ref: format!("{:032x}", number + 1000),
            decision: decision.to_owned(),
            stratum: stratum.to_owned(),
        };
        let mut pairs: Vec<DrawnPair> = (1..=10).map(|n| pair(n, "large", "link")).collect();
        pairs.extend((11..=20).map(|n| pair(n, "small", "link")));
        pairs.push(pair(21, "small", "vetoed"));
        let strata = BTreeMap::from([("large".to_owned(), 900), ("small".to_owned(), 100)]);
        let links = BTreeMap::from([("large".to_owned(), 900), ("small".to_owned(), 100), ("other".to_owned(), 7)]);
        let sample = Sample { sample: "s".to_owned(), of: "r".to_owned(), seed: 1, strata, links, pairs };
        let said = |n: u32| if n == 1 || n > 15 && n < 21 { Answer::Different } else { Answer::Same };
        let one = answers("ann", &(1..=21).map(|n| (n, said(n))).collect::<Vec<_>>());
        let told = judged(&sample, std::slice::from_ref(&one));
        assert!((told.precision.unwrap() - (0.9 * 0.9 + 0.1 * 0.5)).abs() < 1e-12, "{told:?}");
        let (low, high) = told.interval.unwrap();
        assert!(low > 0.5 && low < 0.86 && high > 0.86 && high < 1.0, "{low} {high}");
        assert_eq!((told.missed, told.settled, told.untold), (Share { right: 1, of: 1 }, 21, 7));
        // Two who disagree on one pair, and are unsure of another.
        let mut list = one.answers.clone();
        (list[0].1, list[1].1) = (Answer::Same, Answer::Unsure);
        let told = judged(&sample, &[one, answers("bob", &list)]);
        assert_eq!((told.disagreed, told.unsure, told.settled), (vec![1], vec![2], 19));
    }
}
