//! Chance: a small generator of our own, so that the same seed gives the same bytes on any machine. Integers only.

/// One part in a million.
pub(crate) const MILLION: u32 = 1_000_000;

/// What a stream of chance is for. Each person has one stream a purpose, so that a change in one leaves the others alone.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Purpose {
    Identity = 1,
    Family,
    School,
    SchoolRows,
    Courses,
    College,
    CollegeRows,
    Clearinghouse,
    Work,
    WorkRows,
    Licence,
    Places,
    Order,
    Amended,
    Assessments,
    WorkBased,
    Credentials,
    FollowUp,
    Apprenticeship,
    Elsewhere,
    Exchange,
    AdultEducation,
}

/// Mixes 64 bits thoroughly (the finaliser of SplitMix64).
pub(crate) const fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A hash of three numbers, for orders and for choices that hold wherever they are asked.
pub(crate) const fn hash(seed: u64, a: u64, b: u64) -> u64 {
    let golden = 0x9e37_79b9_7f4a_7c15_u64;
    mix(mix(mix(seed.wrapping_add(golden)) ^ a.wrapping_mul(golden)).wrapping_add(b) ^ 0xd1b5_4a32_d192_ed03)
}

/// A stream of chance (SplitMix64).
#[derive(Clone, Debug)]
pub(crate) struct Chance(u64);

impl Chance {
    /// The stream of one purpose and one person or thing.
    pub(crate) const fn new(seed: u64, purpose: Purpose, number: u64) -> Self {
        Self(hash(seed, purpose as u64, number))
    }

    /// The next 64 bits.
    pub(crate) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// A number below `bound` (0 where `bound` is 0).
    #[allow(clippy::cast_possible_truncation, reason = "the high half of the product is below a 32-bit bound")]
    pub(crate) const fn below(&mut self, bound: u32) -> u32 {
        (((self.next() >> 32) * bound as u64) >> 32) as u32
    }

    /// An index below `bound`.
    #[allow(clippy::cast_possible_truncation, reason = "tables are far shorter than 2^32")]
    pub(crate) const fn index(&mut self, bound: usize) -> usize {
        self.below(bound as u32) as usize
    }

    /// A number from `low` to `high`, both included.
    pub(crate) fn within(&mut self, low: i32, high: i32) -> i32 {
        low + i32::try_from(self.below(u32::try_from(high - low + 1).unwrap_or(1))).unwrap_or(0)
    }

    /// Whether something of this rate, in parts in a million, happens.
    pub(crate) const fn hits(&mut self, rate: u32) -> bool {
        self.below(MILLION) < rate
    }

    /// One of the list.
    pub(crate) fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.index(list.len())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_depends_on_seed_purpose_and_number_and_on_nothing_else() {
        let first = |seed, purpose, number| Chance::new(seed, purpose, number).next();
        let base = first(1, Purpose::School, 7);
        assert_eq!(base, first(1, Purpose::School, 7));
        assert_ne!(base, first(2, Purpose::School, 7));
        assert_ne!(base, first(1, Purpose::Work, 7));
        assert_ne!(base, first(1, Purpose::School, 8));
    }

    #[test]
    fn rates_are_kept() {
        let mut chance = Chance::new(1, Purpose::School, 1);
        let hits = (0..200_000).filter(|_| chance.hits(40_000)).count();
        assert!((7_600..8_400).contains(&hits), "{hits} of 200,000 at 4 %");
        assert!((0..1_000).all(|_| (3..=9).contains(&chance.within(3, 9))));
    }
}
