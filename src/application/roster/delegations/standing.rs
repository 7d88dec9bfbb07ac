//! Where delegations stand, and the authority that they lend.

use std::collections::HashMap;

use super::{DelegationDetails, DelegationStanding, Instant};
use crate::application::actor::{Actor, Role};
use crate::application::error::Error;
use crate::application::ports::{Delegation, Principal, StaffRole, View};
use crate::application::roster::existing;
use crate::application::roster::supervisors::{by_organization, roles_at};
use crate::domain::departure::has_departed;
use crate::domain::ids::{ImplementationId, OrganizationId, PersonId, PrincipalId, StaffRoleId};
use crate::domain::roster::Organization;

/// The authority that supervisors lent to an actor, as grants that name whom he stands for.
pub(crate) fn lent_to(
    view: &mut dyn View,
    actor: &Actor,
    now: Instant,
) -> Result<Vec<StaffRole>, Error> {
    let mut people: Vec<PersonId> = actor.people().collect();
    people.sort_unstable();
    people.dedup();
    let rows = view.delegations_to(&people, now)?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let live = details(view, rows, now)?.into_iter();
    Ok(live
        .filter(|found| found.standing == DelegationStanding::Live)
        .map(|found| StaffRole {
            id: found.row.supervisor_role_id,
            principal_id: actor.principal.id,
            role: Role::Supervisor,
            implementation_id: Some(found.row.implementation_id),
            organization_id: Some(found.row.organization_id),
            organization_group: None,
            person_id: Some(found.deputy_id),
            from_at: found.row.from_at,
            until_at: Some(found.row.until_at),
            granted_by: found.row.named_by,
            revoked_at: None,
            recorded_at: found.row.recorded_at,
            version: found.row.version,
            stands_for: Some(found.supervisor_id),
        })
        .collect())
}

/// Whether a person supervises an organization now, by a role of his own or in the place of somebody who does. A role
/// ends with a departure of its holder. Where something is said about somebody, `concerned`, neither his own word
/// counts nor that of whoever only stands in for him: nobody decides about himself.
pub(crate) fn supervises(
    view: &mut dyn View,
    person: PersonId,
    organization: &Organization,
    concerned: Option<PersonId>,
    now: Instant,
) -> Result<bool, Error> {
    let person = view.person(person)?.map_or(person, |found| found.id);
    if concerned == Some(person) {
        return Ok(false);
    }
    let roles = supervisors_of(view, &[organization.id], now)?;
    if roles.iter().any(|role| role.person_id == Some(person)) {
        return Ok(true);
    }
    let rows = view.delegations_to(&[person], now)?;
    let live = details(view, rows, now)?;
    Ok(live.iter().any(|found| {
        found.row.organization_id == organization.id
            && found.standing == DelegationStanding::Live
            && Some(found.supervisor_id) != concerned
    }))
}

/// Who stands in for a supervisor of an implementation's organizations now, each with the organization; of one of them
/// where it is named.
pub(crate) fn running_deputies(
    view: &mut dyn View,
    implementation: ImplementationId,
    organization: Option<OrganizationId>,
    now: Instant,
) -> Result<Vec<(OrganizationId, PersonId)>, Error> {
    let rows = view.delegations_at(implementation, organization, now)?;
    Ok(details(view, rows, now)?
        .into_iter()
        .filter(|found| found.standing == DelegationStanding::Live)
        .map(|found| (found.row.organization_id, found.deputy_id))
        .collect())
}

/// The roles by which these organizations are supervised now, of whoever has not left.
pub(in crate::application) fn supervisors_of(
    view: &mut dyn View,
    organizations: &[OrganizationId],
    now: Instant,
) -> Result<Vec<StaffRole>, Error> {
    let roles = roles_at(view, organizations, now)?;
    still_there(view, roles, now)
}

/// The roles of whoever has not left the organization since.
pub(in crate::application) fn still_there(
    view: &mut dyn View,
    mut roles: Vec<StaffRole>,
    now: Instant,
) -> Result<Vec<StaffRole>, Error> {
    let people: Vec<PersonId> = roles.iter().filter_map(|role| role.person_id).collect();
    let facts = view.facts_of_people(&people)?;
    roles.retain(|role| !role.has_left(&facts, now));
    Ok(roles)
}

/// The organizations among these that have a supervisor now. A deputy acts only while the one he stands for is one, so
/// no organization has a deputy alone.
pub(in crate::application) fn supervised(
    view: &mut dyn View,
    organizations: &[OrganizationId],
    now: Instant,
) -> Result<Vec<OrganizationId>, Error> {
    let roles = supervisors_of(view, organizations, now)?;
    Ok(roles
        .iter()
        .filter_map(|role| role.organization_id)
        .collect())
}

/// The rows with who they are about and where they stand, in the same order.
pub(super) fn details(
    view: &mut dyn View,
    rows: Vec<Delegation>,
    now: Instant,
) -> Result<Vec<DelegationDetails>, Error> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<StaffRoleId> = rows
        .iter()
        .flat_map(|row| [row.supervisor_role_id, row.deputy_role_id])
        .collect();
    let roles: HashMap<StaffRoleId, StaffRole> = view
        .staff_roles_by_id(&ids)?
        .into_iter()
        .map(|role| (role.id, role))
        .collect();
    let organizations: Vec<OrganizationId> = rows.iter().map(|row| row.organization_id).collect();
    let held = roles.values().cloned().collect();
    let held: HashMap<(StaffRoleId, Option<OrganizationId>), StaffRole> =
        by_organization(view, held, Some(&organizations), now)?
            .into_iter()
            .map(|role| ((role.id, role.organization_id), role))
            .collect();
    let principals: Vec<PrincipalId> = roles.values().map(|role| role.principal_id).collect();
    let principals: HashMap<PrincipalId, Principal> = view
        .principals_by_id(&principals)?
        .into_iter()
        .map(|principal| (principal.id, principal))
        .collect();
    let people: Vec<PersonId> = roles.values().filter_map(|role| role.person_id).collect();
    let facts = view.facts_of_people(&people)?;
    rows.into_iter()
        .map(|row| {
            let supervisor = roles.get(&row.supervisor_role_id);
            let deputy = roles.get(&row.deputy_role_id);
            let person = |role: Option<&StaffRole>| {
                existing(role.and_then(|role| role.person_id), "person of a role")
            };
            let (supervisor_id, deputy_id) = (person(supervisor)?, person(deputy)?);
            let there = (row.supervisor_role_id, Some(row.organization_id));
            let stands = held.get(&there).is_some_and(|role| {
                let able = principals
                    .get(&role.principal_id)
                    .is_some_and(|one| one.disabled_at.is_none());
                able && role.is_live(now) && !role.has_left(&facts, now)
            });
            let since = row.recorded_at.min(row.from_at);
            let left = has_departed(&facts, deputy_id, row.organization_id, since, now);
            let ended = row.ended_at.is_some_and(|at| at <= now) || row.until_at <= now;
            // Two records that turned out to be one human: nobody stands in for himself.
            let one = supervisor_id == deputy_id;
            let standing = if ended || left || one || !stands {
                DelegationStanding::Ended
            } else if now < row.from_at {
                DelegationStanding::Pending
            } else {
                DelegationStanding::Live
            };
            Ok(DelegationDetails {
                row,
                supervisor_id,
                deputy_id,
                standing,
            })
        })
        .collect()
}
