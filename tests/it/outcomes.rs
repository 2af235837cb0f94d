//! Outcomes held against the truth of the sample: what the rules say of each learner, through intake, linkage and SQL, beside what became of them.
//!
//! A learner stands for the person that holds most of their school rows. Where linkage takes no part, the two are equal row by row; where it
//! does, the share of learners on whom they agree has a floor just below what was measured.

use std::collections::BTreeMap;
use std::fs;

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use throughline::engine::{Engine, Limits, Place};

use crate::project::{Project, repository, sample_release};

/// The tables of the sample's run with those of its truth.
struct Beside {
    runtime: tokio::runtime::Runtime,
    engine: Engine,
}

impl Beside {
    fn open(project: &Project) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let engine = Engine::new(Limits { threads: 2, ..Limits::default() }).unwrap();
        let beside = Self { runtime, engine };
        let record = project.last_results();
        let folder_of = |step: &str, home: &str| {
            let found = record["steps"].as_array().unwrap().iter().find(|s| s["step"] == step);
            let print = found.unwrap_or_else(|| panic!("no step {step}"))["fingerprint"].as_str().unwrap().to_owned();
            format!("out/{home}/{print}")
        };
        for rule in [
            "cte_participant_secondary",
            "cte_concentrator_secondary",
            "graduation_four_year",
            "secondary_exit",
            "placement_3s1",
        ] {
            beside.folder(project, rule, &folder_of(&format!("rule/{rule}"), "store/rule"));
        }
        for source in ["k12_enrollment", "graduation_cohort"] {
            let facts = folder_of(&format!("identify/{source}"), "restricted/store/facts");
            beside.folder(project, &format!("facts_{source}"), &facts);
        }
        let pointer: serde_json::Value = serde_json::from_str(&project.read("out/current.json")).unwrap();
        beside.folder(project, "crosswalk", &format!("out/{}/crosswalk", pointer["index"].as_str().unwrap()));
        for table in ["records", "outcomes", "persons"] {
            let file = Place::parse(&format!("sample_data/truth/{table}.parquet"), &project.path("")).unwrap();
            beside.runtime.block_on(beside.engine.register_file(&format!("true_{table}"), &file)).unwrap();
        }
        let register: Vec<serde_json::Value> =
            serde_json::from_str(&project.read("out/restricted/deliveries/register.json")).unwrap();
        let rows: Vec<String> = register
            .iter()
            .map(|d| format!("({}, '{}')", d["sequence"].as_u64().unwrap(), d["file"].as_str().unwrap()))
            .collect();
        beside.make("deliveries", &format!("SELECT * FROM (VALUES {}) AS d(sequence, file)", rows.join(", ")));
        // The rules of Perkins V begin with the reporting year 2020, which still shows those who were served in 2019.
        beside.make(
            "served",
            "SELECT DISTINCT person FROM true_records WHERE source = 'k12_enrollment' AND file >= 'k12/enrollment_2019.csv'",
        );
        // A learner's person: the one that holds most of their school rows.
        beside.make(
            "learners",
            "SELECT person, person_id FROM ( \
               SELECT t.person, c.person_id, ROW_NUMBER() OVER (PARTITION BY t.person ORDER BY COUNT(*) DESC, c.person_id) AS place \
               FROM facts_k12_enrollment f \
               JOIN deliveries d ON d.sequence = f.delivery_seq \
               JOIN true_records t ON t.file = 'k12/' || d.file AND t.line = f.line \
               JOIN crosswalk c ON c.identity_ref = f.identity_ref \
               GROUP BY t.person, c.person_id) AS counted WHERE place = 1",
        );
        beside
    }

    fn folder(&self, project: &Project, table: &str, folder: &str) {
        let place = Place::parse(folder, &project.path("")).unwrap();
        self.runtime.block_on(self.engine.register_folder(table, &place)).unwrap();
    }

    fn make(&self, view: &str, sql: &str) {
        self.runtime.block_on(self.engine.collect(view, &format!("CREATE VIEW {view} AS {sql}"))).unwrap();
    }

    /// The one row of numbers that a question gives.
    fn numbers(&self, sql: &str) -> Vec<i64> {
        let batches = self.runtime.block_on(self.engine.collect("a question", sql)).unwrap();
        let batch = batches.iter().find(|b| b.num_rows() > 0).unwrap_or_else(|| panic!("no answer to {sql}"));
        let number = |i: usize| {
            let column = arrow::compute::cast(batch.column(i), &arrow::datatypes::DataType::Int64).unwrap();
            column.as_primitive::<Int64Type>().value(0)
        };
        (0..batch.num_columns()).map(number).collect()
    }

    /// How many learners a question is about, and on how many of them rule and truth agree. The question gives both under these names.
    fn agreement(&self, question: &str) -> (i64, i64) {
        let sql = format!(
            "SELECT COUNT(*), COALESCE(SUM(CASE WHEN (rule IS NOT DISTINCT FROM truth) THEN 1 ELSE 0 END), 0) FROM ({question}) AS q"
        );
        let found = self.numbers(&sql);
        (found[0], found[1])
    }
}

#[test]
fn the_sample_is_what_the_program_writes() {
    let made = tempfile::tempdir().unwrap();
    throughline::synth::generate(2_000, 2024, made.path()).unwrap();
    let (made, kept) = (files(made.path()), files(&repository().join("sample_data")));
    assert_eq!(made.keys().collect::<Vec<_>>(), kept.keys().collect::<Vec<_>>());
    for (name, bytes) in &made {
        assert!(
            bytes == &kept[name],
            "{name} differs; throughline synth --learners 2000 --seed 2024 --out sample_data"
        );
    }
}

fn files(folder: &std::path::Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            found.extend(files(&path).into_iter().map(|(inner, bytes)| (format!("{name}/{inner}"), bytes)));
        } else {
            found.insert(name, fs::read(&path).unwrap());
        }
    }
    found
}

#[test]
fn certified_graduation_is_the_truth_row_by_row() {
    let beside = Beside::open(sample_release());
    let counted = beside.numbers(
        "SELECT COUNT(*), COUNT(DISTINCT t.person), \
                SUM(CASE WHEN f.included = o.cohort_included AND f.graduated = o.graduated AND f.cohort_year = o.cohort_year THEN 1 ELSE 0 END) \
         FROM facts_graduation_cohort f \
         JOIN deliveries d ON d.sequence = f.delivery_seq \
         LEFT JOIN true_records t ON t.file = 'k12/' || d.file AND t.line = f.line \
         LEFT JOIN true_outcomes o ON o.person = t.person",
    );
    assert!(counted[0] > 1_900, "{counted:?}");
    assert_eq!(counted, [counted[0]; 3], "rows, learners, and rows as the truth has them");

    // The rule's table has one row a person and cohort year, so its counts by year are those of the truth wherever linkage merged nobody.
    // The rules of Perkins V begin with 2020.
    for year in 2020..=2024 {
        let of_rule = beside.numbers(&format!(
            "SELECT COUNT(*), SUM(CASE WHEN included THEN 1 ELSE 0 END), SUM(CASE WHEN graduated THEN 1 ELSE 0 END) \
             FROM graduation_four_year WHERE cohort_year = {year}"
        ));
        let of_truth = beside.numbers(&format!(
            "SELECT COUNT(*), SUM(CASE WHEN cohort_included THEN 1 ELSE 0 END), SUM(CASE WHEN graduated THEN 1 ELSE 0 END) \
             FROM true_outcomes WHERE cohort_year = {year} \
               AND person IN (SELECT person FROM true_records WHERE source = 'graduation_cohort')"
        ));
        assert_eq!(of_rule, of_truth, "{year}");
    }
}

// Measured on the sample, 2,000 learners of seed 2024, of whom 1,954 were in school in 2019 or later:
//
//   participants                1953 of 1954  .9995
//   concentrators               1953 of 1954  .9995    true concentrators             568 of  569  .9982
//   concentrator year            566 of  568  .9965
//   exit quarter                1947 of 1954  .9964
//   placed at college           1840 of 1845  .9973    of those truly there           652 of  657  .9924
//   placed in work here         1596 of 1841  .8669    of those truly there           389 of  634  .6136
//   placed in work anywhere     1568 of 1841  .8517    of those truly there           408 of  681  .5991
//                                                      of those elsewhere alone        19 of   47  .4043
//                                                      of those with a bridge         406 of  419  .9690
//                                                      of those called covered        408 of  416  .9808
//   placed in any               1572 of 1841  .8539    of those truly there           918 of 1166  .7873
//
// What is left: rows that were quarantined for a fault of theirs, and wages that name no school record (K-12 holds no SSN);
// other states are asked by the numbers alone that the state knows.
#[test]
fn what_rules_say_of_learners_is_what_became_of_them() {
    let beside = Beside::open(sample_release());
    let mut wrong = Vec::new();
    let mut holds = |what: &str, floor: f64, question: &str| {
        let (asked, agreed) = beside.agreement(question);
        #[allow(clippy::cast_precision_loss)]
        let share = agreed as f64 / asked as f64;
        println!("{what:<28} {agreed:>5} of {asked:>5}  {share:.4}");
        if asked == 0 || share < floor {
            wrong.push(format!("{what}: {agreed} of {asked} agree, fewer than {floor}"));
        }
    };
    let status = |rule: &str, truth: &str| {
        format!(
            "SELECT r.person_id IS NOT NULL AS rule, o.{truth} AS truth \
             FROM true_outcomes o JOIN served s ON s.person = o.person JOIN learners l ON l.person = o.person \
             LEFT JOIN (SELECT DISTINCT person_id FROM {rule}) r ON r.person_id = l.person_id"
        )
    };
    holds("participants", 0.999, &status("cte_participant_secondary", "participant_secondary"));
    holds("concentrators", 0.999, &status("cte_concentrator_secondary", "concentrator_secondary"));
    let true_concentrators =
        format!("{} WHERE o.concentrator_secondary", status("cte_concentrator_secondary", "concentrator_secondary"));
    holds("  true concentrators", 0.998, &true_concentrators);
    holds(
        "concentrator year",
        0.996,
        "SELECT r.year AS rule, o.concentrator_year AS truth FROM true_outcomes o JOIN learners l ON l.person = o.person \
         JOIN (SELECT person_id, MIN(concentrator_year) AS year FROM cte_concentrator_secondary GROUP BY person_id) r \
           ON r.person_id = l.person_id",
    );
    holds(
        "exit quarter",
        0.996,
        "SELECT r.quarter AS rule, o.exit_quarter AS truth \
         FROM true_outcomes o JOIN served s ON s.person = o.person JOIN learners l ON l.person = o.person \
         LEFT JOIN (SELECT person_id, MAX(exit_quarter) AS quarter FROM secondary_exit GROUP BY person_id) r ON r.person_id = l.person_id",
    );
    let placed = |kind: &str, truth: &str, also: &str| {
        format!(
            "SELECT p.state = 'observed' AS rule, {truth} AS truth FROM true_outcomes o JOIN learners l ON l.person = o.person \
             JOIN placement_3s1 p ON p.person_id = l.person_id AND p.placement_quarter = o.exit_quarter + 2 \
             WHERE p.placement_type = '{kind}' AND p.measurable {also}"
        )
    };
    let college = "o.placed_postsecondary_q2";
    // Work in this state, as its own wages show it, and work in whatever state.
    let (here, work) = ("o.placed_employment_q2", "(o.placed_employment_q2 OR o.placed_out_of_state_q2)");
    holds("placed at college", 0.997, &placed("postsecondary", college, ""));
    holds("  of those truly there", 0.992, &placed("postsecondary", college, "AND o.placed_postsecondary_q2"));
    let own =
        placed("employment", here, "").replace("p.state = 'observed'", "COALESCE(p.employment_source = '01', FALSE)");
    holds("placed in work of this state", 0.866, &own);
    holds("  of those truly there", 0.613, &format!("{own} AND {here}"));
    holds("placed in work", 0.851, &placed("employment", work, ""));
    holds("  of those truly there", 0.599, &placed("employment", work, &format!("AND {work}")));
    let elsewhere = "o.placed_out_of_state_q2 AND NOT o.placed_employment_q2";
    holds("  of those elsewhere alone", 0.404, &placed("employment", work, &format!("AND {elsewhere}")));
    let (any, truly) = (format!("{college} OR {work}"), format!("AND ({college} OR {work})"));
    holds("placed in any", 0.853, &placed("any", &any, ""));
    holds("  of those truly there", 0.787, &placed("any", &any, &truly));
    // Who has met a bridge can be found in wages; who has not cannot, unless employer and school wrote the same name alone.
    let bridge = format!("AND {work} AND o.person IN (SELECT person FROM true_persons WHERE has_bridge)");
    holds("  of those with a bridge", 0.968, &placed("employment", work, &bridge));
    holds(
        "  of those called covered",
        0.980,
        &placed("employment", work, &format!("AND {work} AND p.state <> 'not_observable'")),
    );
    // Nobody is placed who was not, but for links that are wrong.
    let not = |truth: &str| format!("AND NOT ({truth})");
    holds("not placed at college", 1.0, &placed("postsecondary", college, &not(college)));
    holds("not placed in work", 1.0, &placed("employment", work, &not(work)));
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// One number a year: the mart's and the truth's.
struct Series<'a> {
    project: &'a Project,
    beside: &'a Beside,
}

impl Series<'_> {
    fn of(&self, years: std::ops::RangeInclusive<i32>, mart: &str, truth: &str) -> Vec<(i64, i64)> {
        let number = |year: i32| {
            let of = |sql: &str| sql.replace("$year", &year.to_string());
            (self.project.ask(&of(mart))[0].parse().unwrap(), self.beside.numbers(&of(truth))[0])
        };
        years.map(number).collect()
    }

    /// Asserts that the mart counts no more than the truth in any year, and at least this share of it over all years.
    fn holds(&self, what: &str, floor: f64, years: std::ops::RangeInclusive<i32>, mart: &str, truth: &str) {
        let series = self.of(years, mart, truth);
        println!("{what}: {series:?}");
        assert!(series.iter().all(|(mart, truth)| 0 < *mart && mart <= truth), "{what}: {series:?}");
        let (marts, truths) = series.iter().fold((0, 0), |(m, t), (mart, truth)| (m + mart, t + truth));
        #[allow(clippy::cast_precision_loss)]
        let share = marts as f64 / truths as f64;
        assert!(share >= floor, "{what}: {marts} of {truths}, fewer than {floor}: {series:?}");
    }
}

// Python counts every cell of it by loops (.ci/run); here it must say what the marts of one indicator say.
#[test]
fn the_indicators_are_what_their_own_marts_and_rules_say() {
    let project = sample_release();
    let sets =
        "('total', 'gender', 'race_ethnicity', 'special_population', 'program_code', 'career_cluster', 'district_id')";
    let cells = |columns: &str, mart: &str| {
        let dimensions =
            "grouping_set, year, district_id, program_code, career_cluster, gender, race_ethnicity, special_population";
        project.ask(&format!(
            "select {dimensions}, {columns} from {mart} and grouping_set in {sets} order by 1, 2, 3, 4, 5, 6, 7, 8"
        ))
    };
    let counts = "denominator, numerator, covered_denominator, pending";
    let own = cells(counts, "placement where placement_type = 'any'");
    assert!(own.len() > 400, "{}", own.len());
    assert_eq!(own, cells(counts, "indicator where indicator = '3S1'"));
    let graduates = project.ask("select year, denominator, numerator from indicator where indicator = '1S1' and grouping_set = 'total' order by 1");
    let headline = project.last_results()["headlines"][0].clone();
    let of_2024 = format!("2024,{},{}", headline["denominator"], headline["numerator"]);
    assert!(graduates.contains(&of_2024), "{graduates:?} and {of_2024}");
    // Whoever completes a program before wages reach the quarter after is not yet measurable, and has no rate.
    let open = project.ask("select count(*) from indicator where indicator = '1P1' and pending > 0 and (rate is not null or rate_status <> 'not_observable')");
    assert_eq!(open, ["0"]);
    assert_eq!(project.ask("select count(*) > 0 from indicator where indicator = '1P1' and pending > 0"), ["true"]);
}

// Python works out every row of it by the formulas (.ci/run); here one row is worked out by hand from the cells that the mart compares.
#[test]
fn a_gap_is_what_its_formula_gives() {
    let project = sample_release();
    let number = |sql: &str| -> f64 { project.ask(sql)[0].parse().unwrap() };
    let where_ = "year = 2023 and level = 'secondary'";
    let of = |set: &str, also: &str, column: &str| {
        number(&format!("select {column} from cte_participation where {where_} and grouping_set = '{set}' {also}"))
    };
    let gap = |column: &str, also: &str| {
        number(&format!(
            "select {column} from opportunity_gap where {where_} and district_id = '_total' and dimension = 'gender' and subgroup = 'F' {also}"
        ))
    };
    // Of the concentrators of a cluster so many are women, of all learners so many.
    let health = "and career_cluster = '08'";
    let women = of("career_cluster+gender", &format!("{health} and gender = 'F'"), "concentrators");
    let all = of("career_cluster", health, "concentrators");
    let share = of("gender", "and gender = 'F'", "learners") / of("total", "", "learners");
    let also = format!("{health} and kind = 'representation' and measure = 'concentrators'");
    assert!((gap("gap_points", &also) - 100.0 * (women / all - share)).abs() < 1e-9);
    assert!((gap("proportionality", &also) - women / all / share).abs() < 1e-9);
    // Of the women among the leavers so many are placed.
    let placed = |set: &str, also: &str, column: &str| {
        number(&format!(
            "select {column} from indicator where year = 2023 and indicator = '3S1' and grouping_set = '{set}' {also}"
        ))
    };
    let (s, n) =
        (placed("gender", "and gender = 'F'", "numerator"), placed("gender", "and gender = 'F'", "denominator"));
    let reference = placed("total", "", "numerator") / placed("total", "", "denominator");
    let also = "and kind = 'rate' and measure = '3S1' and career_cluster = '_total'";
    let margin = (1.96 * (0.25 / n).sqrt()).max(0.03);
    assert!((gap("margin", also) - margin).abs() < 1e-12);
    assert!((gap("gap_points", also) - 100.0 * (s / n - reference)).abs() < 1e-9);
    assert!((gap("to_parity", also) - (reference * n - s - 1e-9).ceil().max(0.0)).abs() < 1e-9);
    assert!((gap("to_clear", also) - ((reference - margin) * n - s - 1e-9).ceil().max(0.0)).abs() < 1e-9);
    // Nobody is compared of whom nothing is known yet.
    assert_eq!(
        project.ask("select count(*) from opportunity_gap where kind = 'rate' and measure = '1P1' and year = 2026"),
        ["0"]
    );
    assert_eq!(
        project.ask("select count(*) > 0 from opportunity_gap where flagged and flagged_years between 1 and 3"),
        ["true"]
    );
    assert_eq!(project.ask("select count(*) from opportunity_gap where flagged and flagged_years = 0"), ["0"]);
}

// Measured on the sample, all years together: concentrators 866 of 869 (.9965); concentrators who left 547 of 551 (.9927), of whom at college
// 202 of 204 (.9902), in work, here or in another state, 127 of 200 (.6350), in any 288 of 350 (.8229).
#[test]
fn marts_count_what_the_truth_counts() {
    let project = sample_release();
    let beside = Beside::open(project);
    let series = Series { project, beside: &beside };
    let graduates = series.of(
        2019..=2024,
        "select count(*) from learner_pathway where cohort_year = $year and cohort_included and graduated",
        "SELECT COUNT(*) FROM true_outcomes WHERE cohort_year = $year AND cohort_included AND graduated",
    );
    assert!(graduates.iter().all(|(mart, truth)| mart == truth && *truth > 200), "{graduates:?}");
    series.holds(
        "concentrators",
        0.996,
        2020..=2024,
        "select concentrators from cte_participation where grouping_set = 'total' and level = 'secondary' and year = $year",
        "SELECT COUNT(DISTINCT o.person) FROM true_outcomes o JOIN true_records t ON t.person = o.person \
         WHERE o.concentrator_year <= $year AND t.file = 'k12/enrollment_$year.csv'",
    );
    let leavers = "SELECT COUNT(*) FROM true_outcomes \
         WHERE concentrator_year <= $year AND exit_quarter BETWEEN ($year - 2) * 4 + 2 AND ($year - 1) * 4 + 1";
    let of_placement = |kind: &str, column: &str| {
        format!(
            "select {column} from placement where grouping_set = 'total' and placement_type = '{kind}' and year = $year"
        )
    };
    series.holds("leavers", 0.992, 2020..=2025, &of_placement("any", "denominator"), leavers);
    for (kind, floor, truth) in [
        ("postsecondary", 0.99, "placed_postsecondary_q2"),
        ("employment", 0.635, "(placed_employment_q2 OR placed_out_of_state_q2)"),
        ("any", 0.822, "(placed_postsecondary_q2 OR placed_employment_q2 OR placed_out_of_state_q2)"),
    ] {
        series.holds(kind, floor, 2020..=2025, &of_placement(kind, "numerator"), &format!("{leavers} AND {truth}"));
    }
}

/// Every statement of a page of Markdown.
fn statements(page: &str) -> Vec<String> {
    page.split("```sql\n")
        .skip(1)
        .filter_map(|rest| rest.split_once("```"))
        .map(|(sql, _)| sql.trim().to_owned())
        .collect()
}

#[test]
fn every_question_is_answered_by_the_sql_beside_it() {
    let project = sample_release();
    let page = fs::read_to_string(repository().join("docs/questions.md")).unwrap();
    let all = statements(&page);
    assert!(all.len() >= 92, "{}", all.len());
    for sql in all {
        assert!(!project.ask(&sql).is_empty(), "nothing answers: {sql}");
    }
}

#[test]
fn what_has_not_been_delivered_is_pending_in_every_mart() {
    let project = Project::small();
    let pipeline = "pipelines/statewide.yaml";
    project.replace(pipeline, "rules: [perkins_v]", "rules: [perkins_v, workforce, labor, programs]");
    project.replace(
        pipeline,
        "marts: [learner_pathway,",
        "marts: [learner_pathway, transition, dual_credit, pipeline,",
    );
    // The files go on, but what they hold of the time after is not yet to be counted on.
    let text = project.read(pipeline);
    let through = |line: &str| {
        let source = line.trim_start().starts_with("ps_enrollment:") || line.trim_start().starts_with("ui_wages:");
        if source { line.replacen('{', "{ data_through: 2023-06-30,", 1) } else { line.to_owned() }
    };
    project.write(pipeline, text.lines().map(through).collect::<Vec<_>>().join("\n") + "\n");
    project.statewide().is_fine();
    let year_of = |mart: &str, pending: &str, rate: &str| {
        project.ask(&format!(
            "select year, {pending} > 0, {rate} is null from {mart} where grouping_set = 'total' and year in (2021, 2023) order by 1"
        ))
    };
    for (mart, pending, rate) in
        [("transition", "pending", "college_rate"), ("dual_credit", "pending_1yr", "year_rate")]
    {
        assert_eq!(year_of(mart, pending, rate), ["2021,false,false", "2023,true,true"], "{mart}");
    }
    let steps = "select distinct pending > 0 from pipeline where grouping_set = 'total' and year = 2021 and step in ('6_college', '7_work')";
    assert_eq!(project.ask(steps), ["true"], "whoever entered in 2021 could not have been seen at college or at work");
}

#[test]
fn refused_rows_stand_beside_the_rates_that_rest_on_them() {
    let project = sample_release();
    let record = project.last_results();
    let files = record["files"].as_array().unwrap();
    let of_schools = files.iter().filter(|f| f["source"] == "k12_enrollment");
    let of_schools: i64 = of_schools.map(|f| f["quarantined"].as_i64().unwrap()).sum();
    assert!(of_schools > 0, "the sample has no row that is refused");
    // Also beside rates whose rule holds but constants, or is a list that knows no person: the rows that they measure come from schools.
    for (mart, rate) in [
        ("transition", "college_rate"),
        ("dual_credit", "year_rate"),
        ("course_sequence", "pass_rate"),
        ("access", "access_rate"),
        ("car_indicators", "actual"),
    ] {
        let least: i64 = project.ask(&format!("select min({rate}_quarantined) from {mart}"))[0].parse().unwrap();
        assert!(least >= of_schools, "{mart}.{rate}: {least}, and {of_schools} rows of schools were refused");
    }
}
