//! Making a column ready: what its specification says, checked and turned into what rows are read with.

use std::collections::BTreeMap;

use crate::contract::codes::CodeSet;
use crate::contract::column::{Column, Reader, Words};
use crate::contract::date::{DateFormat, parse_iso};
use crate::contract::number::{Decimals, integer};
use crate::contract::pattern::Pattern;
use crate::contract::spec::ColumnSpec;
use crate::contract::text::INLINE;
use crate::contract::types::{ColumnType, Scalar};
use crate::contract::written::Written;
use crate::foundation::{Element, Located, did_you_mean};

const TRUE_WORDS: [&str; 5] = ["Y", "YES", "TRUE", "T", "1"];
const FALSE_WORDS: [&str; 5] = ["N", "NO", "FALSE", "F", "0"];

/// What is wrong with the specification of a column, and where.
#[derive(Clone, Debug)]
pub(crate) struct Wrong {
    pub(crate) code: &'static str,
    pub(crate) message: String,
    /// Line, column and length.
    pub(crate) at: (usize, usize, usize),
    pub(crate) help: String,
}

impl Wrong {
    fn new<T>(code: &'static str, at: &Located<T>, message: String, help: impl Into<String>) -> Self {
        Self { code, message, at: (at.line, at.column, at.length), help: help.into() }
    }
}

/// A list of what is wrong, and of what came out right.
struct Findings(Vec<Wrong>);

impl Findings {
    fn keep<T>(&mut self, result: Result<T, Wrong>) -> Option<T> {
        result.map_err(|wrong| self.0.push(wrong)).ok()
    }
}

impl Column {
    /// Makes a column ready. `as_of` is the run's date in days since 1970-01-01; without it `as_of` bounds nothing.
    pub(crate) fn new(
        spec: &ColumnSpec,
        code_sets: &BTreeMap<String, CodeSet>,
        as_of: Option<i32>,
    ) -> Result<Self, Vec<Wrong>> {
        let mut found = Findings(misplaced(spec));
        let reader = found.keep(reader(spec, code_sets));
        let mut bound =
            |at: &Option<Located<Scalar>>| at.as_ref().and_then(|at| found.keep(bound(spec, at, as_of))).flatten();
        let (min, max) = (bound(&spec.min), bound(&spec.max));
        let pattern = spec.pattern.as_ref().and_then(|at| found.keep(pattern(spec, at)));
        if spec.optional && spec.required {
            let message = format!("column `{}` is required, and yet a file may come without it", *spec.name);
            found.0.push(Wrong::new("C022", &spec.name, message, "take one of `required` and `optional` out"));
        }
        if let Some(at) = &spec.header_pattern {
            found.keep(Pattern::new(at).map_err(|says| {
                let message = format!("the pattern by which column `{}` is found is {says}", *spec.name);
                Wrong::new("C014", at, message, "write a regular expression that the whole name matches")
            }));
            if spec.header.is_some() {
                let message = format!("column `{}` has a `header` and a `header_pattern`", *spec.name);
                found.0.push(Wrong::new("C018", at, message, "keep one of them; other names belong in `aliases`"));
            }
        }
        if let (Some(_), Some(_)) = (&spec.number, spec.implied_decimals) {
            let message = format!("column `{}` has a `number` form and `implied_decimals`", *spec.name);
            found.0.push(Wrong::new("C018", &spec.name, message, "keep one of them"));
        }
        if let (Some(least), Some(most), Some(at)) = (min, max, &spec.max)
            && least > most
        {
            let message = format!("`min` of column `{}` is greater than its `max`", *spec.name);
            found.0.push(Wrong::new("C013", at, message, "swap or correct them"));
        }
        let (Some(reader), true) = (reader, found.0.is_empty()) else { return Err(found.0) };
        let shown = |at: Option<&Located<String>>| at.map(|at| at.value.clone()).unwrap_or_default();
        let tokens = spec.null_tokens.iter().map(|token| token.trim_ascii().as_bytes().to_vec());
        Ok(Self {
            name: spec.name.value.clone(),
            kind: *spec.kind,
            on_fail: spec.on_fail,
            has_status: spec.has_status(),
            required: spec.required,
            null_tokens: tokens.filter(|token| !token.is_empty()).collect(),
            reader,
            min,
            max,
            max_length: spec.max_length,
            pattern,
            written: (spec.excel_text || spec.number.is_some())
                .then(|| Written { excel_text: spec.excel_text, number: spec.number.clone() }),
            warns_of_lost_zero: spec.identity == Some(Element::Ssn) && !spec.lost_zeros,
            type_reason: type_reason(spec),
            range_reason: range_reason(spec),
            pattern_reason: format!("the value does not have the form {}", shown(spec.pattern.as_ref())),
            code_reason: format!("the value is no code of {}", shown(spec.code_set.as_ref())),
        })
    }
}

/// Options that mean nothing for the column's type.
fn misplaced(spec: &ColumnSpec) -> Vec<Wrong> {
    let kind = *spec.kind;
    let given = [
        ("formats", !spec.formats.is_empty(), kind == ColumnType::Date),
        ("true_values", !spec.true_values.is_empty(), kind == ColumnType::Boolean),
        ("false_values", !spec.false_values.is_empty(), kind == ColumnType::Boolean),
        ("implied_decimals", spec.implied_decimals.is_some(), matches!(kind, ColumnType::Decimal(..))),
        ("number", spec.number.is_some(), matches!(kind, ColumnType::Integer | ColumnType::Decimal(..))),
        ("code_set", spec.code_set.is_some(), kind == ColumnType::Code),
        ("pattern", spec.pattern.is_some(), kind.is_text()),
        ("max_length", spec.max_length.is_some(), kind.is_text()),
        ("min", spec.min.is_some(), kind.is_ordered()),
        ("max", spec.max.is_some(), kind.is_ordered()),
    ];
    let wrong = given.into_iter().filter(|(_, given, fits)| *given && !fits);
    wrong
        .map(|(option, ..)| {
            let message = format!("column `{}` is of type {kind}, for which `{option}` means nothing", *spec.name);
            Wrong::new("C015", &spec.name, message, "take the option out, or correct the type")
        })
        .collect()
}

fn reader(spec: &ColumnSpec, code_sets: &BTreeMap<String, CodeSet>) -> Result<Reader, Wrong> {
    let name = &*spec.name;
    match *spec.kind {
        ColumnType::Text => Ok(Reader::Text),
        ColumnType::Code => {
            let Some(at) = &spec.code_set else {
                let message = format!("column `{name}` is a code and does not say of which set");
                return Err(Wrong::new("C010", &spec.name, message, "add `code_set:`, or make it `type: text`"));
            };
            let Some(set) = code_sets.get(&at.value) else {
                let near = did_you_mean(at, code_sets.keys().map(String::as_str))
                    .map(|near| format!("did you mean `{near}`? "));
                let help = format!("{}code sets lie in config/code_sets", near.unwrap_or_default());
                return Err(Wrong::new("C011", at, format!("there is no code set `{}`", at.value), help));
            };
            Ok(Reader::Code(Words::new(set.codes().iter().map(|code| code.code.as_str()))))
        }
        ColumnType::Integer => Ok(Reader::Integer),
        ColumnType::Decimal(precision, scale) => {
            Ok(Reader::Decimal(Decimals { precision, scale: scale.unsigned_abs(), implied: spec.implied_decimals }))
        }
        ColumnType::Date if spec.formats.is_empty() => DateFormat::parse("%Y-%m-%d")
            .map(|format| Reader::Date(vec![format]))
            .map_err(|says| Wrong::new("C016", &spec.name, says, "")),
        ColumnType::Date => {
            let format = |at: &Located<String>| {
                DateFormat::parse(at)
                    .map_err(|says| Wrong::new("C016", at, says, "such as %Y-%m-%d, %m/%d/%Y, %Y%m%d or excel_serial"))
            };
            spec.formats.iter().map(format).collect::<Result<_, _>>().map(Reader::Date)
        }
        ColumnType::Boolean => {
            let (yes, no) = (words(&spec.true_values, &TRUE_WORDS), words(&spec.false_values, &FALSE_WORDS));
            if yes.iter().chain(&no).any(|word| word.len() > INLINE || word.is_empty()) {
                let message =
                    format!("a word of column `{name}` for true or false is empty or longer than {INLINE} characters");
                return Err(Wrong::new(
                    "C017",
                    &spec.name,
                    message,
                    "make the column a code where its values are longer",
                ));
            }
            if let Some(both) = yes.iter().find(|word| no.contains(word)) {
                let message = format!("`{both}` stands for true and for false in column `{name}`");
                return Err(Wrong::new(
                    "C017",
                    &spec.name,
                    message,
                    "give `true_values` and `false_values` words of their own",
                ));
            }
            let ready = |words: &[String]| Words::new(words.iter().map(String::as_str));
            Ok(Reader::Boolean(ready(&yes), ready(&no)))
        }
    }
}

fn words(given: &[String], usual: &[&str]) -> Vec<String> {
    let upper = |word: &str| word.trim_ascii().to_ascii_uppercase();
    if given.is_empty() {
        usual.iter().map(|word| upper(word)).collect()
    } else {
        given.iter().map(|word| upper(word)).collect()
    }
}

/// A bound in the column's own units.
fn bound(spec: &ColumnSpec, at: &Located<Scalar>, as_of: Option<i32>) -> Result<Option<i128>, Wrong> {
    let text = at.0.as_str();
    let (value, help) = match *spec.kind {
        ColumnType::Date if text == "as_of" => return Ok(as_of.map(i128::from)),
        ColumnType::Date => {
            (parse_iso(text).map(i128::from), "write it as 2019-07-01, or `as_of` for the run's own date")
        }
        ColumnType::Integer => (integer(text.as_bytes()).map(i128::from), "write a whole number"),
        ColumnType::Decimal(_, scale) => {
            let plain = Decimals { precision: 38, scale: scale.unsigned_abs(), implied: None };
            (plain.read(text.as_bytes()), "write a number with no more decimals than the column has")
        }
        // Said once, by `misplaced`.
        ColumnType::Text | ColumnType::Code | ColumnType::Boolean => return Ok(None),
    };
    let message = || format!("`{text}` bounds column `{}` of type {} and is no such value", *spec.name, *spec.kind);
    value.map(Some).ok_or_else(|| Wrong::new("C012", at, message(), help))
}

fn pattern(spec: &ColumnSpec, at: &Located<String>) -> Result<Pattern, Wrong> {
    Pattern::new(at).map_err(|says| {
        let message = format!("the pattern of column `{}` is {says}", *spec.name);
        Wrong::new("C014", at, message, "patterns are regular expressions without look-around and back-references")
    })
}

fn type_reason(spec: &ColumnSpec) -> String {
    match *spec.kind {
        ColumnType::Integer => "the value is not a whole number".to_owned(),
        ColumnType::Decimal(precision, scale) => {
            let whole = i16::from(precision) - i16::from(scale);
            spec.implied_decimals.map_or_else(
                || {
                    format!(
                        "the value is not a number with at most {whole} digits before the point and {scale} behind it"
                    )
                },
                |implied| format!("the value is not written in digits alone, of which the last {implied} are decimals"),
            )
        }
        ColumnType::Date => {
            let formats: Vec<_> = spec.formats.iter().map(|at| at.value.as_str()).collect();
            format!(
                "the value is not a date written as {}",
                if formats.is_empty() { "%Y-%m-%d".to_owned() } else { formats.join(" or ") }
            )
        }
        ColumnType::Boolean => {
            let (yes, no) = (words(&spec.true_values, &TRUE_WORDS), words(&spec.false_values, &FALSE_WORDS));
            format!("the value is neither {} nor {}", yes.join(", "), no.join(", "))
        }
        ColumnType::Text | ColumnType::Code => "the value is no text".to_owned(),
    }
}

fn range_reason(spec: &ColumnSpec) -> String {
    let shown = |at: &Located<Scalar>| if at.0 == "as_of" { "the run's own date".to_owned() } else { at.0.clone() };
    let date = *spec.kind == ColumnType::Date;
    let (below, above) = if date { ("before", "after") } else { ("less than", "greater than") };
    match (&spec.min, &spec.max) {
        (Some(min), Some(max)) => format!("the value is {below} {} or {above} {}", shown(min), shown(max)),
        (Some(min), None) => format!("the value is {below} {}", shown(min)),
        (None, Some(max)) => format!("the value is {above} {}", shown(max)),
        (None, None) => String::new(),
    }
}
