//! Identity records: one per source, source person and distinct set of canonical identity values, with the period it was seen and its row count.

use std::fmt;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, FixedSizeBinaryArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Date32Type, Int32Type};
use arrow::record_batch::RecordBatch;

use crate::foundation::Element;
use crate::foundation::interned::{Interned, NONE, Places};
use crate::foundation::keyed::Hash16;
use crate::standardize::canonical::{self, Reader, StandardizeOptions, Values};
use crate::standardize::error::{Result, StandardizeError};
use crate::standardize::records::{IdentityBatches, Record};
use crate::standardize::reference::{self, KeyColumn, RefKey};
use crate::standardize::school;

/// Bytes of raw rows that are remembered before the memory starts anew.
const RAW_BOUND: usize = 128 << 20;

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
    by_reference: Places,
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
    grade: Option<KeyColumn>,
    year: Option<ArrayRef>,
}

impl Columns {
    /// The year in which who was in the row's grade finishes school.
    fn cohort(&self, row: usize) -> Option<i32> {
        let Some(KeyColumn::Text(grades)) = &self.grade else { return None };
        let year = self.year.as_ref().filter(|years| years.is_valid(row))?;
        let grade = grades.is_valid(row).then(|| grades.value(row))?;
        school::cohort_of_grade(grade, year.as_primitive::<Int32Type>().value(row))
    }
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
            by_reference: Places::default(),
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
            record.schooled(columns.cohort(row));
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
                for id in &mut record.texts {
                    *id = moved(*id)?;
                }
                Some(())
            })();
            taken.ok_or_else(|| self.too_many())?;
            let slot = self.place(&record.reference)? as usize;
            if let Some(ours) = self.records.get_mut(slot) {
                ours.rows += record.rows;
                ours.seen(record.start, record.end);
                ours.active(&self.values, record.org, record.org_end);
                ours.schooled(record.cohort);
            } else {
                self.records.push(record);
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

    /// The `identity_ref` of its rows that say nothing of who they are.
    #[must_use]
    pub fn blank(&self) -> Hash16 {
        blank_ref(&self.source, &self.key)
    }

    /// The identity records, sorted by `identity_ref`, in batches of at most so many rows. What only gathering needs is freed first.
    #[must_use]
    pub fn finish(self, rows: usize, blank: Blank) -> IdentityBatches {
        let Self { source, options, key, values, mut records, .. } = self;
        if blank == Blank::LeftOut {
            let blank = blank_ref(&source, &key);
            records.retain(|record| record.reference != blank);
        }
        IdentityBatches::new(source, values, records, options, rows)
    }

    fn columns(&self, batch: &RecordBatch) -> Result<Columns> {
        let mut out = Columns {
            texts: Vec::new(),
            person: Vec::new(),
            birth: Vec::new(),
            org: None,
            start: None,
            end: None,
            grade: None,
            year: None,
        };
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
                Element::GradeLevel => out.grade = Some(KeyColumn::Text(reference::text(array)?)),
                Element::SchoolYear => out.year = Some(cast(array, &DataType::Int32)?),
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
        let reference = reference_of(&self.source, &self.key, &person, &values, &self.values);
        let slot = self.place(&reference)?;
        if slot as usize == self.records.len() {
            let person = canonical::keep(&mut self.values, Some(&person.join("|"))).ok_or_else(|| self.too_many())?;
            let Values { texts, ssn_status, birth_date, .. } = values;
            let (org, org_end, start, end) = (NONE, i32::MIN, None, None);
            self.records.push(Record {
                reference,
                person,
                texts,
                birth_date,
                ssn_status,
                org,
                org_end,
                start,
                end,
                cohort: None,
                rows: 0,
            });
        }
        Ok(slot)
    }

    /// Where the record of a reference stands, or will stand once it is added.
    fn place(&mut self, reference: &Hash16) -> Result<u32> {
        let next = u32::try_from(self.records.len()).ok().filter(|next| *next != NONE);
        let next = next.ok_or_else(|| self.too_many())?;
        let records = &self.records;
        // A reference is a hash already.
        let mut half = [0; 8];
        half.copy_from_slice(&reference[..8]);
        let is = |slot: u32| records[slot as usize].reference == *reference;
        Ok(self.by_reference.find_or_put(u64::from_le_bytes(half), next, is))
    }

    fn too_many(&self) -> StandardizeError {
        StandardizeError::TooMany { source_name: self.source.clone() }
    }
}

/// The keyed hash of source, source person and every canonical value.
fn reference_of(source: &str, key: &RefKey, person: &[String], values: &Values, texts: &Interned) -> Hash16 {
    let mut buffer = Vec::with_capacity(256);
    reference::put(&mut buffer, Some(b"identity"));
    reference::put(&mut buffer, Some(source.as_bytes()));
    reference::put(&mut buffer, Some(&(person.len() as u64).to_be_bytes()));
    for part in person {
        reference::put(&mut buffer, Some(part.as_bytes()));
    }
    values.put(texts, &mut buffer);
    key.hash(&buffer)
}

/// The `identity_ref` of a source's rows that say nothing of who they are. They belong to nobody: they are no person, and no pass may link them.
#[must_use]
pub fn blank_ref(source: &str, key: &RefKey) -> Hash16 {
    reference_of(source, key, &[], &Values::none(), &Interned::default())
}

/// Whether the record of rows that say nothing of who they are is among the identity records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blank {
    /// It is: every row finds its record, as on the way to a hub that will know it by its reference.
    Kept,
    /// It is not, since it is nobody.
    LeftOut,
}

fn day(column: Option<&ArrayRef>, row: usize) -> Option<i32> {
    column.filter(|array| array.is_valid(row)).map(|array| array.as_primitive::<Date32Type>().value(row))
}
