//! A maker of tokens for many batches: the tokens of a value are made once, when it is met for the first time.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BinaryBuilder, FixedSizeBinaryArray, NullBufferBuilder, StringViewArray};
use arrow::buffer::Buffer;
use arrow::compute::cast;
use arrow::record_batch::RecordBatch;

use crate::foundation::PartGroup;
use crate::foundation::keyed::Hash16;
use crate::foundation::parts::NO_VALUE;
use crate::foundation::schema::REF_BYTES;
use crate::tokenize::cache::Cache;
use crate::tokenize::error::{Result, TokenizeError};
use crate::tokenize::near::{Lately, NEIGHBOURS};
use crate::tokenize::token::{Recipe, Steps, Tokenizer, birth_year, named, text};

/// Values for which each recipe's cache has room.
const ROOM: usize = 1 << 13;

/// Makes tokens batch by batch. What it remembers is as bounded as what the deriver of its parts does.
pub struct Maker<'a> {
    tokenizer: &'a Tokenizer,
    sent: bool,
    recipes: Vec<Memory>,
    organisations: Cache,
    near: Lately,
}

impl std::fmt::Debug for Maker<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Maker").field(self.tokenizer).finish()
    }
}

/// What one recipe remembers.
struct Memory {
    cache: Cache,
    /// By the number of a value, where all parts come from one field: its token, or nothing where a part is missing.
    tokens: Vec<Option<Hash16>>,
    /// By part and the number of a value, where the parts come from several fields: the part, length-prefixed; empty where it is missing.
    values: Vec<Vec<Box<[u8]>>>,
}

/// Where the parts of a recipe stand.
struct Found<'a> {
    group: &'a PartGroup,
    values: StringViewArray,
}

impl<'a> Maker<'a> {
    /// Makes the hub's tokens of clear identity records, under both keys.
    pub fn of_hub(tokenizer: &'a Tokenizer) -> Result<Self> {
        tokenizer.hub()?;
        Ok(Self::new(tokenizer, false))
    }

    /// Makes the sender's tokens, under the send key alone.
    #[must_use]
    pub fn of_sender(tokenizer: &'a Tokenizer) -> Self {
        Self::new(tokenizer, true)
    }

    fn new(tokenizer: &'a Tokenizer, sent: bool) -> Self {
        let memory = |recipe: &Recipe| Memory {
            cache: Cache::new(ROOM),
            tokens: Vec::new(),
            values: recipe.parts.iter().map(|_| Vec::new()).collect(),
        };
        Self {
            tokenizer,
            sent,
            recipes: tokenizer.recipes.iter().map(memory).collect(),
            organisations: Cache::new(ROOM),
            near: Lately::default(),
        }
    }

    /// The tokens of identity records. The groups come from one deriver, batch after batch. `identity_ref` stays as it is: its builder has made
    /// it under the same keys.
    pub fn tokens(&mut self, identity: &RecordBatch, groups: &[PartGroup]) -> Result<RecordBatch> {
        let sent = self.sent;
        let rows = identity.num_rows();
        if let Some(group) = groups.iter().find(|group| group.places.len() != rows) {
            return Err(TokenizeError::RowCount { identity: rows, parts: group.places.len() });
        }
        let schema = self.tokenizer.schema();
        let mut columns: Vec<ArrayRef> = Vec::with_capacity(schema.fields().len());
        for field in schema.fields() {
            let recipe = self.tokenizer.recipes.iter().zip(&mut self.recipes).find(|(r, _)| r.name == *field.name());
            columns.push(match (field.name().as_str(), recipe) {
                (_, Some((recipe, memory))) => Arc::new(memory.tokens(recipe, groups, rows, sent)?),
                ("birth_year", _) => Arc::new(birth_year(identity)?),
                ("active_org", _) => Arc::new(self.organisations(identity)?),
                ("ssn_near", _) => self.near(identity)?,
                (name, _) => cast(&named(identity, name, "identity records")?, field.data_type())?,
            });
        }
        Ok(RecordBatch::try_new(schema, columns)?)
    }

    fn organisations(&mut self, identity: &RecordBatch) -> Result<FixedSizeBinaryArray> {
        let names = text(identity, "active_org", "identity records")?;
        let mut out = Tokens::new(names.len());
        let mut buffer = Vec::new();
        for name in &names {
            out.push(name.map(|name| {
                buffer.clear();
                prefixed(&mut buffer, name.as_bytes());
                self.organisations.get(&buffer, || self.tokenizer.active_org.token(&buffer, self.sent))
            }));
        }
        out.finish()
    }

    fn near(&mut self, identity: &RecordBatch) -> Result<ArrayRef> {
        let ssn = text(identity, "ssn", "identity records")?;
        let status = text(identity, "ssn_status", "identity records")?;
        let steps: &Steps = &self.tokenizer.ssn_near;
        let mut out = BinaryBuilder::with_capacity(ssn.len(), ssn.len() * 16 * NEIGHBOURS);
        for (ssn, status) in ssn.iter().zip(&status) {
            let valid = ssn.filter(|_| status == Some("valid"));
            out.append_option(valid.and_then(|ssn| self.near.tokens(ssn, |bytes| steps.token(bytes, self.sent))));
        }
        Ok(Arc::new(out.finish()))
    }
}

impl Memory {
    fn tokens(
        &mut self,
        recipe: &Recipe,
        groups: &[PartGroup],
        rows: usize,
        sent: bool,
    ) -> Result<FixedSizeBinaryArray> {
        let find = |part: &String| -> Result<Found<'_>> {
            let group = groups.iter().find(|group| group.new.schema_ref().column_with_name(part).is_some());
            let missing = || TokenizeError::NoColumn { dataset: "derived parts", column: part.clone() };
            let group = group.ok_or_else(missing)?;
            Ok(Found { group, values: text(&group.new, part, "derived parts")? })
        };
        let found = recipe.parts.iter().map(find).collect::<Result<Vec<_>>>()?;
        match found.first() {
            Some(first) if found.iter().all(|one| std::ptr::eq(one.group, first.group)) => {
                let group = first.group;
                self.learn(&recipe.steps, group, &found, sent);
                let token = |place: &u32| self.tokens.get(*place as usize).copied().flatten();
                let mut out = Tokens::new(rows);
                group.places.iter().for_each(|place| out.push(token(place)));
                out.finish()
            }
            _ => self.across(&recipe.steps, &found, rows, sent),
        }
    }

    /// Makes the tokens of new values.
    fn learn(&mut self, steps: &Steps, group: &PartGroup, found: &[Found<'_>], sent: bool) {
        self.tokens.truncate(group.first as usize);
        self.tokens.reserve(group.new.num_rows());
        let mut buffer = Vec::new();
        for row in 0..group.new.num_rows() {
            let whole = found.iter().all(|one| one.values.is_valid(row));
            buffer.clear();
            for one in found.iter().filter(|_| whole) {
                prefixed(&mut buffer, one.values.value(row).as_bytes());
            }
            self.tokens.push(whole.then(|| self.cache.get(&buffer, || steps.token(&buffer, sent))));
        }
    }

    /// A recipe over parts of several fields: each record's parts are put together.
    fn across(&mut self, steps: &Steps, found: &[Found<'_>], rows: usize, sent: bool) -> Result<FixedSizeBinaryArray> {
        for (known, one) in self.values.iter_mut().zip(found) {
            known.truncate(one.group.first as usize);
            known.extend(one.values.iter().map(|value| {
                let mut bytes = Vec::new();
                if let Some(value) = value {
                    prefixed(&mut bytes, value.as_bytes());
                }
                bytes.into_boxed_slice()
            }));
        }
        let mut out = Tokens::new(rows);
        let mut buffer = Vec::new();
        for row in 0..rows {
            buffer.clear();
            let mut whole = true;
            for (known, one) in self.values.iter().zip(found) {
                let place = one.group.places[row];
                let value = if place == NO_VALUE { None } else { known.get(place as usize) };
                match value.filter(|value| !value.is_empty()) {
                    Some(value) => buffer.extend_from_slice(value),
                    None => whole = false,
                }
            }
            out.push(whole.then(|| self.cache.get(&buffer, || steps.token(&buffer, sent))));
        }
        out.finish()
    }
}

/// A column of tokens being filled.
struct Tokens {
    bytes: Vec<u8>,
    nulls: NullBufferBuilder,
}

impl Tokens {
    fn new(rows: usize) -> Self {
        Self { bytes: Vec::with_capacity(rows * 16), nulls: NullBufferBuilder::new(rows) }
    }

    fn push(&mut self, token: Option<Hash16>) {
        self.nulls.append(token.is_some());
        self.bytes.extend_from_slice(&token.unwrap_or_default());
    }

    fn finish(mut self) -> Result<FixedSizeBinaryArray> {
        Ok(FixedSizeBinaryArray::try_new(REF_BYTES, Buffer::from_vec(self.bytes), self.nulls.finish())?)
    }
}

/// Adds a value with its length before it.
fn prefixed(buffer: &mut Vec<u8>, value: &[u8]) {
    buffer.extend_from_slice(&u32::try_from(value.len()).unwrap_or(u32::MAX).to_be_bytes());
    buffer.extend_from_slice(value);
}
