//! What an organization's contacts say. A contact has no credential of his own: staff record what he said, and name him.

use chrono::NaiveDate;

use crate::application::actor::Role;
use crate::application::licensing::dossier::Dossier;
use crate::application::licensing::reporting::Reported;
use crate::application::{Error, Tx};
use crate::domain::calendar::local_day;
use crate::domain::fact::Reporter;
use crate::domain::ids::{ContactId, OrganizationId};
use crate::domain::policy::ContactDuty;
use crate::domain::request::LicenseRequest;
use crate::domain::roster::OrganizationContact;

/// The contact of an organization who said something, while he had his duty.
pub(super) struct Spoken(OrganizationContact);

impl Spoken {
    pub(super) fn has(&self, duty: ContactDuty) -> bool {
        self.0.duty == duty
    }

    pub(super) fn is(&self, id: ContactId) -> bool {
        self.0.id == id
    }
}

/// The contact of the organization that a report names, if he has his duty today.
pub(super) fn contact_named(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    reported: &Reported,
    today: NaiveDate,
) -> Result<Option<Spoken>, Error> {
    let Some(Reporter::Contact { contact_id }) = reported.reported_by else {
        return Ok(None);
    };
    let found = tx.unit.contact(contact_id)?;
    Ok(found
        .filter(|contact| contact.organization_id == organization && contact.serves_on(today))
        .map(Spoken))
}

/// The same for a decision about a request, which only the help desk and administrators record for somebody else.
pub(super) fn spoken_by(
    tx: &mut Tx<'_>,
    dossier: &Dossier,
    request: &LicenseRequest,
    reported: &Reported,
) -> Result<Option<Spoken>, Error> {
    let desk = tx.actor.grants.iter().any(|grant| {
        matches!(grant.role, Role::HelpDesk | Role::SystemAdmin)
            && grant
                .implementation_id
                .is_none_or(|id| id == request.implementation_id)
    });
    if !desk {
        return Ok(None);
    }
    let today = local_day(dossier.zone_at(tx.now), tx.now);
    contact_named(tx, request.organization_id, reported, today)
}
