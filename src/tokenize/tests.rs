//! Tests of the room as a whole: what a sender makes and the hub wraps is what the hub makes.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Date32Array, FixedSizeBinaryArray, Int64Array, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int32Type};
use arrow::record_batch::RecordBatch;
use proptest::prelude::*;

use crate::foundation::parts::NO_VALUE;
use crate::foundation::{PartGroup, schema};
use crate::tokenize::{Keyring, Maker, NEIGHBOURS, RecipeSpec, TokenizeError, Tokenizer, each};

/// One identity: SSN, its status, birth date, organisation, and the parts `first_name`, `last_name`.
type Row = (Option<String>, bool, Option<i32>, Option<String>, Option<String>, Option<String>);

fn any_row() -> impl Strategy<Value = Row> {
    let maybe = |pattern: &'static str| prop::option::weighted(0.8, pattern);
    (
        maybe("[0-3]{9}"),
        any::<bool>(),
        prop::option::of(-20000i32..30000),
        maybe("S[1-3]"),
        maybe("[A-C]{1,3}"),
        maybe("[A-C]{1,3}"),
    )
}

fn recipes() -> Vec<RecipeSpec> {
    vec![
        RecipeSpec::new("ssn", &["ssn"], None),
        RecipeSpec::new("names", &["first_name", "last_name"], None),
        RecipeSpec::new("names_swapped", &["last_name", "first_name"], Some("names")),
        RecipeSpec::new("first_name", &["first_name"], None),
        RecipeSpec::new("last_as_first", &["last_name"], Some("first_name")),
    ]
}

fn tokenizer(keyring: &Keyring) -> Tokenizer {
    Tokenizer::new(&recipes(), keyring, "1.0.0").unwrap()
}

/// Identity records and their parts; `identity_ref` is a running number.
fn batches(rows: &[Row]) -> (RecordBatch, RecordBatch) {
    let refs: Vec<u8> = (0..rows.len()).flat_map(|n| (n as u128).to_be_bytes()).collect();
    let refs = FixedSizeBinaryArray::try_new(16, refs.into(), None).unwrap();
    let text =
        |pick: &dyn Fn(&Row) -> Option<String>| Arc::new(rows.iter().map(pick).collect::<StringArray>()) as ArrayRef;
    let status = |valid| Some(if valid { "valid" } else { "invalid" }.to_owned());
    let dates = || Arc::new(rows.iter().map(|row| row.2).collect::<Date32Array>()) as ArrayRef;
    let none = || text(&|_| None);
    let identity = RecordBatch::try_new(
        schema::identity_records(),
        vec![
            Arc::new(refs),
            text(&|_| Some("s".to_owned())),
            text(&|_| Some(String::new())),
            none(),
            none(),
            none(),
            text(&|row| row.0.clone()),
            text(&|row| status(row.1)),
            text(&|row| row.4.clone()),
            none(),
            text(&|row| row.5.clone()),
            none(),
            dates(),
            text(&|row| status(row.2.is_some_and(|day| day % 3 != 0))),
            none(),
            none(),
            text(&|row| row.3.clone()),
            dates(),
            dates(),
            arrow::array::new_null_array(&arrow::datatypes::DataType::Int32, rows.len()),
            Arc::new(Int64Array::from(vec![1; rows.len()])),
        ],
    )
    .unwrap();
    let parts = RecordBatch::try_from_iter_with_nullable([
        ("ssn", text(&|row| row.0.clone().filter(|_| row.1)), true),
        ("first_name", text(&|row| row.4.clone()), true),
        ("last_name", text(&|row| row.5.clone()), true),
    ])
    .unwrap();
    (identity, parts)
}

fn column<'a>(batch: &'a RecordBatch, name: &str) -> &'a FixedSizeBinaryArray {
    batch.column_by_name(name).unwrap().as_fixed_size_binary()
}

/// A wrapped sender's file with the hub's own `identity_ref` put in its place.
fn without_refs(batch: &RecordBatch) -> Vec<ArrayRef> {
    batch.columns()[1..].to_vec()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_sent_and_wrapped_is_what_the_hub_makes(rows in prop::collection::vec(any_row(), 0..30)) {
        let (identity, parts) = batches(&rows);
        let hub = tokenizer(&Keyring::demo());
        let sent = each::sent(&tokenizer(&Keyring::demo().sender()), &identity, &parts).unwrap();
        let own = each::own(&hub, &identity, &parts).unwrap();
        let wrapped = hub.wrap(&sent).unwrap();
        prop_assert_eq!(own.schema(), hub.schema());
        prop_assert_eq!(without_refs(&own), without_refs(&wrapped));
        let refs = hub.wrap_references(identity.column(0)).unwrap();
        prop_assert_eq!(&refs, column(&wrapped, "identity_ref"));
        prop_assert_eq!(identity.column(0), own.column(0));

        for (at, row) in rows.iter().enumerate() {
            prop_assert_eq!(column(&own, "ssn").is_valid(at), row.0.is_some() && row.1);
            prop_assert_eq!(own.column_by_name("ssn_near").unwrap().is_valid(at), row.0.is_some() && row.1);
            prop_assert_eq!(column(&own, "names").is_valid(at), row.4.is_some() && row.5.is_some());
            if column(&own, "names").is_valid(at) {
                prop_assert_ne!(column(&own, "names").value(at), column(&sent, "names").value(at));
            }
            let year = own.column_by_name("birth_year").unwrap().as_primitive::<Int32Type>();
            prop_assert_eq!(year.is_valid(at), row.2.is_some_and(|day| day % 3 != 0));
            for (other, with) in rows.iter().enumerate() {
                let equal = |a: &str, b: &str| {
                    let (a, b) = (column(&own, a), column(&own, b));
                    a.is_valid(at) && b.is_valid(other) && a.value(at) == b.value(other)
                };
                let swapped = row.4.is_some() && row.5.is_some() && row.4 == with.5 && row.5 == with.4;
                prop_assert_eq!(equal("names", "names_swapped"), swapped);
                prop_assert_eq!(equal("first_name", "last_as_first"), row.4.is_some() && row.4 == with.5);
                // The same value under two recipes says nothing of itself.
                prop_assert!(!equal("first_name", "ssn"));
            }
        }
    }
}

/// Parts as a deriver of many batches gives them: what `memory` holds of each field, and values met for the first time.
fn groups(memory: &mut [Vec<[Option<String>; 2]>; 2], parts: &RecordBatch, anew: bool) -> Vec<PartGroup> {
    let text = |name: &str, row: usize| {
        let column = parts.column_by_name(name).unwrap().as_string::<i32>();
        column.is_valid(row).then(|| column.value(row).to_owned())
    };
    // The SSN alone, and both names as though they came from one field or from two.
    let fields: [&[&str]; 2] = [&["ssn"], &["first_name", "last_name"]];
    let mut out = Vec::new();
    for (met, names) in memory.iter_mut().zip(fields) {
        if anew {
            met.clear();
        }
        let first = met.len();
        let mut places = Vec::new();
        for row in 0..parts.num_rows() {
            let value = [text(names[0], row), names.get(1).and_then(|name| text(name, row))];
            if value == [None, None] {
                places.push(NO_VALUE);
                continue;
            }
            let at = met.iter().position(|known| *known == value).unwrap_or_else(|| {
                met.push(value);
                met.len() - 1
            });
            places.push(u32::try_from(at).unwrap());
        }
        let columns = names.iter().enumerate().map(|(i, name)| {
            let column: StringArray = met[first..].iter().map(|value| value[i].clone()).collect();
            (*name, Arc::new(column) as ArrayRef, true)
        });
        let new = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
        out.push(PartGroup { places, first: u32::try_from(first).unwrap(), new });
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn tokens_of_many_batches_are_those_of_each(
        runs in prop::collection::vec((prop::collection::vec(any_row(), 0..12), any::<bool>()), 1..5),
        of_sender in any::<bool>(),
    ) {
        // With a recipe whose parts come from two fields.
        let mut recipes = recipes();
        recipes.push(RecipeSpec::new("ssn_last_name", &["ssn", "last_name"], None));
        let ours = Tokenizer::new(&recipes, &Keyring::demo(), "1.0.0").unwrap();
        let mut maker = if of_sender { Maker::of_sender(&ours) } else { Maker::of_hub(&ours).unwrap() };
        let mut memory = [Vec::new(), Vec::new()];
        for (rows, anew) in runs {
            let (identity, parts) = batches(&rows);
            let groups = groups(&mut memory, &parts, anew);
            let each = if of_sender { each::sent(&ours, &identity, &parts) } else { each::own(&ours, &identity, &parts) };
            prop_assert_eq!(maker.tokens(&identity, &groups).unwrap(), each.unwrap());
        }
    }
}

fn one() -> (RecordBatch, RecordBatch) {
    batches(&[(
        Some("123456788".to_owned()),
        true,
        Some(12000),
        Some("S1".to_owned()),
        Some("ANN".to_owned()),
        Some("LEE".to_owned()),
    )])
}

#[test]
fn a_sender_s_file_read_back_from_parquet_wraps_alike() {
    let (identity, parts) = one();
    let hub = tokenizer(&Keyring::demo());
    let sent = each::sent(&hub, &identity, &parts).unwrap();
    let read_as = sent.schema();
    let views = read_as.fields().iter().zip(sent.columns()).map(|(field, array)| {
        let array = match field.data_type() {
            DataType::Utf8 => cast(array, &DataType::Utf8View).unwrap(),
            DataType::Binary => cast(array, &DataType::BinaryView).unwrap(),
            _ => Arc::clone(array),
        };
        (field.name().clone(), array, field.is_nullable())
    });
    let views = RecordBatch::try_from_iter_with_nullable(views).unwrap();
    assert_eq!(hub.wrap(&views).unwrap(), hub.wrap(&sent).unwrap());
    let near = sent.column_by_name("ssn_near").unwrap();
    assert_eq!(near.as_binary::<i32>().value(0).len(), 16 * NEIGHBOURS);
}

#[test]
fn a_sender_s_file_holds_nothing_clear_of_identity() {
    let (identity, parts) = one();
    let sent = each::sent(&tokenizer(&Keyring::demo().sender()), &identity, &parts).unwrap();
    let shown = arrow::util::pretty::pretty_format_batches(&[sent]).unwrap().to_string();
    for clear in ["123456788", "ANN", "LEE", "S1"] {
        assert!(!shown.contains(clear), "{clear}");
        assert!(!shown.contains(&hex::encode(clear)), "{clear}");
    }
}

#[test]
fn without_the_hub_s_key_there_are_no_hub_s_tokens() {
    let (identity, parts) = one();
    let sender = tokenizer(&Keyring::demo().sender());
    let sent = each::sent(&sender, &identity, &parts).unwrap();
    for result in [each::own(&sender, &identity, &parts), sender.wrap(&sent)] {
        assert!(matches!(result, Err(TokenizeError::MissingKey { kind: "hub", .. })));
    }
    assert!(Maker::of_hub(&sender).is_err());
    let none = Tokenizer::new(&recipes(), &Keyring::new(None, None), "1.0.0").unwrap_err();
    assert!(matches!(none, TokenizeError::MissingKey { kind: "send", .. }));
}

#[test]
fn another_definition_is_found_before_its_tokens_are_used() {
    let ours = tokenizer(&Keyring::demo());
    assert!(ours.expect(tokenizer(&Keyring::demo().sender()).check_values()).is_ok());
    let theirs = Tokenizer::new(&recipes(), &Keyring::demo(), "1.0.1").unwrap();
    let error = ours.expect(theirs.check_values()).unwrap_err().to_string();
    assert!(error.starts_with("wrong `ssn` recipe key"), "{error}");
    assert!(ours.expect(&[]).is_err());
}

#[test]
fn what_is_missing_is_named() {
    let (identity, parts) = one();
    let hub = tokenizer(&Keyring::demo());
    assert_eq!(hub.parts(), ["ssn", "first_name", "last_name"]);
    assert_eq!(hub.hashed_columns(), ["identity_ref", "ssn_near", "ssn"]);
    let unlike = PartGroup { places: vec![0, 0], first: 0, new: parts.clone() };
    let error = Maker::of_hub(&hub).unwrap().tokens(&identity, &[unlike]).unwrap_err();
    assert!(matches!(error, TokenizeError::RowCount { identity: 1, parts: 2 }));
    let few = parts.project(&[0]).unwrap();
    assert_eq!(
        each::own(&hub, &identity, &few).unwrap_err().to_string(),
        "the derived parts lack the column `first_name`"
    );
    let none = parts.slice(0, 0);
    assert!(matches!(each::own(&hub, &identity, &none), Err(TokenizeError::RowCount { identity: 1, parts: 0 })));
    let wrong = Tokenizer::new(&[RecipeSpec::new("a", &["ssn"], Some("b"))], &Keyring::demo(), "1").unwrap_err();
    assert!(matches!(wrong, TokenizeError::UnknownDomain { .. }));
}
