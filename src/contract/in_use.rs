//! In use: whether a code was in use on the record's own day or in its own school year, and not on the day of the run.

use std::collections::BTreeMap;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{Date32Type, Int64Type};
use chrono::{Datelike, NaiveDate};

use crate::contract::codes::CodeSet;
use crate::contract::spec::ColumnSpec;
use crate::contract::types::ColumnType;

/// A column of codes, and the column that says when.
#[derive(Clone, Debug)]
pub(crate) struct InUse {
    /// The place of the codes.
    pub(crate) column: usize,
    /// The place of the day or the school year.
    pub(crate) on: usize,
    by_year: bool,
    set: CodeSet,
    /// What is told of a code that was not in use.
    pub(crate) reason: String,
}

/// The rule's name behind the column's.
pub(crate) const SUFFIX: &str = "in_use";

/// First and last day of the program year that is called by the year in which it ends, in days since 1970-01-01.
fn program_year(year: i64) -> Option<(i32, i32)> {
    let day = |year: i64, month, day| NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day);
    let days = |day: NaiveDate| {
        day.num_days_from_ce() - NaiveDate::from_ymd_opt(1970, 1, 1).map_or(0, |d| d.num_days_from_ce())
    };
    Some((days(day(year - 1, 7, 1)?), days(day(year, 6, 30)?)))
}

impl InUse {
    /// Every such pair of columns. What a specification says wrongly is left out here, and complained of by its check.
    pub(crate) fn of(columns: &[ColumnSpec], code_sets: &BTreeMap<String, CodeSet>) -> Vec<Self> {
        let pair = |(at, spec): (usize, &ColumnSpec)| {
            let named = spec.in_use_on.as_ref()?;
            let on = columns.iter().position(|column| *column.name == named.value)?;
            let set = code_sets.get(spec.code_set.as_ref()?.as_str())?.clone();
            let dated = set.codes().iter().any(|code| code.valid_from.is_some() || code.valid_to.is_some());
            let reason = format!("the code was not in use then, by `{}`", named.value);
            let by_year = columns[on].kind.value == ColumnType::Integer;
            dated.then_some(Self { column: at, on, by_year, set, reason })
        };
        columns.iter().enumerate().filter_map(pair).collect()
    }

    /// The rows whose code was not in use when the row says.
    pub(crate) fn broken(&self, arrays: &[ArrayRef]) -> Vec<u32> {
        let (codes, when) = (arrays[self.column].as_string_view(), &arrays[self.on]);
        let period = |row: usize| {
            if self.by_year {
                return program_year(when.as_primitive::<Int64Type>().value(row));
            }
            let day = when.as_primitive::<Date32Type>().value(row);
            Some((day, day))
        };
        let broken = |row: &usize| {
            codes.is_valid(*row)
                && when.is_valid(*row)
                && period(*row).is_some_and(|(first, last)| !self.set.holds_between(codes.value(*row), first, last))
        };
        (0..codes.len()).filter(broken).filter_map(|row| u32::try_from(row).ok()).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Date32Array, Int64Array, StringViewArray};

    use super::*;
    use crate::contract::date::parse_iso;

    fn columns(kind: &str) -> Vec<ColumnSpec> {
        serde_saphyr::from_str(&format!(
            "- {{ name: cluster, type: code, code_set: cluster, in_use_on: when, label: C }}\n- {{ name: when, type: {kind}, label: W }}\n"
        ))
        .unwrap()
    }

    fn sets(text: &str) -> BTreeMap<String, CodeSet> {
        BTreeMap::from([("cluster".to_owned(), CodeSet::parse(text).unwrap())])
    }

    const DATED: &str = "code,label,valid_from,valid_to\n08,Health,,2024-09-30\n15,STEM,2019-07-01,\n";

    #[test]
    fn a_retired_code_is_told_by_the_record_s_own_time() {
        let day = |y: i32, m: u32, d: u32| parse_iso(&format!("{y:04}-{m:02}-{d:02}")).unwrap();
        let codes: ArrayRef =
            Arc::new(StringViewArray::from(vec![Some("08"), Some("08"), Some("15"), None, Some("15")]));
        let days: ArrayRef = Arc::new(Date32Array::from(vec![
            Some(day(2024, 9, 30)),
            Some(day(2024, 10, 1)),
            Some(day(2019, 6, 30)),
            Some(day(2019, 1, 1)),
            None,
        ]));
        let by_day = InUse::of(&columns("date"), &sets(DATED));
        assert_eq!(by_day[0].broken(&[Arc::clone(&codes), days]), [1, 2]);
        // A code that was in use on any day of a school year was in use in it.
        let years: ArrayRef =
            Arc::new(Int64Array::from(vec![Some(2025), Some(2026), Some(2019), Some(2018), Some(2020)]));
        let by_year = InUse::of(&columns("integer"), &sets(DATED));
        assert_eq!(by_year[0].broken(&[codes, years]), [1, 2]);
        // A set without days has nothing to look at.
        assert!(InUse::of(&columns("date"), &sets("code,label\n08,Health\n")).is_empty());
    }
}
