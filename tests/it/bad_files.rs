//! Files that are wrong: each has its exit code and message; nothing is lost, and nothing is published that should not be.

use std::fs;
use std::sync::Arc;

use crate::project::{Project, released};

const ENROLLMENT: &str = "sample_data/k12/enrollment_2020.csv";
const WAGES: &str = "sample_data/wages/UIWAGE_2022Q1.txt";

/// A run after one change, which must fail and publish nothing.
pub fn refused(change: impl Fn(&Project)) -> crate::project::Ended {
    let project = Project::small();
    change(&project);
    let ended = project.statewide();
    assert_ne!(ended.code, 0, "it ran: {}", ended.out);
    assert!(!project.path("out/current.json").exists(), "something was published");
    assert!(project.files("out/releases").is_empty());
    ended
}

/// A run after one change, which must succeed; gives the quarantined rows of the file as `line|rule|reason`.
fn quarantined(file: &str, change: impl Fn(&Project)) -> Vec<String> {
    let project = Project::small();
    change(&project);
    project.statewide().is_fine();
    set_aside(&project, file)
}

fn set_aside(project: &Project, file: &str) -> Vec<String> {
    let name = file.rsplit('/').next().unwrap();
    project
        .ask(&format!(
            "select line || '|' || rule || '|' || reason from quarantine where file = '{name}' order by line, rule"
        ))
        .iter()
        .map(|row| row.trim_matches('"').to_owned())
        .collect()
}

/// What is said of one line among the rows set aside.
fn of_line(rows: &[String], line: usize) -> String {
    rows.iter().find(|row| row.starts_with(&format!("{line}|"))).unwrap_or_else(|| panic!("{rows:?}")).clone()
}

fn bytes(project: &Project, file: &str) -> Vec<u8> {
    fs::read(project.path(file)).unwrap()
}

/// Changes one line of a file, counted from 1.
fn line(project: &Project, file: &str, number: usize, change: impl Fn(&str) -> String) {
    let text: Vec<u8> = bytes(project, file);
    let text: String = text.iter().map(|b| char::from(*b)).collect();
    let lines: Vec<String> = text
        .split_inclusive('\n')
        .enumerate()
        .map(|(i, l)| if i + 1 == number { change(l) } else { l.to_owned() })
        .collect();
    let latin: Vec<u8> = lines.concat().chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    project.write(file, latin);
}

#[test]
fn a_missing_file() {
    let ended = refused(|p| fs::remove_file(p.path("sample_data/licences/licences.parquet")).unwrap());
    ended.fails_with(3, &["nothing has arrived for: licences", "optional: true"]);
    insta::assert_snapshot!(ended.error());
}

#[test]
fn an_empty_file() {
    let ended = refused(|p| p.write(ENROLLMENT, ""));
    ended.fails_with(4, &["enrollment_2020.csv", "the file is empty"]);
    insta::assert_snapshot!(ended.error());
}

#[test]
fn a_header_only() {
    let ended = refused(|p| {
        let text = p.read(ENROLLMENT);
        p.write(ENROLLMENT, format!("{}\n", text.lines().next().unwrap()));
    });
    ended.fails_with(4, &["enrollment_2020.csv", "its header and no records"]);
    insta::assert_snapshot!(ended.error());
}

#[test]
fn a_missing_column() {
    let ended = refused(|p| line(p, ENROLLMENT, 1, |l| l.replacen("BIRTH_DATE,", "", 1)));
    ended.fails_with(4, &["enrollment_2020.csv", "line 1", "BIRTH_DATE"]);
    insta::assert_snapshot!(ended.error());
}

#[test]
fn an_extra_column() {
    let ended = refused(|p| line(p, ENROLLMENT, 1, |l| format!("FAVOURITE,{l}")));
    ended.fails_with(4, &["enrollment_2020.csv", "line 1", "FAVOURITE"]);
    insta::assert_snapshot!(ended.error());
}

#[test]
fn a_renamed_header() {
    let ended = refused(|p| line(p, ENROLLMENT, 1, |l| l.replacen("BIRTH_DATE", "BIRTHDATE", 1)));
    ended.fails_with(4, &["enrollment_2020.csv", "line 1", "BIRTHDATE", "BIRTH_DATE"]);
    insta::assert_snapshot!(ended.error());
}

#[test]
fn a_ragged_row() {
    let rows = quarantined(ENROLLMENT, |p| line(p, ENROLLMENT, 4, |l| format!("extra,{l}")));
    insta::assert_snapshot!(of_line(&rows, 4));
}

#[test]
fn an_unclosed_quote() {
    let ended = refused(|p| line(p, ENROLLMENT, 5, |l| format!("\"{l}")));
    ended.fails_with(4, &["enrollment_2020.csv", "line 5", "quote"]);
    insta::assert_snapshot!(ended.error());
}

#[test]
fn a_wrong_encoding() {
    let file = "sample_data/k12/cte_courses_2020.csv";
    let rows = quarantined(file, |p| {
        // The small state's file is so short that one bad row would pass the gate of two per cent.
        p.replace("config/contracts/cte_courses.yaml", "rejected: 2%", "rejected: 50%");
        let mut text = bytes(p, file);
        let at = text.iter().enumerate().filter(|(_, b)| **b == b'\n').nth(1).unwrap().0 + 1;
        text[at] = 0xe9;
        p.write(file, text);
    });
    insta::assert_snapshot!(of_line(&rows, 3));
}

const COURSES: &str = "sample_data/k12/cte_courses_2020.csv";

#[test]
fn a_byte_order_mark_changes_nothing() {
    let marked = quarantined(COURSES, |p| p.write(COURSES, format!("\u{feff}{}", p.read(COURSES))));
    assert_eq!(set_aside(released(), COURSES), marked);
}

#[test]
fn line_ends_of_windows_change_nothing() {
    let ended = quarantined(COURSES, |p| p.write(COURSES, p.read(COURSES).replace("\r\n", "\n").replace('\n', "\r\n")));
    assert_eq!(set_aside(released(), COURSES), ended);
}

/// A file of courses in UTF-16, the bytes of each unit in this order, with or without its mark.
fn in_utf_16(mark: bool, order: fn(u16) -> [u8; 2]) -> crate::project::Ended {
    refused(|p| {
        let text = format!("{}{}", if mark { "\u{feff}" } else { "" }, p.read(COURSES));
        p.write(COURSES, text.encode_utf16().flat_map(order).collect::<Vec<u8>>());
    })
}

#[test]
fn a_whole_file_in_utf_16_with_its_mark() {
    let ended = in_utf_16(true, u16::to_le_bytes);
    ended.fails_with(4, &["cte_courses_2020.csv", "line 1, column 1", "set `encoding: utf-16le`"]);
    insta::assert_snapshot!(ended.error());
}

#[test]
fn a_whole_file_in_utf_16_without_its_mark() {
    let ended = in_utf_16(false, u16::to_be_bytes);
    ended.fails_with(4, &["cte_courses_2020.csv", "line 1, column 1", "set `encoding: utf-16be`"]);
    insta::assert_snapshot!(ended.error());
}

#[test]
fn a_whole_file_of_fixed_width_in_utf_16() {
    let ended =
        refused(|p| p.write(WAGES, p.read(WAGES).encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>()));
    ended.fails_with(4, &["UIWAGE_2022Q1.txt", "line 1, column 2", "set `encoding: utf-16le`"]);
    insta::assert_snapshot!(ended.error());
}

/// The file of courses as windows-1252 writes it, a letter with an accent in every row.
fn in_windows_1252(project: &Project) {
    let text = project.read(COURSES);
    let (header, rows) = text.split_once('\n').unwrap();
    let text = format!("{header}\n{}", rows.replace(",Intro", ",\u{cf}ntro").replace(",CT", ",\u{e9}CT"));
    project.write(COURSES, text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect::<Vec<u8>>());
}

#[test]
fn a_whole_file_in_windows_1252_where_utf_8_is_declared() {
    let ended = refused(in_windows_1252);
    ended.fails_with(4, &["cte_courses_2020.csv", "line 2: ", "character ", "`encoding:`"]);
    assert_eq!(ended.error().lines().filter(|l| l.starts_with("  - ")).count(), 1, "{}", ended.error());
    insta::assert_snapshot!(ended.error());
}

#[test]
fn most_rows_of_another_encoding_refuse_a_file_whatever_its_gate() {
    let ended = refused(|p| {
        p.replace("config/contracts/cte_courses.yaml", "rejected: 2%", "rejected: 100%");
        in_windows_1252(p);
    });
    ended.fails_with(4, &["cte_courses_2020.csv", "line 2: ", "`encoding:`"]);
}

#[test]
fn nul_bytes() {
    let rows = quarantined(ENROLLMENT, |p| line(p, ENROLLMENT, 3, |l| format!("\0{l}")));
    insta::assert_snapshot!(of_line(&rows, 3));
}

#[test]
fn a_truncated_file() {
    let ended = refused(|p| {
        let text = p.read(WAGES);
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        p.write(WAGES, lines[..lines.len() - 1].concat());
    });
    ended.fails_with(4, &["UIWAGE_2022Q1.txt", "cut off"]);
    insta::assert_snapshot!(ended.error());
}

#[test]
fn a_trailer_count_off_by_one() {
    let ended = refused(|p| {
        let text = p.read(WAGES);
        let trailer = text.lines().last().unwrap().to_owned();
        let count: u64 = trailer[1..10].trim().parse().unwrap();
        p.replace(WAGES, &trailer, &format!("T{:09}{}", count + 1, &trailer[10..]));
    });
    ended.fails_with(4, &["UIWAGE_2022Q1.txt", "UI-C-001"]);
    insta::assert_snapshot!(ended.error());
}

#[test]
fn a_wrong_wage_total() {
    let ended = refused(|p| {
        let text = p.read(WAGES);
        let trailer = text.lines().last().unwrap().to_owned();
        let total: u64 = trailer[10..25].trim().parse().unwrap();
        p.replace(WAGES, &trailer, &format!("{}{:015}{}", &trailer[..10], total + 1, &trailer[25..]));
    });
    ended.fails_with(4, &["UIWAGE_2022Q1.txt", "UI-C-002"]);
    insta::assert_snapshot!(ended.error());
}

/// Rules that rows of a file broke, with how many rows broke each, after a run over a changed line.
fn violations(file: &str, number: usize, change: impl Fn(&str) -> String) -> String {
    let project = Project::small();
    line(&project, file, number, change);
    project.statewide().is_fine();
    let name = file.rsplit('/').next().unwrap();
    let stays = format!("select count(*) from quarantine where line = {number} and file = '{name}'");
    assert_eq!(project.ask(&stays), ["0"], "the row itself stays");
    let results = project.last_results();
    let of_file = results["files"].as_array().unwrap().iter().find(|f| f["file"] == name).unwrap().clone();
    let of_file = of_file["violations"].as_object().unwrap().clone();
    of_file.iter().map(|(rule, rows)| format!("{rule}: {rows}")).collect::<Vec<_>>().join("\n")
}

fn birth_date(with: &str) -> String {
    let header = released().read(ENROLLMENT).lines().next().unwrap().to_owned();
    let at = header.split(',').position(|c| c == "BIRTH_DATE").unwrap();
    violations(ENROLLMENT, 2, |l| replace_field(l, at, with))
}

#[test]
fn the_first_of_january_1900_is_no_birth_date() {
    let broken = birth_date("1/1/1900");
    assert!(broken.lines().any(|l| l == "birth_date.range: 1"), "{broken}");
    insta::assert_snapshot!(broken);
}

#[test]
fn a_birth_date_in_the_future_leaves_its_row() {
    let broken = birth_date("1/1/2031");
    assert!(broken.lines().any(|l| l == "birth_date.range: 1"), "{broken}");
    insta::assert_snapshot!(broken);
}

#[test]
fn an_ssn_that_lost_its_zero_leaves_its_row() {
    let broken = violations("sample_data/postsecondary/enrollment_2021.txt", 2, |l| {
        let mut fields: Vec<&str> = l.split('|').collect();
        fields[2] = "12345678";
        fields.join("|")
    });
    assert!(broken.contains("ssn.length") && broken.contains("ssn.pattern"), "{broken}");
    insta::assert_snapshot!(broken);
}

fn replace_field(line: &str, at: usize, with: &str) -> String {
    let mut fields: Vec<&str> = line.split(',').collect();
    fields[at] = with;
    fields.join(",")
}

#[test]
fn more_strays_than_a_reference_tolerates() {
    let ended = refused(|p| {
        // No school is known any more; the contract tolerates a few per cent.
        let contract = p.read("config/contracts/cte_courses.yaml");
        let rule = contract.lines().find(|l| l.contains("CTE-R-001")).unwrap().to_owned();
        assert!(rule.contains("key: [org_id]"), "{rule}");
        let strict = rule.replace("key: [org_id]", "key: [name]");
        let strict = if strict.contains("tolerance:") { strict } else { strict.replace(" }", ", tolerance: 5% }") };
        p.replace("config/contracts/cte_courses.yaml", &rule, &strict);
    });
    ended.fails_with(4, &["cte_courses", "CTE-R-001", "at most"]);
    insta::assert_snapshot!(ended.error());
}

#[test]
fn a_duplicate_delivery_is_passed_over() {
    let project = Project::after_a_run();
    let before = project.files("out/releases");
    fs::copy(project.path(ENROLLMENT), project.path("sample_data/k12/enrollment_2020_again.csv")).unwrap();
    let again = project.statewide();
    again.is_fine();
    assert!(again.out.contains("enrollment_2020_again.csv repeats enrollment_2020.csv"), "{}", again.out);
    assert_eq!(before, project.files("out/releases"));
}

#[test]
fn a_snapshot_that_shrank_by_half() {
    let project = Project::after_a_run();
    let before = project.read("out/current.json");
    let text = bytes(&project, ENROLLMENT);
    let lines: Vec<&[u8]> = text.split_inclusive(|b| *b == b'\n').collect();
    let half: Vec<u8> = lines[..lines.len() / 3].concat();
    project.write("sample_data/k12/enrollment_2020_resent.csv", half);
    let ended = project.statewide();
    ended.fails_with(4, &["enrollment_2020_resent.csv", "much smaller"]);
    insta::assert_snapshot!(ended.error());
    assert_eq!(before, project.read("out/current.json"), "the pointer moved");
}

/// The lines of a file in the code page of the sample's extracts, in which a byte is a character.
fn lines_of(project: &Project, file: &str) -> Vec<String> {
    let text: String = bytes(project, file).iter().map(|b| char::from(*b)).collect();
    text.lines().map(str::to_owned).collect()
}

/// Adds a line to a file.
fn more(project: &Project, file: &str, line: &str) {
    let lines = lines_of(project, file).into_iter().chain([line.to_owned()]).map(|line| line + "\n");
    let latin: Vec<u8> = lines.collect::<String>().chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    project.write(file, latin);
}

#[test]
fn records_that_contradict_each_other_are_set_aside_or_counted_once() {
    let project = Project::small();
    let clusters = "sample_data/directory/cip_cluster.csv";
    // A second primary cluster of a code in the same years.
    let primary = lines_of(&project, clusters).into_iter().find(|l| l.contains(",C16,") && l.contains(",Y,")).unwrap();
    let sound = project.read(clusters);
    more(&project, clusters, &replace_field(&primary, 2, if primary.contains(",C16,01,") { "02" } else { "01" }));
    // Which of the two is meant nobody here can tell, and the first line of the file is no reason.
    project.statewide().fails_with(4, &["cip_cluster", "CCL-U-002", "The CIP code has two primary clusters"]);
    project.write(clusters, sound);
    // An exit before the entry, in a file so small that one row is above the share that may be so; and a learner in two districts on the same days.
    let contract = "config/contracts/k12_enrollment.yaml";
    project.replace(
        contract,
        "says: Exit date is before entry date, tolerance: 1%",
        "says: Exit date is before entry date, tolerance: 20%",
    );
    project.replace(contract, "gate: { rejected: 2% }", "gate: { rejected: 20% }");
    line(&project, ENROLLMENT, 3, |l| replace_field(&replace_field(l, 20, "1/5/2010"), 21, "01921"));
    let enrolled: Vec<Vec<String>> =
        lines_of(&project, ENROLLMENT)[1..].iter().map(|l| l.split(',').map(str::to_owned).collect()).collect();
    let other = enrolled.iter().find(|fields| fields[2] != enrolled[3][2]).unwrap();
    let mut elsewhere = enrolled[3].clone();
    elsewhere[2..4].clone_from_slice(&other[2..4]);
    more(&project, ENROLLMENT, &elsewhere.join(","));
    // One who graduated in two districts; a program and a course under CIP codes that nobody knows.
    let graduate = enrolled.iter().find(|fields| fields[21] == "01921" && fields[2] != other[2]).unwrap();
    let mut twice = graduate.clone();
    twice[2..4].clone_from_slice(&other[2..4]);
    more(&project, ENROLLMENT, &twice.join(","));
    line(&project, "sample_data/directory/programs.csv", 3, |l| replace_field(l, 3, "01.9998"));
    let courses = "config/contracts/cte_courses.yaml";
    project.replace(courses, "{ name: program_code, type: text, required: true,", "{ name: program_code, type: text,");
    line(&project, "sample_data/k12/cte_courses_2020.csv", 2, |l| {
        replace_field(&replace_field(l, 9, ""), 10, "99.9998")
    });
    // An agency that says nothing of status leaves those columns out, and nothing rests on them.
    let file = "sample_data/k12/cte_courses_2020.csv";
    let without: Vec<String> =
        lines_of(&project, file).iter().map(|l| l.rsplitn(3, ',').last().unwrap().to_owned() + "\n").collect();
    assert!(without[0].ends_with("completion_date\n"), "{}", without[0]);
    let latin = without.concat().chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect::<Vec<u8>>();
    project.write(file, latin);
    // A code that was retired before the school year of the row: the field is emptied, the row stands.
    let retired = "01930,Retired in 2019,,2019-06-30\n";
    project.add_row("config/code_sets/exit_type.csv", retired);
    line(&project, ENROLLMENT, 6, |l| replace_field(&replace_field(l, 20, "5/5/2020"), 21, "01930"));
    project.statewide().is_fine();
    let results = project.last_results();
    let file = results["files"]
        .as_array()
        .unwrap()
        .iter()
        .find(|f| ENROLLMENT.ends_with(f["file"].as_str().unwrap()))
        .unwrap();
    assert_eq!(file["violations"]["exit_type.in_use"], 1, "{file}");

    // The summary says what people should look at.
    let notes = results["notes"].to_string();
    for note in [
        "Learners enrolled in two districts on one day (each counts once, with the last that served them): 2.",
        "Learners who graduated in two districts (the last exit stands): 1.",
        "Programs of the directory under CIP codes that no list knows (code_crosswalk): 1.",
        "CTE courses known by a CIP code alone that no program and no list of clusters knows: 1.",
    ] {
        assert!(notes.contains(note), "{note} in {notes}");
    }

    assert!(of_line(&set_aside(&project, ENROLLMENT), 3).contains("K12-E-004"));
    assert_eq!(set_aside(&project, ENROLLMENT).len(), 1, "both enrollments stand");
    let cells = "select sum(case when grouping_set = 'total' then learners end), sum(case when grouping_set = 'gender' then learners end)
                 from cte_participation where year = 2020 and level = 'secondary'";
    let cells = project.ask(cells);
    let counts: Vec<&str> = cells[0].split(',').collect();
    assert_eq!(counts[0], counts[1], "a learner of two districts counts once");
}

#[test]
fn a_rule_that_compares_where_nothing_is_true_or_false() {
    let project = Project::without_data();
    let contract = "config/contracts/cip_cluster.yaml";
    project.replace(contract, "where: primary_cluster", "where: cluster");
    project.run(&["check", "pipelines/statewide.yaml"]).fails_with(2, &["C035", "which is no boolean"]);
    project.replace(contract, "where: cluster", "where: primary");
    project.run(&["check", "pipelines/statewide.yaml"]).fails_with(2, &["cip_cluster.yaml", "primary"]);
}

/// A table that was once published has groups, totals and suppressed cells; targets are one number an indicator and year.
#[test]
fn a_published_table_in_place_of_the_targets() {
    const TARGETS: &str = "sample_data/directory/targets.csv";
    let published = "indicator,reporting_year,subgroup,numerator,denominator,rate\n3S1,2024,F,410,502,81.67\n3S1,2024,_total,800,1000,80.00\n";
    refused(|project| project.write(TARGETS, published))
        .fails_with(4, &["targets", "target", "numerator", "nothing was published"]);
    // Its columns renamed, its rows still give one indicator several targets, of which nobody here can tell the right one.
    let renamed = "indicator,reporting_year,target\n3S1,2024,81.67\n3S1,2024,77.40\n3S1,2024,80.00\n1S1,2024,91.50\n";
    refused(|project| project.write(TARGETS, renamed))
        .fails_with(4, &["targets", "The indicator has two targets in the year", "nothing was published"]);
    // A cell that was suppressed is no number.
    let suppressed = "indicator,reporting_year,target\n3S1,2024,<10\n";
    refused(|project| project.write(TARGETS, suppressed)).fails_with(4, &["targets", "More rows were rejected"]);
}

#[test]
fn somebody_who_stands_thousands_of_times_in_a_source_is_told() {
    use arrow::array::{ArrayRef, RecordBatch, StringArray, UInt32Array};
    let file = "sample_data/licences/licences.parquet";
    let project = Project::small();
    let bytes = bytes::Bytes::from(fs::read(project.path(file)).unwrap());
    let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(bytes).unwrap();
    let whole = reader.build().unwrap().next().unwrap().unwrap();
    let copies = 2_000_u32;
    let rows =
        UInt32Array::from_iter_values((0..u32::try_from(whole.num_rows()).unwrap()).chain((0..copies).map(|_| 0)));
    let schema = whole.schema();
    let columns = schema.fields().iter().zip(whole.columns()).map(|(field, column)| {
        let taken = arrow::compute::take(column, &rows, None).unwrap();
        let taken: ArrayRef = if field.name() == "licence_no" {
            let own = arrow::compute::cast(&taken, &arrow::datatypes::DataType::Utf8).unwrap();
            let own = own.as_any().downcast_ref::<StringArray>().unwrap();
            let number = |at: usize| if at < whole.num_rows() { own.value(at).to_owned() } else { format!("X{at:08}") };
            Arc::new(StringArray::from_iter_values((0..rows.len()).map(number)))
        } else {
            taken
        };
        (field.name().clone(), taken)
    });
    let batch = RecordBatch::try_from_iter_with_nullable(columns.map(|(name, column)| (name, column, true))).unwrap();
    let mut written = Vec::new();
    let mut writer = parquet::arrow::ArrowWriter::try_new(&mut written, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    project.write(file, written);
    let ended = project.statewide();
    ended.is_fine();
    assert!(ended.out.contains("held by more records than one person can have"), "{}", ended.out);
    assert!(ended.out.contains("take repeated rows out at the source"), "{}", ended.out);
}
