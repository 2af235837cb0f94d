//! Numbers: whole and decimal ones, read exactly.

/// A whole number of 64 bits, with or without a sign.
#[inline]
pub(crate) fn integer(text: &[u8]) -> Option<i64> {
    let (negative, digits) = sign(text);
    // Eighteen digits fit whatever they are; longer texts take the slow way.
    if digits.is_empty() || digits.len() > 18 {
        return std::str::from_utf8(text).ok().filter(|_| !digits.is_empty()).and_then(|text| text.parse().ok());
    }
    let mut value = 0_i64;
    for byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + i64::from(digit);
    }
    Some(if negative { -value } else { value })
}

/// How decimals of a column are written and held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Decimals {
    /// Digits in all.
    pub(crate) precision: u8,
    /// Digits behind the point.
    pub(crate) scale: u8,
    /// How many digits stand behind a point that is not written.
    pub(crate) implied: Option<u8>,
}

impl Decimals {
    /// The number in units of its scale; `None` where it is none, has too many digits, or would have to be rounded.
    #[inline]
    pub(crate) fn read(self, text: &[u8]) -> Option<i128> {
        let (negative, digits) = sign(text);
        let (value, behind) = if digits.len() <= 18 { short(digits)? } else { long(digits)? };
        let behind = match self.implied {
            Some(implied) => behind.is_none().then_some(u32::from(implied))?,
            None => behind.unwrap_or(0),
        };
        let scale = u32::from(self.scale);
        let value = if behind <= scale {
            value.checked_mul(POWERS.get((scale - behind) as usize).copied()?)?
        } else {
            let divisor = POWERS.get((behind - scale) as usize).copied()?;
            (value % divisor == 0).then_some(value / divisor)?
        };
        let fits = POWERS.get(usize::from(self.precision)).is_some_and(|limit| value < *limit);
        fits.then_some(if negative { -value } else { value })
    }

    /// The number as people write it.
    pub(crate) fn show(self, value: i128) -> String {
        let scale = usize::from(self.scale);
        let digits = format!("{:0>width$}", value.unsigned_abs(), width = scale + 1);
        let (whole, rest) = digits.split_at(digits.len() - scale);
        let (minus, point) = (if value < 0 { "-" } else { "" }, if scale > 0 { "." } else { "" });
        format!("{minus}{whole}{point}{rest}")
    }
}

/// Powers of ten up to the largest precision.
const POWERS: [i128; 39] = {
    let mut powers = [1; 39];
    let mut at = 1;
    while at < 39 {
        powers[at] = powers[at - 1] * 10;
        at += 1;
    }
    powers
};

#[inline]
fn sign(text: &[u8]) -> (bool, &[u8]) {
    match text.split_first() {
        Some((b'-', rest)) => (true, rest),
        Some((b'+', rest)) => (false, rest),
        _ => (false, text),
    }
}

/// The digits as one number, and how many stand behind the point where there is one.
#[inline]
fn short(digits: &[u8]) -> Option<(i128, Option<u32>)> {
    let (mut value, mut count, mut behind) = (0_u64, 0, None);
    for byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit <= 9 {
            value = value * 10 + u64::from(digit);
            count += 1;
            behind = behind.map(|behind| behind + 1);
        } else if *byte == b'.' && behind.is_none() {
            behind = Some(0);
        } else {
            return None;
        }
    }
    (count > 0).then_some((i128::from(value), behind))
}

fn long(digits: &[u8]) -> Option<(i128, Option<u32>)> {
    let (mut value, mut behind) = (0_i128, None);
    for byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit <= 9 {
            value = value.checked_mul(10)?.checked_add(i128::from(digit))?;
            behind = behind.map(|behind| behind + 1);
        } else if *byte == b'.' && behind.is_none() {
            behind = Some(0);
        } else {
            return None;
        }
    }
    Some((value, behind))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decimals(precision: u8, scale: u8, implied: Option<u8>) -> Decimals {
        Decimals { precision, scale, implied }
    }

    #[test]
    fn whole_numbers() {
        for (text, wanted) in [
            ("0", 0),
            ("-7", -7),
            ("+12", 12),
            ("00012", 12),
            ("9223372036854775807", i64::MAX),
            ("-9223372036854775808", i64::MIN),
        ] {
            assert_eq!(integer(text.as_bytes()), Some(wanted), "{text}");
        }
        for text in ["", "-", "1.0", "1,000", " 1", "9223372036854775808", "0x1", "--1", "1e3"] {
            assert_eq!(integer(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn decimals_are_exact_or_refused() {
        let money = decimals(12, 2, None);
        for (text, wanted) in [
            ("12.34", 1234),
            ("12", 1200),
            ("12.5", 1250),
            (".5", 50),
            ("5.", 500),
            ("-0.01", -1),
            ("1.230000", 123),
            ("9999999999.99", 999_999_999_999),
        ] {
            assert_eq!(money.read(text.as_bytes()), Some(wanted), "{text}");
        }
        for text in
            ["", ".", "-", "1.234", "1,200", "10000000000", "$5", "1.2.3", "99999999999999999999999999999999999999999"]
        {
            assert_eq!(money.read(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn an_implied_point_is_put_where_it_belongs() {
        let cents = decimals(12, 2, Some(2));
        assert_eq!(cents.read(b"000000123456"), Some(123_456));
        assert_eq!(cents.read(b"1234.56"), None);
        assert_eq!(decimals(12, 4, Some(2)).read(b"150"), Some(15_000));
        assert_eq!(decimals(12, 0, Some(2)).read(b"1500"), Some(15));
        assert_eq!(decimals(12, 0, Some(2)).read(b"1550"), None);
    }

    proptest! {
        #[test]
        fn a_number_that_is_shown_is_read_back(value in -999_999_999_999_i128..=999_999_999_999, scale in 0_u8..=12) {
            let decimals = decimals(12, scale, None);
            prop_assert_eq!(decimals.read(decimals.show(value).as_bytes()), Some(value));
        }

        #[test]
        fn short_and_long_agree(text in "[0-9.]{0,18}") {
            let text = text.as_bytes();
            let long = if text.iter().any(u8::is_ascii_digit) { long(text) } else { None };
            prop_assert_eq!(short(text), long);
        }
    }
}
