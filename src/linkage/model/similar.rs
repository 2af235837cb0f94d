//! Similarity of names: Jaro-Winkler over bits, with a bound by letters that answers most unlike pairs without comparing them.

/// Longest text compared, in bytes; what follows is not looked at.
pub(super) const LONGEST: usize = 32;

/// What is known of a text before it is compared: its length, and which letters it holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Letters {
    /// A bit for the first and one for the second coming of each letter, modulo 32.
    bits: u64,
    /// Letters that come a third time or more.
    more: u8,
    length: u8,
}

/// The place of a letter among 32; texts are upper case, so that A to Z, space, hyphen and apostrophe have places of their own.
#[inline]
fn place(byte: u8) -> usize {
    usize::from(byte & 31)
}

impl Letters {
    /// The letters of a text.
    #[must_use]
    pub fn of(text: &[u8]) -> Self {
        let text = &text[..text.len().min(LONGEST)];
        let mut letters = Self { length: u8::try_from(text.len()).unwrap_or(u8::MAX), ..Self::default() };
        for byte in text {
            let (first, second) = (1 << place(*byte), 1 << (place(*byte) + 32));
            if letters.bits & first == 0 {
                letters.bits |= first;
            } else if letters.bits & second == 0 {
                letters.bits |= second;
            } else {
                letters.more += 1;
            }
        }
        letters
    }

    /// How many bytes the text has.
    #[must_use]
    #[inline]
    pub fn length(self) -> usize {
        usize::from(self.length)
    }

    /// No Jaro-Winkler similarity of texts with these letters is greater.
    #[must_use]
    #[inline]
    pub fn bound(self, other: Self) -> f32 {
        if self.length == 0 || other.length == 0 {
            return 0.0;
        }
        let common = (self.bits & other.bits).count_ones() + u32::from(self.more.min(other.more));
        // A letter that comes three times here and once there is counted once above, as it is matched; never too few.
        let most = common.min(u32::from(self.length)).min(u32::from(other.length));
        let jaro = of_matches(most, 0, self.length, other.length);
        jaro + 0.4 * (1.0 - jaro)
    }
}

#[allow(clippy::cast_precision_loss)] // counts of letters
#[inline]
fn of_matches(matches: u32, halves: u32, one: u8, other: u8) -> f32 {
    if matches == 0 {
        return 0.0;
    }
    let m = matches as f32;
    (m / f32::from(one) + m / f32::from(other) + (m - (halves / 2) as f32) / m) / 3.0
}

/// The Jaro-Winkler similarity of two texts, from 0 to 1: from 0.7 on, prefixes of up to four bytes count a tenth each.
#[must_use]
pub fn jaro_winkler(one: &[u8], other: &[u8]) -> f32 {
    let one = &one[..one.len().min(LONGEST)];
    let other = &other[..other.len().min(LONGEST)];
    if one == other {
        return if one.is_empty() { 0.0 } else { 1.0 };
    }
    let jaro = jaro(one, other);
    // Winkler's own threshold: a common prefix makes likely names likelier, not unlikely ones.
    if jaro <= 0.7 {
        return jaro;
    }
    let prefix = one.iter().zip(other).take(4).take_while(|(a, b)| a == b).count();
    #[allow(clippy::cast_precision_loss)] // at most four
    let prefix = prefix as f32;
    jaro + 0.1 * prefix * (1.0 - jaro)
}

fn jaro(one: &[u8], other: &[u8]) -> f32 {
    if one.is_empty() || other.is_empty() {
        return 0.0;
    }
    let window = (one.len().max(other.len()) / 2).saturating_sub(1);
    // Where each letter stands in the first text, a bit a position. Bytes that share a place are told apart below.
    let mut stands = [0_u64; 32];
    for (at, byte) in one.iter().enumerate() {
        stands[place(*byte)] |= 1 << at;
    }
    let (mut taken, mut matched) = (0_u64, 0_u64);
    for (at, byte) in other.iter().enumerate() {
        let low = at.saturating_sub(window);
        let high = (at + window + 1).min(one.len());
        if low >= high {
            continue;
        }
        let within = (u64::MAX >> (64 - (high - low))) << low;
        let mut free = stands[place(*byte)] & within & !taken;
        // Another byte of the same place is no match.
        while free != 0 && one[free.trailing_zeros() as usize] != *byte {
            free &= free - 1;
        }
        taken |= free & free.wrapping_neg();
        matched |= u64::from(free != 0) << at;
    }
    let matches = taken.count_ones();
    if matches == 0 {
        return 0.0;
    }
    let mut halves = 0;
    while taken != 0 {
        let (a, b) = (one[taken.trailing_zeros() as usize], other[matched.trailing_zeros() as usize]);
        halves += u32::from(a != b);
        taken &= taken - 1;
        matched &= matched - 1;
    }
    let length = |text: &[u8]| u8::try_from(text.len()).unwrap_or(u8::MAX);
    of_matches(matches, halves, length(one), length(other))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn name() -> impl Strategy<Value = String> {
        prop_oneof!["[A-D]{0,9}", "[A-Z '-]{0,20}", "[a-z0-9]{0,70}"]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn it_is_the_similarity_that_everybody_knows(a in name(), b in name()) {
            let cut = |text: &str| text[..text.len().min(LONGEST)].to_owned();
            let known = strsim::jaro_winkler(&cut(&a), &cut(&b));
            let ours = f64::from(jaro_winkler(a.as_bytes(), b.as_bytes()));
            // Two empty texts say nothing here, where the other library calls them equal; at the threshold itself rounding decides.
            let at_threshold = (strsim::jaro(&cut(&a), &cut(&b)) - 0.7).abs() < 1e-6;
            let says_nothing = a.is_empty() && b.is_empty();
            if !(says_nothing || at_threshold) {
                prop_assert!((known - ours).abs() < 1e-5, "{a} {b}: {known} {ours}");
            }
        }

        #[test]
        fn no_similarity_is_greater_than_its_bound(a in name(), b in name()) {
            let bound = Letters::of(a.as_bytes()).bound(Letters::of(b.as_bytes()));
            prop_assert!(jaro_winkler(a.as_bytes(), b.as_bytes()) <= bound + 1e-6);
        }
    }
}
