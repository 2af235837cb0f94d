//! The token table: the tokens dataset as columns of small numbers, in the order of identity references.
//!
//! Equal tokens of columns that are compared with each other have equal numbers; 0 is a missing token. Since rows stand in the order
//! of their references, nothing that follows depends on the order in which the dataset was written.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, Date32Array, FixedSizeBinaryArray, Int32Array, RecordBatch, StringArray,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Date32Type, Int32Type};

use crate::foundation::schema::REF_BYTES;
use crate::linkage::{LinkageError, Rules};

/// A reference to an identity record.
pub type IdentityRef = [u8; 16];

/// A birth year, or a day, that is not known.
pub(crate) const UNKNOWN: i32 = i32::MIN;

/// The tokens dataset, ready to be linked.
#[derive(Debug)]
pub struct TokenTable {
    refs: Vec<IdentityRef>,
    sources: Vec<u16>,
    source_names: Vec<String>,
    birth_years: Vec<i32>,
    starts: Vec<i32>,
    ends: Vec<i32>,
    orgs: Vec<u32>,
    columns: Vec<Vec<u32>>,
    distinct: Vec<u32>,
    near: Vec<BinaryArray>,
    places: Vec<(u32, u32)>,
}

impl TokenTable {
    /// Reads the columns that `rules` need out of a tokens dataset. An SSN token counts only where its status is `valid`.
    pub fn from_batches(batches: &[RecordBatch], rules: &Rules) -> Result<Self, LinkageError> {
        let refs = binary_column(batches, "identity_ref")?;
        let (places, refs) = in_order_of_reference(&refs)?;
        let (sources, source_names) = source_column(batches, &places)?;
        let year = date_parts(batches, "birth_year", &DataType::Int32)?;
        let start = date_parts(batches, "period_start", &DataType::Date32)?;
        let end = date_parts(batches, "period_end", &DataType::Date32)?;
        let valid = valid_ssn(batches)?;
        let (columns, distinct) = intern_columns(batches, rules, &places, &valid)?;
        let orgs = binary_column(batches, "active_org")?;
        let mut numbers = Numbers::default();
        let orgs = places.iter().map(|&(b, r)| numbers.of(&orgs[b as usize], r as usize)).collect();
        let near = typed(batches, "ssn_near", &DataType::Binary)?;
        let near = near.iter().map(|a| a.as_binary::<i32>().clone()).collect();
        let at = |parts: &[Vec<i32>]| places.iter().map(|&(b, r)| parts[b as usize][r as usize]).collect::<Vec<i32>>();
        Ok(Self {
            birth_years: at(&year),
            starts: at(&start),
            ends: at(&end),
            refs,
            sources,
            source_names,
            orgs,
            columns,
            distinct,
            near,
            places,
        })
    }

    /// How many identity records there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.refs.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.refs.is_empty()
    }

    /// The identity references, ascending; their places are the table's row numbers.
    #[must_use]
    pub fn refs(&self) -> &[IdentityRef] {
        &self.refs
    }

    /// The row of a reference.
    #[must_use]
    pub fn row_of(&self, reference: &IdentityRef) -> Option<u32> {
        self.refs.binary_search(reference).ok().map(row_number)
    }

    /// The name of a row's source.
    #[must_use]
    pub fn source(&self, row: u32) -> &str {
        &self.source_names[usize::from(self.sources[row as usize])]
    }

    pub(crate) fn source_number(&self, row: u32) -> u16 {
        self.sources[row as usize]
    }

    /// For each source number, whether it is one of `names`; all are where `names` is empty.
    pub(crate) fn among(&self, names: &[String]) -> Vec<bool> {
        self.source_names.iter().map(|s| names.is_empty() || names.contains(s)).collect()
    }

    pub(crate) fn value(&self, column: usize, row: u32) -> u32 {
        self.columns[column][row as usize]
    }

    /// The greatest number in use in a column.
    pub(crate) fn greatest(&self, column: usize) -> u32 {
        self.distinct[column]
    }

    pub(crate) fn birth_year(&self, row: u32) -> Option<i32> {
        Some(self.birth_years[row as usize]).filter(|&y| y != UNKNOWN)
    }

    /// First and last day of a row's period; a period without an end is open.
    pub(crate) fn period(&self, row: u32) -> Option<(i32, i32)> {
        let (start, end) = (self.starts[row as usize], self.ends[row as usize]);
        (start != UNKNOWN).then_some((start, if end == UNKNOWN { i32::MAX } else { end }))
    }

    pub(crate) fn org(&self, row: u32) -> u32 {
        self.orgs[row as usize]
    }

    /// The 16-byte tokens of the SSN's neighbourhood, one after another.
    pub(crate) fn near(&self, row: u32) -> &[u8] {
        let (batch, place) = self.places[row as usize];
        let array = &self.near[batch as usize];
        if array.is_null(place as usize) { &[] } else { array.value(place as usize) }
    }
}

#[allow(clippy::cast_possible_truncation)] // rows are counted in u32 throughout; four thousand million records do not fit one machine
fn row_number(row: usize) -> u32 {
    row as u32
}

type Places = Vec<(u32, u32)>;

fn in_order_of_reference(batches: &[FixedSizeBinaryArray]) -> Result<(Places, Vec<IdentityRef>), LinkageError> {
    let rows = batches.iter().map(Array::len).sum();
    let mut order: Vec<(IdentityRef, (u32, u32))> = Vec::with_capacity(rows);
    for (b, array) in batches.iter().enumerate() {
        for row in 0..array.len() {
            let mut reference = [0; 16];
            reference.copy_from_slice(array.value(row));
            order.push((reference, (row_number(b), row_number(row))));
        }
    }
    order.sort_unstable();
    if let Some(place) = order.windows(2).position(|w| w[0].0 == w[1].0) {
        return Err(LinkageError::DuplicateReference(place));
    }
    Ok((order.iter().map(|o| o.1).collect(), order.iter().map(|o| o.0).collect()))
}

fn source_column(batches: &[RecordBatch], places: &Places) -> Result<(Vec<u16>, Vec<String>), LinkageError> {
    let texts = typed(batches, "source", &DataType::Utf8)?;
    let texts: Vec<&StringArray> = texts.iter().map(AsArray::as_string::<i32>).collect();
    let mut names: Vec<String> = Vec::new();
    for array in &texts {
        for name in array.iter().flatten() {
            if let Err(place) = names.binary_search_by(|n| n.as_str().cmp(name)) {
                names.insert(place, name.to_owned());
            }
        }
    }
    let most = usize::from(u16::MAX);
    if names.len() > most {
        return Err(LinkageError::TooMany { what: "sources", count: names.len(), most });
    }
    let number = |&(b, r): &(u32, u32)| {
        let name = texts[b as usize].value(r as usize);
        let place = names.binary_search_by(|n| n.as_str().cmp(name)).unwrap_or(0);
        u16::try_from(place).unwrap_or(0)
    };
    let numbers = places.iter().map(number).collect();
    Ok((numbers, names))
}

fn valid_ssn(batches: &[RecordBatch]) -> Result<Vec<Vec<bool>>, LinkageError> {
    let status = typed(batches, "ssn_status", &DataType::Utf8)?;
    Ok(status.iter().map(|a| a.as_string::<i32>().iter().map(|s| s == Some("valid")).collect()).collect())
}

fn date_parts(batches: &[RecordBatch], name: &str, to: &DataType) -> Result<Vec<Vec<i32>>, LinkageError> {
    let arrays = typed(batches, name, to)?;
    let ints = |a: &Int32Array| a.iter().map(|v| v.unwrap_or(UNKNOWN)).collect();
    let days = |a: &Date32Array| a.iter().map(|v| v.unwrap_or(UNKNOWN)).collect();
    Ok(arrays
        .iter()
        .map(|a| match to {
            DataType::Int32 => ints(a.as_primitive::<Int32Type>()),
            _ => days(a.as_primitive::<Date32Type>()),
        })
        .collect())
}

fn intern_columns(
    batches: &[RecordBatch],
    rules: &Rules,
    places: &Places,
    valid_ssn: &[Vec<bool>],
) -> Result<(Vec<Vec<u32>>, Vec<u32>), LinkageError> {
    let groups = rules.value_groups();
    let mut columns = vec![Vec::new(); groups.len()];
    let mut distinct = vec![0; groups.len()];
    for first in 0..groups.len() {
        if groups[first] != first {
            continue;
        }
        let mut numbers = Numbers::default();
        let members: Vec<usize> = (first..groups.len()).filter(|&c| groups[c] == first).collect();
        for &column in &members {
            let arrays = binary_column(batches, &rules.columns()[column])?;
            let is_ssn = rules.roles.ssn == Some(column);
            let number = |&(b, r): &(u32, u32)| {
                let (b, r) = (b as usize, r as usize);
                if is_ssn && !valid_ssn[b][r] { 0 } else { numbers.of(&arrays[b], r) }
            };
            columns[column] = places.iter().map(number).collect();
        }
        for &column in &members {
            distinct[column] = numbers.greatest();
        }
    }
    Ok((columns, distinct))
}

/// One column of every batch, in the type that the tokens schema gives it; readers may have made views or dictionaries of it.
fn typed(batches: &[RecordBatch], name: &str, to: &DataType) -> Result<Vec<ArrayRef>, LinkageError> {
    let column = |batch: &RecordBatch| {
        let array = batch.column_by_name(name).ok_or_else(|| LinkageError::MissingColumn(name.to_owned()))?;
        if array.data_type() == to {
            return Ok(array.clone());
        }
        cast(array, to).map_err(|_| LinkageError::ColumnType {
            column: name.to_owned(),
            found: array.data_type().to_string(),
            expected: to.to_string(),
        })
    };
    batches.iter().map(column).collect()
}

fn binary_column(batches: &[RecordBatch], name: &str) -> Result<Vec<FixedSizeBinaryArray>, LinkageError> {
    let arrays = typed(batches, name, &DataType::FixedSizeBinary(REF_BYTES))?;
    Ok(arrays.iter().map(|a| a.as_fixed_size_binary().clone()).collect())
}

/// Numbers for tokens, in the order in which they are first met; 0 is kept for what is missing.
#[derive(Default)]
struct Numbers(HashMap<[u8; 16], u32, BuildHasherDefault<TokenHasher>>);

impl Numbers {
    fn of(&mut self, array: &FixedSizeBinaryArray, row: usize) -> u32 {
        if array.is_null(row) {
            return 0;
        }
        let mut token = [0; 16];
        token.copy_from_slice(array.value(row));
        let next = row_number(self.0.len()) + 1;
        *self.0.entry(token).or_insert(next)
    }

    fn greatest(&self) -> u32 {
        row_number(self.0.len())
    }
}

/// Tokens are keyed hashes, uniform by construction and beyond a sender's reach: their own bytes are the best hash of them.
#[derive(Default)]
struct TokenHasher(u64);

impl Hasher for TokenHasher {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.0 = self.0.rotate_left(29) ^ u64::from_le_bytes(word);
        }
    }

    // Array lengths are written too; they say nothing.
    fn write_usize(&mut self, _: usize) {}

    fn finish(&self) -> u64 {
        self.0
    }
}
