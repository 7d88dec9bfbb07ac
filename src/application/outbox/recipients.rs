//! To whom a notice goes besides the holder of the license, and at which address.

use std::collections::{BTreeMap, BTreeSet};

use crate::application::Error;
use crate::application::licensing::Dossier;
use crate::application::ports::{Page, RosterFilter, StoreError, View, Visible};
use crate::application::roster::delegations::{running_deputies, supervisors_of};
use crate::application::roster::people::emails_of;
use crate::domain::calendar::{Instant, local_day};
use crate::domain::fact::NoticeRule;
use crate::domain::ids::{ImplementationId, OrganizationId, PersonId};
use crate::domain::outgoing::{Addressee, Reachable, responsible};
use crate::domain::policy::{ContactDuty, Recipient};
use crate::domain::roster::{Implementation, OrganizationContact, PersonEmail};

/// Rows of one organization: nobody has more supervisors or contacts.
const ALL_OF_ONE: Page = Page {
    after: None,
    limit: 1_000,
};

/// Where somebody gets mail, and what to call him.
pub(super) struct Address {
    pub email: String,
    pub name: Option<String>,
}

/// The address that was confirmed for a person at an organization and is still used, and since when.
pub(super) fn email(
    view: &mut dyn View,
    person: PersonId,
    organization: OrganizationId,
    now: Instant,
) -> Result<Option<(String, Instant)>, Error> {
    Ok(Mailboxes::of(view, person, now)?.at(organization))
}

/// Where a person gets mail now: at each organization at the address that was confirmed for it, which may be the same at
/// several.
pub(super) struct Mailboxes {
    person: PersonId,
    emails: Vec<PersonEmail>,
}

impl Mailboxes {
    pub fn of(view: &mut dyn View, person: PersonId, now: Instant) -> Result<Self, Error> {
        let emails = emails_of(view, &[person], now)?;
        Ok(Self { person, emails })
    }

    /// The address at an organization, and since when it is confirmed.
    pub fn at(&self, organization: OrganizationId) -> Option<(String, Instant)> {
        confirmed(&self.emails, self.person, organization)
    }

    /// The organizations at which an address is the person's. Letters that look alike need not be one mailbox: only what
    /// was confirmed in the same letters is the same.
    pub fn organizations(&self, address: &str) -> BTreeSet<OrganizationId> {
        let organizations = self.emails.iter().filter_map(|email| email.organization_id);
        organizations
            .filter(|organization| {
                self.at(*organization)
                    .is_some_and(|(email, _)| email == address)
            })
            .collect()
    }
}

/// The same among addresses that were read.
fn confirmed(
    emails: &[PersonEmail],
    person: PersonId,
    organization: OrganizationId,
) -> Option<(String, Instant)> {
    emails
        .iter()
        .filter(|email| email.person_id == person)
        .filter(|email| email.organization_id == Some(organization) && email.retired_at.is_none())
        .filter_map(|email| Some((email.email.clone(), email.confirmed_at?)))
        .max_by_key(|(_, confirmed_at)| *confirmed_at)
}

fn only(organization: OrganizationId) -> (Visible, RosterFilter) {
    let visible = Visible {
        organizations: vec![organization],
        ..Visible::default()
    };
    let filter = RosterFilter {
        organization_id: Some(organization),
        ..RosterFilter::default()
    };
    (visible, filter)
}

/// Who supervises an organization now, as people, and whoever stands in for one of them: while "B for A" runs, what goes
/// to A goes to B too.
pub(super) fn supervisors(
    view: &mut dyn View,
    implementation: ImplementationId,
    organization: OrganizationId,
    now: Instant,
) -> Result<BTreeSet<PersonId>, Error> {
    let roles = supervisors_of(view, &[organization], now)?;
    let mut found: BTreeSet<PersonId> = roles.iter().filter_map(|role| role.person_id).collect();
    let deputies = running_deputies(view, implementation, Some(organization), now)?;
    found.extend(deputies.into_iter().map(|(_, deputy)| deputy));
    Ok(found)
}

/// Whoever may sign for an organization today and can be written to.
fn signers(
    view: &mut dyn View,
    dossier: &Dossier,
    organization: OrganizationId,
    now: Instant,
) -> Result<Vec<OrganizationContact>, Error> {
    let (visible, filter) = only(organization);
    let today = local_day(dossier.zone_at(now), now);
    let contacts = view.contacts(&visible, &filter, ALL_OF_ONE)?;
    Ok(contacts
        .into_iter()
        .filter(|contact| contact.duty == ContactDuty::AuthorizedSigner)
        .filter(|contact| contact.serves_on(today))
        .filter(|contact| contact.email.is_some())
        .collect())
}

/// The mail address of the lead, where the support contact is one.
pub(super) fn lead(implementation: &Implementation) -> Option<&str> {
    let contact = implementation.support_contact.trim();
    let (name, host) = contact.split_once('@')?;
    let plain = |part: &str| {
        !part.is_empty()
            && part
                .chars()
                .all(|c| c.is_ascii_graphic() && !"@<>(),;:\"\\/[]".contains(c))
    };
    (plain(name) && plain(host)).then_some(contact)
}

/// To whom mail was refused or came back, and when that was known.
pub(super) type Refused = BTreeMap<Addressee, Instant>;

/// To whom a notice about a license goes besides its holder, of whoever can be written to now. Never to the holder in
/// another of his duties, and to nobody whose mail server refused it, unless he confirmed another address since.
pub(super) fn recipients(
    view: &mut dyn View,
    dossier: &Dossier,
    (organization, now): (OrganizationId, Instant),
    (rule, tells): (NoticeRule, &BTreeSet<Recipient>),
    refused: &Refused,
) -> Result<BTreeSet<Addressee>, Error> {
    let holder = dossier.person.id;
    let implementation = dossier.implementation.id;
    let supervising: Vec<PersonId> = supervisors(view, implementation, organization, now)?
        .into_iter()
        .filter(|person| *person != holder)
        .collect();
    let everybody: Vec<PersonId> = supervising.iter().copied().chain([holder]).collect();
    let emails = emails_of(view, &everybody, now)?;
    let own: Vec<String> = emails
        .iter()
        .filter(|email| email.person_id == holder)
        .map(|email| email.email.to_lowercase())
        .collect();
    let is_own =
        |email: Option<&String>| email.is_some_and(|email| own.contains(&email.to_lowercase()));
    let reachable = Reachable {
        supervisors: supervising
            .into_iter()
            .filter(|person| {
                let refused_at = refused.get(&Addressee::Person(*person));
                confirmed(&emails, *person, organization).is_some_and(|(_, confirmed_at)| {
                    refused_at.is_none_or(|refused_at| confirmed_at >= *refused_at)
                })
            })
            .collect(),
        signers: signers(view, dossier, organization, now)?
            .into_iter()
            .filter(|contact| {
                !is_own(contact.email.as_ref())
                    && !refused.contains_key(&Addressee::Contact(contact.id))
            })
            .map(|contact| contact.id)
            .collect(),
        lead: lead(&dossier.implementation).is_some() && !refused.contains_key(&Addressee::Lead),
        some_failed: !refused.is_empty(),
    };
    Ok(responsible(rule, tells, &reachable))
}

/// Where mail to somebody about an organization goes now: nowhere once he has no duty there any more.
pub(super) fn address_of(
    view: &mut dyn View,
    implementation: &Implementation,
    organization: Option<OrganizationId>,
    to: Addressee,
    now: Instant,
) -> Result<Option<Address>, Error> {
    match (to, organization) {
        (Addressee::Lead, _) => Ok(lead(implementation).map(|email| Address {
            email: email.to_owned(),
            name: None,
        })),
        (Addressee::Contact(id), _) => {
            let zone = implementation.time_zone;
            let today = local_day(zone, now);
            let contact = view.contact(id)?.filter(|contact| contact.serves_on(today));
            Ok(contact.and_then(|contact| {
                Some(Address {
                    email: contact.email?,
                    name: Some(contact.name),
                })
            }))
        }
        (Addressee::Person(_), None) => Ok(None),
        (Addressee::Person(id), Some(organization)) => {
            if !supervisors(view, implementation.id, organization, now)?.contains(&id) {
                return Ok(None);
            }
            let Some((email, _)) = email(view, id, organization, now)? else {
                return Ok(None);
            };
            let person = view.person(id)?;
            Ok(Some(Address {
                email,
                name: person.map(|person| person.given_name),
            }))
        }
    }
}

/// What these are called, but for the lead.
pub(super) fn names(
    view: &mut dyn View,
    addressees: &BTreeSet<Addressee>,
) -> Result<Vec<String>, StoreError> {
    let mut people = Vec::new();
    let mut names = Vec::new();
    for addressee in addressees {
        match addressee {
            Addressee::Person(id) => people.push(*id),
            Addressee::Contact(id) => names.extend(view.contact(*id)?.map(|found| found.name)),
            Addressee::Lead => {}
        }
    }
    let people = view.people_by_id(&people)?.into_iter();
    names.extend(people.map(|person| format!("{} {}", person.given_name, person.family_name)));
    names.sort();
    Ok(names)
}
