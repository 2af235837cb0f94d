//! A birth date: its status, its parts, and its day and month swapped. Days count from 1 January 1970, as in Arrow's `Date32`.

use chrono::{Datelike, NaiveDate};

use crate::standardize::placeholder;

/// What a birth date is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DateStatus {
    /// A day on which someone may be born.
    Valid,
    /// Nothing there.
    Missing,
    /// Written where the date was not known.
    Placeholder,
    /// No learner or worker of our time is born then.
    Invalid,
}

impl DateStatus {
    /// The word in `birth_date_status`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Missing => "missing",
            Self::Placeholder => "placeholder",
            Self::Invalid => "invalid",
        }
    }
}

/// The day as a calendar date.
#[must_use]
pub fn civil(days: i32) -> Option<NaiveDate> {
    NaiveDate::from_num_days_from_ce_opt(days.checked_add(EPOCH_FROM_CE)?)
}

/// The day count of a calendar date.
#[must_use]
pub fn days(date: NaiveDate) -> i32 {
    date.num_days_from_ce() - EPOCH_FROM_CE
}

/// 1 January 1970 counted from 1 January of year 1.
const EPOCH_FROM_CE: i32 = 719_163;

/// The status of a birth date. `latest` is the last day on which a person of the source may be born, `more` are further placeholders.
///
/// Without `latest`, dates after 2100 are invalid; no date before 1900 is valid.
#[must_use]
pub fn birth_date(day: Option<i32>, latest: Option<i32>, more: &[i32]) -> DateStatus {
    let Some(day) = day else { return DateStatus::Missing };
    let Some(date) = civil(day) else { return DateStatus::Invalid };
    let written = (date.year(), date.month(), date.day());
    if placeholder::DATES.contains(&written) || more.contains(&day) {
        DateStatus::Placeholder
    } else if date.year() < 1900 || date.year() > 2100 || latest.is_some_and(|latest| day > latest) {
        DateStatus::Invalid
    } else {
        DateStatus::Valid
    }
}

/// The date with day and month exchanged; `None` where that is no date or the same one.
#[must_use]
pub fn swapped(date: NaiveDate) -> Option<NaiveDate> {
    if date.day() == date.month() { None } else { NaiveDate::from_ymd_opt(date.year(), date.day(), date.month()) }
}

/// Birth dates so frequent that they must be placeholders: at least 50 times, and 20 times as often as the median day of their year.
///
/// `counts` gives each distinct valid date with the number of persons who carry it; the result is sorted.
#[must_use]
pub fn frequent_dates(counts: &[(i32, u64)]) -> Vec<i32> {
    let mut by_year: Vec<(i32, u64, i32)> =
        counts.iter().filter_map(|(day, n)| civil(*day).map(|date| (date.year(), *n, *day))).collect();
    by_year.sort_unstable();
    let mut out = Vec::new();
    for year in by_year.chunk_by(|a, b| a.0 == b.0) {
        let median = year[year.len() / 2].1;
        out.extend(year.iter().filter(|(_, n, _)| *n >= 50 && *n >= median.saturating_mul(20)).map(|(_, _, day)| *day));
    }
    out.sort_unstable();
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(y: i32, m: u32, d: u32) -> i32 {
        days(NaiveDate::from_ymd_opt(y, m, d).unwrap())
    }

    #[test]
    fn days_count_from_1970() {
        assert_eq!(day(1970, 1, 1), 0);
        assert_eq!(day(2000, 3, 1), 11017);
        assert_eq!(civil(-1), NaiveDate::from_ymd_opt(1969, 12, 31));
    }

    #[test]
    fn a_declared_placeholder_and_the_latest_day_count() {
        let d = day(2000, 1, 1);
        assert_eq!(birth_date(Some(d), None, &[]), DateStatus::Valid);
        assert_eq!(birth_date(Some(d), None, &[d]), DateStatus::Placeholder);
        assert_eq!(birth_date(Some(d), Some(d - 1), &[]), DateStatus::Invalid);
        assert_eq!(birth_date(Some(i32::MAX), None, &[]), DateStatus::Invalid);
    }

    #[test]
    fn a_date_that_towers_over_its_year_is_found() {
        let mut counts: Vec<_> = (0..365).map(|n| (day(2000, 1, 1) + n, 5)).collect();
        assert!(frequent_dates(&counts).is_empty());
        counts[0].1 = 100;
        assert_eq!(frequent_dates(&counts), [day(2000, 1, 1)]);
    }
}
