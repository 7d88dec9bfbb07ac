//! Threads that own a connection each and run transactions from one queue: all of PostgreSQL, and SQLite's readers.
//!
//! A thread and its connection belong together, so nothing has to be borrowed or tested: a connection that may be
//! unclean is dropped, and the next task opens another. On PostgreSQL a watchdog answers for a thread that hears
//! nothing from the database, since no setting of the server helps when the server is what hangs.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use diesel::connection::InstrumentationEvent;

use super::backend::{self, AnyConnection, Limits};
use super::error::{StartError, map_error};
use super::queue::{Mode, Outcome, Queue, Reply, Task, Work, lock};
use super::url::DatabaseUrl;
use crate::application::ports::{Abort, StoreError};

/// How often a transaction that lost a race is run in all.
const ATTEMPTS: u32 = 8;
const WATCH_EVERY: Duration = Duration::from_millis(50);
/// How long dropping a pool waits for threads that are still at work.
const STOP_WITHIN: Duration = Duration::from_secs(5);

pub(super) struct Pool {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

struct Shared {
    url: DatabaseUrl,
    limits: Limits,
    queue: Queue,
    lanes: Vec<Arc<Lane>>,
    stopping: Mutex<bool>,
    stopped: Condvar,
}

impl Pool {
    /// Starts `size` threads, which open their connections when they first need them.
    pub fn start(
        url: &DatabaseUrl,
        limits: Limits,
        size: usize,
        capacity: usize,
    ) -> Result<Self, StartError> {
        let shared = Arc::new(Shared {
            url: url.clone(),
            limits,
            queue: Queue::new(capacity),
            lanes: (0..size.max(1)).map(|_| Arc::default()).collect(),
            stopping: Mutex::new(false),
            stopped: Condvar::new(),
        });
        // From here on an error drops the pool, which stops the threads that were started.
        let mut pool = Self {
            shared: Arc::clone(&shared),
            threads: Vec::new(),
        };
        for lane in &shared.lanes {
            let (inner, lane) = (Arc::clone(&shared), Arc::clone(lane));
            pool.threads
                .push(spawn("store", move || serve(&inner, &lane))?);
        }
        if matches!(url, DatabaseUrl::Postgres(_)) {
            let inner = Arc::clone(&shared);
            pool.threads
                .push(spawn("store-watch", move || watch(&inner))?);
        }
        Ok(pool)
    }

    pub fn submit(&self, mode: Mode, work: Work) -> impl Future<Output = Outcome> + Send + 'static {
        self.shared.queue.submit(mode, work)
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.queue.close();
        let deadline = Instant::now() + STOP_WITHIN;
        let (watch, workers): (Vec<_>, Vec<_>) = self
            .threads
            .drain(..)
            .partition(|thread| thread.thread().name() == Some("store-watch"));
        for thread in workers {
            join_until(thread, deadline);
        }
        *lock(&self.shared.stopping) = true;
        self.shared.stopped.notify_all();
        for thread in watch {
            join_until(thread, deadline + WATCH_EVERY);
        }
    }
}

pub(super) fn spawn(
    name: &str,
    body: impl FnOnce() + Send + 'static,
) -> Result<JoinHandle<()>, StartError> {
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(body)
        .map_err(|error| StartError::Thread(error.to_string()))
}

/// Waits for a thread to end, but neither for oneself nor for ever: a thread may wait for a server that is gone.
pub(super) fn join_until(thread: JoinHandle<()>, deadline: Instant) {
    if thread.thread().id() == thread::current().id() {
        return;
    }
    while !thread.is_finished() {
        if Instant::now() >= deadline {
            log::warn!("a thread of the store is still at work and is left behind");
            return;
        }
        thread::sleep(Duration::from_millis(1));
    }
    // The loop catches every panic, so that there is nothing to learn from the result.
    drop(thread.join());
}

/// What one thread is doing, for the watchdog.
#[derive(Default)]
struct Lane(Mutex<Activity>);

#[derive(Default)]
struct Activity {
    reply: Option<Reply>,
    /// Since when the thread waits for the database; absent while the use case computes.
    waiting_since: Option<Instant>,
}

impl Lane {
    fn begin(&self, reply: &Reply) {
        lock(&self.0).reply = Some(reply.clone());
    }

    fn end(&self) {
        *lock(&self.0) = Activity::default();
    }

    fn waits(&self, waits: bool) {
        lock(&self.0).waiting_since = waits.then(Instant::now);
    }

    fn answer_if_silent(&self, limit: Duration) {
        let mut activity = lock(&self.0);
        if activity
            .waiting_since
            .is_some_and(|since| since.elapsed() > limit)
            && let Some(reply) = activity.reply.take()
        {
            reply.send(Err(Abort::Store(StoreError::Unavailable(
                "the database does not answer".into(),
            ))));
        }
    }
}

fn watch(shared: &Shared) {
    let mut stopping = lock(&shared.stopping);
    while !*stopping {
        (stopping, _) = shared
            .stopped
            .wait_timeout(stopping, WATCH_EVERY)
            .unwrap_or_else(PoisonError::into_inner);
        for lane in &shared.lanes {
            lane.answer_if_silent(shared.limits.silence);
        }
        for task in shared.queue.take_older_than(shared.limits.silence) {
            task.reply.send(Err(Abort::Store(StoreError::Busy)));
        }
    }
}

fn serve(shared: &Shared, lane: &Arc<Lane>) {
    let mut idle = None;
    while let Some(mut task) = shared.queue.pop() {
        lane.begin(&task.reply);
        let outcome = run(shared, lane, &mut idle, &mut task);
        lane.end();
        task.reply.send(outcome);
    }
}

/// Runs a task until it is settled: again, a bounded number of times, when it lost a race.
fn run(
    shared: &Shared,
    lane: &Arc<Lane>,
    idle: &mut Option<AnyConnection>,
    task: &mut Task,
) -> Outcome {
    for attempt in 1..=ATTEMPTS {
        match run_once(shared, lane, idle, task) {
            Err(Abort::Store(StoreError::Retry)) if !task.reply.is_answered() => {
                thread::sleep(pause(attempt));
            }
            settled => return settled,
        }
    }
    Err(Abort::Store(StoreError::Busy))
}

/// Grows with the attempt and differs between the threads that collided.
fn pause(attempt: u32) -> Duration {
    let random = getrandom::u32().unwrap_or(0) % 1_000;
    Duration::from_micros(u64::from(attempt) * u64::from(500 + random * 4))
}

fn run_once(
    shared: &Shared,
    lane: &Arc<Lane>,
    idle: &mut Option<AnyConnection>,
    task: &mut Task,
) -> Outcome {
    let mut conn = begun(shared, lane, idle, task.mode).map_err(Abort::Store)?;
    let verdict = guarded(&mut task.work, &mut conn);
    match verdict {
        // The caller was told that the database does not answer: then nothing should happen later either.
        Ok(()) if task.mode == Mode::Write && task.reply.is_answered() => Err(Abort::Store(
            StoreError::Unavailable("the database answered too late".into()),
        )),
        Ok(()) if task.mode == Mode::Write => match backend::commit(&mut conn) {
            Ok(()) => {
                *idle = Some(conn);
                Ok(())
            }
            Err(error) => Err(Abort::Store(match map_error(error) {
                StoreError::Retry => StoreError::Retry,
                other => StoreError::Unavailable(format!("the commit failed: {other}")),
            })),
        },
        // Nothing to keep. A panic may have left a nested transaction open, an unavailable database a bad connection.
        Err(Abort::Store(error @ (StoreError::Panicked | StoreError::Unavailable(_)))) => {
            Err(Abort::Store(error))
        }
        other => {
            if backend::rollback(&mut conn).is_ok() {
                *idle = Some(conn);
            }
            other
        }
    }
}

/// A connection in a new transaction. One that was idle may have died meanwhile: nothing has happened on it yet, so
/// a fresh one is tried.
fn begun(
    shared: &Shared,
    lane: &Arc<Lane>,
    idle: &mut Option<AnyConnection>,
    mode: Mode,
) -> Result<AnyConnection, StoreError> {
    if let Some(mut conn) = idle.take()
        && backend::begin(&mut conn, mode).is_ok()
    {
        return Ok(conn);
    }
    lane.waits(true);
    let opened = connect(shared, lane);
    lane.waits(false);
    let mut conn = opened.map_err(|error| StoreError::Unavailable(error.to_string()))?;
    backend::begin(&mut conn, mode)?;
    Ok(conn)
}

fn connect(shared: &Shared, lane: &Arc<Lane>) -> Result<AnyConnection, StartError> {
    match &shared.url {
        DatabaseUrl::Sqlite(path) => {
            backend::open_sqlite(path, Mode::Read, shared.limits).map(AnyConnection::Sqlite)
        }
        DatabaseUrl::Postgres(url) => {
            let lane = Arc::clone(lane);
            let watched = move |event: InstrumentationEvent<'_>| match event {
                InstrumentationEvent::StartQuery { .. } => lane.waits(true),
                InstrumentationEvent::FinishQuery { .. } => lane.waits(false),
                _ => {}
            };
            backend::open_postgres(url, shared.limits, watched).map(AnyConnection::Postgres)
        }
    }
}

/// Runs a closure and turns a panic into an answer: diesel has no unwind guard, so the caller must roll back.
pub(super) fn guarded(work: &mut Work, conn: &mut AnyConnection) -> Outcome {
    catch_unwind(AssertUnwindSafe(|| work(conn))).unwrap_or(Err(Abort::Store(StoreError::Panicked)))
}
