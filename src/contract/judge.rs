//! The judge: a batch of records as sent becomes typed rows, quarantined rows and violations.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array, RecordBatch, StringViewArray};
use arrow::buffer::Buffer;
use arrow::compute::filter_record_batch;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use crate::contract::codes::CodeSet;
use crate::contract::column::{Column, Read, Rule};
use crate::contract::counts::Counts;
use crate::contract::error::ContractError;
use crate::contract::gate::Totals;
use crate::contract::in_use::{self, InUse};
use crate::contract::rejects::length_class;
use crate::contract::spec::{CheckSpec, ColumnSpec};
use crate::contract::text::without;
use crate::foundation::{OnFail, Quarantined, SourceBatch, Violation};

/// A boolean expression over the contract's columns, evaluated a batch at a time.
pub trait Predicate: Send + Sync {
    /// One value a row; false breaks the check, null does not.
    fn evaluate(&self, batch: &RecordBatch) -> Result<BooleanArray, String>;
}

/// What a judge needs to know beside the contract.
#[derive(Clone, Debug, Default)]
pub struct JudgeOptions {
    /// The run's date, in days since 1970-01-01, for bounds that say `as_of`. Without it they bound nothing.
    pub as_of: Option<i32>,
    /// Numeric columns that a control sums.
    pub sums: Vec<String>,
}

/// What became of a batch.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The rows kept, with the columns of [`accepted_schema`].
    pub accepted: RecordBatch,
    /// The rows set aside, each once with the first rule it broke, by line.
    pub quarantined: Vec<Quarantined>,
    /// For each quarantined row, how long the value at fault is, never the value; empty for a rule of the whole row.
    pub masked: Vec<String>,
    /// Every rule that every row broke, by line.
    pub violations: Vec<Violation>,
    /// Rows in, kept, set aside, and violations by rule.
    pub counts: Counts,
    /// Sums of the columns that controls name, over all records as sent.
    pub totals: Totals,
}

/// The columns of accepted rows: the contract's in its order, `<name>_status` for those with `on_fail: null_field`, then `line`.
#[must_use]
pub fn accepted_schema(columns: &[ColumnSpec]) -> SchemaRef {
    let own = columns.iter().map(|column| Field::new(column.name.value.clone(), column.kind.data_type(), true));
    let status = columns.iter().filter(|column| column.has_status());
    let status = status.map(|column| Field::new(column.status_name(), DataType::Utf8View, false));
    Arc::new(Schema::new(own.chain(status).chain([Field::new("line", DataType::Int64, false)]).collect::<Vec<_>>()))
}

/// A contract made ready to judge rows. It is shared by all threads.
pub struct Judge {
    columns: Vec<Column>,
    checks: Vec<Check>,
    in_use: Vec<InUse>,
    sums: Vec<usize>,
    /// The contract's columns alone, as predicates see them.
    typed: SchemaRef,
    accepted: SchemaRef,
    /// A status column of a whole batch that says `ok` throughout, to take slices of.
    all_ok: StringViewArray,
}

struct Check {
    spec: CheckSpec,
    predicate: Box<dyn Predicate>,
    /// The column that becomes null.
    column: Option<usize>,
}

/// Rows of a ready-made column of statuses.
const READY_ROWS: usize = 1 << 16;

impl std::fmt::Debug for Judge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Judge").field("columns", &self.columns).finish_non_exhaustive()
    }
}

/// What is found while a batch is judged.
struct Findings<'a> {
    lines: &'a [u64],
    violations: Vec<Violation>,
    /// The first rule that each rejected row broke: its place among the violations, and the column it belongs to.
    rejected: BTreeMap<u32, (usize, Option<usize>)>,
}

impl Findings<'_> {
    fn add(&mut self, row: u32, column: Option<(usize, &str)>, rule: &str, reason: &str, on_fail: OnFail) {
        if on_fail == OnFail::RejectRow {
            self.rejected.entry(row).or_insert((self.violations.len(), column.map(|(at, _)| at)));
        }
        self.violations.push(Violation {
            line: self.lines[row as usize],
            column: column.map(|(_, name)| name.to_owned()).unwrap_or_default(),
            rule: rule.to_owned(),
            reason: reason.to_owned(),
            on_fail,
        });
    }
}

impl Judge {
    /// Makes a contract ready. Code sets are found by name.
    pub fn new(
        columns: &[ColumnSpec],
        checks: Vec<(CheckSpec, Box<dyn Predicate>)>,
        code_sets: &BTreeMap<String, CodeSet>,
        options: &JudgeOptions,
    ) -> Result<Self, ContractError> {
        let wrong = |wrongs: Vec<crate::contract::ready::Wrong>| {
            ContractError::Contract(wrongs.into_iter().map(|wrong| wrong.message).collect::<Vec<_>>().join("; "))
        };
        let ready: Vec<Column> = columns
            .iter()
            .map(|spec| Column::new(spec, code_sets, options.as_of).map_err(wrong))
            .collect::<Result<_, _>>()?;
        let place = |name: &str| ready.iter().position(|column| column.name == name);
        let check = |(spec, predicate): (CheckSpec, Box<dyn Predicate>)| {
            let column = spec.column.as_ref().and_then(|name| place(name));
            if spec.on_fail == OnFail::NullField && column.is_none_or(|at| !ready[at].has_status) {
                let says = "says `on_fail: null_field` and names no `column:` that has it too";
                return Err(ContractError::Contract(format!("check {} {says}", *spec.id)));
            }
            Ok(Check { spec, predicate, column })
        };
        let checks = checks.into_iter().map(check).collect::<Result<_, _>>()?;
        let sum = |name: &String| {
            let found = place(name).filter(|at| ready[*at].decimals().is_some());
            found.ok_or_else(|| ContractError::Contract(format!("`{name}` is summed and is no column of numbers")))
        };
        let sums = options.sums.iter().map(sum).collect::<Result<_, _>>()?;
        let accepted = accepted_schema(columns);
        let typed = Arc::new(Schema::new(accepted.fields()[..columns.len()].to_vec()));
        let all_ok = StringViewArray::from_iter_values(std::iter::repeat_n("ok", READY_ROWS));
        let in_use = InUse::of(columns, code_sets);
        Ok(Self { columns: ready, checks, in_use, sums, typed, accepted, all_ok })
    }

    /// The columns of accepted rows.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.accepted)
    }

    /// Judges a batch, whose columns stand in the contract's order. `raw` gives the text of one of its records, for quarantine.
    pub fn judge(&self, batch: &SourceBatch, raw: &dyn Fn(usize) -> String) -> Result<Judged, ContractError> {
        let rows = batch.lines.len();
        if batch.columns.len() != self.columns.len() || batch.columns.iter().any(|column| column.len() != rows) {
            let says = format!(
                "{} columns of {rows} rows where the contract has {} columns",
                batch.columns.len(),
                self.columns.len()
            );
            return Err(ContractError::Batch(says));
        }
        let mut found = Findings { lines: &batch.lines, violations: Vec::new(), rejected: BTreeMap::new() };
        let mut arrays = Vec::with_capacity(self.accepted.fields().len());
        let mut bad = Vec::with_capacity(self.columns.len());
        let mut totals = Totals::default();
        for (at, (column, sent)) in self.columns.iter().zip(&batch.columns).enumerate() {
            let Read { array, mut faults, sum } = column.read(sent)?;
            faults.sort_unstable();
            for (row, rule) in &faults {
                let id = format!("{}.{}", column.name, rule.suffix());
                found.add(*row, Some((at, &column.name)), &id, &column.reason(*rule), column.on_fail(*rule));
            }
            if self.sums.contains(&at) {
                let unread = faults.iter().filter(|(_, rule)| *rule == Rule::Type).count() as u64;
                totals.add_column(&column.name, sum, unread);
            }
            faults.retain(|(_, rule)| !matches!(rule, Rule::Required | Rule::LostZero));
            bad.push(faults.into_iter().map(|(row, _)| row).collect::<Vec<_>>());
            arrays.push(array);
        }
        self.in_use(&mut arrays, &mut bad, &mut found)?;
        self.check(&mut arrays, &mut bad, rows, &mut found)?;
        let accepted = self.accept(arrays, &bad, &batch.lines, &found)?;
        Ok(result(batch, raw, found, accepted, totals))
    }

    /// Finds codes that were not in use when their record says.
    fn in_use(
        &self,
        arrays: &mut [ArrayRef],
        bad: &mut [Vec<u32>],
        found: &mut Findings<'_>,
    ) -> Result<(), ContractError> {
        for pair in &self.in_use {
            let column = &self.columns[pair.column];
            let broken = pair.broken(arrays);
            let (id, on_fail) = (format!("{}.{}", column.name, in_use::SUFFIX), column.on_fail(Rule::Code));
            for row in &broken {
                found.add(*row, Some((pair.column, &column.name)), &id, &pair.reason, on_fail);
            }
            if on_fail == OnFail::NullField && !broken.is_empty() {
                arrays[pair.column] = without(&arrays[pair.column], &broken)?;
                bad[pair.column].extend(broken);
            }
        }
        Ok(())
    }

    /// Evaluates the checks between fields, all of them on the same rows; what they null is nulled behind the last.
    fn check(
        &self,
        arrays: &mut [ArrayRef],
        bad: &mut [Vec<u32>],
        rows: usize,
        found: &mut Findings<'_>,
    ) -> Result<(), ContractError> {
        if self.checks.is_empty() || rows == 0 {
            return Ok(());
        }
        let typed = RecordBatch::try_new(Arc::clone(&self.typed), arrays.to_vec())?;
        let mut nulled: BTreeMap<usize, Vec<u32>> = BTreeMap::new();
        for Check { spec, predicate, column } in &self.checks {
            let failed = |says: String| ContractError::Predicate { rule: spec.id.value.clone(), says };
            let kept = predicate.evaluate(&typed).map_err(failed)?;
            if kept.len() != rows {
                return Err(failed(format!("{} values for {rows} rows", kept.len())));
            }
            if kept.false_count() == 0 {
                continue;
            }
            let broken = kept.nulls().map_or_else(|| !kept.values(), |valid| &!kept.values() & valid.inner());
            let named = column.map(|at| (at, self.columns[at].name.as_str()));
            for row in broken.set_indices() {
                let row = u32::try_from(row).unwrap_or(u32::MAX);
                found.add(row, named, &spec.id, &spec.says, spec.on_fail);
                if let (OnFail::NullField, Some(at)) = (spec.on_fail, column) {
                    nulled.entry(*at).or_default().push(row);
                }
            }
        }
        for (at, rows) in nulled {
            arrays[at] = without(&arrays[at], &rows)?;
            bad[at].extend(rows);
        }
        Ok(())
    }

    /// The rows that were not rejected, with their statuses and lines.
    fn accept(
        &self,
        mut arrays: Vec<ArrayRef>,
        bad: &[Vec<u32>],
        lines: &[u64],
        found: &Findings<'_>,
    ) -> Result<RecordBatch, ContractError> {
        let status = self.columns.iter().enumerate().filter(|(_, column)| column.has_status);
        let status: Vec<ArrayRef> =
            status.map(|(at, _)| self.status(&arrays[at], &bad[at])).collect::<Result<_, _>>()?;
        arrays.extend(status);
        arrays.push(Arc::new(Int64Array::from_iter_values(
            lines.iter().map(|line| i64::try_from(*line).unwrap_or(i64::MAX)),
        )));
        let all = RecordBatch::try_new(Arc::clone(&self.accepted), arrays)?;
        if found.rejected.is_empty() {
            return Ok(all);
        }
        let mut kept = vec![true; lines.len()];
        found.rejected.keys().for_each(|row| kept[*row as usize] = false);
        Ok(filter_record_batch(&all, &BooleanArray::from(kept))?)
    }

    /// What a column's rows have: `ok`, `missing`, or `invalid_source`.
    fn status(&self, array: &ArrayRef, bad: &[u32]) -> Result<ArrayRef, ContractError> {
        if array.null_count() == 0 && bad.is_empty() && array.len() <= READY_ROWS {
            return Ok(Arc::new(self.all_ok.slice(0, array.len())));
        }
        let statuses = StringViewArray::from(vec!["ok", "missing", "invalid_source"]);
        let [ok, missing, invalid] = [statuses.views()[0], statuses.views()[1], statuses.views()[2]];
        let mut views: Vec<u128> = match array.nulls() {
            None => vec![ok; array.len()],
            Some(valid) => valid.iter().map(|valid| if valid { ok } else { missing }).collect(),
        };
        for row in bad {
            views[*row as usize] = invalid;
        }
        let blocks: Vec<Buffer> = statuses.data_buffers().to_vec();
        Ok(Arc::new(StringViewArray::try_new(views.into(), blocks, None)?))
    }
}

/// Gathers what was found, by line.
fn result(
    batch: &SourceBatch,
    raw: &dyn Fn(usize) -> String,
    found: Findings<'_>,
    accepted: RecordBatch,
    totals: Totals,
) -> Judged {
    let mut violations = found.violations;
    let set_aside = found.rejected.iter().map(|(row, (at, column))| {
        let Violation { line, column: name, rule, reason, .. } = violations[*at].clone();
        let masked = column.map(|at| masked(&batch.columns[at], *row as usize)).unwrap_or_default();
        (Quarantined { line, column: name, rule, reason, raw: raw(*row as usize) }, masked)
    });
    let broken = batch.broken.iter().map(|row| (row.clone(), String::new()));
    let mut set_aside: Vec<_> = set_aside.chain(broken).collect();
    set_aside.sort_by_key(|(row, _)| row.line);
    violations.extend(batch.broken.iter().map(|row| Violation {
        line: row.line,
        column: row.column.clone(),
        rule: row.rule.clone(),
        reason: row.reason.clone(),
        on_fail: OnFail::RejectRow,
    }));
    violations.sort_by_key(|violation| violation.line);
    let (quarantined, masked): (Vec<_>, Vec<_>) = set_aside.into_iter().unzip();
    let mut counts = Counts {
        rows: (batch.lines.len() + batch.broken.len()) as u64,
        accepted: accepted.num_rows() as u64,
        quarantined: quarantined.len() as u64,
        by_rule: BTreeMap::new(),
    };
    for violation in &violations {
        *counts.by_rule.entry(violation.rule.clone()).or_default() += 1;
    }
    Judged { accepted, quarantined, masked, violations, counts, totals }
}

/// How long a value is, roughly.
fn masked(sent: &ArrayRef, row: usize) -> String {
    match sent.as_string_view_opt() {
        Some(text) if text.is_valid(row) => length_class(text.value(row)).to_owned(),
        _ => String::new(),
    }
}
