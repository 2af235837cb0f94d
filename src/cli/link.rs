//! `throughline link`, `train` and `block`: any files of persons, by a model.

use std::path::{Path, PathBuf};

use crate::cli::args::{BlockArgs, LinkArgs, LinkInput, TrainArgs};
use crate::engine::{Limits, Place};
use crate::error::Error;
use crate::pipeline::link_files::{Asked, Begun, begin, default_out, read_model};
use crate::report;

async fn begun(project: &Path, input: &LinkInput) -> Result<Begun, Error> {
    let threads = input.threads.unwrap_or(Limits::default().threads);
    let asked = Asked { root: project, document: &input.document, files: &input.files, threads };
    Ok(begin(&asked).await?)
}

/// Links files and prints what came of it.
pub(crate) async fn link(project: &Path, args: &LinkArgs) -> Result<(), Error> {
    let begun = begun(project, &args.input).await?;
    let pinned = match &args.model {
        Some(path) => Some(read_model(path).await?),
        None => None,
    };
    let out = args.out.clone().unwrap_or_else(|| default_out(&begun));
    let place = Place::parse(&out.to_string_lossy(), Path::new("."))?;
    let report = Box::pin(begun.link(pinned.as_ref(), &place)).await?;
    let page = report::link_page(&report);
    write(&place.join("report.txt"), page.clone()).await?;
    print!("{page}");
    println!("\nCrosswalk, match log, model and this page: {}", out.display());
    Ok(())
}

/// Trains a model and writes it.
pub(crate) async fn train(project: &Path, args: &TrainArgs) -> Result<(), Error> {
    let begun = begun(project, &args.input).await?;
    let model = begun.train()?;
    let out: PathBuf = args.out.clone().unwrap_or_else(|| default_out(&begun).join("model.json"));
    let text = serde_json::to_string_pretty(&model).unwrap_or_default();
    write(&Place::parse(&out.to_string_lossy(), Path::new("."))?, format!("{text}\n")).await?;
    print!("{}", report::model_page(&model));
    println!("\nThe model: {}", out.display());
    Ok(())
}

/// Counts the pairs of every blocking rule.
pub(crate) async fn block(project: &Path, args: &BlockArgs) -> Result<(), Error> {
    let counts = begun(project, &args.input).await?.estimate()?;
    print!("{}", report::blocking_page(&counts));
    Ok(())
}

async fn write(place: &Place, text: String) -> Result<(), Error> {
    Ok(place.write(text).await?)
}
