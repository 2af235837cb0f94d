//! Generating: people are made in portions on a few threads, and the portions are written in order, so that threads leave no trace.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::sync_channel;

use crate::synth::error::SynthError;
use crate::synth::names::Names;
use crate::synth::person::World;
use crate::synth::places::Places;
use crate::synth::portion::Portion;
use crate::synth::profile::{PROFILE, Profile};
use crate::synth::reference::{self, Reference};
use crate::synth::sheet::Sheet;
use crate::synth::truth::{ParquetFile, licences, outcomes, persons, records};
use crate::synth::workbook;

/// The school years of the file of offerings.
const OFFERED: std::ops::RangeInclusive<i32> = 2020..=2024;
/// Fewest and most learners of a synthetic state.
const LIMITS: (u64, u64) = (100, 10_000_000);
/// People a portion.
const PORTION: u64 = 4_096;

/// One file of the output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenFile {
    /// Its place in the output folder.
    pub path: PathBuf,
    /// Data rows, without header and trailer.
    pub rows: u64,
    /// Size in bytes.
    pub bytes: u64,
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Learners.
    pub learners: u64,
    /// All people: learners, other workers, college students from elsewhere.
    pub persons: u64,
    /// The files, in the order of their paths.
    pub files: Vec<WrittenFile>,
}

impl Report {
    /// Rows of all extracts, without the truth.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.files.iter().filter(|f| !f.path.starts_with("truth")).map(|f| f.rows).sum()
    }

    /// Bytes of all files.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|f| f.bytes).sum()
    }
}

/// Writes the extracts of a synthetic state of so many learners, with its truth and its profile, into a folder. The same learners and seed give the same bytes.
pub fn generate(learners: u64, seed: u64, out: &Path) -> Result<Report, SynthError> {
    let threads = std::thread::available_parallelism().map_or(2, |n| n.get().clamp(1, 8));
    generate_on((threads, PORTION), learners, seed, out)
}

/// As [`generate`], on so many threads and with so many people a portion (which decides the order of rows).
fn generate_on((threads, people): (usize, u64), learners: u64, seed: u64, out: &Path) -> Result<Report, SynthError> {
    if learners < LIMITS.0 {
        return Err(SynthError::TooFew { asked: learners, least: LIMITS.0 });
    }
    if learners > LIMITS.1 {
        return Err(SynthError::TooMany { asked: learners, most: LIMITS.1 });
    }
    let world = World::of(learners, seed)?;
    let mut folder = Writing::open(&world, out)?;
    let count = world.persons().div_ceil(people);
    let next = AtomicU64::new(0);
    std::thread::scope(|scope| {
        let (done, made) = sync_channel::<(u64, Portion)>(threads);
        for _ in 0..threads {
            let (done, next, world) = (done.clone(), &next, &world);
            scope.spawn(move || {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let run = at * people..((at + 1) * people).min(world.persons());
                    // The receiver hangs up when a file cannot be written.
                    if at >= count || done.send((at, world.portion(run))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(done);
        let mut waiting = BTreeMap::new();
        for at in 0..count {
            while !waiting.contains_key(&at) {
                let (number, portion) = made.recv().map_err(|_| SynthError::Worker)?;
                waiting.insert(number, portion);
            }
            if let Some(portion) = waiting.remove(&at) {
                folder.portion(&world, portion)?;
            }
        }
        Ok(())
    })?;
    folder.close(&world)
}

impl World {
    /// The world of so many learners.
    fn of(learners: u64, seed: u64) -> Result<Self, SynthError> {
        let profile = Profile::built_in()?;
        let share = |rate: u32| learners * u64::from(rate) / 1_000_000;
        Ok(Self {
            seed,
            learners,
            workers: share(profile.people.workers),
            visitors: share(profile.people.visitors),
            places: Places::lay_out(seed, learners, profile.work.name_never, profile.work.amended_employers),
            names: Names::read(),
            reference: Reference::read(),
            profile,
        })
    }
}

/// A text file, or a sheet of a workbook, being written.
struct Open {
    sheet: Sheet,
    path: String,
    to: Target,
    rows: u64,
    bytes: u64,
    cents: u64,
}

/// Where rows go: text into its file at once, a workbook's sheet into memory until all of them are there.
enum Target {
    File(BufWriter<File>),
    Sheet(Vec<u8>),
}

/// All files being written.
struct Writing {
    out: PathBuf,
    text: Vec<Open>,
    licences: ParquetFile,
    records: ParquetFile,
    persons: ParquetFile,
    outcomes: ParquetFile,
    whole: Vec<WrittenFile>,
}

const LICENCES: &str = "licences/licences.parquet";

impl Writing {
    fn open(world: &World, out: &Path) -> Result<Self, SynthError> {
        for folder in [
            "k12",
            "postsecondary",
            "nsc",
            "wages",
            "licences",
            "credentials",
            "survey",
            "apprenticeship",
            "adult_education",
            "exchange",
            "directory",
            "truth",
        ] {
            let path = out.join(folder);
            std::fs::create_dir_all(&path).map_err(|source| SynthError::Write { path, source })?;
        }
        let mut whole = Vec::new();
        let made = [
            ("directory/organizations.csv", world.places.organizations(), None),
            ("directory/organization_changes.csv", world.places.organization_changes(), None),
            ("directory/programs.csv", Places::programs(), None),
            ("directory/employers.csv", world.places.employer_file(world.seed), None),
            ("directory/offerings.csv", world.places.offerings(world.seed, OFFERED), None),
            ("profile.yaml", PROFILE.to_owned(), Some(0)),
        ];
        let reference = reference::FILES.map(|(name, text)| (name, text.to_owned(), None));
        for (name, text, rows) in made.into_iter().chain(reference) {
            let path = out.join(name);
            std::fs::write(&path, &text).map_err(|source| SynthError::Write { path, source })?;
            let rows = rows.unwrap_or(text.lines().count() as u64 - 1);
            whole.push(WrittenFile { path: name.into(), rows, bytes: text.len() as u64 });
        }
        let mut text = Vec::new();
        for sheet in Sheet::all() {
            let path = sheet.path();
            let to = if sheet.in_workbook().is_some() {
                Target::Sheet(Vec::new())
            } else {
                let file = File::create(out.join(&path))
                    .map_err(|source| SynthError::Write { path: out.join(&path), source })?;
                Target::File(BufWriter::with_capacity(1 << 18, file))
            };
            let mut open = Open { sheet, path, to, rows: 0, bytes: 0, cents: 0 };
            open.line(out, &sheet.header())?;
            text.push(open);
        }
        let parquet = |name: &str| ParquetFile::new(out.join(name));
        Ok(Self {
            out: out.to_owned(),
            text,
            licences: parquet(LICENCES),
            records: parquet("truth/records.parquet"),
            persons: parquet("truth/persons.parquet"),
            outcomes: parquet("truth/outcomes.parquet"),
            whole,
        })
    }

    fn portion(&mut self, world: &World, portion: Portion) -> Result<(), SynthError> {
        for (open, rows) in self.text.iter_mut().zip(portion.rows) {
            let ordered = rows.ordered();
            let first = open.sheet.first_line() + open.rows;
            let truth = records(open.sheet.source(), &open.path, first, &ordered.persons);
            if !ordered.persons.is_empty() {
                self.records.write(truth)?;
            }
            open.rows += ordered.persons.len() as u64;
            open.cents += ordered.cents;
            open.write(&self.out, &ordered.bytes)?;
        }
        let holders: Vec<u64> = portion.licences.iter().map(|l| l.person).collect();
        if !holders.is_empty() {
            self.records.write(records("licences", LICENCES, self.licences.rows + 1, &holders))?;
            self.licences.write(licences(&portion.licences))?;
        }
        self.persons.write(persons(world, &portion.persons))?;
        if !portion.outcomes.is_empty() {
            self.outcomes.write(outcomes(&portion.outcomes))?;
        }
        Ok(())
    }

    fn close(self, world: &World) -> Result<Report, SynthError> {
        let mut files = self.whole;
        let (sheets, text): (Vec<Open>, Vec<Open>) =
            self.text.into_iter().partition(|open| matches!(open.to, Target::Sheet(_)));
        for book in sheets.chunk_by(|a, b| a.path == b.path) {
            files.push(write_workbook(&self.out, book)?);
        }
        for mut open in text {
            if let Some(trailer) = open.sheet.trailer(open.rows, open.cents) {
                open.line(&self.out, &trailer)?;
            }
            if let Target::File(file) = &mut open.to {
                file.flush().map_err(|source| SynthError::Write { path: self.out.join(&open.path), source })?;
            }
            // No agency delivers a file of a period in which nothing happened.
            if open.rows == 0 {
                let path = self.out.join(&open.path);
                std::fs::remove_file(&path).map_err(|source| SynthError::Write { path, source })?;
            } else {
                files.push(WrittenFile { path: open.path.into(), rows: open.rows, bytes: open.bytes });
            }
        }
        for file in [self.licences, self.records, self.persons, self.outcomes] {
            let path = file.path().strip_prefix(&self.out).unwrap_or(file.path()).to_owned();
            files.push(WrittenFile { path, rows: file.rows, bytes: file.close()? });
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(Report { learners: world.learners, persons: world.persons(), files })
    }
}

/// Writes the sheets of one workbook.
fn write_workbook(out: &Path, sheets: &[Open]) -> Result<WrittenFile, SynthError> {
    let path = sheets[0].path.clone();
    let mut given = Vec::new();
    for open in sheets {
        if let (Target::Sheet(rows), Some((year, _, header_row))) = (&open.to, open.sheet.in_workbook()) {
            given.push(workbook::SheetRows { year, header_row, rows });
        }
    }
    let failed = |source| SynthError::Workbook { path: out.join(&path), source };
    let bytes = workbook::write(open_title(sheets[0].sheet), &given).map_err(failed)?;
    std::fs::write(out.join(&path), &bytes).map_err(|source| SynthError::Write { path: out.join(&path), source })?;
    let rows = sheets.iter().map(|open| open.rows).sum();
    Ok(WrittenFile { path: path.into(), rows, bytes: bytes.len() as u64 })
}

/// What stands above the header of a workbook's sheets.
const fn open_title(sheet: Sheet) -> &'static str {
    match sheet {
        Sheet::WorkBased(_) => "Work-based learning placements, as reported by districts",
        _ => "Industry credentials",
    }
}

impl Open {
    fn write(&mut self, out: &Path, bytes: &[u8]) -> Result<(), SynthError> {
        self.bytes += bytes.len() as u64;
        match &mut self.to {
            Target::File(file) => {
                file.write_all(bytes).map_err(|source| SynthError::Write { path: out.join(&self.path), source })
            }
            Target::Sheet(rows) => {
                rows.extend_from_slice(bytes);
                Ok(())
            }
        }
    }

    fn line(&mut self, out: &Path, line: &str) -> Result<(), SynthError> {
        self.write(out, line.as_bytes())?;
        self.write(out, b"\n")
    }
}

#[cfg(test)]
#[path = "generate_tests.rs"]
mod tests;
