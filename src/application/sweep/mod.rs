//! The sweep: one pass over what is due at an instant. Access decisions, explanations and lists are right without it;
//! it records what time alone brought about, so that lists stay cheap, places in line move on, and history says when.
//!
//! `as_of` only selects: each person is evaluated and recorded at the clock's now, in a transaction of his own under his
//! guard row, so that two sweepers do nothing twice and one person who cannot be evaluated delays nobody. A dry run
//! evaluates at `as_of` itself, past or future, and keeps nothing.

mod read;
mod run;

pub use read::{sweep, sweeps};
pub use run::{LARGEST_SWEEP, SweepAsked};
