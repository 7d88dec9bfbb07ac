//! The application's port, over sessions.

use super::session::Session;
use super::store::SqlStore;
use crate::application::ports::store::{BoxFuture, ReadJob, WriteJob};
use crate::application::ports::{Abort, Store, StoreError};

impl Store for SqlStore {
    fn run_write(&self, mut job: WriteJob) -> BoxFuture<'_, Result<(), Abort>> {
        Box::pin(self.write_on_connection(Box::new(move |conn| job(&mut Session { conn }))))
    }

    fn run_read(&self, mut job: ReadJob) -> BoxFuture<'_, Result<(), Abort>> {
        Box::pin(self.read_on_connection(Box::new(move |conn| job(&mut Session { conn }))))
    }

    fn check(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(self.check())
    }

    fn kind(&self) -> &'static str {
        if self.is_sqlite() {
            "sqlite"
        } else {
            "postgresql"
        }
    }
}
