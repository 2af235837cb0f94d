//! School: what a grade and a birth date say of each other. Both name a cohort, the year in which its members finish grade 12.

use chrono::{Datelike, NaiveDate};

/// The last grade.
const LAST: i32 = 12;
/// Years of age at which somebody is on the first of September before the school year of grade 12.
const AGE_IN_LAST: i32 = 17;
/// The month on whose first day a child must be old enough.
const CUTOFF: u32 = 9;

/// The cohort of somebody in a grade (`KG`, `01` to `12`) in the school year that ends in `year`; `None` for any other grade.
#[must_use]
pub(crate) fn cohort_of_grade(grade: &str, year: i32) -> Option<i32> {
    let grade = match grade.trim() {
        "KG" | "K" => 0,
        text => text.parse().ok().filter(|grade| (1..=LAST).contains(grade))?,
    };
    Some(year + LAST - grade)
}

/// The cohort of somebody born on a day who enters and goes through school in time.
#[must_use]
pub(crate) fn cohort_of_birth(day: NaiveDate) -> i32 {
    // Whoever turns 17 by the first of September finishes in the year after.
    day.year() + AGE_IN_LAST + 1 + i32::from((day.month(), day.day()) > (CUTOFF, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grade_and_a_birth_date_name_one_cohort() {
        let born = |y, m, d| cohort_of_birth(NaiveDate::from_ymd_opt(y, m, d).unwrap());
        // Five years old on 1 September 2011: kindergarten in 2011-12, grade 12 in 2023-24.
        assert_eq!(
            (born(2006, 9, 1), cohort_of_grade("KG", 2012), cohort_of_grade("12", 2024)),
            (2024, Some(2024), Some(2024))
        );
        assert_eq!((born(2006, 9, 2), born(2006, 1, 1), born(2005, 12, 31)), (2025, 2024, 2024));
        assert_eq!(cohort_of_grade("09", 2021), Some(2024));
        for grade in ["", "PK", "13", "00", "UG"] {
            assert_eq!(cohort_of_grade(grade, 2021), None, "{grade}");
        }
    }
}
