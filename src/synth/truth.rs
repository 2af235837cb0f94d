//! Parquet files: the licences, and the truth (whose each record is, who the people are, what became of them).

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Date32Array, Int32Array, Int64Array, StringArray};
use arrow::record_batch::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use crate::synth::error::SynthError;
use crate::synth::person::{Kind, Person, World};
use crate::synth::portion::{Licence, Outcome};

/// A Parquet file that is written batch by batch, the same bytes for the same rows.
pub(crate) struct ParquetFile {
    path: PathBuf,
    writer: Option<ArrowWriter<File>>,
    pub(crate) rows: u64,
}

impl ParquetFile {
    /// A file that is made with its first rows.
    pub(crate) const fn new(path: PathBuf) -> Self {
        Self { path, writer: None, rows: 0 }
    }

    /// Adds rows; the columns' names and types are those of the first call.
    pub(crate) fn write(&mut self, columns: Vec<(&str, ArrayRef)>) -> Result<(), SynthError> {
        let nullable = columns.into_iter().map(|(name, array)| (name, array, true));
        let batch = RecordBatch::try_from_iter_with_nullable(nullable)
            .map_err(|source| SynthError::Arrow { path: self.path.clone(), source })?;
        self.rows += batch.num_rows() as u64;
        let failed = |source| SynthError::Parquet { path: self.path.clone(), source };
        if self.writer.is_none() {
            let file =
                File::create(&self.path).map_err(|source| SynthError::Write { path: self.path.clone(), source })?;
            let level = ZstdLevel::try_new(3).map_err(failed)?;
            let properties = WriterProperties::builder()
                .set_created_by("throughline synth".to_owned())
                .set_compression(Compression::ZSTD(level))
                .build();
            self.writer = Some(ArrowWriter::try_new(file, batch.schema(), Some(properties)).map_err(failed)?);
        }
        match &mut self.writer {
            Some(writer) => writer.write(&batch).map_err(failed),
            None => Ok(()),
        }
    }

    /// Ends the file and gives its size.
    pub(crate) fn close(mut self) -> Result<u64, SynthError> {
        let failed = |source| SynthError::Parquet { path: self.path.clone(), source };
        if let Some(writer) = self.writer.take() {
            writer.close().map_err(failed)?;
        }
        std::fs::metadata(&self.path)
            .map(|m| m.len())
            .map_err(|source| SynthError::Write { path: self.path.clone(), source })
    }

    /// Where it stands.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

fn text<'a, T: AsRef<str> + 'a>(values: impl Iterator<Item = Option<T>>) -> ArrayRef {
    Arc::new(values.collect::<StringArray>())
}

fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// The columns of `licences.parquet`.
pub(crate) fn licences(rows: &[Licence]) -> Vec<(&'static str, ArrayRef)> {
    vec![
        ("licence_no", text(rows.iter().map(|l| Some(&l.number)))),
        ("licence_type", text(rows.iter().map(|l| Some(l.kind)))),
        ("ssn", text(rows.iter().map(|l| l.ssn.as_ref()))),
        ("last_name", text(rows.iter().map(|l| l.last.as_ref()))),
        ("first_name", text(rows.iter().map(|l| l.first.as_ref()))),
        ("middle_name", text(rows.iter().map(|l| l.middle.as_ref()))),
        ("birth_date", Arc::new(rows.iter().map(|l| l.birth).collect::<Date32Array>())),
        ("zip", text(rows.iter().map(|l| l.zip.as_ref()))),
        ("county", text(rows.iter().map(|l| Some(l.county)))),
        ("issued", Arc::new(rows.iter().map(|l| Some(l.issued)).collect::<Date32Array>())),
        ("expires", Arc::new(rows.iter().map(|l| Some(l.expires)).collect::<Date32Array>())),
    ]
}

/// The columns of `truth/records.parquet` for one run of rows of one file.
pub(crate) fn records(source: &str, file: &str, first_line: u64, persons: &[u64]) -> Vec<(&'static str, ArrayRef)> {
    let repeat = |value: &str| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(std::iter::repeat_n(value, persons.len())))
    };
    vec![
        ("source", repeat(source)),
        ("file", repeat(file)),
        ("line", Arc::new(Int64Array::from_iter_values((first_line..).zip(persons).map(|(line, _)| number(line))))),
        ("person", Arc::new(Int64Array::from_iter_values(persons.iter().map(|p| number(*p))))),
    ]
}

/// The columns of `truth/persons.parquet`.
pub(crate) fn persons(world: &World, rows: &[(Person, bool)]) -> Vec<(&'static str, ArrayRef)> {
    let each = || rows.iter().map(|(person, _)| person);
    let maybe = |name: &'static str| (!name.is_empty()).then_some(name);
    let learner = |p: &Person| p.kind == Kind::Learner;
    let kind = |p: &Person| match p.kind {
        Kind::Learner => "learner",
        Kind::Worker => "worker",
        Kind::Visitor => "visitor",
    };
    let ssn = |ssn: u32| format!("{ssn:09}");
    vec![
        ("person", Arc::new(Int64Array::from_iter_values(each().map(|p| number(p.number))))),
        ("kind", text(each().map(|p| Some(kind(p))))),
        ("state_student_id", text(each().map(|p| learner(p).then(|| world.state_id(p.number, false).to_string())))),
        ("first_name", text(each().map(|p| Some(p.name.first)))),
        ("middle_name", text(each().map(|p| maybe(p.name.middle)))),
        ("last_name", text(each().map(|p| Some(&p.name.last)))),
        ("new_last_name", text(each().map(|p| p.new_surname.as_ref().map(|(_, name)| name)))),
        (
            "new_last_name_from",
            Arc::new(each().map(|p| p.new_surname.as_ref().map(|(on, _)| *on)).collect::<Date32Array>()),
        ),
        ("suffix", text(each().map(|p| maybe(p.name.suffix)))),
        ("birth_date", Arc::new(each().map(|p| Some(p.born)).collect::<Date32Array>())),
        ("ssn", text(each().map(|p| Some(ssn(p.ssn))))),
        ("second_ssn", text(each().map(|p| p.second_ssn.map(ssn)))),
        ("sex", text(each().map(|p| Some(p.sex.to_string())))),
        ("race", text(each().map(|p| Some(p.race.code())))),
        ("twin_of", Arc::new(each().map(|p| p.twin_of.map(number)).collect::<Int64Array>())),
        ("sibling_of", Arc::new(each().map(|p| p.sibling_of.map(number)).collect::<Int64Array>())),
        ("has_bridge", Arc::new(rows.iter().map(|(_, bridge)| Some(*bridge)).collect::<BooleanArray>())),
        ("cohort", Arc::new(each().map(|p| learner(p).then_some(p.cohort)).collect::<Int32Array>())),
    ]
}

/// The columns of `truth/outcomes.parquet`.
pub(crate) fn outcomes(rows: &[Outcome]) -> Vec<(&'static str, ArrayRef)> {
    let flag =
        |of: fn(&Outcome) -> bool| -> ArrayRef { Arc::new(rows.iter().map(|o| Some(of(o))).collect::<BooleanArray>()) };
    vec![
        ("person", Arc::new(Int64Array::from_iter_values(rows.iter().map(|o| number(o.person))))),
        ("cohort_year", Arc::new(Int32Array::from_iter_values(rows.iter().map(|o| o.cohort)))),
        ("cohort_included", flag(|o| o.included)),
        ("graduated", flag(|o| o.graduated)),
        ("concentrator_secondary", flag(|o| o.concentrator_year.is_some())),
        ("concentrator_year", Arc::new(rows.iter().map(|o| o.concentrator_year).collect::<Int32Array>())),
        ("participant_secondary", flag(|o| o.participant)),
        ("exit_quarter", Arc::new(rows.iter().map(|o| o.exit_quarter).collect::<Int32Array>())),
        ("placed_postsecondary_q2", flag(|o| o.placed_college)),
        ("placed_employment_q2", flag(|o| o.placed_work)),
        ("placed_out_of_state_q2", flag(|o| o.placed_elsewhere)),
        ("federal_or_military", flag(|o| o.federal)),
        ("left_state", flag(|o| o.left_state)),
    ]
}
