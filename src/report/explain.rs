//! Why two records are one person or not, on one page. Bars need no colour.

use std::fmt::Write as _;

use crate::linkage::explained::{Compared, KeyExplained, SOURCES, WeightExplained};
use crate::linkage::model::{bits, probability};
use crate::pipeline::asked::explain::{DecisionTold, Explanation};
use crate::pipeline::files::explain::FilesExplained;

/// A bar is at most so wide, whatever the weight.
const WIDEST: usize = 32;

/// The page of an explanation.
#[must_use]
pub fn explanation_page(told: &Explanation) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "Release {}\n", told.release);
    for (at, record) in told.records.iter().enumerate() {
        let source = if record.source.is_empty() { "(source no longer in the store)" } else { &record.source };
        let _ = writeln!(out, "  {}  {}  {source:<20} person {}", at + 1, record.reference, record.person);
    }
    let name = |reference: &str| name(told, reference);
    if told.records[0].person == told.records[1].person {
        let links = told.links.len();
        let _ = writeln!(out, "\nOne person, by {links} link{}:", if links == 1 { "" } else { "s" });
        for link in &told.links {
            decision(link, &name, &mut out);
        }
    } else {
        out.push_str("\nTwo persons.\n");
        if told.near_misses.is_empty() {
            out.push_str("No pass and no comparison of the model came near to joining them.\n");
        } else {
            let _ = writeln!(out, "Near misses between the two:");
            for miss in &told.near_misses {
                decision(miss, &name, &mut out);
            }
        }
    }
    if let Some(decided) = told.reviewed {
        let _ = writeln!(out, "\nPeople who looked have decided of the two: {decided}. Every run keeps to that.");
    }
    for note in &told.notes {
        let _ = writeln!(out, "\nNote: {note}");
    }
    if let Some(pair) = &told.pair {
        if let Some(model) = &pair.model {
            waterfall(model, &mut out);
        }
        keys("Exact passes", &pair.passes, &mut out);
        if !pair.blocking.is_empty() {
            keys("Blocking rules of the model", &pair.blocking, &mut out);
        }
        let vetoes = if pair.vetoed_by.is_empty() { "none".to_owned() } else { pair.vetoed_by.join(", ") };
        let _ = writeln!(out, "\nGuards that would veto the two by themselves: {vetoes}");
    }
    if told.ledger.is_empty() {
        out.push_str("\nThe ledger of this version of the index has no change of these persons.\n");
    } else {
        out.push_str("\nLedger\n");
        for line in &told.ledger {
            let [person, change, other, cause] = &line.texts;
            let other = if other.is_empty() { String::new() } else { format!(" {other}") };
            let _ = writeln!(out, "  version {:<4} {person} {change}{other} ({cause})", line.version);
        }
    }
    if !told.clear.is_empty() {
        out.push_str("\nIn the clear (registered)\n");
        for (field, [one, other]) in &told.clear {
            let _ = writeln!(out, "  {field:<16} {one:<28} {other}");
        }
    }
    out
}

/// The page of an explanation of records of files.
#[must_use]
pub fn files_explanation_page(told: &FilesExplained) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "Linkage {}\n", told.name);
    for (at, (record, cluster)) in told.records.iter().enumerate() {
        let _ = writeln!(out, "  {}  {record:<32} cluster {cluster}", at + 1);
    }
    let one_person = told.records[0].1 == told.records[1].1;
    let links = told.decisions.len();
    let _ = match (one_person, links) {
        (true, _) => writeln!(out, "\nOne person, by {links} link{}:", if links == 1 { "" } else { "s" }),
        (false, 0) => writeln!(
            out,
            "\nTwo persons. The match log has no decision of the two: they were not compared, or less likely one person than `review:` asks for."
        ),
        (false, _) => writeln!(out, "\nTwo persons. The match log has of the two:"),
    };
    let number = |text: &str| text.parse::<i32>().ok();
    for decided in &told.decisions {
        let [left, right] = &decided.records;
        let stopped = if decided.stopped_by.is_empty() { String::new() } else { format!(" ({})", decided.stopped_by) };
        let (rule, at, said) = (&decided.rule, &decided.number, &decided.decision);
        let _ = writeln!(out, "  {rule}, decision {at}: {left} and {right}, {said}{stopped}");
        let [weight, chance, lead] = &decided.told;
        let lead = before(number(lead), (!decided.rival.is_empty()).then(|| decided.rival.clone()));
        let chance = chance.parse::<f64>().unwrap_or_default();
        let _ = writeln!(
            out,
            "      weight {:.2} bits, probability {chance:.4}, {lead}",
            bits(number(weight).unwrap_or(0))
        );
    }
    if let Some(apart) = told.apart {
        let _ = writeln!(out, "\nNote: {apart}");
    }
    waterfall(&told.weight, &mut out);
    keys("Blocking rules", &told.blocking, &mut out);
    out
}

/// A record on a page: its number where it is one of the two, else how its reference begins.
fn name(told: &Explanation, reference: &str) -> String {
    match told.records.iter().position(|record| record.reference == reference) {
        Some(at) => format!("record {}", at + 1),
        None => reference.get(..12).unwrap_or(reference).to_owned(),
    }
}

fn decision(told: &DecisionTold, name: &dyn Fn(&str) -> String, out: &mut String) {
    let [(left, left_ref), (right, right_ref)] = &told.records;
    let _ = writeln!(
        out,
        "  {} ({}), decision {}: {} of {left} and {} of {right}",
        told.pass,
        told.strength,
        told.number,
        name(left_ref),
        name(right_ref)
    );
    let stopped = if told.stopped_by.is_empty() { String::new() } else { format!(" by {}", told.stopped_by) };
    if told.decision != "link" {
        let _ = writeln!(out, "      {}{stopped}", told.decision);
    }
    if let Some((weight, chance, lead)) = told.weight {
        let weight = i32::try_from(weight).unwrap_or(i32::MAX);
        let lead = lead.and_then(|lead| i32::try_from(lead).ok());
        let rival = (!told.rival.is_empty()).then(|| name(&told.rival));
        let _ =
            writeln!(out, "      weight {:.2} bits, probability {chance:.4}, {}", bits(weight), before(lead, rival));
    }
    for (what, parts) in ["agree", "differ", "missing"].iter().zip(&told.parts) {
        if !parts.is_empty() {
            let _ = writeln!(out, "      {what:<8} {}", parts.replace(',', ", "));
        }
    }
}

/// How far a pair leads the best other one of either record.
fn before(lead: Option<i32>, rival: Option<String>) -> String {
    let Some(lead) = lead else { return "no rival".to_owned() };
    let rival = rival.map_or(String::new(), |rival| format!(", {rival}"));
    let side = if lead < 0 { "behind" } else { "before" };
    format!("{:.2} bits {side} the runner-up{rival}", bits(lead.saturating_abs()))
}

/// The weight of a pair, comparison by comparison.
pub(super) fn waterfall(model: &WeightExplained, out: &mut String) {
    let _ = writeln!(out, "\nThe two compared directly{:27} {:>9}", "", "bits");
    let mut line = |what: &str, level: &str, weight: i32| {
        let told = format!("  {what:<18} {level:<30} {:>9.2}  {}", bits(weight), bar(weight));
        let _ = writeln!(out, "{}", told.trim_end());
    };
    line("any two records", "", model.prior);
    for comparison in &model.comparisons {
        line(&comparison.field, &comparison.level, comparison.weight);
        if comparison.rarity != 0 {
            let what = if comparison.rarity > 0 { "a rare value" } else { "a common value" };
            line("", what, comparison.rarity);
        }
    }
    line("together", "", model.weight);
    let _ = writeln!(out, "  probability {:.4}, rivals not in mind", probability(model.weight));
}

/// A sign for each bit.
fn bar(weight: i32) -> String {
    let whole = usize::try_from(weight.unsigned_abs().div_ceil(1000)).unwrap_or(WIDEST);
    let sign = if weight < 0 { "-" } else { "+" };
    sign.repeat(whole.min(WIDEST))
}

fn keys(title: &str, all: &[KeyExplained], out: &mut String) {
    let _ = writeln!(out, "\n{title}");
    for key in all {
        let strength = key.strength.map_or("", |strength| strength.name());
        let says = match &key.failed {
            None => "brings the two together".to_owned(),
            Some((part, Compared::Differs)) if part == SOURCES => "is not for these sources".to_owned(),
            Some((part, Compared::Missing)) => format!("{part} is missing"),
            Some((_, Compared::OverCommon)) => "is over-common here, and skipped".to_owned(),
            Some((part, _)) => format!("{part} differs"),
        };
        let _ = writeln!(out, "  {:<24} {strength:<2} {says}", key.id);
    }
}
