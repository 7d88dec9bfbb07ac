//! The rules of HMIS end-user licenses: pure functions over dated facts, versioned policy and an injected `now`.

pub mod calendar;
pub mod ids;
pub mod policy;
