//! The summary: what a run did, on one page, readable without colour and in any font.

use std::fmt::Write as _;

use crate::pipeline::record::{FileResult, ModelResult, Outcome, RunResults, SourceResult};

/// The page.
#[must_use]
pub fn summary(run: &RunResults) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{}", run.title);
    let _ = writeln!(out, "{}\n", "=".repeat(run.title.chars().count()));
    match run.outcome {
        Outcome::Published => {
            let _ = writeln!(out, "Published release {}.", run.release);
        }
        Outcome::NothingToDo => {
            let _ = writeln!(out, "Nothing has changed since release {}; nothing was done.", run.release);
        }
    }
    let as_of = run.as_of.as_ref().map(|d| format!(", deliveries received by {d}")).unwrap_or_default();
    let _ = writeln!(
        out,
        "Pipeline {}, begun {} by {}, took {}{as_of}.",
        run.pipeline,
        run.began,
        run.user,
        duration(run.milliseconds)
    );
    if run.outcome == Outcome::Published {
        sources(&run.files, &run.sources, &mut out);
        linkage(run, &mut out);
        numbers(run, &mut out);
    }
    if !run.requests.is_empty() {
        let _ = writeln!(out, "\n{:<28} {:>10} {:>10}  restricted file", "Request", "learners", "left out");
        for request in &run.requests {
            let file = request.file.as_deref().unwrap_or("none: fewer than 11 learners are not loaded");
            let (learners, left_out) = (thousands(request.learners), thousands(request.left_out));
            let _ = writeln!(out, "{:<28} {learners:>10} {left_out:>10}  {file}", request.request);
        }
    }
    if !run.duplicate_deliveries.is_empty() {
        let _ = writeln!(out, "\nPassed over, the same bytes as an earlier delivery");
        for line in &run.duplicate_deliveries {
            let _ = writeln!(out, "  {line}");
        }
    }
    if !run.notes.is_empty() {
        let _ = writeln!(out, "\nTo know");
        for note in &run.notes {
            let _ = writeln!(out, "  - {note}");
        }
    }
    out
}

fn sources(files: &[FileResult], results: &[SourceResult], out: &mut String) {
    let _ = writeln!(
        out,
        "\n{:<20} {:>5} {:>12} {:>12} {:>11} {:>11} {:>12}",
        "Source", "files", "records", "accepted", "quarantined", "superseded", "identities"
    );
    for source in results {
        let files: Vec<_> = files.iter().filter(|f| f.source == source.source).collect();
        let total = |f: fn(&FileResult) -> u64| files.iter().map(|r| f(r)).sum::<u64>();
        let _ = writeln!(
            out,
            "{:<20} {:>5} {:>12} {:>12} {:>11} {:>11} {:>12}",
            source.source,
            files.len(),
            thousands(total(|f| f.records)),
            thousands(source.current + source.superseded),
            thousands(total(|f| f.quarantined) + source.rejected),
            thousands(source.superseded),
            thousands(source.identity_records)
        );
    }
    for source in results.iter().filter(|source| source.unidentified > 0) {
        let rows = thousands(source.unidentified);
        let _ = writeln!(
            out,
            "{}: rows that say nothing of who they are: {rows}; they are kept and no person has them.",
            source.source
        );
    }
    let mut rules: Vec<(&str, &str, u64)> = Vec::new();
    for file in files {
        for (rule, count) in &file.violations {
            match rules.iter_mut().find(|(s, r, _)| *s == file.source && r == rule) {
                Some((_, _, n)) => *n += count,
                None => rules.push((&file.source, rule, *count)),
            }
        }
    }
    for source in results {
        rules.extend(source.violations.iter().map(|(rule, count)| (source.source.as_str(), rule.as_str(), *count)));
    }
    rules.sort_by(|a, b| b.2.cmp(&a.2).then_with(|| (a.0, a.1).cmp(&(b.0, b.1))));
    if !rules.is_empty() {
        let _ = writeln!(out, "\nRules most often broken");
        for (source, rule, count) in rules.iter().take(8) {
            let _ = writeln!(out, "  {:<20} {:<28} {:>8} rows", source, rule, thousands(*count));
        }
    }
}

fn linkage(run: &RunResults, out: &mut String) {
    let _ = writeln!(out, "\n{:<28} {:>8} {:>12} {:>9} {:>10}", "Pass", "strength", "links", "vetoed", "ambiguous");
    for pass in &run.passes {
        let _ = writeln!(
            out,
            "{:<28} {:>8} {:>12} {:>9} {:>10}",
            pass.pass,
            pass.strength,
            thousands(pass.links),
            thousands(pass.vetoed),
            thousands(pass.ambiguous)
        );
    }
    if let Some(model) = &run.model {
        modelled(model, out);
    }
    let p = &run.persons;
    let _ = writeln!(
        out,
        "\nPersons {}: {} carried, {} new, {} merged into another, {} split, {} retired.",
        thousands(p.persons),
        thousands(p.carried),
        thousands(p.minted),
        thousands(p.merged),
        thousands(p.split),
        thousands(p.retired)
    );
}

/// What the model expects of itself; nobody has told it the truth.
fn modelled(model: &ModelResult, out: &mut String) {
    if let Some(reason) = &model.unused {
        let _ = writeln!(out, "\nThe model was not used: {reason}.");
        return;
    }
    let how = if model.pinned { "trained before" } else { "trained in this run" };
    let _ = writeln!(
        out,
        "\nThe model, {how}, compared {} pairs of persons so far. Of its {} links it expects {:.1} to be false;\n\
         of the pairs that it leaves for review (ambiguous), {:.1} to be one person.",
        thousands(model.compared),
        thousands(model.links),
        // A sum of nothing is minus zero.
        model.expected_false + 0.0,
        model.expected_missed + 0.0
    );
    if !model.never_seen.is_empty() {
        let _ = writeln!(
            out,
            "Never seen in a match, so that their weights rest on half a pair: {}.",
            model.never_seen.join(", ")
        );
    }
    for rule in model.blocking.iter().filter(|rule| rule.skipped > 0) {
        let _ = writeln!(
            out,
            "Its rule `{}` skipped {} pairs of {} over-common keys, of which about {:.0} are of one person and come together by no other rule.",
            rule.rule,
            thousands(rule.skipped),
            thousands(rule.over_common),
            rule.lost
        );
    }
}

fn numbers(run: &RunResults, out: &mut String) {
    if !run.headlines.is_empty() {
        let _ = writeln!(out, "\n{:<58} {:>10} {:>10} {:>7}", "Headline", "numerator", "of", "rate");
        for h in &run.headlines {
            let _ = writeln!(
                out,
                "{:<58} {:>10} {:>10} {:>7}",
                h.what,
                thousands(h.numerator),
                thousands(h.denominator),
                rate(h.numerator, h.denominator)
            );
        }
    }
    let _ = writeln!(out, "\n{:<28} {:<10} {:>12}", "Table", "zone", "rows");
    for table in &run.tables {
        let _ = writeln!(out, "{:<28} {:<10} {:>12}", table.table, table.zone, thousands(table.rows));
    }
}

/// A rate in per cent to one decimal, half up.
fn rate(numerator: u64, denominator: u64) -> String {
    if denominator == 0 {
        return "-".to_owned();
    }
    let tenths = (u128::from(numerator) * 2000 + u128::from(denominator)) / (2 * u128::from(denominator));
    format!("{}.{} %", tenths / 10, tenths % 10)
}

/// A count with commas between thousands.
#[must_use]
pub fn thousands(count: u64) -> String {
    let digits = count.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A duration for people.
#[must_use]
pub fn duration(milliseconds: u64) -> String {
    match milliseconds {
        0..1_000 => format!("{milliseconds} ms"),
        1_000..60_000 => format!("{}.{} s", milliseconds / 1_000, milliseconds % 1_000 / 100),
        _ => format!("{} min {} s", milliseconds / 60_000, milliseconds % 60_000 / 1_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_for_people() {
        assert_eq!([thousands(0), thousands(999), thousands(1_234_567)], ["0", "999", "1,234,567"]);
        assert_eq!([rate(1, 3), rate(2, 3), rate(0, 0), rate(1, 1)], ["33.3 %", "66.7 %", "-", "100.0 %"]);
        assert_eq!([rate(1, 2000), rate(1, 2001)], ["0.1 %", "0.0 %"]);
        assert_eq!([duration(12), duration(3_456), duration(125_000)], ["12 ms", "3.4 s", "2 min 5 s"]);
    }
    #[test]
    fn rows_of_nobody_and_rules_over_all_rows_are_told() {
        let source = |name: &str, unidentified: u64, broken: u64| SourceResult {
            source: name.to_owned(),
            accepted: 9,
            superseded: 0,
            rejected: 0,
            current: 9,
            identity_records: 3,
            unidentified,
            violations: [("UI-R-001".to_owned(), broken)].into_iter().filter(|(_, n)| *n > 0).collect(),
        };
        let mut out = String::new();
        sources(&[], &[source("ui_wages", 1_234, 77), source("licences", 0, 0)], &mut out);
        assert!(out.contains("ui_wages: rows that say nothing of who they are: 1,234;"), "{out}");
        assert!(!out.contains("licences:"), "{out}");
        let told = out.lines().find(|line| line.contains("UI-R-001")).unwrap_or_default();
        assert!(told.contains("ui_wages") && told.contains("77 rows"), "{out}");
    }
}
