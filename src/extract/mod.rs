//! Files as agencies send them become batches of records: decoded, split, with their line numbers, not yet judged.
//!
//! One pass, in bounded memory. A sequential scan finds where records end ([`chunk`]), chunks are decoded and split side by side
//! ([`decode`], [`delimited`], [`fixed_width`]), and what was made of them is handed on in the order of the file ([`order`]).
//! [`text::read`] joins them. What a line break is, and where a record ends, is decided by the parity of quotes alone, so the
//! same file gives the same records whatever the size of the chunks and the number of threads.

mod chunk;
mod columns;
mod decode;
mod delimited;
pub mod error;
mod fixed_width;
pub mod headers;
mod order;
pub mod spec;
pub mod text;
pub mod workbook;

pub use columns::{RawRecords, TextBatch};
pub use decode::ROW_ENCODING;
pub use error::{FileError, HeaderProblem, ReadError};
pub use headers::ExpectedColumn;
pub use spec::Format;
pub use text::{FileSummary, ReadOptions, read};
pub use workbook::{SheetBatch, Workbook};

#[cfg(test)]
mod tests;
