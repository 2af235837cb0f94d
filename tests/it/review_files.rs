//! `throughline review` of a linkage of files: a workbook for clerks, and answers that become labels which a later linkage keeps to.

use crate::link_files::{DOCUMENT, files, link, project, rows};
use crate::project::{Ended, Project};
use crate::review::{fill, sheet};

const FOLDER: &str = "out/two_files/review";

fn review(project: &Project, what: &str, more: &[&str]) -> Ended {
    let arguments: Vec<&str> = ["review", what, "--pipeline", DOCUMENT].iter().chain(more).copied().collect();
    project.run(&arguments)
}

fn sample(project: &Project, name: &str) -> Vec<serde_json::Value> {
    let text = project.read(&format!("{FOLDER}/{name}/sample.json"));
    serde_json::from_str::<serde_json::Value>(&text).unwrap()["pairs"].as_array().unwrap().clone()
}

/// The cluster of a record, given as `file:id`.
fn cluster(project: &Project, reference: &serde_json::Value) -> String {
    let (file, id) = reference.as_str().unwrap().split_once(':').unwrap();
    let all = rows(project, "out/two_files/crosswalk", &["source", "record_id", "cluster_id"]);
    all.into_iter().find(|row| row[0] == file && row[1] == id).unwrap()[2].clone()
}

#[test]
fn what_clerks_decide_of_files_becomes_labels_that_are_kept_to() {
    let both = files(900, 600);
    let project = project(&both);
    review(&project, "sample", &[]).fails_with(3, &["match_log in", "run `throughline link` first"]);
    link(&project, &[]).is_fine();
    review(&project, "sample", &["--n", "0"]).fails_with(2, &["a number from 1"]);
    review(&project, "sample", &["--strata", "sexx"]).fails_with(4, &["no column `sexx`", "did you mean `sex`?"]);
    let drawn = ["--strata", "pass,sex", "--n", "20", "--seed", "5"];
    let told = review(&project, "sample", &drawn);
    told.is_fine();
    assert!(told.out.contains("Sample sample-5 of linkage two_files, 20 pairs"), "{}", told.out);
    assert!(told.out.contains("ssn / F") && told.out.contains("ssn / M"), "{}", told.out);
    review(&project, "sample", &drawn).fails_with(2, &["sample `sample-5` already", "--name"]);

    // Two rows a pair: the fields of the document, as they stand in the files.
    let workbook = project.path(&format!("{FOLDER}/sample-5/pairs.xlsx"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(&workbook).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "others may read who is in it");
    }
    let bytes = std::fs::read(workbook).unwrap();
    let shown = sheet(&bytes, "Pairs");
    assert_eq!(shown.len(), 1 + 2 * 20);
    assert_eq!(shown[0][3..8], ["source", "first_name", "middle_name", "last_name", "birth_date"]);
    let pairs = sample(&project, "sample-5");
    for (at, pair) in pairs.iter().enumerate() {
        for (line, key, text) in [(0, "left_ref", &both[0]), (1, "right_ref", &both[1])] {
            let id = pair[key].as_str().unwrap().split_once(':').unwrap().1;
            let row = text.lines().find(|row| row.split(',').next() == Some(id)).unwrap();
            let fields: Vec<&str> = row.split(',').collect();
            let cells = &shown[1 + 2 * at + line];
            assert_eq!([&cells[4], &cells[6], &cells[7], &cells[9]], [fields[1], fields[3], fields[4], fields[6]]);
        }
    }

    // A clerk says of the first link that it is none.
    let book = format!("{FOLDER}/sample-5/pairs.xlsx");
    fill(&project, &book, "ann.xlsx", "ann, of the county", |n| if n == 1 { "different" } else { "same" });
    // Of two imports at one moment one waits its turn.
    let held = std::fs::File::create(project.path(&format!("{FOLDER}/.lock"))).unwrap();
    held.lock().unwrap();
    review(&project, "import", &["ann.xlsx"]).fails_with(7, &["is running on"]);
    drop(held);
    let imported = review(&project, "import", &["ann.xlsx"]);
    imported.is_fine();
    for words in ["20 of 20 pairs are settled", "20 new decisions in", "keep_to_labels: true", "All these links"] {
        assert!(imported.out.contains(words), "{words} in\n{}", imported.out);
    }
    let labels = format!("{FOLDER}/labels.csv");
    let text = project.read(&labels);
    let header = "left_source,left_id,right_source,right_id,label,reviewers,decided,sample";
    assert_eq!((text.lines().next(), text.lines().count()), (Some(header), 21), "{text}");
    assert!(text.contains(",different,\"ann, of the county\",") && text.matches(",same,").count() == 19, "{text}");
    review(&project, "import", &["ann.xlsx"]).is_fine();
    assert_eq!(project.read(&labels), text, "what is decided is not decided again");

    // Whoever looks with ann later and is not sure has nothing taken back behind anybody's back.
    fill(&project, &book, "eve.xlsx", "eve", |n| if n == 2 { "unsure" } else { "same" });
    let doubted = review(&project, "import", &["ann.xlsx", "eve.xlsx"]);
    doubted.is_fine();
    assert!(doubted.out.contains("Pairs 1, 2 are decided in"), "{}", doubted.out);
    assert_eq!(project.read(&labels), text);

    // The next linkage learns from it, and keeps to it where the document says so.
    let split = |project: &Project| {
        let of = |key| cluster(project, &pairs[0][key]);
        of("left_ref") != of("right_ref")
    };
    link(&project, &["--labels", &labels]).is_fine();
    assert!(!split(&project), "labels decide nothing unless the document says so");
    project.add_row(DOCUMENT, "\ndecide: { keep_to_labels: true }\n");
    link(&project, &["--labels", &labels]).is_fine();
    assert!(split(&project), "two persons, say the labels");
    assert!(review(&project, "import", &["ann.xlsx"]).out.contains("keeps to them"));
    let (one, other) = (pairs[0]["left_ref"].as_str().unwrap(), pairs[0]["right_ref"].as_str().unwrap());
    let why = project.run(&["explain", one, other, "--pipeline", DOCUMENT]);
    assert!(why.out.contains("labels"), "{}", why.out);

    // Whoever says otherwise later stops, and nothing is written.
    fill(&project, &book, "bob.xlsx", "bob", |_| "same");
    review(&project, "import", &["bob.xlsx"]).fails_with(5, &["decided the other way round", "labels.csv", one]);
    assert_eq!(project.read(&labels), text);
}

#[test]
fn decisions_are_added_to_labels_of_ones_own_and_near_misses_are_drawn_where_asked() {
    let mut both = files(900, 600);
    let mut draw = crate::link_files::Draw(99);
    for person in 0..12 {
        both[0].push_str(&crate::link_files::line(&format!("twice{person}"), person, true, &mut draw));
    }
    let project = project(&both);
    link(&project, &[]).is_fine();
    let draw = ["--strata", "decision", "--n", "12", "--near-misses", "--blind", "--name", "near"];
    review(&project, "sample", &draw).is_fine();
    let pairs = sample(&project, "near");
    let near: Vec<&serde_json::Value> = pairs.iter().filter(|pair| pair["decision"] == "review").collect();
    assert!(!near.is_empty() && near.len() < 12, "{pairs:?}");
    assert!(pairs.iter().all(|pair| pair["decision"] != "below_threshold"), "{pairs:?}");
    let book = format!("{FOLDER}/near/pairs.xlsx");
    let shown = sheet(&std::fs::read(project.path(&book)).unwrap(), "Pairs");
    assert!(!shown[0].contains(&"decision".to_owned()), "{:?}", shown[0]);

    // One's own labels have their own columns, in their own order.
    project.write("mine.csv", "note,label,right_id,right_source,left_id,left_source\nsure,same,b700,b,a699,a");
    fill(&project, &book, "ann.xlsx", "ann", |n| if n == 1 { "unsure" } else { "different" });
    let imported = review(&project, "import", &["ann.xlsx", "--labels", "mine.csv"]);
    imported.is_fine();
    assert!(imported.out.contains("Near misses that are one person") && imported.out.contains("11 new decisions"));
    let text = project.read("mine.csv");
    assert_eq!(text.lines().count(), 13, "{text}");
    let second = &pairs[1];
    let id = |key: &str| second[key].as_str().unwrap().split_once(':').unwrap().1.to_owned();
    let row = format!(",different,{},b,{},a", id("right_ref"), id("left_ref"));
    assert!(text.lines().any(|line| line == row), "{row} in\n{text}");

    review(&project, "import", &["ann.xlsx", "--labels", "mine.parquet"]).fails_with(2, &["that are a .csv file"]);
    project.write("mine.csv", "left_source,left_id,right_source,right_id,label\nc,1,b,2,same\n");
    review(&project, "import", &["ann.xlsx", "--labels", "mine.csv"]).fails_with(2, &["`c`", "the files are: a, b"]);
    let ansi = b"note,label,right_id,right_source,left_id,left_source\nJos\xe9,same,b700,b,a699,a\n";
    std::fs::write(project.path("mine.csv"), ansi).unwrap();
    review(&project, "import", &["ann.xlsx", "--labels", "mine.csv"])
        .fails_with(4, &["mine.csv", "line 2", "not utf-8", "nothing was written"]);
    assert_eq!(std::fs::read(project.path("mine.csv")).unwrap(), ansi, "nothing is added to what cannot be read");
    let release = ["review", "import", "ann.xlsx", "--labels", "mine.csv", "--pipeline", "pipelines/statewide.yaml"];
    project.run(&release).fails_with(2, &["`--labels` is of a linkage of files"]);

    // A match log of other files is no ground to draw from.
    project.write("a.csv", both[0].lines().take(100).collect::<Vec<_>>().join("\n"));
    review(&project, "sample", &["--name", "other"]).fails_with(2, &["in none of these"]);
}
