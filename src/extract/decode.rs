//! Decoding: the bytes of a file in its declared encoding become UTF-8, and what is not of that encoding is noticed.

use std::io;

use encoding_rs::{CoderResult, Decoder, UTF_16BE, UTF_16LE, WINDOWS_1252};
use memchr::memchr_iter;
use memchr::memmem;

use crate::extract::error::FileError;
use crate::extract::spec::Encoding;

/// What the splitter may read past the end of a chunk's text: zeros.
pub(crate) const PADDING: usize = 16;

/// How much is taken of a piece at once, so that a file given in one piece still becomes many chunks.
const MOST_AT_ONCE: usize = 1 << 20;

const REPLACEMENT: &[u8] = "\u{fffd}".as_bytes();

/// The rule that a record breaks which holds bytes that are not of the file's encoding.
pub const ROW_ENCODING: &str = "ROW-ENCODING";

/// A chunk's text, and what in it wants a closer look record by record.
pub(crate) struct Decoded {
    /// UTF-8 wherever `foreign` is false, followed by [`PADDING`] zeros.
    pub(crate) bytes: Vec<u8>,
    /// How many of the bytes are text.
    pub(crate) length: usize,
    /// Every byte is ASCII, so that bytes and characters are the same.
    pub(crate) ascii: bool,
    /// Some bytes are not of the encoding.
    pub(crate) foreign: bool,
    /// Some bytes are NUL.
    pub(crate) nul: bool,
    /// For one-byte encodings with bytes above ASCII: whether these would all read as UTF-8.
    pub(crate) reads_as_utf8: Option<bool>,
}

/// Decodes a chunk; its lines are whole, so no character is cut.
pub(crate) fn decode(raw: Vec<u8>, encoding: Encoding) -> Decoded {
    let nul = memchr::memchr(0, &raw).is_some();
    let ascii = raw.is_ascii();
    let (mut reads_as_utf8, mut foreign) = (None, false);
    let mut bytes = raw;
    if !ascii {
        if matches!(encoding, Encoding::Windows1252 | Encoding::Iso8859_1) {
            reads_as_utf8 = Some(std::str::from_utf8(&bytes).is_ok());
            bytes = one_byte(&bytes, encoding).into_bytes();
        }
        foreign = is_foreign(&bytes, encoding);
    }
    let length = bytes.len();
    bytes.resize(length + PADDING, 0);
    Decoded { bytes, length, ascii, foreign, nul, reads_as_utf8 }
}

fn one_byte(raw: &[u8], encoding: Encoding) -> String {
    if encoding == Encoding::Windows1252 {
        WINDOWS_1252.decode_without_bom_handling(raw).0.into_owned()
    } else {
        encoding_rs::mem::decode_latin1(raw).into_owned()
    }
}

/// Where UTF-8 text holds one of the control characters 80 to 9F: what a one-byte encoding has in the places it leaves empty.
fn control(text: &[u8]) -> Option<usize> {
    memchr_iter(0xC2, text).find(|at| text.get(at + 1).is_some_and(|next| (0x80..0xA0).contains(next)))
}

/// Whether decoded text holds what is not of the encoding.
pub(crate) fn is_foreign(text: &[u8], encoding: Encoding) -> bool {
    foreign_at(text, encoding).is_some()
}

/// Where decoded text first holds what is not of the encoding, in bytes.
fn foreign_at(text: &[u8], encoding: Encoding) -> Option<usize> {
    match encoding {
        Encoding::Utf8 => std::str::from_utf8(text).err().map(|error| error.valid_up_to()),
        Encoding::Ascii => text.iter().position(|byte| !byte.is_ascii()),
        // The stream was transcoded before it was cut into chunks.
        Encoding::Utf16Le | Encoding::Utf16Be => memmem::find(text, REPLACEMENT),
        Encoding::Windows1252 | Encoding::Iso8859_1 => control(text),
    }
}

/// The position in characters, from 1, at which decoded text first holds what is not of the encoding.
pub(crate) fn foreign_column(text: &[u8], encoding: Encoding) -> Option<u64> {
    let before = &text[..foreign_at(text, encoding)?];
    Some(1 + String::from_utf8_lossy(before).chars().count() as u64)
}

/// Why a record that holds what is not of the encoding is set aside; `None` where it holds nothing of the kind.
pub(crate) fn foreign_reason(record: &[u8], encoding: Encoding) -> Option<String> {
    let column = foreign_column(record, encoding)?;
    Some(format!("the record holds bytes that are not {}, the first at character {column}", encoding.name()))
}

/// The pieces of a file: without their byte order mark, and in UTF-8 where the file is UTF-16.
pub(crate) struct Pieces<I> {
    input: I,
    decoder: Option<Decoder>,
    ended: bool,
    /// The piece in hand, and how much of it was taken.
    piece: Vec<u8>,
    taken: usize,
    /// Bytes of the file as it lies, read so far.
    pub(crate) bytes: u64,
}

impl<I: Iterator<Item = io::Result<Vec<u8>>>> Pieces<I> {
    /// Opens a file: looks at its byte order mark and refuses what contradicts the declared encoding.
    pub(crate) fn open(mut input: I, encoding: Encoding) -> Result<Self, FileError> {
        let mut opening = Vec::new();
        let mut bytes = 0;
        while opening.len() < 4 {
            let Some(piece) = input.next() else { break };
            let piece = piece.map_err(FileError::Read)?;
            bytes += piece.len() as u64;
            if opening.is_empty() { opening = piece } else { opening.extend_from_slice(&piece) }
        }
        let wrong_at = |column, sign, next: &str| FileError::Encoding {
            at: Some((1, column)),
            declared: encoding.name(),
            sign,
            next: next.to_owned(),
        };
        let wrong = |sign, next| wrong_at(1, sign, next);
        let every_other = "every other byte is NUL, as in UTF-16";
        let mark = match (&opening[..], encoding) {
            ([0xEF, 0xBB, 0xBF, ..], Encoding::Utf8 | Encoding::Ascii) => 3,
            ([0xFF, 0xFE, ..], Encoding::Utf16Le) | ([0xFE, 0xFF, ..], Encoding::Utf16Be) => 2,
            ([0xEF, 0xBB, 0xBF, ..], _) => {
                return Err(wrong(
                    "it begins with the byte order mark of UTF-8",
                    "set `encoding: utf-8` in the contract",
                ));
            }
            ([0xFF, 0xFE, ..], _) => {
                return Err(wrong(
                    "it begins with the byte order mark of UTF-16",
                    "set `encoding: utf-16le` in the contract",
                ));
            }
            ([0xFE, 0xFF, ..], _) => {
                return Err(wrong(
                    "it begins with the byte order mark of UTF-16",
                    "set `encoding: utf-16be` in the contract",
                ));
            }
            (_, Encoding::Utf16Le | Encoding::Utf16Be) => 0,
            ([1..=255, 0, 1..=255, 0, ..], _) => {
                return Err(wrong_at(2, every_other, "set `encoding: utf-16le` in the contract"));
            }
            ([0, 1..=255, 0, 1..=255, ..], _) => {
                return Err(wrong_at(1, every_other, "set `encoding: utf-16be` in the contract"));
            }
            _ => 0,
        };
        let decoder = match encoding {
            Encoding::Utf16Le => Some(UTF_16LE.new_decoder_without_bom_handling()),
            Encoding::Utf16Be => Some(UTF_16BE.new_decoder_without_bom_handling()),
            _ => None,
        };
        Ok(Self { input, decoder, ended: false, piece: opening, taken: mark, bytes })
    }

    /// Appends more of the file; false once it has ended.
    pub(crate) fn append_to(&mut self, text: &mut Vec<u8>) -> Result<bool, FileError> {
        if self.ended {
            return Ok(false);
        }
        if self.taken == self.piece.len() {
            let next = self.input.next().transpose().map_err(FileError::Read)?;
            self.ended = next.is_none();
            self.piece = next.unwrap_or_default();
            self.bytes += self.piece.len() as u64;
            self.taken = 0;
        }
        let end = self.piece.len().min(self.taken + MOST_AT_ONCE);
        let part = &self.piece[self.taken..end];
        self.taken = end;
        match &mut self.decoder {
            None => text.extend_from_slice(part),
            Some(decoder) => transcode(decoder, part, self.ended, text),
        }
        Ok(!self.ended)
    }
}

fn transcode(decoder: &mut Decoder, mut piece: &[u8], last: bool, text: &mut Vec<u8>) {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let (result, read, written, _) = decoder.decode_to_utf8(piece, &mut buffer, last);
        text.extend_from_slice(&buffer[..written]);
        piece = &piece[read..];
        if result == CoderResult::InputEmpty {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(raw: &[u8], encoding: Encoding) -> (String, bool) {
        let decoded = decode(raw.to_vec(), encoding);
        assert_eq!(decoded.bytes.len(), decoded.length + PADDING);
        (String::from_utf8_lossy(&decoded.bytes[..decoded.length]).into_owned(), decoded.foreign)
    }

    #[test]
    fn one_byte_encodings_are_decoded_and_their_empty_places_noticed() {
        assert_eq!(text(b"Jos\xe9 \x80", Encoding::Windows1252), ("José €".to_owned(), false));
        assert_eq!(text(b"Jos\xe9", Encoding::Iso8859_1), ("José".to_owned(), false));
        assert!(text(b"\x81", Encoding::Windows1252).1);
        assert!(text(b"\x80", Encoding::Iso8859_1).1);
        assert!(text(b"\xe9", Encoding::Ascii).1);
        assert!(text(b"\xe9", Encoding::Utf8).1);
    }

    #[test]
    fn utf_8_declared_as_a_one_byte_encoding_is_noticed() {
        let reads = |raw: &[u8]| decode(raw.to_vec(), Encoding::Windows1252).reads_as_utf8;
        assert_eq!(reads("José".as_bytes()), Some(true));
        assert_eq!(reads(b"Jos\xe9"), Some(false));
        assert_eq!(reads(b"Jose"), None);
    }

    #[test]
    fn utf_16_is_read_in_pieces_of_any_size() {
        let raw: Vec<u8> = "\u{feff}a,é\n𝄞".encode_utf16().flat_map(u16::to_le_bytes).collect();
        for size in 1..raw.len() {
            let input = raw.chunks(size).map(|piece| Ok(piece.to_vec()));
            let mut pieces = Pieces::open(input, Encoding::Utf16Le).unwrap();
            let mut text = Vec::new();
            while pieces.append_to(&mut text).unwrap() {}
            assert_eq!(String::from_utf8(text).unwrap(), "a,é\n𝄞");
            assert_eq!(pieces.bytes, raw.len() as u64);
        }
    }
}
