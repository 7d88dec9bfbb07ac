//! A deputy is named.

use chrono::{Months, NaiveDate};

use super::standing::{details, supervisors_of};
use super::{DelegationDetails, DelegationStanding, Instant, may_speak_for};
use crate::application::Tx;
use crate::application::actor::{Action, Role, Scope};
use crate::application::error::Error;
use crate::application::ports::{Delegation, StaffRole};
use crate::application::roster::input::Faults;
use crate::application::roster::organizations::only;
use crate::application::roster::supervisors::{by_organization, roles_at};
use crate::application::roster::zone_of;
use crate::application::visible::{NO_PERSON, visible_organization, visible_person};
use crate::domain::calendar::{end_of_day, start_of_day};
use crate::domain::departure::has_departed;
use crate::domain::fact::Fact;
use crate::domain::ids::{OrganizationId, PersonId};
use crate::domain::roster::Organization;

/// How far ahead a deputy may be named, in months: farther is a slip of the pen.
const FARTHEST_MONTHS: u32 = 36;

/// A deputy to be named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDelegation {
    pub organization_id: OrganizationId,
    /// The one he stands for. Absent: whoever names him.
    pub supervisor_id: Option<PersonId>,
    pub deputy_id: PersonId,
    /// The first local day. Absent: at once.
    pub from_on: Option<NaiveDate>,
    /// The last local day.
    pub until_on: NaiveDate,
    pub reason: String,
}

/// Names a deputy.
///
/// # Errors
/// `Forbidden` unless a supervisor does it for himself or an administrator for him, `Invalid` with every fault,
/// `Duplicate` if he is the deputy already for a part of these dates.
pub fn name(tx: &mut Tx<'_>, new: &NewDelegation) -> Result<DelegationDetails, Error> {
    let organization = visible_organization(
        tx.unit,
        tx.actor,
        Action::NameDeputy,
        new.organization_id,
        "/organization_id",
    )?;
    let scope = Scope::organization(organization.implementation_id, organization.id);
    tx.authorize(Action::NameDeputy, scope)?;
    let mut faults = Faults::new();
    let reason = faults.reason("/reason", &new.reason);
    let supervisor = the_supervisor(tx, &mut faults, new, scope)?;
    let deputy = the_deputy(tx, &mut faults, new, &organization)?;
    if let (Some(supervisor), Some(deputy)) = (supervisor, deputy) {
        faults.need(
            supervisor != deputy,
            "/deputy_id",
            "is the supervisor himself: name somebody else of the organization",
        );
    }
    let (from_at, until_at) = dates(tx, &mut faults, new, &organization)?;
    faults.check()?;
    let (Some(supervisor), Some(deputy)) = (supervisor, deputy) else {
        return Err(Error::NotFound);
    };

    tx.lock_people([supervisor, deputy])?;
    let facts = tx.unit.facts_of_people(&[supervisor, deputy])?;
    let roles = supervisors_of(tx.unit, &[organization.id], tx.now)?;
    let mut roles = roles.into_iter();
    let role = roles.find(|role| role.person_id == Some(supervisor));
    let role = role.ok_or_else(|| {
        Error::invalid(
            "/supervisor_id",
            "is no supervisor of this organization now",
        )
    })?;
    let link = credential_of(tx, &organization, deputy, &facts)?;
    let row = Delegation {
        id: tx.id(),
        implementation_id: organization.implementation_id,
        organization_id: organization.id,
        supervisor_role_id: role.id,
        deputy_role_id: link.id,
        from_at,
        until_at,
        reason,
        named_by: tx.actor.principal.id,
        ended_at: None,
        ended_by: None,
        recorded_at: tx.now,
        version: 1,
    };
    let others = tx.unit.delegations_of(role.id)?;
    let others = details(tx.unit, others, tx.now)?;
    if others.iter().any(|other| {
        other.deputy_id == deputy
            && other.standing != DelegationStanding::Ended
            && other.row.from_at < until_at
            && from_at < other.row.until_at
    }) {
        return Err(Error::Duplicate(
            "He is the deputy for a part of these dates already; end that first or name other dates.".into(),
        ));
    }
    tx.unit.insert_delegation(&row)?;
    tx.trail.touched("delegation", row.id);
    only(details(tx.unit, vec![row], tx.now)?)
}
/// The supervisor whom the deputy is to stand for.
fn the_supervisor(
    tx: &mut Tx<'_>,
    faults: &mut Faults,
    new: &NewDelegation,
    scope: Scope,
) -> Result<Option<PersonId>, Error> {
    let own = tx
        .actor
        .grants
        .iter()
        .filter(|grant| grant.role == Role::Supervisor && grant.allows(Action::NameDeputy, scope))
        .find_map(|grant| grant.person_id);
    let Some(named) = new.supervisor_id else {
        if own.is_none() {
            faults.at(
                "/supervisor_id",
                "is missing: your role does not say which supervisor you are; an administrator names him here",
            );
        }
        return Ok(own);
    };
    // Whoever may name deputies of an organization knows its supervisors, licensed or not.
    let known = tx.unit.person(named)?.map(|person| person.id);
    let roles = roles_at(tx.unit, &[new.organization_id], tx.now)?;
    let supervises = roles
        .iter()
        .any(|role| role.person_id.is_some() && role.person_id == known);
    let person = if supervises {
        known
    } else {
        let found = visible_person(tx.unit, tx.actor, named, "/supervisor_id");
        let found = faults.gather(found)?;
        if found.is_some() {
            faults.at(
                "/supervisor_id",
                "is no supervisor of this organization now",
            );
        }
        None
    };
    if let Some(person) = person {
        may_speak_for(tx.actor, scope, person)?;
    }
    Ok(person)
}

/// The deputy: somebody of the same organization.
fn the_deputy(
    tx: &mut Tx<'_>,
    faults: &mut Faults,
    new: &NewDelegation,
    organization: &Organization,
) -> Result<Option<PersonId>, Error> {
    let roles = roles_at(tx.unit, &[organization.id], tx.now)?;
    let known = tx.unit.person(new.deputy_id)?;
    let person = match known {
        Some(known) if roles.iter().any(|role| role.person_id == Some(known.id)) => Some(known),
        _ => faults.gather(visible_person(
            tx.unit,
            tx.actor,
            new.deputy_id,
            "/deputy_id",
        ))?,
    };
    let Some(person) = person else {
        return Ok(None);
    };
    if person.implementation_id != organization.implementation_id {
        faults.at("/deputy_id", NO_PERSON);
        return Ok(None);
    }
    Ok(Some(person.id))
}

/// From when to when, in local days of the implementation.
fn dates(
    tx: &mut Tx<'_>,
    faults: &mut Faults,
    new: &NewDelegation,
    organization: &Organization,
) -> Result<(Instant, Instant), Error> {
    let zone = zone_of(tx.unit, organization.implementation_id, tx.now)?;
    let until_at = end_of_day(zone, new.until_on);
    let from_at = new
        .from_on
        .map_or(tx.now, |day| start_of_day(zone, day).max(tx.now));
    if let Some(day) = new.from_on {
        faults.need(
            end_of_day(zone, day) > tx.now,
            "/from_on",
            "must not lie in the past; authority is never given for what was done already",
        );
    }
    faults.need(
        until_at > from_at,
        "/until_on",
        "must not lie before the first day, nor in the past",
    );
    let farthest = tx.now.checked_add_months(Months::new(FARTHEST_MONTHS));
    faults.need(
        farthest.is_none_or(|farthest| until_at <= farthest),
        "/until_on",
        "lies more than 3 years away",
    );
    Ok((from_at, until_at))
}

/// The grant that says who the deputy is. He must be somebody of the organization, with a credential of his own.
fn credential_of(
    tx: &mut Tx<'_>,
    organization: &Organization,
    deputy: PersonId,
    facts: &[Fact],
) -> Result<StaffRole, Error> {
    let links: Vec<StaffRole> = tx
        .unit
        .staff_roles_of_people(&[deputy])?
        .into_iter()
        .filter(|role| role.is_live(tx.now))
        .collect();
    let roles = by_organization(tx.unit, links.clone(), Some(&[organization.id]), tx.now)?;
    let requested = tx.unit.requests_of_people(&[deputy])?;
    let licensed = tx.unit.licenses_of_people(&[deputy])?;
    // Since when he is known to be there, by the last thing that says so: one who left may have come back.
    let since = requested
        .iter()
        .filter(|request| request.organization_id == organization.id)
        .map(|request| request.submitted_at)
        .chain(
            licensed
                .iter()
                .filter(|license| license.organization_id == organization.id)
                .map(|license| license.recorded_at),
        )
        .chain(
            roles
                .iter()
                .filter(|role| role.organization_id == Some(organization.id))
                .map(|role| role.from_at),
        )
        .max();
    let there =
        since.is_some_and(|since| !has_departed(facts, deputy, organization.id, since, tx.now));
    if !there {
        return Err(Error::invalid(
            "/deputy_id",
            "is nobody of this organization: he needs a request, a license or a supervisor's role here, and must not \
             have left",
        ));
    }
    links.into_iter().next().ok_or_else(|| {
        Error::invalid(
            "/deputy_id",
            "has no credential of his own here: an administrator grants him a role, `end_user` for example, with \
             POST /v1/staff-roles",
        )
    })
}
