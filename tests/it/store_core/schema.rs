//! Migrations: same names on both databases, once, all or nothing, never backwards.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Barrier};
use std::thread;

use hmis_licensing::application::ports::StoreError;
use hmis_licensing::persistence::migrate::{known, migrate};
use hmis_licensing::persistence::{DatabaseUrl, SqlStore, StartError};

use super::{execute, number};
use crate::support::database::{on_both, on_both_empty};

fn folders(database: &str) -> BTreeSet<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("migrations")
        .join(database);
    std::fs::read_dir(path)
        .expect("migrations")
        .map(|entry| entry.expect("an entry").file_name())
        .map(|name| name.to_string_lossy().into_owned())
        .collect()
}

#[test]
fn both_databases_have_the_same_migrations_and_the_program_carries_them() {
    let (sqlite, postgres) = (folders("sqlite"), folders("postgres"));
    assert_eq!(sqlite, postgres);
    for url in ["sqlite:x", "postgres://x/y"] {
        let url: DatabaseUrl = url.parse().expect("a URL");
        let embedded: BTreeSet<_> = known(&url)
            .expect("embedded")
            .into_iter()
            .map(|known| known.name)
            .collect();
        assert_eq!(embedded, sqlite, "{url}: rebuild the program");
    }
    for (database, name) in [("sqlite", &sqlite), ("postgres", &postgres)]
        .into_iter()
        .flat_map(|(database, names)| names.iter().map(move |name| (database, name)))
    {
        for file in ["up.sql", "down.sql"] {
            let path = Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("migrations")
                .join(database)
                .join(name)
                .join(file);
            assert!(path.is_file(), "{} is missing", path.display());
        }
    }
}

#[test]
fn an_empty_database_is_migrated_once() {
    on_both_empty(|database| async move {
        let store = database.store();
        let before = store.check().await;
        assert!(
            matches!(&before, Err(StoreError::Unavailable(reason)) if reason.contains("wait")),
            "{before:?}"
        );
        let names: Vec<_> = known(&database.url)
            .expect("embedded")
            .into_iter()
            .map(|known| known.name)
            .collect();
        assert_eq!(store.migrate(), Ok(names));
        assert_eq!(store.check().await, Ok(()));
        assert_eq!(store.migrate(), Ok(vec![]));
    });
}

#[test]
fn programs_that_start_at_once_migrate_once() {
    on_both_empty(|database| async move {
        const PROGRAMS: usize = 4;
        let barrier = Arc::new(Barrier::new(PROGRAMS));
        let threads: Vec<_> = (0..PROGRAMS)
            .map(|_| {
                let (barrier, url) = (Arc::clone(&barrier), database.url.clone());
                thread::spawn(move || {
                    barrier.wait();
                    migrate(&url)
                })
            })
            .collect();
        let all = known(&database.url).expect("embedded").len();
        let mut applied: Vec<_> = threads
            .into_iter()
            .map(|thread| thread.join().expect("no panic").expect("migrated").len())
            .collect();
        applied.sort_unstable();
        assert_eq!(applied, [0, 0, 0, all]);
        assert_eq!(database.store().check().await, Ok(()));
    });
}

#[test]
fn a_migration_that_fails_leaves_nothing() {
    on_both_empty(|database| async move {
        let mut conn = database.connection();
        // In the way of a later migration.
        execute(&mut conn, "CREATE TABLE licenses (id INTEGER)").expect("a table");
        let failed = migrate(&database.url);
        assert!(
            matches!(&failed, Err(StartError::Migration { .. })),
            "{failed:?}"
        );
        let tables = match conn {
            hmis_licensing::persistence::backend::AnyConnection::Postgres(_) => {
                "SELECT count(*) AS n FROM information_schema.tables \
                 WHERE table_schema = current_schema()"
            }
            hmis_licensing::persistence::backend::AnyConnection::Sqlite(_) => {
                "SELECT count(*) AS n FROM sqlite_master WHERE type = 'table'"
            }
        };
        assert_eq!(number(&mut conn, tables).ok(), Some(1));
        execute(&mut conn, "DROP TABLE licenses").expect("gone");
        assert!(migrate(&database.url).is_ok());
    });
}

#[test]
fn a_newer_schema_is_refused_and_named() {
    on_both(|database| async move {
        let store = database.store();
        assert_eq!(store.check().await, Ok(()));
        execute(
            &mut database.connection(),
            "INSERT INTO __diesel_schema_migrations (version) VALUES ('29991231000000')",
        )
        .expect("a migration of the future");
        let newest = known(&database.url)
            .expect("embedded")
            .pop()
            .expect("one")
            .name;
        for refused in [
            SqlStore::open(&database.url).err(),
            migrate(&database.url).err(),
        ] {
            let refused = refused.expect("refused");
            assert!(matches!(refused, StartError::NewerSchema { .. }));
            let message = refused.to_string();
            assert!(message.contains("29991231000000"), "{message}");
            assert!(message.contains(&newest), "{message}");
        }
        // A program that is running already is no longer ready.
        assert!(store.check().await.is_err());
    });
}
