//! Logins: where they come from, what each one meant, and those that nothing allowed.

mod batch;
mod judge;
mod read;
mod record;
mod sources;

pub use batch::{Batch, BatchOutcome, Line, LineOutcome, LineProblem, LineResult};
pub use read::{
    SignalClosing, access_signal, access_signals, close_access_signal, login_event, login_events,
};
pub use record::{
    LicenseAfter, LoginRecorded, NamedPerson, NewLogin, ReportedLogin, record_login, record_logins,
};
pub use sources::{
    NewHeartbeat, NewSource, ServiceChange, SourceShown, change_service, create_source, heartbeat,
    source, sources,
};

use crate::domain::calendar::Instant;
use chrono::TimeDelta;

/// How far ahead of the service's clock a source's may be.
pub const SKEW: TimeDelta = TimeDelta::minutes(5);

/// Whether an instant lies further ahead than clocks may differ.
#[must_use]
pub fn is_ahead(at: Instant, now: Instant) -> bool {
    at > now + SKEW
}
