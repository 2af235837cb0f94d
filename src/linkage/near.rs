//! Near: which SSNs are one slip apart, told by the tokens of their neighbourhoods alone.

/// The neighbourhood of each SSN by its number: the first 64 bits of its tokens, of which two differ but once in 2^64.
///
/// Tokens stand in one order of kinds and places of a slip, so two SSNs that are one slip apart share the token of one place, and no other.
#[derive(Clone, Debug, Default)]
pub struct Near {
    pub(crate) tokens: Vec<u64>,
    /// Where the tokens of an SSN begin and end, by its number.
    pub(crate) spans: Vec<(u32, u32)>,
}

impl Near {
    fn of(&self, ssn: u32) -> &[u64] {
        let (start, end) = self.spans.get(ssn as usize).copied().unwrap_or_default();
        &self.tokens[start as usize..end as usize]
    }

    /// Whether two SSNs, by their numbers, are equal, one digit apart or one adjacent transposition apart.
    #[must_use]
    pub fn are_near(&self, x: u32, y: u32) -> bool {
        x == y || self.of(x).iter().any(|token| self.of(y).contains(token))
    }

    /// All pairs of these SSNs that are one slip apart, the smaller number first, in order.
    #[must_use]
    pub fn pairs(&self, ssns: &[u32]) -> Vec<(u32, u32)> {
        let places = ssns.iter().map(|ssn| self.of(*ssn).len()).max().unwrap_or(0);
        let mut pairs = Vec::new();
        let mut met: Vec<(u64, u32)> = Vec::with_capacity(ssns.len());
        for place in 0..places {
            met.clear();
            met.extend(ssns.iter().filter_map(|ssn| Some((*self.of(*ssn).get(place)?, *ssn))));
            met.sort_unstable();
            for run in met.chunk_by(|a, b| a.0 == b.0) {
                for (at, one) in run.iter().enumerate() {
                    pairs.extend(run[at + 1..].iter().map(|other| (one.1.min(other.1), one.1.max(other.1))));
                }
            }
        }
        pairs.sort_unstable();
        pairs.dedup();
        pairs
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Numbers of four digits, their neighbourhoods by the plain meaning: one digit masked, or one adjacent pair unordered.
    fn near(numbers: &[u32]) -> Near {
        let mut near = Near { tokens: Vec::new(), spans: vec![(0, 0)] };
        for number in numbers {
            let digits: Vec<u64> = (0..4).map(|at| u64::from(number / 10_u32.pow(at) % 10)).collect();
            let start = u32::try_from(near.tokens.len()).unwrap();
            let token = |place: u64, digits: &[u64]| digits.iter().fold(place + 1, |n, digit| n * 11 + digit);
            for place in 0..4 {
                let mut masked = digits.clone();
                masked[place] = 10;
                near.tokens.push(token(place as u64, &masked));
            }
            for place in 0..3 {
                let mut unordered = digits.clone();
                unordered[place..place + 2].sort_unstable();
                near.tokens.push(token(4 + place as u64, &unordered));
            }
            near.spans.push((start, u32::try_from(near.tokens.len()).unwrap()));
        }
        near
    }

    proptest! {
        #[test]
        fn pairs_are_those_that_are_near(numbers in prop::collection::btree_set(0_u32..3_000, 1..60)) {
            let numbers: Vec<u32> = numbers.into_iter().collect();
            let near = near(&numbers);
            let all: Vec<u32> = (1..=u32::try_from(numbers.len()).unwrap()).collect();
            let mut expected = Vec::new();
            for (at, x) in all.iter().enumerate() {
                expected.extend(all[at + 1..].iter().filter(|y| near.are_near(*x, **y)).map(|y| (*x, *y)));
            }
            prop_assert_eq!(near.pairs(&all), expected);
        }
    }
}
