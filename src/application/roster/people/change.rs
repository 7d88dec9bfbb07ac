//! What changes about people's addresses and external ids. Nothing is overwritten: each keeps its dates.

use super::super::expect_version;
use super::super::external_ids::{self, ExternalIdInput};
use super::super::input::{Faults, email_key};
use super::super::organizations::only;
use super::record::{checked_email, managed};
use super::{EmailInput, PersonDetails, details, emails_of};
use crate::application::Tx;
use crate::application::error::Error;
use crate::application::licensing::{work_email_confirmed, work_email_retired};
use crate::domain::error::Rejection;
use crate::domain::ids::{OrganizationId, PersonId};
use crate::domain::roster::{ExternalId, ExternalKind, Person};

/// Confirms an address that is on record for an organization: from now on messages about its license go there.
///
/// # Errors
/// `Invalid` unless the person has the address, `Rejected` where it is confirmed or retired already.
pub fn confirm_email(
    tx: &mut Tx<'_>,
    id: PersonId,
    email: &str,
    organization: OrganizationId,
) -> Result<PersonDetails, Error> {
    let row = managed(tx, id)?;
    let mut faults = Faults::new();
    let input = EmailInput {
        email: email.to_owned(),
        organization_id: Some(organization),
    };
    let input = checked_email(tx, &mut faults, "", &input, row.implementation_id)?;
    faults.check()?;
    tx.lock_person(row.id)?;
    let row = tx.unit.person(row.id)?.ok_or(Error::NotFound)?;
    // A departure retires an address without touching its row.
    let waits = emails_of(tx.unit, &[row.id], tx.now)?.iter().any(|email| {
        email.organization_id.is_none_or(|id| id == organization)
            && email.retired_at.is_none()
            && email.confirmed_at.is_none()
            && email_key(&email.email) == email_key(&input.email)
    });
    let confirmed = if waits {
        tx.unit
            .confirm_email(row.id, &input.email, organization, tx.now)?
    } else {
        0
    };
    if confirmed == 0 {
        if let Some(standing) = standing_of(tx, row.id, &input)? {
            return Err(Rejection::never(standing, "confirm").into());
        }
        return Err(Error::invalid(
            "/email",
            "is no address of the person that waits to be confirmed: look at those on record, or add it with its \
             organization",
        ));
    }
    tx.trail.personal("email", input.email.as_str());
    work_email_confirmed(tx, row.id, organization)?;
    changed(tx, row)
}

/// Retires an address: no message goes there any more.
///
/// # Errors
/// `Invalid` unless the person has the address at this organization or for none, `Rejected` where it is retired already,
/// `Stale` at another version than `expected`.
pub fn retire_email(
    tx: &mut Tx<'_>,
    id: PersonId,
    expected: i32,
    input: &EmailInput,
) -> Result<PersonDetails, Error> {
    let row = current(tx, id, expected)?;
    let mut faults = Faults::new();
    let input = checked_email(tx, &mut faults, "", input, row.implementation_id)?;
    faults.check()?;
    let live = |tx: &mut Tx<'_>| -> Result<usize, Error> {
        Ok(emails_of(tx.unit, &[row.id], tx.now)?
            .iter()
            .filter(|email| email.organization_id == input.organization_id)
            .filter(|email| email.retired_at.is_none() && email.confirmed_at.is_some())
            .count())
    };
    let was_live = emails_of(tx.unit, &[row.id], tx.now)?.iter().any(|email| {
        email.organization_id == input.organization_id
            && email.retired_at.is_none()
            && email_key(&email.email) == email_key(&input.email)
    });
    let before = live(tx)?;
    if !was_live {
        if let Some(standing) = standing_of(tx, row.id, &input)? {
            return Err(Rejection::never(standing, "retire").into());
        }
        return Err(Error::invalid(
            "/email",
            "is no live address of the person there: leave out `organization_id` for one that is unassigned",
        ));
    }
    tx.unit
        .retire_email(row.id, &input.email, input.organization_id, tx.now)?;
    tx.trail.personal("email", input.email.as_str());
    if let Some(organization) = input.organization_id
        && before > 0
        && live(tx)? == 0
    {
        work_email_retired(tx, row.id, organization)?;
    }
    changed(tx, row)
}

/// Where an address stands that is confirmed for the organization, or retired there.
fn standing_of(
    tx: &mut Tx<'_>,
    person: PersonId,
    input: &EmailInput,
) -> Result<Option<&'static str>, Error> {
    let known = emails_of(tx.unit, &[person], tx.now)?;
    let last = known.iter().rfind(|email| {
        email.organization_id == input.organization_id
            && email_key(&email.email) == email_key(&input.email)
    });
    Ok(last.map(|email| match email.retired_at {
        Some(_) => "retired",
        None => "confirmed",
    }))
}

/// The other system no longer has the id. It still tells who is meant, until staff settle it.
///
/// # Errors
/// `Rejected` where it is closed already, `Stale` at another version than `expected`.
pub fn close_external_id(
    tx: &mut Tx<'_>,
    id: PersonId,
    expected: i32,
    input: &ExternalIdInput,
) -> Result<PersonDetails, Error> {
    let row = current(tx, id, expected)?;
    let found = his(tx, &row, input)?;
    if found.closed_at.is_some() {
        return Err(Rejection::never("closed", "close").into());
    }
    tx.unit.close_external_id(
        found.implementation_id,
        found.kind,
        &found.system,
        &found.value,
        tx.now,
    )?;
    changed(tx, row)
}

/// A closed id names nobody any more for decisions and logins. It is never given to anybody else.
///
/// # Errors
/// `Rejected` unless it is closed, `Stale` at another version than `expected`.
pub fn settle_external_id(
    tx: &mut Tx<'_>,
    id: PersonId,
    expected: i32,
    input: &ExternalIdInput,
    reason: &str,
) -> Result<PersonDetails, Error> {
    let row = current(tx, id, expected)?;
    let mut faults = Faults::new();
    let reason = faults.reason("/reason", reason);
    faults.check()?;
    let found = his(tx, &row, input)?;
    if found.settled_at.is_some() {
        return Err(Rejection::never("settled", "settle").into());
    }
    if found.closed_at.is_none() {
        let need = "the external id to be closed first".to_owned();
        return Err(Rejection::needing("open", "settle", vec![need]).into());
    }
    tx.unit.settle_external_id(&found, tx.now, &reason)?;
    changed(tx, row)
}

/// The external id of this person that a body names.
fn his(tx: &mut Tx<'_>, row: &Person, input: &ExternalIdInput) -> Result<ExternalId, Error> {
    let mut faults = Faults::new();
    let named = external_ids::checked(&mut faults, "", input);
    faults.check()?;
    tx.trail.personal(
        format!("external_id:{}", named.system),
        named.value.as_str(),
    );
    tx.unit
        .external_id(
            row.implementation_id,
            ExternalKind::Person,
            &named.system,
            &named.value,
        )?
        .filter(|found| found.subject == row.id.0)
        .ok_or_else(|| Error::invalid("/value", "is no external id of this person"))
}

/// The person at the version that the caller acted upon, and the only one who changes him now.
fn current(tx: &mut Tx<'_>, id: PersonId, expected: i32) -> Result<Person, Error> {
    let row = managed(tx, id)?;
    tx.lock_person(row.id)?;
    let row = tx.unit.person(row.id)?.ok_or(Error::NotFound)?;
    expect_version(expected, row.version)?;
    Ok(row)
}

/// What is shown of the person is another than before.
fn changed(tx: &mut Tx<'_>, mut row: Person) -> Result<PersonDetails, Error> {
    tx.unit.update_person(&row)?;
    row.version += 1;
    tx.trail.touched("person", row.id);
    let actor = tx.actor;
    only(details(tx.unit, actor, vec![row], tx.now)?)
}
