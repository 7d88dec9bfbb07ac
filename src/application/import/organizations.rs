//! Rows of `Organization.csv`.

use super::Work;
use super::report::{Matter, Outcome};
use crate::application::error::Error;
use crate::application::hmis_csv::OrganizationRow;
use crate::application::ports::StoreError;
use crate::application::roster::input::{LONGEST_NAME, cleaned};
use crate::domain::calendar::local_day;
use crate::domain::roster::{ExternalId, ExternalKind, Organization, Participation};

pub(super) fn apply(work: &mut Work<'_, '_>, row: &OrganizationRow) -> Result<Outcome, Error> {
    let known = work.known(ExternalKind::Organization, &row.organization_id)?;
    match known {
        None if row.deleted => Ok(Outcome::Ignored),
        None => create(work, row),
        Some(id) if row.deleted => work.close(&id, row.date_deleted),
        Some(id) => update(work, row, &id),
    }
}

fn create(work: &mut Work<'_, '_>, row: &OrganizationRow) -> Result<Outcome, Error> {
    let organization = Organization {
        id: work.tx.id(),
        implementation_id: work.context.implementation,
        name: cleaned(&row.name, LONGEST_NAME),
        victim_service_provider: row.victim_service_provider == Some(true),
        recorded_at: work.tx.now,
        version: 1,
    };
    let participation = Participation {
        organization_id: organization.id,
        from_on: local_day(work.context.zone, work.tx.now),
        to_on: None,
        recorded_at: work.tx.now,
        recorded_by: work.tx.actor.principal.id,
    };
    work.tx.unit.insert_organization(&organization)?;
    work.tx.unit.insert_participation(&participation)?;
    let system = work.context.system.clone();
    work.give(
        ExternalKind::Organization,
        &system,
        &row.organization_id,
        organization.id.0,
    )?;
    work.tx.trail.touched("organization", organization.id);
    Ok(Outcome::Created)
}

fn update(
    work: &mut Work<'_, '_>,
    row: &OrganizationRow,
    id: &ExternalId,
) -> Result<Outcome, Error> {
    work.note_return(id);
    let mut organization = work
        .tx
        .unit
        .organization(id.subject.into())?
        .ok_or_else(|| StoreError::Corrupt("an external id names no organization".into()))?;
    let name = cleaned(&row.name, LONGEST_NAME);
    let provider = match (
        organization.victim_service_provider,
        row.victim_service_provider,
    ) {
        (true, Some(false)) => {
            work.list(organization.id, Matter::ProviderProtected);
            true
        }
        (was, is) => was || is == Some(true),
    };
    if name == organization.name && provider == organization.victim_service_provider {
        return Ok(Outcome::Unchanged);
    }
    organization.name = name;
    organization.victim_service_provider = provider;
    work.tx.unit.update_organization(&organization)?;
    work.tx.trail.touched("organization", organization.id);
    Ok(Outcome::Updated)
}
