//! Thin loops over the application.

pub mod housekeeping;
pub mod outbox;
pub mod reindex;
pub mod sweep;
