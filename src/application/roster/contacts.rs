//! Organization contacts: authorized signers, security officers, billing contacts, with dates.

use chrono::NaiveDate;

use super::input::{Faults, LONGEST_NAME, LONGEST_PHONE};
use super::{expect_version, zone_of};
use crate::application::actor::{Action, Scope};
use crate::application::error::Error;
use crate::application::page::{Paging, Slice};
use crate::application::ports::RosterFilter;
use crate::application::visible::visible_organization;
use crate::application::{Rx, Tx};
use crate::domain::calendar::local_day;
use crate::domain::error::Rejection;
use crate::domain::ids::{ContactId, OrganizationId};
use crate::domain::roster::{ContactDuty, OrganizationContact};

/// What a new contact is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewContact {
    pub organization_id: OrganizationId,
    pub duty: ContactDuty,
    pub name: String,
    pub email: Option<String>,
    pub phone: Option<String>,
    /// Absent: the local day of the recording.
    pub from_on: Option<NaiveDate>,
    /// The last local day of the duty.
    pub to_on: Option<NaiveDate>,
}

/// Records who has a duty for an organization.
///
/// # Errors
/// `Invalid` with every fault.
pub fn create(tx: &mut Tx<'_>, new: &NewContact) -> Result<OrganizationContact, Error> {
    let mut faults = Faults::new();
    let actor = tx.actor;
    let organization = faults.gather(visible_organization(
        tx.unit,
        actor,
        Action::ManageRoster,
        new.organization_id,
        "/organization_id",
    ))?;
    if let Some(organization) = &organization {
        tx.authorize(
            Action::ManageRoster,
            Scope::organization(organization.implementation_id, organization.id),
        )?;
    }
    let name = faults.text("/name", &new.name, LONGEST_NAME);
    let email = new
        .email
        .as_ref()
        .map(|email| faults.email("/email", email));
    let phone = new
        .phone
        .as_ref()
        .map(|phone| faults.text("/phone", phone, LONGEST_PHONE));
    let Some(organization) = organization else {
        faults.window("/to_on", new.from_on, new.to_on, "from_on");
        faults.check()?;
        return Err(Error::NotFound);
    };
    let from_on = match new.from_on {
        Some(day) => day,
        None => local_day(
            zone_of(tx.unit, organization.implementation_id, tx.now)?,
            tx.now,
        ),
    };
    faults.window("/to_on", Some(from_on), new.to_on, "from_on");
    faults.check()?;

    let row = OrganizationContact {
        id: tx.id(),
        implementation_id: organization.implementation_id,
        organization_id: organization.id,
        duty: new.duty,
        name,
        email,
        phone,
        from_on,
        to_on: new.to_on,
        recorded_at: tx.now,
        version: 1,
    };
    tx.unit.insert_contact(&row)?;
    tx.trail.touched("organization_contact", row.id);
    tx.trail.personal("name", row.name.as_str());
    for (field, value) in [("email", &row.email), ("phone", &row.phone)] {
        if let Some(value) = value {
            tx.trail.personal(field, value.as_str());
        }
    }
    Ok(row)
}

/// One contact, if the reader may know of it.
pub fn get(rx: &mut Rx<'_>, id: ContactId) -> Result<OrganizationContact, Error> {
    let row = rx.view.contact(id)?.ok_or(Error::NotFound)?;
    rx.authorize(
        Action::ReadRoster,
        Scope::organization(row.implementation_id, row.organization_id),
    )?;
    Ok(row)
}

/// The contacts that the reader may know of, ended ones too.
pub fn list(
    rx: &mut Rx<'_>,
    filter: &RosterFilter,
    paging: Paging,
) -> Result<Slice<OrganizationContact>, Error> {
    let visible = rx.actor.visible(Action::ReadRoster);
    let rows = rx.view.contacts(&visible, filter, paging.probe())?;
    Ok(paging.cut(rows, |row| row.id.0))
}

/// Ends a duty with a local day, today unless another is named. An end that lies ahead can be moved; one that has
/// passed stands.
///
/// # Errors
/// `Rejected` if the duty has ended, `Stale` or `PreconditionRequired` unless `expected` is the current version.
pub fn end(
    tx: &mut Tx<'_>,
    id: ContactId,
    expected: impl Into<Option<i32>>,
    to_on: Option<NaiveDate>,
) -> Result<OrganizationContact, Error> {
    let mut row = tx.unit.contact(id)?.ok_or(Error::NotFound)?;
    tx.authorize(
        Action::ManageRoster,
        Scope::organization(row.implementation_id, row.organization_id),
    )?;
    expect_version(expected, row.version)?;
    let today = local_day(zone_of(tx.unit, row.implementation_id, tx.now)?, tx.now);
    if row.to_on.is_some_and(|last| last < today) {
        return Err(Rejection::never("ended", "end").into());
    }
    let to_on = to_on.unwrap_or(today);
    let mut faults = Faults::new();
    faults.window("/to_on", Some(row.from_on), Some(to_on), "from_on");
    faults.check()?;
    row.to_on = Some(to_on);
    tx.unit.update_contact(&row)?;
    row.version += 1;
    tx.trail.touched("organization_contact", row.id);
    Ok(row)
}
