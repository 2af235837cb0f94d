//! The agency that keeps its identities to itself: its tokens leave, nothing else does, and the links come out the same.

use crate::project::{Project, released};

/// Everything the match log says but the run's own fingerprint and the numbering, which follow the delivery's bytes.
const DECISIONS: &str = "select pass_id, pass_version, strength, left_source, left_ref, right_source, right_ref, agreed_parts, disagreed_parts, \
     missing_parts, key_frequency, guards, vetoed_by, decision from match_log order by 1, 5, 7, 14";

/// Tokenises every file of college enrolment and has the pipeline read the tokens in place of the files.
fn send_tokens(project: &Project) {
    for entry in std::fs::read_dir(project.path("sample_data/postsecondary")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if !name.starts_with("enrollment_") {
            continue;
        }
        let (file, out) = (format!("sample_data/postsecondary/{name}"), format!("sent/{name}.tokens.parquet"));
        std::fs::create_dir_all(project.path("sent")).unwrap();
        let ended = project.run(&[
            "tokenize",
            &file,
            "--contract",
            "ps_enrollment",
            "--key",
            "demo",
            "--synthetic",
            "--out",
            &out,
        ]);
        ended.is_fine();
        assert!(ended.out.contains("no name, birth date, SSN or id leaves in clear"), "{}", ended.out);
    }
    project.replace(
        "pipelines/statewide.yaml",
        "files: \"sample_data/postsecondary/enrollment_*.txt\", synthetic: true",
        "files: \"sent/enrollment_*.parquet\", synthetic: true, tokenized: true",
    );
}

#[test]
fn a_tokenised_source_is_linked_as_the_clear_one() {
    let (clear, sent) = (released(), Project::small());
    send_tokens(&sent);
    sent.statewide().is_fine();
    let (one, other) = (clear.ask(DECISIONS), sent.ask(DECISIONS));
    assert!(one.len() > 300, "{} decisions", one.len());
    assert!(one.iter().any(|d| d.contains("ps_enrollment")));
    assert_eq!(one, other);
    let placed = "select * from placement order by all_columns_are_the_key";
    let placed = placed.replace("all_columns_are_the_key", "1, 2, 3, 4, 5, 6, 7, 8, 9");
    assert_eq!(clear.ask(&placed), sent.ask(&placed), "the numbers differ");

    // What the linkage is worth can be told all the same, but for what nobody can see of tokens.
    let truth = "sample_data/truth/records.parquet";
    let evaluate = ["evaluate", "pipelines/statewide.yaml", "--truth", truth];
    let whole = clear.run(&evaluate);
    whole.is_fine();
    as_sent(&sent, truth);
    let of_tokens = sent.run(&evaluate);
    of_tokens.is_fine();
    let line = |ended: &crate::project::Ended, begins: &str| {
        ended.out.lines().find(|line| line.starts_with(begins)).unwrap_or_default().to_owned()
    };
    for begins in ["Precision of links", "Recall of true pairs", "F1", "Persons that are whole"] {
        assert_eq!(line(&whole, begins), line(&of_tokens, begins), "{}", of_tokens.out);
    }

    // And why two records are one person, whoever hashed them.
    let pair = sent.ask(
        "select left_ref, right_ref from match_log where decision = 'link' and left_source <> right_source \
         and 'ps_enrollment' in (left_source, right_source) order by decision_id limit 1",
    );
    let (left, right) = pair[0].split_once(',').unwrap();
    let told = sent.run(&["explain", left, right]);
    told.is_fine();
    assert!(told.out.contains("ps_enrollment") && told.out.contains("Blocking rule"), "{}", told.out);
    assert!(!told.out.contains("no longer in the store"), "{}", told.out);
}

/// Writes the truth with the names of the files as they were sent.
fn as_sent(project: &Project, truth: &str) {
    use arrow::array::{ArrayRef, AsArray as _, RecordBatch, StringArray};
    let bytes = std::fs::read(project.path(truth)).unwrap();
    let reader =
        parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(bytes)).unwrap();
    let batches: Vec<RecordBatch> = reader
        .build()
        .unwrap()
        .map(|batch| {
            let batch = batch.unwrap();
            let renamed = |column: &ArrayRef, name: &str| -> ArrayRef {
                let texts = arrow::compute::cast(column, &arrow::datatypes::DataType::Utf8).unwrap();
                if name != "file" {
                    return if column.data_type().is_numeric() { column.clone() } else { texts };
                }
                let sent = |file: &str| {
                    let is_sent = file.contains("postsecondary/enrollment");
                    format!("{file}{}", if is_sent { ".tokens.parquet" } else { "" })
                };
                let texts = texts.as_string::<i32>().iter().map(|file| file.map(sent));
                std::sync::Arc::new(texts.collect::<StringArray>())
            };
            let schema = batch.schema();
            let columns =
                schema.fields().iter().zip(batch.columns()).map(|(f, c)| (f.name().clone(), renamed(c, f.name())));
            RecordBatch::try_from_iter(columns).unwrap()
        })
        .collect();
    let mut file = Vec::new();
    let mut writer = parquet::arrow::ArrowWriter::try_new(&mut file, batches[0].schema(), None).unwrap();
    for batch in &batches {
        writer.write(batch).unwrap();
    }
    writer.close().unwrap();
    project.write(truth, file);
}

#[test]
fn no_direct_identity_leaves_in_a_tokenised_file() {
    let project = Project::small();
    send_tokens(&project);
    let mut rows = 0;
    for (name, bytes) in project.files("sent") {
        let builder =
            parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(bytes)).unwrap();
        for direct in ["ssn_clear", "last_name_clear", "college_student_id", "zip"] {
            assert!(builder.schema().field_with_name(direct).is_err(), "{name} has a column {direct}");
        }
        for batch in builder.build().unwrap() {
            let batch = batch.unwrap();
            rows += batch.num_rows();
            let text = arrow::util::pretty::pretty_format_batches(&[batch]).unwrap().to_string();
            for canary in throughline::synth::CANARIES {
                for needle in [canary.last_name, canary.ssn, canary.birth_date] {
                    assert!(!text.contains(needle), "{needle} leaves in {name}");
                    assert!(!text.contains(&needle.to_uppercase()), "{needle} leaves in {name}");
                }
            }
        }
    }
    assert!(rows > 50, "{rows} rows were looked at");
}

#[test]
fn tokens_under_another_key_are_refused() {
    let project = Project::small();
    project.run(&["keys", "new", "send", "send.key"]).is_fine();
    send_tokens(&project);
    project.replace("pipelines/statewide.yaml", "send: demo", "send: \"file:send.key\"");
    let ended = project.statewide();
    ended.fails_with(6, &["ps_enrollment", "cannot be taken"]);
    assert!(!project.path("out/current.json").exists());
}

#[test]
fn what_cannot_be_tokenised_is_said() {
    let project = Project::small();
    project
        .run(&["tokenize", "nowhere.txt", "--contract", "ps_enrollment", "--key", "demo", "--synthetic"])
        .fails_with(3, &["nowhere.txt"]);
    let file = "sample_data/postsecondary/enrollment_2020.txt";
    project
        .run(&["tokenize", file, "--contract", "ps_enrolment", "--key", "demo", "--synthetic"])
        .fails_with(2, &["did you mean"]);
    project.run(&["tokenize", file, "--contract", "ps_enrollment", "--key", "demo"]).fails_with(6, &["demo"]);
    project
        .run(&["tokenize", file, "--contract", "organizations", "--key", "demo", "--synthetic"])
        .fails_with(2, &["no persons"]);
}
