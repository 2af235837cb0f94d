//! A review of the current release: pairs of its match log go to clerks, and what they decide every later run keeps to.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::engine::Place;
use crate::foundation::{Diagnostics, Zone, clock, sql_name};
use crate::pipeline::asked::current::{CLEAR, CurrentRelease};
use crate::pipeline::asked::evaluate::attribute;
use crate::pipeline::document::Texts;
use crate::pipeline::error::PipelineError;
use crate::pipeline::read_back::{REFERENCE, texts};
use crate::pipeline::review::answers::{Imported, Known, judged, read_books, sample_of, with_rows};
use crate::pipeline::review::draw::{Asked, BY_WEIGHT, Candidate, Drawing, Drawn, Home, Sample};
use crate::pipeline::review::follow::rows_behind;
use crate::pipeline::review::log::{self, CANNOT, MUST, RECORDS};
use crate::publish::Lock;

/// Where samples lie, below the output folder: they hold names.
const FOLDER: &str = "restricted/review";

/// Where decisions go where the pipeline names no file.
const LOG: &str = "review/decisions.csv";

/// What a new log begins with.
const HEADER: &str = "left_ref,right_ref,decision,reviewers,decided,sample,left_record,right_record\n";

const LEFT_RECORD: &str = RECORDS[0];
const RIGHT_RECORD: &str = RECORDS[1];

/// What a stratum may be made of, beside columns of the table of learners' attributes.
const STRATA: [&str; 5] = ["pass", "strength", "weight", "sources", "decision"];

/// The table that attributes of persons come from.
const ATTRIBUTES: &str = "learner_attributes";

/// Draws a sample and writes its workbook; tells where it lies and what was drawn.
pub async fn sample(release: &CurrentRelease, asked: &Asked<'_>) -> Result<(Place, Sample), PipelineError> {
    release.may_see_clear()?;
    let home = Home::free(&release.root.join(FOLDER), asked).await?;
    let drawn = drawn(release, asked).await?;
    let mut references: Vec<String> =
        drawn.pairs.iter().flat_map(|one| [one.left.clone(), one.right.clone()]).collect();
    references.sort();
    references.dedup();
    let values = release.clear(&references, &format!("review sample {}", asked.name)).await?;
    let of = |reference: &str| values.get(reference).cloned().unwrap_or_default();
    home.write(asked, format!("release {}", release.pointer.release), drawn, &CLEAR, of).await
}

async fn drawn(release: &CurrentRelease, asked: &Asked<'_>) -> Result<Drawn, PipelineError> {
    let mut parts = Vec::new();
    let mut join = String::new();
    let mut attributes: Vec<String> = Vec::new();
    for name in asked.strata {
        parts.push(match name.as_str() {
            "pass" => "m.pass_id".to_owned(),
            "strength" => "m.strength".to_owned(),
            "decision" => "m.decision".to_owned(),
            "sources" => "m.left_source || '+' || m.right_source".to_owned(),
            "weight" => BY_WEIGHT.to_owned(),
            other => {
                if attributes.is_empty() {
                    attributes = release.attributes().await?;
                    join = format!(
                        " LEFT JOIN (SELECT {} AS ref, person_id FROM crosswalk) c ON m.left_ref = c.ref \
                         LEFT JOIN {} a ON a.person_id = c.person_id",
                        REFERENCE,
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
    let mut seen = std::collections::BTreeSet::new();
    let mut drawing = Drawing::new(asked);
    for batch in release.engine.collect("pairs to draw from", &sql).await? {
        for row in texts(&[batch])? {
            let Ok([left, right, pass, decision, weight, one, other, stratum]) = <[String; 8]>::try_from(row) else {
                continue;
            };
            // The passes may have come upon one pair several times; the last word on it is a link's.
            if seen.insert((left.clone(), right.clone(), decision == "link")) {
                drawing.add(Candidate { left, right, pass, decision, weight, sources: [one, other], stratum });
            }
        }
    }
    drawing.finish()
}

/// Takes workbooks of one sample back, and adds what they settle to the log.
pub async fn import(release: &CurrentRelease, books: &[PathBuf]) -> Result<Imported, PipelineError> {
    let all = read_books(books).await?;
    let folder = release.root.join(FOLDER);
    let sample = sample_of(&folder, &all).await?;
    // The log is read, added to and written whole: of two imports at one moment one would lose its rows.
    let _lock = folder.local().map(|local| Lock::take(&local, "review import")).transpose()?;
    let mut imported = judged(&sample, &all);
    let project = &release.project;
    let named = project.pipeline.review_decisions.as_ref().map(|name| name.value.clone());
    let in_use = named.is_some();
    imported.log = named.unwrap_or_else(|| LOG.to_owned());
    if !in_use {
        imported.advice =
            Some(format!("Later runs keep to them once the pipeline says: review_decisions: {}", imported.log));
    }
    let place = Place::parse(&imported.log, &project.root)?;
    let file = Path::new(&imported.log);
    let (mut found, mut texts) = (Diagnostics::default(), Texts::default());
    let text =
        if place.exists().await? { texts.read(&project.root, file, &mut found) } else { Some(HEADER.to_owned()) };
    let text = text.unwrap_or_default();
    let before = if found.has_errors() { <_>::default() } else { log::parse(&text, file, &mut found) };
    if found.has_errors() {
        return Err(PipelineError::Documents { found, texts });
    }
    let named = |pairs: &[(crate::linkage::IdentityRef, crate::linkage::IdentityRef)]| {
        pairs.iter().map(|(a, b)| (hex::encode(a), hex::encode(b))).collect()
    };
    let known = Known { same: named(&before.must), different: named(&before.cannot) };
    imported.doubted = known.doubted(&sample, &all);
    let decided = known.decided(&sample, &all, &imported.log)?;
    imported.decided = decided.len();
    let (who, today) = (imported.reviewers.join(" and ").replace([',', '\n', '\r'], " "), clock::today());
    let of: BTreeSet<String> =
        decided.iter().flat_map(|(pair, _)| [pair.left_ref.clone(), pair.right_ref.clone()]).collect();
    let mut behind = BTreeMap::new();
    for (_, facts) in release.made("identify", Zone::Restricted, "facts").await? {
        behind.extend(rows_behind(&release.engine, &facts, &of).await?);
    }
    let rows = decided.into_iter().map(|(pair, same)| {
        let (who, today, sample, behind) = (&who, &today, &sample.sample, &behind);
        move |name: &str| match name {
            "left_ref" => pair.left_ref.clone(),
            "right_ref" => pair.right_ref.clone(),
            "decision" => if same { MUST } else { CANNOT }.to_owned(),
            "reviewers" => who.clone(),
            "decided" => today.clone(),
            "sample" => sample.clone(),
            LEFT_RECORD => behind.get(&pair.left_ref).cloned().unwrap_or_default(),
            RIGHT_RECORD => behind.get(&pair.right_ref).cloned().unwrap_or_default(),
            _ => String::new(),
        }
    });
    place.write(with_rows(text, rows)).await?;
    Ok(imported)
}
