//! `throughline review`: people look at pairs of records, and later runs keep to what they decide.

use std::path::Path;

use crate::cli::args::{ReviewCommand, ReviewImportArgs, ReviewSampleArgs};
use crate::cli::which::pipeline_of;
use crate::error::Error;
use crate::pipeline::asked::current::CurrentRelease;
use crate::pipeline::asked::review_sample::Asked;
use crate::pipeline::asked::{review_import, review_sample};
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
    let release = CurrentRelease::open(project, &file, args.of.out.as_deref()).await?;
    let name = args.name.clone().unwrap_or_else(|| format!("sample-{}", args.seed));
    let asked = Asked {
        strata: &args.strata,
        pairs: args.n,
        seed: args.seed,
        blind: args.blind,
        near_misses: args.near_misses,
        name: &name,
    };
    let (book, sample) = Box::pin(review_sample::sample(&release, &asked)).await?;
    print!("{}", report::sample_page(&sample));
    println!("\nThe workbook, which holds names: {book}");
    println!("Filled in, it comes back with: throughline review import FILE");
    Ok(())
}

async fn import(project: &Path, args: &ReviewImportArgs) -> Result<(), Error> {
    let file = pipeline_of(project, &args.of.pipeline)?;
    let release = CurrentRelease::open(project, &file, args.of.out.as_deref()).await?;
    let imported = Box::pin(review_import::import(&release, &args.workbooks)).await?;
    print!("{}", report::import_page(&imported));
    Ok(())
}
