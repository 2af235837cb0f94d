//! The gate: what refuses a delivery as a whole, though each of its rows was judged.

use std::collections::BTreeMap;

use crate::contract::counts::Counts;
use crate::contract::number::Decimals;
use crate::contract::spec::{
    CheckSpec, ColumnSpec, ControlSpec, Counted, DeliveryMode, DeliverySpec, GateSpec, ReferenceSpec, UniqueSpec,
};
use crate::contract::types::{ColumnType, Percent, share};

/// Why a delivery is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GateFinding {
    /// The rule's id.
    pub rule: String,
    /// What is wrong, in plain words.
    pub says: String,
    /// What the contract or the file's own trailer expects.
    pub expected: String,
    /// What was found.
    pub found: String,
}

impl std::fmt::Display for GateFinding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {} (expected {}, found {})", self.rule, self.says, self.expected, self.found)
    }
}

/// Sums of columns over all records as sent, rejected ones too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals(BTreeMap<String, Total>);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Total {
    /// In units of the column's scale.
    sum: i128,
    /// Records whose value is no number.
    unread: u64,
}

impl Totals {
    pub(crate) fn add_column(&mut self, column: &str, sum: i128, unread: u64) {
        let total = self.0.entry(column.to_owned()).or_default();
        total.sum = total.sum.saturating_add(sum);
        total.unread += unread;
    }

    /// Adds the totals of another batch.
    pub fn add(&mut self, other: &Self) {
        for (column, total) in &other.0 {
            self.add_column(column, total.sum, total.unread);
        }
    }

    /// The sum of a column in units of its scale.
    #[must_use]
    pub fn sum(&self, column: &str) -> i128 {
        self.0.get(column).copied().unwrap_or_default().sum
    }
}

/// Whether more rows were rejected than the gate allows.
#[must_use]
pub fn rejected(gate: &GateSpec, rows: u64, rejected: u64) -> Option<GateFinding> {
    let most = gate.rejected.filter(|most| most.is_exceeded_by(rejected, rows))?;
    Some(GateFinding {
        rule: "gate.rejected".to_owned(),
        says: "More rows were rejected than the contract allows".to_owned(),
        expected: format!("at most {most} of the rows"),
        found: format!("{rejected} of {rows} rows ({})", share(rejected, rows)),
    })
}

/// A rule that may be broken by so many rows and no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tolerance<'a> {
    /// The rule's id.
    pub rule: &'a str,
    /// What it says.
    pub says: &'a str,
    /// The share of rows that may break it.
    pub most: Percent,
}

/// The rules of a contract that have a tolerance, in its order.
#[must_use]
pub fn tolerances<'a>(
    checks: &'a [CheckSpec],
    unique: &'a [UniqueSpec],
    references: &'a [ReferenceSpec],
) -> Vec<Tolerance<'a>> {
    let checks = checks.iter().map(|check| (&check.id, &check.says, check.tolerance));
    let unique = unique.iter().map(|check| (&check.id, &check.says, check.tolerance));
    let references = references.iter().map(|check| (&check.id, &check.says, check.tolerance));
    let all = checks.chain(unique).chain(references);
    all.filter_map(|(rule, says, most)| most.map(|most| Tolerance { rule, says, most })).collect()
}

/// The rules that were broken by more rows than they tolerate.
#[must_use]
pub fn exceeded(tolerances: &[Tolerance<'_>], counts: &Counts) -> Vec<GateFinding> {
    let finding = |tolerance: &Tolerance<'_>| {
        let broken = counts.by_rule.get(tolerance.rule).copied().unwrap_or(0);
        tolerance.most.is_exceeded_by(broken, counts.rows).then(|| GateFinding {
            rule: tolerance.rule.to_owned(),
            says: tolerance.says.to_owned(),
            expected: format!("at most {} of the rows", tolerance.most),
            found: format!("{broken} of {} rows ({})", counts.rows, share(broken, counts.rows)),
        })
    };
    tolerances.iter().filter_map(finding).collect()
}

/// What a file says of itself, to be held against what it holds.
#[derive(Clone, Copy, Debug)]
pub struct Stated<'a> {
    /// Fields of the header record: name and text.
    pub header: &'a [(String, String)],
    /// Fields of the trailer record: name and text.
    pub trailer: &'a [(String, String)],
    /// Detail records that were read.
    pub details: u64,
    /// Header and trailer records that were read.
    pub others: u64,
}

/// The totals that differ from those that the file states. A field that the file does not state is a finding too.
#[must_use]
pub fn controls(
    controls: &[ControlSpec],
    columns: &[ColumnSpec],
    stated: Stated<'_>,
    totals: &Totals,
) -> Vec<GateFinding> {
    controls.iter().filter_map(|control| differs(control, columns, stated, totals)).collect()
}

fn differs(control: &ControlSpec, columns: &[ColumnSpec], stated: Stated<'_>, totals: &Totals) -> Option<GateFinding> {
    let field = |fields: &[(String, String)], name: &str| {
        fields.iter().find(|(field, _)| field == name).map(|(_, text)| text.clone())
    };
    let (place, text) = match (&control.trailer, &control.header) {
        (Some(name), _) => (format!("trailer field `{}`", **name), field(stated.trailer, name)),
        (None, Some(name)) => (format!("header field `{}`", **name), field(stated.header, name)),
        (None, None) => return None,
    };
    let finding = |expected: String, found: String| {
        Some(GateFinding { rule: control.id.value.clone(), says: control.says.clone(), expected, found })
    };
    let (decimals, found, unread) = if let Some(column) = &control.sum_of {
        let total = totals.0.get(&column.value).copied().unwrap_or_default();
        (numbers(columns, column), total.sum, total.unread)
    } else {
        let others = if control.count_of == Some(Counted::All) { stated.others } else { 0 };
        (Decimals { precision: 38, scale: 0, implied: None }, i128::from(stated.details + others), 0)
    };
    let shown = match unread {
        0 => decimals.show(found),
        unread => format!("{}, and {unread} records whose value is no number", decimals.show(found)),
    };
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return finding(format!("{place} to state it"), format!("no such field; the records give {shown}"));
    };
    // A total that is written with a point means it, whatever the records do.
    let plain = Decimals { implied: None, ..decimals };
    let reader = if text.contains('.') { plain } else { Decimals { precision: 38, ..decimals } };
    match (Decimals { precision: 38, ..reader }).read(text.as_bytes()) {
        None => finding(format!("a number in {place}"), "text that is no number".to_owned()),
        Some(expected) if expected == found && unread == 0 => None,
        Some(expected) => finding(format!("{} by {place}", decimals.show(expected)), shown),
    }
}

fn numbers(columns: &[ColumnSpec], name: &str) -> Decimals {
    let column = columns.iter().find(|column| *column.name == name);
    match column.map(|column| (*column.kind, column.implied_decimals)) {
        Some((ColumnType::Decimal(precision, scale), implied)) => {
            Decimals { precision, scale: scale.unsigned_abs(), implied }
        }
        _ => Decimals { precision: 38, scale: 0, implied: None },
    }
}

/// Whether a snapshot is smaller than the one it replaces by more than the contract allows.
#[must_use]
pub fn shrank(delivery: &DeliverySpec, before: u64, now: u64) -> Option<GateFinding> {
    let most = delivery.max_shrink.filter(|_| delivery.mode == DeliveryMode::Snapshot)?;
    let lost = before.saturating_sub(now);
    most.is_exceeded_by(lost, before).then(|| GateFinding {
        rule: "delivery.max_shrink".to_owned(),
        says: "The snapshot is much smaller than the one it replaces".to_owned(),
        expected: format!("at most {most} fewer than the {before} rows before"),
        found: format!("{now} rows ({} fewer)", share(lost, before)),
    })
}
