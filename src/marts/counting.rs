//! Counting: the cells of a mart counted in memory, over numbers in place of texts. It says the same as the queries of [`crate::marts::cells`],
//! which are the form that can travel to a cluster, and takes a fraction of their time on one machine.
//!
//! Every row of the base becomes a person's number, a number for each dimension's value, and its flags. Then persons come one after another: for each
//! choice of dimensions of many memberships their rows are brought down to one a combination, flags joined by "or", and each combination counts its
//! persons. Combinations are far fewer than persons; every grouping set adds them up.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Decimal128Array, Int32Array, Int64Array, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Decimal128Type, Field, Int32Type, Int64Type, Schema};
use arrow::error::ArrowError;

use crate::foundation::interned::{Interned, Places, hash};
use crate::marts::cells::{SET, UNKNOWN, by_many, rate_column, set_name};
use crate::marts::spec::{ColumnType, MEDIAN, Membership, Middle};
use crate::marts::{MartSpec, fuzzy_median};

/// Measures that the flags of a row have room for.
const MEASURES: usize = 32;
/// Combinations of rules that a row has room for.
const RULES: usize = 64;
/// What stands where a row has no amount.
const NO_AMOUNT: i64 = i64::MIN;
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

/// The distinct values of a dimension.
#[derive(Debug)]
struct Values {
    whole: bool,
    known: Interned,
}

/// The rules behind all rates of a row, in the combinations in which they were met.
#[derive(Debug, Default)]
struct Rules {
    known: Vec<Vec<(Option<String>, Option<i32>)>>,
}

/// The rows of the base as numbers, a column each.
#[derive(Debug, Default)]
struct Rows {
    persons: Vec<u32>,
    values: Vec<Vec<u32>>,
    flags: Vec<u32>,
    rules: Vec<u8>,
    amounts: Vec<Vec<i64>>,
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

/// Combinations of dimensions, each with its counts: a place in `keys` for each, and in the columns of counts.
#[derive(Debug, Default)]
struct Tally {
    places: Places,
    keys: Vec<u128>,
    counts: Vec<u64>,
    rules: Vec<u64>,
    /// A column a median, an entry a combination: the amounts of its persons.
    amounts: Vec<Vec<Vec<i64>>>,
}

impl Tally {
    fn of(spec: &MartSpec) -> Self {
        Self { amounts: vec![Vec::new(); spec.medians.len()], ..Self::default() }
    }

    /// The place of a combination, made if it is new.
    fn place(&mut self, key: u128, measures: usize) -> usize {
        let new = u32::try_from(self.keys.len()).unwrap_or(u32::MAX);
        let keys = &self.keys;
        let at = self.places.find_or_put(hash(&key.to_le_bytes()), new, |at| keys[at as usize] == key);
        if at == new {
            self.keys.push(key);
            self.counts.resize(self.counts.len() + measures, 0);
            self.rules.push(0);
            self.amounts.iter_mut().for_each(|of| of.push(Vec::new()));
        }
        at as usize
    }
}

/// All grouping sets that name the same dimensions of many memberships.
struct Query {
    /// The dimensions used, each with the bits where its number stands in a key.
    parts: Vec<Part>,
    /// Each set's name, and the bits that it keeps of a key.
    sets: Vec<(String, u128)>,
    tally: Tally,
    measures: usize,
    /// One person's rows: key, flags, rules, row.
    person: Vec<(u128, u32, u64, u32)>,
}

/// A dimension in a key.
#[derive(Clone, Copy, Debug)]
struct Part {
    dimension: usize,
    shift: u32,
    mask: u128,
}

impl Query {
    /// `None` where the numbers of all dimensions do not fit a key.
    fn new(spec: &MartSpec, values: &[Values], many: &[String], sets: &[Vec<&str>]) -> Option<Self> {
        let mut parts = Vec::new();
        let mut shift = 0;
        for (dimension, d) in spec.dimensions.iter().enumerate() {
            let used = sets.iter().any(|set| set.contains(&d.name.as_str()));
            if !(used || spec.is_always(&d.name) || many.contains(&d.name.value)) {
                continue;
            }
            let bits = usize::BITS - values[dimension].known.len().saturating_sub(1).leading_zeros();
            let mask = (1_u128 << bits) - 1;
            parts.push(Part {
                dimension,
                shift,
                mask: mask.checked_shl(shift).filter(|_| shift + bits <= u128::BITS)?,
            });
            shift += bits;
        }
        let kept = |set: &Vec<&str>| {
            let name = |part: &&Part| &spec.dimensions[part.dimension].name;
            let stands = |part: &&Part| spec.is_always(name(part)) || set.contains(&name(part).as_str());
            (set_name(set), parts.iter().filter(stands).fold(0, |mask, part| mask | part.mask))
        };
        let sets = sets.iter().map(kept).collect();
        Some(Self { sets, parts, tally: Tally::of(spec), measures: spec.measures.len(), person: Vec::new() })
    }

    /// Counts one person once in each combination of theirs.
    fn count(&mut self, rows: &Rows, of_person: &[u32]) {
        self.person.clear();
        for row in of_person {
            let at = *row as usize;
            let key = |key: u128, part: &Part| key | u128::from(rows.values[part.dimension][at]) << part.shift;
            let key = self.parts.iter().fold(0, key);
            self.person.push((key, rows.flags[at], 1 << rows.rules[at], *row));
        }
        self.person.sort_unstable_by_key(|row| row.0);
        for alike in self.person.chunk_by(|a, b| a.0 == b.0) {
            let (flags, rules) = alike.iter().fold((0, 0), |(flags, rules), row| (flags | row.1, rules | row.2));
            let place = self.tally.place(alike[0].0, self.measures);
            for measure in 0..self.measures {
                self.tally.counts[place * self.measures + measure] += u64::from(flags >> measure & 1);
            }
            self.tally.rules[place] |= rules;
            for (of, amounts) in self.tally.amounts.iter_mut().zip(&rows.amounts) {
                let most = alike.iter().map(|row| amounts[row.3 as usize]).max().unwrap_or(NO_AMOUNT);
                if most != NO_AMOUNT {
                    of[place].push(most);
                }
            }
        }
    }

    /// Adds the combinations up for every set.
    fn add_up(self, spec: &MartSpec, cells: &mut Cells) {
        let measures = self.measures;
        for (name, mask) in &self.sets {
            let mut tally = Tally::of(spec);
            for (at, key) in self.tally.keys.iter().enumerate() {
                let place = tally.place(key & mask, measures);
                for measure in 0..measures {
                    tally.counts[place * measures + measure] += self.tally.counts[at * measures + measure];
                }
                tally.rules[place] |= self.tally.rules[at];
                for (to, from) in tally.amounts.iter_mut().zip(&self.tally.amounts) {
                    to[place].extend_from_slice(&from[at]);
                }
            }
            let values = |key: u128, dimension: usize| {
                let part =
                    self.parts.iter().find(|part| part.dimension == dimension && part.mask & mask == part.mask)?;
                // A dimension of a single value has no bits, and stands only where the set names it.
                let stands = spec.is_always(&spec.dimensions[dimension].name)
                    || name.split('+').any(|named| named == spec.dimensions[dimension].name.as_str());
                stands.then(|| u32::try_from((key & part.mask) >> part.shift).unwrap_or(0))
            };
            for (place, key) in tally.keys.iter().enumerate() {
                cells.sets.push(name.clone());
                for (dimension, column) in cells.values.iter_mut().enumerate() {
                    column.push(values(*key, dimension));
                }
                for (measure, column) in cells.counts.iter_mut().enumerate() {
                    column.push(i64::try_from(tally.counts[place * measures + measure]).unwrap_or(i64::MAX));
                }
                for ((column, of), median) in cells.medians.iter_mut().zip(&mut tally.amounts).zip(&spec.medians) {
                    column.push(middle(median.middle, &mut of[place]));
                }
                cells.rules.push(tally.rules[place]);
            }
        }
    }
}

fn middle(middle: Middle, amounts: &mut [i64]) -> Option<i128> {
    match middle {
        Middle::Exact => median(amounts),
        Middle::Fuzzy => fuzzy_median::of(amounts),
    }
}

/// The middle of the amounts; of an even number the half of the two middle ones, cut off toward zero as the engine's own median is.
fn median(amounts: &mut [i64]) -> Option<i128> {
    let half = amounts.len() / 2;
    if amounts.is_empty() {
        return None;
    }
    let even = amounts.len().is_multiple_of(2);
    let (below, middle, _) = amounts.select_nth_unstable(half);
    let middle = i128::from(*middle);
    let before = below.iter().max().filter(|_| even);
    Some(before.map_or(middle, |before| i128::midpoint(i128::from(*before), middle)))
}

/// All cells, a column each.
struct Cells {
    sets: Vec<String>,
    values: Vec<Vec<Option<u32>>>,
    counts: Vec<Vec<i64>>,
    medians: Vec<Vec<Option<i128>>>,
    rules: Vec<u64>,
}

impl Cells {
    fn new(spec: &MartSpec) -> Self {
        Self {
            sets: Vec::new(),
            values: vec![Vec::new(); spec.dimensions.len()],
            counts: vec![Vec::new(); spec.measures.len()],
            medians: vec![Vec::new(); spec.medians.len()],
            rules: Vec::new(),
        }
    }

    fn batch(self, spec: &MartSpec, dimensions: &[Values], rules: &Rules) -> Result<RecordBatch, ArrowError> {
        let mut columns: Vec<(String, ArrayRef)> = vec![(SET.to_owned(), Arc::new(StringArray::from(self.sets)))];
        for ((d, values), numbers) in spec.dimensions.iter().zip(dimensions).zip(&self.values) {
            let array: ArrayRef = if values.whole {
                let value = |number: &Option<u32>| {
                    let bytes = values.known.get((*number)?).try_into().ok()?;
                    Some(i64::from_le_bytes(bytes))
                };
                cast(&numbers.iter().map(value).collect::<Int64Array>(), &d.kind.arrow())?
            } else {
                Arc::new(numbers.iter().map(|number| values.known.text((*number)?)).collect::<StringArray>())
            };
            columns.push((d.name.value.clone(), array));
        }
        for (measure, counts) in spec.measures.iter().zip(self.counts) {
            columns.push((measure.name.value.clone(), Arc::new(Int64Array::from(counts))));
        }
        for (median, amounts) in spec.medians.iter().zip(self.medians) {
            let array = Decimal128Array::from(amounts).with_data_type(MEDIAN.arrow());
            columns.push((median.name.value.clone(), Arc::new(array)));
        }
        // Few combinations of rules are met, so each set of them is looked up once.
        let distinct: BTreeSet<u64> = self.rules.iter().copied().collect();
        for (at, rate) in spec.rates.iter().enumerate() {
            let met = |mask: u64| {
                rules.known.iter().enumerate().filter(move |(n, _)| mask >> n & 1 == 1).map(move |(_, of)| &of[at])
            };
            let greatest = |mask: &u64| {
                let id = met(*mask).filter_map(|(id, _)| id.as_deref()).max();
                (*mask, (id, met(*mask).filter_map(|(_, version)| *version).max()))
            };
            let greatest: BTreeMap<u64, _> = distinct.iter().map(greatest).collect();
            let ids: StringArray = self.rules.iter().map(|mask| greatest[mask].0).collect();
            let versions: Int32Array = self.rules.iter().map(|mask| greatest[mask].1).collect();
            columns.push((rate_column(rate, "rule"), Arc::new(ids)));
            columns.push((rate_column(rate, "version"), Arc::new(versions)));
        }
        let fields: Vec<Field> =
            columns.iter().map(|(name, array)| Field::new(name, array.data_type().clone(), true)).collect();
        RecordBatch::try_new(Arc::new(Schema::new(fields)), columns.into_iter().map(|(_, array)| array).collect())
    }
}
