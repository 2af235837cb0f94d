//! Weights: what each level is worth, as the logarithm to base two of m over u, in thousandths of a bit.

use super::comparison::Comparison;

/// Thousandths of a bit.
const BIT: f64 = 1000.0;

/// The weights of one comparison by level; 0 for a missing value. Better levels are never worth less: neighbours that would be are taken together,
/// each counting as much as the pairs it rests on.
#[must_use]
pub fn weights(m: &[f64], u: &[f64]) -> Vec<i32> {
    // (sum of m, sum of u, levels): pools of neighbouring levels, best first.
    let mut pools: Vec<(f64, f64, usize)> = Vec::new();
    for level in 1..m.len() {
        let mut pool = (m[level], u[level], 1);
        while let Some(&(before_m, before_u, count)) = pools.last() {
            if before_m / before_u >= pool.0 / pool.1 {
                break;
            }
            pool = (pool.0 + before_m, pool.1 + before_u, pool.2 + count);
            pools.pop();
        }
        pools.push(pool);
    }
    let mut out = vec![0];
    for (m, u, count) in pools {
        out.extend(std::iter::repeat_n(thousandths(libm::log2(m / u)), count));
    }
    out
}

/// A number of bits as thousandths.
#[must_use]
#[allow(clippy::cast_possible_truncation)] // weights are tens of bits
pub fn thousandths(bits: f64) -> i32 {
    libm::round(bits * BIT).clamp(-1e8, 1e8) as i32
}

/// Thousandths as a number of bits.
#[must_use]
pub fn bits(weight: i32) -> f64 {
    f64::from(weight) / BIT
}

/// The probability of a weight, the prior's included.
#[must_use]
pub fn probability(weight: i32) -> f64 {
    let odds = odds(weight);
    odds / (1.0 + odds)
}

/// The odds of a weight.
#[must_use]
pub(crate) fn odds(weight: i32) -> f64 {
    libm::exp2(bits(weight)).min(1e300)
}

/// What exact agreement on a value is worth beyond agreement on any, by how often the value comes: `log2(u / f)`, in thousandths.
#[must_use]
pub(super) fn of_frequency(exact: f64, share: f64) -> i32 {
    thousandths(libm::log2(exact / share))
}

/// The weights of all levels of a comparison in words, for reports.
#[must_use]
pub fn names(comparison: &Comparison) -> Vec<String> {
    let named = comparison.says.iter().cloned();
    std::iter::once("missing".to_owned()).chain(named).chain(["otherwise".to_owned()]).collect()
}
