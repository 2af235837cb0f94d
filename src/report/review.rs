//! A review on one page: what was drawn, and what came back.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::linkage::quality::Share;
use crate::pipeline::review::answers::Imported;
use crate::pipeline::review::draw::Sample;
use crate::report::thousands;

/// The page of a sample.
#[must_use]
pub fn sample_page(sample: &Sample) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "Sample {} of {}, {} pairs\n", sample.sample, sample.of, sample.pairs.len());
    let _ = writeln!(out, "{:<48} {:>10} {:>8}", "Stratum", "pairs", "drawn");
    let mut drawn: BTreeMap<&str, u64> = BTreeMap::new();
    for pair in &sample.pairs {
        *drawn.entry(&pair.stratum).or_default() += 1;
    }
    for (stratum, pairs) in &sample.strata {
        let drawn = drawn.get(stratum.as_str()).copied().unwrap_or(0);
        let _ = writeln!(out, "{stratum:<48} {:>10} {:>8}", thousands(*pairs), thousands(drawn));
    }
    out
}

/// The page of a review that came back.
#[must_use]
pub fn import_page(told: &Imported) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "Sample {}, looked at by {}\n", told.sample, told.reviewers.join(" and "));
    let _ = writeln!(out, "{} of {} pairs are settled.", told.settled, told.pairs);
    for (what, pairs) in [("Unsure of", &told.unsure), ("Reviewers disagree on", &told.disagreed)] {
        if !pairs.is_empty() {
            let pairs: Vec<String> = pairs.iter().map(ToString::to_string).collect();
            let _ = writeln!(out, "{what} pairs {}: nothing is decided of them.", pairs.join(", "));
        }
    }
    if !told.strata.is_empty() {
        let _ = writeln!(
            out,
            "\n{:<48} {:>9} {:>19} {:>7} {:>7}",
            "Links of one person", "share", "95 % interval", "right", "of"
        );
        for (stratum, share) in &told.strata {
            line(stratum, *share, &mut out);
        }
    }
    if let (Some(precision), Some((low, high))) = (told.precision, told.interval) {
        let interval = format!("{low:.5} to {high:.5}");
        let _ =
            writeln!(out, "{:<48} {precision:>9.5} {interval:>19}", "All these links, strata weighted by their size");
    }
    if told.untold > 0 {
        let _ = writeln!(
            out,
            "Nothing is known of {} links in strata of which no pair is settled.",
            thousands(told.untold)
        );
    }
    if told.missed.of > 0 {
        out.push('\n');
        line("Near misses that are one person", told.missed, &mut out);
    }
    if let Some(kappa) = told.kappa {
        let _ = writeln!(out, "\nKappa of the two reviewers: {kappa:.3}");
    } else if told.reviewers.len() == 2 {
        out.push_str(
            "\nKappa of the two reviewers: none, for they answered no pair both, or every one the same way.\n",
        );
    }
    if !told.doubted.is_empty() {
        let pairs: Vec<String> = told.doubted.iter().map(ToString::to_string).collect();
        let _ = writeln!(
            out,
            "\nPairs {} are decided in {} already, and reviewers now doubt it: settle them there by hand.",
            pairs.join(", "),
            told.log
        );
    }
    let _ = writeln!(out, "\n{} new decisions in {}.", told.decided, told.log);
    if let Some(advice) = &told.advice {
        let _ = writeln!(out, "{advice}");
    }
    out
}

fn line(what: &str, share: Share, out: &mut String) {
    let (low, high) = share.interval();
    let interval = format!("{low:.5} to {high:.5}");
    let _ = writeln!(out, "{what:<48} {:>9.5} {interval:>19} {:>7} {:>7}", share.rate(), share.right, share.of);
}
