//! Rows of `Project.csv`.

use super::Work;
use super::report::{Matter, Outcome};
use crate::application::error::Error;
use crate::application::hmis_csv::{ProjectRow, Severity};
use crate::application::ports::StoreError;
use crate::application::roster::input::{LONGEST_NAME, cleaned};
use crate::application::roster::projects::PROJECT_TYPES;
use crate::domain::ids::OrganizationId;
use crate::domain::roster::{ExternalId, ExternalKind, Project};

pub(super) fn apply(work: &mut Work<'_, '_>, row: &ProjectRow) -> Result<Outcome, Error> {
    let known = work.known(ExternalKind::Project, &row.project_id)?;
    match known {
        None if row.deleted => Ok(Outcome::Ignored),
        None => create(work, row),
        Some(id) if row.deleted => work.close(&id, row.date_deleted),
        Some(id) => update(work, row, &id),
    }
}

fn create(work: &mut Work<'_, '_>, row: &ProjectRow) -> Result<Outcome, Error> {
    let Some(organization) = organization(work, row)? else {
        work.fault(
            Severity::Error,
            "OrganizationID",
            "names an organization that was not imported; the project was left out",
        );
        return Ok(Outcome::Failed);
    };
    let project_type = project_type(work, row);
    let project = Project {
        id: work.tx.id(),
        implementation_id: work.context.implementation,
        organization_id: organization,
        name: cleaned(&row.name, LONGEST_NAME),
        project_type,
        operating_from_on: row.operating_start_on,
        operating_to_on: row.operating_end_on,
        recorded_at: work.tx.now,
        version: 1,
    };
    work.tx.unit.insert_project(&project)?;
    let system = work.context.system.clone();
    work.give(
        ExternalKind::Project,
        &system,
        &row.project_id,
        project.id.0,
    )?;
    work.tx.trail.touched("project", project.id);
    Ok(Outcome::Created)
}

fn update(work: &mut Work<'_, '_>, row: &ProjectRow, id: &ExternalId) -> Result<Outcome, Error> {
    work.note_return(id);
    let before = work
        .tx
        .unit
        .project(id.subject.into())?
        .ok_or_else(|| StoreError::Corrupt("an external id names no project".into()))?;
    if organization(work, row)?.is_some_and(|id| id != before.organization_id) {
        work.list(before.id, Matter::OtherOrganization);
    }
    if row.operating_end_on.is_some() && row.operating_end_on != before.operating_to_on {
        work.list(before.id, Matter::ClosureProposed);
    }
    let project_type = project_type(work, row);
    // What the export leaves out is not known, which takes nothing away.
    let after = Project {
        name: cleaned(&row.name, LONGEST_NAME),
        project_type: project_type.or(before.project_type),
        operating_from_on: row
            .operating_start_on
            .filter(|from| before.operating_to_on.is_none_or(|to| *from <= to))
            .or(before.operating_from_on),
        ..before.clone()
    };
    if after == before {
        return Ok(Outcome::Unchanged);
    }
    work.tx.unit.update_project(&after)?;
    work.tx.trail.touched("project", after.id);
    Ok(Outcome::Updated)
}

fn organization(
    work: &mut Work<'_, '_>,
    row: &ProjectRow,
) -> Result<Option<OrganizationId>, Error> {
    let known = work.known(ExternalKind::Organization, &row.organization_id)?;
    Ok(known.map(|id| id.subject.into()))
}

fn project_type(work: &mut Work<'_, '_>, row: &ProjectRow) -> Option<i16> {
    let given = i16::from(row.project_type?);
    if PROJECT_TYPES.contains(&given) {
        Some(given)
    } else {
        work.fault(
            Severity::Warning,
            "ProjectType",
            "is none of HUD's project types; it counts as not known",
        );
        None
    }
}
