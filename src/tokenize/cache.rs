//! A cache of tokens: names and dates repeat, and a look is cheaper than two hashes. Fixed in size; it switches itself off where values seldom repeat.

use crate::foundation::keyed::Hash16;

/// Longest key kept, so that an entry is 64 bytes, one line of the processor's cache.
const KEY: usize = 47;
/// Most entries: one MiB, which stays close to the processor.
const MOST: usize = 1 << 14;
/// Looks between two judgements of whether the cache pays.
const TRIAL: u32 = 8192;

/// One place; a length above `KEY` marks an empty one.
#[derive(Clone, Copy)]
struct Entry {
    key: [u8; KEY],
    length: u8,
    token: Hash16,
}

/// Tokens by the bytes they are made of. A place holds one value; a newcomer takes it.
pub(crate) struct Cache {
    entries: Vec<Entry>,
    looks: u32,
    hits: u32,
}

impl Cache {
    /// A cache for about so many values.
    pub(crate) fn new(rows: usize) -> Self {
        let size = rows.next_power_of_two().clamp(64, MOST);
        Self { entries: vec![Entry { key: [0; KEY], length: u8::MAX, token: [0; 16] }; size], looks: 0, hits: 0 }
    }

    /// The token of some bytes; `make` is asked where the cache does not know.
    pub(crate) fn get(&mut self, bytes: &[u8], make: impl FnOnce() -> Hash16) -> Hash16 {
        if self.entries.is_empty() || bytes.len() > KEY {
            return make();
        }
        let mask = self.entries.len() - 1;
        let entry = &mut self.entries[place(bytes) & mask];
        self.looks += 1;
        let token = if usize::from(entry.length) == bytes.len() && entry.key[..bytes.len()] == *bytes {
            self.hits += 1;
            entry.token
        } else {
            let token = make();
            entry.key[..bytes.len()].copy_from_slice(bytes);
            entry.length = u8::try_from(bytes.len()).unwrap_or(u8::MAX);
            entry.token = token;
            token
        };
        if self.looks == TRIAL {
            if self.hits < TRIAL / 8 {
                self.entries = Vec::new();
            }
            (self.looks, self.hits) = (0, 0);
        }
        token
    }
}

/// Where a value belongs. It only finds the place: equality is of the bytes themselves.
fn place(bytes: &[u8]) -> usize {
    let mut state = 0xcbf2_9ce4_8422_2325_u64;
    for chunk in bytes.chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        state = (state ^ u64::from_le_bytes(word)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        state ^= state >> 32;
    }
    usize::try_from(state & 0xffff_ffff).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(n: u32) -> Hash16 {
        let mut out = [0; 16];
        out[..4].copy_from_slice(&n.to_le_bytes());
        out
    }

    #[test]
    fn what_it_gives_is_what_would_be_made() {
        let mut cache = Cache::new(100);
        let mut asked = 0;
        for round in 0..3 {
            for n in 0..300u32 {
                let token = cache.get(&n.to_be_bytes(), || {
                    asked += 1;
                    made(n)
                });
                assert_eq!(token, made(n), "round {round}");
            }
        }
        assert!(asked >= 300);
        assert_eq!(cache.get(&[7; 100], || made(9)), made(9));
    }

    #[test]
    fn it_switches_off_where_nothing_repeats_and_stays_where_values_do() {
        let mut unique = Cache::new(100_000);
        let mut repeating = Cache::new(100_000);
        for n in 0..TRIAL {
            unique.get(&n.to_be_bytes(), || made(n));
            repeating.get(&(n % 50).to_be_bytes(), || made(n % 50));
        }
        assert!(unique.entries.is_empty());
        assert!(!repeating.entries.is_empty());
    }
}
