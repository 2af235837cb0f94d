//! The command line: the only room that prints, and the only one that knows exit codes.

// Printing is what this room is for.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod args;
mod check;
mod exit;
mod explain;
mod keys;
mod link;
mod progress;
mod query;
mod review;
mod rules;
mod run;
mod schema;
mod shown;
mod synth;
mod tokenize;
mod which;

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Parser;

use args::{Cli, Command};

/// Runs the program on the arguments of the process.
#[must_use]
pub fn main() -> ExitCode {
    stop_when_nobody_reads();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            let asked = !error.use_stderr();
            return if asked { ExitCode::SUCCESS } else { exit::USAGE.into() };
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: the program cannot start its threads: {error}");
            return exit::BUG.into();
        }
    };
    // The work has a thread of its own, for it may wait for others; this one stays free to hear Ctrl-C.
    let (tell, told) = tokio::sync::oneshot::channel();
    let handle = runtime.handle().clone();
    let work = std::thread::Builder::new().name("main".to_owned()).stack_size(crate::pipeline::side_by_side::STACK);
    let begun = work.spawn(move || {
        let _ = tell.send(handle.block_on(dispatch(cli)));
    });
    if let Err(error) = begun {
        eprintln!("error: the program cannot start its threads: {error}");
        return exit::BUG.into();
    }
    let code = runtime.block_on(async {
        tokio::select! {
            code = told => code.unwrap_or_else(|_| exit::BUG.into()),
            _ = tokio::signal::ctrl_c() => {
                STOPPED.store(true, Ordering::Relaxed);
                eprintln!("\nstopped by Ctrl-C; nothing was published, and what a run has finished is kept for the next one");
                exit::INTERRUPTED.into()
            }
        }
    });
    // Threads that still read or write are not waited for: what they write is not whole and counts as nothing.
    runtime.shutdown_background();
    code
}

/// Whether Ctrl-C has stopped the program: threads that are cut off in their work have nothing more to say.
static STOPPED: AtomicBool = AtomicBool::new(false);

/// Whoever reads may have seen enough (`| head`): that ends the program quietly, as it ends any other.
// A hook cannot return a code; nothing is left to do when nobody reads.
#[allow(clippy::exit)]
fn stop_when_nobody_reads() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let says = panic.payload_as_str().unwrap_or_default();
        if says.starts_with("failed printing to std") && says.contains("Broken pipe") {
            std::process::exit(0);
        }
        if !STOPPED.load(Ordering::Relaxed) {
            usual(panic);
        }
    }));
}

async fn dispatch(cli: Cli) -> ExitCode {
    let Cli { project, command } = cli;
    let done = match command {
        Command::Run(args) => run::run(&project, args).await,
        Command::Check(args) => check::check(&project, &args).await,
        Command::Schema(args) => schema::schema(&project, &args),
        Command::Synth(args) => synth::synth(&args),
        Command::Keys(args) => keys::keys(&args),
        Command::Tokenize(args) => tokenize::tokenize(&project, &args).await,
        Command::Link(args) => link::link(&project, &args).await,
        Command::Train(args) => link::train(&project, &args).await,
        Command::Review(command) => review::review(&project, &command).await,
        Command::Rules(command) => rules::rules(&project, &command).await,
        Command::Explain(args) => explain::explain(&project, &args).await,
        Command::Block(args) => link::block(&project, &args).await,
        Command::Evaluate(args) => link::evaluate(&project, &args).await,
        Command::Query(args) => query::query(&project, &args).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => exit::tell(&error).into(),
    }
}
