//! Tests of the room as a whole: the written vectors, and identity records as they are folded.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Date32Array, Int64Array, StringArray, StringViewArray, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::{Date32Type, Int64Type};
use arrow::record_batch::RecordBatch;
use chrono::{Datelike, NaiveDate};
use proptest::prelude::*;

use crate::foundation::parts::NO_VALUE;
use crate::foundation::{Element, KeyedHash, Secret, schema};
use crate::standardize::{
    self as std_rules, Blank, Deriver, IdentityBuilder, RefKey, StandardizeError, StandardizeOptions, blank_ref,
};

/// The fields of a line of CSV: commas, quotes doubled within quotes.
fn fields(line: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    let mut quoted = false;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                out.last_mut().unwrap().push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => out.push(String::new()),
            _ => out.last_mut().unwrap().push(c),
        }
    }
    out
}

fn with_suffix(name: &std_rules::Name) -> String {
    format!("{}|{}", name.name.as_deref().unwrap_or_default(), name.suffix.unwrap_or_default())
}

fn ssn(raw: &str, synthetic: bool, lost_zeros: bool) -> String {
    let read = std_rules::ssn(raw, synthetic, lost_zeros);
    format!("{} {}", read.status.name(), read.value.unwrap_or_default()).trim_end().to_owned()
}

fn parsed(raw: &str) -> Option<NaiveDate> {
    raw.parse().ok()
}

/// What a function of the specification makes of an input, as the vectors write it.
fn applied(function: &str, input: &str) -> Option<String> {
    Some(match function {
        "first_name" => std_rules::first_name(input).unwrap_or_default(),
        "middle_name" => std_rules::middle_name(input).unwrap_or_default(),
        "last_name" => std_rules::last_name(input).unwrap_or_default(),
        "first" => with_suffix(&std_rules::first(input)),
        "last" => with_suffix(&std_rules::last(input)),
        "suffix" => std_rules::suffix(input).unwrap_or_default().to_owned(),
        "parts" => std_rules::last_parts(input).join("+"),
        "last_joined" => std_rules::last_joined(input),
        "nickname_root" => std_rules::nickname_root(input).unwrap_or_default(),
        "initial" => std_rules::initial(input).unwrap_or_default().to_owned(),
        "phonetic" => std_rules::phonetic(input).unwrap_or_default(),
        "ssn" => ssn(input, false, false),
        "ssn_synthetic" => ssn(input, true, false),
        "ssn_lost_zeros" => ssn(input, false, true),
        "birth_date" => std_rules::birth_date(parsed(input).map(std_rules::days), None, &[]).name().to_owned(),
        "swapped" => std_rules::swapped(parsed(input)?).map(|d| d.to_string()).unwrap_or_default(),
        "birth_parts" => birth_parts(parsed(input)?),
        "sex" => std_rules::sex(input).unwrap_or_default().to_owned(),
        "postal_code" => std_rules::postal_code(input, false).unwrap_or_default(),
        "postal_code_lost_zeros" => std_rules::postal_code(input, true).unwrap_or_default(),
        "id" => std_rules::id(input).unwrap_or_default(),
        _ => return None,
    })
}

#[test]
fn every_written_vector_holds() {
    let text = include_str!("../../config/standardize/vectors.csv");
    let mut wrong = Vec::new();
    let mut count = 0;
    for (at, line) in text.lines().enumerate().skip(1) {
        let fields = fields(line);
        let [function, input, expected, _note] = &fields[..] else {
            panic!("line {}: {} fields", at + 1, fields.len())
        };
        match applied(function, input) {
            Some(found) if found == *expected => count += 1,
            found => wrong.push(format!("line {}: {function}({input:?}) is {found:?}, not {expected:?}", at + 1)),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count >= 300, "{count} vectors");
}

fn key(byte: u8) -> KeyedHash {
    KeyedHash::new(&Secret::new(vec![byte; 32]))
}

fn day(text: &str) -> i32 {
    std_rules::days(parsed(text).unwrap())
}

const COLUMNS: [&str; 9] = ["person", "ssn", "first", "last", "suffix", "birth", "org", "from", "to"];

fn mapping() -> Vec<(Element, usize)> {
    vec![
        (Element::StateId, 0),
        (Element::Ssn, 1),
        (Element::FirstName, 2),
        (Element::LastName, 3),
        (Element::Suffix, 4),
        (Element::BirthDate, 5),
        (Element::ActiveOrg, 6),
        (Element::PeriodStart, 7),
        (Element::PeriodEnd, 8),
    ]
}

/// The records in one batch, made of small ones.
fn all(builder: IdentityBuilder) -> RecordBatch {
    let batches: Vec<RecordBatch> = builder.finish(3, Blank::Kept).map(Result::unwrap).collect();
    assert!(batches.iter().all(|batch| (1..=3).contains(&batch.num_rows())));
    arrow::compute::concat_batches(&schema::identity_records(), &batches).unwrap()
}

fn builder() -> IdentityBuilder {
    IdentityBuilder::new("s", mapping(), vec![0], StandardizeOptions::default(), key(1))
}

/// A batch from rows of nine texts; an empty one is null.
fn batch(rows: &[[&str; 9]]) -> RecordBatch {
    let columns = COLUMNS.iter().enumerate().map(|(at, name)| {
        let values = rows.iter().map(|row| Some(row[at]).filter(|value| !value.is_empty()));
        let array: ArrayRef = match *name {
            "birth" | "from" | "to" => Arc::new(values.map(|v| v.map(day)).collect::<Date32Array>()),
            "first" => Arc::new(values.collect::<StringArray>()),
            _ => Arc::new(values.collect::<StringViewArray>()),
        };
        (*name, array, true)
    });
    RecordBatch::try_from_iter_with_nullable(columns).unwrap()
}

fn cell(records: &RecordBatch, column: &str, row: usize) -> String {
    arrow::util::display::array_value_to_string(records.column_by_name(column).unwrap(), row).unwrap()
}

#[test]
fn rows_that_say_the_same_are_one_identity_record() {
    let rows = batch(&[
        ["A1", "123-45-6788", "José", "García Jr", "", "2004-05-17", "S1", "2020-09-01", "2020-12-01"],
        ["a1", "123456788", "JOSE", "Garcia, Jr.", "", "2004-05-17", "S2", "2021-01-10", ""],
        ["A1", "123456788", "Jose", "Garcia", "jr", "2004-05-17", "S3", "2019-09-01", "2019-12-01"],
        ["A1", "123456788", "Pepe", "Garcia", "", "2004-05-17", "", "", ""],
    ]);
    let mut builder = builder();
    let refs = builder.push(&rows).unwrap();
    assert_eq!(refs.value(0), refs.value(1));
    assert_eq!(refs.value(0), refs.value(2));
    assert_ne!(refs.value(0), refs.value(3));
    let shown = format!("{builder:?}");
    assert!(shown.contains('2') && !shown.contains("GARCIA") && !shown.contains("123456788"), "{shown}");
    let records = all(builder);
    assert_eq!(records.schema(), schema::identity_records());
    assert_eq!(records.num_rows(), 2);
    let ids = records.column(0).as_fixed_size_binary();
    assert!(ids.value(0) < ids.value(1));
    let at = usize::from(ids.value(1) == refs.value(0));
    let expected = [
        ("source", "s"),
        ("source_person", "A1"),
        ("state_id", "A1"),
        ("ssn", "123456788"),
        ("ssn_status", "valid"),
        ("first_name", "JOSE"),
        ("last_name", "GARCIA"),
        ("suffix", "JR"),
        ("birth_date", "2004-05-17"),
        ("birth_date_status", "valid"),
        ("active_org", "S2"),
        ("period_start", "2019-09-01"),
        ("period_end", "2021-01-10"),
        ("row_count", "3"),
    ];
    for (column, value) in expected {
        assert_eq!(cell(&records, column, at), value, "{column}");
    }
    assert!(records.column_by_name("active_org").unwrap().is_null(1 - at));
}

#[test]
fn the_latest_organisation_wins_and_ties_go_to_the_first_by_name() {
    let row = |org, to| ["A1", "", "Ann", "Lee", "", "", org, "", to];
    let rows = [row("S9", "2020-01-01"), row("S5", "2021-01-01"), row("S4", "2021-01-01"), row("S1", "")];
    for rows in [rows.to_vec(), rows.iter().rev().copied().collect()] {
        let mut builder = builder();
        builder.push(&batch(&rows)).unwrap();
        assert_eq!(cell(&all(builder), "active_org", 0), "S4");
    }
}

#[test]
fn null_is_apart_from_empty_and_nobody_has_one_reference() {
    let mut builder = builder();
    let refs = builder
        .push(&batch(&[["", "", "Unknown", "", "", "", "S1", "", ""], ["", "", "", "", "", "2004-05-17", "", "", ""]]))
        .unwrap();
    let blank = blank_ref("s", &key(1).into());
    assert_eq!(refs.value(0), blank);
    assert_ne!(refs.value(1), blank);
    assert_ne!(blank_ref("t", &key(1).into()), blank);
    // A sender's, wrapped by the hub, is the hub's own.
    let sent = blank_ref("s", &RefKey::new(key(1), None));
    assert_eq!(key(2).raw(&sent), blank_ref("s", &RefKey::new(key(1), Some(key(2)))));
    // Nobody is no record, unless the way to the hub asks for it.
    let left: Vec<RecordBatch> = builder.finish(10, Blank::LeftOut).map(Result::unwrap).collect();
    assert_eq!((left.len(), left[0].num_rows(), cell(&left[0], "birth_date", 0).as_str()), (1, 1, "2004-05-17"));
}

#[test]
fn a_wrong_type_and_a_missing_column_are_named() {
    let rows = batch(&[["A1", "", "", "", "", "", "", "", ""]]);
    let build = |mapping| IdentityBuilder::new("s", mapping, vec![], StandardizeOptions::default(), key(1));
    let wrong = build(vec![(Element::BirthDate, 3)]).push(&rows).unwrap_err();
    assert_eq!(wrong.to_string(), "column `last` is Utf8View, but `birth_date` needs a date (Date32)");
    let missing = build(vec![(Element::Ssn, 30)]).push(&rows).unwrap_err();
    assert_eq!(missing.to_string(), "`ssn` is mapped to column 30, but the batch has 9 columns");
    let other = IdentityBuilder::new("t", vec![], vec![], StandardizeOptions::default(), key(1));
    assert!(matches!(builder().merge(other), Err(StandardizeError::OtherSource { .. })));
}

#[test]
fn numbers_are_read_as_text() {
    let rows = RecordBatch::try_from_iter([("ssn", Arc::new(Int64Array::from(vec![1_234_567])) as ArrayRef)]).unwrap();
    let options = StandardizeOptions { lost_zeros: true, ..StandardizeOptions::default() };
    let mut builder = IdentityBuilder::new("s", vec![(Element::Ssn, 0)], vec![], options, key(1));
    builder.push(&rows).unwrap();
    let records = all(builder);
    assert_eq!((cell(&records, "ssn", 0).as_str(), cell(&records, "ssn_status", 0).as_str()), ("001234567", "valid"));
}

#[test]
fn a_birth_date_that_far_too_many_share_is_a_placeholder() {
    let ids: Vec<String> = (0..400).map(|n| format!("P{n}")).collect();
    let dates: Vec<String> = (0..400i32)
        .map(|n| NaiveDate::from_yo_opt(2000, if n < 100 { 1 } else { n.unsigned_abs() - 98 }).unwrap().to_string())
        .collect();
    let rows: Vec<[&str; 9]> =
        (0..400).map(|n| [ids[n].as_str(), "", "", "", "", dates[n].as_str(), "", "", ""]).collect();
    let mut builder = builder();
    builder.push(&batch(&rows)).unwrap();
    let records = all(builder);
    let count = |word| (0..400).filter(|row| cell(&records, "birth_date_status", *row) == word).count();
    assert_eq!((count("placeholder"), count("valid")), (100, 300));
}

/// The parts of one run of identity records, row by row beside them.
fn derive(identity: &RecordBatch, parts: &[&str]) -> Result<RecordBatch, StandardizeError> {
    let groups = Deriver::new(parts)?.derive(identity)?;
    let columns = parts.iter().map(|part| {
        let (group, values) = groups.iter().find_map(|g| Some((g, g.new.column_by_name(part)?))).unwrap();
        let places: UInt32Array = group.places.iter().map(|at| (*at != NO_VALUE).then_some(*at)).collect();
        (*part, take(values, &places, None).unwrap(), true)
    });
    Ok(RecordBatch::try_from_iter_with_nullable(columns).unwrap())
}

#[test]
fn parts_are_null_where_their_value_may_not_be_a_key() {
    let rows = batch(&[
        ["A1", "123456789", "J", "De La Cruz Lopez", "", "1900-01-01", "", "", ""],
        ["A2", "123456788", "Bob", "O'Brien", "", "2004-05-07", "", "", ""],
    ]);
    let mut builder = builder();
    builder.push(&rows).unwrap();
    let records = all(builder);
    let parts = derive(&records, std_rules::PARTS).unwrap();
    let (first, second) = if cell(&records, "source_person", 0) == "A1" { (0, 1) } else { (1, 0) };
    for (part, of_first, of_second) in [
        ("ssn", "", "123456788"),
        ("ssn_last4", "", "6788"),
        ("first_name", "", "BOB"),
        ("first_root", "", "ROBERT"),
        ("first_phonetic", "", "PP"),
        ("first_initial", "J", "B"),
        ("first_lone_initial", "J", ""),
        ("first_less_1", "", ""),
        ("last_first_part", "CRUZ", "OBRIEN"),
        ("last_last_part", "LOPEZ", "OBRIEN"),
        ("last_joined", "DELACRUZLOPEZ", "OBRIEN"),
        ("last_core", "CRUZLOPEZ", "OBRIEN"),
        ("birth_date", "", "2004-05-07"),
        ("birth_date_swapped", "", "2004-07-05"),
        ("birth_date_less_1_year", "", "2003-05-07"),
        ("birth_date_less_2_years", "", "2002-05-07"),
        ("birth_year_month", "", "2004-05"),
        ("birth_year_day", "", "2004-07"),
        ("school_cohort", "", "2022"),
        ("school_cohort_less_1", "", "2021"),
        ("district", "", ""),
        ("local_id", "", ""),
    ] {
        assert_eq!(
            (cell(&parts, part, first).as_str(), cell(&parts, part, second).as_str()),
            (of_first, of_second),
            "{part}"
        );
    }
    assert!(derive(&records, &["shoe_size"]).unwrap_err().to_string().contains("`shoe_size`"));
}

#[test]
fn a_grade_says_the_cohort_where_no_birth_date_does_and_makes_a_record_one_of_a_school() {
    let texts = |values: [&str; 4]| -> ArrayRef { Arc::new(StringArray::from_iter_values(values)) };
    let rows = RecordBatch::try_from_iter([
        ("id", texts(["A1", "A1", "A2", "A3"])),
        ("grade", texts(["10", "10", "UG", "12"])),
        ("year", Arc::new(Int64Array::from(vec![2021, 2022, 2021, 2021])) as ArrayRef),
        ("district", texts(["7001", "7001", "7002", "7003"])),
    ])
    .unwrap();
    let mapping =
        vec![(Element::StateId, 0), (Element::GradeLevel, 1), (Element::SchoolYear, 2), (Element::LocalIdIssuer, 3)];
    let build = || IdentityBuilder::new("s", mapping.clone(), vec![0], StandardizeOptions::default(), key(1));
    let (mut whole, mut first, mut second) = (build(), build(), build());
    whole.push(&rows).unwrap();
    first.push(&rows.slice(1, 3)).unwrap();
    second.push(&rows.slice(0, 1)).unwrap();
    first.merge(second).unwrap();
    let records = all(whole);
    assert_eq!(records, all(first), "whatever comes first");
    let parts = derive(&records, &["school_cohort", "school_cohort_less_1", "district", "district_region"]).unwrap();
    let of = |person: &str| {
        let row = (0..3).find(|row| cell(&records, "source_person", *row) == person).unwrap();
        ["school_cohort", "school_cohort_less_1", "district", "district_region"].map(|part| cell(&parts, part, row))
    };
    // Who repeats a grade stays of the first cohort; a grade that is none says nothing, and then the record is of no school.
    assert_eq!(of("A1"), ["2023", "2022", "7001", "70"]);
    assert_eq!(of("A2"), ["", "", "", ""]);
    assert_eq!(of("A3"), ["2021", "2020", "7003", "70"]);
}

/// Year, year and month, month and day, as `derive` gives them.
fn birth_parts(date: NaiveDate) -> String {
    let mut builder = builder();
    builder.push(&batch(&[["A", "", "", "", "", &date.to_string(), "", "", ""]])).unwrap();
    let parts = derive(&all(builder), &["birth_year", "birth_year_month", "birth_month_day"]).unwrap();
    assert!(cell(&parts, "birth_year", 0).starts_with(&date.year().to_string()));
    (0..3).map(|at| parts.column(at).as_string_view().value(0).to_owned()).collect::<Vec<_>>().join(" ")
}

fn any_row() -> impl Strategy<Value = [&'static str; 9]> {
    let one = |of: &'static [&'static str]| prop::sample::select(of);
    (
        (
            one(&["A1", "a1 ", "A2", ""]),
            one(&["123456788", "123-45-6788", "", "111111111"]),
            one(&["Ann", "ANN", "Añn", ""]),
        ),
        (one(&["Lee", "Lee Jr", "O'Hara", ""]), one(&["", "JR"]), one(&["2004-05-17", "", "1900-01-01"])),
        (one(&["S1", "S2", ""]), one(&["2020-01-01", "2019-01-01", ""]), one(&["2020-06-01", "2021-01-01", ""])),
    )
        .prop_map(|((a, b, c), (d, e, f), (g, h, i))| [a, b, c, d, e, f, g, h, i])
}

proptest! {
    #[test]
    fn parts_of_many_runs_are_those_of_each(runs in prop::collection::vec(prop::collection::vec(any_row(), 1..12), 1..6), most in 1_usize..6) {
        let parts: Vec<&str> = std_rules::PARTS.to_vec();
        let mut deriver = Deriver::new(&parts).unwrap().remembering(most);
        let mut known: std::collections::BTreeMap<String, Vec<Option<String>>> = std::collections::BTreeMap::new();
        for rows in runs {
            let mut builder = builder();
            builder.push(&batch(&rows)).unwrap();
            let records = all(builder);
            let each = derive(&records, &parts).unwrap();
            for group in deriver.derive(&records).unwrap() {
                for field in group.new.schema().fields() {
                    let values = known.entry(field.name().clone()).or_default();
                    values.truncate(group.first as usize);
                    prop_assert_eq!(values.len(), group.first as usize);
                    let new = group.new.column_by_name(field.name()).unwrap().as_string_view();
                    values.extend(new.iter().map(|v| v.map(str::to_owned)));
                    let whole: Vec<Option<String>> =
                        group.places.iter().map(|at| values.get(*at as usize).cloned().flatten()).collect();
                    let one = each.column_by_name(field.name()).unwrap().as_string_view();
                    prop_assert_eq!(whole, one.iter().map(|v| v.map(str::to_owned)).collect::<Vec<_>>());
                }
            }
            prop_assert_eq!(known.len(), parts.len());
        }
    }

    #[test]
    fn how_rows_are_shared_out_changes_nothing(rows in prop::collection::vec(any_row(), 1..40), cut in 0usize..40) {
        let mut whole = builder();
        let refs = whole.push(&batch(&rows)).unwrap();
        let (left, right) = rows.split_at(cut.min(rows.len()));
        let mut one = builder();
        let mut two = builder();
        two.push(&batch(right)).unwrap();
        one.push(&batch(left)).unwrap();
        two.merge(one).unwrap();
        let records = all(whole);
        prop_assert_eq!(&records, &all(two));

        let counted: i64 = records.column_by_name("row_count").unwrap().as_primitive::<Int64Type>().values().iter().sum();
        prop_assert_eq!(counted, i64::try_from(rows.len()).unwrap());
        let ids = records.column(0).as_fixed_size_binary();
        let known: std::collections::BTreeSet<&[u8]> = (0..ids.len()).map(|at| ids.value(at)).collect();
        prop_assert!((0..refs.len()).all(|row| known.contains(refs.value(row))));
        let starts = records.column_by_name("period_start").unwrap().as_primitive::<Date32Type>();
        let ends = records.column_by_name("period_end").unwrap().as_primitive::<Date32Type>();
        for (start, end) in starts.iter().zip(ends) {
            prop_assert_eq!(start.is_some(), end.is_some());
            prop_assert!(start <= end);
        }
    }

    #[test]
    fn a_sender_s_identity_wrapped_is_the_hub_s_own(row in any_row()) {
        let build = |key: RefKey| {
            let mut builder = IdentityBuilder::new("s", mapping(), vec![0], StandardizeOptions::default(), key);
            builder.push(&batch(&[row])).unwrap()
        };
        let sent = build(RefKey::new(key(1), None));
        let own = build(RefKey::new(key(1), Some(key(2))));
        prop_assert_eq!(key(2).raw(sent.value(0)), own.value(0));
    }
}

#[test]
fn names_that_one_slip_at_their_beginning_made_have_a_form_in_common() {
    let forms = |name: &str| -> Vec<String> {
        let mut builder = builder();
        builder.push(&batch(&[["A", "", name, "", "", "", "", "", ""]])).unwrap();
        let names = ["first_name", "first_less_1", "first_less_2"];
        let parts = derive(&all(builder), &names).unwrap();
        names.iter().map(|part| cell(&parts, part, 0)).filter(|form| !form.is_empty()).collect()
    };
    let meet = |a: &str, b: &str| forms(a).iter().any(|form| forms(b).contains(form));
    assert_eq!(forms("Joyce"), ["JOYCE", "OYCE", "JYCE"]);
    assert_eq!(forms("Amy"), ["AMY"], "what is left of a short name says too little");
    for (a, b) in [("JOYCE", "OJYCE"), ("DANIEL", "ADNIEL"), ("LUZA", "VLUZA"), ("DANA", "ANA"), ("JAMES", "HAMES")] {
        assert!(meet(a, b) && meet(b, a), "{a} {b}");
    }
    for (a, b) in [("JOYCE", "ALICE"), ("MARK", "JOHN"), ("AMY", "EMY")] {
        assert!(!meet(a, b), "{a} {b}");
    }
}
