//! Research ids: a person's id within one project, made under the project's own key, so that two projects' files cannot be joined.

use std::sync::Arc;

use arrow::array::{Array, StringBuilder};
use arrow::datatypes::DataType;
use datafusion::common::cast::as_string_view_array;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};

use crate::foundation::KeyedHash;

/// The function's name in SQL.
pub const NAME: &str = "research_id";
/// Crockford's base 32, as in person ids.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// `research_id(person_id)`: `R` and 16 characters of the keyed hash of a person id; null for null.
pub struct ResearchId {
    key: KeyedHash,
    key_id: String,
    signature: Signature,
}

impl std::fmt::Debug for ResearchId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(NAME)
    }
}

impl PartialEq for ResearchId {
    fn eq(&self, other: &Self) -> bool {
        self.key_id == other.key_id
    }
}

impl Eq for ResearchId {}

impl std::hash::Hash for ResearchId {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.key_id.hash(state);
    }
}

/// The function under one project's key; `key_id` tells two keys apart and reveals neither.
#[must_use]
pub fn function(key: KeyedHash, key_id: String) -> ScalarUDF {
    let signature = Signature::exact(vec![DataType::Utf8View], Volatility::Immutable);
    ScalarUDF::new_from_impl(ResearchId { key, key_id, signature })
}

/// One person's id under a project's key.
#[must_use]
pub fn research_id(key: &KeyedHash, person_id: &str) -> String {
    let hash = key.parts(&[b"research_id", person_id.as_bytes()]);
    let bits = hash[..10].iter().fold(0_u128, |bits, byte| bits << 8 | u128::from(*byte));
    let digit = |place: u32| char::from(ALPHABET[usize::try_from(bits >> (5 * place) & 31).unwrap_or(0)]);
    std::iter::once('R').chain((0..16).rev().map(digit)).collect()
}

impl ScalarUDFImpl for ResearchId {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType, DataFusionError> {
        Ok(DataType::Utf8)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue, DataFusionError> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let persons = as_string_view_array(&arrays[0])?;
        let mut out = StringBuilder::with_capacity(persons.len(), persons.len() * 17);
        for person in persons {
            out.append_option(person.map(|p| research_id(&self.key, p)));
        }
        Ok(ColumnarValue::Array(Arc::new(out.finish())))
    }
}
