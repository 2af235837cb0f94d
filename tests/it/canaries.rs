//! Canaries: the marked names, numbers and birth dates of the synthetic state, and the search for them in everything that the program leaves behind.
//! The fixture calls it for every test, so that each test of the suite is a test of this too.

use std::collections::HashSet;
use std::path::Path;
use std::sync::{Mutex, OnceLock};

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Date32Type, Int64Type};
use bytes::Bytes;
use memchr::memmem::Finder;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use throughline::foundation::Fingerprint;
use throughline::synth::CANARIES;

/// Every way in which an identity of a canary may be written.
fn needles() -> &'static [(String, Finder<'static>)] {
    static NEEDLES: OnceLock<Vec<(String, Finder<'static>)>> = OnceLock::new();
    NEEDLES.get_or_init(|| {
        let mut written = Vec::new();
        for canary in CANARIES {
            for name in [canary.first_name, canary.last_name] {
                written.extend([name.to_owned(), name.to_uppercase(), name.to_lowercase()]);
            }
            let (ssn, born) = (canary.ssn, canary.birth_date);
            written.extend([ssn.to_owned(), format!("{}-{}-{}", &ssn[..3], &ssn[3..5], &ssn[5..])]);
            let (year, month, day) = (&born[..4], &born[5..7], &born[8..]);
            let plain = |two: &str| two.trim_start_matches('0').to_owned();
            written.extend([
                born.to_owned(),
                format!("{year}{month}{day}"),
                format!("{month}/{day}/{year}"),
                format!("{}/{}/{year}", plain(month), plain(day)),
            ]);
        }
        written.sort();
        written.dedup();
        written.into_iter().map(|w| (w.clone(), Finder::new(w.as_bytes()).into_owned())).collect()
    })
}

/// The birth dates as Parquet holds them, and the numbers as integers.
fn days_and_numbers() -> &'static (Vec<i32>, Vec<i64>) {
    static FOUND: OnceLock<(Vec<i32>, Vec<i64>)> = OnceLock::new();
    FOUND.get_or_init(|| {
        let day = |iso: &str| iso.parse::<chrono::NaiveDate>().unwrap() - chrono::NaiveDate::default();
        let days = CANARIES.iter().map(|c| i32::try_from(day(c.birth_date).num_days()).unwrap()).collect();
        (days, CANARIES.iter().map(|c| c.ssn.parse().unwrap()).collect())
    })
}

/// What of a canary stands in these bytes.
pub fn in_bytes(bytes: &[u8]) -> Option<String> {
    needles().iter().find(|(_, finder)| finder.find(bytes).is_some()).map(|(written, _)| written.clone())
}

/// What of a canary stands in a file: in its bytes, and in the columns of a Parquet file, which compression hides. The same bytes are searched
/// once, for most of what the tests write is the same.
pub fn in_file(path: &Path) -> Option<String> {
    static CLEAN: Mutex<Option<HashSet<Fingerprint>>> = Mutex::new(None);
    let bytes = std::fs::read(path).ok()?;
    let print = Fingerprint::of(&bytes);
    if CLEAN.lock().unwrap().get_or_insert_default().contains(&print) {
        return None;
    }
    let parquet = bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1");
    let found = in_bytes(&bytes).or_else(|| if parquet { in_parquet(bytes.into()) } else { None });
    if found.is_none() {
        CLEAN.lock().unwrap().get_or_insert_default().insert(print);
    }
    found
}

fn in_parquet(bytes: Bytes) -> Option<String> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes).ok()?.build().ok()?;
    reader.flat_map(|batch| batch.unwrap().columns().to_vec()).find_map(|column| in_column(&column))
}

fn in_column(column: &ArrayRef) -> Option<String> {
    let (days, numbers) = days_and_numbers();
    let cast = |to: &DataType| arrow::compute::cast(column, to).unwrap();
    match column.data_type() {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Dictionary(..) => {
            let texts = cast(&DataType::Utf8);
            let texts = texts.as_string::<i32>();
            // Values lie end to end: what is found may stand across two of them, which says nothing of anybody.
            in_bytes(texts.value_data())?;
            texts.iter().flatten().find_map(|text| in_bytes(text.as_bytes()))
        }
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => {
            let runs = cast(&DataType::Binary);
            let runs = runs.as_binary::<i32>();
            in_bytes(runs.value_data())?;
            runs.iter().flatten().find_map(in_bytes)
        }
        DataType::Date32 | DataType::Date64 => {
            let found =
                cast(&DataType::Date32).as_primitive::<Date32Type>().iter().flatten().find(|d| days.contains(d));
            found.map(|day| format!("day {day}"))
        }
        kind if kind.is_integer() => {
            let found =
                cast(&DataType::Int64).as_primitive::<Int64Type>().iter().flatten().find(|n| numbers.contains(n));
            found.map(|number| number.to_string())
        }
        _ => None,
    }
}

/// The files below a folder that hold something of a canary, with what they hold. What may hold identities is left out: the restricted zone,
/// and the extracts themselves.
pub fn below(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    walk(folder, folder, &mut found);
    found.sort();
    found
}

fn walk(root: &Path, folder: &Path, found: &mut Vec<String>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        if path.is_dir() {
            let holds_identities = name == "restricted" || (folder == root && name == "sample_data");
            if !holds_identities {
                walk(root, &path, found);
            }
        } else if let Some(what) = in_file(&path) {
            found.push(format!("{}: {what}", path.strip_prefix(root).unwrap().display()));
        }
    }
}

mod tests {
    use std::sync::Arc;

    use arrow::array::{Date32Array, Int32Array, RecordBatch, StringArray};

    use super::*;
    use crate::project::{Ended, Project, released};

    fn parquet(name: &str, column: ArrayRef) -> Vec<u8> {
        let batch = RecordBatch::try_from_iter([(name, column)]).unwrap();
        let compression = parquet::basic::Compression::ZSTD(parquet::basic::ZstdLevel::default());
        let properties = parquet::file::properties::WriterProperties::builder()
            .set_compression(compression)
            .set_statistics_enabled(parquet::file::properties::EnabledStatistics::None)
            .build();
        let mut bytes = Vec::new();
        let mut writer = parquet::arrow::ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        bytes
    }

    #[test]
    fn the_search_finds_what_is_planted() {
        let project = Project::without_data();
        assert_eq!(project.leaks(), Vec::<String>::new());
        let (canary, other) = (CANARIES[1], CANARIES[2]);
        let lines = StringArray::from(vec!["x".repeat(300), format!("about {} {}", "y".repeat(300), canary.last_name)]);
        let planted = [
            ("out/runs/1/log.jsonl", format!("{{\"message\":\"{}\"}}", canary.first_name.to_uppercase()).into_bytes()),
            ("out/runs/1/summary.txt", b"born 10/3/2000".to_vec()),
            ("out/releases/r/part-0.parquet", parquet("text", Arc::new(lines))),
            (
                "out/releases/r/part-1.parquet",
                parquet("day", Arc::new(Date32Array::from(vec![1, days_and_numbers().0[0]]))),
            ),
            ("out/store/rule/part-2.parquet", parquet("number", Arc::new(Int32Array::from(vec![5, 987_497_029])))),
            ("sent.csv", format!("a,{}-{}-{}\n", &other.ssn[..3], &other.ssn[3..5], &other.ssn[5..]).into_bytes()),
        ];
        for (file, bytes) in &planted {
            project.write(file, bytes);
        }
        // These may hold identities.
        project.write("out/restricted/rejects/raw.csv", canary.last_name);
        project.write("sample_data/k12/a.csv", canary.last_name);
        let mut expected: Vec<&str> = planted.iter().map(|(file, _)| *file).collect();
        expected.sort_unstable();
        let found = project.leaks();
        let files: Vec<&str> = found.iter().map(|f| f.split_once(": ").unwrap().0).collect();
        assert_eq!(files, expected, "{found:#?}");
        for (file, _) in &planted {
            std::fs::remove_file(project.path(file)).unwrap();
        }
    }

    #[test]
    fn what_stands_across_two_values_is_nobodys() {
        let born = CANARIES[0].birth_date.replace('-', "");
        let apart: ArrayRef = Arc::new(StringArray::from(vec![&born[..4], &born[4..]]));
        let whole: ArrayRef = Arc::new(StringArray::from(vec!["x", born.as_str()]));
        assert_eq!(in_column(&apart), None);
        assert_eq!(in_column(&whole), Some(born));
    }

    #[test]
    fn a_printed_canary_fails_the_test_that_printed_it() {
        let printed = |out: &str, err: &str| {
            let ended = Ended { code: 0, out: out.to_owned(), err: err.to_owned() };
            std::panic::catch_unwind(|| ended.holds_no_canary()).is_err()
        };
        assert!(printed("row 1, Zzyxcanary", ""));
        assert!(printed("", "error: 987497013 is no number"));
        assert!(!printed("Published", "run done"));
    }

    #[test]
    fn the_canaries_are_in_the_restricted_zone_and_the_search_would_see_them_there() {
        let kept = released();
        let mut found = Vec::new();
        walk(Path::new("/"), &kept.path("out/restricted"), &mut found);
        assert!(found.iter().any(|f| f.contains("/identities/")), "{found:#?}");
        assert!(found.len() > 5, "{found:#?}");
    }
}
