//! Tests of training where values are missing: by person, in whole files, and where a comparison is silent beside another field.

use super::blocking::{Blocking, Rule, Scope};
use super::comparison::{Agreement, Comparison, Comparisons};
use super::records::{Column, Field, Records, Values};
use super::tests::{Chances, texts};
use super::train::{Beforehand, Trained, train};
use super::{ModelError, Part};

/// People of whom a file may hold a name, a day of birth as a number, a number of nine digits and a town.
struct Person {
    name: String,
    birth: u32,
    number: u32,
    town: u32,
    /// Whether no file has the number.
    without: bool,
}

/// Two files of `each` persons, the first `both` of each the same people; `number` says of a file and a person whether the number is there.
fn people(each: usize, both: usize, number: impl Fn(usize, &Person) -> bool) -> Records {
    let mut chances = Chances(23);
    let mut one = || Person {
        name: format!("{}{}", ["ANNA", "BERT", "CARL"][chances.below(3)], chances.below(900)),
        birth: u32::try_from(1 + chances.below(8_000)).unwrap(),
        number: u32::try_from(1 + chances.below(900_000_000)).unwrap(),
        town: u32::try_from(1 + chances.below(300)).unwrap(),
        without: chances.next() < 0.5,
    };
    let shared: Vec<Person> = (0..both).map(|_| one()).collect();
    let others: Vec<Person> = (0..2 * (each - both)).map(|_| one()).collect();
    let (first, second) = others.split_at(each - both);
    let files = [shared.iter().chain(first), shared.iter().chain(second)];
    let mut rows: Vec<(Option<String>, [u32; 3])> = Vec::new();
    for (file, persons) in files.into_iter().enumerate() {
        for person in persons {
            let mut name = person.name.clone();
            if file == 1 && chances.next() < 0.1 {
                name.insert(2, 'X');
            }
            let is_there = |chances: &mut Chances, share| u32::from(chances.next() < share);
            let slip = u32::from(file == 1 && chances.next() < 0.05) * 1_000;
            rows.push((
                Some(name),
                [
                    person.birth * is_there(&mut chances, 0.9),
                    (person.number + slip) * u32::from(number(file, person)),
                    person.town,
                ],
            ));
        }
    }
    let names: Vec<Option<String>> = rows.iter().map(|row| row.0.clone()).collect();
    let column = |name: &str, values: Values, at: usize| Column {
        field: Field { name: name.to_owned(), values },
        codes: rows.iter().map(|row| row.1[at]).collect(),
    };
    let numbers =
        [column("birth", Values::Numbers, 0), column("number", Values::Digits, 1), column("town", Values::Numbers, 2)];
    let each = u32::try_from(each).unwrap();
    Records::new(std::iter::once(texts("name", &names)).chain(numbers).collect::<Vec<_>>(), vec![each, each * 2])
}

fn list(town_unless: Option<usize>) -> Vec<Comparison> {
    let one = |name: &str, field, levels: &[Agreement]| Comparison::new(name, field, levels.to_vec(), false);
    vec![
        one("name", 0, &[Agreement::Exact, Agreement::Similar(0.9)]),
        one("birth", 1, &[Agreement::Exact]),
        one("number", 2, &[Agreement::Exact, Agreement::OneDigit, Agreement::LastFour]),
        one("town", 3, &[Agreement::Exact]).unless(town_unless),
    ]
}

fn rule(id: &str, parts: &[Part]) -> Rule {
    Rule { id: id.to_owned(), parts: parts.to_vec(), most: 10_000_000 }
}

fn trained(records: &Records, list: &[Comparison], rules: &[Rule]) -> Result<Trained, ModelError> {
    let comparisons = Comparisons::new(records, list);
    let blocking = Blocking::new(records, rules, Scope::Between, 2);
    train(records, &comparisons, &blocking, Scope::Between, 2, &Beforehand::default())
}

#[test]
fn a_number_that_goes_with_the_person_is_no_commoner_by_chance_than_its_domain() {
    // Who has a number has it in both files: of pairs with numbers twice as many are of one person as of all.
    let records = people(6_000, 3_600, |_, person| !person.without);
    let rules = [rule("names", &[Part::Whole(0)]), rule("birth", &[Part::Whole(1), Part::Whole(3)])];
    let model = trained(&records, &list(None), &rules).unwrap();
    assert!(model.u[2][1] < 2e-9, "u of number: {}", model.u[2][1]);
    assert!(model.weights[2][1] > 28_000, "{:?}", model.weights[2]);
    assert!((model.matches / 3_600.0 - 1.0).abs() < 0.1, "{}", model.matches);
}

#[test]
fn a_comparison_that_is_silent_beside_another_field_learns_the_same_chance() {
    let records = people(6_000, 3_600, |_, _| true);
    let rules = [
        rule("names", &[Part::Whole(0)]),
        rule("birth", &[Part::Whole(1), Part::Whole(3)]),
        rule("number", &[Part::Whole(2)]),
    ];
    let of = |unless| trained(&records, &list(unless), &rules).unwrap();
    let (speaks, silent) = (of(None), of(Some(1)));
    for model in [&speaks, &silent] {
        assert!((model.u[3][1] * 300.0 - 1.0).abs() < 0.1, "u of town: {}", model.u[3][1]);
        assert!((model.matches / 3_600.0 - 1.0).abs() < 0.1, "{}", model.matches);
    }
}

#[test]
fn a_field_that_no_two_records_both_have_gets_weights_of_its_domain() {
    let records = people(3_000, 1_800, |file, _| file == 0);
    let rules = [rule("names", &[Part::Whole(0)]), rule("birth", &[Part::Whole(1), Part::Whole(3)])];
    let model = trained(&records, &list(None), &rules).unwrap();
    let [_, exact, one_digit, last_four, otherwise] = model.weights[2][..] else { unreachable!() };
    assert!(exact > 25_000 && one_digit > 15_000 && last_four > 5_000 && otherwise < -4_000, "{:?}", model.weights[2]);
    assert!(model.matched[2].iter().skip(1).all(|seen| *seen == 0.0));
}
