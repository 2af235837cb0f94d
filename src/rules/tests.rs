//! Tests of the room: every rule of `config/rules` against its fixtures, and documents that must be refused.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use chrono::NaiveDate;
use datafusion::prelude::SessionContext;

use super::*;
use crate::foundation::Diagnostics;

fn config() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("config")
}

fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|f| f.to_string_lossy().ends_with(ending));
    files.sort();
    files
}

fn rules() -> Vec<Rule> {
    let read = |file: &PathBuf| {
        let text = std::fs::read_to_string(file).unwrap();
        load(&text, file).unwrap_or_else(|found| panic!("{}", shown(&found, &text)))
    };
    files(&config().join("rules/perkins_v"), ".sql").iter().map(read).collect()
}

fn shown(found: &Diagnostics, text: &str) -> String {
    found.sorted().iter().map(|d| d.render(Some(text))).collect()
}

/// The linked tables as the contracts declare them, the references, the persons, and the rules' own tables.
fn schemas(rules: &[Rule]) -> HashMap<String, SchemaRef> {
    let mut all = HashMap::new();
    for file in files(&config().join("contracts"), ".yaml") {
        let contract: serde_json::Value = serde_saphyr::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        let mut fields = Vec::new();
        for column in contract["columns"].as_array().unwrap() {
            if column["sensitivity"] != "direct" {
                let kind = match column["type"].as_str().unwrap() {
                    "integer" => DataType::Int64,
                    "date" => DataType::Date32,
                    "boolean" => DataType::Boolean,
                    other => match other.parse::<ColumnType>() {
                        Ok(decimal @ ColumnType::Decimal(..)) => decimal.arrow(),
                        _ => DataType::Utf8,
                    },
                };
                fields.push(Field::new(column["name"].as_str().unwrap(), kind, true));
            }
        }
        if contract["sector"] != "reference" {
            fields.push(Field::new("person_id", DataType::Utf8, true));
            fields.push(Field::new("record_ref", DataType::FixedSizeBinary(16), true));
        }
        all.insert(contract["contract"].as_str().unwrap().to_owned(), Arc::new(Schema::new(fields)));
    }
    let persons = [
        ("person_id", DataType::Utf8),
        ("link_strength", DataType::Utf8),
        ("n_sources", DataType::Int64),
        ("has_bridge", DataType::Boolean),
        ("has_ssn", DataType::Boolean),
    ];
    let fields: Vec<Field> = persons.into_iter().map(|(name, kind)| Field::new(name, kind, true)).collect();
    all.insert("person_link".to_owned(), Arc::new(Schema::new(fields)));
    let reach = [("source", DataType::Utf8), ("data_through", DataType::Date32), ("last_quarter", DataType::Utf8)];
    let fields: Vec<Field> = reach.into_iter().map(|(name, kind)| Field::new(name, kind, true)).collect();
    all.insert("source_reach".to_owned(), Arc::new(Schema::new(fields)));
    for table in tables(rules).unwrap() {
        all.insert(table.name.to_owned(), table.schema());
    }
    all
}

fn session() -> SessionContext {
    SessionContext::new_with_config(datafusion::prelude::SessionConfig::new().with_target_partitions(1))
}

#[tokio::test]
async fn every_rule_keeps_its_fixtures() {
    let rules = rules();
    let schemas = schemas(&rules);
    let mut wrong = Vec::new();
    for rule in &rules {
        let file = rule.file.with_extension("fixtures.yaml");
        let text = std::fs::read_to_string(&file).unwrap_or_else(|_| panic!("{} has no fixtures", rule.file.display()));
        let fixtures = load_fixtures(&text, &file).unwrap_or_else(|found| panic!("{}", shown(&found, &text)));
        // A list of codes reads nothing, and one case is the whole of it.
        let enough = if rule.reads().unwrap().is_empty() { 1 } else { 4 };
        assert!(fixtures.cases.len() >= enough, "{} has too few cases", file.display());
        for case in &fixtures.cases {
            if let Err(error) = run_fixture(&session(), rule, &fixtures, case, &schemas).await {
                wrong.push(error.to_string());
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn a_wrong_expectation_is_noticed() {
    let rules = rules();
    let rule = rules.iter().find(|r| r.spec.rule.as_str() == "graduation_four_year").unwrap();
    let text = "- case: nothing comes of nothing\n  expect: [{ person_id: P1, reporting_year: 2021 }]\n";
    let fixtures = load_fixtures(text, Path::new("x.yaml")).unwrap();
    let error = run_fixture(&session(), rule, &fixtures, &fixtures.cases[0], &schemas(&rules)).await.unwrap_err();
    assert!(error.to_string().contains("missing:  person_id=P1 reporting_year=2021"), "{error}");
}

#[tokio::test]
async fn a_value_of_another_type_is_refused() {
    let rules = rules();
    let rule = rules.iter().find(|r| r.spec.rule.as_str() == "cte_participant_secondary").unwrap();
    let text = "- case: a word for a year\n  given: { cte_courses: [{ school_year: 2020 }, { school_year: soon }] }\n  expect: []\n";
    let fixtures = load_fixtures(text, Path::new("x.yaml")).unwrap();
    let error = run_fixture(&session(), rule, &fixtures, &fixtures.cases[0], &schemas(&rules)).await.unwrap_err();
    assert!(error.to_string().contains("`cte_courses.school_year` in row 2"), "{error}");
}

#[tokio::test]
async fn a_table_that_the_rule_does_not_read_is_refused() {
    let rules = rules();
    let text = "- case: wages in a graduation rule\n  given: { ui_wages: [{ wages: 1 }] }\n  expect: []\n";
    let fixtures = load_fixtures(text, Path::new("x.yaml")).unwrap();
    let rule = rules.iter().find(|r| r.spec.rule.as_str() == "graduation_four_year").unwrap();
    let error = run_fixture(&session(), rule, &fixtures, &fixtures.cases[0], &schemas(&rules)).await.unwrap_err();
    assert!(matches!(error, RuleError::UnknownTable { ref table, .. } if table == "ui_wages"), "{error}");
}

#[tokio::test]
async fn every_rule_makes_the_schema_it_declares() {
    let rules = rules();
    let schemas = schemas(&rules);
    let ctx = SessionContext::new();
    for (name, schema) in schemas.iter().collect::<std::collections::BTreeMap<_, _>>() {
        let table = datafusion::datasource::MemTable::try_new(schema.clone(), vec![vec![]]).unwrap();
        ctx.register_table(name.as_str(), Arc::new(table)).unwrap();
    }
    for table in tables(&rules).unwrap() {
        let day = NaiveDate::from_ymd_opt(2025, 1, 1).unwrap();
        let planned = ctx.sql(&table.sql(day)).await.unwrap_or_else(|e| panic!("{}: {e}", table.name));
        let types =
            |s: &Schema| s.fields().iter().map(|f| (f.name().clone(), f.data_type().clone())).collect::<Vec<_>>();
        assert_eq!(types(planned.schema().as_arrow()), types(&table.schema()), "{}", table.name);
        for read in table.reads().unwrap() {
            assert!(schemas.contains_key(&read), "{} reads {read}", table.name);
        }
    }
}

#[test]
fn the_reads_of_a_rule_are_its_tables_and_not_its_own_names() {
    let rules = rules();
    let placement = rules.iter().find(|r| r.spec.rule.as_str() == "placement_3s1").unwrap();
    let expected = [
        "apprenticeships",
        "cte_concentrator_secondary",
        "follow_up_survey",
        "nsc_detail",
        "person_link",
        "ps_enrollment",
        "secondary_exit",
        "source_reach",
        "ui_wages",
        "wages_out_of_state",
    ];
    assert_eq!(placement.reads().unwrap(), expected);
    // A function that makes rows stands where a table would, and is none.
    let completer = rules.iter().find(|r| r.spec.rule.as_str() == "cte_completer_secondary").unwrap();
    assert!(completer.bound().contains("generate_series"));
    assert!(!completer.reads().unwrap().contains(&"generate_series".to_owned()));
}

fn small(id: &str, version: u32, from: &str, to: &str) -> String {
    let to = if to.is_empty() { String::new() } else { format!(", to: {to}") };
    format!(
        "/* ---\nid: {id}\nrule: t\nversion: {version}\ntitle: T\nsays: S\ncitation: C\ngrain: [y]\nyear: y\nparameters: {{ n: 2 }}\n\
         effective: {{ from: {from}{to} }}\nzone: linked\nowner: o\ncolumns:\n  - {{ name: y, type: int32, label: Y }}\n--- */\n\
         SELECT {version} * $n AS n, y FROM (SELECT 2019 AS y UNION ALL SELECT 2020 UNION ALL SELECT 2021 UNION ALL SELECT 2022) AS all_years\n"
    )
}

fn codes(result: Result<Rule, Diagnostics>) -> Vec<(&'static str, usize)> {
    result.err().map_or_else(Vec::new, |found| found.sorted().iter().map(|d| (d.code, d.place.line)).collect())
}

#[test]
fn bad_rules_are_refused_where_they_are_wrong() {
    let good = small("A", 1, "2019-07-01", "");
    let file = Path::new("r.sql");
    assert_eq!(codes(load(&good, file)), []);
    assert_eq!(codes(load("SELECT 1", file)), [("R001", 1)]);
    assert_eq!(codes(load(&good.replace("citation", "citatoin"), file)), [("R002", 7)]);
    assert_eq!(codes(load(&good.replace("from: 2019-07-01", "from: 2019-13-01"), file)), [("R002", 11)]);
    assert_eq!(codes(load(&good.replace("2019-07-01 }", "2019-07-01, to: 2018-06-30 }"), file)), [("R004", 11)]);
    assert_eq!(codes(load(&good.replace("$n", "$m"), file)), [("R006", 10), ("R005", 17)]);
    assert_eq!(codes(load(&good.replace("n: 2", "n: 0.5"), file)), [("R007", 10)]);
    assert_eq!(codes(load(&good.replace("name: y", "name: Y2"), file)), [("R009", 8), ("R009", 9), ("R008", 15)]);
    assert_eq!(codes(load(&good.replace("label: Y", "label: Y, sensitivity: direct"), file)), [("R015", 15)]);
}

#[test]
fn a_misspelt_key_and_parameter_are_suggested() {
    let good = small("A", 1, "2019-07-01", "");
    let text = good.replace("citation", "citatoin");
    let found = load(&text, Path::new("r.sql")).unwrap_err();
    assert!(shown(&found, &text).contains("did you mean `citation`?"), "{}", shown(&found, &text));
    let text = good.replace("{ n: 2 }", "{ min_n: 2 }").replace("$n", "$min_m");
    let found = load(&text, Path::new("r.sql")).unwrap_err();
    assert!(shown(&found, &text).contains("did you mean `$min_n`?"), "{}", shown(&found, &text));
}

#[test]
fn versions_must_meet_without_overlap_or_gap() {
    let rule = |v, from, to| load(&small("A", v, from, to), Path::new("r.sql")).unwrap();
    let check = |rules: &[Rule]| match tables(rules) {
        Ok(_) => Vec::new(),
        Err(found) => found.sorted().iter().map(|d| d.code).collect(),
    };
    let first = rule(1, "2018-07-01", "2020-06-30");
    assert_eq!(check(&[rule(2, "2020-07-01", ""), first.clone()]), Vec::<&str>::new());
    assert_eq!(check(&[first.clone(), rule(2, "2021-07-01", "")]), ["R011"]);
    assert_eq!(check(&[first.clone(), rule(2, "2019-07-01", "")]), ["R010"]);
    assert_eq!(check(&[first.clone(), rule(1, "2020-07-01", "")]), ["R012"]);
    assert_eq!(check(&[rule(1, "2018-07-01", ""), rule(2, "2020-07-01", "")]), ["R010"]);
    assert_eq!(check(&[rule(1, "2018-07-01", "2020-09-30"), rule(2, "2020-10-01", "")]), ["R016"]);
}

#[tokio::test]
async fn each_version_makes_the_years_in_which_it_is_effective() {
    let rule = |v, from, to| load(&small("A", v, from, to), Path::new("r.sql")).unwrap();
    let rules = [rule(2, "2020-07-01", ""), rule(1, "2018-07-01", "2020-06-30")];
    let table = &tables(&rules).unwrap()[0];
    assert_eq!(table.for_program_year(2020).map(|r| r.spec.version), Some(1));
    assert_eq!(table.for_program_year(2021).map(|r| r.spec.version), Some(2));
    assert_eq!(table.for_program_year(2018).map(|r| r.spec.version), None);
    let sql = format!("{} ORDER BY y", table.sql(NaiveDate::from_ymd_opt(2025, 1, 1).unwrap()));
    let rows = SessionContext::new().sql(&sql).await.unwrap().collect().await.unwrap();
    let shown = arrow::util::pretty::pretty_format_batches(&rows).unwrap().to_string();
    let body: Vec<String> = shown.lines().skip(3).map(|l| l.split_whitespace().collect()).collect();
    assert_eq!(body[..4], ["|2019|A|1|", "|2020|A|1|", "|2021|A|2|", "|2022|A|2|"]);
}
