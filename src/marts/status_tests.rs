//! Tests of what stands beside a number: why a median is empty, and all that a rate has in a mart over marts.

use std::collections::BTreeMap;
use std::path::Path;

use arrow::util::pretty::pretty_format_batches;
use datafusion::prelude::SessionContext;

use super::*;
use crate::foundation::Located;

#[tokio::test]
async fn a_median_is_empty_while_somebody_s_amount_cannot_be_known() {
    let text = r"
mart: earnings
title: T
says: S
zone: research
sql: earnings.sql
person: person_id
primary_key: [grouping_set, year]
always: [year]
dimensions:
  - { name: year, membership: one, type: int32, label: Year, definition: D }
measures:
  - { name: pending, count: persons, where: is_pending, label: Pending, definition: D }
medians:
  - { name: wages, of: amount, pending: pending, label: Wages, definition: D }
grouping: [[]]
";
    let spec: MartSpec = serde_saphyr::from_str(text).unwrap();
    assert!(check(&spec, Path::new("m.yaml")).is_empty());
    let base = "(SELECT * FROM (VALUES ('P1', 2022, 1.50, FALSE), ('P2', 2022, 4.50, FALSE), ('P1', 2023, 1.00, FALSE), ('P2', 2023, NULL, TRUE), \
                ('P1', 2024, NULL, FALSE)) AS t (person_id, year, amount, is_pending))";
    let sql = format!(
        "SELECT year, pending, wages, wages_status FROM ({}) AS m ORDER BY 1",
        cells::union_sql(&spec, base, &cells::Refused::default())
    );
    let got = SessionContext::new().sql(&sql).await.unwrap().collect().await.unwrap();
    let expected = "\
+------+---------+-------+----------------+
| year | pending | wages | wages_status   |
+------+---------+-------+----------------+
| 2022 | 0       | 3.00  |                |
| 2023 | 1       |       | not_observable |
| 2024 | 0       |       | not_applicable |
+------+---------+-------+----------------+";
    assert_eq!(pretty_format_batches(&got).unwrap().to_string(), expected);
    let told = dictionary(&spec);
    let entry = |name: &str| told.iter().find(|entry| entry.column == name).unwrap();
    assert_eq!(
        (entry("wages").nulls.as_str(), entry("wages_status").nulls.as_str()),
        ("see wages_status", "the median stands")
    );
    let mut twice = spec.clone();
    twice.measures[0].name.value = "wages_status".into();
    assert!(check(&twice, Path::new("m.yaml")).sorted().iter().any(|d| d.code == "M002"));
    let mut unknown = spec.clone();
    unknown.medians[0].pending = Some(Located::nowhere("waiting".to_owned()));
    assert_eq!(check(&unknown, Path::new("m.yaml")).sorted()[0].code, "M010");
}

#[tokio::test]
async fn a_mart_over_marts_has_rates_like_any_other() {
    let text = r"
mart: report
title: T
says: S
zone: research
sql: report.sql
over: [placement]
primary_key: [indicator]
columns:
  - { name: indicator, type: text, label: Indicator, definition: D }
  - { name: n, type: int64, label: Numerator, definition: D, nulls: never }
  - { name: d, type: int64, label: Denominator, definition: D, nulls: never }
  - { name: c, type: int64, label: Covered, definition: D, nulls: never }
  - { name: p, type: int64, label: Pending, definition: D, nulls: never }
rates:
  - name: actual
    numerator: n
    denominator: d
    covered_denominator: c
    pending: p
    coverage_note: Nobody
    coverage_notes: [{ column: indicator, values: [3S1, 1P1], note: Soldiers }]
    rule: { id: of, version: made }
    label: Rate
";
    let spec: MartSpec = serde_saphyr::from_str(text).unwrap();
    assert!(check(&spec, Path::new("m.yaml")).is_empty());
    let refused = cells::Refused { all: 9, of_rule: BTreeMap::from([("PV-1S1".to_owned(), 2)]) };
    let body = "SELECT * FROM (VALUES ('1S1', 1, 4, 4, 0, 'PV-1S1', 3), ('3S1', 3, 6, 5, 0, 'PV-3S1', 1), ('2P1', 0, 5, 5, 1, 'PV-2P1', 1), \
                ('1P1', 0, 0, 0, 0, 'PV-1P1', 2)) AS t (indicator, n, d, c, p, of, made);";
    let sql = format!(
        "SELECT indicator, n, d, actual, round(actual_low, 4) AS low, round(actual_high, 4) AS high, actual_covered AS covered, actual_bound_high AS bound, \
         actual_reliability AS abcd, actual_status AS status, actual_rule AS rule, actual_version AS v, actual_note AS note, actual_quarantined AS q \
         FROM ({}) AS m ORDER BY indicator",
        persons::over_marts_sql(&spec, body, &refused)
    );
    let got = SessionContext::new().sql(&sql).await.unwrap().collect().await.unwrap();
    let expected = "\
+-----------+---+---+--------+--------+--------+---------+--------------------+------+----------------+--------+---+----------+---+
| indicator | n | d | actual | low    | high   | covered | bound              | abcd | status         | rule   | v | note     | q |
+-----------+---+---+--------+--------+--------+---------+--------------------+------+----------------+--------+---+----------+---+
| 1P1       | 0 | 0 |        |        |        |         |                    | D    | not_applicable | PV-1P1 | 2 | Soldiers | 9 |
| 1S1       | 1 | 4 | 0.25   | 0.0456 | 0.6994 | 0.25    | 0.25               | D    |                | PV-1S1 | 3 | Nobody   | 2 |
| 2P1       | 0 | 5 |        |        |        |         |                    | D    | not_observable | PV-2P1 | 1 | Nobody   | 9 |
| 3S1       | 3 | 6 | 0.5    | 0.1876 | 0.8124 | 0.6     | 0.6666666666666666 | D    |                | PV-3S1 | 1 | Soldiers | 9 |
+-----------+---+---+--------+--------+--------+---------+--------------------+------+----------------+--------+---+----------+---+";
    assert_eq!(pretty_format_batches(&got).unwrap().to_string(), expected);

    let codes = |change: fn(&mut MartSpec)| {
        let mut spec = spec.clone();
        change(&mut spec);
        check(&spec, Path::new("m.yaml")).sorted().iter().map(|d| d.code).collect::<Vec<_>>()
    };
    assert_eq!(codes(|m| m.rates[0].numerator.value = "nn".into()), ["M010"]);
    assert_eq!(codes(|m| m.rates[0].denominator.value = "indicator".into()), ["M010"]);
    assert_eq!(codes(|m| m.rates[0].coverage_note.clear()), ["M026"]);
    assert_eq!(codes(|m| m.rates[0].coverage_notes[0].column.value = "level".into()), ["M010"]);
    assert_eq!(codes(|m| drop(m.columns[0].values.insert("3S1".into(), "Placement".into()))), ["M010"], "1P1 is none");
    // Rates are of cells or over marts: of persons nothing is divided.
    let of_persons = codes(|m| {
        m.over.clear();
        m.person.value = "person_id".into();
    });
    assert!(of_persons.contains(&"M003"), "{of_persons:?}");
    assert_eq!(codes(|m| m.columns[1].nulls = None), ["M029"]);
    // A column of the key is never empty.
    assert_eq!(codes(|m| m.columns[0].nulls = None), Vec::<&str>::new());
}

#[test]
fn the_document_that_the_page_on_marts_shows_is_a_good_one() {
    let page = include_str!("../../docs/marts.md");
    let shown = page.split("```yaml\n").nth(1).unwrap().split("```").next().unwrap();
    let spec: MartSpec = serde_saphyr::from_str(shown).unwrap();
    let found = check(&spec, Path::new("placement.yaml"));
    assert!(found.is_empty(), "{}", found.sorted().iter().map(|d| d.render(Some(shown))).collect::<String>());
    for (part, _, _) in cells::RATE_PARTS {
        assert!(page.contains(&format!("`_{part}`")), "the page does not tell of `_{part}`");
    }
}
