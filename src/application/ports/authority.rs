//! Who acts, what is written down about it, and the answers kept for safe retries.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::repositories::{Page, RosterFilter, Visible};
use super::store::StoreError;
use crate::application::actor::Role;
use crate::domain::ids::{
    AuditId, DelegationId, ImplementationId, OrganizationId, PersonId, PrincipalId, StaffRoleId,
};

type Instant = DateTime<Utc>;
type Result<T> = std::result::Result<T, StoreError>;

/// Who is behind a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    pub id: PrincipalId,
    pub issuer: String,
    pub subject: String,
    pub display_name: String,
    pub recorded_at: Instant,
    /// A disabled principal may do nothing, whatever it was granted.
    pub disabled_at: Option<Instant>,
    pub version: i32,
}

/// A role granted to a principal, for dates, within a scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaffRole {
    pub id: StaffRoleId,
    pub principal_id: PrincipalId,
    pub role: Role,
    /// Absent: every implementation.
    pub implementation_id: Option<ImplementationId>,
    /// Supervisors are limited to organizations.
    pub organization_id: Option<OrganizationId>,
    /// The code of a group of organizations of the policy that a supervisor is limited to instead. A stored grant names
    /// one or the other; where a group's is, `roster::supervisors` says: one role for each member, with both.
    pub organization_group: Option<String>,
    /// Who the principal is in that implementation, so that nobody decides about himself.
    pub person_id: Option<PersonId>,
    pub from_at: Instant,
    pub until_at: Option<Instant>,
    pub granted_by: PrincipalId,
    pub revoked_at: Option<Instant>,
    pub recorded_at: Instant,
    pub version: i32,
    /// Of a deputy's authority, which is read from a [`Delegation`] and is no grant of his own: the supervisor in whose
    /// place he acts.
    pub stands_for: Option<PersonId>,
}

/// A supervisor named somebody of the same organization who acts in his place for dates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delegation {
    pub id: DelegationId,
    pub implementation_id: ImplementationId,
    pub organization_id: OrganizationId,
    /// The grant that the deputy stands for. Without it he may do nothing.
    pub supervisor_role_id: StaffRoleId,
    /// A grant that says who the deputy is; what it allows does not matter.
    pub deputy_role_id: StaffRoleId,
    pub from_at: Instant,
    /// The first instant without the authority.
    pub until_at: Instant,
    pub reason: String,
    pub named_by: PrincipalId,
    /// Ended by hand, before its date.
    pub ended_at: Option<Instant>,
    pub ended_by: Option<PrincipalId>,
    pub recorded_at: Instant,
    pub version: i32,
}

pub trait AuthorityReads {
    fn principal(&mut self, id: PrincipalId) -> Result<Option<Principal>>;
    fn principal_of(&mut self, issuer: &str, subject: &str) -> Result<Option<Principal>>;
    fn principals_by_id(&mut self, ids: &[PrincipalId]) -> Result<Vec<Principal>>;
    /// Every grant of a principal, ended and revoked ones too.
    fn staff_roles_of(&mut self, principal: PrincipalId) -> Result<Vec<StaffRole>>;
    fn staff_role(&mut self, id: StaffRoleId) -> Result<Option<StaffRole>>;
    fn staff_roles(
        &mut self,
        visible: &Visible,
        filter: &RosterFilter,
        page: Page,
    ) -> Result<Vec<StaffRole>>;
    /// Live grants of a role that reach the implementation (the last administrator is never removed). One for a group
    /// of organizations comes as it is stored.
    fn live_grants(
        &mut self,
        role: Role,
        implementation: Option<ImplementationId>,
        now: Instant,
    ) -> Result<Vec<StaffRole>>;
    fn staff_roles_by_id(&mut self, ids: &[StaffRoleId]) -> Result<Vec<StaffRole>>;
    /// Every grant that says who somebody of these people is, ended and revoked ones too.
    fn staff_roles_of_people(&mut self, people: &[PersonId]) -> Result<Vec<StaffRole>>;
    /// Live grants of supervisors of these organizations, and of all groups of organizations in their implementations, as
    /// they are stored: whether a group has one of these among its members is not looked at.
    fn live_supervisors(
        &mut self,
        organizations: &[OrganizationId],
        now: Instant,
    ) -> Result<Vec<StaffRole>>;
    fn delegation(&mut self, id: DelegationId) -> Result<Option<Delegation>>;
    fn delegations(
        &mut self,
        visible: &Visible,
        filter: &RosterFilter,
        page: Page,
    ) -> Result<Vec<Delegation>>;
    /// Those of an implementation, or of one of its organizations, whose dates include an instant and that nobody ended by
    /// then.
    fn delegations_at(
        &mut self,
        implementation: ImplementationId,
        organization: Option<OrganizationId>,
        at: Instant,
    ) -> Result<Vec<Delegation>>;
    /// Those in which one of these people is the deputy, whose dates include an instant and that nobody ended by then.
    fn delegations_to(&mut self, deputies: &[PersonId], at: Instant) -> Result<Vec<Delegation>>;
    /// Those of one grant that nobody ended.
    fn delegations_of(&mut self, supervisor_role: StaffRoleId) -> Result<Vec<Delegation>>;
}

pub trait AuthorityWrites {
    fn insert_principal(&mut self, row: &Principal) -> Result<()>;
    fn update_principal(&mut self, row: &Principal) -> Result<()>;
    fn insert_staff_role(&mut self, row: &StaffRole) -> Result<()>;
    fn update_staff_role(&mut self, row: &StaffRole) -> Result<()>;
    fn insert_delegation(&mut self, row: &Delegation) -> Result<()>;
    /// Compare-and-set on `row.version`, which is the version read.
    fn end_delegation(&mut self, row: &Delegation) -> Result<()>;
}

/// One use case as the audit log keeps it. `record` is canonical JSON text: its bytes never change after recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRecord {
    pub id: AuditId,
    /// The implementation, or none for what concerns the whole deployment.
    pub implementation_id: Option<ImplementationId>,
    /// Counts up from 1 without gaps, per implementation.
    pub number: i64,
    pub recorded_at: Instant,
    pub record: String,
    /// The salts of the commitments in `record`, by field. Deleting one erases what it hides, not the record.
    pub salts: Vec<AuditSalt>,
}

/// The salt of one committed personal value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditSalt {
    pub field: String,
    pub salt: String,
}

pub trait AuditReads {
    /// Records of the implementations in `visible`, oldest first; the salts are left out.
    fn audit_records(
        &mut self,
        visible: &Visible,
        implementation: Option<ImplementationId>,
        page: Page,
    ) -> Result<Vec<AuditRecord>>;
}

pub trait AuditWrites {
    /// Locks the head row of the implementation and returns the next number. Called last in a transaction.
    fn next_audit_number(&mut self, implementation: Option<ImplementationId>) -> Result<i64>;
    fn insert_audit_record(&mut self, row: &AuditRecord) -> Result<()>;
}

/// The committed answer to a POST that carried an idempotency key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptAnswer {
    pub principal_id: PrincipalId,
    pub key: String,
    /// SHA-256 over method, path, query and body, hexadecimal.
    pub fingerprint: String,
    /// What the use case was authorized for, so that a replay is authorized afresh (JSON).
    pub authorized: String,
    pub status: u16,
    pub location: Option<String>,
    pub etag: Option<String>,
    pub body: String,
    pub recorded_at: Instant,
}

pub trait IdempotencyReads {
    fn kept_answer(&mut self, principal: PrincipalId, key: &str) -> Result<Option<KeptAnswer>>;
}

/// Whether an idempotency key is free to use in this transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyLock {
    Acquired,
    /// Another transaction works under the same key right now.
    Busy,
}

pub trait IdempotencyWrites {
    /// PostgreSQL: a transaction-scoped advisory try-lock on (principal, key). SQLite has one writer: always acquired.
    fn lock_key(&mut self, principal: PrincipalId, key: &str) -> Result<KeyLock>;
    /// Replaces an expired answer under the same key.
    fn keep_answer(&mut self, row: &KeptAnswer) -> Result<()>;
    /// Deletes up to `limit` answers recorded before `before`; returns how many.
    fn forget_answers(&mut self, before: Instant, limit: i64) -> Result<usize>;
}
