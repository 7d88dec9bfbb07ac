//! What the store costs or gains against the raw driver: writes and point reads at 1, 16 and 64 clients, measured in
//! turns in the same run and given as a ratio. The raw driver is diesel over a pool of one connection, opened with the
//! same pragmas, its clients on threads; the store's clients are tasks on one thread, as in a web server's worker.
//!
//! `cargo bench --bench store`

#![expect(
    clippy::expect_used,
    reason = "a benchmark that cannot run says why and stops"
)]

#[path = "../tests/it/support/cluster.rs"]
mod cluster;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use diesel::connection::{Connection, SimpleConnection};
use diesel::r2d2::{ConnectionManager, Pool, R2D2Connection};
use diesel::{ExpressionMethods, PgConnection, QueryDsl, RunQueryDsl, SqliteConnection};
use hmis_licensing::application::ports::{Abort, StoreError};
use hmis_licensing::persistence::backend::AnyConnection;
use hmis_licensing::persistence::{DatabaseUrl, SqlStore};

diesel::table! {
    bench (id) {
        id -> BigInt,
        body -> Text,
    }
}

const CREATE: &str = "CREATE TABLE bench (id BIGINT PRIMARY KEY, body TEXT NOT NULL)";
/// How long each figure is measured.
const MEASURE: Duration = Duration::from_millis(750);
const CLIENTS: [usize; 3] = [1, 16, 64];
const BODY: &str = "0123456789012345678901234567890123456789012345678901234567890123";
/// Rows that are read.
const ROWS: i64 = 10_000;

#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Write,
    Read,
}

static NEXT: AtomicI64 = AtomicI64::new(ROWS);

/// A new id to write, or an old one to read.
fn id(what: What) -> i64 {
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    match what {
        What::Write => next,
        What::Read => next.wrapping_mul(7_919) % ROWS,
    }
}

/// The one statement of a transaction, on any connection.
macro_rules! statement {
    ($conn:expr, $what:expr) => {{
        let id = id($what);
        match $what {
            What::Write => diesel::insert_into(bench::table)
                .values((bench::id.eq(id), bench::body.eq(BODY)))
                .execute($conn)
                .map(drop),
            What::Read => bench::table
                .find(id)
                .first::<(i64, String)>($conn)
                .map(drop),
        }
    }};
}

/// Transactions per second of `clients` threads over one connection.
fn raw<C>(
    pool: &Pool<ConnectionManager<C>>,
    clients: usize,
    run: impl Fn(&mut C) + Send + Sync + 'static,
) -> f64
where
    C: R2D2Connection + 'static,
{
    let (stop, run) = (Arc::new(AtomicBool::new(false)), Arc::new(run));
    let started = Instant::now();
    let threads: Vec<_> = (0..clients)
        .map(|_| {
            let (pool, stop, run) = (pool.clone(), Arc::clone(&stop), Arc::clone(&run));
            thread::spawn(move || {
                let mut count = 0_u32;
                while !stop.load(Ordering::Relaxed) {
                    run(&mut pool.get().expect("a connection"));
                    count += 1;
                }
                count
            })
        })
        .collect();
    thread::sleep(MEASURE);
    stop.store(true, Ordering::Relaxed);
    let total: u32 = threads
        .into_iter()
        .map(|thread| thread.join().expect("no panic"))
        .sum();
    f64::from(total) / started.elapsed().as_secs_f64()
}

/// Transactions per second of `clients` tasks over the store.
fn over_store(store: &Arc<SqlStore>, clients: usize, what: What) -> f64 {
    actix_web::rt::System::new().block_on(async {
        let started = Instant::now();
        let tasks: Vec<_> = (0..clients)
            .map(|_| {
                let store = Arc::clone(store);
                actix_web::rt::spawn(async move {
                    let mut count = 0_u32;
                    while started.elapsed() < MEASURE {
                        let work = Box::new(move |conn: &mut AnyConnection| {
                            statement!(conn, what).map_err(|error| {
                                Abort::Store(StoreError::Unavailable(error.to_string()))
                            })
                        });
                        match what {
                            What::Write => store.write_on_connection(work).await,
                            What::Read => store.read_on_connection(work).await,
                        }
                        .expect("done");
                        count += 1;
                    }
                    count
                })
            })
            .collect();
        let mut total = 0;
        for task in tasks {
            total += task.await.expect("no panic");
        }
        f64::from(total) / started.elapsed().as_secs_f64()
    })
}

fn table(name: &str, store: &Arc<SqlStore>, raw: impl Fn(usize, What) -> f64) {
    println!(
        "\n{name:<34} {:>8} {:>10} {:>10} {:>7}",
        "clients", "raw/s", "store/s", "ratio"
    );
    for (what, label) in [(What::Write, "write"), (What::Read, "point read")] {
        for clients in CLIENTS {
            let driver = raw(clients, what);
            let ours = over_store(store, clients, what);
            println!(
                "{label:<34} {clients:>8} {driver:>10.0} {ours:>10.0} {:>7.2}",
                ours / driver
            );
        }
    }
}

fn fill(conn: &mut impl SimpleConnection) {
    let rows: Vec<_> = (0..ROWS).map(|id| format!("({id}, '{BODY}')")).collect();
    conn.batch_execute(&format!(
        "{CREATE}; INSERT INTO bench VALUES {}",
        rows.join(",")
    ))
    .expect("rows");
}

fn sqlite() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("bench.sqlite");
    let path = path.to_str().expect("a path");
    let url: DatabaseUrl = format!("sqlite:{path}").parse().expect("a URL");
    let store = Arc::new(SqlStore::open(&url).expect("a store"));
    fill(&mut SqliteConnection::establish(path).expect("a connection"));
    let pool = Pool::builder()
        .max_size(1)
        .test_on_check_out(false)
        .build(ConnectionManager::<SqliteConnection>::new(path))
        .expect("a pool");
    pool.get()
        .expect("a connection")
        .batch_execute(
            "PRAGMA busy_timeout = 5000; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON",
        )
        .expect("set");
    table("SQLite (synchronous=FULL)", &store, |clients, what| {
        raw(&pool, clients, move |conn| {
            match what {
                What::Write => conn.immediate_transaction(|conn| statement!(conn, what)),
                What::Read => statement!(conn, what),
            }
            .expect("done");
        })
    });
}

fn postgres() {
    let Some(server) = cluster::server() else {
        return;
    };
    let mut admin = PgConnection::establish(&server.admin_url()).expect("a connection");
    let schema = format!("bench_{}", std::process::id());
    admin
        .batch_execute(&format!("CREATE SCHEMA {schema}"))
        .expect("a schema");
    let text = server.url(&schema);
    let url: DatabaseUrl = text.parse().expect("a URL");
    let store = Arc::new(SqlStore::open(&url).expect("a store"));
    let pool = Pool::builder()
        .max_size(1)
        .test_on_check_out(false)
        .build(ConnectionManager::<PgConnection>::new(text))
        .expect("a pool");
    fill(&mut *pool.get().expect("a connection"));
    let name = if server.socket.is_some() {
        "PostgreSQL (throwaway, fsync=off)"
    } else {
        "PostgreSQL (TEST_DATABASE_URL)"
    };
    table(name, &store, |clients, what| {
        raw(&pool, clients, move |conn| {
            match what {
                What::Write => conn.transaction(|conn| statement!(conn, what)),
                What::Read => statement!(conn, what),
            }
            .expect("done");
        })
    });
    drop((store, pool));
    admin
        .batch_execute(&format!("DROP SCHEMA {schema} CASCADE"))
        .expect("dropped");
}

fn main() {
    // `cargo test --benches` asks for tests, of which there are none here.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    sqlite();
    postgres();
}
