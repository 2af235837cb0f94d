//! The synthetic state: the extracts of a small state's agencies, with the truth of which record belongs to whom and what became of each learner.
//!
//! A person is drawn from the seed and their number alone (`person`), lives through school, college and work (`schooling`, `college`, `work`), and is taken
//! down by each agency with that agency's errors (`copies`). Every rate stands in `profile.yaml`, which is written beside the extracts. Social security numbers are
//! of areas 900 to 999 with groups 01 to 49, which are issued to nobody; accept them only where a source is declared `synthetic: true`.

mod adult_rows;
mod chance;
mod college;
mod college_rows;
mod copies;
mod day;
mod elsewhere;
mod error;
mod follow_up_rows;
mod generate;
mod names;
mod person;
mod places;
mod portion;
mod profile;
mod programs;
mod quality_rows;
mod reference;
mod school_rows;
mod schooling;
mod sheet;
mod truth;
mod work;
mod work_rows;
mod workbook;

pub use error::SynthError;
pub use generate::{Report, WrittenFile, generate};
pub use person::{CANARIES, Canary};
pub use profile::PROFILE;
