//! License management for Homeless Management Information Systems.
//!
//! # The layering rule
//!
//! `domain <- application <- {persistence, http, mail, jobs}`; [`bootstrap`] alone sees all.
//!
//! * `domain` is pure: no I/O, no clock. It knows std, chrono, chrono-tz, uuid, thiserror, and serde only
//!   for the policy document and the payloads of facts.
//! * `application` holds the use cases and the ports they need.
//! * only `persistence` names diesel, only `http` names actix and utoipa, only `mail` names lettre, and
//!   `persistence`, `http`, `mail` and `jobs` never name each other.
//!
//! `tests/it/layering.rs` scans the sources and fails on a breach.

pub mod application;
pub mod bootstrap;
pub mod config;
pub mod domain;
pub mod http;
pub mod jobs;
pub mod mail;
pub mod persistence;
