//! SQLite's one writer: closures that wait together are committed together.
//!
//! Each runs in a savepoint of one `BEGIN IMMEDIATE` transaction, and all are answered after its COMMIT, so that one
//! flush to disk serves many callers. A closure that fails or panics loses its own savepoint only. SQLite itself may
//! roll back the whole transaction on a full disk, an input or output error or an interrupt: then the savepoint is
//! gone too, the whole batch is answered as unavailable, and the connection is opened anew.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;

use super::backend::{self, AnyConnection, Limits};
use super::error::StartError;
use super::pool::{guarded, join_until, spawn};
use super::queue::{Mode, Outcome, Queue, Reply, Task, Work};
use crate::application::ports::{Abort, StoreError};

/// Closures committed together at most.
const BATCH: usize = 256;
/// How long dropping the writer waits until the queue is written.
const STOP_WITHIN: Duration = Duration::from_secs(30);

pub(super) struct Writer {
    queue: Arc<Queue>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Opens the writing connection and starts its thread. `capacity` closures may wait; a batch that has run for
    /// `batch_time` takes no further ones.
    pub fn start(
        path: &str,
        limits: Limits,
        capacity: usize,
        batch_time: Duration,
    ) -> Result<Self, StartError> {
        let file = File {
            path: path.to_owned(),
            limits,
        };
        let mut idle = Some(file.open()?);
        let queue = Arc::new(Queue::new(capacity));
        let inner = Arc::clone(&queue);
        let thread = spawn("store-writer", move || {
            while let Some(first) = inner.pop() {
                idle = write_batch(&inner, &file, batch_time, idle.take(), first);
            }
        })?;
        Ok(Self {
            queue,
            thread: Some(thread),
        })
    }

    pub fn submit(&self, work: Work) -> impl Future<Output = Outcome> + Send + 'static {
        self.queue.submit(Mode::Write, work)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue.close();
        if let Some(thread) = self.thread.take() {
            join_until(thread, Instant::now() + STOP_WITHIN);
        }
    }
}

/// What is opened, and again after a failure.
struct File {
    path: String,
    limits: Limits,
}

impl File {
    fn open(&self) -> Result<AnyConnection, StartError> {
        backend::open_sqlite(&self.path, Mode::Write, self.limits).map(AnyConnection::Sqlite)
    }
}

/// How a closure's savepoint ended.
enum Ended {
    /// Released or rolled back alone; the batch goes on.
    Settled(Outcome),
    /// The same after a panic, which may have left nested transactions open in diesel's count: the batch is
    /// committed, but the connection is not used again.
    Panicked,
    /// The transaction is not what it was: nothing of the batch may be reported as kept.
    Lost(String),
}

/// Runs one batch and returns the connection if it is clean.
fn write_batch(
    queue: &Queue,
    file: &File,
    batch_time: Duration,
    idle: Option<AnyConnection>,
    first: Task,
) -> Option<AnyConnection> {
    let mut conn = match idle.map_or_else(|| file.open(), Ok) {
        Ok(conn) => conn,
        Err(error) => {
            refuse_all(queue, first, &StoreError::Unavailable(error.to_string()));
            return None;
        }
    };
    if let Err(error) = backend::begin(&mut conn, Mode::Write) {
        let keep = error == StoreError::Busy;
        refuse_all(queue, first, &error);
        return keep.then_some(conn);
    }
    let started = Instant::now();
    let mut done: Vec<(Reply, Outcome)> = Vec::new();
    let mut clean = true;
    let mut next = Some(first);
    while let Some(mut task) = next.take() {
        match in_savepoint(&mut conn, &mut task.work) {
            Ended::Settled(outcome) => done.push((task.reply, outcome)),
            Ended::Panicked => {
                done.push((task.reply, Err(Abort::Store(StoreError::Panicked))));
                clean = false;
            }
            Ended::Lost(reason) => {
                done.push((task.reply, Ok(())));
                answer_lost(done, &format!("the transaction was lost: {reason}"));
                return None;
            }
        }
        if clean && done.len() < BATCH && started.elapsed() < batch_time {
            next = queue.try_pop();
        }
    }
    let committed = if clean {
        backend::commit(&mut conn)
    } else {
        conn.batch_execute("COMMIT")
    };
    match committed {
        Ok(()) => {
            for (reply, outcome) in done {
                reply.send(outcome);
            }
            clean.then_some(conn)
        }
        Err(error) => {
            answer_lost(done, &format!("the commit failed: {error}"));
            None
        }
    }
}

fn in_savepoint(conn: &mut AnyConnection, work: &mut Work) -> Ended {
    if let Err(error) = conn.batch_execute("SAVEPOINT job") {
        return Ended::Lost(error.to_string());
    }
    let outcome = guarded(work, conn);
    // Either statement fails if the savepoint is gone, which tells that SQLite rolled back the transaction.
    let ended = if outcome.is_ok() {
        conn.batch_execute("RELEASE job")
    } else {
        conn.batch_execute("ROLLBACK TO job; RELEASE job")
    };
    match (ended, outcome) {
        (Err(error), Err(Abort::Store(cause))) => Ended::Lost(format!("{cause} ({error})")),
        (Err(error), _) => Ended::Lost(error.to_string()),
        (Ok(()), Err(Abort::Store(StoreError::Panicked))) => Ended::Panicked,
        (Ok(()), outcome) => Ended::Settled(outcome),
    }
}

/// Answers a whole batch of which nothing is known to be kept. Refusals too: they may rest on writes that are gone.
fn answer_lost(done: Vec<(Reply, Outcome)>, reason: &str) {
    log::error!(
        "SQLite writer: {reason}; {} callers answered 503",
        done.len()
    );
    for (reply, _) in done {
        reply.send(Err(Abort::Store(StoreError::Unavailable(
            reason.to_owned(),
        ))));
    }
}

/// Answers everyone who waits, for whom the wait would only begin again. All are gathered before the first is answered:
/// whoever comes after an answer, perhaps because of it, has not waited yet and gets a try of his own.
fn refuse_all(queue: &Queue, first: Task, error: &StoreError) {
    log::warn!("SQLite writer: {error}");
    let mut waiting = vec![first];
    waiting.extend(std::iter::from_fn(|| queue.try_pop()));
    for task in waiting {
        task.reply.send(Err(Abort::Store(error.clone())));
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Poll, Wake, Waker};

    use super::*;

    /// A caller who asks again the moment he is answered, on the thread that answers.
    struct AsksAgain(Arc<Queue>);

    impl Wake for AsksAgain {
        fn wake(self: Arc<Self>) {
            drop(self.0.submit(Mode::Write, Box::new(|_| Ok(()))));
        }
    }

    #[test]
    fn who_comes_after_a_refusal_is_not_refused_with_it() {
        let queue = Arc::new(Queue::new(8));
        let mut refused = pin!(queue.submit(Mode::Write, Box::new(|_| Ok(()))));
        let waker = Waker::from(Arc::new(AsksAgain(Arc::clone(&queue))));
        let mut context = Context::from_waker(&waker);
        assert!(refused.as_mut().poll(&mut context).is_pending());
        let mut beside = pin!(queue.submit(Mode::Write, Box::new(|_| Ok(()))));
        let first = queue.pop().expect("a task");
        refuse_all(&queue, first, &StoreError::Busy);
        let mut context = Context::from_waker(Waker::noop());
        for one in [
            refused.as_mut().poll(&mut context),
            beside.as_mut().poll(&mut context),
        ] {
            assert!(
                matches!(one, Poll::Ready(Err(Abort::Store(StoreError::Busy)))),
                "{one:?}"
            );
        }
        assert!(
            queue.try_pop().is_some(),
            "the second try is still to be made"
        );
    }
}
