//! `throughline tokenize`: for the agency that keeps its identities to itself.

use std::path::{Path, PathBuf};

use crate::cli::args::TokenizeArgs;
use crate::error::Error;
use crate::pipeline::tokenize::{Sending, tokenize as make};
use crate::report::thousands;

/// Tokenises one file and says what leaves and what stays.
pub(crate) async fn tokenize(project: &Path, args: &TokenizeArgs) -> Result<(), Error> {
    let out = args.out.clone().unwrap_or_else(|| PathBuf::from(format!("{}.tokens.parquet", args.file.display())));
    let sending = Sending {
        root: project,
        file: &args.file,
        contract: &args.contract,
        linkage: &args.linkage,
        key: &args.key,
        out: &out,
        synthetic: args.synthetic,
    };
    let sent = Box::pin(make(&sending)).await?;
    println!(
        "{} records, {} rows tokenised, {} set aside",
        thousands(sent.records),
        thousands(sent.rows),
        thousands(sent.quarantined)
    );
    println!("{} identity records; no name, birth date, SSN or id leaves in clear", thousands(sent.identities as u64));
    println!("send: {}", out.display());
    if let Some(rejects) = sent.rejects {
        println!("keep: {} says why rows were set aside", rejects.display());
    }
    Ok(())
}
