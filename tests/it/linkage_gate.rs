//! The linkage gate of a pipeline, and what its model would compare, counted before a run.

use crate::project::Project;

const PIPELINE: &str = "pipelines/statewide.yaml";

#[test]
fn pairs_are_counted_before_a_run_and_a_gap_in_what_is_found_stops_the_release() {
    let project = Project::small();
    let counted = project.run(&["block", PIPELINE, "--estimate"]);
    counted.is_fine();
    for words in ["as the exact passes leave them", "Blocking rule", "birth_last", "ssn_near"] {
        assert!(counted.out.contains(words), "{words} in\n{}", counted.out);
    }
    assert!(!project.path("out/current.json").exists(), "counting publishes nothing");
    project.run(&["block", PIPELINE, "--suggest"]).fails_with(2, &["not for a pipeline", "leave --suggest out"]);
    project.run(&["block", PIPELINE, "--file", "a=b.csv"]).fails_with(2, &["names its own files"]);

    project.replace(
        PIPELINE,
        "linkage: statewide\n",
        "linkage: statewide\nlinkage_gate: { by: [gendr], max_gap: 1.5 }\n",
    );
    project.run(&["check", PIPELINE]).fails_with(2, &["P010", "did you mean `gender`?", "`max_gap` from 0 to 1"]);
    project.replace(PIPELINE, "{ by: [gendr], max_gap: 1.5 }", "{ by: [gender], max_gap: 0, fewest: 20 }");
    let stopped = project.statewide();
    stopped.fails_with(5, &["gender", "found in more than one source", "nothing was published"]);
    assert!(!project.path("out/current.json").exists());
    // Groups of fewer than a thousand open no gap unless that is asked for.
    project.replace(PIPELINE, ", fewest: 20", "");
    project.statewide().is_fine();
    // What was counted before is what the run compared: its blocking rules made these pairs.
    let results = project.last_results();
    let rules = results["model"]["blocking"].as_array().unwrap();
    for rule in rules {
        let (name, pairs) = (rule["rule"].as_str().unwrap(), rule["pairs"].as_u64().unwrap());
        let line = counted.out.lines().find(|line| line.split_whitespace().next() == Some(name)).unwrap();
        let told: u64 = line.split_whitespace().nth(1).unwrap().replace(',', "").parse().unwrap();
        assert_eq!(told, pairs, "{name}\n{}", counted.out);
    }
}
