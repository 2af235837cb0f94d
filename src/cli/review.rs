//! `throughline review`: people look at pairs of records, and later runs keep to what they decide.

use std::path::Path;

use crate::cli::args::{ReviewCommand, ReviewImportArgs, ReviewSampleArgs};
use crate::cli::which::pipeline_of;
use crate::engine::{Limits, Place};
use crate::error::Error;
use crate::pipeline::asked::current::CurrentRelease;
use crate::pipeline::asked::review as of_release;
use crate::pipeline::files::link::{Asked as AskedOfFiles, begin, default_out};
use crate::pipeline::files::{document, review as of_files};
use crate::pipeline::review::draw::Asked;
use crate::report;

/// Draws a sample, or takes one back.
pub(crate) async fn review(project: &Path, command: &ReviewCommand) -> Result<(), Error> {
    match command {
        ReviewCommand::Sample(args) => sample(project, args).await,
        ReviewCommand::Import(args) => import(project, args).await,
    }
}

async fn sample(project: &Path, args: &ReviewSampleArgs) -> Result<(), Error> {
    let file = pipeline_of(project, &args.of.pipeline)?;
    let name = args.name.clone().unwrap_or_else(|| format!("sample-{}", args.seed));
    let asked = Asked {
        strata: &args.strata,
        pairs: args.n,
        seed: args.seed,
        blind: args.blind,
        near_misses: args.near_misses,
        name: &name,
    };
    let (book, sample) = if document::is_one(project, &file) {
        let threads = Limits::default().threads;
        let files = AskedOfFiles { root: project, document: &file, files: &args.files, labels: None, threads };
        let out = Place::parse(&out_of_files(project, &file, args.of.out.as_deref()), Path::new("."))?;
        Box::pin(of_files::sample(&begin(&files).await?, &out, &asked)).await?
    } else if args.files.is_empty() {
        let release = CurrentRelease::open(project, &file, args.of.out.as_deref()).await?;
        Box::pin(of_release::sample(&release, &asked)).await?
    } else {
        return Err(names_its_own("--file"));
    };
    print!("{}", report::sample_page(&sample));
    println!("\nThe workbook, which holds names: {book}");
    println!("Filled in, it comes back with: throughline review import FILE");
    Ok(())
}

async fn import(project: &Path, args: &ReviewImportArgs) -> Result<(), Error> {
    let file = pipeline_of(project, &args.of.pipeline)?;
    let imported = if document::is_one(project, &file) {
        let out = out_of_files(project, &file, args.of.out.as_deref());
        let back = of_files::Back { root: project, document: &file, out: &out, labels: args.labels.as_deref() };
        Box::pin(of_files::import(&back, &args.workbooks)).await?
    } else if args.labels.is_none() {
        let release = CurrentRelease::open(project, &file, args.of.out.as_deref()).await?;
        Box::pin(of_release::import(&release, &args.workbooks)).await?
    } else {
        return Err(names_its_own("--labels"));
    };
    print!("{}", report::import_page(&imported));
    Ok(())
}

/// Where a linkage of files was written.
fn out_of_files(project: &Path, document: &Path, given: Option<&str>) -> String {
    given.map_or_else(|| default_out(document, project).to_string_lossy().into_owned(), str::to_owned)
}

fn names_its_own(option: &str) -> Error {
    Error::Usage {
        message: format!("`{option}` is of a linkage of files, and a pipeline names its own"),
        help: format!("leave {option} out, or name the document of `link` with --pipeline"),
    }
}
