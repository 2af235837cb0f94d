//! What linking files came to, on one page.

use std::fmt::Write as _;

use crate::linkage::model::{ModelFile, SuggestedRule, bits, probability};
use crate::pipeline::files::link::{LinkReport, RuleResult, Suggestion};
use crate::report::thousands;

/// The page of a linkage.
#[must_use]
pub fn link_page(report: &LinkReport) -> String {
    let mut out = String::new();
    let title = if report.title.is_empty() { &report.name } else { &report.title };
    let _ = writeln!(out, "{title}\n");
    for (file, records) in &report.files {
        let _ = writeln!(out, "  {file:<24} {:>14} records", thousands(*records));
    }
    if !report.unusable.is_empty() {
        out.push_str("\nValues that were there and could not be used (they count as missing)\n");
        for (field, count) in &report.unusable {
            let _ = writeln!(out, "  {field:<24} {:>14}", thousands(*count));
        }
    }
    out.push('\n');
    out.push_str(&blocking_page(&report.rules));
    let _ = writeln!(out, "\n{} pairs compared, each once.\n", thousands(report.compared));
    out.push_str(&model_page(&report.model));
    let line = report.threshold;
    let _ = writeln!(
        out,
        "\nLinks                      {:>14}\nPersons                    {:>14}",
        thousands(line.links as u64),
        thousands(report.clusters)
    );
    let _ = writeln!(
        out,
        "Threshold                  {:>14.2} bits (probability {:.4})",
        bits(line.weight),
        probability(line.weight)
    );
    let _ = writeln!(
        out,
        "Expected by the model itself, without truth: {:.2} % of links are false,",
        100.0 * (1.0 - line.precision)
    );
    let _ = writeln!(
        out,
        "and {:.2} % of about {} true pairs are missed.",
        100.0 * (1.0 - line.recall),
        thousands(rounded(report.matches))
    );
    if let Some(labels) = report.labels {
        let [same, different] = [labels.same, labels.different].map(|(joined, of)| (thousands(joined), thousands(of)));
        let _ = writeln!(
            out,
            "\nOf {} pairs labelled as one person {} were joined, of {} labelled as two {}.",
            same.1, same.0, different.1, different.0
        );
        if labels.gone > 0 {
            let what = if labels.gone == 1 { "label names" } else { "labels name" };
            let _ = writeln!(out, "{} {what} a record that is not in the files.", thousands(labels.gone));
        }
    }
    let seconds: Vec<String> = report.seconds.iter().map(|(phase, s)| format!("{phase} {s:.1}")).collect();
    let _ = writeln!(out, "\nSeconds: {}", seconds.join(", "));
    out
}

/// How many pairs each blocking rule makes.
#[must_use]
pub fn blocking_page(rules: &[RuleResult]) -> String {
    let mut out = String::new();
    let skipped = rules.iter().any(|rule| rule.count.skipped > 0 && rule.lost.is_some());
    let lost = if skipped { "  lost to all rules, about" } else { "" };
    let head = ["Blocking rule", "pairs", "over-common keys", "pairs skipped"];
    let _ = writeln!(out, "{:<26} {:>14} {:>18} {:>18}{lost}", head[0], head[1], head[2], head[3]);
    for RuleResult { rule, count, lost } in rules {
        let lost = match lost.filter(|_| count.skipped > 0) {
            Some(lost) => format!("  {:>24}", thousands(rounded(lost))),
            None => String::new(),
        };
        let _ = writeln!(
            out,
            "{rule:<26} {:>14} {:>18} {:>18}{lost}",
            thousands(count.pairs),
            thousands(count.over_common),
            thousands(count.skipped)
        );
    }
    out
}

/// Suggested blocking rules, and how a document says them.
#[must_use]
pub fn suggestion_page(told: &Suggestion) -> String {
    let mut out = String::new();
    if told.rules.is_empty() {
        out.push_str("The model takes no pair for one person, so there is nothing to go by and no rule to suggest.\n");
        return out;
    }
    let asked = 100.0 * told.asked;
    let _ = writeln!(
        out,
        "Of {} pairs that the model takes for one person, {asked} % are to be found.\n",
        thousands(told.matches)
    );
    let says =
        |rule: &SuggestedRule| rule.on.iter().map(|at| told.choices[*at].as_str()).collect::<Vec<_>>().join(", ");
    let _ = writeln!(out, "{:<48} {:>14} {:>8} {:>9}", "Blocking rule", "pairs", "finds", "together");
    for rule in &told.rules {
        let _ = writeln!(
            out,
            "{:<48} {:>14} {:>8.4} {:>9.4}",
            says(rule),
            thousands(rule.pairs),
            rule.finds,
            rule.together
        );
    }
    let all: u64 = told.rules.iter().map(|rule| rule.pairs).sum();
    let _ =
        writeln!(out, "\n{} pairs together; the document's own rules make {}.", thousands(all), thousands(told.own));
    if told.rules.last().is_none_or(|last| last.together < told.asked) {
        out.push_str("No rules over these fields find more.\n");
    }
    out.push_str("What the document's own rules never bring together is not known of here.\n\nblocking:\n");
    for (number, rule) in (1..).zip(&told.rules) {
        let _ = writeln!(out, "  - {{ id: rule_{number}, on: [{}] }}", says(rule));
    }
    out
}

/// The model, level by level.
#[must_use]
pub fn model_page(model: &ModelFile) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{:<18} {:<24} {:>10} {:>12} {:>8}", "Field", "level", "m", "u", "bits");
    for comparison in &model.comparisons {
        for (at, level) in comparison.levels.iter().enumerate() {
            let field = if at == 0 { comparison.field.as_str() } else { "" };
            let note = if level.seen == 0 { "  never seen in a match" } else { "" };
            let _ = writeln!(
                out,
                "{field:<18} {:<24} {:>10.6} {:>12.3e} {:>8.2}{note}",
                level.level,
                level.m,
                level.u,
                bits(level.weight)
            );
        }
    }
    out
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // counts of pairs
fn rounded(count: f64) -> u64 {
    count.max(0.0).round() as u64
}
