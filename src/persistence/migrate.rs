//! The schema's versions: embedded in the program, applied once, refused when they come from a newer release.

use std::collections::BTreeSet;

use diesel::connection::SimpleConnection;
use diesel::deserialize::QueryableByName;
use diesel::migration::MigrationSource;
use diesel::pg::Pg;
use diesel::sql_types::{BigInt, Text};
use diesel::sqlite::Sqlite;
use diesel::{QueryResult, RunQueryDsl, sql_query};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::backend::{self, AnyConnection};
use super::error::StartError;
use super::queue::Mode;
use super::url::DatabaseUrl;

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Any number does, as long as every release uses the same one.
const ADVISORY_LOCK: i64 = 0x484D_4953;

/// A migration that the program carries.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Known {
    /// The digits in front of the name.
    pub version: String,
    /// The name of its folder.
    pub name: String,
}

/// The migrations of this program for a database, oldest first.
///
/// # Errors
/// `Migration` if the program was built with one that has no name.
pub fn known(url: &DatabaseUrl) -> Result<Vec<Known>, StartError> {
    let mut known = match url {
        DatabaseUrl::Sqlite(_) => names::<Sqlite>(&SQLITE),
        DatabaseUrl::Postgres(_) => names::<Pg>(&POSTGRES),
    }
    .map_err(|reason| migration_error(url, &reason))?;
    known.sort();
    Ok(known)
}

fn names<DB: diesel::backend::Backend>(source: &EmbeddedMigrations) -> Result<Vec<Known>, String> {
    let migrations =
        MigrationSource::<DB>::migrations(source).map_err(|error| error.to_string())?;
    Ok(migrations
        .iter()
        .map(|migration| Known {
            version: migration.name().version().to_string(),
            name: migration.name().to_string(),
        })
        .collect())
}

fn migration_error(url: &DatabaseUrl, reason: &dyn ToString) -> StartError {
    StartError::Migration {
        database: url.to_string(),
        reason: reason.to_string(),
    }
}

/// What stands between the schema of a database and the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Difference {
    None,
    /// Names of migrations that are not applied yet.
    Pending(Vec<String>),
    /// The newest applied version that the program does not know.
    Newer(String),
}

/// Compares without writing anything.
pub(super) fn difference(conn: &mut AnyConnection, known: &[Known]) -> QueryResult<Difference> {
    let applied = applied(conn)?;
    let unknown = applied
        .iter()
        .rfind(|version| !known.iter().any(|known| known.version == **version));
    if let Some(version) = unknown {
        return Ok(Difference::Newer(version.clone()));
    }
    let pending: Vec<String> = known
        .iter()
        .filter(|known| !applied.contains(&known.version))
        .map(|known| known.name.clone())
        .collect();
    Ok(if pending.is_empty() {
        Difference::None
    } else {
        Difference::Pending(pending)
    })
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

#[derive(QueryableByName)]
struct Applied {
    #[diesel(sql_type = Text)]
    version: String,
}

fn applied(conn: &mut AnyConnection) -> QueryResult<BTreeSet<String>> {
    let exists = match conn {
        AnyConnection::Postgres(_) => {
            "SELECT count(*) AS n FROM information_schema.tables \
             WHERE table_schema = current_schema() AND table_name = '__diesel_schema_migrations'"
        }
        AnyConnection::Sqlite(_) => {
            "SELECT count(*) AS n FROM sqlite_master WHERE name = '__diesel_schema_migrations'"
        }
    };
    if sql_query(exists).get_result::<Count>(conn)?.n == 0 {
        return Ok(BTreeSet::new());
    }
    let rows = sql_query("SELECT version FROM __diesel_schema_migrations").load::<Applied>(conn)?;
    Ok(rows.into_iter().map(|row| row.version).collect())
}

/// Refuses a database that a newer release has migrated.
pub(super) fn refuse_newer(conn: &mut AnyConnection, url: &DatabaseUrl) -> Result<(), StartError> {
    let known = known(url)?;
    match difference(conn, &known).map_err(|error| migration_error(url, &error))? {
        Difference::Newer(newest_applied) => Err(StartError::NewerSchema {
            database: url.to_string(),
            newest_applied,
            newest_known: known
                .last()
                .map(|last| last.name.clone())
                .unwrap_or_default(),
        }),
        Difference::None | Difference::Pending(_) => Ok(()),
    }
}

/// Brings a database up to this program, all or nothing, and returns the names of what was applied. Blocks. Programs
/// that start at once wait for each other; the second finds nothing to do.
///
/// # Errors
/// `Connect`; `NewerSchema`; `Migration`, after which the database is as it was.
pub fn migrate(url: &DatabaseUrl) -> Result<Vec<String>, StartError> {
    let mut conn = backend::open(url, Mode::Write)?;
    let failed = |error: &dyn ToString| migration_error(url, error);
    enter(&mut conn).map_err(|error| failed(&error))?;
    // From here on an early return closes the connection, which rolls back.
    refuse_newer(&mut conn, url)?;
    let applied = match &mut conn {
        AnyConnection::Postgres(conn) => run(conn, POSTGRES),
        AnyConnection::Sqlite(conn) => run(conn, SQLITE),
    }
    .map_err(|error| failed(&error))?;
    if matches!(conn, AnyConnection::Sqlite(_)) {
        let broken = sql_query("SELECT count(*) AS n FROM pragma_foreign_key_check")
            .get_result::<Count>(&mut conn)
            .map_err(|error| failed(&error))?;
        if broken.n > 0 {
            return Err(failed(&"rows would point at rows that do not exist"));
        }
    }
    backend::commit(&mut conn).map_err(|error| failed(&error))?;
    let known = known(url)?;
    Ok(known
        .into_iter()
        .filter(|known| applied.contains(&known.version))
        .map(|known| known.name)
        .collect())
}

/// Opens the one transaction in which no other program migrates.
fn enter(conn: &mut AnyConnection) -> QueryResult<()> {
    use diesel::connection::AnsiTransactionManager as Manager;
    match conn {
        AnyConnection::Postgres(conn) => {
            Manager::begin_transaction_sql(conn, "BEGIN ISOLATION LEVEL READ COMMITTED")?;
            // A big table may take its time; another starting program too. Per schema, as deployments may share one
            // database.
            conn.batch_execute(&format!(
                "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = '300s'; \
                 SELECT pg_advisory_xact_lock({ADVISORY_LOCK}::int, hashtext(current_schema()))"
            ))
        }
        AnyConnection::Sqlite(conn) => {
            // A table is rebuilt by copying and dropping, which must not cascade; keys are checked before commit.
            conn.batch_execute("PRAGMA busy_timeout = 60000; PRAGMA foreign_keys = OFF")?;
            Manager::begin_transaction_sql(conn, "BEGIN EXCLUSIVE")
        }
    }
}

fn run<DB, C>(conn: &mut C, source: EmbeddedMigrations) -> Result<Vec<String>, String>
where
    DB: diesel::backend::Backend,
    C: MigrationHarness<DB>,
{
    let versions = conn
        .run_pending_migrations(source)
        .map_err(|error| error.to_string())?;
    Ok(versions.iter().map(ToString::to_string).collect())
}
