//! What the use cases need from the outside: a store with transactions, and repositories, one trait per aggregate.
//!
//! Reads and writes are separate traits, so that a closure given to [`Store::read`](store::StoreExt::read) cannot
//! write. All repository methods are synchronous: they run inside one transaction, on the store's own thread.

pub mod logins;
pub mod merges;
pub mod repositories;
pub mod store;
pub mod waitlist;

pub use logins::{LoginFilter, LoginReads, LoginWrites, SignalFilter};
pub use merges::{MergeFilter, MergeReads, MergeWrites};
pub use repositories::*;
pub use store::{Abort, Store, StoreError, StoreExt};
pub use waitlist::{WaitlistReads, WaitlistWrites};
