//! Binding: the `$name` parameters of a rule's SQL become literals, everywhere but in strings, quoted names and comments.

use std::ops::Range;
use std::path::Path;

use indexmap::IndexMap;
use serde_json::Value;

use crate::foundation::{Diagnostic, Located, did_you_mean, sql_text};
use crate::rules::RuleSpec;

/// One `$name` in a text of SQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Placeholder {
    /// The name without its dollar.
    pub(super) name: String,
    /// Where it stands, dollar included, in bytes.
    pub(super) bytes: Range<usize>,
    /// Line, from 1.
    pub(super) line: usize,
    /// Column in characters, from 1.
    pub(super) column: usize,
}

/// Every placeholder of a text of SQL, in order.
pub(super) fn placeholders(sql: &str) -> Vec<Placeholder> {
    let bytes = sql.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &sql.as_bytes()[at..];
        at += match rest {
            [b'\'', ..] => quoted(rest, b'\''),
            [b'"', ..] => quoted(rest, b'"'),
            [b'-', b'-', ..] => rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len()),
            [b'/', b'*', ..] => rest.windows(2).skip(2).position(|w| w == b"*/").map_or(rest.len(), |n| n + 4),
            [b'$', first, ..] if first.is_ascii_alphabetic() => {
                let length = 1 + rest[1..].iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
                let before = &sql[..at];
                let line_start = before.rfind('\n').map_or(0, |n| n + 1);
                found.push(Placeholder {
                    name: sql[at + 1..at + length].to_owned(),
                    bytes: at..at + length,
                    line: 1 + before.matches('\n').count(),
                    column: 1 + before[line_start..].chars().count(),
                });
                length
            }
            _ => 1,
        };
    }
    found
}

/// The length of a quoted run, both quotes included. A doubled quote simply opens the next run.
fn quoted(rest: &[u8], quote: u8) -> usize {
    rest[1..].iter().position(|b| *b == quote).map_or(rest.len(), |n| n + 2)
}

/// The text with each placeholder that has a value replaced by its literal; one without a value is left as it stands.
pub(super) fn bind(sql: &str, parameters: &IndexMap<String, Located<Value>>) -> String {
    let mut out = String::with_capacity(sql.len());
    let mut done = 0;
    for placeholder in placeholders(sql) {
        if let Some(text) = parameters.get(&placeholder.name).and_then(|value| literal(value)) {
            out.push_str(&sql[done..placeholder.bytes.start]);
            out.push_str(&text);
            done = placeholder.bytes.end;
        }
    }
    out.push_str(&sql[done..]);
    out
}

/// A parameter's value as SQL; `None` where it is neither a whole number, true or false, text, nor a list of these.
pub(super) fn literal(value: &Value) -> Option<String> {
    match value {
        Value::Bool(b) => Some(b.to_string()),
        Value::Number(n) if n.is_i64() => Some(n.to_string()),
        Value::String(s) => Some(sql_text(s)),
        Value::Array(items) if !items.is_empty() => items
            .iter()
            .map(|item| if item.is_array() { None } else { literal(item) })
            .collect::<Option<Vec<_>>>()
            .map(|all| all.join(", ")),
        _ => None,
    }
}

/// What is wrong with another value for a parameter of a rule; `file` says it.
pub(super) fn another_value(rule: &RuleSpec, name: &str, value: &Located<Value>, file: &Path) -> Option<Diagnostic> {
    let (parameters, of) = (&rule.parameters, rule.id.as_str());
    let Some(own) = parameters.get(name) else {
        let d = Diagnostic::error("R005", file, format!("`{name}` is no parameter of {of}")).at(value);
        let known: Vec<&str> = parameters.keys().map(String::as_str).collect();
        return Some(match did_you_mean(name, known.iter().copied()) {
            Some(near) => d.label(format!("did you mean `{near}`?")),
            None if known.is_empty() => d.help("it has none"),
            None => d.help(format!("it has: {}", known.join(", "))),
        });
    };
    if literal(value).is_none() {
        let message = format!("parameter `{name}` is neither a whole number, true or false, text, nor a list of these");
        return Some(Diagnostic::error("R007", file, message).at(value).help("write a decimal number in quotes"));
    }
    let message = format!("parameter `{name}` is {} in {of}, and not {}", kind(own), kind(value));
    if !fits(own, value) {
        return Some(Diagnostic::error("R028", file, message).at(value));
    }
    no_choice(rule, name, value, file)
}

/// A word that the rule's SQL does not know.
pub(super) fn no_choice(rule: &RuleSpec, name: &str, value: &Located<Value>, file: &Path) -> Option<Diagnostic> {
    let known: Vec<&str> = rule.choices.get(name)?.iter().map(|word| word.as_str()).collect();
    let words = match &value.value {
        Value::Array(items) => items.iter().collect(),
        one => vec![one],
    };
    let word = words.into_iter().filter_map(Value::as_str).find(|word| !known.contains(word))?;
    let d = Diagnostic::error("R029", file, format!("`{word}` is no choice of parameter `{name}` of {}", *rule.id))
        .at(value);
    Some(match did_you_mean(word, known.iter().copied()) {
        Some(near) => d.label(format!("did you mean `{near}`?")),
        None => d.help(format!("there are: {}", known.join(", "))),
    })
}

/// Whether a value is of the kind of another. One may stand for a list of one, and a number for the text of one, which the SQL casts.
fn fits(own: &Value, value: &Value) -> bool {
    match (own, value) {
        (Value::Array(items), Value::Array(values)) => {
            values.iter().all(|value| items.first().is_none_or(|own| fits(own, value)))
        }
        (Value::Array(items), one) => items.first().is_none_or(|own| fits(own, one)),
        (Value::String(text), Value::Number(_)) => text.is_empty() || text.parse::<f64>().is_ok(),
        // A decimal stands in quotes, that it be bound digit by digit.
        (Value::Number(_), Value::String(text)) => text.parse::<f64>().is_ok(),
        (own, value) => std::mem::discriminant(own) == std::mem::discriminant(value),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a whole number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        _ => "nothing",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn with(pairs: &[(&str, Value)]) -> IndexMap<String, Located<Value>> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), Located::nowhere(value.clone()))).collect()
    }

    #[test]
    fn binds_outside_strings_and_comments_only() {
        let sql = "SELECT '$n', \"$n\", $n -- $n\n/* $n */ WHERE a IN ($l) AND b = $t AND $m";
        let bound = bind(sql, &with(&[("n", json!(2)), ("l", json!(["F", "it's"])), ("t", json!(true))]));
        assert_eq!(bound, "SELECT '$n', \"$n\", 2 -- $n\n/* $n */ WHERE a IN ('F', 'it''s') AND b = true AND $m");
    }

    #[test]
    fn a_placeholder_knows_its_place() {
        let found = placeholders("SELECT 'é'\n  + é$min_n");
        assert_eq!((found[0].name.as_str(), found[0].line, found[0].column), ("min_n", 2, 6));
    }

    #[test]
    fn a_float_has_no_literal() {
        assert_eq!(literal(&json!(0.75)), None);
        assert_eq!(literal(&json!([[1]])), None);
        assert_eq!(literal(&json!(null)), None);
    }

    proptest! {
        #[test]
        fn text_cannot_break_out_of_its_quotes(text in ".*") {
            let bound = bind("$t$u", &with(&[("t", json!(text))]));
            // The string ends where its own quotes end, and the second placeholder stands there unharmed.
            let left = placeholders(&bound);
            prop_assert_eq!(left.len(), 1);
            prop_assert_eq!(left[0].bytes.end, bound.len());
        }

        #[test]
        fn scanning_never_fails(text in ".*") {
            for p in placeholders(&text) {
                prop_assert_eq!(&text[p.bytes.start + 1..p.bytes.end], p.name.as_str());
            }
        }
    }
}
