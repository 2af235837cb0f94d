//! Checks of a mart's document: names that nothing declares, names that no reader takes, columns that its zone may not hold.

use std::collections::BTreeSet;
use std::path::Path;

use indexmap::IndexMap;

use crate::foundation::{Diagnostic, Diagnostics, Located, Zone, did_you_mean};
use crate::marts::cells::{GROUPING_SET, RATE_PARTS, median_status, rate_column};
use crate::marts::dictionary::dictionary;
use crate::marts::spec::{ColumnType, Identifier, MartSpec};

/// Everything that is wrong with the document; `file` is where it stands.
#[must_use]
pub fn check(spec: &MartSpec, file: &Path) -> Diagnostics {
    let mut found = Diagnostics::default();
    names(spec, file, &mut found);
    described(spec, file, &mut found);
    if spec.is_over_marts() {
        over_marts(spec, file, &mut found);
    } else if spec.person.value.is_empty() {
        let d = Diagnostic::error("M004", file, "the mart does not say which column holds the person").at(&spec.mart);
        found.push(d.help("name it under `person:`, or the marts whose cells it compares under `over:`"));
    } else if spec.is_cells() {
        cells(spec, file, &mut found);
    } else {
        persons(spec, file, &mut found);
    }
    let published = dictionary(spec);
    for key in &spec.primary_key {
        known(key, "column of the mart", published.iter().map(|e| e.column.as_str()), file, &mut found);
    }
    if spec.primary_key.is_empty() {
        found.push(Diagnostic::error("M006", file, "the mart has no primary key").at(&spec.mart));
    }
    found
}

/// Letters of a published name, the parts of a rate among them, so that `_status` fits behind it.
const NAME: usize = 25;

/// Every published name: told apart from every other, and taken by every reader.
fn names(spec: &MartSpec, file: &Path, found: &mut Diagnostics) {
    let mut written: Vec<&Located<String>> = spec.columns.iter().map(|c| &c.name).collect();
    written.extend(spec.id.iter().map(|id| &id.published));
    written.extend(spec.dimensions.iter().map(|d| &d.name));
    written.extend(spec.measures.iter().map(|m| &m.name));
    written.extend(spec.medians.iter().map(|m| &m.name));
    written.extend(spec.rates.iter().map(|r| &r.name));
    let mut seen = BTreeSet::from([GROUPING_SET.to_owned()]);
    for name in written {
        let published = published(spec, name);
        let longest = published.iter().max_by_key(|name| name.len()).unwrap_or(&name.value);
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        // The reason why a value is empty stands beside it in a column named after it, within what every reader takes.
        let short = longest.len() <= NAME || (longest.ends_with("_status") && longest.len() <= NAME + "_status".len());
        if !short || !name.starts_with(|c: char| c.is_ascii_lowercase()) || !name.chars().all(plain) {
            let message = format!("`{longest}` is no column name that every reader takes");
            let help = "use at most 25 lower-case ASCII letters, digits and underscores, a letter first; 13 for a rate, whose parts are named after it";
            found.push(Diagnostic::error("M001", file, message).at(name).help(help));
        }
        for twice in published.iter().filter(|name| !seen.insert((*name).clone())) {
            found.push(Diagnostic::error("M002", file, format!("`{twice}` names two columns")).at(name));
        }
    }
}

/// The columns that a written name publishes: its own, and those that are named after a rate or a median.
fn published(spec: &MartSpec, name: &Located<String>) -> Vec<String> {
    let rate = spec.rates.iter().filter(|r| r.name.value == name.value);
    let parts = rate.flat_map(|rate| RATE_PARTS.iter().map(|(part, _, _)| rate_column(rate, part)));
    let medians = spec.medians.iter().filter(|m| m.name.value == name.value).map(median_status);
    std::iter::once(name.value.clone()).chain(parts).chain(medians).collect()
}

/// Every column says what it means, and what an empty value of it does: of a rate its parts say both.
fn described(spec: &MartSpec, file: &Path, found: &mut Diagnostics) {
    let dimensions = spec.dimensions.iter().map(|d| (&d.name, &d.definition));
    let measures = spec.measures.iter().map(|m| (&m.name, &m.definition));
    let medians = spec.medians.iter().map(|m| (&m.name, &m.definition));
    let columns = spec.columns.iter().map(|c| (&c.name, &c.definition));
    for (name, definition) in dimensions.chain(measures).chain(medians).chain(columns) {
        if definition.trim().is_empty() {
            let d = Diagnostic::error("M028", file, format!("column `{}` has no definition", name.value)).at(name);
            found.push(d.help("add `definition:` in plain words; the release's dictionary shows it"));
        }
    }
    for column in &spec.columns {
        let is_key = spec.primary_key.iter().any(|key| key.value == column.name.value);
        if !is_key && column.nulls.as_deref().is_none_or(|nulls| nulls.trim().is_empty()) {
            let message = format!("column `{}` does not say what an empty value means", column.name.value);
            let d = Diagnostic::error("M029", file, message).at(&column.name);
            found.push(d.help("add `nulls:` in plain words, `nulls: never` where it is never empty"));
        }
    }
}

/// A mart over marts has columns and nothing of persons.
fn over_marts(spec: &MartSpec, file: &Path, found: &mut Diagnostics) {
    if spec.columns.is_empty() || spec.is_cells() {
        let d = Diagnostic::error("M003", file, "a mart over marts has `columns` and no `grouping`").at(&spec.mart);
        found.push(d);
        return;
    }
    let counts = spec.columns.iter().filter(|c| matches!(c.kind, ColumnType::Int32 | ColumnType::Int64));
    rates(spec, "column of counts", &counts.map(|c| c.name.as_str()).collect::<Vec<_>>(), file, found);
    let columns: Vec<_> = spec.columns.iter().map(|c| (c.name.as_str(), &c.values)).collect();
    notes(spec, "column of the mart", &columns, file, found);
    let ids = spec.id.iter().map(|id| &id.published);
    for name in ids.chain(Some(&spec.person).filter(|person| !person.value.is_empty())) {
        let d = Diagnostic::error("M004", file, "a mart over marts knows no person").at(name);
        found.push(d.help("its cells are all that it reads"));
    }
}

fn persons(spec: &MartSpec, file: &Path, found: &mut Diagnostics) {
    if let Some(rate) = spec.rates.first() {
        let message = "a person-level mart has no rates";
        found.push(
            Diagnostic::error("M003", file, message).at(&rate.name).help("a rate is of cells, or of a mart over marts"),
        );
    }
    if spec.columns.is_empty() {
        found.push(Diagnostic::error("M003", file, "the mart has neither `columns` nor `grouping`").at(&spec.mart));
    }
    match &spec.id {
        None => {
            let message = "a person-level mart must say under which id its persons are published";
            found.push(
                Diagnostic::error("M004", file, message)
                    .at(&spec.person)
                    .help("id: { column: person_id, as: research_id }"),
            );
        }
        Some(id) if id.column.value != spec.person.value => {
            found.push(Diagnostic::error("M004", file, "the id is not made from the person's column").at(&id.column));
        }
        Some(id) => own(spec, id, file, found),
    }
    for column in &spec.columns {
        if !spec.zone.admits(column.sensitivity) {
            let message = format!("column `{}` may not stand in the {} zone", column.name.value, spec.zone);
            found.push(Diagnostic::error("M005", file, message).at(&column.name));
        }
        if column.person && (spec.zone != Zone::Research || column.kind != ColumnType::Text) {
            let message = "another person stands as text under a project's id, in the research zone alone";
            found.push(Diagnostic::error("M005", file, message).at(&column.name).help("take `person: true` out"));
        }
        if column.name.value == spec.person.value {
            let message = "the internal person id never leaves the linked zone";
            found.push(Diagnostic::error("M005", file, message).at(&column.name));
        }
    }
}

/// A mart of the local zone belongs to organisations, each of which sees its own learners under its own ids; no other mart does.
fn own(spec: &MartSpec, id: &Identifier, file: &Path, found: &mut Diagnostics) {
    match (&id.of, spec.zone) {
        (None, Zone::Local) => {
            let d = Diagnostic::error("M027", file, "a mart of the local zone does not say whose learners it shows");
            found.push(d.at(&id.column).help("id: { column: person_id, as: local_student_id, of: district_id }"));
        }
        (Some(of), Zone::Local) => {
            known(of, "column of the mart", spec.columns.iter().map(|c| c.name.as_str()), file, found);
            if spec.primary_key.first().is_none_or(|first| first.value != of.value) {
                let d = Diagnostic::error("M027", file, format!("the primary key does not begin with `{}`", of.value));
                found.push(d.at(of).help("each organisation gets a file of its own: its rows must stand together"));
            }
        }
        (Some(of), zone) => {
            let d = Diagnostic::error(
                "M027",
                file,
                format!("ids of an organisation's own may not stand in the {zone} zone"),
            );
            found.push(d.at(of).help("take `of:` out, or put the mart in the zone `local`"));
        }
        (None, _) => {}
    }
}

fn cells(spec: &MartSpec, file: &Path, found: &mut Diagnostics) {
    let dimensions = || spec.dimensions.iter().map(|d| d.name.as_str());
    let measures = || spec.measures.iter().map(|m| m.name.as_str());
    for name in spec.always.iter().chain(spec.grouping.iter().flatten()) {
        known(name, "dimension", dimensions(), file, found);
    }
    rates(spec, "measure", &measures().collect::<Vec<_>>(), file, found);
    let columns: Vec<_> = spec.dimensions.iter().map(|d| (d.name.as_str(), &d.values)).collect();
    notes(spec, "dimension", &columns, file, found);
    for name in spec.medians.iter().filter_map(|median| median.pending.as_ref()) {
        known(name, "measure", measures(), file, found);
    }
    for union in &spec.unions {
        known(&union.over, "dimension", dimensions(), file, found);
        for name in &union.measures {
            known(name, "measure", measures(), file, found);
        }
    }
    if let Some(id) = &spec.id {
        found.push(Diagnostic::error("M004", file, "a mart of cells publishes no person's id").at(&id.published));
    }
    for d in &spec.dimensions {
        if d.kind != ColumnType::Text && !spec.is_always(&d.name) {
            let message = format!("dimension `{}` is rolled up, so it must be text", d.name.value);
            found.push(Diagnostic::error("M007", file, message).at(&d.name).help("or name it under `always:`"));
        }
        let stands = spec.is_always(&d.name) || spec.grouping.iter().flatten().any(|name| name.value == d.name.value);
        if !stands {
            let message = format!("no grouping set names dimension `{}`", d.name.value);
            found.push(Diagnostic::warning("M008", file, message).at(&d.name));
        }
    }
    let mut seen = BTreeSet::new();
    for set in &spec.grouping {
        let names: BTreeSet<&str> = set.iter().map(|n| n.as_str()).filter(|n| !spec.is_always(n)).collect();
        let place = set.first().unwrap_or(&spec.mart);
        if !seen.insert(names) {
            found.push(Diagnostic::error("M009", file, "the grouping set stands twice").at(place));
        }
    }
}

/// Every rate is of known counts, and says whom the sources cannot show.
fn rates(spec: &MartSpec, what: &str, counts: &[&str], file: &Path, found: &mut Diagnostics) {
    for rate in &spec.rates {
        let of = [&rate.numerator, &rate.denominator, &rate.covered_denominator];
        for name in of.into_iter().chain(&rate.pending) {
            known(name, what, counts.iter().copied(), file, found);
        }
        if rate.coverage_note.trim().is_empty() && *rate.covered_denominator != *rate.denominator {
            let message = format!("rate `{}` does not say whom the sources cannot show", *rate.name);
            let d = Diagnostic::error("M026", file, message).at(&rate.name);
            found.push(d.help("add `coverage_note:` in plain words; it stands beside every rate"));
        }
    }
}

/// Every note of some rows stands on a column, `columns` with the values that each declares, and on values of it.
fn notes(
    spec: &MartSpec,
    what: &str,
    columns: &[(&str, &IndexMap<String, String>)],
    file: &Path,
    found: &mut Diagnostics,
) {
    for of in spec.rates.iter().flat_map(|rate| &rate.coverage_notes) {
        known(&of.column, what, columns.iter().map(|(name, _)| *name), file, found);
        let values = columns.iter().find(|(name, values)| *name == of.column.as_str() && !values.is_empty());
        for value in of.values.iter().filter(|value| values.is_some_and(|(_, known)| !known.contains_key(*value))) {
            let message = format!("`{value}` is no value of `{}`, so the note stands nowhere", *of.column);
            found.push(Diagnostic::error("M010", file, message).at(&of.column));
        }
    }
}

fn known<'a>(
    name: &Located<String>,
    what: &str,
    known: impl Iterator<Item = &'a str> + Clone,
    file: &Path,
    found: &mut Diagnostics,
) {
    if known.clone().any(|k| k == name.as_str()) {
        return;
    }
    let d = Diagnostic::error("M010", file, format!("`{}` is no {what}", name.value)).at(name);
    found.push(match did_you_mean(name, known.clone()) {
        Some(near) => d.label(format!("did you mean `{near}`?")),
        None => d.help(format!("there are: {}", known.collect::<Vec<_>>().join(", "))),
    });
}
