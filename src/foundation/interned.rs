//! Interned values: each distinct run of bytes is kept once and named by a number.

/// Stands where no value is.
pub const NONE: u32 = u32::MAX;

/// Numbers found by a hash of what they name. Whoever owns it keeps the things themselves and says which of several is meant.
#[derive(Debug, Default)]
pub struct Places {
    slots: Vec<Slot>,
    filled: usize,
}

/// Half a hash and a number; `NONE` where the place is free.
#[derive(Clone, Copy, Debug)]
struct Slot {
    tag: u32,
    number: u32,
}

impl Places {
    /// The number under this hash that `is` meant, or `new`, put there now.
    pub fn find_or_put(&mut self, hash: u64, new: u32, is: impl Fn(u32) -> bool) -> u32 {
        if self.filled * 8 >= self.slots.len() * 5 {
            self.grow();
        }
        let slot = Slot { tag: tag(hash), number: new };
        let mask = self.slots.len() - 1;
        let mut at = slot.tag as usize & mask;
        loop {
            let met = self.slots[at];
            if met.number == NONE {
                self.slots[at] = slot;
                self.filled += 1;
                return new;
            }
            if met.tag == slot.tag && is(met.number) {
                return met.number;
            }
            at = (at + 1) & mask;
        }
    }

    /// The number under this hash that `is` meant, if there is one.
    pub fn find(&self, hash: u64, is: impl Fn(u32) -> bool) -> Option<u32> {
        let tag = tag(hash);
        let mask = self.slots.len().wrapping_sub(1);
        let mut at = tag as usize & mask;
        loop {
            let met = self.slots.get(at)?;
            if met.number == NONE {
                return None;
            }
            if met.tag == tag && is(met.number) {
                return Some(met.number);
            }
            at = (at + 1) & mask;
        }
    }

    /// Twice the places; the tags say where everything goes.
    fn grow(&mut self) {
        let larger = vec![Slot { tag: 0, number: NONE }; (self.slots.len() * 2).max(64)];
        let mask = larger.len() - 1;
        for slot in std::mem::replace(&mut self.slots, larger).into_iter().filter(|slot| slot.number != NONE) {
            let mut at = slot.tag as usize & mask;
            while self.slots[at].number != NONE {
                at = (at + 1) & mask;
            }
            self.slots[at] = slot;
        }
    }

    /// Bytes held.
    #[must_use]
    pub fn size(&self) -> usize {
        self.slots.len() * size_of::<Slot>()
    }
}

#[allow(clippy::cast_possible_truncation)] // half of the hash is wanted
fn tag(hash: u64) -> u32 {
    (hash ^ (hash >> 32)) as u32
}

/// Distinct runs of bytes, numbered from 0 in the order of their first coming.
#[derive(Default)]
pub struct Interned {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    places: Places,
}

// What it holds may be values of persons: it is never printed.
impl std::fmt::Debug for Interned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Interned").field("values", &self.len()).finish_non_exhaustive()
    }
}

impl Interned {
    /// The number of a value, and whether it is new. `None` where numbers have run out.
    pub fn intern(&mut self, value: &[u8]) -> Option<(u32, bool)> {
        self.intern_as(value, hash(value))
    }

    fn intern_as(&mut self, value: &[u8], hash: u64) -> Option<(u32, bool)> {
        let new = u32::try_from(self.ends.len()).ok().filter(|id| *id != NONE)?;
        let (bytes, ends) = (&self.bytes, &self.ends);
        let id = self.places.find_or_put(hash, new, |id| run(bytes, ends, id) == value);
        if id != new {
            return Some((id, false));
        }
        self.bytes.extend_from_slice(value);
        self.ends.push(self.bytes.len());
        Some((new, true))
    }

    /// The number of a value, if it is one here.
    #[must_use]
    pub fn find(&self, value: &[u8]) -> Option<u32> {
        self.places.find(hash(value), |id| run(&self.bytes, &self.ends, id) == value)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// How many values there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// The bytes of a value.
    #[must_use]
    pub fn get(&self, id: u32) -> &[u8] {
        run(&self.bytes, &self.ends, id)
    }

    /// The value as text; `None` for `NONE`.
    #[must_use]
    pub fn text(&self, id: u32) -> Option<&str> {
        if id == NONE { None } else { std::str::from_utf8(self.get(id)).ok() }
    }

    /// Bytes held, for a bound on memory.
    #[must_use]
    pub fn size(&self) -> usize {
        self.bytes.len() + self.ends.len() * size_of::<usize>() + self.places.size()
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

fn run<'a>(bytes: &'a [u8], ends: &[usize], id: u32) -> &'a [u8] {
    let at = id as usize;
    let start = if at == 0 { 0 } else { ends[at - 1] };
    &bytes[start..ends[at]]
}

/// A quick hash of bytes, a word at a time by folded multiplication. It only finds places: equality is always of the bytes themselves.
#[must_use]
pub fn hash(bytes: &[u8]) -> u64 {
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
        // Two further values whose hash is that of the first.
        let met = hash(b"a");
        assert_eq!((set.intern_as(b"c", met), set.intern_as(b"d", met)), (Some((3, true)), Some((4, true))));
        assert_eq!(
            (set.intern_as(b"c", met), set.intern_as(b"d", met), set.intern(b"a")),
            (Some((3, false)), Some((4, false)), Some((0, false)))
        );
        assert_eq!((set.text(1), set.text(2), set.text(NONE)), (Some("b"), Some(""), None));
    }

    #[test]
    fn numbers_stay_as_the_table_grows() {
        let mut set = Interned::default();
        for round in 0..2 {
            for n in 0..5_000_u32 {
                // Few hashes, so that runs of places are long and move together.
                let id = set.intern_as(&n.to_be_bytes(), u64::from(n % 700));
                assert_eq!(id, Some((n, round == 0)));
            }
        }
        assert_eq!(set.len(), 5_000);
        assert!((0..5_000).all(|n| *set.get(n) == n.to_be_bytes()));
        assert!(set.size() > 5_000 * 12);
        set.clear();
        assert_eq!((set.intern(b"x"), set.len()), (Some((0, true)), 1));
    }
}
