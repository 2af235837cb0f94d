//! `throughline review`: a workbook for clerks, their answers, and runs that keep to them.

use std::io::Cursor;

use calamine::{Reader, Xlsx};

use crate::project::Project;

const SAMPLE: &str = "out/restricted/review";

pub fn sheet(bytes: &[u8], name: &str) -> Vec<Vec<String>> {
    let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes)).unwrap();
    let range = book.worksheet_range(name).unwrap();
    range.rows().map(|row| row.iter().map(|cell| cell.to_string().trim().to_owned()).collect()).collect()
}

fn put(cells: &[Vec<String>], sheet: &mut rust_xlsxwriter::Worksheet) {
    for (row, cells) in (0_u32..).zip(cells) {
        for (column, cell) in (0_u16..).zip(cells) {
            sheet.write_string(row, column, cell).unwrap();
        }
    }
}

/// The workbook as a clerk sends it back: every pair answered by its number.
fn filled(project: &Project, name: &str, reviewer: &str, answer: impl Fn(u32) -> &'static str) -> String {
    let (book, file) = (format!("{SAMPLE}/{name}/pairs.xlsx"), format!("{name}-{reviewer}.xlsx"));
    fill(project, &book, &file, reviewer, answer);
    file
}

/// Fills a workbook in, and puts it into a file of the project.
pub fn fill(project: &Project, book: &str, file: &str, reviewer: &str, answer: impl Fn(u32) -> &'static str) {
    let bytes = std::fs::read(project.path(book)).unwrap();
    let (mut pairs, mut about) = (sheet(&bytes, "Pairs"), sheet(&bytes, "About"));
    for row in pairs.iter_mut().skip(1).filter(|row| !row[0].is_empty()) {
        row[1] = String::from(answer(row[0].parse().unwrap()));
    }
    for row in about.iter_mut().filter(|row| row[0] == "reviewer") {
        row[1] = String::from(reviewer);
    }
    let mut book = rust_xlsxwriter::Workbook::new();
    put(&pairs, book.add_worksheet().set_name("Pairs").unwrap());
    put(&about, book.add_worksheet().set_name("About").unwrap());
    project.write(file, book.save_to_buffer().unwrap());
}

fn pairs(project: &Project, name: &str) -> Vec<serde_json::Value> {
    let sample: serde_json::Value =
        serde_json::from_str(&project.read(&format!("{SAMPLE}/{name}/sample.json"))).unwrap();
    sample["pairs"].as_array().unwrap().clone()
}

fn text(pair: &serde_json::Value, key: &str) -> String {
    pair[key].as_str().unwrap().to_owned()
}

#[test]
fn what_clerks_decide_is_measured_and_kept_by_later_runs() {
    let project = Project::after_a_run();
    let drawn = project.run(&["review", "sample", "--strata", "pass,weight,race", "--n", "60", "--seed", "5"]);
    drawn.is_fine();
    assert!(drawn.out.contains("model / ") && drawn.out.contains("60 pairs"), "{}", drawn.out);
    let bytes = std::fs::read(project.path(&format!("{SAMPLE}/sample-5/pairs.xlsx"))).unwrap();
    let rows = sheet(&bytes, "Pairs");
    assert_eq!(rows.len(), 1 + 2 * 60);
    assert_eq!(rows[0][..6], ["pair", "answer", "note", "source", "first_name", "middle_name"]);
    assert!(rows[0].contains(&"weight in bits".to_owned()));
    let seen = project.files("out/restricted/clear_access");
    assert!(seen.len() == 1 && String::from_utf8_lossy(&seen[0].1).contains("review sample sample-5"), "{seen:?}");
    // The same draw is the same workbook to the last byte, and does not take the place of the first.
    project.run(&["review", "sample", "--seed", "5"]).fails_with(2, &["sample `sample-5` already", "--name"]);
    let again = ["review", "sample", "--strata", "pass,weight,race", "--n", "60", "--seed", "5", "--name", "again"];
    project.run(&again).is_fine();
    assert_eq!(pairs(&project, "sample-5"), pairs(&project, "again"));

    // Of near misses, blind: the first vetoed pair is one person, says the clerk; of links the first is none.
    let blind =
        ["review", "sample", "--strata", "decision", "--n", "40", "--near-misses", "--blind", "--name", "blind"];
    project.run(&blind).is_fine();
    let bytes = std::fs::read(project.path(&format!("{SAMPLE}/blind/pairs.xlsx"))).unwrap();
    assert!(!sheet(&bytes, "Pairs")[0].contains(&"decision".to_owned()));
    let all = pairs(&project, "blind");
    let first = |decision: &str| all.iter().find(|p| p["decision"] == decision).unwrap().clone();
    let (wrong, missed) = (first("link"), first("vetoed"));
    let number = |pair: &serde_json::Value| u32::try_from(pair["pair"].as_u64().unwrap()).unwrap();
    let (wrong_number, missed_number) = (number(&wrong), number(&missed));
    let is_link = |n: u32| all.iter().any(|p| number(p) == n && p["decision"] == "link");
    let says = move |n: u32| if n == missed_number || is_link(n) && n != wrong_number { "same" } else { "different" };
    let ann = filled(&project, "blind", "ann", says);
    let bob = filled(&project, "blind", "bob", |n| if n == 40 { "unsure" } else { says(n) });
    // While another import adds to the log, nobody else does.
    let held = std::fs::File::create(project.path("out/restricted/review/.lock")).unwrap();
    held.lock().unwrap();
    project.run(&["review", "import", &ann, &bob]).fails_with(7, &["is running on"]);
    drop(held);
    let imported = project.run(&["review", "import", &ann, &bob]);
    imported.is_fine();
    for words in [
        "ann and bob",
        "39 of 40 pairs are settled",
        "Unsure of pairs 40",
        "Kappa",
        "39 new decisions",
        "review_decisions:",
    ] {
        assert!(imported.out.contains(words), "{words} in\n{}", imported.out);
    }
    let all_links = imported.out.lines().find(|line| line.starts_with("All these links")).unwrap();
    let precision: f64 = all_links
        .trim_start_matches("All these links, strata weighted by their size")
        .split_whitespace()
        .next()
        .unwrap()
        .parse()
        .unwrap();
    assert!(precision > 0.9 && precision < 1.0, "one link was wrong\n{}", imported.out);
    // Spreadsheets put a byte order mark before what they save.
    let log = project.read("review/decisions.csv");
    project.write("review/decisions.csv", format!("\u{feff}{log}"));
    project.run(&["review", "import", &ann, &bob]).is_fine();
    assert_eq!(project.read("review/decisions.csv").lines().count(), 40, "what is decided is not decided again");

    // A later run keeps to it, whatever its passes and its model say, and tells so.
    let pipeline = "pipelines/statewide.yaml";
    project.replace(pipeline, "\nlinkage: statewide", "\nreview_decisions: review/decisions.csv\nlinkage: statewide");
    // What keys that too many share keep from being compared is told with what it costs.
    let rule = "id: birth_postal, on: [birth_date, postal_code]";
    project.replace("config/linkage/statewide.yaml", rule, &format!("{rule}, max_pairs: 1"));
    let run = project.statewide();
    run.is_fine();
    assert!(run.out.contains("Its rule `birth_postal` skipped "), "{}", run.out);
    let told = run.out.lines().find(|line| line.starts_with("review ")).unwrap_or_default();
    assert!(told.split_whitespace().nth(2).is_some_and(|links| links != "0"), "{}", run.out);
    let explained =
        |pair: &serde_json::Value| project.run(&["explain", &text(pair, "left_ref"), &text(pair, "right_ref")]).out;
    let (split, joined) = (explained(&wrong), explained(&missed));
    assert!(split.contains("Two persons.") && split.contains("by review") && split.contains("cannot_link"), "{split}");
    assert!(joined.contains("One person, by 1 link") && joined.contains("review (A)"), "{joined}");
    let manifest: serde_json::Value =
        serde_json::from_str(&project.read(&format!("{}/manifest.json", project.release()))).unwrap();
    assert!(manifest["review_decisions"].is_string());

    // What contradicts itself stops the next run.
    let log = project.read("review/decisions.csv");
    let row = format!("{},{},must_link\n", text(&wrong, "right_ref"), text(&wrong, "left_ref"));
    project.write("review/decisions.csv", format!("{log}{row}"));
    project.statewide().fails_with(5, &["the review log contradicts itself", &text(&wrong, "left_ref")]);
    project.run(&["check", pipeline]).fails_with(2, &["V003", "review/decisions.csv", &text(&wrong, "left_ref")]);
    project.write("review/decisions.csv", format!("{log}{},{},must_link\n", "0".repeat(32), "1".repeat(32)));
    let run = project.statewide();
    let gone = format!("decides nothing: {} and {}", "0".repeat(32), "1".repeat(32));
    assert!(run.out.contains(&gone), "{}", run.out);
    project.write("review/decisions.csv", format!("{log}x,y,must_link\n"));
    project.statewide().fails_with(2, &["V002", "`x` is no reference of a record", "review/decisions.csv:41:1"]);
    project.write("review/decisions.csv", log.replacen("must_link", "cannot_link", 1));
    project.run(&["review", "import", &ann]).fails_with(5, &["decided the other way round", "settle it there by hand"]);
    project.write("review/decisions.csv", [log.as_bytes(), b"\xe9\n"].concat());
    project.run(&["review", "import", &ann]).fails_with(2, &["P002", "not UTF-8"]);
    std::fs::remove_file(project.path("review/decisions.csv")).unwrap();
    project.statewide().fails_with(2, &["P009", "review import"]);
}

#[test]
fn workbooks_that_cannot_be_taken_back() {
    let project = Project::after_a_run();
    project
        .run(&["review", "sample", "--strata", "pass,rase"])
        .fails_with(2, &["`rase` is no attribute of learners", "did you mean `race`?"]);
    project.run(&["review", "sample", "--name", "../x"]).fails_with(2, &["letters, digits"]);
    project.run(&["review", "sample", "--n", "8", "--name", "a"]).is_fine();
    project.run(&["review", "sample", "--n", "8", "--seed", "2", "--name", "b"]).is_fine();
    project
        .run(&["review", "import", "none.xlsx"])
        .fails_with(3, &["not there: workbook: none.xlsx", "correct the path"]);
    project.write("text.xlsx", "no workbook");
    project.run(&["review", "import", "text.xlsx"]).fails_with(2, &["text.xlsx", "it is no workbook"]);
    let maybe = filled(&project, "a", "ann", |_| "maybe");
    project
        .run(&["review", "import", &maybe])
        .fails_with(2, &["row 2", "`maybe` is no answer", "same, different, unsure"]);
    let nobody = filled(&project, "a", "", |_| "same");
    project.run(&["review", "import", &nobody]).fails_with(2, &["reviewer's name"]);
    let (a, b) = (filled(&project, "a", "ann", |_| "same"), filled(&project, "b", "bob", |_| "same"));
    project.run(&["review", "import", &a, &b]).fails_with(2, &["two samples, `a` and `b`"]);
    project.run(&["review", "import", &a, &a]).fails_with(2, &["one reviewer, `ann`"]);
    std::fs::remove_file(project.path(&format!("{SAMPLE}/a/sample.json"))).unwrap();
    project.run(&["review", "import", &a]).fails_with(2, &["there is no sample `a`"]);
    assert!(!project.path("review").exists(), "something was decided");
}

#[test]
fn a_decision_follows_a_record_that_is_corrected_later() {
    let project = Project::after_a_run();
    project.run(&["review", "sample", "--strata", "sources", "--n", "40", "--name", "s"]).is_fine();
    let all = pairs(&project, "s");
    let of_survey = |p: &&serde_json::Value| text(p, "stratum").contains("follow_up_survey");
    let wrong = all.iter().find(of_survey).expect("no link of the survey was drawn");
    let number = wrong["pair"].as_u64().unwrap();
    let ann = filled(&project, "s", "ann", |n| if u64::from(n) == number { "different" } else { "same" });
    project.run(&["review", "import", &ann]).is_fine();
    let log = project.read("review/decisions.csv");
    assert!(
        log.starts_with("left_ref,right_ref,decision,reviewers,decided,sample,left_record,right_record\n"),
        "{log}"
    );
    assert!(log.lines().skip(1).all(|line| line.split(',').nth(6).unwrap().len() == 32), "{log}");
    let pipeline = "pipelines/statewide.yaml";
    project.replace(pipeline, "\nlinkage: statewide", "\nreview_decisions: review/decisions.csv\nlinkage: statewide");
    let stopped = |ended: &crate::project::Ended| {
        let line = ended.out.lines().find(|line| line.starts_with("review ")).unwrap_or_default();
        line.split_whitespace().nth(3).unwrap_or("none").to_owned()
    };
    let before = project.statewide();
    before.is_fine();
    assert_ne!(stopped(&before), "0", "{}", before.out);

    // All last names of the survey are spelled otherwise now: every record of it is another one.
    for (name, bytes) in project.files("sample_data/survey") {
        let lines = String::from_utf8(bytes).unwrap();
        let mut lines = lines.lines();
        let mut corrected = format!("{}\n", lines.next().unwrap());
        for line in lines {
            let mut fields: Vec<String> = line.split(',').map(str::to_owned).collect();
            fields[1].push('E');
            corrected.push_str(&fields.join(","));
            corrected.push('\n');
        }
        project.write(&format!("sample_data/survey/{}", name.rsplit('/').next().unwrap()), corrected);
    }
    let after = project.statewide();
    after.is_fine();
    assert!(after.out.contains("of the review log follow"), "{}", after.out);
    assert!(!after.out.contains("that is gone"), "{}", after.out);
    assert_eq!(stopped(&after), stopped(&before), "{}", after.out);
    let changed =
        project.ask("select count(*) from match_log where vetoed_by = 'review' and left_source <> right_source");
    assert_ne!(changed, ["0"]);
}
