//! Resolving: which version of a rule is effective on a day, and the query that makes a table from all its versions.

use std::collections::BTreeMap;

use arrow::datatypes::SchemaRef;
use chrono::{Datelike, NaiveDate};

use crate::foundation::{Diagnostic, Diagnostics, Located};
use crate::rules::{Rule, RuleError};

/// The program year of a day: the year in which it ends. A program year runs from 1 July to 30 June.
#[must_use]
pub fn program_year(day: NaiveDate) -> i32 {
    day.year() + i32::from(day.month() >= 7)
}

/// One table and the rules that make it, in order of their first day.
#[derive(Clone, Debug)]
pub struct RuleTable<'a> {
    /// The table's name.
    pub name: &'a str,
    /// The versions, in order of their first day; never empty.
    pub versions: Vec<&'a Rule>,
}

/// Brings the versions of every table together, in order of table name, and checks their dates and columns.
pub fn tables(rules: &[Rule]) -> Result<Vec<RuleTable<'_>>, Diagnostics> {
    let mut by_name: BTreeMap<&str, Vec<&Rule>> = BTreeMap::new();
    for rule in rules {
        by_name.entry(rule.spec.rule.as_str()).or_default().push(rule);
    }
    let mut found = Diagnostics::default();
    let mut tables = Vec::new();
    for (name, mut versions) in by_name {
        versions.sort_by_key(|r| (r.spec.effective.from.value.0, r.spec.version));
        for pair in versions.windows(2) {
            neighbours(pair[0], pair[1], &mut found);
        }
        tables.push(RuleTable { name, versions });
    }
    if found.has_errors() { Err(found) } else { Ok(tables) }
}

fn neighbours(one: &Rule, next: &Rule, found: &mut Diagnostics) {
    let (a, b) = (&one.spec, &next.spec);
    let from = &b.effective.from;
    let first_day = from.value.0;
    let table = &a.rule.value;
    match a.effective.to.as_ref().map(|to| to.value.0) {
        Some(to) if to < first_day => {
            if to.succ_opt() != Some(first_day) {
                let message = format!("no version of `{table}` is effective between {to} and {first_day}");
                found.push(
                    Diagnostic::error("R011", next.said_in(), message)
                        .at(from)
                        .help("let each version begin the day after the last"),
                );
            }
        }
        _ => {
            let message = format!("two versions of `{table}` are effective on {first_day}");
            found.push(
                Diagnostic::error("R010", next.said_in(), message)
                    .at(from)
                    .help(format!("the other stands in {}; give it an `effective.to`", one.said_in().display())),
            );
        }
    }
    if a.id.value == b.id.value && a.version == b.version {
        let message = format!("rule {} has version {} twice", a.id.value, a.version);
        found.push(Diagnostic::error("R012", next.said_in(), message).at(&b.id));
    }
    if one.schema() != next.schema() || a.year.as_deref() != b.year.as_deref() {
        let message = format!("the versions of `{table}` do not make the same columns");
        let help = format!("compare with {}", one.said_in().display());
        found.push(Diagnostic::error("R013", next.said_in(), message).at(&b.rule).help(help));
    }
    if a.year.is_some() && (first_day.month(), first_day.day()) != (7, 1) {
        let message = format!("a version of `{table}` begins on {first_day}, within a program year");
        found.push(
            Diagnostic::error("R016", next.said_in(), message)
                .at(from)
                .help("a program year runs from 1 July to 30 June"),
        );
    }
}

impl<'a> RuleTable<'a> {
    /// The version that is effective on a day.
    #[must_use]
    pub fn on(&self, day: NaiveDate) -> Option<&'a Rule> {
        self.versions.iter().copied().find(|rule| {
            let effective = &rule.spec.effective;
            effective.from.value.0 <= day && effective.to.as_ref().is_none_or(|to| day <= to.value.0)
        })
    }

    /// The version that is effective on the first day of a program year.
    #[must_use]
    pub fn for_program_year(&self, year: i32) -> Option<&'a Rule> {
        self.on(NaiveDate::from_ymd_opt(year - 1, 7, 1)?)
    }

    /// The query that makes the whole table: each version for the program years in which it is effective. A table without a reporting
    /// year is made by the version that is effective on `as_of`, else by the last one.
    #[must_use]
    pub fn sql(&self, as_of: NaiveDate) -> String {
        let by_year = self.versions.iter().all(|rule| rule.spec.year.is_some());
        if by_year {
            let all: Vec<String> = self.versions.iter().map(|rule| rule.sql()).collect();
            all.join("\nUNION ALL\n")
        } else {
            self.on(as_of).or(self.versions.last().copied()).map(Rule::sql).unwrap_or_default()
        }
    }

    /// What any version says of the tables in which its rows must be found.
    pub fn within(&self) -> impl Iterator<Item = (&'a str, &'a [Located<String>])> {
        let of = |rule: &'a Rule| rule.spec.within.iter().map(|(table, on)| (table.as_str(), on.as_slice()));
        self.versions.iter().copied().flat_map(of)
    }

    /// The schema of the table.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        self.versions.first().map_or_else(|| SchemaRef::new(arrow::datatypes::Schema::empty()), |rule| rule.schema())
    }

    /// The tables that any version reads, in order of name.
    pub fn reads(&self) -> Result<Vec<String>, RuleError> {
        let mut names = Vec::new();
        for rule in &self.versions {
            names.extend(rule.reads()?);
        }
        names.sort();
        names.dedup();
        Ok(names)
    }
}
