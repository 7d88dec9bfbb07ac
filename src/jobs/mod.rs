//! Thin loops over the application.

pub mod reindex;
