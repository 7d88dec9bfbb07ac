//! Employment ended, or will.

use super::moment::check_moment;
use super::notice::settled_by_report;
use super::read::EndShown;
use super::record::record_end;
use crate::application::actor::Action;
use crate::application::licensing::dossier::Dossier;
use crate::application::licensing::reporting::{Moment, Reported, corrects, not_oneself, scope};
use crate::application::ports::View;
use crate::application::roster::supervisors::roles_at;
use crate::application::visible::{visible_organization, visible_person};
use crate::application::{Error, Tx};
use crate::domain::calendar::Instant;
use crate::domain::fact::{FactBody, FactKind};
use crate::domain::ids::{FactId, OrganizationId, PersonId};
use crate::domain::roster::Organization;

/// Employment of a person at an organization ended, or will.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDeparture {
    pub person_id: PersonId,
    pub organization_id: OrganizationId,
    pub ended: Moment,
    pub supersedes: Option<FactId>,
    pub reported: Reported,
}

pub fn report_departure(
    tx: &mut Tx<'_>,
    new: &NewDeparture,
    preview: bool,
) -> Result<EndShown, Error> {
    let organization = visible_organization(
        tx.unit,
        tx.actor,
        Action::ReportDeparture,
        new.organization_id,
        "/organization_id",
    )?;
    // Whoever may report departures of an organization knows its supervisors, licensed or not.
    let known = tx.unit.person(new.person_id)?;
    let supervises = match &known {
        Some(person) => has_role_there(tx.unit, person.id, &organization, tx.now)?,
        None => false,
    };
    let person = match known {
        Some(person) if supervises => person,
        _ => visible_person(tx.unit, tx.actor, new.person_id, "/person_id")?,
    };
    if person.implementation_id != organization.implementation_id {
        return Err(Error::invalid(
            "/person_id",
            "names no person you may know of",
        ));
    }
    tx.authorize(
        Action::ReportDeparture,
        scope(&person, Some(organization.id)),
    )?;
    tx.lock_person(person.id)?;
    let dossier = Dossier::load(tx.unit, person.id, &[organization.id])?.ok_or(Error::NotFound)?;
    if !supervises && !works_there(&dossier, organization.id) {
        return Err(Error::invalid(
            "/organization_id",
            "the person has no request, no license and no supervisor's role at this organization",
        ));
    }
    let ended = new.ended.ends(dossier.zone_at(tx.now));
    check_moment(new.ended, ended.0, tx.now, "ended")?;
    dossier.license_at(organization.id, tx.now).depart()?;
    if new.supersedes.is_some() {
        not_oneself(tx, person.id, "somebody else corrects this")?;
    }
    let supersedes = corrects(
        &dossier,
        new.supersedes,
        FactKind::Departed,
        Some(organization.id),
        &new.reported,
    )?;
    let end = record_end(
        tx,
        dossier,
        organization.id,
        ended,
        FactBody::Departed,
        (&new.reported, supersedes),
        preview,
    )?;
    if !preview {
        settled_by_report(tx, person.id, organization.id, end.fact.id)?;
    }
    Ok(end)
}

/// Whether the person has a supervisor's role there. One that a departure ended counts too: a repeated report is
/// recorded.
pub(super) fn has_role_there(
    view: &mut dyn View,
    person: PersonId,
    organization: &Organization,
    now: Instant,
) -> Result<bool, Error> {
    let roles = roles_at(view, &[organization.id], now)?;
    Ok(roles.iter().any(|role| role.person_id == Some(person)))
}

pub(super) fn works_there(dossier: &Dossier, organization: OrganizationId) -> bool {
    dossier
        .licenses
        .iter()
        .any(|license| license.organization_id == organization)
        || dossier
            .requests
            .iter()
            .any(|request| request.organization_id == organization)
}
