//! Checking a contract before any row is seen: every name it uses, every option it gives.

use std::collections::BTreeMap;
use std::path::Path;

use crate::contract::codes::CodeSet;
use crate::contract::column::Column;
use crate::contract::spec::{CheckSpec, ColumnSpec, ControlSpec, DeliverySpec, ReferenceSpec, UniqueSpec};
use crate::contract::types::ColumnType;
use crate::foundation::{Diagnostic, Diagnostics, Located, OnFail, did_you_mean};

/// The parts of a contract that speak of its columns.
#[derive(Clone, Copy, Debug)]
pub struct Parts<'a> {
    /// The columns.
    pub columns: &'a [ColumnSpec],
    /// How deliveries follow one another.
    pub delivery: &'a DeliverySpec,
    /// The natural key.
    pub grain: &'a [Located<String>],
    /// The columns that name the person.
    pub source_person: &'a [Located<String>],
    /// Checks between fields; their expressions are checked where SQL is planned.
    pub checks: &'a [CheckSpec],
    /// Unique checks.
    pub unique: &'a [UniqueSpec],
    /// References; the sources they go to are checked where all contracts are known.
    pub references: &'a [ReferenceSpec],
    /// Control totals.
    pub controls: &'a [ControlSpec],
}

/// Names that accepted rows, or the rows made of them, already have.
const RESERVED: [&str; 6] = ["line", "delivery_seq", "identity_ref", "record_ref", "person_id", "source"];

/// What is wrong with a contract. `file` is the document, for the diagnostics.
pub fn check(file: &Path, parts: &Parts<'_>, code_sets: &BTreeMap<String, CodeSet>, found: &mut Diagnostics) {
    let mut checker = Checker { file, parts, found };
    checker.columns(code_sets);
    checker.keys();
    checker.rules();
    checker.controls();
}

struct Checker<'a> {
    file: &'a Path,
    parts: &'a Parts<'a>,
    found: &'a mut Diagnostics,
}

impl Checker<'_> {
    fn error<T>(&mut self, code: &'static str, at: &Located<T>, message: String, help: &str) {
        self.found.push(Diagnostic::error(code, self.file, message).at(at).help(help));
    }

    fn columns(&mut self, code_sets: &BTreeMap<String, CodeSet>) {
        let mut seen: Vec<&str> = Vec::new();
        for column in self.parts.columns {
            let name = column.name.as_str();
            if seen.contains(&name) {
                self.error(
                    "C001",
                    &column.name,
                    format!("column `{name}` stands twice"),
                    "give each column its own name",
                );
            }
            seen.push(name);
            let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
            if !name.bytes().all(plain) || !name.starts_with(|c: char| c.is_ascii_lowercase()) || name.len() > 32 {
                let help = "names are at most 32 lower-case letters, digits and underscores; what the file calls it goes into `header:`";
                self.error("C002", &column.name, format!("`{name}` is not a column's name"), help);
            }
            let clash = RESERVED.contains(&name)
                || self.parts.columns.iter().any(|other| other.has_status() && other.status_name() == name);
            if clash {
                self.error(
                    "C003",
                    &column.name,
                    format!("rows already have a column `{name}`"),
                    "give it another name, and the file's name in `header:`",
                );
            }
            if column.label.trim().is_empty() {
                self.error(
                    "C004",
                    &column.name,
                    format!("column `{name}` has no label for the dictionary"),
                    "say in a few words what it is",
                );
            }
            // Any date will do: whether `as_of` may stand there does not depend on it.
            if let Some(on) = &column.in_use_on {
                self.is_column(on);
                let known = self.parts.columns.iter().find(|other| *other.name == on.value);
                let dated = known.is_none_or(|on| matches!(*on.kind, ColumnType::Date | ColumnType::Integer));
                if !dated || *column.kind != ColumnType::Code {
                    let message = format!("`in_use_on` of `{}` says nothing of a code and a day", *column.name);
                    self.error(
                        "C019",
                        on,
                        message,
                        "it stands at a column of type `code` and names a date or a school year",
                    );
                }
            }
            for wrong in Column::new(column, code_sets, None).err().unwrap_or_default() {
                let (line, at, length) = wrong.at;
                self.found.push(
                    Diagnostic::error(wrong.code, self.file, wrong.message).at_place(line, at, length).help(wrong.help),
                );
            }
        }
        let mut elements: Vec<_> =
            self.parts.columns.iter().filter_map(|column| column.identity.map(|e| (e, column))).collect();
        elements.sort_by_key(|(element, _)| *element);
        for pair in elements.windows(2) {
            if pair[0].0 == pair[1].0 {
                let message = format!(
                    "columns `{}` and `{}` both hold the {}",
                    *pair[0].1.name,
                    *pair[1].1.name,
                    pair[0].0.name()
                );
                self.error(
                    "C005",
                    &pair[1].1.name,
                    message,
                    "let one of them be the element, and leave `identity:` out of the other",
                );
            }
        }
    }

    /// A name that must be a column of this contract.
    fn is_column(&mut self, name: &Located<String>) {
        let names = || self.parts.columns.iter().map(|column| column.name.as_str());
        if names().any(|known| known == name.value) {
            return;
        }
        let near = did_you_mean(name, names()).map(|near| format!("did you mean `{near}`?")).unwrap_or_default();
        let message = format!("the contract has no column `{}`", name.value);
        self.found.push(
            Diagnostic::error("C020", self.file, message)
                .at(name)
                .label(near)
                .help("columns are declared in `columns:`"),
        );
    }

    fn keys(&mut self) {
        let Parts { delivery, grain, source_person, .. } = *self.parts;
        for name in grain.iter().chain(source_person).chain(&delivery.scope) {
            self.is_column(name);
            let column = self.parts.columns.iter().find(|column| *column.name == name.value);
            if column.is_some_and(|column| column.optional) {
                let message =
                    format!("`{}` tells rows or senders apart, and yet a file may come without it", name.value);
                self.error("C022", name, message, "take `optional` out of the column");
            }
        }
        if grain.is_empty() {
            let help = "add `grain: [...]`, the columns that together name one row";
            self.found
                .push(Diagnostic::error("C021", self.file, "the contract does not say what one row is").help(help));
        }
    }

    fn rules(&mut self) {
        let Parts { columns, checks, unique, references, controls, .. } = *self.parts;
        let ids = checks.iter().map(|c| &c.id).chain(unique.iter().map(|c| &c.id));
        let ids: Vec<_> = ids.chain(references.iter().map(|c| &c.id)).chain(controls.iter().map(|c| &c.id)).collect();
        for (at, id) in ids.iter().enumerate() {
            if ids[..at].contains(id) {
                self.error("C030", id, format!("rule `{}` stands twice", id.value), "give each rule an id of its own");
            }
        }
        for check in checks.iter().filter(|check| check.on_fail == OnFail::NullField) {
            let column =
                check.column.as_ref().and_then(|name| columns.iter().find(|column| *column.name == name.value));
            if column.is_none_or(|column| !column.has_status()) {
                let help =
                    "name it in `column:`; that column too must say `on_fail: null_field`, so that it has a status";
                self.error(
                    "C031",
                    &check.id,
                    format!("rule `{}` does not say which field becomes null", check.id.value),
                    help,
                );
            }
        }
        checks.iter().filter_map(|check| check.column.as_ref()).for_each(|name| self.is_column(name));
        for (id, names, on_fail) in unique
            .iter()
            .map(|c| (&c.id, &c.columns, c.on_fail))
            .chain(references.iter().map(|c| (&c.id, &c.columns, c.on_fail)))
        {
            for name in names {
                self.is_column(name);
            }
            if names.is_empty() {
                self.error("C032", id, format!("rule `{}` names no column", id.value), "list them in `columns:`");
            }
            if on_fail == OnFail::NullField {
                let help = "use `reject_row` or `warn`";
                self.error(
                    "C033",
                    id,
                    format!("rule `{}` is over all rows, where no field can become null", id.value),
                    help,
                );
            }
        }
        for (only, id) in unique.iter().filter_map(|c| Some((c.only.as_ref()?, &c.id))) {
            self.is_column(only);
            let known = columns.iter().find(|column| *column.name == only.value);
            if known.is_some_and(|column| *column.kind != ColumnType::Boolean) {
                let message =
                    format!("rule `{}` compares rows where `{}` is true, which is no boolean", id.value, only.value);
                self.error("C035", only, message, "name a column of type `boolean` in `where:`");
            }
        }
        for reference in references.iter().filter(|reference| reference.columns.len() != reference.key.len()) {
            let help = "`columns` and `key` go in pairs";
            self.error(
                "C034",
                &reference.id,
                format!("rule `{}` has not as many columns as keys", reference.id.value),
                help,
            );
        }
    }

    fn controls(&mut self) {
        for control in self.parts.controls {
            let id = &control.id;
            if control.count_of.is_some() == control.sum_of.is_some() {
                let help = "give one of `count_of: detail`, `count_of: all` and `sum_of: <column>`";
                self.error("C040", id, format!("control `{}` must count or sum, and not both", id.value), help);
            }
            if control.trailer.is_some() == control.header.is_some() {
                let help = "give one of `trailer: <field>` and `header: <field>`";
                self.error(
                    "C041",
                    id,
                    format!("control `{}` does not say which field states the total", id.value),
                    help,
                );
            }
            let Some(name) = &control.sum_of else { continue };
            self.is_column(name);
            let column = self.parts.columns.iter().find(|column| *column.name == name.value);
            if column.is_some_and(|column| !matches!(*column.kind, ColumnType::Integer | ColumnType::Decimal(..))) {
                self.error(
                    "C042",
                    name,
                    format!("control `{}` sums a column that holds no numbers", id.value),
                    "sum an integer or decimal column",
                );
            }
        }
    }
}
