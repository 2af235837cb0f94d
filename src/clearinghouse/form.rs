//! The fields of a request: those that the identity fills, and those that the SQL of a request may.

use crate::clearinghouse::spec::Form;

/// What a field of the SQL holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A day, written `20250601`.
    Day,
    /// Yes or no, written `Y` or `N`.
    Flag,
    /// Text, at most so many characters.
    Text(usize),
}

/// A field that the SQL of a request may fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// The column of the SQL.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether the SQL must make it.
    pub must: bool,
}

/// What the identity of a learner fills, by column of identity records; the return field besides.
pub const IDENTITY: [&str; 5] = ["first_name", "middle_name", "last_name", "suffix", "birth_date"];

const fn may(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, must: false }
}

const fn must(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, must: true }
}

const COLLEGE: [Field; 1] = [must("search_date", Kind::Day)];

/// In the order of the form's columns, after the student's id.
const HIGH_SCHOOL: [Field; 16] = [
    must("diploma_type", Kind::Text(50)),
    must("graduation_date", Kind::Day),
    may("ferpa_block", Kind::Flag),
    must("school_name", Kind::Text(100)),
    may("act_code", Kind::Text(6)),
    may("gender", Kind::Text(1)),
    may("ethnicity", Kind::Text(2)),
    may("econ_disadvantaged", Kind::Flag),
    may("math_grade_8", Kind::Text(10)),
    may("math_high_school", Kind::Text(10)),
    may("ela_grade_8", Kind::Text(10)),
    may("ela_high_school", Kind::Text(10)),
    may("english_learner", Kind::Flag),
    may("semesters_of_math", Kind::Text(2)),
    may("dual_enrolled", Kind::Flag),
    may("disability", Kind::Flag),
];

const PROGRAM: Field = may("program_code", Kind::Text(20));

/// The fields that the SQL of a request in this form may fill, in the form's order.
#[must_use]
pub fn fields(form: Form) -> Vec<Field> {
    match form {
        Form::College => COLLEGE.to_vec(),
        Form::HighSchool => HIGH_SCHOOL.into_iter().chain([PROGRAM]).collect(),
    }
}
