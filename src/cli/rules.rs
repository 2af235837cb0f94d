//! `throughline rules`: the business rules of a pipeline, for those who own them.

use std::path::Path;

use crate::cli::args::{OfPipeline, RuleArgs, RulesArgs, RulesCommand};
use crate::cli::which::pipeline_of;
use crate::error::Error;
use crate::pipeline::PipelineError;
use crate::pipeline::rule_book::RuleBook;
use crate::report;

/// Lists, shows, tests or compares.
pub(crate) async fn rules(project: &Path, command: &RulesCommand) -> Result<(), Error> {
    match command {
        RulesCommand::List(args) => list(project, args).await,
        RulesCommand::Show(args) => show(project, args).await,
        RulesCommand::Test(args) => test(project, args).await,
        RulesCommand::Diff(of) => {
            print!("{}", report::difference_page(book(project, of).await?.said()));
            Ok(())
        }
    }
}

async fn book(project: &Path, of: &OfPipeline) -> Result<RuleBook, Error> {
    let file = pipeline_of(project, of)?;
    Ok(RuleBook::open(project, &file).await?)
}

async fn list(project: &Path, args: &RulesArgs) -> Result<(), Error> {
    let book = book(project, &args.of).await?;
    print!("{}", report::rules_page(&book.tables(args.name.as_deref())?));
    Ok(())
}

async fn show(project: &Path, args: &RuleArgs) -> Result<(), Error> {
    let book = book(project, &args.of).await?;
    for table in book.tables(Some(&args.name))? {
        print!("{}", report::rule_page(&table, &book));
    }
    Ok(())
}

async fn test(project: &Path, args: &RulesArgs) -> Result<(), Error> {
    let book = book(project, &args.of).await?;
    let tested = book.test(args.name.as_deref()).await?;
    print!("{}", report::tested_page(&tested));
    let broken = tested.iter().filter(|one| one.fault.is_some()).count();
    if broken == 0 {
        return Ok(());
    }
    Err(PipelineError::Examples { broken, all: tested.len() }.into())
}
