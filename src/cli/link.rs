//! `throughline link`, `train`, `block` and `evaluate`: any files of persons, by a model, and how right a linkage is.

use std::path::{Path, PathBuf};

use crate::cli::args::{BlockArgs, EvaluateArgs, LinkArgs, LinkInput, TrainArgs};
use crate::cli::progress::Progress;
use crate::cli::shown;
use crate::engine::{Limits, Place};
use crate::error::Error;
use crate::pipeline::asked::current::CurrentRelease;
use crate::pipeline::evaluation::{Evaluation, FEWEST};
use crate::pipeline::files::link::{Asked, Begun, begin, default_out, folder_of, read_model};
use crate::pipeline::files::{document, evaluate as held};
use crate::pipeline::{self, Order, PipelineError, asked};
use crate::report;

async fn begun(project: &Path, input: &LinkInput, labels: Option<&Path>) -> Result<Begun, Error> {
    if document::is_pipeline(project, &input.document) {
        return Err(Error::Usage {
            message: format!("{} is a pipeline, and no linkage of files", input.document.display()),
            help: "`throughline run` runs it; name a document of `link`, such as config/linkage/two_files.yaml"
                .to_owned(),
        });
    }
    let threads = input.threads.unwrap_or(Limits::default().threads);
    let asked = Asked { root: project, document: &input.document, files: &input.files, labels, threads };
    Ok(begin(&asked).await?)
}

/// Links files and prints what came of it.
pub(crate) async fn link(project: &Path, args: &LinkArgs) -> Result<(), Error> {
    let begun = begun(project, &args.input, args.labels.as_deref()).await?;
    let pinned = match &args.model {
        Some(path) => Some(read_model(path).await?),
        None => None,
    };
    let out = args.out.clone().unwrap_or_else(|| default_out(&args.input.document, project));
    let place = Place::parse(&out.to_string_lossy(), Path::new("."))?;
    let report = Box::pin(begun.link(pinned.as_ref(), &place)).await?;
    let page = report::link_page(&report);
    write(&place.join("report.txt"), page.clone()).await?;
    print!("{page}");
    println!("\nCrosswalk, match log, model and this page: {}", out.display());
    Ok(())
}

/// Trains a model and writes it; of a pipeline, writes the model that its current release was linked by.
pub(crate) async fn train(project: &Path, args: &TrainArgs) -> Result<(), Error> {
    if !document::is_one(project, &args.input.document) {
        return train_release(project, args).await;
    }
    let begun = begun(project, &args.input, args.labels.as_deref()).await?;
    let out: PathBuf =
        args.out.clone().unwrap_or_else(|| default_out(&args.input.document, project).join("model.json"));
    let model = Box::pin(begun.train(&folder_of(&out)?)).await?;
    let text = serde_json::to_string_pretty(&model).unwrap_or_default();
    write(&Place::parse(&out.to_string_lossy(), Path::new("."))?, format!("{text}\n")).await?;
    print!("{}", report::model_page(&model));
    println!("\nThe model: {}", out.display());
    if let Some(counted) = &model.frequencies {
        println!(
            "How often values came, which holds values of persons, is beside it in frequencies/{counted}; `link --model` reads both."
        );
    }
    Ok(())
}

async fn train_release(project: &Path, args: &TrainArgs) -> Result<(), Error> {
    names_its_own_files(&args.input, args.labels.as_deref())?;
    let release = CurrentRelease::open(project, &args.input.document, None).await?;
    let model = release.model_to_pin().await?;
    let own = PathBuf::from(format!("config/linkage/{}.model.json", *release.project.linkage.linkage));
    let out = args.out.clone().unwrap_or_else(|| project.join(&own));
    let text = serde_json::to_string_pretty(&model).unwrap_or_default();
    write(&Place::parse(&out.to_string_lossy(), Path::new("."))?, format!("{text}\n")).await?;
    print!("{}", report::model_page(&model));
    println!("\nThe model of release {}: {}", release.pointer.release, out.display());
    let pinned = args.out.as_ref().unwrap_or(&own);
    println!(
        "With `pinned: {}` under `model:` of the linkage (a path from the project's folder), later runs decide by it.\nThey need what it counted, which is in restricted/store/frequencies of the output folder; a run elsewhere needs a copy.",
        pinned.display()
    );
    Ok(())
}

/// A pipeline's sources are its own.
fn names_its_own_files(input: &LinkInput, labels: Option<&Path>) -> Result<(), Error> {
    if input.files.is_empty() && labels.is_none() {
        return Ok(());
    }
    Err(Error::Usage {
        message: "a pipeline names its own files".to_owned(),
        help: "leave --file and --labels out, or name a document of `link`".to_owned(),
    })
}

/// Counts the pairs of every blocking rule.
pub(crate) async fn block(project: &Path, args: &BlockArgs) -> Result<(), Error> {
    if document::is_pipeline(project, &args.input.document) {
        return block_pipeline(project, args).await;
    }
    let begun = begun(project, &args.input, args.labels.as_deref()).await?;
    if !args.suggest {
        print!("{}", report::blocking_page(&begun.estimate()?));
        return Ok(());
    }
    if !(args.recall > 0.0 && args.recall <= 1.0) {
        return Err(Error::Usage {
            message: format!("`--recall {}` is no share", args.recall),
            help: "give a share such as 0.99".to_owned(),
        });
    }
    print!("{}", report::suggestion_page(&begun.suggest(args.recall)?));
    Ok(())
}

/// Counts the pairs that the model of a pipeline would compare. What this makes on its way, the next run finds made.
async fn block_pipeline(project: &Path, args: &BlockArgs) -> Result<(), Error> {
    names_its_own_files(&args.input, args.labels.as_deref())?;
    if args.suggest {
        return Err(Error::Usage {
            message: "rules are suggested for a linkage of files, not for a pipeline".to_owned(),
            help: "leave --suggest out to count the pairs of the pipeline's own rules".to_owned(),
        });
    }
    let progress = Progress::new();
    let begun = pipeline::begin(project, &args.input.document, None).await?;
    shown::diagnostics(begun.warnings(), begun.texts());
    let limits = Limits { threads: args.input.threads.unwrap_or(Limits::default().threads), ..Limits::default() };
    let counted = Box::pin(begun.block(Order { as_of: None, limits, watch: &progress })).await;
    progress.finish();
    println!(
        "Pairs of records by each rule, as the exact passes leave them; of those the model compares what is not one person yet:\n"
    );
    print!("{}", report::blocking_page(&counted?));
    Ok(())
}

/// Holds a linkage of files, or of the current release of a pipeline, against the truth.
pub(crate) async fn evaluate(project: &Path, args: &EvaluateArgs) -> Result<(), Error> {
    if !document::is_one(project, &args.input.document) {
        return evaluate_release(project, args).await;
    }
    let Some(truth) = &args.truth else {
        return Err(Error::Usage {
            message: "a linkage of files is held against a column of theirs".to_owned(),
            help: "name it with --truth COLUMN".to_owned(),
        });
    };
    let begun = begun(project, &args.input, None).await?;
    let out = args.out.clone().unwrap_or_else(|| default_out(&args.input.document, project));
    let place = Place::parse(&out.to_string_lossy(), Path::new("."))?;
    let evaluation = Box::pin(held::evaluate(&begun, &place, truth, &args.by)).await?;
    told(&evaluation, &place.join("evaluation.json"), args.max_gap).await
}

async fn evaluate_release(project: &Path, args: &EvaluateArgs) -> Result<(), Error> {
    names_its_own_files(&args.input, None)?;
    let out = args.out.as_ref().map(|out| out.to_string_lossy().into_owned());
    let release = CurrentRelease::open(project, &args.input.document, out.as_deref()).await?;
    let place = release.root.join(&format!("restricted/evaluation/{}.json", release.pointer.release));
    let Some(truth) = &args.truth else {
        if args.max_gap.is_some() {
            return Err(Error::Usage {
                message: "--max-gap judges what is held against the truth".to_owned(),
                help: "name the truth with --truth FILE; without one, `linkage_gate:` of the pipeline judges what is found".to_owned(),
            });
        }
        let unverified = Box::pin(asked::evaluate::without_truth(&release, &args.by)).await?;
        print!("{}", report::unverified_page(&unverified));
        return Ok(());
    };
    let truth = Place::parse(truth, Path::new("."))?;
    let evaluation = Box::pin(asked::evaluate::evaluate_run(&release, &truth, &args.by)).await?;
    told(&evaluation, &place, args.max_gap).await
}

/// Prints an evaluation and keeps it; a gap that is too wide is an error.
async fn told(evaluation: &Evaluation, place: &Place, max_gap: Option<f64>) -> Result<(), Error> {
    print!("{}", report::evaluation_page(evaluation));
    let json = serde_json::to_string_pretty(evaluation).unwrap_or_default();
    write(place, format!("{json}\n")).await?;
    println!("\nThe same as JSON: {place}");
    let Some(most) = max_gap else { return Ok(()) };
    match evaluation.widest() {
        Some((gap, widest)) if gap > most => Err(PipelineError::Gap(format!(
            "{} {}: {gap:.4} less of its true pairs are found than of the best served group's, and {most} is allowed",
            widest.column, widest.value
        ))
        .into()),
        Some(_) => Ok(()),
        None => Err(PipelineError::Gap(format!(
            "--max-gap has nothing to judge: no group has {FEWEST} true pairs, and fewer say too little"
        ))
        .into()),
    }
}

async fn write(place: &Place, text: String) -> Result<(), Error> {
    Ok(place.write(text).await?)
}
