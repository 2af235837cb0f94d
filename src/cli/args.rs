//! What a user may type.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Links the records that a state's agencies hold about its learners, and publishes numbers that can be defended.
#[derive(Debug, Parser)]
#[command(name = "throughline", version, max_term_width = 100, after_help = EXIT_CODES)]
pub(crate) struct Cli {
    /// The project's folder, which holds pipelines/ and config/
    #[arg(long, global = true, default_value = ".", value_name = "DIR")]
    pub(crate) project: PathBuf,
    /// What to do
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
   0  done
   2  wrong usage or documents            correct them
   3  input has not arrived yet           run again later
   4  a file breaks its contract          write to the sender; do not retry
   5  a quality or linkage gate           a person must look
   6  refused: keys, privacy, agreement   a person must look
   7  another run holds the lock          run again later
   8  storage fault                       run again
  70  a bug                               report it
 130  stopped by Ctrl-C";

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a pipeline and publish a release
    Run(RunArgs),
    /// Check every document of a pipeline without reading data
    Check(CheckArgs),
    /// Ask the current release in SQL
    Query(QueryArgs),
    /// Hash identities on the agency's side, so that only tokens leave it
    Tokenize(TokenizeArgs),
    /// Link any files of persons by a model that needs no labels
    Link(LinkArgs),
    /// Train the model of a linkage of files and write it, without linking; of a pipeline, write the model of its current release, to be pinned
    Train(TrainArgs),
    /// Count the pairs that blocking rules make, without comparing any; of a pipeline, those of its model, as far as its files have come
    Block(BlockArgs),
    /// Hold a linkage against the truth, as a whole and by groups of people
    Evaluate(EvaluateArgs),
    /// Tell why two records of the current release are one person, or are not
    Explain(ExplainArgs),
    /// Have people look at pairs of records, and keep to what they decide
    #[command(subcommand)]
    Review(ReviewCommand),
    /// List the business rules, show one, run their examples, or tell what a state's own pack says otherwise
    #[command(subcommand)]
    Rules(RulesCommand),
    /// Make or check key files
    Keys(KeysArgs),
    /// Write the JSON Schemas of the documents, for editors
    Schema(SchemaArgs),
    /// Write a synthetic state: extracts in every format, and the truth about them
    Synth(SynthArgs),
}

/// Arguments of `run`.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// The pipeline, such as pipelines/statewide.yaml
    pub(crate) pipeline: PathBuf,
    /// Count only deliveries received by this day, such as 2025-11-15
    #[arg(long, value_name = "DAY", value_parser = day)]
    pub(crate) as_of: Option<String>,
    /// Memory for DataFusion's operators, such as 2GiB
    #[arg(long, value_name = "SIZE", default_value = "2GiB", value_parser = size)]
    pub(crate) memory: usize,
    /// Threads; by default all cores
    #[arg(long, value_name = "N", value_parser = threads)]
    pub(crate) threads: Option<usize>,
    /// Write below this folder instead of the pipeline's output.root
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<String>,
}

/// Arguments of `check`.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// The pipeline, or a document of `link`; by default every one in pipelines/ and config/linkage/
    pub(crate) pipeline: Option<PathBuf>,
}

/// Arguments of `query`.
#[derive(Debug, Args)]
pub(crate) struct QueryArgs {
    /// The question, such as "select * from placement limit 5"; without it the tables are listed
    pub(crate) sql: Option<String>,
    /// The output folder
    #[arg(long, default_value = "out", value_name = "DIR")]
    pub(crate) out: String,
    /// Print CSV instead of a table
    #[arg(long)]
    pub(crate) csv: bool,
}

/// Arguments of `tokenize`.
#[derive(Debug, Args)]
pub(crate) struct TokenizeArgs {
    /// The agency's file
    pub(crate) file: PathBuf,
    /// The contract that the file keeps
    #[arg(long, value_name = "NAME")]
    pub(crate) contract: String,
    /// The linkage document whose tokens are made
    #[arg(long, default_value = "statewide", value_name = "NAME")]
    pub(crate) linkage: String,
    /// The key that agencies share: env:NAME, file:PATH, or demo for made-up people
    #[arg(long, value_name = "REF")]
    pub(crate) key: String,
    /// Where to write the tokens; by default FILE.tokens.parquet
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// The people in the file are made up
    #[arg(long)]
    pub(crate) synthetic: bool,
}

/// What `link`, `train` and `block` read.
#[derive(Debug, Args)]
pub(crate) struct LinkInput {
    /// The document, such as config/linkage/two_files.yaml; `evaluate`, `train` and `block` take a pipeline too
    pub(crate) document: PathBuf,
    /// A file in place of the document's own, such as a=persons_a.parquet; may be given for each file
    #[arg(long = "file", value_name = "NAME=PATH", value_parser = named_file)]
    pub(crate) files: Vec<(String, String)>,
    /// Threads; by default all cores
    #[arg(long, value_name = "N", value_parser = threads)]
    pub(crate) threads: Option<usize>,
}

/// Arguments of `link`.
#[derive(Debug, Args)]
pub(crate) struct LinkArgs {
    /// What is read
    #[command(flatten)]
    pub(crate) input: LinkInput,
    /// Use this model, written by `train` or by an earlier link, in place of training one
    #[arg(long, value_name = "FILE")]
    pub(crate) model: Option<PathBuf>,
    /// Learn also from pairs that people have labelled: left_source, left_id, right_source, right_id, label (same or different); .csv or .parquet.
    /// With `keep_to_labels: true` in the document they decide, too
    #[arg(long, value_name = "FILE")]
    pub(crate) labels: Option<PathBuf>,
    /// Where to write; by default out/NAME
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
}

/// Arguments of `train`.
#[derive(Debug, Args)]
pub(crate) struct TrainArgs {
    /// What is read
    #[command(flatten)]
    pub(crate) input: LinkInput,
    /// Learn also from pairs that people have labelled: left_source, left_id, right_source, right_id, label (same or different); .csv or .parquet
    #[arg(long, value_name = "FILE")]
    pub(crate) labels: Option<PathBuf>,
    /// The model file to write; by default out/NAME/model.json, of a pipeline config/linkage/NAME.model.json
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

/// Arguments of `block`.
#[derive(Debug, Args)]
pub(crate) struct BlockArgs {
    /// What is read
    #[command(flatten)]
    pub(crate) input: LinkInput,
    /// Learn also from pairs that people have labelled: left_source, left_id, right_source, right_id, label (same or different); .csv or .parquet
    #[arg(long, value_name = "FILE", requires = "suggest")]
    pub(crate) labels: Option<PathBuf>,
    /// Count the pairs of the document's rules; this is what happens unless rules are to be suggested
    #[arg(long, conflicts_with = "suggest")]
    pub(crate) estimate: bool,
    /// Train the model, and suggest rules that reach a recall at the least pairs
    #[arg(long)]
    pub(crate) suggest: bool,
    /// Of the pairs that the model takes for one person, the share that suggested rules must find
    #[arg(long, value_name = "SHARE", default_value_t = 0.99, requires = "suggest")]
    pub(crate) recall: f64,
}

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The reference of a record, as left_ref and right_ref of the match log have it; its first 6 digits may do. Of a linkage of files: FILE:ID
    pub(crate) left: String,
    /// The reference of the other
    pub(crate) right: String,
    /// The release; --pipeline may name the document of a linkage of files too
    #[command(flatten)]
    pub(crate) of: OfRelease,
    /// Of a linkage of files: a file in place of the document's own, as it was given to `link`
    #[arg(long = "file", value_name = "NAME=PATH", value_parser = named_file)]
    pub(crate) files: Vec<(String, String)>,
    /// Show also what stands in the two records; needs the pipeline's keys, and is registered
    #[arg(long)]
    pub(crate) clear: bool,
}

/// What `review` can do.
#[derive(Debug, Subcommand)]
pub(crate) enum ReviewCommand {
    /// Draw pairs of the match log by strata and write a workbook for clerks; of a pipeline this needs its keys, and is registered
    Sample(ReviewSampleArgs),
    /// Take filled-in workbooks of one sample back: how right the links are, and decisions that later runs keep to
    Import(ReviewImportArgs),
}

/// The release that a review is of.
#[derive(Debug, Args)]
pub(crate) struct OfRelease {
    /// The pipeline
    #[command(flatten)]
    pub(crate) pipeline: OfPipeline,
    /// The output folder, where it is not the pipeline's own
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<String>,
}

/// What is done with rules.
#[derive(Debug, Subcommand)]
pub(crate) enum RulesCommand {
    /// Every rule: its table, id, version, pack, days and examples
    List(RulesArgs),
    /// One rule, whole: what it says, its citation, parameters, examples and SQL
    Show(RuleArgs),
    /// Run the examples that stand beside rules
    Test(RulesArgs),
    /// What packs that stand over the first say otherwise
    Diff(OfPipeline),
}

/// A pipeline's rules, or those of one table.
#[derive(Debug, Args)]
pub(crate) struct RulesArgs {
    /// A table such as cte_concentrator_secondary, or a rule's id; by default all
    pub(crate) name: Option<String>,
    /// The pipeline
    #[command(flatten)]
    pub(crate) of: OfPipeline,
}

/// One rule.
#[derive(Debug, Args)]
pub(crate) struct RuleArgs {
    /// The table that it makes, such as cte_concentrator_secondary, or its id
    pub(crate) name: String,
    /// The pipeline
    #[command(flatten)]
    pub(crate) of: OfPipeline,
}

/// Which pipeline is meant.
#[derive(Debug, Args)]
pub(crate) struct OfPipeline {
    /// The pipeline; by default the one in pipelines/
    #[arg(long, value_name = "FILE")]
    pub(crate) pipeline: Option<PathBuf>,
}

/// Arguments of `review sample`.
#[derive(Debug, Args)]
pub(crate) struct ReviewSampleArgs {
    /// The release; --pipeline may name the document of a linkage of files too
    #[command(flatten)]
    pub(crate) of: OfRelease,
    /// Of a linkage of files: a file in place of the document's own, as it was given to `link`
    #[arg(long = "file", value_name = "NAME=PATH", value_parser = named_file)]
    pub(crate) files: Vec<(String, String)>,
    /// What strata are made of, such as pass,weight,race: pass, strength, weight, sources, decision, or an attribute of learners; of a linkage of
    /// files pass (its blocking rule), weight, sources, decision, or a column of the files
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "pass")]
    pub(crate) strata: Vec<String>,
    /// How many pairs
    #[arg(long, value_name = "N", default_value_t = 300, value_parser = pairs)]
    pub(crate) n: usize,
    /// The seed: the same one draws the same pairs of the same release
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Keep decision, pass and weight from the clerks
    #[arg(long)]
    pub(crate) blind: bool,
    /// Draw from near misses too, and not from links alone
    #[arg(long)]
    pub(crate) near_misses: bool,
    /// The sample's name; by default sample-SEED
    #[arg(long, value_name = "NAME", value_parser = sample_name)]
    pub(crate) name: Option<String>,
}

/// Arguments of `review import`.
#[derive(Debug, Args)]
pub(crate) struct ReviewImportArgs {
    /// The workbooks, one a reviewer
    #[arg(required = true, value_name = "FILE")]
    pub(crate) workbooks: Vec<PathBuf>,
    /// The release; --pipeline may name the document of a linkage of files too
    #[command(flatten)]
    pub(crate) of: OfRelease,
    /// Of a linkage of files: the labels that decisions are added to, a .csv; by default review/labels.csv in its folder
    #[arg(long, value_name = "FILE")]
    pub(crate) labels: Option<PathBuf>,
}

/// A name that can be a folder's.
fn sample_name(text: &str) -> Result<String, String> {
    let sound = !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if sound { Ok(text.to_owned()) } else { Err("letters, digits, - and _ make a name".to_owned()) }
}

/// Arguments of `evaluate`.
#[derive(Debug, Args)]
pub(crate) struct EvaluateArgs {
    /// What was linked: a document of `link`, or a pipeline, whose current release is meant
    #[command(flatten)]
    pub(crate) input: LinkInput,
    /// Who a record really is, which no linkage may read: of files a column, of a pipeline a Parquet file with the columns file, line and person.
    /// A pipeline may go without: then groups of people are compared by what was found of them
    #[arg(long, value_name = "COLUMN|FILE")]
    pub(crate) truth: Option<String>,
    /// What people are told apart by: of files a column, of a pipeline an attribute of learners such as race, or name_pattern; may be given several
    /// times
    #[arg(long, value_name = "COLUMN", value_delimiter = ',')]
    pub(crate) by: Vec<String>,
    /// Stop with exit code 5 where a group of 1,000 true pairs or more has so much less recall than the best served, such as 0.02
    #[arg(long, value_name = "SHARE", value_parser = share, requires = "by")]
    pub(crate) max_gap: Option<f64>,
    /// What `link` wrote, by default out/NAME; of a pipeline its output folder
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
}

/// Arguments of `keys`.
#[derive(Debug, Args)]
pub(crate) struct KeysArgs {
    /// What to do with keys
    #[command(subcommand)]
    pub(crate) command: KeysCommand,
}

/// What to do with keys.
#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// Make a new key and write it to a file that only you can read
    New {
        /// hub: stays at the hub. send: shared with agencies that hash on their side
        #[arg(value_parser = ["hub", "send"])]
        kind: String,
        /// The file to write; it must not exist
        file: PathBuf,
    },
    /// Check that a key can be used, and print its check value
    Check {
        /// hub or send
        #[arg(value_parser = ["hub", "send"])]
        kind: String,
        /// env:NAME, file:PATH or demo
        reference: String,
    },
}

/// Arguments of `schema`.
#[derive(Debug, Args)]
pub(crate) struct SchemaArgs {
    /// The folder to write to
    #[arg(long, default_value = "config/schema", value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Only say whether the files there are current
    #[arg(long)]
    pub(crate) check: bool,
}

/// Arguments of `synth`.
#[derive(Debug, Args)]
pub(crate) struct SynthArgs {
    /// How many learners, at least 100; below 500 a single odd row may be more than the share of a file that its contract lets be so
    #[arg(long, value_name = "N")]
    pub(crate) learners: u64,
    /// The seed; the same seed gives the same bytes on any machine
    #[arg(long, value_name = "S")]
    pub(crate) seed: u64,
    /// The folder to write to
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
}

fn day(text: &str) -> Result<String, String> {
    chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d")
        .map(|d| d.to_string())
        .map_err(|_| "a day is written as 2025-11-15".to_owned())
}

fn named_file(text: &str) -> Result<(String, String), String> {
    let (name, path) = text.split_once('=').ok_or("a file is given as NAME=PATH")?;
    Ok((name.to_owned(), path.to_owned()))
}

fn pairs(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|n| (1..=100_000).contains(n)).ok_or_else(|| "a number from 1 to 100000".to_owned())
}

fn share(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|share| (0.0..1.0).contains(share)).ok_or_else(|| "a share such as 0.02".to_owned())
}

fn threads(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|n| (1..=1024).contains(n)).ok_or_else(|| "a number from 1 to 1024".to_owned())
}

fn size(text: &str) -> Result<usize, String> {
    let lower = text.to_ascii_lowercase();
    let split = lower.find(|c: char| !c.is_ascii_digit()).unwrap_or(lower.len());
    let (number, unit) = lower.split_at(split);
    let unit: usize = match unit.trim() {
        "gib" | "g" | "gb" => 1 << 30,
        "mib" | "m" | "mb" => 1 << 20,
        _ => return Err("a size is written as 2GiB or 512MiB".to_owned()),
    };
    let number: usize = number.parse().map_err(|_| "a size is written as 2GiB or 512MiB".to_owned())?;
    number.checked_mul(unit).filter(|n| *n >= 64 << 20).ok_or_else(|| "at least 64MiB".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_grammar_holds_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn sizes_and_days() {
        assert_eq!(size("2GiB"), Ok(2 << 30));
        assert_eq!(size("512mb"), Ok(512 << 20));
        assert!(size("2").is_err() && size("1MiB").is_err());
        assert!(day("2025-11-15").is_ok() && day("11/15/2025").is_err());
    }
}
