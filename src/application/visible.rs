//! Ids in bodies: what the caller may not know of is refused in the same words as what does not exist.

use super::Error;
use super::actor::{Action, Actor, Denied, Reach, Scope, reach};
use super::ports::View;
use crate::domain::ids::{ImplementationId, OrganizationId, PersonId};
use crate::domain::roster::{Implementation, Organization, Person};

pub(super) const NO_ORGANIZATION: &str = "names no organization you may know of";
pub(super) const NO_PERSON: &str = "names no person you may know of";

/// The implementation a body names, if the actor may know of it.
pub fn visible_implementation(
    view: &mut dyn View,
    actor: &Actor,
    id: ImplementationId,
    pointer: &str,
) -> Result<Implementation, Error> {
    let seen = actor
        .authorize(Action::ReadImplementation, Scope::implementation(id))
        .is_ok();
    view.implementation(id)?
        .filter(|_| seen)
        .ok_or_else(|| Error::invalid(pointer, "names no implementation you may know of"))
}

/// The organization of this implementation that a body names, if the actor may know of it.
pub fn organization_of(
    view: &mut dyn View,
    actor: &Actor,
    implementation: ImplementationId,
    id: OrganizationId,
    pointer: &str,
) -> Result<Organization, Error> {
    let found = visible_organization(view, actor, Action::ReadRoster, id, pointer)?;
    if found.implementation_id == implementation {
        Ok(found)
    } else {
        Err(Error::invalid(pointer, NO_ORGANIZATION))
    }
}

/// The person of this implementation that a body names, if the actor may know of him.
pub fn person_of(
    view: &mut dyn View,
    actor: &Actor,
    implementation: ImplementationId,
    id: PersonId,
    pointer: &str,
) -> Result<Person, Error> {
    let found = visible_person(view, actor, id, pointer)?;
    if found.implementation_id == implementation {
        Ok(found)
    } else {
        Err(Error::invalid(pointer, NO_PERSON))
    }
}

/// The organization a body names, if the actor may know of it in connection with `action`.
pub fn visible_organization(
    view: &mut dyn View,
    actor: &Actor,
    action: Action,
    id: OrganizationId,
    pointer: &str,
) -> Result<Organization, Error> {
    let hidden = |organization: &Organization| {
        let scope = Scope::organization(organization.implementation_id, organization.id);
        actor.authorize(action, scope) == Err(Denied::Hidden)
    };
    view.organization(id)?
        .filter(|organization| !hidden(organization))
        .ok_or_else(|| Error::invalid(pointer, NO_ORGANIZATION))
}

/// The person a body names, if the actor may know of him.
pub fn visible_person(
    view: &mut dyn View,
    actor: &Actor,
    id: PersonId,
    pointer: &str,
) -> Result<Person, Error> {
    let unknown = || Error::invalid(pointer, NO_PERSON);
    let person = view.person(id)?.ok_or_else(unknown)?;
    if may_know(view, actor, &person)? {
        Ok(person)
    } else {
        Err(unknown())
    }
}

/// Whether the actor may read about a person: in a whole implementation, himself, or at an organization where the
/// person has a request or a license.
pub fn may_know(view: &mut dyn View, actor: &Actor, person: &Person) -> Result<bool, Error> {
    let mut organizations: Vec<OrganizationId> = Vec::new();
    for grant in &actor.grants {
        let here = grant
            .implementation_id
            .is_none_or(|id| id == person.implementation_id);
        match reach(grant.role, Action::ReadPerson) {
            Reach::Implementation if here => return Ok(true),
            Reach::Own if grant.person_id == Some(person.id) => return Ok(true),
            Reach::Organization if here => organizations.extend(grant.organization_id),
            _ => {}
        }
    }
    if organizations.is_empty() {
        return Ok(false);
    }
    let requested = view
        .requests_of_people(&[person.id])?
        .into_iter()
        .map(|request| request.organization_id);
    let licensed = view
        .licenses_of_people(&[person.id])?
        .into_iter()
        .map(|license| license.organization_id);
    Ok(requested
        .chain(licensed)
        .any(|id| organizations.contains(&id)))
}

/// Whether a body may name a person of an implementation in passing, as a reporter or requester: the actor himself, or
/// somebody he may know of. Else the answer would tell which ids exist.
pub fn may_name(
    view: &mut dyn View,
    actor: &Actor,
    implementation: ImplementationId,
    id: PersonId,
) -> Result<bool, Error> {
    match view.person(id)? {
        Some(person) if person.implementation_id == implementation => {
            Ok(actor.is(id) || may_know(view, actor, &person)?)
        }
        _ => Ok(false),
    }
}
