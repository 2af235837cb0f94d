//! A person id: `P` and 16 Crockford base-32 characters, made from the index's own counter under a key, never from who the person is.

use std::fmt;

use crate::foundation::KeyedHash;
use crate::identity::IdentityError;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH: usize = 17;

/// The id of one person, as text of 17 characters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonId([u8; LENGTH]);

impl PersonId {
    /// The id that a counter gives under a key: the first 80 bits of their keyed hash.
    #[must_use]
    pub fn of(key: &KeyedHash, counter: u64) -> Self {
        let hash = key.raw(&counter.to_be_bytes());
        let bits = hash[..10].iter().fold(0_u128, |bits, &byte| bits << 8 | u128::from(byte));
        let mut text = [b'P'; LENGTH];
        for (place, slot) in text[1..].iter_mut().enumerate() {
            *slot = ALPHABET[(bits >> (75 - 5 * place) & 31) as usize];
        }
        Self(text)
    }

    /// Reads an id back.
    pub fn parse(text: &str) -> Result<Self, IdentityError> {
        let bytes: [u8; LENGTH] =
            text.as_bytes().try_into().map_err(|_| IdentityError::Damaged("a person id has another length"))?;
        let sound = bytes[0] == b'P' && bytes[1..].iter().all(|b| ALPHABET.contains(b));
        if sound { Ok(Self(bytes)) } else { Err(IdentityError::Damaged("a person id has other characters")) }
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // The alphabet is ASCII, so the empty arm cannot be reached.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for PersonId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for PersonId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::foundation::Secret;

    #[test]
    fn an_id_is_17_characters_and_reads_back() {
        let key = KeyedHash::new(&Secret::new(vec![3; 32]));
        let id = PersonId::of(&key, 1);
        assert_eq!(id.as_str().len(), 17);
        assert_eq!(PersonId::parse(id.as_str()).unwrap(), id);
        assert_ne!(id, PersonId::of(&key, 2));
        assert_ne!(id, PersonId::of(&KeyedHash::new(&Secret::new(vec![4; 32])), 1));
        for wrong in ["", "P", "Q0000000000000000", "P000000000000000I", "P00000000000000000"] {
            assert!(PersonId::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_id_is_the_first_80_bits_of_the_keyed_hash() {
        let key = KeyedHash::new(&Secret::new(vec![3; 32]));
        let hash = key.raw(&7_u64.to_be_bytes());
        let id = PersonId::of(&key, 7);
        let value = |c: u8| ALPHABET.iter().position(|&a| a == c).unwrap() as u128;
        let bits = id.as_str().bytes().skip(1).fold(0, |bits, c| bits << 5 | value(c));
        let expected = u128::from_be_bytes(hash) >> 48;
        assert_eq!(bits, expected);
    }
}
