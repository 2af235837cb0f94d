//! The words everyone uses: elements of identity, zones and sensitivities, ids, fingerprints, diagnostics, secrets.
//!
//! The foundation imports nothing of the project; every other room may import it.

pub mod clock;
pub mod column_type;
pub mod diagnostic;
pub mod element;
pub mod fingerprint;
pub mod interned;
pub mod keyed;
pub mod lists;
pub mod located;
pub mod parts;
pub mod quoted;
pub mod record;
pub mod schema;
pub mod secret;
pub mod zone;

pub use column_type::ColumnType;
pub use diagnostic::{Diagnostic, Diagnostics, Severity, did_you_mean};
pub use element::Element;
pub use fingerprint::{Fingerprint, Fingerprinter};
pub use keyed::KeyedHash;
pub use located::Located;
pub use parts::PartGroup;
pub use quoted::{csv_field, sql_name, sql_text};
pub use record::{OnFail, Quarantined, SourceBatch, Violation};
pub use secret::Secret;
pub use zone::{Sensitivity, Zone};
