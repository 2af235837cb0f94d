//! Layers: packs of rules that stand over one another. What a later pack says of a table holds on the days on which it is effective; on all other
//! days the pack below holds, untouched.

use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::foundation::diagnostic::yaml_complaint as complaint;
use crate::foundation::{Diagnostic, Diagnostics, Located, did_you_mean};
use crate::rules::Rule;
use crate::rules::bind::another_value;
use crate::rules::case::FixtureFile;
use crate::rules::parse::check_cases;
use crate::rules::spec::{Day, Effective};

/// Parameters of a rule of an earlier pack, set otherwise for some time: `NAME.override.yaml`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OverrideSpec {
    /// The table whose rule is changed.
    pub overrides: Located<String>,
    /// The id that stands on every row made so.
    pub id: Located<String>,
    /// The version, from 1.
    pub version: u32,
    /// What is said otherwise, in plain words.
    pub says: String,
    /// What it rests on.
    pub citation: String,
    /// Who answers for it.
    pub owner: String,
    /// The days on which it holds.
    pub effective: Effective,
    /// The parameters that differ; the others stay as they are.
    pub parameters: IndexMap<String, Located<Value>>,
}

/// One override and its file.
#[derive(Clone, Debug)]
pub struct Override {
    /// What it says.
    pub spec: OverrideSpec,
    /// The file, relative to the project.
    pub file: PathBuf,
    /// The examples that stand beside it.
    pub fixtures: FixtureFile,
}

/// Reads an override from the text of its file.
pub fn load_override(text: &str, file: &Path, fixtures: FixtureFile) -> Result<Override, Diagnostics> {
    let mut found = Diagnostics::default();
    let spec: OverrideSpec = match serde_saphyr::from_str(text) {
        Ok(spec) => spec,
        Err(error) => {
            found.push(complaint("R002", file, &error));
            return Err(found);
        }
    };
    if spec.parameters.is_empty() {
        let d = Diagnostic::error("R014", file, "the override sets no parameter").at(&spec.overrides);
        found
            .push(d.help("name under `parameters:` what differs; to write other SQL, put a whole rule into this pack"));
    }
    let effective = &spec.effective;
    if let Some(to) = effective.to.as_ref().filter(|to| to.value < effective.from.value) {
        found.push(Diagnostic::error("R004", file, "the override ends before it begins").at(to));
    }
    if found.has_errors() { Err(found) } else { Ok(Override { spec, file: file.to_owned(), fixtures }) }
}

/// A pack of rules: a folder.
#[derive(Clone, Debug, Default)]
pub struct Pack {
    /// Its name.
    pub name: String,
    /// Its rules, in order of their files.
    pub rules: Vec<Rule>,
    /// What it says of rules of earlier packs, in order of its files.
    pub overrides: Vec<Override>,
}

/// Packs laid over one another.
#[derive(Clone, Debug, Default)]
pub struct Layers {
    /// What holds: every version of every rule on the days that no later pack takes from it.
    pub effective: Vec<Rule>,
    /// What each pack says, from the bottom up.
    pub said: Vec<Said>,
}

/// A rule as its pack says it.
#[derive(Clone, Debug)]
pub struct Said {
    /// The rule, on all days of its own.
    pub rule: Rule,
    /// What held of its table on those days before.
    pub over: Vec<Rule>,
}

/// Lays packs over one another, the first at the bottom; what is wrong is pushed, and left out.
#[must_use]
pub fn layered(packs: &[Pack], found: &mut Diagnostics) -> Layers {
    let mut below: Vec<Rule> = Vec::new();
    let mut all = Vec::new();
    for pack in packs {
        let mut own = pack.rules.clone();
        for one in &pack.overrides {
            own.extend(overridden(one, &pack.name, &below, found));
        }
        let said = twice(&own, found);
        let before = below.clone();
        for rule in own.into_iter().enumerate().filter(|(at, _)| !said.contains(at)).map(|(_, rule)| rule) {
            let same = |under: &&Rule| under.spec.rule.value == rule.spec.rule.value && meet(under, &rule).is_some();
            all.push(Said { rule: rule.clone(), over: before.iter().filter(same).cloned().collect() });
            below = below.iter().flat_map(|under| without(under, &rule)).collect();
            below.push(rule);
        }
    }
    Layers { effective: below, said: all }
}

/// The rules of one pack that speak of one table on the same days as another of it: two may not hold at once, whichever came first.
fn twice(own: &[Rule], found: &mut Diagnostics) -> Vec<usize> {
    let mut said = Vec::new();
    for (at, rule) in own.iter().enumerate() {
        let other = own[..at].iter().enumerate().find(|(before, other)| {
            !said.contains(before) && other.spec.rule.value == rule.spec.rule.value && meet(other, rule).is_some()
        });
        if let Some((_, other)) = other {
            let day = meet(other, rule).map(|day| day.to_string()).unwrap_or_default();
            let message = format!("two versions of `{}` are effective on {day}", *rule.spec.rule);
            let help = format!("the other stands in {}; give it an `effective.to`", other.said_in().display());
            found.push(Diagnostic::error("R010", rule.said_in(), message).at(&rule.spec.effective.from).help(help));
            said.push(at);
        }
    }
    said
}

/// The first day on which two rules are both effective.
fn meet(one: &Rule, other: &Rule) -> Option<NaiveDate> {
    let first = one.first_day().max(other.first_day());
    let ended = |rule: &Rule| rule.last_day().is_some_and(|last| last < first);
    (!ended(one) && !ended(other)).then_some(first)
}

/// What an override makes of the rules below: each of its table, where the two meet, with other parameters.
fn overridden(one: &Override, pack: &str, below: &[Rule], found: &mut Diagnostics) -> Vec<Rule> {
    let spec = &one.spec;
    let mut wrong = |diagnostic: Diagnostic| found.push(diagnostic);
    let of_table: Vec<&Rule> = below.iter().filter(|rule| rule.spec.rule.value == spec.overrides.value).collect();
    if of_table.is_empty() {
        let message = format!("no earlier pack makes a table `{}`", *spec.overrides);
        let d = Diagnostic::error("R018", &one.file, message).at(&spec.overrides);
        let known = below.iter().map(|rule| rule.spec.rule.as_str());
        wrong(match did_you_mean(&spec.overrides, known) {
            Some(near) => d.label(format!("did you mean `{near}`?")),
            None => d.help("in `rules:` of the pipeline the packs stand from the bottom up"),
        });
        return Vec::new();
    }
    let mut made = Vec::new();
    for rule in of_table {
        let mut over = rule.clone();
        pack.clone_into(&mut over.pack);
        over.overridden_in = Some(one.file.clone());
        over.fixtures = one.fixtures.clone();
        over.spec.id.clone_from(&spec.id);
        over.spec.version = spec.version;
        over.spec.says.clone_from(&spec.says);
        over.spec.citation.clone_from(&spec.citation);
        over.spec.owner.clone_from(&spec.owner);
        over.spec.effective = spec.effective.clone();
        let Some(first) = meet(rule, &over) else { continue };
        if first != over.first_day() {
            over.spec.effective.from = spec.effective.from.with(Day(first));
        }
        if let Some(last) = rule.last_day().filter(|last| over.last_day().is_none_or(|own| *last < own)) {
            over.spec.effective.to = Some(spec.effective.from.with(Day(last)));
        }
        for (name, value) in &spec.parameters {
            match another_value(&rule.spec, name, value, &one.file) {
                Some(diagnostic) => wrong(diagnostic),
                None => {
                    over.spec.parameters.insert(name.clone(), value.clone());
                }
            }
        }
        check_cases(&over).into_iter().for_each(&mut wrong);
        made.push(over);
    }
    if made.is_empty() {
        let message = format!("no version of `{}` is effective when this override is", *spec.overrides);
        wrong(Diagnostic::error("R019", &one.file, message).at(&spec.effective.from));
    }
    if let [_, _, ..] = made[..] {
        let message = format!("the override reaches over {} versions of `{}`", made.len(), *spec.overrides);
        let help = "write one for each, with an id and version of its own, so that every row tells which SQL made it";
        wrong(Diagnostic::error("R024", &one.file, message).at(&spec.effective.from).help(help));
    }
    made
}

/// A rule without the days on which another of its table is effective: none, one or two pieces.
fn without(rule: &Rule, over: &Rule) -> Vec<Rule> {
    if rule.spec.rule.value != over.spec.rule.value || meet(rule, over).is_none() {
        return vec![rule.clone()];
    }
    let mut pieces = Vec::new();
    if let Some(last) = over.first_day().pred_opt().filter(|last| rule.first_day() <= *last) {
        let mut before = rule.clone();
        before.spec.effective.to = Some(Located::nowhere(Day(last)));
        pieces.push(before);
    }
    let next = over.last_day().and_then(|last| last.succ_opt());
    if let Some(first) = next.filter(|first| rule.last_day().is_none_or(|last| *first <= last)) {
        let mut after = rule.clone();
        after.spec.effective.from = Located::nowhere(Day(first));
        pieces.push(after);
    }
    pieces
}
