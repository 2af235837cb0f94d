//! Texts: what stands in columns of the files, as it stands there, for people to read.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use crate::pipeline::error::PipelineError;
use crate::pipeline::files::persons::{PersonFile, each_text, read_files};
use crate::pipeline::side_by_side::lock;

/// Texts of some columns of all files, as they stand there; a missing value is empty.
#[derive(Debug)]
pub struct TextColumns {
    /// The id of each record, file after file.
    pub ids: Vec<String>,
    /// The file of each.
    pub files: Vec<usize>,
    /// The columns asked for.
    pub columns: Vec<Vec<String>>,
}

/// Reads columns as they stand.
pub fn read_texts(
    files: &[PersonFile],
    columns: &[&str],
    runtime: &tokio::runtime::Handle,
) -> Result<TextColumns, PipelineError> {
    let texts: Vec<Mutex<Vec<String>>> = (0..=columns.len()).map(|_| Mutex::default()).collect();
    let names = |_: &PersonFile| columns.iter().map(|column| (*column).to_owned()).collect();
    let ends = read_files(files, names, 1, runtime, |column, file, name, array| {
        let mut texts = lock(&texts[column]);
        each_text(array, file, name, |text| texts.push(text.unwrap_or_default().to_owned()))
    })?;
    let mut columns: Vec<Vec<String>> = texts.into_iter().map(unlocked).collect();
    let mut ids = columns.pop().unwrap_or_default();
    for id in &mut ids {
        *id = id.trim().to_owned();
    }
    let file_of = |record: usize| ends.partition_point(|end| *end <= record);
    let files = (0..ids.len()).map(file_of).collect();
    Ok(TextColumns { ids, files, columns })
}

/// A record, by the place of its file and its id there.
pub type Named = (usize, String);

/// Reads what stands in the fields of some records, in the order of the fields; those that no file holds are left out.
pub fn read_records(
    files: &[PersonFile],
    wanted: &BTreeSet<Named>,
    runtime: &tokio::runtime::Handle,
) -> Result<BTreeMap<Named, Vec<String>>, PipelineError> {
    // Ids first, and then the rest of a few rows: all texts of large files are more than memory may hold.
    let TextColumns { ids, files: of, .. } = read_texts(files, &[], runtime)?;
    let named = of.into_iter().zip(ids).enumerate().filter(|(_, named)| wanted.contains(named));
    let (rows, records): (Vec<usize>, Vec<Named>) = named.unzip();
    let fields = files.first().map_or(0, |file| file.columns.len());
    let readers: Vec<Mutex<Few>> = (0..=fields).map(|_| Mutex::default()).collect();
    let columns = |file: &PersonFile| file.columns.clone();
    read_files(files, columns, 1, runtime, |column, file, name, array| {
        let mut few = lock(&readers[column]);
        each_text(array, file, name, |text| few.take(&rows, text))
    })?;
    let mut values: BTreeMap<Named, Vec<String>> =
        records.iter().map(|record| (record.clone(), Vec::with_capacity(fields))).collect();
    for few in readers.into_iter().take(fields).map(unlocked) {
        for (record, text) in records.iter().zip(few.texts) {
            values.entry(record.clone()).or_default().push(text);
        }
    }
    Ok(values)
}

/// Some rows of a column that passes by.
#[derive(Debug, Default)]
struct Few {
    row: usize,
    texts: Vec<String>,
}

impl Few {
    fn take(&mut self, rows: &[usize], text: Option<&str>) {
        if rows.get(self.texts.len()) == Some(&self.row) {
            self.texts.push(text.unwrap_or_default().trim().to_owned());
        }
        self.row += 1;
    }
}

fn unlocked<T>(of: Mutex<T>) -> T {
    of.into_inner().unwrap_or_else(PoisonError::into_inner)
}
