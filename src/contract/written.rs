//! How a value is written: what spreadsheets and statistical agencies put around it, taken off before it is read.

use std::borrow::Cow;

use arrow::array::StringViewArray;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What stands in and around the numbers of a column.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct NumberForm {
    /// What parts thousands, such as `,`. Groups must be of three digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thousands: Option<char>,
    /// What stands before an amount of money, such as `$`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// What stands before a value of which only a bound is known, such as `>=`; the value is the bound.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_least: Option<String>,
}

/// How the values of a column are written, where it is not plainly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    /// Cells may be written as `="00123"`, as spreadsheets keep text.
    pub(crate) excel_text: bool,
    /// The form of numbers.
    pub(crate) number: Option<NumberForm>,
}

impl Written {
    /// The values as they would be written plainly. What does not have the form stays as it is, so that the column's own checks refuse it.
    pub(crate) fn plain(&self, sent: &StringViewArray) -> StringViewArray {
        sent.iter().map(|value| value.map(|text| self.value(text))).collect()
    }

    fn value<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut text = text.trim_ascii();
        if self.excel_text
            && let Some(inner) = text.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"'))
        {
            text = inner.trim_ascii();
        }
        let Some(form) = &self.number else { return Cow::Borrowed(text) };
        form.plain(text).unwrap_or(Cow::Borrowed(text))
    }
}

impl NumberForm {
    /// The number without its adornments; `None` where it does not have the form.
    fn plain<'a>(&self, text: &'a str) -> Option<Cow<'a, str>> {
        let without = |text: &'a str, sign: &Option<String>| {
            sign.as_ref().and_then(|sign| text.strip_prefix(sign.as_str())).map_or(text, str::trim_ascii_start)
        };
        let text = without(text, &self.at_least);
        let (minus, text) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
        let number = without(text, &self.currency);
        let Some(mark) = self.thousands.filter(|mark| number.contains(*mark)) else {
            return Some(if minus.is_empty() { Cow::Borrowed(number) } else { Cow::Owned(format!("-{number}")) });
        };
        let (whole, rest) = number.find('.').map_or((number, ""), |point| number.split_at(point));
        let mut groups = whole.split(mark);
        let first = groups.next()?;
        let digits = |group: &str| group.bytes().all(|byte| byte.is_ascii_digit());
        let grouped = (1..=3).contains(&first.len()) && digits(first) && groups.all(|g| g.len() == 3 && digits(g));
        (grouped && !rest.contains(mark)).then(|| Cow::Owned(format!("{minus}{}{rest}", whole.replace(mark, ""))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money() -> Written {
        let form = NumberForm { thousands: Some(','), currency: Some("$".to_owned()), at_least: Some(">=".to_owned()) };
        Written { excel_text: true, number: Some(form) }
    }

    #[test]
    fn adornments_are_taken_off() {
        for (written, plain) in [
            ("=\"15-1252\"", "15-1252"),
            (" =\" 0101\" ", "0101"),
            ("=\"\"", ""),
            ("15-1252", "15-1252"),
            ("$58,000", "58000"),
            (">=$239,200", "239200"),
            (">= $239,200.50", "239200.50"),
            ("-1,234,567.8", "-1234567.8"),
            ("-$5", "-5"),
            ("999", "999"),
        ] {
            assert_eq!(money().value(written), plain, "{written}");
        }
    }

    #[test]
    fn what_is_not_of_the_form_stays_as_it_is() {
        for odd in ["1,23", ",123", "1,2345", "1,234.5,6", "=\"0101", "$1,00", "N/A"] {
            let kept = money().value(odd);
            assert!(kept.contains(',') || kept == odd, "{odd} became {kept}");
        }
        let plainly = Written { excel_text: false, number: None };
        assert_eq!(plainly.value("=\"0101\""), "=\"0101\"");
    }
}
