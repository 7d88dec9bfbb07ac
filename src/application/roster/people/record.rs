//! What is recorded about people by hand.

use super::super::expect_version;
use super::super::external_ids::{self, ExternalIdInput};
use super::super::input::{Faults, LONGEST_NAME, email_key};
use super::super::organizations::only;
use super::{PersonDetails, details, emails_of};
use crate::application::Tx;
use crate::application::actor::{Action, Scope};
use crate::application::error::Error;
use crate::application::licensing::work_email_confirmed;
use crate::application::visible::{may_know, organization_of, visible_implementation};
use crate::domain::ids::{ImplementationId, OrganizationId, PersonId};
use crate::domain::roster::{ExternalKind, Person, PersonEmail, PersonName};

/// Most addresses that one request may carry.
const MOST_EMAILS: usize = 10;

/// An address as a caller states it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmailInput {
    pub email: String,
    /// The organization for which it is confirmed. Absent: a contact that no message uses.
    pub organization_id: Option<OrganizationId>,
}

/// What a new person is made of. One of the two names may be empty, since not everybody has two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPerson {
    pub implementation_id: ImplementationId,
    pub given_name: String,
    pub family_name: String,
    pub emails: Vec<EmailInput>,
    pub external_ids: Vec<ExternalIdInput>,
}

/// A changed name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NameChange {
    pub given_name: Option<String>,
    pub family_name: Option<String>,
}

/// Records a person.
///
/// # Errors
/// `Invalid` with every fault, `Duplicate` if an external id was given before.
pub fn create(tx: &mut Tx<'_>, new: &NewPerson) -> Result<PersonDetails, Error> {
    let mut faults = Faults::new();
    let actor = tx.actor;
    let implementation = faults.gather(visible_implementation(
        tx.unit,
        actor,
        new.implementation_id,
        "/implementation_id",
    ))?;
    if implementation.is_some() {
        tx.authorize(
            Action::ManagePerson,
            Scope::implementation(new.implementation_id),
        )?;
    }
    let (given_name, family_name) = checked_name(&mut faults, &new.given_name, &new.family_name);
    faults.need(
        new.emails.len() <= MOST_EMAILS,
        "/emails",
        "must have at most 10 entries",
    );
    let mut emails: Vec<EmailInput> = Vec::new();
    for (index, input) in new.emails.iter().take(MOST_EMAILS).enumerate() {
        let pointer = format!("/emails/{index}");
        let email = checked_email(tx, &mut faults, &pointer, input, new.implementation_id)?;
        let twice = emails.iter().any(|other| same_email(other, &email));
        faults.need(!twice, &pointer, "is named twice");
        emails.push(email);
    }
    let ids = external_ids::checked_list(&mut faults, "/external_ids", &new.external_ids);
    faults.check()?;

    let row = Person {
        id: tx.id(),
        implementation_id: new.implementation_id,
        given_name,
        family_name,
        recorded_at: tx.now,
        version: 1,
    };
    tx.unit.insert_person(&row)?;
    tx.trail.touched("person", row.id);
    record_name(tx, &row)?;
    for email in emails {
        record_email(tx, &row, email)?;
    }
    external_ids::give(
        tx,
        row.implementation_id,
        ExternalKind::Person,
        row.id.0,
        &ids,
    )?;
    only(details(tx.unit, actor, vec![row], tx.now)?)
}

/// Records a new name of a person; the former one is kept with its dates.
///
/// # Errors
/// `Stale` or `PreconditionRequired` unless `expected` is the current version.
pub fn change_name(
    tx: &mut Tx<'_>,
    id: PersonId,
    expected: impl Into<Option<i32>>,
    change: &NameChange,
) -> Result<PersonDetails, Error> {
    let mut row = managed(tx, id)?;
    expect_version(expected, row.version)?;
    let mut faults = Faults::new();
    let (given_name, family_name) = checked_name(
        &mut faults,
        change.given_name.as_ref().unwrap_or(&row.given_name),
        change.family_name.as_ref().unwrap_or(&row.family_name),
    );
    faults.check()?;
    if (&given_name, &family_name) != (&row.given_name, &row.family_name) {
        row.given_name = given_name;
        row.family_name = family_name;
        tx.unit.update_person(&row)?;
        row.version += 1;
        record_name(tx, &row)?;
    }
    tx.trail.touched("person", row.id);
    let actor = tx.actor;
    only(details(tx.unit, actor, vec![row], tx.now)?)
}

/// Records an address of a person, confirmed if an organization is named.
///
/// # Errors
/// `Duplicate` if the person has it already, in the same standing.
pub fn add_email(
    tx: &mut Tx<'_>,
    id: PersonId,
    input: &EmailInput,
) -> Result<PersonDetails, Error> {
    let row = managed(tx, id)?;
    let mut faults = Faults::new();
    let email = checked_email(tx, &mut faults, "", input, row.implementation_id)?;
    faults.check()?;
    tx.lock_person(row.id)?;
    let known = emails_of(tx.unit, &[row.id], tx.now)?
        .into_iter()
        .any(|known| {
            let known_input = EmailInput {
                email: known.email,
                organization_id: known.organization_id,
            };
            known.retired_at.is_none() && same_email(&known_input, &email)
        });
    if known {
        return Err(Error::Duplicate(
            "The person has this address already, confirmed for the same organization or for none."
                .into(),
        ));
    }
    record_email(tx, &row, email)?;
    tx.trail.touched("person", row.id);
    let actor = tx.actor;
    only(details(tx.unit, actor, vec![row], tx.now)?)
}

/// Gives a person an external id.
///
/// # Errors
/// `Duplicate` if it was ever given in this implementation.
pub fn add_external_id(
    tx: &mut Tx<'_>,
    id: PersonId,
    input: &ExternalIdInput,
) -> Result<PersonDetails, Error> {
    let row = managed(tx, id)?;
    let mut faults = Faults::new();
    let given = external_ids::checked(&mut faults, "", input);
    faults.check()?;
    external_ids::give(
        tx,
        row.implementation_id,
        ExternalKind::Person,
        row.id.0,
        &[given],
    )?;
    tx.trail.touched("person", row.id);
    let actor = tx.actor;
    only(details(tx.unit, actor, vec![row], tx.now)?)
}

/// A person of a path, for recording something about him.
pub(super) fn managed(tx: &mut Tx<'_>, id: PersonId) -> Result<Person, Error> {
    let row = tx.unit.person(id)?.ok_or(Error::NotFound)?;
    let scope = Scope::person(row.implementation_id, None, row.id);
    match tx.authorize(Action::ManagePerson, scope) {
        Ok(()) => Ok(row),
        // A supervisor knows of the people at his organizations, and may not record this about them.
        Err(Error::NotFound) if may_know(tx.unit, tx.actor, &row)? => Err(Error::Forbidden),
        Err(error) => Err(error),
    }
}

fn checked_name(faults: &mut Faults, given: &str, family: &str) -> (String, String) {
    let given = faults.optional_text("/given_name", given, LONGEST_NAME);
    let family = faults.optional_text("/family_name", family, LONGEST_NAME);
    faults.need(
        !(given.is_empty() && family.is_empty()),
        "/family_name",
        "and given_name must not both be empty",
    );
    (given, family)
}

pub(super) fn checked_email(
    tx: &mut Tx<'_>,
    faults: &mut Faults,
    pointer: &str,
    input: &EmailInput,
    implementation: ImplementationId,
) -> Result<EmailInput, Error> {
    let email = faults.email(&format!("{pointer}/email"), &input.email);
    if let Some(id) = input.organization_id {
        let pointer = format!("{pointer}/organization_id");
        faults.gather(organization_of(
            tx.unit,
            tx.actor,
            implementation,
            id,
            &pointer,
        ))?;
    }
    Ok(EmailInput {
        email,
        organization_id: input.organization_id,
    })
}

pub(super) fn same_email(one: &EmailInput, other: &EmailInput) -> bool {
    one.organization_id == other.organization_id && email_key(&one.email) == email_key(&other.email)
}

fn record_name(tx: &mut Tx<'_>, row: &Person) -> Result<(), Error> {
    tx.unit.insert_name(&PersonName {
        person_id: row.id,
        given_name: row.given_name.clone(),
        family_name: row.family_name.clone(),
        recorded_at: tx.now,
        recorded_by: tx.actor.principal.id,
    })?;
    tx.trail.personal("given_name", row.given_name.as_str());
    tx.trail.personal("family_name", row.family_name.as_str());
    Ok(())
}

fn record_email(tx: &mut Tx<'_>, row: &Person, input: EmailInput) -> Result<(), Error> {
    let organization = input.organization_id;
    tx.trail.personal("email", input.email.as_str());
    tx.unit.insert_email(&PersonEmail {
        person_id: row.id,
        confirmed_at: input.organization_id.map(|_| tx.now),
        organization_id: input.organization_id,
        email: input.email,
        retired_at: None,
        recorded_at: tx.now,
    })?;
    match organization {
        Some(organization) => work_email_confirmed(tx, row.id, organization),
        None => Ok(()),
    }
}
