//! Text values as views: trimmed, walked, and the bits that say which rows have one.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, ByteView, StringViewArray};
use arrow::buffer::{BooleanBuffer, Buffer, NullBuffer, ScalarBuffer};
use arrow::error::ArrowError;

/// The longest value that stands in its view itself.
pub(crate) const INLINE: usize = 12;

/// The view of a value of at most [`INLINE`] bytes.
pub(crate) fn inline(value: &[u8]) -> u128 {
    let mut bytes = [0; 16];
    let length = value.len().min(INLINE);
    bytes[4..4 + length].copy_from_slice(&value[..length]);
    u128::from_le_bytes(bytes) | length as u128
}

/// The length of a view's value in bytes.
#[inline]
#[allow(clippy::cast_possible_truncation)] // the low half of a view's first word is its length
pub(crate) const fn length(view: u128) -> usize {
    view as u32 as usize
}

/// The bytes of a view's value.
#[inline]
pub(crate) fn bytes<'a>(view: u128, inlined: &'a mut [u8; 16], buffers: &'a [Buffer]) -> &'a [u8] {
    let length = length(view);
    if length <= INLINE {
        *inlined = view.to_le_bytes();
        &inlined[4..4 + length]
    } else {
        let place = ByteView::from(view);
        let start = place.offset as usize;
        buffers
            .get(place.buffer_index as usize)
            .and_then(|buffer| buffer.get(start..start + length))
            .unwrap_or_default()
    }
}

/// A view without the ASCII blanks around its value.
#[inline]
fn trimmed(view: u128, buffers: &[Buffer]) -> u128 {
    let mut inlined = [0; 16];
    let value = bytes(view, &mut inlined, buffers);
    let (Some(first), Some(last)) = (value.first(), value.last()) else { return view };
    if !first.is_ascii_whitespace() && !last.is_ascii_whitespace() {
        return view;
    }
    let lead = value.len() - value.trim_ascii_start().len();
    let value = value.trim_ascii();
    if value.len() <= INLINE {
        return inline(value);
    }
    let place = ByteView::from(view);
    let prefix = u32::from_le_bytes([value[0], value[1], value[2], value[3]]);
    // Lengths and leads of values of one view fit a u32 as the view's own length does.
    let shorter = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    ByteView { length: shorter(value.len()), prefix, offset: place.offset + shorter(lead), ..place }.as_u128()
}

/// Walks an array: each row's number, its trimmed view and the bytes of that. A null is an empty value.
#[inline]
pub(crate) fn each(array: &StringViewArray, mut visit: impl FnMut(usize, u128, &[u8])) {
    let buffers = array.data_buffers();
    let mut inlined = [0; 16];
    for (row, view) in array.views().iter().enumerate() {
        let view = if array.is_null(row) { 0 } else { trimmed(*view, buffers) };
        visit(row, view, bytes(view, &mut inlined, buffers));
    }
}

/// Which rows have a value.
pub(crate) struct Valid {
    words: Vec<u64>,
    rows: usize,
    nulls: usize,
}

impl Valid {
    pub(crate) fn all(rows: usize) -> Self {
        Self { words: vec![u64::MAX; rows.div_ceil(64)], rows, nulls: 0 }
    }

    /// Takes a row's value away.
    #[inline]
    pub(crate) fn clear(&mut self, row: usize) {
        let (word, bit) = (&mut self.words[row / 64], 1 << (row % 64));
        self.nulls += usize::from(*word & bit != 0);
        *word &= !bit;
    }

    pub(crate) fn finish(self) -> Option<NullBuffer> {
        (self.nulls > 0).then(|| NullBuffer::new(BooleanBuffer::new(Buffer::from_vec(self.words), 0, self.rows)))
    }
}

/// An array with further rows taken away; its values are shared.
pub(crate) fn without(array: &ArrayRef, rows: &[u32]) -> Result<ArrayRef, ArrowError> {
    if rows.is_empty() {
        return Ok(Arc::clone(array));
    }
    let mut kept = Valid::all(array.len());
    for row in rows {
        kept.clear(*row as usize);
    }
    let kept = kept.finish().map_or_else(|| BooleanBuffer::new_set(array.len()), |nulls| nulls.inner().clone());
    arrow::compute::nullif(array, &BooleanArray::new(!&kept, None))
}

/// A text column of trimmed values: the sent array itself where nothing had to be trimmed.
pub(crate) fn text(sent: &StringViewArray, views: Option<Vec<u128>>, valid: Valid) -> Result<ArrayRef, ArrowError> {
    let nulls = valid.finish();
    match (views, nulls) {
        (Some(views), nulls) => {
            Ok(Arc::new(StringViewArray::try_new(ScalarBuffer::from(views), sent.data_buffers().to_vec(), nulls)?))
        }
        (None, None) => Ok(Arc::new(sent.clone())),
        (None, Some(nulls)) => arrow::compute::nullif(sent, &BooleanArray::new(!nulls.inner(), None)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_trimmed_wherever_they_stand() {
        let long = "  a value of more than twelve bytes\t";
        let array = StringViewArray::from(vec![
            Some(" a "),
            Some("b"),
            Some(""),
            Some("   "),
            None,
            Some(long),
            Some("             short"),
        ]);
        let mut seen = Vec::new();
        let mut views = Vec::new();
        each(&array, |row, view, bytes| {
            seen.push((row, String::from_utf8(bytes.to_vec()).unwrap()));
            views.push(view);
        });
        let wanted = ["a", "b", "", "", "", long.trim(), "short"];
        assert_eq!(seen, wanted.iter().map(ToString::to_string).enumerate().collect::<Vec<_>>());
        // The trimmed views are sound: arrow takes them as they are.
        let built = text(&array, Some(views), Valid::all(7)).unwrap();
        assert_eq!(built.as_ref(), &StringViewArray::from(wanted.to_vec()) as &dyn Array);
    }

    #[test]
    fn rows_are_taken_away() {
        let array: ArrayRef = Arc::new(StringViewArray::from((0..130).map(|n| n.to_string()).collect::<Vec<_>>()));
        let less = without(&array, &[0, 64, 64, 129]).unwrap();
        let gone: Vec<_> = (0..130).filter(|row| less.is_null(*row)).collect();
        assert_eq!(gone, [0, 64, 129]);
        assert_eq!(without(&array, &[]).unwrap().null_count(), 0);
    }
}
