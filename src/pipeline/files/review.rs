//! A review of a linkage of files: pairs of its match log go to clerks, and what they decide becomes labels, which a later linkage learns from and
//! may keep to.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use crate::engine::{Engine, Limits, Place};
use crate::foundation::{Diagnostics, clock};
use crate::pipeline::document::Texts;
use crate::pipeline::error::PipelineError;
use crate::pipeline::files::document::load;
use crate::pipeline::files::labels::{COLUMNS, DIFFERENT, LABEL, SAME, read_rows};
use crate::pipeline::files::link::Begun;
use crate::pipeline::files::outputs::all_there;
use crate::pipeline::files::texts::{Named, read_records, read_texts};
use crate::pipeline::read_back::texts;
use crate::pipeline::review::answers::{Imported, Known, judged, read_books, sample_of, with_rows};
use crate::pipeline::review::draw::{Asked, BY_WEIGHT, Candidate, Drawing, Drawn, Home, Sample};
use crate::publish::Lock;

/// Where samples lie, below the folder of the linkage: they hold names, as the files do.
const FOLDER: &str = "review";

/// Where decisions go, below that, where nothing else is said.
const LABELS: &str = "labels.csv";

/// What a stratum may be made of, beside columns of the files.
const STRATA: [&str; 4] = ["pass", "weight", "sources", "decision"];

/// Draws a sample of what `throughline link` wrote below `out`, and writes its workbook; tells where it lies and what was drawn.
pub async fn sample(begun: &Begun, out: &Place, asked: &Asked<'_>) -> Result<(Place, Sample), PipelineError> {
    all_there(out, &["match_log"]).await?;
    let home = Home::free(&out.join(FOLDER), asked).await?;
    let drawn = drawn(begun, out, asked).await?;
    let mut wanted: BTreeSet<Named> = BTreeSet::new();
    for reference in drawn.pairs.iter().flat_map(|pair| [&pair.left, &pair.right]) {
        wanted.insert(named(begun, reference).ok_or_else(|| other_files(out))?);
    }
    let runtime = tokio::runtime::Handle::current();
    let values = tokio::task::block_in_place(|| read_records(begun.files(), &wanted, &runtime))?;
    if values.len() < wanted.len() {
        return Err(other_files(out));
    }
    let of =
        |reference: &str| named(begun, reference).and_then(|named| values.get(&named).cloned()).unwrap_or_default();
    let document = begun.document();
    let columns: Vec<&str> = document.fields.iter().map(|field| field.name.as_str()).collect();
    home.write(asked, format!("linkage {}", document.link.value), drawn, &columns, of).await
}

/// The record of a reference `file:id`.
fn named(begun: &Begun, reference: &str) -> Option<Named> {
    let (name, id) = reference.split_once(':')?;
    Some((begun.files().iter().position(|file| file.name == name)?, id.to_owned()))
}

fn other_files(out: &Place) -> PipelineError {
    PipelineError::Asked(format!(
        "{} is of other files: it names a record that is in none of these; link them again",
        out.join("match_log")
    ))
}

async fn drawn(begun: &Begun, out: &Place, asked: &Asked<'_>) -> Result<Drawn, PipelineError> {
    let own: Vec<&str> = asked.strata.iter().map(String::as_str).filter(|name| !STRATA.contains(name)).collect();
    let runtime = tokio::runtime::Handle::current();
    let read = tokio::task::block_in_place(|| {
        if own.is_empty() { Ok(None) } else { read_texts(begun.files(), &own, &runtime).map(Some) }
    })?;
    let rows: HashMap<(usize, &str), usize> = read.as_ref().map_or_else(HashMap::new, |read| {
        read.files.iter().copied().zip(read.ids.iter().map(String::as_str)).zip(0..).collect()
    });
    let engine = Engine::new(Limits { threads: 1, ..Limits::default() })?;
    engine.register_folder("match_log", &out.join("match_log")).await?;
    // What is below the line for certain is no near miss.
    let which = if asked.near_misses { "m.decision <> 'below_threshold'" } else { "m.decision = 'link'" };
    let sql = format!(
        "SELECT m.left_source, m.left_id, m.right_source, m.right_id, m.rule, m.decision, \
         CAST(m.weight_millibits AS VARCHAR) AS weight, {BY_WEIGHT} AS by_weight FROM match_log m WHERE {which} ORDER BY m.decision_id"
    );
    let mut drawing = Drawing::new(asked);
    for batch in engine.collect("pairs to draw from", &sql).await? {
        for row in texts(&[batch])? {
            let Ok([source, id, other_source, other_id, pass, decision, weight, by_weight]) =
                <[String; 8]>::try_from(row)
            else {
                continue;
            };
            let (left, right) = (format!("{source}:{id}"), format!("{other_source}:{other_id}"));
            let row = named(begun, &left).and_then(|(file, id)| rows.get(&(file, id.as_str())).copied());
            let mut columns = read.iter().flat_map(|read| &read.columns);
            let part = |name: &String| match name.as_str() {
                "pass" => pass.clone(),
                "weight" => by_weight.clone(),
                "sources" => format!("{source}+{other_source}"),
                "decision" => decision.clone(),
                _ => {
                    let value = columns.next().zip(row).map_or("", |(column, row)| column[row].trim());
                    if value.is_empty() { "unknown".to_owned() } else { value.to_owned() }
                }
            };
            let parts: Vec<String> = asked.strata.iter().map(part).collect();
            let stratum = if parts.is_empty() { "all".to_owned() } else { parts.join(" / ") };
            drawing.add(Candidate { left, right, pass, decision, weight, sources: [source, other_source], stratum });
        }
    }
    drawing.finish()
}

/// Whose workbooks come back.
#[derive(Clone, Copy, Debug)]
pub struct Back<'a> {
    /// The project's folder.
    pub root: &'a Path,
    /// The document, from the project's folder.
    pub document: &'a Path,
    /// The folder of the linkage.
    pub out: &'a str,
    /// The labels that decisions are added to, where they are not those beside the samples.
    pub labels: Option<&'a Path>,
}

/// Takes workbooks of one sample back, and adds what they settle to the labels.
pub async fn import(back: &Back<'_>, books: &[PathBuf]) -> Result<Imported, PipelineError> {
    let (mut documents, mut found) = (Texts::default(), Diagnostics::default());
    let loaded = load(back.root, back.document, &mut documents, &mut found);
    let Some((document, _)) = loaded.filter(|_| !found.has_errors()) else {
        return Err(PipelineError::Documents { found, texts: documents });
    };
    let folder = Place::parse(back.out, Path::new("."))?.join(FOLDER);
    let all = read_books(books).await?;
    let sample = sample_of(&folder, &all).await?;
    // The log is read, added to and written whole: of two imports at one moment one would lose its rows.
    let _lock = folder.local().map(|local| Lock::take(&local, "review import")).transpose()?;
    let mut imported = judged(&sample, &all);
    let own = PathBuf::from(format!("{}/{FOLDER}/{LABELS}", back.out.trim_end_matches('/')));
    let path = back.labels.unwrap_or(&own);
    imported.log = path.display().to_string();
    let log = imported.log.clone();
    if path.extension().is_none_or(|ending| !ending.eq_ignore_ascii_case("csv")) {
        return Err(PipelineError::Asked(format!("{log}: decisions are added to labels that are a .csv file")));
    }
    let place = Place::parse(&path.to_string_lossy(), Path::new("."))?;
    let mut known = Known::default();
    let text = match place.read_if_there().await? {
        None => format!("{},{LABEL},reviewers,decided,sample\n", COLUMNS.join(",")),
        Some(bytes) => {
            let names: Vec<&str> = document.files.keys().map(String::as_str).collect();
            for row in read_rows(path, &names, &tokio::runtime::Handle::current())? {
                let [one, other] = row.records.map(|(file, id)| format!("{}:{id}", names[file]));
                if row.same { known.same.push((one, other)) } else { known.different.push((one, other)) }
            }
            String::from_utf8(bytes.to_vec()).map_err(|_| {
                PipelineError::Asked(format!(
                    "{log} is not UTF-8, and nothing was added to it; save it as `CSV UTF-8` and import again"
                ))
            })?
        }
    };
    imported.doubted = known.doubted(&sample, &all);
    let decided = known.decided(&sample, &all, &log)?;
    imported.decided = decided.len();
    let (who, today) = (imported.reviewers.join(" and "), clock::today());
    let rows = decided.into_iter().map(|(pair, same)| {
        let (left, right) = (pair.left_ref.split_once(':'), pair.right_ref.split_once(':'));
        let (who, today, sample) = (&who, &today, &sample.sample);
        move |name: &str| {
            let value = match name {
                "left_source" => left.map_or("", |left| left.0),
                "left_id" => left.map_or("", |left| left.1),
                "right_source" => right.map_or("", |right| right.0),
                "right_id" => right.map_or("", |right| right.1),
                LABEL if same => SAME,
                LABEL => DIFFERENT,
                "reviewers" => who,
                "decided" => today,
                "sample" => sample,
                _ => "",
            };
            value.to_owned()
        }
    });
    place.write(with_rows(text, rows)).await?;
    imported.advice = Some(if document.decide.keep_to_labels {
        format!("The next `throughline link --labels {log}` keeps to them.")
    } else {
        format!(
            "`throughline link --labels {log}` learns from them, and keeps to them once the document says\nunder `decide:` keep_to_labels: true"
        )
    });
    Ok(imported)
}
