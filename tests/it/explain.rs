//! `throughline explain`: why two records are one person, or are not, as an auditor asks it months later.

use crate::deliveries::log;
use crate::project::{Project, sample_release};

/// The references of the first decision that fits.
fn pair(project: &Project, condition: &str) -> [String; 2] {
    let sql = format!("select left_ref, right_ref from match_log where {condition} order by decision_id limit 1");
    let row = project.ask(&sql).remove(0);
    let (left, right) = row.split_once(',').unwrap();
    [left.to_owned(), right.to_owned()]
}

#[test]
fn a_link_of_the_model_and_one_that_a_guard_stopped() {
    let project = sample_release();
    let [left, right] = pair(project, "pass_id = 'model' and decision = 'link' and levels like '%near ssn%'");
    let linked = project.run(&["explain", &left, &right]);
    linked.is_fine();
    for words in
        ["One person, by 1 link:", "model (D), decision", "near ssn", "together", "Ledger", "minted (new_record)"]
    {
        assert!(linked.out.contains(words), "{words} in\n{}", linked.out);
    }
    // What the log says of the weight is what its parts come to.
    let sql = format!(
        "select weight_millibits from match_log where left_ref = '{left}' and right_ref = '{right}' and pass_id = 'model'"
    );
    let weight: f64 = project.ask(&sql)[0].parse().unwrap();
    let together = linked.out.lines().find(|line| line.trim_start().starts_with("together")).unwrap();
    let told: f64 = together.split_whitespace().nth(1).unwrap().parse().unwrap();
    assert!((told - weight / 1000.0).abs() < 0.006, "{told} {weight}");

    let [left, right] = pair(project, "pass_id = 'model' and vetoed_by = 'first_unlike'");
    let vetoed = project.run(&["explain", &left, &right[..12]]);
    vetoed.is_fine();
    // The release's name changes with every document.
    insta::with_settings!({ filters => vec![(r"Release 2025-[0-9a-f]{12}", "Release [ID]")] }, {
        insta::assert_snapshot!(vetoed.out);
    });
}

#[test]
fn records_of_one_person_far_apart_and_records_that_never_met() {
    let project = sample_release();
    // Wages and school of one person who has many records: the way leads over others.
    let sql = "select l.left_ref, r.right_ref from match_log l join match_log r on l.right_ref = r.left_ref \
               where l.decision = 'link' and r.decision = 'link' and l.left_ref <> r.right_ref order by l.decision_id, r.decision_id limit 1";
    let row = project.ask(sql).remove(0);
    let (left, right) = row.split_once(',').unwrap();
    let far = project.run(&["explain", left, right]);
    far.is_fine();
    assert!(far.out.contains("One person, by ") && !far.out.contains("by 0 link"), "{}", far.out);
    // Two from far ends of the log.
    let [one, _] =
        pair(project, "decision = 'link' and left_source = 'k12_enrollment' and right_source = 'k12_enrollment'");
    let sql = "select right_ref from match_log where decision = 'link' and right_source = 'ui_wages' order by decision_id desc limit 1";
    let other = project.ask(sql).remove(0);
    let never = project.run(&["explain", &one, &other]);
    never.is_fine();
    for words in ["Two persons.", "came near to joining them", "state_id is missing", "Blocking rules of the model"] {
        assert!(never.out.contains(words), "{words} in\n{}", never.out);
    }
    assert!(!never.out.contains("brings the two together"), "{}", never.out);
}

#[test]
fn what_cannot_be_explained_is_said() {
    let project = sample_release();
    let [left, right] = pair(project, "decision = 'link'");
    project.run(&["explain", "P123", &right]).fails_with(2, &["`P123` is no reference", "left_ref and right_ref"]);
    project.run(&["explain", &left, &left]).fails_with(2, &["name two"]);
    project.run(&["explain", &left, "ffffffffffffffffffffffff"]).fails_with(2, &["begins no record's reference"]);
    project
        .run(&["explain", &left, &right, "--out", "nowhere"])
        .fails_with(3, &["a release in", "run a pipeline first"]);
    project.run(&["explain", &left, &right, "--pipeline", "pipelines/none.yaml"]).fails_with(2, &["P001"]);
}

#[test]
fn documents_that_have_changed_since_are_told_of() {
    let project = Project::after_a_run();
    let [left, right] = pair(&project, "decision = 'link' and pass_id = 'model'");
    let told = || project.run(&["explain", &left, &right]);
    assert!(!told().out.contains("Note:"), "{}", told().out);
    let document = "config/linkage/statewide.yaml";
    project.replace(document, "near ssn, ssn_last4]", "near ssn]");
    let other = told();
    other.is_fine();
    for words in ["statewide.yaml has changed since", "so no weights are told", "Exact passes", "One person, by"] {
        assert!(other.out.contains(words), "{words} in\n{}", other.out);
    }
    std::fs::remove_dir_all(project.path("out/restricted/store/tokens")).unwrap();
    let gone = told();
    gone.is_fine();
    assert!(gone.out.contains("tokens of the two are no longer in the store"), "{}", gone.out);
}

#[test]
fn a_pinned_model_clear_values_and_who_saw_them() {
    let project = Project::after_a_run();
    let people = |project: &Project| {
        project
            .ask("select left_ref, right_ref, pass_id, decision, weight_millibits from match_log order by decision_id")
    };
    let before = people(&project);
    project.run(&["train", "pipelines/statewide.yaml", "--file", "a=b.csv"]).fails_with(2, &["names its own files"]);
    let trained = project.run(&["train", "pipelines/statewide.yaml"]);
    trained.is_fine();
    assert!(trained.out.contains("pinned: config/linkage/statewide.model.json"), "{}", trained.out);
    let model = project.read("config/linkage/statewide.model.json");
    assert_eq!(model.trim(), project.read(&format!("{}/audit/model.json", project.release())).trim());
    let [left, right] = pair(&project, "decision = 'link' and left_source = 'ui_wages' and right_source = 'ui_wages'");
    let told = project.run(&["explain", &left, &right]);
    assert!(!told.out.contains("In the clear"), "{}", told.out);
    let told = project.run(&["explain", &left, &right, "--clear"]);
    told.is_fine();
    assert!(told.out.contains("In the clear (registered)") && told.out.contains("ssn  "), "{}", told.out);
    let seen = project.files("out/restricted/clear_access");
    assert_eq!(seen.len(), 1, "{seen:?}");
    let seen: serde_json::Value = serde_json::from_slice(&seen[0].1).unwrap();
    assert_eq!((&seen["records"][0], &seen["records"][1]), (&left.into(), &right.into()));

    // Pinned to what it learnt, the linkage decides the same, and says that it was trained before.
    let document = "config/linkage/statewide.yaml";
    project.replace(document, "  id: model\n", "  id: model\n  pinned: config/linkage/statewide.model.json\n");
    let again = project.statewide();
    again.is_fine();
    assert!(again.out.contains("The model, trained before, compared"), "{}", again.out);
    assert!(before == people(&project), "the pinned model decided otherwise");
    // People who come later change nothing of what is counted: the frequencies are pinned with the model.
    let counted =
        serde_json::from_str::<serde_json::Value>(&model).unwrap()["frequencies"].as_str().unwrap().to_owned();
    let weights = |project: &Project| -> std::collections::BTreeMap<String, String> {
        let sql = "select left_ref || right_ref as pair, levels || weight_millibits as told from match_log where pass_id = 'model'";
        let row = |line: &String| line.split_once(',').map(|(pair, told)| (pair.to_owned(), told.to_owned()));
        project.ask(sql).iter().filter_map(row).collect()
    };
    let then = weights(&project);
    let enrolled = "sample_data/k12/enrollment_2024.csv";
    let whole = std::fs::read(project.path(enrolled)).unwrap();
    let lines: Vec<&[u8]> = whole.split_inclusive(|byte| *byte == b'\n').collect();
    project.write(enrolled, lines[..lines.len() * 2 / 3].concat());
    project.statewide().is_fine();
    let now = weights(&project);
    let both: Vec<&String> = then.keys().filter(|pair| now.contains_key(*pair)).collect();
    // Nine records fewer would move what a name is worth by thousandths of a bit.
    assert!(both.len() >= 15, "{} of {} and {}", both.len(), then.len(), now.len());
    assert!(both.iter().all(|pair| then[*pair] == now[*pair]), "a weight changed");
    // Records that come new to an old index end with the decisions of a run over everything: the short file is taken back, the whole one counts.
    std::fs::remove_file(project.path(enrolled)).unwrap();
    project.write("sample_data/k12/enrollment_2024_again.csv", &whole);
    log(&project, &[(enrolled, "2025-01-10", "withdrawn")]);
    project.statewide().is_fine();
    assert!(before == people(&project), "what came later is decided otherwise than what was there at once");
    let store = format!("out/restricted/store/frequencies/{counted}");
    std::fs::rename(project.path(&store), project.path("frequencies_elsewhere")).unwrap();
    project.replace(document, "false_links: 0.002", "false_links: 0.0021");
    project.statewide().fails_with(3, &["the frequencies that the pinned model counted", &counted]);
    std::fs::rename(project.path("frequencies_elsewhere"), project.path(&store)).unwrap();
    project.replace(document, "false_links: 0.0021", "false_links: 0.002");
    // Other keys do not open what these closed.
    let pipeline = "pipelines/statewide.yaml";
    let [left, right] = pair(&project, "decision = 'link'");
    project.run(&["keys", "new", "hub", "other.key"]).is_fine();
    project.replace(pipeline, "hub: demo", "hub: file:other.key");
    let ended = project.run(&["explain", &left, &right, "--clear"]);
    ended.fails_with(6, &["not the keys of release", "give the keys that it was made with"]);
    project.statewide().fails_with(6, &["not the keys of the frequencies that the pinned model counted"]);
    // A model of another version is no model of this one.
    project.write("config/linkage/statewide.model.json", model.replace("\"version\": 1", "\"version\": 7"));
    let ended = project.run(&["check", pipeline]);
    ended.fails_with(2, &["M011", "trained for `statewide/model` version 7", "audit/model.json"]);
    project.write("config/linkage/statewide.model.json", "{}");
    project.run(&["check", pipeline]).fails_with(2, &["M011", "missing field"]);
}
