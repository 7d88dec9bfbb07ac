//! What only a server can do: lose races, deadlock, go away and fall silent.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Barrier};

use hmis_licensing::application::ports::{Abort, StoreError};
use hmis_licensing::persistence::{DatabaseUrl, Settings, SqlStore, Work};

use super::{assert_kept, assert_unavailable, execute, note, notes, read_number, sql, with_notes};
use crate::support::database::{TestDatabase, on_postgres, patient};
use crate::support::proxy::Proxy;

const SERIALIZATION: &str =
    "DO $$ BEGIN RAISE EXCEPTION 'lost a race' USING ERRCODE = '40001'; END $$";

#[test]
fn a_lost_race_is_run_again_from_the_start() {
    on_postgres(|database| async move {
        with_notes(&database);
        let store = database.store();
        let runs = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&runs);
        let outcome = store
            .write_on_connection(Box::new(move |conn| {
                let run = counted.fetch_add(1, Ordering::SeqCst);
                execute(conn, &format!("INSERT INTO notes VALUES ({run}, 'x')"))?;
                if run < 3 {
                    execute(conn, SERIALIZATION)?;
                }
                Ok(())
            }))
            .await;
        assert_kept(outcome);
        assert_eq!(runs.load(Ordering::SeqCst), 4);
        assert_eq!(notes(&database), [3]);
    });
}

#[test]
fn a_race_that_is_always_lost_ends_as_busy() {
    on_postgres(|database| async move {
        with_notes(&database);
        let store = database.store();
        let runs = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&runs);
        let outcome = store
            .write_on_connection(Box::new(move |conn| {
                counted.fetch_add(1, Ordering::SeqCst);
                execute(conn, SERIALIZATION)
            }))
            .await;
        assert!(
            matches!(outcome, Err(Abort::Store(StoreError::Busy))),
            "{outcome:?}"
        );
        assert!((2..=20).contains(&runs.load(Ordering::SeqCst)));
    });
}

#[test]
fn of_two_that_deadlock_both_are_kept_in_the_end() {
    on_postgres(|database| async move {
        with_notes(&database);
        let store = database.store();
        for id in [1, 2] {
            assert_kept(store.write_on_connection(note(id)).await);
        }
        let barrier = Arc::new(Barrier::new(2));
        let crossing = |first: u32, second: u32| -> Work {
            let barrier = Arc::clone(&barrier);
            let mut runs = 0;
            Box::new(move |conn| {
                runs += 1;
                let touch = |id| format!("UPDATE notes SET body = body || '!' WHERE id = {id}");
                execute(conn, &touch(first))?;
                if runs == 1 {
                    // Each holds what the other wants.
                    barrier.wait();
                }
                execute(conn, &touch(second))
            })
        };
        let one = store.write_on_connection(crossing(1, 2));
        let two = store.write_on_connection(crossing(2, 1));
        assert_kept(one.await);
        assert_kept(two.await);
        let both = "SELECT count(*) AS n FROM notes WHERE body = 'note!!'";
        assert_eq!(read_number(&store, both).await.ok(), Some(2));
    });
}

#[test]
fn a_swallowed_error_is_not_acknowledged() {
    on_postgres(|database| async move {
        with_notes(&database);
        let store = database.store();
        let outcome = store
            .write_on_connection(Box::new(|conn| {
                execute(conn, "INSERT INTO notes VALUES (1, 'x')")?;
                assert!(execute(conn, "SELECT 1 / 0").is_err());
                // COMMIT would answer with success and roll back.
                Ok(())
            }))
            .await;
        assert_unavailable(outcome);
        assert_eq!(notes(&database), [] as [i64; 0]);
        assert_kept(store.write_on_connection(note(2)).await);
    });
}

#[test]
fn a_connection_that_died_while_idle_is_replaced_unnoticed() {
    on_postgres(|database| async move {
        with_notes(&database);
        let (_, schema) = database.schema().expect("a schema");
        let url: DatabaseUrl = format!("{}&application_name=killed-{schema}", database.url_text)
            .parse()
            .expect("a URL");
        let store = SqlStore::open_with(&url, patient()).expect("a store");
        assert_kept(store.write_on_connection(note(1)).await);
        kill_connections(&database, schema);
        assert_kept(store.write_on_connection(note(2)).await);
        kill_connections(&database, schema);
        let count = read_number(&store, "SELECT count(*) AS n FROM notes").await;
        assert_eq!(count.ok(), Some(2));
    });
}

/// Ends the connections of the store that bears the schema's name.
fn kill_connections(database: &TestDatabase, schema: &str) {
    let killed = execute(
        &mut database.connection(),
        &format!(
            "DO $$ BEGIN
                PERFORM pg_terminate_backend(pid, 5000) FROM pg_stat_activity
                WHERE application_name = 'killed-{schema}' AND pid <> pg_backend_pid();
            END $$"
        ),
    );
    assert_kept(killed);
}

#[test]
fn a_connection_that_dies_in_a_transaction_keeps_nothing() {
    on_postgres(|database| async move {
        with_notes(&database);
        let store = database.store();
        let outcome = store
            .write_on_connection(Box::new(|conn| {
                execute(conn, "INSERT INTO notes VALUES (1, 'x')")?;
                execute(conn, "SELECT pg_terminate_backend(pg_backend_pid())")
            }))
            .await;
        assert_unavailable(outcome);
        assert_kept(store.write_on_connection(note(2)).await);
        assert_eq!(notes(&database), [2]);
    });
}

#[test]
fn an_endless_statement_is_ended_and_an_endless_wait_is_busy() {
    on_postgres(|database| async move {
        with_notes(&database);
        let store = database.store_with(Settings::default());
        assert_kept(store.write_on_connection(note(1)).await);
        assert_unavailable(store.write_on_connection(sql("SELECT pg_sleep(600)")).await);
        let mut other = database.connection();
        execute(
            &mut other,
            "BEGIN; UPDATE notes SET body = 'held' WHERE id = 1",
        )
        .expect("held");
        let outcome = store
            .write_on_connection(sql("UPDATE notes SET body = 'x' WHERE id = 1"))
            .await;
        assert!(
            matches!(outcome, Err(Abort::Store(StoreError::Busy))),
            "{outcome:?}"
        );
        execute(&mut other, "COMMIT").expect("released");
        assert_kept(store.write_on_connection(note(2)).await);
    });
}

/// A store that reaches its database through a proxy. Needs a server whose socket is known.
fn behind_proxy(database: &TestDatabase, settings: Settings) -> Option<(Proxy, SqlStore)> {
    let (server, schema) = database.schema()?;
    let proxy = Proxy::start(server.socket.as_deref()?);
    let url: DatabaseUrl = format!(
        "postgres://postgres@127.0.0.1:{}/postgres?options=-csearch_path%3D{schema}",
        proxy.port
    )
    .parse()
    .expect("a URL");
    let store = SqlStore::open_with(&url, settings).expect("a store");
    Some((proxy, store))
}

#[test]
fn a_server_that_goes_away_is_unavailable_until_it_is_back() {
    on_postgres(|database| async move {
        with_notes(&database);
        let Some((proxy, store)) = behind_proxy(&database, patient()) else {
            return;
        };
        assert_kept(store.write_on_connection(note(1)).await);
        proxy.cut();
        for id in [2, 3] {
            assert_unavailable(store.write_on_connection(note(id)).await);
        }
        assert!(store.check().await.is_err());
        proxy.mend();
        assert_kept(store.write_on_connection(note(4)).await);
        assert_eq!(store.check().await, Ok(()));
        assert_eq!(notes(&database), [1, 4]);
    });
}

#[test]
fn a_server_that_falls_silent_is_answered_for_and_nothing_happens_later() {
    on_postgres(|database| async move {
        with_notes(&database);
        let narrow = Settings {
            postgres_connections: 2,
            ..Settings::default()
        };
        let Some((proxy, store)) = behind_proxy(&database, narrow) else {
            return;
        };
        assert_kept(store.write_on_connection(note(1)).await);
        proxy.fall_silent();
        // More than there are threads: those that wait for a thread are answered too.
        let waiting: Vec<_> = (2..6)
            .map(|id| store.write_on_connection(note(id)))
            .collect();
        for outcome in waiting {
            let outcome = outcome.await;
            assert!(
                matches!(
                    outcome,
                    Err(Abort::Store(StoreError::Unavailable(_) | StoreError::Busy))
                ),
                "{outcome:?}"
            );
        }
        proxy.speak();
        // The threads were waiting at BEGIN: they see that the caller has its answer, and keep nothing.
        assert_kept(store.write_on_connection(note(9)).await);
        drop(store);
        assert_eq!(notes(&database), [1, 9]);
    });
}
