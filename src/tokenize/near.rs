//! The neighbourhood of an SSN: two SSNs are equal, one digit apart or one adjacent transposition apart exactly when they share a neighbour.

use crate::foundation::keyed::Hash16;

/// How many neighbours an SSN has: nine with one digit masked, eight with one adjacent pair unordered.
pub const NEIGHBOURS: usize = 17;

/// The neighbours, each tagged with its kind and place so that no two kinds or places run together.
fn neighbours(ssn: [u8; 9]) -> [[u8; 11]; NEIGHBOURS] {
    let mut out = [[0; 11]; NEIGHBOURS];
    for (at, neighbour) in (0u8..).zip(&mut out) {
        neighbour[2..].copy_from_slice(&ssn);
        if at < 9 {
            (neighbour[0], neighbour[1]) = (b'D', at);
            neighbour[2 + usize::from(at)] = b'*';
        } else {
            let pair = at - 9;
            (neighbour[0], neighbour[1]) = (b'P', pair);
            neighbour[2 + usize::from(pair)..4 + usize::from(pair)].sort_unstable();
        }
    }
    out
}

/// The tokens of an SSN's neighbours one after another, always in one order; `None` for anything but nine bytes.
pub(crate) fn tokens(ssn: &str, token: impl Fn(&[u8]) -> Hash16) -> Option<[u8; RUN]> {
    let ssn: [u8; 9] = ssn.as_bytes().try_into().ok()?;
    let mut out = [0; RUN];
    for (place, neighbour) in out.chunks_exact_mut(16).zip(neighbours(ssn)) {
        place.copy_from_slice(&token(&neighbour));
    }
    Some(out)
}

/// Neighbourhoods that were made lately: one SSN stands in many records, and a neighbourhood costs seventeen tokens.
///
/// Fixed in size; each SSN has one place, and a newcomer takes it.
pub(crate) struct Lately {
    ssns: Vec<[u8; 9]>,
    /// `RUN` bytes a place, in one piece that the system hands out cleared, so that places nobody takes cost nothing.
    tokens: Vec<u8>,
}

/// Bytes of a neighbourhood's tokens.
const RUN: usize = 16 * NEIGHBOURS;

/// Places: 36 MiB.
const LATELY: usize = 1 << 17;

impl Default for Lately {
    fn default() -> Self {
        Self::of(LATELY)
    }
}

impl Lately {
    /// So many places, a power of two.
    fn of(places: usize) -> Self {
        Self { ssns: vec![[0; 9]; places], tokens: vec![0; RUN * places] }
    }

    /// The tokens of an SSN's neighbours; `None` for anything but nine bytes.
    pub(crate) fn tokens(&mut self, ssn: &str, token: impl Fn(&[u8]) -> Hash16) -> Option<&[u8]> {
        let bytes: [u8; 9] = ssn.as_bytes().try_into().ok()?;
        let number = bytes.iter().fold(0_u64, |n, b| n.wrapping_mul(31).wrapping_add(u64::from(*b)));
        let place = usize::try_from(number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 47).unwrap_or(0) % self.ssns.len();
        let run = &mut self.tokens[RUN * place..RUN * (place + 1)];
        if self.ssns[place] != bytes {
            run.copy_from_slice(&tokens(ssn, token)?);
            self.ssns[place] = bytes;
        }
        Some(run)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn share(a: [u8; 9], b: [u8; 9]) -> bool {
        let of_b = neighbours(b);
        neighbours(a).iter().any(|n| of_b.contains(n))
    }

    /// The plain meaning, worked out digit by digit.
    fn near(a: [u8; 9], b: [u8; 9]) -> bool {
        let differ: Vec<usize> = (0..9).filter(|i| a[*i] != b[*i]).collect();
        match differ[..] {
            [] | [_] => true,
            [i, j] => j == i + 1 && a[i] == b[j] && a[j] == b[i],
            _ => false,
        }
    }

    fn ssn() -> impl Strategy<Value = [u8; 9]> {
        // Few digits, so that equal neighbours and double faults come often.
        prop::array::uniform9(prop_oneof![3 => b'0'..=b'2', 1 => b'0'..=b'9'])
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn a_neighbour_is_shared_exactly_when_one_edit_apart(a in ssn(), b in ssn(), edits in 0usize..4, at in prop::collection::vec((0usize..8, b'0'..=b'9', any::<bool>()), 4)) {
            prop_assert_eq!(share(a, b), near(a, b));
            let mut c = a;
            for (place, digit, swap) in at.into_iter().take(edits) {
                if swap { c.swap(place, place + 1) } else { c[place] = digit }
            }
            prop_assert_eq!(share(a, c), near(a, c));
        }
    }

    #[test]
    fn a_neighbourhood_made_lately_is_the_one_that_would_be_made() {
        let made = std::cell::Cell::new(0);
        let token = |bytes: &[u8]| {
            made.set(made.get() + 1);
            let mut out = [0; 16];
            out[..11].copy_from_slice(bytes);
            out
        };
        let mut lately = Lately::of(64);
        for _ in 0..2 {
            // More than there are places, so that newcomers take some.
            for n in 0..500_u32 {
                let ssn = format!("{:09}", n * 4_999);
                assert_eq!(
                    lately.tokens(&ssn, token),
                    tokens(&ssn, token).as_ref().map(<[u8; RUN]>::as_slice),
                    "{ssn}"
                );
            }
        }
        let before = made.get();
        lately.tokens("123456789", token);
        lately.tokens("123456789", token);
        assert_eq!(made.get(), before + 17);
        assert!(lately.tokens("12345678", token).is_none());
    }

    #[test]
    fn only_nine_digits_have_neighbours() {
        assert!(tokens("12345678", |_| [0; 16]).is_none());
        assert!(tokens("123456789", |_| [0; 16]).is_some());
    }
}
