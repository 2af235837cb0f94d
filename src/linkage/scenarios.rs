//! Scenarios: people as they are, and what the statewide document makes of them.

use std::collections::BTreeSet;
use std::path::Path;

use super::fixture::{Document, Record, linked, record, statewide};
use super::*;
use crate::foundation::Diagnostics;

/// The clusters as sets of record numbers.
fn clusters(document: &Document, records: &[Record]) -> BTreeSet<BTreeSet<u32>> {
    let (table, linked) = linked(document, records);
    let number = |row: u32| records.iter().find(|r| r.reference() == table.refs()[row as usize]).unwrap().number;
    linked.clusters.iter().map(|c| c.iter().map(|&row| number(row)).collect()).collect()
}

#[track_caller]
fn expect(records: &[Record], together: &[&[u32]]) {
    let expected = together.iter().map(|c| c.iter().copied().collect()).collect();
    assert_eq!(clusters(&statewide(), records), expected);
}

fn log_of(records: &[Record]) -> Vec<(String, MatchDecision, Option<String>)> {
    let document = statewide();
    let rules = document.rules();
    let (table, linked) = linked(&document, records);
    let mut rows = Vec::new();
    for batch in log::batches(&table, &rules, &linked, "run", None) {
        assert_eq!(batch.unwrap().schema(), log::schema());
    }
    for d in &linked.decisions {
        let stopped = match d.stopped {
            Stopped::No => None,
            Stopped::By(g) => Some(rules.guards[usize::from(g)].id.clone()),
            other => Some(format!("{other:?}")),
        };
        rows.push((rules.passes[usize::from(d.pass)].id.clone(), d.decision, stopped));
    }
    rows
}

fn k12(number: u32, text: &str) -> Record {
    record("k12_enrollment", number, text)
}
fn college(number: u32, text: &str) -> Record {
    record("ps_enrollment", number, text)
}
fn wages(number: u32, text: &str) -> Record {
    record("ui_wages", number, text)
}

#[test]
fn the_statewide_document_has_no_findings() {
    let document = statewide();
    let domain = |t: &super::fixture::Recipe| t.domain.clone().unwrap_or_else(|| t.name.clone());
    let recipes = document.tokens.iter().map(|t| (t.name.clone(), domain(t))).collect();
    let sources = [
        "k12_enrollment",
        "cte_courses",
        "graduation_cohort",
        "ps_enrollment",
        "ps_awards",
        "licences",
        "nsc_detail",
        "ui_wages",
        "assessments",
        "credentials",
        "apprenticeships",
        "adult_education",
        "wages_out_of_state",
    ];
    let mut known = Known { recipes, sources: Some(sources.map(str::to_owned).to_vec()) };
    let found = |known: &Known| {
        let mut out = Diagnostics::default();
        check(&document.passes, &document.guards, &document.roles, known, Path::new("l.yaml"), &mut out);
        out.sorted().iter().map(|d| d.message.clone()).collect::<Vec<_>>()
    };
    assert!(found(&known).is_empty());
    // Who knows no wages is told that a guard does.
    known.sources.iter_mut().for_each(|sources| sources.retain(|source| source != "ui_wages"));
    assert_eq!(found(&known), ["`ui_wages` is a source that the pipeline does not have"]);
}

#[test]
fn a_college_record_is_the_bridge_from_school_to_wages() {
    let records = [
        k12(1, "MARIA GARCIA 2003-04-05 id=17"),
        college(2, "MARIA GARCIA 2003-04-05 ssn=900010001 local=c1"),
        wages(3, "M GARCIA ssn=900010001"),
        wages(4, "ssn=900010001"),
        wages(5, "ssn=900010002"),
    ];
    expect(&records, &[&[1, 2, 3, 4], &[5]]);
    let (_, linked) = linked(&statewide(), &records);
    let infos: Vec<_> = linked.cluster_info.iter().map(|i| (i.n_records, i.n_sources, i.bridge, i.weakest)).collect();
    assert!(infos.contains(&(4, 3, true, Some(Strength::B))), "{infos:?}");
    assert!(infos.contains(&(1, 1, false, None)), "{infos:?}");
}

#[test]
fn twins_stay_two_even_with_one_ssn() {
    let records = [
        k12(1, "AIDEN SMITH 2003-04-05 id=17 at=A days=100..400 sex=M zip=1"),
        k12(2, "LUCAS SMITH 2003-04-05 id=18 at=A days=100..400 sex=M zip=1"),
        college(3, "AIDEN SMITH 2003-04-05 ssn=900010001 local=c1"),
        college(4, "LUCAS SMITH 2003-04-05 ssn=900010001 local=c2"),
        wages(5, "ssn=900010001"),
        wages(6, "LUCAS SMITH ssn=900010001"),
    ];
    expect(&records, &[&[1, 3], &[2, 4, 6], &[5]]);
    let log = log_of(&records);
    let has = |pass: &str, decision, by: &str| {
        log.iter().any(|l| l.0 == pass && l.1 == decision && l.2.as_deref() == Some(by))
    };
    assert!(has("ssn_birth", MatchDecision::NonLink, "twins"), "{log:?}");
    assert!(has("ssn", MatchDecision::ClericalReview, "first_differs"), "{log:?}");
}

#[test]
fn twins_with_one_initial_are_told_apart_by_their_ids() {
    let records = [
        k12(1, "MIA SMITH 2003-04-05 id=17 at=A days=100..400 sex=F zip=1"),
        k12(2, "MAYA SMITH 2003-04-05 id=18 at=A days=100..400 sex=F zip=1"),
        college(3, "MAYAA SMITH 2003-04-05 ssn=900010001 zip=1 sex=F"),
    ];
    expect(&records, &[&[1], &[2], &[3]]);
}

#[test]
fn a_shared_ssn_joins_nobody_and_its_nameless_wages_are_ambiguous() {
    let records = [
        college(1, "ANN LEE 2003-04-05 ssn=900010001 local=c1"),
        college(2, "BOB KING 2001-09-09 ssn=900010001 local=c2"),
        wages(3, "ANN LEE ssn=900010001"),
        wages(4, "ssn=900010001"),
    ];
    expect(&records, &[&[1, 3], &[2], &[4]]);
}

#[test]
fn an_ssn_one_slip_away_is_no_conflict_and_one_far_away_is() {
    let near = [
        college(1, "ANN LEE 2003-04-05 ssn=900010001 local=c1"),
        record("licences", 2, "ANN LEE 2003-04-05 ssn=900010010"),
        wages(3, "ANN LEE ssn=900910001"),
    ];
    expect(&near, &[&[1, 2, 3]]);
    let far = [
        college(1, "ANN LEE 2003-04-05 ssn=900010001 local=c1"),
        record("licences", 2, "ANN LEE 2003-04-05 ssn=912345678"),
        wages(3, "ANN LEE ssn=955510001"),
    ];
    expect(&far, &[&[1], &[2], &[3]]);
    let log = log_of(&far);
    assert!(log.contains(&("name_birth".into(), MatchDecision::NonLink, Some("ssn_conflict".into()))), "{log:?}");
}

#[test]
fn a_learner_with_two_ssns_keeps_both_wages() {
    let records = [
        college(1, "ANN LEE 2003-04-05 ssn=900010001 local=c1"),
        college(2, "ANN LEE 2003-04-05 ssn=955512345 local=c1"),
        wages(3, "ssn=900010001"),
        wages(4, "A LEE ssn=955512345"),
    ];
    expect(&records, &[&[1, 2, 3, 4]]);
}

#[test]
fn a_surname_change_links_on_first_middle_birth_date_and_sex_when_unique() {
    let school = k12(1, "ANN LEE 2003-04-05 id=17 mid=ROSE sex=F");
    let records = [school.clone(), college(2, "ANN KING 2003-04-05 ssn=900010001 mid=ROSE sex=F")];
    expect(&records, &[&[1, 2]]);
    let rival = k12(3, "ANN FOX 2003-04-05 id=18 mid=ROSE sex=F");
    let records = [school, records[1].clone(), rival];
    expect(&records, &[&[1], &[2], &[3]]);
    let log = log_of(&records);
    assert!(log.contains(&("surname_change".into(), MatchDecision::ClericalReview, Some("NotUnique".into()))));
}

#[test]
fn a_second_state_id_is_allowed_after_the_first_and_not_beside_it() {
    let first = k12(1, "ANN LEE 2003-04-05 id=17 at=A days=100..400");
    expect(&[first.clone(), k12(2, "ANN LEE 2003-04-05 id=18 at=B days=410..800")], &[&[1, 2]]);
    expect(&[first.clone(), k12(2, "ANN LEE 2003-04-05 id=18 at=B days=405..")], &[&[1, 2]]);
    let beside = [first.clone(), k12(2, "ANN LEE 2003-04-05 id=18 at=B days=200..800")];
    expect(&beside, &[&[1], &[2]]);
    // A third that belongs to either is left alone, and joins the one whose id it bears.
    let third = college(3, "ANN LEE 2003-04-05 ssn=900010001");
    expect(&[beside[0].clone(), beside[1].clone(), third.clone()], &[&[1], &[2], &[3]]);
    let named = Record { state_id: Some("18".into()), ..third };
    expect(&[beside[0].clone(), beside[1].clone(), named], &[&[1], &[2, 3]]);
}

#[test]
fn names_and_dates_written_otherwise_still_meet() {
    for (school, college_text) in [
        ("WILLIAM LEE 2003-04-05 id=1", "BILL LEE 2003-04-05"),
        ("ANA GARCIA LOPEZ 2003-04-05 id=1", "ANA GARCIA 2003-04-05"),
        ("ANA GARCIA LOPEZ 2003-04-05 id=1", "ANA LOPEZ 2003-04-05"),
        ("ANA GARCIA LOPEZ 2003-04-05 id=1", "ANA GARCIALOPEZ 2003-04-05"),
        ("ANN LEE 2003-04-05 id=1", "LEE ANN 2003-04-05"),
        ("ANN LEE 2003-04-05 id=1", "ANN LEE 2003-05-04"),
        ("ANN LEE 2003-04-05 id=1 mid=ROSE", "ANN LEE 2003-04-15 mid=R"),
        ("ANN LEE 2003-04-05 id=1 mid=ROSE", "ANN LEE 2004-04-05 mid=R"),
        ("ANNA LEEK 2003-04-05 id=1", "ANA LEAK 2003-04-05"),
    ] {
        let records = [k12(1, school), college(2, college_text)];
        assert_eq!(clusters(&statewide(), &records).len(), 1, "{school} | {college_text}");
    }
    for (school, college_text) in [
        ("ANN LEE 2003-04-05 id=1 suffix=JR", "ANN LEE 2003-04-05 suffix=SR"),
        ("ANN LEE 2003-04-05 id=1", "ANN LEE 2003-04-06"),
        ("ANN LEE 2003-04-05 id=1 mid=ROSE", "ANN LEE 2009-04-05 mid=R"),
        ("ANN LEE 2003-04-05 id=1", "BEA LEE 2003-04-05"),
        ("ANN 2003-04-05 id=1", "ANN 2003-04-05"),
    ] {
        let records = [k12(1, school), college(2, college_text)];
        assert_eq!(clusters(&statewide(), &records).len(), 2, "{school} | {college_text}");
    }
}

#[test]
fn a_state_id_typed_wrongly_into_another_person_does_not_join_them() {
    let records = [
        k12(1, "ANN LEE 2003-04-05 id=17"),
        college(2, "BOB KING 2001-09-09 id=17"),
        record("nsc_detail", 3, "ANN LEE id=17"),
        record("nsc_detail", 4, "ANN CHO id=17"),
    ];
    expect(&records, &[&[1, 3, 4], &[2]]);
}

#[test]
fn an_over_common_key_is_skipped_and_logged_once() {
    let mut document = statewide();
    document.passes.retain(|p| p.id.value == "name_birth");
    document.passes[0].max_frequency = Some(3);
    let records: Vec<Record> = (0..4).map(|n| college(n, "ANN LEE 2003-04-05")).collect();
    assert_eq!(clusters(&document, &records[..3]).len(), 1);
    let (_, linked) = linked(&document, &records);
    assert_eq!(linked.clusters.len(), 4);
    let [only] = &linked.decisions[..] else { panic!("{:?}", linked.decisions) };
    assert_eq!((only.stopped, only.key_frequency, only.left, only.right), (Stopped::OverCommon, 4, 0, 1));
}

#[test]
fn a_key_whose_holders_refuse_each_other_a_thousand_times_is_over_common_and_takes_no_time() {
    let mut document = statewide();
    document.passes.retain(|p| p.id.value == "k12_state_id");
    // No limit of the pass stops it, but persons of 400 records are full.
    assert_eq!(document.passes[0].max_frequency, None);
    let records: Vec<Record> = (0..20_000).map(|n| k12(n, "ANN LEE id=17")).collect();
    let (_, linked) = linked(&document, &records);
    let of = |stopped: Stopped| linked.decisions.iter().filter(|d| d.stopped == stopped).count();
    assert_eq!(of(Stopped::OverCommon), 1);
    assert_eq!(linked.decisions.len() - of(Stopped::No) - 1, 1_000, "a thousand vetoes are logged");
    let full = linked.clusters.iter().filter(|c| c.len() == 400).count();
    assert!((2..=4).contains(&full), "{full}");
}

#[test]
fn the_log_says_what_agreed_and_holds_no_values() {
    let document = statewide();
    let records = [k12(1, "ANN LEE 2003-04-05 id=17"), college(2, "ANN LEE 2003-04-05 ssn=900010001 local=c1 zip=9")];
    let (table, linked) = linked(&document, &records);
    let rules = document.rules();
    let batch = log::batches(&table, &rules, &linked, "abc", None).next().unwrap().unwrap();
    let text = arrow::util::pretty::pretty_format_batches(&[batch]).unwrap().to_string();
    let row = text.lines().nth(3).unwrap().replace(' ', "");
    let cells: Vec<&str> = row.split('|').collect();
    assert_eq!(cells[1..6], ["1", "abc", "name_birth", "1", "B"]);
    assert_eq!(cells[10], "first_name,first_root,last_core,birth_date");
    assert_eq!(cells[11], "");
    assert_eq!(cells[12], "ssn,state_id,local_id,middle_initial,suffix,sex,postal_code");
    assert_eq!(cells[13..17], ["2", "ssn_conflict,twins,issuer_conflict,suffix_conflict,cluster_size", "", "link"]);
    for value in ["ANN", "LEE", "2003", "900010001"] {
        assert!(!text.contains(value));
    }
    let ids = ["P1".to_owned()];
    let persons = log::persons(&rules, &linked, &ids).unwrap();
    assert_eq!((persons.num_rows(), persons.schema()), (1, log::person_schema()));
}

#[test]
fn nobody_worked_as_a_small_child() {
    // Days are counted from 1970: 2010, 2016.
    let college = || college(1, "ANN LEE 2003-04-05 ssn=900010001 local=c1");
    let child = [college(), wages(2, "ssn=900010001 days=14700..14800")];
    expect(&child, &[&[1], &[2]]);
    assert!(log_of(&child).iter().any(|l| l.2.as_deref() == Some("too_young")));
    expect(&[college(), wages(2, "ssn=900010001 days=16900..17000")], &[&[1, 2]]);
    // What is not known refuses nothing.
    expect(&[college(), wages(2, "ssn=900010001")], &[&[1, 2]]);
    // Of two birth years of one person the earlier one decides: the other may be a slip.
    let licence = record("licences", 3, "ANN LEE 1995-04-05 ssn=900010001 days=16900..17000");
    expect(&[college(), wages(2, "ANN LEE ssn=900010001 days=14700..14800"), licence], &[&[1, 2, 3]]);
}

#[test]
fn slips_in_the_document_are_found_with_their_places() {
    let yaml = "\
linkage: x
version: 1
tokens: [{ name: first_name, parts: [first_name] }, { name: last_name, parts: [last_name] }]
roles: { ssn: snn }
guards:
  - { id: g, veto: { suffix_conflict: {} } }
passes:
  - { id: p, version: 1, strength: A, on: [first_nam], guards: [h] }
  - { id: p, version: 1, strength: A, crossed: [{ left: first_name, right: last_name }] }
  - { id: q, version: 1, strength: A, requires_unique: one_each_side, sources: }
";
    let document: Document = serde_saphyr::from_str(yaml).unwrap();
    let recipes = document.tokens.iter().map(|t| (t.name.clone(), t.name.clone())).collect();
    let mut out = Diagnostics::default();
    let known = Known { recipes, sources: None };
    check(&document.passes, &document.guards, &document.roles, &known, Path::new("l.yaml"), &mut out);
    let found: Vec<(usize, usize, &str)> =
        out.sorted().iter().map(|d| (d.place.line, d.place.column, d.code)).collect();
    assert_eq!(
        found,
        [
            (4, 15, "L001"),
            (6, 11, "L007"),
            (8, 44, "L001"),
            (8, 65, "L002"),
            (9, 11, "L008"),
            (9, 76, "L004"),
            (10, 11, "L005"),
            (10, 11, "L006")
        ]
    );
}

#[test]
fn twins_with_one_initial_stay_two_though_their_school_years_never_met() {
    let records = [
        k12(1, "RONNIE SMITH 2003-04-05 id=17 at=A days=100..400 sex=M zip=1"),
        k12(2, "RICKIE SMITH 2003-04-05 id=18 at=A days=500..900 sex=M zip=1"),
    ];
    expect(&records, &[&[1], &[2]]);
}

#[test]
fn an_initial_does_not_make_two_people_who_share_an_ssn_one() {
    let records = [
        college(1, "JEROME WALTON 2002-08-17 ssn=900010001 local=c1"),
        wages(2, "JIMMY BROWN ssn=900010001"),
        wages(3, "J WALTON ssn=900010001"),
    ];
    expect(&records, &[&[1, 3], &[2]]);
}
