//! What linking files came to, on one page.

use std::fmt::Write as _;

use crate::linkage::model::{ModelFile, PairCount, bits, probability};
use crate::pipeline::files::link::LinkReport;
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
    if !report.rules.is_empty() {
        out.push('\n');
        out.push_str(&blocking_page(&report.rules));
    }
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
    let seconds: Vec<String> = report.seconds.iter().map(|(phase, s)| format!("{phase} {s:.1}")).collect();
    let _ = writeln!(out, "\nSeconds: {}", seconds.join(", "));
    out
}

/// How many pairs each blocking rule makes.
#[must_use]
pub fn blocking_page(rules: &[(String, PairCount)]) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{:<26} {:>14} {:>18} {:>18}", "Blocking rule", "pairs", "over-common keys", "pairs skipped");
    for (rule, count) in rules {
        let _ = writeln!(
            out,
            "{rule:<26} {:>14} {:>18} {:>18}",
            thousands(count.pairs),
            thousands(count.over_common),
            thousands(count.skipped)
        );
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
