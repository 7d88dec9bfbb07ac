//! HMIS projects of organizations.

use std::collections::HashMap;

use chrono::NaiveDate;
use uuid::Uuid;

use super::expect_version;
use super::external_ids::{self, ExternalIdInput};
use super::input::{Faults, LONGEST_NAME};
use super::organizations::only;
use crate::application::actor::{Action, Scope};
use crate::application::error::Error;
use crate::application::page::{Paging, Slice};
use crate::application::ports::{RosterFilter, View};
use crate::application::visible::visible_organization;
use crate::application::{Rx, Tx};
use crate::domain::ids::{OrganizationId, ProjectId};
use crate::domain::roster::{ExternalId, ExternalKind, Project};

/// HUD's numbers of project types (HMIS data element 2.02.6). 5 was given up.
pub const PROJECT_TYPES: [i16; 14] = [0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14];

/// What a new project is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewProject {
    pub organization_id: OrganizationId,
    pub name: String,
    /// One of [`PROJECT_TYPES`].
    pub project_type: Option<i16>,
    pub operating_from_on: Option<NaiveDate>,
    /// The last local day of operation.
    pub operating_to_on: Option<NaiveDate>,
    pub external_ids: Vec<ExternalIdInput>,
}

/// What may be changed: only what describes. `Some(None)` takes a date away.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProjectChange {
    pub name: Option<String>,
    pub operating_from_on: Option<Option<NaiveDate>>,
    pub operating_to_on: Option<Option<NaiveDate>>,
}

/// A project as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectDetails {
    pub row: Project,
    pub external_ids: Vec<ExternalId>,
}

/// Creates a project.
///
/// # Errors
/// `Invalid` with every fault, `Duplicate` if an external id was given before.
pub fn create(tx: &mut Tx<'_>, new: &NewProject) -> Result<ProjectDetails, Error> {
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
    faults.need(
        new.project_type
            .is_none_or(|kind| PROJECT_TYPES.contains(&kind)),
        "/project_type",
        "must be one of HUD's project type numbers: 0 to 4 and 6 to 14",
    );
    check_window(&mut faults, new.operating_from_on, new.operating_to_on);
    let ids = external_ids::checked_list(&mut faults, "/external_ids", &new.external_ids);
    faults.check()?;
    let organization = organization.ok_or(Error::NotFound)?;

    let row = Project {
        id: tx.id(),
        implementation_id: organization.implementation_id,
        organization_id: organization.id,
        name,
        project_type: new.project_type,
        operating_from_on: new.operating_from_on,
        operating_to_on: new.operating_to_on,
        recorded_at: tx.now,
        version: 1,
    };
    tx.unit.insert_project(&row)?;
    tx.trail.touched("project", row.id);
    external_ids::give(
        tx,
        row.implementation_id,
        ExternalKind::Project,
        row.id.0,
        &ids,
    )?;
    only(details(tx.unit, vec![row])?)
}

/// One project, if the reader may know of it.
pub fn get(rx: &mut Rx<'_>, id: ProjectId) -> Result<ProjectDetails, Error> {
    let row = rx.view.project(id)?.ok_or(Error::NotFound)?;
    rx.authorize(
        Action::ReadRoster,
        Scope::organization(row.implementation_id, row.organization_id),
    )?;
    only(details(rx.view, vec![row])?)
}

/// The projects that the reader may know of.
pub fn list(
    rx: &mut Rx<'_>,
    filter: &RosterFilter,
    paging: Paging,
) -> Result<Slice<ProjectDetails>, Error> {
    let visible = rx.actor.visible(Action::ReadRoster);
    let rows = rx.view.projects(&visible, filter, paging.probe())?;
    let Slice { rows, next } = paging.cut(rows, |row| row.id.0);
    Ok(Slice {
        rows: details(rx.view, rows)?,
        next,
    })
}

/// Changes what describes a project.
///
/// # Errors
/// `Stale` or `PreconditionRequired` unless `expected` is the current version.
pub fn change(
    tx: &mut Tx<'_>,
    id: ProjectId,
    expected: impl Into<Option<i32>>,
    change: &ProjectChange,
) -> Result<ProjectDetails, Error> {
    let mut row = tx.unit.project(id)?.ok_or(Error::NotFound)?;
    tx.authorize(
        Action::ManageRoster,
        Scope::organization(row.implementation_id, row.organization_id),
    )?;
    expect_version(expected, row.version)?;
    let mut faults = Faults::new();
    if let Some(name) = &change.name {
        row.name = faults.text("/name", name, LONGEST_NAME);
    }
    if let Some(day) = change.operating_from_on {
        row.operating_from_on = day;
    }
    if let Some(day) = change.operating_to_on {
        row.operating_to_on = day;
    }
    check_window(&mut faults, row.operating_from_on, row.operating_to_on);
    faults.check()?;
    tx.unit.update_project(&row)?;
    row.version += 1;
    tx.trail.touched("project", row.id);
    only(details(tx.unit, vec![row])?)
}

fn check_window(faults: &mut Faults, from: Option<NaiveDate>, to: Option<NaiveDate>) {
    faults.window("/operating_to_on", from, to, "operating_from_on");
}

/// The rows with what is shown beside them, in the same order.
fn details(view: &mut dyn View, rows: Vec<Project>) -> Result<Vec<ProjectDetails>, Error> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id.0).collect();
    let mut external_ids: HashMap<Uuid, Vec<ExternalId>> = HashMap::new();
    for id in view.external_ids(ExternalKind::Project, &ids)? {
        external_ids.entry(id.subject).or_default().push(id);
    }
    Ok(rows
        .into_iter()
        .map(|row| ProjectDetails {
            external_ids: external_ids.remove(&row.id.0).unwrap_or_default(),
            row,
        })
        .collect())
}
