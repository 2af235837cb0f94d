//! What colleges and the Clearinghouse report of a person: terms, awards, the detail return.

use std::fmt::Write as _;

use crate::synth::chance::{Chance, Purpose, hash};
use crate::synth::college::{Award, LAST_ACADEMIC_YEAR, Season, Study, Term};
use crate::synth::copies::{Copy, Taker};
use crate::synth::day::{day, written};
use crate::synth::names::{plain, upper};
use crate::synth::person::{Kind, Person, World};
use crate::synth::portion::Portion;
use crate::synth::programs::{FIELDS, college_code};
use crate::synth::schooling::Schooling;
use crate::synth::sheet::{Sheet, comma_field};

/// A person as one college holds them.
struct Student {
    college: usize,
    copy: Copy,
    id: String,
    state_id: Option<u64>,
    /// The number as the college writes it.
    ssn: String,
    race: &'static str,
    pell: bool,
    disability: bool,
}

const fn yes(flag: bool) -> char {
    if flag { 'Y' } else { 'N' }
}

/// Credits times a hundred, as text.
fn credits(out: &mut String, hundredths: u32) {
    let _ = write!(out, "{}.{:02}|", hundredths / 100, hundredths % 100);
}

/// A number that has passed through a spreadsheet: its first zero is gone, or its last digit.
fn lose_zero(ssn: &str) -> String {
    let at = ssn.find('0').unwrap_or(ssn.len() - 1);
    [&ssn[..at], &ssn[at + 1..]].concat()
}

impl World {
    /// Writes what the state's colleges report; says whether one of their records is a bridge.
    pub(crate) fn college_rows(
        &self,
        person: &Person,
        schooling: &Schooling,
        study: &Study,
        portion: &mut Portion,
    ) -> bool {
        let mut chance = Chance::new(self.seed, Purpose::CollegeRows, person.number);
        let faults = &self.profile.faults;
        let mut students: Vec<Student> = Vec::new();
        for term in study.terms.iter().filter(|t| self.places.colleges[t.college].state == "ZZ") {
            if !students.iter().any(|s| s.college == term.college) {
                students.push(self.student(person, schooling, term, &mut chance));
            }
            let Some(student) = students.iter().find(|s| s.college == term.college) else { continue };
            let row = self.term_row(student, term, !person.canary && chance.hits(faults.unknown_code));
            let sheet = Sheet::College(term.academic_year());
            if !person.canary && chance.hits(faults.ragged) {
                portion.push(sheet, person, &row[..row.len() * 2 / 3], 0);
                continue;
            }
            portion.push(sheet, person, &row, 0);
            if !person.canary && chance.hits(faults.duplicate) {
                portion.push(sheet, person, &row, 0);
            }
        }
        for award in &study.awards {
            if let Some(student) = students.iter().find(|s| s.college == award.college) {
                self.award_row(person, student, award, portion);
            }
        }
        students.iter().any(|s| s.copy.is_bridge() && s.ssn.len() >= 9)
    }

    fn student(&self, person: &Person, schooling: &Schooling, term: &Term, chance: &mut Chance) -> Student {
        let rates = &self.profile.college;
        let mut copy = self.copy(person, Taker::College, term.days().0, chance);
        let college = &self.places.colleges[term.college];
        if college.plain {
            for name in [&mut copy.first, &mut copy.middle, &mut copy.last] {
                *name = plain(name);
            }
        }
        let mut ssn = copy.ssn.map(|ssn| format!("{ssn:09}")).unwrap_or_default();
        if !person.canary && !ssn.is_empty() && chance.hits(self.profile.faults.ssn_lost_zero) {
            ssn = lose_zero(&ssn);
        }
        let graduate = schooling.exit.is_some_and(|(_, kind)| kind == "01921");
        let on_file = graduate && chance.hits(rates.state_id_on_file);
        let second = schooling.enrollments.last().is_some_and(|e| e.second_id);
        let own = person.number * 104_729 + term.college as u64 * 15_485_863;
        Student {
            college: term.college,
            id: format!("C{:09}", own % 999_999_937),
            state_id: on_file.then(|| self.state_id(person.number, second)),
            ssn,
            race: if !person.canary && chance.hits(rates.race_missing) { "" } else { person.race.code() },
            pell: chance.below(100) < 38,
            disability: chance.below(100) < 7,
            copy,
        }
    }

    fn term_row(&self, student: &Student, term: &Term, bad_sex: bool) -> String {
        let copy = &student.copy;
        let mut row = String::with_capacity(230);
        let _ = write!(row, "{}|{}|{}|", self.places.colleges[term.college].id, student.id, student.ssn);
        if let Some(id) = student.state_id {
            let _ = write!(row, "{id}");
        }
        let _ = write!(row, "|{}|{}|{}|{}|", copy.last, copy.first, copy.middle, copy.suffix);
        if let Some(birth) = copy.birth {
            birth.compact(&mut row);
        }
        row.push('|');
        if let Some(sex) = copy.sex {
            row.push(if bad_sex { 'Z' } else { sex });
        }
        row.push('|');
        if let Some(zip) = copy.zip {
            let _ = write!(row, "{zip:05}");
        }
        let _ = write!(row, "|{}|", term.code());
        let (begin, end) = term.days();
        written(begin).compact(&mut row);
        row.push('|');
        written(end).compact(&mut row);
        let field = &FIELDS[term.field];
        let _ = write!(row, "|{}|{}|{}|{}|", term.academic_year(), college_code(term.field), field.cip, term.status);
        for hundredths in [term.attempted, term.earned, term.cte] {
            credits(&mut row, hundredths);
        }
        let (pell, disability) = (student.pell && !term.dual, student.disability);
        let _ = write!(row, "{}|{}|{}|{}", yes(pell), yes(term.dual), yes(disability), student.race);
        row
    }

    fn award_row(&self, person: &Person, student: &Student, award: &Award, portion: &mut Portion) {
        let mut row = String::with_capacity(120);
        let _ = write!(row, "{}|{}|{}|", self.places.colleges[award.college].id, student.id, student.ssn);
        let _ = write!(row, "{}|{}|", student.copy.last, student.copy.first);
        if let Some(birth) = student.copy.birth {
            birth.compact(&mut row);
        }
        row.push('|');
        let on = written(award.on);
        on.compact(&mut row);
        let year = on.year + i32::from(on.month >= 7);
        let _ = write!(row, "|{year}|{}|{}|{}", award.level, college_code(award.field), FIELDS[award.field].cip);
        portion.push(Sheet::Awards(year), person, &row, 0);
    }

    /// Writes the Clearinghouse's return for a learner who left school for good.
    pub(crate) fn clearinghouse_rows(
        &self,
        person: &Person,
        schooling: &Schooling,
        study: &Study,
        portion: &mut Portion,
    ) {
        if person.kind != Kind::Learner || schooling.exit.is_none() {
            return;
        }
        let rates = &self.profile.college;
        let mut chance = Chance::new(self.seed, Purpose::Clearinghouse, person.number);
        let copy = self.copy(person, Taker::School, day(person.cohort, 6, 1), &mut chance);
        let second = schooling.enrollments.last().is_some_and(|e| e.second_id);
        let id = self.state_id(person.number, second);
        let mut sent = format!("{id}_,");
        let cut = |name: &str, length: usize| upper(name).chars().take(length).collect::<String>();
        comma_field(&mut sent, &cut(&copy.first, 20));
        comma_field(&mut sent, &cut(&copy.middle, 1));
        comma_field(&mut sent, &cut(copy.last.split(',').next().unwrap_or_default(), 20));
        let _ = write!(sent, "{},{id},", copy.suffix.to_ascii_uppercase());
        let searched = format!(",{}0801,", person.cohort - 2);
        let blocked = !person.canary && chance.hits(rates.nsc_blocked);
        let mut colleges: Vec<(usize, bool)> = Vec::new();
        // A return keeps a learner's rows together, and numbers the colleges on the first row of each.
        let mut nth = 0;
        let group = hash(self.seed, person.number, 4_242) & !0xff;
        let mut push = |row: &str| {
            portion.push_at(Sheet::Clearinghouse, group + nth, person, row);
            nth = (nth + 1).min(0xff);
        };
        for term in &study.terms {
            let known = colleges.iter().find(|(college, _)| *college == term.college).copied();
            let first = known.is_none();
            let (_, held) = known.unwrap_or_else(|| {
                let held = !blocked && (person.canary || !chance.hits(rates.nsc_missing));
                colleges.push((term.college, held));
                (term.college, held)
            });
            if !held {
                continue;
            }
            let sequence =
                if first { colleges.iter().filter(|(_, held)| *held).count().to_string() } else { String::new() };
            let mut row = format!("{sent}Y{searched}{}", self.college_fields(term.college));
            let (begin, mut end) = term.days();
            if term.year == LAST_ACADEMIC_YEAR - 1 && term.season == Season::Fall && chance.hits(rates.nsc_future_end) {
                end = day(LAST_ACADEMIC_YEAR, 5, 15);
            }
            written(begin).compact(&mut row);
            row.push(',');
            written(end).compact(&mut row);
            row.push(',');
            if !chance.hits(rates.nsc_status_blank) {
                row.push(term.status);
            }
            let four = self.places.colleges[term.college].four_year;
            let level = match (term.dual, four) {
                (true, _) => 'N',
                (_, true) => ['F', 'F', 'S', 'S', 'J', 'J', 'R', 'R'][(term.nth as usize).min(7)],
                _ => 'A',
            };
            let field = &FIELDS[term.field];
            let (title, cip) = (field.title.to_ascii_uppercase(), field.cip.replace('.', ""));
            let _ = write!(row, ",{level},{title},{cip},,,N,,,,,,,,,,,{sequence}");
            push(&row);
            if !person.canary && chance.hits(rates.nsc_duplicate) {
                push(&row);
            }
        }
        for award in &study.awards {
            if colleges.iter().any(|(college, held)| *college == award.college && *held) && chance.below(20) > 0 {
                let mut row = format!("{sent}Y{searched}{},,,,,,,,Y,", self.college_fields(award.college));
                written(award.on).compact(&mut row);
                let degree = match award.level {
                    "05" => "BACHELOR OF SCIENCE",
                    "03" => "ASSOCIATE OF APPLIED SCIENCE",
                    _ => "CERTIFICATE",
                };
                let field = &FIELDS[award.field];
                let (title, cip) = (field.title.to_ascii_uppercase(), field.cip.replace('.', ""));
                let _ = write!(row, ",{degree},{title},{cip},,,,,,,");
                push(&row);
            }
        }
        if nth == 0 {
            let commas = ",".repeat(24);
            portion.push_at(Sheet::Clearinghouse, group, person, &format!("{sent}N{searched}{commas}"));
        }
    }

    fn college_fields(&self, college: usize) -> String {
        let c = &self.places.colleges[college];
        let state = if c.state == "ZZ" { HOME } else { c.state };
        let (level, control) = (if c.four_year { '4' } else { '2' }, if c.public { "Public" } else { "Private" });
        format!("{}-{},{},{state},{level},{control},", &c.id[..6], &c.id[6..], c.name.to_ascii_uppercase())
    }
}

/// The postal code of the synthetic state; no real state has it.
const HOME: &str = "ZZ";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_loses_one_digit_and_a_zero_if_it_has_one() {
        assert_eq!(lose_zero("078051120"), "78051120");
        assert_eq!(lose_zero("912345678"), "91234567");
    }
}
