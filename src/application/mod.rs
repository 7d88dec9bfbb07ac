//! Use cases and the ports they need.

pub mod actor;
pub mod ports;
