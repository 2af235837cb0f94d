//! Reading: a tokens dataset becomes a token table in bounded memory, a column at a time.
//!
//! The dataset is read several times in one and the same order of rows: once for what is not a token, then once for each column of tokens,
//! and once for the neighbourhoods of SSNs. Only numbers are kept. Groups of columns may be read side by side.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, FixedSizeBinaryArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Date32Type, Int32Type};

use crate::foundation::schema::REF_BYTES;
use crate::linkage::model::ValueCounts;
use crate::linkage::near::Near;
use crate::linkage::table::{IdentityRef, TokenTable, UNKNOWN, row_number};
use crate::linkage::{LinkageError, Rules};

/// The columns of the first pass.
pub const FIRST: [&str; 7] =
    ["identity_ref", "source", "ssn_status", "birth_year", "active_org", "period_start", "period_end"];

/// The column of the last pass.
pub const NEAR: &str = "ssn_near";

impl TokenTable {
    /// Reads the columns that `rules` need out of a tokens dataset in memory; a [`Reading`] reads one that is not.
    pub fn from_batches(batches: &[RecordBatch], rules: &Rules) -> Result<Self, LinkageError> {
        let mut rows = FirstPass::default();
        for batch in batches {
            rows.push(batch)?;
        }
        let mut reading = Reading::new(rows, rules)?;
        for group in reading.groups() {
            let mut numbered = reading.column_group(&group);
            for &column in &group {
                for batch in batches {
                    numbered.push(column, batch)?;
                }
            }
            let numbered = numbered.finish();
            reading.take(numbered);
        }
        for batch in batches {
            reading.near(batch)?;
        }
        Ok(reading.finish())
    }
}

/// How many records hold each token of a column, by what was counted once.
pub type TokenCounts = Vec<(IdentityRef, u32)>;

/// What is not a token of a recipe, in the order in which rows are read.
#[derive(Debug, Default)]
pub struct FirstPass {
    refs: Vec<IdentityRef>,
    sources: Vec<u16>,
    source_names: Vec<String>,
    valid_ssn: Vec<bool>,
    birth_years: Vec<i32>,
    starts: Vec<i32>,
    ends: Vec<i32>,
    orgs: Vec<u32>,
    org_numbers: Numbers,
}

impl FirstPass {
    /// Takes rows with the columns [`FIRST`].
    pub fn push(&mut self, batch: &RecordBatch) -> Result<(), LinkageError> {
        let refs = tokens(batch, "identity_ref")?;
        self.refs.extend((0..refs.len()).map(|row| token(&refs, row)));
        let names = typed(batch, "source", &DataType::Utf8)?;
        for name in names.as_string::<i32>().iter().map(Option::unwrap_or_default) {
            let number = match self.sources.last() {
                // Rows of one source come together.
                Some(&last) if self.source_names[usize::from(last)] == name => last,
                _ => self.number_of_source(name)?,
            };
            self.sources.push(number);
        }
        let status = typed(batch, "ssn_status", &DataType::Utf8)?;
        self.valid_ssn.extend(status.as_string::<i32>().iter().map(|s| s == Some("valid")));
        let years = typed(batch, "birth_year", &DataType::Int32)?;
        self.birth_years.extend(years.as_primitive::<Int32Type>().iter().map(|v| v.unwrap_or(UNKNOWN)));
        for (name, days) in [("period_start", &mut self.starts), ("period_end", &mut self.ends)] {
            let array = typed(batch, name, &DataType::Date32)?;
            days.extend(array.as_primitive::<Date32Type>().iter().map(|v| v.unwrap_or(UNKNOWN)));
        }
        let orgs = tokens(batch, "active_org")?;
        self.orgs.extend((0..orgs.len()).map(|row| self.org_numbers.of(&orgs, row)));
        Ok(())
    }

    fn number_of_source(&mut self, name: &str) -> Result<u16, LinkageError> {
        let place = self.source_names.iter().position(|n| n == name).unwrap_or_else(|| {
            self.source_names.push(name.to_owned());
            self.source_names.len() - 1
        });
        let most = usize::from(u16::MAX);
        u16::try_from(place).map_err(|_| LinkageError::TooMany { what: "sources", count: place + 1, most })
    }
}

/// A token table in the making.
#[derive(Debug)]
pub struct Reading<'r> {
    rules: &'r Rules,
    /// The row of the table that each row read becomes.
    rank: Vec<u32>,
    /// Of each row read, whether its SSN is valid.
    valid_ssn: Vec<bool>,
    /// Rows of the neighbourhoods that were read.
    near_rows: usize,
    near: Near,
    table: TokenTable,
    /// By column: how often tokens come, where that was counted before.
    counted: BTreeMap<String, TokenCounts>,
}

/// The numbers of a group of columns: which columns, their rows, and the greatest number in use.
#[derive(Debug)]
pub struct Numbered {
    columns: Vec<(usize, Vec<u32>)>,
    greatest: u32,
    counted: Vec<(usize, ValueCounts)>,
}

/// A group of columns that is being read: columns that are compared with each other share their numbers.
#[derive(Debug)]
pub struct ColumnGroup<'t> {
    reading: &'t Reading<'t>,
    numbers: Numbers,
    columns: Vec<(usize, Vec<u32>)>,
    /// The next row to be read of each column.
    next: Vec<usize>,
}

impl<'r> Reading<'r> {
    /// Puts the rows of a first pass in the order of their references.
    pub fn new(first: FirstPass, rules: &'r Rules) -> Result<Self, LinkageError> {
        let most = u32::MAX as usize;
        if first.refs.len() > most {
            return Err(LinkageError::TooMany { what: "records", count: first.refs.len(), most });
        }
        let mut order: Vec<(u128, u32)> =
            first.refs.iter().enumerate().map(|(at, r)| (u128::from_be_bytes(*r), row_number(at))).collect();
        order.sort_unstable();
        if let Some(place) = order.windows(2).position(|w| w[0].0 == w[1].0) {
            return Err(LinkageError::DuplicateReference(place));
        }
        let mut rank = vec![0; order.len()];
        for (row, (_, at)) in order.iter().enumerate() {
            rank[*at as usize] = row_number(row);
        }
        // Sources are numbered by name, whatever order they came in.
        let mut names = first.source_names.clone();
        names.sort_unstable();
        let renumbered: Vec<u16> = first
            .source_names
            .iter()
            .map(|n| names.binary_search(n).ok().and_then(|p| u16::try_from(p).ok()).unwrap_or(0))
            .collect();
        let sources = order.iter().map(|(_, at)| renumbered[usize::from(first.sources[*at as usize])]).collect();
        let days = |of: &[i32]| order.iter().map(|(_, at)| of[*at as usize]).collect::<Vec<i32>>();
        let table = TokenTable {
            refs: order.iter().map(|(reference, _)| reference.to_be_bytes()).collect(),
            sources,
            source_names: names,
            birth_years: days(&first.birth_years),
            starts: days(&first.starts),
            ends: days(&first.ends),
            orgs: order.iter().map(|(_, at)| first.orgs[*at as usize]).collect(),
            valid_ssn: order.iter().map(|(_, at)| first.valid_ssn[*at as usize]).collect(),
            columns: vec![Vec::new(); rules.columns().len()],
            distinct: vec![0; rules.columns().len()],
            counted: vec![None; rules.columns().len()],
            near: Arc::default(),
        };
        let (valid_ssn, counted) = (first.valid_ssn, BTreeMap::new());
        Ok(Self { rules, rank, valid_ssn, near_rows: 0, near: Near::default(), table, counted })
    }

    /// Takes how often tokens come, by column, before columns are read; of other columns the records at hand are counted.
    #[must_use]
    pub fn counting(self, counted: BTreeMap<String, TokenCounts>) -> Self {
        Self { counted, ..self }
    }

    /// The groups of columns that are compared with each other, by the columns' numbers.
    #[must_use]
    pub fn groups(&self) -> Vec<Vec<usize>> {
        let first_of = self.rules.value_groups();
        let members = |first: usize| (first..first_of.len()).filter(|&c| first_of[c] == first).collect();
        (0..first_of.len()).filter(|&c| first_of[c] == c).map(members).collect()
    }

    /// Begins to read a group of columns.
    #[must_use]
    pub fn column_group(&self, group: &[usize]) -> ColumnGroup<'_> {
        let columns = group.iter().map(|&column| (column, vec![0; self.rank.len()])).collect();
        ColumnGroup { reading: self, numbers: Numbers::default(), columns, next: vec![0; group.len()] }
    }

    /// Takes a group of columns that was read.
    pub fn take(&mut self, numbered: Numbered) {
        for (column, rows) in numbered.columns {
            self.table.columns[column] = rows;
            self.table.distinct[column] = numbered.greatest;
        }
        for (column, counts) in numbered.counted {
            self.table.counted[column] = Some(counts);
        }
    }

    /// Takes rows with the column [`NEAR`], once the SSN's column was taken.
    pub fn near(&mut self, batch: &RecordBatch) -> Result<(), LinkageError> {
        let array = typed(batch, NEAR, &DataType::Binary)?;
        let array = array.as_binary::<i32>();
        let first = self.near_rows;
        self.near_rows += array.len();
        let Some(ssn) = self.rules.roles.ssn else { return Ok(()) };
        let near = &mut self.near;
        near.spans.resize(self.table.distinct[ssn] as usize + 1, (0, 0));
        for row in (0..array.len()).filter(|row| array.is_valid(*row)) {
            let number = self.table.columns[ssn][self.rank[first + row] as usize];
            let span = &mut near.spans[number as usize];
            if number == 0 || span.0 < span.1 {
                continue;
            }
            span.0 = row_number(near.tokens.len());
            let (tokens, _) = array.value(row).as_chunks::<{ size_of::<IdentityRef>() }>();
            near.tokens
                .extend(tokens.iter().map(|t| u64::from_be_bytes([t[0], t[1], t[2], t[3], t[4], t[5], t[6], t[7]])));
            span.1 = row_number(near.tokens.len());
        }
        Ok(())
    }

    /// The table.
    #[must_use]
    pub fn finish(self) -> TokenTable {
        TokenTable { near: Arc::new(self.near), ..self.table }
    }
}

impl ColumnGroup<'_> {
    /// Takes rows of a column of the group. An SSN counts only where its status is `valid`.
    pub fn push(&mut self, column: usize, batch: &RecordBatch) -> Result<(), LinkageError> {
        let name = &self.reading.rules.columns()[column];
        let place = self.columns.iter().position(|(c, _)| *c == column);
        let place = place.ok_or_else(|| LinkageError::MissingColumn(name.clone()))?;
        let array = tokens(batch, name)?;
        let is_ssn = self.reading.rules.roles.ssn == Some(column);
        let first = self.next[place];
        self.next[place] += array.len();
        let rows = &mut self.columns[place].1;
        for row in 0..array.len() {
            if !is_ssn || self.reading.valid_ssn[first + row] {
                rows[self.reading.rank[first + row] as usize] = self.numbers.of(&array, row);
            }
        }
        Ok(())
    }

    /// The numbers.
    #[must_use]
    pub fn finish(self) -> Numbered {
        let names = self.reading.rules.columns();
        let counted = self.columns.iter().filter_map(|(column, _)| {
            let counted = self.reading.counted.get(&names[*column])?;
            Some((*column, self.numbers.counts(counted)))
        });
        let counted = counted.collect();
        Numbered { columns: self.columns, greatest: row_number(self.numbers.0.len()), counted }
    }
}

/// One column of a batch, in the type that the tokens schema gives it; readers may have made views or dictionaries of it.
fn typed(batch: &RecordBatch, name: &str, to: &DataType) -> Result<ArrayRef, LinkageError> {
    let array = batch.column_by_name(name).ok_or_else(|| LinkageError::MissingColumn(name.to_owned()))?;
    if array.data_type() == to {
        return Ok(array.clone());
    }
    cast(array, to).map_err(|_| LinkageError::ColumnType {
        column: name.to_owned(),
        found: array.data_type().to_string(),
        expected: to.to_string(),
    })
}

fn tokens(batch: &RecordBatch, name: &str) -> Result<FixedSizeBinaryArray, LinkageError> {
    Ok(typed(batch, name, &DataType::FixedSizeBinary(REF_BYTES))?.as_fixed_size_binary().clone())
}

fn token(array: &FixedSizeBinaryArray, row: usize) -> IdentityRef {
    let mut token = [0; 16];
    token.copy_from_slice(array.value(row));
    token
}

/// Numbers for tokens, in the order in which they are first met; 0 is kept for what is missing.
#[derive(Debug, Default)]
struct Numbers(HashMap<IdentityRef, u32, BuildHasherDefault<TokenHasher>>);

impl Numbers {
    fn of(&mut self, array: &FixedSizeBinaryArray, row: usize) -> u32 {
        if array.is_null(row) {
            return 0;
        }
        let next = row_number(self.0.len()) + 1;
        *self.0.entry(token(array, row)).or_insert(next)
    }

    /// What was counted of tokens, by their numbers.
    fn counts(&self, counted: &TokenCounts) -> ValueCounts {
        let mut counts = ValueCounts { counts: vec![0; self.0.len() + 1], with: 0.0 };
        for (token, count) in counted {
            counts.with += f64::from(*count);
            if let Some(number) = self.0.get(token) {
                counts.counts[*number as usize] = *count;
            }
        }
        counts
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
