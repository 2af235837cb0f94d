//! Whole runs through the real program: a release appears, whole, the same bytes every time, and ids are carried.

use std::fs;
use std::process::Stdio;

use crate::project::{Project, ended, released};

#[test]
fn a_run_publishes_and_a_rerun_does_nothing() {
    let project = Project::small();
    project.add_row("sample_data/k12/enrollment_2020.csv", "a,row,that,is,too,short\n");
    let first = project.statewide();
    first.is_fine();
    assert!(first.out.contains("Published release 2025-"), "{}", first.out);
    assert!(first.out.contains("The public zone is empty"), "{}", first.out);
    let before = project.files("out/releases");
    let again = project.statewide();
    again.is_fine();
    assert!(again.out.contains("Nothing has changed"), "{}", again.out);
    assert_eq!(before, project.files("out/releases"));
    rows_are_accounted_for(&project);
    checksums_hold(&project);
    the_record_keeps_its_schema(&project);
    questions_are_answered(&project);
}

/// Records = accepted + quarantined for every delivery, and every quarantined row has a line, a rule and a reason.
fn rows_are_accounted_for(project: &Project) {
    let manifest: serde_json::Value =
        serde_json::from_str(&project.read(&format!("{}/manifest.json", project.release()))).unwrap();
    let deliveries = manifest["deliveries"].as_array().unwrap();
    assert!(deliveries.len() > 30, "{} deliveries", deliveries.len());
    for d in deliveries {
        let number = |name: &str| d[name].as_u64().unwrap();
        assert_eq!(number("records"), number("accepted") + number("quarantined"), "{d}");
        assert!(number("records") > 0, "{d}");
    }
    let bare = project.ask("select count(*) from quarantine where line < 1 or rule = '' or reason = ''");
    assert_eq!(bare, ["0"]);
    assert_eq!(project.ask("select count(*) from quarantine where rule = 'ROW-FIELDS'"), ["1"]);
}

fn checksums_hold(project: &Project) {
    let release = project.path(&project.release());
    let sums = fs::read_to_string(release.join("SHA256SUMS")).unwrap();
    let mut listed = 0;
    for line in sums.lines() {
        let (sum, file) = line.split_once("  ").unwrap();
        let bytes = fs::read(release.join(file)).unwrap();
        assert_eq!(throughline::foundation::Fingerprint::of(&bytes).as_str(), sum, "{file}");
        listed += 1;
    }
    assert_eq!(listed + 1, project.files(&project.release()).len(), "SHA256SUMS lists every file but itself");
}

fn the_record_keeps_its_schema(project: &Project) {
    let schema = crate::project::repository().join("config/schema/run_results.schema.json");
    let schema: serde_json::Value = serde_json::from_str(&fs::read_to_string(schema).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let records: Vec<_> =
        project.files("out/runs").into_iter().filter(|(name, _)| name.ends_with("run_results.json")).collect();
    assert_eq!(records.len(), 2);
    for (name, bytes) in records {
        let record: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        assert!(
            validator.is_valid(&record),
            "{name}: {:?}",
            validator.iter_errors(&record).next().map(|e| e.to_string())
        );
    }
    let logs: Vec<_> = project.files("out/runs").into_iter().filter(|(name, _)| name.ends_with("log.jsonl")).collect();
    let lines = String::from_utf8(logs[0].1.clone()).unwrap();
    assert!(lines.lines().count() > 10);
    for line in lines.lines() {
        serde_json::from_str::<serde_json::Value>(line).unwrap_or_else(|e| panic!("{e}: {line}"));
    }
}

fn questions_are_answered(project: &Project) {
    let tables = project.run(&["query"]);
    for table in
        ["learner_pathway", "cte_participation", "placement", "match_log", "dictionary", "valuelabels", "quarantine"]
    {
        assert!(tables.out.contains(table), "no {table} in\n{}", tables.out);
    }
    let undescribed = project.ask("select count(*) from dictionary where label = ''");
    assert_eq!(undescribed, ["0"]);
    project.run(&["query", "select * from placemen"]).fails_with(2, &["placemen", "tables: "]);
}

#[test]
fn the_same_bytes_on_one_thread_on_two_and_in_another_folder() {
    // The shared run was made on two threads.
    let (one, two) = (Project::small(), released());
    one.run(&["run", "pipelines/statewide.yaml", "--threads", "1"]).is_fine();
    let (a, b) = (one.files("out/releases"), two.files("out/releases"));
    assert_eq!(a.iter().map(|f| &f.0).collect::<Vec<_>>(), b.iter().map(|f| &f.0).collect::<Vec<_>>());
    for ((name, left), (_, right)) in a.iter().zip(&b) {
        assert!(left == right, "{name} differs");
    }
    let index = |p: &Project| p.files("out/restricted/index");
    assert!(index(&one) == index(two), "the person index differs");
}

#[test]
fn a_second_run_on_one_folder_is_told_who_holds_it() {
    let project = Project::small();
    let _held = throughline::publish::Lock::take(&project.path("out"), "statewide").unwrap();
    project.statewide().fails_with(7, &["pipeline `statewide` of", &std::process::id().to_string()]);
}

#[test]
fn killed_half_way_nothing_is_published_and_the_next_run_goes_on() {
    let project = Project::small();
    let mut child = project
        .program()
        .args(["run", "pipelines/statewide.yaml"])
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    // Wait until a few steps are done, by the lines that a run without a terminal prints.
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(child.stderr.take().unwrap()));
    for _ in 0..20 {
        lines.next().unwrap().unwrap();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!project.path("out/current.json").exists());
    assert!(project.files("out/releases").is_empty());
    let next = project.statewide();
    next.is_fine();
    assert!(next.err.contains("kept"), "no step was kept:\n{}", next.err);
    assert!(
        project.files("out/releases") == released().files("out/releases"),
        "the release depends on the broken-off run"
    );
}

#[cfg(unix)]
#[test]
fn ctrl_c_leaves_no_half_release() {
    let project = Project::small();
    let mut child = project
        .program()
        .args(["run", "pipelines/statewide.yaml"])
        .stderr(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // The first step's line says that the run is under way and listens.
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(child.stderr.take().unwrap()));
    lines.next().unwrap().unwrap();
    let signal = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(signal.success());
    let code = child.wait().unwrap().code();
    if code == Some(0) {
        return; // It was faster than the signal.
    }
    assert_eq!(code, Some(130));
    assert!(!project.path("out/current.json").exists() && project.files("out/releases").is_empty());
}

#[test]
fn the_help_names_every_command_and_exit_code() {
    let project = Project::without_data();
    let help = ended(&project.program().arg("--help").output().unwrap());
    insta::assert_snapshot!(help.out);
}

#[test]
fn a_reader_who_has_seen_enough_is_no_fault() {
    let project = released();
    let mut child = project
        .program()
        .args(["query", "select * from match_log"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let ended = child.wait_with_output().unwrap();
    assert_eq!((ended.status.code(), String::from_utf8_lossy(&ended.stderr).as_ref()), (Some(0), ""));
}
