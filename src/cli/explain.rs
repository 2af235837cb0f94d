//! `throughline explain`: why two records are one person, or are not.

use std::path::Path;

use crate::cli::args::ExplainArgs;
use crate::cli::which::pipeline_of;
use crate::engine::{Limits, Place};
use crate::error::Error;
use crate::pipeline::asked::explain::{Asked, explain as told};
use crate::pipeline::files::document;
use crate::pipeline::files::explain::explain as told_of_files;
use crate::pipeline::files::link::{Asked as AskedOfFiles, begin, default_out};
use crate::report;

/// Explains two records.
pub(crate) async fn explain(project: &Path, args: &ExplainArgs) -> Result<(), Error> {
    let file = pipeline_of(project, &args.of.pipeline)?;
    if document::is_one(project, &file) {
        return explain_files(project, &file, args).await;
    }
    if !args.files.is_empty() {
        return Err(Error::Usage {
            message: "a pipeline names its own files".to_owned(),
            help: "leave --file out, or name the document of `link` with --pipeline".to_owned(),
        });
    }
    if args.left.contains(':') || args.right.contains(':') {
        return Err(Error::Usage {
            message: "FILE:ID names a record of a linkage of files".to_owned(),
            help: "name its document with --pipeline; records of a release are named by their references".to_owned(),
        });
    }
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

/// Explains two records of a linkage of files.
async fn explain_files(project: &Path, file: &Path, args: &ExplainArgs) -> Result<(), Error> {
    if args.clear {
        return Err(Error::Usage {
            message: "files hold their values in the clear".to_owned(),
            help: "leave --clear out, and look at the files".to_owned(),
        });
    }
    let threads = Limits::default().threads;
    let begun =
        begin(&AskedOfFiles { root: project, document: file, files: &args.files, labels: None, threads }).await?;
    let own = default_out(file, project).to_string_lossy().into_owned();
    let out = Place::parse(args.of.out.as_deref().unwrap_or(&own), Path::new("."))?;
    let told = Box::pin(told_of_files(&begun, &out, [&args.left, &args.right])).await?;
    print!("{}", report::files_explanation_page(&told));
    Ok(())
}
