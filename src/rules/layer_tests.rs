//! Tests of packs that stand over one another.

use std::path::Path;

use chrono::{Days, NaiveDate};
use datafusion::prelude::SessionContext;
use proptest::prelude::*;

use super::*;
use crate::foundation::Diagnostics;

/// A rule of table `t` whose rows say its parameter `n` times 10 and its own constant.
fn rule(pack: &str, id: &str, version: u32, from: &str, to: &str) -> Rule {
    let to = if to.is_empty() { String::new() } else { format!(", to: {to}") };
    let text = format!(
        "/* ---\nid: {id}\nrule: t\nversion: {version}\ntitle: T\nsays: S\ncitation: C\ngrain: [y]\nyear: y\nparameters: {{ n: 2, most: 9 }}\n\
         effective: {{ from: {from}{to} }}\nzone: linked\nowner: o\ncolumns:\n  - {{ name: y, type: int32, label: Y }}\n  - {{ name: n, type: int32, label: N }}\n\
         --- */\nSELECT y, {version}00 + $n AS n FROM (SELECT 2019 AS y UNION ALL SELECT 2020 UNION ALL SELECT 2021 UNION ALL SELECT 2022) AS years\n\
         WHERE y < $most * 1000\n"
    );
    load(&text, Path::new(&format!("config/rules/{pack}/{id}.sql"))).unwrap()
}

fn override_of(id: &str, effective: &str, parameters: &str) -> Result<Override, Diagnostics> {
    let text = format!(
        "overrides: t\nid: {id}\nversion: 1\nsays: S\ncitation: C\nowner: o\neffective: {{ {effective} }}\nparameters: {{ {parameters} }}\n"
    );
    load_override(&text, Path::new("config/rules/ours/t.override.yaml"), none())
}

fn none() -> FixtureFile {
    FixtureFile { file: "t.fixtures.yaml".into(), cases: Vec::new() }
}

fn packs(rules: Vec<Rule>, overrides: Vec<Override>) -> [Pack; 2] {
    let base = Pack { name: "base".to_owned(), rules, overrides: Vec::new() };
    [base, Pack { name: "ours".to_owned(), rules: Vec::new(), overrides }]
}

fn codes(found: &Diagnostics) -> Vec<(&'static str, usize)> {
    found.sorted().iter().map(|d| (d.code, d.place.line)).collect()
}

/// The year, number, rule and version of every row that layered packs make.
async fn made(packs: &[Pack]) -> Vec<String> {
    let mut found = Diagnostics::default();
    let layers = layered(packs, &mut found);
    assert!(codes(&found).is_empty(), "{found:?}");
    let tables = tables(&layers.effective).unwrap();
    let sql = format!("SELECT * FROM ({}) ORDER BY y", tables[0].sql(NaiveDate::from_ymd_opt(2025, 1, 1).unwrap()));
    let rows = SessionContext::new().sql(&sql).await.unwrap().collect().await.unwrap();
    let shown = arrow::util::pretty::pretty_format_batches(&rows).unwrap().to_string();
    let cells = |line: &str| line.split(['|', ' ']).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    shown.lines().filter(|line| line.starts_with("| 2")).map(cells).collect()
}

#[tokio::test]
async fn a_threshold_changed_from_a_date_changes_no_year_before_it() {
    let base = rule("base", "B", 1, "2018-07-01", "");
    let from = override_of("O", "from: 2020-07-01", "n: 3").unwrap();
    let all = made(&packs(vec![base.clone()], vec![from])).await;
    assert_eq!(all, ["2019 102 B 1", "2020 102 B 1", "2021 103 O 1", "2022 103 O 1"]);
    // What has an end gives the days behind it back.
    let between = override_of("O", "from: 2019-07-01, to: 2021-06-30", "n: 3").unwrap();
    let all = made(&packs(vec![base], vec![between])).await;
    assert_eq!(all, ["2019 102 B 1", "2020 103 O 1", "2021 103 O 1", "2022 102 B 1"]);
}

#[tokio::test]
async fn a_whole_rule_stands_over_another_and_an_override_over_both() {
    let under = rule("base", "B", 1, "2018-07-01", "");
    let whole = rule("ours", "W", 5, "2020-07-01", "");
    let mut three = packs(vec![under], Vec::new()).to_vec();
    three[1].rules.push(whole);
    let third = override_of("O", "from: 2021-07-01", "n: 7").unwrap();
    three.push(Pack { name: "third".to_owned(), rules: Vec::new(), overrides: vec![third] });
    assert_eq!(made(&three).await, ["2019 102 B 1", "2020 102 B 1", "2021 502 W 5", "2022 507 O 1"]);
    let said = layered(&three, &mut Diagnostics::default()).said;
    let over: Vec<Vec<&str>> = said.iter().map(|s| s.over.iter().map(|r| r.spec.id.as_str()).collect()).collect();
    assert_eq!(over, [vec![], vec!["B"], vec!["W"]], "an override stands over what holds where it does");
}

#[test]
fn overrides_that_cannot_be_are_refused_where_they_are_wrong() {
    let found = |rules: Vec<Rule>, overrides: Vec<Override>| {
        let mut found = Diagnostics::default();
        let layers = layered(&packs(rules, overrides), &mut found);
        if codes(&found).is_empty() {
            found.extend(tables(&layers.effective).err().unwrap_or_default());
        }
        codes(&found)
    };
    let base = || rule("base", "B", 1, "2018-07-01", "2024-06-30");
    let one = |effective: &str, parameters: &str| vec![override_of("O", effective, parameters).unwrap()];
    assert_eq!(found(vec![base()], one("from: 2020-07-01", "n: 3")), []);
    let mut elsewhere = one("from: 2020-07-01", "n: 3");
    elsewhere[0].spec.overrides.value = "tt".to_owned();
    assert_eq!(found(vec![base()], elsewhere), [("R018", 1)]);
    assert_eq!(found(vec![base()], one("from: 2020-07-01", "m: 3")), [("R005", 8)]);
    assert_eq!(found(vec![base()], one("from: 2020-07-01", "n: 0.5")), [("R007", 8)]);
    assert_eq!(found(vec![base()], one("from: 2020-07-01", "n: three")), [("R028", 8)]);
    assert_eq!(found(vec![base()], one("from: 2020-07-01", "n: [3]")), [("R028", 8)]);
    // What an example sets is a parameter of the rule, and of its kind.
    let with_case = |parameters: &str| {
        let cases = format!("- {{ case: c, expect: [], parameters: {{ {parameters} }} }}\n");
        let mut over = one("from: 2020-07-01", "n: 3");
        over[0].fixtures = crate::rules::load_fixtures(&cases, std::path::Path::new("O.fixtures.yaml")).unwrap();
        found(vec![base()], over)
    };
    assert_eq!(with_case("n: 4"), []);
    assert_eq!(with_case("no_such: 4"), [("R005", 1)]);
    assert_eq!(with_case("n: four"), [("R028", 1)]);
    assert_eq!(found(vec![base()], one("from: 2024-07-01", "n: 3")), [("R019", 7)]);
    // Within a program year, at its beginning and at its end, where the rule below begins anew.
    assert_eq!(found(vec![base()], one("from: 2020-09-01", "n: 3")), [("R016", 7)]);
    assert_eq!(found(vec![base()], one("from: 2020-07-01, to: 2020-12-31", "n: 3")), [("R016", 0)]);
    let next = rule("base", "B", 2, "2024-07-01", "");
    assert_eq!(found(vec![base(), next], one("from: 2020-07-01", "n: 3")), [("R024", 7)]);
    let twice = ["from: 2020-07-01", "from: 2022-07-01"].map(|days| override_of("O", days, "n: 3").unwrap());
    assert_eq!(found(vec![base()], twice.to_vec()), [("R010", 7)]);
    let same = override_of("B", "from: 2020-07-01", "n: 3").unwrap();
    assert_eq!(found(vec![base()], vec![same]), [("R012", 2)], "an id and version name one rule");
    let refused = |text: Result<Override, Diagnostics>| codes(&text.unwrap_err());
    assert_eq!(refused(override_of("O", "from: 2020-07-01", "")), [("R014", 1)]);
    assert_eq!(refused(override_of("O", "from: 2020-07-01, to: 2019-06-30", "n: 3")), [("R004", 7)]);
    assert_eq!(refused(override_of("O", "form: 2020-07-01", "n: 3")), [("R002", 7)]);
}

/// A day of a few hundred, as documents write it.
fn day(number: u64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2020, 1, 1).unwrap().checked_add_days(Days::new(number)).unwrap()
}

proptest! {
    #[test]
    fn on_every_day_the_topmost_pack_that_speaks_holds(spans in prop::collection::vec((0_u64..300, 0_u64..300), 1..5)) {
        let pack = |(at, (a, b)): (usize, &(u64, u64))| {
            let (from, to) = (day(*a.min(b)).to_string(), day(*a.max(b)).to_string());
            Pack { name: format!("p{at}"), rules: vec![rule(&format!("p{at}"), &format!("P{at}"), 1, &from, &to)], overrides: Vec::new() }
        };
        let packs: Vec<Pack> = spans.iter().enumerate().map(pack).collect();
        let layers = layered(&packs, &mut Diagnostics::default());
        for number in 0..300 {
            let topmost = spans.iter().rposition(|(a, b)| (*a.min(b)..=*a.max(b)).contains(&number)).map(|at| format!("P{at}"));
            let today = day(number);
            let holds = |rule: &&Rule| rule.first_day() <= today && rule.last_day().is_none_or(|last| today <= last);
            let holding: Vec<String> = layers.effective.iter().filter(holds).map(|rule| rule.spec.id.value.clone()).collect();
            prop_assert_eq!(holding, topmost.into_iter().collect::<Vec<_>>());
        }
    }
}
