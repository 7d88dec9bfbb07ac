//! What becomes of a work e-mail address, as requests read it. Facts name no addresses: these are kept with the person.

use crate::application::{Error, Tx};
use crate::domain::calendar::Precision;
use crate::domain::fact::FactBody;
use crate::domain::ids::{OrganizationId, PersonId};

use super::dossier::Dossier;
use super::reporting::{About, Reported, record};

/// An address of the person was confirmed for an organization.
pub fn confirmed(
    tx: &mut Tx<'_>,
    person: PersonId,
    organization: OrganizationId,
) -> Result<(), Error> {
    say(tx, person, organization, FactBody::WorkEmailConfirmed)
}

/// The last confirmed address at an organization was retired.
pub fn retired(
    tx: &mut Tx<'_>,
    person: PersonId,
    organization: OrganizationId,
) -> Result<(), Error> {
    say(tx, person, organization, FactBody::WorkEmailRetired)
}

fn say(
    tx: &mut Tx<'_>,
    person: PersonId,
    organization: OrganizationId,
    body: FactBody,
) -> Result<(), Error> {
    tx.lock_person(person)?;
    let mut dossier = Dossier::load(tx.unit, person, &[organization])?.ok_or(Error::NotFound)?;
    let now = (tx.now, Precision::Instant);
    let implementation = dossier.person.implementation_id;
    let envelope = Reported::default().envelope(tx, implementation, now)?;
    let about = About {
        organization: Some(organization),
        request: None,
        license: None,
    };
    record(tx, &mut dossier, about, envelope, body).map(drop)
}
