//! Tokens: two-key hashes of derived parts. `token = HMAC(K_hub, HMAC(K_send, length-prefixed parts))`, 128 bits kept.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryBuilder, BinaryViewArray, FixedSizeBinaryArray, Int32Array, StringViewArray,
};
use arrow::buffer::Buffer;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Date32Type, SchemaRef};
use arrow::record_batch::RecordBatch;
use chrono::Datelike;

use crate::foundation::keyed::Hash16;
use crate::foundation::schema::{self, REF_BYTES};
use crate::foundation::{KeyedHash, Secret};
use crate::tokenize::error::{Result, TokenizeError};
use crate::tokenize::keyring::{self, Keyring};
use crate::tokenize::near;
use crate::tokenize::spec::RecipeSpec;

/// Parts that name one person each.
const IDS: [&str; 3] = ["ssn", "state_id", "local_id"];

/// The sender's step, and the hub's where its key is here.
pub(super) struct Steps {
    send: KeyedHash,
    hub: Option<KeyedHash>,
}

impl Steps {
    /// The token of bytes that are already unambiguous.
    pub(super) fn token(&self, bytes: &[u8], sent: bool) -> Hash16 {
        let token = self.send.raw(bytes);
        match &self.hub {
            Some(hub) if !sent => hub.raw(&token),
            _ => token,
        }
    }
}

/// One recipe, ready.
pub(super) struct Recipe {
    pub(super) name: String,
    pub(super) parts: Vec<String>,
    pub(super) steps: Steps,
}

/// What makes tokens of identity records, see [`Maker`](crate::tokenize::Maker), and wraps those that a sender has made. Threads may share it.
pub struct Tokenizer {
    pub(super) recipes: Vec<Recipe>,
    pub(super) active_org: Steps,
    pub(super) ssn_near: Steps,
    references: Option<KeyedHash>,
    schema: SchemaRef,
    checks: Vec<(String, String)>,
}

impl std::fmt::Debug for Tokenizer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.recipes.iter().map(|recipe| &recipe.name)).finish()
    }
}

impl Tokenizer {
    /// A tokenizer for recipes that were checked. `spec_version` is the standardisation specification's: tokens of another are other tokens.
    pub fn new(recipes: &[RecipeSpec], keyring: &Keyring, spec_version: &str) -> Result<Self> {
        let mut checks = Vec::with_capacity(recipes.len() + 2);
        let mut steps = |name: &str, owner: &RecipeSpec| -> Result<Steps> {
            let secret: Secret = keyring.recipe_send(owner, spec_version)?;
            checks.push((name.to_owned(), keyring::check_value(&secret)));
            let hub = keyring.recipe_hub(owner, spec_version).map(|secret| KeyedHash::new(&secret));
            Ok(Steps { send: KeyedHash::new(&secret), hub })
        };
        let mut ready = Vec::with_capacity(recipes.len());
        for recipe in recipes {
            let owner = match &recipe.domain {
                None => recipe,
                Some(domain) => recipes.iter().find(|r| r.name == *domain).ok_or_else(|| {
                    TokenizeError::UnknownDomain { recipe: recipe.name.value.clone(), domain: domain.value.clone() }
                })?,
            };
            ready.push(Recipe {
                name: recipe.name.value.clone(),
                parts: recipe.parts.iter().map(|part| part.value.clone()).collect(),
                steps: steps(&recipe.name, owner)?,
            });
        }
        let active_org = steps("active_org", &RecipeSpec::new("active_org", &["active_org"], None))?;
        let ssn_near = steps("ssn_near", &RecipeSpec::new("ssn_near", &["ssn_near"], None))?;
        let references = if keyring.has_hub() { Some(keyring.wrap_references()?) } else { None };
        let names: Vec<String> = ready.iter().map(|recipe| recipe.name.clone()).collect();
        Ok(Self { recipes: ready, active_org, ssn_near, references, schema: schema::tokens(&names), checks })
    }

    /// The parts that the recipes need, each once, in order of first use: what standardising must derive.
    #[must_use]
    pub fn parts(&self) -> Vec<&str> {
        let mut out: Vec<&str> = Vec::new();
        for part in self.recipes.iter().flat_map(|recipe| &recipe.parts) {
            if !out.contains(&part.as_str()) {
                out.push(part);
            }
        }
        out
    }

    /// The columns of its tokens that seldom hold a value twice, so that neither a dictionary nor compression makes them smaller.
    #[must_use]
    pub fn hashed_columns(&self) -> Vec<String> {
        let names_one = |recipe: &&Recipe| recipe.parts.iter().any(|part| IDS.contains(&part.as_str()));
        let recipes = self.recipes.iter().filter(names_one).map(|recipe| recipe.name.as_str());
        ["identity_ref", "ssn_near"].into_iter().chain(recipes).map(str::to_owned).collect()
    }

    /// The schema of what it makes.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// Recipe name and check value of its send key, for the sender's file and for manifests. A hub whose values differ has
    /// another key, another definition or another version of the specification, and its tokens would never meet the sender's.
    #[must_use]
    pub fn check_values(&self) -> &[(String, String)] {
        &self.checks
    }

    /// Refuses a sender's file whose check values are not those of this tokenizer; both must name every recipe.
    pub fn expect(&self, sent: &[(String, String)]) -> Result<()> {
        for (label, found) in &self.checks {
            let expected = sent.iter().find(|(name, _)| name == label).map_or("none", |(_, value)| value);
            if expected != found {
                let (label, found) = (format!("`{label}` recipe"), found.clone());
                return Err(TokenizeError::WrongKey { label, found, expected: expected.to_owned() });
            }
        }
        Ok(())
    }

    /// The hub's tokens of a sender's file: every token and reference takes the hub's step. Row order stays.
    pub fn wrap(&self, sent: &RecordBatch) -> Result<RecordBatch> {
        let references = self.hub()?;
        let mut columns: Vec<ArrayRef> = Vec::with_capacity(self.schema.fields().len());
        for field in self.schema.fields() {
            let array = named(sent, field.name(), "sender's tokens")?;
            let recipe = self.recipes.iter().find(|recipe| recipe.name == *field.name());
            let key = match (field.name().as_str(), recipe) {
                (_, Some(recipe)) => recipe.steps.hub.as_ref(),
                ("identity_ref", _) => Some(references),
                ("active_org", _) => self.active_org.hub.as_ref(),
                ("ssn_near", _) => self.ssn_near.hub.as_ref(),
                _ => None,
            };
            columns.push(match key {
                None => cast(&array, field.data_type())?,
                Some(key) if *field.data_type() == DataType::Binary => wrapped_runs(field.name(), &array, key)?,
                Some(key) => Arc::new(wrapped(field.name(), &array, key)?),
            });
        }
        Ok(RecordBatch::try_new(self.schema(), columns)?)
    }

    /// A sender's references (`record_ref`, `identity_ref`) with the hub's step.
    pub fn wrap_references(&self, references: &ArrayRef) -> Result<FixedSizeBinaryArray> {
        wrapped("record_ref", references, self.hub()?)
    }

    pub(super) fn hub(&self) -> Result<&KeyedHash> {
        let missing = TokenizeError::MissingKey { kind: "hub", needed_for: "making the hub's tokens" };
        self.references.as_ref().ok_or(missing)
    }
}

fn wrapped(name: &str, array: &ArrayRef, key: &KeyedHash) -> Result<FixedSizeBinaryArray> {
    let tokens = array
        .as_fixed_size_binary_opt()
        .filter(|tokens| tokens.value_length() == REF_BYTES)
        .ok_or_else(|| wrong_type(name, array, "FixedSizeBinary(16)"))?;
    let mut out = Vec::with_capacity(tokens.len() * 16);
    for row in 0..tokens.len() {
        if tokens.is_null(row) {
            out.extend_from_slice(&[0; 16]);
        } else {
            out.extend_from_slice(&key.raw(tokens.value(row)));
        }
    }
    Ok(FixedSizeBinaryArray::try_new(REF_BYTES, Buffer::from_vec(out), tokens.nulls().cloned())?)
}

/// Runs of tokens one after another, each token with the hub's step.
fn wrapped_runs(name: &str, array: &ArrayRef, key: &KeyedHash) -> Result<ArrayRef> {
    let views: BinaryViewArray = cast(array, &DataType::BinaryView)?.as_binary_view().clone();
    let mut out = BinaryBuilder::with_capacity(views.len(), views.len() * 16 * near::NEIGHBOURS);
    let mut run = Vec::with_capacity(16 * near::NEIGHBOURS);
    for value in &views {
        let Some(value) = value else {
            out.append_null();
            continue;
        };
        let (tokens, rest) = value.as_chunks::<16>();
        if !rest.is_empty() {
            return Err(wrong_type(name, array, "runs of 16 bytes"));
        }
        run.clear();
        for token in tokens {
            run.extend_from_slice(&key.raw(token));
        }
        out.append_value(&run);
    }
    Ok(Arc::new(out.finish()))
}

/// The year of birth, for guards, where the birth date is valid.
pub(super) fn birth_year(identity: &RecordBatch) -> Result<Int32Array> {
    let array = named(identity, "birth_date", "identity records")?;
    let dates = array.as_primitive_opt::<Date32Type>().ok_or_else(|| wrong_type("birth_date", &array, "Date32"))?;
    let status = text(identity, "birth_date_status", "identity records")?;
    let year = |days: i32| Date32Type::to_naive_date_opt(days).map(|date| date.year());
    Ok(dates.iter().zip(&status).map(|(day, s)| day.filter(|_| s == Some("valid")).and_then(year)).collect())
}

pub(super) fn named(batch: &RecordBatch, name: &str, dataset: &'static str) -> Result<ArrayRef> {
    let missing = || TokenizeError::NoColumn { dataset, column: name.to_owned() };
    batch.column_by_name(name).cloned().ok_or_else(missing)
}

pub(super) fn text(batch: &RecordBatch, name: &str, dataset: &'static str) -> Result<StringViewArray> {
    Ok(cast(&named(batch, name, dataset)?, &DataType::Utf8View)?.as_string_view().clone())
}

fn wrong_type(column: &str, array: &ArrayRef, needed: &str) -> TokenizeError {
    TokenizeError::WrongType {
        column: column.to_owned(),
        found: array.data_type().to_string(),
        needed: needed.to_owned(),
    }
}
