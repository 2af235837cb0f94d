//! Deliveries: the log that tells when each file came, what counted on a day, and what is wrong with a log.

use std::fmt::Write as _;
use std::fs;

use crate::project::Project;

const LOG: &str = "received.csv";
/// The day on which a file came that a test says nothing of.
const FIRST: &str = "2025-01-10";

/// Writes a log that names every file of the project, and has the pipeline read it.
pub fn log(project: &Project, told: &[(&str, &str, &str)]) {
    let mut text = "file,received,status\n".to_owned();
    for folder in [
        "directory",
        "exchange",
        "adult_education",
        "apprenticeship",
        "credentials",
        "k12",
        "licences",
        "nsc",
        "postsecondary",
        "survey",
        "wages",
    ] {
        for (name, _) in project.files(&format!("sample_data/{folder}")) {
            let path = format!("sample_data/{folder}/{name}");
            if !told.iter().any(|(file, ..)| *file == path) {
                writeln!(text, "{path},{FIRST},").unwrap();
            }
        }
    }
    for (file, day, status) in told {
        writeln!(text, "{file},{day},{status}").unwrap();
    }
    project.write(LOG, text);
    if !project.read("pipelines/statewide.yaml").contains("delivery_log:") {
        project.replace(
            "pipelines/statewide.yaml",
            "linkage: statewide",
            &format!("delivery_log: {LOG}\nlinkage: statewide"),
        );
    }
}

/// A comma-separated file with one field of one line changed; lines count from 1.
pub fn line_of(project: &Project, file: &str, number: usize, column: &str, value: &str) -> Vec<u8> {
    let bytes = fs::read(project.path(file)).unwrap();
    let mut lines: Vec<Vec<u8>> = bytes.split_inclusive(|b| *b == b'\n').map(<[u8]>::to_vec).collect();
    let at = String::from_utf8_lossy(&lines[0]).trim().split(',').position(|c| c == column).unwrap();
    let mut fields: Vec<Vec<u8>> = lines[number - 1].split(|b| *b == b',').map(<[u8]>::to_vec).collect();
    assert_ne!(fields[at], value.as_bytes());
    fields[at] = value.as_bytes().to_vec();
    lines[number - 1] = fields.join(&b',');
    lines.concat()
}

/// The bytes of the marts of the current release, by path.
fn marts(project: &Project) -> Vec<(String, Vec<u8>)> {
    let found: Vec<_> = project.files(&format!("{}/research", project.release()));
    assert!(found.len() >= 3, "{} files of marts", found.len());
    found
}

/// How many rows of wages a later delivery replaced.
fn replaced_wages(project: &Project) -> u64 {
    let results = project.last_results();
    let wages = results["sources"].as_array().unwrap().iter().find(|s| s["source"] == "ui_wages").unwrap().clone();
    wages["superseded"].as_u64().unwrap()
}

#[test]
fn as_of_a_day_gives_what_had_come_by_then() {
    // The last school year, and the quarter that some employers filed again, came seven weeks after the rest.
    let late = [
        "sample_data/k12/enrollment_2024.csv",
        "sample_data/k12/cte_courses_2024.csv",
        "sample_data/k12/graduation_cohort_2024.csv",
        "sample_data/wages/UIWAGE_2023Q2_AMENDED.txt",
    ];
    let between = |project: &Project| project.run(&["run", "pipelines/statewide.yaml", "--as-of", "2025-02-01"]);
    let alone = Project::small();
    for file in late {
        fs::remove_file(alone.path(file)).unwrap();
    }
    log(&alone, &[]);
    between(&alone).is_fine();

    let both = Project::small();
    log(&both, &late.map(|file| (file, "2025-03-01", "")));
    between(&both).is_fine();
    assert!(marts(&alone) == marts(&both), "what came later changed the release of the day before");
    assert_eq!(replaced_wages(&both), 0, "the amended file counted before its day");
    let early = both.ask("select count(*) from learner_pathway where cohort_year = 2024");
    assert_eq!(early, ["0"]);

    both.run(&["run", "pipelines/statewide.yaml", "--as-of", "2025-03-01"]).is_fine();
    assert!(replaced_wages(&both) > 0, "the amended file does not count on its day");
    assert_ne!(both.ask("select count(*) from learner_pathway where cohort_year = 2024"), ["0"]);
    let results = both.last_results();
    assert_eq!(results["new_deliveries"], serde_json::json!([]), "all were seen by the run before");
}

#[test]
fn the_day_of_receipt_orders_deliveries_and_not_the_name() {
    // By name the correction would come first.
    let (first, corrected) =
        ("sample_data/k12/graduation_cohort_2020.csv", "sample_data/k12/graduation_cohort_2020.1.csv");
    assert!(corrected < first);
    let project = Project::small();
    let graduated = project.read(first).lines().skip(1).filter(|l| l.contains(",Y,Y,")).count();
    let text = project.read(first).replacen(",Y,Y,", ",Y,N,", 1);
    assert!(graduated > 1 && text != project.read(first));
    project.write(corrected, text);
    log(&project, &[(corrected, "2025-02-01", "accepted")]);
    project.statewide().is_fine();
    let counted =
        project.ask("select count(*) from learner_pathway where cohort_year = 2020 and cohort_included and graduated");
    assert_eq!(counted, [(graduated - 1).to_string()]);
}

#[test]
fn a_file_that_is_put_back_counts_again() {
    let project = Project::after_a_run();
    let file = "sample_data/k12/graduation_cohort_2020.csv";
    let graduated = |project: &Project| {
        project.ask("select count(*) from learner_pathway where cohort_year = 2020 and cohort_included and graduated")
    };
    let (before, text) = (graduated(&project), project.read(file));
    project.write(file, text.replacen(",Y,Y,", ",Y,N,", 1));
    project.statewide().is_fine();
    assert_ne!(graduated(&project), before);
    project.write(file, &text);
    let ended = project.statewide();
    ended.is_fine();
    let fresh = &project.last_results()["new_deliveries"];
    assert_eq!(*fresh, serde_json::json!(["graduation_cohort: graduation_cohort_2020.csv, put back"]));
    assert_eq!(graduated(&project), before, "the file that is there is not the one that counts");
    // Once is enough.
    assert!(project.statewide().out.contains("Nothing has changed"));
}

/// What `check` says of a log whose last lines are these.
fn checked(lines: &str) -> String {
    let project = Project::small();
    log(&project, &[]);
    let whole = project.read(LOG);
    // The first two rows are enough to quote from.
    let head: Vec<&str> = whole.lines().take(3).collect();
    project.write(LOG, format!("{}\n{lines}", head.join("\n")));
    let ended = project.run(&["check", "pipelines/statewide.yaml"]);
    assert_eq!(ended.code, 2, "{}{}", ended.out, ended.err);
    ended.err
}

#[test]
fn a_log_that_is_right() {
    let project = Project::small();
    log(&project, &[("sample_data/wages/UIWAGE_2023Q2_AMENDED.txt", "2025-03-01", "accepted")]);
    project.run(&["check", "pipelines/statewide.yaml"]).is_fine();
}

#[test]
fn a_logged_file_that_is_not_there() {
    insta::assert_snapshot!(checked("sample_data/k12/enrollment_2031.csv,2025-02-01,\n"));
}

#[test]
fn a_logged_file_that_no_source_reads() {
    insta::assert_snapshot!(checked("sample_data/k12/enrolment_2020.csv,2025-02-01,\n"));
}

#[test]
fn a_file_that_is_logged_twice() {
    insta::assert_snapshot!(checked("sample_data/directory/cip_cluster.csv,2025-02-01,withdrawn\n"));
}

#[test]
fn a_day_of_receipt_that_is_none() {
    insta::assert_snapshot!(checked("sample_data/k12/enrollment_2020.csv,1/2/2025,\n"));
}

#[test]
fn an_unknown_status_in_the_log() {
    insta::assert_snapshot!(checked("sample_data/k12/enrollment_2020.csv,2025-02-01,withdrawed\n"));
}

#[test]
fn a_log_that_is_not_there() {
    let project = Project::without_data();
    project.replace("pipelines/statewide.yaml", "linkage: statewide", "delivery_log: recieved.csv\nlinkage: statewide");
    let ended = project.run(&["check", "pipelines/statewide.yaml"]);
    assert_eq!(ended.code, 2);
    insta::assert_snapshot!(ended.err);
}

#[test]
fn a_withdrawn_file_that_never_came() {
    let project = Project::small();
    log(&project, &[("sample_data/k12/enrollment_2031.csv", "2025-02-01", "withdrawn")]);
    let ended = project.statewide();
    assert_eq!(ended.code, 2);
    insta::assert_snapshot!(ended.err);
    assert!(!project.path("out/current.json").exists());
}
