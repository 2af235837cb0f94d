//! `throughline synth`.

use crate::cli::args::SynthArgs;
use crate::error::Error;
use crate::report::thousands;

/// Writes a synthetic state and says what it wrote.
pub(crate) fn synth(args: &SynthArgs) -> Result<(), Error> {
    let report = crate::synth::generate(args.learners, args.seed, &args.out)?;
    println!("{:<44} {:>12} {:>14}", "file", "rows", "bytes");
    for file in &report.files {
        println!("{:<44} {:>12} {:>14}", file.path.display().to_string(), thousands(file.rows), thousands(file.bytes));
    }
    println!(
        "{} learners, {} persons, {} rows",
        thousands(report.learners),
        thousands(report.persons),
        thousands(report.rows())
    );
    Ok(())
}
