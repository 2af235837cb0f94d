//! A tally: combinations of dimensions with their counts, added up for every grouping set into the cells of a mart.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Decimal128Array, Int32Array, Int64Array, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{Field, Schema};
use arrow::error::ArrowError;

use crate::foundation::interned::{Interned, Places, hash};
use crate::marts::cells::{SET, rate_column, set_name};
use crate::marts::spec::{MEDIAN, Middle};
use crate::marts::{MartSpec, fuzzy_median};

/// What stands where a row has no amount.
pub(super) const NO_AMOUNT: i64 = i64::MIN;
/// The distinct values of a dimension.
#[derive(Debug)]
pub(super) struct Values {
    pub(super) whole: bool,
    pub(super) known: Interned,
}

/// The rules behind all rates of a row, in the combinations in which they were met.
#[derive(Debug, Default)]
pub(super) struct Rules {
    pub(super) known: Vec<Vec<(Option<String>, Option<i32>)>>,
}

/// The rows of the base as numbers, a column each.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) persons: Vec<u32>,
    pub(super) values: Vec<Vec<u32>>,
    pub(super) flags: Vec<u32>,
    pub(super) rules: Vec<u8>,
    pub(super) amounts: Vec<Vec<i64>>,
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
pub(super) struct Query {
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
    pub(super) fn new(spec: &MartSpec, values: &[Values], many: &[String], sets: &[Vec<&str>]) -> Option<Self> {
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
    pub(super) fn count(&mut self, rows: &Rows, of_person: &[u32]) {
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
    pub(super) fn add_up(self, spec: &MartSpec, cells: &mut Cells) {
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
pub(super) struct Cells {
    sets: Vec<String>,
    values: Vec<Vec<Option<u32>>>,
    counts: Vec<Vec<i64>>,
    medians: Vec<Vec<Option<i128>>>,
    rules: Vec<u64>,
}

impl Cells {
    pub(super) fn new(spec: &MartSpec) -> Self {
        Self {
            sets: Vec::new(),
            values: vec![Vec::new(); spec.dimensions.len()],
            counts: vec![Vec::new(); spec.measures.len()],
            medians: vec![Vec::new(); spec.medians.len()],
            rules: Vec::new(),
        }
    }

    pub(super) fn batch(
        self,
        spec: &MartSpec,
        dimensions: &[Values],
        rules: &Rules,
    ) -> Result<RecordBatch, ArrowError> {
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
