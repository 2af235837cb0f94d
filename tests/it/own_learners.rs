//! What names learners on purpose: lists for their own districts, and request files for the Clearinghouse.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use unicode_normalization::UnicodeNormalization as _;

use crate::project::{Ended, Project, repository, sample_release};

/// Every student id within a district that the sample's enrollments name, by district, and every state id with its names.
fn known() -> (BTreeMap<String, BTreeSet<String>>, BTreeMap<String, BTreeSet<String>>) {
    let (mut by_district, mut last_names) = (BTreeMap::<_, BTreeSet<_>>::new(), BTreeMap::<_, BTreeSet<_>>::new());
    for entry in fs::read_dir(repository().join("sample_data/k12")).unwrap() {
        let path = entry.unwrap().path();
        if !path.file_name().unwrap().to_string_lossy().starts_with("enrollment_") {
            continue;
        }
        let text: String = fs::read(path).unwrap().iter().map(|b| char::from(*b)).collect();
        for line in text.lines().skip(1) {
            let fields: Vec<&str> = line.split(',').collect();
            by_district.entry(fields[2].to_owned()).or_default().insert(fields[1].to_owned());
            last_names.entry(fields[0].to_owned()).or_default().insert(fields[6].to_uppercase());
        }
    }
    (by_district, last_names)
}

#[test]
fn a_district_gets_its_own_learners_under_its_own_ids_and_nobody_else_s() {
    let project = sample_release();
    let (by_district, _) = known();
    let rows = project.ask("SELECT district_id, local_student_id, reason FROM learner_watchlist");
    assert!(rows.len() >= 10, "{rows:?}");
    for row in &rows {
        let fields: Vec<&str> = row.split(',').collect();
        assert!(by_district[fields[0]].contains(fields[1]), "{row}");
    }
    // One folder a district, with the rows of that district and no more.
    let home = format!("{}/local", project.release());
    let mut found = 0;
    for folder in fs::read_dir(project.path(&home)).unwrap() {
        let district = folder.unwrap().file_name().into_string().unwrap();
        let ours = rows.iter().filter(|row| row.starts_with(&format!("{district},"))).count();
        assert!(ours > 0, "{district}");
        let files = project.files(&format!("{home}/{district}/mart=learner_watchlist"));
        assert_eq!(files.len(), 1, "{district}");
        let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(
            files[0].1.clone(),
        ));
        for batch in reader.unwrap().build().unwrap() {
            let batch = batch.unwrap();
            let districts =
                arrow::compute::cast(batch.column_by_name("district_id").unwrap(), &arrow::datatypes::DataType::Utf8);
            let districts = districts.unwrap();
            let districts = arrow::array::AsArray::as_string::<i32>(&districts);
            assert!(districts.iter().all(|d| d == Some(district.as_str())), "{district}");
            found += batch.num_rows();
        }
    }
    assert_eq!(found, rows.len());
    // Who lacks something has it nowhere in what the rules say.
    let contradicted = project.ask(
        "SELECT count(*) FROM learner_watchlist WHERE (reason = 'one_course_short' AND units >= 2) OR (reason <> 'one_course_short' AND units < 2)",
    );
    assert_eq!(contradicted, ["0"]);
}

#[test]
fn the_clearinghouse_is_asked_about_graduates_in_its_own_form() {
    let project = sample_release();
    let (_, last_names) = known();
    let record = project.last_results();
    let asked = &record["requests"][0];
    assert_eq!(asked["request"], "nsc_high_school");
    let text = project.read(&format!("out/{}", asked["file"].as_str().unwrap()));
    assert!(text.is_ascii());
    let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split('\t').collect()).collect();
    let (header, trailer) = (&lines[0], &lines[lines.len() - 1]);
    assert_eq!((header[0], header.len()), ("PH3", 6));
    assert_eq!(trailer[..], ["PT3", &lines.len().to_string()]);
    let learners = &lines[1..lines.len() - 1];
    assert_eq!(learners.len() as u64, asked["learners"].as_u64().unwrap());
    let day = |text: &str| chrono::NaiveDate::parse_from_str(text, "%Y%m%d").unwrap();
    let mut alike = 0;
    // Each kind in the words of the Clearinghouse's list; the sample's graduates have three.
    let diplomas: BTreeSet<&str> = learners.iter().map(|learner| learner[10]).collect();
    assert_eq!(diplomas, BTreeSet::from(["Endorsed/Advanced", "IB", "Regular"]));
    for learner in learners {
        assert_eq!((learner.len(), learner[0], learner[1], learner[27]), (28, "PD3", "NO SSN", "ED"));
        assert!(day(learner[8]) < day(learner[11]), "{learner:?}");
        // The file is ASCII: letters lose their marks, and everything but letters may be written otherwise.
        let letters = |name: &str| name.nfkd().filter(char::is_ascii_alphabetic).collect::<String>();
        let known = last_names.get(learner[9]).unwrap_or_else(|| panic!("{learner:?}"));
        alike += usize::from(known.iter().any(|known| letters(known).starts_with(&letters(learner[4]))));
    }
    // A person's last record may be one that linkage found under another id; the others bear the name that stands beside the id.
    assert!(alike * 1000 >= learners.len() * 995, "{alike} of {}", learners.len());
    // Whoever came back in the return was asked about by that id.
    let ids: BTreeSet<&str> = learners.iter().map(|learner| learner[9]).collect();
    assert_eq!(ids.len(), learners.len());
}

#[test]
fn a_request_of_too_few_learners_writes_no_file_and_says_so() {
    let project = Project::small();
    let sql = "config/requests/nsc_high_school.sql";
    project.replace(sql, "GROUP BY g.person_id\n", "GROUP BY g.person_id ORDER BY g.person_id LIMIT 10\n");
    let ended = project.statewide();
    ended.is_fine();
    assert!(ended.out.contains("none: fewer than 11 learners are not loaded"), "{}", ended.out);
    let asked = &project.last_results()["requests"][0];
    assert_eq!((asked["learners"].as_u64(), asked["file"].as_str()), (Some(10), None));
    assert!(project.files("out/restricted/requests").is_empty());
}

fn checked(change: impl Fn(&Project)) -> Ended {
    let project = Project::without_data();
    change(&project);
    project.run(&["check", "pipelines/statewide.yaml"])
}

#[test]
fn own_ids_stand_in_the_local_zone_alone() {
    let mart = "config/marts/learner_watchlist.yaml";
    let with = |change: &dyn Fn(&Project)| {
        checked(|p| {
            p.replace("pipelines/statewide.yaml", "rules: [perkins_v]", "rules: [perkins_v, practice]");
            p.replace("pipelines/statewide.yaml", ", opportunity_gap]", ", opportunity_gap, learner_watchlist]");
            change(p);
        })
    };
    with(&|_| {}).is_fine();
    let ended = with(&|p| p.replace(mart, "zone: local", "zone: research"));
    ended.fails_with(2, &["M027", "ids of an organisation's own may not stand in the research zone"]);
    let ended = with(&|p| p.replace(mart, ", of: district_id", ""));
    ended.fails_with(2, &["M027", "does not say whose learners it shows"]);
    let ended = with(&|p| p.replace(mart, "[district_id, local_student_id,", "[local_student_id, district_id,"));
    ended.fails_with(2, &["M027", "the primary key does not begin with `district_id`"]);
    let ended = with(&|p| p.replace(mart, "of: district_id", "of: distrikt_id"));
    ended.fails_with(2, &["M010", "did you mean `district_id`?"]);
    // The table that knows the ids is out of everybody's reach.
    let sql = "config/marts/learner_watchlist.sql";
    let ended = with(&|p| p.replace(sql, "FROM learner_watch", "FROM learner_watch, \"own ids\""));
    ended.fails_with(2, &["M020", "own ids"]);
}

#[test]
fn a_request_that_its_form_cannot_take() {
    let (request, sql) = ("config/requests/nsc_high_school.yaml", "config/requests/nsc_high_school.sql");
    let ended = checked(|p| p.replace("pipelines/statewide.yaml", "[nsc_high_school]", "[nsc_high_scool]"));
    ended.fails_with(2, &["P005", "there is no request `nsc_high_scool`", "did you mean `nsc_high_school`?"]);
    let ended = checked(|p| p.replace(request, "form: high_school", "form: college"));
    ended.fails_with(2, &["Q001", "six digits", "branch is missing", "must say what it asks", "Q002", "search_date"]);
    let ended = checked(|p| p.replace(request, "form: high_school", "form: high_school\ninquiry: SE"));
    ended.fails_with(2, &["Q001", "no kind of inquiry"]);
    let ended = checked(|p| p.replace(sql, "AS disability", "AS disabled"));
    ended.fails_with(2, &["Q003", "the form has no field `disabled`", "did you mean `disability`?"]);
    let ended = checked(|p| p.replace(sql, "AS diploma_type", "AS act_code"));
    ended.fails_with(2, &["Q002", "the SQL makes no column `diploma_type`"]);
    let ended = checked(|p| p.replace(request, "identity: k12_enrollment", "identity: k12_enrolment"));
    ended.fails_with(2, &["Q004", "did you mean `k12_enrollment`?"]);
    let ended = checked(|p| p.replace(request, "identity: k12_enrollment", "identity: programs"));
    ended.fails_with(2, &["Q004", "no source that names persons in clear"]);
    let ended = checked(|p| p.replace(sql, "FROM secondary_exit", "FROM secondary_exits"));
    ended.fails_with(2, &["Q005", "secondary_exits"]);
}
