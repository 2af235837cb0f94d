//! The pairs of a model's blocking rules as a query, and its answer read back.

use std::fmt::Write as _;

use arrow::array::{ArrayRef, AsArray, FixedSizeBinaryArray, RecordBatch};
use arrow::datatypes::{DataType, Int64Type};

use super::column;
use super::functions::NEIGHBOURS;
use crate::foundation::schema::REF_BYTES;
use crate::foundation::sql_name;
use crate::linkage::model::Part;
use crate::linkage::reading::NEAR;
use crate::linkage::rules::{ModelPass, Rules};
use crate::linkage::{LinkageError, TokenTable};

/// A model over a table of tokens: how its records, blocks and pairs are said.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) model: &'a ModelPass,
    pub(super) rules: &'a Rules,
    pub(super) table: &'a str,
}

/// What brings two records together under one rule.
enum Key {
    /// Equal values of some fields.
    Equal(Vec<usize>),
    /// Values of a field that are one slip apart.
    Near(usize),
}

impl Asked<'_> {
    /// The records as the model reads them: `f0`, `f1` and so on, in the order of its fields. An SSN counts only where it is valid.
    pub(super) fn records(&self) -> String {
        let field = |(at, column): (usize, &usize)| {
            let name = sql_name(&self.rules.columns()[*column]);
            if self.rules.roles.ssn == Some(*column) {
                format!("CASE WHEN \"ssn_status\" = 'valid' THEN {name} END AS \"f{at}\"")
            } else {
                format!("{name} AS \"f{at}\"")
            }
        };
        let fields: Vec<String> = self.model.fields.iter().enumerate().map(field).collect();
        let near = if self.rules.roles.ssn.is_some() { format!("\"{NEAR}\"") } else { "NULL".to_owned() };
        format!(
            "SELECT \"identity_ref\", {near} AS \"neighbours\", {} FROM {}",
            fields.join(", "),
            sql_name(self.table)
        )
    }

    fn key(&self, rule: usize) -> Key {
        match self.model.blocking[rule].parts[..] {
            [Part::Near(field)] => Key::Near(field),
            // Of tokens nothing is known but the whole.
            ref parts => Key::Equal(parts.iter().map(|part| part.field()).collect()),
        }
    }

    /// What each rule brings together, as tables of a WITH: `b0` with the block of each record, or `n0` with the values that are one slip apart,
    /// the smaller first. Keys that are nobody else's, or too many's, make no pair.
    pub(super) fn blocks(&self) -> String {
        let mut sql = format!("\"records\" AS (\n  {}\n)", self.records());
        for (at, rule) in self.model.blocking.iter().enumerate() {
            match self.key(at) {
                Key::Equal(fields) => {
                    let names: Vec<String> = fields.iter().map(|field| format!("\"f{field}\"")).collect();
                    let present: Vec<String> = names.iter().map(|name| format!("{name} IS NOT NULL")).collect();
                    let (keys, present) = (names.join(", "), present.join(" AND "));
                    // The frame is said: the default one is a range of values, which DataFusion does not compute for fixed-size binary.
                    let _ = write!(
                        sql,
                        ",\n\"b{at}\" AS (\n  SELECT \"identity_ref\", \"block\" FROM (SELECT \"identity_ref\", count(*) OVER (PARTITION BY {keys}) AS \"n\",\n    \
                         CAST(dense_rank() OVER (ORDER BY {keys} ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS BIGINT) AS \"block\"\n    \
                         FROM \"records\" WHERE {present})\n  WHERE \"n\" > 1 AND \"n\" * (\"n\" - 1) / 2 <= {})",
                        rule.most
                    );
                }
                Key::Near(field) => {
                    let _ = write!(
                        sql,
                        ",\n\"h{at}\" AS (\n  SELECT \"f{field}\" AS \"value\", min(\"neighbours\") AS \"neighbours\", count(*) AS \"n\"\n  \
                         FROM \"records\" WHERE \"f{field}\" IS NOT NULL GROUP BY \"f{field}\"),\n\
                         \"t{at}\" AS (\n  SELECT \"value\", \"n\", unnest({NEIGHBOURS}(\"neighbours\")) AS \"token\" FROM \"h{at}\"),\n\
                         \"n{at}\" AS (\n  SELECT DISTINCT \"l\".\"value\" AS \"one\", \"r\".\"value\" AS \"other\" FROM \"t{at}\" \"l\" JOIN \"t{at}\" \"r\"\n    \
                         ON \"l\".\"token\" = \"r\".\"token\" AND \"l\".\"value\" < \"r\".\"value\" WHERE \"l\".\"n\" * \"r\".\"n\" <= {})",
                        rule.most
                    );
                }
            }
        }
        sql
    }

    /// The pairs of one rule, `left_ref` the smaller; with `distinct` those alone that no earlier rule brings together.
    pub(super) fn pairs(&self, rule: usize, distinct: bool) -> String {
        let mut joins = match self.key(rule) {
            Key::Equal(_) => format!(
                "\"b{rule}\" \"l\" JOIN \"b{rule}\" \"r\" ON \"l\".\"block\" = \"r\".\"block\" AND \"l\".\"identity_ref\" < \"r\".\"identity_ref\""
            ),
            Key::Near(field) => format!(
                "\"n{rule}\" \"v\" JOIN \"records\" \"l\" ON \"l\".\"f{field}\" = \"v\".\"one\" JOIN \"records\" \"r\" ON \"r\".\"f{field}\" = \"v\".\"other\""
            ),
        };
        let mut apart = String::new();
        for earlier in (0..rule).filter(|_| distinct) {
            match self.key(earlier) {
                Key::Equal(_) => {
                    for (side, alias) in [("l", "x"), ("r", "y")] {
                        let _ = write!(
                            joins,
                            "\n  LEFT JOIN \"b{earlier}\" \"{alias}{earlier}\" ON \"{alias}{earlier}\".\"identity_ref\" = \"{side}\".\"identity_ref\""
                        );
                    }
                    let _ = write!(
                        apart,
                        " AND (\"x{earlier}\".\"block\" IS NULL OR \"x{earlier}\".\"block\" <> coalesce(\"y{earlier}\".\"block\", 0))"
                    );
                }
                Key::Near(field) => {
                    // A record's value has to be looked up: blocks hold references alone.
                    let (x, y) = (format!("\"x{earlier}\""), format!("\"y{earlier}\""));
                    let _ = write!(
                        joins,
                        "\n  JOIN \"records\" {x} ON {x}.\"identity_ref\" = \"l\".\"identity_ref\" \
                         JOIN \"records\" {y} ON {y}.\"identity_ref\" = \"r\".\"identity_ref\"\n  \
                         LEFT JOIN \"n{earlier}\" \"z{earlier}\" ON \"z{earlier}\".\"one\" = CASE WHEN {x}.\"f{field}\" < {y}.\"f{field}\" THEN {x}.\"f{field}\" ELSE {y}.\"f{field}\" END \
                         AND \"z{earlier}\".\"other\" = CASE WHEN {x}.\"f{field}\" < {y}.\"f{field}\" THEN {y}.\"f{field}\" ELSE {x}.\"f{field}\" END"
                    );
                    let _ = write!(apart, " AND \"z{earlier}\".\"one\" IS NULL");
                }
            }
        }
        let (l, r) = ("\"l\".\"identity_ref\"", "\"r\".\"identity_ref\"");
        format!(
            "SELECT CASE WHEN {l} < {r} THEN {l} ELSE {r} END AS \"left_ref\", CASE WHEN {l} < {r} THEN {r} ELSE {l} END AS \"right_ref\", {rule} AS \"rule\"\n  \
             FROM {joins}\n  WHERE TRUE{apart}"
        )
    }

    /// The pairs of all rules, each under the first that brings it together.
    pub(super) fn all_pairs(&self) -> String {
        let of = |rule: usize| self.pairs(rule, true);
        (0..self.model.blocking.len()).map(of).collect::<Vec<_>>().join("\nUNION ALL\n")
    }
}

/// The query that finds the pairs of a model's blocking rules in `table`: columns `left_ref` and `right_ref`, the smaller first, and `rule`, the place of
/// the first rule that brings the two together, which stands in place of a distinct. Keys that make more pairs than their rule allows are left out.
/// It says what [`Blocking`](crate::linkage::model::Blocking) does of records that stand for themselves, and finds the same pairs. It calls
/// [`functions`](super::functions).
#[must_use]
pub fn pair_sql(model: &ModelPass, rules: &Rules, table: &str) -> String {
    let asked = Asked { model, rules, table };
    format!("WITH {}\n{} ORDER BY \"rule\", \"left_ref\", \"right_ref\"", asked.blocks(), asked.all_pairs())
}

/// Reads the answer to [`pair_sql`]: the rule and the two rows of each pair, in order.
pub fn read_pairs(table: &TokenTable, batches: &[RecordBatch]) -> Result<Vec<(usize, u32, u32)>, LinkageError> {
    let mut pairs = Vec::with_capacity(batches.iter().map(RecordBatch::num_rows).sum());
    for batch in batches {
        let [left, right] = sides(table, batch)?;
        let rules = column(batch, "rule", &DataType::Int64)?;
        let rules = rules.as_primitive::<Int64Type>();
        let rule = |place: usize| usize::try_from(rules.value(place)).unwrap_or(usize::MAX);
        pairs.extend(left.into_iter().zip(right).enumerate().map(|(place, (a, b))| (rule(place), a, b)));
    }
    pairs.sort_unstable();
    Ok(pairs)
}

/// The rows of both records of each pair of an answer.
pub(super) fn sides(table: &TokenTable, batch: &RecordBatch) -> Result<[Vec<u32>; 2], LinkageError> {
    let side = |name: &str| -> Result<Vec<u32>, LinkageError> {
        let refs: ArrayRef = column(batch, name, &DataType::FixedSizeBinary(REF_BYTES))?;
        let refs: &FixedSizeBinaryArray = refs.as_fixed_size_binary();
        let row = |place: usize| {
            let mut reference = [0; 16];
            reference.copy_from_slice(refs.value(place));
            table.row_of(&reference).ok_or(LinkageError::UnknownReference)
        };
        (0..batch.num_rows()).map(row).collect()
    };
    Ok([side("left_ref")?, side("right_ref")?])
}
