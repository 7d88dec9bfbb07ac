//! A bounded queue of work, and the place where its answer goes.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::backend::AnyConnection;
use crate::application::ports::{Abort, StoreError};

/// What a transaction came to.
pub type Outcome = Result<(), Abort>;
/// The body of one transaction. It may run more than once; only the run that is committed counts.
pub type Work = Box<dyn FnMut(&mut AnyConnection) -> Outcome + Send + 'static>;

/// Whether a transaction may write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Read,
    Write,
}

/// A transaction that waits for its turn.
pub(super) struct Task {
    pub mode: Mode,
    pub work: Work,
    pub reply: Reply,
    pub queued_at: Instant,
}

/// Takes one answer for a caller, who may be gone: then the answer is dropped, the work is not.
#[derive(Clone)]
pub(super) struct Reply(Arc<Mutex<Option<oneshot::Sender<Outcome>>>>);

impl Reply {
    fn new(sender: oneshot::Sender<Outcome>) -> Self {
        Self(Arc::new(Mutex::new(Some(sender))))
    }

    /// Gives the answer; later ones are ignored.
    pub fn send(&self, outcome: Outcome) {
        if let Some(sender) = lock(&self.0).take() {
            // Fails only if the caller is gone.
            drop(sender.send(outcome));
        }
    }

    /// Whether an answer was given already.
    pub fn is_answered(&self) -> bool {
        lock(&self.0).is_none()
    }
}

/// A lock that outlives panics: nothing here leaves a half-made change under it.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

struct State {
    waiting: VecDeque<Task>,
    closed: bool,
}

pub(super) struct Queue {
    state: Mutex<State>,
    ready: Condvar,
    capacity: usize,
}

impl Queue {
    /// `capacity` is the number of tasks that may wait.
    pub fn new(capacity: usize) -> Self {
        Self {
            state: Mutex::new(State {
                waiting: VecDeque::new(),
                closed: false,
            }),
            ready: Condvar::new(),
            capacity,
        }
    }

    /// Queues work at once and returns the future of its answer. Dropping that future does not cancel the work.
    pub fn submit(&self, mode: Mode, work: Work) -> impl Future<Output = Outcome> + Send + 'static {
        let (sender, receiver) = oneshot::channel();
        let task = Task {
            mode,
            work,
            reply: Reply::new(sender),
            queued_at: Instant::now(),
        };
        if let Err((task, error)) = self.push(task) {
            task.reply.send(Err(Abort::Store(error)));
        }
        async move {
            receiver.await.unwrap_or_else(|_| {
                Err(Abort::Store(StoreError::Unavailable(
                    "the store stopped before it answered".into(),
                )))
            })
        }
    }

    fn push(&self, task: Task) -> Result<(), (Box<Task>, StoreError)> {
        let mut state = lock(&self.state);
        if state.closed {
            return Err((
                Box::new(task),
                StoreError::Unavailable("the store is stopping".into()),
            ));
        }
        if state.waiting.len() >= self.capacity {
            return Err((Box::new(task), StoreError::Busy));
        }
        state.waiting.push_back(task);
        drop(state);
        self.ready.notify_one();
        Ok(())
    }

    /// Waits for a task; `None` once the queue is closed and empty.
    pub fn pop(&self) -> Option<Task> {
        let mut state = lock(&self.state);
        loop {
            if let Some(task) = state.waiting.pop_front() {
                return Some(task);
            }
            if state.closed {
                return None;
            }
            state = self
                .ready
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// A task, if one waits.
    pub fn try_pop(&self) -> Option<Task> {
        lock(&self.state).waiting.pop_front()
    }

    /// Takes out every task that waits longer than `limit`.
    pub fn take_older_than(&self, limit: Duration) -> Vec<Task> {
        let mut state = lock(&self.state);
        let mut old = Vec::new();
        // First in, first out: the oldest stand in front.
        while state
            .waiting
            .front()
            .is_some_and(|task| task.queued_at.elapsed() > limit)
        {
            old.extend(state.waiting.pop_front());
        }
        old
    }

    /// Refuses new tasks; those that wait are still done.
    pub fn close(&self) {
        lock(&self.state).closed = true;
        self.ready.notify_all();
    }
}
