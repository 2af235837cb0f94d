//! A keyed hash: HMAC-SHA-256 over length-prefixed parts, cut to 128 bits. The two states that the key makes are computed once.

use sha2::block_api::compress256;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::foundation::Secret;

/// A 128-bit keyed hash.
pub type Hash16 = [u8; 16];

/// Bytes that SHA-256 takes in at once.
const BLOCK: usize = 64;

/// The state from which SHA-256 begins (FIPS 180-4, 5.3.3).
const BEGIN: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

/// HMAC-SHA-256 (RFC 2104) under one key, ready to be used many times.
///
/// Millions of short runs are hashed, so the two states behind the padded key are kept and each run costs only its own blocks: most of a
/// general HMAC's time on such runs is the copying of its buffers.
#[derive(Clone)]
pub struct KeyedHash {
    inner: [u32; 8],
    outer: [u32; 8],
}

impl std::fmt::Debug for KeyedHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeyedHash(..)")
    }
}

impl KeyedHash {
    /// Prepares the key. An empty key is refused by the keyring.
    #[must_use]
    pub fn new(key: &Secret) -> Self {
        let mut padded = Zeroizing::new([0; BLOCK]);
        let key = key.expose();
        if key.len() > BLOCK {
            padded[..32].copy_from_slice(&Sha256::digest(key));
        } else {
            padded[..key.len()].copy_from_slice(key);
        }
        let under = |pad: u8| {
            let mut state = BEGIN;
            compress256(&mut state, &[padded.map(|byte| byte ^ pad)]);
            state
        };
        Self { inner: under(0x36), outer: under(0x5c) }
    }

    /// The hash of parts, each prefixed by its length as a big-endian `u32`, so that no two lists of parts run together.
    #[must_use]
    pub fn parts(&self, parts: &[&[u8]]) -> Hash16 {
        let mut run = Run::after(self.inner);
        for part in parts {
            let length = u32::try_from(part.len()).unwrap_or(u32::MAX);
            run.add(&length.to_be_bytes());
            run.add(part);
        }
        self.finish(run)
    }

    /// The hash of one run of bytes as it is, such as a token that is wrapped again.
    #[must_use]
    pub fn raw(&self, bytes: &[u8]) -> Hash16 {
        let mut run = Run::after(self.inner);
        run.add(bytes);
        self.finish(run)
    }

    fn finish(&self, run: Run) -> Hash16 {
        let mut outer = Run::after(self.outer);
        for (place, word) in outer.block.chunks_exact_mut(4).zip(run.end()) {
            place.copy_from_slice(&word.to_be_bytes());
        }
        (outer.filled, outer.length) = (32, outer.length + 32);
        let mut out = [0; 16];
        for (place, word) in out.chunks_exact_mut(4).zip(outer.end()) {
            place.copy_from_slice(&word.to_be_bytes());
        }
        out
    }
}

/// A run of bytes being hashed behind the block of the key.
struct Run {
    state: [u32; 8],
    block: [u8; BLOCK],
    filled: usize,
    length: u64,
}

impl Run {
    fn after(state: [u32; 8]) -> Self {
        Self { state, block: [0; BLOCK], filled: 0, length: BLOCK as u64 }
    }

    fn add(&mut self, mut bytes: &[u8]) {
        self.length += bytes.len() as u64;
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(BLOCK - self.filled));
            self.block[self.filled..self.filled + now.len()].copy_from_slice(now);
            self.filled += now.len();
            if self.filled == BLOCK {
                compress256(&mut self.state, &[self.block]);
                self.filled = 0;
            }
            bytes = later;
        }
    }

    /// Pads the last block and gives the state.
    fn end(mut self) -> [u32; 8] {
        self.block[self.filled] = 0x80;
        self.block[self.filled + 1..].fill(0);
        // The length takes eight bytes.
        if self.filled >= BLOCK - 8 {
            compress256(&mut self.state, &[self.block]);
            self.block = [0; BLOCK];
        }
        self.block[BLOCK - 8..].copy_from_slice(&(self.length * 8).to_be_bytes());
        compress256(&mut self.state, &[self.block]);
        self.state
    }
}

#[cfg(test)]
mod tests {
    use hmac::{Hmac, KeyInit, Mac};
    use proptest::prelude::*;

    use super::*;

    /// The same by the general implementation.
    fn general(key: &[u8], bytes: &[u8]) -> Hash16 {
        let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
        mac.update(bytes);
        mac.finalize().into_bytes()[..16].try_into().unwrap()
    }

    #[test]
    fn runs_and_keys_of_every_length_about_a_block_give_what_hmac_gives() {
        for length in 0..200_u8 {
            let bytes: Vec<u8> = (0..length).collect();
            for key in [1, 31, 32, 63, 64, 65, 130] {
                let key = vec![length ^ 0x5a; key];
                assert_eq!(KeyedHash::new(&Secret::new(key.clone())).raw(&bytes), general(&key, &bytes), "{length}");
            }
        }
    }

    proptest! {
        #[test]
        fn parts_are_hmac_of_their_length_prefixed_bytes(parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..90), 0..5)) {
            let mut whole = Vec::new();
            for part in &parts {
                whole.extend_from_slice(&u32::try_from(part.len()).unwrap().to_be_bytes());
                whole.extend_from_slice(part);
            }
            let slices: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
            prop_assert_eq!(KeyedHash::new(&Secret::new(vec![9; 32])).parts(&slices), general(&[9; 32], &whole));
        }
    }

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
