//! `throughline run`: a pipeline from files to a release.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use crate::cli::args::RunArgs;
use crate::cli::progress::Progress;
use crate::cli::shown;
use crate::engine::Limits;
use crate::error::Error;
use crate::pipeline::{self, Order};
use crate::report;

/// Runs a pipeline, writes the run's record beside the releases, and prints the summary.
pub(crate) async fn run(project: &Path, args: RunArgs) -> Result<(), Error> {
    let mut limits = Limits { memory: args.memory, ..Limits::default() };
    if let Some(threads) = args.threads {
        limits.threads = threads;
    }
    let progress = Progress::new();
    let begun = pipeline::begin(project, &args.pipeline, args.out.as_deref()).await?;
    shown::diagnostics(begun.warnings(), begun.texts());
    let folder = begun.record_folder();
    log_to(folder.as_deref())?;
    let order = Order { as_of: args.as_of, limits, watch: &progress };
    let results = Box::pin(begun.run(order)).await;
    progress.finish();
    let results = results?;
    let page = report::summary(&results);
    print!("{page}");
    if let Some(folder) = folder {
        let json = serde_json::to_string_pretty(&results).unwrap_or_default();
        write(&folder.join("run_results.json"), &format!("{json}\n"))?;
        write(&folder.join("summary.txt"), &page)?;
        println!("\nThe run's record, log and this page: {}", folder.display());
    }
    Ok(())
}

fn write(file: &Path, text: &str) -> Result<(), Error> {
    let fault = |source| crate::publish::PublishError::Unwritable { place: file.display().to_string(), source };
    Ok(std::fs::write(file, text).map_err(fault)?)
}

/// Sends spans and events to `log.jsonl` of the run's folder; to the terminal only what `RUST_LOG` asks for.
fn log_to(folder: Option<&Path>) -> Result<(), Error> {
    let file = folder.map(|folder| -> Result<(File, PathBuf), Error> {
        let path = folder.join("log.jsonl");
        let fault = |source| crate::publish::PublishError::Unwritable { place: path.display().to_string(), source };
        std::fs::create_dir_all(folder).map_err(fault)?;
        let file = File::create(&path).map_err(fault)?;
        Ok((file, path.clone()))
    });
    let file = file.transpose()?;
    let json = file.map(|(file, _)| {
        tracing_subscriber::fmt::layer()
            .json()
            .with_span_events(tracing_subscriber::fmt::format::FmtSpan::CLOSE)
            .with_writer(Mutex::new(file))
            .with_filter(EnvFilter::new("throughline=info,warn"))
    });
    let terminal = std::env::var_os("RUST_LOG").map(|_| {
        tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_filter(EnvFilter::from_default_env())
    });
    // A second subscriber in one process (tests of the library) is no reason to stop a run.
    let _ = tracing_subscriber::registry().with(json).with(terminal).try_init();
    Ok(())
}
