//! Identity records: one per source, source person and distinct set of canonical identity values, with the period it was seen and its row count.

use std::collections::HashMap;
use std::fmt;
use std::hash::BuildHasherDefault;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Date32Array, FixedSizeBinaryArray, Int64Array, StringArray, StringBuilder,
};
use arrow::datatypes::{DataType, Date32Type};
use arrow::record_batch::RecordBatch;

use crate::foundation::keyed::Hash16;
use crate::foundation::{Element, schema};
use crate::standardize::canonical::{self, Reader, StandardizeOptions, Values};
use crate::standardize::date;
use crate::standardize::error::{Result, StandardizeError};
use crate::standardize::interned::{Hashed, Interned, NONE};
use crate::standardize::reference::{self, KeyColumn, RefKey};

/// Bytes of raw rows that are remembered before the memory starts anew.
const RAW_BOUND: usize = 512 << 20;

/// One identity record being folded from its rows.
struct Record {
    reference: Hash16,
    person: u32,
    values: Values,
    org: u32,
    org_end: i32,
    start: Option<i32>,
    end: Option<i32>,
    rows: i64,
}

/// Folds the rows of one source into its identity records. Several may run side by side and be merged: the result does not depend on how rows were shared out.
pub struct IdentityBuilder {
    source: String,
    mapping: Vec<(Element, usize)>,
    source_person: Vec<usize>,
    options: StandardizeOptions,
    key: RefKey,
    reader: Reader,
    /// Canonical values of all records.
    values: Interned,
    /// Raw rows met, and the record that each belongs to.
    raw: Interned,
    slots: Vec<u32>,
    by_reference: HashMap<Hash16, u32, BuildHasherDefault<Hashed>>,
    records: Vec<Record>,
}

// What it holds is restricted: nothing of it may be printed.
impl fmt::Debug for IdentityBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdentityBuilder")
            .field("source", &self.source)
            .field("records", &self.records.len())
            .finish_non_exhaustive()
    }
}

/// The columns of one batch, as the builder reads them.
struct Columns {
    texts: Vec<(Element, KeyColumn)>,
    person: Vec<KeyColumn>,
    birth: Vec<ArrayRef>,
    org: Option<KeyColumn>,
    start: Option<ArrayRef>,
    end: Option<ArrayRef>,
}

impl IdentityBuilder {
    /// A builder for one source. `mapping` says which column of a batch gives which element; `source_person` are the columns
    /// that name the person within the source.
    #[must_use]
    pub fn new(
        source: &str,
        mapping: Vec<(Element, usize)>,
        source_person: Vec<usize>,
        options: StandardizeOptions,
        key: impl Into<RefKey>,
    ) -> Self {
        Self {
            source: source.to_owned(),
            mapping,
            source_person,
            options,
            key: key.into(),
            reader: Reader::default(),
            values: Interned::default(),
            raw: Interned::default(),
            slots: Vec::new(),
            by_reference: HashMap::default(),
            records: Vec::new(),
        }
    }

    /// Folds the rows of a batch in; gives the `identity_ref` of each.
    pub fn push(&mut self, batch: &RecordBatch) -> Result<FixedSizeBinaryArray> {
        let columns = self.columns(batch)?;
        let mut out = Vec::with_capacity(batch.num_rows() * 16);
        let mut key = Vec::with_capacity(256);
        for row in 0..batch.num_rows() {
            key.clear();
            for (_, column) in &columns.texts {
                column.put(row, &mut key);
            }
            for column in &columns.person {
                column.put(row, &mut key);
            }
            for column in &columns.birth {
                let days = day(Some(column), row).map(i32::to_be_bytes);
                reference::put(&mut key, days.as_ref().map(<[u8; 4]>::as_slice));
            }
            let (raw, new) = self.raw.intern(&key).ok_or_else(|| self.too_many())?;
            if new {
                let slot = self.slot(&columns, row)?;
                self.slots.push(slot);
            }
            let slot = self.slots[raw as usize] as usize;
            let org = match &columns.org {
                Some(KeyColumn::Text(orgs)) if orgs.is_valid(row) => {
                    self.reader.id(&mut self.values, orgs.value(row)).ok_or_else(|| self.too_many())?
                }
                _ => NONE,
            };
            let (start, end) = (day(columns.start.as_ref(), row), day(columns.end.as_ref(), row));
            let record = &mut self.records[slot];
            record.rows += 1;
            // A period that is still open was seen up to the day it began.
            record.seen(start.or(end), end.or(start));
            record.active(&self.values, org, end.or(start).unwrap_or(i32::MIN));
            out.extend_from_slice(&record.reference);
        }
        if self.raw.size() > RAW_BOUND {
            self.raw.clear();
            self.slots.clear();
        }
        reference::array(out)
    }

    /// Takes in the records of another builder of the same source.
    pub fn merge(&mut self, other: Self) -> Result<()> {
        if other.source != self.source {
            return Err(StandardizeError::OtherSource { ours: self.source.clone(), theirs: other.source });
        }
        for mut record in other.records {
            let mut moved = |id: u32| canonical::keep(&mut self.values, other.values.text(id));
            let taken = (|| {
                record.person = moved(record.person)?;
                record.org = moved(record.org)?;
                for id in &mut record.values.texts {
                    *id = moved(*id)?;
                }
                Some(())
            })();
            taken.ok_or_else(|| self.too_many())?;
            match self.by_reference.get(&record.reference) {
                Some(slot) => {
                    let ours = &mut self.records[*slot as usize];
                    ours.rows += record.rows;
                    ours.seen(record.start, record.end);
                    ours.active(&self.values, record.org, record.org_end);
                }
                None => {
                    self.add(record)?;
                }
            }
        }
        Ok(())
    }

    /// How many identity records there are so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there is no identity record yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// The `identity_ref` of rows that say nothing of who they are. They belong to nobody: no pass may link them.
    #[must_use]
    pub fn blank_ref(&self) -> Hash16 {
        self.reference(&[], &Values::none())
    }

    /// The identity records in the schema `foundation::schema::identity_records()`, sorted by `identity_ref`.
    pub fn finish(mut self) -> Result<RecordBatch> {
        self.records.sort_unstable_by_key(|record| record.reference);
        let records = &self.records;
        let mut counts: Vec<i32> = records.iter().filter_map(|record| record.values.birth_date).collect();
        counts.sort_unstable();
        let counts: Vec<(i32, u64)> = counts.chunk_by(|a, b| a == b).map(|run| (run[0], run.len() as u64)).collect();
        let mut placeholders = self.options.placeholder_dates.clone();
        placeholders.extend(date::frequent_dates(&counts));

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
        let status = |record: &Record| {
            date::birth_date(record.values.birth_date, self.options.latest_birth, &placeholders).name()
        };
        let people = records.iter().map(|record| self.values.text(record.person).unwrap_or_default());
        let columns: Vec<ArrayRef> = vec![
            Arc::new(reference::array(records.iter().flat_map(|record| record.reference).collect())?),
            Arc::new(StringArray::from_iter_values(records.iter().map(|_| &self.source))),
            Arc::new(StringArray::from_iter_values(people)),
            text(&|record| record.values.texts[0]),
            text(&|record| record.values.texts[1]),
            text(&|record| record.values.texts[2]),
            text(&|record| record.values.texts[3]),
            words(&|record| record.values.ssn_status.name()),
            text(&|record| record.values.texts[4]),
            text(&|record| record.values.texts[5]),
            text(&|record| record.values.texts[6]),
            text(&|record| record.values.texts[7]),
            days(&|record| record.values.birth_date),
            words(&status),
            text(&|record| record.values.texts[8]),
            text(&|record| record.values.texts[9]),
            text(&|record| record.org),
            days(&|record| record.start),
            days(&|record| record.end),
            Arc::new(Int64Array::from_iter_values(records.iter().map(|record| record.rows))),
        ];
        Ok(RecordBatch::try_new(schema::identity_records(), columns)?)
    }

    fn columns(&self, batch: &RecordBatch) -> Result<Columns> {
        let mut out =
            Columns { texts: Vec::new(), person: Vec::new(), birth: Vec::new(), org: None, start: None, end: None };
        for (element, index) in &self.mapping {
            let array = reference::column(batch, *index, element.name())?;
            match element {
                Element::BirthDate | Element::PeriodStart | Element::PeriodEnd => {
                    if *array.data_type() != DataType::Date32 {
                        return Err(StandardizeError::WrongType {
                            column: batch.schema_ref().field(*index).name().clone(),
                            element: element.name().to_owned(),
                            found: array.data_type().to_string(),
                            needed: "a date (Date32)",
                        });
                    }
                    let array = Arc::clone(array);
                    match element {
                        Element::BirthDate => out.birth.push(array),
                        Element::PeriodStart => out.start = Some(array),
                        _ => out.end = Some(array),
                    }
                }
                Element::ActiveOrg => out.org = Some(KeyColumn::Text(reference::text(array)?)),
                _ => out.texts.push((*element, KeyColumn::Text(reference::text(array)?))),
            }
        }
        for index in &self.source_person {
            let array = reference::column(batch, *index, "source_person")?;
            out.person.push(KeyColumn::Text(reference::text(array)?));
        }
        Ok(out)
    }

    /// The record of a row that was not met before, made where there is none.
    fn slot(&mut self, columns: &Columns, row: usize) -> Result<u32> {
        let mut values = Values::none();
        let mut read = || {
            for (element, column) in &columns.texts {
                if let KeyColumn::Text(texts) = column
                    && texts.is_valid(row)
                {
                    self.reader.read(&mut values, &mut self.values, &self.options, *element, texts.value(row))?;
                }
            }
            canonical::settle(&mut values, &mut self.values)
        };
        read().ok_or_else(|| self.too_many())?;
        values.birth_date = columns.birth.iter().find_map(|column| day(Some(column), row));

        // A source person with a part missing is no one in particular.
        let person: Option<Vec<String>> = columns
            .person
            .iter()
            .map(|column| match column {
                KeyColumn::Text(texts) if texts.is_valid(row) => crate::standardize::code::id(texts.value(row)),
                _ => None,
            })
            .collect();
        let person = person.unwrap_or_default();
        let reference = self.reference(&person, &values);
        if let Some(slot) = self.by_reference.get(&reference) {
            return Ok(*slot);
        }
        let person = canonical::keep(&mut self.values, Some(&person.join("|"))).ok_or_else(|| self.too_many())?;
        self.add(Record { reference, person, values, org: NONE, org_end: i32::MIN, start: None, end: None, rows: 0 })
    }

    fn add(&mut self, record: Record) -> Result<u32> {
        let slot = u32::try_from(self.records.len()).map_err(|_| self.too_many())?;
        self.by_reference.insert(record.reference, slot);
        self.records.push(record);
        Ok(slot)
    }

    /// The keyed hash of source, source person and every canonical value.
    fn reference(&self, person: &[String], values: &Values) -> Hash16 {
        let mut buffer = Vec::with_capacity(256);
        reference::put(&mut buffer, Some(b"identity"));
        reference::put(&mut buffer, Some(self.source.as_bytes()));
        reference::put(&mut buffer, Some(&(person.len() as u64).to_be_bytes()));
        for part in person {
            reference::put(&mut buffer, Some(part.as_bytes()));
        }
        values.put(&self.values, &mut buffer);
        self.key.hash(&buffer)
    }

    fn too_many(&self) -> StandardizeError {
        StandardizeError::TooMany { source_name: self.source.clone() }
    }
}

impl Record {
    /// Widens the period.
    fn seen(&mut self, start: Option<i32>, end: Option<i32>) {
        self.start = [self.start, start].into_iter().flatten().min();
        self.end = self.end.max(end);
    }

    /// The organisation of the latest day wins; of several on one day the one first by name.
    fn active(&mut self, values: &Interned, org: u32, end: i32) {
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

fn day(column: Option<&ArrayRef>, row: usize) -> Option<i32> {
    column.filter(|array| array.is_valid(row)).map(|array| array.as_primitive::<Date32Type>().value(row))
}
