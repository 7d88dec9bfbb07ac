//! Thin loops over the application.

pub mod housekeeping;
