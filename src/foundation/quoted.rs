//! Quoted: names and texts as SQL takes them, and fields as CSV does.

use std::borrow::Cow;

/// A name of a table or column in SQL.
#[must_use]
pub fn sql_name(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text in SQL.
#[must_use]
pub fn sql_text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A field of a line of CSV.
#[must_use]
pub fn csv_field(text: &str) -> Cow<'_, str> {
    if text.contains([',', '"', '\n', '\r']) {
        Cow::Owned(format!("\"{}\"", text.replace('"', "\"\"")))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_a_name_a_text_or_a_field_is_doubled() {
        assert_eq!(sql_name("a\"b"), "\"a\"\"b\"");
        assert_eq!(sql_text("O'NEIL"), "'O''NEIL'");
        assert_eq!([csv_field("plain"), csv_field("a,b"), csv_field("a\"\n")], ["plain", "\"a,b\"", "\"a\"\"\n\""]);
    }
}
