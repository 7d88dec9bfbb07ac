//! Who and what an implementation consists of: organizations with their contacts and projects, people, and the roles
//! of staff.
//!
//! Each use case is a plain function over a running transaction. Ids in paths that a caller may not know of answer like
//! ids that do not exist; ids in bodies do so too, as one and the same fault (see [`visible_organization`] and its
//! siblings).

pub mod contacts;
pub mod external_ids;
pub mod implementations;
pub mod input;
pub mod organizations;
pub mod people;
pub mod projects;
pub mod staff_roles;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::actor::{Action, Actor, Denied, Scope};
use super::error::Error;
use super::ports::{StoreError, View};
use crate::domain::ids::{ImplementationId, OrganizationId, PersonId, ProjectId};
use crate::domain::policy::PolicyVersion;
use crate::domain::roster::{Implementation, Organization, Person, Project};

pub use input::{Faults, unknown};

type Instant = DateTime<Utc>;

/// Compares the version a caller has seen with the current one. None means that he named none.
pub fn expect_version(seen: impl Into<Option<i32>>, current: i32) -> Result<(), Error> {
    match seen.into() {
        None => Err(Error::PreconditionRequired),
        Some(seen) if seen == current => Ok(()),
        Some(_) => Err(Error::Stale),
    }
}

/// The zone of an implementation at an instant: that of the policy then in force, else its own.
#[must_use]
pub fn zone_at(implementation: &Implementation, versions: &[PolicyVersion], at: Instant) -> Tz {
    versions
        .iter()
        .filter(|version| version.effective_from <= at)
        .max_by_key(|version| (version.effective_from, version.number))
        .and_then(|version| version.document.zone())
        .unwrap_or(implementation.time_zone)
}

/// The zone of a stored implementation at an instant.
pub fn zone_of(view: &mut dyn View, id: ImplementationId, at: Instant) -> Result<Tz, Error> {
    let implementation = existing(view.implementation(id)?, "implementation")?;
    let versions = view.policy_versions(id)?;
    Ok(zone_at(&implementation, &versions, at))
}

/// A row that another row refers to.
fn existing<T>(row: Option<T>, what: &str) -> Result<T, Error> {
    row.ok_or_else(|| StoreError::Corrupt(format!("there is no such {what}")).into())
}

/// The implementation that a body names.
pub fn visible_implementation(
    view: &mut dyn View,
    actor: &Actor,
    id: ImplementationId,
    pointer: &str,
) -> Result<Implementation, Error> {
    let found = view.implementation(id)?;
    let scope = Scope::implementation(id);
    named(found, actor, Action::ReadImplementation, pointer, |_| scope)
}

/// The organization that a body names.
pub fn visible_organization(
    view: &mut dyn View,
    actor: &Actor,
    id: OrganizationId,
    pointer: &str,
) -> Result<Organization, Error> {
    let found = view.organization(id)?;
    named(found, actor, Action::ReadRoster, pointer, |row| {
        Scope::organization(row.implementation_id, row.id)
    })
}

/// The project that a body names.
pub fn visible_project(
    view: &mut dyn View,
    actor: &Actor,
    id: ProjectId,
    pointer: &str,
) -> Result<Project, Error> {
    let found = view.project(id)?;
    named(found, actor, Action::ReadRoster, pointer, |row| {
        Scope::organization(row.implementation_id, row.organization_id)
    })
}

/// The person that a body names. A supervisor may name the people with a request or license at his organization.
pub fn visible_person(
    view: &mut dyn View,
    actor: &Actor,
    id: PersonId,
    pointer: &str,
) -> Result<Person, Error> {
    let person = view.person(id)?;
    match person {
        Some(person) if person_scope(view, actor, Action::ReadPerson, &person)?.is_ok() => {
            Ok(person)
        }
        _ => Err(Error::Invalid(vec![unknown(pointer)])),
    }
}

fn named<T>(
    found: Option<T>,
    actor: &Actor,
    action: Action,
    pointer: &str,
    scope: impl FnOnce(&T) -> Scope,
) -> Result<T, Error> {
    match found {
        Some(row) if actor.authorize(action, scope(&row)).is_ok() => Ok(row),
        _ => Err(Error::Invalid(vec![unknown(pointer)])),
    }
}

/// The organizations at which a person has, or had, a request or a license.
pub fn organizations_of(view: &mut dyn View, id: PersonId) -> Result<Vec<OrganizationId>, Error> {
    let requests = view.requests_of_people(&[id])?;
    let licenses = view.licenses_of_people(&[id])?;
    let mut found: Vec<_> = requests
        .iter()
        .map(|request| request.organization_id)
        .chain(licenses.iter().map(|license| license.organization_id))
        .collect();
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// The scope under which an action on a person is allowed: the person as such, or at one of the organizations that he
/// belongs to.
pub fn person_scope(
    view: &mut dyn View,
    actor: &Actor,
    action: Action,
    person: &Person,
) -> Result<Result<Scope, Denied>, Error> {
    let at = |organization| Scope::person(person.implementation_id, organization, person.id);
    let mut denied = match actor.authorize(action, at(None)) {
        Ok(_) => return Ok(Ok(at(None))),
        Err(denied) => denied,
    };
    for organization in organizations_of(view, person.id)? {
        match actor.authorize(action, at(Some(organization))) {
            Ok(_) => return Ok(Ok(at(Some(organization)))),
            Err(Denied::Forbidden) => denied = Denied::Forbidden,
            Err(Denied::Hidden) => {}
        }
    }
    Ok(Err(denied))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_must_be_named_and_current() {
        assert_eq!(expect_version(3, 3), Ok(()));
        assert_eq!(expect_version(2, 3), Err(Error::Stale));
        assert_eq!(expect_version(None, 3), Err(Error::PreconditionRequired));
    }
}
