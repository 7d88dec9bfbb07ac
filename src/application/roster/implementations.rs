//! HMIS installations: one per HMIS lead.

use chrono_tz::Tz;

use crate::application::actor::{Action, Scope};
use crate::application::page::{Paging, Slice};
use crate::application::ports::StoreError;
use crate::application::{Error, Rx, Tx};
use crate::domain::ids::ImplementationId;
use crate::domain::roster::Implementation;

/// What a new implementation is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewImplementation {
    pub code: String,
    pub name: String,
    pub time_zone: Tz,
    pub support_contact: String,
}

/// What may be changed: only what describes. The zone is policy, the code is for ever.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImplementationChange {
    pub name: Option<String>,
    pub support_contact: Option<String>,
}

/// Whether a text can be a code: `^[a-z][a-z0-9-]{1,30}$`.
#[must_use]
pub fn is_code(text: &str) -> bool {
    (2..=31).contains(&text.len())
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// Creates an implementation, still without policy.
///
/// # Errors
/// `Invalid` for a malformed code, `Duplicate` if the code is taken.
pub fn create(tx: &mut Tx<'_>, new: &NewImplementation) -> Result<Implementation, Error> {
    tx.authorize(Action::CreateImplementation, Scope::DEPLOYMENT)?;
    if !is_code(&new.code) {
        return Err(Error::invalid(
            "/code",
            "must be 2 to 31 lower-case letters, digits and hyphens, a letter first",
        ));
    }
    let row = Implementation {
        id: tx.id(),
        code: new.code.clone(),
        name: new.name.clone(),
        time_zone: new.time_zone,
        support_contact: new.support_contact.clone(),
        generation: 1,
        recorded_at: tx.now,
        version: 1,
    };
    tx.unit
        .insert_implementation(&row)
        .map_err(|error| match error {
            StoreError::Conflict => {
                Error::Duplicate("An implementation has this code already.".into())
            }
            other => other.into(),
        })?;
    tx.trail.touched("implementation", row.id);
    Ok(row)
}

/// One implementation, if the reader may know of it.
pub fn get(rx: &mut Rx<'_>, id: ImplementationId) -> Result<Implementation, Error> {
    rx.authorize(Action::ReadImplementation, Scope::implementation(id))?;
    rx.view.implementation(id)?.ok_or(Error::NotFound)
}

/// The implementations that the reader may know of, or the one with this code.
pub fn list(
    rx: &mut Rx<'_>,
    code: Option<&str>,
    paging: Paging,
) -> Result<Slice<Implementation>, Error> {
    let visible = rx.actor.visible(Action::ReadImplementation);
    let rows = match code {
        None => rx.view.implementations(&visible, paging.probe())?,
        Some(code) => rx
            .view
            .implementation_by_code(code)?
            .into_iter()
            .filter(|row| visible.everything || visible.implementations.contains(&row.id))
            .filter(|row| paging.after.is_none_or(|after| row.id.0 > after))
            .collect(),
    };
    Ok(paging.cut(rows, |row| row.id.0))
}

/// Changes what describes an implementation.
///
/// # Errors
/// `Stale` if `expected` is not the current version.
pub fn change(
    tx: &mut Tx<'_>,
    id: ImplementationId,
    expected: i32,
    change: &ImplementationChange,
) -> Result<Implementation, Error> {
    tx.authorize(Action::ConfigureImplementation, Scope::implementation(id))?;
    let mut row = tx.unit.implementation(id)?.ok_or(Error::NotFound)?;
    if row.version != expected {
        return Err(Error::Stale {
            current: row.version,
        });
    }
    if let Some(name) = &change.name {
        row.name.clone_from(name);
    }
    if let Some(contact) = &change.support_contact {
        row.support_contact.clone_from(contact);
    }
    tx.unit.update_implementation(&row)?;
    row.version += 1;
    tx.trail.touched("implementation", row.id);
    Ok(row)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_short_and_plain() {
        for code in ["hand", "akhmis", "a1", "a-b-c", &"a".repeat(31)] {
            assert!(is_code(code), "{code}");
        }
        for code in [
            "",
            "a",
            "1a",
            "-a",
            "Hand",
            "händ",
            "ha nd",
            "ha_nd",
            &"a".repeat(32),
        ] {
            assert!(!is_code(code), "{code}");
        }
    }
}
