//! How right a linkage is, on one page.

use std::fmt::Write as _;

use crate::linkage::quality::Share;
use crate::pipeline::asked::evaluate::Unverified;
use crate::pipeline::evaluation::Evaluation;
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
    let persons = evaluation.persons;
    let _ = writeln!(out, "\n{:<28} {}", "Persons that are one person", share(persons.precision));
    let _ = writeln!(out, "{:<28} {}", "Persons that are whole", share(persons.recall));
    if evaluation.could_be_told {
        out.push_str("\nRecall is of pairs that could be told: both records hold an SSN, an id of one issuer, or names and birth date, or are chained by others.\n");
    }
    if evaluation.without_truth > 0 {
        let _ = writeln!(
            out,
            "\nRecords of whom the truth is not known, left out: {}",
            thousands(evaluation.without_truth)
        );
    }
    if !evaluation.rules.is_empty() {
        out.push_str("\nPrecision by blocking rule or pass\n");
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
            "\n{:<40} {:>9} {:>9} {:>19} {:>14} {:>8} {:>8}",
            "By groups of people", "precision", "recall", "95 % interval", "true pairs", "gap", "at most"
        );
        for group in &evaluation.groups {
            let (low, high) = group.quality.recall.interval();
            let _ = writeln!(
                out,
                "{:<40} {:>9.5} {:>9.5} {:>19} {:>14} {:>8} {:>8}",
                format!("{} {}", group.column, group.value),
                group.quality.precision.rate(),
                group.quality.recall.rate(),
                format!("{low:.5} to {high:.5}"),
                thousands(group.quality.recall.of),
                four_places(group.gap),
                four_places(group.gap_upper)
            );
        }
    }
    out
}

fn four_places(gap: Option<f64>) -> String {
    gap.map_or(String::new(), |gap| format!("{gap:.4}"))
}

/// The page of a linkage whose truth nobody knows.
#[must_use]
pub fn unverified_page(told: &Unverified) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "Release {}: the truth is not known.\n", told.release);
    match &told.model {
        Some(model) if model.unused.is_none() => {
            let _ = writeln!(
                out,
                "Of {} links the model expects {:.1} to be false; of the pairs that wait for review, {:.1} to be one person.",
                thousands(model.links),
                model.expected_false,
                model.expected_missed
            );
        }
        _ => out.push_str("No model has an opinion of its links.\n"),
    }
    out.push_str("How right exact passes are, `throughline review` can tell.\n");
    let _ = writeln!(
        out,
        "\n{:<40} {:>12} {:>16} {:>8} {:>12} {:>8}",
        "Learners", "persons", "several sources", "less", "with bridge", "less"
    );
    let [several, bridged] = told.all;
    let mut line = |what: &str, of: [Share; 2]| {
        let _ = writeln!(
            out,
            "{what:<40} {:>12} {:>16.4} {:>8.4} {:>12.4} {:>8.4}",
            thousands(of[0].of),
            of[0].rate(),
            several.rate() - of[0].rate(),
            of[1].rate(),
            bridged.rate() - of[1].rate()
        );
    };
    line("all", told.all);
    for (column, value, of) in &told.groups {
        line(&format!("{column} {value}"), *of);
    }
    out.push_str("\nA group of whom less is found may be linked worse, or may go to college and work less in this state: this table cannot tell which.\n");
    out
}

fn share(of: Share) -> String {
    let (low, high) = of.interval();
    let interval = format!("{low:.5} to {high:.5}");
    format!("{:>9.5} {interval:>19} {:>14} {:>14}", of.rate(), thousands(of.right), thousands(of.of))
}
