//! Tokenising: keyed hashes of identity, under two keys.
//!
//! An agency holds the send key and may tokenise on its side; the hub holds both. `token = HMAC(K_hub, HMAC(K_send, parts))`: a clear
//! record takes both steps at the hub, a sent token takes the hub's step there, and both come out the same. Each recipe has its own
//! pair of keys, derived from its definition and the version of the standardisation specification.
//!
//! [`check`] judges recipes; [`Keyring`] opens keys and derives from them; a [`Tokenizer`] holds keys by recipe and wraps what a sender
//! made; a [`Maker`] makes tokens, batch after batch.

mod cache;
#[cfg(test)]
mod each;
mod error;
mod key;
mod keyring;
mod maker;
mod near;
mod spec;
#[cfg(test)]
mod tests;
mod token;

pub use error::TokenizeError;
pub use key::{Key, KeyKind, new_key_file};
pub use keyring::Keyring;
pub use maker::Maker;
pub use near::NEIGHBOURS;
pub use spec::{KeysSpec, RecipeSpec, check};
pub use token::Tokenizer;
