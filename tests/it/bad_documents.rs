//! Documents that are wrong: each stops with exit code 2 before data is read, and says where and what to do.

use crate::project::Project;

fn checked(change: impl Fn(&Project)) -> crate::project::Ended {
    let project = Project::without_data();
    change(&project);
    project.run(&["check", "pipelines/statewide.yaml"])
}

#[test]
fn the_documents_of_the_repository_are_right() {
    let ended = checked(|_| {});
    ended.is_fine();
    assert!(ended.out.contains("no errors"), "{}", ended.out);
    assert!(ended.out.contains("match log"), "{}", ended.out);
    assert!(ended.err.is_empty(), "{}", ended.err);
}

#[test]
fn a_misspelt_key() {
    let ended = checked(|p| p.replace("pipelines/statewide.yaml", "purpose:", "porpose:"));
    insta::assert_snapshot!(ended.err);
    assert_eq!(ended.code, 2);
}

#[test]
fn an_unknown_column_in_sql() {
    let ended = checked(|p| {
        let rule = "config/rules/perkins_v/secondary_exit.sql";
        p.replace(
            rule,
            "district_id, school_id, entry_date, exit_date, exit_type",
            "district_id, school_id, entry_date, exit_dat, exit_type",
        );
    });
    ended.fails_with(2, &["secondary_exit.sql:", "exit_dat", "did you mean `exit_date`?"]);
    insta::assert_snapshot!(ended.error());
}

#[test]
fn an_unknown_column_in_an_expression_of_a_contract() {
    let ended = checked(|p| {
        p.replace("config/contracts/k12_enrollment.yaml", "exit_date >= entry_date", "exit_date >= entry_dat");
    });
    ended.fails_with(2, &["k12_enrollment.yaml:", "entry_dat", "did you mean `entry_date`?"]);
    insta::assert_snapshot!(ended.error());
}

#[test]
fn a_cycle_of_steps() {
    let ended = checked(|p| {
        p.replace(
            "config/rules/perkins_v/learner_attributes.sql",
            "FROM k12_enrollment",
            "FROM learner_year, k12_enrollment",
        );
        p.replace(
            "config/rules/perkins_v/learner_year.sql",
            "FROM k12_enrollment",
            "FROM learner_attributes, k12_enrollment",
        );
    });
    ended.fails_with(2, &["circle", "learner_year", "learner_attributes", "->"]);
    insta::assert_snapshot!(ended.error());
}

#[test]
fn a_mart_over_marts_that_reads_what_it_may_not() {
    let (document, sql) = ("config/marts/opportunity_gap.yaml", "config/marts/opportunity_gap.sql");
    let ended = checked(|p| {
        p.replace(document, "over: [cte_participation, indicator]", "over: [cte_participation, indicators]");
    });
    ended.fails_with(2, &["M023", "`indicators` is neither a mart of cells nor", "did you mean `indicator`?", "M024"]);
    // A source of persons, and a table of rules that is made of them; a directory names nobody.
    for (named, ends) in [("k12_enrollment", 2), ("learner_year", 2), ("person_link", 2), ("programs", 0)] {
        let list = format!("over: [cte_participation, indicator, {named}]");
        let ended = checked(|p| p.replace(document, "over: [cte_participation, indicator]", &list));
        assert_eq!(ended.code, ends, "{named}");
        assert_eq!(ended.err.contains("M023"), ends == 2, "{named}");
    }
    // Whatever names a person is out of its reach.
    let ended = checked(|p| {
        p.replace(
            sql,
            "    FROM indicator WHERE grouping_set IN ('total'",
            "    FROM placement_3s1, indicator WHERE grouping_set IN ('total'",
        );
    });
    ended.fails_with(2, &["M024", "reads `placement_3s1`, which `over:` does not name"]);
    let ended =
        checked(|p| p.replace("pipelines/statewide.yaml", ", indicator, opportunity_gap]", ", opportunity_gap]"));
    ended.fails_with(2, &["M023", "`indicator` is neither a mart of cells nor", "`marts:` of the pipeline"]);
}

#[test]
fn a_mart_and_a_rule_with_the_name_of_a_source() {
    let ended = checked(|p| {
        p.replace("config/marts/opportunity_gap.yaml", "mart: opportunity_gap", "mart: credentials");
        for kind in ["yaml", "sql"] {
            std::fs::rename(
                p.path(&format!("config/marts/opportunity_gap.{kind}")),
                p.path(&format!("config/marts/credentials.{kind}")),
            )
            .unwrap();
        }
        p.replace("config/marts/credentials.yaml", "sql: opportunity_gap.sql", "sql: credentials.sql");
        p.replace("pipelines/statewide.yaml", ", opportunity_gap]", ", credentials]");
    });
    ended.fails_with(2, &["M025", "mart `credentials` has the name of a source"]);
    let ended = checked(|p| {
        let rule = "config/rules/perkins_v/program_quality.sql";
        p.replace(rule, "rule: program_quality", "rule: targets");
    });
    ended.fails_with(2, &["R027", "rule table `targets` has the name of a source"]);
}

#[test]
fn a_rule_that_divides_whole_numbers() {
    let rule = "config/rules/perkins_v/cte_participant_secondary.sql";
    let text = Project::without_data().read(rule);
    let line = 1 + text.lines().position(|l| l.contains("count(*) AS courses,")).unwrap();
    let place = format!("cte_participant_secondary.sql:{line}");
    for divided in ["count(*) / count(DISTINCT c.course_code)", "100 * count(*) / count(DISTINCT c.course_code)"] {
        let ended = checked(|p| p.replace(rule, "count(*) AS courses,", &format!("{divided} AS courses,")));
        ended.fails_with(2, &["P031", "divides whole numbers and drops what is left over", &place, "arrow_cast"]);
    }
}

#[test]
fn a_duplicate_id() {
    let ended = checked(|p| {
        let contract = "config/contracts/k12_enrollment.yaml";
        let text = p.read(contract);
        let first = text.lines().find(|l| l.trim_start().starts_with("- { id: ")).unwrap().to_owned();
        p.replace(contract, &first, &format!("{first}\n{first}"));
    });
    ended.fails_with(2, &["C030", "stands twice", "k12_enrollment.yaml:"]);
    insta::assert_snapshot!(ended.error());
}

#[test]
fn a_missing_document() {
    let ended = checked(|p| p.replace("pipelines/statewide.yaml", "linkage: statewide", "linkage: statewid"));
    insta::assert_snapshot!(ended.err);
    assert_eq!(ended.code, 2);
}

#[test]
fn a_missing_pipeline() {
    let project = Project::without_data();
    project
        .run(&["run", "pipelines/statewid.yaml"])
        .fails_with(2, &["does not exist", "did you mean `pipelines/statewide.yaml`?"]);
}

#[test]
fn what_is_not_reproducible() {
    let ended =
        checked(|p| p.replace("config/rules/perkins_v/secondary_exit.sql", "SELECT", "SELECT random() AS lot,"));
    ended.fails_with(2, &["P030", "random()", "secondary_exit.sql:"]);
    insta::assert_snapshot!(ended.error());
}

#[test]
fn a_column_without_a_dictionary_entry() {
    let ended = checked(|p| p.replace("config/contracts/ui_wages.yaml", "label: Last name", "label: \"\""));
    ended.fails_with(2, &["C004", "no label for the dictionary"]);
    insta::assert_snapshot!(ended.error());
}

#[test]
fn all_errors_come_together() {
    let ended = checked(|p| {
        p.replace("pipelines/statewide.yaml", "contract: licences", "contract: licenses");
        p.replace("config/contracts/ui_wages.yaml", "sector: workforce", "sector: workfarce");
    });
    ended.fails_with(2, &["licences", "workfarce", "2 errors"]);
}

#[test]
fn the_schemas_for_editors_are_current() {
    let project = Project::without_data();
    project.run(&["schema", "--check"]).is_fine();
}

#[test]
fn the_schemas_are_sound_and_accept_the_documents() {
    let root = crate::project::repository();
    let schema = |name: &str| -> serde_json::Value {
        serde_json::from_str(&std::fs::read_to_string(root.join(format!("config/schema/{name}.schema.json"))).unwrap())
            .unwrap()
    };
    let documents = [
        ("pipelines", "pipeline"),
        ("config/contracts", "contract"),
        ("config/linkage", "linkage"),
        ("config/linkage", "link"),
        ("config/marts", "mart"),
        ("config/rules/wage_floor", "override"),
    ];
    let mut seen = 0;
    for (folder, name) in documents {
        let validator = jsonschema::validator_for(&schema(name)).unwrap();
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|e| e != "yaml") || path.to_string_lossy().ends_with(".fixtures.yaml") {
                continue;
            }
            let document: serde_json::Value = serde_saphyr::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
            // Two kinds of documents lie there.
            if folder == "config/linkage" && document.get(name).is_none() {
                continue;
            }
            let errors: Vec<String> =
                validator.iter_errors(&document).map(|e| format!("{} at {}", e, e.instance_path())).collect();
            assert!(errors.is_empty(), "{}: {errors:#?}", path.display());
            seen += 1;
        }
    }
    assert!(seen >= 19, "{seen} documents were looked at");
}

#[test]
fn a_document_that_cannot_be_read_is_the_only_thing_that_is_said_of_it() {
    let ended = checked(|p| {
        let mart = "config/marts/cte_participation.yaml";
        p.replace(mart, "label: Gender,", "label: Gender: of whom,");
    });
    ended.fails_with(2, &["P003", "cte_participation.yaml", "1 error"]);
    // What is wrong besides is said with it.
    let ended = checked(|p| {
        p.replace("config/marts/cte_participation.yaml", "label: Gender,", "label: Gender: of whom,");
        p.replace("config/marts/indicator.sql", "FROM academic_proficiency", "FROM academic_proficiencies");
    });
    ended.fails_with(
        2,
        &[
            "P003",
            "cte_participation.yaml",
            "there is no table `academic_proficiencies`",
            "did you mean `academic_proficiency`?",
        ],
    );
    // Two versions on one day make no table at all; what reads it is not at fault.
    let ended = checked(|p| {
        let rule = p.read("config/rules/perkins_v/cte_participant_secondary.sql");
        p.write("config/rules/perkins_v/twice.sql", rule.replacen("version: 1", "version: 9", 1));
        let fixtures = p.read("config/rules/perkins_v/cte_participant_secondary.fixtures.yaml");
        p.write("config/rules/perkins_v/twice.fixtures.yaml", fixtures);
    });
    ended.fails_with(2, &["R010", "1 error"]);
}

#[test]
fn what_is_to_know_is_one_number() {
    let ended = checked(|p| {
        p.replace(
            "pipelines/statewide.yaml",
            "      SELECT count(*) FROM programs AS p",
            "      SELECT count(*), 1 FROM programs AS p",
        );
    });
    ended.fails_with(
        2,
        &["P041", "notice `Programs of the directory under CIP codes", "gives 2 columns", "give one number"],
    );
    let ended = checked(|p| {
        p.replace(
            "pipelines/statewide.yaml",
            "      SELECT count(*) FROM programs AS p",
            "      SELECT count(*) FROM programms AS p",
        );
    });
    ended.fails_with(2, &["P040", "there is no table `programms`", "did you mean `programs`?"]);
}

#[test]
fn a_file_of_fixed_width_lacks_no_column() {
    let ended = checked(|p| {
        p.replace("config/contracts/ui_wages.yaml", "columns:\n  - { ", "columns:\n  - { optional: true, ");
    });
    ended.fails_with(2, &["C022", "ui_wages.yaml", "has no header to leave it out of"]);
}

#[test]
fn a_word_that_a_rule_does_not_know() {
    let rule = "config/rules/perkins_v/cte_concentrator_secondary.sql";
    let ended = checked(|p| p.replace(rule, "concentrator_org: last\n", "concentrator_org: lst\n"));
    ended.fails_with(
        2,
        &["R029", "`lst` is no choice of parameter `concentrator_org` of PV-S-CONC", "did you mean `last`?"],
    );
    // In a list, in a state's own pack, where the rest would be taken for no survey at all.
    let ended = checked(|p| {
        p.replace("pipelines/statewide.yaml", "rules: [perkins_v]", "rules: [perkins_v, wage_floor]");
        let own = "config/rules/wage_floor/placement_3s1.override.yaml";
        p.replace(own, "min_wages: \"2827.50\"", "min_wages: \"2827.50\", survey_types: [army]");
    });
    ended.fails_with(
        2,
        &["R029", "placement_3s1.override.yaml", "`army` is no choice of parameter `survey_types`", "military"],
    );
    // In an example.
    let ended = checked(|p| {
        let examples = "config/rules/perkins_v/cte_concentrator_secondary.fixtures.yaml";
        p.replace(examples, "scope: cluster", "scope: clusters");
    });
    ended.fails_with(2, &["R029", "cte_concentrator_secondary.fixtures.yaml", "`clusters` is no choice"]);
    let ended = checked(|p| p.replace(rule, "choices: { scope:", "choices: { scop:"));
    ended.fails_with(
        2,
        &["R005", "`choices:` speaks of `scop`, which is no parameter of the rule", "did you mean `scope`?"],
    );
}
