//! Rows of `User.csv`.

use super::Work;
use super::report::{Matter, Outcome};
use crate::application::error::Error;
use crate::application::hmis_csv::UserRow;
use crate::application::ports::StoreError;
use crate::application::roster::external_ids::{HMIS_CSV_PREFIX, HMIS_USER_ID};
use crate::application::roster::input::{LONGEST_NAME, cleaned, email_key};
use crate::domain::ids::PersonId;
use crate::domain::roster::{ExternalId, ExternalKind, Person, PersonEmail, PersonName};

pub(super) fn apply(work: &mut Work<'_, '_>, row: &UserRow) -> Result<Outcome, Error> {
    let known = work.known(ExternalKind::Person, &row.user_id)?;
    match known {
        Some(id) if row.deleted => close(work, row, &id),
        Some(id) => {
            work.note_return(&id);
            update(work, row, id.subject.into())
        }
        None => {
            let by_hand = user_id(work, row)?;
            match by_hand {
                Some(id) if !is_imported(work, id.subject.into())? => adopt(work, row, &id),
                _ if row.deleted => Ok(Outcome::Ignored),
                taken => create(work, row, taken.is_some()),
            }
        }
    }
}

/// Who has the user id of the row.
fn user_id(work: &mut Work<'_, '_>, row: &UserRow) -> Result<Option<ExternalId>, Error> {
    Ok(work.tx.unit.external_id(
        work.context.implementation,
        ExternalKind::Person,
        HMIS_USER_ID,
        &row.user_id,
    )?)
}

/// Whether a person comes from an export, of whatever source.
fn is_imported(work: &mut Work<'_, '_>, id: PersonId) -> Result<bool, Error> {
    let ids = work.tx.unit.external_ids(ExternalKind::Person, &[id.0])?;
    Ok(ids.iter().any(|id| id.system.starts_with(HMIS_CSV_PREFIX)))
}

fn create(work: &mut Work<'_, '_>, row: &UserRow, taken: bool) -> Result<Outcome, Error> {
    let (given_name, family_name) = name(row, "", "");
    let person = Person {
        id: work.tx.id(),
        implementation_id: work.context.implementation,
        given_name,
        family_name,
        recorded_at: work.tx.now,
        version: 1,
    };
    work.tx.unit.insert_person(&person)?;
    record_name(work, &person)?;
    record_email(work, row, person.id)?;
    give_source_id(work, row, person.id)?;
    if taken {
        work.list(person.id, Matter::UserIdTaken);
    } else {
        work.give(
            ExternalKind::Person,
            HMIS_USER_ID,
            &row.user_id,
            person.id.0,
        )?;
    }
    work.tx.trail.touched("person", person.id);
    Ok(Outcome::Created)
}

/// The row is somebody who was recorded by hand with its user id.
fn adopt(work: &mut Work<'_, '_>, row: &UserRow, by_hand: &ExternalId) -> Result<Outcome, Error> {
    let person = PersonId(by_hand.subject);
    give_source_id(work, row, person)?;
    work.tx.trail.touched("person", person);
    if row.deleted {
        let given = work.known(ExternalKind::Person, &row.user_id)?;
        if let Some(given) = given {
            return close(work, row, &given);
        }
    }
    update(work, row, person)?;
    Ok(Outcome::Updated)
}

fn give_source_id(work: &mut Work<'_, '_>, row: &UserRow, person: PersonId) -> Result<(), Error> {
    let system = work.context.system.clone();
    work.give(ExternalKind::Person, &system, &row.user_id, person.0)
}

fn update(work: &mut Work<'_, '_>, row: &UserRow, id: PersonId) -> Result<Outcome, Error> {
    let mut person = work
        .tx
        .unit
        .person(id)?
        .ok_or_else(|| StoreError::Corrupt("an external id names no person".into()))?;
    let (given_name, family_name) = name(row, &person.given_name, &person.family_name);
    let differs = (&given_name, &family_name) != (&person.given_name, &person.family_name);
    let renamed = differs && is_newer(work, row, id, (&given_name, &family_name))?;
    if renamed {
        person.given_name = given_name;
        person.family_name = family_name;
        work.tx.unit.update_person(&person)?;
        record_name(work, &person)?;
    }
    let added = record_email(work, row, id)?;
    if renamed || added {
        work.tx.trail.touched("person", id);
        Ok(Outcome::Updated)
    } else {
        Ok(Outcome::Unchanged)
    }
}

/// Whether the name in the export came after the one on record.
///
/// Exports carry no history, so this is judged by what is on record: a name that the import itself recorded gives way
/// to any it has not seen; one that staff recorded, and one that had replaced the export's before, gives way only if
/// the HMIS changed the row later.
fn is_newer(
    work: &mut Work<'_, '_>,
    row: &UserRow,
    id: PersonId,
    name: (&str, &str),
) -> Result<bool, Error> {
    let names = work.tx.unit.names(id)?;
    let Some((current, former)) = names.split_last() else {
        return Ok(true);
    };
    let seen = former
        .iter()
        .any(|old| (old.given_name.as_str(), old.family_name.as_str()) == name);
    if current.recorded_by == work.tx.actor.principal.id && !seen {
        return Ok(true);
    }
    Ok(row
        .date_updated
        .is_some_and(|local| work.context.instant(local) > current.recorded_at))
}

/// Closes the ids of a deleted user; who has them stays known.
fn close(work: &mut Work<'_, '_>, row: &UserRow, id: &ExternalId) -> Result<Outcome, Error> {
    if let Some(user_id) = user_id(work, row)?
        && user_id.subject == id.subject
        && user_id.closed_at.is_none()
    {
        let now = work.tx.now;
        let at = row
            .date_deleted
            .map_or(now, |local| work.context.instant(local).min(now));
        work.tx.unit.close_external_id(
            user_id.implementation_id,
            user_id.kind,
            &user_id.system,
            &user_id.value,
            at,
        )?;
    }
    work.tx.trail.touched("person", id.subject);
    work.close(id, row.date_deleted)
}

/// The name in the export; a half that it leaves out stays as it is.
fn name(row: &UserRow, given: &str, family: &str) -> (String, String) {
    let half = |new: Option<&String>, old: &str| {
        new.map_or_else(|| old.to_owned(), |new| cleaned(new, LONGEST_NAME))
    };
    (
        half(row.first_name.as_ref(), given),
        half(row.last_name.as_ref(), family),
    )
}

fn record_name(work: &mut Work<'_, '_>, person: &Person) -> Result<(), Error> {
    work.tx.unit.insert_name(&PersonName {
        person_id: person.id,
        given_name: person.given_name.clone(),
        family_name: person.family_name.clone(),
        recorded_at: work.tx.now,
        recorded_by: work.tx.actor.principal.id,
    })?;
    let trail = &mut work.tx.trail;
    trail.personal(format!("{}:given_name", person.id), &person.given_name);
    trail.personal(format!("{}:family_name", person.id), &person.family_name);
    Ok(())
}

/// Records an address that the person never had, for no organization: it is used for no message until it is confirmed.
fn record_email(work: &mut Work<'_, '_>, row: &UserRow, id: PersonId) -> Result<bool, Error> {
    let Some(email) = &row.email else {
        return Ok(false);
    };
    let known = work
        .tx
        .unit
        .emails(&[id])?
        .iter()
        .any(|known| email_key(&known.email) == email_key(email));
    if known {
        return Ok(false);
    }
    work.tx.unit.insert_email(&PersonEmail {
        person_id: id,
        organization_id: None,
        email: email.clone(),
        confirmed_at: None,
        retired_at: None,
        recorded_at: work.tx.now,
    })?;
    work.tx.trail.personal(format!("{id}:email"), email);
    Ok(true)
}
