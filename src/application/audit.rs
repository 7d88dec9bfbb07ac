//! The audit record of a use case: canonical bytes, numbered without gaps per implementation.
//!
//! A record names ids only. Personal values appear as salted SHA-256 commitments whose salts are stored apart, so that
//! a value can be erased (by deleting its salt) without touching the record.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::actor::{Action, Actor, Scope};
use super::error::Error;
use super::page::{Paging, Slice};
use super::ports::{AuditRecord, AuditSalt, StoreError, UnitOfWork};
use super::transaction::{Caller, Rx};
use crate::domain::ids::{AuditId, ImplementationId, PersonId};

type Instant = DateTime<Utc>;

/// How a use case ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Done,
    /// With the problem code.
    Refused(&'static str),
}

/// What a use case touched, gathered while it runs.
#[derive(Clone, Debug)]
pub struct Trail {
    action: Action,
    request_id: String,
    scope: Option<Scope>,
    touched: Vec<Touched>,
    personal: Vec<(String, String)>,
    on_behalf_of: Option<PersonId>,
    /// How many values of each field there are.
    fields: HashMap<String, usize>,
}

#[derive(Clone, Debug, Serialize)]
struct Touched {
    kind: &'static str,
    id: Uuid,
}

impl Trail {
    #[must_use]
    pub fn new(action: Action, caller: &Caller) -> Self {
        Self {
            action,
            request_id: caller.request_id.clone(),
            scope: None,
            touched: Vec::new(),
            personal: Vec::new(),
            on_behalf_of: None,
            fields: HashMap::new(),
        }
    }

    /// The first scope authorized is the record's.
    pub(in crate::application) fn scope(&mut self, scope: Scope) {
        self.scope.get_or_insert(scope);
    }

    /// What the record will be about, as far as it is known.
    pub(in crate::application) fn named(&self) -> Option<Scope> {
        self.scope
    }

    /// The actor does this as a deputy: by the authority of the supervisor in whose place he acts.
    pub(in crate::application) fn acts_for(&mut self, supervisor: PersonId) {
        self.on_behalf_of.get_or_insert(supervisor);
    }

    /// The supervisor in whose place the actor acts, if he has no authority of his own for it.
    #[must_use]
    pub fn on_behalf_of(&self) -> Option<PersonId> {
        self.on_behalf_of
    }

    /// Whether the use case changed anything.
    #[must_use]
    pub fn names_anything(&self) -> bool {
        !self.touched.is_empty()
    }

    /// A row that the use case wrote.
    pub fn touched(&mut self, kind: &'static str, id: impl Into<Uuid>) {
        self.touched.push(Touched {
            kind,
            id: id.into(),
        });
    }

    /// A personal value that the use case recorded: only its salted commitment is kept. A second value of the same
    /// field is kept under the field's name with a number, `email#2`.
    pub fn personal(&mut self, field: impl Into<String>, value: impl Into<String>) {
        let field = field.into();
        let count = self.fields.entry(field.clone()).or_default();
        *count += 1;
        let field = match *count {
            1 => field,
            count => format!("{field}#{count}"),
        };
        self.personal.push((field, value.into()));
    }
}

/// Field order is the canonical order: alphabetical, no white space, absent fields left out.
#[derive(Serialize)]
struct Canonical<'a> {
    action: &'a str,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    commitments: BTreeMap<&'a str, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u64>,
    number: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    on_behalf_of: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    organization_id: Option<Uuid>,
    outcome: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    person_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    principal_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    recorded_at: String,
    #[serde(skip_serializing_if = "str::is_empty")]
    request_id: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    touched: &'a [Touched],
}

/// Appends the record of one use case. Called last, because it locks the head row of the implementation.
pub fn append(
    unit: &mut dyn UnitOfWork,
    id: AuditId,
    trail: &Trail,
    actor: Option<&Actor>,
    outcome: Outcome,
    now: Instant,
) -> Result<(), Error> {
    let implementation_id = trail.scope.and_then(|scope| scope.implementation_id);
    let mut commitments = BTreeMap::new();
    let mut salts = Vec::new();
    for (field, value) in &trail.personal {
        let salt = salt()?;
        commitments.insert(field.as_str(), commitment(&salt, value));
        salts.push(AuditSalt {
            field: field.clone(),
            salt,
        });
    }
    let (outcome, reason) = match outcome {
        Outcome::Done => ("done", None),
        Outcome::Refused(code) => ("refused", Some(code)),
    };
    let record = |number| Canonical {
        action: trail.action.as_str(),
        commitments,
        count: None,
        number,
        on_behalf_of: trail.on_behalf_of.map(Uuid::from),
        organization_id: trail
            .scope
            .and_then(|scope| scope.organization_id)
            .map(Uuid::from),
        outcome,
        person_id: trail
            .scope
            .and_then(|scope| scope.person_id)
            .map(Uuid::from),
        principal_id: actor.map(|actor| actor.principal.id.0),
        reason,
        recorded_at: now.to_rfc3339_opts(SecondsFormat::Micros, true),
        request_id: &trail.request_id,
        touched: &trail.touched,
    };
    write(unit, id, implementation_id, salts, now, record)
}

/// Appends how many requests without a known principal were turned away.
pub fn append_strangers(
    unit: &mut dyn UnitOfWork,
    id: AuditId,
    count: u64,
    now: Instant,
) -> Result<(), Error> {
    write(unit, id, None, Vec::new(), now, |number| Canonical {
        action: "identify",
        commitments: BTreeMap::new(),
        count: Some(count),
        number,
        on_behalf_of: None,
        organization_id: None,
        outcome: "refused",
        person_id: None,
        principal_id: None,
        reason: Some("unauthenticated"),
        recorded_at: now.to_rfc3339_opts(SecondsFormat::Micros, true),
        request_id: "",
        touched: &[],
    })
}

fn write<'a>(
    unit: &mut dyn UnitOfWork,
    id: AuditId,
    implementation_id: Option<ImplementationId>,
    salts: Vec<AuditSalt>,
    now: Instant,
    record: impl FnOnce(i64) -> Canonical<'a>,
) -> Result<(), Error> {
    let number = unit.next_audit_number(implementation_id)?;
    let record = serde_json::to_string(&record(number))
        .map_err(|error| StoreError::Corrupt(error.to_string()))?;
    unit.insert_audit_record(&AuditRecord {
        id,
        implementation_id,
        number,
        recorded_at: now,
        record,
        salts,
    })?;
    Ok(())
}

/// 128 random bits, hexadecimal.
fn salt() -> Result<String, StoreError> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).map_err(|error| StoreError::Unavailable(error.to_string()))?;
    Ok(hex(&bytes))
}

/// SHA-256 over salt and value, hexadecimal.
fn commitment(salt: &str, value: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(salt.as_bytes());
    hash.update(value.as_bytes());
    hex(&hash.finalize())
}

/// Lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// The records of the implementations whose log the reader may read, oldest first. Without the salts: what a
/// commitment hides stays hidden.
pub fn list(
    rx: &mut Rx<'_>,
    implementation: Option<ImplementationId>,
    paging: Paging,
) -> Result<Slice<AuditRecord>, Error> {
    let visible = rx.actor.visible(Action::ReadAudit);
    let rows = rx
        .view
        .audit_records(&visible, implementation, paging.probe())?;
    Ok(paging.cut(rows, |row| row.id.0))
}
