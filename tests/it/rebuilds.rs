//! What a later run makes again: what rests on what has changed, and nothing else.

use std::collections::BTreeSet;

use crate::project::Project;

const FIELDS: &str = "sample_data/directory/nontraditional.csv";

/// A field in which nobody has a program.
const NOBODYS: &str = "60.9999,N,N,2016,\n";

/// The steps of the last run that were made, and not found in the store.
fn made(project: &Project) -> BTreeSet<String> {
    let results = project.last_results();
    let steps = results["steps"].as_array().unwrap().iter();
    steps.filter(|step| step["status"] == "made").map(|step| step["step"].as_str().unwrap().to_owned()).collect()
}

/// The index, the match log and what is said of persons, as they lie in the output.
fn linkage(project: &Project) -> Vec<(String, Vec<u8>)> {
    let log = format!("{}/audit", project.release());
    let index = project.files("out/restricted/index").into_iter().filter(|(name, _)| name.contains("v000002"));
    index.chain(project.files(&log)).collect()
}

#[test]
fn a_reference_file_touches_what_reads_it_and_relinks_nobody() {
    let project = Project::after_a_run();
    project.add_row(FIELDS, NOBODYS);
    let ended = project.statewide();
    ended.is_fine();
    let made = made(&project);
    let expected = [
        "accept/nontraditional/nontraditional.csv",
        "identify/nontraditional",
        "link",
        "linked/nontraditional",
        "rule/nontraditional_status",
    ];
    // The rule says the same of everybody, so what reads it is not made again.
    assert_eq!(made, expected.map(str::to_owned).into());

    // Linked anew, the second release has the same index, log and ledger to the last byte.
    let anew = Project::after_a_run();
    anew.add_row(FIELDS, NOBODYS);
    std::fs::remove_dir_all(anew.path("out/restricted/store/link")).unwrap();
    anew.statewide().is_fine();
    let (carried, linked) = (linkage(&project), linkage(&anew));
    assert!(carried.len() > 6, "{}", carried.len());
    let names = |files: &[(String, Vec<u8>)]| files.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&carried), names(&linked));
    for ((name, one), (_, other)) in carried.iter().zip(&linked) {
        assert!(one == other, "{name}");
    }
    for key in ["persons", "linkage"] {
        assert_eq!(project.last_results()[key], anew.last_results()[key], "{key}");
    }
}

#[test]
fn a_comment_in_a_rule_makes_it_again_and_nothing_behind_it() {
    let project = Project::after_a_run();
    let rule = "config/rules/perkins_v/secondary_exit.sql";
    project.write(rule, format!("{}\n-- Read by two people.\n", project.read(rule)));
    project.statewide().is_fine();
    let made = made(&project);
    assert_eq!(made, ["link", "rule/secondary_exit"].map(str::to_owned).into());
}

#[test]
fn a_store_of_an_earlier_version_is_made_again() {
    let project = Project::after_a_run();
    for (name, bytes) in project.files("out/store") {
        if name.ends_with("_dataset.json") {
            let mut meta: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
            meta["parts"].as_array_mut().unwrap().iter_mut().for_each(|part| {
                part.as_object_mut().unwrap().remove("sha256");
            });
            std::fs::write(project.path(&format!("out/store/{name}")), meta.to_string()).unwrap();
        }
    }
    project.add_row(FIELDS, NOBODYS);
    project.statewide().is_fine();
    assert!(made(&project).contains("mart/placement"));
}
