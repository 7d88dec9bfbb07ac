//! Ids in bodies: what the caller may not know of is refused in the same words as what does not exist.

use super::Error;
use super::actor::{Action, Actor, Denied, Reach, Scope, reach};
use super::ports::View;
use crate::domain::ids::{OrganizationId, PersonId};
use crate::domain::roster::{Organization, Person};

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
        .ok_or_else(|| Error::invalid(pointer, "names no organization you may know of"))
}

/// The person a body names, if the actor may know of him.
pub fn visible_person(
    view: &mut dyn View,
    actor: &Actor,
    id: PersonId,
    pointer: &str,
) -> Result<Person, Error> {
    let unknown = || Error::invalid(pointer, "names no person you may know of");
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
