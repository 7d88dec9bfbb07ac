//! The store over either database.

use std::sync::Arc;
use std::time::Duration;

use super::backend::{self, Limits};
use super::error::{StartError, map_error};
use super::migrate::{self, Difference, Known};
use super::pool::Pool;
use super::queue::{Mode, Outcome, Work};
use super::url::DatabaseUrl;
use super::writer::Writer;
use crate::application::ports::store::BoxFuture;
use crate::application::ports::{Abort, StoreError};

/// How many threads, and how much may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Connections to PostgreSQL, for reads and writes together.
    pub postgres_connections: usize,
    /// Reading connections to SQLite; it has one writer.
    pub sqlite_readers: usize,
    /// Transactions that may wait, in each queue; the next one is answered as busy.
    pub queue: usize,
    /// After this, SQLite's writer commits what it has done although more is waiting.
    pub sqlite_batch_time: Duration,
    /// How long the database may be silent before a caller is told that it is unavailable; statements and locks get a
    /// part of it.
    pub silence: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            postgres_connections: (cores * 4).clamp(8, 32),
            sqlite_readers: cores.clamp(2, 16),
            queue: 1_024,
            sqlite_batch_time: Duration::from_millis(50),
            silence: Limits::default().silence,
        }
    }
}

/// A [`Store`](crate::application::ports::Store) on SQLite or PostgreSQL. Dropping it finishes what is queued.
pub struct SqlStore {
    url: DatabaseUrl,
    known: Arc<[Known]>,
    /// PostgreSQL's transactions, or SQLite's reads.
    pool: Pool,
    /// SQLite only.
    writer: Option<Writer>,
}

impl SqlStore {
    /// Connects once, to fail early, and refuses a schema of a newer release. An older one is accepted: see
    /// [`Self::migrate`]. Blocks.
    ///
    /// # Errors
    /// `Connect`, `OldSqlite`, `NewerSchema` or `Thread`.
    pub fn open(url: &DatabaseUrl) -> Result<Self, StartError> {
        Self::open_with(url, Settings::default())
    }

    /// [`Self::open`] with other sizes.
    ///
    /// # Errors
    /// As for [`Self::open`].
    pub fn open_with(url: &DatabaseUrl, settings: Settings) -> Result<Self, StartError> {
        migrate::refuse_newer(&mut backend::open(url, Mode::Write)?, url)?;
        let limits = Limits {
            silence: settings.silence,
        };
        let (size, writer) = match url {
            DatabaseUrl::Postgres(_) => (settings.postgres_connections, None),
            DatabaseUrl::Sqlite(path) => (
                settings.sqlite_readers,
                Some(Writer::start(
                    path,
                    limits,
                    settings.queue,
                    settings.sqlite_batch_time,
                )?),
            ),
        };
        Ok(Self {
            url: url.clone(),
            known: migrate::known(url)?.into(),
            pool: Pool::start(url, limits, size, settings.queue)?,
            writer,
        })
    }

    /// Brings the schema up to this program and returns the names of the migrations that were applied. Blocks.
    ///
    /// # Errors
    /// As for [`migrate::migrate`].
    pub fn migrate(&self) -> Result<Vec<String>, StartError> {
        migrate::migrate(&self.url)
    }

    /// Runs a closure on the connection itself, in one transaction. Use cases go through [`Store`](crate::application::ports::Store); this is for the
    /// store's own tests and benchmarks.
    pub fn write_on_connection(
        &self,
        work: Work,
    ) -> impl Future<Output = Outcome> + Send + 'static {
        let submitted: BoxFuture<'static, Outcome> = match &self.writer {
            Some(writer) => Box::pin(writer.submit(work)),
            None => Box::pin(self.pool.submit(Mode::Write, work)),
        };
        submitted
    }

    /// The same for one snapshot.
    pub fn read_on_connection(&self, work: Work) -> impl Future<Output = Outcome> + Send + 'static {
        self.pool.submit(Mode::Read, work)
    }

    async fn compare_schema(&self) -> Result<(), Abort> {
        let known = Arc::clone(&self.known);
        self.read_on_connection(Box::new(move |conn| {
            let difference = migrate::difference(conn, &known)
                .map_err(|error| Abort::Store(map_error(error)))?;
            let reason = match difference {
                Difference::None => return Ok(()),
                Difference::Pending(names) => format!("migrations wait: {}", names.join(", ")),
                Difference::Newer(version) => format!("migration {version} is not known here"),
            };
            Err(Abort::Store(StoreError::Unavailable(reason)))
        }))
        .await
    }

    /// Whether the database answers, can be written, and carries exactly this program's migrations.
    ///
    /// # Errors
    /// `Busy` or `Unavailable`, with the reason.
    pub async fn check(&self) -> Result<(), StoreError> {
        let mut outcome = self.compare_schema().await;
        if outcome.is_ok()
            && let Some(writer) = &self.writer
        {
            // Begins and ends a write transaction, so that a file that is locked or gone is noticed.
            outcome = writer.submit(Box::new(|_| Ok(()))).await;
        }
        match outcome {
            Ok(()) => Ok(()),
            Err(Abort::Store(error)) => Err(error),
            Err(Abort::Refused) => Err(StoreError::Corrupt("a check was refused".into())),
        }
    }

    pub(super) fn is_sqlite(&self) -> bool {
        self.writer.is_some()
    }
}
