//! The ids of one use case.

use std::sync::{Arc, Mutex, PoisonError};

use uuid::{ContextV7, Timestamp, Uuid};

use super::Instant;

/// Ids drawn once per use case: a second attempt of the same closure gets the same ones.
pub(super) struct Ids {
    now: Instant,
    /// Shared by all use cases of this process, so that ids drawn in one millisecond still rise.
    context: Arc<Mutex<ContextV7>>,
    drawn: Vec<Uuid>,
    next: usize,
}

impl Ids {
    pub(super) fn new(now: Instant, context: &Arc<Mutex<ContextV7>>) -> Self {
        Self {
            now,
            context: Arc::clone(context),
            drawn: Vec::new(),
            next: 0,
        }
    }

    /// Before another attempt: the same ids are drawn again.
    pub(super) fn rewind(&mut self) {
        self.next = 0;
    }

    pub(super) fn draw(&mut self) -> Uuid {
        if let Some(id) = self.drawn.get(self.next) {
            self.next += 1;
            return *id;
        }
        let seconds = u64::try_from(self.now.timestamp()).unwrap_or_default();
        let id = {
            let context = self.context.lock().unwrap_or_else(PoisonError::into_inner);
            Uuid::new_v7(Timestamp::from_unix(
                &*context,
                seconds,
                self.now.timestamp_subsec_nanos(),
            ))
        };
        self.drawn.push(id);
        self.next += 1;
        id
    }
}
