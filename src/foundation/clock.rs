//! The clock: the only place that reads the time of day. Only the run record and the register of deliveries may hold what it says.

use chrono::{SecondsFormat, Utc};

/// The present moment in UTC, as `2026-11-22T14:05:09Z`.
#[must_use]
pub fn now() -> String {
    Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// Today's date in UTC, as `2026-11-22`.
#[must_use]
pub fn today() -> String {
    Utc::now().date_naive().to_string()
}
