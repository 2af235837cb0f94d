//! A fingerprint: the SHA-256 of everything a dataset rests on, which is also its name in the store.

use std::fmt;

use sha2::{Digest, Sha256};

/// A SHA-256 in lower-case hex, 64 characters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// The fingerprint of a run of bytes, as `sha256sum` prints it.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(hex::encode(Sha256::digest(bytes)))
    }

    /// A fingerprint read back from its 64 hex digits; `None` where the text is no such thing.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let lower_hex = |b: &u8| b.is_ascii_digit() || (b'a'..=b'f').contains(b);
        (text.len() == 64 && text.as_bytes().iter().all(lower_hex)).then(|| Self(text.to_owned()))
    }

    /// All 64 hex digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first 12 digits, for people.
    #[must_use]
    pub fn short(&self) -> &str {
        &self.0[..12]
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.short())
    }
}

/// Builds a fingerprint from named parts. Names and values are length-prefixed, so no two lists of parts run together.
#[derive(Clone, Debug)]
pub struct Fingerprinter(Sha256);

impl Fingerprinter {
    /// Starts a fingerprint of one kind of thing, such as `"accept"`.
    #[must_use]
    pub fn new(kind: &str) -> Self {
        Self(Sha256::new()).with("kind", kind.as_bytes())
    }

    /// Adds one named part.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        for part in [name.as_bytes(), value.as_ref()] {
            self.0.update((part.len() as u64).to_be_bytes());
            self.0.update(part);
        }
        self
    }

    /// The fingerprint of all parts so far.
    #[must_use]
    pub fn finish(self) -> Fingerprint {
        Fingerprint(hex::encode(self.0.finalize()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_together() {
        let one = Fingerprinter::new("t").with("a", "bc").finish();
        let two = Fingerprinter::new("t").with("ab", "c").finish();
        assert_ne!(one, two);
    }

    #[test]
    fn of_is_plain_sha256() {
        assert_eq!(
            Fingerprint::of(b"abc").as_str(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
