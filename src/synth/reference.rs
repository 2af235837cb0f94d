//! Reference files: what the state and the nation publish for everyone, written by hand. Codes and titles are real; what is counted or paid is made up.

use crate::synth::chance::Chance;

/// The reference files and their texts.
pub(crate) const FILES: [(&str, &str); 8] = [
    ("directory/credential_list.csv", CREDENTIALS),
    ("directory/nontraditional.csv", include_str!("reference/nontraditional.csv")),
    ("directory/cip_cluster.csv", include_str!("reference/cip_cluster.csv")),
    ("directory/targets.csv", include_str!("reference/targets.csv")),
    ("directory/cip_soc.csv", include_str!("reference/cip_soc.csv")),
    ("directory/projections.csv", include_str!("reference/projections.csv")),
    ("directory/regions.csv", include_str!("reference/regions.csv")),
    ("directory/price_index.csv", include_str!("reference/price_index.csv")),
];

const CREDENTIALS: &str = include_str!("reference/credential_list.csv");

/// What the making of records needs of them.
#[derive(Debug)]
pub(crate) struct Reference {
    /// Credentials: the code and the CIP code of its field.
    credentials: Vec<(&'static str, &'static str)>,
}

impl Reference {
    /// Reads the files.
    pub(crate) fn read() -> Self {
        // The code stands first; the CIP code is the only field that has the shape of one.
        let is_cip = |field: &&str| {
            field.len() == 7 && field.as_bytes()[2] == b'.' && field.bytes().filter(u8::is_ascii_digit).count() == 6
        };
        let row = |line: &'static str| {
            let code = line.split(',').next()?;
            Some((code, line.split(',').find(is_cip).unwrap_or_default()))
        };
        Self { credentials: CREDENTIALS.lines().skip(1).filter_map(row).collect() }
    }

    /// A credential of the field, where there is one, else of any; now and then of another.
    pub(crate) fn credential(&self, cip: &str, chance: &mut Chance) -> &'static str {
        let fitting: Vec<_> = self.credentials.iter().filter(|(_, field)| *field == cip).collect();
        let any = chance.below(10) == 0 || fitting.is_empty();
        if any { chance.pick(&self.credentials).0 } else { chance.pick(&fitting).0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_credential_has_a_code_and_most_have_a_field() {
        let reference = Reference::read();
        assert!(reference.credentials.len() >= 24);
        assert!(reference.credentials.iter().all(|(code, _)| code.starts_with("CRD")));
        assert!(reference.credentials.iter().filter(|(_, cip)| !cip.is_empty()).count() >= 20);
    }
}
