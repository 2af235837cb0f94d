//! Small words of a contract that are written as one scalar: a column's type, a share in per cent, a bound.

use std::borrow::Cow;
use std::fmt;

use arrow::datatypes::DataType;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// The type of a column behind the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ColumnType {
    /// Text.
    Text,
    /// A whole number of 64 bits.
    Integer,
    /// A decimal number with so many digits, of which so many behind the point.
    Decimal(u8, i8),
    /// A day.
    Date,
    /// True or false.
    Boolean,
    /// A code of a code set, as text.
    Code,
}

impl ColumnType {
    /// The arrow type of an accepted column. Text shares the bytes of the file it came from, so it is a view.
    #[must_use]
    pub const fn data_type(self) -> DataType {
        match self {
            Self::Text | Self::Code => DataType::Utf8View,
            Self::Integer => DataType::Int64,
            Self::Decimal(precision, scale) => DataType::Decimal128(precision, scale),
            Self::Date => DataType::Date32,
            Self::Boolean => DataType::Boolean,
        }
    }

    /// Whether values are held as text.
    #[must_use]
    pub const fn is_text(self) -> bool {
        matches!(self, Self::Text | Self::Code)
    }

    /// Whether values have an order that `min` and `max` can bound.
    #[must_use]
    pub const fn is_ordered(self) -> bool {
        matches!(self, Self::Integer | Self::Decimal(..) | Self::Date)
    }
}

impl fmt::Display for ColumnType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text => f.write_str("text"),
            Self::Integer => f.write_str("integer"),
            Self::Decimal(precision, scale) => write!(f, "decimal({precision},{scale})"),
            Self::Date => f.write_str("date"),
            Self::Boolean => f.write_str("boolean"),
            Self::Code => f.write_str("code"),
        }
    }
}

impl From<ColumnType> for String {
    fn from(kind: ColumnType) -> Self {
        kind.to_string()
    }
}

impl TryFrom<String> for ColumnType {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let decimal = |inner: &str| {
            let (precision, scale) = inner.split_once(',')?;
            let (precision, scale): (u8, i8) = (precision.trim().parse().ok()?, scale.trim().parse().ok()?);
            ((1..=38).contains(&precision) && scale >= 0 && scale.unsigned_abs() <= precision)
                .then_some(Self::Decimal(precision, scale))
        };
        match text.as_str() {
            "text" => Ok(Self::Text),
            "integer" => Ok(Self::Integer),
            "date" => Ok(Self::Date),
            "boolean" => Ok(Self::Boolean),
            "code" => Ok(Self::Code),
            other => {
                other.strip_prefix("decimal(").and_then(|rest| rest.strip_suffix(')')).and_then(decimal).ok_or_else(
                    || {
                        "a type is text, integer, decimal(p,s), date, boolean or code; p is at most 38, s at most p"
                            .to_owned()
                    },
                )
            }
        }
    }
}

impl JsonSchema for ColumnType {
    fn schema_name() -> Cow<'static, str> {
        "ColumnType".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "The type of a column behind the contract.",
            "type": "string",
            "pattern": "^(text|integer|date|boolean|code|decimal\\([0-9]+, ?[0-9]+\\))$",
        })
    }
}

/// A share, written as `2%` or `0.5%`, held exactly in parts of a million.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Percent(u32);

impl Percent {
    const WHOLE: u32 = 1_000_000;

    /// The share in parts of a million.
    #[must_use]
    pub const fn millionths(self) -> u32 {
        self.0
    }

    /// Whether `part` of `whole` is more than this share. Nothing of nothing is not.
    #[must_use]
    pub const fn is_exceeded_by(self, part: u64, whole: u64) -> bool {
        part as u128 * Self::WHOLE as u128 > whole as u128 * self.0 as u128
    }
}

/// Which share `part` of `whole` is, for people: `2.35%`, cut after two places.
#[must_use]
pub fn share(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "0%".to_owned();
    }
    let hundredths = u128::from(part) * 10_000 / u128::from(whole);
    format!("{}.{:02}%", hundredths / 100, hundredths % 100)
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.0 / 10_000, self.0 % 10_000);
        if rest == 0 {
            write!(f, "{whole}%")
        } else {
            write!(f, "{whole}.{}%", format!("{rest:04}").trim_end_matches('0'))
        }
    }
}

impl From<Percent> for String {
    fn from(percent: Percent) -> Self {
        percent.to_string()
    }
}

impl TryFrom<String> for Percent {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let parse = || {
            let number = text.strip_suffix('%')?.trim_end();
            let (whole, rest) = number.split_once('.').unwrap_or((number, ""));
            let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
            if whole.is_empty() || rest.len() > 4 || !digits(whole) || !digits(rest) {
                return None;
            }
            let whole: u32 = whole.parse().ok().filter(|whole| *whole <= 100)?;
            let rest: u32 = format!("{rest:0<4}").parse().ok()?;
            Some(whole * 10_000 + rest).filter(|share| *share <= Self::WHOLE)
        };
        parse().map(Self).ok_or_else(|| "a share is written in per cent from 0% to 100%, such as 2% or 0.5%".to_owned())
    }
}

impl JsonSchema for Percent {
    fn schema_name() -> Cow<'static, str> {
        "Percent".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A share such as 2% or 0.5%.",
            "type": "string",
            "pattern": "^[0-9]+(\\.[0-9]{1,4})?%$",
        })
    }
}

/// A bound as the document writes it: a number, a date, or a word such as `as_of`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Scalar(pub String);

impl JsonSchema for Scalar {
    fn schema_name() -> Cow<'static, str> {
        "Scalar".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A number, a date such as 2019-07-01, or as_of.",
            "type": ["string", "number"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn percent(text: &str) -> Result<Percent, String> {
        Percent::try_from(text.to_owned())
    }

    #[test]
    fn a_share_is_exact_and_prints_as_it_was_written() {
        for text in ["0%", "0.5%", "2%", "33.3333%", "100%"] {
            assert_eq!(percent(text).map(|p| p.to_string()).as_deref(), Ok(text));
        }
        for text in ["", "%", "2", "-1%", "101%", "100.0001%", "1.23456%", "1e1%", "+2%"] {
            assert!(percent(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_share_is_exceeded_only_above_it() {
        let two = percent("2%").unwrap();
        assert!(!two.is_exceeded_by(2, 100));
        assert!(two.is_exceeded_by(3, 100));
        assert!(!two.is_exceeded_by(0, 0));
        assert_eq!(share(1, 3), "33.33%");
        assert_eq!(share(0, 0), "0%");
    }

    #[test]
    fn types_are_read_and_written_alike() {
        for text in ["text", "integer", "decimal(12,2)", "date", "boolean", "code"] {
            assert_eq!(ColumnType::try_from(text.to_owned()).map(|t| t.to_string()).as_deref(), Ok(text));
        }
        for text in ["string", "decimal(39,2)", "decimal(2,3)", "decimal(12)", "Decimal(12,2)", "decimal(5,-1)"] {
            assert!(ColumnType::try_from(text.to_owned()).is_err(), "{text}");
        }
    }
}
