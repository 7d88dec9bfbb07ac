//! People: one human within one implementation, with dated names, addresses and external ids.
//!
//! A person is identified by our id and by external ids, never by a name or an e-mail address: two people may share
//! both, and one person may change both.

mod change;
mod history;
mod record;

use std::collections::HashMap;

use uuid::Uuid;

use super::organizations::only;
use crate::application::Rx;
use crate::application::actor::{Action, Actor, Reach, Role, reach};
use crate::application::error::Error;
use crate::application::page::{Paging, Slice};
use crate::application::ports::{PersonFilter, View};
use crate::application::visible::may_know;
use crate::domain::calendar::Instant;
use crate::domain::departure::retired_at;
use crate::domain::ids::{ImplementationId, OrganizationId, PersonId};
use crate::domain::roster::{ExternalId, ExternalKind, Person, PersonEmail, PersonName};

pub use change::{close_external_id, confirm_email, retire_email, settle_external_id};
pub use history::{PersonHistory, history};
pub use record::{
    EmailInput, NameChange, NewPerson, add_email, add_external_id, change_name, create,
};

/// A person as this reader is shown him.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonDetails {
    pub row: Person,
    /// Oldest first, without the current one. Only the person himself, administrators and auditors see them.
    pub former_names: Vec<PersonName>,
    /// Oldest first, retired ones too. A supervisor sees those confirmed for his organizations.
    pub emails: Vec<PersonEmail>,
    /// Closed ones are shown to staff and to the person himself.
    pub external_ids: Vec<ExternalId>,
    /// The records that were merged into this one, as staff see them.
    pub merged: Vec<PersonId>,
}

/// One person, if the reader may know of him.
pub fn get(rx: &mut Rx<'_>, id: PersonId) -> Result<PersonDetails, Error> {
    let row = rx.view.person(id)?.ok_or(Error::NotFound)?;
    if !may_know(rx.view, rx.actor, &row)? {
        return Err(Error::NotFound);
    }
    only(details(rx.view, rx.actor, vec![row], rx.now)?)
}

/// The people that the reader may know of.
///
/// Addresses and closed external ids that are not the reader's to see find somebody only where he is staff: a hit then
/// shows the person, not what was hit.
/// Staff also find people by a former name: the hit shows the person, the name only to those who may see it.
pub fn list(
    rx: &mut Rx<'_>,
    filter: &PersonFilter,
    paging: Paging,
) -> Result<Slice<PersonDetails>, Error> {
    let visible = rx.actor.visible(Action::ReadPerson);
    let rows = rx.view.people(&visible, filter, paging.probe())?;
    let Slice { rows, next } = paging.cut(rows, |row| row.id.0);
    Ok(Slice {
        rows: details(rx.view, rx.actor, rows, rx.now)?,
        next,
    })
}

/// How much of the people of one implementation a reader is shown.
struct Eyes {
    /// Former names.
    full: bool,
    /// All addresses and external ids.
    staff: bool,
    /// Whose confirmed addresses a supervisor sees.
    organizations: Vec<OrganizationId>,
}

impl Eyes {
    fn of(actor: &Actor, implementation: ImplementationId) -> Self {
        let mut eyes = Self {
            full: false,
            staff: false,
            organizations: Vec::new(),
        };
        let grants = actor.grants.iter().filter(|grant| {
            grant
                .implementation_id
                .is_none_or(|granted| granted == implementation)
        });
        for grant in grants {
            match reach(grant.role, Action::ReadPerson) {
                Reach::Implementation => {
                    eyes.staff = true;
                    eyes.full |= matches!(grant.role, Role::SystemAdmin | Role::Auditor);
                }
                Reach::Organization => eyes.organizations.extend(grant.organization_id),
                Reach::Own | Reach::No => {}
            }
        }
        eyes
    }
}

/// The addresses of people. One of an organization that its person has left since is retired, by the departure and at
/// its instant, whether or not anybody wrote that down.
pub(crate) fn emails_of(
    view: &mut dyn View,
    ids: &[PersonId],
    now: Instant,
) -> Result<Vec<PersonEmail>, Error> {
    let mut emails = view.emails(ids)?;
    let mut people: Vec<PersonId> = emails
        .iter()
        .filter(|email| email.organization_id.is_some() && email.retired_at.is_none())
        .map(|email| email.person_id)
        .collect();
    people.dedup();
    if people.is_empty() {
        return Ok(emails);
    }
    let facts = view.facts_of_people(&people)?;
    for email in &mut emails {
        if let (Some(organization), None) = (email.organization_id, email.retired_at) {
            email.retired_at = retired_at(
                &facts,
                email.person_id,
                organization,
                email.recorded_at,
                now,
            );
        }
    }
    Ok(emails)
}

/// The rows with what this reader is shown beside them, in the same order.
fn details(
    view: &mut dyn View,
    actor: &Actor,
    rows: Vec<Person>,
    now: Instant,
) -> Result<Vec<PersonDetails>, Error> {
    let ids: Vec<PersonId> = rows.iter().map(|row| row.id).collect();
    let uuids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let mut emails: HashMap<PersonId, Vec<PersonEmail>> = HashMap::new();
    for email in emails_of(view, &ids, now)? {
        emails.entry(email.person_id).or_default().push(email);
    }
    let mut external_ids: HashMap<Uuid, Vec<ExternalId>> = HashMap::new();
    for id in view.external_ids(ExternalKind::Person, &uuids)? {
        external_ids.entry(id.subject).or_default().push(id);
    }
    let merges = view.merges_into(&ids)?;
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        let eyes = Eyes::of(actor, row.implementation_id);
        let own = actor.is(row.id);
        let former_names = if eyes.full || own {
            let mut names = view.names(row.id)?;
            // The current one is the last that says what the record says: a merged record brings later ones of its own.
            let current = names.iter().rposition(|name| {
                (&name.given_name, &name.family_name) == (&row.given_name, &row.family_name)
            });
            if let Some(current) = current {
                names.remove(current);
            }
            names
        } else {
            Vec::new()
        };
        let mut emails = emails.remove(&row.id).unwrap_or_default();
        let mut external_ids = external_ids.remove(&row.id.0).unwrap_or_default();
        if !eyes.staff && !own {
            emails.retain(|email| {
                email
                    .organization_id
                    .is_some_and(|id| eyes.organizations.contains(&id))
            });
            external_ids.retain(|id| id.closed_at.is_none());
        }
        let mut merged = vec![row.id];
        if eyes.staff {
            while let Some(next) = merges.iter().find(|merge| {
                merged.contains(&merge.survivor) && !merged.contains(&merge.duplicate)
            }) {
                merged.push(next.duplicate);
            }
        }
        merged.remove(0);
        found.push(PersonDetails {
            merged,
            row,
            former_names,
            emails,
            external_ids,
        });
    }
    Ok(found)
}
