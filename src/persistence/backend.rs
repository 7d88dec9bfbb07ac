//! One connection type over two databases, and how each is opened.
//!
//! The scheme of the URL chooses; the concrete connection is established and then wrapped, because the enum's own
//! `establish` tries its variants in turn and reports the wrong one's error.

use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use diesel::connection::{
    Connection, Instrumentation, InstrumentationEvent, SimpleConnection, TransactionManager,
};
use diesel::deserialize::QueryableByName;
use diesel::sql_types::Text;
use diesel::{PgConnection, RunQueryDsl, SqliteConnection, sql_query};

use super::error::{StartError, map_error};
use super::queue::{Mode, lock};
use super::url::{DatabaseUrl, PostgresUrl};
use crate::application::ports::StoreError;

/// A connection to either database. Queries are written once against it.
#[derive(diesel::MultiConnection)]
pub enum AnyConnection {
    Postgres(PgConnection),
    Sqlite(SqliteConnection),
}

/// SQLite before this may corrupt a database in WAL mode when two connections checkpoint at once.
const OLDEST_SQLITE: (u32, u32, u32) = (3, 51, 3);
/// A transaction whose program hangs must not hold its locks for ever.
const POSTGRES_IDLE_MS: u32 = 60_000;

/// How long the database may take. Every part is shorter than the whole, so that the nearest cause is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limits {
    /// Silence after which a caller is answered on the database's behalf.
    pub silence: Duration,
}

impl Limits {
    /// For a statement on PostgreSQL.
    fn statement_ms(self) -> u128 {
        self.silence.as_millis() * 5 / 6
    }

    /// For a lock: the other program's on a SQLite file, another transaction's on PostgreSQL. There it should be longer
    /// than `deadlock_timeout` (1 s unless configured), so that a deadlock is told from a mere wait and run again.
    fn lock_ms(self) -> u128 {
        self.silence.as_millis() * 7 / 10
    }
}

impl Default for Limits {
    /// Callers are promised an answer within two seconds.
    fn default() -> Self {
        Self {
            silence: Duration::from_millis(1_800),
        }
    }
}

/// Opens a SQLite connection: WAL, every commit on disk before it returns, foreign keys checked.
pub(super) fn open_sqlite(
    path: &str,
    mode: Mode,
    limits: Limits,
) -> Result<SqliteConnection, StartError> {
    let failed = |reason: String| StartError::Connect {
        database: format!("sqlite:{path}"),
        reason,
    };
    create_private_file(path).map_err(|error| failed(error.to_string()))?;
    let mut conn = SqliteConnection::establish(path).map_err(|error| failed(error.to_string()))?;
    // First of all: every statement may meet another program that is just creating the file.
    conn.batch_execute(&format!("PRAGMA busy_timeout = {}", limits.lock_ms()))
        .map_err(|error| failed(error.to_string()))?;
    check_sqlite_version(&mut conn)?;
    enter_wal(&mut conn)
        .and_then(|()| {
            conn.batch_execute(
                "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; \
                 PRAGMA journal_size_limit = 67108864",
            )
        })
        .and_then(|()| match mode {
            Mode::Read => conn.batch_execute("PRAGMA query_only = ON"),
            Mode::Write => Ok(()),
        })
        .map_err(|error| failed(error.to_string()))?;
    Ok(conn)
}

/// Creates the file before SQLite does, readable by its owner only: it will hold personal data.
fn create_private_file(path: &str) -> std::io::Result<()> {
    // Closing a file gives up all locks that this process holds on it, also those of a connection of another thread
    // that found the file just made: such a thread passes here first.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = lock(&ONE_AT_A_TIME);
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        other => other.map(drop),
    }
}

#[derive(QueryableByName)]
struct Answer {
    #[diesel(sql_type = Text)]
    value: String,
}

fn check_sqlite_version(conn: &mut SqliteConnection) -> Result<(), StartError> {
    let found = sql_query("SELECT sqlite_version() AS value")
        .get_result::<Answer>(conn)
        .map_err(|error| StartError::Connect {
            database: "sqlite".into(),
            reason: error.to_string(),
        })?
        .value;
    if version(&found).is_some_and(|found| found >= OLDEST_SQLITE) {
        Ok(())
    } else {
        let (major, minor, patch) = OLDEST_SQLITE;
        Err(StartError::OldSqlite {
            found,
            needed: format!("{major}.{minor}.{patch}"),
        })
    }
}

fn version(text: &str) -> Option<(u32, u32, u32)> {
    let mut parts = text.split('.').map(str::parse);
    Some((
        parts.next()?.ok()?,
        parts.next()?.ok()?,
        parts.next().map_or(Some(0), Result::ok)?,
    ))
}

/// The change to WAL needs the file alone and does not wait for it, so that two programs that create it at once
/// would collide.
fn enter_wal(conn: &mut SqliteConnection) -> diesel::QueryResult<()> {
    const ATTEMPTS: u32 = 60;
    let mut attempt = 0;
    loop {
        attempt += 1;
        // Setting and reading again, as the pragma answers in a column that is named after itself.
        let mode = conn
            .batch_execute("PRAGMA journal_mode = WAL")
            .and_then(|()| {
                sql_query("SELECT journal_mode AS value FROM pragma_journal_mode")
                    .get_result::<Answer>(conn)
            });
        match mode {
            Ok(mode) if mode.value == "wal" => return Ok(()),
            Ok(mode) if attempt >= ATTEMPTS => {
                return Err(diesel::result::Error::QueryBuilderError(
                    format!(
                        "the file cannot be used in WAL mode, only in {}",
                        mode.value
                    )
                    .into(),
                ));
            }
            Err(error) if attempt >= ATTEMPTS || hopeless(&error) => return Err(error),
            Ok(_) | Err(_) => thread::sleep(Duration::from_millis(25)),
        }
    }
}

/// Whether waiting cannot help.
fn hopeless(error: &diesel::result::Error) -> bool {
    !error.to_string().contains("locked")
}

/// Opens a PostgreSQL connection whose statements end in bounded time.
pub(super) fn open_postgres(
    url: &PostgresUrl,
    limits: Limits,
    instrumentation: impl Instrumentation,
) -> Result<PgConnection, StartError> {
    let failed = |reason: String| StartError::Connect {
        database: url.to_string(),
        reason: url.scrub(&reason),
    };
    let mut conn = PgConnection::establish(&url.connection_string())
        .map_err(|error| failed(error.to_string()))?;
    conn.set_instrumentation(instrumentation);
    conn.batch_execute(&format!(
        "SET timezone = 'UTC'; SET statement_timeout = {}; SET lock_timeout = {}; \
         SET idle_in_transaction_session_timeout = {POSTGRES_IDLE_MS}",
        limits.statement_ms(),
        limits.lock_ms()
    ))
    .map_err(|error| failed(error.to_string()))?;
    // Some errors can be told apart by their text only. Not every role may ask for it: then a deadlock in another
    // language is answered with 503 instead of being run again.
    drop(conn.batch_execute("SET lc_messages = 'C'"));
    Ok(conn)
}

/// Opens a connection of its own, for work outside the store's threads.
pub(super) fn open(url: &DatabaseUrl, mode: Mode) -> Result<AnyConnection, StartError> {
    match url {
        DatabaseUrl::Sqlite(path) => {
            open_sqlite(path, mode, Limits::default()).map(AnyConnection::Sqlite)
        }
        DatabaseUrl::Postgres(url) => {
            open_postgres(url, Limits::default(), |_: InstrumentationEvent<'_>| ())
                .map(AnyConnection::Postgres)
        }
    }
}

/// Begins a transaction, so that diesel's own nested ones become savepoints in it.
pub(super) fn begin(conn: &mut AnyConnection, mode: Mode) -> Result<(), StoreError> {
    use diesel::connection::AnsiTransactionManager as Manager;
    match (conn, mode) {
        (AnyConnection::Postgres(conn), Mode::Write) => {
            Manager::begin_transaction_sql(conn, "BEGIN ISOLATION LEVEL READ COMMITTED")
        }
        (AnyConnection::Postgres(conn), Mode::Read) => {
            Manager::begin_transaction_sql(conn, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        }
        (AnyConnection::Sqlite(conn), Mode::Write) => {
            // Deferred, a transaction that reads before it writes fails at once when another one wrote meanwhile.
            Manager::begin_transaction_sql(conn, "BEGIN IMMEDIATE")
        }
        (AnyConnection::Sqlite(conn), Mode::Read) => {
            Manager::begin_transaction_sql(conn, "BEGIN DEFERRED")
        }
    }
    .map_err(map_error)
}

/// Commits. After an error the connection must not be used again.
pub(super) fn commit(conn: &mut AnyConnection) -> diesel::QueryResult<()> {
    match conn {
        // PostgreSQL answers COMMIT with success, and rolls back, if a statement failed before and the closure
        // swallowed that. The statement in front of it fails in such a transaction.
        AnyConnection::Postgres(conn) => conn.batch_execute("SELECT 1; COMMIT"),
        AnyConnection::Sqlite(conn) => {
            diesel::connection::AnsiTransactionManager::commit_transaction(conn)
        }
    }
}

/// Rolls back. After an error the connection must not be used again.
pub(super) fn rollback(conn: &mut AnyConnection) -> diesel::QueryResult<()> {
    <AnyConnection as Connection>::TransactionManager::rollback_transaction(conn)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_number() {
        assert!(version("3.53.2") > Some(OLDEST_SQLITE));
        assert!(version("3.51.3") >= Some(OLDEST_SQLITE));
        assert!(version("3.9.9") < Some(OLDEST_SQLITE));
        assert_eq!(version("3.52"), Some((3, 52, 0)));
        assert_eq!(version("three"), None);
    }

    #[test]
    fn sqlite_is_opened_durable_and_readers_cannot_write() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x.sqlite");
        let path = path.to_str().expect("a path");
        let mut writer = open_sqlite(path, Mode::Write, Limits::default()).expect("a writer");
        let mut pragma = |name: &str| {
            sql_query(format!(
                "SELECT CAST({name} AS TEXT) AS value FROM pragma_{name}"
            ))
            .get_result::<Answer>(&mut writer)
            .expect("a value")
            .value
        };
        assert_eq!(pragma("journal_mode"), "wal");
        assert_eq!(pragma("synchronous"), "2");
        assert_eq!(pragma("foreign_keys"), "1");
        writer.batch_execute("CREATE TABLE t (a)").expect("written");
        let mut reader = open_sqlite(path, Mode::Read, Limits::default()).expect("a reader");
        assert!(reader.batch_execute("INSERT INTO t VALUES (1)").is_err());
    }

    #[test]
    fn a_folder_that_is_missing_is_named() {
        let refused = open_sqlite("no/such/folder/x.sqlite", Mode::Write, Limits::default())
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default();
        assert!(
            refused.contains("no/such/folder/x.sqlite") && refused.contains("No such file"),
            "{refused}"
        );
    }
}
