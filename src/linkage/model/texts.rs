//! Texts: the distinct values of a field, each kept once with what comparing it needs, and named by a number.

use std::collections::HashMap;

use super::similar::{LONGEST, Letters};

/// A value as it will be compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forms {
    /// The canonical text.
    pub text: String,
    /// What a nickname goes back to, where there is such a thing.
    pub root: Option<String>,
    /// The parts of a double surname.
    pub parts: Vec<String>,
}

/// What comparing a value needs, in one line of the processor's cache.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Value {
    letters: Letters,
    root: u32,
    parts: [u32; 2],
    text: [u8; LONGEST],
}

/// The distinct values of one field. Number 0 stands for no value.
///
/// It holds values of persons: it is never printed.
#[derive(Default)]
pub struct Texts {
    values: Vec<Value>,
    /// The texts whole: what is longer than what is compared is still another value.
    bytes: Vec<u8>,
    ends: Vec<u32>,
    by_text: Numbers,
    names: HashMap<String, u32>,
}

impl std::fmt::Debug for Texts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Texts").field("values", &self.len()).finish_non_exhaustive()
    }
}

impl Texts {
    /// How many values there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The number of a value, which is kept where it is new.
    pub fn number(&mut self, forms: &Forms) -> u32 {
        if forms.text.is_empty() {
            return 0;
        }
        let next = u32::try_from(self.ends.len() + 1).unwrap_or(u32::MAX);
        let text = forms.text.as_bytes();
        let (bytes, ends) = (&self.bytes, &self.ends);
        let number = self.by_text.find_or_put(text, next, |number| slice(bytes, ends, number));
        if number == next {
            self.bytes.extend_from_slice(text);
            self.ends.push(u32::try_from(self.bytes.len()).unwrap_or(u32::MAX));
            let mut named = |name: &str| {
                let next = u32::try_from(self.names.len() + 1).unwrap_or(u32::MAX);
                *self.names.entry(name.to_owned()).or_insert(next)
            };
            let root = forms.root.as_deref().map_or(0, &mut named);
            let mut part = |at: usize| forms.parts.get(at).map_or(0, |part| named(part));
            let parts = [part(0), part(1)];
            let mut value = Value { letters: Letters::of(text), root, parts, text: [0; LONGEST] };
            let kept = text.len().min(LONGEST);
            value.text[..kept].copy_from_slice(&text[..kept]);
            self.values.push(value);
        }
        number
    }

    /// The number of a text, if it is a value here.
    #[must_use]
    pub fn find(&self, text: &[u8]) -> u32 {
        self.by_text.find(text, |number| slice(&self.bytes, &self.ends, number))
    }

    /// A value's bytes, all of them.
    #[must_use]
    pub fn whole(&self, number: u32) -> &[u8] {
        slice(&self.bytes, &self.ends, number)
    }

    /// As many of a value's bytes as are compared.
    #[must_use]
    #[inline]
    pub fn text(&self, number: u32) -> &[u8] {
        let value = &self.values[number as usize - 1];
        &value.text[..value.letters.length()]
    }

    /// A value's letters.
    #[must_use]
    #[inline]
    pub fn letters(&self, number: u32) -> Letters {
        self.values[number as usize - 1].letters
    }

    /// What a nickname goes back to; 0 for nothing.
    #[must_use]
    #[inline]
    pub fn root(&self, number: u32) -> u32 {
        self.values[number as usize - 1].root
    }

    /// The parts of a double surname; 0 for none.
    #[must_use]
    #[inline]
    pub fn parts(&self, number: u32) -> [u32; 2] {
        self.values[number as usize - 1].parts
    }
}

#[inline]
fn slice<'a>(bytes: &'a [u8], ends: &[u32], number: u32) -> &'a [u8] {
    let at = number as usize - 1;
    let start = if at == 0 { 0 } else { ends[at - 1] as usize };
    &bytes[start..ends[at] as usize]
}

/// Numbers found by the bytes they name; whoever owns it keeps the bytes.
#[derive(Default)]
pub struct Numbers {
    slots: Vec<(u32, u32)>,
    filled: usize,
}

impl Numbers {
    /// The number of some bytes, or `next`, put there now.
    #[inline]
    pub fn find_or_put<'a>(&mut self, bytes: &[u8], next: u32, of: impl Fn(u32) -> &'a [u8]) -> u32 {
        if self.filled * 8 >= self.slots.len() * 5 {
            self.grow();
        }
        let tag = tag(bytes);
        let mask = self.slots.len() - 1;
        let mut at = tag as usize & mask;
        loop {
            let (met, number) = self.slots[at];
            if number == 0 {
                self.slots[at] = (tag, next);
                self.filled += 1;
                return next;
            }
            if met == tag && of(number) == bytes {
                return number;
            }
            at = (at + 1) & mask;
        }
    }

    fn find<'a>(&self, bytes: &[u8], of: impl Fn(u32) -> &'a [u8]) -> u32 {
        let tag = tag(bytes);
        let mask = self.slots.len().wrapping_sub(1);
        let mut at = tag as usize & mask;
        while let Some(&(met, number)) = self.slots.get(at) {
            if number == 0 || (met == tag && of(number) == bytes) {
                return number;
            }
            at = (at + 1) & mask;
        }
        0
    }

    fn grow(&mut self) {
        let larger = vec![(0, 0); (self.slots.len() * 2).max(1 << 10)];
        let mask = larger.len() - 1;
        for slot in std::mem::replace(&mut self.slots, larger).into_iter().filter(|slot| slot.1 != 0) {
            let mut at = slot.0 as usize & mask;
            while self.slots[at].1 != 0 {
                at = (at + 1) & mask;
            }
            self.slots[at] = slot;
        }
    }
}

/// Half of a hash. Numbers follow the order of coming, never this, so nothing that is written depends on it.
#[allow(clippy::cast_possible_truncation)] // half is wanted
#[inline]
fn tag(bytes: &[u8]) -> u32 {
    let hash = bytes.chunks(8).fold(bytes.len() as u64, |state, chunk| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        mixed(state ^ u64::from_le_bytes(word))
    });
    (hash ^ (hash >> 32)) as u32
}

/// Spreads the bits of a number.
#[must_use]
#[inline]
pub(super) fn mixed(word: u64) -> u64 {
    let word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}
