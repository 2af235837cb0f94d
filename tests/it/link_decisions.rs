//! What `throughline link` decides where a pair is not simply one person: rivals, guards, three files, files with duplicates, over-common keys.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::link_files::{DOCUMENT, Draw, HEADER, files, line, link, project, rows};

/// Sets of records that the crosswalk has as one person, by name.
fn persons(project: &crate::project::Project, folder: &str) -> Vec<BTreeSet<String>> {
    let mut persons: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in rows(project, folder, &["cluster_id", "record_id"]) {
        persons.entry(row[0].clone()).or_default().insert(row[1].clone());
    }
    persons.into_values().collect()
}

#[test]
fn who_came_too_late_and_whose_number_differs_is_told_with_what_stopped_it() {
    let mut both = files(2_000, 1_200);
    // A second record of person 5 in the first file: only one of the two may be b5.
    let mut draw = Draw(99);
    both[0].push_str(&line("twice", 5, true, &mut draw));
    let project = project(&both);
    link(&project, &[]).is_fine();
    let columns = ["left_id", "right_id", "decision", "stopped_by", "rival_id", "probability", "weight_millibits"];
    let log = rows(&project, "out/two_files/match_log", &columns);
    let of = |left: &str, right: &str| log.iter().find(|row| row[0] == left && row[1] == right);
    let (first, second) = (of("a5", "b5").unwrap(), of("twice", "b5").unwrap());
    let (linked, late) = if first[2] == "link" { (first, second) } else { (second, first) };
    assert_eq!([&linked[2], &linked[3]], ["link", ""], "{linked:?}");
    assert_eq!([&late[2], &late[3], &late[4]], ["review", "rival", &linked[0]], "{late:?}");
    // Each knows of the other, so neither is as likely as its weight alone would say.
    let chance = |row: &Vec<String>| row[5].parse::<f64>().unwrap();
    assert!(chance(linked) + chance(late) <= 1.0, "{linked:?} {late:?}");
    let told = project.run(&["explain", &format!("a:{}", late[0]), "b:b5", "--pipeline", DOCUMENT]);
    told.is_fine();
    for words in ["review (rival)", "behind the runner-up", &format!("a:{}", linked[0])] {
        assert!(told.out.contains(words), "{words} in\n{}", told.out);
    }

    // A guard by a field: a number that is there in both and fits no level stops whatever else agrees.
    let number = |text: &str, number| {
        let mut out = String::new();
        for (at, line) in text.lines().enumerate() {
            let mut fields: Vec<&str> = line.split(',').collect();
            if at == 8 {
                fields[6] = number;
            }
            let _ = writeln!(out, "{}", fields.join(","));
        }
        out
    };
    project.write("a.csv", number(&both[0], "301020304"));
    project.write("b.csv", number(&both[1], "523456781"));
    project.add_row(DOCUMENT, "\ndecide: { differs: [ssn] }\n");
    link(&project, &[]).is_fine();
    let log = rows(&project, "out/two_files/match_log", &columns);
    let guarded = log.iter().find(|row| row[0] == "a7" && row[1] == "b7").unwrap();
    assert_eq!([&guarded[2], &guarded[3]], ["vetoed", "ssn"], "{guarded:?}");
    assert!(!persons(&project, "out/two_files/crosswalk").iter().any(|p| p.contains("a7") && p.contains("b7")));

    project.replace(DOCUMENT, "decide: { differs: [ssn] }", "decide: { differs: [ssnn], review: 2, most_records: 1 }");
    link(&project, &[]).fails_with(2, &["M001", "did you mean `ssn`?", "M010", "`review: 2`", "`most_records`"]);
    project.replace(DOCUMENT, "decide: { differs: [ssnn], review: 2, most_records: 1 }", "decide: {}");
    project.replace(DOCUMENT, "levels: [exact, nickname, swapped", "levels: [nickname, exact, swapped");
    link(&project, &[]).fails_with(2, &["M011", "`exact` as its first level"]);
    project.replace(DOCUMENT, "levels: [nickname, exact, swapped", "levels: [exact, nickname, swapped");
    project.replace(DOCUMENT, "{ field: birth_date, levels", "{ field: birth_date, frequencies: true, levels");
    link(&project, &[]).fails_with(2, &["M011", "`birth_date` counts no value", "rare values are counted"]);
}

#[test]
fn three_files_without_duplicates_hold_a_person_once_each() {
    let [a, b] = files(1_500, 900);
    let mut draw = Draw(41);
    let mut c = HEADER.to_owned();
    for at in 0..1_500 {
        let person = if at < 900 { at } else { 2_000_000 + at };
        c.push_str(&line(&format!("c{at}"), person, at < 900, &mut draw));
    }
    let project = project(&[a, b]);
    project.write("c.csv", c);
    project.replace(
        DOCUMENT,
        "  b: { path: b.csv, id: record_id }",
        "  b: { path: b.csv, id: record_id }\n  c: { path: c.csv, id: record_id }",
    );
    let ended = link(&project, &[]);
    ended.is_fine();
    let persons = persons(&project, "out/two_files/crosswalk");
    let once = |letter: &str, person: &BTreeSet<String>| person.iter().filter(|id| id.starts_with(letter)).count() <= 1;
    assert!(persons.iter().all(|person| ["a", "b", "c"].iter().all(|letter| once(letter, person))));
    let whole =
        (0..900).filter(|n| persons.contains(&[format!("a{n}"), format!("b{n}"), format!("c{n}")].into())).count();
    assert!(whole > 780, "{whole} of 900 are whole\n{}", ended.out);
    // Records of one person in three files are no rivals: the model is as sure of them as of two files.
    let expected = ended.out.lines().find(|line| line.contains("of links are false")).unwrap();
    let percent: f64 = expected.split_whitespace().find_map(|word| word.parse().ok()).unwrap();
    assert!(percent < 2.0, "{expected}");
    let told = project.run(&["evaluate", DOCUMENT, "--truth", "person"]);
    told.is_fine();
    assert!(told.out.contains("Persons that are whole"), "{}", told.out);
}

#[test]
fn within_and_between_files_at_once() {
    let [a, mut b] = files(1_200, 700);
    let mut draw = Draw(7);
    // Each of the first 200 of the second file stands in it twice.
    for at in 0..200 {
        b.push_str(&line(&format!("again{at}"), at, true, &mut draw));
    }
    let project = project(&[a, b]);
    project.replace(DOCUMENT, "mode: link_only", "mode: link_and_dedupe");
    project.replace(DOCUMENT, "path: b.csv, id: record_id }", "path: b.csv, id: record_id, duplicates: true }");
    link(&project, &[]).is_fine();
    let persons = persons(&project, "out/two_files/crosswalk");
    let whole = (0..200).filter(|n| persons.contains(&[format!("a{n}"), format!("b{n}"), format!("again{n}")].into()));
    let whole = whole.count();
    assert!(whole > 160, "{whole} of 200");
    assert!(
        persons
            .iter()
            .all(|person| person.iter().filter(|id| id.starts_with('a') && !id.starts_with("ag")).count() <= 1)
    );
}

#[test]
fn four_in_ten_with_one_value_of_a_blocking_key_cost_what_is_told_and_no_more() {
    let crowded = |text: &str| {
        let mut out = String::new();
        for (at, line) in text.lines().enumerate() {
            let mut fields: Vec<&str> = line.split(',').collect();
            if at > 0 && at % 5 < 2 {
                fields[7] = "30000";
            }
            let _ = writeln!(out, "{}", fields.join(","));
        }
        out
    };
    let [a, b] = files(2_000, 1_200);
    let project = project(&[crowded(&a), crowded(&b)]);
    let rule = "  - { id: ssn, on: [ssn] }\n";
    project.replace(DOCUMENT, rule, &format!("{rule}  - {{ id: zip, on: [postal_code], max_pairs: 100000 }}\n"));
    let ended = link(&project, &[]);
    ended.is_fine();
    let told = ended.out.lines().find(|line| line.starts_with("zip ")).unwrap();
    let counts: Vec<u64> = told.split_whitespace().skip(1).map(|word| word.replace(',', "").parse().unwrap()).collect();
    assert_eq!(counts[1], 1, "one key is over-common: {told}");
    // Of its pairs of one person the other rules bring nearly all together, and what is left is told.
    assert!(counts[2] > 600_000 && counts[3] < 60, "{told}");
    let persons = persons(&project, "out/two_files/crosswalk");
    let found = (0..1_200).filter(|n| persons.contains(&[format!("a{n}"), format!("b{n}")].into())).count();
    assert!(found > 1_100, "{found} of 1,200");
}

#[test]
fn a_crosswalk_that_lost_a_source() {
    let project = project(&files(300, 200));
    link(&project, &[]).is_fine();
    // Of one file alone there is something to learn by another rule still.
    let rule = "  - { id: ssn, on: [ssn] }\n";
    let document = project.read(DOCUMENT).replace(rule, &format!("{rule}  - {{ id: zip, on: [postal_code] }}\n"));
    let one = document
        .replace("link: two_files", "link: first_alone")
        .replace("mode: link_only", "mode: dedupe_only")
        .replace("  a: { path: a.csv, id: record_id }", "  a: { path: a.csv, id: record_id, duplicates: true }")
        .replace("  b: { path: b.csv, id: record_id }\n", "");
    project.write("config/linkage/first_alone.yaml", one);
    project.run(&["link", "config/linkage/first_alone.yaml"]).is_fine();
    let [lost, whole] = ["out/first_alone/crosswalk", "out/two_files/crosswalk"].map(|folder| project.path(folder));
    std::fs::remove_dir_all(&whole).unwrap();
    crate::project::copy(&lost, &whole);
    let ended = project.run(&["evaluate", DOCUMENT, "--truth", "person"]);
    ended.fails_with(2, &["it holds 300 records of 600", "a file is missing in it", "link the files again"]);
}

#[test]
fn what_people_have_labelled_is_kept_to_whatever_the_model_says() {
    let project = project(&files(1_200, 700));
    // Two who have nothing in common are one person, and two who agree in everything are not.
    let labels = "left_source,left_id,right_source,right_id,label\na,a900,b,b901,same\na,a5,b,b5,different\nb,b6,a,a6,different\na,a6,b,b902,same\n";
    project.write("labels.csv", labels);
    let together = |folder: &str, one: &str, other: &str| {
        persons(&project, &format!("{folder}/crosswalk")).iter().any(|p| p.contains(one) && p.contains(other))
    };
    link(&project, &["--labels", "labels.csv", "--out", "told"]).is_fine();
    assert!(together("told", "a5", "b5") && !together("told", "a900", "b901"), "they teach, and decide nothing");
    project.add_row(DOCUMENT, "\ndecide: { keep_to_labels: true }\n");
    let ended = link(&project, &["--labels", "labels.csv", "--out", "kept"]);
    ended.is_fine();
    assert!(together("kept", "a900", "b901") && together("kept", "a6", "b902"));
    assert!(!together("kept", "a5", "b5") && !together("kept", "a6", "b6"));
    assert!(together("kept", "a7", "b7"), "nobody else is touched");
    let log = rows(&project, "kept/match_log", &["left_id", "right_id", "decision", "rule", "stopped_by"]);
    let of = |left: &str, right: &str| log.iter().find(|row| row[0] == left && row[1] == right).unwrap()[2..].join(" ");
    assert_eq!(
        (of("a900", "b901"), of("a5", "b5")),
        ("link labels ".to_owned(), {
            let rule = log.iter().find(|row| row[0] == "a5").unwrap()[3].clone();
            format!("vetoed {rule} labels")
        })
    );
    let told = project.run(&["explain", "a:a900", "b:b901", "--pipeline", DOCUMENT, "--out", "kept"]);
    told.is_fine();
    assert!(told.out.contains("labels"), "{}", told.out);
    // Left out by mistake, they are not forgotten without a word.
    link(&project, &["--out", "without"]).fails_with(2, &["keeps to labels", "--labels FILE"]);
    assert!(!project.path("without").exists());
    // Through a third they cannot be joined either.
    let mut three = labels.to_owned();
    three.push_str("a,a6,b,b6,same\n");
    project.write("labels.csv", three);
    link(&project, &["--labels", "labels.csv"]).fails_with(5, &["contradicts itself"]);
}

#[test]
fn labels_that_put_a_person_twice_into_a_file_without_duplicates_are_refused() {
    let project = project(&files(900, 600));
    project.add_row(DOCUMENT, "\ndecide: { keep_to_labels: true }\n");
    let head = "left_source,left_id,right_source,right_id,label\n";
    project.write("labels.csv", format!("{head}a,a1,b,b1,same\na,a1,b,b2,same\n"));
    link(&project, &["--labels", "labels.csv"]).fails_with(5, &["labels.csv", "b1 and b2 of b", "nobody stands twice"]);
    project.replace(DOCUMENT, "mode: link_only", "mode: link_and_dedupe");
    link(&project, &[]).fails_with(2, &["M006", "every file is said to have none"]);
}

#[test]
fn a_file_of_one_person_teaches_nothing_and_two_programs_do_not_write_at_once() {
    let mut both = files(400, 200);
    let mut draw = Draw(3);
    let one = line("x", 7, false, &mut draw);
    let (_, of_one) = one.split_once(',').unwrap();
    for at in 0..4_000 {
        let _ = write!(both[0], "x{at},{of_one}");
    }
    let crowded = project(&both);
    crowded.replace(
        DOCUMENT,
        "a: { path: a.csv, id: record_id }",
        "a: { path: a.csv, id: record_id, duplicates: true }",
    );
    crowded.replace(
        DOCUMENT,
        "b: { path: b.csv, id: record_id }",
        "b: { path: b.csv, id: record_id, duplicates: true }",
    );
    crowded.replace(DOCUMENT, "mode: link_only", "mode: link_and_dedupe");
    link(&crowded, &[]).fails_with(5, &["look like one person", "take repeated records out"]);

    let project = project(&files(900, 600));
    link(&project, &[]).is_fine();
    let before = project.files("out/two_files/crosswalk");
    let lock = std::fs::OpenOptions::new().write(true).open(project.path("out/two_files/.lock")).unwrap();
    lock.lock().unwrap();
    link(&project, &[]).fails_with(7, &["another run", "out/two_files"]);
    assert_eq!(project.files("out/two_files/crosswalk"), before);
    drop(lock);
    link(&project, &[]).is_fine();
}

#[test]
fn a_model_that_was_changed_by_hand_or_is_of_other_fields_is_refused() {
    let project = project(&files(900, 600));
    link(&project, &[]).is_fine();
    let model = project.read("out/two_files/model.json");
    let weight = model.lines().find(|line| line.contains("\"weight\"")).unwrap().to_owned();
    project.write("model.json", model.replacen(&weight, "          \"weight\": 12345,", 1));
    link(&project, &["--model", "model.json"]).fails_with(2, &["somebody has changed them"]);
    project.write("model.json", &model);
    link(&project, &["--model", "model.json"]).is_fine();
    project.replace(DOCUMENT, "holds: postal_code", "holds: text");
    link(&project, &["--model", "model.json"]).fails_with(2, &["field `postal_code` holds something else"]);
}
