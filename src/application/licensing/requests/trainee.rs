//! Whom a request is for.

use super::source::is_staff;
use super::submit::NewRequest;
use crate::application::licensing::dossier::Dossier;
use crate::application::ports::{Page, RosterFilter, Visible};
use crate::application::roster::people::emails_of;
use crate::application::roster::supervisors::by_organization;
use crate::application::visible::person_of;
use crate::application::{Error, Tx};
use crate::domain::fact::MatchedBy;
use crate::domain::ids::{OrganizationId, PersonId};
use crate::domain::roster::{ExternalKind, Organization, Person, PersonEmail, PersonName};

/// The trainee as the requester names him: by our id, by an external id, or as somebody new. Never by name alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PersonNamed {
    Id(PersonId),
    External {
        system: String,
        value: String,
    },
    /// Somebody the implementation does not know yet.
    New {
        given_name: String,
        family_name: String,
        email: Option<String>,
    },
}

/// Somebody who may be the requested person, and what is the same.
pub(super) type Likely = (PersonId, Vec<MatchedBy>);

/// Finds the person silently within the implementation, unless he is somebody new. A supervisor who names an external id
/// needs no sight of the person's other agencies.
///
/// # Errors
/// `Invalid`, in the same words for nobody and for whom the caller may not know of.
pub(super) fn who_is_named(
    tx: &mut Tx<'_>,
    new: &NewRequest,
    organization: &Organization,
) -> Result<Option<Person>, Error> {
    let implementation = organization.implementation_id;
    match &new.person {
        PersonNamed::Id(id) => {
            person_of(tx.unit, tx.actor, implementation, *id, "/person/id").map(Some)
        }
        PersonNamed::External { system, value } => {
            let found = tx
                .unit
                .external_id(implementation, ExternalKind::Person, system, value)?;
            let person = match found {
                Some(external) if external.closed_at.is_none() => {
                    tx.unit.person(PersonId(external.subject))?
                }
                _ => None,
            };
            match person {
                Some(person) if !is_kept_from(tx, &person, organization)? => Ok(Some(person)),
                _ => Err(Error::invalid(
                    "/person/external_id",
                    "names nobody of this implementation, or was closed: check it, or give the name of a new person",
                )),
            }
        }
        PersonNamed::New { .. } => Ok(None),
    }
}

/// Somebody whom the implementation does not know yet, with those of it who may be the same human, for staff to settle.
pub(super) fn somebody_new(
    tx: &mut Tx<'_>,
    new: &NewRequest,
    organization: &Organization,
) -> Result<(Person, Vec<Likely>), Error> {
    let implementation = organization.implementation_id;
    let PersonNamed::New {
        given_name,
        family_name,
        email,
    } = &new.person
    else {
        return Err(Error::NotFound);
    };
    let name = (given_name.as_str(), family_name.as_str());
    let likely = tx
        .unit
        .likely_same(implementation, name, email.as_deref())?;
    let person = Person {
        id: tx.id(),
        implementation_id: implementation,
        given_name: given_name.clone(),
        family_name: family_name.clone(),
        recorded_at: tx.now,
        version: 1,
    };
    tx.unit.insert_person(&person)?;
    tx.unit.insert_name(&PersonName {
        person_id: person.id,
        given_name: given_name.clone(),
        family_name: family_name.clone(),
        recorded_at: tx.now,
        recorded_by: tx.actor.principal.id,
    })?;
    tx.trail.personal("given_name", given_name);
    tx.trail.personal("family_name", family_name);
    if let Some(email) = email {
        tx.unit.insert_email(&PersonEmail {
            person_id: person.id,
            organization_id: Some(organization.id),
            email: email.clone(),
            confirmed_at: None,
            retired_at: None,
            recorded_at: tx.now,
        })?;
        tx.trail.personal("email", email);
    }
    Ok((person, likely))
}

/// Whether the organization that asks may not learn that there is such a person: he works at a victim service provider,
/// whose staff are shown to no other organization, and is not known where it is asked. Staff of the lead override that;
/// who asks for himself tells nobody anything.
fn is_kept_from(
    tx: &mut Tx<'_>,
    person: &Person,
    organization: &Organization,
) -> Result<bool, Error> {
    if is_staff(tx.actor, organization) || tx.actor.is(person.id) {
        return Ok(false);
    }
    let Some(dossier) = Dossier::load(tx.unit, person.id, &[])? else {
        return Ok(false);
    };
    let here = |id: OrganizationId| id == organization.id;
    if dossier.requests.iter().any(|row| here(row.organization_id))
        || dossier.licenses.iter().any(|row| here(row.organization_id))
    {
        return Ok(false);
    }
    let mut elsewhere = dossier.works_at(tx.now);
    let emails = emails_of(tx.unit, &[person.id], tx.now)?;
    elsewhere.extend(
        emails
            .iter()
            .filter(|email| email.confirmed_at.is_some() && email.retired_at.is_none())
            .filter_map(|email| email.organization_id),
    );
    let grants = tx.unit.staff_roles_of_people(&[person.id])?;
    let roles = by_organization(tx.unit, grants, None, tx.now)?;
    elsewhere.extend(
        roles
            .iter()
            .filter(|role| role.is_live(tx.now) && !role.has_left(&dossier.facts, tx.now))
            .filter_map(|role| role.organization_id),
    );
    elsewhere.remove(&organization.id);
    if elsewhere.is_empty() {
        return Ok(false);
    }
    let page = Page {
        after: None,
        limit: i64::try_from(elsewhere.len()).unwrap_or(i64::MAX),
    };
    let visible = Visible {
        organizations: elsewhere.into_iter().collect(),
        ..Visible::default()
    };
    let found = tx
        .unit
        .organizations(&visible, &RosterFilter::default(), page)?;
    Ok(found
        .iter()
        .any(|organization| organization.victim_service_provider))
}
