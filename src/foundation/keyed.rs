//! A keyed hash: HMAC-SHA-256 over length-prefixed parts, cut to 128 bits. The key schedule is computed once and cloned.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::foundation::Secret;

/// A 128-bit keyed hash.
pub type Hash16 = [u8; 16];

/// HMAC-SHA-256 under one key, ready to be used many times.
#[derive(Clone)]
pub struct KeyedHash(Hmac<Sha256>);

impl std::fmt::Debug for KeyedHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeyedHash(..)")
    }
}

impl KeyedHash {
    /// Prepares the key.
    #[must_use]
    pub fn new(key: &Secret) -> Self {
        // HMAC takes a key of any length, so the error arm cannot be reached; an empty key is refused by the keyring.
        match Hmac::<Sha256>::new_from_slice(key.expose()) {
            Ok(mac) => Self(mac),
            Err(_) => unreachable!("HMAC accepts keys of every length"),
        }
    }

    /// The hash of parts, each prefixed by its length as a big-endian `u32`, so that no two lists of parts run together.
    #[must_use]
    pub fn parts(&self, parts: &[&[u8]]) -> Hash16 {
        let mut mac = self.0.clone();
        for part in parts {
            let length = u32::try_from(part.len()).unwrap_or(u32::MAX);
            mac.update(&length.to_be_bytes());
            mac.update(part);
        }
        cut(&mac.finalize().into_bytes())
    }

    /// The hash of one run of bytes as it is, such as a token that is wrapped again.
    #[must_use]
    pub fn raw(&self, bytes: &[u8]) -> Hash16 {
        let mut mac = self.0.clone();
        mac.update(bytes);
        cut(&mac.finalize().into_bytes())
    }
}

fn cut(bytes: &[u8]) -> Hash16 {
    let mut out = [0; 16];
    out.copy_from_slice(&bytes[..16]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_is_hmac_sha256_of_rfc_4231_case_2() {
        let key = KeyedHash::new(&Secret::new(b"Jefe".to_vec()));
        assert_eq!(hex::encode(key.raw(b"what do ya want for nothing?")), "5bdcc146bf60754e6a042426089575c7");
    }

    #[test]
    fn parts_are_length_prefixed() {
        let key = KeyedHash::new(&Secret::new(vec![7; 32]));
        assert_ne!(key.parts(&[b"ab", b"c"]), key.parts(&[b"a", b"bc"]));
    }
}
