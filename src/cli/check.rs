//! `throughline check`: every document of a pipeline, and those of linkages of files, without reading data.

use std::path::{Path, PathBuf};

use crate::cli::args::CheckArgs;
use crate::cli::shown;
use crate::error::Error;
use crate::pipeline::{self, PipelineError};

/// Checks one pipeline or linkage, or all.
pub(crate) async fn check(project: &Path, args: &CheckArgs) -> Result<(), Error> {
    let files = match &args.pipeline {
        Some(file) => vec![file.clone()],
        None => all(project)?,
    };
    for file in files {
        let checked = pipeline::check(project, &file).await;
        if checked.found.has_errors() {
            return Err(PipelineError::Documents { found: checked.found, texts: checked.texts }.into());
        }
        shown::diagnostics(&checked.found, &checked.texts);
        let documents = if checked.documents == 1 { "document" } else { "documents" };
        println!("{}: {} {documents}, no errors", file.display(), checked.documents);
        let width = checked.zones.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        for (dataset, zone) in &checked.zones {
            println!("  {dataset:<width$}  {zone}");
        }
    }
    Ok(())
}

fn all(project: &Path) -> Result<Vec<PathBuf>, Error> {
    let names = pipeline::names(project, "pipelines", ".yaml");
    if names.is_empty() {
        return Err(Error::Usage {
            message: format!("there are no pipelines in {}", project.join("pipelines").display()),
            help: "run from the project's folder, or name it with --project DIR".to_owned(),
        });
    }
    let pipelines = names.into_iter().map(|n| PathBuf::from(format!("pipelines/{n}.yaml")));
    Ok(pipelines.chain(pipeline::files::document::all(project)).collect())
}
