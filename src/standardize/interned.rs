//! Interned values: each distinct run of bytes is kept once and named by a number.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Stands where no value is.
pub(crate) const NONE: u32 = u32::MAX;

/// Distinct runs of bytes, numbered from 0 in the order of their first coming.
#[derive(Default)]
pub(crate) struct Interned {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    /// The next value whose hash is the same.
    next: Vec<u32>,
    heads: HashMap<u64, u32, BuildHasherDefault<Hashed>>,
}

impl Interned {
    /// The number of a value, and whether it is new. `None` where numbers have run out.
    pub(crate) fn intern(&mut self, value: &[u8]) -> Option<(u32, bool)> {
        let new = u32::try_from(self.ends.len()).ok().filter(|id| *id != NONE)?;
        let head = *self.heads.entry(hash(value)).or_insert(new);
        let mut at = head;
        while at != new {
            if self.get(at) == value {
                return Some((at, false));
            }
            match self.next[at as usize] {
                NONE => {
                    self.next[at as usize] = new;
                    at = new;
                }
                following => at = following,
            }
        }
        self.bytes.extend_from_slice(value);
        self.ends.push(self.bytes.len());
        self.next.push(NONE);
        Some((new, true))
    }

    /// The bytes of a value.
    pub(crate) fn get(&self, id: u32) -> &[u8] {
        let at = id as usize;
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        &self.bytes[start..self.ends[at]]
    }

    /// The value as text; `None` for `NONE`.
    pub(crate) fn text(&self, id: u32) -> Option<&str> {
        if id == NONE { None } else { std::str::from_utf8(self.get(id)).ok() }
    }

    /// Bytes held, for a bound on memory.
    pub(crate) fn size(&self) -> usize {
        self.bytes.len() + self.ends.len() * 32
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}

/// A hasher for keys that are hashes already.
#[derive(Debug, Default)]
pub(crate) struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        let mut word = [0; 8];
        for (to, from) in word.iter_mut().zip(bytes) {
            *to = *from;
        }
        self.0 = u64::from_le_bytes(word);
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = word;
    }

    // The length prefix of a byte array says nothing.
    fn write_usize(&mut self, _: usize) {}
}

/// A quick hash of bytes, a word at a time by folded multiplication. It only finds places: equality is always of the bytes themselves.
pub(crate) fn hash(bytes: &[u8]) -> u64 {
    const FIRST: u64 = 0x9e37_79b9_7f4a_7c15;
    const SECOND: u64 = 0xd6e8_feb8_6659_fd93;
    let fold = |a: u64, b: u64| {
        let wide = u128::from(a) * u128::from(b);
        #[allow(clippy::cast_possible_truncation)] // both halves are wanted
        let halves = (wide as u64, (wide >> 64) as u64);
        halves.0 ^ halves.1
    };
    let mut state = FIRST ^ bytes.len() as u64;
    let mut words = bytes.chunks_exact(8);
    for word in &mut words {
        let mut eight = [0; 8];
        eight.copy_from_slice(word);
        state = fold(state ^ u64::from_le_bytes(eight), SECOND).wrapping_add(FIRST);
    }
    let mut eight = [0; 8];
    eight[..words.remainder().len()].copy_from_slice(words.remainder());
    fold(state ^ u64::from_le_bytes(eight), SECOND) ^ state.rotate_left(29)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_bytes_have_one_number_even_when_hashes_meet() {
        let mut set = Interned::default();
        assert_eq!(set.intern(b"a"), Some((0, true)));
        assert_eq!(set.intern(b"b"), Some((1, true)));
        assert_eq!(set.intern(b""), Some((2, true)));
        assert_eq!(set.intern(b"a"), Some((0, false)));
        // Two further values forced onto the chain of the first.
        set.heads.insert(hash(b"c"), 0);
        set.heads.insert(hash(b"d"), 0);
        assert_eq!((set.intern(b"c"), set.intern(b"d")), (Some((3, true)), Some((4, true))));
        assert_eq!(
            (set.intern(b"c"), set.intern(b"d"), set.intern(b"a")),
            (Some((3, false)), Some((4, false)), Some((0, false)))
        );
        assert_eq!((set.text(1), set.text(2), set.text(NONE)), (Some("b"), Some(""), None));
    }
}
