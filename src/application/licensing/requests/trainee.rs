//! Whom a request is for.

use super::submit::NewRequest;
use crate::application::visible::{NO_PERSON, visible_person};
use crate::application::{Error, Tx};
use crate::domain::fact::MatchedBy;
use crate::domain::ids::PersonId;
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

/// Finds the person silently within the implementation, or makes a new one. A supervisor who names an external id needs
/// no sight of the person's other agencies.
///
/// With somebody new come those of the implementation who may be the same human, for staff to settle.
pub(super) fn the_trainee(
    tx: &mut Tx<'_>,
    new: &NewRequest,
    organization: &Organization,
) -> Result<(Person, Vec<Likely>), Error> {
    let implementation = organization.implementation_id;
    match &new.person {
        PersonNamed::Id(id) => {
            let person = visible_person(tx.unit, tx.actor, *id, "/person/id")?;
            if person.implementation_id == implementation {
                Ok((person, Vec::new()))
            } else {
                Err(Error::invalid("/person/id", NO_PERSON))
            }
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
            let person = person.ok_or_else(|| {
                Error::invalid(
                    "/person/external_id",
                    "names nobody of this implementation, or was closed: check it, or give the name of a new person",
                )
            })?;
            Ok((person, Vec::new()))
        }
        PersonNamed::New {
            given_name,
            family_name,
            email,
        } => {
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
    }
}
