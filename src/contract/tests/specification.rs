//! What must hold of checking a contract: everything wrong is told, each with its place.

use std::path::Path;

use super::{COLUMNS, code_sets, yaml};
use crate::contract::check::{Parts, check};
use crate::contract::spec::{CheckSpec, ColumnSpec, ControlSpec, ReferenceSpec, UniqueSpec};
use crate::foundation::{Diagnostics, Located};

#[derive(serde::Deserialize)]
#[serde(default)]
struct Document {
    columns: Vec<ColumnSpec>,
    grain: Vec<Located<String>>,
    checks: Vec<CheckSpec>,
    unique: Vec<UniqueSpec>,
    references: Vec<ReferenceSpec>,
    controls: Vec<ControlSpec>,
}

impl Default for Document {
    fn default() -> Self {
        let grain = vec![Located::nowhere("a".to_owned())];
        Self { columns: vec![], grain, checks: vec![], unique: vec![], references: vec![], controls: vec![] }
    }
}

fn checked(columns: &str, rest: &str) -> String {
    let text = format!("columns:\n{columns}\n{rest}");
    let document: Document = yaml(&text);
    let parts = Parts {
        columns: &document.columns,
        delivery: &yaml("{ mode: append }"),
        grain: &document.grain,
        source_person: &[],
        checks: &document.checks,
        unique: &document.unique,
        references: &document.references,
        controls: &document.controls,
    };
    let mut found = Diagnostics::default();
    check(Path::new("c.yaml"), &parts, &code_sets(), &mut found);
    found.sorted().iter().map(|finding| finding.render(None)).collect()
}

#[test]
fn a_sound_contract_has_no_findings() {
    assert_eq!(checked(COLUMNS, "grain: [id]"), "");
}

#[test]
fn a_column_that_a_file_may_come_without_is_neither_required_nor_a_key() {
    let columns = "- { name: id, type: text, optional: true, label: Id }
- { name: word, type: text, required: true, optional: true, label: Word }
- { name: other, type: text, optional: true, label: Other }";
    insta::assert_snapshot!(checked(columns, "grain: [id]"), @r"
    error[C022]: column `word` is required, and yet a file may come without it
       ,-[c.yaml:3:11]
      help: take one of `required` and `optional` out
    error[C022]: `id` tells rows or senders apart, and yet a file may come without it
       ,-[c.yaml:5:9]
      help: take `optional` out of the column
    ");
}

#[test]
fn a_contract_that_is_wrong_is_told_with_its_places() {
    let columns = "- { name: a, type: integer, formats: ['%Y'], min: x, label: A }
- { name: a, type: code, code_set: sexx, label: ' ' }
- { name: B-1, type: date, formats: ['%y'], label: B }
- { name: line, type: text, pattern: '[', label: L }
- { name: d, type: 'decimal(5,2)', min: 2, max: 1.5, label: D }
- { name: e, type: boolean, true_values: [x], false_values: [X], label: E }";
    insta::assert_snapshot!(checked(columns, ""), @r"
    error[C015]: column `a` is of type integer, for which `formats` means nothing
       ,-[c.yaml:2:11]
      help: take the option out, or correct the type
    error[C012]: `x` bounds column `a` of type integer and is no such value
       ,-[c.yaml:2:51]
      help: write a whole number
    error[C001]: column `a` stands twice
       ,-[c.yaml:3:11]
      help: give each column its own name
    error[C004]: column `a` has no label for the dictionary
       ,-[c.yaml:3:11]
      help: say in a few words what it is
    error[C011]: there is no code set `sexx`
       ,-[c.yaml:3:36]
      help: did you mean `sex`? code sets lie in config/code_sets
    error[C002]: `B-1` is not a column's name
       ,-[c.yaml:4:11]
      help: names are at most 32 lower-case letters, digits and underscores; what the file calls it goes into `header:`
    error[C016]: a date format is made of %Y, %m, %b, %d and what stands between them
       ,-[c.yaml:4:38]
      help: such as %Y-%m-%d, %m/%d/%Y, %Y%m%d or excel_serial
    error[C003]: rows already have a column `line`
       ,-[c.yaml:5:11]
      help: give it another name, and the file's name in `header:`
    error[C014]: the pattern of column `line` is not a regular expression: unclosed character class
       ,-[c.yaml:5:38]
      help: patterns are regular expressions without look-around and back-references
    error[C013]: `min` of column `d` is greater than its `max`
       ,-[c.yaml:6:49]
      help: swap or correct them
    error[C017]: `X` stands for true and for false in column `e`
       ,-[c.yaml:7:11]
      help: give `true_values` and `false_values` words of their own
    ");
}

#[test]
fn rules_that_are_wrong_are_told_with_their_places() {
    let columns = "- { name: a, type: text, label: A }\n- { name: school, type: text, label: S }";
    let rest = "grain: [schol]
checks:
- { id: R1, expect: a, on_fail: null_field, column: a, says: x }
unique:
- { id: R1, columns: [], on_fail: null_field, says: x }
references:
- { id: R2, columns: [a], to: t, key: [x, y], says: x }
controls:
- { id: R3, sum_of: a, says: x }
- { id: R4, trailer: t, says: x }";
    insta::assert_snapshot!(checked(columns, rest), @r"
    error[C020]: the contract has no column `schol`
       ,-[c.yaml:4:9]
       . did you mean `school`?
      help: columns are declared in `columns:`
    error[C031]: rule `R1` does not say which field becomes null
       ,-[c.yaml:6:9]
      help: name it in `column:`; that column too must say `on_fail: null_field`, so that it has a status
    error[C030]: rule `R1` stands twice
       ,-[c.yaml:8:9]
      help: give each rule an id of its own
    error[C032]: rule `R1` names no column
       ,-[c.yaml:8:9]
      help: list them in `columns:`
    error[C033]: rule `R1` is over all rows, where no field can become null
       ,-[c.yaml:8:9]
      help: use `reject_row` or `warn`
    error[C034]: rule `R2` has not as many columns as keys
       ,-[c.yaml:10:9]
      help: `columns` and `key` go in pairs
    error[C041]: control `R3` does not say which field states the total
       ,-[c.yaml:12:9]
      help: give one of `trailer: <field>` and `header: <field>`
    error[C042]: control `R3` sums a column that holds no numbers
       ,-[c.yaml:12:21]
      help: sum an integer or decimal column
    error[C040]: control `R4` must count or sum, and not both
       ,-[c.yaml:13:9]
      help: give one of `count_of: detail`, `count_of: all` and `sum_of: <column>`
    ");
}
