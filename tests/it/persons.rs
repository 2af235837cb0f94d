//! Persons: ids are carried from run to run, and every change to them stands in the ledger with its cause.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use arrow::array::{Array, AsArray, Int64Array, StringArray};

use crate::deliveries::{line_of, log};
use crate::project::Project;

#[test]
fn a_later_year_carries_ids_and_the_parts_equal_the_whole() {
    let project = Project::small();
    // The first run has neither the last school year nor the last cohort.
    let late = [
        "sample_data/k12/enrollment_2024.csv",
        "sample_data/k12/cte_courses_2024.csv",
        "sample_data/k12/graduation_cohort_2024.csv",
    ];
    let texts: Vec<Vec<u8>> = late.iter().map(|f| fs::read(project.path(f)).unwrap()).collect();
    for file in late {
        fs::remove_file(project.path(file)).unwrap();
    }
    project.statewide().is_fine();
    let before = crosswalk(&project);
    // Then they arrive, and a corrected enrolment file without its last ten rows replaces the year 2023.
    for (file, text) in late.iter().zip(&texts) {
        project.write(file, text);
    }
    let old = project.read("sample_data/k12/enrollment_2023.csv");
    let raw = fs::read(project.path("sample_data/k12/enrollment_2023.csv")).unwrap();
    let kept = raw.split_inclusive(|b| *b == b'\n').count() - 10;
    let corrected: Vec<u8> = raw.split_inclusive(|b| *b == b'\n').take(kept).flatten().copied().collect();
    assert!(!old.is_empty());
    project.write("sample_data/k12/enrollment_2023_corrected.csv", &corrected);
    project.statewide().is_fine();
    let after = crosswalk(&project);

    // A fresh run over everything, the corrected file in its place.
    let whole = Project::small();
    whole.write("sample_data/k12/enrollment_2023_corrected.csv", &corrected);
    whole.statewide().is_fine();
    let fresh = crosswalk(&whole);
    assert_eq!(after.keys().collect::<Vec<_>>(), fresh.keys().collect::<Vec<_>>(), "the same identity records count");
    assert_eq!(partition(&after), partition(&fresh), "the same records are one person");

    // Persons whose records are untouched keep their ids.
    let (old_members, new_members) = (members(&before), members(&after));
    let mut untouched = 0;
    for (person, records) in &new_members {
        if let Some((id, _)) = old_members.iter().find(|(_, r)| *r == records) {
            assert_eq!(id, person, "an untouched person changed its id");
            untouched += 1;
        }
    }
    assert!(untouched > 20, "{untouched} persons were untouched");
    let pointer: serde_json::Value = serde_json::from_str(&project.read("out/current.json")).unwrap();
    assert_eq!(pointer["index_version"], 2);

    // Every person whose records changed stands in the ledger with a cause, and nobody else does.
    let told: BTreeSet<String> = ledger(&project).into_iter().map(|entry| entry.person).collect();
    let changed: BTreeSet<String> = old_members
        .keys()
        .chain(new_members.keys())
        .filter(|person| old_members.get(*person) != new_members.get(*person))
        .cloned()
        .collect();
    assert!(!changed.is_empty());
    assert_eq!(told, changed);
}

#[test]
fn a_corrected_and_a_withdrawn_file_are_the_causes_that_the_ledger_names() {
    let project = Project::after_a_run();
    let before = crosswalk(&project);
    let accepted = |p: &Project| {
        let results = p.last_results();
        let one =
            results["sources"].as_array().unwrap().iter().find(|s| s["source"] == "ps_enrollment").unwrap().clone();
        one["accepted"].as_u64().unwrap()
    };
    let all_rows = accepted(&project);

    // A school year is sent again with the birth date of one learner corrected, and a college takes a file back.
    let (file, line) = enrolled_once(&project);
    let corrected = line_of(&project, &file, line, "BIRTH_DATE", "3/4/2004");
    project.write(&file.replace(".csv", "_corrected.csv"), corrected);
    let withdrawn = "sample_data/postsecondary/enrollment_2022.txt";
    log(&project, &[(withdrawn, "2025-01-10", "withdrawn")]);
    project.replace("pipelines/statewide.yaml", "marts: [", "marts: [research_id_changes, ");
    project.statewide().is_fine();
    let after = crosswalk(&project);

    let entries = ledger(&project);
    let caused = |cause: &str| entries.iter().filter(|e| e.cause == cause).collect::<Vec<_>>();
    let (corrections, withdrawals) = (caused("corrected_record"), caused("withdrawn_record"));
    assert_eq!(corrections.len() + withdrawals.len(), entries.len(), "{entries:?}");
    // One record went and one came, of one person.
    let mut changes: Vec<(&str, i64)> = corrections.iter().map(|e| (e.change.as_str(), e.records)).collect();
    changes.sort_unstable();
    assert_eq!(changes, [("gained_record", 1), ("lost_record", 1)], "{entries:?}");
    assert_eq!(corrections[0].person, corrections[1].person);
    assert!(withdrawals.len() > 3, "{entries:?}");
    assert!(
        withdrawals.iter().all(|e| ["lost_record", "retired", "split"].contains(&e.change.as_str())),
        "{entries:?}"
    );
    let gone = before.keys().filter(|record| !after.contains_key(*record)).count();
    let lost: i64 = withdrawals.iter().filter(|e| e.other.is_none()).map(|e| e.records).sum();
    assert_eq!(i64::try_from(gone).unwrap(), lost + 1, "the ledger counts every record that went");

    // Researchers are told of ids that changed hands or went out of use, under their own project's ids.
    let others = |e: &&Entry| ["merged", "split", "retired"].contains(&e.change.as_str()) || e.other.is_some();
    let told =
        project.ask("select research_id, change, coalesce(other_research_id, ''), n_records from research_id_changes");
    assert_eq!(told.len(), entries.iter().filter(others).count(), "{told:?}");
    assert!(told.iter().any(|row| row.contains("retired")) && told.iter().all(|row| row.starts_with('R')), "{told:?}");

    // Nobody else changed, the file's rows are gone, and the release does not rest on it.
    let changed: BTreeSet<&String> = entries.iter().map(|e| &e.person).collect();
    let kept = before.iter().filter(|(_, person)| !changed.contains(person));
    assert!(kept.clone().count() > 100);
    for (record, person) in kept {
        assert_eq!(after.get(record), Some(person), "an untouched person changed");
    }
    let of_file = project.read(withdrawn).lines().count() as u64 - 1;
    assert!(accepted(&project) + 1 < all_rows && all_rows - accepted(&project) <= of_file);
    let manifest = project.read(&format!("{}/manifest.json", project.release()));
    assert!(!manifest.contains("enrollment_2022.txt\"") && manifest.contains("_corrected.csv"));

    // The file may go now; it stays withdrawn.
    fs::remove_file(project.path(withdrawn)).unwrap();
    let again = project.statewide();
    again.is_fine();
    assert!(again.out.contains("Nothing has changed"), "{}", again.out);
}

#[test]
fn a_row_that_names_nobody_is_kept_counted_and_nobodys() {
    let project = Project::small();
    // The state takes such rows: its contract says nothing against them.
    let contract = "config/contracts/cte_courses.yaml";
    let without = project.read(contract).lines().filter(|l| !l.contains("CTE-E-001")).collect::<Vec<_>>().join("\n");
    project.write(contract, without + "\n");
    project.statewide().is_fine();
    let before = project.last_results();
    let courses = "sample_data/k12/cte_courses_2020.csv";
    let row = project.read(courses).lines().nth(1).unwrap().to_owned();
    let fields: Vec<&str> = row.split(',').collect();
    assert_eq!(fields.len(), 17, "the row has no quoted comma");
    project.add_row(courses, &format!(",,,,{}\r\n", fields[4..].join(",")));
    let ended = project.statewide();
    ended.is_fine();
    assert!(ended.out.contains("cte_courses: rows that say nothing of who they are: 1;"), "{}", ended.out);
    let after = project.last_results();
    assert_eq!(after["persons"]["persons"], before["persons"]["persons"]);
    assert_eq!(after["persons"]["minted"], 0);
    let of_courses = |results: &serde_json::Value, key: &str| {
        let sources = results["sources"].as_array().unwrap();
        sources.iter().find(|s| s["source"] == "cte_courses").unwrap()[key].as_u64().unwrap()
    };
    assert_eq!(of_courses(&after, "unidentified"), 1);
    assert_eq!(of_courses(&after, "identity_records"), of_courses(&before, "identity_records"));
    assert_eq!(of_courses(&after, "current"), of_courses(&before, "current") + 1);
    let linked = |results: &serde_json::Value| {
        let steps = results["steps"].as_array().unwrap();
        steps.iter().find(|s| s["step"] == "linked/cte_courses").unwrap()["rows"].as_u64().unwrap()
    };
    assert_eq!(linked(&after), linked(&before), "no linked table has the row");
}

/// A file and line of enrollment whose learner stands in no other row: correcting it leaves nothing of the old identity record.
fn enrolled_once(project: &Project) -> (String, usize) {
    let mut rows: BTreeMap<String, Vec<(String, usize)>> = BTreeMap::new();
    for (name, bytes) in project.files("sample_data/k12").into_iter().filter(|(n, _)| n.starts_with("enrollment_")) {
        for (number, line) in (1..).zip(String::from_utf8_lossy(&bytes).lines()).skip(1) {
            let (id, _) = line.split_once(',').unwrap();
            rows.entry(id.to_owned()).or_default().push((format!("sample_data/k12/{name}"), number));
        }
    }
    rows.into_values().find(|rows| rows.len() == 1).unwrap().remove(0)
}

/// One change in the ledger.
#[derive(Debug)]
struct Entry {
    person: String,
    change: String,
    /// Who took the records or gave them, where they are still there.
    other: Option<String>,
    cause: String,
    records: i64,
}

/// The ledger of the current index.
fn ledger(project: &Project) -> Vec<Entry> {
    let pointer: serde_json::Value = serde_json::from_str(&project.read("out/current.json")).unwrap();
    let file = project.path(&format!("out/{}/ledger/part-00000.parquet", pointer["index"].as_str().unwrap()));
    let reader =
        parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(fs::File::open(file).unwrap()).unwrap();
    let mut entries = Vec::new();
    for batch in reader.build().unwrap() {
        let batch = batch.unwrap();
        let text = |name: &str| -> StringArray { batch.column_by_name(name).unwrap().as_string().clone() };
        let (persons, changes, causes) = (text("person_id"), text("change"), text("cause"));
        let others = text("other_person_id");
        let records: &Int64Array = batch.column_by_name("n_records").unwrap().as_primitive();
        for row in 0..batch.num_rows() {
            entries.push(Entry {
                person: persons.value(row).to_owned(),
                change: changes.value(row).to_owned(),
                other: others.is_valid(row).then(|| others.value(row).to_owned()),
                cause: causes.value(row).to_owned(),
                records: records.value(row),
            });
        }
    }
    assert!(entries.iter().all(|e| !e.cause.is_empty()));
    entries
}

/// Identity records by person.
fn members(crosswalk: &BTreeMap<String, String>) -> BTreeMap<String, Vec<String>> {
    let mut by: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (record, person) in crosswalk {
        by.entry(person.clone()).or_default().push(record.clone());
    }
    by
}

fn partition(crosswalk: &BTreeMap<String, String>) -> BTreeSet<BTreeSet<String>> {
    let mut by: BTreeMap<&String, BTreeSet<String>> = BTreeMap::new();
    for (record, person) in crosswalk {
        by.entry(person).or_default().insert(record.clone());
    }
    by.into_values().collect()
}

/// Identity record to person, of the current index.
fn crosswalk(project: &Project) -> BTreeMap<String, String> {
    let pointer: serde_json::Value = serde_json::from_str(&project.read("out/current.json")).unwrap();
    let folder = project.path(&format!("out/{}/crosswalk", pointer["index"].as_str().unwrap()));
    let file = fs::File::open(folder.join("part-00000.parquet")).unwrap();
    let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
    let mut found = BTreeMap::new();
    for batch in reader {
        let batch = batch.unwrap();
        let refs = arrow::array::AsArray::as_fixed_size_binary(batch.column(0));
        let ids: &arrow::array::StringArray = arrow::array::AsArray::as_string(batch.column(1));
        for row in 0..batch.num_rows() {
            found.insert(hex::encode(refs.value(row)), ids.value(row).to_owned());
        }
    }
    found
}
