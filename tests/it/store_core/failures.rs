//! Panics, refused commits, full disks: what is acknowledged is kept, the rest is not, and the store goes on.

use std::sync::mpsc;

use diesel::connection::Connection;
use hmis_licensing::application::ports::{Abort, StoreError};
use hmis_licensing::persistence::{Settings, Work};

use super::{
    assert_kept, assert_unavailable, blocker, execute, note, notes, number, sql, with_notes,
};
use crate::support::database::{on_both, on_sqlite};

/// Panics inside a nested transaction, after writing.
fn panics(id: u32) -> Work {
    Box::new(move |conn| {
        execute(conn, &format!("INSERT INTO notes VALUES ({id}, 'lost')"))?;
        let _: Result<(), diesel::result::Error> = conn.transaction(|_| panic!("on purpose"));
        Ok(())
    })
}

#[test]
fn a_panic_keeps_nothing_and_the_store_goes_on() {
    on_both(|database| async move {
        with_notes(&database);
        let store = database.store();
        for id in 1..=3 {
            let outcome = store.write_on_connection(panics(id)).await;
            assert!(
                matches!(outcome, Err(Abort::Store(StoreError::Panicked))),
                "{outcome:?}"
            );
        }
        let outcome = store.read_on_connection(Box::new(|_| panic!("on purpose")));
        assert!(matches!(
            outcome.await,
            Err(Abort::Store(StoreError::Panicked))
        ));
        assert_kept(store.write_on_connection(note(9)).await);
        assert_eq!(notes(&database), [9]);
    });
}

#[test]
fn a_panic_and_a_refusal_spare_the_others_of_the_batch() {
    on_sqlite(|database| async move {
        with_notes(&database);
        let store = database.store();
        let (work, begun, go) = blocker();
        let blocked = store.write_on_connection(work);
        begun.recv().expect("it runs");

        let first = store.write_on_connection(note(1));
        let refused = store.write_on_connection(Box::new(|conn| {
            execute(conn, "INSERT INTO notes VALUES (2, 'refused')")?;
            Err(Abort::Refused)
        }));
        let third = store.write_on_connection(note(3));
        // From within the same transaction the first note is there; from outside it is not yet.
        let (told, hear) = mpsc::channel();
        let outside = std::sync::Mutex::new(database.connection());
        let panicking = store.write_on_connection(Box::new(move |conn| {
            let inside = number(conn, "SELECT count(*) AS n FROM notes")?;
            let beside = number(
                &mut outside.lock().expect("a lock"),
                "SELECT count(*) AS n FROM notes",
            )?;
            told.send((inside, beside)).expect("somebody listens");
            execute(conn, "INSERT INTO notes VALUES (4, 'lost')")?;
            panic!("on purpose");
        }));
        let last = store.write_on_connection(note(5));
        go.send(()).expect("it waits");

        assert_kept(blocked.await);
        assert_eq!(hear.recv(), Ok((2, 0)), "they were not one batch");
        assert_kept(first.await);
        assert!(matches!(refused.await, Err(Abort::Refused)));
        assert_kept(third.await);
        assert!(matches!(
            panicking.await,
            Err(Abort::Store(StoreError::Panicked))
        ));
        assert_kept(last.await);
        assert_eq!(notes(&database), [1, 3, 5]);
    });
}

#[test]
fn a_refused_commit_keeps_nothing() {
    on_both(|database| async move {
        with_notes(&database);
        let store = database.store();
        assert_kept(store.write_on_connection(note(1)).await);
        // The reference is checked at COMMIT only.
        let outcome = store
            .write_on_connection(sql(
                "INSERT INTO notes VALUES (2, 'x'); INSERT INTO replies VALUES (1, 77)",
            ))
            .await;
        assert_unavailable(outcome);
        assert_eq!(notes(&database), [1]);
        assert_kept(store.write_on_connection(note(3)).await);
        assert_eq!(notes(&database), [1, 3]);
    });
}

#[test]
fn a_refused_commit_is_told_to_the_whole_batch() {
    on_sqlite(|database| async move {
        with_notes(&database);
        let store = database.store();
        let (work, begun, go) = blocker();
        drop(store.write_on_connection(work));
        begun.recv().expect("it runs");
        let before = store.write_on_connection(note(1));
        let guilty = store.write_on_connection(sql("INSERT INTO replies VALUES (1, 77)"));
        let refused = store.write_on_connection(Box::new(|_| Err(Abort::Refused)));
        let after = store.write_on_connection(note(2));
        go.send(()).expect("it waits");
        // A refusal too: it may rest on what the others wrote.
        for outcome in [before.await, guilty.await, refused.await, after.await] {
            assert_unavailable(outcome);
        }
        assert_eq!(notes(&database), [] as [i64; 0]);
        assert_kept(store.write_on_connection(note(3)).await);
        assert_eq!(notes(&database), [3]);
    });
}

#[test]
fn a_transaction_that_is_lost_under_a_closure_is_never_acknowledged() {
    on_sqlite(|database| async move {
        with_notes(&database);
        let store = database.store();
        let (work, begun, go) = blocker();
        drop(store.write_on_connection(work));
        begun.recv().expect("it runs");
        let before = store.write_on_connection(note(1));
        // What SQLite does by itself on some errors, and a closure that does not look.
        let losing = store.write_on_connection(sql("ROLLBACK"));
        go.send(()).expect("it waits");
        assert_unavailable(before.await);
        assert_unavailable(losing.await);
        assert_eq!(notes(&database), [] as [i64; 0]);
        assert_kept(store.write_on_connection(note(2)).await);
        assert_eq!(notes(&database), [2]);
    });
}

#[test]
fn a_full_disk_loses_nothing_that_was_acknowledged() {
    on_sqlite(|database| async move {
        with_notes(&database);
        let store = database.store();
        assert_kept(store.write_on_connection(note(1)).await);
        let limit = store.write_on_connection(Box::new(|conn| {
            let pages = number(conn, "SELECT page_count AS n FROM pragma_page_count")?;
            execute(conn, &format!("PRAGMA max_page_count = {}", pages + 20))
        }));
        assert_kept(limit.await);

        // Two at a time, so that batches are shared; small and large, so that statements differ.
        let mut kept = vec![1];
        let mut refused = 0;
        for id in (2..400).step_by(2) {
            let wide = |id: u32| {
                let body = "x".repeat(if id.is_multiple_of(3) { 9_000 } else { 700 });
                store.write_on_connection(sql(format!("INSERT INTO notes VALUES ({id}, '{body}')")))
            };
            for (id, outcome) in [(id, wide(id)), (id + 1, wide(id + 1))] {
                match outcome.await {
                    Ok(()) => kept.push(i64::from(id)),
                    Err(Abort::Store(StoreError::Unavailable(reason))) => {
                        assert!(reason.contains("full"), "{reason}");
                        refused += 1;
                    }
                    other => panic!("{other:?}"),
                }
            }
            if refused > 0 {
                break;
            }
        }
        assert!(refused > 0, "the disk never filled");
        assert!(kept.len() > 3, "nothing was kept before that");
        assert_eq!(notes(&database), kept);

        let raise = store.write_on_connection(sql("PRAGMA max_page_count = 1000000"));
        assert_kept(raise.await);
        let body = "x".repeat(100_000);
        let write = sql(format!("INSERT INTO notes VALUES (1000, '{body}')"));
        assert_kept(store.write_on_connection(write).await);
        kept.push(1000);
        assert_eq!(notes(&database), kept);
    });
}

#[test]
fn a_file_that_another_program_holds_is_busy_and_then_free() {
    on_sqlite(|database| async move {
        with_notes(&database);
        let store = database.store_with(Settings::default());
        let mut other = database.connection();
        execute(&mut other, "BEGIN IMMEDIATE").expect("held");
        let outcome = store.write_on_connection(note(1)).await;
        assert!(
            matches!(outcome, Err(Abort::Store(StoreError::Busy))),
            "{outcome:?}"
        );
        execute(&mut other, "COMMIT").expect("free");
        assert_kept(store.write_on_connection(note(2)).await);
        assert_eq!(notes(&database), [2]);
    });
}
