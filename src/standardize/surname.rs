//! A surname's inner build: particles, the parts of a double surname, and its joined form. All take a canonical last name.

/// Words that lead to a surname and are often left out or run together.
const PARTICLES: &[&str] = &[
    "DE", "DEL", "DELA", "DELLA", "DER", "DEN", "DES", "DI", "DO", "DOS", "DA", "DAS", "DU", "E", "EL", "LA", "LAS",
    "LE", "LO", "LOS", "AL", "BIN", "BINT", "IBN", "TEN", "TER", "VAN", "VANDER", "VON", "Y", "ZU", "ZUM", "ZUR",
];

/// Words that belong to the one that follows: `SAN MIGUEL` is one part, `SANMIGUEL`.
const BOUND: &[&str] = &["ST", "STE", "SAN", "SANTA", "SANTO"];

/// The parts of a surname without particles: `GARCIA DE LEON` is `GARCIA` and `LEON`; `DE LA CRUZ` is `CRUZ`.
///
/// The last word is never a particle, so that `LE` and `DO`, common Vietnamese surnames, stay.
#[must_use]
pub fn parts(canonical: &str) -> Vec<String> {
    let words: Vec<&str> = canonical.split(' ').filter(|word| !word.is_empty()).collect();
    let mut out = Vec::new();
    let mut bound = String::new();
    for (at, word) in words.iter().enumerate() {
        let last = at + 1 == words.len();
        if !last && BOUND.contains(word) {
            bound.push_str(word);
        } else if last || !PARTICLES.contains(word) {
            out.push(std::mem::take(&mut bound) + word);
        }
    }
    out
}

/// The surname without spaces: `DE LA CRUZ` and `DELACRUZ` are one.
#[must_use]
pub fn joined(canonical: &str) -> String {
    canonical.replace(' ', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_leave_particles_out_and_keep_saints_whole() {
        assert_eq!(parts("GARCIA DE LEON"), ["GARCIA", "LEON"]);
        assert_eq!(parts("LOPEZ SAN MIGUEL"), ["LOPEZ", "SANMIGUEL"]);
        assert_eq!(parts("LE"), ["LE"]);
        assert_eq!(parts("VAN DER"), ["DER"]);
        assert!(parts("").is_empty());
    }
}
