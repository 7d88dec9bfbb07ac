//! Answers kept for safe retries.

use chrono::TimeDelta;

use super::{Authorized, Idempotency, Instant, Reply};
use crate::application::actor::Actor;
use crate::application::error::Error;
use crate::application::ports::{KeyLock, StoreError, UnitOfWork};

/// How long a committed answer is kept under its idempotency key.
pub const ANSWERS_KEPT_FOR: TimeDelta = TimeDelta::hours(24);

/// The answer kept under the caller's key, authorized afresh.
pub(super) fn kept_answer(
    unit: &mut dyn UnitOfWork,
    actor: &Actor,
    idempotency: Option<&Idempotency>,
    now: Instant,
) -> Result<Option<Reply>, Error> {
    let Some(idempotency) = idempotency else {
        return Ok(None);
    };
    if unit.lock_key(actor.principal.id, &idempotency.key)? == KeyLock::Busy {
        return Err(Error::KeyBusy);
    }
    let Some(kept) = unit.kept_answer(actor.principal.id, &idempotency.key)? else {
        return Ok(None);
    };
    if now - kept.recorded_at >= ANSWERS_KEPT_FOR {
        return Ok(None);
    }
    if kept.fingerprint != idempotency.fingerprint {
        return Err(Error::KeyReused);
    }
    let authorized: Vec<Authorized> = serde_json::from_str(&kept.authorized)
        .map_err(|error| StoreError::Corrupt(error.to_string()))?;
    for Authorized { action, scope } in authorized {
        actor.authorize(action, scope)?;
    }
    Ok(Some(Reply {
        status: kept.status,
        location: kept.location,
        etag: kept.etag,
        body: kept.body,
        kept: None,
        replayed: true,
    }))
}
