//! `throughline link`, `train` and `block`: any files of persons, by a model.

use std::path::{Path, PathBuf};

use crate::cli::args::{BlockArgs, EvaluateArgs, LinkArgs, LinkInput, TrainArgs};
use crate::engine::{Limits, Place};
use crate::error::Error;
use crate::pipeline::link_files::{Asked, Begun, begin, default_out, read_model};
use crate::pipeline::{PipelineError, evaluate as held};
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
    let out = args.out.clone().unwrap_or_else(|| default_out(&begun, project));
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
    let out: PathBuf = args.out.clone().unwrap_or_else(|| default_out(&begun, project).join("model.json"));
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

/// Holds a linkage against the truth.
pub(crate) async fn evaluate(project: &Path, args: &EvaluateArgs) -> Result<(), Error> {
    let begun = begun(project, &args.input).await?;
    let out = args.out.clone().unwrap_or_else(|| default_out(&begun, project));
    let place = Place::parse(&out.to_string_lossy(), Path::new("."))?;
    let evaluation = Box::pin(held::evaluate(&begun, &place, &args.truth, &args.by)).await?;
    print!("{}", report::evaluation_page(&evaluation));
    let json = serde_json::to_string_pretty(&evaluation).unwrap_or_default();
    write(&place.join("evaluation.json"), format!("{json}\n")).await?;
    println!("\nThe same as JSON: {}", out.join("evaluation.json").display());
    match (args.max_gap, evaluation.widest()) {
        (Some(most), Some(widest)) if widest.gap > most => Err(PipelineError::Gate(format!(
            "{} {}: {:.4} less of its true pairs are found than of the best served group's, and {most} is allowed",
            widest.column, widest.value, widest.gap
        ))
        .into()),
        _ => Ok(()),
    }
}

async fn write(place: &Place, text: String) -> Result<(), Error> {
    Ok(place.write(text).await?)
}
