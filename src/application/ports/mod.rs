//! What the use cases need from the outside: a store with transactions, and repositories, one trait per aggregate.
//!
//! Reads and writes are separate traits, so that a closure given to [`Store::read`](store::StoreExt::read) cannot
//! write. All repository methods are synchronous: they run inside one transaction, on the store's own thread.

pub mod authority;
pub mod calendar_feeds;
pub mod implementation_facts;
pub mod logins;
pub mod mail;
pub mod merges;
pub mod outbox;
pub mod repositories;
pub mod store;
pub mod sweeps;
pub mod waitlist;

pub use authority::{
    AuditReads, AuditRecord, AuditSalt, AuditWrites, AuthorityReads, AuthorityWrites, Delegation,
    IdempotencyReads, IdempotencyWrites, KeptAnswer, KeyLock, Principal, StaffRole,
};
pub use calendar_feeds::{CalendarFeed, CalendarFeedReads, CalendarFeedWrites};
pub use implementation_facts::{ImplementationFactReads, ImplementationFactWrites};
pub use logins::{LoginFilter, LoginReads, LoginWrites, SignalFilter};
pub use mail::{Mail, MailFailure, Mailer};
pub use merges::{MergeFilter, MergeReads, MergeWrites};
pub use outbox::{MessageFilter, OutboxReads, OutboxWrites, QueueFilter};
pub use repositories::*;
pub use store::{Abort, Store, StoreError, StoreExt};
pub use sweeps::{Due, DueAt, SweepReads, SweepWrites};
pub use waitlist::{WaitlistReads, WaitlistWrites};
