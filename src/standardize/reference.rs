//! References: keyed hashes that name a record or an identity and survive redelivery.

use std::io::Write as _;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, FixedSizeBinaryArray, StringViewArray};
use arrow::buffer::Buffer;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Date32Type, Int64Type};
use arrow::record_batch::RecordBatch;

use crate::foundation::KeyedHash;
use crate::foundation::keyed::Hash16;
use crate::foundation::schema::REF_BYTES;
use crate::standardize::error::{Result, StandardizeError};

/// The key or keys of references. With two, a reference is the second hash of the first, so that a sender who holds
/// only the first makes references which, wrapped by the hub, equal the hub's own.
#[derive(Clone, Debug)]
pub struct RefKey {
    first: KeyedHash,
    second: Option<KeyedHash>,
}

impl RefKey {
    /// Both steps, or the sender's step alone.
    #[must_use]
    pub const fn new(first: KeyedHash, second: Option<KeyedHash>) -> Self {
        Self { first, second }
    }

    /// The reference of bytes that are already unambiguous.
    pub(crate) fn hash(&self, bytes: &[u8]) -> Hash16 {
        let hash = self.first.raw(bytes);
        self.second.as_ref().map_or(hash, |second| second.raw(&hash))
    }
}

impl From<KeyedHash> for RefKey {
    fn from(key: KeyedHash) -> Self {
        Self::new(key, None)
    }
}

/// Adds one part with its length; a part that is not there is marked apart from one that is empty.
pub(crate) fn put(buffer: &mut Vec<u8>, part: Option<&[u8]>) {
    match part {
        None => buffer.extend_from_slice(&u32::MAX.to_be_bytes()),
        Some(part) => {
            buffer.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX - 1).to_be_bytes());
            buffer.extend_from_slice(part);
        }
    }
}

/// A column whose values can be put into a key.
pub(crate) enum KeyColumn {
    Text(StringViewArray),
    Number(ArrayRef),
    Day(ArrayRef),
}

impl KeyColumn {
    /// Dates and whole numbers as they are, everything else as text.
    pub(crate) fn new(array: &ArrayRef) -> Result<Self> {
        Ok(match array.data_type() {
            DataType::Int64 => Self::Number(Arc::clone(array)),
            DataType::Date32 => Self::Day(Arc::clone(array)),
            _ => Self::Text(text(array)?),
        })
    }

    /// Adds the value of one row.
    pub(crate) fn put(&self, row: usize, buffer: &mut Vec<u8>) {
        let mut number = |is_null: bool, value: i64| {
            let mut digits = [0; 20];
            let mut rest = &mut digits[..];
            // Twenty bytes hold every 64-bit number.
            let _ = write!(rest, "{value}");
            let left = rest.len();
            put(buffer, (!is_null).then_some(&digits[..20 - left]));
        };
        match self {
            Self::Text(array) => put(buffer, array.is_valid(row).then(|| array.value(row).as_bytes())),
            Self::Number(array) => number(array.is_null(row), array.as_primitive::<Int64Type>().value(row)),
            Self::Day(array) => number(array.is_null(row), i64::from(array.as_primitive::<Date32Type>().value(row))),
        }
    }
}

/// Any column as text views.
pub(crate) fn text(array: &ArrayRef) -> Result<StringViewArray> {
    if let Some(views) = array.as_string_view_opt() {
        return Ok(views.clone());
    }
    Ok(cast(array, &DataType::Utf8View)?.as_string_view().clone())
}

/// The column at an index.
pub(crate) fn column<'a>(batch: &'a RecordBatch, index: usize, element: &str) -> Result<&'a ArrayRef> {
    batch.columns().get(index).ok_or_else(|| StandardizeError::NoSuchColumn {
        element: element.to_owned(),
        column: index,
        columns: batch.num_columns(),
    })
}

/// One array of references from their bytes.
pub(crate) fn array(bytes: Vec<u8>) -> Result<FixedSizeBinaryArray> {
    Ok(FixedSizeBinaryArray::try_new(REF_BYTES, Buffer::from_vec(bytes), None)?)
}

/// `record_ref` of each row: the keyed hash of the source and the values of its natural key, as the contract types them.
pub fn record_refs(key: &RefKey, source: &str, batch: &RecordBatch, grain: &[usize]) -> Result<FixedSizeBinaryArray> {
    let columns =
        grain.iter().map(|index| KeyColumn::new(column(batch, *index, "record_ref")?)).collect::<Result<Vec<_>>>()?;
    let mut buffer = Vec::with_capacity(128);
    put(&mut buffer, Some(b"record"));
    put(&mut buffer, Some(source.as_bytes()));
    let start = buffer.len();
    let mut out = Vec::with_capacity(batch.num_rows() * 16);
    for row in 0..batch.num_rows() {
        buffer.truncate(start);
        for column in &columns {
            column.put(row, &mut buffer);
        }
        out.extend_from_slice(&key.hash(&buffer));
    }
    array(out)
}

#[cfg(test)]
mod tests {
    use arrow::array::{Date32Array, Int64Array, StringArray};

    use super::*;
    use crate::foundation::Secret;

    fn key(byte: u8) -> KeyedHash {
        KeyedHash::new(&Secret::new(vec![byte; 32]))
    }

    #[test]
    fn a_record_keeps_its_reference_and_null_is_not_empty() {
        let batch = RecordBatch::try_from_iter([
            ("id", Arc::new(StringArray::from(vec![Some("A"), Some("A"), Some(""), None])) as ArrayRef),
            ("year", Arc::new(Int64Array::from(vec![2020, 2020, 2020, 2020]))),
            ("day", Arc::new(Date32Array::from(vec![1, 1, 1, 1]))),
        ])
        .unwrap();
        let refs = record_refs(&key(1).into(), "s", &batch, &[0, 1, 2]).unwrap();
        assert_eq!(refs.value(0), refs.value(1));
        assert_ne!(refs.value(2), refs.value(3));
        let other = record_refs(&key(1).into(), "t", &batch, &[0, 1, 2]).unwrap();
        assert_ne!(refs.value(0), other.value(0));
        assert!(record_refs(&key(1).into(), "s", &batch, &[7]).is_err());
    }

    #[test]
    fn a_sender_s_reference_wrapped_is_the_hub_s_own() {
        let batch = RecordBatch::try_from_iter([("id", Arc::new(StringArray::from(vec!["A"])) as ArrayRef)]).unwrap();
        let sent = record_refs(&RefKey::new(key(1), None), "s", &batch, &[0]).unwrap();
        let own = record_refs(&RefKey::new(key(1), Some(key(2))), "s", &batch, &[0]).unwrap();
        assert_eq!(key(2).raw(sent.value(0)), own.value(0));
    }
}
