//! The store's core: what is kept, what is not, and what the caller is told, whatever goes wrong.

mod failures;
mod postgres;
mod schema;
mod transactions;
mod typed;

use std::sync::{Arc, Mutex, mpsc};

use diesel::connection::SimpleConnection;
use diesel::deserialize::QueryableByName;
use diesel::sql_types::BigInt;
use diesel::{RunQueryDsl, sql_query};
use hmis_licensing::application::ports::{Abort, StoreError};
use hmis_licensing::persistence::backend::AnyConnection;
use hmis_licensing::persistence::error::map_error;
use hmis_licensing::persistence::{Outcome, SqlStore, Work};

use crate::support::database::TestDatabase;

/// A table of the tests' own, beside those of the program.
fn with_notes(database: &TestDatabase) {
    database
        .connection()
        .batch_execute(
            "CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT NOT NULL);
             CREATE TABLE replies (id INTEGER PRIMARY KEY, note_id INTEGER NOT NULL
                 REFERENCES notes (id) DEFERRABLE INITIALLY DEFERRED);
             CREATE TABLE counter (id INTEGER PRIMARY KEY, version INTEGER NOT NULL, n INTEGER NOT NULL);
             INSERT INTO counter VALUES (1, 0, 0)",
        )
        .expect("tables");
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

fn execute(conn: &mut AnyConnection, sql: &str) -> Outcome {
    conn.batch_execute(sql)
        .map_err(|error| Abort::Store(map_error(error)))
}

fn number(conn: &mut AnyConnection, sql: &str) -> Result<i64, Abort> {
    sql_query(sql)
        .get_result::<Count>(conn)
        .map(|count| count.n)
        .map_err(|error| Abort::Store(map_error(error)))
}

/// A closure that runs one piece of SQL.
fn sql(text: impl Into<String>) -> Work {
    let text = text.into();
    Box::new(move |conn| execute(conn, &text))
}

fn note(id: u32) -> Work {
    sql(format!("INSERT INTO notes VALUES ({id}, 'note')"))
}

/// What a fresh connection sees as kept.
fn notes(database: &TestDatabase) -> Vec<i64> {
    sql_query("SELECT CAST(id AS BIGINT) AS n FROM notes ORDER BY id")
        .load::<Count>(&mut database.connection())
        .expect("notes")
        .into_iter()
        .map(|row| row.n)
        .collect()
}

/// Reads one number through the store.
async fn read_number(store: &SqlStore, text: &'static str) -> Result<i64, Abort> {
    let found = Arc::new(Mutex::new(0));
    let slot = Arc::clone(&found);
    store
        .read_on_connection(Box::new(move |conn| {
            *slot.lock().expect("a lock") = number(conn, text)?;
            Ok(())
        }))
        .await?;
    let value = *found.lock().expect("a lock");
    Ok(value)
}

/// A closure that holds up whatever runs it: returns it, a receiver that tells when it has begun, and a sender that
/// lets it go.
fn blocker() -> (Work, mpsc::Receiver<()>, mpsc::Sender<()>) {
    let (begun, has_begun) = mpsc::channel();
    let (go, may_go) = mpsc::channel();
    let work: Work = Box::new(move |_| {
        begun.send(()).expect("somebody waits");
        // An error means that the test has ended early; then nothing should hang.
        let _ = may_go.recv();
        Ok(())
    });
    (work, has_begun, go)
}

#[track_caller]
fn assert_unavailable(outcome: Outcome) {
    assert!(
        matches!(outcome, Err(Abort::Store(StoreError::Unavailable(_)))),
        "{outcome:?}"
    );
}

#[track_caller]
fn assert_kept(outcome: Outcome) {
    assert!(outcome.is_ok(), "{outcome:?}");
}
