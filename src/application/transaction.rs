//! One use case: identify, authorize, work, audit and keep the answer, all in one transaction.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use uuid::{ContextV7, Timestamp, Uuid};

use super::actor::{Action, Actor, Denied, Scope};
use super::audit::{self, Outcome, Trail};
use super::clock::Clock;
use super::error::Error;
use super::ports::store::StoreFault;
use super::ports::{KeptAnswer, KeyLock, Principal, Store, StoreError, StoreExt, UnitOfWork, View};
use crate::domain::fact::FactBody;

type Instant = DateTime<Utc>;

/// How long a committed answer is kept under its idempotency key.
pub const ANSWERS_KEPT_FOR: TimeDelta = TimeDelta::hours(24);

/// Who a verified credential identifies, and the request it came with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    pub issuer: String,
    pub subject: String,
    pub request_id: String,
}

/// A caller's key for safe retries, with the fingerprint of what it was sent for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idempotency {
    pub key: String,
    /// SHA-256 over method, path, query and body, hexadecimal.
    pub fingerprint: String,
}

/// An answer as it is sent and kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub status: u16,
    pub location: Option<String>,
    pub etag: Option<String>,
    /// JSON text.
    pub body: String,
    /// Whether this is the kept answer of an earlier request under the same key.
    pub replayed: bool,
}

/// Ids drawn once per use case: a second attempt of the same closure gets the same ones.
pub(super) struct Ids {
    now: Instant,
    /// Shared by all use cases of this process, so that ids drawn in one millisecond still rise.
    context: Arc<Mutex<ContextV7>>,
    drawn: Vec<Uuid>,
    next: usize,
}

impl Ids {
    fn new(now: Instant, context: &Arc<Mutex<ContextV7>>) -> Self {
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

/// What a use case was allowed to do, kept with its answer so that a replay is authorized afresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Authorized {
    action: Action,
    scope: Scope,
}

/// A use case that writes, while it runs.
pub struct Tx<'a> {
    pub unit: &'a mut dyn UnitOfWork,
    pub actor: &'a Actor,
    pub now: Instant,
    pub trail: Trail,
    ids: &'a mut Ids,
    authorized: Vec<Authorized>,
}

impl Tx<'_> {
    /// The same transaction, for reading.
    pub fn view(&mut self) -> &mut dyn View {
        self.unit
    }

    /// A new id, the same on every attempt.
    pub fn id<T: From<Uuid>>(&mut self) -> T {
        T::from(self.ids.draw())
    }

    /// Asks THE authorize and remembers what was allowed.
    pub fn authorize(&mut self, action: Action, scope: Scope) -> Result<(), Error> {
        match self.actor.authorize(action, scope) {
            // What the actor may know of is named in the record of the refusal too.
            Ok(_) | Err(Denied::Forbidden) => self.trail.scope(scope),
            Err(Denied::Hidden) => {}
        }
        self.actor.authorize(action, scope)?;
        self.authorized.push(Authorized { action, scope });
        Ok(())
    }
}

/// A use case that reads, while it runs.
pub struct Rx<'a> {
    pub view: &'a mut dyn View,
    pub actor: &'a Actor,
    pub now: Instant,
}

impl Rx<'_> {
    pub fn authorize(&self, action: Action, scope: Scope) -> Result<(), Error> {
        self.actor.authorize(action, scope)?;
        Ok(())
    }
}

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

/// How a use case is called.
#[derive(Clone, Debug)]
pub struct Call {
    pub caller: Caller,
    pub action: Action,
    pub idempotency: Option<Idempotency>,
    /// Do everything, answer, and keep nothing.
    pub dry_run: bool,
}

/// The application: a store, a clock and the use cases over them.
#[derive(Clone)]
pub struct App {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    /// Refused requests without a known principal since the last flush into the audit log.
    strangers: Arc<AtomicU64>,
    context: Arc<Mutex<ContextV7>>,
}

impl App {
    #[must_use]
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        Self {
            store,
            clock,
            strangers: Arc::default(),
            context: Arc::new(Mutex::new(ContextV7::new())),
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
    pub(super) fn ids(&self, now: Instant) -> Ids {
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
                        ids: &mut ids,
                        authorized: Vec::new(),
                    };
                    let value = job(&mut tx).inspect_err(|_| {
                        *refused.lock().unwrap_or_else(PoisonError::into_inner) = tx.trail.named();
                    })?;
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
                            body: reply.body.clone(),
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
        mut job: F,
    ) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, Error> + Send + 'static,
    {
        let now = self.now();
        let mut ids = Ids::new(now, &self.context);
        let outcome = self
            .store
            .write(move |unit: &mut dyn UnitOfWork| -> Result<T, Ended<T>> {
                ids.rewind();
                let principal = operator(unit, &mut ids, now)?;
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
                    ids: &mut ids,
                    authorized: Vec::new(),
                };
                let value = job(&mut tx)?;
                if dry_run {
                    return Err(Ended::DryRun(value));
                }
                let trail = std::mem::replace(&mut tx.trail, Trail::new(action, &caller));
                let id = tx.id();
                audit::append(tx.unit, id, &trail, Some(&actor), Outcome::Done, now)?;
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

/// The live authority of a caller, read in the transaction of his request.
pub fn load_actor(view: &mut dyn View, caller: &Caller, now: Instant) -> Result<Actor, Error> {
    let principal = view
        .principal_of(&caller.issuer, &caller.subject)?
        .ok_or(Error::Unauthenticated)?;
    let mut grants = view.staff_roles_of(principal.id)?;
    drop_grants_of_the_departed(view, &mut grants, now)?;
    Ok(Actor::new(principal, grants, now))
}

/// Issuer of the principals that are no credential's.
pub const OPERATOR_ISSUER: &str = "hmis-licensing";
/// Subject of the principal who acts from the command line.
pub const OPERATOR_SUBJECT: &str = "cli";

/// The principal of the command line, recorded when it first acts. It has no grants, so that a token of this name can
/// do nothing.
fn operator(
    unit: &mut dyn UnitOfWork,
    ids: &mut Ids,
    now: Instant,
) -> Result<Principal, StoreError> {
    if let Some(found) = unit.principal_of(OPERATOR_ISSUER, OPERATOR_SUBJECT)? {
        return Ok(found);
    }
    let principal = Principal {
        id: ids.draw().into(),
        issuer: OPERATOR_ISSUER.to_owned(),
        subject: OPERATOR_SUBJECT.to_owned(),
        display_name: "Command line".to_owned(),
        recorded_at: now,
        disabled_at: None,
        version: 1,
    };
    unit.insert_principal(&principal)?;
    Ok(principal)
}

/// A departure ends the staff roles of that person at that organization, at its instant and without any job.
fn drop_grants_of_the_departed(
    view: &mut dyn View,
    grants: &mut Vec<super::ports::StaffRole>,
    now: Instant,
) -> Result<(), Error> {
    let people: Vec<_> = grants
        .iter()
        .filter(|grant| grant.organization_id.is_some())
        .filter_map(|grant| grant.person_id)
        .collect();
    if people.is_empty() {
        return Ok(());
    }
    let facts = view.facts_of_people(&people)?;
    if !facts
        .iter()
        .any(|fact| matches!(fact.body, FactBody::Departed))
    {
        return Ok(());
    }
    grants.retain(|grant| {
        let (Some(person), Some(organization)) = (grant.person_id, grant.organization_id) else {
            return true;
        };
        !crate::domain::departure::has_departed(&facts, person, organization, grant.from_at, now)
    });
    Ok(())
}

/// The answer kept under the caller's key, authorized afresh.
fn kept_answer(
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
        replayed: true,
    }))
}
