//! The rule book as people read it: the list, one rule, what examples came to, and what later packs say otherwise.

use std::fmt::Write as _;

use similar::{ChangeTag, TextDiff};

use crate::pipeline::rule_book::{RuleBook, Tested};
use crate::rules::{Rule, RuleTable, Said};

/// Characters of a line of prose.
const WIDTH: usize = 100;
/// Lines of SQL that stand around a change.
const AROUND: usize = 2;

/// Every rule, a line each.
#[must_use]
pub fn rules_page(tables: &[RuleTable<'_>]) -> String {
    let rules = || tables.iter().flat_map(|table| &table.versions);
    let widest = |text: fn(&Rule) -> String, least: usize| {
        rules().map(|rule| text(rule).chars().count()).max().unwrap_or(0).max(least)
    };
    let table = |rule: &Rule| rule.spec.rule.value.clone();
    let pack = |rule: &Rule| rule.pack.clone();
    let (a, b, c, d) = (widest(table, 5), widest(named, 4), widest(pack, 4), widest(effective, 9));
    let mut out = String::new();
    let _ = writeln!(out, "{:<a$}  {:<b$}  {:<c$}  {:<d$}  examples  title", "table", "rule", "pack", "effective");
    for of in tables {
        for (at, rule) in of.versions.iter().enumerate() {
            let _ = writeln!(
                out,
                "{:<a$}  {:<b$}  {:<c$}  {:<d$}  {:>8}  {}",
                if at == 0 { of.name } else { "" },
                named(rule),
                rule.pack,
                effective(rule),
                rule.fixtures.cases.len(),
                rule.spec.title
            );
        }
    }
    out
}

/// One table's rules, whole.
#[must_use]
pub fn rule_page(table: &RuleTable<'_>, book: &RuleBook) -> String {
    let mut out = String::new();
    for rule in &table.versions {
        one_rule(rule, &mut out);
    }
    let used = book.read_by(table.name);
    let read_by = if used.is_empty() { "nothing of this pipeline".to_owned() } else { used.join(", ") };
    let _ = writeln!(out, "{} is read by: {read_by}", table.name);
    out
}

fn one_rule(rule: &Rule, out: &mut String) {
    let spec = &rule.spec;
    let _ = writeln!(out, "{}\n{}\n", spec.title, "=".repeat(spec.title.chars().count()));
    let _ = writeln!(out, "{}\n", wrapped(&spec.says, WIDTH, ""));
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(out, "  {name:<10}  {}", wrapped(value, WIDTH - 14, "              ").trim_start());
    };
    line("rule", &format!("{} of pack {}", named(rule), rule.pack));
    line(
        "table",
        &format!(
            "{}, a row for each {}",
            *spec.rule,
            spec.grain.iter().map(|g| g.as_str()).collect::<Vec<_>>().join(", ")
        ),
    );
    line("effective", &effective(rule));
    line("citation", &spec.citation);
    line("owner", &spec.owner);
    line("zone", &spec.zone.to_string());
    line("reads", &rule.reads().unwrap_or_default().join(", "));
    line("file", &rule.file.display().to_string());
    if let Some(file) = &rule.overridden_in {
        line("override", &file.display().to_string());
    }
    if !spec.parameters.is_empty() {
        let _ = writeln!(out, "\n  parameters");
        let width = spec.parameters.keys().map(|name| name.chars().count()).max().unwrap_or(0);
        for (name, value) in &spec.parameters {
            let _ = writeln!(out, "    {name:<width$}  {}", value.value);
        }
    }
    let _ = writeln!(out, "\n  examples ({})", rule.fixtures.file.display());
    for case in &rule.fixtures.cases {
        let _ = writeln!(out, "    {}", wrapped(&case.case, WIDTH - 4, "    ").trim_start());
    }
    let _ = writeln!(out, "\n  SQL, parameters put in");
    for sql in rule.bound().lines() {
        let _ = writeln!(out, "    {}", sql.trim_end());
    }
    out.push('\n');
}

/// What the examples came to, a line a rule, and every fault.
#[must_use]
pub fn tested_page(tested: &[Tested<'_>]) -> String {
    let mut out = String::new();
    let same = |a: &Tested<'_>, b: &Tested<'_>| std::ptr::eq(a.rule, b.rule);
    let title = |of: &[Tested<'_>]| format!("{} ({})", *of[0].rule.spec.rule, named(of[0].rule));
    let width = tested.chunk_by(same).map(|of| title(of).chars().count()).max().unwrap_or(0);
    for of in tested.chunk_by(same) {
        let kept = of.iter().filter(|one| one.fault.is_none()).count();
        let all = of.len();
        let word = if kept == all { "kept" } else { "BROKEN" };
        let _ = writeln!(out, "{:<width$}  {kept:>3} of {all:>3} examples  {word}", title(of));
    }
    for fault in tested.iter().filter_map(|one| one.fault.as_ref()) {
        let _ = write!(out, "\n{}\n", fault.to_string().trim_end());
    }
    out
}

/// What each pack but the first says otherwise than those below it, or beside them.
#[must_use]
pub fn difference_page(said: &[Said]) -> String {
    let mut out = String::new();
    let first = said.first().map(|one| one.rule.pack.clone()).unwrap_or_default();
    let (new, otherwise): (Vec<&Said>, Vec<&Said>) =
        said.iter().filter(|one| one.rule.pack != first).partition(|one| one.over.is_empty());
    for Said { rule, over } in otherwise {
        let _ = writeln!(out, "{}: {} of {}, {}", *rule.spec.rule, named(rule), rule.pack, effective(rule));
        for under in over {
            let _ = writeln!(out, "  over {} of {}", named(under), under.pack);
            parameters(under, rule, &mut out);
            body(under, rule, &mut out);
        }
        let because = format!("{} ({})", rule.spec.says.trim(), rule.spec.citation.trim());
        let _ = writeln!(out, "{}\n", wrapped(&because, WIDTH, "  "));
    }
    if out.is_empty() {
        let _ = writeln!(out, "No pack says anything otherwise than {first}.");
    }
    added(&new, &mut out);
    out
}

/// The tables that a pack adds to those before it, a line each: they change nothing that another rule says.
fn added(new: &[&Said], out: &mut String) {
    if new.is_empty() {
        return;
    }
    let width = |of: &dyn Fn(&Rule) -> String| new.iter().map(|one| of(&one.rule).chars().count()).max().unwrap_or(0);
    let (table, pack) = (width(&|rule| rule.spec.rule.value.clone()), width(&|rule| rule.pack.clone()));
    let id = width(&named);
    let _ = writeln!(out, "\nTables that no earlier pack makes; `rules show TABLE` says more:");
    for Said { rule, .. } in new {
        let line =
            format!("  {:<table$}  {:<id$}  {:<pack$}  {}", *rule.spec.rule, named(rule), rule.pack, rule.spec.title);
        let _ = writeln!(out, "{}", line.trim_end());
    }
}

/// The parameters in which two rules differ.
fn parameters(under: &Rule, over: &Rule, out: &mut String) {
    let (old, new) = (&under.spec.parameters, &over.spec.parameters);
    let differ = |name: &&String| old.get(*name).map(|v| &v.value) != new.get(*name).map(|v| &v.value);
    let names: Vec<&String> =
        old.keys().chain(new.keys().filter(|name| !old.contains_key(*name))).filter(differ).collect();
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    let shown = |value: Option<&crate::foundation::Located<serde_json::Value>>| {
        value.map_or_else(|| "(none)".to_owned(), |value| value.value.to_string())
    };
    for name in names {
        let _ = writeln!(out, "    {name:<width$}  {} -> {}", shown(old.get(name)), shown(new.get(name)));
    }
}

/// The lines of SQL in which two rules differ, with some that stand around them.
fn body(under: &Rule, over: &Rule, out: &mut String) {
    if under.body == over.body {
        return;
    }
    let diff = TextDiff::from_lines(&under.body, &over.body);
    for group in diff.grouped_ops(AROUND) {
        let _ = writeln!(out, "    ...");
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let sign = match change.tag() {
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
                ChangeTag::Equal => ' ',
            };
            let _ = writeln!(out, "    {sign} {}", change.value().trim_end());
        }
    }
}

/// Prose in lines of so many characters, each behind an indent.
fn wrapped(text: &str, width: usize, indent: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    textwrap::fill(&text, textwrap::Options::new(width).initial_indent(indent).subsequent_indent(indent))
}

/// The id and version that stand on a row.
fn named(rule: &Rule) -> String {
    format!("{} {}", *rule.spec.id, rule.spec.version)
}

/// The days on which a rule is effective.
fn effective(rule: &Rule) -> String {
    match rule.last_day() {
        Some(last) => format!("{} to {last}", rule.first_day()),
        None => format!("from {}", rule.first_day()),
    }
}
