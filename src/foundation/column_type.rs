//! The type of a column in rules and marts, as documents write it: `text`, `int32`, `int64`, `boolean`, `date`, `float64`, `decimal(p,s)`.

use std::fmt;
use std::str::FromStr;

use arrow::datatypes::DataType;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The type of a column: `text`, `int32`, `int64`, `boolean`, `date`, `float64` or `decimal(p,s)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub enum ColumnType {
    /// Text.
    Text,
    /// A whole number of 32 bits, such as a year.
    Int32,
    /// A whole number of 64 bits, such as a count.
    Int64,
    /// True or false.
    Boolean,
    /// A day.
    Date,
    /// A rate.
    Float64,
    /// Money or credits: digits in all, digits behind the point.
    Decimal(u8, i8),
}

impl ColumnType {
    /// The Arrow type.
    #[must_use]
    pub const fn arrow(self) -> DataType {
        match self {
            Self::Text => DataType::Utf8,
            Self::Int32 => DataType::Int32,
            Self::Int64 => DataType::Int64,
            Self::Boolean => DataType::Boolean,
            Self::Date => DataType::Date32,
            Self::Float64 => DataType::Float64,
            Self::Decimal(p, s) => DataType::Decimal128(p, s),
        }
    }
}

impl fmt::Display for ColumnType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text => f.write_str("text"),
            Self::Int32 => f.write_str("int32"),
            Self::Int64 => f.write_str("int64"),
            Self::Boolean => f.write_str("boolean"),
            Self::Date => f.write_str("date"),
            Self::Float64 => f.write_str("float64"),
            Self::Decimal(p, s) => write!(f, "decimal({p},{s})"),
        }
    }
}

impl FromStr for ColumnType {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let decimal = || {
            let (p, s) = text.strip_prefix("decimal(")?.strip_suffix(')')?.split_once(',')?;
            let (p, s) = (p.trim().parse().ok()?, s.trim().parse().ok()?);
            ((1..=38).contains(&p) && (0..=38).contains(&s)).then_some(Self::Decimal(p, s))
        };
        match text {
            "text" => Ok(Self::Text),
            "int32" => Ok(Self::Int32),
            "int64" => Ok(Self::Int64),
            "boolean" => Ok(Self::Boolean),
            "date" => Ok(Self::Date),
            "float64" => Ok(Self::Float64),
            _ => decimal().ok_or_else(|| {
                format!(
                    "`{text}` is no column type; known are text, int32, int64, boolean, date, float64, decimal(p,s)"
                )
            }),
        }
    }
}

impl TryFrom<String> for ColumnType {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<ColumnType> for String {
    fn from(kind: ColumnType) -> Self {
        kind.to_string()
    }
}
