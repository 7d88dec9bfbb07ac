//! The injected clock. Only [`SystemClock`] reads the system's.

use std::sync::Mutex;

use chrono::{DateTime, DurationRound, TimeDelta, Utc};

type Instant = DateTime<Utc>;

/// Says what time it is, in UTC, cut to microseconds (what both databases keep).
pub trait Clock: Send + Sync {
    fn now(&self) -> Instant;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the system clock"
    )]
    fn now(&self) -> Instant {
        to_micros(Utc::now())
    }
}

/// A clock that stands still until it is moved: for tests and simulations.
#[derive(Debug)]
pub struct FixedClock(Mutex<Instant>);

impl FixedClock {
    #[must_use]
    pub fn at(now: Instant) -> Self {
        Self(Mutex::new(to_micros(now)))
    }

    /// Moves the clock, forwards or back.
    pub fn set(&self, now: Instant) {
        *self
            .0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner) = to_micros(now);
    }

    pub fn advance(&self, by: TimeDelta) {
        self.set(self.now() + by);
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Instant {
        *self
            .0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Cuts an instant to microseconds.
#[must_use]
pub fn to_micros(at: Instant) -> Instant {
    at.duration_trunc(TimeDelta::microseconds(1)).unwrap_or(at)
}
