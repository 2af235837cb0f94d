//! How right a linkage is, on one page.

use std::fmt::Write as _;

use crate::linkage::quality::Share;
use crate::pipeline::evaluate::Evaluation;
use crate::report::thousands;

/// The page of an evaluation.
#[must_use]
pub fn evaluation_page(evaluation: &Evaluation) -> String {
    let mut out = String::new();
    let all = evaluation.all;
    let _ = writeln!(out, "{:<28} {:>9} {:>19} {:>14} {:>14}", "", "rate", "95 % interval", "right", "of");
    let _ = writeln!(out, "{:<28} {}", "Precision of links", share(all.precision));
    let _ = writeln!(out, "{:<28} {}", "Recall of true pairs", share(all.recall));
    let _ = writeln!(out, "{:<28} {:>9.5}", "F1", all.f1());
    if evaluation.without_truth > 0 {
        let _ = writeln!(
            out,
            "\nRecords of whom the truth is not known, left out: {}",
            thousands(evaluation.without_truth)
        );
    }
    if !evaluation.rules.is_empty() {
        out.push_str("\nPrecision by blocking rule\n");
        for (rule, of) in &evaluation.rules {
            let _ = writeln!(out, "{rule:<28} {}", share(*of));
        }
    }
    if !evaluation.thresholds.is_empty() {
        let _ = writeln!(out, "\n{:<28} {:>9} {:>9} {:>9}", "Links from probability on", "precision", "recall", "F1");
        for (probability, q) in &evaluation.thresholds {
            let _ =
                writeln!(out, "{probability:<28} {:>9.5} {:>9.5} {:>9.5}", q.precision.rate(), q.recall.rate(), q.f1());
        }
    }
    if !evaluation.groups.is_empty() {
        let _ = writeln!(
            out,
            "\n{:<28} {:>9} {:>9} {:>19} {:>14} {:>8}",
            "By groups of people", "precision", "recall", "95 % interval", "true pairs", "gap"
        );
        for group in &evaluation.groups {
            let (low, high) = group.quality.recall.interval();
            let _ = writeln!(
                out,
                "{:<28} {:>9.5} {:>9.5} {:>19} {:>14} {:>8.4}",
                format!("{} {}", group.column, group.value),
                group.quality.precision.rate(),
                group.quality.recall.rate(),
                format!("{low:.5} to {high:.5}"),
                thousands(group.quality.recall.of),
                group.gap
            );
        }
    }
    out
}

fn share(of: Share) -> String {
    let (low, high) = of.interval();
    let interval = format!("{low:.5} to {high:.5}");
    format!("{:>9.5} {interval:>19} {:>14} {:>14}", of.rate(), thousands(of.right), thousands(of.of))
}
