//! Labels: pairs of records of which people have said that they are one person, or two.

use std::collections::HashMap;
use std::path::Path;

use crate::engine::Place;
use crate::linkage::Clusters;
use crate::linkage::reviewed::contradiction;
use crate::pipeline::error::PipelineError;
use crate::pipeline::files::persons::{PersonFile, Persons, format_of};
use crate::pipeline::files::texts::read_texts;

/// The columns of a file of labels, Parquet or CSV: the two records as the match log names them, and what they are.
pub const COLUMNS: [&str; 4] = ["left_source", "left_id", "right_source", "right_id"];
/// What people have said.
pub const LABEL: &str = "label";
/// One person.
pub const SAME: &str = "same";
/// Two persons.
pub const DIFFERENT: &str = "different";

/// Pairs of records, by their numbers, the smaller first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labels {
    /// One person.
    pub same: Vec<(u32, u32)>,
    /// Two persons.
    pub different: Vec<(u32, u32)>,
    /// How many name a record that the files do not hold: they say nothing.
    pub gone: u64,
}

/// What labels came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LabelsTold {
    /// Of the pairs that people hold for one person, how many were made one, and how many there are.
    pub same: (u64, u64),
    /// Of the pairs that people hold for two persons, how many were made one all the same, and how many there are.
    pub different: (u64, u64),
    /// Pairs of records that are gone.
    pub gone: u64,
}

/// One label as it stands in its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelRow {
    /// The two records: the place of the file among the files of the linkage, and the id.
    pub records: [(usize, String); 2],
    /// Whether they are one person.
    pub same: bool,
}

/// Reads the rows of a file of labels; `files` are the names of the files that are linked.
pub fn read_rows(
    path: &Path,
    files: &[&str],
    runtime: &tokio::runtime::Handle,
) -> Result<Vec<LabelRow>, PipelineError> {
    let shown = path.display();
    let place = Place::parse(&path.to_string_lossy(), Path::new("."))?;
    if !tokio::task::block_in_place(|| runtime.block_on(place.exists()))? {
        return Err(PipelineError::NotThere { what: vec![format!("labels: {shown}")] });
    }
    let format = format_of(None, &path.to_string_lossy());
    let format = format.map_err(|_| PipelineError::Asked(format!("{shown}: labels are a .csv or .parquet file")))?;
    let own = COLUMNS.map(str::to_owned).to_vec();
    let file = PersonFile { name: "labels".to_owned(), place, format, columns: own, id: LABEL.to_owned() };
    let read = tokio::task::block_in_place(|| read_texts(&[file], &COLUMNS, runtime))?;
    let row = |row: usize| {
        let wrong = |reason: String| PipelineError::Asked(format!("{shown}, record {}: {reason}", row + 1));
        let side = |source: usize| {
            let (name, id) = (read.columns[source][row].trim(), read.columns[source + 1][row].trim());
            let place = files.iter().position(|file| *file == name);
            place.map(|place| (place, id.to_owned())).ok_or_else(|| {
                wrong(format!("`{}` is `{name}`, and the files are: {}", COLUMNS[source], files.join(", ")))
            })
        };
        let records = [side(0)?, side(2)?];
        let same = match read.ids[row].as_str() {
            SAME => true,
            DIFFERENT => false,
            other => return Err(wrong(format!("`{other}` is no label; write {SAME} or {DIFFERENT}"))),
        };
        if records[0] == records[1] {
            return Err(wrong("it names one record twice".to_owned()));
        }
        Ok(LabelRow { records, same })
    };
    (0..read.ids.len()).map(row).collect()
}

impl Labels {
    /// Reads a file of labels. Those that contradict each other are refused.
    pub fn read(
        path: &Path,
        files: &[PersonFile],
        persons: &Persons,
        runtime: &tokio::runtime::Handle,
    ) -> Result<Self, PipelineError> {
        let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
        let rows = read_rows(path, &names, runtime)?;
        let records = rows.iter().flat_map(|row| &row.records);
        let mut numbers: HashMap<(usize, &str), Option<u32>> =
            records.map(|(file, id)| ((*file, id.as_str()), None)).collect();
        for (place, _) in files.iter().enumerate() {
            for record in persons.records.of_file(place) {
                if let Some(number) = numbers.get_mut(&(place, persons.ids.get(record))) {
                    *number = Some(record);
                }
            }
        }
        let mut labels = Self::default();
        for LabelRow { records: [left, right], same } in &rows {
            let number = |(file, id): &(usize, String)| numbers[&(*file, id.as_str())];
            match (number(left), number(right)) {
                (Some(a), Some(b)) if *same => labels.same.push((a.min(b), a.max(b))),
                (Some(a), Some(b)) => labels.different.push((a.min(b), a.max(b))),
                _ => labels.gone += 1,
            }
        }
        for pairs in [&mut labels.same, &mut labels.different] {
            pairs.sort_unstable();
            pairs.dedup();
        }
        labels.agree(path, files, persons)?;
        Ok(labels)
    }

    /// Two records that people hold for two persons may not be one by other labels.
    fn agree(&self, path: &Path, files: &[PersonFile], persons: &Persons) -> Result<(), PipelineError> {
        let Some((a, b)) = contradiction(&self.same, &self.different) else { return Ok(()) };
        let name = |record: u32| format!("{} of {}", persons.ids.get(record), files[persons.records.file(record)].name);
        Err(PipelineError::Contradiction(format!(
            "{} contradicts itself: {} and {} are two persons, and one person by other labels",
            path.display(),
            name(a),
            name(b)
        )))
    }

    /// What is kept to may not make two records of a file one person that is free of duplicates; `free` says so of each file.
    pub fn fit(
        &self,
        free: &[bool],
        path: &Path,
        files: &[PersonFile],
        persons: &Persons,
    ) -> Result<(), PipelineError> {
        let mut clusters = Clusters::singletons(u32::try_from(persons.records.len()).unwrap_or(u32::MAX));
        for &(a, b) in &self.same {
            let (a, b) = (clusters.root(a), clusters.root(b));
            clusters.union(a, b);
        }
        let file_of = |record: u32| persons.records.file(record);
        for &(one, _) in &self.same {
            let mut of_file: HashMap<usize, u32> = HashMap::new();
            for member in clusters.members(one).filter(|member| free[file_of(*member)]) {
                let Some(other) = of_file.insert(file_of(member), member) else { continue };
                let name = |record: u32| persons.ids.get(record);
                return Err(PipelineError::Contradiction(format!(
                    "by {} {} and {} of {} are one person, and the document says that nobody stands twice in that file",
                    path.display(),
                    name(other.min(member)),
                    name(other.max(member)),
                    files[file_of(member)].name
                )));
            }
        }
        Ok(())
    }

    /// How a linkage stands to them; `clusters` has the person of every record.
    #[must_use]
    pub fn told(&self, clusters: &[u32]) -> LabelsTold {
        let of = |pairs: &[(u32, u32)]| {
            let joined = pairs.iter().filter(|(a, b)| clusters[*a as usize] == clusters[*b as usize]).count();
            (joined as u64, pairs.len() as u64)
        };
        LabelsTold { same: of(&self.same), different: of(&self.different), gone: self.gone }
    }
}
