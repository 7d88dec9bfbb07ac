//! Roles of staff, agencies and machines: dated grants to principals.
//!
//! What a grant says is never rewritten: another role is another grant, and a grant ends by its date, by revocation or,
//! for a role at an organization, by the departure of its person.

mod scope;

pub(crate) use scope::check_scope;

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};

use self::scope::authorize_grant;
use super::expect_version;
use super::input::{Faults, LONGEST_NAME, LONGEST_SUBJECT};
use super::organizations::only;
use crate::application::actor::{Action, Actor, Role, Scope};
use crate::application::error::Error;
use crate::application::page::{Paging, Slice};
use crate::application::ports::{Principal, RosterFilter, StaffRole, StoreError, UnitOfWork, View};
use crate::application::{Rx, Tx};
use crate::domain::error::Rejection;
use crate::domain::ids::{ImplementationId, OrganizationId, PersonId, PrincipalId, StaffRoleId};

type Instant = DateTime<Utc>;

/// How long an auditor's role lasts unless another end is named.
pub const AUDITOR_TERM: TimeDelta = TimeDelta::days(30);

/// Who is to have a role, as a credential names him.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrincipalInput {
    pub issuer: String,
    pub subject: String,
    /// For a principal that is not known yet. Absent: the subject.
    pub display_name: Option<String>,
}

/// A role to be granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewStaffRole {
    pub principal: PrincipalInput,
    pub role: Role,
    /// Absent: every implementation.
    pub implementation_id: Option<ImplementationId>,
    /// Where a supervisor is one.
    pub organization_id: Option<OrganizationId>,
    /// The group of organizations of the policy in force that he is one for instead: at each of its members, as long
    /// as it is one.
    pub organization_group: Option<String>,
    /// Who the principal is in the implementation, so that nobody decides about himself.
    pub person_id: Option<PersonId>,
    /// Absent: at once.
    pub from_at: Option<Instant>,
    /// Absent: without end, for an auditor 30 days.
    pub until_at: Option<Instant>,
}

/// Where a grant stands at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It begins later.
    Pending,
    Live,
    /// By its date, or by the departure of its person.
    Ended,
    Revoked,
}

impl Standing {
    pub const ALL: [Self; 4] = [Self::Pending, Self::Live, Self::Ended, Self::Revoked];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Live => "live",
            Self::Ended => "ended",
            Self::Revoked => "revoked",
        }
    }
}

/// A grant as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaffRoleDetails {
    pub row: StaffRole,
    pub principal: Principal,
    pub standing: Standing,
}

/// Grants a role. A principal that is not known yet is recorded with it.
///
/// # Errors
/// `OwnCase` for a role of one's own, `Forbidden` for one that reaches farther than the granting one, `Duplicate` if
/// the principal has it already, `Invalid` with every fault.
pub fn grant(tx: &mut Tx<'_>, new: &NewStaffRole) -> Result<StaffRoleDetails, Error> {
    let mut faults = Faults::new();
    let person_id = authorize_grant(tx, &mut faults, new)?;
    let issuer = faults.text("/principal/issuer", &new.principal.issuer, LONGEST_SUBJECT);
    let subject = faults.text(
        "/principal/subject",
        &new.principal.subject,
        LONGEST_SUBJECT,
    );
    let display_name = match &new.principal.display_name {
        Some(name) => faults.text("/principal/display_name", name, LONGEST_NAME),
        None => subject.chars().take(LONGEST_NAME).collect(),
    };
    let from_at = new.from_at.unwrap_or(tx.now);
    faults.need(
        from_at >= tx.now,
        "/from_at",
        "must not lie in the past; authority is never given for what was done already",
    );
    let until_at = until(new.role, from_at, new.until_at);
    faults.need(
        until_at.is_none_or(|until| until > from_at),
        "/until_at",
        "must lie after from_at",
    );
    check_scope(&mut faults, new, true);
    faults.check()?;

    // Every grant locks what its end would lock, so that counting administrators cannot race with it.
    if let Some(id) = new.implementation_id {
        tx.unit.lock_implementation(id)?;
    }
    let principal = find_or_record_principal(tx, &issuer, &subject, display_name)?;
    if principal.id == tx.actor.principal.id || person_id.is_some_and(|id| tx.actor.is(id)) {
        return Err(own_case());
    }
    let row = StaffRole {
        id: tx.id(),
        principal_id: principal.id,
        role: new.role,
        implementation_id: new.implementation_id,
        organization_id: new.organization_id,
        organization_group: new.organization_group.clone(),
        person_id,
        from_at,
        until_at,
        granted_by: tx.actor.principal.id,
        revoked_at: None,
        recorded_at: tx.now,
        version: 1,
        stands_for: None,
    };
    if has_same(tx.unit, &row)? {
        return Err(Error::Duplicate(
            "The principal has this role in this scope at that time already; revoke it first or name a later start."
                .into(),
        ));
    }
    tx.unit.insert_staff_role(&row)?;
    tx.trail.touched("staff_role", row.id);
    Ok(StaffRoleDetails {
        standing: standing(&row, false, tx.now),
        row,
        principal,
    })
}

/// One grant, if the reader may know of it.
pub fn get(rx: &mut Rx<'_>, id: StaffRoleId) -> Result<StaffRoleDetails, Error> {
    let row = rx.view.staff_role(id)?.ok_or(Error::NotFound)?;
    rx.authorize(Action::ReadStaffRole, scope_of(&row))
        .map_err(|error| unseen(error, &row))?;
    only(details(rx.view, vec![row], rx.now)?)
}

/// The grants that the reader may know of, ended and revoked ones too.
pub fn list(
    rx: &mut Rx<'_>,
    filter: &RosterFilter,
    paging: Paging,
) -> Result<Slice<StaffRoleDetails>, Error> {
    let visible = rx.actor.visible(Action::ReadStaffRole);
    let rows = rx.view.staff_roles(&visible, filter, paging.probe())?;
    let Slice { rows, next } = paging.cut(rows, |row| row.id.0);
    Ok(Slice {
        rows: details(rx.view, rows, rx.now)?,
        next,
    })
}

/// Revokes a grant, from now on: the next request of its principal is judged without it.
///
/// # Errors
/// `OwnCase` for a role of one's own, `Rejected` if it has ended or is the last administrator's, `Stale` or
/// `PreconditionRequired` unless `expected` is the current version.
pub fn revoke(
    tx: &mut Tx<'_>,
    id: StaffRoleId,
    expected: impl Into<Option<i32>>,
) -> Result<StaffRoleDetails, Error> {
    let row = tx.unit.staff_role(id)?.ok_or(Error::NotFound)?;
    tx.authorize(Action::ManageStaffRole, scope_of(&row))
        .map_err(|error| unseen(error, &row))?;
    if row.principal_id == tx.actor.principal.id || row.person_id.is_some_and(|id| tx.actor.is(id))
    {
        return Err(own_case());
    }
    expect_version(expected, row.version)?;
    let mut found = only(details(tx.unit, vec![row], tx.now)?)?;
    match found.standing {
        Standing::Pending | Standing::Live => {}
        state @ (Standing::Ended | Standing::Revoked) => {
            return Err(Rejection::never(state.as_str(), "revoke").into());
        }
    }
    lock_administrators(tx.unit, found.row.implementation_id, tx.now)?;
    // Whoever revoked the caller's own role first has it: without this, two could revoke each other.
    let own = tx.unit.staff_roles_of(tx.actor.principal.id)?;
    Actor::new(tx.actor.principal.clone(), own, tx.now)
        .authorize(Action::ManageStaffRole, scope_of(&found.row))?;
    keep_an_administrator(tx, &found.row)?;
    found.row.revoked_at = Some(tx.now);
    tx.unit.update_staff_role(&found.row)?;
    found.row.version += 1;
    found.standing = Standing::Revoked;
    tx.trail.touched("staff_role", found.row.id);
    Ok(found)
}

/// That the deployment exists is no secret, but who has a role in all of it is, to whoever has one in a part.
fn unseen(error: Error, row: &StaffRole) -> Error {
    match error {
        Error::Forbidden if row.implementation_id.is_none() => Error::NotFound,
        other => other,
    }
}

/// The scope that a role is granted and revoked in.
fn scope_of(row: &StaffRole) -> Scope {
    Scope {
        implementation_id: row.implementation_id,
        organization_id: row.organization_id,
        person_id: row.person_id,
    }
}

fn own_case() -> Error {
    Error::OwnCase("Nobody changes his own roles; another administrator must do it.".into())
}

/// When a grant ends.
pub(crate) fn until(role: Role, from_at: Instant, until_at: Option<Instant>) -> Option<Instant> {
    match (role, until_at) {
        (Role::Auditor, None) => from_at.checked_add_signed(AUDITOR_TERM),
        (_, until) => until,
    }
}

/// The principal of a credential, recorded now if it is not known.
pub(crate) fn find_or_record_principal(
    tx: &mut Tx<'_>,
    issuer: &str,
    subject: &str,
    display_name: String,
) -> Result<Principal, Error> {
    if let Some(found) = tx.unit.principal_of(issuer, subject)? {
        return Ok(found);
    }
    let principal = Principal {
        id: tx.id(),
        issuer: issuer.to_owned(),
        subject: subject.to_owned(),
        display_name,
        recorded_at: tx.now,
        disabled_at: None,
        version: 1,
    };
    tx.unit
        .insert_principal(&principal)
        .map_err(|error| match error {
            // Somebody else recorded the same principal just now.
            StoreError::Conflict => StoreError::Stale,
            other => other,
        })?;
    tx.trail.touched("principal", principal.id);
    tx.trail.personal("subject", principal.subject.as_str());
    tx.trail
        .personal("display_name", principal.display_name.as_str());
    Ok(principal)
}

/// Whether the principal has the same role in the same scope at some time of `row`. Of somebody who left and is back none
/// is left.
pub(crate) fn has_same(unit: &mut dyn UnitOfWork, row: &StaffRole) -> Result<bool, Error> {
    let people: Vec<PersonId> = row.person_id.into_iter().collect();
    let facts = unit.facts_of_people(&people)?;
    let same = |other: &StaffRole| {
        let overlaps = other.until_at.is_none_or(|until| row.from_at < until)
            && row.until_at.is_none_or(|until| other.from_at < until);
        other.is_same(row)
            && other.revoked_at.is_none()
            && !other.has_left(&facts, row.from_at)
            && overlaps
    };
    Ok(unit.staff_roles_of(row.principal_id)?.iter().any(same))
}

/// Locks the set of administrators that the revocation of a grant would be counted against.
///
/// For a grant in one implementation that is the implementation's guard row. Grants over all implementations have no
/// such row, so the principals that hold them are written one by one, in the order of their ids: of two revocations at
/// once the second finds a changed version and is told to look again.
fn lock_administrators(
    unit: &mut dyn UnitOfWork,
    implementation: Option<ImplementationId>,
    now: Instant,
) -> Result<(), Error> {
    if let Some(id) = implementation {
        return Ok(unit.lock_implementation(id)?);
    }
    let mut holders: Vec<PrincipalId> = unit
        .live_grants(Role::SystemAdmin, None, now)?
        .iter()
        .map(|grant| grant.principal_id)
        .collect();
    holders.sort_unstable();
    holders.dedup();
    for principal in unit.principals_by_id(&holders)? {
        unit.update_principal(&principal)?;
    }
    Ok(())
}

/// Refuses to take away the last live administrator of the deployment, or of an implementation.
fn keep_an_administrator(tx: &mut Tx<'_>, row: &StaffRole) -> Result<(), Error> {
    if row.role != Role::SystemAdmin || !row.is_live(tx.now) {
        return Ok(());
    }
    let others = tx
        .unit
        .live_grants(Role::SystemAdmin, row.implementation_id, tx.now)?
        .iter()
        .any(|other| other.id != row.id);
    if others {
        return Ok(());
    }
    let whose = match row.implementation_id {
        Some(_) => "the implementation",
        None => "all implementations",
    };
    Err(Rejection::needing(
        Standing::Live.as_str(),
        "revoke",
        vec![format!(
            "another live system_admin of {whose}; grant the role to somebody else first"
        )],
    )
    .into())
}

fn standing(row: &StaffRole, departed: bool, now: Instant) -> Standing {
    if row.revoked_at.is_some() {
        Standing::Revoked
    } else if departed || row.until_at.is_some_and(|until| until <= now) {
        Standing::Ended
    } else if now < row.from_at {
        Standing::Pending
    } else {
        Standing::Live
    }
}

/// The rows with their principals and standing, in the same order.
fn details(
    view: &mut dyn View,
    rows: Vec<StaffRole>,
    now: Instant,
) -> Result<Vec<StaffRoleDetails>, Error> {
    let principals: Vec<PrincipalId> = rows.iter().map(|row| row.principal_id).collect();
    let mut people: Vec<PersonId> = rows
        .iter()
        .filter(|row| row.organization_id.is_some())
        .filter_map(|row| row.person_id)
        .collect();
    people.sort_unstable();
    people.dedup();
    let facts = if people.is_empty() {
        Vec::new()
    } else {
        view.facts_of_people(&people)?
    };
    let principals: HashMap<PrincipalId, Principal> = view
        .principals_by_id(&principals)?
        .into_iter()
        .map(|principal| (principal.id, principal))
        .collect();
    rows.into_iter()
        .map(|row| {
            Ok(StaffRoleDetails {
                standing: standing(&row, row.has_left(&facts, now), now),
                principal: super::existing(
                    principals.get(&row.principal_id).cloned(),
                    "principal",
                )?,
                row,
            })
        })
        .collect()
}
