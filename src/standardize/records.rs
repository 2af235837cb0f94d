//! Identity records as they are folded from rows, and as they leave: sorted, batch by batch.

use std::fmt;
use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, Int32Array, Int64Array, StringArray, StringBuilder};
use arrow::record_batch::RecordBatch;

use crate::foundation::interned::{Interned, NONE};
use crate::foundation::keyed::Hash16;
use crate::foundation::schema;
use crate::standardize::canonical::{StandardizeOptions, TEXTS};
use crate::standardize::error::Result;
use crate::standardize::ssn::SsnStatus;
use crate::standardize::{date, reference};

/// One identity record being folded from its rows.
pub(crate) struct Record {
    pub(crate) reference: Hash16,
    pub(crate) person: u32,
    pub(crate) texts: [u32; TEXTS.len()],
    pub(crate) birth_date: Option<i32>,
    pub(crate) ssn_status: SsnStatus,
    pub(crate) org: u32,
    pub(crate) org_end: i32,
    pub(crate) start: Option<i32>,
    pub(crate) end: Option<i32>,
    /// The earliest year of finishing grade 12 that a row of it makes likely.
    pub(crate) cohort: Option<i32>,
    pub(crate) rows: i64,
}

/// Identity records in the schema `foundation::schema::identity_records()`, batch by batch.
pub struct IdentityBatches {
    source: String,
    values: Interned,
    records: Vec<Record>,
    placeholders: Vec<i32>,
    latest_birth: Option<i32>,
    next: usize,
    rows: usize,
}

// What it holds is restricted: nothing of it may be printed.
impl fmt::Debug for IdentityBatches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdentityBatches").field("source", &self.source).finish_non_exhaustive()
    }
}

impl IdentityBatches {
    /// Sorts the records and settles which birth dates are placeholders.
    pub(crate) fn new(
        source: String,
        values: Interned,
        mut records: Vec<Record>,
        options: StandardizeOptions,
        rows: usize,
    ) -> Self {
        records.sort_unstable_by_key(|record| record.reference);
        let mut days: Vec<i32> = records.iter().filter_map(|record| record.birth_date).collect();
        days.sort_unstable();
        let counts: Vec<(i32, u64)> = days.chunk_by(|a, b| a == b).map(|run| (run[0], run.len() as u64)).collect();
        let mut placeholders = options.placeholder_dates;
        placeholders.extend(date::frequent_dates(&counts));
        Self { source, values, records, placeholders, latest_birth: options.latest_birth, next: 0, rows: rows.max(1) }
    }

    fn batch(&self, records: &[Record]) -> Result<RecordBatch> {
        let text = |pick: &dyn Fn(&Record) -> u32| -> ArrayRef {
            let mut out = StringBuilder::with_capacity(records.len(), records.len() * 8);
            for record in records {
                out.append_option(self.values.text(pick(record)));
            }
            Arc::new(out.finish())
        };
        let words = |pick: &dyn Fn(&Record) -> &'static str| -> ArrayRef {
            Arc::new(StringArray::from_iter_values(records.iter().map(pick)))
        };
        let days = |pick: &dyn Fn(&Record) -> Option<i32>| -> ArrayRef {
            Arc::new(records.iter().map(pick).collect::<Date32Array>())
        };
        let status =
            |record: &Record| date::birth_date(record.birth_date, self.latest_birth, &self.placeholders).name();
        let people = records.iter().map(|record| self.values.text(record.person).unwrap_or_default());
        let columns: Vec<ArrayRef> = vec![
            Arc::new(reference::array(records.iter().flat_map(|record| record.reference).collect())?),
            Arc::new(StringArray::from_iter_values(records.iter().map(|_| &self.source))),
            Arc::new(StringArray::from_iter_values(people)),
            text(&|record| record.texts[0]),
            text(&|record| record.texts[1]),
            text(&|record| record.texts[2]),
            text(&|record| record.texts[3]),
            words(&|record| record.ssn_status.name()),
            text(&|record| record.texts[4]),
            text(&|record| record.texts[5]),
            text(&|record| record.texts[6]),
            text(&|record| record.texts[7]),
            days(&|record| record.birth_date),
            words(&status),
            text(&|record| record.texts[8]),
            text(&|record| record.texts[9]),
            text(&|record| record.org),
            days(&|record| record.start),
            days(&|record| record.end),
            Arc::new(records.iter().map(|record| record.cohort).collect::<Int32Array>()),
            Arc::new(Int64Array::from_iter_values(records.iter().map(|record| record.rows))),
        ];
        Ok(RecordBatch::try_new(schema::identity_records(), columns)?)
    }
}

impl Iterator for IdentityBatches {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        let left = self.records.get(self.next..).filter(|left| !left.is_empty())?;
        let records = &left[..left.len().min(self.rows)];
        self.next += records.len();
        Some(self.batch(records))
    }
}

impl Record {
    /// Widens the period.
    pub(crate) fn seen(&mut self, start: Option<i32>, end: Option<i32>) {
        self.start = [self.start, start].into_iter().flatten().min();
        self.end = self.end.max(end);
    }

    /// Who repeats a grade is of the cohort that they were of before.
    pub(crate) fn schooled(&mut self, cohort: Option<i32>) {
        self.cohort = [self.cohort, cohort].into_iter().flatten().min();
    }

    /// The organisation of the latest day wins; of several on one day the one first by name.
    pub(crate) fn active(&mut self, values: &Interned, org: u32, end: i32) {
        if org == NONE {
            return;
        }
        let wins = self.org == NONE
            || end > self.org_end
            || end == self.org_end && org != self.org && values.get(org) < values.get(self.org);
        if wins {
            (self.org, self.org_end) = (org, end);
        }
    }
}
