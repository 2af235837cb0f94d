//! Counting: the cells of a mart counted in memory, over numbers in place of texts. It says the same as the queries of [`crate::marts::cells`],
//! which are the form that can travel to a cluster, and takes a fraction of their time on one machine.
//!
//! Every row of the base becomes a person's number, a number for each dimension's value, and its flags. Then persons come one after another: for each
//! choice of dimensions of many memberships their rows are brought down to one a combination, flags joined by "or", and each combination counts its
//! persons. Combinations are far fewer than persons; every grouping set adds them up.

use std::cmp::Ordering;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Decimal128Type, Int32Type, Int64Type};
use arrow::error::ArrowError;

use crate::foundation::interned::Interned;
use crate::marts::MartSpec;
use crate::marts::cells::{UNKNOWN, by_many};
use crate::marts::spec::{ColumnType, MEDIAN, Membership};
use crate::marts::tally::{Cells, NO_AMOUNT, Query, Rows, Rules, Values};

/// Measures that the flags of a row have room for.
const MEASURES: usize = 32;
/// Combinations of rules that a row has room for.
const RULES: usize = 64;
/// What stands for a null among numbers; no text is made of it.
const NULL: &[u8] = &[0xff];

/// What counting comes to.
#[derive(Debug)]
pub enum Counted {
    /// Every cell: the name of its set, the dimensions (null where they are rolled up), the measures, the medians, and the rule of each rate.
    Cells(RecordBatch),
    /// Persons have several values of a dimension of which each has one.
    Torn {
        /// The dimension.
        dimension: String,
        /// How many persons, each within what always stands.
        persons: u64,
    },
    /// The numbers do not fit their places; the queries must do it.
    TooWide,
}

/// The cells of a mart while the rows of its base come.
#[derive(Debug)]
pub struct Counting<'a> {
    spec: &'a MartSpec,
    persons: Interned,
    dimensions: Vec<Values>,
    rules: Rules,
    rows: Rows,
    too_wide: bool,
}

impl<'a> Counting<'a> {
    /// No rows yet.
    #[must_use]
    pub fn new(spec: &'a MartSpec) -> Self {
        let values = |d: &crate::marts::spec::Dimension| Values {
            whole: d.kind != ColumnType::Text,
            known: Interned::default(),
        };
        let rows = Rows {
            values: vec![Vec::new(); spec.dimensions.len()],
            amounts: vec![Vec::new(); spec.medians.len()],
            ..Rows::default()
        };
        Self {
            spec,
            persons: Interned::default(),
            dimensions: spec.dimensions.iter().map(values).collect(),
            rules: Rules::default(),
            rows,
            too_wide: spec.measures.len() > MEASURES,
        }
    }

    /// Adds rows of the base.
    pub fn push(&mut self, batch: &RecordBatch) -> Result<(), ArrowError> {
        let column = |name: &str| {
            batch
                .column_by_name(name)
                .ok_or_else(|| ArrowError::SchemaError(format!("the base has no column `{name}`")))
        };
        let mut too_wide = false;
        let numbers = numbered(column(&self.spec.person)?, &mut self.persons, NULL, &mut too_wide)?;
        append(&mut self.rows.persons, &numbers);
        for (at, d) in self.spec.dimensions.iter().enumerate() {
            let (array, values) = (column(&d.name)?, &mut self.dimensions[at]);
            let numbers = if values.whole {
                numbered_whole(array, &mut values.known, &mut too_wide)?
            } else {
                numbered(array, &mut values.known, UNKNOWN.as_bytes(), &mut too_wide)?
            };
            append(&mut self.rows.values[at], &numbers);
        }
        let mut flags = vec![0_u32; batch.num_rows()];
        for (bit, measure) in self.spec.measures.iter().take(MEASURES).enumerate() {
            let held = match &measure.flag {
                Some(flag) => Some(cast(column(flag)?, &DataType::Boolean)?),
                None => None,
            };
            let held = held.as_ref().map(AsArray::as_boolean);
            for (row, flags) in flags.iter_mut().enumerate() {
                let holds = held.is_none_or(|held| held.is_valid(row) && held.value(row));
                *flags |= u32::from(holds) << bit;
            }
        }
        append(&mut self.rows.flags, &flags);
        for (at, median) in self.spec.medians.iter().enumerate() {
            let amounts = cast(column(&median.of)?, &MEDIAN.arrow())?;
            let amounts = amounts.as_primitive::<Decimal128Type>();
            let held = match &median.flag {
                Some(flag) => Some(cast(column(flag)?, &DataType::Boolean)?),
                None => None,
            };
            let held = held.as_ref().map(AsArray::as_boolean);
            let amount = |row: usize| {
                let holds = held.is_none_or(|held| held.is_valid(row) && held.value(row));
                if !holds || amounts.is_null(row) {
                    return Some(NO_AMOUNT);
                }
                i64::try_from(amounts.value(row)).ok()
            };
            let amounts: Option<Vec<i64>> = (0..batch.num_rows()).map(amount).collect();
            too_wide |= amounts.is_none();
            append(&mut self.rows.amounts[at], &amounts.unwrap_or_default());
        }
        let rules = self.rules_of(batch)?;
        match rules {
            Some(rules) => append(&mut self.rows.rules, &rules),
            None => too_wide = true,
        }
        self.too_wide |= too_wide;
        Ok(())
    }

    /// The number of each row's rules; `None` where there are more than a row has room for.
    fn rules_of(&mut self, batch: &RecordBatch) -> Result<Option<Vec<u8>>, ArrowError> {
        let mut columns = Vec::new();
        for rate in &self.spec.rates {
            let column = |name: &str, kind: DataType| {
                let missing = || ArrowError::SchemaError(format!("the base has no column `{name}`"));
                cast(batch.column_by_name(name).ok_or_else(missing)?, &kind)
            };
            columns.push((column(&rate.rule.id, DataType::Utf8)?, column(&rate.rule.version, DataType::Int32)?));
        }
        let read = |row: usize| {
            columns.iter().map(move |(ids, versions)| {
                let (ids, versions) = (ids.as_string::<i32>(), versions.as_primitive::<Int32Type>());
                let id = ids.is_valid(row).then(|| ids.value(row));
                (id, versions.is_valid(row).then(|| versions.value(row)))
            })
        };
        let mut numbers = Vec::with_capacity(batch.num_rows());
        let mut last = 0;
        for row in 0..batch.num_rows() {
            let is = |known: &[(Option<String>, Option<i32>)]| {
                known.iter().zip(read(row)).all(|((id, version), read)| (id.as_deref(), *version) == read)
            };
            if !self.rules.known.get(last).is_some_and(|known| is(known)) {
                let known = self.rules.known.iter().position(|known| is(known));
                last = known.unwrap_or(self.rules.known.len());
                if known.is_none() {
                    self.rules.known.push(read(row).map(|(id, version)| (id.map(str::to_owned), version)).collect());
                }
            }
            match u8::try_from(last) {
                Ok(number) if last < RULES => numbers.push(number),
                _ => return Ok(None),
            }
        }
        Ok(Some(numbers))
    }

    /// Counts.
    pub fn finish(self) -> Result<Counted, ArrowError> {
        if self.too_wide {
            return Ok(Counted::TooWide);
        }
        let mut queries = Vec::new();
        for (many, sets) in by_many(self.spec) {
            match Query::new(self.spec, &self.dimensions, &many, &sets) {
                Some(query) => queries.push(query),
                None => return Ok(Counted::TooWide),
            }
        }
        let mut torn = Torn::new(self.spec);
        let (order, starts) = by_person(&self.rows.persons, self.persons.len());
        for person in starts.windows(2) {
            let rows = &order[person[0] as usize..person[1] as usize];
            torn.look(&self.rows, rows);
            for query in &mut queries {
                query.count(&self.rows, rows);
            }
        }
        if let Some((dimension, persons)) = torn.found(self.spec) {
            return Ok(Counted::Torn { dimension, persons });
        }
        let mut cells = Cells::new(self.spec);
        for query in queries {
            query.add_up(self.spec, &mut cells);
        }
        cells.batch(self.spec, &self.dimensions, &self.rules).map(Counted::Cells)
    }
}

/// Makes room a quarter at a time: twice is too much for columns of millions.
fn append<T: Copy>(column: &mut Vec<T>, more: &[T]) {
    if column.capacity() - column.len() < more.len() {
        column.reserve_exact(more.len().max(column.len() / 4));
    }
    column.extend_from_slice(more);
}

/// The numbers of texts; a null is `null`.
fn numbered(array: &ArrayRef, known: &mut Interned, null: &[u8], too_wide: &mut bool) -> Result<Vec<u32>, ArrowError> {
    let array = cast(array, &DataType::Utf8)?;
    let array = array.as_string::<i32>();
    let mut numbers: Vec<u32> = Vec::with_capacity(array.len());
    for row in 0..array.len() {
        // Rows of one person, or of one place, often stand together.
        if row > 0 && array.is_valid(row) && array.is_valid(row - 1) && array.value(row) == array.value(row - 1) {
            numbers.push(numbers[row - 1]);
            continue;
        }
        let value = if array.is_null(row) { null } else { array.value(row).as_bytes() };
        let number = known.intern(value);
        *too_wide |= number.is_none();
        numbers.push(number.map_or(0, |(number, _)| number));
    }
    Ok(numbers)
}

/// The numbers of whole numbers.
fn numbered_whole(array: &ArrayRef, known: &mut Interned, too_wide: &mut bool) -> Result<Vec<u32>, ArrowError> {
    let array = cast(array, &DataType::Int64)?;
    let array = array.as_primitive::<Int64Type>();
    let mut numbers: Vec<u32> = Vec::with_capacity(array.len());
    for row in 0..array.len() {
        let number =
            if array.is_null(row) { known.intern(NULL) } else { known.intern(&array.value(row).to_le_bytes()) };
        *too_wide |= number.is_none();
        numbers.push(number.map_or(0, |(number, _)| number));
    }
    Ok(numbers)
}

/// The rows of each person together, and where each person's begin.
fn by_person(persons: &[u32], count: usize) -> (Vec<u32>, Vec<u32>) {
    let mut starts = vec![0_u32; count + 1];
    for person in persons {
        starts[*person as usize + 1] += 1;
    }
    for at in 1..starts.len() {
        starts[at] += starts[at - 1];
    }
    let mut next = starts.clone();
    let mut order = vec![0_u32; persons.len()];
    for (row, person) in (0_u32..).zip(persons) {
        let at = &mut next[*person as usize];
        order[*at as usize] = row;
        *at += 1;
    }
    (order, starts)
}

/// Looks for persons with several values of a dimension of which each has one.
struct Torn {
    always: Vec<usize>,
    one: Vec<usize>,
    persons: Vec<u64>,
    rows: Vec<u32>,
}

impl Torn {
    fn new(spec: &MartSpec) -> Self {
        let places = |of: &dyn Fn(&crate::marts::spec::Dimension) -> bool| {
            (0..spec.dimensions.len()).filter(|at| of(&spec.dimensions[*at])).collect::<Vec<_>>()
        };
        let one = places(&|d| d.membership == Membership::One && !spec.is_always(&d.name));
        Self { always: places(&|d| spec.is_always(&d.name)), persons: vec![0; one.len()], one, rows: Vec::new() }
    }

    fn look(&mut self, rows: &Rows, of_person: &[u32]) {
        if of_person.len() < 2 {
            return;
        }
        let value = |dimension: usize, row: u32| rows.values[dimension][row as usize];
        self.rows.clear();
        self.rows.extend_from_slice(of_person);
        let order = |a: &u32, b: &u32| {
            self.always.iter().map(|d| value(*d, *a).cmp(&value(*d, *b))).find(|o| o.is_ne()).unwrap_or(Ordering::Equal)
        };
        self.rows.sort_unstable_by(order);
        for together in self.rows.chunk_by(|a, b| self.always.iter().all(|d| value(*d, *a) == value(*d, *b))) {
            for (torn, dimension) in self.persons.iter_mut().zip(&self.one) {
                let first = value(*dimension, together[0]);
                *torn += u64::from(together[1..].iter().any(|row| value(*dimension, *row) != first));
            }
        }
    }

    fn found(&self, spec: &MartSpec) -> Option<(String, u64)> {
        let (dimension, persons) = self.one.iter().zip(&self.persons).find(|(_, persons)| **persons > 0)?;
        Some((spec.dimensions[*dimension].name.value.clone(), *persons))
    }
}
