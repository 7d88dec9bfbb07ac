//! Deputies: a supervisor names somebody of the same organization who acts in his place for stated dates.
//!
//! A deputy's authority is read on each request, like any other: it is that of the supervisor's grant, within the dates,
//! as long as that grant is live and neither of the two has left. What he records names the supervisor too, "B for A".

mod name;
mod standing;

pub use name::{NewDelegation, name};
pub(crate) use standing::{lent_to, running_deputies, supervises};
pub(in crate::application) use standing::{still_there, supervised, supervisors_of};

use chrono::{DateTime, Utc};

use self::standing::details;
use super::expect_version;
use super::organizations::only;
use crate::application::actor::{Action, Actor, Role, Scope};
use crate::application::error::Error;
use crate::application::page::{Paging, Slice};
use crate::application::ports::{Delegation, RosterFilter};
use crate::application::{Rx, Tx};
use crate::domain::error::Rejection;
use crate::domain::ids::{DelegationId, PersonId};

type Instant = DateTime<Utc>;

/// Where a delegation stands at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DelegationStanding {
    Pending,
    Live,
    /// By its date, by hand, with the supervisor's role, or by the departure of either.
    Ended,
}

impl DelegationStanding {
    pub const ALL: [Self; 3] = [Self::Pending, Self::Live, Self::Ended];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Live => "live",
            Self::Ended => "ended",
        }
    }
}

/// A delegation as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DelegationDetails {
    pub row: Delegation,
    pub supervisor_id: PersonId,
    pub deputy_id: PersonId,
    pub standing: DelegationStanding,
}
/// One delegation, if the reader may know of it.
pub fn get(rx: &mut Rx<'_>, id: DelegationId) -> Result<DelegationDetails, Error> {
    let row = rx.view.delegation(id)?.ok_or(Error::NotFound)?;
    let found = only(details(rx.view, vec![row], rx.now)?)?;
    let seen = [found.deputy_id, found.supervisor_id]
        .map(|person| rx.authorize(Action::ReadDelegation, scope_of(&found, person)));
    let [by_deputy, by_supervisor] = seen;
    by_deputy.or(by_supervisor).map(|()| found)
}

/// The delegations that the reader may know of, ended ones too.
pub fn list(
    rx: &mut Rx<'_>,
    filter: &RosterFilter,
    paging: Paging,
) -> Result<Slice<DelegationDetails>, Error> {
    let visible = rx.actor.visible(Action::ReadDelegation);
    let rows = rx.view.delegations(&visible, filter, paging.probe())?;
    let Slice { rows, next } = paging.cut(rows, |row| row.id.0);
    Ok(Slice {
        rows: details(rx.view, rows, rx.now)?,
        next,
    })
}

/// Ends a delegation before its date, from now on: the next request of the deputy is judged without it.
///
/// # Errors
/// `Rejected` if it has ended, `Stale` or `PreconditionRequired` unless `expected` is the current version.
pub fn end(
    tx: &mut Tx<'_>,
    id: DelegationId,
    expected: impl Into<Option<i32>>,
) -> Result<DelegationDetails, Error> {
    let row = tx.unit.delegation(id)?.ok_or(Error::NotFound)?;
    let mut found = only(details(tx.unit, vec![row], tx.now)?)?;
    tx.authorize(Action::NameDeputy, scope_of(&found, found.deputy_id))?;
    may_speak_for(
        tx.actor,
        scope_of(&found, found.deputy_id),
        found.supervisor_id,
    )?;
    expect_version(expected, found.row.version)?;
    if found.standing == DelegationStanding::Ended {
        return Err(Rejection::never(found.standing.as_str(), "end").into());
    }
    found.row.ended_at = Some(tx.now);
    found.row.ended_by = Some(tx.actor.principal.id);
    tx.unit.end_delegation(&found.row)?;
    found.row.version += 1;
    found.standing = DelegationStanding::Ended;
    tx.trail.touched("delegation", found.row.id);
    Ok(found)
}
fn scope_of(found: &DelegationDetails, person: PersonId) -> Scope {
    Scope::person(
        found.row.implementation_id,
        Some(found.row.organization_id),
        person,
    )
}

/// A supervisor decides who stands in for himself, and for nobody else; an administrator for all.
fn may_speak_for(actor: &Actor, scope: Scope, supervisor: PersonId) -> Result<(), Error> {
    let for_all = actor
        .grants
        .iter()
        .any(|grant| grant.role != Role::Supervisor && grant.allows(Action::NameDeputy, scope));
    if for_all || actor.is(supervisor) {
        Ok(())
    } else {
        Err(Error::Forbidden)
    }
}
