//! Atomicity, isolation, order and limits of the queue.

use std::sync::mpsc;

use actix_web::rt::spawn;
use diesel::connection::Connection;
use hmis_licensing::application::ports::{Abort, StoreError};
use hmis_licensing::persistence::Settings;

use super::{
    assert_kept, assert_unavailable, blocker, execute, note, notes, number, read_number, sql,
    with_notes,
};
use crate::support::database::{on_both, patient};

/// One thread of each sort, so that tests can fill them.
fn narrow() -> Settings {
    Settings {
        postgres_connections: 1,
        sqlite_readers: 1,
        queue: 2,
        ..patient()
    }
}

#[test]
fn a_refusal_keeps_nothing() {
    on_both(|database| async move {
        with_notes(&database);
        let store = database.store();
        let outcome = store
            .write_on_connection(Box::new(|conn| {
                execute(conn, "INSERT INTO notes VALUES (1, 'a')")?;
                Err(Abort::Refused)
            }))
            .await;
        assert!(matches!(outcome, Err(Abort::Refused)), "{outcome:?}");
        assert_kept(store.write_on_connection(note(2)).await);
        assert_eq!(notes(&database), [2]);
    });
}

#[test]
fn a_broken_key_is_a_conflict_and_keeps_nothing() {
    on_both(|database| async move {
        with_notes(&database);
        let store = database.store();
        assert_kept(store.write_on_connection(note(1)).await);
        let outcome = store
            .write_on_connection(Box::new(|conn| {
                execute(conn, "INSERT INTO notes VALUES (2, 'b')")?;
                execute(conn, "INSERT INTO notes VALUES (1, 'again')")
            }))
            .await;
        assert!(
            matches!(outcome, Err(Abort::Store(StoreError::Conflict))),
            "{outcome:?}"
        );
        assert_eq!(notes(&database), [1]);
    });
}

#[test]
fn a_conflict_inside_a_nested_transaction_can_be_survived() {
    on_both(|database| async move {
        with_notes(&database);
        let store = database.store();
        assert_kept(store.write_on_connection(note(1)).await);
        let outcome = store
            .write_on_connection(Box::new(|conn| {
                execute(conn, "INSERT INTO notes VALUES (2, 'b')")?;
                let nested = conn.transaction(|conn| {
                    diesel::connection::SimpleConnection::batch_execute(
                        conn,
                        "INSERT INTO notes VALUES (3, 'c'); INSERT INTO notes VALUES (1, 'again')",
                    )
                });
                assert!(nested.is_err());
                Ok(())
            }))
            .await;
        assert_kept(outcome);
        assert_eq!(notes(&database), [1, 2]);
    });
}

#[test]
fn four_hundred_read_and_then_write_without_a_lost_update() {
    on_both(|database| async move {
        with_notes(&database);
        let store = database.store();
        let tasks: Vec<_> = (0..400)
            .map(|id| {
                spawn(store.write_on_connection(Box::new(move |conn| {
                    number(conn, "SELECT count(*) AS n FROM notes")?;
                    // The guard row, as use cases lock theirs.
                    execute(
                        conn,
                        "UPDATE counter SET version = version + 1 WHERE id = 1",
                    )?;
                    let n = number(conn, "SELECT CAST(n AS BIGINT) AS n FROM counter")?;
                    execute(conn, &format!("UPDATE counter SET n = {}", n + 1))?;
                    execute(conn, &format!("INSERT INTO notes VALUES ({id}, 'x')"))
                })))
            })
            .collect();
        for task in tasks {
            assert_kept(task.await.expect("not cancelled"));
        }
        let n = read_number(&store, "SELECT CAST(n AS BIGINT) AS n FROM counter").await;
        assert_eq!(n.ok(), Some(400));
        assert_eq!(notes(&database).len(), 400);
    });
}

#[test]
fn a_read_sees_one_moment() {
    on_both(|database| async move {
        with_notes(&database);
        let store = database.store();
        let (seen, has_seen) = mpsc::channel();
        let (written, was_written) = mpsc::channel::<()>();
        let reading = store.read_on_connection(Box::new(move |conn| {
            let before = number(conn, "SELECT count(*) AS n FROM notes")?;
            seen.send(before).expect("somebody waits");
            was_written.recv().expect("somebody writes");
            let after = number(conn, "SELECT count(*) AS n FROM notes")?;
            seen.send(after).expect("somebody waits");
            Ok(())
        }));
        assert_eq!(has_seen.recv(), Ok(0));
        assert_kept(store.write_on_connection(note(1)).await);
        written.send(()).expect("somebody reads");
        assert_kept(reading.await);
        assert_eq!(has_seen.recv(), Ok(0), "the snapshot moved");
        let now = read_number(&store, "SELECT count(*) AS n FROM notes").await;
        assert_eq!(now.ok(), Some(1), "an acknowledged write is not seen");
    });
}

#[test]
fn a_read_cannot_write() {
    on_both(|database| async move {
        with_notes(&database);
        let store = database.store();
        assert_unavailable(store.read_on_connection(note(1)).await);
        assert_eq!(notes(&database), [] as [i64; 0]);
        assert_kept(store.write_on_connection(note(2)).await);
    });
}

#[test]
fn a_caller_that_goes_away_does_not_cancel() {
    on_both(|database| async move {
        with_notes(&database);
        let store = database.store_with(narrow());
        let (work, begun, go) = blocker();
        let blocked = store.write_on_connection(work);
        begun.recv().expect("it runs");
        drop(blocked);
        drop(store.write_on_connection(note(1)));
        let last = store.write_on_connection(note(2));
        go.send(()).expect("it waits");
        assert_kept(last.await);
        assert_eq!(notes(&database), [1, 2]);
    });
}

#[test]
fn a_full_queue_is_busy_at_once() {
    on_both(|database| async move {
        with_notes(&database);
        let store = database.store_with(narrow());
        let (work, begun, go) = blocker();
        let blocked = store.write_on_connection(work);
        begun.recv().expect("it runs");
        let waiting = [1, 2].map(|id| store.write_on_connection(note(id)));
        // Answered although nothing moves.
        let refused = store.write_on_connection(note(3)).await;
        assert!(
            matches!(refused, Err(Abort::Store(StoreError::Busy))),
            "{refused:?}"
        );
        go.send(()).expect("it waits");
        assert_kept(blocked.await);
        for waiting in waiting {
            assert_kept(waiting.await);
        }
        assert_eq!(notes(&database), [1, 2]);
        assert_kept(store.write_on_connection(note(4)).await);
    });
}

#[test]
fn dropping_the_store_finishes_what_is_queued() {
    on_both(|database| async move {
        with_notes(&database);
        let store = database.store();
        let (work, begun, go) = blocker();
        drop(store.write_on_connection(work));
        begun.recv().expect("it runs");
        let queued: Vec<_> = (0..20)
            .map(|id| store.write_on_connection(note(id)))
            .collect();
        go.send(()).expect("it waits");
        drop(store);
        assert_eq!(notes(&database).len(), 20);
        for outcome in queued {
            assert_kept(outcome.await);
        }
    });
}

#[test]
fn what_was_written_is_there_for_the_next_store() {
    on_both(|database| async move {
        with_notes(&database);
        assert_kept(database.store().write_on_connection(note(1)).await);
        let store = database.store();
        assert_kept(
            store
                .write_on_connection(sql("UPDATE notes SET body = 'kept' WHERE id = 1"))
                .await,
        );
        let found = read_number(
            &store,
            "SELECT count(*) AS n FROM notes WHERE body = 'kept'",
        );
        assert_eq!(found.await.ok(), Some(1));
    });
}
