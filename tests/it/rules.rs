//! Business rules as those who own them use them: listed, shown, tested, and changed in a pack of one's own.

use crate::project::{Project, released, repository};

const PIPELINE: &str = "pipelines/statewide.yaml";

/// The repository's documents, with the example of a state's own pack over the first.
fn with_a_floor(project: &Project) {
    project.replace(PIPELINE, "rules: [perkins_v]", "rules: [perkins_v, wage_floor]");
}

#[test]
fn a_pack_of_ones_own_is_listed_shown_tested_and_compared() {
    let project = Project::without_data();
    let said = |arguments: &[&str]| {
        let ended = project.run(arguments);
        ended.is_fine();
        ended.out
    };
    assert_eq!(said(&["rules", "diff"]), "No pack says anything otherwise than perkins_v.\n");
    with_a_floor(&project);
    insta::assert_snapshot!("rules_list", said(&["rules", "list"]));
    insta::assert_snapshot!("rules_diff", said(&["rules", "diff"]));
    insta::assert_snapshot!("rules_test", said(&["rules", "test", "placement_3s1"]));
    let shown = said(&["rules", "show", "WF-3S1"]);
    for word in [
        "PV-3S1 4 of pack perkins_v",
        "WF-3S1 1 of pack wage_floor",
        "2023-06-30",
        "\"2827.50\"",
        "read by: edfacts_learner, learner_pathway, placement",
    ] {
        assert!(shown.contains(word), "{word} in {shown}");
    }
    project
        .run(&["rules", "show", "placement_3s"])
        .fails_with(2, &["no rule makes `placement_3s`", "did you mean `placement_3s1`?"]);
    // A whole rule of one's own is compared line by line.
    let exit = "config/rules/perkins_v/secondary_exit";
    let own = "config/rules/wage_floor/secondary_exit";
    let text = project
        .read(&format!("{exit}.sql"))
        .replace("id: PV-S-EXIT", "id: WF-EXIT")
        .replace("from: 2019-07-01", "from: 2024-07-01");
    let changed = text.replacen("exit_date, exit_type", "exit_date, upper(exit_type) AS exit_type", 1);
    assert_ne!(text, changed);
    project.write(&format!("{own}.sql"), changed);
    project.write(&format!("{own}.fixtures.yaml"), project.read(&format!("{exit}.fixtures.yaml")));
    let told = said(&["rules", "diff"]);
    for line in [
        "secondary_exit: WF-EXIT 2 of wage_floor, from 2024-07-01",
        "  over PV-S-EXIT 2 of perkins_v",
        "exit_date, upper(exit_type) AS exit_type",
    ] {
        assert!(told.contains(line), "{line} in {told}");
    }
}

#[test]
fn a_floor_from_a_year_on_leaves_the_years_before_as_they_were() {
    let project = Project::after_a_run();
    with_a_floor(&project);
    // So few learners earn less than the example's floor that a higher one is put in its place.
    project.replace("config/rules/wage_floor/placement_3s1.override.yaml", "2827.50", "6000.00");
    project.statewide().is_fine();
    let cells = |project: &Project, years: &str| {
        let sql = format!(
            "select year, grouping_set, placement_type, numerator, denominator, placed_rate_rule, placed_rate_version from placement where year {years} order by all"
        );
        project.ask(&sql.replace("order by all", "order by 1, 2, 3, 4, 5"))
    };
    let before = cells(&project, "< 2024");
    assert!(before.len() > 10 && before.iter().all(|row| row.contains("PV-3S1,4")), "{before:?}");
    assert_eq!(before, cells(released(), "< 2024"), "a flag of a year before the floor changed");
    let after = cells(&project, ">= 2024");
    assert!(after.iter().all(|row| row.contains("WF-3S1,1")), "{after:?}");
    assert_ne!(after, cells(released(), ">= 2024"));
    let placed = |project: &Project| -> i64 {
        let sql = "select sum(numerator) from placement where grouping_set = 'total' and placement_type = 'employment' and year >= 2024";
        project.ask(sql)[0].parse().unwrap()
    };
    assert!(placed(&project) < placed(released()), "the floor keeps nobody out");
}

#[test]
fn a_status_from_a_year_on_is_that_of_every_indicator_of_the_year() {
    let project = Project::after_a_run();
    with_a_floor(&project);
    let own = "config/rules/wage_floor/cte_concentrator_secondary";
    project.write(
        &format!("{own}.override.yaml"),
        "overrides: cte_concentrator_secondary\nid: WF-CONC\nversion: 1\nsays: Three courses.\ncitation: A state rule\nowner: State CTE data team\n\
         effective: { from: 2023-07-01 }\nparameters: { min_courses: 3 }\n",
    );
    project.write(
        &format!("{own}.fixtures.yaml"),
        "- case: Nobody took anything\n  given:\n    cte_courses: []\n  expect: []\n",
    );
    project.statewide().is_fine();
    let of = |project: &Project, years: &str, what: &str| {
        let cell = "grouping_set = 'total' and level = 'secondary'";
        project
            .ask(&format!("select indicator, year, {what} from indicator where {cell} and year {years} order by 1, 2"))
    };
    // Who left two years before and had two courses is no concentrator of the new year's cohort, though the old years still call them one.
    let before = of(&project, "< 2024", "numerator, denominator");
    assert_eq!(before, of(released(), "< 2024", "numerator, denominator"), "a year before the change is otherwise");
    let count = |row: &String| row.rsplit(',').next().and_then(|n| n.parse::<i64>().ok()).unwrap();
    let (now, then) = (of(&project, "= 2024", "denominator"), of(released(), "= 2024", "denominator"));
    assert_eq!(now.len(), then.len(), "{now:?}");
    assert!(now.len() >= 9, "{now:?}");
    for (now, then) in now.iter().zip(&then) {
        assert!(count(now) < count(then), "{now} beside {then}");
    }
}

#[test]
fn what_is_wrong_with_a_pack_is_said_where_it_is() {
    let checked = |change: &dyn Fn(&Project)| {
        let project = Project::without_data();
        with_a_floor(&project);
        change(&project);
        project.run(&["check", PIPELINE])
    };
    let floor = "config/rules/wage_floor/placement_3s1.override.yaml";
    let examples = "config/rules/wage_floor/placement_3s1.fixtures.yaml";
    checked(&|_| {}).is_fine();
    let ended = checked(&|p| p.replace(floor, "{ min_wages", "{ min_wage"));
    ended.fails_with(2, &["R005", "placement_3s1.override.yaml:12:25", "did you mean `min_wages`?"]);
    let ended = checked(&|p| p.replace(floor, "overrides: placement_3s1", "overrides: placement_3s"));
    ended.fails_with(2, &["R018", "no earlier pack makes a table `placement_3s`", "did you mean `placement_3s1`?"]);
    let ended = checked(&|p| p.replace(PIPELINE, "[perkins_v, wage_floor]", "[wage_floor, perkins_v]"));
    ended.fails_with(2, &["R018", "packs stand from the bottom up"]);
    let ended = checked(&|p| p.replace(PIPELINE, "wage_floor]", "wage_flor]"));
    ended.fails_with(2, &["P005", "there is no rule pack `wage_flor`"]);
    let ended = checked(&|p| std::fs::remove_file(p.path(examples)).unwrap());
    ended.fails_with(2, &["R017", examples, "has no fixtures", "`throughline rules test` runs them"]);
    let ended = checked(&|p| p.write(examples, "- case: nothing\n  exppect: []\n"));
    ended.fails_with(2, &["R025", "placement_3s1.fixtures.yaml:2"]);
    let ended = checked(&|p| p.replace(floor, "from: 2023-07-01", "from: 2023-10-01"));
    ended.fails_with(2, &["R016", "begins on 2023-10-01, within a program year"]);

    // An example that the rule does not keep stops `rules test`, and tells which row is otherwise.
    let project = Project::without_data();
    with_a_floor(&project);
    project.replace(examples, "\"2827.49\" }\n      - { person_id: P3", "\"2827.51\" }\n      - { person_id: P3");
    let ended = project.run(&["rules", "test", "WF-3S1"]);
    ended.fails_with(2, &["1 of 22 examples are broken", "correct the rule, or the example"]);
    for line in
        ["placement_3s1 (PV-3S1 4)   21 of  21 examples  kept", "placement_3s1 (WF-3S1 1)    0 of   1 examples  BROKEN"]
    {
        assert!(ended.out.contains(line), "{}", ended.out);
    }
    assert!(
        ended.out.contains("missing:  person_id=P2") && ended.out.contains("too many: person_id=P2"),
        "{}",
        ended.out
    );
}

#[test]
fn what_must_always_hold_stops_the_release_where_it_does_not() {
    let project = Project::after_a_run();
    let published = || project.read("out/current.json");
    let before = published();
    let stopped = |runs: u32, file: &str, from: &str, to: &str, words: &[&str]| {
        project.replace(file, from, to);
        for _ in 0..runs {
            let ended = project.statewide();
            ended.fails_with(5, words);
            ended.fails_with(5, &["nothing was published"]);
        }
        assert_eq!(before, published());
        project.replace(file, to, from);
    };
    // What was made and refused stays in the store, a rule's table or a mart: the next run must refuse it again.
    let again = 2;
    // A participant of three courses: a concentrator of two is none.
    stopped(
        again,
        "config/rules/perkins_v/cte_participant_secondary.sql",
        "min_courses: 1",
        "min_courses: 3",
        &["rows of `cte_concentrator_secondary` are not found in `cte_participant_secondary`", "(rules PV-S-CONC)"],
    );
    // A union of types that is smaller than one of them, and a numerator that is not among those who are covered.
    let placement = "config/marts/placement.sql";
    stopped(
        again,
        placement,
        "p.state = 'observed' AS is_observed",
        "p.state = 'observed' AND p.placement_type <> 'any' AS is_observed",
        &[
            "mart `placement`: in",
            "cells it does not hold that `any` is the union of all values of `placement_type` (rules PV-3S1)",
        ],
    );
    stopped(
        1,
        placement,
        "p.state <> 'not_observable' AS is_covered",
        "p.state = 'not_observable' AS is_covered",
        &[
            "cells it does not hold that `numerator` is at most `covered_denominator`, and that at most `denominator` (rules PV-3S1)",
        ],
    );
    // What a document declares itself.
    stopped(
        1,
        "config/marts/cte_participation.yaml",
        "concentrators <= participants AND",
        "concentrators > participants AND",
        &[
            "it does not hold that concentrators are participants, and participants are served (rules PV-S-CONC, PV-S-PART,",
        ],
    );
    project.statewide().is_fine();
}

#[test]
fn identities_that_cannot_be_read_are_errors_of_check() {
    let checked = |file: &str, from: &str, to: &str| {
        let project = Project::without_data();
        project.replace(file, from, to);
        project.run(&["check", PIPELINE])
    };
    let participation = "config/marts/cte_participation.yaml";
    let ended = checked(participation, "expect: concentrators <=", "expect: concentrator <=");
    ended.fails_with(2, &["M022", "cte_participation.yaml:", "did you mean `concentrators`?"]);
    let ended = checked("config/marts/placement.yaml", "over: placement_type", "over: placement_typ");
    ended.fails_with(2, &["M010", "`placement_typ` is no dimension", "did you mean `placement_type`?"]);
    let rule = "config/rules/perkins_v/cte_concentrator_secondary.sql";
    let ended = checked(rule, "within: { cte_participant_secondary:", "within: { cte_participants:");
    ended.fails_with(2, &["R026", "no rule makes the table `cte_participants`"]);
    let ended = checked(
        rule,
        "[person_id, reporting_year, program_code] }\neffective",
        "[person_id, concentrator_year] }\neffective",
    );
    ended.fails_with(2, &["R026", "`concentrator_year` is no column of both"]);
}

// A pack that no pipeline names is tested nowhere else.
#[test]
fn every_pack_that_comes_with_the_program_keeps_its_examples() {
    let project = Project::without_data();
    project.replace(
        "pipelines/statewide.yaml",
        "rules: [perkins_v]",
        "rules: [perkins_iv, perkins_v, workforce, labor, programs, practice, clearinghouse, research, wioa, wage_floor, kentucky]",
    );
    let tested = project.run(&["rules", "test"]);
    tested.is_fine();
    let packs = std::fs::read_dir(repository().join("config/rules")).unwrap().count();
    assert_eq!(packs, 11, "a new pack belongs in the list above");
    let rules: Vec<&str> = tested.out.lines().filter(|line| line.contains(" examples ")).collect();
    assert!(rules.len() >= 40 && rules.iter().all(|rule| rule.ends_with("kept")), "{}", tested.out);
    for one in [
        "(P4-S-CONC 1)",
        "(WF-EXIT 4)",
        "(KY-QE 2)",
        "(WF-3S1 1)",
        "(LAB-DEM 2)",
        "(PRG-STD 1)",
        "(PR-WATCH 2)",
        "(NSC-SPELL 1)",
        "(WI-OUT 1)",
    ] {
        assert!(tested.out.contains(one), "{one} is not among them:\n{}", tested.out);
    }
}
