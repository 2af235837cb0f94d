//! A day: days since 1970-01-01, and the ways in which agencies write one.

use std::fmt::Write as _;

/// A calendar day as the number of days since 1970-01-01.
pub(crate) type Day = i32;

/// Year, month and day as they stand in a record; after a typing error not every triple is a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) year: i32,
    pub(crate) month: i32,
    pub(crate) day: i32,
}

/// The day of a year, month and day.
pub(crate) const fn day(year: i32, month: i32, day: i32) -> Day {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let of_era = y - era * 400;
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The year, month and day of a day.
pub(crate) const fn written(day: Day) -> Written {
    let z = day + 719_468;
    let era = z.div_euclid(146_097);
    let of_era = z - era * 146_097;
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let mp = (5 * of_year + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    Written { year, month, day: of_year - (153 * mp + 2) / 5 + 1 }
}

/// The quarter of a day as `year * 4 + quarter - 1`.
pub(crate) const fn quarter(d: Day) -> i32 {
    let w = written(d);
    w.year * 4 + (w.month - 1) / 3
}

/// First day of a quarter.
pub(crate) const fn quarter_begin(q: i32) -> Day {
    day(q.div_euclid(4), q.rem_euclid(4) * 3 + 1, 1)
}

impl Written {
    /// The day it stands for, if there is such a day.
    pub(crate) fn day(self) -> Option<Day> {
        let known = (1..=12).contains(&self.month) && self.day >= 1;
        let d = if known { day(self.year, self.month, self.day) } else { 0 };
        (known && written(d) == self).then_some(d)
    }

    /// `9/3/2019`, as Excel writes it.
    pub(crate) fn excel(self, out: &mut String) {
        let _ = write!(out, "{}/{}/{:04}", self.month, self.day, self.year);
    }

    /// `2019-09-03`.
    pub(crate) fn iso(self, out: &mut String) {
        let _ = write!(out, "{:04}-{:02}-{:02}", self.year, self.month, self.day);
    }

    /// `20190903`.
    pub(crate) fn compact(self, out: &mut String) {
        let _ = write!(out, "{:04}{:02}{:02}", self.year, self.month, self.day);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn days_and_dates_are_inverse(d in -40_000..60_000) {
            let w = written(d);
            prop_assert_eq!(day(w.year, w.month, w.day), d);
            prop_assert_eq!(w.day(), Some(d));
            prop_assert!(quarter_begin(quarter(d)) <= d && d < quarter_begin(quarter(d) + 1));
        }
    }

    #[test]
    fn known_days() {
        assert_eq!(day(1970, 1, 1), 0);
        assert_eq!(day(2000, 2, 29), 11_016);
        assert_eq!(Written { year: 2001, month: 2, day: 29 }.day(), None);
        assert_eq!(Written { year: 2001, month: 13, day: 1 }.day(), None);
        assert_eq!(quarter(day(2024, 6, 1)), 2024 * 4 + 1);
    }
}
