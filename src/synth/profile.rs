//! The profile: every rate of the synthetic state, read from `profile.yaml`, which says what each means.

use serde::Deserialize;

use crate::synth::error::SynthError;

/// The profile as it is written beside the extracts.
pub const PROFILE: &str = include_str!("profile.yaml");

/// All sections.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Profile {
    pub(crate) people: People,
    pub(crate) school: School,
    pub(crate) cte: Cte,
    pub(crate) college: College,
    pub(crate) work: Work,
    pub(crate) bridge: Bridge,
    pub(crate) assessment: Assessment,
    pub(crate) quality: Quality,
    pub(crate) follow_up: FollowUp,
    pub(crate) adult_education: AdultEducation,
    pub(crate) copies: Copies,
    pub(crate) bias: PerRace,
    pub(crate) faults: Faults,
}

/// One number for each of the seven races and ethnicities.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "UPPERCASE")]
pub(crate) struct PerRace {
    pub(crate) am7: u32,
    pub(crate) as7: u32,
    pub(crate) bl7: u32,
    pub(crate) hi7: u32,
    pub(crate) mu7: u32,
    pub(crate) pi7: u32,
    pub(crate) wh7: u32,
}

/// Rates of the section `people`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct People {
    pub(crate) race_weights: PerRace,
    pub(crate) sex_x: u32,
    pub(crate) sibling: u32,
    pub(crate) twin: u32,
    pub(crate) shared_ssn: u32,
    pub(crate) two_ssns: u32,
    pub(crate) suffix: u32,
    pub(crate) middle_name_none: u32,
    pub(crate) surname_change: u32,
    pub(crate) surname_change_hyphen: u32,
    pub(crate) school_surname_change: u32,
    pub(crate) double_surname: u32,
    pub(crate) hyphen_surname: u32,
    pub(crate) particle_surname: u32,
    pub(crate) arabic_surname: u32,
    pub(crate) african_name: u32,
    pub(crate) hmong_name: u32,
    pub(crate) own_list_first: u32,
    pub(crate) own_list_last: u32,
    pub(crate) workers: u32,
    pub(crate) visitors: u32,
}

/// Rates of the section `school`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct School {
    pub(crate) arrives_late: u32,
    pub(crate) moves_summer: u32,
    pub(crate) moves_midyear: u32,
    pub(crate) second_id: u32,
    pub(crate) leaves_state: u32,
    pub(crate) to_private: u32,
    pub(crate) drops_out: u32,
    pub(crate) drop_unknown: u32,
    pub(crate) drop_equivalency: u32,
    pub(crate) reenters: u32,
    pub(crate) dies: u32,
    pub(crate) repeats: u32,
    pub(crate) enters_late: u32,
    pub(crate) graduates: u32,
    pub(crate) fifth_year: u32,
    pub(crate) other_credential: u32,
    pub(crate) econ_disadvantaged: u32,
    pub(crate) econ_flips: u32,
    pub(crate) disability: u32,
    pub(crate) english_learner: u32,
    pub(crate) homeless: u32,
    pub(crate) foster_care: u32,
    pub(crate) migrant: u32,
    pub(crate) single_parent: u32,
    pub(crate) out_of_workforce: u32,
    pub(crate) military_active: u32,
    pub(crate) military_guard: u32,
    pub(crate) military_unknown: u32,
}

/// Rates of the section `cte`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cte {
    pub(crate) takes: u32,
    pub(crate) second_course: u32,
    pub(crate) third_course: u32,
    pub(crate) fourth_course: u32,
    pub(crate) fails: u32,
    pub(crate) retakes: u32,
    pub(crate) explores: u32,
    pub(crate) id_missing: u32,
}

/// Rates of the section `college`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct College {
    pub(crate) dual_enrolled: u32,
    pub(crate) goes_at_once: u32,
    pub(crate) goes_later: u32,
    pub(crate) nongraduate_goes: u32,
    pub(crate) out_of_state: u32,
    pub(crate) two_year: u32,
    pub(crate) stays: u32,
    pub(crate) summer: u32,
    pub(crate) transfers: u32,
    pub(crate) withdraws: u32,
    pub(crate) on_leave: u32,
    pub(crate) state_id_on_file: u32,
    pub(crate) award_two_year: u32,
    pub(crate) award_four_year: u32,
    pub(crate) race_missing: u32,
    pub(crate) nsc_missing: u32,
    pub(crate) nsc_blocked: u32,
    pub(crate) nsc_duplicate: u32,
    pub(crate) nsc_status_blank: u32,
    pub(crate) nsc_future_end: u32,
}

/// Rates of the section `work`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Work {
    pub(crate) leaves_state: u32,
    pub(crate) federal: u32,
    pub(crate) uncovered: u32,
    pub(crate) never_works: u32,
    pub(crate) hired_school: u32,
    pub(crate) hired_college: u32,
    pub(crate) hired_after: u32,
    pub(crate) loses_school: u32,
    pub(crate) loses_college: u32,
    pub(crate) loses_after: u32,
    pub(crate) changes: u32,
    pub(crate) second_job: u32,
    pub(crate) name_never: u32,
    pub(crate) name_blank: u32,
    pub(crate) first_initial: u32,
    pub(crate) amended_employers: u32,
    pub(crate) amended_changed: u32,
    pub(crate) amended_zeroed: u32,
    pub(crate) exchange_silent: u32,
}

/// Rates of the section `bridge`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Bridge {
    pub(crate) licence_learner: u32,
    pub(crate) licence_worker: u32,
    pub(crate) occupational: u32,
}

/// Rates of the section `assessment`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Assessment {
    pub(crate) tested: u32,
    pub(crate) proficient_rla: u32,
    pub(crate) proficient_math: u32,
    pub(crate) proficient_sci: u32,
    pub(crate) poorer: u32,
    pub(crate) retakes: u32,
    pub(crate) invalid: u32,
    pub(crate) alternate: u32,
}

/// Rates of the section `quality`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Quality {
    pub(crate) work_based: u32,
    pub(crate) work_completed: u32,
    pub(crate) work_paid: u32,
    pub(crate) credential: u32,
    pub(crate) credential_second: u32,
    pub(crate) credential_passed: u32,
    pub(crate) credential_after: u32,
    pub(crate) credential_no_id: u32,
}

/// Rates of the section `follow_up`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FollowUp {
    pub(crate) asked: u32,
    pub(crate) answers: u32,
    pub(crate) family: u32,
    pub(crate) staff: u32,
    pub(crate) serves: u32,
    pub(crate) volunteers: u32,
    pub(crate) trains: u32,
    pub(crate) apprentice: u32,
    pub(crate) apprentice_worker: u32,
}

/// Rates of the section `adult_education`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AdultEducation {
    pub(crate) no_diploma: u32,
    pub(crate) graduate: u32,
    pub(crate) at_school: u32,
    pub(crate) worker: u32,
    pub(crate) returns: u32,
    pub(crate) trained: u32,
    pub(crate) excluded: u32,
    pub(crate) low_income: u32,
    pub(crate) english_learner: u32,
    pub(crate) single_parent: u32,
    pub(crate) displaced_homemaker: u32,
    pub(crate) not_disclosed: u32,
    pub(crate) credential: u32,
    pub(crate) diploma: u32,
    pub(crate) not_matched: u32,
}

/// Rates of the section `copies`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Copies {
    pub(crate) school_share: u32,
    pub(crate) first_typo: u32,
    pub(crate) first_nickname: u32,
    pub(crate) first_initial: u32,
    pub(crate) first_missing: u32,
    pub(crate) last_typo: u32,
    pub(crate) last_missing: u32,
    pub(crate) names_swapped: u32,
    pub(crate) middle_missing_school: u32,
    pub(crate) middle_missing: u32,
    pub(crate) middle_initial: u32,
    pub(crate) birth_typo: u32,
    pub(crate) birth_swapped: u32,
    pub(crate) birth_year_off: u32,
    pub(crate) birth_missing: u32,
    pub(crate) birth_placeholder: u32,
    pub(crate) sex_flipped: u32,
    pub(crate) sex_missing: u32,
    pub(crate) ssn_missing: u32,
    pub(crate) ssn_typo: u32,
    pub(crate) ssn_transposed: u32,
    pub(crate) ssn_placeholder: u32,
    pub(crate) zip_moved: u32,
    pub(crate) zip_typo: u32,
    pub(crate) zip_missing: u32,
    pub(crate) surname_part: u32,
    pub(crate) surname_joined: u32,
    pub(crate) suffix_in_name: u32,
    pub(crate) suffix_missing: u32,
}

/// Rates of the section `faults`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Faults {
    pub(crate) unknown_code: u32,
    pub(crate) exit_before_entry: u32,
    pub(crate) ragged: u32,
    pub(crate) ssn_lost_zero: u32,
    pub(crate) future_date: u32,
    pub(crate) duplicate: u32,
    pub(crate) unknown_school: u32,
}

impl Profile {
    /// The built-in profile.
    pub(crate) fn built_in() -> Result<Self, SynthError> {
        serde_saphyr::from_str(PROFILE).map_err(|e| SynthError::Profile(e.to_string()))
    }
}

impl PerRace {
    /// The seven numbers in the order of `Race::ALL`.
    pub(crate) const fn all(self) -> [u32; 7] {
        [self.am7, self.as7, self.bl7, self.hi7, self.mu7, self.pi7, self.wh7]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The reference error model (heavy copies), in parts in a million: a milder rate would make linkage look better than it is.
    #[test]
    fn no_rate_is_milder_than_the_reference_model() {
        let p = Profile::built_in().unwrap();
        let c = &p.copies;
        for (name, ours, least) in [
            ("first_typo", c.first_typo, 40_000),
            ("first_initial", c.first_initial, 10_000),
            ("first_missing", c.first_missing, 5_000),
            ("last_typo", c.last_typo, 40_000),
            ("last_missing", c.last_missing, 5_000),
            ("names_swapped", c.names_swapped, 7_000),
            ("middle_missing_school", c.middle_missing_school, 400_000),
            ("middle_missing", c.middle_missing, 550_000),
            ("middle_initial", c.middle_initial, 300_000),
            ("birth_typo", c.birth_typo, 25_000),
            ("birth_swapped", c.birth_swapped, 10_000),
            ("birth_year_off", c.birth_year_off, 7_000),
            ("birth_missing", c.birth_missing, 10_000),
            ("sex_flipped", c.sex_flipped, 5_000),
            ("sex_missing", c.sex_missing, 20_000),
            ("ssn_missing", c.ssn_missing, 150_000),
            ("ssn_typo", c.ssn_typo, 20_000),
            ("ssn_transposed", c.ssn_transposed, 7_000),
            ("zip_moved", c.zip_moved, 250_000),
            ("zip_typo", c.zip_typo, 20_000),
            ("zip_missing", c.zip_missing, 30_000),
        ] {
            assert!(ours >= least, "{name} is {ours}, milder than {least}");
        }
        assert!(c.school_share <= 4);
        assert!(p.people.sibling >= 120_000 && p.people.twin >= 100_000);
        assert!(p.bias.all().iter().all(|percent| *percent >= 100));
    }
}
