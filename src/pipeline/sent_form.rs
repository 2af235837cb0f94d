//! The form of a tokenised file, on which agency and hub agree: its columns, and a footer that says by which recipes and key it was made.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use crate::foundation::{Fingerprint, schema};
use crate::pipeline::error::PipelineError;
use crate::pipeline::spec::{ContractDocument, LinkageDocument};
use crate::pipeline::tables::{IDENTITY_REF, RECORD_REF, travelling};
use crate::standardize::SPEC_VERSION;
use crate::tokenize::Tokenizer;

/// The key of the check values in the file's footer.
pub const CHECKS: &str = "throughline.tokens";

/// The columns of a tokenised file: what travels, the line, both references, and the tokens of the row's identity record.
#[must_use]
pub fn sent_schema(contract: &ContractDocument, recipes: &[String]) -> SchemaRef {
    let mut fields = travelling(contract);
    fields.push(Field::new("line", DataType::Int64, false));
    fields.push(Field::new(RECORD_REF, DataType::FixedSizeBinary(schema::REF_BYTES), false));
    // A row's own count is 1; the hub counts the rows of an identity record that still stand.
    let of_tokens = schema::tokens(recipes);
    fields.extend(
        of_tokens
            .fields()
            .iter()
            .filter(|f| f.name() != "row_count")
            .map(|f| f.as_ref().clone().with_name(sent_name(f.name()))),
    );
    Arc::new(Schema::new(fields))
}

/// The name of a token's column in a tokenised file, kept apart from the columns that travel in clear, such as `sex`.
#[must_use]
pub fn sent_name(token: &str) -> String {
    if token == IDENTITY_REF { token.to_owned() } else { format!("token_{token}") }
}

/// The names of a linkage document's tokens.
#[must_use]
pub fn recipe_names(linkage: &LinkageDocument) -> Vec<String> {
    linkage.tokens.iter().map(|r| r.name.value.clone()).collect()
}

/// A column by its name.
pub fn column<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a ArrayRef, PipelineError> {
    batch.column_by_name(name).ok_or_else(|| PipelineError::Bug(format!("tokens without `{name}`")))
}

/// All recipes as one text: hub and sender must agree on it.
fn recipe_definitions(linkage: &LinkageDocument) -> String {
    linkage.tokens.iter().map(crate::tokenize::RecipeSpec::definition).collect()
}

/// What stands in the file's footer: whose rows, and under which specification, recipes and key.
#[must_use]
pub fn footer(contract: &str, linkage: &LinkageDocument, tokenizer: &Tokenizer) -> (String, String) {
    let said = serde_json::json!({
        "contract": contract, "standardization": SPEC_VERSION, "checks": tokenizer.check_values(),
        "definition": Fingerprint::of(recipe_definitions(linkage).as_bytes()).as_str(),
    });
    (CHECKS.to_owned(), said.to_string())
}

/// Whether a file that an agency tokenised was made for this contract, under the key and the recipes of this run.
pub fn expect(
    footer: Option<&str>,
    contract: &str,
    linkage: &LinkageDocument,
    tokenizer: &Tokenizer,
) -> Result<(), PipelineError> {
    let refuse =
        |reason: &str| PipelineError::Key(format!("a tokenised file of `{contract}` cannot be taken: {reason}"));
    let footer = footer.ok_or_else(|| refuse("it was not made by `throughline tokenize`"))?;
    let said: serde_json::Value = serde_json::from_str(footer).map_err(|_| refuse("its footer is damaged"))?;
    let text = |name: &str| said.get(name).and_then(|v| v.as_str()).unwrap_or_default().to_owned();
    if text("contract") != contract {
        return Err(refuse(&format!("it was made for the contract `{}`", text("contract"))));
    }
    if text("definition") != Fingerprint::of(recipe_definitions(linkage).as_bytes()).as_str() {
        return Err(refuse("its tokens follow other recipes; give the agency the linkage document of this run"));
    }
    let checks: Vec<(String, String)> =
        serde_json::from_value(said.get("checks").cloned().unwrap_or_default()).unwrap_or_default();
    tokenizer.expect(&checks).map_err(|e| refuse(&e.to_string()))
}
