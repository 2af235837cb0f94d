//! What YAML may say of tokens: recipes, and references to keys.

use std::collections::BTreeMap;
use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::foundation::{Diagnostic, Diagnostics, Located, did_you_mean, schema};

/// One token recipe: which derived parts of an identity record are hashed together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecipeSpec {
    /// The token's column name.
    pub name: Located<String>,
    /// The parts, in order; where one is missing there is no token.
    pub parts: Vec<Located<String>>,
    /// Another recipe with as many parts, under whose key this one is hashed, so that the two compare: swapped names, swapped dates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<Located<String>>,
    /// What the token is for, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Where the keys are: `env:NAME`, `file:PATH`, or `demo` where every source is synthetic. Never the keys themselves.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeysSpec {
    /// The key that agencies hold, under which they tokenise on their side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub send: Option<Located<String>>,
    /// The key that never leaves the hub.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hub: Option<Located<String>>,
}

/// Checks recipes against the parts that can be derived. All findings come together.
#[must_use]
pub fn check(recipes: &[RecipeSpec], known_parts: &[&str], file: &Path) -> Diagnostics {
    let mut out = Diagnostics::default();
    let mut by_name: BTreeMap<&str, &RecipeSpec> = BTreeMap::new();
    let reserved = schema::tokens(&[]);
    for recipe in recipes {
        let name = recipe.name.as_str();
        if !is_name(name) {
            out.push(Diagnostic::error("T001", file, format!("`{name}` cannot name a token")).at(&recipe.name).help(
                "a token's name is a column: lower-case letters, digits and underscores, at most 32, a letter first",
            ));
        } else if reserved.field_with_name(name).is_ok() {
            out.push(
                Diagnostic::error("T002", file, format!("`{name}` is a column that every tokens dataset has"))
                    .at(&recipe.name)
                    .help("give the recipe another name"),
            );
        }
        if let Some(first) = by_name.insert(name, recipe) {
            let help = format!("it is first declared at line {}", first.name.line);
            out.push(
                Diagnostic::error("T003", file, format!("recipe `{name}` is declared twice"))
                    .at(&recipe.name)
                    .help(help),
            );
        }
        if recipe.parts.is_empty() {
            let message = format!("recipe `{name}` has no parts");
            out.push(Diagnostic::error("T004", file, message).at(&recipe.name).help(parts_help(known_parts)));
        }
        for part in recipe.parts.iter().filter(|part| !known_parts.contains(&part.as_str())) {
            let mut found =
                Diagnostic::error("T005", file, format!("no rule derives the part `{}`", part.value)).at(part);
            if let Some(near) = did_you_mean(part, known_parts.iter().copied()) {
                found = found.label(format!("did you mean `{near}`?"));
            }
            out.push(found.help(parts_help(known_parts)));
        }
    }
    for recipe in recipes {
        let Some(domain) = &recipe.domain else { continue };
        let problem = match by_name.get(domain.as_str()) {
            None => "is no recipe",
            Some(owner) if owner.domain.is_some() => "has a domain of its own",
            Some(owner) if owner.parts.len() != recipe.parts.len() => "has another number of parts",
            Some(_) => continue,
        };
        let mut found = Diagnostic::error("T006", file, format!("the domain `{}` {problem}", domain.value)).at(domain);
        if let Some(near) = did_you_mean(domain, by_name.keys().copied().filter(|name| *name != domain.as_str())) {
            found = found.label(format!("did you mean `{near}`?"));
        }
        out.push(
            found.help(
                "a domain names a recipe without one, with as many parts, whose tokens this one is compared with",
            ),
        );
    }
    out
}

fn parts_help(known: &[&str]) -> String {
    format!("parts are: {}", known.join(", "))
}

fn is_name(name: &str) -> bool {
    name.len() <= 32
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

impl RecipeSpec {
    /// A recipe that stands in no document.
    #[must_use]
    pub fn new(name: &str, parts: &[&str], domain: Option<&str>) -> Self {
        Self {
            name: Located::nowhere(name.to_owned()),
            parts: parts.iter().map(|part| Located::nowhere((*part).to_owned())).collect(),
            domain: domain.map(|domain| Located::nowhere(domain.to_owned())),
            note: None,
        }
    }

    /// The recipe's definition as text. Its key rests on it: another definition is another key.
    #[must_use]
    pub fn definition(&self) -> String {
        let parts: Vec<&str> = self.parts.iter().map(|part| part.as_str()).collect();
        format!("recipe {}\nparts {}\n", self.name.value, parts.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARTS: &[&str] = &["first_name", "last_name", "birth_date"];

    fn found(yaml: &str) -> Vec<String> {
        let recipes: Vec<RecipeSpec> = serde_saphyr::from_str(yaml).unwrap();
        let out = check(&recipes, PARTS, Path::new("l.yaml"));
        out.sorted()
            .iter()
            .map(|d| format!("{} {} {}:{} {}", d.code, d.message, d.place.line, d.place.column, d.label))
            .collect()
    }

    #[test]
    fn sound_recipes_have_no_findings() {
        let yaml = "- { name: name, parts: [first_name, last_name] }\n- { name: swapped, parts: [last_name, first_name], domain: name, note: swapped names }\n";
        assert!(found(yaml).is_empty());
    }

    #[test]
    fn an_unknown_part_is_pointed_at() {
        assert_eq!(
            found("- { name: a, parts: [first_nam, last_name] }\n"),
            ["T005 no rule derives the part `first_nam` 1:22 did you mean `first_name`?"]
        );
    }

    #[test]
    fn every_finding_comes_at_once() {
        let codes: Vec<String> = found(
            "- { name: A, parts: [] }\n- { name: source, parts: [first_name] }\n- { name: b, parts: [first_name] }\n\
             - { name: b, parts: [first_name] }\n- { name: c, parts: [first_name, last_name], domain: b }\n- { name: d, parts: [last_name], domain: e }\n",
        )
        .iter()
        .map(|d| d[..4].to_owned())
        .collect();
        assert_eq!(codes, ["T001", "T004", "T002", "T003", "T006", "T006"]);
    }
}
