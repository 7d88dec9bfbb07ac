//! One use case: identify, authorize, work, audit and keep the answer, all in one transaction.

mod answers;
mod app;
mod identity;
mod ids;

pub use answers::ANSWERS_KEPT_FOR;
pub use app::App;
pub use identity::{OPERATOR_ISSUER, OPERATOR_SUBJECT, SERVICE_SUBJECT, load_actor};

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::application::actor::{Action, Actor, Denied, Scope};
use crate::application::audit::Trail;
use crate::application::error::Error;
use crate::application::ports::{UnitOfWork, View};
use crate::domain::ids::{ImplementationId, PersonId};

use ids::Ids;

type Instant = DateTime<Utc>;

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
    /// What is kept for a repetition instead, where the body shows a secret, which is never replayed.
    pub kept: Option<String>,
    /// Whether this is the kept answer of an earlier request under the same key.
    pub replayed: bool,
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
    /// The implementations in which a place may have become free for somebody in line.
    pub waitlists: BTreeSet<ImplementationId>,
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

    /// Takes the guard row of a person, and moves the transaction's now to the last thing recorded of him.
    ///
    /// `now` was drawn before the lock was waited for, and the clock of another instance may run ahead: whoever came
    /// first may have recorded what lies after it. Facts of a person are recorded in the order of his lock, so that
    /// nothing is decided as if what is known were not.
    pub fn lock_person(&mut self, id: PersonId) -> Result<(), Error> {
        self.lock_people([id])
    }

    /// The same for several, in the one order in which people are locked.
    pub fn lock_people(&mut self, ids: impl IntoIterator<Item = PersonId>) -> Result<(), Error> {
        let ids: BTreeSet<PersonId> = ids.into_iter().collect();
        let ids: Vec<PersonId> = ids.into_iter().collect();
        for id in &ids {
            self.unit.lock_person(*id)?;
        }
        if let Some(last) = self.unit.last_recording(&ids)? {
            self.now = self.now.max(last);
        }
        Ok(())
    }

    /// Asks THE authorize and remembers what was allowed.
    pub fn authorize(&mut self, action: Action, scope: Scope) -> Result<(), Error> {
        let actor = self.actor;
        let answer = actor.authorize(action, scope);
        match answer {
            // What the actor may know of is named in the record of the refusal too.
            Ok(_) | Err(Denied::Forbidden) => self.trail.scope(scope),
            Err(Denied::Hidden) => {}
        }
        if let Some(supervisor) = answer?.stands_for {
            self.trail.acts_for(supervisor);
        }
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

/// How a use case is called.
#[derive(Clone, Debug)]
pub struct Call {
    pub caller: Caller,
    pub action: Action,
    pub idempotency: Option<Idempotency>,
    /// Do everything, answer, and keep nothing.
    pub dry_run: bool,
}

impl Call {
    /// A call whose outcome is kept.
    #[must_use]
    pub fn new(caller: Caller, action: Action, idempotency: Option<Idempotency>) -> Self {
        Self {
            caller,
            action,
            idempotency,
            dry_run: false,
        }
    }
}
