//! A code set: the codes that a column may hold, with their labels and the days between which they are in use.

use std::collections::BTreeMap;

use crate::contract::date::parse_iso;
use crate::contract::error::ContractError;

/// One code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    /// The code as it stands in files.
    pub code: String,
    /// What it means.
    pub label: String,
    /// First day of its use, in days since 1970-01-01.
    pub valid_from: Option<i32>,
    /// Last day of its use.
    pub valid_to: Option<i32>,
}

/// A code set in the order of its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeSet {
    codes: Vec<Code>,
    by_code: BTreeMap<String, usize>,
}

impl CodeSet {
    /// Reads a code set from its CSV: `code,label` and, where it has them, `valid_from,valid_to`.
    pub fn parse(text: &str) -> Result<Self, ContractError> {
        let wrong = |line: usize, says: String| ContractError::CodeSet { line, says };
        let text = text.trim_start_matches('\u{feff}');
        let mut lines = text.lines().enumerate().map(|(at, line)| (at + 1, line));
        let header = lines.next().map(|(_, line)| fields(line)).unwrap_or_default();
        let names: Vec<_> = header.iter().map(String::as_str).collect();
        if !matches!(names[..], ["code", "label"] | ["code", "label", "valid_from", "valid_to"]) {
            return Err(wrong(
                1,
                "the header is not `code,label,valid_from,valid_to`; the last two may be left out".to_owned(),
            ));
        }
        let mut set = Self { codes: Vec::new(), by_code: BTreeMap::new() };
        for (line, text) in lines.filter(|(_, text)| !text.trim().is_empty()) {
            let fields = fields(text);
            if fields.len() > names.len() || fields.len() < 2 {
                let says = format!(
                    "the line has {} fields where the header has {}; quote a label that holds a comma",
                    fields.len(),
                    names.len()
                );
                return Err(wrong(line, says));
            }
            let day = |at: usize| match fields.get(at).map_or("", String::as_str) {
                "" => Ok(None),
                text => parse_iso(text)
                    .map(Some)
                    .ok_or_else(|| wrong(line, format!("`{}` is not a date such as 2019-07-01", names[at]))),
            };
            let (code, label) = (fields[0].clone(), fields[1].clone());
            if code.is_empty() {
                return Err(wrong(line, "the code is empty; a missing value is no code".to_owned()));
            }
            let (valid_from, valid_to) = (day(2)?, day(3)?);
            if let Some(earlier) = set.by_code.insert(code.clone(), set.codes.len()) {
                return Err(wrong(
                    line,
                    format!("code `{code}` stands twice, first as `{}`", set.codes[earlier].label),
                ));
            }
            set.codes.push(Code { code, label, valid_from, valid_to });
        }
        if set.codes.is_empty() { Err(wrong(1, "the code set holds no code".to_owned())) } else { Ok(set) }
    }

    /// The codes in the order of the file.
    #[must_use]
    pub fn codes(&self) -> &[Code] {
        &self.codes
    }

    /// The code as the set has it.
    #[must_use]
    pub fn get(&self, code: &str) -> Option<&Code> {
        self.by_code.get(code).map(|at| &self.codes[*at])
    }

    /// Whether the code was in use on any day between two, given in days since 1970-01-01.
    #[must_use]
    pub fn holds_between(&self, code: &str, first: i32, last: i32) -> bool {
        self.get(code).is_some_and(|code| {
            code.valid_from.is_none_or(|from| from <= last) && code.valid_to.is_none_or(|to| first <= to)
        })
    }
}

/// The fields of one CSV line, unquoted and trimmed.
fn fields(line: &str) -> Vec<String> {
    let (mut fields, mut quoted, mut after_quote) = (vec![String::new()], false, false);
    for c in line.chars() {
        let Some(field) = fields.last_mut() else { break };
        match c {
            '"' => {
                if after_quote && !quoted {
                    field.push('"');
                }
                quoted = !quoted;
            }
            ',' if !quoted => fields.push(String::new()),
            c => field.push(c),
        }
        after_quote = c == '"' && !quoted;
    }
    fields.iter().map(|field| field.trim().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_keep_their_order_labels_and_days() {
        let set = CodeSet::parse(
            "code,label,valid_from,valid_to\n02,\"Late, very\",2019-07-01,\n01,\"Said \"\"no\"\"\",,2020-06-30\n",
        )
        .unwrap();
        assert_eq!(set.codes().iter().map(|c| c.code.as_str()).collect::<Vec<_>>(), ["02", "01"]);
        assert_eq!(set.get("02").unwrap().label, "Late, very");
        assert_eq!(set.get("01").unwrap().label, "Said \"no\"");
        let on = |code, text| {
            let day = parse_iso(text).unwrap();
            set.holds_between(code, day, day)
        };
        assert!(on("02", "2019-07-01") && !on("02", "2019-06-30"));
        assert!(on("01", "2020-06-30") && !on("01", "2020-07-01"));
        assert!(set.holds_between("02", 0, i32::MAX) && !set.holds_between("03", 0, 0));
    }

    #[test]
    fn a_code_set_that_is_wrong_says_where() {
        let says = |text| CodeSet::parse(text).unwrap_err().to_string();
        assert_eq!(
            says(""),
            "code set: line 1: the header is not `code,label,valid_from,valid_to`; the last two may be left out"
        );
        assert_eq!(says("code,label\n"), "code set: line 1: the code set holds no code");
        assert_eq!(
            says("code,label\n\na,b,c\n"),
            "code set: line 3: the line has 3 fields where the header has 2; quote a label that holds a comma"
        );
        assert_eq!(says("code,label\na,b\na,c\n"), "code set: line 3: code `a` stands twice, first as `b`");
        assert_eq!(says("code,label\n,b\n"), "code set: line 2: the code is empty; a missing value is no code");
        assert_eq!(
            says("code,label,valid_from,valid_to\na,b,7/1/19,\n"),
            "code set: line 2: `valid_from` is not a date such as 2019-07-01"
        );
    }
}
