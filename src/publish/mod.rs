//! Publishing: a release is staged, verified, and appears whole; then one pointer moves. One run at a time holds the lock.

pub mod error;
pub mod lock;
pub mod manifest;
pub mod pointer;
pub mod staging;

pub use error::PublishError;
pub use lock::Lock;
pub use manifest::{DeliveryEntry, FileEntry, Manifest};
pub use pointer::Pointer;
pub use staging::{Published, Staging};
