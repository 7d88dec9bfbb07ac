//! The transaction boundary: a use case is one closure in one transaction.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use super::repositories::{UnitOfWork, View};

/// Why the store could not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Another transaction changed the row first (compare-and-set on `version`).
    #[error("the row was changed by somebody else")]
    Stale,
    /// A uniqueness rule of the store was broken; the caller knows which one it means.
    #[error("a row with the same key exists")]
    Conflict,
    /// The transaction lost a race that the database resolved (40001, 40P01): run again by the store.
    #[error("the transaction must be run again")]
    Retry,
    /// The queue of the writer is full, or no connection is free.
    #[error("the store is busy")]
    Busy,
    /// The database is gone, full, or a commit failed: whether the last write is kept is unknown.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// Stored data cannot be read back; never the caller's fault.
    #[error("stored data is corrupt: {0}")]
    Corrupt(String),
    /// The closure panicked; its transaction was rolled back.
    #[error("a use case panicked")]
    Panicked,
}

/// What a closure says when its transaction must not be kept.
#[derive(Debug)]
pub enum Abort {
    /// The use case refused: roll back, the reason is in the closure's slot.
    Refused,
    /// The store failed under it: roll back, and run again where that helps.
    Store(StoreError),
}

pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
/// A use case that writes. It may run several times; only the run that is committed counts.
pub type WriteJob = Box<dyn FnMut(&mut dyn UnitOfWork) -> Result<(), Abort> + Send + 'static>;
/// A use case that reads one snapshot.
pub type ReadJob = Box<dyn FnMut(&mut dyn View) -> Result<(), Abort> + Send + 'static>;

/// The object-safe core of a store; use [`StoreExt`].
pub trait Store: Send + Sync {
    /// Runs `job` in one transaction. `Ok(Ok(()))` only after COMMIT; `Ok(Err(Refused))` after the job refused
    /// and its work was rolled back.
    fn run_write(&self, job: WriteJob) -> BoxFuture<'_, Result<(), Abort>>;
    /// Runs `job` on one snapshot.
    fn run_read(&self, job: ReadJob) -> BoxFuture<'_, Result<(), Abort>>;
    /// Whether the database answers and carries exactly this program's migrations.
    fn check(&self) -> BoxFuture<'_, Result<(), StoreError>>;
    /// `sqlite` or `postgresql`.
    fn kind(&self) -> &'static str;
}

/// Typed transactions over a [`Store`].
pub trait StoreExt {
    /// Runs a use case in one transaction and returns its value after COMMIT. An `Err` rolls everything back.
    /// The closure may run more than once, so it must draw no ids and read no clock of its own.
    fn write<T, E, F>(&self, job: F) -> impl Future<Output = Result<T, E>> + Send
    where
        T: Send + 'static,
        E: From<StoreError> + StoreFault + Send + 'static,
        F: FnMut(&mut dyn UnitOfWork) -> Result<T, E> + Send + 'static;

    /// Runs a read on one snapshot.
    fn read<T, E, F>(&self, job: F) -> impl Future<Output = Result<T, E>> + Send
    where
        T: Send + 'static,
        E: From<StoreError> + StoreFault + Send + 'static,
        F: FnMut(&mut dyn View) -> Result<T, E> + Send + 'static;
}

/// Tells a store's failure apart from a refusal, so that the store can run a lost race again.
pub trait StoreFault {
    /// The store's failure behind this error, if it is one that the store itself must handle
    /// (`Retry`, `Unavailable`, `Busy`, `Corrupt`); `Stale` and `Conflict` are answers of the use case.
    fn store_fault(&self) -> Option<StoreError>;
}

impl StoreFault for StoreError {
    fn store_fault(&self) -> Option<StoreError> {
        match self {
            Self::Stale | Self::Conflict => None,
            other => Some(other.clone()),
        }
    }
}

/// Where a closure leaves its answer: emptied before each attempt, read after COMMIT.
type Slot<T, E> = Arc<Mutex<Option<Result<T, E>>>>;

fn fill<T, E: StoreFault>(slot: &Slot<T, E>, answer: Result<T, E>) -> Result<(), Abort> {
    let verdict = match &answer {
        Ok(_) => Ok(()),
        Err(error) => Err(error.store_fault().map_or(Abort::Refused, Abort::Store)),
    };
    *slot
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner) = Some(answer);
    verdict
}

fn empty<T, E>(slot: &Slot<T, E>) -> Option<Result<T, E>> {
    slot.lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
        .take()
}

fn publish<T, E: From<StoreError>>(slot: &Slot<T, E>, outcome: Result<(), Abort>) -> Result<T, E> {
    let lost = || {
        E::from(StoreError::Corrupt(
            "a transaction ended without an answer".into(),
        ))
    };
    match outcome {
        Ok(()) | Err(Abort::Refused) => empty(slot).unwrap_or_else(|| Err(lost())),
        Err(Abort::Store(error)) => Err(E::from(error)),
    }
}

impl StoreExt for dyn Store {
    async fn write<T, E, F>(&self, mut job: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + StoreFault + Send + 'static,
        F: FnMut(&mut dyn UnitOfWork) -> Result<T, E> + Send + 'static,
    {
        let slot: Slot<T, E> = Arc::default();
        let inner = Arc::clone(&slot);
        let outcome = self
            .run_write(Box::new(move |unit| {
                empty(&inner);
                fill(&inner, job(unit))
            }))
            .await;
        publish(&slot, outcome)
    }

    async fn read<T, E, F>(&self, mut job: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + StoreFault + Send + 'static,
        F: FnMut(&mut dyn View) -> Result<T, E> + Send + 'static,
    {
        let slot: Slot<T, E> = Arc::default();
        let inner = Arc::clone(&slot);
        let outcome = self
            .run_read(Box::new(move |view| {
                empty(&inner);
                fill(&inner, job(view))
            }))
            .await;
        publish(&slot, outcome)
    }
}
