//! Linkage held against the truth of the synthetic state: pairs of identity records found, pairs joined wrongly, twins kept apart.
//!
//! The sample is scored in every test run; fifty thousand learners are scored by
//! `cargo test --test it -- --ignored fifty_thousand --nocapture`.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::Path;

use arrow::array::{Array, AsArray, Int64Array, RecordBatch};
use arrow::datatypes::Int64Type;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use proptest::prelude::*;

use crate::project::{Project, sample_release};

/// Pairs of records, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct PairScore {
    /// Pairs that were put together.
    linked: u64,
    /// Of those, pairs of one person.
    correct: u64,
    /// Pairs of one person that could be told from what their records hold.
    linkable: u64,
    /// Of those, pairs that were put together.
    found: u64,
}

impl PairScore {
    /// Correct pairs among those put together; 1 where nothing was.
    fn precision(&self) -> f64 {
        share(self.correct, self.linked)
    }

    /// Found pairs among those that could be found; 1 where there are none.
    fn recall(&self) -> f64 {
        share(self.found, self.linkable)
    }
}

fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

/// Scores records given as (cluster, person, linkable component): two records of one person are linkable when their components are equal.
fn pairs<C: Ord + Copy, P: Ord + Copy, L: Ord + Copy>(records: &[(C, P, L)]) -> PairScore {
    PairScore {
        linked: pairs_by(records, |r| r.0),
        correct: pairs_by(records, |r| (r.0, r.1)),
        linkable: pairs_by(records, |r| (r.1, r.2)),
        found: pairs_by(records, |r| (r.0, r.1, r.2)),
    }
}

fn pairs_by<T, K: Ord>(records: &[T], key: impl Fn(&T) -> K) -> u64 {
    let mut keys: Vec<K> = records.iter().map(key).collect();
    keys.sort_unstable();
    let sizes = keys.chunk_by(|a, b| a == b).map(|group| group.len() as u64);
    sizes.map(|n| n * (n - 1) / 2).sum()
}

struct Score {
    precision: f64,
    recall: f64,
    records: usize,
    twins: usize,
    twins_merged: usize,
}

fn batches(file: &Path) -> Vec<RecordBatch> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(fs::File::open(file).unwrap()).unwrap().build().unwrap();
    reader.map(Result::unwrap).collect()
}

fn parts(folder: &Path) -> Vec<RecordBatch> {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|f| f.extension().is_some_and(|e| e == "parquet"));
    files.sort();
    files.iter().flat_map(|f| batches(f)).collect()
}

fn texts(batch: &RecordBatch, name: &str) -> Vec<Option<String>> {
    let column = arrow::compute::cast(batch.column_by_name(name).unwrap(), &arrow::datatypes::DataType::Utf8).unwrap();
    column.as_string::<i32>().iter().map(|t| t.map(str::to_owned)).collect()
}

fn numbers(batch: &RecordBatch, name: &str) -> Int64Array {
    let column = arrow::compute::cast(batch.column_by_name(name).unwrap(), &arrow::datatypes::DataType::Int64).unwrap();
    column.as_primitive::<Int64Type>().clone()
}

fn refs(batch: &RecordBatch) -> Vec<Vec<u8>> {
    let column = batch.column_by_name("identity_ref").unwrap().as_fixed_size_binary();
    (0..column.len()).map(|i| column.value(i).to_vec()).collect()
}

/// What a record holds that could show whose it is; two records of one person with one of these in common are linkable.
fn held(batch: &RecordBatch) -> Vec<Vec<String>> {
    let column = |name: &str| texts(batch, name);
    let (ssn, state, local, issuer) =
        (column("ssn_status"), column("state_id"), column("local_id"), column("local_id_issuer"));
    let (first, last, born) = (column("first_name"), column("last_name"), column("birth_date_status"));
    (0..batch.num_rows())
        .map(|i| {
            let mut held = Vec::new();
            if ssn[i].as_deref() == Some("valid") {
                held.push("ssn".to_owned());
            }
            if state[i].is_some() {
                held.push("state id".to_owned());
            }
            if local[i].is_some() {
                held.push(format!("id of {}", issuer[i].clone().unwrap_or_default()));
            }
            if first[i].is_some() && last[i].is_some() && born[i].as_deref() == Some("valid") {
                held.push("name and birth date".to_owned());
            }
            held
        })
        .collect()
}

/// Scores the current index of a project against `sample_data/truth`.
fn score(project: &Project) -> Score {
    let truth = project.path("sample_data/truth");
    let mut person_of_line: HashMap<(String, i64), i64> = HashMap::new();
    for batch in batches(&truth.join("records.parquet")) {
        let (files, lines, persons) = (texts(&batch, "file"), numbers(&batch, "line"), numbers(&batch, "person"));
        for (i, file) in files.into_iter().enumerate() {
            let name = file.unwrap().rsplit('/').next().unwrap().to_owned();
            person_of_line.insert((name, lines.value(i)), persons.value(i));
        }
    }
    let register: Vec<serde_json::Value> =
        serde_json::from_str(&project.read("out/restricted/deliveries/register.json")).unwrap();
    let file_of: HashMap<i64, String> =
        register.iter().map(|d| (d["sequence"].as_i64().unwrap(), d["file"].as_str().unwrap().to_owned())).collect();

    // Identity record to true person, through the rows that carry it; and what each record holds.
    let mut person_of: BTreeMap<Vec<u8>, i64> = BTreeMap::new();
    let mut held_by: HashMap<Vec<u8>, Vec<String>> = HashMap::new();
    for entry in fs::read_dir(project.path("out/restricted/store/facts")).unwrap() {
        let folder = entry.unwrap().path();
        if !folder.join("identities").is_dir() {
            continue;
        }
        for batch in parts(&folder) {
            let (sequences, lines) = (numbers(&batch, "delivery_seq"), numbers(&batch, "line"));
            for (i, reference) in refs(&batch).into_iter().enumerate() {
                let file = file_of[&sequences.value(i)].clone();
                let person = person_of_line[&(file, lines.value(i))];
                person_of.entry(reference).or_insert(person);
            }
        }
        for batch in parts(&folder.join("identities")) {
            held_by.extend(refs(&batch).into_iter().zip(held(&batch)));
        }
    }
    let pointer: serde_json::Value = serde_json::from_str(&project.read("out/current.json")).unwrap();
    let mut cluster_of: BTreeMap<Vec<u8>, String> = BTreeMap::new();
    for batch in parts(&project.path(&format!("out/{}/crosswalk", pointer["index"].as_str().unwrap()))) {
        cluster_of.extend(refs(&batch).into_iter().zip(texts(&batch, "person_id").into_iter().map(Option::unwrap)));
    }
    assert_eq!(
        person_of.keys().collect::<Vec<_>>(),
        cluster_of.keys().collect::<Vec<_>>(),
        "every record has truth and a cluster"
    );

    // Linkable components: within a person, records that hold something in common, and chains of these.
    let mut by_person: BTreeMap<i64, Vec<&Vec<u8>>> = BTreeMap::new();
    for (reference, person) in &person_of {
        by_person.entry(*person).or_default().push(reference);
    }
    let mut labels: Vec<(u64, u64, u64)> = Vec::new();
    let mut cluster_numbers: HashMap<&str, u64> = HashMap::new();
    let mut components = 0;
    for (person, records) in &by_person {
        let mut component: Vec<usize> = (0..records.len()).collect();
        let mut first_with: HashMap<&str, usize> = HashMap::new();
        for (i, record) in records.iter().enumerate() {
            for what in &held_by[*record] {
                let other = *first_with.entry(what).or_insert(i);
                let (from, to) = (component[i], component[other]);
                component.iter_mut().filter(|c| **c == from).for_each(|c| *c = to);
            }
        }
        for (i, record) in records.iter().enumerate() {
            let next = cluster_numbers.len() as u64;
            let cluster = *cluster_numbers.entry(&cluster_of[*record]).or_insert(next);
            labels.push((cluster, u64::try_from(*person).unwrap(), components + component[i] as u64));
        }
        components += records.len() as u64;
    }
    let scored = pairs(&labels);

    let clusters_of = |person: i64| -> BTreeSet<&str> {
        by_person.get(&person).into_iter().flatten().map(|r| cluster_of[*r].as_str()).collect()
    };
    let (mut twins, mut twins_merged) = (0, 0);
    for batch in batches(&truth.join("persons.parquet")) {
        let (persons, others) = (numbers(&batch, "person"), numbers(&batch, "twin_of"));
        for i in (0..batch.num_rows()).filter(|i| others.is_valid(*i)) {
            twins += 1;
            twins_merged += usize::from(!clusters_of(persons.value(i)).is_disjoint(&clusters_of(others.value(i))));
        }
    }
    Score { precision: scored.precision(), recall: scored.recall(), records: labels.len(), twins, twins_merged }
}

fn holds(score: &Score) {
    println!(
        "{} identity records: precision {:.5}, recall {:.4}; {} twins, {} merged",
        score.records, score.precision, score.recall, score.twins, score.twins_merged
    );
    assert!(score.precision >= 0.9995, "precision {}", score.precision);
    assert!(score.recall >= 0.98, "recall {}", score.recall);
    assert!(score.twins > 0, "the state has no twins to keep apart");
    assert_eq!(score.twins_merged, 0, "twins were merged");
}

#[test]
fn the_sample_is_linked_as_the_truth_has_it() {
    let project = sample_release();
    let score = score(project);
    holds(&score);
    // The program's own evaluation counts the same.
    let asked = [
        "evaluate",
        "pipelines/statewide.yaml",
        "--truth",
        "sample_data/truth/records.parquet",
        "--by",
        "race,gender,name_pattern",
    ];
    let told = project.run(&asked);
    told.is_fine();
    let file = format!("out/restricted/evaluation/{}.json", project.release().rsplit('/').next().unwrap());
    let evaluation: serde_json::Value = serde_json::from_str(&project.read(&file)).unwrap();
    let rate = |share: &serde_json::Value| share["right"].as_f64().unwrap() / share["of"].as_f64().unwrap();
    assert!((rate(&evaluation["all"]["precision"]) - score.precision).abs() < 1e-12, "{}", told.out);
    assert!((rate(&evaluation["all"]["recall"]) - score.recall).abs() < 1e-12, "{}", told.out);
    assert_eq!(evaluation["without_truth"], 0);
    for words in [
        "Persons that are whole",
        "race HI7",
        "gender F",
        "name_pattern two surnames",
        "Precision by blocking rule or pass",
        "model ",
    ] {
        assert!(told.out.contains(words), "{words} in\n{}", told.out);
    }
    let by_pass: u64 =
        evaluation["rules"].as_object().unwrap().values().map(|share| share["of"].as_u64().unwrap()).sum();
    let links: u64 = project.ask("select count(*) from match_log where decision = 'link'")[0].parse().unwrap();
    assert_eq!(by_pass, links);
    // No gap of the groups can be wider than nothing at all.
    let gated: Vec<&str> = asked.iter().copied().chain(["--max-gap", "0.0001"]).collect();
    project.run(&gated).fails_with(5, &["less of its true pairs are found"]);
}

#[test]
fn without_the_truth_groups_are_compared_by_what_was_found_of_them() {
    let project = Project::after_a_run();
    let told = project.run(&["evaluate", "pipelines/statewide.yaml", "--by", "gender"]);
    told.is_fine();
    for words in ["the truth is not known", "links the model expects", "with bridge", "gender F", "gender M"] {
        assert!(told.out.contains(words), "{words} in\n{}", told.out);
    }
    project.run(&["evaluate", "pipelines/statewide.yaml", "--by", "gendre"]).fails_with(2, &["did you mean `gender`?"]);
    let wrong = ["evaluate", "pipelines/statewide.yaml", "--truth", "sample_data/truth/persons.parquet"];
    project.run(&wrong).fails_with(2, &["is no truth", "file, line and person"]);
    project.run(&["evaluate", "pipelines/statewide.yaml", "--truth", "none.parquet"]).fails_with(3, &["none.parquet"]);
    // A truth that does not say whose file it means is enough where no two are called alike.
    let unnamed = "without_source.parquet";
    let all = batches(&project.path("sample_data/truth/records.parquet"));
    let columns = ["file", "line", "person"].map(|name| all[0].schema().index_of(name).unwrap());
    let all: Vec<RecordBatch> = all.iter().map(|batch| batch.project(&columns).unwrap()).collect();
    let file = fs::File::create(project.path(unnamed)).unwrap();
    let mut writer = parquet::arrow::ArrowWriter::try_new(file, all[0].schema(), None).unwrap();
    for batch in &all {
        writer.write(batch).unwrap();
    }
    writer.close().unwrap();
    let told = project.run(&["evaluate", "pipelines/statewide.yaml", "--truth", unnamed]);
    told.is_fine();
    let register = "out/restricted/deliveries/register.json";
    let before = project.read(register);
    let mut deliveries: Vec<serde_json::Value> = serde_json::from_str(&before).unwrap();
    let own = |source: &str| deliveries.iter().position(|d| d["source"] == source).unwrap();
    let (wages, licences) = (own("ui_wages"), own("licences"));
    deliveries[wages]["file"] = deliveries[licences]["file"].clone();
    project.write(register, serde_json::to_string(&deliveries).unwrap());
    let ended = project.run(&["evaluate", "pipelines/statewide.yaml", "--truth", unnamed]);
    ended.fails_with(2, &["two deliveries, of licences and ui_wages", "give it a column `source`"]);
    project.run(&["evaluate", "config/linkage/two_files.yaml"]).fails_with(2, &["--truth COLUMN"]);
}

#[test]
#[ignore = "minutes: fifty thousand learners, for a release build"]
fn fifty_thousand_learners_are_linked_as_the_truth_has_them() {
    let project = Project::without_data();
    throughline::synth::generate(50_000, 7, &project.path("sample_data")).unwrap();
    project.statewide().is_fine();
    holds(&score(&project));
}

proptest! {
    #[test]
    fn counts_as_enumeration_does(records in prop::collection::vec((0..6_u8, 0..5_u8, 0..3_u8), 0..40)) {
        let mut by_hand = PairScore::default();
        for (i, a) in records.iter().enumerate() {
            for b in &records[..i] {
                let (linked, same, linkable) = (a.0 == b.0, a.1 == b.1, a.1 == b.1 && a.2 == b.2);
                by_hand.linked += u64::from(linked);
                by_hand.correct += u64::from(linked && same);
                by_hand.linkable += u64::from(linkable);
                by_hand.found += u64::from(linked && linkable);
            }
        }
        prop_assert_eq!(pairs(&records), by_hand);
    }
}

#[test]
fn one_wrong_merge_costs_precision_and_one_miss_costs_recall() {
    // Persons 1 (three records, one of them apart) and 2 (one record, put to the first).
    let score = pairs(&[("x", 1, 0), ("x", 1, 0), ("y", 1, 0), ("x", 2, 0)]);
    assert_eq!(score, PairScore { linked: 3, correct: 1, linkable: 3, found: 1 });
    assert!((score.precision() - 1.0 / 3.0).abs() < 1e-12);
}
