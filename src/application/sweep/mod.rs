//! The sweep: one pass over what is due at an instant. Access decisions, explanations and lists are right without it;
//! it records what time alone brought about, so that lists stay cheap, places in line move on, and history says when.
//!
//! `as_of` only selects: each person is evaluated and recorded at the clock's now, in a transaction of his own under his
//! guard row, so that two sweepers do nothing twice and one person who cannot be evaluated delays nobody. A dry run
//! evaluates at `as_of` itself, past or future, and keeps nothing.
//!
//! Before anything else the circuit breaker counts the absences that are about to take access away; without a sweep there
//! is none.

mod absence_holds;
mod breaker;
mod due;
mod person;
mod read;
mod run;

pub use absence_holds::{
    AbsenceHoldShown, NewBatchApproval, absence_hold, approve_batch, batch_approvals,
    decide_absence_hold, list_absence_holds, open_absence_hold,
};
pub use read::{sweep, sweeps};
pub use run::{LARGEST_SWEEP, SweepAsked};
