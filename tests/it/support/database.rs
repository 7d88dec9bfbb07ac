//! A fresh database for each test, on SQLite and on PostgreSQL.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use diesel::connection::{Connection, SimpleConnection};
use diesel::{PgConnection, SqliteConnection};
use hmis_licensing::persistence::backend::AnyConnection;
use hmis_licensing::persistence::{DatabaseUrl, Settings, SqlStore, migrate};
use tempfile::TempDir;

use super::cluster::{self, Server};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Sqlite,
    Postgres,
}

/// A database of one test; dropping it removes it.
pub struct TestDatabase {
    pub kind: Kind,
    /// As a user would give it on the command line.
    pub url_text: String,
    pub url: DatabaseUrl,
    place: Place,
}

enum Place {
    Folder {
        _removed_on_drop: TempDir,
    },
    Schema {
        server: &'static Server,
        name: String,
    },
}

/// The settings of a store for tests that are not about limits of time.
pub fn patient() -> Settings {
    Settings {
        sqlite_batch_time: Duration::from_mins(1),
        silence: Duration::from_mins(1),
        ..Settings::default()
    }
}

impl TestDatabase {
    /// A SQLite file with the current schema.
    pub fn sqlite() -> Self {
        let database = Self::empty_sqlite();
        let DatabaseUrl::Sqlite(path) = &database.url else {
            unreachable!("it was made as SQLite");
        };
        std::fs::write(path, template()).expect("a copy of the template");
        database
    }

    /// A path without a file.
    pub fn empty_sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let url_text = format!("sqlite:{}", folder.path().join("test.sqlite").display());
        Self {
            kind: Kind::Sqlite,
            url: url_text.parse().expect("a URL"),
            url_text,
            place: Place::Folder {
                _removed_on_drop: folder,
            },
        }
    }

    /// A PostgreSQL schema with the current tables, where there is a server.
    pub fn postgres() -> Option<Self> {
        let database = Self::empty_postgres()?;
        migrate::migrate(&database.url).expect("migrated");
        Some(database)
    }

    /// An empty PostgreSQL schema.
    pub fn empty_postgres() -> Option<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let server = cluster::server()?;
        let name = format!(
            "test_{}_{}_{}",
            std::process::id(),
            NEXT.fetch_add(1, Ordering::Relaxed),
            getrandom::u32().expect("random bits")
        );
        admin(server)
            .batch_execute(&format!("CREATE SCHEMA {name}"))
            .expect("a schema");
        let url_text = server.url(&name);
        Some(Self {
            kind: Kind::Postgres,
            url: url_text.parse().expect("a URL"),
            url_text,
            place: Place::Schema { server, name },
        })
    }

    /// How a program is told of it.
    pub fn url(&self) -> &str {
        &self.url_text
    }

    /// The schema's name and server, on PostgreSQL.
    pub fn schema(&self) -> Option<(&'static Server, &str)> {
        match &self.place {
            Place::Folder { .. } => None,
            Place::Schema { server, name } => Some((server, name)),
        }
    }

    /// A store that is patient, so that a slow machine fails no test.
    pub fn store(&self) -> SqlStore {
        self.store_with(patient())
    }

    pub fn store_with(&self, settings: Settings) -> SqlStore {
        SqlStore::open_with(&self.url, settings).expect("a store")
    }

    /// A connection beside the store, with none of its settings but patience.
    pub fn connection(&self) -> AnyConnection {
        match &self.url {
            DatabaseUrl::Sqlite(path) => {
                let mut conn = SqliteConnection::establish(path).expect("a connection");
                conn.batch_execute("PRAGMA busy_timeout = 10000")
                    .expect("patience");
                AnyConnection::Sqlite(conn)
            }
            DatabaseUrl::Postgres(_) => AnyConnection::Postgres(
                PgConnection::establish(&self.url_text).expect("a connection"),
            ),
        }
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        // A throwaway cluster is removed as a whole.
        if let Place::Schema { server, name } = &self.place
            && server.socket.is_none()
        {
            let dropped =
                admin(server).batch_execute(&format!("DROP SCHEMA IF EXISTS {name} CASCADE"));
            if let Err(error) = dropped {
                eprintln!("the schema {name} is left behind: {error}");
            }
        }
    }
}

fn admin(server: &Server) -> PgConnection {
    PgConnection::establish(&server.admin_url()).expect("a connection to PostgreSQL")
}

/// The bytes of a migrated SQLite file, made once per process.
fn template() -> &'static [u8] {
    static TEMPLATE: OnceLock<Vec<u8>> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        let database = TestDatabase::empty_sqlite();
        migrate::migrate(&database.url).expect("migrated");
        let DatabaseUrl::Sqlite(path) = &database.url else {
            unreachable!("it was made as SQLite");
        };
        // The last connection to close has written its log back, so that the file is all there is.
        assert!(!Path::new(&format!("{path}-wal")).exists());
        std::fs::read(path).expect("the file")
    })
}

/// Runs a test on a migrated database of each kind and names the ones on which it failed.
pub fn on_both<F, T>(test: F)
where
    F: Fn(TestDatabase) -> T,
    T: Future<Output = ()>,
{
    run(
        [Some(TestDatabase::sqlite()), TestDatabase::postgres()],
        test,
    );
}

/// The same on databases without any table.
pub fn on_both_empty<F, T>(test: F)
where
    F: Fn(TestDatabase) -> T,
    T: Future<Output = ()>,
{
    run(
        [
            Some(TestDatabase::empty_sqlite()),
            TestDatabase::empty_postgres(),
        ],
        test,
    );
}

/// The same on SQLite alone.
pub fn on_sqlite<F, T>(test: F)
where
    F: Fn(TestDatabase) -> T,
    T: Future<Output = ()>,
{
    run([Some(TestDatabase::sqlite())], test);
}

/// The same on PostgreSQL alone, where there is a server.
pub fn on_postgres<F, T>(test: F)
where
    F: Fn(TestDatabase) -> T,
    T: Future<Output = ()>,
{
    run([TestDatabase::postgres()], test);
}

fn run<F, T>(databases: impl IntoIterator<Item = Option<TestDatabase>>, test: F)
where
    F: Fn(TestDatabase) -> T,
    T: Future<Output = ()>,
{
    let mut failures = Vec::new();
    for database in databases.into_iter().flatten() {
        let kind = database.kind;
        let result = catch_unwind(AssertUnwindSafe(|| {
            actix_web::rt::System::new().block_on(test(database));
        }));
        if let Err(panic) = result {
            let message = panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| panic.downcast_ref::<&str>().copied())
                .unwrap_or("see above");
            failures.push(format!("on {kind:?}: {message}"));
        }
    }
    assert!(failures.is_empty(), "failed {}", failures.join("; "));
}
