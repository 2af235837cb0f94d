//! A memo: what a raw value was standardised to, so that a value met again costs one look. It forgets all when it grows large.

use crate::foundation::interned::Interned;

/// Bytes a memo may hold before it starts anew.
const BOUND: usize = 64 << 20;

/// Raw values and what became of them.
pub(crate) struct Memo<T> {
    raw: Interned,
    became: Vec<T>,
}

impl<T> Default for Memo<T> {
    fn default() -> Self {
        Self { raw: Interned::default(), became: Vec::new() }
    }
}

impl<T: Copy> Memo<T> {
    /// What a raw value becomes; `make` is asked only where the memo does not know.
    pub(crate) fn get<E>(&mut self, raw: &[u8], make: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        if self.raw.size() > BOUND {
            self.raw.clear();
            self.became.clear();
        }
        match self.raw.intern(raw) {
            Some((id, false)) => Ok(self.became[id as usize]),
            Some((_, true)) => {
                let value = make();
                if let Ok(value) = &value {
                    self.became.push(*value);
                } else {
                    // The memo must not know a value that was not made.
                    self.raw.clear();
                    self.became.clear();
                }
                value
            }
            None => make(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_made_once() {
        let mut memo = Memo::default();
        let mut made = 0;
        for raw in ["a", "b", "a", "a", "b"] {
            let value = memo.get(raw.as_bytes(), || {
                made += 1;
                Ok::<_, ()>(raw.len() + made)
            });
            assert_eq!(value, Ok(if raw == "a" { 2 } else { 3 }));
        }
        assert_eq!(made, 2);
        assert_eq!(memo.get(b"c", || Err::<usize, ()>(())), Err(()));
        assert_eq!(memo.get(b"c", || Ok::<_, ()>(9)), Ok(9));
    }
}
