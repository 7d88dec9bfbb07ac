//! Use cases and the ports they need.

pub mod actor;
pub mod audit;
pub mod calendar_feeds;
pub mod clock;
pub mod error;
pub mod hmis_csv;
pub mod implementation_facts;
pub mod import;
pub mod licensing;
pub mod operator;
pub mod outbox;
pub mod page;
pub mod policies;
pub mod ports;
pub mod roster;
pub mod secret;
pub mod sweep;
pub mod token;
pub mod transaction;
pub mod visible;

pub use error::{Error, Fault, Place};
pub use transaction::{App, Call, Caller, Idempotency, Reply, Rx, Tx};
