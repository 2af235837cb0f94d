//! What schools report of a learner: enrollments, CTE courses, the certified graduation cohort.

use std::fmt::Write as _;

use crate::synth::chance::{Chance, Purpose};
use crate::synth::copies::{Copy, Taker};
use crate::synth::names::Race;
use crate::synth::person::{Person, World};
use crate::synth::portion::Portion;
use crate::synth::programs::{COURSE_PARTS, FIELDS, secondary_code};
use crate::synth::schooling::{Enrollment, Schooling};
use crate::synth::sheet::{Sheet, comma_field, yes};

/// The flags of a learner that hold for all years.
#[allow(clippy::struct_excessive_bools, reason = "each is one column of the enrollment")]
struct Traits {
    races: [bool; 5],
    econ: bool,
    disability: bool,
    english: bool,
    foster: bool,
    migrant: bool,
    out_of_workforce: bool,
    military: &'static str,
}

impl World {
    /// Writes what schools report of a learner.
    pub(crate) fn school_rows(&self, person: &Person, schooling: &Schooling, portion: &mut Portion) {
        let mut chance = Chance::new(self.seed, Purpose::SchoolRows, person.number);
        let traits = self.traits(person, &mut chance);
        let mut year_copy: Option<(i32, Copy)> = None;
        for e in &schooling.enrollments {
            // A school takes an identity down once a year; the next year it may have been corrected.
            let copy = match year_copy.take() {
                Some((year, copy)) if year == e.year => copy,
                _ => self.copy(person, Taker::School, e.entry, &mut chance),
            };
            self.enrollment_row(person, e, &copy, &traits, portion, &mut chance);
            year_copy = Some((e.year, copy));
        }
        self.course_rows(person, schooling, portion, &mut chance);
        self.cohort_row(person, schooling, portion, &mut chance);
        self.quality_rows(person, schooling, (traits.econ, traits.disability), portion);
    }

    fn traits(&self, person: &Person, chance: &mut Chance) -> Traits {
        let rates = &self.profile.school;
        let poorer = matches!(person.race, Race::Hispanic | Race::Black | Race::Native | Race::Pacific);
        let other_tongue = matches!(person.race, Race::Hispanic | Race::Asian);
        let mut flags = [false; 5];
        match person.race {
            Race::Native => flags[0] = true,
            Race::Asian => flags[1] = true,
            Race::Black => flags[2] = true,
            Race::Pacific => flags[3] = true,
            Race::White => flags[4] = true,
            Race::Multiple => {
                let first = chance.index(5);
                flags[first] = true;
                flags[(first + 1 + chance.index(4)) % 5] = true;
            }
            // Hispanic learners are of any race, and many state none.
            Race::Hispanic => {
                let at = *chance.pick(&[4, 4, 4, 0, 2, 9, 9]);
                if let Some(race) = flags.get_mut(at) {
                    *race = true;
                }
            }
        }
        let military = chance.below(1_000_000);
        let guard = rates.military_active + rates.military_guard;
        Traits {
            races: flags,
            econ: chance.hits(if poorer { rates.econ_disadvantaged * 3 / 2 } else { rates.econ_disadvantaged }),
            disability: chance.hits(rates.disability),
            english: chance.hits(if other_tongue { rates.english_learner * 10 } else { rates.english_learner }),
            foster: chance.hits(rates.foster_care),
            migrant: chance.hits(rates.migrant),
            out_of_workforce: chance.hits(rates.out_of_workforce),
            military: if military < rates.military_active {
                "ActiveDuty"
            } else if military < guard {
                "NationalGuardOrReserve"
            } else if military < guard + rates.military_unknown {
                "Unknown"
            } else {
                "NotMilitaryConnected"
            },
        }
    }

    fn enrollment_row(
        &self,
        person: &Person,
        e: &Enrollment,
        copy: &Copy,
        traits: &Traits,
        portion: &mut Portion,
        chance: &mut Chance,
    ) {
        let (rates, faults) = (&self.profile.school, &self.profile.faults);
        let fault = |rate: u32, chance: &mut Chance| !person.canary && chance.hits(rate);
        let school = &self.places.schools[e.school];
        let district = &self.places.districts[school.district];
        let unknown = fault(faults.unknown_code, chance);
        let (bad_grade, bad_sex) = (unknown && e.year % 2 == 0, unknown && e.year % 2 == 1);
        let entry = e.entry + if fault(faults.future_date, chance) { 3_653 } else { 0 };
        let mut exit = e.exit;
        if fault(faults.exit_before_entry, chance) {
            exit = Some((e.entry - 12, exit.map_or("01908", |(_, kind)| kind)));
        }
        let school_id = if fault(faults.unknown_school, chance) { "999901" } else { &school.id };
        let mut row = String::with_capacity(220);
        let local = (person.number * 7_919 + school.district as u64 * 104_729) % 99_999_989;
        let _ = write!(
            row,
            "{},{local:08},{},{school_id},{},",
            self.state_id(person.number, e.second_id),
            district.id,
            e.year
        );
        let _ = if bad_grade { write!(row, "13,") } else { write!(row, "{:02},", e.grade) };
        for name in [&copy.last, &copy.first, &copy.middle] {
            let capitals = if district.capitals { name.to_uppercase() } else { String::new() };
            comma_field(&mut row, if district.capitals { &capitals } else { name });
        }
        let _ = write!(row, "{},", copy.suffix);
        if let Some(birth) = copy.birth {
            birth.excel(&mut row);
        }
        row.push(',');
        if let Some(sex) = copy.sex {
            row.push(if bad_sex { 'Z' } else { sex });
        }
        let _ = write!(row, ",{}", yes(person.race == Race::Hispanic));
        for race in traits.races {
            let _ = write!(row, ",{}", yes(race));
        }
        row.push(',');
        if let Some(zip) = copy.zip {
            let _ = write!(row, "{zip:05}");
        }
        row.push(',');
        crate::synth::day::written(entry).excel(&mut row);
        row.push(',');
        if let Some((on, kind)) = exit {
            crate::synth::day::written(on).excel(&mut row);
            let _ = write!(row, ",{kind}");
        } else {
            row.push(',');
        }
        let whole = row.len();
        let econ = traits.econ != chance.hits(rates.econ_flips);
        let homeless = chance.hits(rates.homeless);
        let single = e.grade >= 11 && chance.hits(rates.single_parent);
        for flag in [
            econ,
            traits.disability,
            traits.english,
            homeless,
            traits.foster,
            traits.migrant,
            single,
            traits.out_of_workforce,
        ] {
            let _ = write!(row, ",{}", yes(flag));
        }
        let _ = write!(row, ",{}", traits.military);
        if fault(faults.ragged, chance) {
            row.truncate(whole);
        }
        portion.push(Sheet::Enrollment(e.year), person, &row, 0);
        if fault(faults.duplicate, chance) {
            portion.push(Sheet::Enrollment(e.year), person, &row, 0);
        }
    }

    fn course_rows(&self, person: &Person, schooling: &Schooling, portion: &mut Portion, chance: &mut Chance) {
        let (rates, faults) = (&self.profile.cte, &self.profile.faults);
        let mut year_copy: Option<(i32, Copy)> = None;
        for course in &schooling.courses {
            let copy = match year_copy.take() {
                Some((year, copy)) if year == course.year => copy,
                _ => self.copy(person, Taker::School, course.ended, chance),
            };
            let school = &self.places.schools[course.school];
            let field = &FIELDS[course.program];
            let code = secondary_code(course.program);
            let mut row = String::with_capacity(180);
            if person.canary || !chance.hits(rates.id_missing) {
                let _ = write!(row, "{}", self.state_id(person.number, course.second_id));
            }
            row.push(',');
            comma_field(&mut row, &copy.last);
            comma_field(&mut row, &copy.first);
            if let Some(birth) = copy.birth {
                birth.iso(&mut row);
            }
            let school_id = if !person.canary && chance.hits(faults.unknown_school) { "999901" } else { &school.id };
            let mark = match (course.completed, chance.below(20)) {
                (true, at) => {
                    ["A", "A", "A", "B", "B", "B", "B", "C", "C", "C", "C", "D", "P", "P", "B", "A", "B", "C", "C", "B"]
                        [at as usize]
                }
                (false, 0..12) => "F",
                (false, _) => "W",
            };
            let credits = course.credits();
            let _ = write!(
                row,
                ",{},{school_id},{},{code}-{},{} {},{code},{},{}.{:02},{},{mark},",
                self.places.districts[school.district].id,
                course.year,
                course.part + 1,
                COURSE_PARTS[course.part],
                field.title,
                field.cip,
                credits / 100,
                credits % 100,
                yes(course.completed),
            );
            crate::synth::day::written(course.ended).iso(&mut row);
            let (status, definition) = schooling.agency_status(course);
            let _ = write!(row, ",{status},{definition}");
            if !person.canary && chance.hits(faults.ragged) {
                row.truncate(row.len() / 2);
            }
            portion.push(Sheet::Courses(course.year), person, &row, 0);
            year_copy = Some((course.year, copy));
        }
    }

    /// The certified row of a learner: where they stood at the end of their cohort year.
    fn cohort_row(&self, person: &Person, schooling: &Schooling, portion: &mut Portion, chance: &mut Chance) {
        let Some((last, included)) = schooling.at_cohort_end(person.cohort) else { return };
        let copy = self.copy(person, Taker::School, last.entry, chance);
        let school = &self.places.schools[last.school];
        let graduated = schooling.graduated(person.cohort);
        let mut row = String::with_capacity(120);
        let _ = write!(row, "{},", self.state_id(person.number, last.second_id));
        comma_field(&mut row, &copy.last);
        comma_field(&mut row, &copy.first);
        if let Some(birth) = copy.birth {
            birth.iso(&mut row);
        }
        let diploma = match last.exit {
            Some((_, "01921")) if graduated => {
                *chance.pick(&["00806", "00806", "00806", "00806", "00806", "00807", "00807", "00809"])
            }
            Some((_, "03509")) => "00815",
            Some((_, "01922")) => "00819",
            _ => "",
        };
        let district = &self.places.districts[school.district].id;
        let _ =
            write!(row, ",{district},{},{},{},{},{diploma},", school.id, person.cohort, yes(included), yes(graduated));
        if let Some((on, kind)) = last.exit {
            let _ = write!(row, "{kind},");
            crate::synth::day::written(on).iso(&mut row);
        } else {
            row.push(',');
        }
        portion.push(Sheet::Cohort(person.cohort), person, &row, 0);
    }
}
