//! Which pipeline is meant, where none is named.

use std::path::{Path, PathBuf};

use crate::cli::args::OfPipeline;
use crate::error::Error;
use crate::pipeline;

/// The pipeline that is named, or the only one there is.
pub(super) fn pipeline_of(project: &Path, of: &OfPipeline) -> Result<PathBuf, Error> {
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
