//! What must hold of every synthetic state.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::{Date32Type, Int32Type, Int64Type};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::*;
use crate::synth::copies::{PLACEHOLDER_SSNS, is_synthetic};
use crate::synth::day::{day, written};
use crate::synth::person::CANARIES;
use crate::synth::schooling::Schooling;

fn state(learners: u64, seed: u64, threads: usize) -> (tempfile::TempDir, Report) {
    let folder = tempfile::tempdir().unwrap();
    let report = generate_on((threads, PORTION), learners, seed, folder.path()).unwrap();
    (folder, report)
}

fn parquet(path: &Path) -> RecordBatch {
    let file = File::open(path).unwrap();
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().with_batch_size(10_000_000).build().unwrap();
    let batches: Vec<_> = reader.map(Result::unwrap).collect();
    arrow::compute::concat_batches(&batches[0].schema(), &batches).unwrap()
}

fn text<'a>(batch: &'a RecordBatch, column: &str) -> Vec<Option<&'a str>> {
    batch.column_by_name(column).unwrap().as_string::<i32>().iter().collect()
}

fn int64(batch: &RecordBatch, column: &str) -> Vec<Option<i64>> {
    batch.column_by_name(column).unwrap().as_primitive::<Int64Type>().iter().collect()
}

fn flag(batch: &RecordBatch, column: &str) -> Vec<bool> {
    batch.column_by_name(column).unwrap().as_boolean().iter().map(Option::unwrap).collect()
}

/// The lines of each text file of the extracts, decoded byte by byte.
fn lines(folder: &Path, report: &Report) -> BTreeMap<String, Vec<String>> {
    let files = report.files.iter().map(|f| f.path.to_str().unwrap().to_owned());
    files
        .filter(|name| [".parquet", ".xlsx", ".yaml"].iter().all(|other| !name.ends_with(other)))
        .map(|name| {
            let bytes = std::fs::read(folder.join(&name)).unwrap();
            let decoded = match String::from_utf8(bytes) {
                Ok(text) => text,
                Err(e) => e.into_bytes().into_iter().map(char::from).collect(),
            };
            (name, decoded.lines().map(str::to_owned).collect())
        })
        .collect()
}

#[test]
fn threads_leave_no_trace_and_the_seed_decides() {
    let run = |threads, seed| {
        let folder = tempfile::tempdir().unwrap();
        let report = generate_on((threads, 200), 700, seed, folder.path()).unwrap();
        (folder, report)
    };
    let ((one, report), (three, again), (other, _)) = (run(1, 5), run(3, 5), run(2, 6));
    assert!(report.persons > 3 * 200, "one portion alone would prove nothing");
    assert_eq!(report, again);
    for file in &report.files {
        let (a, b) = (
            std::fs::read(one.path().join(&file.path)).unwrap(),
            std::fs::read(three.path().join(&file.path)).unwrap(),
        );
        assert!(a == b, "{} differs", file.path.display());
        assert_eq!(a.len() as u64, file.bytes, "{}", file.path.display());
    }
    let cohort = "k12/graduation_cohort_2019.csv";
    assert_ne!(std::fs::read(one.path().join(cohort)).unwrap(), std::fs::read(other.path().join(cohort)).unwrap());
}

#[test]
fn the_truth_names_every_record_once() {
    let (folder, report) = state(600, 11, 2);
    let lines = lines(folder.path(), &report);
    let records = parquet(&folder.path().join("truth/records.parquet"));
    let mut truth: BTreeMap<&str, BTreeMap<i64, i64>> = BTreeMap::new();
    for ((file, line), person) in
        text(&records, "file").into_iter().zip(int64(&records, "line")).zip(int64(&records, "person"))
    {
        assert!(truth.entry(file.unwrap()).or_default().insert(line.unwrap(), person.unwrap()).is_none());
    }
    for (file, lines) in lines.iter().filter(|(file, _)| !file.starts_with("directory")) {
        let trailer = usize::from(file.starts_with("wages"));
        let expected: Vec<i64> = (2..=i64::try_from(lines.len() - trailer).unwrap()).collect();
        assert_eq!(truth[file.as_str()].keys().copied().collect::<Vec<_>>(), expected, "{file}");
    }
    // In a workbook the rows of each sheet have lines of their own, behind the header.
    for (file, header) in [("k12/work_based_learning.xlsx", 3), ("credentials/credentials.xlsx", 1)] {
        let mut book: calamine::Xlsx<_> = calamine::open_workbook(folder.path().join(file)).unwrap();
        let mut expected = Vec::new();
        for (place, (_, rows)) in (0_i64..).zip(calamine::Reader::worksheets(&mut book)) {
            let last = i64::try_from(rows.height()).unwrap();
            expected.extend((header + 1..=last).map(|row| place * 10_000_000 + row));
        }
        assert!(expected.len() > 30, "{file}");
        assert_eq!(truth[file].keys().copied().collect::<Vec<_>>(), expected, "{file}");
    }
    // A row stands in the file of its own year, and few rows are ragged.
    for (part, mark, column) in [
        ("k12/enrollment", ',', 4),
        ("k12/cte", ',', 6),
        ("k12/graduation", ',', 6),
        ("postsecondary/enrollment", '|', 14),
    ] {
        for (file, lines) in lines.iter().filter(|(file, _)| file.starts_with(part)) {
            let year = file.split(['_', '.']).find(|part| part.starts_with("20")).unwrap();
            let width = lines[0].split(mark).count();
            let whole: Vec<_> =
                lines[1..].iter().filter(|l| !l.contains('"') && l.split(mark).count() == width).collect();
            assert!(whole.iter().all(|line| line.split(mark).nth(column) == Some(year)), "{file}");
            assert!(whole.len() * 100 >= (lines.len() - 1) * 96, "{file} has too many ragged rows");
        }
    }
    // The certified cohort file never has a wrong state id.
    let persons = parquet(&folder.path().join("truth/persons.parquet"));
    let ids = text(&persons, "state_student_id");
    let mut second = 0;
    for (file, lines) in lines.iter().filter(|(file, _)| file.contains("graduation_cohort")) {
        for (at, line) in lines.iter().enumerate().skip(1) {
            let person = truth[file.as_str()][&i64::try_from(at + 1).unwrap()];
            second += usize::from(ids[usize::try_from(person).unwrap()] != line.split(',').next());
        }
    }
    assert!((1..20).contains(&second), "{second} of 600 learners end with a second id");
}

#[test]
fn every_term_and_course_falls_within_the_records() {
    let world = World::of(6_000, 31).unwrap();
    for number in 0..world.persons() {
        let person = world.person(number);
        let learner = number < world.learners;
        let schooling = if learner { world.schooling(&person) } else { Schooling::default() };
        let study = world.study(&person, &schooling, false);
        assert!(study.terms.iter().all(|t| (2019..=2025).contains(&t.academic_year()) && t.days().1 < day(2025, 1, 1)));
        assert!(schooling.courses.iter().all(|c| (2016..=2024).contains(&c.year)));
        let enrolled = &schooling.enrollments;
        assert!(enrolled.is_empty() != learner && enrolled.iter().all(|e| e.exit.is_none_or(|(on, _)| on >= e.entry)));
        assert!(enrolled.windows(2).all(|pair| pair[0].entry < pair[1].entry), "learner {number} goes back in time");
        let open = |e: &crate::synth::schooling::Enrollment| e.exit.map_or(day(e.year, 6, 30), |(on, _)| on);
        assert!(enrolled.windows(2).all(|pair| open(&pair[0]) < pair[1].entry), "learner {number} is at two schools");
    }
}

#[test]
fn wage_files_add_up_and_outcomes_follow_from_them() {
    let (folder, report) = state(800, 3, 2);
    let lines = lines(folder.path(), &report);
    let records = parquet(&folder.path().join("truth/records.parquet"));
    let place: BTreeMap<(&str, i64), i64> = text(&records, "file")
        .into_iter()
        .zip(int64(&records, "line"))
        .zip(int64(&records, "person"))
        .map(|((file, line), person)| ((file.unwrap(), line.unwrap()), person.unwrap()))
        .collect();
    let mut paid: BTreeMap<(i64, i32, String), u64> = BTreeMap::new();
    let (mut all, mut nameless) = (0_u64, 0_u64);
    // The amended file sorts after the one it corrects.
    for (file, lines) in lines.iter().filter(|(file, _)| file.starts_with("wages")) {
        assert!(lines.iter().all(|line| line.len() == 80), "{file}");
        let (trailer, details) = (lines.last().unwrap(), &lines[1..lines.len() - 1]);
        let cents: u64 = details.iter().map(|line| line[57..69].parse::<u64>().unwrap()).sum();
        assert_eq!(trailer[1..10].parse::<usize>().unwrap(), details.len(), "{file}");
        assert_eq!(trailer[10..25].parse::<u64>().unwrap(), cents, "{file}");
        for (at, line) in details.iter().enumerate() {
            let person = place[&(file.as_str(), i64::try_from(at + 2).unwrap())];
            let quarter = line[42..46].parse::<i32>().unwrap() * 4 + line[46..47].parse::<i32>().unwrap() - 1;
            paid.insert((person, quarter, line[47..57].to_owned()), line[57..69].parse().unwrap());
            all += 1;
            nameless += u64::from(line[10..42].trim().is_empty());
        }
    }
    assert!((23..=29).contains(&(nameless * 100 / all)), "{nameless} of {all} wages have no name");
    let earning: BTreeSet<(i64, i32)> =
        paid.into_iter().filter(|(_, cents)| *cents > 0).map(|((p, q, _), _)| (p, q)).collect();
    let outcomes = parquet(&folder.path().join("truth/outcomes.parquet"));
    let quarters: Vec<Option<i32>> =
        outcomes.column_by_name("exit_quarter").unwrap().as_primitive::<Int32Type>().iter().collect();
    let placed = flag(&outcomes, "placed_employment_q2");
    for ((person, quarter), placed) in int64(&outcomes, "person").into_iter().zip(quarters).zip(&placed) {
        let earned = quarter.is_some_and(|q| earning.contains(&(person.unwrap(), q + 2)));
        assert_eq!(earned, *placed, "person {person:?}");
    }
    assert!(placed.iter().filter(|p| **p).count() > 100);
}

#[test]
fn canaries_stand_in_school_college_and_wages_and_nowhere_are_they_shared() {
    let (folder, report) = state(700, 8, 2);
    let lines = lines(folder.path(), &report);
    for canary in CANARIES {
        let born = canary.birth_date.split('-').map(|part| part.parse::<i32>().unwrap()).collect::<Vec<_>>();
        let excel = format!(",{}/{}/{},", born[1], born[2], born[0]);
        let found = |part: &str, needle: &str| {
            let needle = needle.to_uppercase();
            lines
                .iter()
                .filter(|(file, _)| file.starts_with(part))
                .flat_map(|(_, l)| l)
                .filter(|l| l.to_uppercase().contains(&needle))
                .count()
        };
        assert_eq!(found("k12/enrollment", canary.last_name), 4);
        assert_eq!(found("k12/enrollment", &excel), 4, "{canary:?}");
        assert!(found("k12/cte", canary.first_name) >= 2);
        assert!(found("nsc", canary.last_name) >= 1);
        let college = found("postsecondary/enrollment", canary.ssn);
        assert!(college >= 1);
        assert_eq!(college, found("postsecondary/enrollment", canary.last_name));
        assert_eq!(college, found("postsecondary/enrollment", &format!("|{}|", canary.birth_date.replace('-', ""))));
        let wages = found("wages", canary.ssn);
        assert!(wages >= 2);
        assert_eq!(wages, found("wages", canary.first_name));
    }
    let persons = parquet(&folder.path().join("truth/persons.parquet"));
    let births: Vec<i32> =
        persons.column_by_name("birth_date").unwrap().as_primitive::<Date32Type>().iter().flatten().collect();
    for canary in CANARIES {
        let iso = |d: i32| {
            let mut out = String::new();
            written(d).iso(&mut out);
            out
        };
        assert_eq!(births.iter().filter(|d| iso(**d) == canary.birth_date).count(), 1);
        assert_eq!(text(&persons, "ssn").iter().filter(|s| **s == Some(canary.ssn)).count(), 1);
    }
}

#[test]
fn no_number_could_be_a_living_persons() {
    let (folder, report) = state(900, 21, 2);
    let lines = lines(folder.path(), &report);
    let mut seen = 0;
    let mut lost = 0;
    let mut judge = |ssn: &str| match ssn.len() {
        0 => {}
        9 => {
            let number: u32 = ssn.parse().unwrap();
            assert!(is_synthetic(number) || PLACEHOLDER_SSNS.contains(&number));
            seen += 1;
        }
        _ => lost += 1,
    };
    for (file, lines) in &lines {
        for line in &lines[1..] {
            if file.starts_with("wages") && line.starts_with('D') {
                judge(&line[1..10]);
            } else if file.starts_with("apprenticeship") || file.starts_with("adult_education") {
                judge(line.split(',').nth(1).unwrap());
            } else if file.starts_with("exchange") {
                judge(&line[..9]);
            } else if file.starts_with("postsecondary") {
                judge(line.split('|').nth(2).unwrap());
            }
        }
    }
    for ssn in text(&parquet(&folder.path().join("licences/licences.parquet")), "ssn").into_iter().flatten() {
        judge(&ssn.replace('-', ""));
    }
    assert!(seen > 5_000 && lost < 40, "{seen} numbers, {lost} that lost a digit");
}

#[test]
fn families_share_what_families_share_and_learners_live_a_school_life() {
    let (folder, _) = state(3_000, 4, 2);
    families(folder.path());
    school_lives(folder.path());
}

fn families(folder: &Path) {
    let persons = parquet(&folder.join("truth/persons.parquet"));
    let (twins, siblings) = (int64(&persons, "twin_of"), int64(&persons, "sibling_of"));
    let (lasts, firsts, ssns) = (text(&persons, "last_name"), text(&persons, "first_name"), text(&persons, "ssn"));
    let births: Vec<Option<i32>> =
        persons.column_by_name("birth_date").unwrap().as_primitive::<Date32Type>().iter().collect();
    let mut born_together = 0;
    for (at, sibling) in siblings.iter().enumerate().filter_map(|(at, s)| s.map(|s| (at, usize::try_from(s).unwrap())))
    {
        assert_eq!(lasts[at], lasts[sibling]);
        assert_ne!(firsts[at], firsts[sibling]);
        assert_ne!(ssns[at], ssns[sibling]);
        if twins[at].is_some() {
            assert_eq!(births[at], births[sibling]);
            born_together += 1;
        }
    }
    let all = siblings.iter().flatten().count();
    assert!((130..230).contains(&all) && (7..35).contains(&born_together), "{all} siblings, {born_together} twins");
    let shared = ssns.len() - ssns.iter().collect::<BTreeSet<_>>().len();
    assert!((1..15).contains(&shared), "{shared} shared numbers");
    assert!(ssns[10] == ssns[11] && text(&persons, "second_ssn")[13].is_some());
}

fn school_lives(folder: &Path) {
    let outcomes = parquet(&folder.join("truth/outcomes.parquet"));
    let share = |column: &str| flag(&outcomes, column).iter().filter(|f| **f).count() * 100 / outcomes.num_rows();
    assert!((70..88).contains(&share("graduated")));
    assert!((48..60).contains(&share("participant_secondary")));
    assert!((27..42).contains(&share("concentrator_secondary")));
    assert!((24..40).contains(&share("placed_postsecondary_q2")));
    assert!((25..45).contains(&share("placed_employment_q2")));
    assert!((1..6).contains(&share("federal_or_military")));
    let bridges = parquet(&folder.join("truth/persons.parquet"));
    let met = flag(&bridges, "has_bridge")[..3_000].iter().filter(|b| **b).count();
    assert!((1_500..2_100).contains(&met), "{met} of 3,000 learners meet a bridge");
}

#[test]
fn the_profile_stands_beside_the_extracts_and_limits_are_named() {
    let (folder, _) = state(100, 1, 1);
    assert_eq!(std::fs::read_to_string(folder.path().join("profile.yaml")).unwrap(), PROFILE);
    let few = generate(5, 1, folder.path()).unwrap_err();
    assert_eq!(few.to_string(), "a synthetic state needs at least 100 learners, not 5");
    let blocked = folder.path().join("profile.yaml");
    assert!(matches!(generate(100, 1, &blocked), Err(SynthError::Write { .. })));
}
