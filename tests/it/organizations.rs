//! Organisations as of today: years before told by the schools and districts that answer for them now.

use std::collections::{BTreeMap, BTreeSet};

use crate::link_files::rows;
use crate::project::{Project, released};

const CHANGES: &str = "sample_data/directory/organization_changes.csv";

/// What became of districts in the state's own file.
fn merged(project: &Project) -> (String, String) {
    let text = project.read(CHANGES);
    let row = text.lines().find(|line| line.contains("merged")).unwrap().to_owned();
    let fields: Vec<&str> = row.split(',').collect();
    (fields[0].to_owned(), fields[2].to_owned())
}

/// Participants by district and year, and in all districts together.
fn participants(project: &Project) -> (BTreeMap<(String, String), i64>, Vec<String>) {
    let rows = project.ask(
        "SELECT district_id, year, participants FROM cte_participation WHERE grouping_set = 'district_id' AND level = 'secondary'",
    );
    let cell = |row: &String| {
        let fields: Vec<&str> = row.split(',').collect();
        ((fields[0].to_owned(), fields[1].to_owned()), fields[2].parse().unwrap())
    };
    let total = "SELECT year, level, participants, concentrators FROM cte_participation WHERE grouping_set = 'total' ORDER BY year, level";
    (rows.iter().map(cell).collect(), project.ask(total))
}

#[test]
fn years_before_a_merger_are_told_by_the_district_that_is_there_now() {
    let project = Project::after_a_run();
    let (gone, stays) = merged(&project);
    let (reported, total) = participants(released());
    assert!(reported.keys().any(|(district, _)| *district == gone), "{gone} in {reported:?}");

    project.replace("pipelines/statewide.yaml", "org_as_of: reported", "org_as_of: current");
    let ended = project.statewide();
    ended.is_fine();
    assert!(
        ended.out.contains("Schools and districts stand as of today: 2 of them became another one."),
        "{}",
        ended.out
    );
    let (today, total_today) = participants(&project);
    assert_eq!(total, total_today, "nobody comes and nobody goes by it");
    assert!(today.keys().all(|(district, _)| *district != gone), "{today:?}");
    for ((district, year), count) in &today {
        let of = |district: &str| reported.get(&(district.to_owned(), year.clone())).copied().unwrap_or(0);
        if *district == stays {
            // Whoever was in both counts once.
            assert!(*count >= of(&stays).max(of(&gone)) && *count <= of(&stays) + of(&gone), "{year}: {count}");
        } else {
            assert_eq!(*count, of(district), "{district} {year}");
        }
    }
    let both = |year: &str| today.get(&(stays.clone(), year.to_owned())).copied().unwrap_or(0);
    assert!(reported.iter().any(|((district, year), count)| *district == gone && *count > 0 && both(year) > 0));
}

#[test]
fn who_took_over_a_district_has_its_learners_under_their_ids() {
    let project = Project::after_a_run();
    let (gone, stays) = merged(&project);
    let pipeline = "pipelines/statewide.yaml";
    project.replace(pipeline, "rules: [perkins_v]", "rules: [perkins_v, practice]");
    project.replace(pipeline, "marts: [", "marts: [learner_watchlist, ");
    project.replace(pipeline, "org_as_of: reported", "org_as_of: current");
    project.statewide().is_fine();
    let own = rows(&project, "out/restricted/store/own", &["organization", "local_id"]);
    let of =
        |district: &str| own.iter().filter(|row| row[0] == district).map(|row| row[1].clone()).collect::<BTreeSet<_>>();
    assert!(of(&gone).is_empty(), "{gone}");
    let mut enrolled = 0;
    for (name, bytes) in project.files("sample_data/k12") {
        let text: String = bytes.iter().map(|b| char::from(*b)).collect();
        for line in text.lines().filter(|_| name.starts_with("enrollment_")) {
            let fields: Vec<&str> = line.split(',').collect();
            if fields[2] == gone && !fields[1].is_empty() {
                enrolled += usize::from(of(&stays).contains(fields[1]));
            }
        }
    }
    assert!(enrolled > 5, "{enrolled} enrollments of {gone} have an id of {stays}");
}

#[test]
fn a_pipeline_that_wants_today_says_what_became_of_whom() {
    let project = Project::small();
    project.replace("pipelines/statewide.yaml", "org_as_of: reported", "org_as_of: current");
    let text = project.read("pipelines/statewide.yaml");
    let kept: Vec<&str> = text.lines().filter(|line| !line.contains("organization_changes:")).collect();
    project.write("pipelines/statewide.yaml", kept.join("\n"));
    let ended = project.run(&["check", "pipelines/statewide.yaml"]);
    ended.fails_with(2, &["P012", "organization_changes", "statewide.yaml"]);
    insta::assert_snapshot!(ended.error());
}

#[test]
fn columns_that_cannot_be_a_school_or_district() {
    let project = Project::small();
    let contract = "config/contracts/k12_enrollment.yaml";
    project.replace(contract, "{ name: grade,", "{ name: grade, organization: school,");
    let changes = "config/contracts/organization_changes.yaml";
    project.replace("pipelines/statewide.yaml", "org_as_of: reported", "org_as_of: current");
    project.write(changes, project.read(changes).replace("became_id", "successor_id"));
    let ended = project.run(&["check", "pipelines/statewide.yaml"]);
    ended.fails_with(2, &["C056", "to one column of text each", "P012", "needs the column `became_id`"]);
    project.replace("pipelines/statewide.yaml", "org_as_of: current", "org_as_of: currant");
    project.run(&["check", "pipelines/statewide.yaml"]).fails_with(2, &["statewide.yaml", "currant"]);
}

#[test]
fn what_an_organisation_became_must_be_one() {
    for (row, says) in [
        ("0101,merged,0101,2025-07-01", "The organization becomes itself"),
        ("0101,merged,010801,2025-07-01", "A school becomes a district or a district a school"),
        ("0101,merged,,2025-07-01", "What it became is missing"),
        ("0101,split,0108,2025-07-01", "org_change"),
    ] {
        let project = Project::small();
        project.write(CHANGES, format!("org_id,change,became_id,changed_on\n{row}\n"));
        let ended = project.statewide();
        assert_eq!(ended.code, 4, "{row}: {}", ended.err);
        let rejects = project.read("out/restricted/rejects/sde/organization_changes.csv.rejects.csv");
        assert!(rejects.contains(says), "{row}: {rejects}");
    }
    // Whether the other one exists is asked once all files are read: the row is set aside and counted, and nobody is moved by it.
    let project = Project::after_a_run();
    project.replace("pipelines/statewide.yaml", "org_as_of: reported", "org_as_of: current");
    project.replace("pipelines/statewide.yaml", "organization_changes.csv", "organization_changes*.csv");
    project.write(
        "sample_data/directory/organization_changes_2.csv",
        "org_id,change,became_id,changed_on\n0101,merged,9999,2025-07-01\n010104,closed,,2025-07-01\n",
    );
    let ended = project.statewide();
    ended.is_fine();
    assert!(ended.out.contains("as of today: 0 of them"), "{}", ended.out);
}
