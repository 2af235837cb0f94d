//! Headers: which column of a file is which column of its contract.

use regex::Regex;

use crate::extract::error::{FileError, HeaderProblem};
use crate::extract::spec::{ExtraColumns, HeaderMatch};
use crate::foundation::did_you_mean;

/// A column that the contract expects to find in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedColumn {
    /// The contract's name.
    pub name: String,
    /// What the file's header calls it.
    pub header: String,
    /// What else it may be called.
    pub aliases: Vec<String>,
    /// A regular expression that its name matches whole, where it changes with each edition of the file; then `header` only names the column in messages.
    pub pattern: Option<String>,
    /// Whether a file may come without it; every row is then without a value.
    pub optional: bool,
}

/// For each expected column, in order, its position in the file's header, from 0; `None` for one that may be missing, and is.
///
/// `line` is the header's line, for the message; 1 for Parquet.
pub fn resolve(
    expected: &[ExpectedColumn],
    found: &[String],
    matching: HeaderMatch,
    extra: ExtraColumns,
    line: u64,
) -> Result<Vec<Option<usize>>, FileError> {
    let keys: Vec<String> = found.iter().map(|name| key(name, matching)).collect();
    let mut taken = vec![false; found.len()];
    let mut places = Vec::with_capacity(expected.len());
    let mut missing = Vec::new();
    let mut problems = Vec::new();
    for column in expected {
        // The header's own name goes before the aliases, the aliases in their order; a file may carry both.
        let mut hits = Vec::new();
        let own = std::iter::once(&column.header).filter(|_| column.pattern.is_none());
        for wanted in own.chain(&column.aliases) {
            let wanted = key(wanted, matching);
            hits.extend(keys.iter().enumerate().filter(|(_, key)| **key == wanted).map(|(at, _)| at));
            if !hits.is_empty() {
                break;
            }
        }
        if let (true, Some(pattern)) = (hits.is_empty(), &column.pattern)
            && let Ok(pattern) = Regex::new(&format!("^(?:{pattern})$"))
        {
            hits.extend(found.iter().enumerate().filter(|(_, name)| pattern.is_match(name.trim())).map(|(at, _)| at));
        }
        match hits[..] {
            [] => {
                missing.push(column);
                places.push(None);
            }
            [at] => {
                taken[at] = true;
                places.push(Some(at));
            }
            [first, second, ..] => {
                for at in &hits {
                    taken[*at] = true;
                }
                places.push(None);
                problems.push(HeaderProblem::Twice { column: column.name.clone(), positions: (first + 1, second + 1) });
            }
        }
    }
    // A first line that matches nothing is likely a record, whose fields must not be repeated in a message.
    if places.iter().all(Option::is_none) && problems.is_empty() && !expected.is_empty() {
        return Err(FileError::NoHeader { line, expected: expected.len() });
    }
    for column in missing {
        let free = || found.iter().enumerate().filter(|(at, name)| !taken[*at] && !name.is_empty());
        let names: Vec<&str> = free().map(|(_, name)| name.as_str()).collect();
        let near = std::iter::once(&column.header)
            .chain(&column.aliases)
            .chain([&column.name])
            .find_map(|wanted| nearest(wanted, &names))
            .and_then(|near| free().find(|(_, name)| **name == near).map(|(at, _)| at));
        if let Some(at) = near {
            taken[at] = true;
            let (header, found) = (column.header.clone(), found[at].clone());
            problems.push(HeaderProblem::Renamed { header, found, position: at + 1 });
        } else if !column.optional {
            problems.push(HeaderProblem::Missing { header: column.header.clone() });
        }
    }
    if extra == ExtraColumns::Error {
        let extras = found.iter().enumerate().filter(|(at, _)| !taken[*at]);
        problems.extend(extras.map(|(at, name)| HeaderProblem::Extra { found: name.clone(), position: at + 1 }));
    }
    if problems.is_empty() { Ok(places) } else { Err(FileError::Header { line, problems }) }
}

/// What two names are compared by.
fn key(name: &str, matching: HeaderMatch) -> String {
    match matching {
        HeaderMatch::Exact => name.to_owned(),
        HeaderMatch::Loose => name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect(),
    }
}

/// The nearest of some names, compared without regard to case and punctuation.
fn nearest(wanted: &str, names: &[&str]) -> Option<String> {
    let loose: Vec<String> = names.iter().map(|name| key(name, HeaderMatch::Loose)).collect();
    let near = did_you_mean(&key(wanted, HeaderMatch::Loose), loose.iter().map(String::as_str))?;
    loose.iter().position(|name| name == near).and_then(|at| names.get(at)).map(ToString::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, header: &str, aliases: &[&str]) -> ExpectedColumn {
        let aliases = aliases.iter().map(ToString::to_string).collect();
        ExpectedColumn { name: name.to_owned(), header: header.to_owned(), aliases, pattern: None, optional: false }
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(ToString::to_string).collect()
    }

    fn wanted() -> Vec<ExpectedColumn> {
        vec![
            column("college_code", "College Code/Branch", &["COLLEGE_CODE"]),
            column("graduated", "Graduated?", &["Graduate"]),
        ]
    }

    fn says(found: &[&str], matching: HeaderMatch) -> String {
        resolve(&wanted(), &names(found), matching, ExtraColumns::Error, 1).unwrap_err().to_string()
    }

    #[test]
    fn order_does_not_matter_and_aliases_count() {
        let found = names(&["Graduated?", "COLLEGE_CODE"]);
        assert_eq!(resolve(&wanted(), &found, HeaderMatch::Exact, ExtraColumns::Error, 1).unwrap(), [Some(1), Some(0)]);
    }

    #[test]
    fn a_header_whose_years_move_on_is_found_by_its_pattern() {
        let openings = |found: &[&str]| {
            let pattern = Some("Openings, 20[0-9]{2}.20[0-9]{2}".to_owned());
            let expected = [ExpectedColumn { pattern, ..column("openings", "openings", &["Annual Openings"]) }];
            resolve(&expected, &names(found), HeaderMatch::Exact, ExtraColumns::Ignore, 1).map_err(|e| e.to_string())
        };
        assert_eq!(openings(&["Code", "Openings, 2024-2034"]).unwrap(), [Some(1)]);
        assert_eq!(openings(&["Code", "Openings, 2026\u{2013}2036"]).unwrap(), [Some(1)]);
        assert_eq!(openings(&["Openings, 2024-2034", "Annual Openings"]).unwrap(), [Some(1)]);
        assert!(openings(&["Code", "Openings, 2024-2034, thousands"]).is_err());
        let twice = openings(&["Openings, 2024-2034", "Openings, 2022-2032"]).unwrap_err();
        assert!(twice.contains("columns 1 and 2 both answer to `openings`"), "{twice}");
    }

    #[test]
    fn loose_drops_case_blanks_and_punctuation() {
        let found = names(&["COLLEGE CODE / BRANCH", "graduate"]);
        assert_eq!(resolve(&wanted(), &found, HeaderMatch::Loose, ExtraColumns::Error, 1).unwrap(), [Some(0), Some(1)]);
        assert!(resolve(&wanted(), &found, HeaderMatch::Exact, ExtraColumns::Error, 1).is_err());
    }

    #[test]
    fn a_missing_a_renamed_and_an_extra_column_are_told_together() {
        insta::assert_snapshot!(says(&["College Code/Branch", "Weeks"], HeaderMatch::Exact), @"line 1: the header differs from the contract: column `Graduated?` is missing: ask the sender to send it, or take it out of the contract; column 2, `Weeks`, is not in the contract: add it there, or set `extra_columns: ignore` in its format");
        insta::assert_snapshot!(says(&["COLLEGE_CD", "Graduated?"], HeaderMatch::Exact), @"line 1: the header differs from the contract: column `College Code/Branch` is missing and column 1 is named `COLLEGE_CD`: if it was renamed, add `COLLEGE_CD` to the column's `aliases`");
    }

    #[test]
    fn two_columns_that_answer_to_one_name_are_refused() {
        insta::assert_snapshot!(says(&["Graduated?", "graduated", "College Code/Branch"], HeaderMatch::Loose), @"line 1: the header differs from the contract: columns 1 and 2 both answer to `graduated`: ask the sender which one counts");
    }

    #[test]
    fn a_record_in_place_of_the_header_is_not_repeated() {
        let said = says(&["GARCIA", "900-01-1234"], HeaderMatch::Loose);
        assert!(!said.contains("GARCIA") && !said.contains("900"), "{said}");
        insta::assert_snapshot!(said, @"line 1: the first line is not the header: none of the 2 expected column names stands in it; ask the sender for a file with a header row, and compare the contract's `delimiter`");
    }

    #[test]
    fn extra_columns_are_read_past_where_the_contract_says_so() {
        let found = names(&["a", "Graduated?", "College Code/Branch", ""]);
        assert_eq!(
            resolve(&wanted(), &found, HeaderMatch::Exact, ExtraColumns::Ignore, 1).unwrap(),
            [Some(2), Some(1)]
        );
    }

    #[test]
    fn a_column_that_may_be_missing_is_nowhere_unless_another_name_is_near_it() {
        let wanted = |optional| {
            let status = ExpectedColumn { optional, ..column("agency_status", "agency_status", &[]) };
            vec![column("mark", "mark", &[]), status]
        };
        let told = |optional, found: &[&str]| {
            resolve(&wanted(optional), &names(found), HeaderMatch::Exact, ExtraColumns::Ignore, 1)
        };
        assert_eq!(told(true, &["mark"]).unwrap(), [Some(0), None]);
        assert_eq!(told(true, &["agency_status", "mark"]).unwrap(), [Some(1), Some(0)]);
        assert!(told(false, &["mark"]).is_err());
        // A misspelt name is not taken for a column that did not come.
        assert!(told(true, &["mark", "agency_statsu"]).unwrap_err().to_string().contains("is named `agency_statsu`"));
        // A file of nothing but records has no header, whatever may be missing.
        assert!(told(true, &["A", "PARTICIPANT"]).is_err());
    }
}
