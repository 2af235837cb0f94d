//! Tests of the model over what the passes left: a small state whose records hold the errors that people make.

use std::collections::{BTreeMap, BTreeSet};

use super::fixture::{Document, Record, batches, record, statewide};
use super::modelled::{model_file, of_file};
use super::*;

/// Numbers below a bound, one after another from a seed.
struct Draw(u64);

impl Draw {
    fn below(&mut self, n: u64) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % n).unwrap()
    }
}

const FIRST: [&str; 16] = [
    "JAMES", "MARIA", "ROBERT", "LINDA", "JOSE", "KAREN", "DAVID", "SUSAN", "TUAN", "NANCY", "AISHA", "PETER", "OLGA",
    "HUGO", "IRENE", "KOFI",
];
const SYLLABLES: [&str; 12] = ["BA", "KO", "RIN", "TEL", "MAR", "SO", "VEN", "DUL", "PRA", "NIK", "GOR", "LUX"];

struct Person {
    first: &'static str,
    last: String,
    birth: (usize, usize, usize),
    ssn: String,
    zip: usize,
}

fn person(number: u64) -> Person {
    let mut draw = Draw(number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    Person {
        first: FIRST[draw.below(16)],
        last: (0..3).map(|_| SYLLABLES[draw.below(12)]).collect(),
        birth: (1998 + draw.below(7), 1 + draw.below(12), 1 + draw.below(28)),
        ssn: format!("{:09}", 900_000_000 + draw.below(99_000_000)),
        zip: 57_000 + draw.below(40),
    }
}

/// A state of so many persons: each at school, most with a licence that holds an SSN, and with two rows of wages. Numbers of records are the
/// person's and a place: `10 * person + place`.
fn state(persons: u64) -> Vec<Record> {
    let mut draw = Draw(5);
    let mut records = Vec::new();
    for number in 0..persons {
        let p = person(number);
        let (year, month, day) = p.birth;
        let at = |place: u64| u32::try_from(10 * number + place).unwrap();
        let sex = ["F", "M"][draw.below(2)];
        let zip = p.zip;
        let born = format!("{year}-{month}-{day}");
        let name = format!("{} {}", p.first, p.last);
        records.push(record("k12_enrollment", at(0), &format!("{name} {born} id=S{number} zip={zip} sex={sex}")));
        // Of ten licences one has a slip in the year of birth, which no pass forgives.
        let born = if draw.below(10) == 0 { format!("{}-{month}-{day}", year + 2) } else { born };
        records.push(record("licences", at(1), &format!("{name} {born} ssn={} zip={zip}", p.ssn)));
        // Of ten rows of wages one has a slip in the SSN and an initial, which no pass forgives either.
        let mut ssn = p.ssn.clone().into_bytes();
        if draw.below(10) == 0 {
            ssn[8] = if ssn[8] == b'9' { b'0' } else { ssn[8] + 1 };
            records.push(record("ui_wages", at(2), &format!("{} {} ssn={}", &p.first[..1], p.last, text(&ssn))));
        } else {
            records.push(record("ui_wages", at(2), &format!("{name} ssn={}", text(&ssn))));
        }
        records.push(record("ui_wages", at(3), &format!("ssn={}", p.ssn)));
    }
    records
}

fn text(digits: &[u8]) -> String {
    String::from_utf8(digits.to_vec()).unwrap()
}

struct Run {
    table: TokenTable,
    linked: Linked,
    /// By row: the record's number.
    numbers: Vec<u32>,
}

impl Run {
    fn new(document: &Document, records: &[Record], rules: &Rules, threads: usize) -> Self {
        let table = TokenTable::from_batches(&batches(document, records, 700), rules).unwrap();
        let linked = link(&table, rules, &InMemory(&table), threads).unwrap();
        let number_of: BTreeMap<IdentityRef, u32> = records.iter().map(|r| (r.reference(), r.number)).collect();
        let numbers = table.refs().iter().map(|r| number_of[r]).collect();
        Self { table, linked, numbers }
    }

    fn modelled(&self) -> &Modelled {
        self.linked.modelled.as_ref().unwrap()
    }

    fn clusters(&self) -> BTreeSet<Vec<u32>> {
        let numbers = |cluster: &Vec<u32>| {
            let mut numbers: Vec<u32> = cluster.iter().map(|row| self.numbers[*row as usize]).collect();
            numbers.sort_unstable();
            numbers
        };
        self.linked.clusters.iter().map(numbers).collect()
    }

    /// Whether some records of these numbers are one person.
    fn together(&self, numbers: &[u32]) -> bool {
        self.clusters().iter().any(|cluster| numbers.iter().all(|n| cluster.contains(n)))
    }
}

#[test]
fn slips_that_no_pass_forgives_are_linked_and_nobody_else() {
    let document = statewide();
    let records = state(1_200);
    let without = Run::new(&document, &records, &document.rules(), 1);
    let run = Run::new(&document, &records, &document.rules_with_model(), 1);
    let whole = |run: &Run| (0..1_200).filter(|p| run.together(&[10 * p, 10 * p + 1, 10 * p + 2, 10 * p + 3])).count();
    let (before, after) = (whole(&without), whole(&run));
    assert!(before < 1_050 && after > 1_170, "{before} {after}");
    let mixed = run.clusters().iter().filter(|c| c.iter().any(|n| n / 10 != c[0] / 10)).count();
    assert_eq!(mixed, 0);
    // Its own opinion of itself is near the truth, which nobody told it.
    let modelled = run.modelled();
    assert!(modelled.expected_false < 2.0 && modelled.unused.is_none(), "{}", modelled.expected_false);
    assert!(modelled.links() > 100, "{}", modelled.links());
    assert!(modelled.decisions.is_sorted_by(|a, b| a.weight >= b.weight));
    for decision in modelled.decisions.iter().filter(|d| d.decision == MatchDecision::Link) {
        assert!(decision.weight >= modelled.line && decision.stopped == Stopped::No);
    }
    // A link of the model is the weakest of its person, and is named.
    let named = 1 << document.passes.len();
    let by_model: Vec<_> = run.linked.cluster_info.iter().filter(|info| info.passes & named != 0).collect();
    assert!(by_model.len() >= after - before && by_model.len() <= modelled.links());
    assert!(by_model.iter().all(|info| info.weakest == Some(Strength::D)));
}

#[test]
fn neither_threads_nor_the_order_of_rows_change_a_decision() {
    let document = statewide();
    let mut records = state(400);
    let rules = document.rules_with_model();
    let one = Run::new(&document, &records, &rules, 1);
    let two = Run::new(&document, &records, &rules, 2);
    records.reverse();
    let turned = Run::new(&document, &records, &rules, 2);
    for other in [&two, &turned] {
        assert_eq!(one.modelled().decisions, other.modelled().decisions);
        assert_eq!(one.modelled().trained, other.modelled().trained);
        assert_eq!(one.clusters(), other.clusters());
    }
    // The log holds them after those of the passes, with what the model said.
    let log: Vec<_> = log::batches(&one.table, &rules, &one.linked, "run", Some("model")).map(Result::unwrap).collect();
    let rows: usize = log.iter().map(arrow::array::RecordBatch::num_rows).sum();
    assert_eq!(rows, one.linked.decisions.len() + one.modelled().decisions.len());
    let last = log.last().unwrap();
    let words = arrow::util::pretty::pretty_format_batches(&[last.slice(last.num_rows() - 1, 1)]).unwrap().to_string();
    assert!(words.contains("model") && words.contains("first_name: "), "{words}");
}

#[test]
fn twins_and_those_who_lend_their_number_stay_apart() {
    let document = statewide();
    let mut records = state(600);
    // Twins of one address, and a brother and a sister who both work under the sister's SSN.
    records.push(record("k12_enrollment", 90_001, "ANNA BAKORIN 2001-04-07 id=T1 zip=57001 sex=F"));
    records.push(record("k12_enrollment", 90_002, "HANNA BAKORIN 2001-04-07 id=T2 zip=57001 sex=F"));
    records.push(record("licences", 91_001, "OLGA VENTEL 2000-02-03 ssn=912345678 zip=57002"));
    records.push(record("ui_wages", 91_002, "PETER VENTEL ssn=912345678"));
    records.push(record("ui_wages", 91_003, "ssn=912345678"));
    let run = Run::new(&document, &records, &document.rules_with_model(), 1);
    assert!(!run.together(&[90_001, 90_002]));
    assert!(!run.together(&[91_001, 91_002]));
    // Whose the row without a name is, nobody can say.
    assert!(!run.together(&[91_001, 91_003]) && !run.together(&[91_002, 91_003]));
    let row = |number: u32| u32::try_from(run.numbers.iter().position(|n| *n == number).unwrap()).unwrap();
    let said: BTreeSet<Stopped> = run
        .modelled()
        .decisions
        .iter()
        .filter(|d| d.left == row(91_003) || d.right == row(91_003))
        .map(|d| d.stopped)
        .collect();
    assert_eq!(said, BTreeSet::from([Stopped::Rival]));
}

#[test]
fn of_a_person_s_variants_the_best_pair_speaks() {
    let document = statewide();
    let mut records = state(600);
    // At school under two names and two addresses; the licence holds the earlier ones, and a year of birth that is one off.
    records.push(record("k12_enrollment", 90_001, "OLGA PRANIKSO 2001-04-07 id=T1 zip=57001 sex=F"));
    records.push(record("k12_enrollment", 90_002, "OLGA GORDULLUX 2001-04-07 id=T1 zip=58999 sex=F"));
    records.push(record("licences", 90_003, "OLGA PRANIKSO 2002-04-07 ssn=912345678 zip=57001"));
    let run = Run::new(&document, &records, &document.rules_with_model(), 1);
    assert!(run.together(&[90_001, 90_002, 90_003]));
    let row = |number: u32| u32::try_from(run.numbers.iter().position(|n| *n == number).unwrap()).unwrap();
    let pair = [row(90_001).min(row(90_003)), row(90_001).max(row(90_003))];
    let of_licence = |d: &&ModelDecision| [d.left, d.right].contains(&row(90_003)) && d.decision == MatchDecision::Link;
    let decision = run.modelled().decisions.iter().find(of_licence).unwrap();
    assert_eq!([decision.left, decision.right], pair, "the variant that agrees is the one that is told");
}

#[test]
fn a_grade_speaks_for_an_age_where_a_birth_date_is_missing() {
    let mut document = statewide();
    let grades = "{ field: school_cohort, unless: birth_date, levels: [school_cohort, school_cohort with school_cohort_less_1] }";
    document.model.as_mut().unwrap().comparisons.push(serde_saphyr::from_str(grades).unwrap());
    let rules = document.rules_with_model();
    let model = rules.model.as_ref().unwrap();
    let at = model.comparisons.iter().position(|c| c.name == "school_cohort").unwrap();
    let mut records = state(300);
    // Of four in ten learners the school holds no birth date, but a grade; of each tenth of these the grade is a year behind.
    for (number, record) in records.iter_mut().enumerate().filter(|(_, r)| r.source == "k12_enrollment") {
        if number % 5 < 2 {
            let (year, ..) = record.birth.take().unwrap();
            record.cohort = Some(year + 18 + i32::from(number % 10 == 0));
        }
    }
    let run = Run::new(&document, &records, &rules, 1);
    let trained = run.modelled().trained.as_ref().unwrap();
    let weights = &trained.weights[at];
    assert!(
        weights[1] > 1_000 && weights[3] < -1_000,
        "an age that fits speaks for, one that does not against: {weights:?}"
    );
    assert!(weights[1] >= weights[2] && weights[2] >= weights[3], "{weights:?}");
}

#[test]
fn a_pinned_model_decides_as_the_run_that_trained_it() {
    let document = statewide();
    let records = state(500);
    let mut rules = document.rules_with_model();
    let first = Run::new(&document, &records, &rules, 1);
    let trained = first.modelled().trained.clone().unwrap();
    let model = rules.model.clone().unwrap();
    let file = model_file("statewide", &model, "1.0.0", &trained);
    let back = serde_json::from_str(&serde_json::to_string(&file).unwrap()).unwrap();
    rules.model.as_mut().unwrap().pinned = Some(of_file("statewide", &model, "1.0.0", &back).unwrap());
    let pinned = Run::new(&document, &records, &rules, 2);
    assert_eq!(first.modelled().decisions, pinned.modelled().decisions);
    // Another state is decided under the same model, not under its own.
    let other = Run::new(&document, &state(300), &rules, 1);
    assert_eq!(other.modelled().trained.as_ref().unwrap().weights, trained.weights);
    let newer = rules::ModelPass { version: model.version + 1, ..model.clone() };
    for refused in [
        of_file("elsewhere", &model, "1.0.0", &back),
        of_file("statewide", &model, "2.0.0", &back),
        of_file("statewide", &newer, "1.0.0", &back),
    ] {
        assert!(refused.is_err());
    }
}

#[test]
fn with_nothing_to_learn_from_the_passes_alone_decide() {
    let document = statewide();
    let records =
        [record("k12_enrollment", 1, "ANNA BAKORIN 2001-04-07 id=T1"), record("licences", 2, "ssn=912345678")];
    let run = Run::new(&document, &records, &document.rules_with_model(), 1);
    assert!(run.modelled().unused.is_some() && run.modelled().decisions.is_empty());
    assert_eq!(run.clusters().len(), 2);
}

#[test]
fn a_model_that_cannot_be_is_complained_of() {
    use crate::foundation::Diagnostics;
    let document = statewide();
    let recipes = document.tokens.iter().map(|t| (t.name.clone(), t.domain.clone().unwrap_or_else(|| t.name.clone())));
    let known = Known { recipes: recipes.collect(), sources: None };
    let text = serde_json::to_string(document.model.as_ref().unwrap()).unwrap();
    let codes = |change: &[(&str, &str)]| {
        let mut changed = text.clone();
        for (from, to) in change {
            assert!(changed.contains(from), "{from}");
            changed = changed.replacen(from, to, 1);
        }
        let model: ModelPassSpec = serde_saphyr::from_str(&changed).unwrap();
        let mut out = Diagnostics::default();
        check_model(&model, &document.guards, &document.roles, &known, std::path::Path::new("l.yaml"), &mut out);
        out.sorted().iter().map(|d| d.code).collect::<Vec<_>>()
    };
    assert!(codes(&[]).is_empty());
    assert_eq!(codes(&[("\"first_word\"", "\"first_wrod\"")]), ["L001"]);
    assert_eq!(codes(&[("\"twins\"", "\"twin\"")]), ["L002"]);
    assert_eq!(codes(&[("first_name with last_as_first", "first_name with last_core")]), ["L004"]);
    assert_eq!(codes(&[("\"on\":[\"near ssn\"]", "\"on\":[\"near state_id\"]")]), ["L011"]);
    assert_eq!(codes(&[("\"on\":[\"near ssn\"]", "\"on\":[\"near ssn\",\"sex\"]")]), ["L012"]);
    assert_eq!(codes(&[("\"on\":[\"state_id\"]", "\"on\":[]")]), ["L012"]);
    assert_eq!(codes(&[("\"id\":\"ssn_near\"", "\"id\":\"ssn\"")]), ["L008"]);
    assert_eq!(codes(&[("\"levels\":[\"sex\"]", "\"levels\":[]")]), ["L012"]);
    assert_eq!(codes(&[("\"levels\":[\"sex\"]", "\"levels\":[\"sex\",\"sex\"]")]), ["L012"]);
    assert_eq!(codes(&[("\"review\":0.5", "\"review\":1.5")]), ["L012"]);
}
