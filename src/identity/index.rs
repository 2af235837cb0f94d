//! The person index: who has which id, and which identity records are theirs. Immutable: each release has its own version.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, FixedSizeBinaryBuilder, Int64Array, RecordBatch, StringArray, StringBuilder,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Int64Type, Schema, SchemaRef};

use crate::foundation::schema::REF_BYTES;
use crate::identity::{IdentityError, PersonId};

/// Members of one batch.
const BATCH_ROWS: usize = 65_536;

/// A reference to an identity record.
pub type IdentityRef = [u8; 16];

/// Whether an id is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// It names a person.
    Active,
    /// Its records were withdrawn, or went to other persons.
    Retired,
}

impl Status {
    /// The word in the index.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Retired => "retired",
        }
    }
}

/// One id that was ever published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The id.
    pub id: PersonId,
    /// The counter it was made from: its age.
    pub counter: u64,
    /// Whether it is in use.
    pub status: Status,
    /// The id that took over this one's records, as it was then.
    pub merged_into: Option<PersonId>,
}

/// All ids ever published, in the order of their counters, and the records of those in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonIndex {
    version: u64,
    next_counter: u64,
    persons: Vec<Person>,
    members: Vec<(IdentityRef, u32)>,
}

impl PersonIndex {
    /// An index out of its parts, checked: persons by counter, members by reference, each naming a person in use by its place.
    pub fn new(
        version: u64,
        next_counter: u64,
        persons: Vec<Person>,
        members: Vec<(IdentityRef, u32)>,
    ) -> Result<Self, IdentityError> {
        let damaged = |what| Err(IdentityError::Damaged(what));
        if !persons.is_sorted_by(|a, b| a.counter < b.counter) {
            return damaged("persons do not stand in the order of their counters");
        }
        if persons.last().is_some_and(|last| last.counter >= next_counter) {
            return damaged("the next counter was used already");
        }
        if !members.is_sorted_by(|a, b| a.0 < b.0) {
            return damaged("members do not stand in the order of their references, each once");
        }
        let in_use = |place: u32| persons.get(place as usize).is_some_and(|p| p.status == Status::Active);
        if !members.iter().all(|m| in_use(m.1)) {
            return damaged("a record belongs to an id that is not in use");
        }
        Ok(Self { version, next_counter, persons, members })
    }

    /// The version: one more than the parent's.
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// The counter of the next id.
    #[must_use]
    pub const fn next_counter(&self) -> u64 {
        self.next_counter
    }

    /// Every id ever published in this line of releases, oldest first.
    #[must_use]
    pub fn persons(&self) -> &[Person] {
        &self.persons
    }

    /// The records of persons in use, ascending, each with its person's place in [`Self::persons`].
    #[must_use]
    pub fn members(&self) -> &[(IdentityRef, u32)] {
        &self.members
    }

    /// The person that holds a record.
    #[must_use]
    pub fn person_of(&self, reference: &IdentityRef) -> Option<&Person> {
        let place = self.members.binary_search_by(|m| m.0.cmp(reference)).ok()?;
        self.persons.get(self.members[place].1 as usize)
    }

    /// The id in use that an id leads to: itself, or the one it was merged into; `None` where it was retired or never was.
    #[must_use]
    pub fn resolve(&self, id: PersonId) -> Option<PersonId> {
        let mut id = id;
        // Ids merge into ids in use, and an id never comes back into use, so a chain is no longer than the index.
        for _ in 0..=self.persons.len() {
            let person = self.persons.iter().find(|p| p.id == id)?;
            if person.status == Status::Active {
                return Some(id);
            }
            id = person.merged_into?;
        }
        None
    }

    /// The persons as Arrow: every id, sorted by counter; primary key `person_id`.
    pub fn persons_batch(&self) -> Result<RecordBatch, IdentityError> {
        let counters = self.persons.iter().map(|p| i64::try_from(p.counter).map_err(|_| IdentityError::CounterUsedUp));
        let counters: Vec<i64> = counters.collect::<Result<_, _>>()?;
        let columns: Vec<ArrayRef> = vec![
            Arc::new(StringArray::from_iter_values(self.persons.iter().map(|p| p.id.as_str()))),
            Arc::new(Int64Array::from(counters)),
            Arc::new(StringArray::from_iter_values(self.persons.iter().map(|p| p.status.name()))),
            Arc::new(
                self.persons.iter().map(|p| p.merged_into.as_ref().map(PersonId::as_str)).collect::<StringArray>(),
            ),
        ];
        Ok(RecordBatch::try_new(persons_schema(), columns)?)
    }

    /// The members as Arrow, which is the crosswalk: the person of every identity record, sorted by reference, its primary key. Batches are of a
    /// bounded size; there is one at least.
    pub fn members_batches(&self) -> impl Iterator<Item = Result<RecordBatch, IdentityError>> + '_ {
        let none: &[(IdentityRef, u32)] = &[];
        let empty = self.members.is_empty().then_some(none);
        self.members.chunks(BATCH_ROWS).chain(empty).map(|members| {
            let mut refs = FixedSizeBinaryBuilder::with_capacity(members.len(), REF_BYTES);
            let mut ids = StringBuilder::with_capacity(members.len(), members.len() * 17);
            for (reference, place) in members {
                refs.append_value(reference)?;
                ids.append_value(self.persons[*place as usize].id.as_str());
            }
            Ok(RecordBatch::try_new(crosswalk_schema(), vec![Arc::new(refs.finish()), Arc::new(ids.finish())])?)
        })
    }
}

/// An index that is being read back from its two datasets, rows in any order. Version and next counter stand in the pointer.
#[derive(Debug)]
pub struct ReadingIndex {
    version: u64,
    next_counter: u64,
    persons: Vec<Person>,
    /// Each id with its place among the persons, by id.
    places: Vec<(PersonId, u32)>,
    members: Vec<(IdentityRef, u32)>,
}

impl ReadingIndex {
    /// Takes all persons.
    pub fn new(version: u64, next_counter: u64, persons: &[RecordBatch]) -> Result<Self, IdentityError> {
        let mut read = Vec::new();
        for batch in persons {
            let ids = column(batch, "person_id", &DataType::Utf8)?;
            let counters = column(batch, "counter", &DataType::Int64)?;
            let statuses = column(batch, "status", &DataType::Utf8)?;
            let merged = column(batch, "merged_into", &DataType::Utf8)?;
            let merged = merged.as_string::<i32>();
            for row in 0..batch.num_rows() {
                let counter = u64::try_from(counters.as_primitive::<Int64Type>().value(row));
                read.push(Person {
                    id: PersonId::parse(ids.as_string::<i32>().value(row))?,
                    counter: counter.map_err(|_| IdentityError::Damaged("a counter is negative"))?,
                    status: match statuses.as_string::<i32>().value(row) {
                        "active" => Status::Active,
                        "retired" => Status::Retired,
                        _ => return Err(IdentityError::Damaged("a status is neither active nor retired")),
                    },
                    merged_into: merged.is_valid(row).then(|| PersonId::parse(merged.value(row))).transpose()?,
                });
            }
        }
        read.sort_unstable_by_key(|p| p.counter);
        let mut places: Vec<(PersonId, u32)> = read.iter().zip(0..).map(|(p, place)| (p.id, place)).collect();
        places.sort_unstable();
        if places.windows(2).any(|w| w[0].0 == w[1].0) {
            return Err(IdentityError::Damaged("an id stands twice"));
        }
        Ok(Self { version, next_counter, persons: read, places, members: Vec::new() })
    }

    /// Takes members.
    pub fn push(&mut self, members: &RecordBatch) -> Result<(), IdentityError> {
        let refs = column(members, "identity_ref", &DataType::FixedSizeBinary(REF_BYTES))?;
        let ids = column(members, "person_id", &DataType::Utf8)?;
        for row in 0..members.num_rows() {
            let id = PersonId::parse(ids.as_string::<i32>().value(row))?;
            let place = self.places.binary_search_by(|p| p.0.cmp(&id));
            let place = place.map_err(|_| IdentityError::Damaged("a record belongs to an id that was never given"))?;
            let mut reference = [0; 16];
            reference.copy_from_slice(refs.as_fixed_size_binary().value(row));
            self.members.push((reference, self.places[place].1));
        }
        Ok(())
    }

    /// The index.
    pub fn finish(self) -> Result<PersonIndex, IdentityError> {
        let Self { version, next_counter, persons, mut members, .. } = self;
        members.sort_unstable();
        PersonIndex::new(version, next_counter, persons, members)
    }
}

/// The schema of the index's persons.
#[must_use]
pub fn persons_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("person_id", DataType::Utf8, false),
        Field::new("counter", DataType::Int64, false),
        Field::new("status", DataType::Utf8, false),
        Field::new("merged_into", DataType::Utf8, true),
    ]))
}

/// The schema of the index's members, which is the crosswalk's.
#[must_use]
pub fn crosswalk_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("identity_ref", DataType::FixedSizeBinary(REF_BYTES), false),
        Field::new("person_id", DataType::Utf8, false),
    ]))
}

/// A column in its own type: readers may have made views of it.
fn column(batch: &RecordBatch, name: &str, to: &DataType) -> Result<ArrayRef, IdentityError> {
    let array = batch.column_by_name(name).ok_or_else(|| IdentityError::MissingColumn(name.to_owned()))?;
    Ok(if array.data_type() == to { array.clone() } else { cast(array, to)? })
}
