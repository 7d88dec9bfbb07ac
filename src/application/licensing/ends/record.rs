//! An end is recorded, or tried to see whom it hits.

use super::read::{EndShown, shown};
use crate::application::actor::{Action, Scope};
use crate::application::licensing::dossier::Dossier;
use crate::application::licensing::reporting::{About, Reported, record, scope};
use crate::application::{Error, Tx};
use crate::domain::calendar::{Instant, Precision};
use crate::domain::departure::is_dated_back;
use crate::domain::fact::FactBody;
use crate::domain::ids::{FactId, OrganizationId};

/// Whom an end hits, shown before it is recorded (dry run) to make sure it is the right person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Affected {
    pub given_name: String,
    pub family_name: String,
    /// Organizations where the person holds a license that gives access, as far as the reader may know.
    pub organizations: Vec<OrganizationId>,
    pub last_login_at: Option<Instant>,
    /// The state of the license before the end.
    pub state: Option<crate::domain::license::LicenseStatus>,
}

fn is_staff(tx: &Tx<'_>, target: Scope) -> bool {
    tx.actor
        .grants
        .iter()
        .any(|grant| grant.role.is_staff() && grant.allows(Action::ReportDeparture, target))
}

pub(super) fn record_end(
    tx: &mut Tx<'_>,
    mut dossier: Dossier,
    organization: OrganizationId,
    moment: (Instant, Precision),
    body: FactBody,
    (reported, supersedes): (&Reported, Option<FactId>),
    preview: bool,
) -> Result<EndShown, Error> {
    let affected = preview.then(|| affected(tx, &dossier, organization));
    let mut envelope = reported.envelope(tx, dossier.person.implementation_id, moment)?;
    envelope.supersedes = supersedes;
    let target = scope(&dossier.person, Some(organization));
    if is_dated_back(envelope.reported_at, tx.now) && !is_staff(tx, target) {
        return Err(Error::invalid(
            "/report/reported_at",
            "lies more than 24 hours back: leave it out, or have staff of the HMIS lead record when it reached them",
        ));
    }
    let license = dossier
        .licenses
        .iter()
        .find(|license| license.organization_id == organization)
        .map(|license| license.id);
    let about = About {
        organization: Some(organization),
        request: None,
        license,
    };
    let id = record(tx, &mut dossier, about, envelope, body)?;
    Ok(EndShown {
        affected,
        ..shown(&dossier, id, tx.now).ok_or(Error::NotFound)?
    })
}

fn affected(tx: &Tx<'_>, dossier: &Dossier, organization: OrganizationId) -> Affected {
    let license = dossier.license_at(organization, tx.now);
    let organizations = dossier
        .licenses
        .iter()
        .filter(|license| {
            tx.actor
                .sight(
                    dossier.person.implementation_id,
                    Some(license.organization_id),
                    dossier.person.id,
                )
                .is_some()
                && dossier
                    .license_at(license.organization_id, tx.now)
                    .allowed()
        })
        .map(|license| license.organization_id)
        .collect();
    Affected {
        given_name: dossier.person.given_name.clone(),
        family_name: dossier.person.family_name.clone(),
        organizations,
        last_login_at: license.last_login_at,
        state: license.status(),
    }
}
