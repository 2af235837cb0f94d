//! Parsing: a `.sql` file with its front matter becomes a rule, or a list of diagnostics with the file's own line numbers.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;

use crate::foundation::diagnostic::yaml_complaint as complaint;
use crate::foundation::{Diagnostic, Diagnostics, Located, did_you_mean};
use crate::rules::RuleSpec;
use crate::rules::bind::{another_value, literal, no_choice, placeholders};
use crate::rules::case::FixtureFile;

/// One version of one rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// What its front matter says.
    pub spec: RuleSpec,
    /// The file it stands in, relative to the project.
    pub file: PathBuf,
    /// Its SQL as written, parameters not yet bound.
    pub body: String,
    /// The line of the file on which `body` begins, from 1.
    pub body_line: usize,
    /// The pack that says so: the folder, or that of the override which set its parameters.
    pub pack: String,
    /// The override that set its parameters, where one did.
    pub overridden_in: Option<PathBuf>,
    /// The examples that stand beside it, or beside the override.
    pub fixtures: FixtureFile,
}

impl Rule {
    /// The file that says what holds: of a rule whose parameters are overridden, the override.
    #[must_use]
    pub fn said_in(&self) -> &Path {
        self.overridden_in.as_deref().unwrap_or(&self.file)
    }

    /// The first day on which it is effective.
    #[must_use]
    pub fn first_day(&self) -> NaiveDate {
        self.spec.effective.from.value.0
    }

    /// The last such day; `None` while it stands.
    #[must_use]
    pub fn last_day(&self) -> Option<NaiveDate> {
        self.spec.effective.to.as_ref().map(|to| to.value.0)
    }
}

/// Reads one rule from the text of its file.
pub fn load(text: &str, file: &Path) -> Result<Rule, Diagnostics> {
    let mut found = Diagnostics::default();
    let Some((front, body)) = split(text) else {
        found.push(
            Diagnostic::error("R001", file, "the rule has no front matter")
                .at_place(1, 1, 1)
                .help("open the file with `/* ---`, YAML, and `--- */`, each on its own line"),
        );
        return Err(found);
    };
    let front_line = text[..front.start].matches('\n').count();
    // Blank lines in front make the YAML reader count the lines of the file.
    let yaml = format!("{}{}", "\n".repeat(front_line), &text[front]);
    let spec: RuleSpec = match serde_saphyr::from_str(&yaml) {
        Ok(spec) => spec,
        Err(error) => {
            found.push(complaint("R002", file, &error));
            return Err(found);
        }
    };
    let rule = Rule {
        spec,
        file: file.to_owned(),
        body: text[body..].trim_end().trim_end_matches(';').to_owned(),
        body_line: text[..body].matches('\n').count() + 1,
        pack: file.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned(),
        overridden_in: None,
        fixtures: FixtureFile { file: file.with_extension("fixtures.yaml"), cases: Vec::new() },
    };
    check(&rule, &mut found);
    if found.has_errors() { Err(found) } else { Ok(rule) }
}

/// The bytes of the front matter's YAML and the byte at which the SQL begins.
fn split(text: &str) -> Option<(std::ops::Range<usize>, usize)> {
    let mut at = 0;
    let mut opened = None;
    for line in text.split_inclusive('\n') {
        let next = at + line.len();
        match (opened, line.trim()) {
            (None, "") => {}
            (None, "/* ---") => opened = Some(next),
            (None, _) => return None,
            (Some(start), "--- */") => return Some((start..at, next)),
            (Some(_), _) => {}
        }
        at = next;
    }
    None
}

fn check(rule: &Rule, found: &mut Diagnostics) {
    let spec = &rule.spec;
    let file = &rule.file;
    if let Some(to) = &spec.effective.to
        && to.value < spec.effective.from.value
    {
        found.push(Diagnostic::error("R004", file, "the rule ends before it begins").at(to));
    }
    check_parameters(rule, found);
    let mut seen = BTreeSet::new();
    for column in &spec.columns {
        let name = column.name.as_str();
        if !is_column_name(name) {
            found.push(
                Diagnostic::error("R008", file, format!("`{name}` is no column name that every reader takes"))
                    .at(&column.name)
                    .help("use at most 32 lower-case ASCII letters, digits and underscores, a letter first"),
            );
        }
        if !seen.insert(name) {
            found.push(Diagnostic::error("R008", file, format!("column `{name}` stands twice")).at(&column.name));
        }
        if !spec.zone.admits(column.sensitivity) {
            let message = format!("column `{name}` may not stand in the {} zone", spec.zone);
            found.push(Diagnostic::error("R015", file, message).at(&column.name));
        }
    }
    for name in spec.grain.iter().chain(&spec.year) {
        known_column(name, spec, file, found);
    }
    if spec.grain.is_empty() {
        found.push(Diagnostic::error("R009", file, "the rule names no grain").at(&spec.rule));
    }
    if rule.body.trim().is_empty() {
        let line = rule.body_line;
        found.push(Diagnostic::error("R014", file, "the rule has no SQL").at_place(line, 0, 0));
    }
}

/// What is wrong with the parameters that a rule's examples set: a boundary that no parameter draws shows nothing.
#[must_use]
pub fn check_cases(rule: &Rule) -> Vec<Diagnostic> {
    let of_case = rule.fixtures.cases.iter().flat_map(|case| &case.parameters);
    of_case.filter_map(|(name, value)| another_value(&rule.spec, name, value, &rule.fixtures.file)).collect()
}

fn check_parameters(rule: &Rule, found: &mut Diagnostics) {
    let (spec, file) = (&rule.spec, &rule.file);
    let used = placeholders(&rule.body);
    for placeholder in &used {
        if !spec.parameters.contains_key(&placeholder.name) {
            let d = Diagnostic::error("R005", file, format!("`${}` is no parameter of the rule", placeholder.name))
                .at_place(
                    rule.body_line + placeholder.line - 1,
                    placeholder.column,
                    placeholder.name.chars().count() + 1,
                );
            found.push(match did_you_mean(&placeholder.name, spec.parameters.keys().map(String::as_str)) {
                Some(near) => d.label(format!("did you mean `${near}`?")),
                None => d.help("declare it under `parameters:` in the front matter"),
            });
        }
    }
    for (name, words) in spec.choices.iter().filter(|(name, _)| !spec.parameters.contains_key(*name)) {
        let message = format!("`choices:` speaks of `{name}`, which is no parameter of the rule");
        let d = Diagnostic::error("R005", file, message).at(words.first().unwrap_or(&spec.rule));
        found.push(match did_you_mean(name, spec.parameters.keys().map(String::as_str)) {
            Some(near) => d.label(format!("did you mean `{near}`?")),
            None => d.help("name a parameter, or take it out"),
        });
    }
    for (name, value) in &spec.parameters {
        if let Some(d) = no_choice(spec, name, value, file) {
            found.push(d);
        }
        if literal(&value.value).is_none() {
            let message =
                format!("parameter `{name}` is neither a whole number, true or false, text, nor a list of these");
            found.push(
                Diagnostic::error("R007", file, message)
                    .at(value)
                    .help("write a decimal number in quotes and cast it in the SQL: CAST($name AS DECIMAL(12, 2))"),
            );
        }
        if !used.iter().any(|p| p.name == *name) {
            let message = format!("parameter `{name}` is not used in the SQL");
            found.push(
                Diagnostic::error("R006", file, message).at(value).help(format!("use it as `${name}` or remove it")),
            );
        }
    }
}

fn known_column(name: &Located<String>, spec: &RuleSpec, file: &Path, found: &mut Diagnostics) {
    let known = || spec.columns.iter().map(|c| c.name.as_str());
    if !known().any(|c| c == name.as_str()) {
        let d = Diagnostic::error("R009", file, format!("`{}` is no column of the rule", name.value)).at(name);
        found.push(match did_you_mean(name, known()) {
            Some(near) => d.label(format!("did you mean `{near}`?")),
            None => d,
        });
    }
}

fn is_column_name(name: &str) -> bool {
    name.len() <= 32
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}
