//! `throughline explain`: why two records are one person, or are not.

use std::path::{Path, PathBuf};

use crate::cli::args::{ExplainArgs, OfRelease};
use crate::error::Error;
use crate::pipeline;
use crate::pipeline::asked::explain::{Asked, explain as told};
use crate::report;

/// Explains two records.
pub(crate) async fn explain(project: &Path, args: &ExplainArgs) -> Result<(), Error> {
    let file = pipeline_of(project, &args.of)?;
    let asked = Asked {
        root: project,
        pipeline: &file,
        out: args.of.out.as_deref(),
        records: [&args.left, &args.right],
        clear: args.clear,
    };
    let told = Box::pin(told(&asked)).await?;
    print!("{}", report::explanation_page(&told));
    Ok(())
}

/// The pipeline that is named, or the only one there is.
pub(super) fn pipeline_of(project: &Path, of: &OfRelease) -> Result<PathBuf, Error> {
    if let Some(file) = &of.pipeline {
        return Ok(file.clone());
    }
    let names = pipeline::names(project, "pipelines", ".yaml");
    match &names[..] {
        [only] => Ok(PathBuf::from(format!("pipelines/{only}.yaml"))),
        _ => Err(Error::Usage {
            message: format!("there are {} pipelines in {}", names.len(), project.join("pipelines").display()),
            help: "name one with --pipeline FILE, or the project's folder with --project DIR".to_owned(),
        }),
    }
}
