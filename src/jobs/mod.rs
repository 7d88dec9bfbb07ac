//! Thin loops over the application.

pub mod housekeeping;
pub mod reindex;
