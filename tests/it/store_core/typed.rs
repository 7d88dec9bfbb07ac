//! The port that use cases see: values come back after COMMIT only, and from the run that was committed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use hmis_licensing::application::ports::store::StoreFault;
use hmis_licensing::application::ports::{Store, StoreError, StoreExt};

use crate::support::database::{TestDatabase, on_both};

#[derive(Debug, PartialEq, Eq)]
enum Failure {
    Refused(u32),
    Store(StoreError),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl StoreFault for Failure {
    fn store_fault(&self) -> Option<StoreError> {
        match self {
            Self::Refused(_) => None,
            Self::Store(error) => error.store_fault(),
        }
    }
}

fn port(database: &TestDatabase) -> Arc<dyn Store> {
    Arc::new(database.store())
}

#[test]
fn a_value_comes_back_and_a_refusal_keeps_its_reason() {
    on_both(|database| async move {
        let store = port(&database);
        let value: Result<u32, Failure> = store.write(|_| Ok(7)).await;
        assert_eq!(value, Ok(7));
        let value: Result<u32, Failure> = store.read(|_| Ok(8)).await;
        assert_eq!(value, Ok(8));
        let refused: Result<u32, Failure> = store.write(|_| Err(Failure::Refused(9))).await;
        assert_eq!(refused, Err(Failure::Refused(9)));
        let stale: Result<u32, Failure> = store.write(|_| Err(StoreError::Stale.into())).await;
        assert_eq!(stale, Err(Failure::Store(StoreError::Stale)));
        assert_eq!(store.check().await, Ok(()));
    });
}

#[test]
fn a_panic_and_a_fault_of_the_store_reach_the_caller() {
    on_both(|database| async move {
        let store = port(&database);
        let panicked: Result<u32, Failure> = store.write(|_| panic!("on purpose")).await;
        assert_eq!(panicked, Err(Failure::Store(StoreError::Panicked)));
        let corrupt = StoreError::Corrupt("x".into());
        let told = corrupt.clone();
        let value: Result<u32, Failure> = store.write(move |_| Err(told.clone().into())).await;
        assert_eq!(value, Err(Failure::Store(corrupt)));
    });
}

#[test]
fn only_the_last_run_counts() {
    on_both(|database| async move {
        let store = port(&database);
        let runs = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&runs);
        let value: Result<u32, Failure> = store
            .write(move |_| match counted.fetch_add(1, Ordering::SeqCst) {
                run @ 0..2 => Err(if run == 0 {
                    Failure::Store(StoreError::Retry)
                } else {
                    Failure::Refused(run)
                }),
                run => Ok(run),
            })
            .await;
        match store.kind() {
            // One writer loses no races: nothing is run again.
            "sqlite" => assert_eq!(value, Err(Failure::Store(StoreError::Retry))),
            "postgresql" => assert_eq!(value, Err(Failure::Refused(1))),
            other => panic!("{other}"),
        }
    });
}
