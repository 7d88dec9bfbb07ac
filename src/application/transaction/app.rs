//! The application runs its use cases.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use uuid::ContextV7;

use super::answers::{ANSWERS_KEPT_FOR, kept_answer};
use super::identity::{OPERATOR_SUBJECT, SERVICE_SUBJECT, load_actor, own};
use super::ids::Ids;
use super::{Call, Caller, Instant, Reply, Rx, Tx};
use crate::application::actor::{Action, Actor, Scope};
use crate::application::audit::{self, Outcome, Trail};
use crate::application::clock::Clock;
use crate::application::error::Error;
use crate::application::licensing::give_places;
use crate::application::ports::store::StoreFault;
use crate::application::ports::{KeptAnswer, Store, StoreError, StoreExt, UnitOfWork, View};

/// How a writing use case ends inside its transaction.
enum Ended<T> {
    Failed(Error),
    /// Everything worked, and must be rolled back.
    DryRun(T),
}

impl<T> From<StoreError> for Ended<T> {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl<T> From<Error> for Ended<T> {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl<T> StoreFault for Ended<T> {
    fn store_fault(&self) -> Option<StoreError> {
        match self {
            Self::Failed(error) => error.store_fault(),
            Self::DryRun(_) => None,
        }
    }
}

/// The application: a store, a clock and the use cases over them.
#[derive(Clone)]
pub struct App {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    /// Refused requests without a known principal since the last flush into the audit log.
    strangers: Arc<AtomicU64>,
    context: Arc<Mutex<ContextV7>>,
    /// Whether the principal of the service itself is known to be recorded.
    introduced: Arc<AtomicBool>,
}

impl App {
    #[must_use]
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        Self {
            store,
            clock,
            strangers: Arc::default(),
            context: Arc::new(Mutex::new(ContextV7::new())),
            introduced: Arc::default(),
        }
    }

    #[must_use]
    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    #[must_use]
    pub fn store(&self) -> &(dyn Store + 'static) {
        &*self.store
    }

    /// Ids of one use case that begins at `now`.
    fn ids(&self, now: Instant) -> Ids {
        Ids::new(now, &self.context)
    }

    /// Runs a writing use case: identifies the caller, replays a kept answer, does the work, audits it and keeps the
    /// answer, in one transaction. A refusal is audited on its own, after the rollback.
    pub async fn write<T, F, R>(&self, call: Call, mut job: F, render: R) -> Result<Reply, Error>
    where
        F: FnMut(&mut Tx<'_>) -> Result<T, Error> + Send + 'static,
        R: Fn(&T) -> Reply + Send + 'static,
    {
        let now = self.now();
        let mut ids = self.ids(now);
        let Call {
            caller,
            action,
            idempotency,
            dry_run,
        } = call.clone();
        let named = Arc::new(Mutex::new(None));
        let refused = Arc::clone(&named);
        let outcome = self
            .store
            .write(
                move |unit: &mut dyn UnitOfWork| -> Result<Reply, Ended<Reply>> {
                    ids.rewind();
                    let actor = load_actor(unit, &caller, now)?;
                    actor.require(action).map_err(Error::from)?;
                    if let Some(kept) = kept_answer(unit, &actor, idempotency.as_ref(), now)? {
                        return Ok(kept);
                    }
                    let mut tx = Tx {
                        unit,
                        actor: &actor,
                        now,
                        trail: Trail::new(action, &caller),
                        waitlists: BTreeSet::new(),
                        ids: &mut ids,
                        authorized: Vec::new(),
                    };
                    let value = job(&mut tx).inspect_err(|_| {
                        *refused.lock().unwrap_or_else(PoisonError::into_inner) = tx.trail.named();
                    })?;
                    give_places(&mut tx)?;
                    let reply = render(&value);
                    if dry_run {
                        return Err(Ended::DryRun(reply));
                    }
                    if let Some(idempotency) = &idempotency {
                        let authorized = serde_json::to_string(&tx.authorized)
                            .map_err(|error| StoreError::Corrupt(error.to_string()))?;
                        tx.unit.keep_answer(&KeptAnswer {
                            principal_id: actor.principal.id,
                            key: idempotency.key.clone(),
                            fingerprint: idempotency.fingerprint.clone(),
                            authorized,
                            status: reply.status,
                            location: reply.location.clone(),
                            etag: reply.etag.clone(),
                            body: reply.kept.as_ref().unwrap_or(&reply.body).clone(),
                            recorded_at: now,
                        })?;
                    }
                    let trail = std::mem::replace(&mut tx.trail, Trail::new(action, &caller));
                    let id = tx.id();
                    audit::append(tx.unit, id, &trail, Some(&actor), Outcome::Done, now)?;
                    Ok(reply)
                },
            )
            .await;
        match outcome {
            Ok(reply) | Err(Ended::DryRun(reply)) => Ok(reply),
            Err(Ended::Failed(error)) => {
                let named = *named.lock().unwrap_or_else(PoisonError::into_inner);
                self.note_refusal(&call, &error, named).await;
                Err(error)
            }
        }
    }

    /// Runs a writing use case for whoever operates the service from its command line. There is no token there: whoever
    /// may run the program against the database may do anything to it, so the use case asks no authority, and its audit
    /// record names the principal `cli`, to whom nothing is granted.
    pub async fn write_as_operator<T, F>(
        &self,
        action: Action,
        dry_run: bool,
        job: F,
    ) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, Error> + Send + 'static,
    {
        self.write_as(
            (OPERATOR_SUBJECT, "Command line"),
            (action, self.now()),
            (dry_run, true),
            job,
        )
        .await
    }

    /// Records what time alone brought about, in the name of the principal `service`, to whom nothing is granted. There
    /// is an audit record where something was done.
    pub async fn write_as_service<T, F>(&self, action: Action, job: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, Error> + Send + 'static,
    {
        self.introduce().await?;
        self.write_as(
            (SERVICE_SUBJECT, "The service itself"),
            (action, self.now()),
            (false, false),
            job,
        )
        .await
    }

    /// What the service itself would do at an instant, past or future. Nothing of it is kept.
    pub async fn try_as_service<T, F>(
        &self,
        action: Action,
        at: Instant,
        job: F,
    ) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, Error> + Send + 'static,
    {
        self.write_as(
            (SERVICE_SUBJECT, "The service itself"),
            (action, at),
            (true, false),
            job,
        )
        .await
    }

    /// Records the principal of the service itself in a transaction of its own, before the first thing it does: two
    /// instances that start at once must not spoil each other's work by both recording it.
    async fn introduce(&self) -> Result<(), Error> {
        if self.introduced.load(Ordering::Relaxed) {
            return Ok(());
        }
        let introduced = self
            .write_as(
                (SERVICE_SUBJECT, "The service itself"),
                (Action::RecordStates, self.now()),
                (false, false),
                |_| Ok(()),
            )
            .await;
        match introduced {
            Ok(()) | Err(Error::Store(StoreError::Conflict)) => {
                self.introduced.store(true, Ordering::Relaxed);
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    async fn write_as<T, F>(
        &self,
        who: (&'static str, &'static str),
        (action, now): (Action, Instant),
        (dry_run, always_audited): (bool, bool),
        mut job: F,
    ) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, Error> + Send + 'static,
    {
        let mut ids = Ids::new(now, &self.context);
        let outcome = self
            .store
            .write(move |unit: &mut dyn UnitOfWork| -> Result<T, Ended<T>> {
                ids.rewind();
                let principal = own(unit, &mut ids, who, now)?;
                let actor = Actor::new(principal, Vec::new(), now);
                let caller = Caller {
                    issuer: actor.principal.issuer.clone(),
                    subject: actor.principal.subject.clone(),
                    request_id: String::new(),
                };
                let mut tx = Tx {
                    unit,
                    actor: &actor,
                    now,
                    trail: Trail::new(action, &caller),
                    waitlists: BTreeSet::new(),
                    ids: &mut ids,
                    authorized: Vec::new(),
                };
                let value = job(&mut tx)?;
                give_places(&mut tx)?;
                if dry_run {
                    return Err(Ended::DryRun(value));
                }
                let trail = std::mem::replace(&mut tx.trail, Trail::new(action, &caller));
                if always_audited || trail.names_anything() {
                    let id = tx.id();
                    audit::append(tx.unit, id, &trail, Some(&actor), Outcome::Done, now)?;
                }
                Ok(value)
            })
            .await;
        match outcome {
            Ok(value) | Err(Ended::DryRun(value)) => Ok(value),
            Err(Ended::Failed(error)) => Err(error),
        }
    }

    /// Runs a reading use case on one snapshot.
    pub async fn read<T, F>(&self, caller: Caller, action: Action, mut job: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnMut(&mut Rx<'_>) -> Result<T, Error> + Send + 'static,
    {
        let now = self.now();
        let call = Call {
            caller: caller.clone(),
            action,
            idempotency: None,
            dry_run: false,
        };
        let outcome = self
            .store
            .read(move |view: &mut dyn View| {
                let actor = load_actor(view, &caller, now)?;
                actor.require(action)?;
                job(&mut Rx {
                    view,
                    actor: &actor,
                    now,
                })
            })
            .await;
        if let Err(error) = &outcome {
            self.note_refusal(&call, error, None).await;
        }
        outcome
    }

    /// Counts a request that no credential of this service came with.
    pub fn note_stranger(&self) {
        self.strangers.fetch_add(1, Ordering::Relaxed);
    }

    /// Appends what was refused to the audit log, after the rollback of the refused work. Strangers are only counted,
    /// so that they cannot fill the log. A failure to append is logged: the refusal itself stands.
    ///
    /// The record is the implementation's whose matter was refused. Where the work had not come to naming it, it is
    /// that of the actor, if he acts in one only.
    async fn note_refusal(&self, call: &Call, error: &Error, named: Option<Scope>) {
        let reason = match error {
            Error::Unauthenticated => {
                self.note_stranger();
                return;
            }
            Error::Forbidden => "forbidden",
            Error::OwnCase(_) => "own_case",
            Error::Rejected(_) => "transition_refused",
            _ => return,
        };
        let now = self.now();
        let mut ids = self.ids(now);
        let call = call.clone();
        let appended = self
            .store
            .write(move |unit: &mut dyn UnitOfWork| -> Result<(), Error> {
                ids.rewind();
                let actor = load_actor(unit, &call.caller, now)?;
                let mut trail = Trail::new(call.action, &call.caller);
                if let Some(scope) = named.or_else(|| only_implementation(&actor)) {
                    trail.scope(scope);
                }
                audit::append(
                    unit,
                    ids.draw().into(),
                    &trail,
                    Some(&actor),
                    Outcome::Refused(reason),
                    now,
                )?;
                Ok(())
            })
            .await;
        if let Err(error) = appended {
            log::error!("a refusal could not be audited: {error}");
        }
    }

    /// Writes the number of strangers turned away since the last call into the audit log of the deployment, as one
    /// record, and forgets idempotency answers past their day.
    pub async fn housekeeping(&self) -> Result<(), Error> {
        let now = self.now();
        let strangers = self.strangers.swap(0, Ordering::Relaxed);
        let mut ids = self.ids(now);
        let outcome = self
            .store
            .write(move |unit: &mut dyn UnitOfWork| -> Result<(), Error> {
                ids.rewind();
                unit.forget_answers(now - ANSWERS_KEPT_FOR, 1_000)?;
                if strangers > 0 {
                    audit::append_strangers(unit, ids.draw().into(), strangers, now)?;
                }
                Ok(())
            })
            .await;
        if outcome.is_err() {
            self.strangers.fetch_add(strangers, Ordering::Relaxed);
        }
        outcome
    }
}

/// The implementation that all of an actor's grants are for.
fn only_implementation(actor: &Actor) -> Option<Scope> {
    let mut implementations = actor.grants.iter().map(|grant| grant.implementation_id);
    let first = implementations.next()??;
    implementations
        .all(|other| other == Some(first))
        .then(|| Scope::implementation(first))
}
