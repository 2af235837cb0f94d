//! A token word: what blocking rules and levels of the model say of tokens.

/// What two records have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenWord<'w> {
    /// One token, present and equal.
    Same(&'w str),
    /// The one's first token is the other's second.
    With(&'w str, &'w str),
    /// The values behind the token are one slip apart.
    Near(&'w str),
}

impl<'w> TokenWord<'w> {
    /// Understands a word; whether its tokens exist is another question.
    #[must_use]
    pub(super) fn parse(word: &'w str) -> Self {
        let word = word.trim();
        if let Some(token) = word.strip_prefix("near ") {
            return Self::Near(token.trim());
        }
        match word.split_once(" with ") {
            Some((one, other)) => Self::With(one.trim(), other.trim()),
            None => Self::Same(word),
        }
    }

    /// The tokens that it names.
    pub(super) fn tokens(self) -> impl Iterator<Item = &'w str> {
        let (one, other) = match self {
            Self::Same(token) | Self::Near(token) => (token, None),
            Self::With(one, other) => (one, Some(other)),
        };
        std::iter::once(one).chain(other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_understood() {
        assert_eq!(TokenWord::parse("last_core"), TokenWord::Same("last_core"));
        assert_eq!(TokenWord::parse(" near ssn"), TokenWord::Near("ssn"));
        let with = TokenWord::parse("first_name with last_as_first");
        assert_eq!(with, TokenWord::With("first_name", "last_as_first"));
        assert_eq!(with.tokens().collect::<Vec<_>>(), ["first_name", "last_as_first"]);
    }
}
