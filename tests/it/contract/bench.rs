//! A store under test, with transactions that a plain thread can wait for.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;

use hmis_licensing::application::ports::{Store, StoreError, StoreExt, UnitOfWork, View};

use super::fixture::House;
use crate::support::database::{Kind, TestDatabase, on_both as on_both_databases};

pub struct Bench {
    pub kind: Kind,
    store: Box<dyn Store>,
    // Dropped last: the store still uses it.
    _database: TestDatabase,
}

impl Bench {
    fn new(database: TestDatabase) -> Self {
        Self {
            kind: database.kind,
            store: Box::new(database.store()),
            _database: database,
        }
    }

    pub fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnMut(&mut dyn UnitOfWork) -> Result<T, StoreError> + Send + 'static,
    {
        wait(self.store.write(work))
    }

    pub fn read<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnMut(&mut dyn View) -> Result<T, StoreError> + Send + 'static,
    {
        wait(self.store.read(work))
    }

    /// Inserts the small house and returns it.
    pub fn house(&self) -> House {
        let house = House::new();
        let rows = house.clone();
        self.write(move |uow| rows.insert(uow)).unwrap();
        house
    }
}

/// Runs a test on a fresh database of each kind.
pub fn on_both(test: impl Fn(&Bench)) {
    on_both_databases(|database| {
        test(&Bench::new(database));
        std::future::ready(())
    });
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Blocks this thread: the store has threads of its own and needs no runtime.
fn wait<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => std::thread::park(),
        }
    }
}
