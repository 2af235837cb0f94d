//! Dates: how a contract says that days are written, and reading them.

/// Days since 1970-01-01 of a day of the Gregorian calendar, for years 0 to 9999; `None` where there is no such day.
#[inline]
pub(crate) fn days(year: u32, month: u32, day: u32) -> Option<i32> {
    const LENGTHS: [u8; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let length = u32::from(*LENGTHS.get((month as usize).wrapping_sub(1))?) + u32::from(leap && month == 2);
    if day == 0 || day > length || year > 9999 {
        return None;
    }
    // Years that begin in March, so that the leap day is their last; 1970-01-01 is day 719 468 of year 0.
    let year = if month <= 2 { year + 399 } else { year + 400 };
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let count = year * 365 + year / 4 - year / 100 + year / 400 + of_year;
    i32::try_from(count).ok().map(|count| count - 146_097 - 719_468)
}

/// The day written as `2019-07-01`.
pub(crate) fn parse_iso(text: &str) -> Option<i32> {
    let iso = [Part::Year, Part::Literal(b'-'), Part::Month(2), Part::Literal(b'-'), Part::Day(2)];
    read_parts(&iso, text.as_bytes())
}

/// One way to write days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum DateFormat {
    /// Digits, names and literals in a row.
    Parts(Vec<Part>),
    /// Days since the end of 1899, as Excel counts them.
    ExcelSerial,
}

/// A part of a written day. `Month` and `Day` say how many digits they need at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Year,
    Month(usize),
    MonthName,
    Day(usize),
    Literal(u8),
}

impl DateFormat {
    /// Reads a format such as `%m/%d/%Y`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text == "excel_serial" {
            return Ok(Self::ExcelSerial);
        }
        let mut parts = Vec::new();
        let mut rest = text.bytes();
        while let Some(byte) = rest.next() {
            parts.push(match (byte, if byte == b'%' { rest.next() } else { None }) {
                (b'%', Some(b'Y')) => Part::Year,
                (b'%', Some(b'm')) => Part::Month(1),
                (b'%', Some(b'b')) => Part::MonthName,
                (b'%', Some(b'd')) => Part::Day(1),
                (b'%', Some(b'%')) => Part::Literal(b'%'),
                (b'%', _) => {
                    return Err("a date format is made of %Y, %m, %b, %d and what stands between them".to_owned());
                }
                (byte, _) => Part::Literal(byte),
            });
        }
        // Digits that follow digits have no end of their own, so they need their full width.
        let number = |part: &Part| matches!(part, Part::Year | Part::Month(_) | Part::Day(_));
        let touching: Vec<bool> = (0..parts.len())
            .map(|at| (at > 0 && number(&parts[at - 1])) || parts.get(at + 1).is_some_and(number))
            .collect();
        for (part, touching) in parts.iter_mut().zip(touching) {
            if let (Part::Month(least) | Part::Day(least), true) = (part, touching) {
                *least = 2;
            }
        }
        let count = |wanted: fn(&Part) -> bool| parts.iter().filter(|part| wanted(part)).count();
        let whole = count(|p| matches!(p, Part::Year)) == 1
            && count(|p| matches!(p, Part::Month(_) | Part::MonthName)) == 1
            && count(|p| matches!(p, Part::Day(_))) == 1;
        if whole {
            Ok(Self::Parts(parts))
        } else {
            Err("a date format names the year (%Y), the month (%m or %b) and the day (%d) once each".to_owned())
        }
    }

    /// The day that a text writes in this format.
    #[inline]
    pub(crate) fn read(&self, text: &[u8]) -> Option<i32> {
        match self {
            Self::Parts(parts) => read_parts(parts, text),
            Self::ExcelSerial => read_serial(text),
        }
    }
}

#[inline]
fn read_parts(parts: &[Part], mut text: &[u8]) -> Option<i32> {
    let (mut year, mut month, mut day) = (0, 0, 0);
    for part in parts {
        match *part {
            Part::Year => year = number(&mut text, 4, 4)?,
            Part::Month(least) => month = number(&mut text, least, 2)?,
            Part::Day(least) => day = number(&mut text, least, 2)?,
            Part::MonthName => {
                let (name, rest) = text.split_at_checked(3)?;
                month = month_named(name)?;
                text = rest;
            }
            Part::Literal(literal) => {
                let (first, rest) = text.split_first()?;
                if *first != literal {
                    return None;
                }
                text = rest;
            }
        }
    }
    if text.is_empty() { days(year, month, day) } else { None }
}

/// Takes `least` to `most` digits off the front.
#[inline]
fn number(text: &mut &[u8], least: usize, most: usize) -> Option<u32> {
    let (mut value, mut taken) = (0, 0);
    while taken < most
        && let Some(digit) = text.get(taken).map(|byte| byte.wrapping_sub(b'0')).filter(|digit| *digit < 10)
    {
        value = value * 10 + u32::from(digit);
        taken += 1;
    }
    *text = &text[taken..];
    (taken >= least).then_some(value)
}

fn month_named(name: &[u8]) -> Option<u32> {
    const NAMES: &[u8; 36] = b"janfebmaraprmayjunjulaugsepoctnovdec";
    NAMES.chunks(3).position(|known| known.eq_ignore_ascii_case(name)).and_then(|at| u32::try_from(at + 1).ok())
}

/// Excel counts days from 1899-12-31 and holds 1900 for a leap year; a time of day stands behind the point.
fn read_serial(text: &[u8]) -> Option<i32> {
    let (whole, fraction) = match memchr::memchr(b'.', text) {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text, &[][..]),
    };
    let mut rest = whole;
    let serial = i32::try_from(number(&mut rest, 1, 7)?).ok()?;
    if !rest.is_empty() || !fraction.iter().all(u8::is_ascii_digit) {
        return None;
    }
    match serial {
        1..=59 => Some(serial - 25_568),
        61..=2_958_465 => Some(serial - 25_569),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use chrono::{Datelike, NaiveDate};
    use proptest::prelude::*;

    use super::*;

    fn read(format: &str, text: &str) -> Option<String> {
        let days = DateFormat::parse(format).unwrap().read(text.as_bytes())?;
        NaiveDate::from_epoch_days(days).map(|date| date.to_string())
    }

    #[test]
    fn days_are_read_as_they_are_written() {
        let good = [
            ("%Y-%m-%d", "2019-07-01", "2019-07-01"),
            ("%m/%d/%Y", "9/3/2019", "2019-09-03"),
            ("%m/%d/%Y", "09/03/2019", "2019-09-03"),
            ("%Y%m%d", "20240229", "2024-02-29"),
            ("%d-%b-%Y", "5-JUN-2020", "2020-06-05"),
            ("excel_serial", "1", "1900-01-01"),
            ("excel_serial", "59", "1900-02-28"),
            ("excel_serial", "61", "1900-03-01"),
            ("excel_serial", "43647.5", "2019-07-01"),
        ];
        for (format, text, wanted) in good {
            assert_eq!(read(format, text).as_deref(), Some(wanted), "{format} {text}");
        }
        let bad = [
            ("%Y-%m-%d", "2019-02-29"),
            ("%Y-%m-%d", "2019-7"),
            ("%Y-%m-%d", "2019-07-01 "),
            ("%Y-%m-%d", "19-07-01"),
            ("%m/%d/%Y", "13/01/2019"),
            ("%m/%d/%Y", "9/3/19"),
            ("%m/%d/%Y", "0/3/2019"),
            ("%Y%m%d", "2019701"),
            ("%Y%m%d", "2019 701"),
            ("excel_serial", "60"),
            ("excel_serial", "0"),
            ("excel_serial", "-1"),
            ("excel_serial", "43647.x"),
        ];
        for (format, text) in bad {
            assert_eq!(read(format, text), None, "{format} {text}");
        }
    }

    #[test]
    fn formats_that_do_not_name_a_day_are_refused() {
        for format in ["", "%Y-%m", "%y-%m-%d", "%Y-%m-%d %H", "%", "%m%m%Y%d"] {
            assert!(DateFormat::parse(format).is_err(), "{format}");
        }
    }

    proptest! {
        #[test]
        fn days_are_those_of_the_calendar(year in 0_u32..10_001, month in 0_u32..14, day in 0_u32..33) {
            let date = NaiveDate::from_ymd_opt(i32::try_from(year).unwrap(), month, day).filter(|date| date.year() < 10_000);
            prop_assert_eq!(days(year, month, day), date.map(|date| date.to_epoch_days()));
        }
    }
}
