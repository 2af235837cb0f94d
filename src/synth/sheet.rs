//! A sheet: one text file of the extracts, as a list of all of them and as the rows that a portion of people adds to each.

use crate::foundation::csv_field;
use crate::synth::college::{FIRST_ACADEMIC_YEAR, LAST_ACADEMIC_YEAR};
use crate::synth::day::{quarter_begin, written};
use crate::synth::person::COHORTS;
use crate::synth::schooling::LAST_YEAR;
use crate::synth::work::{AMENDED, QUARTERS};

/// A text file of the extracts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sheet {
    Enrollment(i32),
    Courses(i32),
    Cohort(i32),
    College(i32),
    Awards(i32),
    Clearinghouse,
    Wages(i32),
    AmendedWages,
    Extended(i32),
    Assessments(i32),
    Survey(i32),
    Apprenticeships,
    /// A sheet of a workbook, a school year each.
    WorkBased(i32),
    /// A sheet of a workbook, a school year each.
    Credentials(i32),
    AdultEducation,
    OutOfState,
}

const FIRST_YEAR: i32 = COHORTS.0 - 3;
/// The cohorts whose fifth year is over.
const EXTENDED: (i32, i32) = (COHORTS.0, LAST_YEAR - 1);
/// The program years whose leavers were asked.
const ASKED: (i32, i32) = (COHORTS.0, LAST_YEAR);

impl Sheet {
    /// All text files, in the order of their numbers.
    pub(crate) fn all() -> Vec<Self> {
        let mut all: Vec<Self> = (FIRST_YEAR..=LAST_YEAR).map(Self::Enrollment).collect();
        all.extend((FIRST_YEAR..=LAST_YEAR).map(Self::Courses));
        all.extend((COHORTS.0..=COHORTS.1).map(Self::Cohort));
        all.extend((FIRST_ACADEMIC_YEAR..=LAST_ACADEMIC_YEAR).map(Self::College));
        all.extend((FIRST_ACADEMIC_YEAR..=LAST_ACADEMIC_YEAR).map(Self::Awards));
        all.push(Self::Clearinghouse);
        all.extend((QUARTERS.0..=QUARTERS.1).map(Self::Wages));
        all.push(Self::AmendedWages);
        all.extend((EXTENDED.0..=EXTENDED.1).map(Self::Extended));
        all.extend((FIRST_YEAR..=LAST_YEAR).map(Self::Assessments));
        all.extend((ASKED.0..=ASKED.1).map(Self::Survey));
        all.push(Self::Apprenticeships);
        all.extend((FIRST_YEAR..=LAST_YEAR).map(Self::WorkBased));
        all.extend((FIRST_YEAR..=LAST_YEAR).map(Self::Credentials));
        all.extend([Self::AdultEducation, Self::OutOfState]);
        all
    }

    /// Its number among all text files.
    pub(crate) fn number(self) -> usize {
        let years = LAST_YEAR - FIRST_YEAR + 1;
        let cohorts = COHORTS.1 - COHORTS.0 + 1;
        let academic = LAST_ACADEMIC_YEAR - FIRST_ACADEMIC_YEAR + 1;
        let courses = years;
        let cohort = courses + years;
        let college = cohort + cohorts;
        let awards = college + academic;
        let clearinghouse = awards + academic;
        let wages = clearinghouse + 1;
        let amended = wages + QUARTERS.1 - QUARTERS.0 + 1;
        let tests = amended + 1 + EXTENDED.1 - EXTENDED.0 + 1;
        let survey = tests + years;
        let apprenticeships = survey + ASKED.1 - ASKED.0 + 1;
        let number = match self {
            Self::Enrollment(year) => year - FIRST_YEAR,
            Self::Courses(year) => courses + year - FIRST_YEAR,
            Self::Cohort(year) => cohort + year - COHORTS.0,
            Self::College(year) => college + year - FIRST_ACADEMIC_YEAR,
            Self::Awards(year) => awards + year - FIRST_ACADEMIC_YEAR,
            Self::Clearinghouse => clearinghouse,
            Self::Wages(q) => wages + q - QUARTERS.0,
            Self::AmendedWages => amended,
            Self::Extended(year) => amended + 1 + year - EXTENDED.0,
            Self::Assessments(year) => tests + year - FIRST_YEAR,
            Self::Survey(year) => survey + year - ASKED.0,
            Self::Apprenticeships => apprenticeships,
            Self::WorkBased(year) => apprenticeships + 1 + year - FIRST_YEAR,
            Self::Credentials(year) => apprenticeships + 1 + years + year - FIRST_YEAR,
            Self::AdultEducation => apprenticeships + 1 + 2 * years,
            Self::OutOfState => apprenticeships + 2 + 2 * years,
        };
        usize::try_from(number).unwrap_or(0)
    }

    /// The source it belongs to.
    pub(crate) const fn source(self) -> &'static str {
        match self {
            Self::Enrollment(_) => "k12_enrollment",
            Self::Courses(_) => "cte_courses",
            Self::Cohort(_) => "graduation_cohort",
            Self::College(_) => "ps_enrollment",
            Self::Awards(_) => "ps_awards",
            Self::Clearinghouse => "nsc_detail",
            Self::Wages(_) | Self::AmendedWages => "ui_wages",
            Self::Extended(_) => "extended_cohort",
            Self::Assessments(_) => "assessments",
            Self::Survey(_) => "follow_up_survey",
            Self::Apprenticeships => "apprenticeships",
            Self::WorkBased(_) => "work_based_learning",
            Self::Credentials(_) => "credentials",
            Self::AdultEducation => "adult_education",
            Self::OutOfState => "wages_out_of_state",
        }
    }

    /// Its place in the output folder.
    pub(crate) fn path(self) -> String {
        match self {
            Self::Enrollment(year) => format!("k12/enrollment_{year}.csv"),
            Self::Courses(year) => format!("k12/cte_courses_{year}.csv"),
            Self::Cohort(year) => format!("k12/graduation_cohort_{year}.csv"),
            Self::College(year) => format!("postsecondary/enrollment_{year}.txt"),
            Self::Awards(year) => format!("postsecondary/awards_{year}.txt"),
            Self::Clearinghouse => "nsc/studenttracker_detail.csv".to_owned(),
            Self::Wages(q) => format!("wages/UIWAGE_{}Q{}.txt", q / 4, q % 4 + 1),
            Self::AmendedWages => format!("wages/UIWAGE_{}Q{}_AMENDED.txt", AMENDED / 4, AMENDED % 4 + 1),
            Self::Extended(year) => format!("k12/extended_cohort_{year}.csv"),
            Self::Assessments(year) => format!("k12/assessments_{year}.csv"),
            Self::Survey(year) => format!("survey/follow_up_{year}.csv"),
            Self::Apprenticeships => "apprenticeship/apprenticeships.csv".to_owned(),
            Self::WorkBased(_) => "k12/work_based_learning.xlsx".to_owned(),
            Self::Credentials(_) => "credentials/credentials.xlsx".to_owned(),
            Self::AdultEducation => "adult_education/participants.csv".to_owned(),
            Self::OutOfState => "exchange/wages_out_of_state.csv".to_owned(),
        }
    }

    /// Of a sheet of a workbook: its year, its place in the workbook from 0, and the row of its header from 1.
    pub(crate) const fn in_workbook(self) -> Option<(i32, u64, u32)> {
        match self {
            Self::WorkBased(year) => Some((year, (year - FIRST_YEAR).unsigned_abs() as u64, 3)),
            Self::Credentials(year) => Some((year, (year - FIRST_YEAR).unsigned_abs() as u64, 1)),
            _ => None,
        }
    }

    /// Whether it tells of achievements and of what followed, and not of schooling, college or wages.
    pub(crate) const fn is_achievement(self) -> bool {
        matches!(
            self,
            Self::Extended(_)
                | Self::Assessments(_)
                | Self::Survey(_)
                | Self::Apprenticeships
                | Self::WorkBased(_)
                | Self::Credentials(_)
                | Self::AdultEducation
                | Self::OutOfState
        )
    }

    /// The line of its first record, as a reader counts lines: sheets of a workbook follow each other ten million lines apart.
    pub(crate) const fn first_line(self) -> u64 {
        match self.in_workbook() {
            Some((_, place, header)) => place * 10_000_000 + header as u64 + 1,
            None => 2,
        }
    }

    /// Its first line.
    pub(crate) fn header(self) -> String {
        match self {
            Self::Enrollment(_) => ENROLLMENT.to_ascii_uppercase(),
            Self::Courses(_) => COURSES.to_owned(),
            Self::Cohort(_) => COHORT.to_owned(),
            Self::College(_) => COLLEGE.to_owned(),
            Self::Awards(_) => AWARDS.to_owned(),
            Self::Clearinghouse => CLEARINGHOUSE.to_owned(),
            Self::Extended(_) => EXTENDED_COHORT.to_owned(),
            Self::Assessments(_) => ASSESSMENTS.to_owned(),
            Self::Survey(_) => SURVEY.to_owned(),
            Self::Apprenticeships => APPRENTICESHIPS.to_owned(),
            Self::WorkBased(_) => WORK_BASED.to_owned(),
            Self::Credentials(_) => CREDENTIALS.to_owned(),
            Self::AdultEducation => ADULT_EDUCATION.to_owned(),
            Self::OutOfState => OUT_OF_STATE.to_owned(),
            Self::Wages(_) | Self::AmendedWages => {
                let (q, filed) = match self {
                    Self::Wages(q) => (q, quarter_begin(q + 2) - 37),
                    _ => (AMENDED, quarter_begin(AMENDED + 2) + 44),
                };
                let mut date = String::new();
                written(filed).compact(&mut date);
                format!("{:<80}", format!("H{:<10}{}{}{date}", "DWS", q / 4, q % 4 + 1))
            }
        }
    }

    /// Its last line, where it has a trailer.
    pub(crate) fn trailer(self, rows: u64, cents: u64) -> Option<String> {
        matches!(self, Self::Wages(_) | Self::AmendedWages).then(|| format!("{:<80}", format!("T{rows:09}{cents:015}")))
    }

    /// Whether it is written in windows-1252 and not in UTF-8.
    const fn is_windows_1252(self) -> bool {
        matches!(self, Self::Enrollment(_))
    }
}

const ENROLLMENT: &str = "state_student_id,district_student_id,district_id,school_id,school_year,grade,last_name,first_name,middle_name,suffix,birth_date,sex,\
hispanic,race_ai,race_as,race_bl,race_pi,race_wh,zip,entry_date,exit_date,exit_type,econ_disadvantaged,disability,english_learner,homeless,foster_care,\
migrant,single_parent,out_of_workforce,military_connected";
const COURSES: &str = "state_student_id,last_name,first_name,birth_date,district_id,school_id,school_year,course_code,course_title,program_code,cip_code,\
credits,completed,grade_mark,completion_date,agency_status,agency_definition";
const COHORT: &str = "state_student_id,last_name,first_name,birth_date,district_id,school_id,cohort_year,included,graduated,diploma_type,exit_type,exit_date";
const COLLEGE: &str = "college_id|college_student_id|ssn|state_student_id|last_name|first_name|middle_name|suffix|birth_date|sex|zip|term|term_begin|term_end|\
academic_year|program_code|cip_code|enrollment_status|credits_attempted|credits_earned|cte_credits|pell|dual_enrolled|ps_disability|ps_race";
const AWARDS: &str = "college_id|college_student_id|ssn|last_name|first_name|birth_date|award_date|academic_year|award_level|program_code|cip_code";
const CLEARINGHOUSE: &str = "Your Unique Identifier,First Name,Middle Initial,Last Name,Name Suffix,Requester Return Field,Record Found Y/N,Search Date,\
College Code/Branch,College Name,College State,2-year / 4-year,Public / Private,Enrollment Begin,Enrollment End,Enrollment Status,Class Level,\
Enrollment Major 1,Enrollment CIP 1,Enrollment Major 2,Enrollment CIP 2,Graduated?,Graduation Date,Degree Title,Degree Major 1,Degree CIP 1,\
Degree Major 2,Degree CIP 2,Degree Major 3,Degree CIP 3,Degree Major 4,Degree CIP 4,College Sequence";

const EXTENDED_COHORT: &str = "state_student_id,last_name,first_name,birth_date,district_id,school_id,cohort_year,cohort_length,included,graduated";
const ASSESSMENTS: &str = "state_student_id,last_name,first_name,birth_date,district_id,school_id,school_year,grade,subject,attempt,test_date,alternate,valid,\
scale_score,performance_level,proficient";
const SURVEY: &str = "state_student_id,last_name,first_name,birth_date,exit_year,responded,answered_on,respondent,status_quarter,postsecondary,\
advanced_training,military,service,employed";
const APPRENTICESHIPS: &str =
    "appr_number,ssn,last_name,first_name,birth_date,startdt,status,exitdt,occupation,sponsor_naics";
const WORK_BASED: &str = "State Student ID\tLast Name\tFirst Name\tBirth Date\tDistrict\tSchool\tSchool Year\tCTE Program\tType\tFirst Day\tLast Day\tHours\t\
Paid?\tCompleted?\tEmployer Account";
const CREDENTIALS: &str =
    "State Student ID\tLast Name\tFirst Name\tBirth Date\tSchool\tSchool Year\tCredential\tDate Earned\tPassed?";
const ADULT_EDUCATION: &str = "p100,ssn,last_name,first_name,p101,p200,p201,p802,p803,p806,p807,p900,p901,p923,p1300,training_cip,p1800,p1801,p1602,p1606";
const OUT_OF_STATE: &str = "ssn,year_quarter,state,wages,employment_source";

/// A row within the bytes of a portion.
#[derive(Clone, Copy, Debug)]
struct Mark {
    order: u64,
    start: usize,
    end: usize,
    person: u64,
    cents: u64,
}

/// The rows that a portion of people adds to one sheet.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    bytes: Vec<u8>,
    marks: Vec<Mark>,
}

/// Rows in their final order.
#[derive(Debug)]
pub(crate) struct Ordered {
    pub(crate) bytes: Vec<u8>,
    /// The person of each row.
    pub(crate) persons: Vec<u64>,
    pub(crate) cents: u64,
}

impl Rows {
    /// Adds one row. Rows of a portion are put in the order of `order`, which says nothing of the person.
    pub(crate) fn push(&mut self, sheet: Sheet, order: u64, person: u64, text: &str, cents: u64) {
        let start = self.bytes.len();
        if sheet.is_windows_1252() && !text.is_ascii() {
            // Every character of the names stands in Latin-1, of which windows-1252 is a superset where letters are concerned.
            self.bytes.extend(text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')));
        } else {
            self.bytes.extend_from_slice(text.as_bytes());
        }
        self.bytes.push(b'\n');
        self.marks.push(Mark { order, start, end: self.bytes.len(), person, cents });
    }

    /// Puts the rows in order.
    pub(crate) fn ordered(mut self) -> Ordered {
        self.marks.sort_by_key(|mark| (mark.order, mark.start));
        let mut ordered = Ordered {
            bytes: Vec::with_capacity(self.bytes.len()),
            persons: Vec::with_capacity(self.marks.len()),
            cents: 0,
        };
        for mark in &self.marks {
            ordered.bytes.extend_from_slice(&self.bytes[mark.start..mark.end]);
            ordered.persons.push(mark.person);
            ordered.cents += mark.cents;
        }
        ordered
    }
}

/// A flag as most files of the state write it.
pub(crate) const fn yes(flag: bool) -> char {
    if flag { 'Y' } else { 'N' }
}

/// A field of a comma-separated file.
pub(crate) fn comma_field(out: &mut String, text: &str) {
    out.push_str(&csv_field(text));
    out.push(',');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_places_in_the_list() {
        for (at, sheet) in Sheet::all().into_iter().enumerate() {
            assert_eq!(sheet.number(), at, "{sheet:?}");
        }
    }

    #[test]
    fn wage_headers_and_trailers_are_80_wide() {
        assert_eq!(Sheet::Wages(AMENDED).header(), format!("{:<80}", "HDWS       2023220230825"));
        assert_eq!(Sheet::AmendedWages.trailer(12, 345).unwrap(), format!("{:<80}", "T000000012000000000000345"));
    }
}
