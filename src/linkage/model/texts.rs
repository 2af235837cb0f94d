//! Texts: the distinct values of a field, each kept once with what comparing it needs, and named by a number.

use super::similar::{LONGEST, Letters};
use crate::foundation::interned::Interned;

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
    whole: Interned,
    /// Roots and parts, which are compared by number.
    names: Interned,
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
        let text = forms.text.as_bytes();
        let Some((number, new)) = self.whole.intern(text) else { return 0 };
        if new {
            let mut named = |name: &str| self.names.intern(name.as_bytes()).map_or(0, |(number, _)| number + 1);
            let root = forms.root.as_deref().map_or(0, &mut named);
            let mut part = |at: usize| forms.parts.get(at).map_or(0, |part| named(part));
            let parts = [part(0), part(1)];
            let mut value = Value { letters: Letters::of(text), root, parts, text: [0; LONGEST] };
            let kept = text.len().min(LONGEST);
            value.text[..kept].copy_from_slice(&text[..kept]);
            self.values.push(value);
        }
        number + 1
    }

    /// The number of a text, if it is a value here.
    #[must_use]
    pub fn find(&self, text: &[u8]) -> u32 {
        self.whole.find(text).map_or(0, |number| number + 1)
    }

    /// A value's bytes, all of them.
    #[must_use]
    pub fn whole(&self, number: u32) -> &[u8] {
        self.whole.get(number - 1)
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

/// Spreads the bits of a number.
#[must_use]
#[inline]
pub(crate) fn mixed(word: u64) -> u64 {
    let word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}
